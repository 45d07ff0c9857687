//! What an application tells its clients by name: switches and addresses that their code asks for at login. A value
//! holds for everybody or for one account; one's own comes before everybody's.

use std::collections::BTreeMap;

use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::ids::{AccountKey, UserId};
use crate::ports::Page;
use crate::{Domain, gate, limits};

/// One value, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSetting {
    /// Whose it is; `None` for everybody's.
    pub owner: Option<UserId>,
    pub name: String,
    pub value: String,
}

/// Which values to list; `None` and an empty name do not narrow.
#[derive(Clone, Debug, Default)]
pub struct ClientSettingFilter {
    /// `Some(None)` are those of everybody.
    pub owner: Option<Option<AccountKey>>,
    pub name: String,
}

impl Domain {
    /// What holds for `user`: their own values over everybody's.
    pub async fn client_config(
        &self,
        caller: &Caller,
        user: &UserId,
    ) -> Result<BTreeMap<String, String>> {
        gate::may_act_for(caller, user)?;
        let user = self.account(user).await?.key;
        let mut view = self.store.view().await?;
        let mut config = view.client_config(None).await?;
        config.extend(view.client_config(Some(user)).await?);
        Ok(config)
    }

    /// Sets values of one account, or everybody's.
    pub async fn set_client_config(
        &self,
        caller: &Caller,
        owner: Option<&UserId>,
        values: &BTreeMap<String, String>,
    ) -> Result<()> {
        gate::may_administer(caller)?;
        check_names(values.keys())?;
        let fits = |value: &String| value.len() <= limits::EXTRA_BYTES_MAX && !value.contains('\0');
        if !values.values().all(fits) {
            return Err(Error::invalid("configs", "have a value that is too long"));
        }
        let owner = self.config_owner(owner).await?;
        let mut tx = self.store.begin().await?;
        for (name, value) in values {
            tx.put_client_config(owner, name, value).await?;
        }
        self.commit(tx).await
    }

    /// Removes values of one account, or everybody's; what is not there is passed over.
    pub async fn delete_client_config(
        &self,
        caller: &Caller,
        owner: Option<&UserId>,
        names: &[String],
    ) -> Result<()> {
        gate::may_administer(caller)?;
        check_names(names)?;
        let owner = self.config_owner(owner).await?;
        let mut tx = self.store.begin().await?;
        tx.delete_client_config(owner, names).await?;
        self.commit(tx).await
    }

    /// The number of values and one page of them, by owner and name; everybody's first.
    pub async fn client_config_page(
        &self,
        caller: &Caller,
        owner: Option<&UserId>,
        name: &str,
        page: Page,
    ) -> Result<(u64, Vec<ClientSetting>)> {
        gate::may_administer(caller)?;
        let filter = ClientSettingFilter {
            owner: match owner {
                Some(owner) => Some(self.config_owner(Some(owner)).await?),
                None => None,
            },
            name: name.to_owned(),
        };
        let mut view = self.store.view().await?;
        view.client_config_page(&filter, page).await
    }

    async fn config_owner(&self, owner: Option<&UserId>) -> Result<Option<AccountKey>> {
        match owner {
            Some(owner) => Ok(Some(self.account(owner).await?.key)),
            None => Ok(None),
        }
    }
}

fn check_names<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<()> {
    let mut count = 0;
    for name in names {
        count += 1;
        let fits = !name.is_empty() && name.len() <= limits::CLIENT_CONFIG_NAME_BYTES_MAX;
        if !fits || name.contains('\0') {
            return Err(Error::invalid("key", "must be 1 to 128 bytes"));
        }
    }
    if count == 0 || count > limits::IDS_MAX {
        return Err(Error::invalid("configs", "must be 1 to 1000"));
    }
    Ok(())
}
