//! Pure conversions between the wire's structures and the domain's, both ways. Spellings that only OpenIM has (option
//! names, session types, ids) end here.

mod groups;
mod people;

pub(crate) use groups::{application, group_info, is_on, join_rule, join_source, member, role};
pub(crate) use people::{
    block, friend, friend_only, friend_request, id_hash, public_info, verdicts,
};

use std::collections::BTreeMap;

use domain::accounts::{Account, Receive};
use domain::conversations::{ConversationEntry, ConversationKind, Party, SeqState};
use domain::ids::{ConversationId, GroupId, UserId};
use domain::messages::{
    Message, Options, Order, Origin, Post, PulledMessages, PushText, Route, content_type,
};
use domain::ports::Page;
use domain::sessions::Platform;
use wire::openim::proto::{MsgData, OfflinePushInfo, PullMsgs, Seqs};
use wire::openim::rest::conversation::Conversation;
use wire::openim::rest::{Pagination, UserInfo};
use wire::openim::{option_key, pull_order, session_type};

use crate::errors::{Answer, Refusal};

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

pub(crate) fn user_id(field: &str, text: &str) -> Answer<UserId> {
    UserId::new(text)
        .ok_or_else(|| Refusal::args(format!("{field} is empty, too long or has a ':' in it")))
}

pub(crate) fn user_ids(field: &str, texts: &[String]) -> Answer<Vec<UserId>> {
    texts.iter().map(|text| user_id(field, text)).collect()
}

pub(crate) fn conversation_id(text: &str) -> Answer<ConversationId> {
    ConversationId::parse(text).ok_or_else(|| Refusal::args("conversationID is empty or too long"))
}

pub(crate) fn conversation_ids(texts: &[String]) -> Answer<Vec<ConversationId>> {
    texts.iter().map(|text| conversation_id(text)).collect()
}

pub(crate) fn group_id(text: &str) -> Answer<GroupId> {
    GroupId::new(text).ok_or_else(|| Refusal::args("groupID is empty, too long or has a ':' in it"))
}

pub(crate) fn group_ids(texts: &[String]) -> Answer<Vec<GroupId>> {
    texts.iter().map(|text| group_id(text)).collect()
}

/// A platform that a device can have.
pub(crate) fn platform(number: i32) -> Answer<Platform> {
    Platform::from_number(number.into()).ok_or_else(|| Refusal::args("platformID is unknown"))
}

pub(crate) fn receive(number: i32) -> Answer<Receive> {
    Receive::from_number(number.into()).ok_or_else(|| Refusal::args("recvMsgOpt must be 0, 1 or 2"))
}

/// A page of at most `rows_max` rows.
pub(crate) fn page(pagination: Option<&Pagination>, rows_max: u32) -> Answer<Page> {
    let Some(Pagination {
        page_number,
        show_number,
    }) = pagination
    else {
        return Err(Refusal::args("pagination is missing"));
    };
    if *page_number < 1 || *show_number < 1 {
        return Err(Refusal::args("pageNumber and showNumber start at 1"));
    }
    let rows = show_number.unsigned_abs().min(rows_max);
    Ok(Page {
        offset: u64::from(page_number.unsigned_abs() - 1) * u64::from(rows),
        rows,
    })
}

/// The length of a list in the 32 bits that the wire has for it.
pub(crate) fn total(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

pub(crate) fn order(number: i32) -> Order {
    if number == pull_order::DESC {
        Order::Descending
    } else {
        Order::Ascending
    }
}

/// The bit of an option, by its name on the wire.
pub fn message_option(name: &str) -> Option<u16> {
    OPTION_KEYS
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, bit)| *bit)
}

pub(crate) fn options(names: &BTreeMap<String, bool>) -> Options {
    let off = OPTION_KEYS
        .iter()
        .filter(|(name, _)| names.get(*name) == Some(&false));
    Options(off.fold(0, |bits, (_, bit)| bits | bit))
}

pub(crate) fn option_names(options: Options) -> BTreeMap<String, bool> {
    let off = OPTION_KEYS.iter().filter(|(_, bit)| !options.is_on(*bit));
    off.map(|(name, _)| ((*name).to_owned(), false)).collect()
}

/// What a client wrote, without what only the server sets.
pub(crate) fn post(data: MsgData, origin: Origin) -> Post {
    Post {
        client_msg_id: data.client_msg_id,
        server_msg_id: String::new(),
        sender_platform: data.sender_platform_id,
        sender_nickname: data.sender_nickname,
        sender_face_url: data.sender_face_url,
        origin,
        content_type: data.content_type,
        content: data.content,
        create_time: data.create_time,
        options: options(&data.options),
        push: data.offline_push_info.map(|push| Box::new(push_text(push))),
        at: data.at_user_id_list,
        attached_info: data.attached_info,
        ex: data.ex,
    }
}

pub(crate) fn push_text(push: OfflinePushInfo) -> PushText {
    PushText {
        title: push.title,
        text: push.desc,
        ex: push.ex,
        ios_sound: push.ios_push_sound,
        ios_badge: push.ios_badge_count,
        signal_info: push.signal_info,
    }
}

fn push_info(push: &PushText) -> OfflinePushInfo {
    OfflinePushInfo {
        title: push.title.clone(),
        desc: push.text.clone(),
        ex: push.ex.clone(),
        ios_push_sound: push.ios_sound.clone(),
        ios_badge_count: push.ios_badge,
        signal_info: push.signal_info.clone(),
    }
}

