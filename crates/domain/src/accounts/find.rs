//! Looking accounts up. Public profiles are for everybody who is logged in; lists are for administrators.

use std::collections::HashMap;
use std::sync::Arc;

use super::Account;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::ports::{AccountFilter, Page};
use crate::{Domain, gate, limits};

impl Domain {
    /// The account of this id, or `NotFound`; for surfaces that prove who asks.
    pub async fn find_account(&self, id: &UserId) -> Result<Arc<Account>> {
        self.account(id).await
    }

    /// The accounts of these ids in that order, each once; unknown ones are left out.
    pub async fn find_accounts(&self, ids: &[UserId]) -> Result<Vec<Account>> {
        if ids.len() > limits::IDS_MAX {
            return Err(Error::invalid("userIDs", "are too many"));
        }
        let found = self.store.view().await?.accounts(ids).await?;
        let mut by_id: HashMap<_, _> = found
            .into_iter()
            .map(|account| (account.user_id.clone(), account))
            .collect();
        Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
    }

    /// The number of accounts that match and one page of them, oldest first.
    pub async fn accounts_page(
        &self,
        caller: &Caller,
        filter: &AccountFilter,
        page: Page,
    ) -> Result<(u64, Vec<Account>)> {
        gate::may_administer(caller)?;
        self.store.view().await?.accounts_page(filter, page).await
    }
}
