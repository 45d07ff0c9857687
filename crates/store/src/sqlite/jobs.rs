//! The job queue.

use async_trait::async_trait;
use domain::error::Result;
use domain::ids::JobKey;
use domain::jobs::{Job, NewJob, Work};
use domain::ports::{JobReads, JobWrites};
use domain::time::Millis;
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, known};
use crate::bounds::limit;
use crate::forms::json;

#[async_trait]
impl<M: Mode> JobReads for Session<M> {
    async fn dead_jobs(&mut self, rows_max: usize) -> Result<Vec<Job>> {
        let sql = "SELECT key, name, attempts, error, payload FROM job
            WHERE dead = 1 AND name IN (SELECT value FROM json_each(?1))
            ORDER BY key DESC LIMIT ?2";
        self.rows(sql, (names(&Work::ALL), limit(rows_max)), read_job)
    }
}

#[async_trait]
impl JobWrites for Session<ReadWrite> {
    async fn insert_job(&mut self, job: &NewJob) -> Result<bool> {
        let sql = "INSERT INTO job (name, unique_name, due_at, payload) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (unique_name) DO NOTHING";
        let params = (job.work.name(), &job.unique, job.due_at, &job.payload);
        Ok(self.write(sql, params)? > 0)
    }

    async fn claim_jobs(
        &mut self,
        works: &[Work],
        now: Millis,
        lease_until: Millis,
        rows_max: usize,
    ) -> Result<Vec<Job>> {
        let sql = "UPDATE job SET lease_until = ?2, attempts = attempts + 1
            WHERE key IN (
                SELECT key FROM job
                WHERE dead = 0 AND due_at <= ?1 AND lease_until <= ?1 AND name IN (SELECT value FROM json_each(?3))
                ORDER BY due_at, key LIMIT ?4)
            RETURNING key, name, attempts, error, payload, due_at";
        let mut jobs: Vec<(Millis, Job)> = self.rows(
            sql,
            (now, lease_until, names(works), limit(rows_max)),
            |row| Ok((row.get(5)?, read_job(row)?)),
        )?;
        // RETURNING keeps no order.
        jobs.sort_by_key(|(due_at, job)| (*due_at, job.key));
        Ok(jobs.into_iter().map(|(_, job)| job).collect())
    }

    async fn finish_job(&mut self, job: JobKey) -> Result<()> {
        self.write("DELETE FROM job WHERE key = ?1", [job.0])
            .map(drop)
    }

    async fn retry_job(&mut self, job: JobKey, due_at: Millis, error: &str) -> Result<()> {
        let sql = "UPDATE job SET due_at = ?2, lease_until = 0, error = ?3 WHERE key = ?1";
        self.write(sql, (job.0, due_at, error)).map(drop)
    }

    async fn narrow_job(&mut self, job: JobKey, payload: &str) -> Result<()> {
        let sql = "UPDATE job SET payload = ?2 WHERE key = ?1";
        self.write(sql, (job.0, payload)).map(drop)
    }

    async fn bury_job(&mut self, job: JobKey, error: &str) -> Result<()> {
        let sql = "UPDATE job SET dead = 1, lease_until = 0, error = ?2 WHERE key = ?1";
        self.write(sql, (job.0, error)).map(drop)
    }

    async fn revive_job(&mut self, job: JobKey, due_at: Millis) -> Result<bool> {
        let sql = "UPDATE job SET dead = 0, attempts = 0, lease_until = 0, due_at = ?2 WHERE key = ?1 AND dead = 1";
        Ok(self.write(sql, (job.0, due_at))? > 0)
    }
}

/// Jobs of unknown names belong to a newer version that shares the store while it is being rolled out.
fn names(works: &[Work]) -> String {
    json(&works.iter().map(|work| work.name()).collect::<Vec<_>>())
}

fn read_job(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        key: JobKey(row.get(0)?),
        work: known("name", Work::from_name(row.get_ref(1)?.as_str()?))?,
        attempts: row.get(2)?,
        error: row.get(3)?,
        payload: row.get(4)?,
    })
}
