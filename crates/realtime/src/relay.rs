//! What a crash left between commit and publication is published again at the next start: everything in the message
//! log and the outbox past the cursor of this node. While the node runs the cursor follows the log at a distance, so
//! that what is on its way at the moment of a crash lies past it.

use std::sync::Arc;
use std::time::Duration;

use domain::Domain;
use domain::error::Result;
use domain::event::Position;
use domain::ids::MessageKey;
use domain::ports::Publisher;
use tokio_util::sync::CancellationToken;

const PAGE_ROWS: usize = 500;

/// How often the cursor is moved, and so how much is published again after a crash.
const CURSOR_EVERY: Duration = Duration::from_secs(5);

pub struct Relay {
    domain: Arc<Domain>,
    publisher: Arc<dyn Publisher>,
    /// Names this node's cursor.
    name: String,
}

/// What was published again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub messages: usize,
    pub events: usize,
}

impl Relay {
    pub fn new(
        domain: Arc<Domain>,
        publisher: Arc<dyn Publisher>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            domain,
            publisher,
            name: name.into(),
        }
    }

    /// Catches up, however long the store takes to answer, and follows until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.catch_up().await {
                Ok(Backlog {
                    messages: 0,
                    events: 0,
                }) => break,
                Ok(Backlog { messages, events }) => {
                    tracing::info!(messages, events, "published again what a crash had left");
                    break;
                }
                Err(error) => tracing::warn!(%error, "the relay could not catch up"),
            }
            stop.run_until_cancelled(tokio::time::sleep(CURSOR_EVERY))
                .await;
        }
        self.follow(stop).await;
    }

    /// Publishes what lies past the cursor. A node that has none begins at the end of the log.
    pub async fn catch_up(&self) -> Result<Backlog> {
        let newest = self.domain.newest_positions().await?;
        let Some((mut message, mut outbox)) = self.domain.relay_cursor(&self.name).await? else {
            self.move_cursor(newest).await?;
            return Ok(Backlog::default());
        };
        let mut backlog = Backlog::default();
        loop {
            let page = self
                .domain
                .messages_to_relay(MessageKey(message), PAGE_ROWS)
                .await?;
            let Some(Position::Message(last)) = page.last().map(|recorded| recorded.position)
            else {
                break;
            };
            message = last.0;
            backlog.messages += page.len();
            self.publisher.publish(page);
        }
        loop {
            let page = self.domain.outbox_to_relay(outbox, PAGE_ROWS).await?;
            let Some(Position::Outbox(last)) = page.last().map(|recorded| recorded.position) else {
                break;
            };
            outbox = last;
            backlog.events += page.len();
            self.publisher.publish(page);
        }
        self.move_cursor((message.max(newest.0), outbox.max(newest.1)))
            .await?;
        Ok(backlog)
    }

    /// Moves the cursor until `stop`, each time to where the log stood a period ago: by then everything up to there
    /// was published, also what was committed out of the order of its position.
    pub async fn follow(&self, stop: CancellationToken) {
        let mut settled = None;
        while stop
            .run_until_cancelled(tokio::time::sleep(CURSOR_EVERY))
            .await
            .is_some()
        {
            match self.step(settled).await {
                Ok(newest) => settled = Some(newest),
                Err(error) => tracing::warn!(%error, "the relay cursor could not be moved"),
            }
        }
    }

    /// For an orderly end, when nothing is on its way any more.
    pub async fn finish(&self) -> Result<()> {
        self.move_cursor(self.domain.newest_positions().await?)
            .await
    }

    async fn step(&self, settled: Option<(i64, i64)>) -> Result<(i64, i64)> {
        let newest = self.domain.newest_positions().await?;
        if let Some(settled) = settled
            && self.domain.relay_cursor(&self.name).await? != Some(settled)
        {
            self.move_cursor(settled).await?;
        }
        Ok(newest)
    }

    async fn move_cursor(&self, (message, outbox): (i64, i64)) -> Result<()> {
        self.domain
            .set_relay_cursor(&self.name, message, outbox)
            .await
    }
}
