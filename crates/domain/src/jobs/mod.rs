//! Jobs: work that was promised inside a transaction and is carried out after it, at least once. A job is claimed
//! with a lease, tried again with growing pauses, and set aside when it has failed too often. `run.rs` is the worker.

mod run;

pub use run::JobOutcome;

use crate::ids::JobKey;
use crate::time::Millis;

/// A job to add.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub work: Work,
    pub due_at: Millis,
    /// While a job of this name stands, another one is not added.
    pub unique: Option<String>,
}

/// A job as it was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub key: JobKey,
    pub work: Work,
    /// How often it was claimed, this time included.
    pub attempts: u32,
    /// Why it failed the last time.
    pub error: Option<String>,
}

/// What is to be done. The names are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Remove sessions that expired long ago; repeats.
    DeleteExpiredSessions,
    /// Remove outbox rows that every node has seen; repeats.
    PruneOutbox,
}

impl Work {
    pub const ALL: [Self; 2] = [Self::DeleteExpiredSessions, Self::PruneOutbox];

    /// The stored name.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeleteExpiredSessions => "delete_expired_sessions",
            Self::PruneOutbox => "prune_outbox",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|work| work.name() == name)
    }
}
