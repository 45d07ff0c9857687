//! What is posted of a report.

use domain::hooks::{Connected, Hook, Report};
use domain::time::Millis;
use serde_json::Error;
use wire::openim::webhooks::encode;
use wire::openim::webhooks::friend::{
    AddFriendAgree, AfterAddFriend, Black, DeleteFriend, ImportFriends, SetFriendRemark,
};
use wire::openim::webhooks::group::{
    AfterCreateGroup, AfterSetGroupInfo, DismissGroup, InitMember, JoinGroup, KickGroupMember,
    QuitGroup, SetGroupInfoEx, SetGroupMemberInfo, TransferGroupOwner,
};
use wire::openim::webhooks::message::{
    GroupMsgRead, RevokeMsg, SingleMsgRead, UserOffline, UserOnline, UserStatus,
};
use wire::openim::webhooks::user::{AfterUpdateUserInfo, UpdateUserInfoEx, UserRegister};
use wire::openim::{handle_result, platform, session_type};

use super::command;
use super::spell::{Sending, group_info, sending, texts, user_info};

pub(super) fn body(hook: Hook, report: &Report<'_>, trace: &str) -> Result<String, Error> {
    let callback_command = command::of(hook).to_owned();
    match report {
        Report::MessageSent(message) => match sending(message, &callback_command, trace) {
            Sending::Single(body) => encode(&body),
            Sending::Group(body) => encode(&body),
        },
        Report::MessageRecalled {
            conversation,
            seq,
            by,
        } => encode(&RevokeMsg {
            callback_command,
            conversation_id: conversation.to_string(),
            seq: *seq,
            user_id: by.to_string(),
        }),
        Report::MessagesRead {
            conversation,
            reader,
            seqs,
        } => encode(&SingleMsgRead {
            callback_command,
            conversation_id: conversation.to_string(),
            user_id: reader.to_string(),
            seqs: seqs.to_vec(),
            content_type: session_type::SINGLE,
        }),
        Report::GroupRead {
            group,
            reader,
            has_read_seq,
        } => encode(&GroupMsgRead {
            callback_command,
            send_id: reader.to_string(),
            receive_id: group.to_string(),
            unread_msg_num: *has_read_seq,
            content_type: session_type::GROUP,
        }),
        Report::CameOnline(connected, at) => encode(&UserOnline {
            status: status(connected, *at, callback_command, trace),
            is_app_background: connected.is_background,
            conn_id: connected.connection.to_string(),
        }),
        Report::WentOffline(connected, at) => encode(&UserOffline {
            status: status(connected, *at, callback_command, trace),
            conn_id: connected.connection.to_string(),
        }),
        Report::KickedOff(connected, at) => {
            encode(&status(connected, *at, callback_command, trace))
        }
        Report::FriendRequested(_)
        | Report::FriendRequestAnswered(_)
        | Report::FriendRemoved { .. }
        | Report::RemarkSet { .. }
        | Report::Unblocked { .. }
        | Report::FriendsImported { .. } => friend_body(report, callback_command),
        Report::Registered(accounts, at) => encode(&UserRegister {
            callback_command,
            users: accounts
                .iter()
                .map(|account| user_info(account, *at))
                .collect(),
        }),
        Report::AccountUpdated(update) if hook == Hook::AfterUpdateUserInfo => {
            encode(&AfterUpdateUserInfo {
                callback_command,
                user_id: update.user_id.to_string(),
                nick_name: update.nickname.clone().unwrap_or_default(),
                face_url: update.face_url.clone().unwrap_or_default(),
                ex: update.ex.clone().unwrap_or_default(),
            })
        }
        Report::AccountUpdated(update) => encode(&UpdateUserInfoEx {
            callback_command,
            user_id: update.user_id.to_string(),
            nick_name: update.nickname.clone(),
            face_url: update.face_url.clone(),
            ex: update.ex.clone(),
        }),
        Report::GroupCreated { .. }
        | Report::MemberChanged(_)
        | Report::MemberQuit { .. }
        | Report::MembersKicked { .. }
        | Report::GroupDismissed { .. }
        | Report::Joined(_)
        | Report::OwnerChanged { .. }
        | Report::GroupChanged(_) => group_body(hook, report, callback_command, trace),
    }
}

fn status(connected: &Connected, at: Millis, callback_command: String, trace: &str) -> UserStatus {
    let number = connected.platform.number();
    UserStatus {
        callback_command,
        operation_id: trace.to_owned(),
        platform_id: number,
        platform: platform::name(number).to_owned(),
        user_id: connected.user_id.to_string(),
        seq: at,
    }
}

