//! What happened. An operation records events inside its transaction; only what was committed is published; every
//! surface encodes it in its own words. A [`Signal`] is what never was a fact to keep: typing, presence, "close
//! these sockets". `event_form.rs` holds the stored form.

use std::sync::Arc;

use crate::hooks::Letter;
use crate::ids::{
    AccountKey, ConversationId, ConversationKey, GroupId, GroupKey, MessageKey, SessionKey, UserId,
};
use crate::messages::Message;
use crate::sessions::Platforms;

/// A committed fact, complete enough to be encoded without another query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message, or a notice beside a chat, was appended. Its row in the message log is its stored form.
    MessageAppended {
        conversation: ConversationKey,
        message: Arc<Message>,
        audience: Audience,
        /// The name that the sender gave to the request, or "": devices that see it know their own message by it.
        trace: String,
    },
    /// The settings or bounds of these conversations changed for their owner.
    ConversationsChanged {
        account: AccountKey,
        user_id: UserId,
        conversations: Vec<ConversationId>,
    },
    /// These conversations were emptied by `by`, for the audience.
    ConversationsCleared {
        by: UserId,
        conversations: Vec<ConversationId>,
        audience: Audience,
    },
    /// An account's own devices learn how far it has read; nobody else does.
    ReadPositionSet {
        account: AccountKey,
        user_id: UserId,
        conversation: ConversationId,
        has_read_seq: i64,
    },
    /// The account itself changed: nickname, picture, global receive option.
    AccountUpdated {
        account: AccountKey,
        user_id: UserId,
    },
    /// One of the account's favourites was put, changed or removed.
    FavouritesChanged {
        account: AccountKey,
        user_id: UserId,
        change: FavouriteChange,
    },
    /// Something happened between people or in a group, and devices are told by a notice that is kept nowhere: its
    /// content is the OpenIM body, like that of every message.
    Noticed {
        happening: Happening,
        notice: Arc<Message>,
        audience: Audience,
    },
    /// The application's server is to be told something; nobody else is concerned.
    LetterWritten(Arc<Letter>),
    /// All sessions of the account on these platforms were ended, less one.
    SessionsEnded {
        account: AccountKey,
        platforms: Platforms,
        except: Option<SessionKey>,
    },
}

/// What happened between people or in a group. Names only: whoever needs more reads the records, or the body of the
/// notice, which has them as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    FriendRequested {
        from: UserId,
        to: UserId,
    },
    FriendRequestRejected {
        from: UserId,
        to: UserId,
    },
    /// Both have each other in their lists now. `request` is `None` when an administrator made the friendship.
    FriendshipMade {
        from: UserId,
        to: UserId,
        by_request: bool,
    },
    FriendRemoved {
        owner: UserId,
        friend: UserId,
    },
    /// The owner set remark, pin or `ex` of these friends.
    FriendsUpdated {
        owner: UserId,
        friends: Vec<UserId>,
    },
    /// Name or picture of somebody changed; told to whoever has them as a friend.
    ProfileChanged {
        account: UserId,
    },
    Blocked {
        owner: UserId,
        blocked: UserId,
    },
    Unblocked {
        owner: UserId,
        blocked: UserId,
    },
    /// The setting holds for both sides of a chat.
    ChatMadePrivate {
        by: UserId,
        conversation: ConversationId,
        is_private: bool,
    },
    GroupCreated {
        group: GroupId,
        by: UserId,
    },
    GroupChanged {
        group: GroupId,
        by: UserId,
        what: GroupChange,
    },
    JoinRequested {
        group: GroupId,
        applicant: UserId,
        inviter: Option<UserId>,
    },
    JoinAnswered {
        group: GroupId,
        applicant: UserId,
        by: UserId,
        is_accepted: bool,
    },
    MembersJoined {
        group: GroupId,
        members: Vec<UserId>,
        /// Who let them in; `None` when they came by themselves.
        by: Option<UserId>,
    },
    MembersLeft {
        group: GroupId,
        members: Vec<UserId>,
        /// Who removed them; `None` when they went by themselves.
        by: Option<UserId>,
    },
    OwnerChanged {
        group: GroupId,
        from: UserId,
        to: UserId,
    },
    MemberChanged {
        group: GroupId,
        member: UserId,
        by: UserId,
        what: MemberChange,
    },
    GroupDismissed {
        group: GroupId,
        by: UserId,
    },
}

