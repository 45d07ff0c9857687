//! What an OpenIM device is told of an event, in its own words: pushes, notifications, the kick
//! (`reference/openim/notifications.md`). Every event and signal is matched by name, so that a new one does not
//! compile until it is decided what devices see of it.

use bytes::Bytes;
use domain::event::{Event, FavouriteChange, Signal};
use domain::ids::{ConversationId, UserId};
use domain::messages::{Message, Options};
use domain::sessions::Platforms;
use prost::Message as _;
use realtime::{Frame, Outgoing, Slot};
use wire::openim::envelope::{Encoding, Framing, ResponseRef, encode_response};
use wire::openim::proto::{
    MsgData, PullMsgs, PushMessages, SubUserOnlineStatusElem, SubUserOnlineStatusTips,
};
use wire::openim::tips::{self, FromToUserID};
use wire::openim::{content_type, ids, msg_from, msg_status, session_type};

use crate::Surface;
use crate::convert::{self, msg_data};

/// The slot that keeps the bytes of this encoding.
pub(crate) fn slot(encoding: Encoding) -> Slot {
    match (encoding.framing, encoding.gzip) {
        (Framing::Gob, false) => Slot::OPENIM_GOB,
        (Framing::Gob, true) => Slot::OPENIM_GOB_GZIP,
        (Framing::Json, false) => Slot::OPENIM_JSON,
        (Framing::Json, true) => Slot::OPENIM_JSON_GZIP,
    }
}

/// The frame for one encoding, or `None` if devices are not told.
pub(crate) fn frame(surface: &Surface, outgoing: &Outgoing, encoding: Encoding) -> Option<Frame> {
    let (identifier, data) = match outgoing {
        Outgoing::Event(event) => self::event(surface, event)?,
        Outgoing::Signal(signal) => self::signal(signal)?,
    };
    let operation_id = match outgoing {
        Outgoing::Event(Event::MessageAppended { trace, .. }) if !trace.is_empty() => trace.clone(),
        Outgoing::Event(_) | Outgoing::Signal(_) => surface.operation_id(),
    };
    let response = ResponseRef {
        req_identifier: identifier,
        operation_id: &operation_id,
        data: &data,
        ..ResponseRef::default()
    };
    Some(Frame::Binary(encode_response(response, encoding)))
}

fn event(surface: &Surface, event: &Event) -> Option<(i32, Vec<u8>)> {
    let notice = match event {
        Event::MessageAppended { message, .. }
        | Event::Noticed {
            notice: message, ..
        } => return Some(push(message)),
        Event::ConversationsChanged {
            user_id,
            conversations,
            ..
        } => notification(
            content_type::CONVERSATION_CHANGE_NOTIFICATION,
            (user_id, user_id),
            &tips::ConversationUpdateTips {
                user_id: user_id.to_string(),
                conversation_id_list: texts(conversations),
            },
        ),
        Event::ConversationsCleared {
            by, conversations, ..
        } => notification(
            content_type::CLEAR_CONVERSATION_NOTIFICATION,
            (by, by),
            &tips::ClearConversationTips {
                user_id: by.to_string(),
                conversation_ids: texts(conversations),
            },
        ),
        Event::ReadPositionSet {
            user_id,
            conversation,
            has_read_seq,
            ..
        } => notification(
            content_type::HAS_READ_RECEIPT,
            (user_id, user_id),
            &tips::MarkAsReadTips {
                mark_as_read_user_id: user_id.to_string(),
                conversation_id: conversation.to_string(),
                seqs: Vec::new(),
                has_read_seq: *has_read_seq,
            },
        ),
        Event::AccountUpdated { user_id, .. } => notification(
            content_type::USER_INFO_UPDATED_NOTIFICATION,
            (user_id, user_id),
            &tips::UserInfoUpdatedTips {
                user_id: user_id.to_string(),
            },
        ),
        Event::FavouritesChanged {
            user_id, change, ..
        } => notification(
            match change {
                FavouriteChange::Added => content_type::USER_COMMAND_ADD_NOTIFICATION,
                FavouriteChange::Removed => content_type::USER_COMMAND_DELETE_NOTIFICATION,
                FavouriteChange::Updated => content_type::USER_COMMAND_UPDATE_NOTIFICATION,
            },
            (user_id, user_id),
            &FromToUserID {
                from_user_id: user_id.to_string(),
                to_user_id: user_id.to_string(),
            },
        ),
        // For the application's server, not for devices.
        Event::LetterWritten(_) => return None,
        // The hub sends this only to the connections that it ends.
        Event::SessionsEnded { .. } => return Some((ids::KICK_ONLINE_MSG, Vec::new())),
    };
    Some(push_notification(surface, notice))
}

