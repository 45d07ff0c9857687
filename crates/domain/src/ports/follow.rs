//! Reading what was committed by a durable cursor: rows of followers, and pages of the message log and the outbox that
//! never pass over what commits later. `domain/follow.rs` says what followers are.

use async_trait::async_trait;

use crate::error::Result;
use crate::event::Event;
use crate::follow::{Cursor, Fence, FollowerRow};
use crate::messages::LoggedMessage;
use crate::time::Millis;

/// What was committed past a cursor, and where to go on.
#[derive(Debug)]
pub struct LogPage {
    pub messages: Vec<LoggedMessage>,
    pub outbox: Vec<OutboxRow>,
    /// Behind everything in this page, and never behind something that may still appear.
    pub cursor: Cursor,
    /// What to ask the next page with. `Some` also says that something was drawn that is not decided yet: ask again
    /// soon.
    pub fence: Option<Fence>,
    /// The newest positions that were drawn.
    pub newest: Cursor,
}

#[derive(Debug)]
pub struct OutboxRow {
    pub position: i64,
    pub recorded_at: Millis,
    pub event: Event,
}

#[async_trait]
pub trait FollowReads {
    async fn follower(&mut self, name: &str) -> Result<Option<FollowerRow>>;

    /// All followers, by name.
    async fn followers(&mut self) -> Result<Vec<FollowerRow>>;

    /// The next rows past `after`, at most `rows_max` of each log, in the order of their positions. Nothing that
    /// commits later can stand before the cursor of the page. `fence` is what the page before returned, `None` for the
    /// first one.
    async fn log_page(
        &mut self,
        after: Cursor,
        fence: Option<Fence>,
        rows_max: usize,
    ) -> Result<LogPage>;
}

#[async_trait]
pub trait FollowWrites {
    /// Adds a follower that stands at `cursor`; says whether there was none of the name.
    async fn insert_follower(&mut self, name: &str, cursor: Cursor, now: Millis) -> Result<bool>;

    /// Removes the follower; says whether there was one.
    async fn delete_follower(&mut self, name: &str) -> Result<bool>;

    /// Takes the follower until `lease_until`, or keeps it: says no while somebody else has it at `now`.
    async fn claim_follower(
        &mut self,
        name: &str,
        holder: &str,
        now: Millis,
        lease_until: Millis,
    ) -> Result<bool>;

    /// Gives the follower back, if `holder` has it.
    async fn release_follower(&mut self, name: &str, holder: &str) -> Result<()>;

    /// Moves the cursor; says no, and changes nothing, if `holder` was followed by another one.
    async fn advance_follower(
        &mut self,
        name: &str,
        holder: &str,
        cursor: Cursor,
        now: Millis,
    ) -> Result<bool>;
}
