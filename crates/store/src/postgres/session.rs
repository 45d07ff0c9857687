//! What views and transactions have in common: a connection and three ways to use it. The row traits are
//! implemented once, for both; only a transaction has those that write. Statements are prepared once a connection.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use deadpool_postgres::Object;
use domain::error::{Error, Result};
use domain::event::{Event, Position, Recorded};
use domain::event_form;
use domain::ports::{Tx, View};
use domain::time::{Clock, Millis};
use futures_util::FutureExt;
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{Row, Statement};

use crate::error::{UnknownValue, postgres};

pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

pub(super) struct Session<M> {
    pub(super) mode: M,
}

pub(super) trait Mode: Send + Sync {
    /// Whether this is a transaction, which has an id that others may be waiting for.
    const IS_TRANSACTION: bool;

    fn client(&self) -> &Object;
}

pub(super) struct ReadOnly {
    client: Object,
}

impl ReadOnly {
    pub(super) fn new(client: Object) -> Self {
        Self { client }
    }
}

impl Mode for ReadOnly {
    const IS_TRANSACTION: bool = false;

    fn client(&self) -> &Object {
        &self.client
    }
}

pub(super) struct ReadWrite {
    transaction: Transaction,
    recorded: Vec<Recorded>,
    clock: Arc<dyn Clock>,
}

struct Transaction {
    client: Object,
    is_done: bool,
}

impl ReadWrite {
    pub(super) async fn begin(client: Object, clock: Arc<dyn Clock>) -> Result<Self> {
        // Made first, so that a transaction that begins while nobody waits any more is ended as well.
        let transaction = Transaction {
            client,
            is_done: false,
        };
        transaction
            .client
            .batch_execute("BEGIN")
            .await
            .map_err(postgres)?;
        Ok(Self {
            transaction,
            recorded: Vec::new(),
            clock,
        })
    }
}

impl Mode for ReadWrite {
    const IS_TRANSACTION: bool = true;

    fn client(&self) -> &Object {
        &self.transaction.client
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.is_done {
            // Polled once the request is on its way; whoever has the connection next stands behind it. If it cannot
            // be sent the connection is gone, and with it the transaction.
            let _ = self.client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}

impl<M: Mode> Session<M> {
    pub(super) fn new(mode: M) -> Self {
        Self { mode }
    }

    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement> {
        self.mode
            .client()
            .prepare_cached(sql)
            .await
            .map_err(postgres)
    }

    /// All rows.
    pub(super) async fn rows<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl Fn(&Row) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let statement = self.prepare(sql).await?;
        let rows = self
            .mode
            .client()
            .query(&statement, params)
            .await
            .map_err(postgres)?;
        rows.iter().map(read).collect()
    }

    /// The first row, if there is one.
    pub(super) async fn row<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl Fn(&Row) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        let statement = self.prepare(sql).await?;
        let row = self
            .mode
            .client()
            .query_opt(&statement, params)
            .await
            .map_err(postgres)?;
        row.as_ref().map(read).transpose()
    }

    /// The only row of a query that always has one.
    pub(super) async fn one<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl Fn(&Row) -> Result<T> + Send,
    ) -> Result<T> {
        let statement = self.prepare(sql).await?;
        read(
            &self
                .mode
                .client()
                .query_one(&statement, params)
                .await
                .map_err(postgres)?,
        )
    }
}

impl Session<ReadWrite> {
    pub(super) fn now(&self) -> Millis {
        self.mode.clock.now()
    }

    /// Writes; says how many rows it wrote.
    pub(super) async fn write(&self, sql: &str, params: Params<'_>) -> Result<u64> {
        let statement = self.prepare(sql).await?;
        self.mode
            .client()
            .execute(&statement, params)
            .await
            .map_err(postgres)
    }

    async fn insert_outbox(&self, form: &str) -> Result<i64> {
        // The transaction has its id before it draws a position: readers of the outbox wait for ids, see `outbox.rs`.
        let id = self.prepare("SELECT pg_current_xact_id()::text").await?;
        let insert = self
            .prepare("INSERT INTO outbox (recorded_at, form) VALUES ($1, $2) RETURNING position")
            .await?;
        let (client, now, form) = (self.mode.client(), self.mode.clock.now(), text(form));
        let params: Params<'_> = &[&now, &form];
        let (id, inserted) =
            tokio::join!(biased; client.query_one(&id, &[]), client.query_one(&insert, params));
        id.map_err(postgres)?;
        column(&inserted.map_err(postgres)?, 0)
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
                Position::Outbox(self.insert_outbox(&form).await?)
            }
        };
        self.mode.recorded.push(Recorded { position, event });
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<Vec<Recorded>> {
        let ReadWrite {
            mut transaction,
            recorded,
            ..
        } = self.mode;
        // PostgreSQL answers the COMMIT of a transaction in which a statement has failed by rolling back, and calls
        // that a success. In such a transaction no statement runs, so one before the COMMIT makes it an error.
        // From the first poll on the commit is on its way; a rollback behind it would change nothing.
        transaction
            .client
            .batch_execute("SELECT 1; COMMIT")
            .await
            .map_err(postgres)?;
        transaction.is_done = true;
        Ok(recorded)
    }
}

/// A text as PostgreSQL can keep it: it has no NUL. Most texts are passed on as they are.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}").into()
    } else {
        text.into()
    }
}

pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(postgres)
}

/// A stored `integer`, as the numbers of the domain's enumerations go.
pub(super) fn number(row: &Row, index: usize) -> Result<i64> {
    column::<i32>(row, index).map(i64::from)
}

/// Turns a stored number or text into what it stands for.
pub(super) fn known<T>(column: &'static str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Error::internal(UnknownValue { column }))
}

/// Reads a `count(*)`.
pub(super) fn count(row: &Row) -> Result<u64> {
    column::<i64>(row, 0).map(i64::cast_unsigned)
}
