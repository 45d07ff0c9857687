//! What the gate decides on, kept in memory between requests: accounts, the two sides of a chat, live sessions. A
//! fact is loaded when it is first asked for and forgotten when an event says that it changed. It may be stale for
//! a moment on another node, which is why an append names the policy versions that it was decided on.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;

use crate::Domain;
use crate::accounts::Account;
use crate::conversations::Conversation;
use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::ids::{AccountKey, ConversationId, UserId};
use crate::limits;
use crate::sessions::Session;

pub(crate) struct Facts {
    accounts: Shelf<UserId, Account>,
    chats: Shelf<ConversationId, Conversation>,
    sessions: Shelf<AccountKey, Vec<Session>>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            accounts: Shelf::new(limits::CACHED_ACCOUNTS),
            chats: Shelf::new(limits::CACHED_CONVERSATIONS),
            sessions: Shelf::new(limits::CACHED_ACCOUNTS),
        }
    }
}

impl Facts {
    /// Drops what the event made untrue.
    pub(crate) fn forget(&self, event: &Event) {
        match event {
            Event::AccountUpdated { user_id, .. } => self.accounts.forget(user_id),
            Event::ConversationsChanged { conversations, .. } => {
                for id in conversations {
                    self.chats.forget(id);
                }
            }
            Event::SessionsEnded { account, .. } => self.sessions.forget(account),
            Event::MessageAppended { .. }
            | Event::ConversationsCleared { .. }
            | Event::ReadPositionSet { .. }
            | Event::FavouritesChanged { .. } => {}
        }
    }

    pub(crate) fn forget_sessions(&self, account: AccountKey) {
        self.sessions.forget(&account);
    }

    /// Drops what a refused append was decided on.
    pub(crate) fn forget_policies(&self, sender: &UserId, chat: &ConversationId) {
        self.accounts.forget(sender);
        self.chats.forget(chat);
    }
}

impl Domain {
    /// The account of this id, or `NotFound`.
    pub(crate) async fn account(&self, id: &UserId) -> Result<Arc<Account>> {
        let load = async || self.store.view().await?.account(id).await;
        self.facts
            .accounts
            .get(id, load)
            .await?
            .ok_or(Error::NotFound(Kind::Account))
    }

    /// The chat of this id, if it exists. Its sequence numbers are those of the moment it was loaded: only who
    /// takes part, how they receive and the policy version may be relied on.
    pub(crate) async fn chat(&self, id: &ConversationId) -> Result<Option<Arc<Conversation>>> {
        let load = async || self.store.view().await?.conversation(id).await;
        self.facts.chats.get(id, load).await
    }

    /// The account's sessions that had not expired when they were loaded.
    pub(crate) async fn sessions_of(&self, account: AccountKey) -> Result<Arc<Vec<Session>>> {
        let load = async || {
            let mut view = self.store.view().await?;
            view.sessions(
                account,
                self.clock.now() - self.settings.expired_sessions_kept_ms,
            )
            .await
            .map(Some)
        };
        Ok(self
            .facts
            .sessions
            .get(&account, load)
            .await?
            .unwrap_or_default())
    }
}

/// A bounded cache whose entries can be forgotten while they are being loaded: a load that began before something
/// was forgotten is answered, but not kept.
struct Shelf<K, V> {
    entries: Cache<K, Arc<V>>,
    generation: AtomicU64,
}

impl<K: Hash + Eq + Clone, V> Shelf<K, V> {
    fn new(entries_max: usize) -> Self {
        Self {
            entries: Cache::new(entries_max),
            generation: AtomicU64::new(0),
        }
    }

    async fn get<F>(&self, key: &K, load: impl FnOnce() -> F) -> Result<Option<Arc<V>>>
    where
        F: Future<Output = Result<Option<V>>>,
    {
        if let Some(value) = self.entries.get(key) {
            return Ok(Some(value));
        }
        let generation = self.generation.load(Ordering::Acquire);
        let Some(value) = load().await?.map(Arc::new) else {
            return Ok(None);
        };
        self.entries.insert(key.clone(), value.clone());
        // Forgetting raises the generation first and removes second, so one of the two sees the other.
        if self.generation.load(Ordering::Acquire) != generation {
            self.entries.remove(key);
        }
        Ok(Some(value))
    }

    fn forget(&self, key: &K) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.entries.remove(key);
    }
}