fn friend_body(report: &Report<'_>, callback_command: String) -> Result<String, Error> {
    match report {
        Report::FriendRequested(request) => encode(&AfterAddFriend {
            callback_command,
            from_user_id: request.from.to_string(),
            to_user_id: request.to.to_string(),
            req_msg: request.message.clone(),
        }),
        Report::FriendRequestAnswered(answer) => encode(&AddFriendAgree {
            callback_command,
            from_user_id: answer.from.to_string(),
            to_user_id: answer.to.to_string(),
            handle_result: if answer.accept {
                handle_result::AGREE
            } else {
                handle_result::REFUSE
            },
            handle_msg: answer.message.clone(),
        }),
        Report::FriendRemoved { owner, friend } => encode(&DeleteFriend {
            callback_command,
            owner_user_id: owner.to_string(),
            friend_user_id: friend.to_string(),
        }),
        Report::RemarkSet {
            owner,
            friend,
            remark,
        } => encode(&SetFriendRemark {
            callback_command,
            owner_user_id: owner.to_string(),
            friend_user_id: friend.to_string(),
            remark: (*remark).to_owned(),
        }),
        Report::Unblocked { owner, blocked } => encode(&Black {
            callback_command,
            owner_user_id: owner.to_string(),
            black_user_id: blocked.to_string(),
        }),
        Report::FriendsImported { owner, friends } => encode(&ImportFriends {
            callback_command,
            owner_user_id: owner.to_string(),
            friend_user_ids: texts(friends),
        }),
        _ => unreachable!("not about friends"),
    }
}

fn group_body(
    hook: Hook,
    report: &Report<'_>,
    callback_command: String,
    trace: &str,
) -> Result<String, Error> {
    match report {
        Report::GroupCreated { group, members } => encode(&AfterCreateGroup {
            callback_command,
            group: group_info(group),
            init_member_list: members
                .iter()
                .map(|(member, role)| InitMember {
                    user_id: member.to_string(),
                    role_level: *role as i32,
                })
                .collect(),
        }),
        Report::MemberChanged(change) => encode(&SetGroupMemberInfo {
            callback_command,
            group_id: change.group.to_string(),
            user_id: change.member.to_string(),
            nick_name: change.nickname.clone(),
            face_url: change.face_url.clone(),
            role_level: change.role.map(|role| role as i32),
            ex: change.ex.clone(),
        }),
        Report::MemberQuit { group, member } => encode(&QuitGroup {
            callback_command,
            group_id: group.to_string(),
            user_id: member.to_string(),
        }),
        Report::MembersKicked {
            group,
            members,
            reason,
        } => encode(&KickGroupMember {
            callback_command,
            group_id: group.to_string(),
            kicked_user_ids: texts(members),
            reason: (*reason).to_owned(),
        }),
        Report::GroupDismissed { group, members } => encode(&DismissGroup {
            callback_command,
            group_id: group.id.to_string(),
            owner_id: group.owner.clone(),
            group_type: domain::groups::GROUP_TYPE.to_string(),
            members_id: texts(members),
        }),
        Report::Joined(join) => encode(&JoinGroup {
            callback_command,
            operation_id: trace.to_owned(),
            group_id: join.group.to_string(),
            req_message: join.message.clone(),
            join_source: join.source as i32,
            inviter_user_id: String::new(),
        }),
        Report::OwnerChanged { group, from, to } => encode(&TransferGroupOwner {
            callback_command,
            group_id: group.to_string(),
            old_owner_user_id: from.to_string(),
            new_owner_user_id: to.to_string(),
        }),
        Report::GroupChanged(change) => {
            let ex = SetGroupInfoEx {
                callback_command,
                operation_id: trace.to_owned(),
                group_id: change.group.to_string(),
                group_name: change.name.clone(),
                notification: change.announcement.clone(),
                introduction: change.introduction.clone(),
                face_url: change.face_url.clone(),
                ex: change.ex.clone(),
                need_verification: change.join_rule.map(|rule| rule as i32),
                look_member_info: change.hides_profiles.map(i32::from),
                apply_member_friend: change.forbids_friends.map(i32::from),
            };
            if hook == Hook::AfterSetGroupInfoEx {
                return encode(&ex);
            }
            encode(&AfterSetGroupInfo {
                callback_command: ex.callback_command,
                operation_id: ex.operation_id,
                group_id: ex.group_id,
                group_name: ex.group_name.unwrap_or_default(),
                notification: ex.notification.unwrap_or_default(),
                introduction: ex.introduction.unwrap_or_default(),
                face_url: ex.face_url.unwrap_or_default(),
                ex: ex.ex,
                need_verification: ex.need_verification,
                look_member_info: ex.look_member_info,
                apply_member_friend: ex.apply_member_friend,
            })
        }
        _ => unreachable!("not about groups"),
    }
}
