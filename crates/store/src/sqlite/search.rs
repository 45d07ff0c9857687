//! The search index, in a file of its own beside the database. So it has a writer of its own: sending never waits for
//! it, and a checkpoint or a merge of the index is nobody's business. The index and its position are written in one
//! transaction. The file need not be backed up: one that is missing, or that does not fit to the database, is made
//! again from the log.
//!
//! FTS5 keeps no text, only tokens (`contentless_delete`). They come from our own tokenizer with spaces between them;
//! the `ascii` tokenizer takes them apart there and nowhere else, where `unicode61` would also cut at marks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use domain::conversations::Conversation;
use domain::error::{Error, Result};
use domain::ids::{AccountKey, ConversationKey, MessageKey};
use domain::messages::LoggedMessage;
use domain::ports::{
    Hit, IndexBatch, OwnConversation, SearchIndex, SearchReads, SearchSpan, SearchWrites,
};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::conversations::{CONVERSATION, PARTIES, read_conversation};
use super::messages::{MESSAGE, read_message};
use super::readers::Readers;
use super::session::{Mode, ReadWrite, Session};
use super::{BUSY_TIMEOUT, STATEMENTS_MAX};
use crate::bounds::limit;
use crate::error::{closed, sqlite};
use crate::forms::{fts_query, fts_scope, json};

const NOTICE: i64 = domain::conversations::ConversationKind::Notice as i64;

/// Raised whenever what is indexed of a message changes; an index of another version is made again.
const VERSION: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE place (
        one           INTEGER PRIMARY KEY CHECK (one = 1),
        position      INTEGER NOT NULL,
        server_msg_id TEXT    NOT NULL
    ) STRICT;
    INSERT INTO place VALUES (1, 0, '');
    CREATE TABLE entry (
        id           INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL,
        seq          INTEGER NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE message_search USING fts5(
        body, scope, content = '', contentless_delete = 1, detail = full, tokenize = 'ascii');";

pub(super) struct SqliteIndex {
    path: PathBuf,
    /// Of the database that the index is made from.
    main: Arc<Readers>,
    writer: Arc<Mutex<Writer>>,
    /// Beside the writer, so that a search does not wait for what is being written. There are some once there is a file.
    readers: Arc<Mutex<Option<Arc<Readers>>>>,
}

enum Writer {
    Unopened,
    Open(Connection),
    Closed,
}

impl SqliteIndex {
    /// The file is opened, or made, when it is first needed.
    pub(super) fn new(database: &Path, main: Arc<Readers>) -> Self {
        let stem = database.file_stem().unwrap_or_default().to_string_lossy();
        Self {
            path: database.with_file_name(format!("{stem}-search.db")),
            main,
            writer: Arc::new(Mutex::new(Writer::Unopened)),
            readers: Arc::default(),
        }
    }

    /// Waits for what is being written.
    pub(super) async fn close(&self) {
        if let Some(readers) = self.readers.lock().take() {
            readers.close();
        }
        let writer = self.writer.clone();
        let _ = blocking(move || {
            *writer.lock() = Writer::Closed;
            Ok(())
        })
        .await;
    }

    /// Runs on a thread where it may block.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (writer, readers, path) =
            (self.writer.clone(), self.readers.clone(), self.path.clone());
        let main = self.main.take().await?;
        blocking(move || {
            let mut writer = writer.lock();
            if matches!(*writer, Writer::Unopened) {
                *writer = Writer::Open(open_fitting(&path, main.conn()?).map_err(sqlite)?);
                *readers.lock() = Some(Arc::new(Readers::new(path)));
            }
            drop(main);
            match &mut *writer {
                Writer::Open(conn) => work(conn).map_err(sqlite),
                Writer::Unopened | Writer::Closed => Err(closed()),
            }
        })
        .await
    }

    /// Reads on a connection of its own, on a thread where it may block.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut readers = self.readers.lock().clone();
        if readers.is_none() {
            self.with(|_| Ok(())).await?;
            readers = self.readers.lock().clone();
        }
        let reader = readers.ok_or_else(closed)?.take().await?;
        blocking(move || work(reader.conn()?).map_err(sqlite)).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)?
}

