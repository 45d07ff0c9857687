//! Bodies of `/group/*`: groups, members, join applications.
//! `roleLevel` and `status` numbers are in [`crate::openim::role`] and [`crate::openim::group_status`].

use super::{GroupInfo, Pagination, PublicUserInfo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Body of `POST /group/create_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateGroupRequest {
    #[serde(rename = "memberUserIDs")]
    pub member_user_ids: Vec<String>,
    /// Required.
    pub group_info: Option<GroupInfo>,
    #[serde(rename = "adminUserIDs")]
    pub admin_user_ids: Vec<String>,
    /// Required.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: String,
    pub send_message: Option<bool>,
}

/// Data of the answer to `POST /group/create_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateGroupResponse {
    pub group_info: GroupInfo,
}

/// Body of `POST /group/set_group_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetGroupInfoRequest {
    /// Required.
    pub group_info_for_set: Option<GroupInfoForSet>,
}

/// Body of `POST /group/set_group_info_ex`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetGroupInfoExRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub group_name: Option<String>,
    pub notification: Option<String>,
    pub introduction: Option<String>,
    #[serde(rename = "faceURL")]
    pub face_url: Option<String>,
    pub ex: Option<String>,
    pub need_verification: Option<i32>,
    pub look_member_info: Option<i32>,
    pub apply_member_friend: Option<i32>,
}

/// Body of `POST /group/join_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JoinGroupRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub req_message: String,
    /// Required.
    pub join_source: i32,
    /// Required.
    #[serde(rename = "inviterUserID")]
    pub inviter_user_id: String,
    pub ex: String,
}

/// Body of `POST /group/quit_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QuitGroupRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Body of `POST /group/group_application_response`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupApplicationResponseRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// Required.
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    pub handled_msg: String,
    pub handle_result: i32,
}

/// Body of `POST /group/transfer_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TransferGroupRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// Required.
    #[serde(rename = "oldOwnerUserID")]
    pub old_owner_user_id: String,
    /// Required.
    #[serde(rename = "newOwnerUserID")]
    pub new_owner_user_id: String,
}

/// Body of `POST /group/get_recv_group_applicationList`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetRecvGroupApplicationListRequest {
    /// Required.
    pub pagination: Option<Pagination>,
    /// Required.
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
    #[serde(rename = "groupIDs")]
    pub group_ids: Vec<String>,
    /// Empty: all. Values of [`crate::openim::handle_result`].
    pub handle_results: Vec<i32>,
}

/// Data of the answer to `POST /group/get_recv_group_applicationList`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetRecvGroupApplicationListResponse {
    pub total: u32,
    pub group_requests: Vec<GroupRequest>,
}

/// Body of `POST /group/get_user_req_group_applicationList`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUserReqGroupApplicationListRequest {
    /// Required.
    pub pagination: Option<Pagination>,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    #[serde(rename = "groupIDs")]
    pub group_ids: Vec<String>,
    /// Empty: all. Values of [`crate::openim::handle_result`].
    pub handle_results: Vec<i32>,
}

/// Data of the answer to `POST /group/get_user_req_group_applicationList`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetUserReqGroupApplicationListResponse {
    pub total: u32,
    pub group_requests: Vec<GroupRequest>,
}

/// Body of `POST /group/get_group_users_req_application_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupUsersReqApplicationListRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// Required.
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Data of the answer to `POST /group/get_group_users_req_application_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupUsersReqApplicationListResponse {
    pub total: i64,
    pub group_requests: Vec<GroupRequest>,
}

/// Body of `POST /group/get_specified_user_group_request_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSpecifiedUserGroupRequestInfoRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Data of the answer to `POST /group/get_specified_user_group_request_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetSpecifiedUserGroupRequestInfoResponse {
    pub total: u32,
    pub group_requests: Vec<GroupRequest>,
}

/// Body of `POST /group/get_groups_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupsInfoRequest {
    /// Required.
    #[serde(rename = "groupIDs")]
    pub group_ids: Vec<String>,
}

