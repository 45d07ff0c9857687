//! The hooks that are configured, and the worker that tries again what could not be delivered.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::Domain;
use domain::hooks::{ConnectionReporter, ConnectionReports, HookFollower};
use domain::ports::Hooks;
use domain::time::{Clock, Millis};
use providers::webhooks::{Settings, Webhooks};
use realtime::Realtime;
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::node::describe;
use crate::secret::Secret;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// `None` if no hook is on: then nothing is asked and nothing is told.
pub(crate) fn open(
    config: &config::Webhooks,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<dyn Hooks>>> {
    if config.hooks.is_empty() {
        return Ok(None);
    }
    let settings = Settings {
        url: config.url.clone(),
        secret: config
            .secret
            .as_ref()
            .map(Secret::reveal)
            .map(str::to_owned),
        allow_internal: config.allow_internal,
        hooks: config.hooks.clone(),
    };
    Ok(Some(Arc::new(Webhooks::new(settings, clock.clone())?)))
}

/// The follower, if any hook is told things.
pub(crate) fn follower(config: &config::Webhooks) -> Option<Arc<HookFollower>> {
    let tells = config.hooks.keys().any(|hook| !hook.is_before());
    tells.then(|| Arc::new(HookFollower::new(config.keep_ms)))
}

/// Where nothing is told the cursor is given up, so that telling begins with what happens after it is switched on.
pub(crate) async fn prepare(domain: &Domain, config: &config::Webhooks) -> Result<()> {
    match follower(config) {
        // Made now, so that nothing is missed that happens before it is first driven.
        Some(follower) => domain.register_follower(&*follower).await,
        None => domain.remove_follower(HookFollower::NAME).await,
    }
    .map(drop)
    .map_err(describe)
}

/// Lets the hooks hear of connections, if they want to.
pub(crate) fn watch(domain: &Domain, realtime: &Realtime) -> Option<ConnectionReports> {
    let (reporter, reports) = ConnectionReporter::new(domain)?;
    realtime.hub.watch_connections(Arc::new(reporter));
    Some(reports)
}

/// Writes reports of connections until `stop`.
pub(crate) async fn write_reports(
    domain: Arc<Domain>,
    reports: ConnectionReports,
    stop: CancellationToken,
) {
    stop.run_until_cancelled(reports.write(&domain)).await;
}

/// Tries again what is due until `stop`.
pub(crate) async fn work(domain: Arc<Domain>, keep_ms: Millis, stop: CancellationToken) {
    loop {
        if stop
            .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
            .await
            .is_none()
        {
            return;
        }
        let round = stop.run_until_cancelled(domain.deliver_postponed(keep_ms));
        match round.await {
            None => return,
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::warn!(%error, "after-hooks could not be tried again");
            }
        }
    }
}
