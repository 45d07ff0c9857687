//! What devices are told of friends and blocks, as OpenIM devices read it (`reference/openim/notifications.md` §3).
//! A device that reads "look again" syncs the list; the names in the notice are for those that only show it.

use bytes::Bytes;
use serde_json::{Value, json};

use super::FriendRequest;
use crate::accounts::Account;
use crate::ids::UserId;
use crate::messages::body::notification;

pub(super) fn requested(request: &FriendRequest) -> Bytes {
    notification(&json!({
        "fromToUserID": pair(&request.from.user_id, &request.to.user_id),
        "request": record(request),
    }))
}

/// The request went from `request.from`; who answered is `request.to`.
pub(super) fn accepted(request: &FriendRequest) -> Bytes {
    notification(&json!({
        "fromToUserID": pair(&request.from.user_id, &request.to.user_id),
        "handleMsg": request.handle_message,
        "friendVersion": 0,
        "friendVersionID": "",
        "request": record(request),
    }))
}

pub(super) fn rejected(request: &FriendRequest) -> Bytes {
    notification(&json!({
        "fromToUserID": pair(&request.from.user_id, &request.to.user_id),
        "handleMsg": request.handle_message,
        "request": record(request),
    }))
}

/// A friendship without a request.
pub(super) fn imported(from: &UserId, to: &UserId) -> Bytes {
    notification(&json!({
        "fromToUserID": pair(from, to),
        "handleMsg": "",
        "friendVersion": 0,
        "friendVersionID": "",
        "request": Value::Null,
    }))
}

/// Whose list changed, and by whom: removed, remark set, blocked, unblocked.
pub(super) fn between(owner: &UserId, other: &UserId) -> Bytes {
    notification(&json!({
        "fromToUserID": pair(owner, other),
        "friendVersion": 0,
        "friendVersionID": "",
        "friendSortVersion": 0,
    }))
}

pub(super) fn updated(owner: &UserId, friends: &[UserId]) -> Bytes {
    let friends: Vec<_> = friends.iter().map(UserId::as_str).collect();
    notification(&json!({
        "fromToUserID": pair(owner, owner),
        "friendIDs": friends,
        "friendVersion": 0,
        "friendVersionID": "",
    }))
}

pub(super) fn profile_changed(user: &UserId) -> Bytes {
    notification(&json!({ "userID": user.as_str() }))
}

fn pair(from: &UserId, to: &UserId) -> Value {
    json!({ "fromUserID": from.as_str(), "toUserID": to.as_str() })
}

fn record(request: &FriendRequest) -> Value {
    let Account {
        user_id: from,
        nickname,
        face_url,
        ..
    } = &request.from;
    json!({
        "fromUserID": from.as_str(),
        "fromNickname": nickname,
        "fromFaceURL": face_url,
        "toUserID": request.to.user_id.as_str(),
        "toNickname": request.to.nickname,
        "toFaceURL": request.to.face_url,
        "handleResult": request.verdict as i16,
        "reqMsg": request.message,
        "createTime": request.created_at,
        "handlerUserID": request.handler,
        "handleMsg": request.handle_message,
        "handleTime": request.handled_at,
        "ex": request.ex,
    })
}
