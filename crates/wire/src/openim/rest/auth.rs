//! Bodies of `/auth/*`: tokens for administrators and users.
//! `force_logout` answers without data.

use serde::{Deserialize, Serialize};

/// Body of `POST /auth/get_admin_token`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetAdminTokenRequest {
    /// Required.
    pub secret: String,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Data of the answers to `POST /auth/get_admin_token` and `/auth/get_user_token`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenResponse {
    pub token: String,
    /// Life time in seconds, a duration.
    pub expire_time_seconds: i64,
}

/// Body of `POST /auth/get_user_token`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUserTokenRequest {
    /// Required.
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Body of `POST /auth/parse_token`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ParseTokenRequest {
    /// Required.
    pub token: String,
}

/// Data of the answer to `POST /auth/parse_token`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ParseTokenResponse {
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    /// Unix time of expiry in seconds, absolute.
    pub expire_time_seconds: i64,
}

/// Body of `POST /auth/force_logout`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForceLogoutRequest {
    /// Required.
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}
