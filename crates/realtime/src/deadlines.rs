//! The small tasks of this crate: things that happen a little later. They are tracked, so that a shutdown ends them,
//! and there is one for many deadlines, only while there are any.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[derive(Clone)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    /// Publishing may happen on a thread that does not belong to the runtime.
    runtime: Handle,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self {
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            runtime: Handle::current(),
        }
    }

    /// Runs `task` to its end or to the shutdown, whichever comes first.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        let task = async move {
            stop.run_until_cancelled(task).await;
        };
        self.tracker.spawn_on(task, &self.runtime);
    }

    #[cfg(test)]
    pub(crate) fn running(&self) -> usize {
        self.tracker.len()
    }

    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Keys and when they are due. Whoever adds keeps each key in it at most once, which bounds it.
pub(crate) struct Deadlines<K>(Mutex<Waiting<K>>);

struct Waiting<K> {
    due: BinaryHeap<Reverse<(Instant, K)>>,
    has_task: bool,
}

impl<K: Copy + Ord> Deadlines<K> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Waiting {
            due: BinaryHeap::new(),
            has_task: false,
        }))
    }

    /// Adds a key. If this returns true, the caller starts a task that takes [`Self::next`] until there is none.
    /// A deadline must not be much earlier than those already there: the task may be sleeping for one of them.
    #[must_use]
    pub(crate) fn add(&self, at: Instant, key: K) -> bool {
        let mut waiting = self.0.lock();
        waiting.due.push(Reverse((at, key)));
        !std::mem::replace(&mut waiting.has_task, true)
    }

    /// The next key that is due, when it is due; `None` when nothing is left, and then the task ends.
    pub(crate) async fn next(&self) -> Option<K> {
        loop {
            let at = match self.earliest() {
                Earliest::Due(key) => return Some(key),
                Earliest::At(at) => at,
                Earliest::Nothing => return None,
            };
            sleep_until(at).await;
        }
    }

    fn earliest(&self) -> Earliest<K> {
        let mut waiting = self.0.lock();
        match waiting.due.peek() {
            Some(Reverse((at, _))) if *at > Instant::now() => Earliest::At(*at),
            Some(_) => match waiting.due.pop() {
                Some(Reverse((_, key))) => Earliest::Due(key),
                None => Earliest::Nothing,
            },
            None => {
                waiting.has_task = false;
                // A burst may have made it large.
                waiting.due = BinaryHeap::new();
                Earliest::Nothing
            }
        }
    }
}

enum Earliest<K> {
    Due(K),
    At(Instant),
    Nothing,
}
