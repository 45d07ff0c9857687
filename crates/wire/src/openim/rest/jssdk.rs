//! Bodies of `/jssdk/*`: helper routes for a client library that keeps nothing. That library sends them as protobuf and
//! wants `data` as the base64 of protobuf; others may use JSON, with the same names.

use super::conversation::Conversation;
use super::friend::FriendInfoOnly;
use super::{GroupInfo, UserInfo};
use crate::openim::proto::MsgData;
use serde::{Deserialize, Serialize};

/// Body of `POST /jssdk/get_active_conversations`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetActiveConversationsRequest {
    /// Not read: the owner is whose token it is.
    #[prost(string, tag = "1")]
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// 1 to 500; anything else is 100.
    #[prost(int64, tag = "2")]
    pub count: i64,
}

/// Body of `POST /jssdk/get_conversations`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationsRequest {
    /// Not read: the owner is whose token it is.
    #[prost(string, tag = "1")]
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    #[prost(string, repeated, tag = "2")]
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
}

/// Data of the answers to both.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationsResponse {
    /// Of the conversations in the answer.
    #[prost(int64, tag = "1")]
    pub unread_count: i64,
    #[prost(message, repeated, tag = "2")]
    pub conversations: Vec<ConversationMsg>,
}

/// `jssdk.ConversationMsg`: a conversation with what a list of them shows.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationMsg {
    #[prost(message, optional, tag = "1")]
    pub conversation: Option<Conversation>,
    /// The newest message that the owner has not deleted.
    #[prost(message, optional, tag = "2")]
    pub last_msg: Option<MsgData>,
    /// The other side of a chat of two.
    #[prost(message, optional, tag = "3")]
    pub user: Option<UserInfo>,
    /// What the owner has noted about the other side, if it is a friend.
    #[prost(message, optional, tag = "4")]
    pub friend: Option<FriendInfoOnly>,
    #[prost(message, optional, tag = "5")]
    pub group: Option<GroupInfo>,
    #[prost(int64, tag = "6")]
    pub max_seq: i64,
    #[prost(int64, tag = "7")]
    pub read_seq: i64,
}
