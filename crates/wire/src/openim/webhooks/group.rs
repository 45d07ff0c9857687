//! Bodies of group hooks (webhooks.md §7).

use serde::{Deserialize, Serialize};

use crate::openim::rest::GroupInfo;

/// Somebody in a group that is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitMember {
    #[serde(rename = "userID")]
    pub user_id: String,
    /// 100 owner, 60 administrator, 20 member.
    pub role_level: i32,
}

/// beforeCreateGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BeforeCreateGroup {
    #[serde(rename = "operationID")]
    pub operation_id: String,
    pub callback_command: String,
    #[serde(flatten)]
    pub group: GroupInfo,
    pub init_member_list: Vec<InitMember>,
}

/// afterCreateGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AfterCreateGroup {
    pub callback_command: String,
    #[serde(flatten)]
    pub group: GroupInfo,
    pub init_member_list: Vec<InitMember>,
}

/// What beforeCreateGroup may replace; an absent or `null` member replaces nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateGroupAnswer {
    #[serde(rename = "groupID")]
    pub group_id: Option<String>,
    pub group_name: Option<String>,
    pub notification: Option<String>,
    pub introduction: Option<String>,
    #[serde(rename = "faceURL")]
    pub face_url: Option<String>,
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: Option<String>,
    pub ex: Option<String>,
    pub status: Option<i32>,
    #[serde(rename = "creatorUserID")]
    pub creator_user_id: Option<String>,
    pub group_type: Option<i32>,
    pub need_verification: Option<i32>,
    pub look_member_info: Option<i32>,
    pub apply_member_friend: Option<i32>,
}

/// Somebody who is about to join.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JoiningMember {
    #[serde(rename = "userID")]
    pub user_id: String,
    pub ex: String,
}

/// beforeMemberJoinGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MembersJoinGroup {
    pub callback_command: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub member_list: Vec<JoiningMember>,
    pub group_ex: String,
}

/// What beforeMemberJoinGroup says of those who join.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MembersJoinGroupAnswer {
    pub member_callback_list: Option<Vec<JoinedMember>>,
}

/// What becomes of one of them; an absent or `null` member replaces nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JoinedMember {
    #[serde(rename = "userID")]
    pub user_id: Option<String>,
    pub nickname: Option<String>,
    #[serde(rename = "faceURL")]
    pub face_url: Option<String>,
    pub role_level: Option<i32>,
    /// Milliseconds.
    pub mute_end_time: Option<i64>,
    pub ex: Option<String>,
}

/// beforeSetGroupMemberInfo, afterSetGroupMemberInfo: `null` for what is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetGroupMemberInfo {
    pub callback_command: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "userID")]
    pub user_id: String,
    /// With a capital N on the wire.
    pub nick_name: Option<String>,
    #[serde(rename = "faceURL")]
    pub face_url: Option<String>,
    pub role_level: Option<i32>,
    pub ex: Option<String>,
}

/// What may be replaced; an absent or `null` member replaces nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetGroupMemberInfoAnswer {
    pub ex: Option<String>,
    pub nick_name: Option<String>,
    #[serde(rename = "faceURL")]
    pub face_url: Option<String>,
    pub role_level: Option<i32>,
}

/// afterQuitGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QuitGroup {
    pub callback_command: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// afterKickGroupMember.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KickGroupMember {
    pub callback_command: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "kickedUserIDs")]
    pub kicked_user_ids: Vec<String>,
    pub reason: String,
}

/// afterDismissGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DismissGroup {
    pub callback_command: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "ownerID")]
    pub owner_id: String,
    /// The digit as text; the original writes the control character of that number.
    pub group_type: String,
    #[serde(rename = "membersID")]
    pub members_id: Vec<String>,
}

/// beforeApplyJoinGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyJoinGroup {
    pub callback_command: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    /// As in [`DismissGroup`].
    pub group_type: String,
    #[serde(rename = "applyID")]
    pub apply_id: String,
    pub req_message: String,
    pub ex: String,
}

/// afterJoinGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinGroup {
    pub callback_command: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub req_message: String,
    pub join_source: i32,
    #[serde(rename = "inviterUserID")]
    pub inviter_user_id: String,
}

/// afterTransferGroupOwner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferGroupOwner {
    pub callback_command: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "oldOwnerUserID")]
    pub old_owner_user_id: String,
    #[serde(rename = "newOwnerUserID")]
    pub new_owner_user_id: String,
}

/// beforeInviteUserToGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InviteUserToGroup {
    pub callback_command: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub reason: String,
    #[serde(rename = "invitedUserIDs")]
    pub invited_user_ids: Vec<String>,
}

/// beforeSetGroupInfo: "" and 0 for what is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BeforeSetGroupInfo {
    pub callback_command: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub group_name: String,
    pub notification: String,
    pub introduction: String,
    #[serde(rename = "faceURL")]
    pub face_url: String,
    pub ex: String,
    pub need_verification: i32,
    pub look_member_info: i32,
    pub apply_member_friend: i32,
}

/// afterSetGroupInfo: "" for a text that was left as it is, `null` for the last four.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AfterSetGroupInfo {
    pub callback_command: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
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

/// beforeSetGroupInfoEx, afterSetGroupInfoEx: `null` for what is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetGroupInfoEx {
    pub callback_command: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
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

/// What both may replace. An absent or `null` member replaces nothing, and so does "" where a group's text cannot be
/// meant to be emptied by it: the original overwrites with whatever the answer has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetGroupInfoAnswer {
    #[serde(rename = "groupID")]
    pub group_id: Option<String>,
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
