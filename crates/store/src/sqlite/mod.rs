//! The store in one SQLite file. One connection writes (`writer.rs`), a few read; statements run where the task
//! runs, because a hop to another thread costs more than most statements do. `session.rs` is what views and
//! transactions have in common, the other files are the row traits noun by noun.

mod accounts;
mod annotations;
mod bare;
mod client_config;
mod client_logs;
mod conditions;
mod conversations;
mod files;
mod fill;
mod follow;
mod groups;
mod import;
mod jobs;
mod messages;
mod outbox;
mod push;
mod readers;
mod relations;
mod search;
mod session;
mod sessions;
mod statistics;
#[cfg(test)]
mod tests;
mod upkeep;
mod versions;
mod wal;
mod writer;

pub use bare::BareLog;
pub(crate) use fill::fill;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::error::Result;
use domain::messages::{Append, Appended};
use domain::ports::{SearchIndex, Store, Tx, View};
use domain::time::Clock;
use rusqlite::Connection;

use self::readers::Readers;
use self::search::SqliteIndex;
use self::session::{ReadOnly, ReadWrite, Session};
use self::wal::{Checkpointer, Wal};
use self::writer::GroupCommit;
use crate::error::sqlite;
use crate::{Settings, schema};

/// How long a statement waits for another process that has the database, a backup for example.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements that a connection keeps prepared; more than there are.
const STATEMENTS_MAX: usize = 256;

/// Page cache of a connection, in KiB. The writer's holds the upper levels and the busy leaves of all indexes. A larger
/// one is slower: SQLite looks through all of it at a commit that has split a page, which here is nearly every one.
const WRITER_CACHE_KIB: i64 = 8 * 1024;
const READER_CACHE_KIB: i64 = 2 * 1024;

pub(crate) struct SqliteStore {
    writer: GroupCommit<Append>,
    readers: Arc<Readers>,
    index: Arc<SqliteIndex>,
    checkpointer: Checkpointer,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    pub(crate) fn open(path: &Path, settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        let mut conn = open_writer(path).map_err(sqlite)?;
        if settings.migrate {
            run_migrations(&mut conn)?;
        }
        schema::check(read_version(&conn).map_err(sqlite)?)?;
        let wal = Arc::new(Wal::new(path, BUSY_TIMEOUT));
        let readers = Arc::new(Readers::new(path.to_owned()));
        Ok(Self {
            checkpointer: Checkpointer::start(open_writer(path).map_err(sqlite)?, wal.clone())?,
            writer: GroupCommit::start(conn, wal)?,
            index: Arc::new(SqliteIndex::new(path, readers.clone())),
            readers,
            clock,
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn view(&self) -> Result<Box<dyn View>> {
        let reader = self.readers.take().await?;
        Ok(Box::new(Session::new(ReadOnly::new(reader))))
    }

    async fn begin(&self) -> Result<Box<dyn Tx>> {
        let transaction = self.writer.begin().await?;
        Ok(Box::new(Session::new(ReadWrite::new(
            transaction,
            self.clock.clone(),
        ))))
    }

    async fn append(&self, append: Append) -> Result<Appended> {
        self.writer.submit(append).await
    }

    fn search_index(&self) -> Arc<dyn SearchIndex> {
        self.index.clone()
    }

    async fn check(&self) -> Result<()> {
        // Taking the writer's turn shows that commits still come to an end, reading that the file is there.
        drop(self.writer.begin().await?);
        self.readers.take().await?.check()
    }

    async fn close(&self) {
        self.writer.close().await;
        self.index.close().await;
        self.readers.close();
        self.checkpointer.close().await;
    }
}

/// Brings the schema up to date; says from which version to which.
pub(crate) fn migrate(path: &Path) -> Result<(u32, u32)> {
    run_migrations(&mut open_writer(path).map_err(sqlite)?)
}

pub(crate) fn schema_version(path: &Path) -> Result<u32> {
    open_writer(path)
        .and_then(|conn| read_version(&conn))
        .map_err(sqlite)
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Before the first table is made, or it has no effect.
    conn.pragma_update(None, "page_size", 4096)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // A commit is on disk when it returns. NORMAL is no faster once commits are shared.
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    // None is declared: every row is written by code that has just read or made what it refers to.
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(conn)
}

fn open_reader(path: &PathBuf) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(conn)
}

fn run_migrations(conn: &mut Connection) -> Result<(u32, u32)> {
    let found = read_version(conn).map_err(sqlite)?;
    for (version, script) in schema::pending(schema::SQLITE, found)? {
        run_migration(conn, version, script).map_err(sqlite)?;
    }
    Ok((found, schema::NEWEST))
}

/// Runs one migration, unless another process was faster.
fn run_migration(conn: &mut Connection, version: u32, script: &str) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if read_version(&tx)? < version {
        tx.execute_batch(
            "CREATE TABLE IF NOT EXISTS schema_version (
                 version    INTEGER PRIMARY KEY,
                 applied_ms INTEGER NOT NULL
             ) STRICT",
        )?;
        tx.execute_batch(script)?;
        tx.execute(
            "INSERT INTO schema_version (version, applied_ms) VALUES (?1, unixepoch('subsec') * 1000)",
            [version],
        )?;
    }
    tx.commit()
}

fn read_version(conn: &Connection) -> rusqlite::Result<u32> {
    if !conn.table_exists(None, "schema_version")? {
        return Ok(0);
    }
    conn.query_row(
        "SELECT coalesce(max(version), 0) FROM schema_version",
        [],
        |row| row.get(0),
    )
}
