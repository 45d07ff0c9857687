//! The reading connections: opened when they are first needed, as many as can be busy at once.

use std::path::PathBuf;
use std::sync::Arc;

use domain::error::Result;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::open_reader;
use crate::error::{closed, sqlite};

pub(super) struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(4, usize::from);
        Self {
            path,
            permits: Arc::new(Semaphore::new(cores * 2)),
            idle: Mutex::new(Vec::new()),
        }
    }

    pub(super) async fn take(self: &Arc<Self>) -> Result<Reader> {
        let permit = self
            .permits
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| closed())?;
        let idle = self.idle.lock().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => open_reader(&self.path).map_err(sqlite)?,
        };
        Ok(Reader {
            conn: Some(conn),
            readers: self.clone(),
            _permit: permit,
        })
    }

    pub(super) fn close(&self) {
        self.permits.close();
        self.idle.lock().clear();
    }
}

/// A connection that goes back when it is dropped.
pub(super) struct Reader {
    conn: Option<Connection>,
    readers: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    pub(super) fn conn(&self) -> Result<&Connection> {
        self.conn.as_ref().ok_or_else(closed)
    }

    pub(super) fn check(&self) -> Result<()> {
        self.conn()?
            .query_row("SELECT count(*) FROM relay", [], |_| Ok(()))
            .map_err(sqlite)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take()
            && !self.readers.permits.is_closed()
        {
            self.readers.idle.lock().push(conn);
        }
    }
}
