//! What hooks are told after something has happened. A report is turned into the body of a letter where it is made, so
//! it borrows everything.

use crate::accounts::{NewAccount, UpdateAccount};
use crate::groups::{ChangeGroup, ChangeMember, Group, GroupRole, JoinGroup};
use crate::ids::{ConversationId, GroupId, UserId};
use crate::messages::Message;
use crate::relations::{AnswerFriendRequest, RequestFriend};
use crate::sessions::Platform;
use crate::time::Millis;

#[derive(Debug)]
pub enum Report<'a> {
    MessageSent(&'a Message),
    MessageRecalled {
        conversation: &'a ConversationId,
        seq: i64,
        by: &'a UserId,
    },
    /// Somebody has read these messages of a chat of two.
    MessagesRead {
        conversation: &'a ConversationId,
        reader: &'a UserId,
        seqs: &'a [i64],
    },
    /// Somebody has read a group's chat this far.
    GroupRead {
        group: &'a GroupId,
        reader: &'a UserId,
        has_read_seq: i64,
    },
    CameOnline(&'a Connected, Millis),
    WentOffline(&'a Connected, Millis),
    KickedOff(&'a Connected, Millis),
    FriendRequested(&'a RequestFriend),
    FriendRequestAnswered(&'a AnswerFriendRequest),
    FriendRemoved {
        owner: &'a UserId,
        friend: &'a UserId,
    },
    RemarkSet {
        owner: &'a UserId,
        friend: &'a UserId,
        remark: &'a str,
    },
    Unblocked {
        owner: &'a UserId,
        blocked: &'a UserId,
    },
    FriendsImported {
        owner: &'a UserId,
        friends: &'a [UserId],
    },
    Registered(&'a [NewAccount], Millis),
    AccountUpdated(&'a UpdateAccount),
    GroupCreated {
        group: &'a Group,
        members: &'a [(UserId, GroupRole)],
    },
    MemberChanged(&'a ChangeMember),
    MemberQuit {
        group: &'a GroupId,
        member: &'a UserId,
    },
    MembersKicked {
        group: &'a GroupId,
        members: &'a [UserId],
        reason: &'a str,
    },
    GroupDismissed {
        group: &'a Group,
        members: &'a [UserId],
    },
    /// Somebody has joined an open group by themselves.
    Joined(&'a JoinGroup),
    OwnerChanged {
        group: &'a GroupId,
        from: &'a UserId,
        to: &'a UserId,
    },
    GroupChanged(&'a ChangeGroup),
}

/// A connection that came, went or was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    pub user_id: UserId,
    pub platform: Platform,
    /// The connection's number on its node.
    pub connection: u64,
    pub is_background: bool,
}

impl Report<'_> {
    /// Reports of one lane arrive in their order: those about one conversation, person or group.
    pub(super) fn lane(&self) -> String {
        match self {
            Self::MessageSent(message) => message.route.conversation.to_string(),
            Self::MessageRecalled { conversation, .. }
            | Self::MessagesRead { conversation, .. } => conversation.to_string(),
            Self::GroupRead { group, .. }
            | Self::MemberQuit { group, .. }
            | Self::MembersKicked { group, .. }
            | Self::OwnerChanged { group, .. } => group.to_string(),
            Self::GroupCreated { group, .. } | Self::GroupDismissed { group, .. } => {
                group.id.to_string()
            }
            Self::MemberChanged(change) => change.group.to_string(),
            Self::Joined(join) => join.group.to_string(),
            Self::GroupChanged(change) => change.group.to_string(),
            Self::CameOnline(connected, _)
            | Self::WentOffline(connected, _)
            | Self::KickedOff(connected, _) => connected.user_id.to_string(),
            Self::FriendRequested(request) => request.from.to_string(),
            Self::FriendRequestAnswered(answer) => answer.from.to_string(),
            Self::FriendRemoved { owner, .. }
            | Self::RemarkSet { owner, .. }
            | Self::Unblocked { owner, .. }
            | Self::FriendsImported { owner, .. } => owner.to_string(),
            Self::Registered(..) => String::new(),
            Self::AccountUpdated(update) => update.user_id.to_string(),
        }
    }
}
