//! Bodies of `/third/*`: push registration, badge, client logs.

use super::Pagination;
use serde::{Deserialize, Serialize};

/// Body of `POST /third/fcm_update_token`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FcmUpdateTokenRequest {
    /// Required.
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    /// Required.
    pub fcm_token: String,
    /// Required.
    pub account: String,
    pub expire_time: i64,
}

/// Body of `POST /third/update_push_token`, which the original does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdatePushTokenRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    /// Required: `apns`, `apns_sandbox`, `fcm` or `web_push`.
    pub provider: String,
    /// Required: a text, or the subscription of a browser as an object or as its JSON.
    pub token: serde_json::Value,
    #[serde(rename = "appID")]
    pub app_id: String,
    /// Unix seconds; 0 for never.
    pub expire_time: i64,
}

/// Body of `POST /third/delete_push_token`, which the original does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeletePushTokenRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub provider: String,
    /// Required, as it was registered.
    pub token: serde_json::Value,
}

/// Body of `POST /third/get_web_push_key`, which the original does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetWebPushKeyRequest {}

/// Data of the answer to `POST /third/get_web_push_key`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetWebPushKeyResponse {
    /// Empty when browsers are not pushed to.
    pub public_key: String,
}

/// Body of `POST /third/set_app_badge`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetAppBadgeRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    pub app_unread_count: i32,
}

/// Body of `POST /third/logs/upload`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogsUploadRequest {
    pub platform: i32,
    /// Required.
    #[serde(rename = "fileURLs")]
    pub file_urls: Vec<FileURL>,
    pub app_framework: String,
    pub version: String,
    pub ex: String,
}

/// Body of `POST /third/logs/delete`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogsDeleteRequest {
    /// Required.
    #[serde(rename = "logIDs")]
    pub log_ids: Vec<String>,
}

/// Body of `POST /third/logs/search`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogsSearchRequest {
    pub keyword: String,
    pub start_time: i64,
    pub end_time: i64,
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /third/logs/search`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogsSearchResponse {
    pub logs_infos: Vec<LogInfo>,
    pub total: u32,
}

/// `third.FileURL`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileURL {
    pub filename: String,
    #[serde(rename = "URL")]
    pub url: String,
}

/// `third.LogInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogInfo {
    #[serde(rename = "userID")]
    pub user_id: String,
    pub platform: String,
    pub url: String,
    pub create_time: i64,
    pub nickname: String,
    #[serde(rename = "logID")]
    pub log_id: String,
    pub filename: String,
    pub system_type: String,
    pub ex: String,
    pub version: String,
}
