//! Reading events again after a crash, and how far each relay has come.

use async_trait::async_trait;
use domain::error::Result;
use domain::event::Event;
use domain::event_form;
use domain::ports::{OutboxReads, OutboxWrites};
use domain::time::Millis;

use super::session::{Mode, ReadWrite, Session};
use crate::bounds::limit;

#[async_trait]
impl<M: Mode> OutboxReads for Session<M> {
    async fn outbox_after(&mut self, position: i64, rows_max: usize) -> Result<Vec<(i64, Event)>> {
        let sql =
            "SELECT position, form FROM outbox WHERE position > ?1 ORDER BY position LIMIT ?2";
        let forms: Vec<(i64, String)> = self.rows(sql, (position, limit(rows_max)), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        forms
            .into_iter()
            .map(|(position, form)| Ok((position, event_form::read(&form)?)))
            .collect()
    }

    async fn relay_cursor(&mut self, relay: &str) -> Result<Option<(i64, i64)>> {
        self.row(
            "SELECT message, outbox FROM relay WHERE name = ?1",
            [relay],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    async fn newest_positions(&mut self) -> Result<(i64, i64)> {
        // Rows of the outbox are pruned, so its newest position is not always that of a row.
        let sql = "SELECT coalesce((SELECT max(id) FROM message), 0),
            coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)";
        self.one(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

#[async_trait]
impl OutboxWrites for Session<ReadWrite> {
    async fn set_relay_cursor(&mut self, relay: &str, message: i64, outbox: i64) -> Result<()> {
        let sql = "INSERT INTO relay (name, message, outbox) VALUES (?1, ?2, ?3)
            ON CONFLICT (name) DO UPDATE SET message = excluded.message, outbox = excluded.outbox";
        self.write(sql, (relay, message, outbox)).map(drop)
    }

    async fn prune_outbox(
        &mut self,
        before: Millis,
        unseen_before: Millis,
        rows_max: usize,
    ) -> Result<u64> {
        let sql = "DELETE FROM outbox WHERE position IN
            (SELECT position FROM outbox WHERE recorded_at < ?1 AND (recorded_at < ?2
                OR position <= coalesce((SELECT min(outbox) FROM follower), 9223372036854775807))
            ORDER BY position LIMIT ?3)";
        self.write(sql, (before, unseen_before, limit(rows_max)))
    }
}
