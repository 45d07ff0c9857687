//! Letters that could not be delivered at once: tried again with growing pauses, set aside after some failures, and
//! replayed by people.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::log::{Delivery, Outcome};
use super::{Hook, Letter};
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::ids::JobKey;
use crate::jobs::{Job, JobOutcome, NewJob, Work};
use crate::ports::{Delivered, Hooks};
use crate::time::Millis;
use crate::{Domain, gate, limits};

/// Longer than the longest time that posting takes.
const LEASE_MS: Millis = 120_000;
const ATTEMPTS_MAX: u32 = 8;
const FIRST_PAUSE_MS: Millis = 1_000;
const LONGEST_PAUSE_MS: Millis = 10 * 60 * 1000;
/// While the server is away, which is not the letter's fault.
const AWAY_PAUSE_MS: Millis = 30_000;

/// A letter that was set aside.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub job: JobKey,
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: String,
    pub letter: Letter,
}

impl Domain {
    /// Posts a letter once, and notes what came of it.
    pub(super) async fn post_letter(
        &self,
        port: &dyn Hooks,
        letter: &Letter,
        attempt: u32,
    ) -> Delivered {
        let started = std::time::Instant::now();
        let delivered = port.deliver(letter).await;
        let (outcome, detail) = match &delivered {
            Delivered::Done => (Outcome::Done, String::new()),
            Delivered::AnsweredWrongly(error)
            | Delivered::TimedOut(error)
            | Delivered::Unreachable(error) => (Outcome::Failed, error.clone()),
        };
        self.hooked.log.add(Delivery {
            at: self.clock.now(),
            hook: letter.hook,
            id: letter.id.clone(),
            trace: letter.trace.clone(),
            outcome,
            detail,
            duration_ms: started.elapsed().as_millis() as u64,
            attempt,
        });
        delivered
    }

    /// Makes a job of a letter; doing it twice makes one.
    pub(super) async fn postpone_letter(&self, letter: &Letter, error: &str) -> Result<()> {
        tracing::warn!(
            hook = letter.hook.name(),
            id = letter.id,
            error,
            "an after-hook is tried again later"
        );
        let mut tx = self.store.begin().await?;
        let job = NewJob {
            work: Work::DeliverWebhook,
            due_at: self.clock.now() + FIRST_PAUSE_MS,
            unique: Some(format!("webhook:{}", letter.id)),
            payload: Some(letter.write()?),
        };
        tx.insert_job(&job).await?;
        self.commit(tx).await
    }

    /// Tries postponed letters that are due. One that is older than `keep_ms` or has failed too often is set aside.
    pub async fn deliver_postponed(&self, keep_ms: Millis) -> Result<JobOutcome> {
        let Some(port) = &self.hooked.port else {
            return Ok(JobOutcome::default());
        };
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let jobs = tx
            .claim_jobs(
                &[Work::DeliverWebhook],
                now,
                now + LEASE_MS,
                limits::HOOK_LETTERS_AT_ONCE,
            )
            .await?;
        if jobs.is_empty() {
            return Ok(JobOutcome::default());
        }
        self.commit(tx).await?;
        let tries: Vec<_> = jobs
            .iter()
            .map(|job| self.try_postponed(&**port, job, keep_ms))
            .collect();
        let tried: Vec<bool> = stream::iter(tries)
            .buffer_unordered(limits::HOOK_LETTERS_AT_ONCE)
            .try_collect()
            .await?;
        let done = tried.iter().filter(|is_done| **is_done).count();
        Ok(JobOutcome {
            done,
            failed: tried.len() - done,
        })
    }

    async fn try_postponed(&self, port: &dyn Hooks, job: &Job, keep_ms: Millis) -> Result<bool> {
        let letter = match job.payload.as_deref().map(Letter::read) {
            Some(Ok(letter)) => letter,
            // Nobody will ever be able to read it.
            Some(Err(_)) | None => {
                self.end_job(job, Verdict::Bury("its letter cannot be read".to_owned()))
                    .await?;
                return Ok(false);
            }
        };
        let delivered = self.post_letter(port, &letter, job.attempts + 1).await;
        let is_old = letter.at < self.clock.now() - keep_ms;
        let verdict = match delivered {
            Delivered::Done => Verdict::Done,
            Delivered::Unreachable(error) if !is_old => Verdict::Retry(AWAY_PAUSE_MS, error),
            Delivered::AnsweredWrongly(error) | Delivered::TimedOut(error)
                if !is_old && job.attempts < ATTEMPTS_MAX =>
            {
                let pause = FIRST_PAUSE_MS << job.attempts.min(20);
                Verdict::Retry(pause.min(LONGEST_PAUSE_MS), error)
            }
            Delivered::Unreachable(error)
            | Delivered::AnsweredWrongly(error)
            | Delivered::TimedOut(error) => Verdict::Bury(error),
        };
        let is_done = matches!(verdict, Verdict::Done);
        self.end_job(job, verdict).await?;
        Ok(is_done)
    }

    async fn end_job(&self, job: &Job, verdict: Verdict) -> Result<()> {
        let mut tx = self.store.begin().await?;
        match verdict {
            Verdict::Done => tx.finish_job(job.key).await?,
            Verdict::Retry(pause, error) => {
                tx.retry_job(job.key, self.clock.now() + pause, &error)
                    .await?;
            }
            Verdict::Bury(error) => {
                metrics::counter!("switchboard_webhook_dead_letters_total").increment(1);
                tracing::warn!(job = job.key.0, error, "an after-hook was set aside");
                tx.bury_job(job.key, &error).await?;
            }
        }
        self.commit(tx).await
    }

    /// Letters that were set aside, newest first.
    pub async fn dead_letters(&self, caller: &Caller) -> Result<Vec<DeadLetter>> {
        let jobs = self.dead_jobs(caller).await?;
        let dead = jobs
            .into_iter()
            .filter(|job| job.work == Work::DeliverWebhook)
            .filter_map(|job| {
                Some(DeadLetter {
                    job: job.key,
                    attempts: job.attempts,
                    error: job.error.unwrap_or_default(),
                    letter: Letter::read(job.payload.as_deref()?).ok()?,
                })
            });
        Ok(dead.collect())
    }

    /// Makes these letters due again, or all that were set aside when none is named; says how many.
    pub async fn replay_letters(&self, caller: &Caller, jobs: &[JobKey]) -> Result<usize> {
        gate::may_administer(caller)?;
        if jobs.len() > limits::IDS_MAX {
            return Err(Error::invalid("jobIDs", "are too many"));
        }
        let dead: Vec<_> = self
            .dead_letters(caller)
            .await?
            .into_iter()
            .map(|dead| dead.job)
            .collect();
        if jobs.iter().any(|job| !dead.contains(job)) {
            return Err(Error::NotFound(Kind::Job));
        }
        let chosen = if jobs.is_empty() { &dead[..] } else { jobs };
        let mut tx = self.store.begin().await?;
        let mut revived = 0;
        for job in chosen {
            if tx.revive_job(*job, self.clock.now()).await? {
                revived += 1;
            }
        }
        self.commit(tx).await?;
        Ok(revived)
    }

    /// Whether a hook is switched on; for whoever has to set something up for it.
    pub fn has_hook(&self, hook: Hook) -> bool {
        self.wants(hook)
    }
}

enum Verdict {
    Done,
    Retry(Millis, String),
    Bury(String),
}
