//! What notifications say (notifications.md §3): the structures inside the `detail` text of contents 1201 to 2200.
//! [`notification_content`] makes the message content. Sub-messages that a client dereferences unchecked are plain
//! structs here, so that they cannot be null.

use super::rest::friend::{FriendInfo, FriendRequest};
use super::rest::group::{GroupMemberFullInfo, GroupRequest};
use super::rest::{GroupInfo, PublicUserInfo};
use serde::{Deserialize, Serialize};

/// The content bytes of a notification: `{"detail":"<JSON text of the tips>"}`.
pub fn notification_content<T: Serialize>(tips: &T) -> Vec<u8> {
    #[expect(
        clippy::expect_used,
        reason = "tips are structs of strings, numbers and lists, which always serialise"
    )]
    let detail = serde_json::to_string(tips).expect("tips serialise");
    wrap_detail(&detail)
}

fn wrap_detail(detail: &str) -> Vec<u8> {
    // Quotes and backslashes of the inner text are escaped once more; a quarter more is the usual growth.
    let mut content = Vec::with_capacity(detail.len() + detail.len() / 4 + 16);
    content.extend_from_slice(br#"{"detail":"#);
    #[expect(
        clippy::expect_used,
        reason = "a string always serialises, and a Vec takes every write"
    )]
    serde_json::to_writer(&mut content, detail).expect("a string serialises");
    content.push(b'}');
    content
}

/// Who acted on whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FromToUserID {
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    #[serde(rename = "toUserID")]
    pub to_user_id: String,
}

/// Notification 1207.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BlackAddedTips {
    #[serde(rename = "fromToUserID")]
    pub from_to_user_id: FromToUserID,
}

/// Notification 1208.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BlackDeletedTips {
    #[serde(rename = "fromToUserID")]
    pub from_to_user_id: FromToUserID,
}

/// Notification 1703.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClearConversationTips {
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
}

/// Notification 1701.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationSetPrivateTips {
    #[serde(rename = "recvID")]
    pub recv_id: String,
    #[serde(rename = "sendID")]
    pub send_id: String,
    pub is_private: bool,
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
}

/// Notification 1300.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationUpdateTips {
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "conversationIDList")]
    pub conversation_id_list: Vec<String>,
}

/// Notification 2102.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteMsgsTips {
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    pub seqs: Vec<i64>,
}

/// Notification 1204.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendAddedTips {
    pub friend: FriendInfo,
    /// Milliseconds.
    pub operation_time: i64,
    pub op_user: PublicUserInfo,
    pub friend_version: u64,
    #[serde(rename = "friendVersionID")]
    pub friend_version_id: String,
}

/// Notification 1201.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendApplicationApprovedTips {
    #[serde(rename = "fromToUserID")]
    pub from_to_user_id: FromToUserID,
    pub handle_msg: String,
    pub friend_version: u64,
    #[serde(rename = "friendVersionID")]
    pub friend_version_id: String,
    /// Null when the friendship was imported without a request.
    pub request: Option<FriendRequest>,
}

/// Notification 1202.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendApplicationRejectedTips {
    #[serde(rename = "fromToUserID")]
    pub from_to_user_id: FromToUserID,
    pub handle_msg: String,
    pub request: FriendRequest,
}

/// Notification 1203.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendApplicationTips {
    #[serde(rename = "fromToUserID")]
    pub from_to_user_id: FromToUserID,
    pub request: FriendRequest,
}

/// Notification 1205.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendDeletedTips {
    #[serde(rename = "fromToUserID")]
    pub from_to_user_id: FromToUserID,
    pub friend_version: u64,
    #[serde(rename = "friendVersionID")]
    pub friend_version_id: String,
}

/// Notification 1206.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendInfoChangedTips {
    #[serde(rename = "fromToUserID")]
    pub from_to_user_id: FromToUserID,
    pub friend_version: u64,
    #[serde(rename = "friendVersionID")]
    pub friend_version_id: String,
    pub friend_sort_version: u64,
}

/// Notification 1210.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendsInfoUpdateTips {
    #[serde(rename = "fromToUserID")]
    pub from_to_user_id: FromToUserID,
    #[serde(rename = "friendIDs")]
    pub friend_ids: Vec<String>,
    pub friend_version: u64,
    #[serde(rename = "friendVersionID")]
    pub friend_version_id: String,
}

/// Notification 1505.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupApplicationAcceptedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    pub handle_msg: String,
    /// 0 for the applicant, 1 for owner and admins.
    pub receiver_as: i32,
    /// Clients show one event for each value.
    pub uuid: String,
    pub request: GroupRequest,
}