/// Opens the index; one that was not made from this database, or by another version, is thrown away.
fn open_fitting(path: &Path, main: &Connection) -> rusqlite::Result<Connection> {
    match open(path).and_then(|conn| Ok((fits(&conn, main)?, conn))) {
        Ok((true, conn)) => return Ok(conn),
        Ok((false, conn)) => {
            drop(conn);
            tracing::info!("the search index does not fit to the database and is made again");
        }
        Err(error) => tracing::warn!(%error, "the search index cannot be read and is made again"),
    }
    remove(path);
    open(path)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut conn = Connection::open(path)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // What a power failure takes back is indexed again, position and all. See also `write`.
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.pragma_update(None, "cache_size", -16 * 1024)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    if conn.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? == 0 {
        let tx = conn.transaction()?;
        tx.execute_batch(SCHEMA)?;
        tx.pragma_update(None, "user_version", VERSION)?;
        tx.commit()?;
    }
    Ok(conn)
}

/// Whether the newest message that was indexed stands in the database as it did.
fn fits(index: &Connection, main: &Connection) -> rusqlite::Result<bool> {
    if index.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? != VERSION {
        return Ok(false);
    }
    let (position, server_msg_id): (i64, String) =
        index.query_row("SELECT position, server_msg_id FROM place", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let found: Option<String> = main
        .query_row(
            "SELECT server_msg_id FROM message WHERE id = ?1",
            [position],
            |row| row.get(0),
        )
        .optional()?;
    let newest: i64 = main.query_row("SELECT coalesce(max(id), 0) FROM message", [], |row| {
        row.get(0)
    })?;
    Ok(match found {
        Some(found) => found == server_msg_id || server_msg_id.is_empty(),
        None => position <= newest,
    })
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        if let Err(error) = std::fs::remove_file(&file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the search index could not be removed");
        }
    }
}

#[async_trait]
impl SearchIndex for SqliteIndex {
    async fn position(&self) -> Result<i64> {
        self.read(|conn| {
            conn.prepare_cached("SELECT position FROM place")?
                .query_row([], |row| row.get(0))
        })
        .await
    }

    /// One process has the file, so there is no other holder.
    async fn write(&self, _holder: &str, batch: IndexBatch) -> Result<bool> {
        let main = self.main.take().await?;
        let server_msg_id: Option<String> = main
            .conn()?
            .query_row(
                "SELECT server_msg_id FROM message WHERE id = ?1",
                [batch.position],
                |row| row.get(0),
            )
            .optional()
            .map_err(sqlite)?;
        drop(main);
        self.with(move |conn| {
            // What was taken back must not come again after a power failure: then its change is forgotten already.
            let synchronous = if batch.removed.is_empty() {
                "NORMAL"
            } else {
                "FULL"
            };
            conn.pragma_update(None, "synchronous", synchronous)?;
            let tx = conn.transaction()?;
            write(&tx, &batch, server_msg_id.as_deref().unwrap_or_default())?;
            tx.commit()?;
            Ok(true)
        })
        .await
    }

    async fn find(&self, search: SearchSpan<'_>) -> Result<Vec<Hit>> {
        let mut expression = format!("body : ({})", fts_query(search.query));
        let scopes = [
            fts_scope(
                'c',
                search
                    .conversations
                    .map(|keys| keys.iter().map(|key| key.0).collect()),
            ),
            fts_scope('s', narrowed(search.senders.iter().map(|key| key.0))),
            fts_scope(
                't',
                narrowed(search.content_types.iter().map(|number| i64::from(*number))),
            ),
        ];
        for scope in scopes {
            match scope {
                Some(scope) if scope.is_empty() => return Ok(Vec::new()),
                Some(scope) => expression.push_str(&format!(" AND scope : ({scope})")),
                None => {}
            }
        }
        let (begin, below, rows) = (
            search.span.begin(),
            search.span.below,
            limit(search.rows_max),
        );
        self.read(move |conn| {
            // The look-ups of rows stand outside, so that only rows of the answer are looked up.
            conn.prepare_cached(
                "SELECT e.id, e.conversation, e.seq FROM (
                    SELECT rowid AS id FROM message_search
                    WHERE message_search MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC LIMIT ?4) f
                CROSS JOIN entry e ON e.id = f.id ORDER BY e.id DESC",
            )?
            .query_map((expression, begin, below, rows), |row| {
                Ok(Hit {
                    key: MessageKey(row.get(0)?),
                    conversation: ConversationKey(row.get(1)?),
                    seq: row.get(2)?,
                })
            })?
            .collect()
        })
        .await
    }

    async fn reset(&self) -> Result<()> {
        let (writer, readers, path) =
            (self.writer.clone(), self.readers.clone(), self.path.clone());
        blocking(move || {
            let mut writer = writer.lock();
            if matches!(*writer, Writer::Closed) {
                return Err(closed());
            }
            if let Some(readers) = readers.lock().take() {
                readers.close();
            }
            *writer = Writer::Unopened;
            remove(&path);
            Ok(())
        })
        .await
    }
}