/// Data of the answer to `POST /group/get_groups_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupsInfoResponse {
    pub group_infos: Vec<GroupInfo>,
}

/// Body of `POST /group/kick_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KickGroupRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// Required.
    #[serde(rename = "kickedUserIDs")]
    pub kicked_user_ids: Vec<String>,
    pub reason: String,
    pub send_message: Option<bool>,
}

/// Body of `POST /group/get_group_members_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupMembersInfoRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// Required.
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Data of the answer to `POST /group/get_group_members_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupMembersInfoResponse {
    pub members: Vec<GroupMemberFullInfo>,
}

/// Body of `POST /group/get_group_member_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupMemberListRequest {
    /// Required.
    pub pagination: Option<Pagination>,
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub filter: i32,
    pub keyword: String,
}

/// Data of the answer to `POST /group/get_group_member_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupMemberListResponse {
    pub total: u32,
    pub members: Vec<GroupMemberFullInfo>,
}

/// Body of `POST /group/invite_user_to_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InviteUserToGroupRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub reason: String,
    /// Required.
    #[serde(rename = "invitedUserIDs")]
    pub invited_user_ids: Vec<String>,
    pub send_message: Option<bool>,
}

/// Body of `POST /group/get_joined_group_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetJoinedGroupListRequest {
    /// Required.
    pub pagination: Option<Pagination>,
    /// Required.
    #[serde(rename = "fromUserID")]
    pub from_user_id: String,
}

/// Data of the answer to `POST /group/get_joined_group_list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetJoinedGroupListResponse {
    pub total: u32,
    pub groups: Vec<GroupInfo>,
}

/// Body of `POST /group/dismiss_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DismissGroupRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub delete_member: bool,
    pub send_message: Option<bool>,
}

/// Body of `POST /group/mute_group_member`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MuteGroupMemberRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub muted_seconds: u32,
}

/// Body of `POST /group/cancel_mute_group_member`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CancelMuteGroupMemberRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// Required.
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// Body of `POST /group/mute_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MuteGroupRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
}

/// Body of `POST /group/cancel_mute_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CancelMuteGroupRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
}

/// Body of `POST /group/set_group_member_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetGroupMemberInfoRequest {
    /// Required.
    pub members: Vec<SetGroupMemberInfo>,
}

/// Body of `POST /group/get_group_abstract_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupAbstractInfoRequest {
    /// Required.
    #[serde(rename = "groupIDs")]
    pub group_ids: Vec<String>,
}

/// Data of the answer to `POST /group/get_group_abstract_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupAbstractInfoResponse {
    pub group_abstract_infos: Vec<GroupAbstractInfo>,
}

/// Body of `POST /group/get_groups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupsRequest {
    /// Required.
    pub pagination: Option<Pagination>,
    pub group_name: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
}

/// Data of the answer to `POST /group/get_groups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupsResponse {
    pub total: u32,
    pub groups: Vec<CMSGroup>,
}

/// Body of `POST /group/get_group_member_user_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupMemberUserIdRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
}

/// Data of the answer to `POST /group/get_group_member_user_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetGroupMemberUserIdResponse {
    #[serde(rename = "userIDs")]
    pub user_ids: Vec<String>,
}

/// Data of the answer to `POST /group/get_incremental_join_groups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetIncrementalJoinGroupsResponse {
    pub version: u64,
    #[serde(rename = "versionID")]
    pub version_id: String,
    pub full: bool,
    pub delete: Vec<String>,
    pub insert: Vec<GroupInfo>,
    pub update: Vec<GroupInfo>,
    pub sort_version: u64,
}

/// Body of `POST /group/get_incremental_group_members`.
/// Also the element of `/group/get_incremental_group_members_batch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetIncrementalGroupMembersRequest {
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "versionID")]
    pub version_id: String,
    pub version: u64,
}

