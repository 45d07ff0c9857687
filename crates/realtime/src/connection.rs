//! One connection: who it is, and the bounded queue between the hub and the task that serves it. An empty queue
//! owns no memory, because most connections are idle most of the time; a full one closes the connection, because
//! nobody else may wait for a slow reader.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use domain::ids::{AccountKey, SessionKey, UserId};
use domain::sessions::Platform;
use parking_lot::Mutex;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::hub::Hub;
use crate::published::Published;

/// Names a connection for as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    pub account: AccountKey,
    pub user_id: UserId,
    pub session: SessionKey,
    pub platform: Platform,
    /// The surface's name, for metrics and the console.
    pub surface: &'static str,
    pub is_background: bool,
}

/// What a connection's task takes from its queue.
#[derive(Clone, Debug)]
pub enum Delivery {
    Event(Arc<Published>),
    /// The last thing in the queue: nothing follows.
    Close(CloseReason),
}

/// Why the hub closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// Its session was ended or replaced; the event that says so was delivered before.
    Kicked,
    /// Its queue was full. What was queued is gone; the client resyncs when it comes back.
    SlowReader,
    /// This node stops; another connection may be made at once.
    GoingAway,
    /// An administrator closed it.
    Removed,
}

pub struct Connection {
    id: ConnectionId,
    info: ConnectionInfo,
    is_background: AtomicBool,
    queue: Mutex<Queue>,
}

/// A drained queue keeps at most this much room, which is 128 bytes.
const IDLE_ROOM_MAX: usize = 8;

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Delivery>,
    reader: Option<Waker>,
    /// The last delivery has been put in, or the reader has gone.
    is_closed: bool,
}

impl Queue {
    fn pop(&mut self) -> Option<Delivery> {
        let next = self.waiting.pop_front();
        if self.waiting.is_empty() && self.waiting.capacity() > IDLE_ROOM_MAX {
            self.waiting = VecDeque::new();
        }
        next
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    Queued,
    /// It was closed before.
    Closed,
    /// It was full and is closed now.
    Overflowed,
}

impl Connection {
    pub(crate) fn new(id: ConnectionId, info: ConnectionInfo) -> Self {
        let is_background = AtomicBool::new(info.is_background);
        Self {
            id,
            info,
            is_background,
            queue: Mutex::default(),
        }
    }

    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// What was true when the connection was registered.
    pub fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Whether the application said that it is not in front; such a device may be pushed to.
    pub fn is_background(&self) -> bool {
        self.is_background.load(Ordering::Relaxed)
    }

    pub fn set_background(&self, is_background: bool) {
        self.is_background.store(is_background, Ordering::Relaxed);
    }

    pub(crate) fn push(&self, published: &Arc<Published>, waiting_max: usize) -> Pushed {
        let mut queue = self.queue.lock();
        if queue.is_closed {
            return Pushed::Closed;
        }
        let is_full = queue.waiting.len() >= waiting_max;
        let unread = if is_full {
            queue.is_closed = true;
            let last = VecDeque::from([Delivery::Close(CloseReason::SlowReader)]);
            std::mem::replace(&mut queue.waiting, last)
        } else {
            queue.waiting.push_back(Delivery::Event(published.clone()));
            VecDeque::new()
        };
        wake_after(queue);
        drop(unread);
        if is_full {
            Pushed::Overflowed
        } else {
            Pushed::Queued
        }
    }

    /// Puts in the last delivery, behind `word` if there is one. This goes beyond the bound, by two.
    pub(crate) fn close(&self, word: Option<&Arc<Published>>, reason: CloseReason) -> bool {
        let mut queue = self.queue.lock();
        if queue.is_closed {
            return false;
        }
        queue.waiting.extend(word.cloned().map(Delivery::Event));
        queue.waiting.push_back(Delivery::Close(reason));
        queue.is_closed = true;
        wake_after(queue);
        true
    }

    /// Whether nothing more will be put in.
    pub(crate) fn is_closed(&self) -> bool {
        self.queue.lock().is_closed
    }

    fn abandon(&self) {
        let closed = Queue {
            is_closed: true,
            ..Queue::default()
        };
        let unread = std::mem::replace(&mut *self.queue.lock(), closed);
        drop(unread);
    }
}

/// The reader is woken when the lock is free again. It leaves its waker anew whenever it finds the queue empty, so
/// a burst wakes it once.
fn wake_after(mut queue: parking_lot::MutexGuard<'_, Queue>) {
    let reader = queue.reader.take();
    drop(queue);
    if let Some(reader) = reader {
        reader.wake();
    }
}

/// A place in the hub, and the receiving end of the queue. Dropping it leaves the hub.
pub struct Registration {
    hub: Arc<Hub>,
    connection: Arc<Connection>,
    has_left: bool,
    /// A shutdown waits for it.
    _open: TaskTrackerToken,
}

impl Registration {
    pub(crate) fn new(hub: Arc<Hub>, connection: Arc<Connection>, open: TaskTrackerToken) -> Self {
        Self {
            hub,
            connection,
            has_left: false,
            _open: open,
        }
    }

    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// The next delivery; `None` after the last one.
    pub async fn recv(&mut self) -> Option<Delivery> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// The next delivery, if it is there already.
    pub fn try_recv(&mut self) -> Option<Delivery> {
        self.connection.queue.lock().pop()
    }

    /// For a loop that polls; [`Self::recv`] otherwise.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let mut queue = self.connection.queue.lock();
        let next = queue.pop();
        if next.is_some() || queue.is_closed {
            return Poll::Ready(next);
        }
        leave_waker(&mut queue, cx);
        Poll::Pending
    }

    /// Ready when the queue has overflowed. For a task that cannot take deliveries because its socket does not
    /// take frames.
    pub fn poll_overflowed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.connection.queue.lock();
        if let Some(Delivery::Close(CloseReason::SlowReader)) = queue.waiting.front() {
            return Poll::Ready(());
        }
        leave_waker(&mut queue, cx);
        Poll::Pending
    }

    /// Leaves the hub before the drop: a connection that is saying good-bye is not online any more.
    pub fn leave(&mut self) {
        if !std::mem::replace(&mut self.has_left, true) {
            self.connection.abandon();
            self.hub.unregister(&self.connection);
        }
    }
}

fn leave_waker(queue: &mut Queue, cx: &Context<'_>) {
    if !queue
        .reader
        .as_ref()
        .is_some_and(|reader| reader.will_wake(cx.waker()))
    {
        queue.reader = Some(cx.waker().clone());
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.leave();
    }
}
