//! Groups, members and applications as OpenIM spells them.

use domain::groups::{Application, GROUP_TYPE, Group, GroupRole, JoinRule, JoinSource, Member};
use domain::ids::GroupId;
use wire::openim::rest::GroupInfo;
use wire::openim::rest::group::{GroupMemberFullInfo, GroupRequest};

use super::public_info;
use crate::errors::{Answer, Refusal};

pub(crate) fn group_info(group: &Group) -> GroupInfo {
    GroupInfo {
        group_id: group.id.to_string(),
        group_name: group.name.clone(),
        notification: group.announcement.clone(),
        introduction: group.introduction.clone(),
        face_url: group.face_url.clone(),
        owner_user_id: group.owner.clone(),
        create_time: group.created_at,
        member_count: group.member_count,
        ex: group.ex.clone(),
        status: group.status as i32,
        creator_user_id: group.creator.clone(),
        group_type: GROUP_TYPE,
        need_verification: group.join_rule as i32,
        look_member_info: group.hides_profiles.into(),
        apply_member_friend: group.forbids_friends.into(),
        notification_update_time: group.announced_at,
        notification_user_id: group.announced_by.clone(),
    }
}

pub(crate) fn member(group: &GroupId, member: &Member) -> GroupMemberFullInfo {
    GroupMemberFullInfo {
        group_id: group.to_string(),
        user_id: member.account.user_id.to_string(),
        role_level: member.role as i32,
        join_time: member.joined_at,
        nickname: member.shown_nickname().to_owned(),
        face_url: member.shown_face_url().to_owned(),
        app_manger_level: member.account.kind as i32,
        join_source: member.source as i32,
        operator_user_id: member.operator.clone(),
        ex: member.ex.clone(),
        mute_end_time: member.muted_until,
        inviter_user_id: member.inviter.clone(),
    }
}

pub(crate) fn application(application: &Application) -> GroupRequest {
    GroupRequest {
        user_info: Some(public_info(&application.account)),
        group_info: Some(group_info(&application.group)),
        handle_result: application.verdict as i32,
        req_msg: application.message.clone(),
        handle_msg: application.handle_message.clone(),
        req_time: application.created_at,
        handle_user_id: application.handler.clone(),
        handle_time: application.handled_at,
        ex: application.ex.clone(),
        join_source: application.source as i32,
        inviter_user_id: application.inviter.clone(),
    }
}

pub(crate) fn join_rule(number: i32) -> Answer<JoinRule> {
    JoinRule::from_number(number.into())
        .ok_or_else(|| Refusal::args("needVerification must be 0, 1 or 2"))
}

pub(crate) fn join_source(number: i32) -> Answer<JoinSource> {
    JoinSource::from_number(number.into()).ok_or_else(|| Refusal::args("joinSource must be 1 to 4"))
}

pub(crate) fn role(number: i32) -> Answer<GroupRole> {
    GroupRole::from_number(number.into()).ok_or_else(|| Refusal::args("roleLevel must be 20 or 60"))
}

/// A setting that is a number on the wire: 0 off, 1 on.
pub(crate) fn is_on(field: &str, number: i32) -> Answer<bool> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Refusal::args(format!("{field} must be 0 or 1"))),
    }
}
