//! The life of a server: claim the directory, bind, open, serve, and stop in order. Whatever can fail at the start
//! fails before the first connection is taken, with one message.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use domain::Domain;
use metrics_exporter_prometheus::PrometheusHandle;
use realtime::{Backlog, FollowerDriver};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use store::StoreUrl;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::commands::print;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::http::{Pages, with_layers};
use crate::listen::Listeners;
use crate::node::{self, Node, describe};
use crate::push;
use crate::telemetry;
use crate::webhooks;
use crate::welcome::Addresses;

/// How long sockets may take to leave.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// How long requests may take to finish.
const REQUESTS_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the whole stop may take; service managers usually grant ten seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(9);

/// How often the worker looks for jobs that are due.
const JOBS_EVERY: Duration = Duration::from_secs(1);

/// How often it is written which messages have reached a device. A crash loses what was noted since.
const DELIVERIES_EVERY: Duration = Duration::from_secs(2);

/// The exit code after a second signal, as shells report an interrupted program.
const EXIT_INTERRUPTED: i32 = 130;

pub(crate) async fn serve(config: Config) -> Result<()> {
    let started = Instant::now();
    telemetry::install_logs(&config.log)?;
    raise_open_files();
    let stop = stop_on_signals()?;
    let _claim = DataDir::claim(&config.data_dir)?;
    let listeners = Listeners::bind(&config.listen).await?;
    // Before the node: its counters find the recorder when they are made.
    let metrics = telemetry::install_metrics()?;
    // A database that does not answer can keep us here; a signal ends that.
    let Some(node) = stop.run_until_cancelled(start_node(&config)).await else {
        return Ok(());
    };
    let node = node?;

    let background = TaskTracker::new();
    background.spawn(run_jobs(node.domain.clone(), stop.clone()));
    if node.domain.is_pushing() {
        for _ in 0..push::WORKERS {
            background.spawn(push::work(node.domain.clone(), stop.clone()));
        }
    }
    if !config.webhooks.hooks.is_empty() {
        let keep_ms = config.webhooks.keep_ms;
        background.spawn(webhooks::work(node.domain.clone(), keep_ms, stop.clone()));
    }
    if let Some(reports) = webhooks::watch(&node.domain, &node.realtime) {
        let domain = node.domain.clone();
        background.spawn(webhooks::write_reports(domain, reports, stop.clone()));
    }
    background.spawn(run_reactions(node.domain.clone(), stop.clone()));
    background.spawn(write_deliveries(node.domain.clone(), stop.clone()));
    let relay = node.relay.clone();
    let follow = stop.clone();
    background.spawn(async move { relay.follow(follow).await });
    background.spawn(keep_up(metrics.clone(), stop.clone()));
    let holder = follower_holder(&config)?;
    for follower in &node.followers {
        let driver = FollowerDriver::new(node.domain.clone(), follower.clone(), holder.clone());
        let stop = stop.clone();
        background.spawn(async move { driver.run(stop).await });
    }

    let addresses = Addresses::of(&listeners);
    let greeting = addresses.greeting(&config);
    let requests = TaskTracker::new();
    listen(listeners, &node, metrics, addresses, &stop, &requests)?;
    print(&greeting)?;
    tracing::info!(duration_ms = started.elapsed().as_millis() as u64, "ready");

    stop.cancelled().await;
    tracing::info!("stopping");
    let stopping = shut_down(&node, &requests, &background);
    match tokio::time::timeout(STOP_TIMEOUT, stopping).await {
        Ok(()) => tracing::info!("stopped"),
        Err(_) => tracing::warn!(
            requests = requests.len(),
            "stopped before everything had ended"
        ),
    }
    Ok(())
}

async fn start_node(config: &Config) -> Result<Node> {
    let node = Node::open(config).await?;
    node.ensure_administrators(config).await?;
    node.domain
        .schedule_housekeeping()
        .await
        .map_err(describe)?;
    node.domain
        .prepare_search(config.search)
        .await
        .map_err(describe)?;
    push::prepare(&node.domain).await?;
    webhooks::prepare(&node.domain, &config.webhooks).await?;
    let backlog = node.relay.catch_up().await.map_err(describe)?;
    if backlog != Backlog::default() {
        tracing::info!(
            messages = backlog.messages,
            events = backlog.events,
            "published what the last run left behind"
        );
    }
    Ok(node)
}

