//! The one writing connection and its group commit. Logical transactions run one after another as savepoints of a
//! shared physical transaction; appends are queued and run in a row by the committer, a thread that then commits
//! once for everybody. Nobody is answered before that commit is on disk. While it is being written the next appends
//! queue up: that is all the batching there is, without timers and without artificial delay.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::thread::JoinHandle;

use domain::error::{Error, Result};
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use tokio::sync::{OwnedMutexGuard, oneshot};

use super::wal::Wal;
use crate::error::{closed, sqlite, unavailable};

/// What the queue carries: something that is written in one go.
pub(super) trait Operation: Send + 'static {
    type Answer: Send;

    /// Runs inside the physical transaction, which an error rolls back as a whole: it is for what should not happen,
    /// never for a refusal.
    fn run(&self, conn: &Connection) -> rusqlite::Result<Self::Answer>;
}

/// Operations in one physical transaction. Beyond it the first in the batch would wait longer than the last gains.
const BATCH_MAX: usize = 4096;

/// Operations waiting for the committer; more are refused, because by then each waits for seconds.
const QUEUE_MAX: usize = 64 * 1024;

pub(super) struct GroupCommit<O: Operation> {
    shared: Arc<Shared<O>>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

struct Shared<O: Operation> {
    /// First come, first served, the committer included.
    writer: Arc<tokio::sync::Mutex<Writer>>,
    queue: Mutex<Queue<O>>,
    wake: Condvar,
    wal: Arc<Wal>,
}

struct Queue<O: Operation> {
    operations: VecDeque<Queued<O>>,
    /// A logical transaction waits for the physical commit.
    is_commit_wanted: bool,
    is_closing: bool,
}

struct Queued<O: Operation> {
    operation: O,
    answer: oneshot::Sender<Result<O::Answer>>,
}

impl<O: Operation> GroupCommit<O> {
    pub(super) fn start(conn: Connection, wal: Arc<Wal>) -> Result<Self> {
        let queue = Queue {
            operations: VecDeque::new(),
            is_commit_wanted: false,
            is_closing: false,
        };
        let shared = Arc::new(Shared {
            writer: Arc::new(tokio::sync::Mutex::new(Writer::new(conn))),
            queue: Mutex::new(queue),
            wake: Condvar::new(),
            wal,
        });
        let committer = std::thread::Builder::new()
            .name("store-commit".into())
            .spawn({
                let shared = shared.clone();
                move || shared.commit_until_closed()
            })
            .map_err(unavailable)?;
        Ok(Self {
            shared,
            committer: Mutex::new(Some(committer)),
        })
    }

    /// Queues the operation; returns when it is on disk. Whether or not the caller still waits, it is carried out.
    pub(super) async fn submit(&self, operation: O) -> Result<O::Answer> {
        let (answer, answered) = oneshot::channel();
        {
            let mut queue = self.shared.queue.lock();
            if queue.is_closing {
                return Err(closed());
            }
            if queue.operations.len() >= QUEUE_MAX {
                return Err(unavailable("too many messages are waiting to be written"));
            }
            queue.operations.push_back(Queued { operation, answer });
            self.shared.wake.notify_one();
        }
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Waits for its turn and begins a logical transaction.
    pub(super) async fn begin(&self) -> Result<Transaction> {
        let mut writer = self.shared.writer.clone().lock_owned().await;
        writer.begin_savepoint()?;
        let shared = self.shared.clone();
        Ok(Transaction {
            writer,
            notify: Some(Box::new(move || shared.want_commit())),
            is_done: false,
        })
    }

    /// Carries out what is queued, waits for the transaction that is open, lets nothing new begin.
    pub(super) async fn close(&self) {
        self.shared.close_queue();
        let committer = self.committer.lock().take();
        if let Some(committer) = committer {
            // The thread ends by itself; waiting for it blocks, so not here. A panic there was reported by its hook.
            let _ = tokio::task::spawn_blocking(move || committer.join()).await;
        }
    }

    /// The connection between two turns, for tests that spoil it.
    #[cfg(test)]
    pub(super) async fn lock(&self) -> OwnedMutexGuard<Writer> {
        self.shared.writer.clone().lock_owned().await
    }
}

impl<O: Operation> Drop for GroupCommit<O> {
    fn drop(&mut self) {
        self.shared.close_queue();
    }
}

impl<O: Operation> Shared<O> {
    fn want_commit(&self) {
        self.queue.lock().is_commit_wanted = true;
        self.wake.notify_one();
    }