/// Notification 1506.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupApplicationRejectedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    pub handle_msg: String,
    /// 0 for the applicant, 1 for owner and admins.
    pub receiver_as: i32,
    /// Clients show one event for each value.
    pub uuid: String,
    pub request: GroupRequest,
}

/// Notification 1515.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupCancelMutedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    /// Milliseconds.
    pub operation_time: i64,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1501.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupCreatedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    pub member_list: Vec<GroupMemberFullInfo>,
    /// Milliseconds.
    pub operation_time: i64,
    pub group_owner_user: GroupMemberFullInfo,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1511.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupDismissedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    /// Milliseconds.
    pub operation_time: i64,
}

/// Notification 1519.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupInfoSetAnnouncementTips {
    pub op_user: GroupMemberFullInfo,
    pub group: GroupInfo,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1520.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupInfoSetNameTips {
    pub op_user: GroupMemberFullInfo,
    pub group: GroupInfo,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1502.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupInfoSetTips {
    pub op_user: GroupMemberFullInfo,
    /// Milliseconds.
    pub mute_time: i64,
    pub group: GroupInfo,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1513.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupMemberCancelMutedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    /// Milliseconds.
    pub operation_time: i64,
    pub muted_user: GroupMemberFullInfo,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1516, 1517, 1518.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupMemberInfoSetTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    /// Milliseconds.
    pub operation_time: i64,
    pub changed_user: GroupMemberFullInfo,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
    pub group_sort_version: u64,
}

/// Notification 1512.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupMemberMutedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    /// Milliseconds.
    pub operation_time: i64,
    pub muted_user: GroupMemberFullInfo,
    pub muted_seconds: u32,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1514.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupMutedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    /// Milliseconds.
    pub operation_time: i64,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1507.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupOwnerTransferredTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    pub new_group_owner: GroupMemberFullInfo,
    /// Always empty; see `oldGroupOwnerInfo`.
    pub old_group_owner: String,
    /// Milliseconds.
    pub operation_time: i64,
    pub old_group_owner_info: GroupMemberFullInfo,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1503.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JoinGroupApplicationTips {
    pub group: GroupInfo,
    pub applicant: PublicUserInfo,
    pub req_msg: String,
    /// Clients show one event for each value.
    pub uuid: String,
    pub request: GroupRequest,
}

/// Notification 2200.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MarkAsReadTips {
    #[serde(rename = "markAsReadUserID")]
    pub mark_as_read_user_id: String,
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    pub seqs: Vec<i64>,
    pub has_read_seq: i64,
}

/// Notification 1510.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MemberEnterTips {
    pub group: GroupInfo,
    pub entrant_user: GroupMemberFullInfo,
    /// Milliseconds.
    pub operation_time: i64,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1509.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MemberInvitedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    pub invited_user_list: Vec<GroupMemberFullInfo>,
    /// Milliseconds.
    pub operation_time: i64,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
    pub inviter_user: Option<GroupMemberFullInfo>,
}

/// Notification 1508.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MemberKickedTips {
    pub group: GroupInfo,
    pub op_user: GroupMemberFullInfo,
    pub kicked_user_list: Vec<GroupMemberFullInfo>,
    /// Milliseconds.
    pub operation_time: i64,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 1504.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MemberQuitTips {
    pub group: GroupInfo,
    pub quit_user: GroupMemberFullInfo,
    /// Milliseconds.
    pub operation_time: i64,
    pub group_member_version: u64,
    #[serde(rename = "groupMemberVersionID")]
    pub group_member_version_id: String,
}

/// Notification 2101.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RevokeMsgTips {
    #[serde(rename = "revokerUserID")]
    pub revoker_user_id: String,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    /// Milliseconds.
    pub revoke_time: i64,
    /// "sesstion" is the wire spelling.
    pub sesstion_type: i32,
    pub seq: i64,
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    pub is_admin_revoke: bool,
}

/// Notification 1209, 1303.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserInfoUpdatedTips {
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Notification 2001: an application's own event, opaque to the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BusinessNotification {
    pub key: String,
    pub data: String,
}

/// Detail of a stored message after it was revoked; replaces its content (messages.md §8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageRevokedContent {
    #[serde(rename = "revokerID")]
    pub revoker_id: String,
    pub revoker_role: i32,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    pub revoker_nickname: String,
    /// Milliseconds.
    pub revoke_time: i64,
    /// Milliseconds.
    pub source_message_send_time: i64,
    #[serde(rename = "sourceMessageSendID")]
    pub source_message_send_id: String,
    pub source_message_sender_nickname: String,
    pub session_type: i32,
    pub seq: i64,
    pub ex: String,
}
