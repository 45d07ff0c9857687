//! Bodies of what we add to `/msg/*` for finding messages: by what they say, and conversation by conversation. OpenIM's
//! open edition has no such routes; the spelling follows its other ones.

use super::Pagination;
use super::msg::ChatLog;
use serde::{Deserialize, Serialize};

/// Body of `POST /msg/search_content`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchContentRequest {
    /// Required. In whose conversations.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Only in this one.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required. Words, "quoted phrases", beginnings*.
    pub keyword: String,
    #[serde(rename = "senderUserIDs")]
    pub sender_user_ids: Vec<String>,
    pub content_types: Vec<i32>,
    /// Milliseconds; 0 is no bound.
    pub start_time: i64,
    /// Milliseconds, itself not included; 0 is no bound.
    pub end_time: i64,
    /// The `nextCursor` of the answer before; empty begins with the newest.
    pub cursor: String,
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /msg/search_content`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchContentResponse {
    /// Newest first.
    pub chat_logs: Vec<ConversationChatLog>,
    /// Where to go on; empty when everything was looked at. There may be more even if this answer has less than a page.
    pub next_cursor: String,
}

/// A message and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationChatLog {
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    pub chat_log: ChatLog,
    pub is_revoked: bool,
}

/// Body of `POST /msg/get_conversation_history`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationHistoryRequest {
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// The first message; 0 is the oldest.
    pub begin_seq: i64,
    /// The last message; 0 is the newest.
    pub end_seq: i64,
    /// Pages of it, the newest messages first on page 1; without it the newest of the stretch.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /msg/get_conversation_history`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConversationHistoryResponse {
    /// What was removed for everybody is below.
    pub min_seq: i64,
    pub max_seq: i64,
    /// In the order of `seq`.
    pub chat_logs: Vec<ConversationChatLog>,
}
