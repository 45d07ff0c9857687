//! Offline push: tokens of devices, badges, and what a decision about many receivers needs.

use async_trait::async_trait;
use domain::accounts::Receive;
use domain::error::Result;
use domain::ids::{AccountKey, ConversationKey, PushTokenKey, SessionKey, UserId};
use domain::ports::{PushReads, PushReceiver, PushWrites};
use domain::push::{Badge, NewPushToken, PushProvider, PushToken};
use domain::sessions::{Platform, Platforms};
use domain::time::Millis;
use tokio_postgres::Row;

use super::session::{Mode, ReadWrite, Session, column, known, number, text};

const TOKEN: &str = "SELECT key, account, platform, session, provider, address, secret, app_id, created_at, used_at, expires_at
    FROM push_token";

const NOTIFY: i32 = Receive::Notify as i32;
const SILENTLY: i32 = Receive::Silently as i32;

#[async_trait]
impl<M: Mode> PushReads for Session<M> {
    async fn push_receivers(
        &mut self,
        pairs: &[(ConversationKey, AccountKey)],
    ) -> Result<Vec<PushReceiver>> {
        let (conversations, accounts): (Vec<i64>, Vec<i64>) =
            pairs.iter().map(|(here, of)| (here.0, of.0)).unzip();
        let sql = "SELECT asked.conversation, a.key, a.user_id, a.receive, coalesce(p.receive, 0)
            FROM unnest($1::bigint[], $2::bigint[]) AS asked (conversation, account)
            JOIN account a ON a.key = asked.account
            LEFT JOIN participant p ON p.account = a.key AND p.conversation = asked.conversation
            WHERE EXISTS (SELECT 1 FROM push_token t WHERE t.account = a.key)";
        self.rows(sql, &[&conversations, &accounts], read_receiver)
            .await
    }

    async fn silent_in(
        &mut self,
        conversation: ConversationKey,
        accounts: &[AccountKey],
    ) -> Result<Vec<AccountKey>> {
        let sql = "SELECT account FROM participant
            WHERE conversation = $1 AND account = ANY ($2) AND receive <> $3";
        let accounts = account_list(accounts);
        self.rows(sql, &[&conversation.0, &accounts, &NOTIFY], |row| {
            column(row, 0).map(AccountKey)
        })
        .await
    }

    async fn push_tokens(&mut self, accounts: &[AccountKey]) -> Result<Vec<PushToken>> {
        let sql = format!("{TOKEN} WHERE account = ANY ($1) ORDER BY created_at, key");
        self.rows(&sql, &[&account_list(accounts)], read_token)
            .await
    }

    async fn push_tokens_by_key(&mut self, keys: &[PushTokenKey]) -> Result<Vec<PushToken>> {
        let sql = format!("{TOKEN} WHERE key = ANY ($1) ORDER BY key");
        self.rows(&sql, &[&token_list(keys)], read_token).await
    }

    async fn unread_totals(&mut self, accounts: &[AccountKey]) -> Result<Vec<(AccountKey, i64)>> {
        let sql = "SELECT p.account, sum(greatest(0,
                CASE WHEN p.max_seq <> 0 THEN least(p.max_seq, c.max_seq) ELSE c.max_seq END
                - greatest(p.read_seq,
                    CASE p.account WHEN c.low THEN c.sent_low WHEN c.high THEN c.sent_high ELSE 0 END)))::bigint
            FROM participant p
            JOIN conversation c ON c.key = p.conversation
            WHERE p.account = ANY ($1) AND p.receive <> $2
            GROUP BY p.account";
        self.rows(sql, &[&account_list(accounts), &SILENTLY], |row| {
            Ok((AccountKey(column(row, 0)?), column(row, 1)?))
        })
        .await
    }

    async fn badges(&mut self, accounts: &[AccountKey]) -> Result<Vec<(AccountKey, Badge)>> {
        let sql = "SELECT account, base, unread_at FROM push_badge WHERE account = ANY ($1)";
        self.rows(sql, &[&account_list(accounts)], |row| {
            let badge = Badge {
                base: column(row, 1)?,
                unread_at: column(row, 2)?,
            };
            Ok((AccountKey(column(row, 0)?), badge))
        })
        .await
    }
}

