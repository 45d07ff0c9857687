//! The store as a whole: views that read, transactions that write, and the one-step append of the hot path.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    AccountReads, AccountWrites, AnnotationReads, AnnotationWrites, ClientConfigReads,
    ClientConfigWrites, ClientLogReads, ClientLogWrites, ConversationReads, ConversationWrites,
    FileReads, FileWrites, FollowReads, FollowWrites, GroupReads, GroupWrites, ImportWrites,
    JobReads, JobWrites, MessageReads, MessageWrites, PushReads, PushWrites, RelationReads,
    RelationWrites, SearchIndex, SearchReads, SearchWrites, SessionReads, SessionWrites,
    StatisticsReads, UpkeepReads, UpkeepWrites, VersionReads, VersionWrites,
};
use crate::error::Result;
use crate::event::{Event, Recorded};
use crate::messages::{Append, Appended};
use crate::time::Millis;

#[async_trait]
pub trait Store: Send + Sync {
    /// A reading session. It sees everything that was committed before it began.
    async fn view(&self) -> Result<Box<dyn View>>;

    /// A transaction. Dropping it rolls it back. Keep it short and do no other waiting inside it: on SQLite all
    /// writers stand behind it.
    async fn begin(&self) -> Result<Box<dyn Tx>>;

    /// One message as a transaction of its own; returns when it is on disk. This is the hot path: a store may
    /// carry out many appends together, as long as each has the result it would have had alone.
    async fn append(&self, append: Append) -> Result<Appended>;

    /// The index that messages are found by.
    fn search_index(&self) -> Arc<dyn SearchIndex>;

    /// Whether the store answers; for readiness and `doctor`.
    async fn check(&self) -> Result<()>;

    /// Finishes what was begun and closes. Later calls fail.
    async fn close(&self);
}

pub trait View:
    AccountReads
    + SessionReads
    + RelationReads
    + GroupReads
    + ConversationReads
    + VersionReads
    + MessageReads
    + AnnotationReads
    + UpkeepReads
    + SearchReads
    + FileReads
    + PushReads
    + ClientConfigReads
    + ClientLogReads
    + StatisticsReads
    + OutboxReads
    + FollowReads
    + JobReads
    + Send
{
}

#[async_trait]
pub trait Tx:
    View
    + AccountWrites
    + SessionWrites
    + RelationWrites
    + GroupWrites
    + ConversationWrites
    + VersionWrites
    + MessageWrites
    + AnnotationWrites
    + UpkeepWrites
    + SearchWrites
    + FileWrites
    + PushWrites
    + ClientConfigWrites
    + ClientLogWrites
    + OutboxWrites
    + FollowWrites
    + JobWrites
    + ImportWrites
{
    /// Remembers an event; it is published only if this transaction commits.
    async fn record(&mut self, event: Event) -> Result<()>;

    /// Returns when everything is on disk, with what was recorded, in order.
    async fn commit(self: Box<Self>) -> Result<Vec<Recorded>>;
}

/// Reading the outbox again after a crash.
#[async_trait]
pub trait OutboxReads {
    /// Stored forms of events past a position, oldest first.
    async fn outbox_after(&mut self, position: i64, rows_max: usize) -> Result<Vec<(i64, Event)>>;

    /// How far the named relay has come: (message log, outbox); `None` before its first time.
    async fn relay_cursor(&mut self, relay: &str) -> Result<Option<(i64, i64)>>;

    /// The newest position of the message log and of the outbox.
    async fn newest_positions(&mut self) -> Result<(i64, i64)>;
}

#[async_trait]
pub trait OutboxWrites {
    async fn set_relay_cursor(&mut self, relay: &str, message: i64, outbox: i64) -> Result<()>;

    /// Removes outbox rows recorded before `before`; returns how many. Those that a follower has not come to stay,
    /// unless they were recorded before `unseen_before`.
    async fn prune_outbox(
        &mut self,
        before: Millis,
        unseen_before: Millis,
        rows_max: usize,
    ) -> Result<u64>;
}
