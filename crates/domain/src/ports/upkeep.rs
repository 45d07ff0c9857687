//! How far participants have received and read, and what removes old messages: for one participant, by their own
//! setting, or for everybody.

use async_trait::async_trait;

use crate::error::Result;
use crate::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use crate::time::Millis;

/// How far somebody who takes part has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub account: AccountKey,
    pub user_id: UserId,
    /// When they joined the group; 0 in a conversation of two.
    pub joined_at: Millis,
    pub read_seq: i64,
    pub delivered_seq: i64,
}

/// A message has reached a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivery {
    pub account: AccountKey,
    pub conversation: ConversationKey,
    pub seq: i64,
}

/// A participant whose messages go when they are old, and whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destructing {
    pub account: AccountKey,
    pub user_id: UserId,
    pub conversation: ConversationKey,
    pub id: ConversationId,
    pub destruct_s: i64,
    /// What the participant can see begins here; 1 at the beginning.
    pub min_seq: i64,
    /// The conversation's newest message.
    pub max_seq: i64,
}

/// What is found for [`Destructing`].
#[derive(Clone, Copy, Debug)]
pub struct Destructed {
    /// Everything below goes.
    pub min_seq: i64,
    /// When to look again.
    pub due: Millis,
}

/// A conversation that has messages, and its oldest one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aged {
    pub conversation: ConversationKey,
    pub min_seq: i64,
    pub max_seq: i64,
    /// How long its messages are kept: 0 as everywhere, -1 for ever.
    pub keep_s: i64,
    pub oldest_seq: i64,
    pub oldest_at: Millis,
}

#[async_trait]
pub trait UpkeepReads {
    /// Both sides of a conversation of two, or the members of a group, in the order of joining.
    async fn positions(
        &mut self,
        conversation: ConversationKey,
        rows_max: usize,
    ) -> Result<Vec<Position>>;

    /// When a message was sent; `None` if there is no such row.
    async fn send_time(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
    ) -> Result<Option<Millis>>;

    /// Participants whose time has come by `now`, whoever has waited longest first.
    async fn destructing(&mut self, now: Millis, rows_max: usize) -> Result<Vec<Destructing>>;

    /// Conversations past `after`, ascending by key: those that have a message, or of these only those with a
    /// retention of their own.
    async fn aged(
        &mut self,
        after: ConversationKey,
        only_own: bool,
        rows_max: usize,
    ) -> Result<Vec<Aged>>;
}

#[async_trait]
pub trait UpkeepWrites {
    /// Raises how far messages have come, never lowers it. Returns what was not written, because somebody else is
    /// writing there: this never waits for a row, so it cannot stand in a circle of those who do.
    async fn raise_delivered(&mut self, deliveries: &[Delivery]) -> Result<Vec<Delivery>>;

    /// Clears what is old for the participant and says when to look again, unless the setting has changed meanwhile.
    /// Says whether anything was cleared.
    async fn destruct(&mut self, found: &Destructing, to: Destructed, now: Millis) -> Result<bool>;

    /// 0 as everywhere, -1 for ever.
    async fn set_retention(&mut self, conversations: &[ConversationKey], keep_s: i64)
    -> Result<()>;

    /// Removes the oldest rows of a log below `seq`, at most `rows_max`; returns how many. A row that must stand, as
    /// the newest of all on SQLite, stays.
    async fn remove_messages_below(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        rows_max: usize,
    ) -> Result<u64>;
}
