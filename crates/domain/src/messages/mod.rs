//! Messages: `send.rs` first, it is the main job; then `append.rs` (what the store is asked to do), `pull.rs`
//! (reading), `read.rs` (read positions), `recall.rs`, `delete.rs`, `search.rs`. What people do to a message that stands
//! begins in `scene.rs`: `edit.rs`, `react.rs`, `pin.rs`. `expire.rs` removes what is old. `body.rs` knows the stored
//! bodies that we write ourselves.

mod append;
pub(crate) mod body;
mod business;
mod delete;
pub(crate) mod deliveries;
mod edit;
mod expire;
pub(crate) mod notice;
mod pin;
mod pull;
mod react;
mod read;
mod readers;
mod recall;
mod scene;
mod search;
mod see;
mod send;
pub(crate) mod told;

pub use append::{Append, Appended, Placed};
pub use body::content_type;
pub use business::SendBusiness;
pub use delete::{ClearConversations, DeleteMessages, Spread};
pub use edit::{Edit, EditMessage, MessageEdits};
pub use pin::{PinMark, PinMessage, PinnedMessage};
pub use pull::{Order, PulledMessages, SeqRange, SeqsOf};
pub use react::{ReactionCount, ReactionKey, SetReaction};
pub use read::{MarkRead, SetReadSeq};
pub use readers::{DeliveryState, Readers};
pub use recall::RecallMessage;
pub use search::{FoundMessage, MessageFilter};
pub use send::{Recipient, SendMessage, Sent};

use std::sync::Arc;

use bytes::Bytes;

use crate::conversations::{ConversationKind, Party};
use crate::ids::{AccountKey, ConversationId, ConversationKey, MessageKey, UserId};
use crate::time::Millis;

#[derive(Clone, Debug)]
pub struct Settings {
    /// How long after sending a message its sender may edit it; without it, always.
    pub edit_window_ms: Option<Millis>,
    /// How long messages are kept, where a conversation has no period of its own; without it, for ever.
    pub retention_ms: Option<Millis>,
    /// The largest group of which it is told how far its members have received and read.
    pub positions_members_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            edit_window_ms: None,
            retention_ms: None,
            positions_members_max: 1000,
        }
    }
}

/// What a sender wrote. It is passed on and stored as it came; only editing, recalling and deleting a message
/// replace its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// The sender's own key of the message: sending twice with the same one is sending once.
    pub client_msg_id: String,
    pub server_msg_id: String,
    /// OpenIM's platform number of the sending device.
    pub sender_platform: i32,
    pub sender_nickname: String,
    pub sender_face_url: String,
    pub origin: Origin,
    /// OpenIM's content type number (`reference/openim/messages.md` §2).
    pub content_type: i32,
    /// The element JSON, byte for byte as it was sent.
    pub content: Bytes,
    pub create_time: Millis,
    pub options: Options,
    pub push: Option<Box<PushText>>,
    /// The people called with `@`.
    pub at: Vec<String>,
    pub attached_info: String,
    pub ex: String,
}

/// Who stands behind a message; the numbers are stored and are OpenIM's `msgFrom`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i16)]
pub enum Origin {
    #[default]
    User = 100,
    /// An application server or we ourselves.
    System = 200,
}

impl Origin {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::User, Self::System]
            .into_iter()
            .find(|origin| *origin as i64 == number)
    }
}

/// What an offline device shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushText {
    pub title: String,
    pub text: String,
    pub ex: String,
    pub ios_sound: String,
    pub ios_badge: bool,
    pub signal_info: String,
}

/// How a message is handled, as the set of OpenIM options that are *off* (`reference/openim/messages.md` §5): an
/// option that is not in the set is on. The bits are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options(pub u16);

impl Options {
    /// Stored with a sequence number; otherwise relayed to online devices only.
    pub const HISTORY: u16 = 1 << 0;
    pub const PERSISTENT: u16 = 1 << 1;
    pub const UNREAD_COUNT: u16 = 1 << 2;
    pub const CONVERSATION_UPDATE: u16 = 1 << 3;
    pub const SENDER_CONVERSATION_UPDATE: u16 = 1 << 4;
    /// Also delivered to the sender's own devices.
    pub const SENDER_SYNC: u16 = 1 << 5;
    pub const OFFLINE_PUSH: u16 = 1 << 6;
    pub const NOT_PRIVATE: u16 = 1 << 7;
    /// Off: the message belongs to the notices of the conversation.
    pub const IS_NOT_NOTIFICATION: u16 = 1 << 8;
    pub const IS_SEND_MSG: u16 = 1 << 9;
    pub const SENDER_NOTIFICATION_PUSH: u16 = 1 << 10;
    pub const REACTION_FROM_CACHE: u16 = 1 << 11;

    /// Relayed, never kept: what typing and "online only" messages are sent with.
    pub const ONLINE_ONLY: u16 = Self::HISTORY
        | Self::PERSISTENT
        | Self::SENDER_SYNC
        | Self::CONVERSATION_UPDATE
        | Self::SENDER_CONVERSATION_UPDATE
        | Self::UNREAD_COUNT
        | Self::OFFLINE_PUSH;

    /// What a notice carries that is relayed to connected devices only (`reference/openim/notifications.md` §1,
    /// reliability level 1).
    pub fn passing_notice() -> Self {
        Self(notice::PASSING_NOTICE_OPTIONS)
    }

    pub fn is_on(self, option: u16) -> bool {
        self.0 & option == 0
    }

    #[must_use]
    pub fn with_off(self, options: u16) -> Self {
        Self(self.0 | options)
    }
}

/// Whether a message can still be read; the numbers are stored and are OpenIM's `status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i16)]
pub enum Status {
    #[default]
    Sent = 2,
    /// Content removed, for everybody or for the reader.
    Deleted = 4,
}

impl Status {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Sent, Self::Deleted]
            .into_iter()
            .find(|status| *status as i64 == number)
    }
}

/// A message with its place in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub route: Route,
    /// Place in the order of arrival; 0 when the message was relayed only.
    pub key: MessageKey,
    /// Place in the conversation, from 1; 0 when the message was relayed only.
    pub seq: i64,
    /// Larger than that of every earlier message of the conversation: OpenIM devices page their history by it.
    pub send_time: Millis,
    pub status: Status,
    /// The receiver of a direct message said that it was read.
    pub is_read: bool,
    pub post: Arc<Post>,
}

/// From whom to whom, and by which conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub conversation: ConversationId,
    pub kind: ConversationKind,
    pub sender: UserId,
    pub recipient: Party,
}

/// A row of the message log, as the store returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedMessage {
    pub key: MessageKey,
    pub conversation: ConversationKey,
    pub seq: i64,
    pub sender: AccountKey,
    pub sender_id: UserId,
    pub send_time: Millis,
    pub status: Status,
    /// Hidden from the account that asked; its content is still in `post`.
    pub is_hidden: bool,
    pub post: Post,
}
