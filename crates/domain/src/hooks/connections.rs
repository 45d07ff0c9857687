//! Reports of connections. They come from the middle of the realtime side, which must not wait: they are queued, and a
//! task writes them as letters, many in one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::{Connected, Hook, HookSet, Report};
use crate::error::Result;
use crate::ports::ConnectionWatch;
use crate::time::{Clock, Millis};
use crate::{Domain, limits};

/// Letters in one transaction.
const BATCH_MAX: usize = 200;

/// How often a batch is tried when the store fails; what connections do is of little use later.
const ATTEMPTS_MAX: u32 = 5;

/// What happened to a connection, and when.
type Noted = (Hook, Connected, Millis);

/// Takes reports in; never waits.
pub struct ConnectionReporter {
    wanted: HookSet,
    clock: Arc<dyn Clock>,
    queue: mpsc::Sender<Noted>,
    lost: AtomicU64,
}

/// Writes what was taken in.
pub struct ConnectionReports(mpsc::Receiver<Noted>);

impl ConnectionReporter {
    /// The two ends; `None` if no hook is about connections.
    pub fn new(domain: &Domain) -> Option<(Self, ConnectionReports)> {
        let wanted = domain.hooked.wanted;
        let hooks = [
            Hook::AfterUserOnline,
            Hook::AfterUserOffline,
            Hook::AfterUserKickOff,
        ];
        if !hooks.into_iter().any(|hook| wanted.contains(hook)) {
            return None;
        }
        let (queue, reports) = mpsc::channel(limits::CONNECTION_REPORTS_MAX);
        let reporter = Self {
            wanted,
            clock: domain.clock.clone(),
            queue,
            lost: AtomicU64::new(0),
        };
        Some((reporter, ConnectionReports(reports)))
    }

    fn take(&self, hook: Hook, connected: Connected) {
        if !self.wanted.contains(hook)
            || self
                .queue
                .try_send((hook, connected, self.clock.now()))
                .is_ok()
        {
            return;
        }
        metrics::counter!("switchboard_webhook_connection_reports_lost_total").increment(1);
        // Said at the first, and then ever more rarely.
        let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
        if lost.is_power_of_two() {
            tracing::warn!(
                lost,
                "connections come and go faster than it can be written"
            );
        }
    }
}

impl ConnectionWatch for ConnectionReporter {
    fn came(&self, connected: Connected) {
        self.take(Hook::AfterUserOnline, connected);
    }

    fn left(&self, connected: Connected) {
        self.take(Hook::AfterUserOffline, connected);
    }

    fn kicked(&self, connected: Connected) {
        self.take(Hook::AfterUserKickOff, connected);
    }
}

impl ConnectionReports {
    /// Writes until the other end is gone.
    pub async fn write(mut self, domain: &Domain) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.0.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let mut attempt = 1;
            while let Err(error) = write_batch(domain, &batch).await {
                if attempt == ATTEMPTS_MAX {
                    tracing::warn!(%error, lost = batch.len(), "reports of connections are lost");
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_secs(attempt.into())).await;
                attempt += 1;
            }
            batch.clear();
        }
    }
}

async fn write_batch(domain: &Domain, batch: &[Noted]) -> Result<()> {
    let mut tx = domain.store.begin().await?;
    for (hook, connected, at) in batch {
        let report = match hook {
            Hook::AfterUserOnline => Report::CameOnline(connected, *at),
            Hook::AfterUserOffline => Report::WentOffline(connected, *at),
            _ => Report::KickedOff(connected, *at),
        };
        domain.report(&mut *tx, *hook, report).await?;
    }
    domain.commit(tx).await
}
