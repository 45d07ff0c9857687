//! Drives one follower on one node: holds its lease, wakes when something is committed, takes step after step, tries
//! a failed one again with growing pauses, and says how far it is behind. What followers are is in `domain::follow`.

use std::sync::Arc;
use std::time::Duration;

use domain::Domain;
use domain::error::Result;
use domain::follow::{Follower, Step};
use domain::time::Millis;
use metrics::{Gauge, gauge};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long the follower stays with a node that has died.
const LEASE: Duration = Duration::from_secs(15);

/// How often a living node renews it.
const RENEW_EVERY: Duration = Duration::from_secs(5);

/// How often to look for what other nodes have committed.
const POLL_EVERY: Duration = Duration::from_secs(1);

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub struct FollowerDriver {
    domain: Arc<Domain>,
    follower: Arc<dyn Follower>,
    /// Names this node's leases. A node that is sure to be alone keeps its name over a restart and goes on at once.
    holder: String,
    lag_messages: Gauge,
    lag_seconds: Gauge,
}

impl FollowerDriver {
    pub fn new(
        domain: Arc<Domain>,
        follower: Arc<dyn Follower>,
        holder: impl Into<String>,
    ) -> Self {
        let name = follower.name();
        Self {
            domain,
            holder: holder.into(),
            lag_messages: gauge!("switchboard_follower_lag_messages", "follower" => name),
            lag_seconds: gauge!("switchboard_follower_lag_seconds", "follower" => name),
            follower,
        }
    }

    /// Follows until `stop`; then the step that is being taken is dropped, to be taken again by whoever comes next.
    pub async fn run(&self, stop: CancellationToken) {
        if stop.run_until_cancelled(self.run_always()).await.is_none() {
            let released = self
                .domain
                .release_follower(self.follower.name(), &self.holder)
                .await;
            if let Err(error) = released {
                tracing::warn!(%error, follower = self.follower.name(), "a lease runs on");
            }
        }
    }

    async fn run_always(&self) {
        loop {
            match self.claim().await {
                Ok(true) => self.run_leased().await,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, follower = self.follower.name(), "a follower could not be claimed");
                }
            }
            // Somebody else has it, or the store does not answer.
            self.lag_messages.set(0.0);
            self.lag_seconds.set(0.0);
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    async fn claim(&self) -> Result<bool> {
        self.domain.register_follower(&*self.follower).await?;
        self.renew().await
    }

    async fn renew(&self) -> Result<bool> {
        self.domain
            .claim_follower(
                self.follower.name(),
                &self.holder,
                LEASE.as_millis() as Millis,
            )
            .await
    }

    /// Steps are taken while the lease is renewed beside them; whichever ends first, the lease is lost.
    async fn run_leased(&self) {
        tokio::select! {
            () = self.take_steps() => {}
            () = self.keep_lease() => {}
        }
    }

    async fn keep_lease(&self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            match self.renew().await {
                Ok(true) => renewed = Instant::now(),
                Ok(false) => return,
                // The store may be away for a moment; by the end of the lease somebody else may have it.
                Err(_) if renewed.elapsed() < LEASE => {}
                Err(_) => return,
            }
        }
    }

    async fn take_steps(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let begun = Instant::now();
            let committed = self.domain.committed();
            tokio::pin!(committed);
            // Before looking, so that what is committed meanwhile is not slept through.
            committed.as_mut().enable();
            match self.follower.step(&self.domain, &self.holder).await {
                Ok(step) => {
                    if step.is_lost {
                        return;
                    }
                    pause = FIRST_PAUSE;
                    self.report(&step);
                    if !step.is_more {
                        let _ = tokio::time::timeout(POLL_EVERY, committed).await;
                    }
                    // A step that was cut off by its size is followed by the next one at once.
                    if !step.is_more || step.events < self.follower.batch_max() {
                        tokio::time::sleep_until(begun + self.follower.pace()).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(
                        %error,
                        follower = self.follower.name(),
                        pause_ms = pause.as_millis() as u64,
                        "a follower failed and tries again"
                    );
                    self.report_standstill().await;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn report(&self, step: &Step) {
        let late_ms = step
            .oldest_at
            .map_or(0, |oldest| (self.domain.now() - oldest).max(0));
        self.lag_messages.set(step.behind as f64);
        self.lag_seconds.set(late_ms as f64 / 1000.0);
    }

    /// While steps fail the lag grows all the same.
    async fn report_standstill(&self) {
        if let Ok(batch) = self.domain.follow_batch(self.follower.name(), 1).await {
            self.report(&Step {
                behind: batch.cursor.distance(batch.newest) + batch.events.len() as i64,
                oldest_at: batch.oldest_at,
                ..Step::default()
            });
        }
    }
}
