//! Followers and what they read.
//!
//! Positions are drawn from sequences before their transactions commit, so rows appear out of order, and some positions
//! never get a row. A page therefore ends before the first position that is missing, and a fence is put up: the
//! positions that were drawn by then, and a transaction id that is newer than that of everybody who drew them. Once no
//! older transaction is left, what is missing below the fence will never come. Nobody waits here, unlike in
//! `outbox.rs`: the follower asks again.

use async_trait::async_trait;
use domain::error::Result;
use domain::event_form;
use domain::follow::{Cursor, Fence, FollowerRow};
use domain::messages::LoggedMessage;
use domain::ports::{FollowReads, FollowWrites, LogPage, OutboxRow};
use domain::time::Millis;
use tokio_postgres::Row;

use super::messages::{MESSAGE, read_message};
use super::session::{Mode, ReadWrite, Session, column};
use crate::bounds::limit;

const FOLLOWER: &str = "SELECT name, message, outbox, holder, lease_until, moved_at FROM follower";

impl<M: Mode> Session<M> {
    async fn log_rows(
        &self,
        after: i64,
        until: i64,
        rows_max: usize,
    ) -> Result<Vec<LoggedMessage>> {
        let sql = format!(
            "SELECT {MESSAGE}, false FROM message m WHERE m.id > $1 AND m.id <= $2 ORDER BY m.id LIMIT $3"
        );
        self.rows(&sql, &[&after, &until, &limit(rows_max)], read_message)
            .await
    }

    async fn outbox_rows(&self, after: i64, until: i64, rows_max: usize) -> Result<Vec<OutboxRow>> {
        let sql =
            "SELECT position, recorded_at, form FROM outbox WHERE position > $1 AND position <= $2
            ORDER BY position LIMIT $3";
        self.rows(sql, &[&after, &until, &limit(rows_max)], |row| {
            Ok(OutboxRow {
                position: column(row, 0)?,
                recorded_at: column(row, 1)?,
                event: event_form::read(column(row, 2)?)?,
            })
        })
        .await
    }

    /// Everything between the cursor and a fence that all older transactions have come to an end behind.
    async fn page_to_fence(
        &self,
        after: Cursor,
        fence: Fence,
        newest: Cursor,
        rows_max: usize,
    ) -> Result<LogPage> {
        let messages = self
            .log_rows(after.message, fence.drawn.message, rows_max)
            .await?;
        let outbox = self
            .outbox_rows(after.outbox, fence.drawn.outbox, rows_max)
            .await?;
        let (all_messages, all_outbox) = (messages.len() < rows_max, outbox.len() < rows_max);
        let cursor = Cursor {
            message: match messages.last() {
                Some(last) if !all_messages => last.key.0,
                _ => after.message.max(fence.drawn.message),
            },
            outbox: match outbox.last() {
                Some(last) if !all_outbox => last.position,
                _ => after.outbox.max(fence.drawn.outbox),
            },
        };
        Ok(LogPage {
            messages,
            outbox,
            cursor,
            fence: (!all_messages || !all_outbox).then_some(fence),
            newest,
        })
    }

    /// What follows on the cursor without a gap, and a fence if there is one.
    async fn page_to_gap(&self, after: Cursor, drawn: Cursor, rows_max: usize) -> Result<LogPage> {
        let mut messages = self.log_rows(after.message, i64::MAX, rows_max).await?;
        let mut outbox = self.outbox_rows(after.outbox, i64::MAX, rows_max).await?;
        let are_full = (messages.len() == rows_max, outbox.len() == rows_max);
        let whole = (messages.len(), outbox.len());
        let (kept, message) = run(after.message, messages.iter().map(|row| row.key.0));
        messages.truncate(kept);
        let (kept, position) = run(after.outbox, outbox.iter().map(|row| row.position));
        outbox.truncate(kept);
        let is_message_missing =
            messages.len() < whole.0 || (!are_full.0 && message < drawn.message);
        let is_outbox_missing = outbox.len() < whole.1 || (!are_full.1 && position < drawn.outbox);
        // What was drawn is known before the transaction is begun that must be newer than whoever drew it.
        let fence = if is_message_missing || is_outbox_missing {
            let id = "SELECT pg_current_xact_id()::text::bigint";
            let transaction = self.one(id, &[], |row| column(row, 0)).await?;
            Some(Fence { drawn, transaction })
        } else {
            None
        };
        Ok(LogPage {
            messages,
            outbox,
            cursor: Cursor {
                message,
                outbox: position,
            },
            fence,
            newest: drawn,
        })
    }

