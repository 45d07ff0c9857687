//! Taking over what another system has kept: rows in bulk, with the times, ids and sequence numbers that they had there,
//! and the record of how far an import has come. Nothing here is published; only [`crate::import`] uses it.

use async_trait::async_trait;

use crate::accounts::Account;
use crate::conversations::{ConversationKind, ConversationSettings};
use crate::error::Result;
use crate::groups::{Group, JoinSource};
use crate::ids::{AccountKey, ConversationId, ConversationKey, GroupKey};
use crate::messages::{Post, Status};
use crate::ports::{NewBlock, NewFriend, NewMember};
use crate::relations::Verdict;
use crate::sync::List;
use crate::time::Millis;

/// The largest keys that the store had when an import began: what is above is the import's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportMark {
    pub conversation: ConversationKey,
    pub group: GroupKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRun {
    pub mark: ImportMark,
    pub started_at: Millis,
    /// `None` while it is under way.
    pub finished_at: Option<Millis>,
}

/// How far a step of an import has come. The tally is a text of [`crate::import::Tally`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportStep {
    pub name: String,
    pub documents: u64,
    pub is_finished: bool,
    pub tally: String,
}

#[derive(Clone, Debug)]
pub struct ImportedFriend {
    pub row: NewFriend,
    pub remark: String,
    pub ex: String,
    pub is_pinned: bool,
}

#[derive(Clone, Debug)]
pub struct ImportedFriendRequest {
    pub from: AccountKey,
    pub to: AccountKey,
    pub verdict: Verdict,
    pub message: String,
    pub ex: String,
    pub created_at: Millis,
    pub handler: String,
    pub handle_message: String,
    pub handled_at: Millis,
}

#[derive(Clone, Debug)]
pub struct ImportedMember {
    pub group: GroupKey,
    pub row: NewMember,
}

#[derive(Clone, Debug)]
pub struct ImportedApplication {
    pub group: GroupKey,
    pub account: AccountKey,
    pub verdict: Verdict,
    pub message: String,
    pub ex: String,
    pub created_at: Millis,
    pub source: JoinSource,
    pub inviter: String,
    pub handler: String,
    pub handle_message: String,
    pub handled_at: Millis,
}

#[derive(Clone, Debug)]
pub struct ImportedParticipant {
    pub account: AccountKey,
    pub conversation: ConversationKey,
    pub settings: ConversationSettings,
    pub min_seq: i64,
    pub max_seq: i64,
    pub created_at: Millis,
}

/// What a participant's device has seen of a conversation, and what bounds it.
#[derive(Clone, Copy, Debug)]
pub struct ImportedReach {
    pub account: AccountKey,
    pub conversation: ConversationKey,
    pub min_seq: i64,
    pub max_seq: i64,
    pub read_seq: i64,
}

/// A conversation's row as an import sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedConversation {
    pub key: ConversationKey,
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// The two sides by key, or 0 and 0 for those of groups.
    pub low: AccountKey,
    pub high: AccountKey,
    /// Somebody to whom missing messages can be put down.
    pub someone: AccountKey,
    pub max_seq: i64,
    pub min_seq: i64,
    pub last_time: Millis,
}

/// How far a conversation's log reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportedHead {
    pub conversation: ConversationKey,
    pub max_seq: i64,
    pub min_seq: i64,
    pub last_time: Millis,
}

/// A conversation of which more was given out than its log has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportedTail {
    pub head: ImportedHead,
    /// Somebody to whom missing messages can be put down.
    pub sender: AccountKey,
    /// The newest number that a device is known to have seen.
    pub seen_seq: i64,
}

#[derive(Clone, Debug)]
pub struct ImportedMessage {
    pub conversation: ConversationKey,
    pub seq: i64,
    pub sender: AccountKey,
    pub send_time: Millis,
    pub status: Status,
    pub post: Post,
}

/// A message that one participant does not want to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportedHide {
    pub account: AccountKey,
    pub conversation: ConversationKey,
    pub seq: i64,
}

/// Rows that are there already stay as they are, in every method that says how many it has inserted.
#[async_trait]
pub trait ImportWrites {
    async fn import_run(&mut self, fingerprint: &str) -> Result<Option<ImportRun>>;
    /// Remembers the import and the newest keys of this moment.
    async fn insert_import(&mut self, fingerprint: &str, now: Millis) -> Result<()>;
    async fn finish_import(&mut self, fingerprint: &str, now: Millis) -> Result<()>;
    async fn import_steps(&mut self, fingerprint: &str) -> Result<Vec<ImportStep>>;
    /// Inserts or replaces by name.
    async fn put_import_step(&mut self, fingerprint: &str, step: &ImportStep) -> Result<()>;
    /// Whether there is any conversation.
    async fn has_conversations(&mut self) -> Result<bool>;

