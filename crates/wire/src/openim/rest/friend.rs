//! Bodies of `/friend/*`: friends, applications, black list.
//! The incremental and full-id routes are asked with [`super::VersionRequest`] and [`super::FullIdsRequest`].

use super::{Pagination, PublicUserInfo, UserInfo};
use serde::{Deserialize, Serialize};

/// Body of `POST /friend/delete_friend`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteFriendRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "friendUserID")]
    pub friend_user_id: String,
}

/// Body of `POST /friend/get_friend_apply_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetFriendApplyListRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub pagination: Option<Pagination>,
    /// Empty: all. Values of [`crate::openim::handle_result`].
    pub handle_results: Vec<i32>,
}

/// Data of the answer to `POST /friend/get_friend_apply_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetFriendApplyListResponse {
    #[serde(rename = "FriendRequests")]
    pub friend_requests: Vec<FriendRequest>,
    pub total: i32,
}

/// Body of `POST /friend/get_designated_friend_apply`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetDesignatedFriendApplyRequest {
    /// Required.
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    /// Required.
    #[serde(rename = "toUserID")]
    pub to_user_id: String,
}

/// Data of the answer to `POST /friend/get_designated_friend_apply`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetDesignatedFriendApplyResponse {
    pub friend_requests: Vec<FriendRequest>,
}

/// Body of `POST /friend/get_self_friend_apply_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSelfFriendApplyListRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub pagination: Option<Pagination>,
    /// Empty: all. Values of [`crate::openim::handle_result`].
    pub handle_results: Vec<i32>,
}

/// Data of the answer to `POST /friend/get_self_friend_apply_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSelfFriendApplyListResponse {
    pub friend_requests: Vec<FriendRequest>,
    pub total: i32,
}

/// Body of `POST /friend/get_friend_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetFriendListRequest {
    /// Required.
    pub pagination: Option<Pagination>,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Data of the answer to `POST /friend/get_friend_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetFriendListResponse {
    pub friends_info: Vec<FriendInfo>,
    pub total: i32,
}

/// Body of `POST /friend/get_designated_friends`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetDesignatedFriendsRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "friendUserIDs")]
    pub friend_user_ids: Vec<String>,
}

/// Data of the answer to `POST /friend/get_designated_friends`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetDesignatedFriendsResponse {
    pub friends_info: Vec<FriendInfo>,
}

/// Body of `POST /friend/add_friend`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AddFriendRequest {
    /// Required.
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    /// Required.
    #[serde(rename = "toUserID")]
    pub to_user_id: String,
    pub req_msg: String,
    pub ex: String,
}

/// Body of `POST /friend/add_friend_response`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AddFriendResponseRequest {
    /// Required.
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    /// Required.
    #[serde(rename = "toUserID")]
    pub to_user_id: String,
    pub handle_result: i32,
    pub handle_msg: String,
}

/// Body of `POST /friend/set_friend_remark`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetFriendRemarkRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "friendUserID")]
    pub friend_user_id: String,
    pub remark: String,
}

/// Body of `POST /friend/add_black`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AddBlackRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "blackUserID")]
    pub black_user_id: String,
    pub ex: String,
}

/// Body of `POST /friend/get_black_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetBlackListRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /friend/get_black_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetBlackListResponse {
    pub blacks: Vec<BlackInfo>,
    pub total: i32,
}

/// Body of `POST /friend/get_specified_blacks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSpecifiedBlacksRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "userIDList")]
    pub user_id_list: Vec<String>,
}

/// Data of the answer to `POST /friend/get_specified_blacks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSpecifiedBlacksResponse {
    pub blacks: Vec<BlackInfo>,
    pub total: i32,
}

/// Body of `POST /friend/remove_black`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RemoveBlackRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "blackUserID")]
    pub black_user_id: String,
}

/// Data of the answer to `POST /friend/get_incremental_blacks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetIncrementalBlacksResponse {
    pub version: u64,
    #[serde(rename = "versionID")]
    pub version_id: String,
    pub full: bool,
    pub delete: Vec<String>,
    pub insert: Vec<BlackInfo>,
    pub update: Vec<BlackInfo>,
}

