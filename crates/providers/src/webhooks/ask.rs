//! What is posted of a question, and what an answer changes in it.

use domain::accounts::{AccountKind, NewAccount, Receive};
use domain::groups::{CreateGroup, GROUP_TYPE, GroupRole, JoinRule};
use domain::hooks::{Hook, Question};
use domain::ids::{GroupId, UserId};
use domain::messages::{Message, Origin};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::openim::rest::UserInfo;
use wire::openim::webhooks::encode;
use wire::openim::webhooks::friend::{
    AddFriendAgree, BeforeAddFriend, Black, ImportFriends, ImportFriendsAnswer, RemarkAnswer,
    SetFriendRemark,
};
use wire::openim::webhooks::group::{
    ApplyJoinGroup, BeforeCreateGroup, BeforeSetGroupInfo, CreateGroupAnswer, InitMember,
    InviteUserToGroup, JoinedMember, JoiningMember, MembersJoinGroup, MembersJoinGroupAnswer,
    SetGroupInfoAnswer, SetGroupInfoEx, SetGroupMemberInfo, SetGroupMemberInfoAnswer,
};
use wire::openim::webhooks::message::{
    GroupOnlinePush, MsgModifyAnswer, OfflinePush, OnlinePush, PushAnswer,
};
use wire::openim::webhooks::user::{
    BeforeUpdateUserInfo, UpdateUserInfoAnswer, UpdateUserInfoEx, UserRegister, UserRegisterAnswer,
};
use wire::openim::{handle_result, role};

use super::command;
use super::spell::{
    Sending, common_msg, new_group_info, online_push, push_info, push_text, sending,
    switch_options, texts, user_info,
};

/// An answer that is not one.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the answer is not a JSON object of the protocol: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the answer is not a JSON object")]
    NotAnObject,
    #[error("the answer's {0} cannot be taken")]
    Member(&'static str),
}

/// The message that the question is about, if it is about one.
pub(super) fn message<'q>(question: &'q Question<'_>) -> Option<&'q Message> {
    match question {
        Question::SendMessage(message)
        | Question::ModifyMessage { message, .. }
        | Question::PushOnline { message, .. }
        | Question::PushGroupOnline { message, .. }
        | Question::PushOffline { message, .. } => Some(message),
        Question::RequestFriend(_)
        | Question::AnswerFriendRequest(_)
        | Question::SetRemark { .. }
        | Question::Block { .. }
        | Question::ImportFriends { .. }
        | Question::Register(_)
        | Question::UpdateAccount(_)
        | Question::CreateGroup(_)
        | Question::AddMembers { .. }
        | Question::ChangeMember(_)
        | Question::JoinGroup(_)
        | Question::InviteMembers(_)
        | Question::ChangeGroup(_) => None,
    }
}

pub(super) fn body(
    hook: Hook,
    question: &Question<'_>,
    trace: &str,
) -> Result<String, serde_json::Error> {
    let callback_command = command::of(hook).to_owned();
    match question {
        Question::SendMessage(message) => match sending(message, &callback_command, trace) {
            Sending::Single(body) => encode(&body),
            Sending::Group(body) => encode(&body),
        },
        Question::ModifyMessage { message, .. } => {
            encode(&common_msg(message, &callback_command, trace))
        }
        Question::PushOnline { message, receivers } => encode(&online_push(
            message,
            texts(receivers),
            &callback_command,
            trace,
        )),
        Question::PushGroupOnline { message, .. } => {
            encode(&group_push(message, &callback_command, trace))
        }
        Question::PushOffline {
            message,
            receivers,
            text,
        } => encode(&OfflinePush {
            push: online_push(message, texts(receivers), &callback_command, trace),
            info: text.as_ref().map(push_info).unwrap_or_default(),
        }),
        Question::RequestFriend(_)
        | Question::AnswerFriendRequest(_)
        | Question::SetRemark { .. }
        | Question::Block { .. }
        | Question::ImportFriends { .. } => friend_body(question, callback_command),
        Question::Register(accounts) => encode(&UserRegister {
            callback_command,
            users: accounts
                .iter()
                .map(|account| user_info(account, 0))
                .collect(),
        }),
        Question::UpdateAccount(update) if hook == Hook::BeforeUpdateUserInfo => {
            encode(&BeforeUpdateUserInfo {
                callback_command,
                user_id: update.user_id.to_string(),
                nick_name: update.nickname.clone().unwrap_or_default(),
                face_url: update.face_url.clone().unwrap_or_default(),
                ex: update.ex.clone(),
            })
        }
        Question::UpdateAccount(update) => encode(&UpdateUserInfoEx {
            callback_command,
            user_id: update.user_id.to_string(),
            nick_name: update.nickname.clone(),
            face_url: update.face_url.clone(),
            ex: update.ex.clone(),
        }),
        Question::CreateGroup(_)
        | Question::AddMembers { .. }
        | Question::ChangeMember(_)
        | Question::JoinGroup(_)
        | Question::InviteMembers(_)
        | Question::ChangeGroup(_) => group_body(hook, question, callback_command, trace),
    }
}

