//! Rows of what people add to messages that exist: edits, reactions, pins. When a message is recalled, erased or
//! removed, the store takes them away with it, whoever did it.

use async_trait::async_trait;

use crate::error::Result;
use crate::ids::{AccountKey, ConversationKey};
use crate::messages::{Edit, PinMark, ReactionCount, ReactionKey};
use crate::time::Millis;

/// New words for a message.
#[derive(Clone, Copy, Debug)]
pub struct NewEdit<'a> {
    pub editor: AccountKey,
    pub at: Millis,
    pub content: &'a [u8],
    /// `None` leaves it as it is.
    pub ex: Option<&'a str>,
}

#[async_trait]
pub trait AnnotationReads {
    /// The kept edits of these messages, by seq and oldest first.
    async fn edits(
        &mut self,
        conversation: ConversationKey,
        seqs: &[i64],
    ) -> Result<Vec<(i64, Edit)>>;

    /// The reactions to these messages, by seq and in the order in which they first came. Of each at most `named_max`
    /// people are named, who came first.
    async fn reactions(
        &mut self,
        conversation: ConversationKey,
        seqs: &[i64],
        viewer: AccountKey,
        named_max: u32,
    ) -> Result<Vec<ReactionCount>>;

    /// What is pinned, the newest pin first.
    async fn pins(&mut self, conversation: ConversationKey) -> Result<Vec<PinMark>>;
}

#[async_trait]
pub trait AnnotationWrites {
    /// Replaces what the message says and keeps what it said, of all edits the newest `kept_max`. Its push text goes:
    /// it repeats the old words.
    async fn edit_message(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        edit: NewEdit<'_>,
        kept_max: u32,
    ) -> Result<()>;

    /// Puts the account's reaction; says whether it was not there.
    async fn put_reaction(
        &mut self,
        conversation: ConversationKey,
        key: &ReactionKey,
        account: AccountKey,
        now: Millis,
    ) -> Result<bool>;
    /// Takes the account's reaction away; says whether it was there.
    async fn delete_reaction(
        &mut self,
        conversation: ConversationKey,
        key: &ReactionKey,
        account: AccountKey,
    ) -> Result<bool>;
    /// How many different reactions the message has, and how many people have this one.
    async fn count_reactions(
        &mut self,
        conversation: ConversationKey,
        key: &ReactionKey,
    ) -> Result<(u64, u64)>;

    /// Pins the message; says whether it was not pinned.
    async fn put_pin(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        account: AccountKey,
        now: Millis,
    ) -> Result<bool>;
    /// Says whether it was pinned.
    async fn delete_pin(&mut self, conversation: ConversationKey, seq: i64) -> Result<bool>;
}
