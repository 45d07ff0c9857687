//! Bodies of what we add to `/msg/*` and `/conversation/*`: edits, reactions, pinned messages, readers, deliveries and
//! retention. OpenIM's open edition has no such routes; the spelling follows its other ones. The notices that go with
//! them (1641 to 1643) are here too.

use super::Pagination;
use super::msg::ChatLog;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Body of `POST /msg/edit_msg`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EditMsgRequest {
    /// Required. Who edits.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub seq: i64,
    /// Required. The new element, of the message's own content type.
    pub content: Value,
    /// Left as it is when absent.
    pub ex: Option<String>,
}

/// Body of `POST /msg/get_edits` and `POST /msg/get_reactions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgSeqsRequest {
    /// Required. Who sees them.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required, at most 100.
    pub seqs: Vec<i64>,
}

/// Data of the answer to `POST /msg/get_edits`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetEditsResponse {
    /// Those of the messages that were edited, by seq.
    pub messages: Vec<EditedMsg>,
}

/// A message that was edited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EditedMsg {
    pub seq: i64,
    /// Milliseconds, of the newest edit.
    pub edited_at: i64,
    /// The newest 20 edits, oldest first; only for the sender and for administrators.
    pub edits: Vec<MsgEdit>,
}

/// One edit, and what the message said until then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgEdit {
    #[serde(rename = "userID")]
    pub user_id: String,
    pub edit_time: i64,
    /// The element JSON as text, like `content` of a chat log.
    pub content: String,
    pub ex: String,
}

/// Body of `POST /msg/set_reaction`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetReactionRequest {
    /// Required. Who reacts.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub seq: i64,
    /// Required. 1 to 64 bytes, mostly one emoji.
    pub reaction: String,
    /// A line of the message; 0 is all of it.
    pub line: i32,
    /// Put it, or take it away.
    pub on: bool,
}

/// Data of the answer to `POST /msg/get_reactions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetReactionsResponse {
    /// Those of the messages that have reactions, by seq.
    pub messages: Vec<MsgReactions>,
}

/// The reactions to one message, in the order in which they first came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgReactions {
    pub seq: i64,
    pub reactions: Vec<MsgReaction>,
}

/// One reaction and who has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgReaction {
    pub reaction: String,
    pub line: i32,
    pub count: i64,
    /// Whoever asked is one of them.
    pub is_mine: bool,
    /// The first 20.
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Body of `POST /msg/pin_msg` and `POST /msg/unpin_msg`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PinMsgRequest {
    /// Required. Who pins.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub seq: i64,
}

/// Body of `POST /msg/get_pinned_msgs` and `POST /msg/get_delivery_states`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OfConversationRequest {
    /// Required. Who sees it.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
}

/// Data of the answer to `POST /msg/get_pinned_msgs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetPinnedMsgsResponse {
    /// The newest pin first.
    pub pinned_msgs: Vec<PinnedMsg>,
}

/// A pinned message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PinnedMsg {
    /// Who pinned it.
    #[serde(rename = "userID")]
    pub user_id: String,
    pub pin_time: i64,
    pub chat_log: ChatLog,
}

/// Body of `POST /msg/get_group_msg_readers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupMsgReadersRequest {
    /// Required. Who sees them.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// Required.
    pub seq: i64,
    /// Required. Pages both lists.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /msg/get_group_msg_readers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupMsgReadersResponse {
    pub read_count: i64,
    pub unread_count: i64,
    #[serde(rename = "readUserIDs")]
    pub read_user_ids: Vec<String>,
    #[serde(rename = "unreadUserIDs")]
    pub unread_user_ids: Vec<String>,
}

/// Data of the answer to `POST /msg/get_delivery_states`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetDeliveryStatesResponse {
    pub states: Vec<DeliveryState>,
}

/// How far one participant has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeliveryState {
    #[serde(rename = "userID")]
    pub user_id: String,
    pub delivered_seq: i64,
    pub has_read_seq: i64,
}

/// Body of `POST /conversation/set_retention`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetRetentionRequest {
    /// Required.
    #[serde(rename = "conversationIDs")]
    pub conversation_ids: Vec<String>,
    /// Required. 0 as everywhere, -1 for ever.
    pub seconds: Option<i64>,
}

/// Detail of a notice 1641: a message was edited. It has the message's place, not its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgEditedTips {
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    pub seq: i64,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    pub edit_time: i64,
}

/// Detail of a notice 1642: somebody's reaction came or went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgReactedTips {
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    pub seq: i64,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    pub reaction: String,
    pub line: i32,
    pub on: bool,
    /// How many have it now.
    pub count: i64,
    pub operate_time: i64,
}

/// Detail of a notice 1643: a message was pinned, or is not any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MsgPinnedTips {
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    pub seq: i64,
    #[serde(rename = "clientMsgID")]
    pub client_msg_id: String,
    pub is_pinned: bool,
    pub operate_time: i64,
}
