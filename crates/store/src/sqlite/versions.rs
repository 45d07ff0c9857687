//! Version logs of the lists that clients keep; the port says what they are. A log is a row that counts and one entry
//! for each id that was ever in the list, with the version at which it last changed.

use async_trait::async_trait;
use domain::error::Result;
use domain::ports::{VersionReads, VersionWrites};
use domain::sync::{Change, Changes, Entry, List, Version};
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, known};
use crate::bounds::{limit, sorted_once};
use crate::error::sqlite;
use crate::forms::{json, version_id};

const LOG: &str = "SELECT key, version_id, version FROM version_log WHERE list = ?1 AND owner = ?2";

#[async_trait]
impl<M: Mode> VersionReads for Session<M> {
    async fn changes(
        &mut self,
        list: List,
        version: u64,
        rows_max: usize,
    ) -> Result<Option<Changes>> {
        let Some((log, newest)) = self.row(LOG, list.parts(), read_log)? else {
            return Ok(None);
        };
        let entries =
            "SELECT eid, version, state FROM version_entry WHERE log = ?1 AND version > ?2
            ORDER BY version, eid LIMIT ?3";
        let after = i64::try_from(version).unwrap_or(i64::MAX);
        let rows = limit(rows_max).saturating_add(1);
        let mut entries = self.rows(entries, (log, after, rows), read_entry)?;
        let is_complete = entries.len() <= rows_max;
        entries.truncate(rows_max);
        Ok(Some(Changes {
            version: newest,
            entries,
            is_complete,
        }))
    }

    async fn version(&mut self, list: List) -> Result<Option<Version>> {
        let found = self.row(LOG, list.parts(), read_log)?;
        Ok(found.map(|(_, version)| version))
    }
}

#[async_trait]
impl VersionWrites for Session<ReadWrite> {
    async fn log_change(&mut self, lists: &[List], ids: &[&str], change: Change) -> Result<()> {
        let now = self.now();
        let (ids, state) = (json(ids), change as i64);
        let conn = self.conn()?;
        let mut step = conn
            .prepare_cached(
                "INSERT INTO version_log (owner, list, version_id, version) VALUES (?1, ?2, ?3, 1)
                ON CONFLICT (list, owner) DO UPDATE SET version = version + 1
                RETURNING key, version",
            )
            .map_err(sqlite)?;
        // `WHERE true` keeps SQLite from reading ON CONFLICT as a join condition.
        let mut entries = conn
            .prepare_cached(
                "INSERT INTO version_entry (log, eid, version, state)
                SELECT ?1, value, ?2, ?3 FROM json_each(?4) WHERE true
                ON CONFLICT (log, eid) DO UPDATE SET version = excluded.version, state = excluded.state",
            )
            .map_err(sqlite)?;
        for list in sorted_once(lists) {
            let (kind, owner) = list.parts();
            let (log, version): (i64, i64) = step
                .query_row((owner, kind, version_id(list, now)), |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .map_err(sqlite)?;
            entries
                .execute((log, version, state, &ids))
                .map_err(sqlite)?;
        }
        Ok(())
    }
}

fn read_log(row: &Row<'_>) -> rusqlite::Result<(i64, Version)> {
    let version = Version {
        id: row.get(1)?,
        number: row.get::<_, i64>(2)?.cast_unsigned(),
    };
    Ok((row.get(0)?, version))
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        version: row.get::<_, i64>(1)?.cast_unsigned(),
        change: known("state", Change::from_number(row.get(2)?))?,
    })
}
