//! Followers: push, webhooks, the search index. Each reads what was committed, the message log and the outbox, by a
//! durable cursor of its own, so that sending does not pay for it and a crash loses nothing. One node at a time
//! carries a follower out, by a lease. Handling is at least once: after a crash, a lost lease or an error the same
//! batch comes again, so whatever a follower does it must be able to do twice. `realtime::FollowerDriver` drives them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::Domain;
use crate::error::Result;
use crate::event::{Position, Recorded, Signal};
use crate::ports::Publisher;
use crate::time::Millis;

/// A place in both logs: everything up to it was handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The message log.
    pub message: i64,
    /// The outbox; [`Cursor::NO_OUTBOX`] for a follower that does not read it.
    pub outbox: i64,
}

impl Cursor {
    pub const NO_OUTBOX: i64 = i64::MAX;

    /// How many positions `newest` is ahead. Not every position is taken, so there may be fewer rows.
    pub fn distance(self, newest: Self) -> i64 {
        (newest.message - self.message).max(0) + newest.outbox.saturating_sub(self.outbox).max(0)
    }
}

/// Positions that were drawn by a moment, and the newest transaction of that moment: when all older ones have ended,
/// everything up to the positions is decided. Only a store with more than one writer needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    pub drawn: Cursor,
    pub transaction: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowerRow {
    pub name: String,
    pub cursor: Cursor,
    /// Who carries it out, "" for nobody.
    pub holder: String,
    pub lease_until: Millis,
    /// When the cursor was moved, or made.
    pub moved_at: Millis,
}

/// Where a follower that is new begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what is committed from now on.
    Newest,
    /// With the oldest message, and the oldest event that the outbox still has.
    Beginning,
}

/// What was committed past a follower's cursor.
#[derive(Debug)]
pub struct FollowBatch {
    /// Messages in order of arrival, then events of the outbox in theirs. Between the two logs there is no order.
    pub events: Vec<Recorded>,
    /// Where the follower stands once it has handled them.
    pub cursor: Cursor,
    /// Whether it stands elsewhere than before; there may be positions without events.
    pub is_moved: bool,
    /// When the first of the events happened.
    pub oldest_at: Option<Millis>,
    /// Whether to ask again at once: there is more, or something is about to appear.
    pub is_more: bool,
    pub newest: Cursor,
}

/// What one step of a follower came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    pub events: usize,
    /// Positions that are still ahead.
    pub behind: i64,
    /// When the first event of the step happened.
    pub oldest_at: Option<Millis>,
    /// Whether to take the next step at once.
    pub is_more: bool,
    /// The lease was lost: somebody else has taken the follower over.
    pub is_lost: bool,
}

#[async_trait]
pub trait Follower: Send + Sync {
    /// Names the cursor and the lease; stored.
    fn name(&self) -> &'static str;

    /// Where it begins when it is new.
    fn start(&self) -> Start {
        Start::Newest
    }

    /// Whether it is shown the outbox, or messages only.
    fn reads_outbox(&self) -> bool {
        true
    }

    /// Events of each log in one batch.
    fn batch_max(&self) -> usize {
        500
    }

    /// The shortest time from one step to the next, so that under load many events share a step.
    fn pace(&self) -> Duration {
        Duration::from_millis(20)
    }

    /// Handles a batch, at least once: an error means that the very same events come again, after a pause. What a
    /// follower cannot handle and never will it must swallow, or it stands still for ever.
    async fn handle(&self, domain: &Domain, batch: &[Recorded]) -> Result<()>;

    /// One step: reads the next batch, handles it, moves the cursor. A follower that writes what it makes into the
    /// store does all of it in one transaction instead.
    async fn step(&self, domain: &Domain, holder: &str) -> Result<Step> {
        let batch = domain.follow_batch(self.name(), self.batch_max()).await?;
        if !batch.events.is_empty() {
            self.handle(domain, &batch.events).await?;
        }
        let is_lost = batch.is_moved
            && !domain
                .advance_follower(self.name(), holder, batch.cursor)
                .await?;
        Ok(Step {
            events: batch.events.len(),
            behind: batch.cursor.distance(batch.newest),
            oldest_at: batch.oldest_at,
            is_more: batch.is_more,
            is_lost,
        })
    }
}

impl Domain {
    /// Makes the follower's cursor if there is none; says whether it was made.
    pub async fn register_follower(&self, follower: &dyn Follower) -> Result<bool> {
        let name = follower.name();
        if self.store.view().await?.follower(name).await?.is_some() {
            return Ok(false);
        }
        let mut cursor = match follower.start() {
            Start::Beginning => Cursor::default(),
            Start::Newest => {
                let (message, outbox) = self.newest_positions().await?;
                Cursor { message, outbox }
            }
        };
        if !follower.reads_outbox() {
            cursor.outbox = Cursor::NO_OUTBOX;
        }
        let mut tx = self.store.begin().await?;
        let is_new = tx.insert_follower(name, cursor, self.clock.now()).await?;
        tx.commit().await?;
        Ok(is_new)
    }

