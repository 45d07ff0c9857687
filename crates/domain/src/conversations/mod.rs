//! Conversations and what each participant keeps with them. A conversation owns a gap-free sequence that starts
//! at 1. Every chat has a second log beside it, its notices: what the devices of both sides must learn about it
//! (recalled, deleted, read), with a sequence of its own. `list.rs` reads, `settings.rs` writes.

mod list;
mod settings;

pub use list::ConversationPage;
pub use settings::{SetConversations, SettingsChange};

use std::sync::Arc;

use crate::accounts::Receive;
use crate::ids::{AccountKey, ConversationId, ConversationKey, GroupId, GroupKey, UserId};
use crate::messages::{LoggedMessage, Message, Route};
use crate::time::Millis;

/// A conversation's own row and who takes part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    pub key: ConversationKey,
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub parties: Parties,
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

/// Between whom a conversation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parties {
    /// Two accounts; `low` is the one with the smaller key. Both are the same for notes to oneself.
    Pair { low: Side, high: Side },
    /// The members of a group.
    Group { key: GroupKey, id: GroupId },
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

/// To whom a conversation leads, as one of its participants sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    Person(UserId),
    Group(GroupId),
}

impl Party {
    /// Whether it is this person.
    pub fn is(&self, user: &UserId) -> bool {
        matches!(self, Self::Person(person) if person == user)
    }
}

impl Conversation {
    /// The side of `account` in a conversation of two, if it takes part.
    pub fn side(&self, account: AccountKey) -> Option<&Side> {
        self.sides()
            .into_iter()
            .flatten()
            .find(|side| side.account == account)
    }

    /// The side that faces `account` in a conversation of two: the other one, or itself for notes to oneself.
    pub fn peer_of(&self, account: AccountKey) -> Option<&Side> {
        match &self.parties {
            Parties::Pair { low, high } if low.account == account => Some(high),
            Parties::Pair { low, .. } => Some(low),
            Parties::Group { .. } => None,
        }
    }

    pub fn group(&self) -> Option<(GroupKey, &GroupId)> {
        match &self.parties {
            Parties::Pair { .. } => None,
            Parties::Group { key, id } => Some((*key, id)),
        }
    }

    fn sides(&self) -> [Option<&Side>; 2] {
        match &self.parties {
            Parties::Pair { low, high } => [Some(low), Some(high)],
            Parties::Group { .. } => [None, None],
        }
    }

    /// A row of this conversation's log as a message; `None` if it is between two and the sender is neither.
    pub(crate) fn message(&self, logged: LoggedMessage) -> Option<Message> {
        let (recipient, is_read) = match &self.parties {
            Parties::Pair { .. } => {
                self.side(logged.sender)?;
                let peer = self.peer_of(logged.sender)?;
                let is_read = self.kind == ConversationKind::Direct && peer.read_seq >= logged.seq;
                (Party::Person(peer.user_id.clone()), is_read)
            }
            Parties::Group { id, .. } => (Party::Group(id.clone()), false),
        };
        Some(Message {
            route: Route {
                conversation: self.id.clone(),
                kind: self.kind,
                sender: logged.sender_id,
                recipient,
            },
            key: logged.key,
            seq: logged.seq,
            send_time: logged.send_time,
            status: logged.status,
            is_read,
            post: Arc::new(logged.post),
        })
    }
}

/// The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum ConversationKind {
    Direct = 1,
    /// Among the members of a group.
    Group = 3,
    /// From a notification account to a person.
    Notification = 4,
    /// The notices that stand beside chats.
    Notice = 10,
}

impl ConversationKind {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Direct, Self::Group, Self::Notification, Self::Notice]
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
    pub peer: Party,
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
