//! How far participants have come, and what removes old messages.

use std::collections::HashSet;

use async_trait::async_trait;
use domain::error::Result;
use domain::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use domain::ports::{Aged, Delivery, Destructed, Destructing, Position, UpkeepReads, UpkeepWrites};
use domain::time::Millis;
use tokio_postgres::Row;

use super::session::{Mode, ReadWrite, Session, column, known};
use crate::bounds::limit;

/// A conversation `c` with its oldest message, past `$1`; the columns that [`read_aged`] reads.
const AGED: &str = "c.key, c.min_seq, c.max_seq, coalesce(r.keep_s, 0), m.seq, m.send_time";
const OLDEST: &str = "CROSS JOIN LATERAL (
        SELECT seq, send_time FROM message WHERE conversation = c.key ORDER BY seq LIMIT 1) m
    WHERE c.key > $1 ORDER BY c.key LIMIT $2";

#[async_trait]
impl<M: Mode> UpkeepReads for Session<M> {
    async fn positions(
        &mut self,
        conversation: ConversationKey,
        rows_max: usize,
    ) -> Result<Vec<Position>> {
        let sql =
            "SELECT p.account, a.user_id, coalesce(g.joined_at, 0), p.read_seq, p.delivered_seq
            FROM conversation c
            JOIN participant p ON p.conversation = c.key
            JOIN account a ON a.key = p.account
            LEFT JOIN group_member g ON g.grp = c.grp AND g.account = p.account
            WHERE c.key = $1 AND (c.grp IS NULL OR g.account IS NOT NULL)
            ORDER BY g.joined_at, p.account LIMIT $2";
        self.rows(sql, &[&conversation.0, &limit(rows_max)], |row| {
            Ok(Position {
                account: AccountKey(column(row, 0)?),
                user_id: known("user_id", UserId::new(column::<String>(row, 1)?))?,
                joined_at: column(row, 2)?,
                read_seq: column(row, 3)?,
                delivered_seq: column(row, 4)?,
            })
        })
        .await
    }

    async fn send_time(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
    ) -> Result<Option<Millis>> {
        let sql = "SELECT send_time FROM message WHERE conversation = $1 AND seq = $2";
        self.row(sql, &[&conversation.0, &seq], |row| column(row, 0))
            .await
    }

    async fn destructing(&mut self, now: Millis, rows_max: usize) -> Result<Vec<Destructing>> {
        // The conditions are those of the index.
        let sql = "SELECT p.account, a.user_id, c.key, c.id, p.destruct_s, greatest(c.min_seq, p.min_seq, 1), c.max_seq
            FROM participant p
            JOIN conversation c ON c.key = p.conversation
            JOIN account a ON a.key = p.account
            WHERE p.is_destructing AND p.destruct_s > 0 AND p.destruct_due <= $1
            ORDER BY p.destruct_due LIMIT $2";
        self.rows(sql, &[&now, &limit(rows_max)], |row| {
            Ok(Destructing {
                account: AccountKey(column(row, 0)?),
                user_id: known("user_id", UserId::new(column::<String>(row, 1)?))?,
                conversation: ConversationKey(column(row, 2)?),
                id: known(
                    "conversation id",
                    ConversationId::parse(column::<String>(row, 3)?),
                )?,
                destruct_s: column(row, 4)?,
                min_seq: column(row, 5)?,
                max_seq: column(row, 6)?,
            })
        })
        .await
    }

    async fn aged(
        &mut self,
        after: ConversationKey,
        only_own: bool,
        rows_max: usize,
    ) -> Result<Vec<Aged>> {
        let from = if only_own {
            "retention r JOIN conversation c ON c.key = r.conversation"
        } else {
            "conversation c LEFT JOIN retention r ON r.conversation = c.key"
        };
        let sql = format!("SELECT {AGED} FROM {from} {OLDEST}");
        self.rows(&sql, &[&after.0, &limit(rows_max)], read_aged)
            .await
    }
}