fn narrowed(numbers: impl Iterator<Item = i64>) -> Option<Vec<i64>> {
    let numbers: Vec<i64> = numbers.collect();
    (!numbers.is_empty()).then_some(numbers)
}

fn write(tx: &Connection, batch: &IndexBatch, server_msg_id: &str) -> rusqlite::Result<()> {
    let mut take_out = tx.prepare_cached("DELETE FROM message_search WHERE rowid = ?1")?;
    let mut forget = tx.prepare_cached("DELETE FROM entry WHERE id = ?1")?;
    for key in &batch.removed {
        if forget.execute([key.0])? > 0 {
            take_out.execute([key.0])?;
        }
    }
    let mut remember = tx.prepare_cached(
        "INSERT INTO entry (id, conversation, seq) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING",
    )?;
    let mut put_in =
        tx.prepare_cached("INSERT INTO message_search (rowid, body, scope) VALUES (?1, ?2, ?3)")?;
    for entry in &batch.entries {
        if remember.execute([entry.key.0, entry.conversation.0, entry.seq])? == 0 {
            take_out.execute([entry.key.0])?;
        }
        let scope = format!(
            "c{} s{} t{}",
            entry.conversation.0, entry.sender.0, entry.content_type
        );
        put_in.execute((entry.key.0, entry.tokens.join(" "), scope))?;
    }
    tx.prepare_cached("UPDATE place SET position = ?1, server_msg_id = ?2")?
        .execute((batch.position, server_msg_id))
        .map(drop)
}

#[async_trait]
impl<M: Mode> SearchReads for Session<M> {
    async fn message_changes(&mut self, rows_max: usize) -> Result<Vec<(i64, MessageKey)>> {
        let sql = "SELECT key, message FROM message_changed ORDER BY key LIMIT ?1";
        self.rows(sql, [limit(rows_max)], |row| {
            Ok((row.get(0)?, MessageKey(row.get(1)?)))
        })
    }

    async fn messages_by_key(&mut self, keys: &[MessageKey]) -> Result<Vec<LoggedMessage>> {
        let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let sql =
            format!("SELECT {MESSAGE}, 0 FROM json_each(?1) k JOIN message m ON m.id = k.value");
        self.rows(&sql, params_from_iter([json(&keys)]), read_message)
    }

    async fn conversations_by_key(
        &mut self,
        keys: &[ConversationKey],
    ) -> Result<Vec<Conversation>> {
        let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let sql = format!(
            "SELECT {CONVERSATION} FROM json_each(?1) k CROSS JOIN conversation c ON c.key = k.value {PARTIES}"
        );
        self.rows(&sql, [json(&keys)], read_conversation)
    }

    async fn own_conversations(&mut self, account: AccountKey) -> Result<Vec<OwnConversation>> {
        let sql = "SELECT p.conversation, max(p.min_seq, c.min_seq), p.max_seq
            FROM participant p JOIN conversation c ON c.key = p.conversation WHERE p.account = ?1 AND c.kind <> ?2";
        self.rows(sql, [account.0, NOTICE], |row| {
            Ok(OwnConversation {
                conversation: ConversationKey(row.get(0)?),
                min_seq: row.get(1)?,
                max_seq: row.get(2)?,
            })
        })
    }
}

#[async_trait]
impl SearchWrites for Session<ReadWrite> {
    async fn forget_message_changes(&mut self, keys: &[i64]) -> Result<()> {
        let sql = "DELETE FROM message_changed WHERE key IN (SELECT value FROM json_each(?1))";
        self.write(sql, [json(keys)]).map(drop)
    }
}
