//! Ending sessions, at once and everywhere.

use super::{Platform, Platforms};
use crate::caller::Caller;
use crate::error::Result;
use crate::event::Event;
use crate::ids::UserId;
use crate::push::forget_devices;
use crate::{Domain, gate};

#[derive(Clone, Debug)]
pub struct RevokeSessions {
    pub user_id: UserId,
    pub platform: Platform,
}

impl Domain {
    /// Ends every session of the account on a platform: its tokens stop counting and its sockets are closed.
    pub async fn revoke_sessions(&self, caller: &Caller, command: RevokeSessions) -> Result<()> {
        gate::may_administer(caller)?;
        let account = self.account(&command.user_id).await?;
        let platforms = Platforms::of([command.platform]);
        let mut tx = self.store.begin().await?;
        tx.kick_sessions(account.key, platforms, None).await?;
        forget_devices(&mut *tx, account.key, &[], platforms).await?;
        tx.record(Event::SessionsEnded {
            account: account.key,
            platforms,
            except: None,
        })
        .await?;
        self.commit(tx).await
    }
}
