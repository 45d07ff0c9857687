//! The one socket loop. A surface brings a [`Protocol`]; the loop reads one request at a time, delivers queued events
//! also while a request is being answered, writes everything that is ready with one flush, keeps the connection alive
//! and lets go of peers that are silent or do not read.
//!
//! The loop is one `poll`, because its parts must not wait for each other: a request that holds a transaction goes on
//! while the peer takes no bytes, and an event does not wait for a request. It owns one timer that is set anew only
//! when it rings, so that a frame costs no timer, and a box for the request only while there is one.

use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use metrics::counter;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::connection::{CloseReason, Delivery, Registration};
use crate::published::{Frame, Published};

/// A socket that does not take what it was given for this long is given up.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request may go on after its connection has come to an end. It is not broken off at once, because between
/// its commit and its publication that would keep a message from others until they pull.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a peer may take to say good-bye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Read at once from the kernel. A socket keeps this much, so it is what an idle connection costs most.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// Small frames are gathered up to this size before they are written. The library keeps the buffer as large as it
/// ever was, so this is about what a connection costs that has been busy once.
const WRITE_BUFFER_BYTES: usize = 4 * 1024;

const NO_GOOD_BYE: &str = "without closing handshake";

/// Requests that are answered before the answers are flushed, if the peer sends so many at once.
const ROUNDS_MAX: usize = 64;

/// What a surface says and understands. One value serves one connection.
pub trait Protocol: Send + Sync {
    /// The frame that shows an event, or `None` if it is not shown here.
    fn event(&self, published: &Published) -> Option<Frame>;

    /// Answers one frame. The next one is read when this has been answered.
    fn frame(&self, frame: Incoming) -> impl Future<Output = Reply> + Send;
}

/// A frame that a peer sent. Pings and pongs are the loop's own business.
#[derive(Clone, Debug)]
pub enum Incoming {
    Text(Utf8Bytes),
    Binary(Bytes),
}

/// What follows from a frame.
#[derive(Clone, Debug)]
pub struct Reply {
    frame: Option<Frame>,
    closes: bool,
}

impl Reply {
    pub fn none() -> Self {
        Self {
            frame: None,
            closes: false,
        }
    }

    pub fn frame(frame: Frame) -> Self {
        Self {
            frame: Some(frame),
            closes: false,
        }
    }

    /// An answer, and then the end of the connection.
    pub fn last(frame: Frame) -> Self {
        Self {
            frame: Some(frame),
            closes: true,
        }
    }

