//! Conversations and what each participant keeps with them. A conversation owns a gap-free sequence that starts
//! at 1. Every chat has a second log beside it, its notices: what the devices of both sides must learn about it
//! (recalled, deleted, read), with a sequence of its own. `list.rs` and `sync.rs` read, `settings.rs` writes.

mod list;
mod settings;
mod sync;

pub use list::ConversationPage;
pub use settings::{SetConversations, SettingsChange};
pub use sync::{Changes, VersionAnswer};

use std::sync::Arc;

use crate::accounts::Receive;
use crate::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use crate::messages::{LoggedMessage, Message, Route};
use crate::time::Millis;

/// A conversation's own row and the names of its two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    pub key: ConversationKey,
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// The two sides; `low` is the side with the smaller account key. Both are the same for notes to oneself.
    pub low: Side,
    pub high: Side,
    /// The log of this chat's notices, once there is one.
    pub notice: Option<ConversationKey>,
    /// Grows whenever something changes that the gate decides on.
    pub policy: i64,
    pub max_seq: i64,
    /// Everything below was removed for everybody.
    pub min_seq: i64,
    /// `send_time` of the newest message, 0 when there is none.
    pub last_time: Millis,
}

/// One side of a conversation of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    pub account: AccountKey,
    pub user_id: UserId,
    /// How this side takes messages of this conversation.
    pub receive: Receive,
    /// How far this side said it had read; sending does not count.
    pub read_seq: i64,
    /// The newest message this side sent.
    pub sent_seq: i64,
}

impl Conversation {
    /// The side of `account`, if it takes part.
    pub fn side(&self, account: AccountKey) -> Option<&Side> {
        [&self.low, &self.high]
            .into_iter()
            .find(|side| side.account == account)
    }

    pub(crate) fn side_of(&self, user_id: &UserId) -> Option<&Side> {
        [&self.low, &self.high]
            .into_iter()
            .find(|side| side.user_id == *user_id)
    }

    /// A row of this conversation's log as a message; `None` if its sender takes no part in the conversation.
    pub(crate) fn message(&self, logged: LoggedMessage) -> Option<Message> {
        let sender = self.side(logged.sender)?;
        let recipient = self.peer_of(logged.sender);
        Some(Message {
            route: Route {
                conversation: self.id.clone(),
                kind: self.kind,
                sender: sender.user_id.clone(),
                recipient: recipient.user_id.clone(),
            },
            key: logged.key,
            seq: logged.seq,
            send_time: logged.send_time,
            status: logged.status,
            is_read: self.kind == ConversationKind::Direct && recipient.read_seq >= logged.seq,
            post: Arc::new(logged.post),
        })
    }

    /// The side that faces `account`: the other one, or itself for notes to oneself.
    pub fn peer_of(&self, account: AccountKey) -> &Side {
        if self.low.account == account {
            &self.high
        } else {
            &self.low
        }
    }
}

/// The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum ConversationKind {
    Direct = 1,
    /// From a notification account to a person.
    Notification = 4,
    /// The notices that stand beside chats.
    Notice = 10,
}

impl ConversationKind {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Direct, Self::Notification, Self::Notice]
            .into_iter()
            .find(|kind| *kind as i64 == number)
    }
}

/// What one participant keeps with a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationSettings {
    pub receive: Receive,
    pub is_pinned: bool,
    /// Messages burn after reading.
    pub is_private: bool,
    pub burn_s: i32,
    /// Who called: 0 nobody, 1 me, 2 everybody, 3 both, 4 an announcement.
    pub group_at: i32,
    pub is_destructing: bool,
    pub destruct_s: i64,
    pub destructed_at: Millis,
    pub attached_info: String,
    pub ex: String,
}

/// A conversation in one participant's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationEntry {
    pub conversation: ConversationKey,
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub owner: UserId,
    pub peer: UserId,
    pub settings: ConversationSettings,
    /// Everything below is cleared for this participant; 0 when nothing is.
    pub min_seq: i64,
    /// Nothing above is visible to this participant; 0 when there is no such bound.
    pub max_seq: i64,
}

/// How far a conversation has grown and how far one participant has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeqState {
    pub id: ConversationId,
    pub max_seq: i64,
    /// Read or sent by the participant, whichever is newer.
    pub has_read_seq: i64,
    pub last_time: Millis,
    pub is_pinned: bool,
}

/// What one participant can see of a conversation: all of `min_seq..=max_seq`, less what is hidden one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub conversation: Conversation,
    pub min_seq: i64,
    pub max_seq: i64,
    pub has_read_seq: i64,
}
