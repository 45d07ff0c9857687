//! Bodies of `/user/*`: registration, profiles, online state, notification accounts, per-user commands.
//! Routes without a struct here have an empty request or answer.

use super::{Pagination, UserInfo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Body of `POST /user/user_register`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserRegisterRequest {
    /// Required.
    pub users: Vec<UserInfo>,
}

/// Body of `POST /user/update_user_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateUserInfoRequest {
    /// Required.
    pub user_info: Option<UserInfo>,
}

/// Body of `POST /user/update_user_info_ex`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateUserInfoExRequest {
    /// Required.
    pub user_info: Option<UserInfoWithEx>,
}

/// Body of `POST /user/set_global_msg_recv_opt`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetGlobalMsgRecvOptRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    pub global_recv_msg_opt: i32,
}

/// Body of `POST /user/get_users_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUsersInfoRequest {
    /// Required.
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Data of the answer to `POST /user/get_users_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUsersInfoResponse {
    pub users_info: Vec<UserInfo>,
}

/// Body of `POST /user/get_all_users_uid`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetAllUsersUidRequest {
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /user/get_all_users_uid`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetAllUsersUidResponse {
    pub total: i32,
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Body of `POST /user/account_check`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountCheckRequest {
    /// Required.
    #[serde(rename = "checkUserIDs")]
    pub check_user_ids: Vec<String>,
}

/// Data of the answer to `POST /user/account_check`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountCheckResponse {
    pub results: Vec<AccountCheckRespSingleUserStatus>,
}

/// Body of `POST /user/get_users`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUsersRequest {
    /// Required.
    pub pagination: Option<Pagination>,
    #[serde(rename = "userID")]
    pub user_id: String,
    pub nick_name: String,
}

/// Data of the answer to `POST /user/get_users`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUsersResponse {
    pub total: i32,
    pub users: Vec<UserInfo>,
}

/// Body of `POST /user/subscribe_users_status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubscribeUsersStatusRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
    /// Required.
    pub genre: i32,
}

/// Data of the answer to `POST /user/subscribe_users_status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubscribeUsersStatusResponse {
    pub status_list: Vec<OnlineStatus>,
}

/// Body of `POST /user/get_users_status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUsersStatusRequest {
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Data of the answer to `POST /user/get_users_status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUsersStatusResponse {
    pub status_list: Vec<OnlineStatus>,
}

/// Body of `POST /user/get_subscribe_users_status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSubscribeUsersStatusRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Data of the answer to `POST /user/get_subscribe_users_status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSubscribeUsersStatusResponse {
    pub status_list: Vec<OnlineStatus>,
}

/// Body of `POST /user/process_user_command_add`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessUserCommandAddRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "type")]
    pub kind: i32,
    /// Required.
    pub uuid: String,
    pub value: Option<String>,
    pub ex: Option<String>,
}

/// Body of `POST /user/process_user_command_delete`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessUserCommandDeleteRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "type")]
    pub kind: i32,
    /// Required.
    pub uuid: String,
}

/// Body of `POST /user/process_user_command_update`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessUserCommandUpdateRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "type")]
    pub kind: i32,
    /// Required.
    pub uuid: String,
    pub value: Option<String>,
    pub ex: Option<String>,
}

/// Body of `POST /user/process_user_command_get`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessUserCommandGetRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    #[serde(rename = "type")]
    pub kind: i32,
}

/// Data of the answer to `POST /user/process_user_command_get`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessUserCommandGetResponse {
    #[serde(rename = "CommandResp")]
    pub command_resp: Vec<CommandInfoResp>,
}

/// Body of `POST /user/process_user_command_get_all`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessUserCommandGetAllRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Data of the answer to `POST /user/process_user_command_get_all`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessUserCommandGetAllResponse {
    #[serde(rename = "CommandResp")]
    pub command_resp: Vec<AllCommandInfoResp>,
}

/// Body of `POST /user/add_notification_account`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AddNotificationAccountRequest {
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub nick_name: String,
    /// Required.
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub app_manger_level: i32,
}

/// Data of the answer to `POST /user/add_notification_account`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AddNotificationAccountResponse {
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub nick_name: String,
    pub app_manger_level: i32,
}

/// Body of `POST /user/update_notification_account`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateNotificationAccountRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub nick_name: String,
}

/// Body of `POST /user/search_notification_account`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchNotificationAccountRequest {
    pub keyword: String,
    pub app_manager_level: Option<i32>,
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /user/search_notification_account`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchNotificationAccountResponse {
    pub total: i64,
    pub notification_accounts: Vec<NotificationAccountInfo>,
}

