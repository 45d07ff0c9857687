//! Logs and metrics. Logs go to the error stream, one line at the edge, without bodies, tokens or addresses of
//! people; metrics are kept in the process and read from `/metrics`.

use std::time::Duration;

use anyhow::{Context, Result};
use metrics::{describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::cli::VERSION;
use crate::config::{Log, LogFormat};

/// How often old samples of histograms are folded, if nobody reads the metrics.
pub(crate) const UPKEEP_EVERY: Duration = Duration::from_secs(10);

/// From a quarter of a millisecond to ten seconds, in seconds.
const BUCKETS: [f64; 15] = [
    0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

pub(crate) fn install_logs(log: &Log) -> Result<()> {
    let filter = EnvFilter::builder()
        .parse(&log.level)
        .context("log.level")?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let installed = match log.format {
        LogFormat::Human => logs
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    installed.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))
}

/// Installs the recorder. Counters that are made before it count for nobody.
pub(crate) fn install_metrics() -> Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)?
        .install_recorder()?;
    describe_gauge!(
        "switchboard_build_info",
        "Always 1; the label says which version runs."
    );
    describe_gauge!(
        "process_resident_memory_bytes",
        "Resident memory of the process."
    );
    describe_gauge!("process_open_fds", "Open file descriptors of the process.");
    describe_gauge!(
        "process_max_fds",
        "The most file descriptors that the process may open."
    );
    describe_histogram!(
        "switchboard_http_request_duration_seconds",
        "Time to the head of the answer."
    );
    gauge!("switchboard_build_info", "version" => VERSION).set(1.0);
    Ok(handle)
}

/// The metrics as Prometheus reads them.
pub(crate) fn render(handle: &PrometheusHandle) -> String {
    if let Some(bytes) = resident_bytes() {
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(entries.count() as f64);
    }
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    gauge!("process_max_fds").set(files.current.map_or(f64::INFINITY, |files| files as f64));
    handle.render()
}

/// `None` where there is no `/proc`.
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
