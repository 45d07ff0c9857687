//! Registering accounts.

use std::collections::HashSet;

use super::{Account, AccountKind, Receive, StaffRole};
use crate::caller::Caller;
use crate::error::{Error, Reason, Result};
use crate::hooks::{Hook, Question, Report};
use crate::ids::{AccountKey, UserId};
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct NewAccount {
    pub user_id: UserId,
    pub nickname: String,
    pub face_url: String,
    pub ex: String,
    pub kind: AccountKind,
    pub staff: Option<StaffRole>,
    pub receive: Receive,
}

impl NewAccount {
    /// An ordinary person.
    pub fn user(user_id: UserId, nickname: impl Into<String>) -> Self {
        Self {
            user_id,
            nickname: nickname.into(),
            face_url: String::new(),
            ex: String::new(),
            kind: AccountKind::User,
            staff: None,
            receive: Receive::Notify,
        }
    }
}

/// Whether [`Domain::ensure_account`] had to make the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Made,
    Existed,
}

impl Domain {
    /// Registers all of these accounts, or none: a single id that is taken refuses them all.
    pub async fn register_accounts(
        &self,
        caller: &Caller,
        mut accounts: Vec<NewAccount>,
    ) -> Result<()> {
        gate::may_administer(caller)?;
        check_number(&accounts)?;
        self.ask(Hook::BeforeUserRegister, Question::Register(&mut accounts))
            .await?;
        check_number(&accounts)?;
        let mut seen = HashSet::new();
        for account in &accounts {
            if !seen.insert(&account.user_id) {
                return Err(Error::invalid("userID", "is there twice"));
            }
            check_profile(&account.nickname, &account.face_url, &account.ex)?;
        }
        let mut tx = self.store.begin().await?;
        for account in &accounts {
            let row = self.row(account.clone());
            if tx.insert_account(&row).await?.is_none() {
                return Err(Error::Conflict(Reason::AlreadyRegistered));
            }
        }
        let report = Report::Registered(&accounts, self.clock.now());
        self.report(&mut *tx, Hook::AfterUserRegister, report)
            .await?;
        self.commit(tx).await
    }

    /// Makes the account if its id is free; for what the process itself needs at start, so nobody is asked.
    pub async fn ensure_account(&self, account: NewAccount) -> Result<Registration> {
        let mut tx = self.store.begin().await?;
        let row = self.row(account);
        if tx.insert_account(&row).await?.is_none() {
            return Ok(Registration::Existed);
        }
        self.commit(tx).await?;
        Ok(Registration::Made)
    }

    /// A decimal id of ten digits that is not taken, as OpenIM makes them for notification accounts.
    pub async fn free_account_id(&self) -> Result<UserId> {
        loop {
            let drawn =
                u64::from_str_radix(&self.ids.hex32()[..15], 16).map_err(Error::internal)?;
            let id = UserId::new(format!("{}", 1_000_000_000 + drawn % 9_000_000_000))
                .ok_or_else(|| Error::internal("ten digits are a valid id"))?;
            if self.store.view().await?.account(&id).await?.is_none() {
                return Ok(id);
            }
        }
    }

    fn row(&self, account: NewAccount) -> Account {
        Account {
            key: AccountKey(0),
            user_id: account.user_id,
            nickname: account.nickname,
            face_url: account.face_url,
            ex: account.ex,
            kind: account.kind,
            staff: account.staff,
            receive: account.receive,
            created_at: self.clock.now(),
            policy: 1,
        }
    }
}

fn check_number(accounts: &[NewAccount]) -> Result<()> {
    if accounts.is_empty() || accounts.len() > limits::IDS_MAX {
        return Err(Error::invalid("users", "must be 1 to 1000"));
    }
    Ok(())
}

pub(super) fn check_profile(nickname: &str, face_url: &str, ex: &str) -> Result<()> {
    if nickname.is_empty() {
        return Err(Error::invalid("nickname", "must not be empty"));
    }
    if nickname.len() > limits::NICKNAME_BYTES_MAX {
        return Err(Error::invalid("nickname", "is too long"));
    }
    if face_url.len() > limits::FACE_URL_BYTES_MAX {
        return Err(Error::invalid("faceURL", "is too long"));
    }
    if ex.len() > limits::EXTRA_BYTES_MAX {
        return Err(Error::invalid("ex", "is too long"));
    }
    if [nickname, face_url, ex]
        .iter()
        .any(|text| text.contains('\0'))
    {
        return Err(Error::invalid("nickname", "or another text has a NUL"));
    }
    Ok(())
}
