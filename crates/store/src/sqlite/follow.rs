//! Followers and what they read. There is one writer, so rows appear in the order of their positions and a cursor can
//! pass over nothing.

use async_trait::async_trait;
use domain::error::Result;
use domain::event_form;
use domain::follow::{Cursor, Fence, FollowerRow};
use domain::ids::MessageKey;
use domain::ports::{FollowReads, FollowWrites, LogPage, MessageReads, OutboxReads, OutboxRow};
use domain::time::Millis;
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session};
use crate::bounds::limit;

const FOLLOWER: &str = "SELECT name, message, outbox, holder, lease_until, moved_at FROM follower";

#[async_trait]
impl<M: Mode> FollowReads for Session<M> {
    async fn follower(&mut self, name: &str) -> Result<Option<FollowerRow>> {
        self.row(
            &format!("{FOLLOWER} WHERE name = ?1"),
            [name],
            read_follower,
        )
    }

    async fn followers(&mut self) -> Result<Vec<FollowerRow>> {
        self.rows(&format!("{FOLLOWER} ORDER BY name"), [], read_follower)
    }

    async fn log_page(
        &mut self,
        after: Cursor,
        _fence: Option<Fence>,
        rows_max: usize,
    ) -> Result<LogPage> {
        let (message, outbox) = self.newest_positions().await?;
        let messages = self
            .messages_after(MessageKey(after.message), rows_max)
            .await?;
        let sql = "SELECT position, recorded_at, form FROM outbox WHERE position > ?1
            ORDER BY position LIMIT ?2";
        let forms: Vec<(i64, Millis, String)> =
            self.rows(sql, (after.outbox, limit(rows_max)), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let outbox_rows = forms
            .into_iter()
            .map(|(position, recorded_at, form)| {
                Ok(OutboxRow {
                    position,
                    recorded_at,
                    event: event_form::read(&form)?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let cursor = Cursor {
            message: messages.last().map_or(after.message, |last| last.key.0),
            outbox: outbox_rows
                .last()
                .map_or(after.outbox, |last| last.position),
        };
        Ok(LogPage {
            messages,
            outbox: outbox_rows,
            cursor,
            fence: None,
            newest: Cursor { message, outbox },
        })
    }
}

#[async_trait]
impl FollowWrites for Session<ReadWrite> {
    async fn insert_follower(&mut self, name: &str, cursor: Cursor, now: Millis) -> Result<bool> {
        let sql = "INSERT INTO follower (name, message, outbox, moved_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (name) DO NOTHING";
        self.write(sql, (name, cursor.message, cursor.outbox, now))
            .map(|rows| rows > 0)
    }

    async fn delete_follower(&mut self, name: &str) -> Result<bool> {
        self.write("DELETE FROM follower WHERE name = ?1", [name])
            .map(|rows| rows > 0)
    }

    async fn claim_follower(
        &mut self,
        name: &str,
        holder: &str,
        now: Millis,
        lease_until: Millis,
    ) -> Result<bool> {
        let sql = "UPDATE follower SET holder = ?2, lease_until = ?4
            WHERE name = ?1 AND (holder = ?2 OR lease_until <= ?3)";
        self.write(sql, (name, holder, now, lease_until))
            .map(|rows| rows > 0)
    }

    async fn release_follower(&mut self, name: &str, holder: &str) -> Result<()> {
        let sql =
            "UPDATE follower SET holder = '', lease_until = 0 WHERE name = ?1 AND holder = ?2";
        self.write(sql, (name, holder)).map(drop)
    }

    async fn advance_follower(
        &mut self,
        name: &str,
        holder: &str,
        cursor: Cursor,
        now: Millis,
    ) -> Result<bool> {
        let sql = "UPDATE follower SET message = ?3, outbox = ?4, moved_at = ?5
            WHERE name = ?1 AND holder = ?2";
        self.write(sql, (name, holder, cursor.message, cursor.outbox, now))
            .map(|rows| rows > 0)
    }
}

fn read_follower(row: &Row<'_>) -> rusqlite::Result<FollowerRow> {
    Ok(FollowerRow {
        name: row.get(0)?,
        cursor: Cursor {
            message: row.get(1)?,
            outbox: row.get(2)?,
        },
        holder: row.get(3)?,
        lease_until: row.get(4)?,
        moved_at: row.get(5)?,
    })
}
