//! Changing an account.

use super::register::check_profile;
use super::{Receive, StaffRole};
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::hooks::{Hook, Question, Report};
use crate::ids::UserId;
use crate::reactions::Reaction;
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

impl UpdateAccount {
    /// Whether it is about what others see; how messages are taken is the account's own business.
    fn is_profile(&self) -> bool {
        self.nickname.is_some() || self.face_url.is_some() || self.ex.is_some()
    }
}

impl Domain {
    /// Changes an account's profile. Its devices are told if anything really changed; friends and groups soon after.
    pub async fn update_account(&self, caller: &Caller, mut command: UpdateAccount) -> Result<()> {
        gate::may_act_for(caller, &command.user_id)?;
        let is_profile = command.is_profile();
        if is_profile {
            for hook in [Hook::BeforeUpdateUserInfo, Hook::BeforeUpdateUserInfoEx] {
                self.ask(hook, Question::UpdateAccount(&mut command))
                    .await?;
            }
        }
        let told = command.clone();
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
        if is_profile {
            for hook in [Hook::AfterUpdateUserInfo, Hook::AfterUpdateUserInfoEx] {
                let report = Report::AccountUpdated(&told);
                self.report(&mut *tx, hook, report).await?;
            }
        }
        let is_shown = after.nickname != before.nickname || after.face_url != before.face_url;
        if is_shown {
            let reaction = Reaction::ShowProfile {
                user: after.user_id.to_string(),
            };
            self.promise(&mut *tx, &reaction).await?;
        }
        tx.record(Event::AccountUpdated {
            account: after.key,
            user_id: after.user_id,
        })
        .await?;
        self.commit(tx).await?;
        if is_shown {
            self.reactions_promised();
        }
        Ok(())
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