    /// The keys of those that exist, in no particular order.
    async fn account_keys(&mut self, ids: &[String]) -> Result<Vec<(String, AccountKey)>>;
    /// The groups that exist, with their keys and those of their chats.
    async fn group_keys(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<(String, GroupKey, ConversationKey)>>;
    /// Accounts past `after`, ascending by key.
    async fn account_page(&mut self, after: AccountKey, rows_max: usize)
    -> Result<Vec<AccountKey>>;
    async fn group_page(&mut self, after: GroupKey, rows_max: usize) -> Result<Vec<GroupKey>>;

    async fn import_accounts(&mut self, accounts: &[Account]) -> Result<u64>;
    async fn import_friends(&mut self, friends: &[ImportedFriend]) -> Result<u64>;
    async fn import_friend_requests(&mut self, requests: &[ImportedFriendRequest]) -> Result<u64>;
    async fn import_blocks(&mut self, blocks: &[NewBlock]) -> Result<u64>;

    /// Inserts the groups, each with its chat; their `key`, `conversation` and `member_count` are ignored.
    async fn import_groups(&mut self, groups: &[Group]) -> Result<u64>;
    async fn import_members(&mut self, members: &[ImportedMember]) -> Result<u64>;
    async fn import_applications(&mut self, applications: &[ImportedApplication]) -> Result<u64>;

    /// Those that exist, in no particular order.
    async fn imported_conversations(
        &mut self,
        ids: &[ConversationId],
    ) -> Result<Vec<ImportedConversation>>;
    async fn import_conversation_pairs(
        &mut self,
        pairs: &[(ConversationId, ConversationKind, AccountKey, AccountKey)],
    ) -> Result<u64>;
    /// The logs of groups' notices.
    async fn import_group_notices(&mut self, groups: &[(ConversationId, GroupKey)]) -> Result<u64>;
    async fn import_participants(&mut self, participants: &[ImportedParticipant]) -> Result<u64>;
    /// Sets bounds and read positions of participants; returns how many there were.
    async fn import_reaches(&mut self, reaches: &[ImportedReach]) -> Result<u64>;

    /// Which of these (conversation, sender, client message id) are taken, by index.
    async fn taken_client_ids(
        &mut self,
        ids: &[(ConversationKey, AccountKey, &str)],
    ) -> Result<Vec<usize>>;
    /// Appends to the log. Sequence numbers and client message ids must be free.
    async fn import_messages(&mut self, messages: &[ImportedMessage]) -> Result<()>;
    async fn import_hides(&mut self, hides: &[ImportedHide]) -> Result<()>;
    async fn import_heads(&mut self, heads: &[ImportedHead]) -> Result<()>;
    /// Remembers which numbers the other system has given out, and removes what it says is gone: (conversation, newest
    /// number, first that is left).
    async fn import_seqs(&mut self, seqs: &[(ConversationKey, i64, i64)]) -> Result<()>;
    /// Conversations past `after` of which devices have seen more than the log has.
    async fn import_tails(
        &mut self,
        after: ConversationKey,
        rows_max: usize,
    ) -> Result<Vec<ImportedTail>>;
    /// Sequence numbers that were reserved but never given to a message, and in how many conversations.
    async fn unused_seqs(&mut self) -> Result<(u64, u64)>;

    /// Counts members, names owners, lists the chats of groups for members that have them not, and bounds what those see
    /// who are no members any more. Only for what is above the mark. Returns how many were listed and how many bound.
    async fn settle_groups(&mut self, mark: ImportMark) -> Result<(u64, u64)>;
    /// Lists chats of two for both sides (those of notification accounts for the other side only), ties notices to
    /// chats, and takes back read positions that are beyond the log. Returns how many were listed and taken back.
    async fn settle_conversations(&mut self, mark: ImportMark) -> Result<(u64, u64)>;
    /// Begins the logs of these lists anew, so that whoever knows an old one reads everything.
    async fn restart_version_logs(&mut self, lists: &[List]) -> Result<()>;
    /// Moves every relay, and every follower but `but`, to the end of the message log: what was taken over is no news.
    async fn pass_over_messages(&mut self, but: &str) -> Result<()>;
}
