//! Starting a session, and what that does to older ones. The policy is applied twice, as OpenIM does it: when a token
//! is made the sessions that it replaces stop counting for requests; when the new device connects the sockets of
//! those sessions are told and closed (`reference/openim/tokens.md`, "When enforced").

use super::{MultiLogin, Platform, Platforms, Session, SessionState, TokenDigest};
use crate::caller::Caller;
use crate::error::{Error, Reason, Result};
use crate::event::Signal;
use crate::ids::{AccountKey, SessionKey, UserId};
use crate::ports::NewSession;
use crate::push::forget_devices;
use crate::time::Millis;
use crate::{Domain, gate};

#[derive(Clone, Debug)]
pub struct OpenSession {
    pub user_id: UserId,
    pub platform: Platform,
    /// Of the token that the surface has made.
    pub digest: TokenDigest,
    pub expires_at: Millis,
}

impl Domain {
    /// Starts a session for an account, at the word of an administrator.
    pub async fn open_session(&self, caller: &Caller, command: OpenSession) -> Result<SessionKey> {
        gate::may_administer(caller)?;
        let account = self.account(&command.user_id).await?;
        gate::may_log_in(&account)?;
        if command.platform == Platform::Admin {
            return Err(Error::Denied(Reason::NoLogin));
        }
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let older = tx.sessions(account.key, now).await?;
        let session = tx
            .insert_session(&NewSession {
                account: account.key,
                platform: command.platform,
                digest: command.digest,
                created_at: now,
                expires_at: command.expires_at,
            })
            .await?;
        let replaced = replaced(&older, self.settings.multi_login, command.platform);
        if !replaced.is_empty() {
            tx.kick_sessions_by_key(&replaced).await?;
        }
        // Whoever lost their login is not shown what comes from now on; the new device registers itself.
        let platforms = self.settings.multi_login.replaced_by(command.platform);
        forget_devices(&mut *tx, account.key, &replaced, platforms).await?;
        // No event: the replaced sessions' sockets stay until the new device connects.
        self.commit(tx).await?;
        self.facts.forget_sessions(account.key);
        Ok(session)
    }

    /// A device of this session has connected: sockets of the sessions that it replaces are closed.
    pub fn session_connected(&self, account: AccountKey, session: SessionKey, platform: Platform) {
        let platforms = self.settings.multi_login.replaced_by(platform);
        if !platforms.is_empty() {
            self.publisher.signal(Signal::SocketsReplaced {
                account,
                platforms,
                except: session,
            });
        }
    }
}

/// The live sessions among `older` that a login on `platform` ends.
fn replaced(older: &[Session], policy: MultiLogin, platform: Platform) -> Vec<SessionKey> {
    let live = || {
        older
            .iter()
            .filter(|session| session.state == SessionState::Live)
    };
    if let MultiLogin::Unlimited { per_platform_max } = policy {
        let here: Vec<_> = live()
            .filter(|session| session.platform == platform)
            .collect();
        let excess = (here.len() + 1).saturating_sub(per_platform_max.max(1));
        return here
            .into_iter()
            .take(excess)
            .map(|session| session.key)
            .collect();
    }
    let platforms: Platforms = policy.replaced_by(platform);
    live()
        .filter(|session| platforms.contains(session.platform))
        .map(|session| session.key)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(key: i64, platform: Platform, state: SessionState) -> Session {
        Session {
            key: SessionKey(key),
            account: AccountKey(1),
            platform,
            digest: [0; 32],
            state,
            created_at: key,
            expires_at: i64::MAX,
        }
    }

    #[test]
    fn a_new_session_replaces_live_ones_only() {
        let older = [
            session(1, Platform::Web, SessionState::Live),
            session(2, Platform::Web, SessionState::Kicked),
            session(3, Platform::Ios, SessionState::Live),
        ];
        assert_eq!(
            replaced(&older, MultiLogin::OnePerPlatform, Platform::Web),
            [SessionKey(1)]
        );
        assert_eq!(
            replaced(&older, MultiLogin::OnePerPlatform, Platform::Linux),
            []
        );
    }

    #[test]
    fn without_a_policy_the_oldest_of_too_many_goes() {
        let older: Vec<_> = (1..=3)
            .map(|key| session(key, Platform::Web, SessionState::Live))
            .collect();
        let policy = MultiLogin::Unlimited {
            per_platform_max: 3,
        };
        assert_eq!(replaced(&older, policy, Platform::Web), [SessionKey(1)]);
        assert_eq!(replaced(&older, policy, Platform::Ios), []);
    }
}