#[async_trait]
impl PushWrites for Session<ReadWrite> {
    async fn put_push_token(&mut self, token: &NewPushToken) -> Result<()> {
        // The row gets a key of its own, also when the address was known: what was promised to the old one is not
        // for the new owner. The conflict is for two that register the address at the same moment.
        let provider = token.provider as i32;
        let address = text(&token.address);
        self.write(
            "DELETE FROM push_token WHERE provider = $1 AND address = $2",
            &[&provider, &address],
        )
        .await?;
        let sql = "INSERT INTO push_token
                (account, platform, session, provider, address, secret, app_id, created_at, used_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
            ON CONFLICT (provider, address) DO UPDATE SET key = excluded.key, account = excluded.account,
                platform = excluded.platform, session = excluded.session, secret = excluded.secret,
                app_id = excluded.app_id, created_at = excluded.created_at, used_at = excluded.used_at,
                expires_at = excluded.expires_at";
        self.write(
            sql,
            &[
                &token.account.0,
                &token.platform.number(),
                &token.session.map(|session| session.0),
                &provider,
                &address,
                &text(&token.secret),
                &text(&token.app_id),
                &token.created_at,
                &token.expires_at,
            ],
        )
        .await
        .map(drop)
    }

    async fn delete_push_token(
        &mut self,
        account: AccountKey,
        provider: PushProvider,
        address: &str,
    ) -> Result<bool> {
        let sql = "DELETE FROM push_token WHERE account = $1 AND provider = $2 AND address = $3";
        let params = (provider as i32, text(address));
        Ok(self.write(sql, &[&account.0, &params.0, &params.1]).await? > 0)
    }

    async fn delete_push_tokens_by_key(&mut self, keys: &[PushTokenKey]) -> Result<u64> {
        let sql = "DELETE FROM push_token WHERE key = ANY ($1)";
        self.write(sql, &[&token_list(keys)]).await
    }

    async fn delete_push_tokens_of_sessions(&mut self, sessions: &[SessionKey]) -> Result<u64> {
        let keys: Vec<i64> = sessions.iter().map(|session| session.0).collect();
        let sql = "DELETE FROM push_token WHERE session = ANY ($1)";
        self.write(sql, &[&keys]).await
    }

    async fn delete_push_tokens_on(
        &mut self,
        account: AccountKey,
        platforms: Platforms,
    ) -> Result<u64> {
        let sql = "DELETE FROM push_token WHERE account = $1 AND ($2::integer >> platform) & 1 = 1";
        self.write(sql, &[&account.0, &i32::from(platforms.0)])
            .await
    }

    async fn touch_push_tokens(&mut self, keys: &[PushTokenKey], now: Millis) -> Result<()> {
        let sql = "UPDATE push_token SET used_at = $2 WHERE key = ANY ($1)";
        self.write(sql, &[&token_list(keys), &now]).await.map(drop)
    }

    async fn put_badge(&mut self, account: AccountKey, badge: Badge) -> Result<()> {
        let sql = "INSERT INTO push_badge (account, base, unread_at) VALUES ($1, $2, $3)
            ON CONFLICT (account) DO UPDATE SET base = excluded.base, unread_at = excluded.unread_at";
        self.write(sql, &[&account.0, &badge.base, &badge.unread_at])
            .await
            .map(drop)
    }
}

fn account_list(accounts: &[AccountKey]) -> Vec<i64> {
    accounts.iter().map(|account| account.0).collect()
}

fn token_list(keys: &[PushTokenKey]) -> Vec<i64> {
    keys.iter().map(|key| key.0).collect()
}

fn read_receiver(row: &Row) -> Result<PushReceiver> {
    Ok(PushReceiver {
        conversation: ConversationKey(column(row, 0)?),
        account: AccountKey(column(row, 1)?),
        user_id: known("user_id", UserId::new(column::<String>(row, 2)?))?,
        own: known("receive", Receive::from_number(number(row, 3)?))?,
        here: known("receive", Receive::from_number(number(row, 4)?))?,
    })
}

fn read_token(row: &Row) -> Result<PushToken> {
    Ok(PushToken {
        key: PushTokenKey(column(row, 0)?),
        account: AccountKey(column(row, 1)?),
        platform: known("platform", Platform::from_number(number(row, 2)?))?,
        session: column::<Option<i64>>(row, 3)?.map(SessionKey),
        provider: known("provider", PushProvider::from_number(number(row, 4)?))?,
        address: column(row, 5)?,
        secret: column(row, 6)?,
        app_id: column(row, 7)?,
        created_at: column(row, 8)?,
        used_at: column(row, 9)?,
        expires_at: column(row, 10)?,
    })
}
