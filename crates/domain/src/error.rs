//! What an operation can answer instead of a result. The set is closed and small; each surface owns one function
//! from it to its own form. Clients get the reason, the log gets the source.

use std::error::Error as StdError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks a rule that the caller can see and mend.
    #[error("{field} {rule}")]
    Invalid {
        field: &'static str,
        rule: &'static str,
    },
    /// It does not exist, or the caller may not know that it does.
    #[error("no such {0:?}")]
    NotFound(Kind),
    /// The caller may not do this.
    #[error("denied: {0:?}")]
    Denied(Reason),
    /// The application's own server said no, in its words.
    #[error("refused: {code} {message}")]
    Refused {
        code: i32,
        message: String,
        detail: String,
    },
    /// It cannot be done in the present state.
    #[error("conflict: {0:?}")]
    Conflict(Reason),
    /// Too much, too fast.
    #[error("limited, retry after {retry_after_ms} ms")]
    Limited { retry_after_ms: u64 },
    /// A part that we depend on does not answer; trying again may help.
    #[error("unavailable: {what}")]
    Unavailable {
        what: &'static str,
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A defect of ours.
    #[error("internal error: {0}")]
    Internal(Box<dyn StdError + Send + Sync>),
}

/// What was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Account,
    Conversation,
    Message,
    Favourite,
    Friend,
    FriendRequest,
    Group,
    Member,
    Application,
    Job,
    File,
    Upload,
}

/// Why an operation was refused; the names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Neither the owner of what was asked for nor staff.
    NotOwner,
    /// The operation is for administrators.
    NotAdministrator,
    /// Notification accounts and robots do not log in.
    NoLogin,
    /// Only a notification account or an administrator speaks as the system.
    NotNotificationAccount,
    /// The role in the group is not enough.
    NotGroupManager,
    NotMember,
    /// The owner neither leaves nor is given another role; they give the group away first.
    OwnerStays,
    GroupDismissed,
    MutedInGroup,
    GroupMuted,
    BlockedByPeer,
    /// Only friends may write to each other here.
    NotFriends,
    AlreadyRegistered,
    AlreadyRevoked,
    /// The time in which it could be done has passed.
    TooLate,
    /// What arrived is not what was announced: its size, its MD5 or its parts.
    ContentMismatch,
    /// More bytes than were announced, or than are taken.
    TooLarge,
    /// The upload has come to its end, or its time is over.
    UploadExpired,
    AlreadyFriends,
    AlreadyMember,
    AlreadyAnswered,
    GroupIdTaken,
    /// The role or policy changed while the operation ran, more often than it was retried.
    PolicyChanged,
}

impl Error {
    pub fn invalid(field: &'static str, rule: &'static str) -> Self {
        Self::Invalid { field, rule }
    }

    pub fn unavailable(
        what: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Unavailable {
            what,
            source: source.into(),
        }
    }

    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}
