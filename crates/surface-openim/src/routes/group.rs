//! `/group/*`: making and changing groups here, reading them in `group/reading.rs`.

mod reading;

use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use domain::error::{Error, Kind, Reason};
use domain::gate;
use domain::groups::{
    AnswerApplication, ChangeGroup, ChangeMember, CreateGroup, DismissGroup, Group, GroupStatus,
    InviteMembers, JoinGroup, KickMembers,
};
use domain::ids::GroupId;
use wire::openim::rest::group::{
    CancelMuteGroupMemberRequest, CancelMuteGroupRequest, CreateGroupRequest, CreateGroupResponse,
    DismissGroupRequest, GroupApplicationResponseRequest, InviteUserToGroupRequest,
    JoinGroupRequest, KickGroupRequest, MuteGroupMemberRequest, MuteGroupRequest, QuitGroupRequest,
    SetGroupInfoExRequest, SetGroupInfoRequest, SetGroupMemberInfo, SetGroupMemberInfoRequest,
    TransferGroupRequest,
};
use wire::openim::{errors, group_status};

use super::friend::accepts;
use super::{Routes, route};
use crate::Surface;
use crate::convert::{
    group_id, group_info, is_on, join_rule, join_source, role, user_id, user_ids,
};
use crate::errors::{Answer, Refusal};

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/create_group", route(create_group))
        .route("/set_group_info", route(set_group_info))
        .route("/set_group_info_ex", route(set_group_info_ex))
        .route("/join_group", route(join_group))
        .route("/quit_group", route(quit_group))
        .route(
            "/group_application_response",
            route(group_application_response),
        )
        .route("/transfer_group", route(transfer_group))
        .route("/kick_group", route(kick_group))
        .route("/invite_user_to_group", route(invite_user_to_group))
        .route("/dismiss_group", route(dismiss_group))
        .route("/mute_group_member", route(mute_group_member))
        .route("/cancel_mute_group_member", route(cancel_mute_group_member))
        .route("/mute_group", route(mute_group))
        .route("/cancel_mute_group", route(cancel_mute_group))
        .route("/set_group_member_info", route(set_group_member_info))
        .route(
            "/get_recv_group_applicationList",
            route(reading::get_recv_group_application_list),
        )
        .route(
            "/get_user_req_group_applicationList",
            route(reading::get_user_req_group_application_list),
        )
        .route(
            "/get_group_users_req_application_list",
            route(reading::get_group_users_req_application_list),
        )
        .route(
            "/get_specified_user_group_request_info",
            route(reading::get_specified_user_group_request_info),
        )
        .route(
            "/get_group_application_unhandled_count",
            route(reading::get_group_application_unhandled_count),
        )
        .route("/get_groups_info", route(reading::get_groups_info))
        .route("/get_groups", route(reading::get_groups))
        .route(
            "/get_group_abstract_info",
            route(reading::get_group_abstract_info),
        )
        .route(
            "/get_joined_group_list",
            route(reading::get_joined_group_list),
        )
        .route(
            "/get_full_join_group_ids",
            route(reading::get_full_join_group_ids),
        )
        .route(
            "/get_incremental_join_groups",
            route(reading::get_incremental_join_groups),
        )
        .route(
            "/get_group_member_list",
            route(reading::get_group_member_list),
        )
        .route(
            "/get_group_members_info",
            route(reading::get_group_members_info),
        )
        .route(
            "/get_group_member_user_id",
            route(reading::get_group_member_user_id),
        )
        .route(
            "/get_full_group_member_user_ids",
            route(reading::get_full_group_member_user_ids),
        )
        .route(
            "/get_incremental_group_members",
            route(reading::get_incremental_group_members),
        )
        .route(
            "/get_incremental_group_members_batch",
            route(reading::get_incremental_group_members_batch),
        )
}