/// Sockets first, because they hold requests of their own; the store last, because everything uses it.
async fn shut_down(node: &Node, requests: &TaskTracker, background: &TaskTracker) {
    node.realtime.shutdown().await;
    requests.close();
    // A request that hangs must not keep the store from being closed.
    let _ = tokio::time::timeout(REQUESTS_TIMEOUT, requests.wait()).await;
    background.close();
    background.wait().await;
    if let Err(error) = node.domain.flush_deliveries().await {
        tracing::warn!(%error, "the last receipts of deliveries are lost");
    }
    if let Err(error) = node.relay.finish().await {
        tracing::warn!(%error, "the relay cursor stays behind");
    }
    node.domain.close().await;
}

/// Hands each listener its routes. The main listener has all of them, under paths.
fn listen(
    listeners: Listeners,
    node: &Node,
    metrics: PrometheusHandle,
    addresses: Addresses,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<()> {
    let pages = Arc::new(Pages {
        domain: node.domain.clone(),
        metrics,
        addresses,
        stop: stop.clone(),
    });
    let main = Router::new()
        .merge(pages.router())
        .nest("/openim", node.openim.api_router())
        .nest("/ws", node.openim.socket_router());
    let request_ids = Arc::new(node::new_ids()?);
    let files = node.openim.transfer_router();
    let doors = [
        (
            listeners.main,
            "main",
            main,
            Router::new().nest("/openim", files.clone()),
        ),
        (
            listeners.openim_api,
            "openim_api",
            node.openim.api_router(),
            files,
        ),
        (
            listeners.openim_ws,
            "openim_ws",
            node.openim.socket_router(),
            Router::new(),
        ),
    ];
    for (listener, name, routes, transfers) in doors {
        if let Some(listener) = listener {
            let app = with_layers(routes, transfers, name, &request_ids);
            tasks.spawn(listener.serve(app, stop.clone(), tasks.clone()));
        }
    }
    Ok(())
}

async fn run_jobs(domain: Arc<Domain>, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(JOBS_EVERY))
        .await
        .is_some()
    {
        if let Err(error) = domain.run_due_jobs().await {
            tracing::warn!(%error, "jobs could not be run");
        }
    }
}

/// The last ones are written when the sockets have gone, by [`shut_down`].
async fn write_deliveries(domain: Arc<Domain>, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(DELIVERIES_EVERY))
        .await
        .is_some()
    {
        if let Err(error) = domain.flush_deliveries().await {
            tracing::warn!(%error, "receipts of deliveries are kept back");
        }
    }
}

/// Reactions are promised here and on other nodes: a promise wakes the worker, and it looks by itself now and then.
async fn run_reactions(domain: Arc<Domain>, stop: CancellationToken) {
    loop {
        let wait = tokio::time::timeout(JOBS_EVERY, domain.reaction_promised());
        if stop.run_until_cancelled(wait).await.is_none() {
            return;
        }
        while let Ok(outcome) = domain.run_due_reactions().await
            && outcome.done > 0
            && !stop.is_cancelled()
        {}
    }
}

/// Who holds the leases of followers. A file of SQLite has one process, which after a crash goes on where it was;
/// with PostgreSQL there may be others, so each process has a name of its own.
fn follower_holder(config: &Config) -> Result<String> {
    match config.store {
        StoreUrl::Sqlite(_) => Ok("local".to_owned()),
        StoreUrl::Postgres(_) => Ok(node::new_ids()?.hex32()),
    }
}

async fn keep_up(metrics: PrometheusHandle, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(telemetry::UPKEEP_EVERY))
        .await
        .is_some()
    {
        metrics.run_upkeep();
    }
}

/// The first signal stops in order, the second at once.
fn stop_on_signals() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let token = stop.clone();
    let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
    #[expect(
        clippy::disallowed_methods,
        reason = "it must outlive the shutdown that trackers wait for"
    )]
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        token.cancel();
        either(&mut terminate, &mut interrupt).await;
        std::process::exit(EXIT_INTERRUPTED);
    });
    Ok(stop)
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

/// A connection is a file to the system, and the usual soft limit is 1024.
fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    ) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
