//! Spellings that questions and reports have in common: messages, groups and accounts as OpenIM writes them.

use std::collections::BTreeMap;

use domain::accounts::NewAccount;
use domain::conversations::{ConversationKind, Party};
use domain::groups::{CreateGroup, GROUP_TYPE, Group};
use domain::messages::{Message, Options, PushText};
use domain::time::Millis;
use wire::openim::proto::OfflinePushInfo;
use wire::openim::rest::{GroupInfo, UserInfo};
use wire::openim::webhooks::message::{CommonMsg, OnlinePush, SendGroupMsg, SendSingleMsg};
use wire::openim::{msg_status, option_key, platform, session_type};

/// Options by name; the order is that of the domain's bits.
const OPTION_KEYS: [(&str, u16); 12] = [
    (option_key::HISTORY, Options::HISTORY),
    (option_key::PERSISTENT, Options::PERSISTENT),
    (option_key::UNREAD_COUNT, Options::UNREAD_COUNT),
    (
        option_key::CONVERSATION_UPDATE,
        Options::CONVERSATION_UPDATE,
    ),
    (
        option_key::SENDER_CONVERSATION_UPDATE,
        Options::SENDER_CONVERSATION_UPDATE,
    ),
    (option_key::SENDER_SYNC, Options::SENDER_SYNC),
    (option_key::OFFLINE_PUSH, Options::OFFLINE_PUSH),
    (option_key::NOT_PRIVATE, Options::NOT_PRIVATE),
    (
        option_key::IS_NOT_NOTIFICATION,
        Options::IS_NOT_NOTIFICATION,
    ),
    (option_key::IS_SEND_MSG, Options::IS_SEND_MSG),
    (
        option_key::SENDER_NOTIFICATION_PUSH,
        Options::SENDER_NOTIFICATION_PUSH,
    ),
    (
        option_key::REACTION_FROM_CACHE,
        Options::REACTION_FROM_CACHE,
    ),
];

/// Those that an answer names are switched; the others stay.
pub(super) fn switch_options(options: Options, named: &BTreeMap<String, bool>) -> Options {
    OPTION_KEYS
        .iter()
        .fold(options, |options, (name, bit)| match named.get(*name) {
            Some(true) => Options(options.0 & !bit),
            Some(false) => options.with_off(*bit),
            None => options,
        })
}

pub(super) fn push_text(info: OfflinePushInfo) -> PushText {
    PushText {
        title: info.title,
        text: info.desc,
        ex: info.ex,
        ios_sound: info.ios_push_sound,
        ios_badge: info.ios_badge_count,
        signal_info: info.signal_info,
    }
}

pub(super) fn push_info(text: &PushText) -> OfflinePushInfo {
    OfflinePushInfo {
        title: text.title.clone(),
        desc: text.text.clone(),
        ex: text.ex.clone(),
        ios_push_sound: text.ios_sound.clone(),
        ios_badge_count: text.ios_badge,
        signal_info: text.signal_info.clone(),
    }
}

/// A message hook's body; what kind it is follows from the conversation.
pub(super) enum Sending {
    Single(SendSingleMsg),
    Group(SendGroupMsg),
}

pub(super) fn sending(message: &Message, command: &str, trace: &str) -> Sending {
    let common = common_msg(message, command, trace);
    match &message.route.recipient {
        Party::Person(recipient) => Sending::Single(SendSingleMsg {
            message: common,
            recv_id: recipient.to_string(),
        }),
        Party::Group(group) => Sending::Group(SendGroupMsg {
            message: common,
            group_id: group.to_string(),
        }),
    }
}

pub(super) fn common_msg(message: &Message, command: &str, trace: &str) -> CommonMsg {
    let Message { route, post, .. } = message;
    CommonMsg {
        send_id: route.sender.to_string(),
        callback_command: command.to_owned(),
        server_msg_id: post.server_msg_id.clone(),
        client_msg_id: post.client_msg_id.clone(),
        operation_id: trace.to_owned(),
        sender_platform_id: post.sender_platform,
        sender_nickname: post.sender_nickname.clone(),
        session_type: session(route.kind),
        msg_from: post.origin as i32,
        content_type: post.content_type,
        // Before it is stored a message is being sent.
        status: if message.seq == 0 {
            msg_status::SENDING
        } else {
            message.status as i32
        },
        send_time: message.send_time,
        create_time: post.create_time,
        content: content(message),
        seq: u32::try_from(message.seq).unwrap_or(u32::MAX),
        at_user_list: called(message),
        face_url: post.sender_face_url.clone(),
        ex: post.ex.clone(),
    }
}

pub(super) fn online_push(
    message: &Message,
    receivers: Vec<String>,
    command: &str,
    trace: &str,
) -> OnlinePush {
    let Message { route, post, .. } = message;
    OnlinePush {
        callback_command: command.to_owned(),
        operation_id: trace.to_owned(),
        platform_id: post.sender_platform,
        platform: platform::name(post.sender_platform).to_owned(),
        user_id_list: receivers,
        client_msg_id: post.client_msg_id.clone(),
        send_id: route.sender.to_string(),
        group_id: match &route.recipient {
            Party::Person(_) => String::new(),
            Party::Group(group) => group.to_string(),
        },
        content_type: post.content_type,
        session_type: session(route.kind),
        at_user_id_list: called(message),
        content: content(message),
    }
}

/// The content is JSON; bytes that are no text could not be read by anybody.
fn content(message: &Message) -> String {
    String::from_utf8_lossy(&message.post.content).into_owned()
}

fn called(message: &Message) -> Option<Vec<String>> {
    (!message.post.at.is_empty()).then(|| message.post.at.clone())
}

fn session(kind: ConversationKind) -> i32 {
    match kind {
        ConversationKind::Direct | ConversationKind::Notice => session_type::SINGLE,
        ConversationKind::Group => session_type::GROUP,
        ConversationKind::Notification => session_type::NOTIFICATION,
    }
}

pub(super) fn user_info(account: &NewAccount, at: Millis) -> UserInfo {
    UserInfo {
        user_id: account.user_id.to_string(),
        nickname: account.nickname.clone(),
        face_url: account.face_url.clone(),
        ex: account.ex.clone(),
        create_time: at,
        app_manger_level: account.kind as i32,
        global_recv_msg_opt: account.receive as i32,
    }
}

/// A group that is about to be made: it has no id unless the application chose one.
pub(super) fn new_group_info(group: &CreateGroup) -> GroupInfo {
    GroupInfo {
        group_id: group
            .id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        group_name: group.name.clone(),
        notification: group.announcement.clone(),
        introduction: group.introduction.clone(),
        face_url: group.face_url.clone(),
        owner_user_id: group.owner.to_string(),
        ex: group.ex.clone(),
        group_type: GROUP_TYPE,
        need_verification: group.join_rule as i32,
        look_member_info: group.hides_profiles.into(),
        apply_member_friend: group.forbids_friends.into(),
        ..GroupInfo::default()
    }
}

pub(super) fn group_info(group: &Group) -> GroupInfo {
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

pub(super) fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_options_are_switched() {
        let named = BTreeMap::from([
            ("history".to_owned(), true),
            ("offlinePush".to_owned(), false),
            ("unheardOf".to_owned(), false),
        ]);
        let before = Options(Options::HISTORY | Options::UNREAD_COUNT);
        assert_eq!(
            switch_options(before, &named),
            Options(Options::UNREAD_COUNT | Options::OFFLINE_PUSH)
        );
    }
}