    /// Adds what follows on a page that has come to its fence, so that a follower need not ask twice as often because
    /// there is always a gap somewhere.
    async fn go_on(&self, mut page: LogPage, rows_max: usize) -> Result<LogPage> {
        let room = rows_max.saturating_sub(page.messages.len().max(page.outbox.len()));
        if page.fence.is_some() || room == 0 || page.cursor.distance(page.newest) == 0 {
            return Ok(page);
        }
        let more = self.page_to_gap(page.cursor, page.newest, room).await?;
        page.messages.extend(more.messages);
        page.outbox.extend(more.outbox);
        page.cursor = more.cursor;
        page.fence = more.fence;
        Ok(page)
    }

    /// Whether all transactions older than the fence have ended. The newest completed one alone would not say so:
    /// ids are handed out ahead of it, and `pg_snapshot_xmax` does not count those.
    async fn is_passed(&self, fence: Fence) -> Result<bool> {
        let oldest = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
        let oldest: i64 = self.one(oldest, &[], |row| column(row, 0)).await?;
        Ok(oldest > fence.transaction)
    }
}

/// How many of the ascending positions follow on `after` one by one, and the last of them.
fn run(after: i64, positions: impl Iterator<Item = i64>) -> (usize, i64) {
    let (mut count, mut last) = (0, after);
    for position in positions {
        if position != last + 1 {
            break;
        }
        (count, last) = (count + 1, position);
    }
    (count, last)
}

#[async_trait]
impl<M: Mode> FollowReads for Session<M> {
    async fn follower(&mut self, name: &str) -> Result<Option<FollowerRow>> {
        self.row(
            &format!("{FOLLOWER} WHERE name = $1"),
            &[&name],
            read_follower,
        )
        .await
    }

    async fn followers(&mut self) -> Result<Vec<FollowerRow>> {
        self.rows(&format!("{FOLLOWER} ORDER BY name"), &[], read_follower)
            .await
    }

    async fn log_page(
        &mut self,
        after: Cursor,
        fence: Option<Fence>,
        rows_max: usize,
    ) -> Result<LogPage> {
        let drawn = self.drawn_positions().await?;
        let newest = Cursor {
            message: drawn.message,
            outbox: drawn.outbox,
        };
        let nothing = LogPage {
            messages: Vec::new(),
            outbox: Vec::new(),
            cursor: after,
            fence,
            newest,
        };
        match fence {
            Some(fence) if self.is_passed(fence).await? => {
                let page = self.page_to_fence(after, fence, newest, rows_max).await?;
                self.go_on(page, rows_max).await
            }
            Some(_) => Ok(nothing),
            None if newest.message <= after.message && newest.outbox <= after.outbox => Ok(nothing),
            None => self.page_to_gap(after, newest, rows_max).await,
        }
    }
}

#[async_trait]
impl FollowWrites for Session<ReadWrite> {
    async fn insert_follower(&mut self, name: &str, cursor: Cursor, now: Millis) -> Result<bool> {
        let sql = "INSERT INTO follower (name, message, outbox, moved_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (name) DO NOTHING";
        self.write(sql, &[&name, &cursor.message, &cursor.outbox, &now])
            .await
            .map(|rows| rows > 0)
    }

    async fn delete_follower(&mut self, name: &str) -> Result<bool> {
        self.write("DELETE FROM follower WHERE name = $1", &[&name])
            .await
            .map(|rows| rows > 0)
    }

    async fn claim_follower(
        &mut self,
        name: &str,
        holder: &str,
        now: Millis,
        lease_until: Millis,
    ) -> Result<bool> {
        let sql = "UPDATE follower SET holder = $2, lease_until = $4
            WHERE name = $1 AND (holder = $2 OR lease_until <= $3)";
        self.write(sql, &[&name, &holder, &now, &lease_until])
            .await
            .map(|rows| rows > 0)
    }

    async fn release_follower(&mut self, name: &str, holder: &str) -> Result<()> {
        let sql =
            "UPDATE follower SET holder = '', lease_until = 0 WHERE name = $1 AND holder = $2";
        self.write(sql, &[&name, &holder]).await.map(drop)
    }

    async fn advance_follower(
        &mut self,
        name: &str,
        holder: &str,
        cursor: Cursor,
        now: Millis,
    ) -> Result<bool> {
        let sql = "UPDATE follower SET message = $3, outbox = $4, moved_at = $5
            WHERE name = $1 AND holder = $2";
        self.write(
            sql,
            &[&name, &holder, &cursor.message, &cursor.outbox, &now],
        )
        .await
        .map(|rows| rows > 0)
    }
}

fn read_follower(row: &Row) -> Result<FollowerRow> {
    Ok(FollowerRow {
        name: column(row, 0)?,
        cursor: Cursor {
            message: column(row, 1)?,
            outbox: column(row, 2)?,
        },
        holder: column(row, 3)?,
        lease_until: column(row, 4)?,
        moved_at: column(row, 5)?,
    })
}
