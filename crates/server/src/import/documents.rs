//! The documents of an OpenIM 3.8 database, as its server writes them with the MongoDB driver for Go, turned into what
//! the domain takes. Members that are missing or null are empty, unknown ones are passed over, and a number is taken
//! from whatever kind of number it is: shells and scripts that mended a database have written doubles.

use std::fmt;

use bson::raw::{RawBson, RawBsonRef, RawDocument, RawElement};
use domain::import::{
    ApplicationRecord, BlockRecord, ConversationRecord, Entry, FavouriteRecord, FriendRecord,
    FriendRequestRecord, GroupRecord, MemberRecord, MessageDocument, MessageRecord, ReachRecord,
    RecallRecord, SeqRecord, UserRecord,
};
use domain::messages::{Options, Origin, Post, PushText};

/// A message document holds this many numbers.
const DOCUMENT_MESSAGES: i64 = 100;

/// Not a document, or one that is not as it should be.
#[derive(Debug)]
pub(super) struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<bson::error::Error> for Unreadable {
    fn from(error: bson::error::Error) -> Self {
        Self(error.to_string())
    }
}

type Result<T> = std::result::Result<T, Unreadable>;

pub(super) fn user(bytes: &[u8]) -> Result<UserRecord> {
    let mut user = UserRecord::default();
    each(bytes, |key, value| {
        match key {
            "user_id" => user.user_id = text(value)?,
            "nickname" => user.nickname = text(value)?,
            "face_url" => user.face_url = text(value)?,
            "ex" => user.ex = text(value)?,
            "app_manger_level" => user.level = number(value)?,
            "global_recv_msg_opt" => user.receive = number(value)?,
            "create_time" => user.created_at = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(user)
}

/// A "user command"; its time is in seconds.
pub(super) fn favourite(bytes: &[u8]) -> Result<FavouriteRecord> {
    let mut favourite = FavouriteRecord::default();
    each(bytes, |key, value| {
        match key {
            "userID" => favourite.owner = text(value)?,
            "type" => favourite.kind = small(value)?,
            "uuid" => favourite.uuid = text(value)?,
            "value" => favourite.value = text(value)?,
            "ex" => favourite.ex = text(value)?,
            "createTime" => favourite.created_at = number(value)?.saturating_mul(1000),
            _ => {}
        }
        Ok(())
    })?;
    Ok(favourite)
}

pub(super) fn friend(bytes: &[u8]) -> Result<FriendRecord> {
    let mut friend = FriendRecord::default();
    each(bytes, |key, value| {
        match key {
            "owner_user_id" => friend.owner = text(value)?,
            "friend_user_id" => friend.friend = text(value)?,
            "remark" => friend.remark = text(value)?,
            "ex" => friend.ex = text(value)?,
            "is_pinned" => friend.is_pinned = truth(value)?,
            "add_source" => friend.source = number(value)?,
            "operator_user_id" => friend.operator = text(value)?,
            "create_time" => friend.created_at = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(friend)
}

pub(super) fn friend_request(bytes: &[u8]) -> Result<FriendRequestRecord> {
    let mut request = FriendRequestRecord::default();
    each(bytes, |key, value| {
        match key {
            "from_user_id" => request.from = text(value)?,
            "to_user_id" => request.to = text(value)?,
            "handle_result" => request.verdict = number(value)?,
            "req_msg" => request.message = text(value)?,
            "ex" => request.ex = text(value)?,
            "create_time" => request.created_at = number(value)?,
            "handler_user_id" => request.handler = text(value)?,
            "handle_msg" => request.handle_message = text(value)?,
            "handle_time" => request.handled_at = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(request)
}

pub(super) fn block(bytes: &[u8]) -> Result<BlockRecord> {
    let mut block = BlockRecord::default();
    each(bytes, |key, value| {
        match key {
            "owner_user_id" => block.owner = text(value)?,
            "block_user_id" => block.blocked = text(value)?,
            "ex" => block.ex = text(value)?,
            "add_source" => block.source = small(value)?,
            "operator_user_id" => block.operator = text(value)?,
            "create_time" => block.created_at = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(block)
}

pub(super) fn group(bytes: &[u8]) -> Result<GroupRecord> {
    let mut group = GroupRecord::default();
    each(bytes, |key, value| {
        match key {
            "group_id" => group.group_id = text(value)?,
            "group_name" => group.name = text(value)?,
            "notification" => group.announcement = text(value)?,
            "notification_update_time" => group.announced_at = number(value)?,
            "notification_user_id" => group.announced_by = text(value)?,
            "introduction" => group.introduction = text(value)?,
            "face_url" => group.face_url = text(value)?,
            "ex" => group.ex = text(value)?,
            "status" => group.status = number(value)?,
            "need_verification" => group.join_rule = number(value)?,
            "look_member_info" => group.hides_profiles = number(value)? != 0,
            "apply_member_friend" => group.forbids_friends = number(value)? != 0,
            "creator_user_id" => group.creator = text(value)?,
            "create_time" => group.created_at = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(group)
}

pub(super) fn member(bytes: &[u8]) -> Result<MemberRecord> {
    let mut member = MemberRecord::default();
    each(bytes, |key, value| {
        match key {
            "group_id" => member.group = text(value)?,
            "user_id" => member.user = text(value)?,
            "role_level" => member.role = number(value)?,
            "nickname" => member.nickname = text(value)?,
            "face_url" => member.face_url = text(value)?,
            "ex" => member.ex = text(value)?,
            "join_time" => member.joined_at = number(value)?,
            "join_source" => member.source = number(value)?,
            "inviter_user_id" => member.inviter = text(value)?,
            "operator_user_id" => member.operator = text(value)?,
            "mute_end_time" => member.muted_until = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(member)
}

pub(super) fn application(bytes: &[u8]) -> Result<ApplicationRecord> {
    let mut application = ApplicationRecord::default();
    each(bytes, |key, value| {
        match key {
            "group_id" => application.group = text(value)?,
            "user_id" => application.user = text(value)?,
            "handle_result" => application.verdict = number(value)?,
            "req_msg" => application.message = text(value)?,
            "ex" => application.ex = text(value)?,
            "req_time" => application.created_at = number(value)?,
            "join_source" => application.source = number(value)?,
            "inviter_user_id" => application.inviter = text(value)?,
            "handle_user_id" => application.handler = text(value)?,
            "handled_msg" => application.handle_message = text(value)?,
            "handled_time" => application.handled_at = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(application)
}

pub(super) fn conversation(bytes: &[u8]) -> Result<ConversationRecord> {
    let mut conversation = ConversationRecord::default();
    each(bytes, |key, value| {
        match key {
            "owner_user_id" => conversation.owner = text(value)?,
            "conversation_id" => conversation.id = text(value)?,
            "conversation_type" => conversation.kind = number(value)?,
            "user_id" => conversation.peer = text(value)?,
            "group_id" => conversation.group = text(value)?,
            "recv_msg_opt" => conversation.receive = number(value)?,
            "is_pinned" => conversation.is_pinned = truth(value)?,
            "is_private_chat" => conversation.is_private = truth(value)?,
            "burn_duration" => conversation.burn_s = small(value)?,
            "group_at_type" => conversation.group_at = small(value)?,
            "is_msg_destruct" => conversation.is_destructing = truth(value)?,
            "msg_destruct_time" => conversation.destruct_s = number(value)?,
            "latest_msg_destruct_time" => conversation.destructed_at = number(value)?,
            "attached_info" => conversation.attached_info = text(value)?,
            "ex" => conversation.ex = text(value)?,
            "min_seq" => conversation.min_seq = number(value)?,
            "max_seq" => conversation.max_seq = number(value)?,
            "create_time" => conversation.created_at = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(conversation)
}

pub(super) fn seq(bytes: &[u8]) -> Result<SeqRecord> {
    let mut seq = SeqRecord::default();
    each(bytes, |key, value| {
        match key {
            "conversation_id" => seq.id = text(value)?,
            "max_seq" => seq.max_seq = number(value)?,
            "min_seq" => seq.min_seq = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(seq)
}

pub(super) fn reach(bytes: &[u8]) -> Result<ReachRecord> {
    let mut reach = ReachRecord::default();
    each(bytes, |key, value| {
        match key {
            "user_id" => reach.user = text(value)?,
            "conversation_id" => reach.id = text(value)?,
            "min_seq" => reach.min_seq = number(value)?,
            "max_seq" => reach.max_seq = number(value)?,
            "read_seq" => reach.read_seq = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(reach)
}

/// The conversation of a message document, and which of its documents it is. Older databases have ids of another form.
pub(super) fn message_place(bytes: &[u8]) -> Option<(String, i64)> {
    let document = RawDocument::from_bytes(bytes).ok()?;
    let (conversation, index) = document.get_str("doc_id").ok()?.rsplit_once(':')?;
    let is_ours = ["si_", "sg_", "sn_", "n_"]
        .iter()
        .any(|prefix| conversation.starts_with(prefix));
    let index: i64 = index.parse().ok()?;
    let fits = (0..i64::MAX / DOCUMENT_MESSAGES - 1).contains(&index);
    (is_ours && fits).then(|| (conversation.to_owned(), index))
}

/// What was wrong with single messages of a document, by number.
pub(super) struct WrongMessage {
    pub(super) seq: i64,
    pub(super) problem: String,
}

/// A hundred messages. A message's place in the document says its number.
pub(super) fn messages(
    bytes: &[u8],
    (conversation, index): (String, i64),
    wrong: &mut Vec<WrongMessage>,
) -> Result<MessageDocument> {
    let first_seq = index * DOCUMENT_MESSAGES + 1;
    let mut entries = Vec::with_capacity(DOCUMENT_MESSAGES as usize);
    let list = RawDocument::from_bytes(bytes)?.get("msgs")?;
    let Some(RawBsonRef::Array(list)) = list else {
        return Ok(MessageDocument {
            conversation,
            first_seq,
            entries,
        });
    };
    // A document has a hundred; what stands behind them would have the numbers of the next one.
    for (n, entry) in list
        .into_iter()
        .take(DOCUMENT_MESSAGES as usize)
        .enumerate()
    {
        let read = entry.map_err(Into::into).and_then(|value| match value {
            RawBsonRef::Document(document) => entry_of(document),
            _ => Ok(Entry::Nothing),
        });
        entries.push(read.unwrap_or_else(|error: Unreadable| {
            wrong.push(WrongMessage {
                seq: first_seq + n as i64,
                problem: error.to_string(),
            });
            Entry::Gone
        }));
    }
    Ok(MessageDocument {
        conversation,
        first_seq,
        entries,
    })
}

/// A place that was never filled has all its members, empty; one that was emptied has `msg` alone.
fn entry_of(document: &RawDocument) -> Result<Entry> {
    let mut message = None;
    let mut members = 0;
    let (mut recalled, mut hidden_from) = (None, Vec::new());
    each_in(document, |key, value| {
        members += 1;
        match key {
            "msg" => {
                message = sub_document(value)?
                    .map(|msg| message_of(&msg))
                    .transpose()?
            }
            "revoke" => {
                recalled = sub_document(value)?
                    .map(|doc| recall_of(&doc))
                    .transpose()?
            }
            "del_list" => hidden_from = texts(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(match message {
        Some(message) => Entry::Message(Box::new(MessageRecord {
            recalled,
            hidden_from,
            ..message
        })),
        None if members == 1 => Entry::Gone,
        None => Entry::Nothing,
    })
}

fn message_of(bytes: &[u8]) -> Result<MessageRecord> {
    let mut message = MessageRecord::default();
    let mut post = Post::default();
    each(bytes, |key, value| {
        match key {
            "send_id" => message.sender = text(value)?,
            "recv_id" => message.recipient = text(value)?,
            "group_id" => message.group = text(value)?,
            "client_msg_id" => post.client_msg_id = text(value)?,
            "server_msg_id" => post.server_msg_id = text(value)?,
            "sender_platform_id" => post.sender_platform = small(value)?,
            "sender_nickname" => post.sender_nickname = text(value)?,
            "sender_face_url" => post.sender_face_url = text(value)?,
            "session_type" => message.session_type = number(value)?,
            "msg_from" => {
                post.origin = Origin::from_number(number(value)?).unwrap_or_default();
            }
            "content_type" => post.content_type = small(value)?,
            "content" => post.content = content(value)?.into(),
            "send_time" => message.send_time = number(value)?,
            "create_time" => post.create_time = number(value)?,
            "status" => message.status = number(value)?,
            "options" => post.options = options_of(value)?,
            "offline_push" => {
                post.push = sub_document(value)?
                    .map(|push| push_of(&push).map(Box::new))
                    .transpose()?;
            }
            "at_user_id_list" => post.at = texts(value)?,
            "attached_info" => post.attached_info = text(value)?,
            "ex" => post.ex = text(value)?,
            _ => {}
        }
        Ok(())
    })?;
    message.post = post;
    Ok(message)
}

fn recall_of(bytes: &[u8]) -> Result<RecallRecord> {
    let mut recall = RecallRecord::default();
    each(bytes, |key, value| {
        match key {
            "user_id" => recall.by = text(value)?,
            "nickname" => recall.nickname = text(value)?,
            "role" => recall.role = number(value)?,
            "time" => recall.at = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(recall)
}

fn push_of(bytes: &[u8]) -> Result<PushText> {
    let mut push = PushText::default();
    each(bytes, |key, value| {
        match key {
            "title" => push.title = text(value)?,
            "desc" => push.text = text(value)?,
            "ex" => push.ex = text(value)?,
            "ios_push_sound" => push.ios_sound = text(value)?,
            "ios_badge_count" => push.ios_badge = truth(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(push)
}

/// The options that are off; a missing one is on (`reference/openim/messages.md` §5).
fn options_of(value: RawBson) -> Result<Options> {
    let mut options = Options::default();
    if let Some(names) = sub_document(value)? {
        each(&names, |key, value| {
            if !truth(value)? {
                options = options.with_off(surface_openim::message_option(key).unwrap_or(0));
            }
            Ok(())
        })?;
    }
    Ok(options)
}

/// Shows every member of a document with its name.
fn each(bytes: &[u8], visit: impl FnMut(&str, RawBson) -> Result<()>) -> Result<()> {
    each_in(RawDocument::from_bytes(bytes)?, visit)
}

fn each_in(
    document: &RawDocument,
    mut visit: impl FnMut(&str, RawBson) -> Result<()>,
) -> Result<()> {
    for element in document.iter_elements() {
        let element: RawElement<'_> = element?;
        let key = element.key();
        // Texts of Go need not be UTF-8.
        visit(key.as_str(), element.value_utf8_lossy()?)?;
    }
    Ok(())
}

fn text(value: RawBson) -> Result<String> {
    match value {
        RawBson::String(text) => Ok(text),
        RawBson::Null | RawBson::Undefined => Ok(String::new()),
        other => Err(unexpected("a text", &other)),
    }
}

fn content(value: RawBson) -> Result<Vec<u8>> {
    match value {
        RawBson::Binary(binary) => Ok(binary.bytes),
        other => text(other).map(String::into_bytes),
    }
}

/// A number, or a time in milliseconds; Go's time zero is none.
fn number(value: RawBson) -> Result<i64> {
    match value {
        RawBson::Int32(number) => Ok(number.into()),
        RawBson::Int64(number) => Ok(number),
        RawBson::Double(number) if number.is_finite() => Ok(number as i64),
        RawBson::DateTime(time) => Ok(time.timestamp_millis().max(0)),
        RawBson::Null | RawBson::Undefined => Ok(0),
        other => Err(unexpected("a number", &other)),
    }
}

fn small(value: RawBson) -> Result<i32> {
    let number = number(value)?;
    i32::try_from(number).map_err(|_| Unreadable(format!("{number} is too large")))
}

fn truth(value: RawBson) -> Result<bool> {
    match value {
        RawBson::Boolean(truth) => Ok(truth),
        other => number(other).map(|number| number != 0),
    }
}

fn sub_document(value: RawBson) -> Result<Option<Vec<u8>>> {
    match value {
        RawBson::Document(document) => Ok(Some(document.into_bytes())),
        RawBson::Null | RawBson::Undefined => Ok(None),
        other => Err(unexpected("a document", &other)),
    }
}

fn texts(value: RawBson) -> Result<Vec<String>> {
    match value {
        RawBson::Array(list) => list.into_iter().map(|item| text(item?.into())).collect(),
        RawBson::Null | RawBson::Undefined => Ok(Vec::new()),
        other => Err(unexpected("a list", &other)),
    }
}

fn unexpected(wanted: &str, found: &RawBson) -> Unreadable {
    Unreadable(format!("{:?} instead of {wanted}", found.element_type()))
}