    pub fn close() -> Self {
        Self {
            frame: None,
            closes: true,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct KeepAlive {
    /// How long a peer may be silent before it is pinged, and again; never if it pings itself.
    pub ping_every: Option<Duration>,
    /// A peer that is silent for this long is gone. Any frame counts, pings and pongs too.
    pub idle_timeout: Duration,
}

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The peer said good-bye.
    ByPeer,
    /// The protocol had the last word.
    ByProtocol,
    /// The hub closed it, behind everything that was queued.
    ByHub(CloseReason),
    /// The peer sent something that is not WebSocket, or too large.
    Malformed,
    /// Nothing was heard for `idle_timeout`.
    Idle,
    /// The peer did not read, and its queue overflowed or its time ran out.
    Stuck,
    /// The connection broke.
    Broken,
}

impl Ended {
    /// What the peer is told, if it can be told anything.
    fn close_code(self) -> Option<u16> {
        match self {
            Self::ByProtocol | Self::ByHub(CloseReason::Kicked | CloseReason::Removed) => {
                Some(close_code::NORMAL)
            }
            Self::ByHub(CloseReason::GoingAway) => Some(close_code::AWAY),
            Self::ByHub(CloseReason::SlowReader) => Some(close_code::AGAIN),
            Self::Malformed => Some(close_code::PROTOCOL),
            Self::Idle => Some(close_code::POLICY),
            // The library has put its answer to a good-bye where the next flush finds it.
            Self::ByPeer | Self::Stuck | Self::Broken => None,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::ByPeer => "by_peer",
            Self::ByProtocol => "by_protocol",
            Self::ByHub(CloseReason::Kicked) => "kicked",
            Self::ByHub(CloseReason::Removed) => "removed",
            Self::ByHub(CloseReason::GoingAway) => "going_away",
            Self::ByHub(CloseReason::SlowReader) => "slow_reader",
            Self::Malformed => "malformed",
            Self::Idle => "idle",
            Self::Stuck => "stuck",
            Self::Broken => "broken",
        }
    }
}

/// Sizes the buffers of a socket that is about to be upgraded.
pub fn configure(upgrade: WebSocketUpgrade, frame_bytes_max: usize) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        // Never reached: the loop takes no further frame while the buffer cannot be written.
        .max_write_buffer_size(usize::MAX)
        .max_message_size(frame_bytes_max)
        .max_frame_size(frame_bytes_max)
}

/// Serves one connection until one side has had enough. `greeting` is sent before anything else.
pub async fn run(
    socket: WebSocket,
    registration: Registration,
    protocol: impl Protocol,
    keep_alive: KeepAlive,
    greeting: Option<Frame>,
) -> Ended {
    let mut pump = Pump::new(socket, registration, &protocol, keep_alive, greeting);
    let ended = poll_fn(|cx| pump.poll(cx)).await;
    pump.registration.leave();
    let info = pump.registration.connection().info();
    counter!("switchboard_sockets_ended_total", "surface" => info.surface, "how" => ended.label())
        .increment(1);
    if !pump.is_dead {
        // A peer that takes longer is left without.
        let _ = timeout(CLOSE_TIMEOUT, say_good_bye(&mut pump.socket, ended)).await;
    }
    ended
}

async fn say_good_bye(socket: &mut WebSocket, ended: Ended) {
    let Some(code) = ended.close_code() else {
        let _ = socket.flush().await;
        return;
    };
    let close = CloseFrame {
        code,
        reason: Utf8Bytes::default(),
    };
    let is_told = socket.send(Message::Close(Some(close))).await.is_ok();
    // A peer that was silent, or is not understood, is not waited for.
    if is_told && !matches!(ended, Ended::Idle | Ended::Malformed) {
        while let Some(Ok(_)) = socket.next().await {}
    }
}

type Request<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

struct Pump<'a, P> {
    socket: WebSocket,
    registration: Registration,
    protocol: &'a P,
    keep_alive: KeepAlive,
    /// The request that is being answered. Nothing is read meanwhile.
    request: Option<Request<'a>>,
    /// Goes out before anything that is queued.
    answer: Option<Frame>,
    /// Something was given to the socket since the last flush, or the library owes a pong.
    is_dirty: bool,
    /// The socket takes no frame.
    is_full: bool,
    /// Since when a flush has been waiting.
    stuck_since: Option<Instant>,
    heard_at: Instant,
    pinged_at: Instant,
    timer: Pin<Box<Sleep>>,
    ended: Option<Ended>,
    /// When the request is broken off that is still going on at the end.
    request_until: Instant,
    /// There is no use in writing any more.
    is_dead: bool,
}

impl<'a, P: Protocol> Pump<'a, P> {
    fn new(
        socket: WebSocket,
        registration: Registration,
        protocol: &'a P,
        keep_alive: KeepAlive,
        greeting: Option<Frame>,
    ) -> Self {
        let now = Instant::now();
        Self {
            socket,
            registration,
            protocol,
            keep_alive,
            request: None,
            answer: greeting,
            is_dirty: false,
            is_full: false,
            stuck_since: None,
            heard_at: now,
            pinged_at: now,
            timer: Box::pin(sleep_until(now + keep_alive.first_look())),
            ended: None,
            request_until: now,
            is_dead: false,
        }
    }