#[async_trait]
impl UpkeepWrites for Session<ReadWrite> {
    async fn raise_delivered(&mut self, deliveries: &[Delivery]) -> Result<Vec<Delivery>> {
        // Rows that somebody holds are passed over: those who send take such rows in an order of their own, and
        // must not be the ones that are broken off.
        let sql = "WITH free AS MATERIALIZED (
                SELECT p.account, p.conversation, d.seq
                FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS d (account, conversation, seq)
                JOIN participant p ON p.account = d.account AND p.conversation = d.conversation
                FOR NO KEY UPDATE OF p SKIP LOCKED),
            raised AS (
                UPDATE participant p SET delivered_seq = free.seq FROM free
                WHERE p.account = free.account AND p.conversation = free.conversation
                    AND p.delivered_seq < free.seq)
            SELECT d.account, d.conversation
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS d (account, conversation, seq)
            JOIN participant p ON p.account = d.account AND p.conversation = d.conversation
            WHERE NOT EXISTS (
                SELECT 1 FROM free WHERE free.account = d.account AND free.conversation = d.conversation)";
        let accounts: Vec<i64> = deliveries.iter().map(|one| one.account.0).collect();
        let conversations: Vec<i64> = deliveries.iter().map(|one| one.conversation.0).collect();
        let seqs: Vec<i64> = deliveries.iter().map(|one| one.seq).collect();
        let left = self
            .rows(sql, &[&accounts, &conversations, &seqs], |row| {
                Ok((column::<i64>(row, 0)?, column::<i64>(row, 1)?))
            })
            .await?;
        let left: HashSet<(i64, i64)> = left.into_iter().collect();
        let left = deliveries
            .iter()
            .filter(|one| left.contains(&(one.account.0, one.conversation.0)));
        Ok(left.copied().collect())
    }

    async fn destruct(&mut self, found: &Destructing, to: Destructed, now: Millis) -> Result<bool> {
        let sql = "UPDATE participant SET destruct_due = $4,
                destructed_at = CASE WHEN $5::bigint > $6::bigint THEN $7 ELSE destructed_at END,
                min_seq = CASE WHEN $5 > $6 THEN greatest(min_seq, $5) ELSE min_seq END,
                read_seq = CASE WHEN $5 > $6 THEN greatest(read_seq, $5 - 1) ELSE read_seq END
            WHERE account = $1 AND conversation = $2 AND is_destructing AND destruct_s = $3";
        let rows = self
            .write(
                sql,
                &[
                    &found.account.0,
                    &found.conversation.0,
                    &found.destruct_s,
                    &to.due,
                    &to.min_seq,
                    &found.min_seq,
                    &now,
                ],
            )
            .await?;
        Ok(rows > 0 && to.min_seq > found.min_seq)
    }

    async fn set_retention(
        &mut self,
        conversations: &[ConversationKey],
        keep_s: i64,
    ) -> Result<()> {
        let mut keys: Vec<i64> = conversations.iter().map(|key| key.0).collect();
        if keep_s == 0 {
            let sql = "DELETE FROM retention WHERE conversation = ANY ($1)";
            return self.write(sql, &[&keys]).await.map(drop);
        }
        // A statement writes no row twice.
        keys.sort_unstable();
        keys.dedup();
        let sql = "INSERT INTO retention (conversation, keep_s)
            SELECT key, $2::bigint FROM unnest($1::bigint[]) AS key
            ON CONFLICT (conversation) DO UPDATE SET keep_s = excluded.keep_s";
        self.write(sql, &[&keys, &keep_s]).await.map(drop)
    }

    async fn remove_messages_below(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        rows_max: usize,
    ) -> Result<u64> {
        let sql = "DELETE FROM message WHERE conversation = $1 AND seq IN (
                SELECT seq FROM message WHERE conversation = $1 AND seq < $2 ORDER BY seq LIMIT $3)";
        let removed = self
            .write(sql, &[&conversation.0, &seq, &limit(rows_max)])
            .await?;
        // Marks are found by account; of a large group they stay, they are small and mean nothing any more.
        let unhide = "DELETE FROM message_hidden WHERE conversation = $1 AND seq < $2
            AND account IN (SELECT account FROM participant WHERE conversation = $1 LIMIT 1000)";
        if removed < limit(rows_max).cast_unsigned() {
            self.write(unhide, &[&conversation.0, &seq]).await?;
        }
        Ok(removed)
    }
}

fn read_aged(row: &Row) -> Result<Aged> {
    Ok(Aged {
        conversation: ConversationKey(column(row, 0)?),
        min_seq: column(row, 1)?,
        max_seq: column(row, 2)?,
        keep_s: column(row, 3)?,
        oldest_seq: column(row, 4)?,
        oldest_at: column(row, 5)?,
    })
}