/// Body of `POST /user/get_users_online_status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUsersOnlineStatusRequest {
    /// Required.
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Body of `POST /user/get_users_online_token_detail`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUsersOnlineTokenDetailRequest {
    /// Required.
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Element of the answer to `POST /user/get_users_online_status`: one for each requested id, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserOnlineStatus {
    #[serde(rename = "userID")]
    pub user_id: String,
    /// 1 online, 0 offline.
    pub status: i32,
    /// Null for an offline user.
    pub detail_platform_status: Option<Vec<PlatformStatus>>,
}

/// One connection of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlatformStatus {
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    #[serde(rename = "connID")]
    pub conn_id: String,
    pub is_background: bool,
    pub token: String,
}

/// Element of the answer to `POST /user/get_users_online_token_detail`, which lists online users only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserOnlineTokens {
    #[serde(rename = "userID")]
    pub user_id: String,
    /// 1 online.
    pub status: i32,
    pub single_platform_token: Vec<PlatformTokens>,
}

/// The tokens a user is connected with on one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlatformTokens {
    #[serde(rename = "platformID")]
    pub platform_id: i32,
    pub total: i32,
    pub token: Vec<String>,
}

/// Body of `POST /user/get_user_client_config` of newer servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUserClientConfigRequest {
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Data of the answer to `POST /user/get_user_client_config`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUserClientConfigResponse {
    /// The user's own values over everybody's.
    pub configs: BTreeMap<String, String>,
}

/// Body of `POST /user/set_user_client_config` of newer servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetUserClientConfigRequest {
    /// Empty: everybody's.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// A null is not read: it leaves the value as it is.
    pub configs: BTreeMap<String, String>,
}

/// Body of `POST /user/del_user_client_config` of newer servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DelUserClientConfigRequest {
    /// Empty: everybody's.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub keys: Vec<String>,
}

/// Body of `POST /user/page_user_client_config` of newer servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PageUserClientConfigRequest {
    /// Empty: of all.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Empty: all.
    pub key: String,
    /// Required.
    pub pagination: Option<Pagination>,
}

/// Data of the answer to `POST /user/page_user_client_config`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PageUserClientConfigResponse {
    pub total: i64,
    pub configs: Vec<ClientConfig>,
}

/// `user.ClientConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientConfig {
    /// Empty: everybody's.
    #[serde(rename = "userID")]
    pub user_id: String,
    pub key: String,
    pub value: String,
}

/// `sdkws.UserInfoWithEx`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserInfoWithEx {
    /// Required; the others: null is unchanged.
    #[serde(rename = "userID")]
    pub user_id: String,
    pub nickname: Option<String>,
    #[serde(rename = "faceURL")]
    pub face_url: Option<String>,
    pub ex: Option<String>,
    pub global_recv_msg_opt: Option<i32>,
}

/// `user.AccountCheckRespSingleUserStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountCheckRespSingleUserStatus {
    #[serde(rename = "userID")]
    pub user_id: String,
    pub account_status: i32,
}

/// `user.OnlineStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OnlineStatus {
    #[serde(rename = "userID")]
    pub user_id: String,
    pub status: i32,
    #[serde(rename = "platformIDs")]
    pub platform_ids: Vec<i32>,
}

/// `user.CommandInfoResp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CommandInfoResp {
    #[serde(rename = "type")]
    pub kind: i32,
    pub create_time: i64,
    pub uuid: String,
    pub value: String,
    pub ex: String,
}

/// `user.AllCommandInfoResp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AllCommandInfoResp {
    #[serde(rename = "type")]
    pub kind: i32,
    pub create_time: i64,
    pub uuid: String,
    pub value: String,
    pub ex: String,
}

/// `user.NotificationAccountInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NotificationAccountInfo {
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub nick_name: String,
    pub app_manger_level: i32,
}
