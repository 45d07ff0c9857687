//! What applications tell their clients by name.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::client_config::{ClientSetting, ClientSettingFilter};
use domain::error::Result;
use domain::ids::{AccountKey, UserId};
use domain::ports::{ClientConfigReads, ClientConfigWrites, Page};
use rusqlite::{Row, params_from_iter};

use super::conditions::Conditions;
use super::session::{Mode, ReadWrite, Session, count, known};
use crate::forms::json;

#[async_trait]
impl<M: Mode> ClientConfigReads for Session<M> {
    async fn client_config(
        &mut self,
        owner: Option<AccountKey>,
    ) -> Result<BTreeMap<String, String>> {
        let sql = "SELECT name, value FROM client_config WHERE account = ?1";
        let values = self.rows(sql, [owner_key(owner)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(values.into_iter().collect())
    }

    async fn client_config_page(
        &mut self,
        filter: &ClientSettingFilter,
        page: Page,
    ) -> Result<(u64, Vec<ClientSetting>)> {
        let name = Some(&filter.name).filter(|name| !name.is_empty());
        let conditions = Conditions::none()
            .with_some("c.account = ?", filter.owner.map(owner_key))
            .with_some("c.name = ?", name.cloned());
        let all = format!(
            "SELECT count(*) FROM client_config c WHERE {}",
            conditions.sql
        );
        let all = self.one(&all, params_from_iter(&conditions.params), count)?;
        let sql = format!(
            "SELECT a.user_id, c.name, c.value FROM client_config c LEFT JOIN account a ON a.key = c.account
            WHERE {} ORDER BY c.account, c.name LIMIT ? OFFSET ?",
            conditions.sql
        );
        let found = self.rows(&sql, params_from_iter(conditions.paged(page)), read_setting)?;
        Ok((all, found))
    }
}

#[async_trait]
impl ClientConfigWrites for Session<ReadWrite> {
    async fn put_client_config(
        &mut self,
        owner: Option<AccountKey>,
        name: &str,
        value: &str,
    ) -> Result<()> {
        let sql = "INSERT INTO client_config (account, name, value) VALUES (?1, ?2, ?3)
            ON CONFLICT (account, name) DO UPDATE SET value = excluded.value";
        self.write(sql, (owner_key(owner), name, value)).map(drop)
    }

    async fn delete_client_config(
        &mut self,
        owner: Option<AccountKey>,
        names: &[String],
    ) -> Result<()> {
        let sql = "DELETE FROM client_config
            WHERE account = ?1 AND name IN (SELECT value FROM json_each(?2))";
        self.write(sql, (owner_key(owner), json(names))).map(drop)
    }
}

/// No account has the key 0: it stands for everybody.
fn owner_key(owner: Option<AccountKey>) -> i64 {
    owner.map_or(0, |owner| owner.0)
}

fn read_setting(row: &Row<'_>) -> rusqlite::Result<ClientSetting> {
    let owner: Option<String> = row.get(0)?;
    Ok(ClientSetting {
        owner: owner
            .map(|owner| known("user_id", UserId::new(owner)))
            .transpose()?,
        name: row.get(1)?,
        value: row.get(2)?,
    })
}
