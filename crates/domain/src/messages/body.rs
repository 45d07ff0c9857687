//! The bodies that we write ourselves. A stored body is an OpenIM content type and element JSON, because those
//! clients are the richest; other surfaces map onto it. So these few notices are spelled here, once, and read by
//! OpenIM devices as they stand (`reference/openim/notifications.md` §3, `messages.md` §8).

use bytes::Bytes;
use serde_json::{Value, json};

use super::Message;
use crate::ids::{ConversationId, UserId};
use crate::time::Millis;

/// OpenIM content types that the domain itself must know (`reference/openim/messages.md` §2).
pub mod content_type {
    /// An old way to recall, not sent any more.
    pub const REVOKE: i32 = 111;
    pub const TYPING: i32 = 113;
    /// From here on devices obey what a message says.
    pub const NOTIFICATION_BEGIN: i32 = 1000;
    /// A message to the application that is shown to nobody.
    pub const BUSINESS: i32 = 2001;
    pub const RECALLED: i32 = 2101;
    pub const DELETED: i32 = 2102;
    pub const HAS_READ: i32 = 2200;
}

/// A recalled message and who took it back.
pub(super) struct Recall<'a> {
    pub message: &'a Message,
    pub by: &'a UserId,
    pub nickname: &'a str,
    pub by_administrator: bool,
    pub at: Millis,
}

impl Recall<'_> {
    /// What stands in the log instead of the message.
    pub(super) fn body(&self) -> Bytes {
        notification(&json!({
            "revokerID": self.by.as_str(),
            "revokerRole": 0,
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

pub(super) fn business(key: &str, data: &str) -> Bytes {
    notification(&json!({ "key": key, "data": data }))
}

/// A notification element: its detail is JSON inside a JSON string.
fn notification(detail: &Value) -> Bytes {
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