fn group_push(message: &Message, command: &str, trace: &str) -> GroupOnlinePush {
    let OnlinePush {
        callback_command,
        operation_id,
        platform_id,
        platform,
        client_msg_id,
        send_id,
        group_id,
        content_type,
        session_type,
        at_user_id_list,
        content,
        user_id_list: _,
    } = online_push(message, Vec::new(), command, trace);
    GroupOnlinePush {
        callback_command,
        operation_id,
        platform_id,
        platform,
        client_msg_id,
        send_id,
        group_id,
        content_type,
        session_type,
        at_user_id_list,
        content,
        seq: message.seq,
    }
}

fn friend_body(
    question: &Question<'_>,
    callback_command: String,
) -> Result<String, serde_json::Error> {
    match question {
        Question::RequestFriend(request) => encode(&BeforeAddFriend {
            callback_command,
            from_user_id: request.from.to_string(),
            to_user_id: request.to.to_string(),
            req_msg: request.message.clone(),
            ex: request.ex.clone(),
        }),
        Question::AnswerFriendRequest(answer) => encode(&AddFriendAgree {
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
        Question::SetRemark {
            owner,
            friend,
            remark,
        } => encode(&SetFriendRemark {
            callback_command,
            owner_user_id: owner.to_string(),
            friend_user_id: friend.to_string(),
            remark: remark.to_string(),
        }),
        Question::Block { owner, blocked } => encode(&Black {
            callback_command,
            owner_user_id: owner.to_string(),
            black_user_id: blocked.to_string(),
        }),
        Question::ImportFriends { owner, friends } => encode(&ImportFriends {
            callback_command,
            owner_user_id: owner.to_string(),
            friend_user_ids: texts(friends),
        }),
        _ => unreachable!("not about friends"),
    }
}

fn group_body(
    hook: Hook,
    question: &Question<'_>,
    callback_command: String,
    trace: &str,
) -> Result<String, serde_json::Error> {
    let operation_id = trace.to_owned();
    match question {
        Question::CreateGroup(group) => encode(&BeforeCreateGroup {
            operation_id,
            callback_command,
            group: new_group_info(group),
            init_member_list: init_members(group),
        }),
        Question::AddMembers {
            group,
            group_ex,
            entrants,
        } => encode(&MembersJoinGroup {
            callback_command,
            group_id: group.to_string(),
            member_list: entrants
                .iter()
                .map(|entrant| JoiningMember {
                    user_id: entrant.user_id.to_string(),
                    ex: entrant.ex.clone(),
                })
                .collect(),
            group_ex: (*group_ex).to_owned(),
        }),
        Question::ChangeMember(change) => encode(&SetGroupMemberInfo {
            callback_command,
            group_id: change.group.to_string(),
            user_id: change.member.to_string(),
            nick_name: change.nickname.clone(),
            face_url: change.face_url.clone(),
            role_level: change.role.map(|role| role as i32),
            ex: change.ex.clone(),
        }),
        Question::JoinGroup(join) => encode(&ApplyJoinGroup {
            callback_command,
            group_id: join.group.to_string(),
            group_type: GROUP_TYPE.to_string(),
            apply_id: join.applicant.to_string(),
            req_message: join.message.clone(),
            ex: join.ex.clone(),
        }),
        Question::InviteMembers(invite) => encode(&InviteUserToGroup {
            callback_command,
            operation_id,
            group_id: invite.group.to_string(),
            reason: invite.reason.clone(),
            invited_user_ids: texts(&invite.members),
        }),
        Question::ChangeGroup(change) => {
            let join_rule = change.join_rule.map(|rule| rule as i32);
            if hook == Hook::BeforeSetGroupInfoEx {
                return encode(&SetGroupInfoEx {
                    callback_command,
                    operation_id,
                    group_id: change.group.to_string(),
                    group_name: change.name.clone(),
                    notification: change.announcement.clone(),
                    introduction: change.introduction.clone(),
                    face_url: change.face_url.clone(),
                    ex: change.ex.clone(),
                    need_verification: join_rule,
                    look_member_info: change.hides_profiles.map(i32::from),
                    apply_member_friend: change.forbids_friends.map(i32::from),
                });
            }
            encode(&BeforeSetGroupInfo {
                callback_command,
                // Empty in the original, always.
                operation_id: String::new(),
                group_id: change.group.to_string(),
                group_name: change.name.clone().unwrap_or_default(),
                notification: change.announcement.clone().unwrap_or_default(),
                introduction: change.introduction.clone().unwrap_or_default(),
                face_url: change.face_url.clone().unwrap_or_default(),
                ex: change.ex.clone().unwrap_or_default(),
                need_verification: join_rule.unwrap_or_default(),
                look_member_info: change.hides_profiles.unwrap_or_default().into(),
                apply_member_friend: change.forbids_friends.unwrap_or_default().into(),
            })
        }
        _ => unreachable!("not about groups"),
    }
}

fn init_members(group: &CreateGroup) -> Vec<InitMember> {
    let owner = std::iter::once((&group.owner, role::OWNER));
    let administrators = group.administrators.iter().map(|id| (id, role::ADMIN));
    let members = group.members.iter().map(|id| (id, role::ORDINARY));
    owner
        .chain(administrators)
        .chain(members)
        .map(|(id, role_level)| InitMember {
            user_id: id.to_string(),
            role_level,
        })
        .collect()
}

/// Reads an answer, which is an object whatever else it is.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    let value: Value = serde_json::from_slice(body)?;
    if !value.is_object() {
        return Err(Unreadable::NotAnObject);
    }
    Ok(serde_json::from_value(value)?)
}

/// Changes in the question what the answer changes. Who a message is from and goes to, and the ids that retries are
/// recognised by, stay: another message can be refused and sent by the application itself.
pub(super) fn apply(question: &mut Question<'_>, body: &[u8]) -> Result<(), Unreadable> {
    match question {
        Question::ModifyMessage { post, .. } => {
            let answer: MsgModifyAnswer = object(body)?;
            let origin = answer
                .msg_from
                .map(|number| {
                    Origin::from_number(number.into()).ok_or(Unreadable::Member("msgFrom"))
                })
                .transpose()?;
            put(&mut post.origin, origin);
            put(&mut post.content, answer.content.map(Into::into));
            put(&mut post.sender_platform, answer.sender_platform_id);
            put(&mut post.sender_nickname, answer.sender_nickname);
            put(&mut post.sender_face_url, answer.sender_face_url);
            put(&mut post.content_type, answer.content_type);
            put(&mut post.at, answer.at_user_id_list);
            put(&mut post.attached_info, answer.attached_info);
            put(&mut post.ex, answer.ex);
            if let Some(named) = answer.options {
                post.options = switch_options(post.options, &named);
            }
            if let Some(info) = answer.offline_push_info {
                post.push = Some(Box::new(push_text(info)));
            }
        }
        Question::PushGroupOnline { only, .. } => {
            let answer: PushAnswer = object(body)?;
            **only = users("userIDList", answer.user_id_list.unwrap_or_default())?;
        }
        Question::PushOffline {
            receivers, text, ..
        } => {
            let answer: PushAnswer = object(body)?;
            let named = users("userIDList", answer.user_id_list.unwrap_or_default())?;
            if !named.is_empty() {
                **receivers = named;
            }
            if let Some(info) = answer.offline_push_info {
                **text = Some(push_text(info));
            }
        }
        Question::SetRemark { remark, .. } => {
            let answer: RemarkAnswer = object(body)?;
            put(*remark, filled(answer.remark));
        }
        Question::ImportFriends { friends, .. } => {
            let answer: ImportFriendsAnswer = object(body)?;
            let named = users("friendUserIDs", answer.friend_user_ids.unwrap_or_default())?;
            if !named.is_empty() {
                **friends = named;
            }
        }
        Question::Register(accounts) => {
            let answer: UserRegisterAnswer = object(body)?;
            let users = answer.users.unwrap_or_default();
            if !users.is_empty() {
                **accounts = users
                    .into_iter()
                    .map(|user| new_account(user, accounts))
                    .collect::<Result<_, _>>()?;
            }
        }
        Question::UpdateAccount(update) => {
            let answer: UpdateUserInfoAnswer = object(body)?;
            put_some(&mut update.nickname, filled(answer.nick_name));
            put_some(&mut update.face_url, answer.face_url);
            put_some(&mut update.ex, answer.ex);
        }
        Question::CreateGroup(group) => apply_to_new_group(group, object(body)?)?,
        Question::AddMembers { entrants, .. } => {
            let answer: MembersJoinGroupAnswer = object(body)?;
            for member in answer.member_callback_list.unwrap_or_default() {
                let is_meant = |id: &UserId| member.user_id.as_deref() == Some(id.as_str());
                if let Some(entrant) = entrants.iter_mut().find(|one| is_meant(&one.user_id)) {
                    let JoinedMember {
                        nickname,
                        face_url,
                        role_level,
                        mute_end_time,
                        ex,
                        ..
                    } = member;
                    put_some(&mut entrant.nickname, nickname);
                    put_some(&mut entrant.face_url, face_url);
                    put_some(&mut entrant.role, group_role(role_level)?);
                    put_some(&mut entrant.muted_until, mute_end_time);
                    put(&mut entrant.ex, ex);
                }
            }
        }
        Question::ChangeMember(change) => {
            let answer: SetGroupMemberInfoAnswer = object(body)?;
            put_some(&mut change.role, group_role(answer.role_level)?);
            put_some(&mut change.nickname, answer.nick_name);
            put_some(&mut change.face_url, answer.face_url);
            put_some(&mut change.ex, answer.ex);
        }
        Question::ChangeGroup(change) => {
            let answer: SetGroupInfoAnswer = object(body)?;
            let rule = join_rule(
                answer
                    .need_verification
                    .filter(|_| change.join_rule.is_some()),
            )?;
            put_some(&mut change.join_rule, rule);
            put_some(&mut change.name, filled(answer.group_name));
            // An echoed "" is what the question said of a text that stays.
            put_some(&mut change.announcement, filled(answer.notification));
            put_some(&mut change.introduction, filled(answer.introduction));
            put_some(&mut change.face_url, filled(answer.face_url));
            put_some(&mut change.ex, filled(answer.ex));
            if change.hides_profiles.is_some() {
                put_some(&mut change.hides_profiles, flag(answer.look_member_info));
            }
            if change.forbids_friends.is_some() {
                put_some(
                    &mut change.forbids_friends,
                    flag(answer.apply_member_friend),
                );
            }
        }
        Question::SendMessage(_)
        | Question::PushOnline { .. }
        | Question::RequestFriend(_)
        | Question::AnswerFriendRequest(_)
        | Question::Block { .. }
        | Question::JoinGroup(_)
        | Question::InviteMembers(_) => {}
    }
    Ok(())
}

/// Another owner takes the first one's place, who stays as an ordinary member.
fn apply_to_new_group(
    group: &mut CreateGroup,
    answer: CreateGroupAnswer,
) -> Result<(), Unreadable> {
    if let Some(id) = filled(answer.group_id) {
        group.id = Some(GroupId::new(id).ok_or(Unreadable::Member("groupID"))?);
    }
    if let Some(owner) = filled(answer.owner_user_id) {
        let owner = UserId::new(owner).ok_or(Unreadable::Member("ownerUserID"))?;
        if owner != group.owner {
            group.administrators.retain(|id| *id != owner);
            group.members.retain(|id| *id != owner);
            let first = std::mem::replace(&mut group.owner, owner);
            group.members.push(first);
        }
    }
    put(&mut group.name, filled(answer.group_name));
    put(&mut group.announcement, answer.notification);
    put(&mut group.introduction, answer.introduction);
    put(&mut group.face_url, answer.face_url);
    put(&mut group.ex, answer.ex);
    put(&mut group.join_rule, join_rule(answer.need_verification)?);
    put(&mut group.hides_profiles, flag(answer.look_member_info));
    put(&mut group.forbids_friends, flag(answer.apply_member_friend));
    Ok(())
}

/// Somebody to register, as the hook wants them; what the protocol cannot say stays as it was asked about.
fn new_account(user: UserInfo, asked: &[NewAccount]) -> Result<NewAccount, Unreadable> {
    let user_id = UserId::new(user.user_id).ok_or(Unreadable::Member("users"))?;
    let before = asked.iter().find(|account| account.user_id == user_id);
    let kind = match user.app_manger_level {
        0 => before.map_or(AccountKind::User, |account| account.kind),
        level => AccountKind::from_number(level.into()).ok_or(Unreadable::Member("users"))?,
    };
    let receive = Receive::from_number(user.global_recv_msg_opt.into());
    Ok(NewAccount {
        nickname: user.nickname,
        face_url: user.face_url,
        ex: user.ex,
        kind,
        staff: before.and_then(|account| account.staff),
        receive: receive.ok_or(Unreadable::Member("users"))?,
        user_id,
    })
}

fn users(name: &'static str, texts: Vec<String>) -> Result<Vec<UserId>, Unreadable> {
    texts
        .into_iter()
        .map(|text| UserId::new(text).ok_or(Unreadable::Member(name)))
        .collect()
}

fn group_role(number: Option<i32>) -> Result<Option<GroupRole>, Unreadable> {
    number
        .map(|number| GroupRole::from_number(number.into()).ok_or(Unreadable::Member("roleLevel")))
        .transpose()
}

fn join_rule(number: Option<i32>) -> Result<Option<JoinRule>, Unreadable> {
    number
        .map(|number| {
            JoinRule::from_number(number.into()).ok_or(Unreadable::Member("needVerification"))
        })
        .transpose()
}

fn flag(number: Option<i32>) -> Option<bool> {
    number.map(|number| number != 0)
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn put<T>(place: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *place = new;
    }
}

fn put_some<T>(place: &mut Option<T>, new: Option<T>) {
    if new.is_some() {
        *place = new;
    }
}
