//! Groups: a record, members with roles, applications to join, and a chat of the same people. A group lives on
//! after it was dismissed, without members, so that its history has a name. `create.rs` first; then `open.rs`, with
//! which every change begins, `join.rs`, `leave.rs`, `mute.rs`, `change.rs`; `list.rs` reads, `notices.rs` spells
//! what devices are told.

mod change;
mod create;
mod join;
mod leave;
mod list;
mod mute;
mod notices;
mod open;

pub use change::{ChangeGroup, ChangeMember};
pub use create::CreateGroup;
pub use join::{AnswerApplication, InviteMembers, JoinGroup, Joined};
pub use leave::{DismissGroup, KickMembers};
pub use list::{ApplicationPage, GroupPage, MemberPage};

use crate::accounts::Account;
use crate::ids::{AccountKey, ConversationKey, GroupId, GroupKey};
use crate::relations::Verdict;
use crate::time::Millis;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub key: GroupKey,
    pub id: GroupId,
    /// The chat of the members.
    pub conversation: ConversationKey,
    pub name: String,
    pub announcement: String,
    /// When the announcement was last set, and by whom (user id or "").
    pub announced_at: Millis,
    pub announced_by: String,
    pub introduction: String,
    pub face_url: String,
    pub ex: String,
    pub status: GroupStatus,
    pub join_rule: JoinRule,
    /// Members may not look at each other's profiles (OpenIM's `lookMemberInfo`).
    pub hides_profiles: bool,
    /// Members may not become friends through the group (OpenIM's `applyMemberFriend`).
    pub forbids_friends: bool,
    /// User id of whoever made the group.
    pub creator: String,
    /// User id of the owner; of the last one when the group is dismissed.
    pub owner: String,
    pub created_at: Millis,
    pub member_count: u32,
}

/// The only kind of group there is, OpenIM's "working group".
pub const GROUP_TYPE: i32 = 2;

/// The numbers are stored and are OpenIM's `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum GroupStatus {
    Normal = 0,
    Banned = 1,
    Dismissed = 2,
    /// Only the owner and administrators may speak.
    Muted = 3,
}

impl GroupStatus {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Normal, Self::Banned, Self::Dismissed, Self::Muted]
            .into_iter()
            .find(|status| *status as i64 == number)
    }
}

/// Who gets in how; the numbers are stored and are OpenIM's `needVerification`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i16)]
pub enum JoinRule {
    /// Who applies needs approval, who is invited by a member does not.
    #[default]
    ApplicantsApproved = 0,
    /// Everybody needs approval, but those whom the owner or an administrator invites.
    AllApproved = 1,
    /// Everybody gets in.
    Open = 2,
}

impl JoinRule {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::ApplicantsApproved, Self::AllApproved, Self::Open]
            .into_iter()
            .find(|rule| *rule as i64 == number)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub group: GroupKey,
    pub account: Account,
    pub role: GroupRole,
    /// The member's own name and picture in this group; empty means the account's.
    pub nickname: String,
    pub face_url: String,
    pub ex: String,
    pub joined_at: Millis,
    pub source: JoinSource,
    /// User id, or "".
    pub inviter: String,
    pub operator: String,
    /// Silent until then; 0 or past: not muted.
    pub muted_until: Millis,
}

impl Member {
    /// The name that others see.
    pub fn shown_nickname(&self) -> &str {
        first_filled(&self.nickname, &self.account.nickname)
    }

    /// The picture that others see.
    pub fn shown_face_url(&self) -> &str {
        first_filled(&self.face_url, &self.account.face_url)
    }
}

fn first_filled<'a>(own: &'a str, general: &'a str) -> &'a str {
    if own.is_empty() { general } else { own }
}

/// From the least to the most powerful; the numbers are stored and are OpenIM's `roleLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum GroupRole {
    Member = 20,
    Administrator = 60,
    Owner = 100,
}

impl GroupRole {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Member, Self::Administrator, Self::Owner]
            .into_iter()
            .find(|role| *role as i64 == number)
    }

    /// Whether it manages the group.
    pub fn manages(self) -> bool {
        self >= Self::Administrator
    }
}

/// How somebody came into a group; the numbers are stored and are OpenIM's `joinSource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum JoinSource {
    Administrator = 1,
    Invitation = 2,
    Search = 3,
    QrCode = 4,
}

impl JoinSource {
    pub fn from_number(number: i64) -> Option<Self> {
        [
            Self::Administrator,
            Self::Invitation,
            Self::Search,
            Self::QrCode,
        ]
        .into_iter()
        .find(|source| *source as i64 == number)
    }
}

/// What the gate and the delivery need to know of one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    pub account: AccountKey,
    pub role: GroupRole,
    pub muted_until: Millis,
}

/// An application to join, or an invitation that needs approval. There is at most one for each account and group;
/// applying again opens it anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    pub group: Group,
    pub account: Account,
    pub verdict: Verdict,
    pub message: String,
    pub ex: String,
    pub created_at: Millis,
    pub source: JoinSource,
    /// User id, or "".
    pub inviter: String,
    pub handler: String,
    pub handle_message: String,
    /// 0 while it is open.
    pub handled_at: Millis,
}

/// Which members to list; empty members do not narrow.
#[derive(Clone, Debug, Default)]
pub struct MemberFilter {
    /// A part of the shown nickname or of the user id, compared without regard to ASCII case.
    pub part: String,
    pub roles: Vec<GroupRole>,
    /// Only members who are muted at this time.
    pub muted_at: Option<Millis>,
}

/// Which groups to list; empty members do not narrow.
#[derive(Clone, Debug, Default)]
pub struct GroupFilter {
    /// Parts of the id and of the name, compared without regard to ASCII case.
    pub id_part: String,
    pub name_part: String,
}

/// Which applications to list; `None` and an empty list do not narrow.
#[derive(Clone, Debug, Default)]
pub struct ApplicationFilter {
    pub groups: Option<Vec<GroupKey>>,
    pub account: Option<AccountKey>,
    pub verdicts: Vec<Verdict>,
}
