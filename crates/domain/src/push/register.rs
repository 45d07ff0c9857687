//! Which devices can be pushed to. A device's address belongs to one account at a time: who registers it last has it.
//! A token that a session registered ends with the session.

use super::{NewPushToken, PushProvider};
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::ids::{AccountKey, SessionKey, UserId};
use crate::ports::Tx;
use crate::sessions::{Platform, Platforms};
use crate::time::Millis;
use crate::{Domain, gate, limits};

#[derive(Clone)]
pub struct RegisterPushToken {
    pub owner: UserId,
    pub platform: Platform,
    pub provider: PushProvider,
    /// A token, or the endpoint of a Web Push subscription.
    pub address: String,
    /// The keys of a Web Push subscription as JSON, otherwise "".
    pub secret: String,
    /// "" for the application that the server is configured with.
    pub app_id: String,
    /// 0 for never.
    pub expires_at: Millis,
}

#[derive(Clone)]
pub struct DeletePushToken {
    pub owner: UserId,
    pub provider: PushProvider,
    pub address: String,
}

impl Domain {
    /// Registers a device. It replaces what the same session (or, without one, an application server for the same
    /// platform) had registered for the same application before; of too many devices the oldest goes.
    pub async fn register_push_token(
        &self,
        caller: &Caller,
        command: RegisterPushToken,
    ) -> Result<()> {
        gate::may_act_for(caller, &command.owner)?;
        let now = self.clock.now();
        command.check(now)?;
        let account = self.account(&command.owner).await?.key;
        let token = NewPushToken {
            account,
            platform: command.platform,
            // A session of somebody else's says nothing about the device.
            session: caller.session.filter(|_| caller.account == account),
            provider: command.provider,
            address: command.address,
            secret: command.secret,
            app_id: command.app_id,
            created_at: now,
            expires_at: command.expires_at,
        };
        let mut tx = self.store.begin().await?;
        let replaced = replaced(&mut *tx, &token).await?;
        tx.delete_push_tokens_by_key(&replaced).await?;
        tx.put_push_token(&token).await?;
        self.commit(tx).await
    }

    /// Forgets a device; it is no error if it was not known.
    pub async fn delete_push_token(&self, caller: &Caller, command: DeletePushToken) -> Result<()> {
        gate::may_act_for(caller, &command.owner)?;
        let account = self.account(&command.owner).await?.key;
        let mut tx = self.store.begin().await?;
        tx.delete_push_token(account, command.provider, &command.address)
            .await?;
        self.commit(tx).await
    }

    /// The device of this session has logged out: it is not pushed to any more.
    pub async fn forget_session_device(&self, caller: &Caller) -> Result<()> {
        let Some(session) = caller.session else {
            return Ok(());
        };
        let mut tx = self.store.begin().await?;
        forget_devices(
            &mut *tx,
            caller.account,
            &[session],
            Platforms::of([caller.platform]),
        )
        .await?;
        self.commit(tx).await
    }
}

/// Forgets the devices of sessions that end: those that the sessions registered, and those that an application server
/// registered for a platform on which nobody stays logged in.
pub(crate) async fn forget_devices(
    tx: &mut dyn Tx,
    account: AccountKey,
    sessions: &[SessionKey],
    platforms: Platforms,
) -> Result<()> {
    if !sessions.is_empty() {
        tx.delete_push_tokens_of_sessions(sessions).await?;
    }
    if !platforms.is_empty() {
        tx.delete_push_tokens_on(account, platforms).await?;
    }
    Ok(())
}

/// The tokens that make room for a new one.
async fn replaced(tx: &mut dyn Tx, new: &NewPushToken) -> Result<Vec<crate::ids::PushTokenKey>> {
    let known = tx.push_tokens(&[new.account]).await?;
    let is_replaced = |old: &super::PushToken| {
        old.session == new.session
            && old.provider == new.provider
            && old.app_id == new.app_id
            && (new.session.is_some() || old.platform == new.platform)
    };
    let (mut gone, mut stay): (Vec<_>, Vec<_>) = known
        .into_iter()
        .filter(|old| (old.provider, &old.address) != (new.provider, &new.address))
        .partition(is_replaced);
    stay.sort_by_key(|token| token.used_at);
    let excess = (stay.len() + 1).saturating_sub(limits::PUSH_TOKENS_MAX);
    gone.extend(stay.drain(..excess));
    Ok(gone.into_iter().map(|token| token.key).collect())
}

impl RegisterPushToken {
    fn check(&self, now: Millis) -> Result<()> {
        let texts = [&self.address, &self.secret, &self.app_id];
        if texts.iter().any(|text| text.contains('\0')) {
            return Err(Error::invalid("token", "has a NUL in it"));
        }
        if self.address.is_empty() || self.address.len() > limits::PUSH_ADDRESS_BYTES_MAX {
            return Err(Error::invalid("token", "must be 1 to 2048 bytes"));
        }
        if self.secret.len() > limits::PUSH_ADDRESS_BYTES_MAX {
            return Err(Error::invalid("token", "has keys that are too long"));
        }
        if self.app_id.len() > limits::PUSH_APP_ID_BYTES_MAX {
            return Err(Error::invalid("appID", "is too long"));
        }
        if self.expires_at != 0 && self.expires_at <= now {
            return Err(Error::invalid("expireTime", "has passed"));
        }
        if self.provider != PushProvider::WebPush && !is_token(&self.address) {
            return Err(Error::invalid("token", "has characters that no token has"));
        }
        Ok(())
    }
}

/// Tokens travel in paths and headers, so nothing gets in that would mean something there.
fn is_token(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_:.~%+=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_no_path() {
        assert!(is_token("dGhpcyBpcw:APA91b-_x") && is_token(&"0a".repeat(80)));
        for bad in ["a/b", "a b", "../x", "a\r\nb", "a?b", "ä"] {
            assert!(!is_token(bad), "{bad}");
        }
    }
}
