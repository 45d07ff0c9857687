//! Accounts and their favourites.

use async_trait::async_trait;
use domain::accounts::{Account, AccountKind, Favourite, Receive, StaffRole};
use domain::error::Result;
use domain::ids::{AccountKey, UserId};
use domain::ports::{AccountFilter, AccountReads, AccountWrites, Page};
use tokio_postgres::Row;

use super::session::{Mode, ReadWrite, Session, column, count, known, number, text};
use crate::bounds::offset;

const ACCOUNT: &str = "SELECT key, user_id, nickname, face_url, ex, kind, staff, receive, created_at, policy FROM account";

/// `$1` is a part of the user id, `$2` of the nickname, `$3` a list of kinds. In "C" `lower` is for ASCII only.
const FILTER: &str = r#"($1 = '' OR position(lower($1 COLLATE "C") IN lower(user_id COLLATE "C")) > 0)
    AND ($2 = '' OR position(lower($2 COLLATE "C") IN lower(nickname COLLATE "C")) > 0)
    AND (cardinality($3::integer[]) = 0 OR kind = ANY ($3))"#;

const FAVOURITE: &str = "SELECT kind, uuid, value, ex, created_at FROM favourite";

#[async_trait]
impl<M: Mode> AccountReads for Session<M> {
    async fn account(&mut self, id: &UserId) -> Result<Option<Account>> {
        self.row(
            &format!("{ACCOUNT} WHERE user_id = $1"),
            &[&id.as_str()],
            read_account,
        )
        .await
    }

    async fn account_by_key(&mut self, key: AccountKey) -> Result<Option<Account>> {
        self.row(
            &format!("{ACCOUNT} WHERE key = $1"),
            &[&key.0],
            read_account,
        )
        .await
    }

    async fn accounts(&mut self, ids: &[UserId]) -> Result<Vec<Account>> {
        let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        self.rows(
            &format!("{ACCOUNT} WHERE user_id = ANY ($1)"),
            &[&ids],
            read_account,
        )
        .await
    }

    async fn accounts_page(
        &mut self,
        filter: &AccountFilter,
        page: Page,
    ) -> Result<(u64, Vec<Account>)> {
        let kinds: Vec<i32> = filter.kinds.iter().map(|kind| *kind as i32).collect();
        let (user_id, nickname) = (text(&filter.user_id_part), text(&filter.nickname_part));
        let all = self
            .one(
                &format!("SELECT count(*) FROM account WHERE {FILTER}"),
                &[&user_id, &nickname, &kinds],
                count,
            )
            .await?;
        let accounts = self
            .rows(
                &format!("{ACCOUNT} WHERE {FILTER} ORDER BY created_at, key LIMIT $4 OFFSET $5"),
                &[
                    &user_id,
                    &nickname,
                    &kinds,
                    &i64::from(page.rows),
                    &offset(page),
                ],
                read_account,
            )
            .await?;
        Ok((all, accounts))
    }

    async fn favourite(
        &mut self,
        account: AccountKey,
        kind: i32,
        uuid: &str,
    ) -> Result<Option<Favourite>> {
        self.row(
            &format!("{FAVOURITE} WHERE account = $1 AND kind = $2 AND uuid = $3"),
            &[&account.0, &kind, &text(uuid)],
            read_favourite,
        )
        .await
    }

    async fn favourites(
        &mut self,
        account: AccountKey,
        kind: Option<i32>,
    ) -> Result<Vec<Favourite>> {
        let sql = format!(
            r#"{FAVOURITE} WHERE account = $1 AND kind = coalesce($2, kind)
            ORDER BY created_at, kind, uuid COLLATE "C""#
        );
        self.rows(&sql, &[&account.0, &kind], read_favourite).await
    }

    async fn favourites_count(&mut self, account: AccountKey) -> Result<u64> {
        self.one(
            "SELECT count(*) FROM favourite WHERE account = $1",
            &[&account.0],
            count,
        )
        .await
    }
}

#[async_trait]
impl AccountWrites for Session<ReadWrite> {
    async fn insert_account(&mut self, account: &Account) -> Result<Option<AccountKey>> {
        let sql = "INSERT INTO account
                (user_id, nickname, face_url, ex, kind, staff, receive, created_at, policy)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (user_id) DO NOTHING RETURNING key";
        self.row(
            sql,
            &[
                &account.user_id.as_str(),
                &text(&account.nickname),
                &text(&account.face_url),
                &text(&account.ex),
                &(account.kind as i32),
                &account.staff.map(|role| role as i32),
                &(account.receive as i32),
                &account.created_at,
                &account.policy,
            ],
            |row| column(row, 0).map(AccountKey),
        )
        .await
    }

    async fn update_account(&mut self, account: &Account) -> Result<()> {
        let sql = "UPDATE account SET nickname = $2, face_url = $3, ex = $4, kind = $5, staff = $6, receive = $7,
                policy = $8
            WHERE key = $1";
        self.write(
            sql,
            &[
                &account.key.0,
                &text(&account.nickname),
                &text(&account.face_url),
                &text(&account.ex),
                &(account.kind as i32),
                &account.staff.map(|role| role as i32),
                &(account.receive as i32),
                &account.policy,
            ],
        )
        .await
        .map(drop)
    }

    async fn put_favourite(&mut self, account: AccountKey, favourite: &Favourite) -> Result<()> {
        let sql = "INSERT INTO favourite (account, kind, uuid, value, ex, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (account, kind, uuid) DO UPDATE
            SET value = excluded.value, ex = excluded.ex, created_at = excluded.created_at";
        let Favourite {
            kind,
            uuid,
            value,
            ex,
            created_at,
        } = favourite;
        self.write(
            sql,
            &[
                &account.0,
                kind,
                &text(uuid),
                &text(value),
                &text(ex),
                created_at,
            ],
        )
        .await
        .map(drop)
    }

    async fn delete_favourite(
        &mut self,
        account: AccountKey,
        kind: i32,
        uuid: &str,
    ) -> Result<bool> {
        let sql = "DELETE FROM favourite WHERE account = $1 AND kind = $2 AND uuid = $3";
        Ok(self.write(sql, &[&account.0, &kind, &text(uuid)]).await? > 0)
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

fn read_account(row: &Row) -> Result<Account> {
    read_account_at(row, 0)
}

pub(super) fn read_account_at(row: &Row, first: usize) -> Result<Account> {
    Ok(Account {
        key: AccountKey(column(row, first)?),
        user_id: known("user_id", UserId::new(column::<String>(row, first + 1)?))?,
        nickname: column(row, first + 2)?,
        face_url: column(row, first + 3)?,
        ex: column(row, first + 4)?,
        kind: known("kind", AccountKind::from_number(number(row, first + 5)?))?,
        staff: column::<Option<i32>>(row, first + 6)?
            .map(|number| known("staff", StaffRole::from_number(number.into())))
            .transpose()?,
        receive: known("receive", Receive::from_number(number(row, first + 7)?))?,
        created_at: column(row, first + 8)?,
        policy: column(row, first + 9)?,
    })
}

fn read_favourite(row: &Row) -> Result<Favourite> {
    Ok(Favourite {
        kind: column(row, 0)?,
        uuid: column(row, 1)?,
        value: column(row, 2)?,
        ex: column(row, 3)?,
        created_at: column(row, 4)?,
    })
}
