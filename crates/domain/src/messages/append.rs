//! The request that puts one message into the log, and what can come of it. The store carries it out as one
//! atomic step, on its own or inside a larger transaction: replay look-up, policy check, next sequence number,
//! insert. See the hot path budget in `docs/ARCHITECTURE.md`.

use std::sync::Arc;

use super::Post;
use crate::ids::{AccountKey, ConversationKey, MessageKey};
use crate::time::Millis;

#[derive(Clone, Debug)]
pub struct Append {
    pub conversation: ConversationKey,
    pub sender: AccountKey,
    /// The policy versions that the gate decided on. The message is stored only while both are still in force.
    pub conversation_policy: i64,
    pub sender_policy: i64,
    /// The sender has then read the conversation up to this message. It is so in every chat; this is set where the
    /// sender's participant row keeps it (groups), not the conversation's own row (chats of two).
    pub raises_read_seq: bool,
    /// The time of sending; the log raises it above that of the conversation's newest message.
    pub at: Millis,
    pub post: Arc<Post>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    Stored(Placed),
    /// The sender's client message id is in this conversation already: nothing was written.
    Replay {
        placed: Placed,
        server_msg_id: String,
    },
    /// A policy version has moved on: nothing was written, decide again.
    PolicyChanged,
}

/// Where a message came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    pub key: MessageKey,
    pub seq: i64,
    pub send_time: Millis,
}
