//! The search index as the domain sees it. It holds tokens and places, never texts, and is made from the message log
//! alone: it may be thrown away and made again. Where it stands is the store's business.

use async_trait::async_trait;

use crate::conversations::Conversation;
use crate::error::Result;
use crate::ids::{AccountKey, ConversationKey, MessageKey};
use crate::messages::LoggedMessage;
use crate::search::Query;

/// Conversations that one [`SearchSpan`] names.
pub const SPAN_CONVERSATIONS_MAX: usize = 64;

/// What is indexed of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    pub key: MessageKey,
    pub conversation: ConversationKey,
    pub seq: i64,
    pub sender: AccountKey,
    pub content_type: i32,
    pub tokens: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct IndexBatch {
    /// Put in, or instead of what was there under the key.
    pub entries: Vec<IndexEntry>,
    /// Taken out, if they are there.
    pub removed: Vec<MessageKey>,
    /// Everything up to here is indexed once the batch is written.
    pub position: i64,
}

/// A stretch of ids: part or all of an aligned span of 2^`level`, from its beginning to before `below`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub level: u32,
    pub below: i64,
}

impl Span {
    /// The sizes of spans that an index knows, as powers of two.
    pub const LEVELS: [u32; 4] = [11, 14, 17, 20];

    pub fn number(self) -> i64 {
        (self.below - 1) >> self.level
    }

    /// The first id in it.
    pub fn begin(self) -> i64 {
        self.number() << self.level
    }
}

#[derive(Clone, Copy, Debug)]
pub struct SearchSpan<'a> {
    pub query: &'a Query,
    /// Only these, at most [`SPAN_CONVERSATIONS_MAX`]; `None` for all.
    pub conversations: Option<&'a [ConversationKey]>,
    /// Only these; empty for all.
    pub senders: &'a [AccountKey],
    pub content_types: &'a [i32],
    pub span: Span,
    pub rows_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub key: MessageKey,
    pub conversation: ConversationKey,
    pub seq: i64,
}

#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Up to where the log is indexed; 0 when nothing is.
    async fn position(&self) -> Result<i64>;

    /// Writes the entries and the position in one transaction. Says no, and writes nothing, if `holder` has lost the
    /// follower to another one.
    async fn write(&self, holder: &str, batch: IndexBatch) -> Result<bool>;

    /// What matches in the span, newest first.
    async fn find(&self, search: SearchSpan<'_>) -> Result<Vec<Hit>>;

    /// Empties the index, unless a follower keeps it.
    async fn reset(&self) -> Result<()>;
}

/// A conversation that an account takes part in, and what it can see of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnConversation {
    pub conversation: ConversationKey,
    pub min_seq: i64,
    /// 0 when there is no such bound.
    pub max_seq: i64,
}

#[async_trait]
pub trait SearchReads {
    /// Messages that have changed since they were written, in the order in which they did: (key of the change, message).
    async fn message_changes(&mut self, rows_max: usize) -> Result<Vec<(i64, MessageKey)>>;

    /// These messages as they stand now; those that are gone are left out. In no particular order.
    async fn messages_by_key(&mut self, keys: &[MessageKey]) -> Result<Vec<LoggedMessage>>;

    /// These conversations, in one query; in no particular order.
    async fn conversations_by_key(&mut self, keys: &[ConversationKey])
    -> Result<Vec<Conversation>>;

    /// Every chat of the account.
    async fn own_conversations(&mut self, account: AccountKey) -> Result<Vec<OwnConversation>>;
}

#[async_trait]
pub trait SearchWrites {
    /// Removes changes that are indexed.
    async fn forget_message_changes(&mut self, keys: &[i64]) -> Result<()>;
}
