//! The follower that keeps the search index: it takes the text out of every message as the log grows, and again when a
//! message was recalled, edited or erased, always from the row as it stands. Its position is written with the entries,
//! in one transaction, so after a crash nothing is missing and nothing is there twice.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;

use super::text::searchable_text;
use super::tokens::tokens;
use crate::Domain;
use crate::error::Result;
use crate::event::Recorded;
use crate::follow::{Cursor, Follower, Start, Step};
use crate::ids::MessageKey;
use crate::messages::{LoggedMessage, Status};
use crate::ports::{IndexBatch, IndexEntry};

/// Messages in one transaction. Sending goes on beside it, but a search that comes in between waits for the processor.
const MESSAGES_MAX: usize = 2_000;
const CHANGES_MAX: usize = 500;

/// Index updates come in batches: one of a thousand messages costs a tenth of a thousand.
const PACE: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub struct SearchIndexer;

impl SearchIndexer {
    pub const NAME: &'static str = "search";
}

#[async_trait]
impl Follower for SearchIndexer {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    /// What was written before search was switched on is found, too.
    fn start(&self) -> Start {
        Start::Beginning
    }

    fn reads_outbox(&self) -> bool {
        false
    }

    fn batch_max(&self) -> usize {
        MESSAGES_MAX
    }

    fn pace(&self) -> Duration {
        PACE
    }

    /// Never called: [`Self::step`] does all of it.
    async fn handle(&self, _: &Domain, _: &[Recorded]) -> Result<()> {
        Ok(())
    }

    async fn step(&self, domain: &Domain, holder: &str) -> Result<Step> {
        domain.index_next(holder).await
    }
}

impl Domain {
    /// Makes the index ready to be followed, or gives up what there is of it.
    pub async fn prepare_search(&self, is_enabled: bool) -> Result<()> {
        let index = self.store.search_index();
        if !is_enabled {
            self.remove_follower(SearchIndexer::NAME).await?;
            return index.reset().await;
        }
        if self
            .store
            .view()
            .await?
            .follower(SearchIndexer::NAME)
            .await?
            .is_none()
        {
            // Whatever is left over was not told of changes.
            index.reset().await?;
        }
        self.register_follower(&SearchIndexer).await.map(drop)
    }

    async fn index_next(&self, holder: &str) -> Result<Step> {
        let index = self.store.search_index();
        let after = index.position().await?;
        let mut view = self.store.view().await?;
        let page = view
            .log_page(
                Cursor {
                    message: after,
                    outbox: Cursor::NO_OUTBOX,
                },
                self.fence(SearchIndexer::NAME),
                MESSAGES_MAX,
            )
            .await?;
        self.keep_fence(SearchIndexer::NAME, page.fence);
        // Read after the page: what has changed since the page was read is then read again.
        let changes = view.message_changes(CHANGES_MAX).await?;
        let changed: HashSet<MessageKey> = changes.iter().map(|(_, message)| *message).collect();
        let removed: Vec<MessageKey> = changed.iter().copied().collect();
        let rewritten = view.messages_by_key(&removed).await?;
        drop(view);

        let is_moved = page.cursor.message != after;
        let oldest_at = page.messages.first().map(|logged| logged.send_time);
        let (read, changes_read) = (page.messages.len(), changes.len());
        let mut is_lost = false;
        if is_moved || !changes.is_empty() {
            let mut entries = Vec::with_capacity(read + rewritten.len());
            let unchanged = page
                .messages
                .iter()
                .filter(|logged| !changed.contains(&logged.key));
            for (n, logged) in unchanged.chain(&rewritten).enumerate() {
                entries.extend(entry(logged));
                if n % 128 == 127 {
                    // Whoever shares this thread is not kept waiting.
                    tokio::task::yield_now().await;
                }
            }
            let batch = IndexBatch {
                entries,
                removed,
                position: page.cursor.message,
            };
            is_lost = !index.write(holder, batch).await?;
        }
        if !is_lost && (is_moved || !changes.is_empty()) {
            let keys: Vec<i64> = changes.iter().map(|(key, _)| *key).collect();
            let mut tx = self.store.begin().await?;
            tx.forget_message_changes(&keys).await?;
            is_lost = !tx
                .advance_follower(SearchIndexer::NAME, holder, page.cursor, self.clock.now())
                .await?;
            tx.commit().await?;
        }
        Ok(Step {
            events: read + changes_read,
            behind: page.cursor.distance(page.newest),
            oldest_at,
            is_more: page.cursor.distance(page.newest) > 0
                || read == MESSAGES_MAX
                || changes_read == CHANGES_MAX
                || page.fence.is_some(),
            is_lost,
        })
    }
}

/// `None` for a message that says nothing.
fn entry(logged: &LoggedMessage) -> Option<IndexEntry> {
    if logged.status != Status::Sent {
        return None;
    }
    let text = searchable_text(logged.post.content_type, &logged.post.content);
    let tokens = tokens(&text);
    (!tokens.is_empty()).then_some(IndexEntry {
        key: logged.key,
        conversation: logged.conversation,
        seq: logged.seq,
        sender: logged.sender,
        content_type: logged.post.content_type,
        tokens,
    })
}