    /// Forgets a follower that is no longer wanted, so that the outbox is not kept for it.
    pub async fn remove_follower(&self, name: &str) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let was_there = tx.delete_follower(name).await?;
        tx.commit().await?;
        self.following.fences.lock().remove(name);
        Ok(was_there)
    }

    /// All followers, for people to look at.
    pub async fn followers(&self) -> Result<Vec<FollowerRow>> {
        self.store.view().await?.followers().await
    }

    /// Takes the follower for `lease_ms`, or keeps it; says no while another holder's lease stands.
    pub async fn claim_follower(&self, name: &str, holder: &str, lease_ms: Millis) -> Result<bool> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let is_ours = tx.claim_follower(name, holder, now, now + lease_ms).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    pub async fn release_follower(&self, name: &str, holder: &str) -> Result<()> {
        let mut tx = self.store.begin().await?;
        tx.release_follower(name, holder).await?;
        tx.commit().await.map(drop)
    }

    /// The next committed events past the follower's cursor, at most `rows_max` of each log; empty if there is no such
    /// follower. Nothing that commits later can stand before the returned cursor.
    pub async fn follow_batch(&self, name: &str, rows_max: usize) -> Result<FollowBatch> {
        let mut view = self.store.view().await?;
        let after = view.follower(name).await?.map_or(
            Cursor {
                message: i64::MAX,
                outbox: Cursor::NO_OUTBOX,
            },
            |row| row.cursor,
        );
        let fence = self.fence(name);
        let page = view.log_page(after, fence, rows_max).await?;
        self.keep_fence(name, page.fence);
        let is_full = page.messages.len() >= rows_max || page.outbox.len() >= rows_max;
        let first_message = page.messages.first().map(|logged| logged.send_time);
        let first_outbox = page.outbox.first().map(|row| row.recorded_at);
        drop(view);
        let mut events = self.as_events(page.messages).await?;
        for mut row in page.outbox {
            self.fill_in(&mut row.event).await?;
            events.push(Recorded {
                position: Position::Outbox(row.position),
                event: row.event,
            });
        }
        Ok(FollowBatch {
            events,
            cursor: page.cursor,
            is_moved: page.cursor != after,
            oldest_at: first_message.into_iter().chain(first_outbox).min(),
            is_more: is_full || page.fence.is_some() || page.cursor.distance(page.newest) > 0,
            newest: page.newest,
        })
    }

    /// Moves the follower's cursor; says no if `holder` has lost it to another one.
    pub async fn advance_follower(&self, name: &str, holder: &str, cursor: Cursor) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let is_ours = tx
            .advance_follower(name, holder, cursor, self.clock.now())
            .await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    /// Completes when something is committed in this process. Make it, call `enable` on it, look for work, then wait:
    /// so nothing that was committed in between is slept through.
    pub fn committed(&self) -> Notified<'_> {
        self.following.committed.notified()
    }

    pub(crate) fn fence(&self, name: &str) -> Option<Fence> {
        self.following.fences.lock().get(name).copied()
    }

    pub(crate) fn keep_fence(&self, name: &str, fence: Option<Fence>) {
        let mut fences = self.following.fences.lock();
        match fence {
            Some(fence) => drop(fences.insert(name.to_owned(), fence)),
            None => drop(fences.remove(name)),
        }
    }
}

/// What the domain keeps for followers of this process.
#[derive(Default)]
pub(crate) struct Following {
    committed: Arc<Notify>,
    /// Where each follower waits for transactions that began earlier. Lost in a restart, which only means that the
    /// wait begins again.
    fences: Mutex<HashMap<String, Fence>>,
}

impl Following {
    /// Wakes followers whenever something is published. That costs sending one atomic read while they are busy.
    pub(crate) fn listen(&self, publisher: Arc<dyn Publisher>) -> Arc<dyn Publisher> {
        Arc::new(Waking {
            publisher,
            committed: self.committed.clone(),
        })
    }
}

struct Waking {
    publisher: Arc<dyn Publisher>,
    committed: Arc<Notify>,
}

impl Publisher for Waking {
    fn publish(&self, recorded: Vec<Recorded>) {
        if recorded.is_empty() {
            return;
        }
        self.publisher.publish(recorded);
        self.committed.notify_waiters();
    }

    fn signal(&self, signal: Signal) {
        self.publisher.signal(signal);
    }
}
