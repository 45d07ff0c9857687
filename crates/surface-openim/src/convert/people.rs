//! Friends, requests and blocks as OpenIM spells them, and the hash that names an ordered list of ids.

use domain::accounts::Account;
use domain::ids::UserId;
use domain::relations::{Block, Friend, FriendRequest, Verdict};
use md5::{Digest, Md5};
use wire::openim::rest::PublicUserInfo;
use wire::openim::rest::friend as wire_friend;

use super::user_info;
use crate::errors::{Answer, Refusal};

pub(crate) fn friend(owner: &UserId, friend: &Friend) -> wire_friend::FriendInfo {
    wire_friend::FriendInfo {
        owner_user_id: owner.to_string(),
        remark: friend.remark.clone(),
        create_time: friend.created_at,
        friend_user: user_info(&friend.account),
        add_source: friend.source as i32,
        operator_user_id: friend.operator.clone(),
        ex: friend.ex.clone(),
        is_pinned: friend.is_pinned,
    }
}

/// The same for who has the friend's record from elsewhere.
pub(crate) fn friend_only(owner: &UserId, friend: &Friend) -> wire_friend::FriendInfoOnly {
    wire_friend::FriendInfoOnly {
        owner_user_id: owner.to_string(),
        friend_user_id: friend.account.user_id.to_string(),
        remark: friend.remark.clone(),
        create_time: friend.created_at,
        add_source: friend.source as i32,
        operator_user_id: friend.operator.clone(),
        ex: friend.ex.clone(),
        is_pinned: friend.is_pinned,
    }
}

pub(crate) fn friend_request(request: &FriendRequest) -> wire_friend::FriendRequest {
    wire_friend::FriendRequest {
        from_user_id: request.from.user_id.to_string(),
        from_nickname: request.from.nickname.clone(),
        from_face_url: request.from.face_url.clone(),
        to_user_id: request.to.user_id.to_string(),
        to_nickname: request.to.nickname.clone(),
        to_face_url: request.to.face_url.clone(),
        handle_result: request.verdict as i32,
        req_msg: request.message.clone(),
        create_time: request.created_at,
        handler_user_id: request.handler.clone(),
        handle_msg: request.handle_message.clone(),
        handle_time: request.handled_at,
        ex: request.ex.clone(),
    }
}

pub(crate) fn block(owner: &UserId, block: &Block) -> wire_friend::BlackInfo {
    wire_friend::BlackInfo {
        owner_user_id: owner.to_string(),
        create_time: block.created_at,
        black_user_info: public_info(&block.account),
        add_source: block.source,
        operator_user_id: block.operator.clone(),
        ex: block.ex.clone(),
    }
}

pub(crate) fn public_info(account: &Account) -> PublicUserInfo {
    PublicUserInfo {
        user_id: account.user_id.to_string(),
        nickname: account.nickname.clone(),
        face_url: account.face_url.clone(),
        ex: account.ex.clone(),
    }
}

/// Which answers to list; none named means all.
pub(crate) fn verdicts(numbers: &[i32]) -> Answer<Vec<Verdict>> {
    let verdict = |number: &i32| {
        Verdict::from_number((*number).into())
            .ok_or_else(|| Refusal::args("handleResults must be 0, 1 or -1"))
    };
    numbers.iter().map(verdict).collect()
}

/// What a client may have remembered of an ordered list (`reference/openim/sync.md` §3): the first eight bytes of the
/// MD5 of its JSON, 0 when it is empty.
pub(crate) fn id_hash(ids: &[String]) -> u64 {
    if ids.is_empty() {
        return 0;
    }
    let digest = Md5::digest(go_json(ids));
    digest
        .iter()
        .take(8)
        .fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// JSON as Go writes it, which spells a few characters by number.
fn go_json(ids: &[String]) -> String {
    let json = serde_json::Value::from(ids).to_string();
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(ids: &[&str]) -> u64 {
        id_hash(&ids.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_list_is_named_by_the_first_bytes_of_the_digest_of_its_json() {
        assert_eq!(hash(&[]), 0);
        // printf '["a","b"]' | md5sum
        assert_eq!(hash(&["a", "b"]), 0xe53f_04d1_bcc1_428d);
        assert_ne!(hash(&["a", "b"]), hash(&["b", "a"]));
    }

    #[test]
    fn what_go_escapes_is_escaped() {
        assert_eq!(
            go_json(&["a<&>b".to_owned()]),
            r#"["a\u003c\u0026\u003eb"]"#
        );
        assert_eq!(go_json(&["名".to_owned()]), r#"["名"]"#);
    }
}
