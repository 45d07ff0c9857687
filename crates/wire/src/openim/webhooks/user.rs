//! Bodies of user hooks (webhooks.md §6).

use serde::{Deserialize, Serialize};

use crate::openim::rest::UserInfo;

/// beforeUserRegister, afterUserRegister.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRegister {
    pub callback_command: String,
    pub users: Vec<UserInfo>,
}

/// A list that is not empty replaces the one that was asked about.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct UserRegisterAnswer {
    pub users: Option<Vec<UserInfo>>,
}

/// afterUpdateUserInfo: texts, "" for what was left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AfterUpdateUserInfo {
    pub callback_command: String,
    #[serde(rename = "userID")]
    pub user_id: String,
    /// With a capital N on the wire.
    pub nick_name: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub ex: String,
}

/// beforeUpdateUserInfo: `ex` is `null` for what was left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BeforeUpdateUserInfo {
    pub callback_command: String,
    #[serde(rename = "userID")]
    pub user_id: String,
    pub nick_name: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub ex: Option<String>,
}

/// beforeUpdateUserInfoEx, afterUpdateUserInfoEx: `null` for what was left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateUserInfoEx {
    pub callback_command: String,
    #[serde(rename = "userID")]
    pub user_id: String,
    pub nick_name: Option<String>,
    #[serde(rename = "faceURL")]
    pub face_url: Option<String>,
    pub ex: Option<String>,
}

/// What may be replaced; an absent or `null` member replaces nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateUserInfoAnswer {
    pub nick_name: Option<String>,
    #[serde(rename = "faceURL")]
    pub face_url: Option<String>,
    pub ex: Option<String>,
}