    /// Does everything that can be done now, and flushes last: an answer and the events that were queued meanwhile
    /// leave in one write.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        for _ in 0..ROUNDS_MAX {
            let mut is_moving = self.poll_request(cx);
            self.feed(cx);
            is_moving |= self.hear(cx);
            is_moving |= self.poll_timer(cx);
            if let Some(ended) = self.ended
                && self.request.is_none()
                && (self.is_dead || self.answer.is_none())
            {
                return Poll::Ready(ended);
            }
            if !is_moving && !self.flush(cx) {
                return Poll::Pending;
            }
        }
        self.flush(cx);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_request(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(request) = &mut self.request else {
            return false;
        };
        let Poll::Ready(reply) = request.as_mut().poll(cx) else {
            return false;
        };
        self.request = None;
        self.answer = reply.frame;
        if reply.closes {
            self.end(Ended::ByProtocol);
        }
        true
    }

    /// Gives the socket the answer and what is queued, for as long as it takes them.
    fn feed(&mut self, cx: &mut Context<'_>) {
        self.is_full = false;
        while !self.is_dead {
            match self.socket.poll_ready_unpin(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return self.die(Ended::Broken),
                Poll::Pending => {
                    self.is_full = true;
                    if self.registration.poll_overflowed(cx).is_ready() {
                        self.die(Ended::Stuck);
                    }
                    return;
                }
            }
            let Some(frame) = self.next_frame(cx) else {
                return;
            };
            if self.socket.start_send_unpin(frame.into()).is_err() {
                return self.die(Ended::Broken);
            }
            self.is_dirty = true;
        }
    }

    fn next_frame(&mut self, cx: &mut Context<'_>) -> Option<Frame> {
        if let Some(answer) = self.answer.take() {
            return Some(answer);
        }
        while self.ended.is_none() {
            let Poll::Ready(delivery) = self.registration.poll_recv(cx) else {
                return None;
            };
            match delivery {
                Some(Delivery::Event(published)) => {
                    if let Some(frame) = self.protocol.event(&published) {
                        return Some(frame);
                    }
                }
                Some(Delivery::Close(reason)) => self.end(Ended::ByHub(reason)),
                // The last delivery is a `Close`, so this is never reached.
                None => self.end(Ended::ByHub(CloseReason::Removed)),
            }
        }
        None
    }

    /// Reads one frame, unless the one before is still being answered or its answer cannot be written.
    fn hear(&mut self, cx: &mut Context<'_>) -> bool {
        if self.ended.is_some() || self.request.is_some() || self.is_full {
            return false;
        }
        let Poll::Ready(message) = self.socket.poll_next_unpin(cx) else {
            return false;
        };
        self.heard_at = Instant::now();
        match message {
            Some(Ok(Message::Text(text))) => {
                self.request = Some(Box::pin(self.protocol.frame(Incoming::Text(text))))
            }
            Some(Ok(Message::Binary(bytes))) => {
                self.request = Some(Box::pin(self.protocol.frame(Incoming::Binary(bytes))));
            }
            // The library has made the pong; a flush sends it.
            Some(Ok(Message::Ping(_))) => self.is_dirty = true,
            Some(Ok(Message::Pong(_))) => {}
            Some(Ok(Message::Close(_))) => self.end(Ended::ByPeer),
            Some(Err(error)) if is_malformed(&error) => self.end(Ended::Malformed),
            Some(Err(_)) | None => self.die(Ended::Broken),
        }
        true
    }

    /// Writes what the socket was given. Says whether there is something to do now that was not before.
    fn flush(&mut self, cx: &mut Context<'_>) -> bool {
        if self.is_dead || !(self.is_dirty || self.is_full) {
            return false;
        }
        match self.socket.poll_flush_unpin(cx) {
            Poll::Ready(Ok(())) => {
                self.is_dirty = false;
                self.stuck_since = None;
                std::mem::take(&mut self.is_full)
            }
            Poll::Ready(Err(_)) => {
                self.die(Ended::Broken);
                true
            }
            Poll::Pending if self.stuck_since.is_none() => {
                let now = Instant::now();
                self.stuck_since = Some(now);
                self.ring_by(now + WRITE_TIMEOUT);
                true
            }
            Poll::Pending => false,
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> bool {
        let mut has_rung = false;
        while self.timer.as_mut().poll(cx).is_ready() {
            has_rung = true;
            let now = Instant::now();
            self.look(now);
            let next = self.next_look(now);
            self.timer.as_mut().reset(next);
        }
        has_rung
    }

    /// Does what is due. Whatever is found due here is not due any more afterwards.
    fn look(&mut self, now: Instant) {
        if self
            .stuck_since
            .is_some_and(|since| now >= since + WRITE_TIMEOUT)
        {
            self.die(Ended::Stuck);
        }
        if self.ended.is_some() {
            if now >= self.request_until && self.request.take().is_some() {
                tracing::warn!(
                    "a request went on long after its connection had ended and was broken off"
                );
            }
            return;
        }
        if self.request.is_some() {
            // Nothing is read meanwhile, so silence says nothing.
            self.heard_at = now;
        }
        if now >= self.heard_at + self.keep_alive.idle_timeout {
            return self.end(Ended::Idle);
        }
        if self.next_ping().is_some_and(|at| now >= at) {
            self.pinged_at = now;
            // One that waits for a peer to read would be heard too late to mean anything.
            if !self.is_full {
                match self.socket.start_send_unpin(Message::Ping(Bytes::new())) {
                    Ok(()) => self.is_dirty = true,
                    Err(_) => self.die(Ended::Broken),
                }
            }
        }
    }

    /// The earliest time at which [`Self::look`] could find something due, as far as is known now. It lies ahead:
    /// what was due has just been done.
    fn next_look(&self, now: Instant) -> Instant {
        let stuck = self.stuck_since.map(|since| since + WRITE_TIMEOUT);
        let (silence, ping) = match self.ended {
            Some(_) if self.request.is_some() => (self.request_until, None),
            Some(_) => (now + WRITE_TIMEOUT, None),
            None => (
                self.heard_at + self.keep_alive.idle_timeout,
                self.next_ping(),
            ),
        };
        [stuck, ping]
            .into_iter()
            .flatten()
            .fold(silence, Instant::min)
    }

    fn next_ping(&self) -> Option<Instant> {
        Some(self.heard_at.max(self.pinged_at) + self.keep_alive.ping_every?)
    }

    /// Sets the timer earlier; it is polled in the next round.
    fn ring_by(&mut self, at: Instant) {
        if at < self.timer.deadline() {
            self.timer.as_mut().reset(at);
        }
    }

    fn end(&mut self, ended: Ended) {
        if self.ended.is_none() {
            self.ended = Some(ended);
            self.request_until = Instant::now() + REQUEST_TIMEOUT;
            self.ring_by(self.request_until);
        }
    }

    fn die(&mut self, ended: Ended) {
        self.is_dead = true;
        self.stuck_since = None;
        self.end(ended);
    }
}

impl KeepAlive {
    fn first_look(&self) -> Duration {
        self.ping_every
            .map_or(self.idle_timeout, |every| every.min(self.idle_timeout))
    }
}

/// Whether the peer has broken the protocol, as opposed to the connection. A connection that ends without a good-bye
/// is a matter of the protocol to the library, and its error type is hidden behind axum's.
fn is_malformed(error: &axum::Error) -> bool {
    if error.to_string().ends_with(NO_GOOD_BYE) {
        return false;
    }
    let mut source = error.source();
    while let Some(error) = source {
        if error.is::<io::Error>() {
            return false;
        }
        source = error.source();
    }
    true
}
