//! Whether a token still counts.

use std::sync::Arc;

use super::{Platform, SessionState, TokenDigest};
use crate::Domain;
use crate::accounts::Account;
use crate::error::Result;
use crate::ids::{AccountKey, SessionKey, UserId};

/// What stands behind a token.
#[derive(Clone, Debug)]
pub enum SessionCheck {
    Live {
        account: Arc<Account>,
        session: SessionKey,
    },
    /// Another login or an administrator ended it.
    Kicked,
    /// There is no such session.
    Unknown,
}

impl Domain {
    /// Looks a token's digest up among the sessions of the account and platform that it claims.
    pub async fn check_session(
        &self,
        user_id: &UserId,
        platform: Platform,
        digest: &TokenDigest,
    ) -> Result<SessionCheck> {
        let account = match self.account(user_id).await {
            Ok(account) => account,
            Err(crate::error::Error::NotFound(_)) => return Ok(SessionCheck::Unknown),
            Err(error) => return Err(error),
        };
        let mut session = self.find_session(account.key, platform, digest).await?;
        if session.is_none() {
            // Another process may have made it: a node, or the command line.
            self.facts.forget_sessions(account.key);
            session = self.find_session(account.key, platform, digest).await?;
        }
        Ok(match session {
            None => SessionCheck::Unknown,
            Some((session, SessionState::Live)) => SessionCheck::Live { account, session },
            Some((_, SessionState::Kicked)) => SessionCheck::Kicked,
        })
    }

    async fn find_session(
        &self,
        account: AccountKey,
        platform: Platform,
        digest: &TokenDigest,
    ) -> Result<Option<(SessionKey, SessionState)>> {
        let sessions = self.sessions_of(account).await?;
        let found = sessions
            .iter()
            .find(|session| session.digest == *digest && session.platform == platform);
        Ok(found.map(|session| (session.key, session.state)))
    }
}
