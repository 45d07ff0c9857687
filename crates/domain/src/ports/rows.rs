//! Row traits, noun by noun: reading first, writing second. Lists keep the order of what was asked for unless the
//! method says otherwise; what does not exist is left out.

use async_trait::async_trait;

use crate::accounts::{Account, AccountKind, Favourite};
use crate::conversations::{
    Conversation, ConversationEntry, ConversationKind, ConversationSettings, Reach, SeqState,
};
use crate::error::Result;
use crate::ids::{
    AccountKey, ConversationId, ConversationKey, GroupKey, MessageKey, SessionKey, UserId,
};
use crate::messages::{Append, Appended, FoundMessage, LoggedMessage, MessageFilter};
use crate::sessions::{Platform, Platforms, Session, TokenDigest};
use crate::sync::{Change, Changes, List, Version};
use crate::time::Millis;

/// Rows `offset..offset + rows` of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub offset: u64,
    pub rows: u32,
}

/// Which accounts to list; an empty text or list does not narrow.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// A part of the user id, compared without regard to ASCII case.
    pub user_id_part: String,
    /// A part of the nickname, likewise.
    pub nickname_part: String,
    pub kinds: Vec<AccountKind>,
}

#[async_trait]
pub trait AccountReads {
    async fn account(&mut self, id: &UserId) -> Result<Option<Account>>;
    async fn account_by_key(&mut self, key: AccountKey) -> Result<Option<Account>>;
    /// In no particular order.
    async fn accounts(&mut self, ids: &[UserId]) -> Result<Vec<Account>>;
    /// The number of matches and one page of them, oldest account first.
    async fn accounts_page(
        &mut self,
        filter: &AccountFilter,
        page: Page,
    ) -> Result<(u64, Vec<Account>)>;
    async fn favourite(
        &mut self,
        account: AccountKey,
        kind: i32,
        uuid: &str,
    ) -> Result<Option<Favourite>>;
    /// All favourites, or those of one kind; oldest first.
    async fn favourites(
        &mut self,
        account: AccountKey,
        kind: Option<i32>,
    ) -> Result<Vec<Favourite>>;
    async fn favourites_count(&mut self, account: AccountKey) -> Result<u64>;
}

#[async_trait]
pub trait AccountWrites {
    /// Inserts the account (its `key` is ignored) and returns its key, or `None` if the user id is taken.
    async fn insert_account(&mut self, account: &Account) -> Result<Option<AccountKey>>;
    /// Writes every member of `account` but its key, user id and time of creation.
    async fn update_account(&mut self, account: &Account) -> Result<()>;
    /// Inserts or replaces by (kind, uuid).
    async fn put_favourite(&mut self, account: AccountKey, favourite: &Favourite) -> Result<()>;
    /// Says whether there was one.
    async fn delete_favourite(
        &mut self,
        account: AccountKey,
        kind: i32,
        uuid: &str,
    ) -> Result<bool>;
}

#[derive(Clone, Debug)]
pub struct NewSession {
    pub account: AccountKey,
    pub platform: Platform,
    pub digest: TokenDigest,
    pub created_at: Millis,
    pub expires_at: Millis,
}

#[async_trait]
pub trait SessionReads {
    /// Every session of the account that has not expired at `now`, live or kicked, oldest first.
    async fn sessions(&mut self, account: AccountKey, now: Millis) -> Result<Vec<Session>>;
}

#[async_trait]
pub trait SessionWrites {
    async fn insert_session(&mut self, session: &NewSession) -> Result<SessionKey>;
    /// Marks the account's live sessions on these platforms as kicked, less `except`; returns how many.
    async fn kick_sessions(
        &mut self,
        account: AccountKey,
        platforms: Platforms,
        except: Option<SessionKey>,
    ) -> Result<u64>;
    /// Marks these sessions as kicked.
    async fn kick_sessions_by_key(&mut self, sessions: &[SessionKey]) -> Result<()>;
    /// Removes sessions that expired before `before`; returns how many.
    async fn delete_expired_sessions(&mut self, before: Millis, rows_max: usize) -> Result<u64>;
}

#[derive(Clone, Debug)]
pub struct NewConversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub between: Between,
}

#[derive(Clone, Copy, Debug)]
pub enum Between {
    /// The two sides, in any order; the store sorts them by key.
    Accounts(AccountKey, AccountKey),
    Group(GroupKey),
}

#[async_trait]
pub trait ConversationReads {
    async fn conversation(&mut self, id: &ConversationId) -> Result<Option<Conversation>>;
    async fn conversation_by_key(&mut self, key: ConversationKey) -> Result<Option<Conversation>>;

    /// What `account` can see of these conversations, chats and notices alike; those it has no part in are left
    /// out. One query, whatever their number.
    async fn reaches(&mut self, account: AccountKey, ids: &[ConversationId]) -> Result<Vec<Reach>>;

    /// Every chat of the account that has a message, and every notice log likewise (their `has_read_seq` is
    /// their `max_seq`). One query each, whatever their number. In no particular order.
    async fn seq_states(&mut self, account: AccountKey) -> Result<Vec<SeqState>>;

    /// The number of chats in the account's list and one page of them, in the order of their appearance there.
    async fn entries_page(
        &mut self,
        account: AccountKey,
        page: Page,
    ) -> Result<(u64, Vec<ConversationEntry>)>;
    async fn entries(
        &mut self,
        account: AccountKey,
        ids: &[ConversationId],
    ) -> Result<Vec<ConversationEntry>>;
    /// The ids of all chats in the account's list, in the order of their appearance there.
    async fn entry_ids(&mut self, account: AccountKey) -> Result<Vec<ConversationId>>;
}