    fn close_queue(&self) {
        self.queue.lock().is_closing = true;
        self.wake.notify_one();
    }

    /// The committer thread.
    fn commit_until_closed(&self) {
        // However the thread ends, nobody may wait for it any more.
        let _closing = CloseOnExit(self);
        let mut batch = Batch::new();
        while self.wait_for_work() {
            let mut writer = self.writer.blocking_lock();
            // Taken under the lock, so that whoever came while others held the connection is in this batch too.
            self.take_batch(&mut batch);
            let is_written = writer.carry_out(&mut batch);
            if is_written {
                self.wal.written(batch.operations.len(), &writer.conn);
            }
            drop(writer);
            // Answered after the lock is free: the next transaction begins while these tasks are being woken.
            batch.answer();
        }
    }

    /// Says whether there is work; if not, the store is closing.
    fn wait_for_work(&self) -> bool {
        let mut queue = self.queue.lock();
        loop {
            if queue.is_commit_wanted || !queue.operations.is_empty() {
                return true;
            }
            if queue.is_closing {
                return false;
            }
            self.wake.wait(&mut queue);
        }
    }

    fn take_batch(&self, batch: &mut Batch<O>) {
        let mut queue = self.queue.lock();
        queue.is_commit_wanted = false;
        let len = queue.operations.len().min(BATCH_MAX);
        batch.operations.extend(queue.operations.drain(..len));
    }
}

struct CloseOnExit<'a, O: Operation>(&'a Shared<O>);

impl<O: Operation> Drop for CloseOnExit<'_, O> {
    fn drop(&mut self) {
        {
            let mut queue = self.0.queue.lock();
            queue.is_closing = true;
            queue.operations.clear();
        }
        self.0.writer.blocking_lock().close();
    }
}

struct Batch<O: Operation> {
    operations: Vec<Queued<O>>,
    outcome: Result<Vec<O::Answer>, Arc<str>>,
}

impl<O: Operation> Batch<O> {
    fn new() -> Self {
        Self {
            operations: Vec::new(),
            outcome: Ok(Vec::new()),
        }
    }

    /// Answers everybody and empties the batch. Who no longer waits is passed over.
    fn answer(&mut self) {
        match mem::replace(&mut self.outcome, Ok(Vec::new())) {
            Ok(answers) => {
                for (queued, answer) in self.operations.drain(..).zip(answers) {
                    let _ = queued.answer.send(Ok(answer));
                }
            }
            Err(cause) => {
                for queued in self.operations.drain(..) {
                    let _ = queued.answer.send(Err(failed(&cause)));
                }
            }
        }
    }
}

/// The connection and the physical transaction that is open on it, if any. Between two turns an open one always has
/// somebody waiting for its commit.
pub(super) struct Writer {
    pub(super) conn: Connection,
    is_open: bool,
    is_closed: bool,
    /// Logical transactions that are finished but not on disk.
    waiting: Vec<oneshot::Sender<Result<()>>>,
}

impl Writer {
    fn new(conn: Connection) -> Self {
        Self {
            conn,
            is_open: false,
            is_closed: false,
            waiting: Vec::new(),
        }
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }

    fn begin_savepoint(&mut self) -> Result<()> {
        if self.is_closed {
            return Err(closed());
        }
        self.open_transaction()
            .and_then(|()| self.execute("SAVEPOINT logical"))
            .map_err(sqlite)
    }

    fn open_transaction(&mut self) -> rusqlite::Result<()> {
        if self.is_open && self.conn.is_autocommit() {
            self.roll_back("SQLite rolled the transaction back");
        }
        if !self.is_open {
            self.execute("BEGIN IMMEDIATE")?;
            self.is_open = true;
        }
        Ok(())
    }

