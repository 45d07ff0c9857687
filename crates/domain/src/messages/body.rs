//! The bodies that we write ourselves. A stored body is an OpenIM content type and element JSON, because those
//! clients are the richest; other surfaces map onto it. So these few notices are spelled here, once, and read by
//! OpenIM devices as they stand (`reference/openim/notifications.md` §3, `messages.md` §8).

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Message, ReactionKey};
use crate::ids::{ConversationId, UserId};
use crate::time::Millis;

/// OpenIM content types that the domain itself must know (`reference/openim/messages.md` §2).
pub mod content_type {
    /// An old way to recall, not sent any more.
    pub const REVOKE: i32 = 111;
    pub const TYPING: i32 = 113;
    /// From here on devices obey what a message says.
    pub const NOTIFICATION_BEGIN: i32 = 1000;
    pub const FRIEND_REQUEST_ACCEPTED: i32 = 1201;
    pub const FRIEND_REQUEST_REJECTED: i32 = 1202;
    pub const FRIEND_REQUESTED: i32 = 1203;
    pub const FRIEND_REMOVED: i32 = 1205;
    pub const BLOCKED: i32 = 1207;
    pub const UNBLOCKED: i32 = 1208;
    pub const FRIEND_PROFILE_CHANGED: i32 = 1209;
    pub const FRIENDS_UPDATED: i32 = 1210;
    pub const GROUP_CREATED: i32 = 1501;
    pub const GROUP_CHANGED: i32 = 1502;
    pub const JOIN_REQUESTED: i32 = 1503;
    pub const MEMBER_QUIT: i32 = 1504;
    pub const JOIN_ACCEPTED: i32 = 1505;
    pub const JOIN_REJECTED: i32 = 1506;
    pub const OWNER_CHANGED: i32 = 1507;
    pub const MEMBERS_KICKED: i32 = 1508;
    pub const MEMBERS_INVITED: i32 = 1509;
    pub const MEMBER_ENTERED: i32 = 1510;
    pub const GROUP_DISMISSED: i32 = 1511;
    pub const MEMBER_MUTED: i32 = 1512;
    pub const MEMBER_UNMUTED: i32 = 1513;
    pub const GROUP_MUTED: i32 = 1514;
    pub const GROUP_UNMUTED: i32 = 1515;
    pub const MEMBER_CHANGED: i32 = 1516;
    pub const MEMBER_PROMOTED: i32 = 1517;
    pub const MEMBER_DEMOTED: i32 = 1518;
    pub const GROUP_ANNOUNCED: i32 = 1519;
    pub const GROUP_RENAMED: i32 = 1520;
    pub const MADE_PRIVATE: i32 = 1701;
    /// A message to the application that is shown to nobody.
    pub const BUSINESS: i32 = 2001;
    pub const RECALLED: i32 = 2101;
    pub const DELETED: i32 = 2102;
    /// These three are additions: OpenIM's SDKs pass over numbers that they do not know.
    // Ours. Of the numbers that OpenIM does not use, only those set aside for calls are passed over by every SDK: the
    // Go core logs what it does not know, the pure JavaScript one fails on it elsewhere.
    pub const EDITED: i32 = 1641;
    pub const REACTED: i32 = 1642;
    pub const PINNED: i32 = 1643;
    pub const HAS_READ: i32 = 2200;
}

/// A recalled message and who took it back.
pub(super) struct Recall<'a> {
    pub message: &'a Message,
    pub by: &'a UserId,
    pub nickname: &'a str,
    /// The role in the group, OpenIM's number; 0 where there is none.
    pub role: i32,
    pub by_administrator: bool,
    pub at: Millis,
}

