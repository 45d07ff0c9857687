//! Jobs: work that was promised inside a transaction and is carried out after it, at least once. A job is claimed
//! with a lease, tried again with growing pauses, and set aside when it has failed too often. `run.rs` is the worker, `upkeep.rs` the work
//! that removes old messages.

mod run;
mod upkeep;

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
    /// What the work is done on, as a stored form of the work's own; `None` for work that needs nothing.
    pub payload: Option<String>,
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
    pub payload: Option<String>,
}

/// What is to be done. The names are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Remove sessions that expired long ago; repeats.
    DeleteExpiredSessions,
    /// Remove outbox rows that every node has seen; repeats.
    PruneOutbox,
    /// Remove uploads that were never finished and blobs that no file refers to; repeats.
    SweepFiles,
    /// Clear what has become old for participants who want it so; repeats.
    DestructMessages,
    /// Remove what has become old for everybody; repeats. The payload says how far a round has come.
    RetainMessages,
    /// Push a message to devices that are offline; the payload says which (`push/payload.rs`).
    SendPush,
    /// Carry out what follows from an operation for many people (`reactions.rs`).
    React,
    /// Tell the application's server what it could not be told at once; the payload is the letter (`hooks/work.rs`).
    DeliverWebhook,
}

impl Work {
    pub const ALL: [Self; 8] = [
        Self::DeleteExpiredSessions,
        Self::PruneOutbox,
        Self::SweepFiles,
        Self::DestructMessages,
        Self::RetainMessages,
        Self::SendPush,
        Self::React,
        Self::DeliverWebhook,
    ];

    /// The housekeeping, which puts itself back into the queue.
    pub const REPEATING: [Self; 5] = [
        Self::DeleteExpiredSessions,
        Self::PruneOutbox,
        Self::SweepFiles,
        Self::DestructMessages,
        Self::RetainMessages,
    ];

    /// The stored name.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeleteExpiredSessions => "delete_expired_sessions",
            Self::PruneOutbox => "prune_outbox",
            Self::SweepFiles => "sweep_files",
            Self::DestructMessages => "destruct_messages",
            Self::RetainMessages => "retain_messages",
            Self::SendPush => "send_push",
            Self::React => "react",
            Self::DeliverWebhook => "deliver_webhook",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|work| work.name() == name)
    }
}
