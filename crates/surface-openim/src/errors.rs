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
}

/// What a request comes to.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(code: i32, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }

    /// A missing or wrong argument.
    pub(crate) fn args(detail: impl Into<String>) -> Self {
        Self::new(errors::ARGS_ERROR, detail)
    }

    /// The fixed name of the code.
    pub(crate) fn name(&self) -> &'static str {
        errors::name(self.code)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let code = match &error {
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
        Kind::Account | Kind::Conversation | Kind::Message | Kind::Favourite | Kind::Job => {
            errors::RECORD_NOT_FOUND_ERROR
        }
    }
}

fn refused(reason: Reason) -> i32 {
    match reason {
        Reason::NotOwner | Reason::NotAdministrator | Reason::NotNotificationAccount => {
            errors::NO_PERMISSION_ERROR
        }
        Reason::NoLogin => errors::ARGS_ERROR,
        Reason::AlreadyRegistered => errors::REGISTERED_ALREADY_ERROR,
        Reason::AlreadyRevoked => errors::MSG_ALREADY_REVOKE,
        Reason::PolicyChanged => errors::SERVER_INTERNAL_ERROR,
    }
}