    /// Runs the batch and commits it together with the logical transactions that wait; says whether anything was
    /// committed. On an error all of it is rolled back and none of it was answered.
    fn carry_out<O: Operation>(&mut self, batch: &mut Batch<O>) -> bool {
        if batch.operations.is_empty() && !self.is_open {
            return false;
        }
        let outcome = self.run_and_commit(batch);
        match &outcome {
            Ok(_) => self.tell_waiting(|| Ok(())),
            Err(error) => self.roll_back(&error.to_string()),
        }
        let is_written = outcome.is_ok();
        batch.outcome = outcome.map_err(|error| error.to_string().into());
        is_written
    }

    fn run_and_commit<O: Operation>(
        &mut self,
        batch: &Batch<O>,
    ) -> rusqlite::Result<Vec<O::Answer>> {
        self.open_transaction()?;
        let answers = batch
            .operations
            .iter()
            .map(|queued| queued.operation.run(&self.conn))
            .collect::<Result<_, _>>()?;
        self.execute("COMMIT")?;
        self.is_open = false;
        Ok(answers)
    }

    /// Takes back the physical transaction and with it every logical one that waits for its commit.
    fn roll_back(&mut self, cause: &str) {
        tracing::error!(
            cause,
            waiting = self.waiting.len(),
            "a transaction was rolled back"
        );
        // After some errors SQLite has rolled back already, and then there is nothing to do.
        if !self.conn.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(%error, "rolling back failed");
        }
        self.is_open = false;
        self.tell_waiting(|| Err(failed(cause)));
    }

    fn tell_waiting(&mut self, outcome: impl Fn() -> Result<()>) {
        for waiting in self.waiting.drain(..) {
            let _ = waiting.send(outcome());
        }
    }

    /// The last turn of the committer: ends what is open and lets nothing begin.
    fn close(&mut self) {
        self.is_closed = true;
        if !self.is_open {
            return;
        }
        if std::thread::panicking() {
            // Half of an operation may be in it.
            return self.roll_back("the committer failed");
        }
        match self.execute("COMMIT") {
            Ok(()) => {
                self.is_open = false;
                self.tell_waiting(|| Ok(()));
            }
            Err(error) => self.roll_back(&error.to_string()),
        }
    }
}

fn failed(cause: &str) -> Error {
    unavailable(format!("not written: {cause}"))
}

/// A logical transaction: the connection is ours until it is committed or dropped.
pub(super) struct Transaction {
    writer: OwnedMutexGuard<Writer>,
    notify: Option<Box<dyn FnOnce() + Send>>,
    is_done: bool,
}

impl Transaction {
    /// The connection, as long as the transaction stands: after a full disk, say, SQLite rolls back by itself, and
    /// what ran then would be committed alone, statement by statement.
    pub(super) fn conn(&self) -> Result<&Connection> {
        if self.writer.conn.is_autocommit() {
            return Err(failed("SQLite rolled the transaction back"));
        }
        Ok(&self.writer.conn)
    }

    /// Returns when the transaction is on disk. Once it has been polled it is carried out, even if it is dropped.
    pub(super) async fn commit(mut self) -> Result<()> {
        self.conn()?;
        self.writer.execute("RELEASE logical").map_err(sqlite)?;
        self.is_done = true;
        let (sender, committed) = oneshot::channel();
        self.writer.waiting.push(sender);
        let notify = self.notify.take();
        drop(self);
        if let Some(notify) = notify {
            notify();
        }
        committed.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let writer = &mut *self.writer;
        if writer.waiting.is_empty() {
            // Nobody else is in it.
            if !writer.conn.is_autocommit()
                && let Err(error) = writer.execute("ROLLBACK")
            {
                tracing::error!(%error, "rolling back failed");
            }
            writer.is_open = false;
            return;
        }
        let undone = writer
            .execute("ROLLBACK TO logical")
            .and_then(|()| writer.execute("RELEASE logical"));
        if let Err(error) = undone {
            // What this transaction wrote cannot be told from the others' work, so that goes as well.
            writer.roll_back(&error.to_string());
        }
    }
}