impl Recall<'_> {
    /// What stands in the log instead of the message.
    pub(super) fn body(&self) -> Bytes {
        notification(&json!({
            "revokerID": self.by.as_str(),
            "revokerRole": self.role,
            "clientMsgID": self.message.post.client_msg_id,
            "revokerNickname": self.nickname,
            "revokeTime": self.at,
            "sourceMessageSendTime": self.message.send_time,
            "sourceMessageSendID": self.message.route.sender.as_str(),
            "sourceMessageSenderNickname": self.message.post.sender_nickname,
            "sessionType": self.message.route.kind as i16,
            "seq": self.message.seq,
            "ex": self.message.post.ex,
        }))
    }

    /// What devices are told. `sesstionType` is the wire's own spelling.
    pub(super) fn notice(&self) -> Bytes {
        notification(&json!({
            "revokerUserID": self.by.as_str(),
            "clientMsgID": self.message.post.client_msg_id,
            "revokeTime": self.at,
            "sesstionType": self.message.route.kind as i16,
            "seq": self.message.seq,
            "conversationID": self.message.route.conversation.as_str(),
            "isAdminRevoke": self.by_administrator,
        }))
    }
}

pub(super) fn deleted(by: &UserId, conversation: &ConversationId, seqs: &[i64]) -> Bytes {
    notification(&json!({
        "userID": by.as_str(),
        "conversationID": conversation.as_str(),
        "seqs": seqs,
    }))
}

/// Says that a message was edited, not what it says now: a recall must find the words in one place only.
pub(super) fn edited(by: &UserId, message: &Message, at: Millis) -> Bytes {
    notification(&json!({
        "userID": by.as_str(),
        "conversationID": message.route.conversation.as_str(),
        "seq": message.seq,
        "clientMsgID": message.post.client_msg_id,
        "editTime": at,
    }))
}

/// Somebody's reaction that came or went.
pub(super) struct Reacted<'a> {
    pub by: &'a UserId,
    pub message: &'a Message,
    pub key: &'a ReactionKey,
    pub on: bool,
    /// How many people have it now.
    pub count: u64,
    pub at: Millis,
}

impl Reacted<'_> {
    pub(super) fn notice(&self) -> Bytes {
        notification(&json!({
            "userID": self.by.as_str(),
            "conversationID": self.message.route.conversation.as_str(),
            "seq": self.message.seq,
            "clientMsgID": self.message.post.client_msg_id,
            "reaction": self.key.reaction,
            "line": self.key.line,
            "on": self.on,
            "count": self.count,
            "operateTime": self.at,
        }))
    }
}

pub(super) fn pinned(by: &UserId, message: &Message, on: bool, at: Millis) -> Bytes {
    notification(&json!({
        "userID": by.as_str(),
        "conversationID": message.route.conversation.as_str(),
        "seq": message.seq,
        "clientMsgID": message.post.client_msg_id,
        "isPinned": on,
        "operateTime": at,
    }))
}

pub(super) fn has_read(
    by: &UserId,
    conversation: &ConversationId,
    seqs: &[i64],
    has_read_seq: i64,
) -> Bytes {
    notification(&json!({
        "markAsReadUserID": by.as_str(),
        "conversationID": conversation.as_str(),
        "seqs": seqs,
        "hasReadSeq": has_read_seq,
    }))
}

pub(crate) fn made_private(
    by: &UserId,
    to: &UserId,
    conversation: &ConversationId,
    is_private: bool,
) -> Bytes {
    notification(&json!({
        "recvID": to.as_str(),
        "sendID": by.as_str(),
        "isPrivate": is_private,
        "conversationID": conversation.as_str(),
    }))
}

pub(super) fn business(key: &str, data: &str) -> Bytes {
    notification(&json!({ "key": key, "data": data }))
}

/// A notification element: its detail is JSON inside a JSON string.
pub(crate) fn notification(detail: &Value) -> Bytes {
    json!({ "detail": detail.to_string() }).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_notice_is_spelled_as_recorded() {
        let bob = UserId::new("bob").expect("valid");
        let chat = ConversationId::parse("si_alice_bob").expect("valid");
        let body: Value = serde_json::from_slice(&has_read(&bob, &chat, &[2], 2)).expect("JSON");
        let detail: Value =
            serde_json::from_str(body["detail"].as_str().expect("a string")).expect("JSON");
        assert_eq!(
            detail,
            json!({"markAsReadUserID":"bob","conversationID":"si_alice_bob","seqs":[2],"hasReadSeq":2})
        );
    }
}
