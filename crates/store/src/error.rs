//! Database errors in the domain's words. What may pass by itself (a full disk, a lost connection) is unavailable;
//! the rest is a defect of ours.

use domain::error::Error;
use rusqlite::ErrorCode;
use tokio_postgres::error::SqlState;

/// The part that an unavailable store is reported as.
const STORE: &str = "store";

pub(crate) fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::unavailable(STORE, source)
}

pub(crate) fn closed() -> Error {
    unavailable("the store is closed")
}

pub(crate) fn sqlite(error: rusqlite::Error) -> Error {
    let passes = matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly
                | ErrorCode::OperationInterrupted
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::PermissionDenied
        )
    );
    if passes {
        unavailable(error)
    } else {
        Error::internal(error)
    }
}

pub(crate) fn postgres(error: tokio_postgres::Error) -> Error {
    match error.code() {
        // The server did not answer: the connection is gone, or the value could not be encoded or decoded.
        None if error.is_closed()
            || std::error::Error::source(&error).is_some_and(|e| e.is::<std::io::Error>()) =>
        {
            unavailable(error)
        }
        None => Error::internal(error),
        Some(code) if passes(code) => unavailable(error),
        Some(_) => Error::internal(error),
    }
}

/// By class, the first two characters: connection (08), transaction rolled back (40), resources (53), operator's
/// intervention (57), system (58), and a lock that could not be had in time.
fn passes(code: &SqlState) -> bool {
    ["08", "40", "53", "57", "58"]
        .iter()
        .any(|class| code.code().starts_with(class))
        || *code == SqlState::LOCK_NOT_AVAILABLE
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
}

pub(crate) fn pool(error: deadpool_postgres::PoolError) -> Error {
    match error {
        deadpool_postgres::PoolError::Backend(error) => unavailable(error),
        deadpool_postgres::PoolError::Closed => closed(),
        other => unavailable(other),
    }
}

/// A stored number or text that no released version writes.
#[derive(Debug, thiserror::Error)]
#[error("column {column} holds what this version does not know")]
pub(crate) struct UnknownValue {
    pub(crate) column: &'static str,
}
