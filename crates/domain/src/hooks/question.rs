//! What hooks are asked before something happens. A hook that changes something changes it in the question itself:
//! what it may change is what the question holds mutably. The operation checks it like what its caller gave.

use crate::accounts::{NewAccount, UpdateAccount};
use crate::groups::{ChangeGroup, ChangeMember, CreateGroup, GroupRole, InviteMembers, JoinGroup};
use crate::ids::{GroupId, UserId};
use crate::messages::{Message, Post, PushText};
use crate::relations::{AnswerFriendRequest, RequestFriend};
use crate::time::Millis;

#[derive(Debug)]
pub enum Question<'a> {
    /// A message is about to be sent; it has no place yet.
    SendMessage(&'a Message),
    /// The same, and what it says may be changed.
    ModifyMessage {
        message: &'a Message,
        post: &'a mut Post,
    },
    /// A message is about to be shown to people who are connected.
    PushOnline {
        message: &'a Message,
        receivers: &'a [UserId],
    },
    /// A group's message was stored and is about to be shown; a list that is filled narrows it to these.
    PushGroupOnline {
        message: &'a Message,
        only: &'a mut Vec<UserId>,
    },
    /// Devices that are not connected are about to be told.
    PushOffline {
        message: &'a Message,
        receivers: &'a mut Vec<UserId>,
        text: &'a mut Option<PushText>,
    },
    RequestFriend(&'a RequestFriend),
    AnswerFriendRequest(&'a AnswerFriendRequest),
    SetRemark {
        owner: &'a UserId,
        friend: &'a UserId,
        remark: &'a mut String,
    },
    Block {
        owner: &'a UserId,
        blocked: &'a UserId,
    },
    ImportFriends {
        owner: &'a UserId,
        friends: &'a mut Vec<UserId>,
    },
    Register(&'a mut Vec<NewAccount>),
    UpdateAccount(&'a mut UpdateAccount),
    CreateGroup(&'a mut CreateGroup),
    /// These people are about to become members.
    AddMembers {
        group: &'a GroupId,
        /// The text that the application keeps with the group.
        group_ex: &'a str,
        entrants: &'a mut [Entrant],
    },
    ChangeMember(&'a mut ChangeMember),
    JoinGroup(&'a JoinGroup),
    InviteMembers(&'a InviteMembers),
    ChangeGroup(&'a mut ChangeGroup),
}

/// Somebody who is about to join a group, and what a hook wants them to be there; `None` leaves the usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrant {
    pub user_id: UserId,
    pub ex: String,
    pub nickname: Option<String>,
    pub face_url: Option<String>,
    /// Never the owner.
    pub role: Option<GroupRole>,
    pub muted_until: Option<Millis>,
}

impl Entrant {
    pub(crate) fn new(user_id: UserId) -> Self {
        Self {
            user_id,
            ex: String::new(),
            nickname: None,
            face_url: None,
            role: None,
            muted_until: None,
        }
    }
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The hook does not want to be asked about this one.
    NotConcerned,
    /// It lets it happen, perhaps changed.
    Went,
    /// It could not be asked, and such is to go on then.
    WentOn { failure: String },
}
