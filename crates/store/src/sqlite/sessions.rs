//! Login sessions.

use async_trait::async_trait;
use domain::error::Result;
use domain::ids::{AccountKey, SessionKey};
use domain::ports::{NewSession, SessionReads, SessionWrites};
use domain::sessions::{Platform, Platforms, SessionState};
use domain::time::Millis;
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, known};
use crate::bounds::limit;
use crate::forms::json;

const LIVE: i64 = SessionState::Live as i64;
const KICKED: i64 = SessionState::Kicked as i64;

#[async_trait]
impl<M: Mode> SessionReads for Session<M> {
    async fn sessions(
        &mut self,
        account: AccountKey,
        now: Millis,
    ) -> Result<Vec<domain::sessions::Session>> {
        let sql = "SELECT key, account, platform, digest, state, created_at, expires_at FROM login_session
            WHERE account = ?1 AND expires_at > ?2
            ORDER BY created_at, key";
        self.rows(sql, (account.0, now), read_session)
    }
}

#[async_trait]
impl SessionWrites for Session<ReadWrite> {
    async fn insert_session(&mut self, session: &NewSession) -> Result<SessionKey> {
        let sql =
            "INSERT INTO login_session (account, platform, digest, state, created_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING key";
        let params = (
            session.account.0,
            session.platform.number(),
            session.digest,
            LIVE,
            session.created_at,
            session.expires_at,
        );
        self.one(sql, params, |row| row.get(0).map(SessionKey))
    }

    async fn kick_sessions(
        &mut self,
        account: AccountKey,
        platforms: Platforms,
        except: Option<SessionKey>,
    ) -> Result<u64> {
        let sql = "UPDATE login_session SET state = ?1
            WHERE account = ?2 AND state = ?3 AND (?4 >> platform) & 1 = 1 AND key IS NOT ?5";
        self.write(
            sql,
            (
                KICKED,
                account.0,
                LIVE,
                platforms.0,
                except.map(|session| session.0),
            ),
        )
    }

    async fn kick_sessions_by_key(&mut self, sessions: &[SessionKey]) -> Result<()> {
        let keys: Vec<i64> = sessions.iter().map(|session| session.0).collect();
        let sql =
            "UPDATE login_session SET state = ?1 WHERE key IN (SELECT value FROM json_each(?2))";
        self.write(sql, (KICKED, json(&keys))).map(drop)
    }

    async fn delete_expired_sessions(&mut self, before: Millis, rows_max: usize) -> Result<u64> {
        let sql = "DELETE FROM login_session WHERE key IN
            (SELECT key FROM login_session WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
        self.write(sql, (before, limit(rows_max)))
    }
}

fn read_session(row: &Row<'_>) -> rusqlite::Result<domain::sessions::Session> {
    Ok(domain::sessions::Session {
        key: SessionKey(row.get(0)?),
        account: AccountKey(row.get(1)?),
        platform: known("platform", Platform::from_number(row.get(2)?))?,
        digest: row.get(3)?,
        state: known("state", SessionState::from_number(row.get(4)?))?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
    })
}
