//! How the domain's errors read to an OpenIM client: a number, its fixed name and a detail
//! (`reference/openim/rest.md`, "Error codes"). The source of a failure goes to the log, here and only here.

use domain::error::{Error, Kind, Reason};
use wire::openim::errors;

/// A refused request, on either transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub code: i32,
    /// Free text for people.
    pub detail: String,
    /// What the application's own server calls it, if the refusal is its.
    words: Option<String>,
}

/// What a request comes to.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(code: i32, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            words: None,
        }
    }

    /// A missing or wrong argument.
    pub(crate) fn args(detail: impl Into<String>) -> Self {
        Self::new(errors::ARGS_ERROR, detail)
    }

    /// The fixed name of the code, or the words of whoever refused.
    pub(crate) fn name(&self) -> &str {
        match &self.words {
            Some(words) => words,
            None => errors::name(self.code),
        }
    }
}

/// A message that could not be sent: here a group that one is not in has a code of its own, and an unknown one has
/// none.
pub(crate) fn of_sending(error: Error) -> Refusal {
    let code = match &error {
        Error::Denied(Reason::NotMember) => errors::NOT_IN_GROUP_YET_ERROR,
        Error::NotFound(Kind::Group) => errors::RECORD_NOT_FOUND_ERROR,
        _ => return error.into(),
    };
    Refusal::new(code, error.to_string())
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Refused {
                code,
                message,
                detail,
            } => {
                return Self {
                    code: *code,
                    detail: detail.clone(),
                    words: Some(message.clone()).filter(|words| !words.is_empty()),
                };
            }
            Error::Invalid { .. } => errors::ARGS_ERROR,
            Error::NotFound(kind) => not_found(*kind),
            Error::Denied(reason) | Error::Conflict(reason) => refused(*reason),
            Error::Limited { .. } => errors::SERVER_INTERNAL_ERROR,
            Error::Unavailable { what, source } => {
                tracing::error!(%what, error = %source, "a part that we depend on failed");
                return Self::new(errors::DATABASE_ERROR, format!("{what} is unavailable"));
            }
            Error::Internal(source) => {
                tracing::error!(error = %source, "a request failed");
                return Self::new(errors::SERVER_INTERNAL_ERROR, "");
            }
        };
        Self::new(code, error.to_string())
    }
}

fn not_found(kind: Kind) -> i32 {
    match kind {
        Kind::Group => errors::GROUP_ID_NOT_FOUND_ERROR,
        Kind::Account
        | Kind::Conversation
        | Kind::Message
        | Kind::Favourite
        | Kind::Friend
        | Kind::FriendRequest
        | Kind::Member
        | Kind::Application
        | Kind::Job
        | Kind::File
        | Kind::Upload => errors::RECORD_NOT_FOUND_ERROR,
    }
}

fn refused(reason: Reason) -> i32 {
    match reason {
        Reason::NotOwner
        | Reason::NotAdministrator
        | Reason::NotNotificationAccount
        | Reason::NotGroupManager
        | Reason::NotMember
        | Reason::OwnerStays
        | Reason::TooLate => errors::NO_PERMISSION_ERROR,
        Reason::NoLogin | Reason::AlreadyMember => errors::ARGS_ERROR,
        Reason::GroupDismissed => errors::DISMISSED_ALREADY_ERROR,
        Reason::MutedInGroup => errors::MUTED_IN_GROUP,
        Reason::GroupMuted => errors::MUTED_GROUP,
        Reason::BlockedByPeer => errors::BLOCKED_BY_PEER,
        Reason::NotFriends => errors::NOT_PEERS_FRIEND,
        Reason::AlreadyFriends => errors::RELATIONSHIP_ALREADY_ERROR,
        Reason::AlreadyAnswered => errors::GROUP_REQUEST_HANDLED,
        Reason::GroupIdTaken => errors::GROUP_ID_EXISTED,
        Reason::AlreadyRegistered => errors::REGISTERED_ALREADY_ERROR,
        Reason::AlreadyRevoked => errors::MSG_ALREADY_REVOKE,
        Reason::ContentMismatch | Reason::TooLarge => errors::DATA_ERROR,
        Reason::UploadExpired => errors::FILE_UPLOADED_EXPIRED_ERROR,
        Reason::PolicyChanged => errors::SERVER_INTERNAL_ERROR,
    }
}
