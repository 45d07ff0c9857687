//! Rows of what applications tell their clients. No account means everybody.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::Page;
use crate::client_config::{ClientSetting, ClientSettingFilter};
use crate::error::Result;
use crate::ids::AccountKey;

#[async_trait]
pub trait ClientConfigReads {
    /// The values of just this owner, by name.
    async fn client_config(
        &mut self,
        owner: Option<AccountKey>,
    ) -> Result<BTreeMap<String, String>>;
    /// The number of matches and one page of them: everybody's first, then by account, each by name.
    async fn client_config_page(
        &mut self,
        filter: &ClientSettingFilter,
        page: Page,
    ) -> Result<(u64, Vec<ClientSetting>)>;
}

#[async_trait]
pub trait ClientConfigWrites {
    /// Inserts or replaces by (owner, name).
    async fn put_client_config(
        &mut self,
        owner: Option<AccountKey>,
        name: &str,
        value: &str,
    ) -> Result<()>;
    async fn delete_client_config(
        &mut self,
        owner: Option<AccountKey>,
        names: &[String],
    ) -> Result<()>;
}
