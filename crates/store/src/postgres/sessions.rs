//! Login sessions.

use async_trait::async_trait;
use domain::error::{Error, Result};
use domain::ids::{AccountKey, SessionKey};
use domain::ports::{NewSession, SessionReads, SessionWrites};
use domain::sessions::{Platform, Platforms, SessionState};
use domain::time::Millis;
use tokio_postgres::Row;

use super::session::{Mode, ReadWrite, Session, column, known, number};
use crate::bounds::limit;

const LIVE: i32 = SessionState::Live as i32;
const KICKED: i32 = SessionState::Kicked as i32;

#[async_trait]
impl<M: Mode> SessionReads for Session<M> {
    async fn sessions(
        &mut self,
        account: AccountKey,
        now: Millis,
    ) -> Result<Vec<domain::sessions::Session>> {
        let sql = "SELECT key, account, platform, digest, state, created_at, expires_at FROM login_session
            WHERE account = $1 AND expires_at > $2
            ORDER BY created_at, key";
        self.rows(sql, &[&account.0, &now], read_session).await
    }
}

#[async_trait]
impl SessionWrites for Session<ReadWrite> {
    async fn insert_session(&mut self, session: &NewSession) -> Result<SessionKey> {
        let sql =
            "INSERT INTO login_session (account, platform, digest, state, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING key";
        self.one(
            sql,
            &[
                &session.account.0,
                &session.platform.number(),
                &&session.digest[..],
                &LIVE,
                &session.created_at,
                &session.expires_at,
            ],
            |row| column(row, 0).map(SessionKey),
        )
        .await
    }

    async fn kick_sessions(
        &mut self,
        account: AccountKey,
        platforms: Platforms,
        except: Option<SessionKey>,
    ) -> Result<u64> {
        let sql = "UPDATE login_session SET state = $1
            WHERE account = $2 AND state = $3 AND ($4::integer >> platform) & 1 = 1 AND key IS DISTINCT FROM $5";
        let platforms = i32::from(platforms.0);
        self.write(
            sql,
            &[
                &KICKED,
                &account.0,
                &LIVE,
                &platforms,
                &except.map(|session| session.0),
            ],
        )
        .await
    }

    async fn kick_sessions_by_key(&mut self, sessions: &[SessionKey]) -> Result<()> {
        let keys: Vec<i64> = sessions.iter().map(|session| session.0).collect();
        let sql = "UPDATE login_session SET state = $1 WHERE key = ANY ($2)";
        self.write(sql, &[&KICKED, &keys]).await.map(drop)
    }

    async fn delete_expired_sessions(&mut self, before: Millis, rows_max: usize) -> Result<u64> {
        let sql = "DELETE FROM login_session WHERE key IN
            (SELECT key FROM login_session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";
        self.write(sql, &[&before, &limit(rows_max)]).await
    }
}

fn read_session(row: &Row) -> Result<domain::sessions::Session> {
    Ok(domain::sessions::Session {
        key: SessionKey(column(row, 0)?),
        account: AccountKey(column(row, 1)?),
        platform: known("platform", Platform::from_number(number(row, 2)?))?,
        digest: column::<&[u8]>(row, 3)?
            .try_into()
            .map_err(Error::internal)?,
        state: known("state", SessionState::from_number(number(row, 4)?))?,
        created_at: column(row, 5)?,
        expires_at: column(row, 6)?,
    })
}
