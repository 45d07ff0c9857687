//! The worker: claims what is due, carries it out, and says when to try again. It is driven from outside, by a timer
//! in the server and by hand in tests.

use super::{Job, NewJob, Work};
use crate::Domain;
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::gate;
use crate::ids::JobKey;
use crate::time::Millis;

const LEASE_MS: Millis = 60_000;
const CLAIMED_MAX: usize = 32;
const ATTEMPTS_MAX: u32 = 10;
const FIRST_PAUSE_MS: Millis = 1_000;
const LONGEST_PAUSE_MS: Millis = 60 * 60 * 1000;
const REPEAT_EVERY_MS: Millis = 10 * 60 * 1000;
const REMOVED_ROWS_MAX: usize = 10_000;

/// What one round of the worker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobOutcome {
    pub done: usize,
    pub failed: usize,
}

impl Domain {
    /// Puts the housekeeping that repeats into the queue, if it is not there.
    pub async fn schedule_housekeeping(&self) -> Result<()> {
        let mut tx = self.store.begin().await?;
        for work in Work::REPEATING {
            tx.insert_job(&repeated(work, self.clock.now())).await?;
        }
        self.commit(tx).await
    }

    /// Carries out the housekeeping that is due.
    pub async fn run_due_jobs(&self) -> Result<JobOutcome> {
        self.run_due(&Work::REPEATING, async move |job| {
            self.carry_out(&job).await
        })
        .await
    }

    /// Carries out what is due of these kinds, by `carry_out`, which also takes the job out of the queue. A job that
    /// fails is put back with a growing pause and set aside after ten tries; a job whose worker died is taken over
    /// when its lease ends.
    pub(crate) async fn run_due<F>(
        &self,
        kinds: &[Work],
        carry_out: impl Fn(Job) -> F,
    ) -> Result<JobOutcome>
    where
        F: Future<Output = Result<()>>,
    {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let jobs = tx
            .claim_jobs(kinds, now, now + LEASE_MS, CLAIMED_MAX)
            .await?;
        if jobs.is_empty() {
            return Ok(JobOutcome::default());
        }
        self.commit(tx).await?;
        let mut outcome = JobOutcome::default();
        for job in jobs {
            match carry_out(job.clone()).await {
                Ok(()) => outcome.done += 1,
                Err(error) => {
                    outcome.failed += 1;
                    self.put_back(&job, &error).await?;
                }
            }
        }
        Ok(outcome)
    }

    /// Jobs that were set aside, newest first.
    pub async fn dead_jobs(&self, caller: &Caller) -> Result<Vec<Job>> {
        gate::may_administer(caller)?;
        self.store
            .view()
            .await?
            .dead_jobs(crate::limits::PAGE_ROWS_MAX)
            .await
    }

    /// Makes a job that was set aside due again.
    pub async fn replay_job(&self, caller: &Caller, job: JobKey) -> Result<()> {
        gate::may_administer(caller)?;
        let mut tx = self.store.begin().await?;
        if !tx.revive_job(job, self.clock.now()).await? {
            return Err(Error::NotFound(Kind::Job));
        }
        self.commit(tx).await
    }

    async fn carry_out(&self, job: &Job) -> Result<()> {
        if matches!(job.work, Work::DestructMessages | Work::RetainMessages) {
            return self.carry_out_upkeep(job).await;
        }
        let now = self.clock.now();
        // Talks to the object store, so it has transactions of its own.
        let is_more_to_sweep = job.work == Work::SweepFiles && self.sweep_files().await?;
        let mut tx = self.store.begin().await?;
        let removed = match job.work {
            Work::DeleteExpiredSessions => {
                tx.delete_expired_sessions(
                    now - self.settings.expired_sessions_kept_ms,
                    REMOVED_ROWS_MAX,
                )
                .await?
            }
            Work::PruneOutbox => {
                tx.prune_outbox(
                    now - self.settings.outbox_kept_ms,
                    now - self.settings.outbox_unseen_kept_ms,
                    REMOVED_ROWS_MAX,
                )
                .await?
            }
            Work::SweepFiles if is_more_to_sweep => REMOVED_ROWS_MAX as u64,
            Work::SweepFiles => 0,
            Work::DestructMessages
            | Work::RetainMessages
            | Work::SendPush
            | Work::React
            | Work::DeliverWebhook => {
                return Err(Error::internal("a job of its own kind of worker"));
            }
        };
        tx.finish_job(job.key).await?;
        // What is left over is for the next round, at once.
        let pause = if removed < REMOVED_ROWS_MAX as u64 {
            REPEAT_EVERY_MS
        } else {
            0
        };
        tx.insert_job(&repeated(job.work, now + pause)).await?;
        self.commit(tx).await
    }

    async fn put_back(&self, job: &Job, error: &Error) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let text = error.to_string();
        if job.attempts >= ATTEMPTS_MAX {
            tx.bury_job(job.key, &text).await?;
        } else {
            let pause = (FIRST_PAUSE_MS << job.attempts.min(20)).min(LONGEST_PAUSE_MS);
            tx.retry_job(job.key, self.clock.now() + pause, &text)
                .await?;
        }
        self.commit(tx).await
    }
}

fn repeated(work: Work, due_at: Millis) -> NewJob {
    NewJob {
        work,
        due_at,
        unique: Some(work.name().to_owned()),
        payload: None,
    }
}
