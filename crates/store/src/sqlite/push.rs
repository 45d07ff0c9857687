//! Offline push: tokens of devices, badges, and what a decision about many receivers needs.

use async_trait::async_trait;
use domain::accounts::Receive;
use domain::error::Result;
use domain::ids::{AccountKey, ConversationKey, PushTokenKey, SessionKey, UserId};
use domain::ports::{PushReads, PushReceiver, PushWrites};
use domain::push::{Badge, NewPushToken, PushProvider, PushToken};
use domain::sessions::{Platform, Platforms};
use domain::time::Millis;
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, known};
use crate::forms::json;

const TOKEN: &str = "SELECT key, account, platform, session, provider, address, secret, app_id, created_at, used_at, expires_at
    FROM push_token";

const NOTIFY: i64 = Receive::Notify as i64;
const SILENTLY: i64 = Receive::Silently as i64;

#[async_trait]
impl<M: Mode> PushReads for Session<M> {
    async fn push_receivers(
        &mut self,
        pairs: &[(ConversationKey, AccountKey)],
    ) -> Result<Vec<PushReceiver>> {
        let pairs: Vec<_> = pairs.iter().map(|(here, of)| (here.0, of.0)).collect();
        let sql = "SELECT asked.value ->> 0, a.key, a.user_id, a.receive, coalesce(p.receive, 0)
            FROM json_each(?1) asked
            CROSS JOIN account a ON a.key = asked.value ->> 1
            LEFT JOIN participant p ON p.account = a.key AND p.conversation = asked.value ->> 0
            WHERE EXISTS (SELECT 1 FROM push_token t WHERE t.account = a.key)";
        self.rows(sql, [json(&pairs)], read_receiver)
    }

    async fn silent_in(
        &mut self,
        conversation: ConversationKey,
        accounts: &[AccountKey],
    ) -> Result<Vec<AccountKey>> {
        let sql = "SELECT p.account FROM json_each(?2) asked
            CROSS JOIN participant p ON p.account = asked.value AND p.conversation = ?1
            WHERE p.receive <> ?3";
        let params = (conversation.0, account_list(accounts), NOTIFY);
        self.rows(sql, params, |row| row.get(0).map(AccountKey))
    }

    async fn push_tokens(&mut self, accounts: &[AccountKey]) -> Result<Vec<PushToken>> {
        let sql = format!(
            "{TOKEN} WHERE account IN (SELECT value FROM json_each(?1)) ORDER BY created_at, key"
        );
        self.rows(&sql, [account_list(accounts)], read_token)
    }

    async fn push_tokens_by_key(&mut self, keys: &[PushTokenKey]) -> Result<Vec<PushToken>> {
        let sql = format!("{TOKEN} WHERE key IN (SELECT value FROM json_each(?1)) ORDER BY key");
        self.rows(&sql, [token_list(keys)], read_token)
    }

    async fn unread_totals(&mut self, accounts: &[AccountKey]) -> Result<Vec<(AccountKey, i64)>> {
        let sql = "SELECT p.account, sum(max(0,
                CASE WHEN p.max_seq <> 0 THEN min(p.max_seq, c.max_seq) ELSE c.max_seq END
                - max(p.read_seq, CASE p.account WHEN c.low THEN c.sent_low WHEN c.high THEN c.sent_high ELSE 0 END)))
            FROM json_each(?1) asked
            CROSS JOIN participant p ON p.account = asked.value
            JOIN conversation c ON c.key = p.conversation
            WHERE p.receive <> ?2
            GROUP BY p.account";
        self.rows(sql, (account_list(accounts), SILENTLY), |row| {
            Ok((AccountKey(row.get(0)?), row.get(1)?))
        })
    }

    async fn badges(&mut self, accounts: &[AccountKey]) -> Result<Vec<(AccountKey, Badge)>> {
        let sql = "SELECT account, base, unread_at FROM push_badge
            WHERE account IN (SELECT value FROM json_each(?1))";
        self.rows(sql, [account_list(accounts)], |row| {
            let badge = Badge {
                base: row.get(1)?,
                unread_at: row.get(2)?,
            };
            Ok((AccountKey(row.get(0)?), badge))
        })
    }
}

