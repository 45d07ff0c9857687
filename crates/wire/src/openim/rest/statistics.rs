//! Bodies of `/statistics/*`: counts for the administrator's console.

use super::{GroupInfo, Pagination, UserInfo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Body of `POST /statistics/user/register`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserRegisterRequest {
    /// Required. Milliseconds.
    pub start: i64,
    /// Required. Milliseconds.
    pub end: i64,
}

/// Data of the answer to `POST /statistics/user/register`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserRegisterResponse {
    pub total: i64,
    pub before: i64,
    pub count: BTreeMap<String, i64>,
}

/// Body of `POST /statistics/user/active`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserActiveRequest {
    /// Required. Milliseconds.
    pub start: i64,
    /// Required. Milliseconds.
    pub end: i64,
    pub ase: bool,
    pub group: bool,
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /statistics/user/active`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserActiveResponse {
    pub msg_count: i64,
    pub user_count: i64,
    pub date_count: BTreeMap<String, i64>,
    pub users: Vec<ActiveUser>,
}

/// Body of `POST /statistics/group/active`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupActiveRequest {
    /// Required. Milliseconds.
    pub start: i64,
    /// Required. Milliseconds.
    pub end: i64,
    pub ase: bool,
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /statistics/group/active`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupActiveResponse {
    pub msg_count: i64,
    pub group_count: i64,
    pub date_count: BTreeMap<String, i64>,
    pub groups: Vec<ActiveGroup>,
}

/// Body of `POST /statistics/group/create`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupCreateRequest {
    /// Required. Milliseconds.
    pub start: i64,
    /// Required. Milliseconds.
    pub end: i64,
}

/// Data of the answer to `POST /statistics/group/create`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupCreateResponse {
    pub total: i64,
    pub before: i64,
    /// By date, "YYYY-MM-DD".
    pub count: BTreeMap<String, i64>,
}

/// `msg.ActiveUser`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActiveUser {
    pub user: UserInfo,
    pub count: i64,
}

/// `msg.ActiveGroup`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActiveGroup {
    pub group: GroupInfo,
    pub count: i64,
}
