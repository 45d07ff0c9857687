//! Who knows whom: friends, requests to become friends, blocks. A friendship stands in two lists, one of each side,
//! and either can be without the other. `request.rs` makes friends, `friends.rs` keeps the list, `blocks.rs` keeps
//! people away, `notices.rs` spells what devices are told.

mod blocks;
mod friends;
mod notices;
mod request;

pub use blocks::BlockPage;
pub use friends::{FriendPage, UpdateFriends};
pub(crate) use friends::{check_ids, parsed};
pub(crate) use request::check_text;
pub use request::{AnswerFriendRequest, FriendRequestPage, RequestFriend};

use crate::accounts::Account;
use crate::ids::AccountKey;
use crate::time::Millis;

/// An entry of somebody's list of friends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Friend {
    pub account: Account,
    pub remark: String,
    pub ex: String,
    pub is_pinned: bool,
    pub source: FriendSource,
    /// User id of whoever made the friendship.
    pub operator: String,
    pub created_at: Millis,
}

/// How a friendship came about; the numbers are stored and are OpenIM's `addSource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum FriendSource {
    Import = 1,
    Request = 2,
}

impl FriendSource {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Import, Self::Request]
            .into_iter()
            .find(|source| *source as i64 == number)
    }
}

/// Somebody that an account does not want to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub account: Account,
    pub ex: String,
    /// OpenIM's `addSource`; 0 for everything the API makes.
    pub source: i32,
    pub operator: String,
    pub created_at: Millis,
}

/// A request to become friends. There is at most one in each direction; asking again opens it anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendRequest {
    pub from: Account,
    pub to: Account,
    pub verdict: Verdict,
    pub message: String,
    pub ex: String,
    pub created_at: Millis,
    /// User id of whoever answered, or "".
    pub handler: String,
    pub handle_message: String,
    /// 0 while it is open.
    pub handled_at: Millis,
}

/// What became of a request; the numbers are stored and are OpenIM's `handleResult`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i16)]
pub enum Verdict {
    #[default]
    Open = 0,
    Accepted = 1,
    Rejected = -1,
}

impl Verdict {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Rejected]
            .into_iter()
            .find(|verdict| *verdict as i64 == number)
    }
}

/// What two accounts are to each other. `a` and `b` are in the order in which they were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// `b` is in the list of friends of `a`.
    pub a_lists_b: bool,
    pub b_lists_a: bool,
    pub a_blocks_b: bool,
    pub b_blocks_a: bool,
}

impl Relation {
    /// The same, asked for in the other order.
    #[must_use]
    pub fn turned(self) -> Self {
        Self {
            a_lists_b: self.b_lists_a,
            b_lists_a: self.a_lists_b,
            a_blocks_b: self.b_blocks_a,
            b_blocks_a: self.a_blocks_b,
        }
    }
}

/// Which requests to list; `None` and an empty list do not narrow.
#[derive(Clone, Debug, Default)]
pub struct FriendRequestFilter {
    pub from: Option<AccountKey>,
    pub to: Option<AccountKey>,
    pub verdicts: Vec<Verdict>,
}
