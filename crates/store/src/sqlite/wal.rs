//! Keeps the write-ahead log short. A thread copies it into the database beside the writer (a passive checkpoint),
//! which does not stop writing but, under steady writing, never catches up with it; so when the log has grown
//! large the committer itself waits for the rest and starts the log anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use domain::error::Result;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use crate::error::unavailable;

const TICK: Duration = Duration::from_millis(250);

/// Operations after which a checkpoint is worth its two fsyncs: each leaves some 16 KiB in the log, so 4 MiB.
const CHECKPOINT_AFTER_OPERATIONS: u64 = 256;
/// Fewer wait this long.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(30);

/// Once a passive checkpoint has left the log this large, the committer finishes the job: little is left to copy.
const RESTART_FRAMES: i64 = 64 * 1024 * 1024 / FRAME_BYTES;
/// The committer does so unasked when the file is this large, because the thread does not keep up.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
const FRAME_BYTES: i64 = 4096 + 24;

/// How long the committer waits for readers that still need the log.
const RESTART_WAIT: Duration = Duration::from_millis(50);

pub(super) struct Wal {
    file: PathBuf,
    busy_timeout: Duration,
    /// Operations committed since the last checkpoint began.
    operations: AtomicU64,
    commits: AtomicU64,
    is_restart_wanted: AtomicBool,
}

impl Wal {
    pub(super) fn new(database: &Path, busy_timeout: Duration) -> Self {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        Self {
            file: file.into(),
            busy_timeout,
            operations: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            is_restart_wanted: AtomicBool::new(false),
        }
    }

    /// Called by the committer after a commit, while it has the connection.
    pub(super) fn written(&self, operations: usize, conn: &Connection) {
        // A logical transaction leaves about as much as a few appends.
        self.operations
            .fetch_add(operations.max(4) as u64, Ordering::Relaxed);
        let commits = self.commits.fetch_add(1, Ordering::Relaxed);
        let is_restart_wanted = self.is_restart_wanted.swap(false, Ordering::Relaxed);
        // A look at the file costs a system call, so not after every commit.
        if is_restart_wanted || (commits.is_multiple_of(16) && self.file_bytes() > FILE_BYTES_MAX) {
            self.restart(conn);
        }
    }

    fn file_bytes(&self) -> u64 {
        std::fs::metadata(&self.file).map_or(0, |file| file.len())
    }

    fn restart(&self, conn: &Connection) {
        let is_huge = self.file_bytes() > FILE_BYTES_MAX;
        // Starting anew keeps the file, and writing over it is cheaper than growing it.
        let mode = if is_huge { "TRUNCATE" } else { "RESTART" };
        let outcome = conn
            .busy_timeout(RESTART_WAIT)
            .and_then(|()| checkpoint(conn, mode))
            .and_then(|_| conn.busy_timeout(self.busy_timeout));
        if let Err(error) = outcome {
            tracing::warn!(%error, "the write-ahead log was not restarted");
        }
    }
}

/// Runs a checkpoint; returns how many frames the log has, or -1 when it was busy.
pub(super) fn checkpoint(conn: &Connection, mode: &str) -> rusqlite::Result<i64> {
    conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        row.get(1)
    })
}

/// The checkpointing thread.
pub(super) struct Checkpointer {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpointer {
    pub(super) fn start(conn: Connection, wal: Arc<Wal>) -> Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn({
                let stop = stop.clone();
                move || checkpoint_until_stopped(&conn, &wal, &stop)
            })
            .map_err(unavailable)?;
        Ok(Self {
            stop,
            thread: Mutex::new(Some(thread)),
        })
    }

    fn stop(&self) {
        *self.stop.0.lock() = true;
        self.stop.1.notify_one();
    }

    /// Stops the thread, which leaves the log empty. Nothing may be written any more.
    pub(super) async fn close(&self) {
        self.stop();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn checkpoint_until_stopped(
    conn: &Connection,
    wal: &Wal,
    (is_stopped, wake): &(Mutex<bool>, Condvar),
) {
    let mut last = Instant::now();
    loop {
        {
            let mut is_stopped = is_stopped.lock();
            if !*is_stopped {
                wake.wait_for(&mut is_stopped, TICK);
            }
            if *is_stopped {
                break;
            }
        }
        let operations = wal.operations.load(Ordering::Relaxed);
        let is_due = operations >= CHECKPOINT_AFTER_OPERATIONS
            || (operations > 0 && last.elapsed() > CHECKPOINT_AFTER);
        if !is_due {
            continue;
        }
        wal.operations.fetch_sub(operations, Ordering::Relaxed);
        last = Instant::now();
        match checkpoint(conn, "PASSIVE") {
            Ok(frames) if frames > RESTART_FRAMES => {
                wal.is_restart_wanted.store(true, Ordering::Relaxed)
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a checkpoint failed"),
        }
    }
    if let Err(error) = checkpoint(conn, "TRUNCATE") {
        tracing::warn!(%error, "the last checkpoint failed");
    }
}