#[async_trait]
pub trait ConversationWrites {
    /// Inserts the conversation, or finds the one that has its id already; says whether it was inserted. Inside a
    /// transaction the row is then locked against other writers.
    async fn ensure_conversation(&mut self, new: &NewConversation) -> Result<(Conversation, bool)>;
    /// Says where a chat's notices are logged.
    async fn link_notice(&mut self, chat: ConversationKey, notice: ConversationKey) -> Result<()>;

    /// Puts the chat into the account's list; says whether it was not there before.
    async fn ensure_participant(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        now: Millis,
    ) -> Result<bool>;
    async fn update_settings(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        settings: &ConversationSettings,
    ) -> Result<()>;
    /// Raises the conversation's policy version.
    async fn bump_policy(&mut self, conversation: ConversationKey) -> Result<()>;
    /// Raises how far the account has read, never lowers it; returns the new value.
    async fn raise_read_seq(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        seq: i64,
    ) -> Result<i64>;
    /// Raises the lower bound of what the account can see.
    async fn raise_participant_min_seq(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        seq: i64,
    ) -> Result<()>;
    /// Raises the lower bound of what anybody can see.
    async fn raise_min_seq(&mut self, conversation: ConversationKey, seq: i64) -> Result<()>;

    /// Puts a group's chat into the lists of those who have joined: what they may see begins at `min_seq` (0: at the
    /// beginning), everything up to `read_seq` counts as read, and there is no upper bound. For who was there before,
    /// the upper bound is lifted and the two others are raised, never lowered. Returns those whose list did not have
    /// the chat.
    async fn join_participants(
        &mut self,
        conversation: ConversationKey,
        accounts: &[AccountKey],
        min_seq: i64,
        read_seq: i64,
        now: Millis,
    ) -> Result<Vec<AccountKey>>;
    /// Bounds what those who left can see, from above; of all participants without a bound when `accounts` is `None`.
    async fn bound_participants(
        &mut self,
        conversation: ConversationKey,
        accounts: Option<&[AccountKey]>,
        max_seq: i64,
    ) -> Result<()>;
    /// Marks the chat for these participants as one in which somebody called them (see
    /// [`ConversationSettings::group_at`]); returns those for whom that is a change.
    async fn set_group_at(
        &mut self,
        conversation: ConversationKey,
        accounts: &[AccountKey],
        group_at: i32,
    ) -> Result<Vec<AccountKey>>;
}

/// Version logs; see [`crate::sync`].
#[async_trait]
pub trait VersionReads {
    /// What changed after `version`, at most `rows_max` entries. `None` when the list has no log yet.
    async fn changes(
        &mut self,
        list: List,
        version: u64,
        rows_max: usize,
    ) -> Result<Option<Changes>>;
    /// The list's newest version, if it has a log.
    async fn version(&mut self, list: List) -> Result<Option<Version>>;
}

#[async_trait]
pub trait VersionWrites {
    /// One step of each list's log, which is made if there is none: the version grows by one and every id takes it.
    /// Lists are stepped in one order whatever the order given, so that two transactions do not wait for each other.
    async fn log_change(&mut self, lists: &[List], ids: &[&str], change: Change) -> Result<()>;
}

/// An inclusive range of one conversation's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRange {
    pub conversation: ConversationKey,
    pub begin: i64,
    pub end: i64,
}

#[async_trait]
pub trait MessageReads {
    /// The messages of the ranges, by conversation in the order of the ranges and by ascending seq, `viewer`'s
    /// hidden ones marked, at most `rows_max`. One query, whatever the number of ranges.
    async fn messages_in(
        &mut self,
        viewer: AccountKey,
        ranges: &[LogRange],
        rows_max: usize,
    ) -> Result<Vec<LoggedMessage>>;
    /// The message log in order of arrival, past `after`.
    async fn messages_after(
        &mut self,
        after: MessageKey,
        rows_max: usize,
    ) -> Result<Vec<LoggedMessage>>;
    /// A message that the sender has put into this conversation under this client id.
    async fn message_by_client_id(
        &mut self,
        conversation: ConversationKey,
        sender: AccountKey,
        client_msg_id: &str,
    ) -> Result<Option<LoggedMessage>>;
    /// The number of matches and one page of them, newest first.
    async fn search_messages(
        &mut self,
        filter: &MessageFilter,
        page: Page,
    ) -> Result<(u64, Vec<FoundMessage>)>;
}

#[async_trait]
pub trait MessageWrites {
    /// As [`super::Store::append`], inside this transaction.
    async fn append_message(&mut self, append: &Append) -> Result<Appended>;
    /// Replaces what the message says; its place, sender and ids stay.
    async fn rewrite_message(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        content_type: i32,
        content: &[u8],
    ) -> Result<()>;
    /// Removes the content of these messages for everybody; the rows stay as deleted ones.
    async fn erase_messages(&mut self, conversation: ConversationKey, seqs: &[i64]) -> Result<()>;
    /// Removes the content of every message up to `until` for everybody.
    async fn erase_messages_until(
        &mut self,
        conversation: ConversationKey,
        until: i64,
    ) -> Result<()>;
    /// Hides these messages from one account.
    async fn hide_messages(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        seqs: &[i64],
    ) -> Result<()>;
}
