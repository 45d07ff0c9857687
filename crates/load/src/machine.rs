//! What the figures were measured on: processor, kernel, and how often the disk can make 4 KiB durable in a second.
//! A durable append can be no faster than that last number, times the messages that share one commit.

use crate::stats::{Latency, micros, per_second};
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub kernel: String,
    pub memory_mib: u64,
    /// Overwrites of 4 KiB in place, each with its fdatasync, in one second.
    pub fdatasync_per_s: f64,
    pub fdatasync: Latency,
}

impl Machine {
    /// Looks at this machine, and probes the disk below `directory` for two seconds.
    pub fn look(directory: &Path) -> Result<Machine> {
        let (fdatasync_per_s, fdatasync) = probe(directory, Duration::from_secs(2))?;
        Ok(Machine {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: online_cores(),
            kernel: rustix::system::uname()
                .release()
                .to_string_lossy()
                .into_owned(),
            memory_mib: field("/proc/meminfo", "MemTotal")
                .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
                .unwrap_or_default()
                / 1024,
            fdatasync_per_s,
            fdatasync,
        })
    }
}

/// Not `available_parallelism`, which is 1 once this process is pinned.
fn online_cores() -> usize {
    fs::read_to_string("/proc/cpuinfo").map_or(1, |text| {
        text.lines()
            .filter(|line| line.starts_with("processor"))
            .count()
    })
}

/// The value of the first line `name : value`.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn probe(directory: &Path, time: Duration) -> Result<(f64, Latency)> {
    const PAGE: usize = 4096;
    const PAGES: u64 = 1024;
    let file = tempfile::tempfile_in(directory).context("make a file for the disk probe")?;
    let fill = |file: &File, byte: u8, page: u64| {
        file.write_all_at(&[byte; PAGE], page * PAGE as u64)?;
        file.sync_data()
    };
    // Overwriting is the probe; the blocks have to be there first.
    file.write_all_at(&vec![0; PAGE * PAGES as usize], 0)?;
    file.sync_all()?;

    let start = Instant::now();
    let mut samples = Vec::new();
    while start.elapsed() < time {
        let begun = Instant::now();
        let turn = samples.len() as u64;
        fill(&file, turn as u8, turn % PAGES).context("write in the disk probe")?;
        samples.push(micros(begun.elapsed()));
    }
    Ok((
        per_second(samples.len() as u64, start.elapsed()),
        Latency::of(samples),
    ))
}
