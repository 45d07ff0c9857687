//! How far participants have come, and what removes old messages.

use async_trait::async_trait;
use domain::error::Result;
use domain::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use domain::ports::{Aged, Delivery, Destructed, Destructing, Position, UpkeepReads, UpkeepWrites};
use domain::time::Millis;
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, known};
use crate::bounds::limit;
use crate::forms::json;

/// A conversation `c` with its oldest message, past `?1`; the columns that [`read_aged`] reads.
const AGED: &str = "c.key, c.min_seq, c.max_seq, coalesce(r.keep_s, 0), m.seq, m.send_time";
const OLDEST: &str = "JOIN message m ON m.conversation = c.key
        AND m.seq = (SELECT min(seq) FROM message WHERE conversation = c.key)
    WHERE c.key > ?1 ORDER BY c.key LIMIT ?2";

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
            WHERE c.key = ?1 AND (c.grp IS NULL OR g.account IS NOT NULL)
            ORDER BY g.joined_at, p.account LIMIT ?2";
        self.rows(sql, (conversation.0, limit(rows_max)), |row| {
            Ok(Position {
                account: AccountKey(row.get(0)?),
                user_id: known("user_id", UserId::new(row.get::<_, String>(1)?))?,
                joined_at: row.get(2)?,
                read_seq: row.get(3)?,
                delivered_seq: row.get(4)?,
            })
        })
    }

    async fn send_time(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
    ) -> Result<Option<Millis>> {
        let sql = "SELECT send_time FROM message WHERE conversation = ?1 AND seq = ?2";
        self.row(sql, [conversation.0, seq], |row| row.get(0))
    }

    async fn destructing(&mut self, now: Millis, rows_max: usize) -> Result<Vec<Destructing>> {
        // The conditions are those of the index.
        let sql = "SELECT p.account, a.user_id, c.key, c.id, p.destruct_s, max(c.min_seq, p.min_seq, 1), c.max_seq
            FROM participant p
            CROSS JOIN conversation c ON c.key = p.conversation
            CROSS JOIN account a ON a.key = p.account
            WHERE p.is_destructing = 1 AND p.destruct_s > 0 AND p.destruct_due <= ?1
            ORDER BY p.destruct_due LIMIT ?2";
        self.rows(sql, (now, limit(rows_max)), |row| {
            Ok(Destructing {
                account: AccountKey(row.get(0)?),
                user_id: known("user_id", UserId::new(row.get::<_, String>(1)?))?,
                conversation: ConversationKey(row.get(2)?),
                id: known(
                    "conversation id",
                    ConversationId::parse(row.get::<_, String>(3)?),
                )?,
                destruct_s: row.get(4)?,
                min_seq: row.get(5)?,
                max_seq: row.get(6)?,
            })
        })
    }

    async fn aged(
        &mut self,
        after: ConversationKey,
        only_own: bool,
        rows_max: usize,
    ) -> Result<Vec<Aged>> {
        let from = if only_own {
            "retention r CROSS JOIN conversation c ON c.key = r.conversation"
        } else {
            "conversation c LEFT JOIN retention r ON r.conversation = c.key"
        };
        let sql = format!("SELECT {AGED} FROM {from} {OLDEST}");
        self.rows(&sql, (after.0, limit(rows_max)), read_aged)
    }
}

#[async_trait]
impl UpkeepWrites for Session<ReadWrite> {
    async fn raise_delivered(&mut self, deliveries: &[Delivery]) -> Result<Vec<Delivery>> {
        let sql = "UPDATE participant SET delivered_seq = d.value ->> 2 FROM json_each(?1) d
            WHERE account = d.value ->> 0 AND conversation = d.value ->> 1 AND delivered_seq < d.value ->> 2";
        let rows: Vec<[i64; 3]> = deliveries
            .iter()
            .map(|delivery| [delivery.account.0, delivery.conversation.0, delivery.seq])
            .collect();
        self.write(sql, [json(&rows)])?;
        // There is one writer, so nobody is in the way.
        Ok(Vec::new())
    }

    async fn destruct(&mut self, found: &Destructing, to: Destructed, now: Millis) -> Result<bool> {
        let sql = "UPDATE participant SET destruct_due = ?4,
                destructed_at = iif(?5 > ?6, ?7, destructed_at),
                min_seq = iif(?5 > ?6, max(min_seq, ?5), min_seq),
                read_seq = iif(?5 > ?6, max(read_seq, ?5 - 1), read_seq)
            WHERE account = ?1 AND conversation = ?2 AND is_destructing = 1 AND destruct_s = ?3";
        let rows = self.write(
            sql,
            [
                found.account.0,
                found.conversation.0,
                found.destruct_s,
                to.due,
                to.min_seq,
                found.min_seq,
                now,
            ],
        )?;
        Ok(rows > 0 && to.min_seq > found.min_seq)
    }

    async fn set_retention(
        &mut self,
        conversations: &[ConversationKey],
        keep_s: i64,
    ) -> Result<()> {
        let keys = json(&conversations.iter().map(|key| key.0).collect::<Vec<_>>());
        if keep_s == 0 {
            let sql =
                "DELETE FROM retention WHERE conversation IN (SELECT value FROM json_each(?1))";
            return self.write(sql, [keys]).map(drop);
        }
        let sql = "INSERT INTO retention (conversation, keep_s) SELECT value, ?2 FROM json_each(?1) WHERE true
            ON CONFLICT (conversation) DO UPDATE SET keep_s = excluded.keep_s";
        self.write(sql, (keys, keep_s)).map(drop)
    }

    async fn remove_messages_below(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        rows_max: usize,
    ) -> Result<u64> {
        // Without the row of the highest id its number would be given out again, and whoever follows the log would
        // pass over the next message.
        let sql = "DELETE FROM message WHERE id IN (
                SELECT id FROM message
                WHERE conversation = ?1 AND seq < ?2 AND id <> (SELECT max(id) FROM message)
                ORDER BY seq LIMIT ?3)";
        let params = (conversation.0, seq, limit(rows_max));
        let removed = self.write(sql, params)?;
        // Marks are found by account; of a large group they stay, they are small and mean nothing any more.
        let unhide = "DELETE FROM message_hidden WHERE conversation = ?1 AND seq < ?2
            AND account IN (SELECT account FROM participant WHERE conversation = ?1 LIMIT 1000)";
        if removed < limit(rows_max).cast_unsigned() {
            self.write(unhide, [conversation.0, seq])?;
        }
        Ok(removed)
    }
}

fn read_aged(row: &Row<'_>) -> rusqlite::Result<Aged> {
    Ok(Aged {
        conversation: ConversationKey(row.get(0)?),
        min_seq: row.get(1)?,
        max_seq: row.get(2)?,
        keep_s: row.get(3)?,
        oldest_seq: row.get(4)?,
        oldest_at: row.get(5)?,
    })
}
