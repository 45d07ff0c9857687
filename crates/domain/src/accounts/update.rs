//! Changing an account.

use super::register::check_profile;
use super::{Receive, StaffRole};
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::ids::UserId;
use crate::{Domain, gate};

/// What to change; `None` leaves it as it is.
#[derive(Clone, Debug)]
pub struct UpdateAccount {
    pub user_id: UserId,
    pub nickname: Option<String>,
    pub face_url: Option<String>,
    pub ex: Option<String>,
    pub receive: Option<Receive>,
}

impl Domain {
    /// Changes an account's profile. Its devices are told if anything really changed.
    pub async fn update_account(&self, caller: &Caller, command: UpdateAccount) -> Result<()> {
        gate::may_act_for(caller, &command.user_id)?;
        let mut tx = self.store.begin().await?;
        let before = tx
            .account(&command.user_id)
            .await?
            .ok_or(Error::NotFound(Kind::Account))?;
        let mut after = before.clone();
        after.nickname = command.nickname.unwrap_or(after.nickname);
        after.face_url = command.face_url.unwrap_or(after.face_url);
        after.ex = command.ex.unwrap_or(after.ex);
        after.receive = command.receive.unwrap_or(after.receive);
        if after == before {
            // Waits for what was read here to be on disk.
            return self.commit(tx).await;
        }
        check_profile(&after.nickname, &after.face_url, &after.ex)?;
        tx.update_account(&after).await?;
        tx.record(Event::AccountUpdated {
            account: after.key,
            user_id: after.user_id,
        })
        .await?;
        self.commit(tx).await
    }

    /// Gives an account a staff role, or takes it away.
    pub async fn set_staff_role(
        &self,
        caller: &Caller,
        user_id: &UserId,
        role: Option<StaffRole>,
    ) -> Result<()> {
        gate::may_administer(caller)?;
        let mut tx = self.store.begin().await?;
        let mut account = tx
            .account(user_id)
            .await?
            .ok_or(Error::NotFound(Kind::Account))?;
        account.staff = role;
        account.policy += 1;
        tx.update_account(&account).await?;
        tx.record(Event::AccountUpdated {
            account: account.key,
            user_id: account.user_id,
        })
        .await?;
        self.commit(tx).await
    }
}
