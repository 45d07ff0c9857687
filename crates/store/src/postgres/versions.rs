//! Version logs of the lists that clients keep; the port says what they are. A log is a row that counts and one entry
//! for each id that was ever in the list, with the version at which it last changed.

use std::borrow::Cow;

use async_trait::async_trait;
use domain::error::Result;
use domain::ports::{VersionReads, VersionWrites};
use domain::sync::{Change, Changes, Entry, List, Version};
use tokio_postgres::Row;

use super::session::{Mode, ReadWrite, Session, column, known, number, text};
use crate::bounds::{limit, sorted_once};
use crate::forms::version_id;

const LOG: &str = "SELECT key, version_id, version FROM version_log WHERE list = $1 AND owner = $2";

/// Both steps for all lists in one statement. Their rows are locked in the order of the lists; entries are guarded by
/// the row of their log. One statement may not update a row twice, so each id once.
const STEP: &str = "WITH stepped AS (
        INSERT INTO version_log (list, owner, version_id, version)
        SELECT list, owner, version_id, 1
        FROM unnest($1::integer[], $2::bigint[], $3::text[]) AS l (list, owner, version_id)
        ORDER BY list, owner
        ON CONFLICT (list, owner) DO UPDATE SET version = version_log.version + 1
        RETURNING key, version)
    INSERT INTO version_entry (log, eid, version, state)
    SELECT s.key, e.eid, s.version, $5::integer
    FROM stepped s CROSS JOIN (SELECT DISTINCT eid FROM unnest($4::text[]) AS eid) e
    ON CONFLICT (log, eid) DO UPDATE SET version = excluded.version, state = excluded.state";

#[async_trait]
impl<M: Mode> VersionReads for Session<M> {
    async fn changes(
        &mut self,
        list: List,
        version: u64,
        rows_max: usize,
    ) -> Result<Option<Changes>> {
        let (kind, owner) = list.parts();
        let found = self.row(LOG, &[&i32::from(kind), &owner], read_log).await?;
        let Some((log, newest)) = found else {
            return Ok(None);
        };
        let entries =
            "SELECT eid, version, state FROM version_entry WHERE log = $1 AND version > $2
            ORDER BY version, eid COLLATE \"C\" LIMIT $3";
        let after = i64::try_from(version).unwrap_or(i64::MAX);
        let rows = limit(rows_max).saturating_add(1);
        let mut entries = self
            .rows(entries, &[&log, &after, &rows], read_entry)
            .await?;
        let is_complete = entries.len() <= rows_max;
        entries.truncate(rows_max);
        Ok(Some(Changes {
            version: newest,
            entries,
            is_complete,
        }))
    }

    async fn version(&mut self, list: List) -> Result<Option<Version>> {
        let (kind, owner) = list.parts();
        let found = self.row(LOG, &[&i32::from(kind), &owner], read_log).await?;
        Ok(found.map(|(_, version)| version))
    }
}

#[async_trait]
impl VersionWrites for Session<ReadWrite> {
    async fn log_change(&mut self, lists: &[List], ids: &[&str], change: Change) -> Result<()> {
        let now = self.now();
        let lists = sorted_once(lists);
        let version_ids: Vec<String> = lists.iter().map(|list| version_id(*list, now)).collect();
        let (kinds, owners): (Vec<i32>, Vec<i64>) = lists
            .iter()
            .map(|list| list.parts())
            .map(|(kind, owner)| (i32::from(kind), owner))
            .unzip();
        let ids: Vec<Cow<'_, str>> = ids.iter().map(|id| text(id)).collect();
        let state = i32::from(change as i16);
        self.write(STEP, &[&kinds, &owners, &version_ids, &ids, &state])
            .await
            .map(drop)
    }
}

fn read_log(row: &Row) -> Result<(i64, Version)> {
    let version = Version {
        id: column(row, 1)?,
        number: column::<i64>(row, 2)?.cast_unsigned(),
    };
    Ok((column(row, 0)?, version))
}

fn read_entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        id: column(row, 0)?,
        version: column::<i64>(row, 1)?.cast_unsigned(),
        change: known("state", Change::from_number(number(row, 2)?))?,
    })
}
