//! Webhooks ("callbacks", `reference/openim/webhooks.md`): one struct for the body of each hook and one for the answers
//! that carry more than the common part. Bodies are posted to `<url>/<callbackCommand>`; odd spellings are the
//! protocol's. [`encode`] writes a body as the original's Go encoder does.

pub mod friend;
pub mod group;
pub mod message;
pub mod user;

use super::json::null_as_default;
use serde::{Deserialize, Serialize};

/// `callbackCommand` of every hook.
pub mod command {
    pub const BEFORE_SEND_SINGLE_MSG: &str = "callbackBeforeSendSingleMsgCommand";
    pub const AFTER_SEND_SINGLE_MSG: &str = "callbackAfterSendSingleMsgCommand";
    pub const BEFORE_SEND_GROUP_MSG: &str = "callbackBeforeSendGroupMsgCommand";
    pub const AFTER_SEND_GROUP_MSG: &str = "callbackAfterSendGroupMsgCommand";
    pub const BEFORE_MSG_MODIFY: &str = "callbackBeforeMsgModifyCommand";
    /// The wire spelling.
    pub const AFTER_REVOKE_MSG: &str = "callbackBeforeAfterMsgCommand";
    pub const AFTER_SINGLE_MSG_READ: &str = "callbackAfterSingleMsgReadCommand";
    pub const AFTER_GROUP_MSG_READ: &str = "callbackAfterGroupMsgReadCommand";

    pub const BEFORE_ONLINE_PUSH: &str = "callbackBeforeOnlinePushCommand";
    pub const BEFORE_GROUP_ONLINE_PUSH: &str = "callbackBeforeGroupOnlinePushCommand";
    pub const BEFORE_OFFLINE_PUSH: &str = "callbackBeforeOfflinePushCommand";
    pub const AFTER_USER_ONLINE: &str = "callbackAfterUserOnlineCommand";
    pub const AFTER_USER_OFFLINE: &str = "callbackAfterUserOfflineCommand";
    pub const AFTER_USER_KICK_OFF: &str = "callbackAfterUserKickOffCommand";

    pub const BEFORE_ADD_FRIEND: &str = "callbackBeforeAddFriendCommand";
    pub const AFTER_ADD_FRIEND: &str = "callbackAfterAddFriendCommand";
    pub const BEFORE_ADD_FRIEND_AGREE: &str = "callbackBeforeAddFriendAgreeCommand";
    pub const AFTER_ADD_FRIEND_AGREE: &str = "callbackAfterAddFriendAgreeCommand";
    pub const AFTER_DELETE_FRIEND: &str = "callbackAfterDeleteFriendCommand";
    pub const BEFORE_SET_FRIEND_REMARK: &str = "callbackBeforeSetFriendRemarkCommand";
    pub const AFTER_SET_FRIEND_REMARK: &str = "callbackAfterSetFriendRemarkCommand";
    pub const BEFORE_ADD_BLACK: &str = "callbackBeforeAddBlackCommand";
    pub const AFTER_REMOVE_BLACK: &str = "callbackAfterRemoveBlackCommand";
    pub const BEFORE_IMPORT_FRIENDS: &str = "callbackBeforeImportFriendsCommand";
    pub const AFTER_IMPORT_FRIENDS: &str = "callbackAfterImportFriendsCommand";

    pub const BEFORE_USER_REGISTER: &str = "callbackBeforeUserRegisterCommand";
    pub const AFTER_USER_REGISTER: &str = "callbackAfterUserRegisterCommand";
    pub const BEFORE_UPDATE_USER_INFO: &str = "callbackBeforeUpdateUserInfoCommand";
    pub const AFTER_UPDATE_USER_INFO: &str = "callbackAfterUpdateUserInfoCommand";
    pub const BEFORE_UPDATE_USER_INFO_EX: &str = "callbackBeforeUpdateUserInfoExCommand";
    pub const AFTER_UPDATE_USER_INFO_EX: &str = "callbackAfterUpdateUserInfoExCommand";

    pub const BEFORE_CREATE_GROUP: &str = "callbackBeforeCreateGroupCommand";
    pub const AFTER_CREATE_GROUP: &str = "callbackAfterCreateGroupCommand";
    /// The wire spelling, with the plural.
    pub const BEFORE_MEMBER_JOIN_GROUP: &str = "callbackBeforeMembersJoinGroupCommand";
    pub const BEFORE_SET_GROUP_MEMBER_INFO: &str = "callbackBeforeSetGroupMemberInfoCommand";
    pub const AFTER_SET_GROUP_MEMBER_INFO: &str = "callbackAfterSetGroupMemberInfoCommand";
    pub const AFTER_QUIT_GROUP: &str = "callbackAfterQuitGroupCommand";
    pub const AFTER_KICK_GROUP_MEMBER: &str = "callbackAfterKickGroupCommand";
    /// The wire spelling.
    pub const AFTER_DISMISS_GROUP: &str = "callbackAfterDisMissGroupCommand";
    /// Not named after its configuration key `beforeApplyJoinGroup`.
    pub const BEFORE_APPLY_JOIN_GROUP: &str = "callbackBeforeJoinGroupCommand";
    pub const AFTER_JOIN_GROUP: &str = "callbackAfterJoinGroupCommand";
    pub const AFTER_TRANSFER_GROUP_OWNER: &str = "callbackAfterTransferGroupOwnerCommand";
    /// Not named after its configuration key `beforeInviteUserToGroup`.
    pub const BEFORE_INVITE_USER_TO_GROUP: &str = "callbackBeforeInviteJoinGroupCommand";
    pub const BEFORE_SET_GROUP_INFO: &str = "callbackBeforeSetGroupInfoCommand";
    pub const AFTER_SET_GROUP_INFO: &str = "callbackAfterSetGroupInfoCommand";
    pub const BEFORE_SET_GROUP_INFO_EX: &str = "callbackBeforeSetGroupInfoExCommand";
    pub const AFTER_SET_GROUP_INFO_EX: &str = "callbackAfterSetGroupInfoExCommand";
}

/// The part that every answer has; what else stands in it is read by a struct of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CommonAnswer {
    /// 0: the hook was processed.
    #[serde(deserialize_with = "null_as_default")]
    pub action_code: i32,
    /// 1: stop.
    #[serde(deserialize_with = "null_as_default")]
    pub next_code: i32,
    #[serde(deserialize_with = "null_as_default")]
    pub err_code: i32,
    #[serde(deserialize_with = "null_as_default")]
    pub err_msg: String,
    #[serde(deserialize_with = "null_as_default")]
    pub err_dlt: String,
}

impl CommonAnswer {
    /// Whether the hook stops what it was asked about.
    pub const fn refuses(&self) -> bool {
        self.action_code == 0 && self.next_code == 1
    }
}

/// Writes a body as Go's encoder does: `<`, `>`, `&` and the two line separators of Unicode escaped, and a newline at
/// the end. In JSON these characters occur inside strings only, so they can be replaced wherever they stand.
///
/// # Errors
///
/// When the value cannot be written as JSON.
pub fn encode(body: &impl Serialize) -> Result<String, serde_json::Error> {
    let plain = serde_json::to_string(body)?;
    let mut text = String::with_capacity(plain.len() + 16);
    for c in plain.chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    text.push('\n');
    Ok(text)
}