#[async_trait]
impl PushWrites for Session<ReadWrite> {
    async fn put_push_token(&mut self, token: &NewPushToken) -> Result<()> {
        // Taken away first, so that the new row has a key of its own: what was promised to the old one is not for
        // the new owner.
        self.write(
            "DELETE FROM push_token WHERE provider = ?1 AND address = ?2",
            (token.provider as i64, &token.address),
        )?;
        let sql = "INSERT INTO push_token
                (account, platform, session, provider, address, secret, app_id, created_at, used_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)";
        let params = (
            token.account.0,
            token.platform.number(),
            token.session.map(|session| session.0),
            token.provider as i64,
            &token.address,
            &token.secret,
            &token.app_id,
            token.created_at,
            token.expires_at,
        );
        self.write(sql, params).map(drop)
    }

    async fn delete_push_token(
        &mut self,
        account: AccountKey,
        provider: PushProvider,
        address: &str,
    ) -> Result<bool> {
        let sql = "DELETE FROM push_token WHERE account = ?1 AND provider = ?2 AND address = ?3";
        Ok(self.write(sql, (account.0, provider as i64, address))? > 0)
    }

    async fn delete_push_tokens_by_key(&mut self, keys: &[PushTokenKey]) -> Result<u64> {
        let sql = "DELETE FROM push_token WHERE key IN (SELECT value FROM json_each(?1))";
        self.write(sql, [token_list(keys)])
    }

    async fn delete_push_tokens_of_sessions(&mut self, sessions: &[SessionKey]) -> Result<u64> {
        let keys: Vec<i64> = sessions.iter().map(|session| session.0).collect();
        let sql = "DELETE FROM push_token WHERE session IN (SELECT value FROM json_each(?1))";
        self.write(sql, [json(&keys)])
    }

    async fn delete_push_tokens_on(
        &mut self,
        account: AccountKey,
        platforms: Platforms,
    ) -> Result<u64> {
        let sql = "DELETE FROM push_token WHERE account = ?1 AND (?2 >> platform) & 1 = 1";
        self.write(sql, (account.0, platforms.0))
    }

    async fn touch_push_tokens(&mut self, keys: &[PushTokenKey], now: Millis) -> Result<()> {
        let sql =
            "UPDATE push_token SET used_at = ?2 WHERE key IN (SELECT value FROM json_each(?1))";
        self.write(sql, (token_list(keys), now)).map(drop)
    }

    async fn put_badge(&mut self, account: AccountKey, badge: Badge) -> Result<()> {
        let sql = "INSERT INTO push_badge (account, base, unread_at) VALUES (?1, ?2, ?3)
            ON CONFLICT (account) DO UPDATE SET base = excluded.base, unread_at = excluded.unread_at";
        self.write(sql, (account.0, badge.base, badge.unread_at))
            .map(drop)
    }
}

fn account_list(accounts: &[AccountKey]) -> String {
    json(&accounts.iter().map(|account| account.0).collect::<Vec<_>>())
}

fn token_list(keys: &[PushTokenKey]) -> String {
    json(&keys.iter().map(|key| key.0).collect::<Vec<_>>())
}

fn read_receiver(row: &Row<'_>) -> rusqlite::Result<PushReceiver> {
    Ok(PushReceiver {
        conversation: ConversationKey(row.get(0)?),
        account: AccountKey(row.get(1)?),
        user_id: known("user_id", UserId::new(row.get::<_, String>(2)?))?,
        own: known("receive", Receive::from_number(row.get(3)?))?,
        here: known("receive", Receive::from_number(row.get(4)?))?,
    })
}

fn read_token(row: &Row<'_>) -> rusqlite::Result<PushToken> {
    Ok(PushToken {
        key: PushTokenKey(row.get(0)?),
        account: AccountKey(row.get(1)?),
        platform: known("platform", Platform::from_number(row.get(2)?))?,
        session: row.get::<_, Option<i64>>(3)?.map(SessionKey),
        provider: known("provider", PushProvider::from_number(row.get(4)?))?,
        address: row.get(5)?,
        secret: row.get(6)?,
        app_id: row.get(7)?,
        created_at: row.get(8)?,
        used_at: row.get(9)?,
        expires_at: row.get(10)?,
    })
}
