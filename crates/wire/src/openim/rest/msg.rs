//! Bodies of `/msg/*`: sending as administrator, pulling, revoking, read marks, deleting.
//! `newest_seq`, `pull_msg_by_seq` and `get_conversations_has_read_and_max_seq` are the socket requests 1001, 1002 and
//! 1006 over HTTP: their bodies are the same messages, in [`crate::openim::proto`].

use super::Pagination;
use crate::openim::proto::OfflinePushInfo;
use serde::{Deserialize, Serialize};

/// Body of `POST /msg/search_msg`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchMsgRequest {
    #[serde(rename = "sendID")]
    pub send_id: String,
    #[serde(rename = "recvID")]
    pub recv_id: String,
    pub content_type: i32,
    pub send_time: String,
    pub session_type: i32,
    /// An addition: what the message says. With it matches are counted to the end of the page, and one more if there are more.
    pub content: String,
    /// An addition: only in this conversation.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /msg/search_msg`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchMsgResponse {
    pub chat_logs: Vec<SearchChatLog>,
    pub chat_logs_num: i32,
}

/// Body of `POST /msg/revoke_msg`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RevokeMsgRequest {
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub seq: i64,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Body of `POST /msg/mark_msgs_as_read`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MarkMsgsAsReadRequest {
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub seqs: Vec<i64>,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Body of `POST /msg/mark_conversation_as_read`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MarkConversationAsReadRequest {
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub has_read_seq: i64,
    pub seqs: Vec<i64>,
}

/// Body of `POST /msg/set_conversation_has_read_seq`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetConversationHasReadSeqRequest {
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub has_read_seq: i64,
    pub no_notification: bool,
}

/// Body of `POST /msg/clear_conversation_msg`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClearConversationMsgRequest {
    /// Required.
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    pub delete_sync_opt: Option<DeleteSyncOpt>,
}

/// Body of `POST /msg/user_clear_all_msg`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserClearAllMsgRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    pub delete_sync_opt: Option<DeleteSyncOpt>,
}

/// Body of `POST /msg/delete_msgs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteMsgsRequest {
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub seqs: Vec<i64>,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    pub delete_sync_opt: Option<DeleteSyncOpt>,
}

/// Body of `POST /msg/delete_msg_phsical_by_seq`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteMsgPhsicalBySeqRequest {
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub seqs: Vec<i64>,
}

/// Body of `POST /msg/delete_msg_physical`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteMsgPhysicalRequest {
    /// Required.
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
    pub timestamp: i64,
}

/// Data of the answer to `POST /msg/check_msg_is_send_success`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CheckMsgIsSendSuccessResponse {
    pub status: i32,
}

/// Data of the answer to `POST /msg/get_server_time`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetServerTimeResponse {
    pub server_time: i64,
}

/// Body of `POST /msg/send_msg`; the answer is [`crate::openim::proto::SendMsgResp`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendMsgRequest {
    /// Required.
    #[serde(rename = "sendID")]
    pub send_id: String,
    /// Required for session types 1 and 4.
    #[serde(rename = "recvID")]
    pub recv_id: String,
    /// Required for session type 3.
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub sender_nickname: String,
    #[serde(rename = "senderFaceURL")]
    pub sender_face_url: String,
    #[serde(rename = "senderPlatformID")]
    pub sender_platform_id: i32,
    /// Required: the element as a JSON object; checked by [`crate::openim::elements::validate`].
    pub content: serde_json::Value,
    /// Required.
    pub content_type: i32,
    /// Required, except that content type 1400 forces 4.
    pub session_type: i32,
    /// Not stored, no seq: turns the options off that [`crate::openim::option_key::STORED`] lists.
    pub is_online_only: bool,
    pub not_offline_push: bool,
    /// Milliseconds; 0 is now.
    pub send_time: i64,
    pub offline_push_info: Option<OfflinePushInfo>,
    pub ex: String,
}

/// Body of `POST /msg/send_simple_msg` of newer servers; the message that is answered is named in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendSimpleMsgRequest {
    /// Required: Markdown.
    pub content: String,
    /// Required for groups: who answers.
    #[serde(rename = "sendID")]
    pub send_id: String,
}

/// Body of `POST /msg/send_business_notification`; the answer is that of `/msg/send_msg`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendBusinessNotificationRequest {
    pub key: String,
    pub data: String,
    /// Required.
    #[serde(rename = "sendUserID")]
    pub send_user_id: String,
    /// Required.
    #[serde(rename = "recvUserID")]
    pub recv_user_id: String,
}

/// Body of `POST /msg/batch_send_msg`: one message for many receivers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BatchSendMsgRequest {
    /// Its `recvID` is not used.
    #[serde(flatten)]
    pub message: SendMsgRequest,
    /// Send to every user; `recvIDs` may then be empty.
    pub is_send_all: bool,
    /// Required.
    #[serde(rename = "recvIDs")]
    pub recv_ids: Vec<String>,
}

/// Data of the answer to `POST /msg/batch_send_msg`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BatchSendMsgResponse {
    pub results: Vec<BatchSendMsgResult>,
    #[serde(rename = "failedUserIDs")]
    pub failed_user_ids: Vec<String>,
}

/// What was sent to one receiver; `clientMsgID` is the same for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BatchSendMsgResult {
    #[serde(rename = "serverMsgID")]
    pub server_msg_id: String,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    /// Milliseconds.
    pub send_time: i64,
    #[serde(rename = "recvID")]
    pub recv_id: String,
}

/// `msg.DeleteSyncOpt`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteSyncOpt {
    /// Capital I on the wire.
    #[serde(rename = "IsSyncSelf")]
    pub is_sync_self: bool,
    /// Capital I on the wire.
    #[serde(rename = "IsSyncOther")]
    pub is_sync_other: bool,
}

/// `msg.SearchChatLog`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchChatLog {
    pub chat_log: ChatLog,
    pub is_revoked: bool,
}

/// `msg.ChatLog`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChatLog {
    #[serde(rename = "serverMsgID")]
    pub server_msg_id: String,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    #[serde(rename = "sendID")]
    pub send_id: String,
    #[serde(rename = "recvID")]
    pub recv_id: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub recv_nickname: String,
    #[serde(rename = "senderPlatformID")]
    pub sender_platform_id: i32,
    pub sender_nickname: String,
    #[serde(rename = "senderFaceURL")]
    pub sender_face_url: String,
    pub group_name: String,
    pub session_type: i32,
    pub msg_from: i32,
    pub content_type: i32,
    pub content: String,
    pub status: i32,
    pub send_time: i64,
    pub create_time: i64,
    pub ex: String,
    #[serde(rename = "groupFaceURL")]
    pub group_face_url: String,
    pub group_member_count: u32,
    pub seq: i64,
    pub group_owner: String,
    pub group_type: i32,
}
