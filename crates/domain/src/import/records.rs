//! What can be taken over, as the other system wrote it: nothing here has been checked. Numbers are those of OpenIM
//! (`reference/openim/messages.md` §4), times are milliseconds and 0 where there is none.

use crate::time::Millis;

/// A record and the number of its document, for problems to name.
#[derive(Clone, Debug)]
pub struct Numbered<T> {
    pub number: u64,
    pub record: T,
}

#[derive(Clone, Debug, Default)]
pub struct UserRecord {
    pub user_id: String,
    pub nickname: String,
    pub face_url: String,
    pub ex: String,
    pub level: i64,
    pub receive: i64,
    pub created_at: Millis,
}

#[derive(Clone, Debug, Default)]
pub struct FavouriteRecord {
    pub owner: String,
    pub kind: i32,
    pub uuid: String,
    pub value: String,
    pub ex: String,
    pub created_at: Millis,
}

#[derive(Clone, Debug, Default)]
pub struct FriendRecord {
    pub owner: String,
    pub friend: String,
    pub remark: String,
    pub ex: String,
    pub is_pinned: bool,
    pub source: i64,
    pub operator: String,
    pub created_at: Millis,
}

#[derive(Clone, Debug, Default)]
pub struct FriendRequestRecord {
    pub from: String,
    pub to: String,
    pub verdict: i64,
    pub message: String,
    pub ex: String,
    pub created_at: Millis,
    pub handler: String,
    pub handle_message: String,
    pub handled_at: Millis,
}

#[derive(Clone, Debug, Default)]
pub struct BlockRecord {
    pub owner: String,
    pub blocked: String,
    pub ex: String,
    pub source: i32,
    pub operator: String,
    pub created_at: Millis,
}

#[derive(Clone, Debug, Default)]
pub struct GroupRecord {
    pub group_id: String,
    pub name: String,
    pub announcement: String,
    pub announced_at: Millis,
    pub announced_by: String,
    pub introduction: String,
    pub face_url: String,
    pub ex: String,
    pub status: i64,
    pub join_rule: i64,
    pub hides_profiles: bool,
    pub forbids_friends: bool,
    pub creator: String,
    pub created_at: Millis,
}

#[derive(Clone, Debug, Default)]
pub struct MemberRecord {
    pub group: String,
    pub user: String,
    pub role: i64,
    pub nickname: String,
    pub face_url: String,
    pub ex: String,
    pub joined_at: Millis,
    pub source: i64,
    pub inviter: String,
    pub operator: String,
    pub muted_until: Millis,
}

#[derive(Clone, Debug, Default)]
pub struct ApplicationRecord {
    pub group: String,
    pub user: String,
    pub verdict: i64,
    pub message: String,
    pub ex: String,
    pub created_at: Millis,
    pub source: i64,
    pub inviter: String,
    pub handler: String,
    pub handle_message: String,
    pub handled_at: Millis,
}

/// A conversation in one user's list.
#[derive(Clone, Debug, Default)]
pub struct ConversationRecord {
    pub owner: String,
    pub id: String,
    pub kind: i64,
    pub peer: String,
    pub group: String,
    pub receive: i64,
    pub is_pinned: bool,
    pub is_private: bool,
    pub burn_s: i32,
    pub group_at: i32,
    pub is_destructing: bool,
    pub destruct_s: i64,
    pub destructed_at: Millis,
    pub attached_info: String,
    pub ex: String,
    pub min_seq: i64,
    pub max_seq: i64,
    pub created_at: Millis,
}

/// The numbers that a conversation has given out. `max_seq` may be ahead of the messages: numbers are reserved in
/// blocks.
#[derive(Clone, Debug, Default)]
pub struct SeqRecord {
    pub id: String,
    pub max_seq: i64,
    pub min_seq: i64,
}

#[derive(Clone, Debug, Default)]
pub struct ReachRecord {
    pub user: String,
    pub id: String,
    pub min_seq: i64,
    pub max_seq: i64,
    pub read_seq: i64,
}
