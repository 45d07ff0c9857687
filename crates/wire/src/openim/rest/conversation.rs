//! Bodies of `/conversation/*`: one user's view of a chat.
//! How conversation ids are made is in [`crate::openim::conversation_id`].

use super::Pagination;
use serde::{Deserialize, Serialize};

/// Body of `POST /conversation/get_sorted_conversation_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSortedConversationListRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /conversation/get_sorted_conversation_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSortedConversationListResponse {
    pub conversation_total: i64,
    pub unread_total: i64,
    pub conversation_elems: Vec<ConversationElem>,
}

/// Body of `POST /conversation/get_all_conversations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetAllConversationsRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
}

/// Data of the answer to `POST /conversation/get_all_conversations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetAllConversationsResponse {
    pub conversations: Vec<Conversation>,
}

/// Body of `POST /conversation/get_conversation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationRequest {
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
}

/// Data of the answer to `POST /conversation/get_conversation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationResponse {
    pub conversation: Conversation,
}

/// Body of `POST /conversation/get_conversations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationsRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
}

/// Data of the answer to `POST /conversation/get_conversations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationsResponse {
    pub conversations: Vec<Conversation>,
}

/// Body of `POST /conversation/set_conversations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetConversationsRequest {
    /// Required.
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
    /// Required.
    pub conversation: Option<ConversationReq>,
}

/// Body of `POST /conversation/get_conversation_offline_push_user_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationOfflinePushUserIdsRequest {
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Data of the answer to `POST /conversation/get_conversation_offline_push_user_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationOfflinePushUserIdsResponse {
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Data of the answer to `POST /conversation/get_full_conversation_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetFullConversationIdsResponse {
    pub version: u64,
    #[serde(rename = "versionID")]
    pub version_id: String,
    pub equal: bool,
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
}

/// Data of the answer to `POST /conversation/get_incremental_conversations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetIncrementalConversationsResponse {
    pub version: u64,
    #[serde(rename = "versionID")]
    pub version_id: String,
    pub full: bool,
    pub delete: Vec<String>,
    pub insert: Vec<Conversation>,
    pub update: Vec<Conversation>,
}

/// Body of `POST /conversation/get_owner_conversation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetOwnerConversationRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /conversation/get_owner_conversation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetOwnerConversationResponse {
    pub total: i64,
    pub conversations: Vec<Conversation>,
}

/// Body of `POST /conversation/get_not_notify_conversation_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetNotNotifyConversationIdsRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Data of the answer to `POST /conversation/get_not_notify_conversation_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetNotNotifyConversationIdsResponse {
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
}

/// Body of `POST /conversation/get_pinned_conversation_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetPinnedConversationIdsRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Data of the answer to `POST /conversation/get_pinned_conversation_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetPinnedConversationIdsResponse {
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
}

/// Body of `POST /conversation/update_conversations_by_user`, of newer servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateConversationsByUserRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    pub ex: Option<String>,
}

/// `conversation.Conversation`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Conversation {
    #[prost(string, tag = "1")]
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    #[prost(string, tag = "2")]
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// 0 receive+notify, 1 do not receive, 2 receive without notification.
    #[prost(int32, tag = "3")]
    pub recv_msg_opt: i32,
    /// 1 single, 3 group, 4 notification.
    #[prost(int32, tag = "4")]
    pub conversation_type: i32,
    #[prost(string, tag = "5")]
    #[serde(rename = "userID")]
    pub user_id: String,
    #[prost(string, tag = "6")]
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[prost(bool, tag = "7")]
    pub is_pinned: bool,
    #[prost(string, tag = "8")]
    pub attached_info: String,
    #[prost(bool, tag = "9")]
    pub is_private_chat: bool,
    /// 0 none, 1 @me, 2 @all, 3 @all @me, 4 group announcement.
    #[prost(int32, tag = "10")]
    pub group_at_type: i32,
    #[prost(string, tag = "11")]
    pub ex: String,
    /// Seconds.
    #[prost(int32, tag = "12")]
    pub burn_duration: i32,
    /// Lower bound for this user.
    #[prost(int64, tag = "13")]
    pub min_seq: i64,
    /// Not 0 when the user left the group.
    #[prost(int64, tag = "14")]
    pub max_seq: i64,
    /// Seconds.
    #[prost(int64, tag = "15")]
    pub msg_destruct_time: i64,
    /// Milliseconds; the original writes −62135596800000 for "never".
    #[prost(int64, tag = "16")]
    pub latest_msg_destruct_time: i64,
    #[prost(bool, tag = "17")]
    pub is_msg_destruct: bool,
}

/// `conversation.ConversationReq`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationReq {
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub conversation_type: i32,
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub recv_msg_opt: Option<i32>,
    pub is_pinned: Option<bool>,
    pub attached_info: Option<String>,
    pub is_private_chat: Option<bool>,
    pub ex: Option<String>,
    pub burn_duration: Option<i32>,
    pub min_seq: Option<i64>,
    pub max_seq: Option<i64>,
    pub group_at_type: Option<i32>,
    pub msg_destruct_time: Option<i64>,
    pub is_msg_destruct: Option<bool>,
}

/// `conversation.ConversationElem`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationElem {
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    pub recv_msg_opt: i32,
    pub unread_count: i64,
    #[serde(rename = "IsPinned")]
    pub is_pinned: bool,
    pub msg_info: Option<MsgInfo>,
}

/// `conversation.MsgInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgInfo {
    #[serde(rename = "serverMsgID")]
    pub server_msg_id: String,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    pub session_type: i32,
    #[serde(rename = "sendID")]
    pub send_id: String,
    #[serde(rename = "recvID")]
    pub recv_id: String,
    pub sender_name: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub group_name: String,
    #[serde(rename = "groupFaceURL")]
    pub group_face_url: String,
    pub group_type: i32,
    pub group_member_count: u32,
    #[serde(rename = "LatestMsgRecvTime")]
    pub latest_msg_recv_time: i64,
    pub msg_from: i32,
    pub content_type: i32,
    pub content: String,
    pub ex: String,
}
