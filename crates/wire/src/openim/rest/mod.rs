//! The REST side (rest.md): one module for each group of routes, one struct for each body.
//! A body is named by its path plus `Request` or `Response`: the last segment, or in [`third`] and [`statistics`] all
//! segments after the group. Types inside bodies keep the original's names.
//!
//! Zero values are always written; what a client leaves out reads as zero, and an `Option` tells "not set" from zero.
//! The server drops JSON nulls from a request before it is read, so a null list is an absent one.

pub mod auth;
pub mod conversation;
pub mod extras;
pub mod friend;
pub mod group;
pub mod jssdk;
pub mod msg;
pub mod object;
pub mod search;
pub mod statistics;
pub mod third;
pub mod user;
pub mod webhooks;

use serde::{Deserialize, Serialize};

/// The envelope of every answer; HTTP status is 200 whatever it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply<T> {
    /// 0 is success; numbers are in [`crate::openim::errors`].
    #[serde(default)]
    pub err_code: i32,
    /// The fixed name of the error, see [`crate::openim::errors::name`].
    #[serde(default)]
    pub err_msg: String,
    /// Free text, may be empty.
    #[serde(default)]
    pub err_dlt: String,
    /// Absent on an error, and in answers without fields.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
}

impl<T> Reply<T> {
    /// A success that carries `data`.
    pub const fn ok(data: T) -> Reply<T> {
        Reply {
            err_code: 0,
            err_msg: String::new(),
            err_dlt: String::new(),
            data: Some(data),
        }
    }

    /// A success without data, or a refusal when `err_code` is not 0.
    pub const fn bare(err_code: i32, err_msg: String, err_dlt: String) -> Reply<T> {
        Reply {
            err_code,
            err_msg,
            err_dlt,
            data: None,
        }
    }
}

/// What changed in a version log of `userID` since `version` (sync.md §3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VersionRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Which log the client knows; another one than the server's means "send everything".
    #[serde(rename = "versionID")]
    pub version_id: String,
    pub version: u64,
}

/// The full, ordered list of ids of one of `userID`'s lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FullIdsRequest {
    /// Hash of the list the client has (sync.md §3); client libraries always send 0.
    pub id_hash: u64,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// The ordered user ids of a friend list or a group; the order is the one clients display.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FullUserIdsResponse {
    pub version: u64,
    #[serde(rename = "versionID")]
    pub version_id: String,
    /// The client's hash matched, so the list is left empty.
    pub equal: bool,
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// How many applications wait for `userID` since `time`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UnhandledCountRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Milliseconds, inclusive.
    pub time: i64,
}

/// Answer to [`UnhandledCountRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UnhandledCountResponse {
    pub count: i64,
}

/// `sdkws.RequestPagination`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pagination {
    /// From 1.
    pub page_number: i32,
    /// Page size, at least 1.
    pub show_number: i32,
}

/// `sdkws.UserInfo`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserInfo {
    #[prost(string, tag = "1")]
    #[serde(rename = "userID")]
    pub user_id: String,
    #[prost(string, tag = "2")]
    pub nickname: String,
    #[prost(string, tag = "3")]
    #[serde(rename = "faceURL")]
    pub face_url: String,
    #[prost(string, tag = "4")]
    pub ex: String,
    /// Milliseconds.
    #[prost(int64, tag = "5")]
    pub create_time: i64,
    /// 1 user, 2 app admin, 3 notification account, 4 robot ("Manger" is the wire spelling).
    #[prost(int32, tag = "6")]
    pub app_manger_level: i32,
    /// 0 receive, 1 not receive, 2 no offline push.
    #[prost(int32, tag = "7")]
    pub global_recv_msg_opt: i32,
}

/// `sdkws.PublicUserInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PublicUserInfo {
    #[serde(rename = "userID")]
    pub user_id: String,
    pub nickname: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub ex: String,
}

/// `sdkws.GroupInfo`.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupInfo {
    #[prost(string, tag = "1")]
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[prost(string, tag = "2")]
    pub group_name: String,
    #[prost(string, tag = "3")]
    pub notification: String,
    #[prost(string, tag = "4")]
    pub introduction: String,
    #[prost(string, tag = "5")]
    #[serde(rename = "faceURL")]
    pub face_url: String,
    #[prost(string, tag = "6")]
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    /// Milliseconds.
    #[prost(int64, tag = "7")]
    pub create_time: i64,
    #[prost(uint32, tag = "8")]
    pub member_count: u32,
    #[prost(string, tag = "9")]
    pub ex: String,
    /// 0 ok, 1 banned, 2 dismissed, 3 muted.
    #[prost(int32, tag = "10")]
    pub status: i32,
    #[prost(string, tag = "11")]
    #[serde(rename = "creatorUserID")]
    pub creator_user_id: String,
    /// Always 2, see [`crate::openim::group_status::WORKING_GROUP`].
    #[prost(int32, tag = "12")]
    pub group_type: i32,
    /// 0 apply needs approval, invite direct; 1 all need approval (except invite by owner/admin); 2 join directly.
    #[prost(int32, tag = "13")]
    pub need_verification: i32,
    /// 0 members may view profiles, 1 not.
    #[prost(int32, tag = "14")]
    pub look_member_info: i32,
    /// 0 members may add each other as friend, 1 not.
    #[prost(int32, tag = "15")]
    pub apply_member_friend: i32,
    /// Milliseconds.
    #[prost(int64, tag = "16")]
    pub notification_update_time: i64,
    #[prost(string, tag = "17")]
    #[serde(rename = "notificationUserID")]
    pub notification_user_id: String,
}
