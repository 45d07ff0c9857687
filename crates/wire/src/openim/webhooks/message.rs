//! Bodies of message, push and connection hooks (webhooks.md §3 and §4).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::openim::proto::OfflinePushInfo;

/// What every message hook says of the message ("CommonMsg").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommonMsg {
    #[serde(rename = "sendID")]
    pub send_id: String,
    pub callback_command: String,
    #[serde(rename = "serverMsgID")]
    pub server_msg_id: String,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
    #[serde(rename = "senderPlatformID")]
    pub sender_platform_id: i32,
    pub sender_nickname: String,
    pub session_type: i32,
    pub msg_from: i32,
    pub content_type: i32,
    pub status: i32,
    /// Milliseconds.
    pub send_time: i64,
    pub create_time: i64,
    /// The JSON of the content, as text.
    pub content: String,
    /// 0 before the message is stored.
    pub seq: u32,
    /// `null` when nobody is called. Everywhere else the member is `atUserIDList`.
    pub at_user_list: Option<Vec<String>>,
    /// The sender's.
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub ex: String,
}

/// beforeSendSingleMsg, afterSendSingleMsg.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendSingleMsg {
    #[serde(flatten)]
    pub message: CommonMsg,
    #[serde(rename = "recvID")]
    pub recv_id: String,
}

/// beforeSendGroupMsg, afterSendGroupMsg.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendGroupMsg {
    #[serde(flatten)]
    pub message: CommonMsg,
    #[serde(rename = "groupID")]
    pub group_id: String,
}

/// What beforeMsgModify may replace; an absent or `null` member leaves the message's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgModifyAnswer {
    pub content: Option<String>,
    #[serde(rename = "recvID")]
    pub recv_id: Option<String>,
    #[serde(rename = "groupID")]
    pub group_id: Option<String>,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: Option<String>,
    #[serde(rename = "serverMsgID")]
    pub server_msg_id: Option<String>,
    #[serde(rename = "senderPlatformID")]
    pub sender_platform_id: Option<i32>,
    pub sender_nickname: Option<String>,
    #[serde(rename = "senderFaceURL")]
    pub sender_face_url: Option<String>,
    pub session_type: Option<i32>,
    pub msg_from: Option<i32>,
    pub content_type: Option<i32>,
    pub status: Option<i32>,
    pub options: Option<BTreeMap<String, bool>>,
    pub offline_push_info: Option<OfflinePushInfo>,
    #[serde(rename = "atUserIDList")]
    pub at_user_id_list: Option<Vec<String>>,
    pub attached_info: Option<String>,
    pub ex: Option<String>,
}

/// afterRevokeMsg.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeMsg {
    pub callback_command: String,
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    pub seq: i64,
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// afterSingleMsgRead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SingleMsgRead {
    pub callback_command: String,
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    #[serde(rename = "userID")]
    pub user_id: String,
    /// With a capital on the wire.
    #[serde(rename = "Seqs")]
    pub seqs: Vec<i64>,
    /// The type of the conversation.
    pub content_type: i32,
}

/// afterGroupMsgRead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMsgRead {
    pub callback_command: String,
    /// Whose conversation it is: the reader.
    #[serde(rename = "sendID")]
    pub send_id: String,
    #[serde(rename = "receiveID")]
    pub receive_id: String,
    /// How far the reader has read.
    pub unread_msg_num: i64,
    /// The type of the conversation.
    pub content_type: i32,
}

/// beforeOnlinePush.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OnlinePush {
    pub callback_command: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
    /// The sender's.
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    pub platform: String,
    #[serde(rename = "userIDList")]
    pub user_id_list: Vec<String>,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    #[serde(rename = "sendID")]
    pub send_id: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub content_type: i32,
    pub session_type: i32,
    #[serde(rename = "atUserIDList")]
    pub at_user_id_list: Option<Vec<String>>,
    pub content: String,
}

/// beforeOfflinePush.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfflinePush {
    #[serde(flatten)]
    pub push: OnlinePush,
    #[serde(flatten)]
    pub info: OfflinePushInfo,
}

/// beforeGroupOnlinePush.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupOnlinePush {
    pub callback_command: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    pub platform: String,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    #[serde(rename = "sendID")]
    pub send_id: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub content_type: i32,
    pub session_type: i32,
    #[serde(rename = "atUserIDList")]
    pub at_user_id_list: Option<Vec<String>>,
    pub content: String,
    pub seq: i64,
}

/// What a push hook may replace; an empty list replaces nothing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PushAnswer {
    #[serde(rename = "userIDList")]
    pub user_id_list: Option<Vec<String>>,
    pub offline_push_info: Option<OfflinePushInfo>,
}

/// afterUserOnline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserOnline {
    #[serde(flatten)]
    pub status: UserStatus,
    pub is_app_background: bool,
    #[serde(rename = "connID")]
    pub conn_id: String,
}

/// afterUserOffline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserOffline {
    #[serde(flatten)]
    pub status: UserStatus,
    #[serde(rename = "connID")]
    pub conn_id: String,
}

/// afterUserKickOff, and what the two hooks above have in common with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserStatus {
    pub callback_command: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    pub platform: String,
    #[serde(rename = "userID")]
    pub user_id: String,
    /// When, in milliseconds.
    pub seq: i64,
}
