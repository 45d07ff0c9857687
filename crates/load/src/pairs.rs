//! The closed loop of workload 1. Users talk in pairs. Each user has one message under way to its partner; it is done
//! when the sender has the acknowledgement AND the partner has the message, and only then is the next one sent.
//! Latencies count from the moment a message is handed to the socket. Along the way every connection checks that it
//! hears each message once and in order; at the end each pair checks that its conversation has no gap.

use crate::process::Meter;
use crate::socket::{Socket, next_frame, say};
use crate::stats::{Latency, micros, per_second};
use crate::talk::{Heard, Plan, Speech, Spent, Window, watch};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};

/// Two connected users. Side 0 is user `users[0]`.
#[derive(Debug)]
pub struct Pair<S> {
    pub users: [u32; 2],
    pub sockets: [Socket; 2],
    pub speech: S,
}

/// What a run came to.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Messages done within the window, each acknowledged and delivered.
    pub messages: u64,
    pub per_s: f64,
    pub ack: Latency,
    pub delivery: Latency,
    pub spent: Spent,
    pub window: Duration,
}

/// Lets all pairs talk for the plan's time.
pub async fn run<S: Speech>(pairs: Vec<Pair<S>>, plan: Plan, meter: Meter) -> Result<Outcome> {
    let window = Window::open(plan);
    let mut talks = JoinSet::new();
    for pair in pairs {
        talks.spawn(Talk::new(pair, window).run());
    }
    let finish = async {
        let mut total = Tally::default();
        while let Some(talk) = talks.join_next().await {
            total.add(talk.context("a talk panicked")??);
        }
        Ok(total)
    };
    let finish = timeout_at(window.deadline.into(), finish);
    let (total, spent) = tokio::try_join!(
        async { finish.await.context("messages are still missing")? },
        watch(window, meter)
    )?;
    Ok(Outcome {
        messages: total.messages,
        per_s: per_second(total.messages, window.length()),
        ack: Latency::of(total.acks_us),
        delivery: Latency::of(total.deliveries_us),
        spent,
        window: window.length(),
    })
}

#[derive(Default)]
struct Tally {
    messages: u64,
    acks_us: Vec<u32>,
    deliveries_us: Vec<u32>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.messages += other.messages;
        self.acks_us.extend(other.acks_us);
        self.deliveries_us.extend(other.deliveries_us);
    }
}

struct Talk<S> {
    users: [u32; 2],
    sockets: [Socket; 2],
    speech: S,
    window: Window,
    sides: [Side; 2],
    tally: Tally,
}

/// One user of a pair.
#[derive(Default)]
struct Side {
    /// Number of the newest message of this user; all earlier ones are done.
    said: u32,
    under_way: Option<UnderWay>,
    /// Newest of the partner's messages that this connection heard.
    heard: u32,
    /// Newest of the user's own messages that this connection heard.
    echoed: u32,
    last_seq: u64,
    /// Places in the conversation of what was heard from the partner.
    seqs: Vec<u64>,
}

struct UnderWay {
    since: Instant,
    acked: bool,
    delivered: bool,
}

impl<S: Speech> Talk<S> {
    fn new(pair: Pair<S>, window: Window) -> Talk<S> {
        Talk {
            users: pair.users,
            sockets: pair.sockets,
            speech: pair.speech,
            window,
            sides: Default::default(),
            tally: Tally::default(),
        }
    }

    async fn run(mut self) -> Result<Tally> {
        self.say(0).await?;
        self.say(1).await?;
        let mut heard = Vec::new();
        while self.sides.iter().any(|side| side.under_way.is_some()) {
            let (at, frame) = self.next().await?;
            self.take(at, &frame, &mut heard)?;
            for side in 0..2 {
                if self.is_done(side) {
                    self.finish(side);
                    if Instant::now() < self.window.to {
                        self.say(side).await?;
                    }
                }
            }
        }
        self.hear_the_rest(&mut heard).await?;
        self.check_gap_free()?;
        Ok(self.tally)
    }

