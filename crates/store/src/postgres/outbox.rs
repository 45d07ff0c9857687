//! Reading events again after a crash, and how far each relay has come.
//!
//! Positions are drawn from sequences before their transactions commit, so a row may appear below one that was
//! already read. A reader that keeps a cursor would pass over it. Therefore rows are read up to a position only
//! below which everything is decided: see [`Session::settled_positions`].

use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::error::Result;
use domain::event::Event;
use domain::event_form;
use domain::ports::{OutboxReads, OutboxWrites};
use domain::time::Millis;

use super::session::{Mode, ReadWrite, Session, column};
use crate::bounds::limit;
use crate::error::unavailable;

/// How long a reader waits for transactions that began before it.
const SETTLE_WAIT: Duration = Duration::from_secs(5);

/// Positions of the message log and of the outbox.
pub(super) struct Positions {
    pub(super) message: i64,
    pub(super) outbox: i64,
}

impl<M: Mode> Session<M> {
    /// The newest positions that were drawn.
    pub(super) async fn drawn_positions(&self) -> Result<Positions> {
        let sql = "SELECT (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM message_id),
            (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_position_seq)";
        self.one(sql, &[], |row| {
            Ok(Positions {
                message: column(row, 0)?,
                outbox: column(row, 1)?,
            })
        })
        .await
    }

    /// Positions up to which nothing can appear any more. Whoever draws a position has a transaction id by then, and
    /// a smaller one than an id that is drawn afterwards; when all smaller ones have ended, what was drawn is
    /// decided. A transaction does not wait, because it would wait for itself.
    ///
    /// Answers at once if nothing was drawn beyond `known`.
    pub(super) async fn settled_positions(&self, known: Positions) -> Result<Positions> {
        let drawn = self.drawn_positions().await?;
        let is_anything_new = drawn.message > known.message || drawn.outbox > known.outbox;
        if M::IS_TRANSACTION || !is_anything_new {
            return Ok(drawn);
        }
        let id = "SELECT pg_current_xact_id()::text::bigint";
        let id: i64 = self.one(id, &[], |row| column(row, 0)).await?;
        let oldest = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
        let begun = Instant::now();
        let mut pause = Duration::from_millis(1);
        while self.one(oldest, &[], |row| column::<i64>(row, 0)).await? <= id {
            if begun.elapsed() > SETTLE_WAIT {
                return Err(unavailable("a transaction that began earlier does not end"));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        Ok(drawn)
    }
}

#[async_trait]
impl<M: Mode> OutboxReads for Session<M> {
    async fn outbox_after(&mut self, position: i64, rows_max: usize) -> Result<Vec<(i64, Event)>> {
        let known = Positions {
            message: i64::MAX,
            outbox: position,
        };
        let settled = self.settled_positions(known).await?;
        let sql = "SELECT position, form FROM outbox WHERE position > $1 AND position <= $2
            ORDER BY position LIMIT $3";
        self.rows(
            sql,
            &[&position, &settled.outbox, &limit(rows_max)],
            |row| Ok((column(row, 0)?, event_form::read(column(row, 1)?)?)),
        )
        .await
    }

    async fn relay_cursor(&mut self, relay: &str) -> Result<Option<(i64, i64)>> {
        let sql = "SELECT message, outbox FROM relay WHERE name = $1";
        self.row(sql, &[&relay], |row| Ok((column(row, 0)?, column(row, 1)?)))
            .await
    }

    async fn newest_positions(&mut self) -> Result<(i64, i64)> {
        let settled = self
            .settled_positions(Positions {
                message: 0,
                outbox: 0,
            })
            .await?;
        Ok((settled.message, settled.outbox))
    }
}

#[async_trait]
impl OutboxWrites for Session<ReadWrite> {
    async fn set_relay_cursor(&mut self, relay: &str, message: i64, outbox: i64) -> Result<()> {
        let sql = "INSERT INTO relay (name, message, outbox) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET message = excluded.message, outbox = excluded.outbox";
        self.write(sql, &[&relay, &message, &outbox])
            .await
            .map(drop)
    }

    async fn prune_outbox(
        &mut self,
        before: Millis,
        unseen_before: Millis,
        rows_max: usize,
    ) -> Result<u64> {
        let sql = "DELETE FROM outbox WHERE position IN
            (SELECT position FROM outbox WHERE recorded_at < $1 AND (recorded_at < $2
                OR position <= coalesce((SELECT min(outbox) FROM follower), 9223372036854775807))
            ORDER BY position LIMIT $3)";
        self.write(sql, &[&before, &unseen_before, &limit(rows_max)])
            .await
    }
}