async fn create_group(
    surface: Arc<Surface>,
    caller: Caller,
    request: CreateGroupRequest,
) -> Answer<CreateGroupResponse> {
    let info = request
        .group_info
        .ok_or_else(|| Refusal::args("groupInfo is missing"))?;
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    gate::may_act_for(&caller, &owner)?;
    if info.group_type != group_status::WORKING_GROUP {
        return Err(Refusal::new(
            errors::GROUP_TYPE_NOT_SUPPORT,
            "groupType must be 2",
        ));
    }
    let command = CreateGroup {
        owner,
        administrators: user_ids("adminUserIDs", &request.admin_user_ids)?,
        members: user_ids("memberUserIDs", &request.member_user_ids)?,
        id: match info.group_id.as_str() {
            "" => None,
            id => Some(group_id(id)?),
        },
        name: info.group_name,
        announcement: info.notification,
        introduction: info.introduction,
        face_url: info.face_url,
        ex: info.ex,
        join_rule: join_rule(info.need_verification)?,
        hides_profiles: is_on("lookMemberInfo", info.look_member_info)?,
        forbids_friends: is_on("applyMemberFriend", info.apply_member_friend)?,
        says_so: request.send_message.unwrap_or(true),
    };
    let group = surface
        .domain
        .create_group(&caller, command)
        .await
        .map_err(|error| match error {
            Error::NotFound(Kind::Account) => {
                Refusal::new(errors::USER_ID_NOT_FOUND_ERROR, "somebody does not exist")
            }
            error => error.into(),
        })?;
    Ok(CreateGroupResponse {
        group_info: group_info(&group),
    })
}

/// The older form: an empty text means "leave it".
async fn set_group_info(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetGroupInfoRequest,
) -> Answer<()> {
    let info = request
        .group_info_for_set
        .ok_or_else(|| Refusal::args("groupInfoForSet is missing"))?;
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let request = SetGroupInfoExRequest {
        group_id: info.group_id,
        group_name: filled(info.group_name),
        notification: filled(info.notification),
        introduction: filled(info.introduction),
        face_url: filled(info.face_url),
        ex: info.ex,
        need_verification: info.need_verification,
        look_member_info: info.look_member_info,
        apply_member_friend: info.apply_member_friend,
    };
    set_group_info_ex(surface, caller, request).await
}

async fn set_group_info_ex(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetGroupInfoExRequest,
) -> Answer<()> {
    let switch = |field, number: Option<i32>| number.map(|number| is_on(field, number)).transpose();
    let command = ChangeGroup {
        group: group_id(&request.group_id)?,
        name: request.group_name,
        announcement: request.notification,
        introduction: request.introduction,
        face_url: request.face_url,
        ex: request.ex,
        join_rule: request.need_verification.map(join_rule).transpose()?,
        hides_profiles: switch("lookMemberInfo", request.look_member_info)?,
        forbids_friends: switch("applyMemberFriend", request.apply_member_friend)?,
    };
    surface.domain.change_group(&caller, command).await?;
    Ok(())
}

/// `inviterUserID` is who wants to join.
async fn join_group(
    surface: Arc<Surface>,
    caller: Caller,
    request: JoinGroupRequest,
) -> Answer<()> {
    let command = JoinGroup {
        group: group_id(&request.group_id)?,
        applicant: user_id("inviterUserID", &request.inviter_user_id)?,
        message: request.req_message,
        ex: request.ex,
        source: join_source(request.join_source)?,
    };
    surface.domain.join_group(&caller, command).await?;
    Ok(())
}

async fn quit_group(
    surface: Arc<Surface>,
    caller: Caller,
    request: QuitGroupRequest,
) -> Answer<()> {
    let group = group_id(&request.group_id)?;
    let user = match request.user_id.as_str() {
        "" => caller.user_id.clone(),
        id => user_id("userID", id)?,
    };
    surface
        .domain
        .quit_group(&caller, &group, &user)
        .await
        .map_err(|error| match error {
            Error::Denied(Reason::NotMember) => {
                Refusal::new(errors::RECORD_NOT_FOUND_ERROR, "userID is no member")
            }
            error => error.into(),
        })
}

async fn group_application_response(
    surface: Arc<Surface>,
    caller: Caller,
    request: GroupApplicationResponseRequest,
) -> Answer<()> {
    let command = AnswerApplication {
        group: group_id(&request.group_id)?,
        applicant: user_id("fromUserID", &request.from_user_id)?,
        accept: accepts(request.handle_result)?,
        message: request.handled_msg,
    };
    Ok(surface.domain.answer_application(&caller, command).await?)
}

async fn transfer_group(
    surface: Arc<Surface>,
    caller: Caller,
    request: TransferGroupRequest,
) -> Answer<()> {
    let group = group_id(&request.group_id)?;
    let old = user_id("oldOwnerUserID", &request.old_owner_user_id)?;
    let new = user_id("newOwnerUserID", &request.new_owner_user_id)?;
    // Whether the caller owns it is asked again under the group's lock; this is about the argument.
    if existing(&surface, &group).await?.owner != old.as_str() {
        return Err(Refusal::new(
            errors::NO_PERMISSION_ERROR,
            "oldOwnerUserID does not own the group",
        ));
    }
    Ok(surface.domain.transfer_group(&caller, &group, &new).await?)
}

