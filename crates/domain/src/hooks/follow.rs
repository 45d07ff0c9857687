//! Carries letters out. It follows both logs: messages become letters here, so that sending writes nothing for them;
//! other letters stand in the outbox. While the other server is away the cursor waits, and what was sent meanwhile
//! waits in the log. A single letter that fails becomes a job (`work.rs`), so that it does not hold up the rest.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;

use super::{Hook, Letter, Report};
use crate::conversations::ConversationKind;
use crate::error::{Error, Result};
use crate::event::{Event, Position, Recorded};
use crate::follow::Follower;
use crate::ports::{Delivered, Hooks};
use crate::time::Millis;
use crate::{Domain, limits};

/// After so many failures in a row it is the server that is ill, not the letter.
const FAILURES_MAX: u32 = 10;

/// How often a letter is tried that gets no answer in time, before it becomes a job.
const TIMEOUTS_MAX: u32 = 2;

pub struct HookFollower {
    /// Older letters are not delivered any more.
    keep_ms: Millis,
    /// What of the batch under way was done: a batch that failed comes again as a whole.
    done: Mutex<HashSet<Place>>,
    failures_in_row: AtomicU32,
}

/// A position that can be looked up.
type Place = (bool, i64);

/// Letters in their order.
type Lane = Vec<(Place, Letter)>;

impl HookFollower {
    pub const NAME: &'static str = "webhooks";

    pub fn new(keep_ms: Millis) -> Self {
        Self {
            keep_ms,
            done: Mutex::default(),
            failures_in_row: AtomicU32::new(0),
        }
    }

    /// What is still to be delivered of a batch.
    fn lanes(&self, domain: &Domain, batch: &[Recorded]) -> Vec<Lane> {
        let oldest = domain.now() - self.keep_ms;
        let done = self.done.lock();
        let mut lanes: BTreeMap<String, Lane> = BTreeMap::new();
        let mut skipped = 0_u64;
        for entry in batch {
            let place = place(entry.position);
            if done.contains(&place) {
                continue;
            }
            match letter(domain, entry) {
                Some(letter) if letter.at < oldest => skipped += 1,
                Some(letter) => {
                    let lane = lanes.entry(letter.lane.clone()).or_default();
                    lane.push((place, letter));
                }
                None => {}
            }
        }
        if skipped > 0 {
            metrics::counter!("switchboard_webhook_letters_skipped_total").increment(skipped);
            tracing::warn!(
                skipped,
                keep_hours = self.keep_ms / 3_600_000,
                "the application's server was away for too long: old after-hooks are not delivered"
            );
        }
        lanes.into_values().collect()
    }

    async fn deliver_lane(
        &self,
        domain: &Domain,
        port: &dyn Hooks,
        lane: Lane,
        is_away: &AtomicBool,
    ) -> Result<()> {
        for (place, letter) in lane {
            if is_away.load(Ordering::Relaxed) {
                return Ok(());
            }
            match self.deliver(domain, port, &letter).await {
                Fate::Delivered => {}
                Fate::Postponed(error) => domain.postpone_letter(&letter, &error).await?,
                Fate::Away(error) => {
                    tracing::debug!(error, "the application's server is away");
                    is_away.store(true, Ordering::Relaxed);
                    return Ok(());
                }
            }
            self.done.lock().insert(place);
        }
        Ok(())
    }

    async fn deliver(&self, domain: &Domain, port: &dyn Hooks, letter: &Letter) -> Fate {
        let mut attempt = 1;
        loop {
            let error = match domain.post_letter(port, letter, attempt).await {
                Delivered::Done => {
                    self.failures_in_row.store(0, Ordering::Relaxed);
                    return Fate::Delivered;
                }
                Delivered::Unreachable(error) => return Fate::Away(error),
                Delivered::TimedOut(_) if attempt < TIMEOUTS_MAX => {
                    attempt += 1;
                    continue;
                }
                Delivered::AnsweredWrongly(error) | Delivered::TimedOut(error) => error,
            };
            let before = self.failures_in_row.fetch_add(1, Ordering::Relaxed);
            return if before < FAILURES_MAX {
                Fate::Postponed(error)
            } else {
                Fate::Away(error)
            };
        }
    }
}

enum Fate {
    Delivered,
    Postponed(String),
    Away(String),
}

#[async_trait]
impl Follower for HookFollower {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn handle(&self, domain: &Domain, batch: &[Recorded]) -> Result<()> {
        let Some(port) = &domain.hooked.port else {
            return Ok(());
        };
        let is_away = AtomicBool::new(false);
        let lanes = self.lanes(domain, batch);
        stream::iter(lanes)
            .map(|lane| self.deliver_lane(domain, &**port, lane, &is_away))
            .buffer_unordered(limits::HOOK_LETTERS_AT_ONCE)
            .try_collect::<()>()
            .await?;
        if is_away.into_inner() {
            return Err(Error::unavailable(
                "webhooks",
                "the application's server does not take after-hooks",
            ));
        }
        self.done.lock().clear();
        Ok(())
    }
}

fn place(position: Position) -> Place {
    match position {
        Position::Message(key) => (true, key.0),
        Position::Outbox(position) => (false, position),
    }
}

fn letter(domain: &Domain, entry: &Recorded) -> Option<Letter> {
    match &entry.event {
        Event::LetterWritten(letter) => Some(Letter::clone(letter)),
        Event::MessageAppended { message, .. } => {
            let hook = match message.route.kind {
                ConversationKind::Direct => Hook::AfterSendSingleMsg,
                ConversationKind::Group => Hook::AfterSendGroupMsg,
                // Recalls, deletions and receipts have hooks of their own or none.
                ConversationKind::Notification | ConversationKind::Notice => return None,
            };
            // Made from the row, so it is the same however often this is done.
            let id = format!("message-{}", message.key.0);
            let mut letter = domain.letter(hook, &Report::MessageSent(message), Some(id))?;
            letter.at = message.send_time;
            Some(letter)
        }
        Event::ConversationsChanged { .. }
        | Event::ConversationsCleared { .. }
        | Event::ReadPositionSet { .. }
        | Event::AccountUpdated { .. }
        | Event::FavouritesChanged { .. }
        | Event::Noticed { .. }
        | Event::SessionsEnded { .. } => None,
    }
}
