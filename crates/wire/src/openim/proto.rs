//! The protobuf messages inside socket envelopes (messages.md §1), written out by hand so that no `protoc` is needed.
//! Field numbers are the wire contract; the serde names are those of the REST side, which sends some of the same
//! messages as JSON. Names of messages are those of the original, so that its sources can be searched.

use super::json;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `sdkws.MsgData`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgData {
    #[prost(string, tag = "1")]
    #[serde(rename = "sendID")]
    pub send_id: String,
    /// The peer; in server-made group notifications the group id.
    #[prost(string, tag = "2")]
    #[serde(rename = "recvID")]
    pub recv_id: String,
    /// Set for session type 3.
    #[prost(string, tag = "3")]
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// 32 hex characters chosen by the sender: what client libraries know a message by.
    #[prost(string, tag = "4")]
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    /// Set by the server.
    #[prost(string, tag = "5")]
    #[serde(rename = "serverMsgID")]
    pub server_msg_id: String,
    #[prost(int32, tag = "6")]
    #[serde(rename = "senderPlatformID")]
    pub sender_platform_id: i32,
    /// As the client says; not looked up.
    #[prost(string, tag = "7")]
    pub sender_nickname: String,
    /// As the client says; not looked up.
    #[prost(string, tag = "8")]
    #[serde(rename = "senderFaceURL")]
    pub sender_face_url: String,
    /// See [`super::session_type`].
    #[prost(int32, tag = "9")]
    pub session_type: i32,
    /// See [`super::msg_from`].
    #[prost(int32, tag = "10")]
    pub msg_from: i32,
    /// See [`super::content_type`].
    #[prost(int32, tag = "11")]
    pub content_type: i32,
    /// JSON text in UTF-8: the element of `content_type`.
    #[prost(bytes = "bytes", tag = "12")]
    #[serde(with = "json::base64_string")]
    pub content: Bytes,
    /// 1 and up within a conversation; 0: not stored.
    #[prost(int64, tag = "14")]
    pub seq: i64,
    /// Milliseconds; the server sets it when 0.
    #[prost(int64, tag = "15")]
    pub send_time: i64,
    /// Milliseconds, as the client says.
    #[prost(int64, tag = "16")]
    pub create_time: i64,
    /// See [`super::msg_status`].
    #[prost(int32, tag = "17")]
    pub status: i32,
    /// Single chat: the receiver has read it.
    #[prost(bool, tag = "18")]
    pub is_read: bool,
    /// Keys in [`super::option_key`]; a missing key means true.
    #[prost(btree_map = "string, bool", tag = "19")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub options: BTreeMap<String, bool>,
    #[prost(message, optional, tag = "20")]
    pub offline_push_info: Option<OfflinePushInfo>,
    /// User ids; [`super::group_at_type::AT_ALL_TAG`] is everybody.
    #[prost(string, repeated, tag = "21")]
    #[serde(rename = "atUserIDList", deserialize_with = "json::null_as_default")]
    pub at_user_id_list: Vec<String>,
    /// JSON text of the client library, "null" or ""; opaque here.
    #[prost(string, tag = "22")]
    pub attached_info: String,
    /// App data.
    #[prost(string, tag = "23")]
    pub ex: String,
}

/// `sdkws.OfflinePushInfo`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OfflinePushInfo {
    #[prost(string, tag = "1")]
    pub title: String,
    #[prost(string, tag = "2")]
    pub desc: String,
    #[prost(string, tag = "3")]
    pub ex: String,
    #[prost(string, tag = "4")]
    #[serde(rename = "iOSPushSound")]
    pub ios_push_sound: String,
    #[prost(bool, tag = "5")]
    #[serde(rename = "iOSBadgeCount")]
    pub ios_badge_count: bool,
    #[prost(string, tag = "6")]
    pub signal_info: String,
}

/// `sdkws.PushMessages`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PushMessages {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub msgs: BTreeMap<String, PullMsgs>,
    #[prost(btree_map = "string, message", tag = "2")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub notification_msgs: BTreeMap<String, PullMsgs>,
}

/// `sdkws.PullMsgs`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PullMsgs {
    /// Capital M on the JSON side.
    #[prost(message, repeated, tag = "1")]
    #[serde(rename = "Msgs", deserialize_with = "json::null_as_default")]
    pub msgs: Vec<MsgData>,
    /// No more in that direction.
    #[prost(bool, tag = "2")]
    pub is_end: bool,
    /// Only 1005.
    #[prost(int64, tag = "3")]
    pub end_seq: i64,
}

/// `sdkws.GetMaxSeqReq`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetMaxSeqReq {
    #[prost(string, tag = "1")]
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// `sdkws.GetMaxSeqResp`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetMaxSeqResp {
    /// ConversationID → newest seq.
    #[prost(btree_map = "string, int64", tag = "1")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub max_seqs: BTreeMap<String, i64>,
    /// Not filled in this revision.
    #[prost(btree_map = "string, int64", tag = "2")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub min_seqs: BTreeMap<String, i64>,
}

/// `sdkws.PullMessageBySeqsReq`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PullMessageBySeqsReq {
    #[prost(string, tag = "1")]
    #[serde(rename = "userID")]
    pub user_id: String,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub seq_ranges: Vec<SeqRange>,
    /// 0 ascending, 1 descending; see [`super::pull_order`].
    #[prost(int32, tag = "3")]
    pub order: i32,
}

/// `sdkws.SeqRange`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SeqRange {
    #[prost(string, tag = "1")]
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Inclusive.
    #[prost(int64, tag = "2")]
    pub begin: i64,
    /// Inclusive.
    #[prost(int64, tag = "3")]
    pub end: i64,
    /// At most this many (the newest of the range) for chat conversations; ignored for n_.
    #[prost(int64, tag = "4")]
    pub num: i64,
}