/// The session type of a chat of this kind. Notices travel as messages of one person to another, or to a group.
pub(crate) fn session_type(kind: ConversationKind, to: &Party) -> i32 {
    match (kind, to) {
        (ConversationKind::Notification, _) => session_type::NOTIFICATION,
        (_, Party::Group(_)) => session_type::GROUP,
        (_, Party::Person(_)) => session_type::SINGLE,
    }
}

/// `recvID` and `groupID` of a message. What the server says to a group names it twice, what a person says once.
pub(crate) fn addressees(route: &Route, post: &Post) -> (String, String) {
    let is_ours =
        post.origin == Origin::System && post.content_type >= content_type::NOTIFICATION_BEGIN;
    match &route.recipient {
        Party::Person(person) => (person.to_string(), String::new()),
        Party::Group(group) if is_ours => (group.to_string(), group.to_string()),
        Party::Group(group) => (String::new(), group.to_string()),
    }
}

pub(crate) fn msg_data(message: &Message) -> MsgData {
    let Message { route, post, .. } = message;
    let (recv_id, group_id) = addressees(route, post);
    MsgData {
        send_id: route.sender.to_string(),
        recv_id,
        group_id,
        client_msg_id: post.client_msg_id.clone(),
        server_msg_id: post.server_msg_id.clone(),
        sender_platform_id: post.sender_platform,
        sender_nickname: post.sender_nickname.clone(),
        sender_face_url: post.sender_face_url.clone(),
        session_type: session_type(route.kind, &route.recipient),
        msg_from: post.origin as i32,
        content_type: post.content_type,
        content: post.content.clone(),
        seq: message.seq,
        send_time: message.send_time,
        create_time: post.create_time,
        status: message.status as i32,
        is_read: message.is_read,
        options: option_names(post.options),
        offline_push_info: post.push.as_deref().map(push_info),
        at_user_id_list: post.at.clone(),
        attached_info: post.attached_info.clone(),
        ex: post.ex.clone(),
    }
}

/// Pulled messages, chats and notices apart, as every pull answer wants them.
pub(crate) fn pulled(
    answers: Vec<PulledMessages>,
) -> (BTreeMap<String, PullMsgs>, BTreeMap<String, PullMsgs>) {
    let (mut chats, mut notices) = (BTreeMap::new(), BTreeMap::new());
    for answer in answers {
        let pulled = PullMsgs {
            msgs: answer.messages.iter().map(msg_data).collect(),
            is_end: answer.is_end,
            end_seq: answer.end_seq,
        };
        let side = if answer.conversation.is_notice() {
            &mut notices
        } else {
            &mut chats
        };
        side.insert(answer.conversation.to_string(), pulled);
    }
    (chats, notices)
}

pub(crate) fn seqs(state: &SeqState) -> Seqs {
    Seqs {
        max_seq: state.max_seq,
        has_read_seq: state.has_read_seq,
        max_seq_time: state.last_time,
    }
}

pub(crate) fn user_info(account: &Account) -> UserInfo {
    UserInfo {
        user_id: account.user_id.to_string(),
        nickname: account.nickname.clone(),
        face_url: account.face_url.clone(),
        ex: account.ex.clone(),
        create_time: account.created_at,
        app_manger_level: account.kind as i32,
        global_recv_msg_opt: account.receive as i32,
    }
}

pub(crate) fn conversation(entry: &ConversationEntry) -> Conversation {
    let settings = &entry.settings;
    let (user_id, group_id) = match &entry.peer {
        Party::Person(person) => (person.to_string(), String::new()),
        Party::Group(group) => (String::new(), group.to_string()),
    };
    Conversation {
        owner_user_id: entry.owner.to_string(),
        conversation_id: entry.id.to_string(),
        recv_msg_opt: settings.receive as i32,
        conversation_type: session_type(entry.kind, &entry.peer),
        user_id,
        group_id,
        is_pinned: settings.is_pinned,
        attached_info: settings.attached_info.clone(),
        is_private_chat: settings.is_private,
        group_at_type: settings.group_at,
        ex: settings.ex.clone(),
        burn_duration: settings.burn_s,
        min_seq: entry.min_seq,
        max_seq: entry.max_seq,
        msg_destruct_time: settings.destruct_s,
        latest_msg_destruct_time: settings.destructed_at,
        is_msg_destruct: settings.is_destructing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_both_ways() {
        let names = BTreeMap::from([
            ("history".to_owned(), false),
            ("offlinePush".to_owned(), true),
            ("isNotNotification".to_owned(), false),
            ("unheardOf".to_owned(), false),
        ]);
        let read = options(&names);
        assert_eq!(
            read,
            Options(Options::HISTORY | Options::IS_NOT_NOTIFICATION)
        );
        let written = option_names(read);
        assert_eq!(
            written,
            BTreeMap::from([
                ("history".to_owned(), false),
                ("isNotNotification".to_owned(), false)
            ])
        );
    }

    #[test]
    fn pages_start_at_one_and_end_at_the_cap() {
        let of = |page_number, show_number| {
            page(
                Some(&Pagination {
                    page_number,
                    show_number,
                }),
                100,
            )
        };
        assert_eq!(
            of(1, 50),
            Ok(Page {
                offset: 0,
                rows: 50
            })
        );
        assert_eq!(
            of(3, 500),
            Ok(Page {
                offset: 200,
                rows: 100
            })
        );
        assert_eq!(of(i32::MAX, i32::MAX).map(|page| page.rows), Ok(100));
        assert!(
            of(0, 1).is_err() && of(1, 0).is_err() && of(-1, -1).is_err() && page(None, 1).is_err()
        );
    }
}
