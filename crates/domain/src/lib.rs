//! The rules of Switchboard: who may do what, what changes, and what others learn of it. It knows no HTTP, SQL,
//! socket, file or environment variable; the outside is behind [`ports`]. Read `messages/send.rs` first: it is the
//! main job, and the other operations follow its shape. Then `gate.rs`, which holds every "may I".

pub mod accounts;
pub mod caller;
pub mod client_config;
pub mod client_logs;
pub mod conversations;
pub mod error;
pub mod event;
pub mod event_form;
pub mod files;
pub mod follow;
pub mod gate;
pub mod groups;
pub mod hooks;
pub mod ids;
pub mod import;
pub mod jobs;
pub mod limits;
pub mod messages;
pub mod ports;
pub mod push;
pub mod reactions;
pub mod relations;
mod relay;
pub mod search;
pub mod sessions;
pub mod statistics;
pub mod sync;
pub mod time;

mod facts;

use std::sync::Arc;

use error::Result;
use facts::Facts;
use follow::Following;
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
    /// The object store, once there is one.
    files: Option<files::Files>,
    following: Following,
    hooked: hooks::Hooked,
    /// Wakes the worker of reactions.
    reacting: tokio::sync::Notify,
    pushing: push::Pushing,
    deliveries: messages::deliveries::Deliveries,
    settings: Settings,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub multi_login: MultiLogin,
    pub files: files::Settings,
    pub push: push::Settings,
    pub messages: messages::Settings,
    /// Only people who are in the recipient's list of friends may write to them.
    pub friends_only: bool,
    /// New members of a group see what was said before they came.
    pub history_for_new_members: bool,
    /// Expired sessions are kept this long, so that their tokens are answered "expired" and not "unknown".
    pub expired_sessions_kept_ms: Millis,
    /// Outbox rows are kept this long after they were published.
    pub outbox_kept_ms: Millis,
    /// Rows that a follower has not seen are kept longer, but not longer than this.
    pub outbox_unseen_kept_ms: Millis,
}

impl Default for Settings {
    fn default() -> Self {
        const HOUR: Millis = 60 * 60 * 1000;
        Self {
            multi_login: MultiLogin::OnePerPlatform,
            files: files::Settings::default(),
            push: push::Settings::default(),
            messages: messages::Settings::default(),
            friends_only: false,
            history_for_new_members: true,
            expired_sessions_kept_ms: 7 * 24 * HOUR,
            outbox_kept_ms: HOUR,
            outbox_unseen_kept_ms: 7 * 24 * HOUR,
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
        let following = Following::default();
        Self {
            store,
            publisher: following.listen(publisher),
            clock,
            ids,
            facts: Facts::default(),
            files: None,
            following,
            hooked: hooks::Hooked::default(),
            reacting: tokio::sync::Notify::new(),
            pushing: push::Pushing::default(),
            deliveries: messages::deliveries::Deliveries::default(),
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