async fn kick_group(
    surface: Arc<Surface>,
    caller: Caller,
    request: KickGroupRequest,
) -> Answer<()> {
    let command = KickMembers {
        group: group_id(&request.group_id)?,
        members: user_ids("kickedUserIDs", &request.kicked_user_ids)?,
        reason: request.reason,
        says_so: request.send_message.unwrap_or(true),
    };
    surface
        .domain
        .kick_members(&caller, command)
        .await
        .map_err(|error| match error {
            Error::NotFound(Kind::Member) => {
                Refusal::new(errors::USER_ID_NOT_FOUND_ERROR, "somebody is no member")
            }
            error => error.into(),
        })
}

async fn invite_user_to_group(
    surface: Arc<Surface>,
    caller: Caller,
    request: InviteUserToGroupRequest,
) -> Answer<()> {
    let command = InviteMembers {
        group: group_id(&request.group_id)?,
        members: user_ids("invitedUserIDs", &request.invited_user_ids)?,
        reason: request.reason,
        says_so: request.send_message.unwrap_or(true),
    };
    surface.domain.invite_members(&caller, command).await?;
    Ok(())
}

/// The original ends a group in two steps; the second one, `deleteMember`, finds nothing left to do here.
async fn dismiss_group(
    surface: Arc<Surface>,
    caller: Caller,
    request: DismissGroupRequest,
) -> Answer<()> {
    let id = group_id(&request.group_id)?;
    let group = existing(&surface, &id).await?;
    if request.delete_member && group.status == GroupStatus::Dismissed {
        let is_owner = group.owner == caller.user_id.as_str();
        return if is_owner {
            Ok(())
        } else {
            Ok(gate::may_administer(&caller)?)
        };
    }
    let command = DismissGroup {
        group: id,
        says_so: request.send_message.unwrap_or(true),
    };
    Ok(surface.domain.dismiss_group(&caller, command).await?)
}

async fn mute_group_member(
    surface: Arc<Surface>,
    caller: Caller,
    request: MuteGroupMemberRequest,
) -> Answer<()> {
    if request.muted_seconds == 0 {
        return Err(Refusal::args("mutedSeconds is missing"));
    }
    let group = group_id(&request.group_id)?;
    let member = user_id("userID", &request.user_id)?;
    Ok(surface
        .domain
        .mute_member(&caller, &group, &member, request.muted_seconds)
        .await?)
}

async fn cancel_mute_group_member(
    surface: Arc<Surface>,
    caller: Caller,
    request: CancelMuteGroupMemberRequest,
) -> Answer<()> {
    let group = group_id(&request.group_id)?;
    let member = user_id("userID", &request.user_id)?;
    Ok(surface
        .domain
        .mute_member(&caller, &group, &member, 0)
        .await?)
}

async fn mute_group(
    surface: Arc<Surface>,
    caller: Caller,
    request: MuteGroupRequest,
) -> Answer<()> {
    let group = group_id(&request.group_id)?;
    Ok(surface.domain.mute_group(&caller, &group, true).await?)
}

async fn cancel_mute_group(
    surface: Arc<Surface>,
    caller: Caller,
    request: CancelMuteGroupRequest,
) -> Answer<()> {
    let group = group_id(&request.group_id)?;
    Ok(surface.domain.mute_group(&caller, &group, false).await?)
}

/// Members of one group, or of several: those of one group are changed together or not at all.
async fn set_group_member_info(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetGroupMemberInfoRequest,
) -> Answer<()> {
    if request.members.is_empty() {
        return Err(Refusal::args("members is empty"));
    }
    let mut groups: Vec<(GroupId, Vec<ChangeMember>)> = Vec::new();
    for member in request.members {
        let group = group_id(&member.group_id)?;
        let change = change_member(member)?;
        match groups.iter_mut().find(|(id, _)| *id == group) {
            Some((_, changes)) => changes.push(change),
            None => groups.push((group, vec![change])),
        }
    }
    for (group, changes) in groups {
        surface
            .domain
            .change_members(&caller, &group, changes)
            .await?;
    }
    Ok(())
}

fn change_member(member: SetGroupMemberInfo) -> Answer<ChangeMember> {
    Ok(ChangeMember {
        group: group_id(&member.group_id)?,
        member: user_id("userID", &member.user_id)?,
        nickname: member.nickname,
        face_url: member.face_url,
        ex: member.ex,
        role: member.role_level.map(role).transpose()?,
    })
}

async fn existing(surface: &Surface, id: &GroupId) -> Answer<Group> {
    let mut found = surface.domain.groups(std::slice::from_ref(id)).await?;
    Ok(found.pop().ok_or(Error::NotFound(Kind::Group))?)
}