    async fn say(&mut self, side: usize) -> Result<()> {
        let sender = &mut self.sides[side];
        sender.said += 1;
        let frame = self.speech.message(side, sender.said);
        sender.under_way = Some(UnderWay {
            since: Instant::now(),
            acked: false,
            delivered: false,
        });
        say(&mut self.sockets[side], frame).await
    }

    async fn next(&mut self) -> Result<(usize, Bytes)> {
        let [first, second] = &mut self.sockets;
        tokio::select! {
            biased;
            frame = next_frame(first) => Ok((0, frame?)),
            frame = next_frame(second) => Ok((1, frame?)),
        }
    }

    fn take(&mut self, at: usize, frame: &[u8], heard: &mut Vec<Heard>) -> Result<()> {
        let now = Instant::now();
        self.speech.hear(frame, heard)?;
        for heard in heard.drain(..) {
            let user = self.users[at];
            match heard {
                Heard::Ack { id } => self
                    .ack(at, id, now)
                    .with_context(|| format!("acknowledgement of message {id} to user {user}"))?,
                Heard::Message { from, id, seq } => {
                    self.message(at, from, id, seq, now).with_context(|| {
                        format!("message {id} of user {from} (seq {seq}) at user {user}")
                    })?;
                }
            }
        }
        Ok(())
    }

    fn ack(&mut self, side: usize, id: u32, now: Instant) -> Result<()> {
        let sender = &mut self.sides[side];
        ensure!(id == sender.said, "not for the message under way");
        let under_way = sender.under_way.as_mut().context("it was done")?;
        ensure!(!under_way.acked, "it came twice");
        under_way.acked = true;
        if self.window.holds(under_way.since) {
            self.tally.acks_us.push(micros(now - under_way.since));
        }
        Ok(())
    }

    fn message(&mut self, at: usize, from: u32, id: u32, seq: u64, now: Instant) -> Result<()> {
        let here = &mut self.sides[at];
        ensure!(
            seq > here.last_seq,
            "out of order: seq {} was before it",
            here.last_seq
        );
        here.last_seq = seq;
        if from == self.users[at] {
            ensure!(S::ECHOES, "no echo was expected");
            ensure!(id == here.echoed + 1, "message {} was due", here.echoed + 1);
            here.echoed = id;
            return Ok(());
        }
        ensure!(from == self.users[1 - at], "from a stranger");
        ensure!(id == here.heard + 1, "message {} was due", here.heard + 1);
        here.heard = id;
        here.seqs.push(seq);
        let sender = &mut self.sides[1 - at];
        let under_way = sender.under_way.as_mut();
        let under_way = under_way.context("it was not under way")?;
        under_way.delivered = true;
        if self.window.holds(under_way.since) {
            self.tally.deliveries_us.push(micros(now - under_way.since));
        }
        Ok(())
    }

    fn is_done(&self, side: usize) -> bool {
        let under_way = self.sides[side].under_way.as_ref();
        under_way.is_some_and(|message| message.acked && message.delivered)
    }

    fn finish(&mut self, side: usize) {
        self.sides[side].under_way = None;
        if self.window.holds(Instant::now()) {
            self.tally.messages += 1;
        }
    }

    /// The last echoes may come after everything else; nothing else may come any more.
    async fn hear_the_rest(&mut self, heard: &mut Vec<Heard>) -> Result<()> {
        while S::ECHOES && self.sides.iter().any(|side| side.echoed < side.said) {
            let (at, frame) = self.next().await?;
            self.take(at, &frame, heard)?;
        }
        match timeout(Duration::from_millis(200), self.next()).await {
            Err(_) => Ok(()),
            Ok(Err(error)) => Err(error),
            // What is told twice is refused here; other news of the server is no matter.
            Ok(Ok((at, frame))) => self.take(at, &frame, heard),
        }
    }

    fn check_gap_free(&self) -> Result<()> {
        let [first, second] = &self.sides;
        let said = u64::from(first.said) + u64::from(second.said);
        let mut seqs = [&first.seqs[..], &second.seqs[..]].concat();
        seqs.sort_unstable();
        ensure!(
            !S::GAP_FREE || seqs.iter().copied().eq(1..=said),
            "users {:?} said {said} messages, but the seqs are not 1..={said}",
            self.users
        );
        Ok(())
    }
}