/// Body of `POST /friend/import_friend`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImportFriendRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "friendUserIDs")]
    pub friend_user_ids: Vec<String>,
}

/// Body of `POST /friend/is_friend`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IsFriendRequest {
    /// Required.
    #[serde(rename = "userID1")]
    pub user_id1: String,
    /// Required.
    #[serde(rename = "userID2")]
    pub user_id2: String,
}

/// Data of the answer to `POST /friend/is_friend`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IsFriendResponse {
    pub in_user1_friends: bool,
    pub in_user2_friends: bool,
}

/// Body of `POST /friend/get_friend_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetFriendIdRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Data of the answer to `POST /friend/get_friend_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetFriendIdResponse {
    #[serde(rename = "friendIDs")]
    pub friend_ids: Vec<String>,
}

/// Body of `POST /friend/get_specified_friends_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSpecifiedFriendsInfoRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "userIDList")]
    pub user_id_list: Vec<String>,
}

/// Data of the answer to `POST /friend/get_specified_friends_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSpecifiedFriendsInfoResponse {
    pub infos: Vec<GetSpecifiedFriendsInfoInfo>,
}

/// Body of `POST /friend/update_friends`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateFriendsRequest {
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Required.
    #[serde(rename = "friendUserIDs")]
    pub friend_user_ids: Vec<String>,
    pub is_pinned: Option<bool>,
    pub remark: Option<String>,
    pub ex: Option<String>,
}

/// Data of the answer to `POST /friend/get_incremental_friends`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetIncrementalFriendsResponse {
    pub version: u64,
    #[serde(rename = "versionID")]
    pub version_id: String,
    pub full: bool,
    pub delete: Vec<String>,
    pub insert: Vec<FriendInfo>,
    pub update: Vec<FriendInfo>,
    pub sort_version: u64,
}

/// `sdkws.FriendInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendInfo {
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    pub remark: String,
    /// Milliseconds.
    pub create_time: i64,
    /// Never null: clients dereference it unchecked.
    pub friend_user: UserInfo,
    /// 1 import, 2 application.
    pub add_source: i32,
    #[serde(rename = "operatorUserID")]
    pub operator_user_id: String,
    pub ex: String,
    pub is_pinned: bool,
}

/// `relation.FriendInfoOnly`: the same without the friend's record.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendInfoOnly {
    #[prost(string, tag = "1")]
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    #[prost(string, tag = "2")]
    #[serde(rename = "friendUserID")]
    pub friend_user_id: String,
    #[prost(string, tag = "3")]
    pub remark: String,
    /// Milliseconds.
    #[prost(int64, tag = "4")]
    pub create_time: i64,
    #[prost(int32, tag = "5")]
    pub add_source: i32,
    #[prost(string, tag = "6")]
    #[serde(rename = "operatorUserID")]
    pub operator_user_id: String,
    #[prost(string, tag = "7")]
    pub ex: String,
    #[prost(bool, tag = "8")]
    pub is_pinned: bool,
}

/// `sdkws.FriendRequest`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FriendRequest {
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    pub from_nickname: String,
    #[serde(rename = "fromFaceURL")]
    pub from_face_url: String,
    #[serde(rename = "toUserID")]
    pub to_user_id: String,
    pub to_nickname: String,
    #[serde(rename = "toFaceURL")]
    pub to_face_url: String,
    /// 0 open, 1 accepted, -1 rejected.
    pub handle_result: i32,
    pub req_msg: String,
    /// Milliseconds.
    pub create_time: i64,
    #[serde(rename = "handlerUserID")]
    pub handler_user_id: String,
    pub handle_msg: String,
    /// Milliseconds.
    pub handle_time: i64,
    pub ex: String,
}

/// `sdkws.BlackInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BlackInfo {
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Milliseconds.
    pub create_time: i64,
    /// Never null: clients dereference it unchecked.
    pub black_user_info: PublicUserInfo,
    pub add_source: i32,
    #[serde(rename = "operatorUserID")]
    pub operator_user_id: String,
    pub ex: String,
}

/// `relation.GetSpecifiedFriendsInfoInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSpecifiedFriendsInfoInfo {
    pub user_info: UserInfo,
    pub friend_info: Option<FriendInfo>,
    pub black_info: Option<BlackInfo>,
}