/// Data of the answer to `POST /group/get_incremental_group_members`.
/// Also the value of `/group/get_incremental_group_members_batch`, by group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetIncrementalGroupMembersResponse {
    pub version: u64,
    #[serde(rename = "versionID")]
    pub version_id: String,
    pub full: bool,
    pub delete: Vec<String>,
    pub insert: Vec<GroupMemberFullInfo>,
    pub update: Vec<GroupMemberFullInfo>,
    pub group: Option<GroupInfo>,
    pub sort_version: u64,
}

/// Body of `POST /group/get_incremental_group_members_batch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetIncrementalGroupMembersBatchRequest {
    #[serde(rename = "userID")]
    pub user_id: String,
    /// Required.
    pub req_list: Vec<GetIncrementalGroupMembersRequest>,
}

/// Data of the answer to `POST /group/get_incremental_group_members_batch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetIncrementalGroupMembersBatchResponse {
    pub resp_list: BTreeMap<String, GetIncrementalGroupMembersResponse>,
}

/// Body of `POST /group/get_full_group_member_user_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetFullGroupMemberUserIdsRequest {
    pub id_hash: u64,
    /// Required.
    #[serde(rename = "groupID")]
    pub group_id: String,
}

/// Data of the answer to `POST /group/get_full_join_group_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetFullJoinGroupIdsResponse {
    pub version: u64,
    #[serde(rename = "versionID")]
    pub version_id: String,
    pub equal: bool,
    #[serde(rename = "groupIDs")]
    pub group_ids: Vec<String>,
}

/// `sdkws.GroupInfoForSet`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupInfoForSet {
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub group_name: String,
    pub notification: String,
    pub introduction: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub ex: Option<String>,
    pub need_verification: Option<i32>,
    pub look_member_info: Option<i32>,
    pub apply_member_friend: Option<i32>,
}

/// `sdkws.GroupMemberFullInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupMemberFullInfo {
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "userID")]
    pub user_id: String,
    /// 100 owner, 60 admin, 20 member.
    pub role_level: i32,
    /// Milliseconds.
    pub join_time: i64,
    /// Filled from the user when empty.
    pub nickname: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub app_manger_level: i32,
    /// 1 admin, 2 invitation, 3 search, 4 QR.
    pub join_source: i32,
    #[serde(rename = "operatorUserID")]
    pub operator_user_id: String,
    pub ex: String,
    /// Milliseconds; 0 or past: not muted.
    pub mute_end_time: i64,
    #[serde(rename = "inviterUserID")]
    pub inviter_user_id: String,
}

/// `group.SetGroupMemberInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetGroupMemberInfo {
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "userID")]
    pub user_id: String,
    pub nickname: Option<String>,
    #[serde(rename = "faceURL")]
    pub face_url: Option<String>,
    pub role_level: Option<i32>,
    pub ex: Option<String>,
}

/// `sdkws.GroupRequest`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupRequest {
    /// Never null: clients dereference it unchecked.
    pub user_info: Option<PublicUserInfo>,
    /// Never null: clients dereference it unchecked.
    pub group_info: Option<GroupInfo>,
    /// 0 open, 1 accepted, -1 rejected.
    pub handle_result: i32,
    pub req_msg: String,
    pub handle_msg: String,
    /// Milliseconds.
    pub req_time: i64,
    #[serde(rename = "handleUserID")]
    pub handle_user_id: String,
    pub handle_time: i64,
    pub ex: String,
    pub join_source: i32,
    #[serde(rename = "inviterUserID")]
    pub inviter_user_id: String,
}

/// `group.GroupAbstractInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupAbstractInfo {
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub group_member_number: u32,
    pub group_member_list_hash: u64,
}

/// `group.CMSGroup`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CMSGroup {
    pub group_info: GroupInfo,
    pub group_owner_user_name: String,
    #[serde(rename = "groupOwnerUserID")]
    pub group_owner_user_id: String,
}
