//! What views and transactions have in common: a connection and three ways to use it. The row traits are
//! implemented once, for both; only a transaction has those that write.

use std::sync::Arc;

use async_trait::async_trait;
use domain::error::{Error, Result};
use domain::event::{Event, Position, Recorded};
use domain::event_form;
use domain::ports::{Tx, View};
use domain::time::{Clock, Millis};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::readers::Reader;
use super::writer::Transaction;
use crate::error::{UnknownValue, sqlite};

pub(super) struct Session<M> {
    mode: M,
}

pub(super) trait Mode: Send {
    fn conn(&self) -> Result<&Connection>;
}

pub(super) struct ReadOnly {
    reader: Reader,
}

impl ReadOnly {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

impl Mode for ReadOnly {
    fn conn(&self) -> Result<&Connection> {
        self.reader.conn()
    }
}

pub(super) struct ReadWrite {
    transaction: Transaction,
    recorded: Vec<Recorded>,
    clock: Arc<dyn Clock>,
}

impl ReadWrite {
    pub(super) fn new(transaction: Transaction, clock: Arc<dyn Clock>) -> Self {
        Self {
            transaction,
            recorded: Vec::new(),
            clock,
        }
    }
}

impl Mode for ReadWrite {
    fn conn(&self) -> Result<&Connection> {
        self.transaction.conn()
    }
}

impl<M: Mode> Session<M> {
    pub(super) fn new(mode: M) -> Self {
        Self { mode }
    }

    pub(super) fn conn(&mut self) -> Result<&Connection> {
        self.mode.conn()
    }

    /// All rows.
    pub(super) fn rows<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.conn()?.prepare_cached(sql).map_err(sqlite)?;
        let rows = statement.query_map(params, read).map_err(sqlite)?;
        rows.collect::<Result<_, _>>().map_err(sqlite)
    }

    /// The first row, if there is one.
    pub(super) fn row<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.conn()?.prepare_cached(sql).map_err(sqlite)?;
        statement.query_row(params, read).optional().map_err(sqlite)
    }

    /// The only row of a query that always has one.
    pub(super) fn one<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let mut statement = self.conn()?.prepare_cached(sql).map_err(sqlite)?;
        statement.query_row(params, read).map_err(sqlite)
    }
}

impl Session<ReadWrite> {
    pub(super) fn now(&self) -> Millis {
        self.mode.clock.now()
    }

    /// Writes; says how many rows it wrote.
    pub(super) fn write(&mut self, sql: &str, params: impl Params) -> Result<u64> {
        let mut statement = self.conn()?.prepare_cached(sql).map_err(sqlite)?;
        statement
            .execute(params)
            .map(|rows| rows as u64)
            .map_err(sqlite)
    }
}

impl<M: Mode> View for Session<M> {}

#[async_trait]
impl Tx for Session<ReadWrite> {
    async fn record(&mut self, event: Event) -> Result<()> {
        let position = match &event {
            Event::MessageAppended { message, .. } => Position::Message(message.key),
            other => {
                let form = event_form::write(other)
                    .ok_or_else(|| Error::internal("an event without a form"))?;
                let now = self.mode.clock.now();
                let position = self.one(
                    "INSERT INTO outbox (recorded_at, form) VALUES (?1, ?2) RETURNING position",
                    (now, form),
                    |row| row.get(0),
                )?;
                Position::Outbox(position)
            }
        };
        self.mode.recorded.push(Recorded { position, event });
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<Vec<Recorded>> {
        let ReadWrite {
            transaction,
            recorded,
            ..
        } = self.mode;
        transaction.commit().await?;
        Ok(recorded)
    }
}

/// Turns a stored number into what it stands for.
pub(super) fn known<T>(column: &'static str, value: Option<T>) -> rusqlite::Result<T> {
    value.ok_or_else(|| unreadable(UnknownValue { column }))
}

pub(super) fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Null, Box::new(error))
}

/// Reads a `count(*)`.
pub(super) fn count(row: &Row<'_>) -> rusqlite::Result<u64> {
    row.get(0).map(i64::cast_unsigned)
}
