//! Workload 4: from nothing to ready, and what the server then weighs. Each start has an empty directory; the time
//! runs from making the process to the first "ready" it answers.

use crate::process::{Memory, memory};
use crate::server::{Server, Setup};
use crate::stats::median;
use anyhow::Result;
use std::time::Duration;
use tokio::time::sleep;

/// Before memory is read.
const SETTLE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub ready_ms: f64,
    pub ready_max_ms: f64,
    pub memory: Memory,
}

/// One start for each setup; there is at least one.
pub async fn run(setups: &[Setup]) -> Result<Outcome> {
    let mut ready_ms = Vec::new();
    let mut weight = Memory::default();
    for (index, setup) in setups.iter().enumerate() {
        let server = Server::start(setup).await?;
        ready_ms.push(server.ready_after.as_secs_f64() * 1e3);
        if index + 1 == setups.len() {
            sleep(SETTLE).await;
            weight = memory(server.id())?;
        }
        server.stop().await?;
    }
    Ok(Outcome {
        ready_max_ms: ready_ms.iter().copied().fold(0.0, f64::max),
        ready_ms: median(ready_ms),
        memory: weight,
    })
}
