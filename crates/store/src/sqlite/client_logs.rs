//! Records of the logs that clients uploaded.

use async_trait::async_trait;
use domain::client_logs::{ClientLog, ClientLogFilter, FoundClientLog};
use domain::error::Result;
use domain::ids::{AccountKey, UserId};
use domain::ports::{ClientLogReads, ClientLogWrites, Page};
use domain::sessions::Platform;
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, count, known};
use crate::bounds::offset;
use crate::forms::json;

/// `?1` is the keyword, `?2` and `?3` the first and the last moment, 0 for no last one.
const FOUND: &str = "FROM client_log l JOIN account a ON a.key = l.account
    WHERE l.created_at >= ?2 AND (?3 = 0 OR l.created_at <= ?3)
        AND (?1 = '' OR instr(lower(a.user_id), lower(?1)) > 0 OR instr(lower(l.filename), lower(?1)) > 0)";

#[async_trait]
impl<M: Mode> ClientLogReads for Session<M> {
    async fn client_logs_page(
        &mut self,
        filter: &ClientLogFilter,
        page: Page,
    ) -> Result<(u64, Vec<FoundClientLog>)> {
        let (keyword, from, until) = (filter.keyword.as_str(), filter.from, filter.until);
        let all = self.one(
            &format!("SELECT count(*) {FOUND}"),
            (keyword, from, until),
            count,
        )?;
        let sql = format!(
            "SELECT l.id, l.account, l.platform, l.app_framework, l.version, l.ex, l.filename, l.url, l.created_at,
                a.user_id, a.nickname {FOUND} ORDER BY l.created_at DESC, l.key DESC LIMIT ?4 OFFSET ?5"
        );
        let found = self.rows(
            &sql,
            (keyword, from, until, page.rows, offset(page)),
            read_found,
        )?;
        Ok((all, found))
    }
}

#[async_trait]
impl ClientLogWrites for Session<ReadWrite> {
    async fn insert_client_log(&mut self, log: &ClientLog) -> Result<()> {
        let sql = "INSERT INTO client_log
                (id, account, platform, app_framework, version, ex, filename, url, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let params = (
            &log.id,
            log.account.0,
            log.platform.number(),
            &log.app_framework,
            &log.version,
            &log.ex,
            &log.filename,
            &log.url,
            log.created_at,
        );
        self.write(sql, params).map(drop)
    }

    async fn delete_client_logs(&mut self, ids: &[String]) -> Result<u64> {
        let sql = "DELETE FROM client_log WHERE id IN (SELECT value FROM json_each(?1))";
        self.write(sql, [json(ids)])
    }
}

fn read_found(row: &Row<'_>) -> rusqlite::Result<FoundClientLog> {
    Ok(FoundClientLog {
        log: ClientLog {
            id: row.get(0)?,
            account: AccountKey(row.get(1)?),
            platform: known("platform", Platform::from_number(row.get(2)?))?,
            app_framework: row.get(3)?,
            version: row.get(4)?,
            ex: row.get(5)?,
            filename: row.get(6)?,
            url: row.get(7)?,
            created_at: row.get(8)?,
        },
        user_id: known("user_id", UserId::new(row.get::<_, String>(9)?))?,
        nickname: row.get(10)?,
    })
}
