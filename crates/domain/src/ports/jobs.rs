//! Rows of the job queue: promises that are claimed with a lease, retried with backoff and dead-lettered at last.

use async_trait::async_trait;

use crate::error::Result;
use crate::ids::JobKey;
use crate::jobs::{Job, NewJob, Work};
use crate::time::Millis;

#[async_trait]
pub trait JobReads {
    /// Jobs that will not be tried again by themselves, newest first.
    async fn dead_jobs(&mut self, rows_max: usize) -> Result<Vec<Job>>;
}

#[async_trait]
pub trait JobWrites {
    /// Adds a job; one with a `unique` name that still stands is not added twice. Says whether it was added.
    async fn insert_job(&mut self, job: &NewJob) -> Result<bool>;

    /// Takes due jobs of these kinds whose lease is free until `lease_until`, counting the attempt. Each worker names
    /// its kinds, so that slow work does not hold up other work.
    async fn claim_jobs(
        &mut self,
        works: &[Work],
        now: Millis,
        lease_until: Millis,
        rows_max: usize,
    ) -> Result<Vec<Job>>;

    /// Removes a job that is done.
    async fn finish_job(&mut self, job: JobKey) -> Result<()>;

    /// Puts a failed job back, due at `due_at`.
    async fn retry_job(&mut self, job: JobKey, due_at: Millis, error: &str) -> Result<()>;

    /// Replaces what a job is done on, when a part of it is done.
    async fn narrow_job(&mut self, job: JobKey, payload: &str) -> Result<()>;

    /// Sets a job aside for people to look at.
    async fn bury_job(&mut self, job: JobKey, error: &str) -> Result<()>;

    /// Makes a dead job due again; says whether there was one.
    async fn revive_job(&mut self, job: JobKey, due_at: Millis) -> Result<bool>;
}
