//! `switchboard-load floor-server`: the bare server. One task for each connection, which appends what comes in, tells
//! its client when that is on disk, and passes it on to the bounded queue of the recipient's task. Everything that is
//! ready goes out in one write. Says `listening ADDRESS` on standard output, and runs until it is killed.

use super::frames::{EVERYONE, MESSAGE_HEAD, ack, delivery, message_head};
use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use futures_util::stream::{FuturesOrdered, StreamExt as _};
use futures_util::{FutureExt as _, SinkExt as _};
use std::future::ready;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use store::BareLog;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The product's buffer sizes: axum's defaults cost 128 KiB for each socket.
const READ_BUFFER: usize = 4096;
const WRITE_BUFFER: usize = 4096;

/// Frames that may wait for one connection; what finds the queue full is lost, and the generator notices.
const QUEUE_MAX: usize = 1024;

/// Messages of one connection that may be on their way to the disk; it is not read from meanwhile.
const APPENDS_MAX: usize = 64;

/// Serves up to `connections` clients that name themselves by number: `/ws/0`, `/ws/1`, ….
pub async fn serve(log: &std::path::Path, connections: usize) -> Result<()> {
    let floor = Arc::new(Floor {
        log: BareLog::open(log).context("open the log")?,
        next: AtomicI64::new(1),
        queues: RwLock::new(vec![None; connections]),
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("listening {}", listener.local_addr()?);
    let router = Router::new()
        .route("/ws/{index}", any(upgrade))
        .with_state(floor);
    let listener = listener.tap_io(|stream| {
        // Without this an acknowledgement waits for the client's own acknowledgement of an earlier segment.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

async fn upgrade(
    State(floor): State<Arc<Floor>>,
    Path(index): Path<u32>,
    socket: WebSocketUpgrade,
) -> Response {
    socket
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .on_upgrade(move |socket| async move {
            // An error is a client that left or broke the protocol; the generator notices.
            let _ = floor.pump(socket, index).await;
        })
}

struct Floor {
    log: BareLog,
    /// The next number of any pair: that there are gaps in each is nothing to the log.
    next: AtomicI64,
    /// Where the frames for each connection go.
    queues: RwLock<Vec<Option<mpsc::Sender<Bytes>>>>,
}

impl Floor {
    async fn pump(&self, mut socket: WebSocket, index: u32) -> Result<()> {
        let mut queue = self.join(index)?;
        let mut appends = FuturesOrdered::new();
        let mut is_unflushed = false;
        loop {
            tokio::select! {
                // First what is ready to go out, then the write for all of it, and only then news.
                biased;
                frame = queue.recv() => {
                    socket.feed(Message::Binary(frame.context("replaced")?)).await?;
                    is_unflushed = true;
                }
                Some(appended) = appends.next(), if !appends.is_empty() => {
                    let (place, frame): (i64, Bytes) = appended?;
                    let ack = self.pass_on(index, place, &frame)?;
                    socket.feed(Message::Binary(ack)).await?;
                    is_unflushed = true;
                }
                () = ready(()), if is_unflushed => {
                    socket.flush().await?;
                    is_unflushed = false;
                }
                message = socket.recv(), if appends.len() < APPENDS_MAX => match message {
                    Some(Ok(Message::Binary(frame))) => {
                        ensure!(frame.len() >= MESSAGE_HEAD, "a short frame");
                        let (recipient, _) = message_head(&frame).context("a short frame")?;
                        let pair = i64::from(index.min(recipient));
                        let number = self.next.fetch_add(1, Ordering::Relaxed);
                        let append = self.log.append(pair, number, frame.slice(MESSAGE_HEAD..));
                        appends.push_back(append.map(|place| anyhow::Ok((place?, frame))));
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Text(_) | Message::Close(_))) | None => return Ok(()),
                    Some(Err(error)) => return Err(error.into()),
                },
            }
        }
    }

    fn join(&self, index: u32) -> Result<mpsc::Receiver<Bytes>> {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        let place = queues.get_mut(index as usize).context("no such place")?;
        *place = Some(sender);
        Ok(receiver)
    }

    /// Queues a message that is on disk for its recipients, and returns the frame for its sender.
    fn pass_on(&self, sender: u32, place: i64, frame: &[u8]) -> Result<Bytes> {
        let (recipient, id) = message_head(frame).context("a short frame")?;
        let seq = place.cast_unsigned();
        let delivery = delivery(sender, id, seq, &frame[MESSAGE_HEAD..]);
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        if recipient == EVERYONE {
            for (index, queue) in (0..).zip(queues.iter()) {
                if let Some(queue) = queue
                    && index != sender
                {
                    let _ = queue.try_send(delivery.clone());
                }
            }
        } else if let Some(Some(queue)) = queues.get(recipient as usize) {
            let _ = queue.try_send(delivery);
        }
        Ok(ack(id, seq))
    }
}