impl Happening {
    /// Whether offline devices show it: somebody waits for an answer, or has one.
    pub fn pushes(&self) -> bool {
        matches!(
            self,
            Self::FriendRequested { .. }
                | Self::FriendRequestRejected { .. }
                | Self::FriendshipMade { .. }
                | Self::JoinRequested { .. }
                | Self::JoinAnswered { .. }
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupChange {
    Settings,
    Name,
    Announcement,
    Muted,
    Unmuted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange {
    Profile,
    Promoted,
    Demoted,
    Muted,
    Unmuted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FavouriteChange {
    Added,
    Removed,
    Updated,
}

/// Something for whoever is connected now, kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A message that is not stored: typing, "online only", a business notification.
    MessageRelayed {
        message: Arc<Message>,
        audience: Audience,
    },
    /// A newer login has connected: sockets of replaced sessions on these platforms are told and closed.
    SocketsReplaced {
        account: AccountKey,
        platforms: Platforms,
        except: SessionKey,
    },
    /// The set of platforms on which an account is online has changed.
    PresenceChanged {
        account: AccountKey,
        user_id: UserId,
        online: Platforms,
    },
}

/// Whom an event concerns; the hub resolves it to connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    Account(AccountKey),
    /// Both sides of a conversation of two.
    Pair(AccountKey, AccountKey),
    /// These accounts, each named once.
    Accounts(Arc<[AccountKey]>),
    /// The members of a group, and some who are none (any more).
    Group {
        group: GroupKey,
        /// All members, shared by everything that is said in the group. The stored form leaves them out: who reads
        /// it back fills in those of today.
        members: Arc<[AccountKey]>,
        others: Arc<[AccountKey]>,
    },
}

impl Audience {
    /// The two sides, each named once.
    pub fn pair(a: AccountKey, b: AccountKey) -> Self {
        if a == b {
            Self::Account(a)
        } else {
            Self::Pair(a, b)
        }
    }

    /// Everyone in it, each once.
    pub fn accounts(&self) -> impl Iterator<Item = AccountKey> {
        let (two, list, others): (_, &[AccountKey], &[AccountKey]) = match self {
            Self::Account(account) => ([Some(*account), None], &[], &[]),
            Self::Pair(a, b) => ([Some(*a), Some(*b)], &[], &[]),
            Self::Accounts(list) => ([None, None], list, &[]),
            Self::Group {
                members, others, ..
            } => ([None, None], members, others),
        };
        two.into_iter().flatten().chain(list.iter().copied()).chain(
            others
                .iter()
                .copied()
                .filter(move |other| !list.contains(other)),
        )
    }
}

/// An event that is committed: what a store returns from a commit, and the only thing a
/// [`crate::ports::Publisher`] takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub position: Position,
    pub event: Event,
}

impl Recorded {
    /// A message whose append the store has answered: the row is the event's stored form.
    pub(crate) fn appended(event: Event) -> Self {
        let Event::MessageAppended { message, .. } = &event else {
            unreachable!("only messages are appended without a transaction");
        };
        Self {
            position: Position::Message(message.key),
            event,
        }
    }
}

/// Where the event's stored form stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The message log.
    Message(MessageKey),
    /// The outbox.
    Outbox(i64),
}

impl Event {
    /// The conversation and sequence number that the event's order is kept by; `None` for an event that may
    /// overtake others.
    pub fn order(&self) -> Option<(ConversationKey, i64)> {
        match self {
            Self::MessageAppended {
                conversation,
                message,
                ..
            } => Some((*conversation, message.seq)),
            Self::ConversationsChanged { .. }
            | Self::ConversationsCleared { .. }
            | Self::ReadPositionSet { .. }
            | Self::AccountUpdated { .. }
            | Self::FavouritesChanged { .. }
            | Self::Noticed { .. }
            | Self::LetterWritten(_)
            | Self::SessionsEnded { .. } => None,
        }
    }

    /// The accounts whose connections are told.
    pub fn audience(&self) -> Audience {
        match self {
            Self::MessageAppended { audience, .. }
            | Self::ConversationsCleared { audience, .. }
            | Self::Noticed { audience, .. } => audience.clone(),
            Self::LetterWritten(_) => Audience::Accounts(Arc::from([])),
            Self::ConversationsChanged { account, .. }
            | Self::ReadPositionSet { account, .. }
            | Self::AccountUpdated { account, .. }
            | Self::FavouritesChanged { account, .. }
            | Self::SessionsEnded { account, .. } => Audience::Account(*account),
        }
    }
}
