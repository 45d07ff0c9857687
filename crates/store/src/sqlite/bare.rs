//! The floor that sending is measured against: the same batched, durable append without product logic. A row has its
//! place in a conversation and a key of the client's, with the two indexes that the product's log has on them; nothing
//! is looked up, checked or counted in the database. For the load generator; the server never opens one.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use domain::error::Result;
use rusqlite::Connection;
use xxhash_rust::xxh3::xxh3_64;

use super::wal::{Checkpointer, Wal};
use super::writer::{GroupCommit, Operation};
use super::{BUSY_TIMEOUT, open_writer};
use crate::error::sqlite;

/// A log of bytes, in a database file of its own.
pub struct BareLog {
    writer: GroupCommit<BareAppend>,
    checkpointer: Checkpointer,
}

struct BareAppend {
    conversation: i64,
    seq: i64,
    content: Bytes,
}

impl Operation for BareAppend {
    type Answer = i64;

    fn run(&self, conn: &Connection) -> rusqlite::Result<i64> {
        let client_key =
            self.conversation << 32 | i64::from(xxh3_64(&self.seq.to_le_bytes()) as u32);
        conn.prepare_cached(
            "INSERT INTO bare_log (conversation, seq, client_key, content) VALUES (?1, ?2, ?3, ?4)",
        )?
        .insert((self.conversation, self.seq, client_key, &self.content[..]))
    }
}

impl BareLog {
    pub fn open(path: &Path) -> Result<Self> {
        let conn = open_writer(path).map_err(sqlite)?;
        conn.execute_batch(
            "CREATE TABLE IF NOT EXISTS bare_log (
                id           INTEGER PRIMARY KEY,
                conversation INTEGER NOT NULL,
                seq          INTEGER NOT NULL,
                client_key   INTEGER NOT NULL,
                content      BLOB    NOT NULL
            ) STRICT;
            CREATE UNIQUE INDEX IF NOT EXISTS bare_log_conversation_seq ON bare_log (conversation, seq);
            CREATE INDEX IF NOT EXISTS bare_log_client_key ON bare_log (client_key);",
        )
        .map_err(sqlite)?;
        let wal = Arc::new(Wal::new(path, BUSY_TIMEOUT));
        let checkpointer = Checkpointer::start(open_writer(path).map_err(sqlite)?, wal.clone())?;
        Ok(Self {
            writer: GroupCommit::start(conn, wal)?,
            checkpointer,
        })
    }

    /// Returns when the bytes are on disk, with their place in the log. The number in the conversation is the
    /// caller's to choose, once each.
    pub async fn append(&self, conversation: i64, seq: i64, content: Bytes) -> Result<i64> {
        let append = BareAppend {
            conversation,
            seq,
            content,
        };
        self.writer.submit(append).await
    }

    pub async fn close(&self) {
        self.writer.close().await;
        self.checkpointer.close().await;
    }
}
