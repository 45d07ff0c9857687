//! The rules of Switchboard: who may do what, what changes, and what others learn of it. It knows no HTTP, SQL,
//! socket, file or environment variable; the outside is behind [`ports`]. Read `messages/send.rs` first: it is the
//! main job, and the other operations follow its shape. Then `gate.rs`, which holds every "may I".

pub mod accounts;
pub mod caller;
pub mod conversations;
pub mod error;
pub mod event;
pub mod event_form;
pub mod gate;
pub mod ids;
pub mod jobs;
pub mod limits;
pub mod messages;
pub mod ports;
mod relay;
pub mod sessions;
pub mod time;

mod facts;

use std::sync::Arc;

use error::Result;
use facts::Facts;
use ids::Ids;
use ports::{Publisher, Store, Tx};
use sessions::MultiLogin;
use time::{Clock, Millis};

/// The one object a surface holds: every operation of the product is a method of it, spread over the files of the
/// nouns. The caller comes first, one command or a few plain parameters second.
pub struct Domain {
    store: Arc<dyn Store>,
    publisher: Arc<dyn Publisher>,
    clock: Arc<dyn Clock>,
    ids: Ids,
    facts: Facts,
    settings: Settings,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub multi_login: MultiLogin,
    /// Expired sessions are kept this long, so that their tokens are answered "expired" and not "unknown".
    pub expired_sessions_kept_ms: Millis,
    /// Outbox rows are kept this long after they were published.
    pub outbox_kept_ms: Millis,
}

impl Default for Settings {
    fn default() -> Self {
        const HOUR: Millis = 60 * 60 * 1000;
        Self {
            multi_login: MultiLogin::OnePerPlatform,
            expired_sessions_kept_ms: 7 * 24 * HOUR,
            outbox_kept_ms: HOUR,
        }
    }
}

impl Domain {
    pub fn new(
        store: Arc<dyn Store>,
        publisher: Arc<dyn Publisher>,
        clock: Arc<dyn Clock>,
        ids: Ids,
        settings: Settings,
    ) -> Self {
        Self {
            store,
            publisher,
            clock,
            ids,
            facts: Facts::default(),
            settings,
        }
    }

    /// Milliseconds since the Unix epoch, by the clock that messages are stamped with.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Whether the store answers; for readiness and `doctor`.
    pub async fn check_store(&self) -> Result<()> {
        self.store.check().await
    }

    /// Finishes what was begun and closes the store.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// The only road to the publisher: commits, forgets the facts that the events changed, publishes.
    async fn commit(&self, tx: Box<dyn Tx>) -> Result<()> {
        let recorded = tx.commit().await?;
        for entry in &recorded {
            self.facts.forget(&entry.event);
        }
        self.publisher.publish(recorded);
        Ok(())
    }
}
