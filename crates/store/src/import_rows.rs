//! The rows of an import as they travel to either database: one text of JSON for a whole batch, whose members are named
//! like the columns. PostgreSQL keeps no NUL in a text, so none is passed on to either.

use std::borrow::Cow;

use domain::accounts::Account;
use domain::conversations::ConversationKind;
use domain::groups::Group;
use domain::ids::{AccountKey, ConversationId, ConversationKey, GroupKey};
use domain::ports::{
    ImportedApplication, ImportedFriend, ImportedFriendRequest, ImportedHead, ImportedHide,
    ImportedMember, ImportedParticipant, ImportedReach, NewBlock,
};
use domain::sync::List;
use domain::time::Millis;
use serde_json::{Value, json};

use crate::forms::version_id;

pub(crate) fn accounts(accounts: &[Account]) -> String {
    rows(accounts, |a| {
        json!({
            "user_id": text(a.user_id.as_str()),
            "nickname": text(&a.nickname),
            "face_url": text(&a.face_url),
            "ex": text(&a.ex),
            "kind": a.kind as i16,
            "receive": a.receive as i16,
            "created_at": a.created_at,
        })
    })
}

pub(crate) fn friends(friends: &[ImportedFriend]) -> String {
    rows(friends, |f| {
        json!({
            "owner": f.row.owner.0,
            "other": f.row.friend.0,
            "remark": text(&f.remark),
            "ex": text(&f.ex),
            "is_pinned": i32::from(f.is_pinned),
            "source": f.row.source as i16,
            "operator": text(f.row.operator.as_str()),
            "created_at": f.row.created_at,
        })
    })
}

pub(crate) fn blocks(blocks: &[NewBlock]) -> String {
    rows(blocks, |b| {
        json!({
            "owner": b.owner.0,
            "other": b.blocked.0,
            "ex": text(&b.ex),
            "source": b.source,
            "operator": text(b.operator.as_str()),
            "created_at": b.created_at,
        })
    })
}

pub(crate) fn friend_requests(requests: &[ImportedFriendRequest]) -> String {
    rows(requests, |r| {
        json!({
            "from_account": r.from.0,
            "to_account": r.to.0,
            "verdict": r.verdict as i16,
            "message": text(&r.message),
            "ex": text(&r.ex),
            "created_at": r.created_at,
            "handler": text(&r.handler),
            "handle_message": text(&r.handle_message),
            "handled_at": r.handled_at,
        })
    })
}

pub(crate) fn groups(groups: &[Group]) -> String {
    rows(groups, |g| {
        json!({
            "group_id": text(g.id.as_str()),
            "chat": ConversationId::group(&g.id).as_str(),
            "name": text(&g.name),
            "announcement": text(&g.announcement),
            "announced_at": g.announced_at,
            "announced_by": text(&g.announced_by),
            "introduction": text(&g.introduction),
            "face_url": text(&g.face_url),
            "ex": text(&g.ex),
            "status": g.status as i16,
            "join_rule": g.join_rule as i16,
            "hides_profiles": i32::from(g.hides_profiles),
            "forbids_friends": i32::from(g.forbids_friends),
            "creator": text(&g.creator),
            "owner": text(&g.owner),
            "created_at": g.created_at,
        })
    })
}

pub(crate) fn members(members: &[ImportedMember]) -> String {
    rows(members, |m| {
        json!({
            "grp": m.group.0,
            "account": m.row.account.0,
            "role": m.row.role as i16,
            "nickname": text(&m.row.nickname),
            "face_url": text(&m.row.face_url),
            "ex": text(&m.row.ex),
            "joined_at": m.row.joined_at,
            "source": m.row.source as i16,
            "inviter": text(&m.row.inviter),
            "operator": text(&m.row.operator),
            "muted_until": m.row.muted_until,
        })
    })
}

pub(crate) fn applications(applications: &[ImportedApplication]) -> String {
    rows(applications, |a| {
        json!({
            "grp": a.group.0,
            "account": a.account.0,
            "verdict": a.verdict as i16,
            "message": text(&a.message),
            "ex": text(&a.ex),
            "created_at": a.created_at,
            "source": a.source as i16,
            "inviter": text(&a.inviter),
            "handler": text(&a.handler),
            "handle_message": text(&a.handle_message),
            "handled_at": a.handled_at,
        })
    })
}

pub(crate) fn pairs(
    pairs: &[(ConversationId, ConversationKind, AccountKey, AccountKey)],
) -> String {
    rows(pairs, |(id, kind, a, b)| {
        json!({
            "id": id.as_str(),
            "kind": *kind as i16,
            "low": a.min(b).0,
            "high": a.max(b).0,
        })
    })
}

pub(crate) fn group_notices(groups: &[(ConversationId, GroupKey)]) -> String {
    rows(
        groups,
        |(id, group)| json!({ "id": id.as_str(), "grp": group.0 }),
    )
}

pub(crate) fn participants(participants: &[ImportedParticipant]) -> String {
    rows(participants, |p| {
        let s = &p.settings;
        json!({
            "account": p.account.0,
            "conversation": p.conversation.0,
            "receive": s.receive as i16,
            "is_pinned": i32::from(s.is_pinned),
            "is_private": i32::from(s.is_private),
            "burn_s": s.burn_s,
            "group_at": s.group_at,
            "is_destructing": i32::from(s.is_destructing),
            "destruct_s": s.destruct_s,
            "destructed_at": s.destructed_at,
            "attached_info": text(&s.attached_info),
            "ex": text(&s.ex),
            "min_seq": p.min_seq,
            "max_seq": p.max_seq,
            "created_at": p.created_at,
        })
    })
}

pub(crate) fn reaches(reaches: &[ImportedReach]) -> String {
    rows(reaches, |r| {
        json!({
            "account": r.account.0,
            "conversation": r.conversation.0,
            "min_seq": r.min_seq,
            "max_seq": r.max_seq,
            "read_seq": r.read_seq,
        })
    })
}

pub(crate) fn hides(hides: &[ImportedHide]) -> String {
    rows(
        hides,
        |h| json!({ "account": h.account.0, "conversation": h.conversation.0, "seq": h.seq }),
    )
}

pub(crate) fn heads(heads: &[ImportedHead]) -> String {
    rows(heads, |h| {
        json!({
            "key": h.conversation.0,
            "max_seq": h.max_seq,
            "min_seq": h.min_seq,
            "last_time": h.last_time,
        })
    })
}

pub(crate) fn seqs(seqs: &[(ConversationKey, i64, i64)]) -> String {
    rows(
        seqs,
        |(conversation, max_seq, min_seq)| json!({ "conversation": conversation.0, "max_seq": max_seq, "min_seq": min_seq }),
    )
}

pub(crate) fn version_logs(lists: &[List], now: Millis) -> String {
    rows(lists, |list| {
        let (kind, owner) = list.parts();
        json!({ "list": kind, "owner": owner, "version_id": version_id(*list, now) })
    })
}

pub(crate) fn ids(ids: &[ConversationId]) -> Vec<&str> {
    ids.iter().map(ConversationId::as_str).collect()
}

/// A text that both databases can keep.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}").into()
    } else {
        text.into()
    }
}

fn rows<T>(list: &[T], row: impl Fn(&T) -> Value) -> String {
    Value::Array(list.iter().map(row).collect()).to_string()
}
