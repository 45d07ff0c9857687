//! Bodies of friend hooks (webhooks.md §5).

use serde::{Deserialize, Serialize};

/// beforeAddFriend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BeforeAddFriend {
    pub callback_command: String,
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    #[serde(rename = "toUserID")]
    pub to_user_id: String,
    pub req_msg: String,
    pub ex: String,
}

/// afterAddFriend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AfterAddFriend {
    pub callback_command: String,
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    #[serde(rename = "toUserID")]
    pub to_user_id: String,
    pub req_msg: String,
}

/// beforeAddFriendAgree, afterAddFriendAgree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddFriendAgree {
    pub callback_command: String,
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    /// Who was asked: the wire calls them so.
    #[serde(rename = "blackUserID")]
    pub to_user_id: String,
    #[serde(rename = "HandleResult")]
    pub handle_result: i32,
    #[serde(rename = "HandleMsg")]
    pub handle_msg: String,
}

/// afterDeleteFriend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteFriend {
    pub callback_command: String,
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    #[serde(rename = "friendUserID")]
    pub friend_user_id: String,
}

/// beforeSetFriendRemark, afterSetFriendRemark.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetFriendRemark {
    pub callback_command: String,
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    #[serde(rename = "friendUserID")]
    pub friend_user_id: String,
    pub remark: String,
}

/// A remark that is not empty replaces the one that was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RemarkAnswer {
    pub remark: Option<String>,
}

/// beforeAddBlack, afterRemoveBlack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Black {
    pub callback_command: String,
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    #[serde(rename = "blackUserID")]
    pub black_user_id: String,
}

/// beforeImportFriends, afterImportFriends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportFriends {
    pub callback_command: String,
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    #[serde(rename = "friendUserIDs")]
    pub friend_user_ids: Vec<String>,
}

/// A list that is not empty replaces the one that was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ImportFriendsAnswer {
    #[serde(rename = "friendUserIDs")]
    pub friend_user_ids: Option<Vec<String>>,
}
