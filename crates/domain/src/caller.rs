//! Who asks. A surface proves it (token, signature, command line) and makes a [`Caller`]; what the caller may do is
//! decided in `gate.rs` alone.

use crate::accounts::Account;
use crate::ids::{AccountKey, SessionKey, UserId};
use crate::sessions::Platform;

#[derive(Clone, Debug)]
pub struct Caller {
    pub account: AccountKey,
    pub user_id: UserId,
    pub role: Role,
    /// The session that was proved; `None` for the system itself and for the command line.
    pub session: Option<SessionKey>,
    pub platform: Platform,
}

/// How much a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Acts for itself only.
    User,
    /// An application server or an operator: acts for anybody.
    Administrator,
}

impl Caller {
    pub fn user(account: &Account, session: SessionKey, platform: Platform) -> Self {
        Self {
            account: account.key,
            user_id: account.user_id.clone(),
            role: Role::User,
            session: Some(session),
            platform,
        }
    }

    /// The system itself, acting for this account: what the account has caused is carried out later.
    pub(crate) fn system(account: &Account) -> Self {
        Self::administrator(account)
    }

    pub fn administrator(account: &Account) -> Self {
        Self {
            account: account.key,
            user_id: account.user_id.clone(),
            role: Role::Administrator,
            session: None,
            platform: Platform::Admin,
        }
    }
}
