//! Records of the logs that clients uploaded.

use async_trait::async_trait;
use domain::client_logs::{ClientLog, ClientLogFilter, FoundClientLog};
use domain::error::Result;
use domain::ids::{AccountKey, UserId};
use domain::ports::{ClientLogReads, ClientLogWrites, Page};
use domain::sessions::Platform;
use tokio_postgres::Row;

use super::session::{Mode, ReadWrite, Session, column, count, known, number, text};
use crate::bounds::offset;

/// `$1` is the keyword, `$2` and `$3` the first and the last moment, 0 for no last one. In "C" `lower` is for ASCII
/// only.
const FOUND: &str = r#"FROM client_log l JOIN account a ON a.key = l.account
    WHERE l.created_at >= $2 AND ($3::bigint = 0 OR l.created_at <= $3)
        AND ($1 = '' OR position(lower($1 COLLATE "C") IN lower(a.user_id COLLATE "C")) > 0
            OR position(lower($1 COLLATE "C") IN lower(l.filename COLLATE "C")) > 0)"#;

#[async_trait]
impl<M: Mode> ClientLogReads for Session<M> {
    async fn client_logs_page(
        &mut self,
        filter: &ClientLogFilter,
        page: Page,
    ) -> Result<(u64, Vec<FoundClientLog>)> {
        let keyword = text(&filter.keyword);
        let (from, until) = (filter.from, filter.until);
        let all = self
            .one(
                &format!("SELECT count(*) {FOUND}"),
                &[&keyword, &from, &until],
                count,
            )
            .await?;
        let sql = format!(
            "SELECT l.id, l.account, l.platform, l.app_framework, l.version, l.ex, l.filename, l.url, l.created_at,
                a.user_id, a.nickname {FOUND} ORDER BY l.created_at DESC, l.key DESC LIMIT $4 OFFSET $5"
        );
        let found = self
            .rows(
                &sql,
                &[
                    &keyword,
                    &from,
                    &until,
                    &i64::from(page.rows),
                    &offset(page),
                ],
                read_found,
            )
            .await?;
        Ok((all, found))
    }
}

#[async_trait]
impl ClientLogWrites for Session<ReadWrite> {
    async fn insert_client_log(&mut self, log: &ClientLog) -> Result<()> {
        let sql = "INSERT INTO client_log
                (id, account, platform, app_framework, version, ex, filename, url, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        self.write(
            sql,
            &[
                &log.id,
                &log.account.0,
                &log.platform.number(),
                &text(&log.app_framework),
                &text(&log.version),
                &text(&log.ex),
                &text(&log.filename),
                &text(&log.url),
                &log.created_at,
            ],
        )
        .await
        .map(drop)
    }

    async fn delete_client_logs(&mut self, ids: &[String]) -> Result<u64> {
        self.write("DELETE FROM client_log WHERE id = ANY ($1)", &[&ids])
            .await
    }
}

fn read_found(row: &Row) -> Result<FoundClientLog> {
    Ok(FoundClientLog {
        log: ClientLog {
            id: column(row, 0)?,
            account: AccountKey(column(row, 1)?),
            platform: known("platform", Platform::from_number(number(row, 2)?))?,
            app_framework: column(row, 3)?,
            version: column(row, 4)?,
            ex: column(row, 5)?,
            filename: column(row, 6)?,
            url: column(row, 7)?,
            created_at: column(row, 8)?,
        },
        user_id: known("user_id", UserId::new(column::<String>(row, 9)?))?,
        nickname: column(row, 10)?,
    })
}