/// `sdkws.PullMessageBySeqsResp`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PullMessageBySeqsResp {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub msgs: BTreeMap<String, PullMsgs>,
    #[prost(btree_map = "string, message", tag = "2")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub notification_msgs: BTreeMap<String, PullMsgs>,
}

/// `sdkws.UserSendMsgResp`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserSendMsgResp {
    #[prost(string, tag = "1")]
    #[serde(rename = "serverMsgID")]
    pub server_msg_id: String,
    #[prost(string, tag = "2")]
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    #[prost(int64, tag = "3")]
    pub send_time: i64,
}

/// `msg.SendMsgResp`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendMsgResp {
    #[prost(string, tag = "1")]
    #[serde(rename = "serverMsgID")]
    pub server_msg_id: String,
    #[prost(string, tag = "2")]
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    #[prost(int64, tag = "3")]
    pub send_time: i64,
    /// Newer protocol: the message as a hook changed it.
    #[prost(message, optional, tag = "4")]
    pub modify: Option<MsgData>,
}

/// `msg.GetSeqMessageReq`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSeqMessageReq {
    #[prost(string, tag = "1")]
    #[serde(rename = "userID")]
    pub user_id: String,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub conversations: Vec<ConversationSeqs>,
    /// 0 ascending, 1 descending; see [`super::pull_order`].
    #[prost(int32, tag = "3")]
    pub order: i32,
}

/// `msg.ConversationSeqs`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationSeqs {
    /// The numbers of this message start at 2.
    #[prost(string, tag = "2")]
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    #[prost(int64, repeated, tag = "3")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub seqs: Vec<i64>,
}

/// `msg.GetSeqMessageResp`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSeqMessageResp {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub msgs: BTreeMap<String, PullMsgs>,
    #[prost(btree_map = "string, message", tag = "2")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub notification_msgs: BTreeMap<String, PullMsgs>,
}

/// `msg.GetConversationsHasReadAndMaxSeqReq`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationsHasReadAndMaxSeqReq {
    #[prost(string, tag = "1")]
    #[serde(rename = "userID")]
    pub user_id: String,
    #[prost(string, repeated, tag = "2")]
    #[serde(rename = "conversationIDs", deserialize_with = "json::null_as_default")]
    pub conversation_ids: Vec<String>,
    #[prost(bool, tag = "3")]
    pub return_pinned: bool,
}

/// `msg.GetConversationsHasReadAndMaxSeqResp`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationsHasReadAndMaxSeqResp {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub seqs: BTreeMap<String, Seqs>,
    /// Only if returnPinned; not filled in this revision.
    #[prost(string, repeated, tag = "2")]
    #[serde(
        rename = "pinnedConversationIDs",
        deserialize_with = "json::null_as_default"
    )]
    pub pinned_conversation_ids: Vec<String>,
}

/// `msg.Seqs`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Seqs {
    #[prost(int64, tag = "1")]
    pub max_seq: i64,
    #[prost(int64, tag = "2")]
    pub has_read_seq: i64,
    /// Milliseconds: send time of the newest message, or 0.
    #[prost(int64, tag = "3")]
    pub max_seq_time: i64,
}

/// `msg.GetLastMessageReq`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetLastMessageReq {
    #[prost(string, tag = "1")]
    #[serde(rename = "userID")]
    pub user_id: String,
    #[prost(string, repeated, tag = "2")]
    #[serde(rename = "conversationIDs", deserialize_with = "json::null_as_default")]
    pub conversation_ids: Vec<String>,
}

/// `msg.GetLastMessageResp`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetLastMessageResp {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub msgs: BTreeMap<String, MsgData>,
}

/// `sdkws.SetAppBackgroundStatusReq`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetAppBackgroundStatusReq {
    #[prost(string, tag = "1")]
    #[serde(rename = "userID")]
    pub user_id: String,
    #[prost(bool, tag = "2")]
    pub is_background: bool,
}

/// `sdkws.SetAppBackgroundStatusResp`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
pub struct SetAppBackgroundStatusResp {}

/// `sdkws.SubUserOnlineStatus`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubUserOnlineStatus {
    #[prost(string, repeated, tag = "1")]
    #[serde(rename = "subscribeUserID", deserialize_with = "json::null_as_default")]
    pub subscribe_user_id: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    #[serde(
        rename = "unsubscribeUserID",
        deserialize_with = "json::null_as_default"
    )]
    pub unsubscribe_user_id: Vec<String>,
}

/// `sdkws.SubUserOnlineStatusTips`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubUserOnlineStatusTips {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "json::null_as_default")]
    pub subscribers: Vec<SubUserOnlineStatusElem>,
}

/// `sdkws.SubUserOnlineStatusElem`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubUserOnlineStatusElem {
    #[prost(string, tag = "1")]
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Empty: offline.
    #[prost(int32, repeated, tag = "2")]
    #[serde(
        rename = "onlinePlatformIDs",
        deserialize_with = "json::null_as_default"
    )]
    pub online_platform_ids: Vec<i32>,
}

/// `push.DelUserPushTokenReq`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DelUserPushTokenReq {
    #[prost(string, tag = "1")]
    #[serde(rename = "userID")]
    pub user_id: String,
    #[prost(int32, tag = "2")]
    #[serde(rename = "platformID")]
    pub platform_id: i32,
}

/// `push.DelUserPushTokenResp`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
pub struct DelUserPushTokenResp {}