fn signal(signal: &Signal) -> Option<(i32, Vec<u8>)> {
    match signal {
        Signal::MessageRelayed { message, .. } => Some(push(message)),
        Signal::SocketsReplaced { .. } => Some((ids::KICK_ONLINE_MSG, Vec::new())),
        Signal::PresenceChanged {
            user_id, online, ..
        } => {
            let tips = presence_tips([(user_id.to_string(), *online)]);
            Some((ids::SUB_USER_ONLINE_STATUS, tips.encode_to_vec()))
        }
    }
}

/// The online platforms of some users; an empty list is "offline".
pub(crate) fn presence_tips(
    users: impl IntoIterator<Item = (String, Platforms)>,
) -> SubUserOnlineStatusTips {
    let subscribers = users
        .into_iter()
        .map(|(user_id, online)| SubUserOnlineStatusElem {
            user_id,
            online_platform_ids: online.iter().map(|platform| platform.number()).collect(),
        })
        .collect();
    SubUserOnlineStatusTips { subscribers }
}

fn push(message: &Message) -> (i32, Vec<u8>) {
    let is_notice = message.route.conversation.is_notice();
    (
        ids::PUSH_MSG,
        push_data(&message.route.conversation, is_notice, msg_data(message)),
    )
}

fn push_data(conversation: &ConversationId, is_notice: bool, data: MsgData) -> Vec<u8> {
    let pulled = PullMsgs {
        msgs: vec![data],
        ..PullMsgs::default()
    };
    let mut messages = PushMessages::default();
    let side = if is_notice {
        &mut messages.notification_msgs
    } else {
        &mut messages.msgs
    };
    side.insert(conversation.to_string(), pulled);
    messages.encode_to_vec()
}

/// A notification that is kept nowhere: what it says, from whom to whom.
struct Notification {
    content_type: i32,
    content: Bytes,
    from: UserId,
    to: UserId,
}

fn notification<T: serde::Serialize>(
    content_type: i32,
    (from, to): (&UserId, &UserId),
    tips: &T,
) -> Notification {
    let content = tips::notification_content(tips).into();
    Notification {
        content_type,
        content,
        from: from.clone(),
        to: to.clone(),
    }
}

fn push_notification(surface: &Surface, notice: Notification) -> (i32, Vec<u8>) {
    let now = surface.domain.now();
    let conversation = ConversationId::notice(&notice.from, &notice.to);
    let data = MsgData {
        send_id: notice.from.to_string(),
        recv_id: notice.to.to_string(),
        client_msg_id: surface.message_id(),
        server_msg_id: surface.message_id(),
        session_type: session_type::SINGLE,
        msg_from: msg_from::SYSTEM,
        content_type: notice.content_type,
        content: notice.content,
        send_time: now,
        create_time: now,
        status: msg_status::SUCCESS,
        options: convert::option_names(Options::passing_notice()),
        ..MsgData::default()
    };
    (ids::PUSH_MSG, push_data(&conversation, true, data))
}

fn texts(conversations: &[ConversationId]) -> Vec<String> {
    conversations.iter().map(ToString::to_string).collect()
}
