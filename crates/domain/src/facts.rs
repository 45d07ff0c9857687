//! What the gate decides on, kept in memory between requests: accounts, chats of two with what the two are to each
//! other, groups with their members, live sessions. A fact is loaded when it is first asked for and forgotten when
//! an event says that it changed. It may be stale for a moment on another node, which is why an append names the
//! policy versions that it was decided on.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;

use crate::Domain;
use crate::accounts::Account;
use crate::conversations::{Conversation, ConversationKind, Parties};
use crate::error::{Error, Kind, Result};
use crate::event::{Audience, Event, Happening};
use crate::groups::{Group, RosterEntry};
use crate::ids::{AccountKey, ConversationId, GroupId, UserId};
use crate::limits;
use crate::relations::Relation;
use crate::sessions::Session;

/// A chat, and what its two sides are to each other; `a` is the side with the smaller key.
pub(crate) struct Chat {
    pub conversation: Conversation,
    pub relation: Relation,
}

/// A group with its chat and everybody in it. The chat was read first, so that its policy version is never newer
/// than the rest.
pub(crate) struct Hall {
    pub chat: Conversation,
    pub group: Group,
    pub roster: Roster,
}

/// The members of a group, ascending by account.
pub(crate) struct Roster {
    entries: Vec<RosterEntry>,
    pub accounts: Arc<[AccountKey]>,
}

impl Roster {
    pub(crate) fn new(entries: Vec<RosterEntry>) -> Self {
        let accounts = entries.iter().map(|entry| entry.account).collect();
        Self { entries, accounts }
    }

    pub(crate) fn entry(&self, account: AccountKey) -> Option<&RosterEntry> {
        let at = self
            .entries
            .binary_search_by_key(&account, |entry| entry.account)
            .ok()?;
        self.entries.get(at)
    }

    pub(crate) fn managers(&self) -> impl Iterator<Item = AccountKey> {
        self.entries
            .iter()
            .filter(|entry| entry.role.manages())
            .map(|entry| entry.account)
    }
}

impl Hall {
    /// All members, and these others who are none.
    pub(crate) fn audience(&self, others: Arc<[AccountKey]>) -> Audience {
        Audience::Group {
            group: self.group.key,
            members: self.roster.accounts.clone(),
            others,
        }
    }
}

pub(crate) struct Facts {
    accounts: Shelf<UserId, Account>,
    chats: Shelf<ConversationId, Chat>,
    halls: Shelf<GroupId, Hall>,
    sessions: Shelf<AccountKey, Vec<Session>>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            accounts: Shelf::new(limits::CACHED_ACCOUNTS),
            chats: Shelf::new(limits::CACHED_CONVERSATIONS),
            halls: Shelf::new(limits::CACHED_MEMBERS),
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
            Event::Noticed { happening, .. } => self.forget_after(happening),
            Event::SessionsEnded { account, .. } => self.sessions.forget(account),
            Event::MessageAppended { .. }
            | Event::ConversationsCleared { .. }
            | Event::ReadPositionSet { .. }
            | Event::LetterWritten(_)
            | Event::FavouritesChanged { .. } => {}
        }
    }

    fn forget_after(&self, happening: &Happening) {
        match happening {
            Happening::FriendshipMade { from: a, to: b, .. }
            | Happening::FriendRemoved {
                owner: a,
                friend: b,
            }
            | Happening::Blocked {
                owner: a,
                blocked: b,
            }
            | Happening::Unblocked {
                owner: a,
                blocked: b,
            } => self.chats.forget(&ConversationId::direct(a, b)),
            Happening::GroupCreated { group, .. }
            | Happening::GroupChanged { group, .. }
            | Happening::MembersJoined { group, .. }
            | Happening::MembersLeft { group, .. }
            | Happening::OwnerChanged { group, .. }
            | Happening::MemberChanged { group, .. }
            | Happening::GroupDismissed { group, .. } => self.forget_group(group),
            Happening::FriendRequested { .. }
            | Happening::FriendRequestRejected { .. }
            | Happening::FriendsUpdated { .. }
            | Happening::ProfileChanged { .. }
            | Happening::ChatMadePrivate { .. }
            | Happening::JoinRequested { .. }
            | Happening::JoinAnswered { .. } => {}
        }
    }

    pub(crate) fn forget_sessions(&self, account: AccountKey) {
        self.sessions.forget(&account);
    }

    /// Drops what a refused append to a chat of two was decided on.
    pub(crate) fn forget_policies(&self, sender: &UserId, chat: &ConversationId) {
        self.accounts.forget(sender);
        self.chats.forget(chat);
    }

    /// Drops what a refused append to a group was decided on.
    pub(crate) fn forget_group_policies(&self, sender: &UserId, group: &GroupId) {
        self.accounts.forget(sender);
        self.forget_group(group);
    }

    fn forget_group(&self, group: &GroupId) {
        self.halls.forget(group);
        self.chats.forget(&ConversationId::group(group));
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
    /// takes part, how they receive, what they are to each other and the policy version may be relied on.
    pub(crate) async fn chat(&self, id: &ConversationId) -> Result<Option<Arc<Chat>>> {
        let load = async || {
            let mut view = self.store.view().await?;
            let Some(conversation) = view.conversation(id).await? else {
                return Ok(None);
            };
            let relation = match &conversation.parties {
                Parties::Pair { low, high } if conversation.kind == ConversationKind::Direct => {
                    view.relation(low.account, high.account).await?
                }
                Parties::Pair { .. } | Parties::Group { .. } => Relation::default(),
            };
            Ok(Some(Chat {
                conversation,
                relation,
            }))
        };
        self.facts.chats.get(id, load).await
    }

    /// The group of this id with its members, or `NotFound`.
    pub(crate) async fn hall(&self, id: &GroupId) -> Result<Arc<Hall>> {
        let load = async || {
            let mut view = self.store.view().await?;
            let Some(chat) = view.conversation(&ConversationId::group(id)).await? else {
                return Ok(None);
            };
            let Some(group) = view.group(id).await? else {
                return Ok(None);
            };
            let roster = Roster::new(view.roster(group.key).await?);
            Ok(Some(Hall {
                chat,
                group,
                roster,
            }))
        };
        self.facts
            .halls
            .get(id, load)
            .await?
            .ok_or(Error::NotFound(Kind::Group))
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

/// How much of a shelf's room a fact takes.
trait Fact {
    fn weight(&self) -> u64 {
        1
    }
}

impl Fact for Account {}
impl Fact for Chat {}
impl Fact for Vec<Session> {}
impl Fact for Hall {
    fn weight(&self) -> u64 {
        1 + self.roster.entries.len() as u64
    }
}

#[derive(Clone)]
struct Weigher;

impl<K, V: Fact> quick_cache::Weighter<K, Arc<V>> for Weigher {
    fn weight(&self, _: &K, fact: &Arc<V>) -> u64 {
        fact.weight()
    }
}

/// A bounded cache whose entries can be forgotten while they are being loaded: a load that began before something
/// was forgotten is answered, but not kept.
struct Shelf<K, V: Fact> {
    entries: Cache<K, Arc<V>, Weigher>,
    generation: AtomicU64,
}

impl<K: Hash + Eq + Clone, V: Fact> Shelf<K, V> {
    fn new(weight_max: usize) -> Self {
        Self {
            entries: Cache::with_weighter(weight_max / 8, weight_max as u64, Weigher),
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
