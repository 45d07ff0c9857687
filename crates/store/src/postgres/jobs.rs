//! The job queue.

use async_trait::async_trait;
use domain::error::{Error, Result};
use domain::ids::JobKey;
use domain::jobs::{Job, NewJob, Work};
use domain::ports::{JobReads, JobWrites};
use domain::time::Millis;
use tokio_postgres::Row;

use super::session::{Mode, ReadWrite, Session, column, known, text};
use crate::bounds::limit;

#[async_trait]
impl<M: Mode> JobReads for Session<M> {
    async fn dead_jobs(&mut self, rows_max: usize) -> Result<Vec<Job>> {
        let sql = "SELECT key, name, attempts, error, payload FROM job
            WHERE dead AND name = ANY ($1)
            ORDER BY key DESC LIMIT $2";
        self.rows(sql, &[&names(&Work::ALL), &limit(rows_max)], read_job)
            .await
    }
}

#[async_trait]
impl JobWrites for Session<ReadWrite> {
    async fn insert_job(&mut self, job: &NewJob) -> Result<bool> {
        let sql = "INSERT INTO job (name, unique_name, due_at, payload) VALUES ($1, $2, $3, $4)
            ON CONFLICT (unique_name) DO NOTHING";
        let payload = job.payload.as_deref().map(text);
        Ok(self
            .write(sql, &[&job.work.name(), &job.unique, &job.due_at, &payload])
            .await?
            > 0)
    }

    async fn claim_jobs(
        &mut self,
        works: &[Work],
        now: Millis,
        lease_until: Millis,
        rows_max: usize,
    ) -> Result<Vec<Job>> {
        // Workers do not wait for each other: what another one is claiming is passed over.
        let sql = "WITH due AS MATERIALIZED (
                SELECT key FROM job
                WHERE NOT dead AND due_at <= $1 AND lease_until <= $1 AND name = ANY ($3)
                ORDER BY due_at, key LIMIT $4
                FOR UPDATE SKIP LOCKED)
            UPDATE job SET lease_until = $2, attempts = attempts + 1 FROM due WHERE job.key = due.key
            RETURNING job.key, name, attempts, error, payload, due_at";
        let mut jobs = self
            .rows(
                sql,
                &[&now, &lease_until, &names(works), &limit(rows_max)],
                |row| Ok((column::<Millis>(row, 5)?, read_job(row)?)),
            )
            .await?;
        // RETURNING keeps no order.
        jobs.sort_by_key(|(due_at, job)| (*due_at, job.key));
        Ok(jobs.into_iter().map(|(_, job)| job).collect())
    }

    async fn finish_job(&mut self, job: JobKey) -> Result<()> {
        self.write("DELETE FROM job WHERE key = $1", &[&job.0])
            .await
            .map(drop)
    }

    async fn retry_job(&mut self, job: JobKey, due_at: Millis, error: &str) -> Result<()> {
        let sql = "UPDATE job SET due_at = $2, lease_until = 0, error = $3 WHERE key = $1";
        self.write(sql, &[&job.0, &due_at, &text(error)])
            .await
            .map(drop)
    }

    async fn narrow_job(&mut self, job: JobKey, payload: &str) -> Result<()> {
        let sql = "UPDATE job SET payload = $2 WHERE key = $1";
        self.write(sql, &[&job.0, &text(payload)]).await.map(drop)
    }

    async fn bury_job(&mut self, job: JobKey, error: &str) -> Result<()> {
        let sql = "UPDATE job SET dead = true, lease_until = 0, error = $2 WHERE key = $1";
        self.write(sql, &[&job.0, &text(error)]).await.map(drop)
    }

    async fn revive_job(&mut self, job: JobKey, due_at: Millis) -> Result<bool> {
        let sql = "UPDATE job SET dead = false, attempts = 0, lease_until = 0, due_at = $2 WHERE key = $1 AND dead";
        Ok(self.write(sql, &[&job.0, &due_at]).await? > 0)
    }
}

/// Jobs of unknown names belong to a newer version that shares the store while it is being rolled out.
fn names(works: &[Work]) -> Vec<&'static str> {
    works.iter().map(|work| work.name()).collect()
}

fn read_job(row: &Row) -> Result<Job> {
    Ok(Job {
        key: JobKey(column(row, 0)?),
        work: known("name", Work::from_name(column(row, 1)?))?,
        attempts: u32::try_from(column::<i32>(row, 2)?).map_err(Error::internal)?,
        error: column(row, 3)?,
        payload: column(row, 4)?,
    })
}
