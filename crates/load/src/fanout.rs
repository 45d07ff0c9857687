//! The closed loop of workload 3: one sender, whose every message goes to all receiving connections. A fixed number of
//! messages is under way; one is done when it is acknowledged and the last connection has it. With more than one the
//! server may put several frames into one write, which is worth a factor of three: by default there is one.
//! Every connection checks that it hears each message once, and in order.

use crate::process::Meter;
use crate::socket::{Socket, next_frame, say};
use crate::stats::{Latency, micros, per_second};
use crate::talk::{Heard, Plan, Speech, Spent, Window, watch};
use anyhow::{Context, Result, bail, ensure};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout_at};

/// The most messages that may be under way at a time; servers' queues hold more.
pub const UNDER_WAY_MAX: u32 = 64;

#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub receivers: usize,
    pub messages: u64,
    pub deliveries_per_s: f64,
    pub ack: Latency,
    /// From sending to the last delivery.
    pub last_delivery: Latency,
    pub spent: Spent,
    pub window: Duration,
}

/// `sender` talks as side 0 of `speech` under the number `user`.
pub async fn run<S: Speech + Clone>(
    user: u32,
    sender: Socket,
    receivers: Vec<Socket>,
    speech: S,
    under_way_max: u32,
    plan: Plan,
    meter: Meter,
) -> Result<Outcome> {
    let count = receivers.len();
    let places = under_way_max.clamp(1, UNDER_WAY_MAX) as usize;
    let window = Window::open(plan);
    let (done, complete) = mpsc::channel(places);
    let all = u32::try_from(count)?;
    let board = Arc::new(Board {
        user,
        receivers: all,
        missing: (0..places).map(|_| AtomicU32::new(all)).collect(),
        done,
    });
    let mut tasks = JoinSet::new();
    for socket in receivers {
        tasks.spawn(receive(socket, speech.clone(), Arc::clone(&board)));
    }
    let talk = Talk {
        user,
        socket: sender,
        speech,
        window,
        complete,
        places,
        said: 0,
        echoed: 0,
        under_way: VecDeque::new(),
        tally: Tally::default(),
    };
    let talk = async {
        tokio::select! {
            tally = talk.run() => tally,
            // Receivers never end by themselves.
            Some(ended) = tasks.join_next() => match ended.context("a receiver panicked")? {
                Ok(()) => bail!("a receiver ended"),
                Err(error) => Err(error),
            },
        }
    };
    let talk = timeout_at(window.deadline.into(), talk);
    let (tally, spent) = tokio::try_join!(
        async { talk.await.context("deliveries are still missing")? },
        watch(window, meter)
    )?;
    // Something that comes twice comes now.
    sleep(Duration::from_millis(200)).await;
    if let Some(ended) = tasks.try_join_next() {
        ended.context("a receiver panicked")??;
    }
    Ok(Outcome {
        receivers: count,
        messages: tally.messages,
        deliveries_per_s: per_second(tally.messages * count as u64, window.length()),
        ack: Latency::of(tally.acks_us),
        last_delivery: Latency::of(tally.last_deliveries_us),
        spent,
        window: window.length(),
    })
}

/// Counts deliveries of the messages under way.
struct Board {
    user: u32,
    receivers: u32,
    /// Connections that have yet to hear a message, at the place of its number modulo the number of places.
    missing: Box<[AtomicU32]>,
    done: mpsc::Sender<(u32, Instant)>,
}

impl Board {
    fn delivered(&self, id: u32) -> Result<()> {
        let missing = &self.missing[id as usize % self.missing.len()];
        if missing.fetch_sub(1, Ordering::Relaxed) == 1 {
            missing.store(self.receivers, Ordering::Relaxed);
            let done = (id, Instant::now());
            self.done
                .try_send(done)
                .context("more messages are done than were sent")?;
        }
        Ok(())
    }
}

async fn receive<S: Speech>(mut socket: Socket, mut speech: S, board: Arc<Board>) -> Result<()> {
    let (mut last_id, mut last_seq) = (0, 0);
    let mut heard = Vec::new();
    loop {
        let frame = next_frame(&mut socket).await?;
        speech.hear(&frame, &mut heard)?;
        for heard in heard.drain(..) {
            let Heard::Message { from, id, seq } = heard else {
                bail!("a receiver was told {heard:?}");
            };
            ensure!(from == board.user, "a message of user {from}");
            ensure!(
                id == last_id + 1 && seq > last_seq,
                "message {id} (seq {seq}) came after message {last_id} (seq {last_seq})"
            );
            (last_id, last_seq) = (id, seq);
            board.delivered(id)?;
        }
    }
}

#[derive(Default)]
struct Tally {
    messages: u64,
    acks_us: Vec<u32>,
    last_deliveries_us: Vec<u32>,
}

struct Talk<S> {
    user: u32,
    socket: Socket,
    speech: S,
    window: Window,
    complete: mpsc::Receiver<(u32, Instant)>,
    places: usize,
    said: u32,
    echoed: u32,
    /// In the order they were sent.
    under_way: VecDeque<UnderWay>,
    tally: Tally,
}

struct UnderWay {
    id: u32,
    since: Instant,
    acked: bool,
    delivered: bool,
}

impl<S: Speech> Talk<S> {
    async fn run(mut self) -> Result<Tally> {
        let mut heard = Vec::new();
        loop {
            while self.under_way.len() < self.places && Instant::now() < self.window.to {
                self.say().await?;
            }
            if self.under_way.is_empty() && (!S::ECHOES || self.echoed == self.said) {
                return Ok(self.tally);
            }
            tokio::select! {
                Some((id, at)) = self.complete.recv() => self.delivered(id, at)?,
                frame = next_frame(&mut self.socket) => {
                    self.speech.hear(&frame?, &mut heard)?;
                    for heard in heard.drain(..) {
                        self.take(heard)?;
                    }
                }
            }
            // In order, so that a place on the board is free when its next message is sent.
            while let Some(first) = self.under_way.front()
                && first.acked
                && first.delivered
            {
                self.under_way.pop_front();
            }
        }
    }

    async fn say(&mut self) -> Result<()> {
        self.said += 1;
        let frame = self.speech.message(0, self.said);
        self.under_way.push_back(UnderWay {
            id: self.said,
            since: Instant::now(),
            acked: false,
            delivered: false,
        });
        say(&mut self.socket, frame).await
    }

    fn under_way(&mut self, id: u32) -> Result<&mut UnderWay> {
        let mut under_way = self.under_way.iter_mut();
        under_way
            .find(|message| message.id == id)
            .with_context(|| format!("message {id} is not under way"))
    }

    fn delivered(&mut self, id: u32, at: Instant) -> Result<()> {
        let message = self.under_way(id)?;
        message.delivered = true;
        let since = message.since;
        if self.window.holds(since) {
            self.tally.last_deliveries_us.push(micros(at - since));
        }
        if self.window.holds(at) {
            self.tally.messages += 1;
        }
        Ok(())
    }

    fn take(&mut self, heard: Heard) -> Result<()> {
        match heard {
            Heard::Ack { id } => {
                let message = self.under_way(id)?;
                ensure!(!message.acked, "message {id} was acknowledged twice");
                message.acked = true;
                let since = message.since;
                if self.window.holds(since) {
                    self.tally.acks_us.push(micros(since.elapsed()));
                }
            }
            Heard::Message { from, id, .. } => {
                ensure!(
                    S::ECHOES && from == self.user && id == self.echoed + 1,
                    "message {id} of user {from} came to the sender"
                );
                self.echoed = id;
            }
        }
        Ok(())
    }
}
