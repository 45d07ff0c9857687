//! Accounts and their favourites.

use async_trait::async_trait;
use domain::accounts::{Account, AccountKind, Favourite, Receive, StaffRole};
use domain::error::Result;
use domain::ids::{AccountKey, UserId};
use domain::ports::{AccountFilter, AccountReads, AccountWrites, Page};
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, count, known};
use crate::bounds::offset;
use crate::forms::json;

const ACCOUNT: &str = "SELECT key, user_id, nickname, face_url, ex, kind, staff, receive, created_at, policy FROM account";

/// `?1` is a part of the user id, `?2` of the nickname, `?3` a JSON list of kinds. `lower` is for ASCII only.
const FILTER: &str = "(?1 = '' OR instr(lower(user_id), lower(?1)) > 0)
    AND (?2 = '' OR instr(lower(nickname), lower(?2)) > 0)
    AND (?3 = '[]' OR kind IN (SELECT value FROM json_each(?3)))";

const FAVOURITE: &str = "SELECT kind, uuid, value, ex, created_at FROM favourite";

#[async_trait]
impl<M: Mode> AccountReads for Session<M> {
    async fn account(&mut self, id: &UserId) -> Result<Option<Account>> {
        self.row(
            &format!("{ACCOUNT} WHERE user_id = ?1"),
            [id.as_str()],
            read_account,
        )
    }

    async fn account_by_key(&mut self, key: AccountKey) -> Result<Option<Account>> {
        self.row(&format!("{ACCOUNT} WHERE key = ?1"), [key.0], read_account)
    }

    async fn accounts(&mut self, ids: &[UserId]) -> Result<Vec<Account>> {
        let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        let sql = format!("{ACCOUNT} WHERE user_id IN (SELECT value FROM json_each(?1))");
        self.rows(&sql, [json(&ids)], read_account)
    }

    async fn accounts_page(
        &mut self,
        filter: &AccountFilter,
        page: Page,
    ) -> Result<(u64, Vec<Account>)> {
        let kinds: Vec<i64> = filter.kinds.iter().map(|kind| *kind as i64).collect();
        let kinds = json(&kinds);
        let (user_id, nickname) = (filter.user_id_part.as_str(), filter.nickname_part.as_str());
        let count = self.one(
            &format!("SELECT count(*) FROM account WHERE {FILTER}"),
            (user_id, nickname, &kinds),
            count,
        )?;
        let accounts = self.rows(
            &format!("{ACCOUNT} WHERE {FILTER} ORDER BY created_at, key LIMIT ?4 OFFSET ?5"),
            (user_id, nickname, &kinds, page.rows, offset(page)),
            read_account,
        )?;
        Ok((count, accounts))
    }

    async fn favourite(
        &mut self,
        account: AccountKey,
        kind: i32,
        uuid: &str,
    ) -> Result<Option<Favourite>> {
        self.row(
            &format!("{FAVOURITE} WHERE account = ?1 AND kind = ?2 AND uuid = ?3"),
            (account.0, kind, uuid),
            read_favourite,
        )
    }

    async fn favourites(
        &mut self,
        account: AccountKey,
        kind: Option<i32>,
    ) -> Result<Vec<Favourite>> {
        self.rows(
            &format!("{FAVOURITE} WHERE account = ?1 AND kind = coalesce(?2, kind) ORDER BY created_at, kind, uuid"),
            (account.0, kind),
            read_favourite,
        )
    }

    async fn favourites_count(&mut self, account: AccountKey) -> Result<u64> {
        self.one(
            "SELECT count(*) FROM favourite WHERE account = ?1",
            [account.0],
            count,
        )
    }
}

#[async_trait]
impl AccountWrites for Session<ReadWrite> {
    async fn insert_account(&mut self, account: &Account) -> Result<Option<AccountKey>> {
        let sql = "INSERT INTO account
                (user_id, nickname, face_url, ex, kind, staff, receive, created_at, policy)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (user_id) DO NOTHING RETURNING key";
        let params = (
            account.user_id.as_str(),
            &account.nickname,
            &account.face_url,
            &account.ex,
            account.kind as i64,
            account.staff.map(|role| role as i64),
            account.receive as i64,
            account.created_at,
            account.policy,
        );
        self.row(sql, params, |row| row.get(0).map(AccountKey))
    }

    async fn update_account(&mut self, account: &Account) -> Result<()> {
        let sql = "UPDATE account SET nickname = ?2, face_url = ?3, ex = ?4, kind = ?5, staff = ?6, receive = ?7,
                policy = ?8
            WHERE key = ?1";
        let params = (
            account.key.0,
            &account.nickname,
            &account.face_url,
            &account.ex,
            account.kind as i64,
            account.staff.map(|role| role as i64),
            account.receive as i64,
            account.policy,
        );
        self.write(sql, params).map(drop)
    }

    async fn put_favourite(&mut self, account: AccountKey, favourite: &Favourite) -> Result<()> {
        let sql = "INSERT INTO favourite (account, kind, uuid, value, ex, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (account, kind, uuid) DO UPDATE
            SET value = excluded.value, ex = excluded.ex, created_at = excluded.created_at";
        let Favourite {
            kind,
            uuid,
            value,
            ex,
            created_at,
        } = favourite;
        self.write(sql, (account.0, kind, uuid, value, ex, created_at))
            .map(drop)
    }

    async fn delete_favourite(
        &mut self,
        account: AccountKey,
        kind: i32,
        uuid: &str,
    ) -> Result<bool> {
        let sql = "DELETE FROM favourite WHERE account = ?1 AND kind = ?2 AND uuid = ?3";
        Ok(self.write(sql, (account.0, kind, uuid))? > 0)
    }
}

/// The columns of `{account}`, an alias, that [`read_account_at`] reads.
pub(super) fn account_columns(account: &str) -> String {
    [
        "key",
        "user_id",
        "nickname",
        "face_url",
        "ex",
        "kind",
        "staff",
        "receive",
        "created_at",
        "policy",
    ]
    .map(|column| format!("{account}.{column}"))
    .join(", ")
}

/// The number of columns that an account takes in a row.
pub(super) const ACCOUNT_COLUMNS: usize = 10;

fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    read_account_at(row, 0)
}

pub(super) fn read_account_at(row: &Row<'_>, first: usize) -> rusqlite::Result<Account> {
    Ok(Account {
        key: AccountKey(row.get(first)?),
        user_id: known("user_id", UserId::new(row.get::<_, String>(first + 1)?))?,
        nickname: row.get(first + 2)?,
        face_url: row.get(first + 3)?,
        ex: row.get(first + 4)?,
        kind: known("kind", AccountKind::from_number(row.get(first + 5)?))?,
        staff: row
            .get::<_, Option<i64>>(first + 6)?
            .map(|number| known("staff", StaffRole::from_number(number)))
            .transpose()?,
        receive: known("receive", Receive::from_number(row.get(first + 7)?))?,
        created_at: row.get(first + 8)?,
        policy: row.get(first + 9)?,
    })
}

fn read_favourite(row: &Row<'_>) -> rusqlite::Result<Favourite> {
    Ok(Favourite {
        kind: row.get(0)?,
        uuid: row.get(1)?,
        value: row.get(2)?,
        ex: row.get(3)?,
        created_at: row.get(4)?,
    })
}
