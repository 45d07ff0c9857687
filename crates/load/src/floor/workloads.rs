//! The two workloads that have a floor, run against the bare server as a child process of its own.

use super::frames::{EVERYONE, FloorSpeech};
use crate::process::{Cores, Meter, Process, command};
use crate::socket::{Socket, dial};
use crate::talk::Plan;
use crate::{fanout, pairs};
use anyhow::{Context, Result};
use bytes::Bytes;
use rustix::process::Signal;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

/// What the product stores with a message besides its content: two ids of 32 characters, names, push texts, numbers.
/// The floor's row is made longer by as much, so that both write the same amount.
pub const ROW_EXTRA_BYTES: usize = 180;

/// Workload 1 on the floor.
pub async fn direct(
    users: u32,
    content_bytes: usize,
    plan: Plan,
    cores: Cores,
    directory: &Path,
) -> Result<pairs::Outcome> {
    let server = Server::start(users, cores, directory).await?;
    let mut pairs = Vec::new();
    for first in (0..users).step_by(2) {
        let users = [first, first + 1];
        pairs.push(pairs::Pair {
            users,
            sockets: [server.dial(users[0]).await?, server.dial(users[1]).await?],
            speech: FloorSpeech {
                recipients: [users[1], users[0]],
                payload: payload(content_bytes),
            },
        });
    }
    let outcome = pairs::run(pairs, plan, server.meter()).await?;
    server.process.stop(Signal::TERM).await?;
    Ok(outcome)
}

/// Workload 3 on the floor.
pub async fn fanout(
    receivers: u32,
    under_way_max: u32,
    content_bytes: usize,
    plan: Plan,
    cores: Cores,
    directory: &Path,
) -> Result<fanout::Outcome> {
    let server = Server::start(receivers + 1, cores, directory).await?;
    let mut sockets = Vec::new();
    for index in 1..=receivers {
        sockets.push(server.dial(index).await?);
    }
    let speech = FloorSpeech {
        recipients: [EVERYONE; 2],
        payload: payload(content_bytes),
    };
    let sender = server.dial(0).await?;
    let outcome = fanout::run(
        0,
        sender,
        sockets,
        speech,
        under_way_max,
        plan,
        server.meter(),
    )
    .await?;
    server.process.stop(Signal::TERM).await?;
    Ok(outcome)
}

fn payload(content_bytes: usize) -> Bytes {
    vec![b'x'; content_bytes + ROW_EXTRA_BYTES].into()
}

struct Server {
    process: Process,
    address: SocketAddr,
    _directory: TempDir,
}

impl Server {
    async fn start(connections: u32, cores: Cores, directory: &Path) -> Result<Server> {
        let directory = tempfile::tempdir_in(directory)?;
        let mut command = command(cores.server, std::env::current_exe()?)?;
        command
            .arg("floor-server")
            .arg("--log")
            .arg(directory.path().join("floor.db"))
            .args(["--connections", &connections.to_string()])
            .stdout(Stdio::piped());
        let mut process = Process::spawn(&mut command)?;
        let output = process.child().stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        let line = timeout(Duration::from_secs(10), lines.next_line());
        let line = line.await.context("the floor server is silent")??;
        let address = line
            .as_deref()
            .and_then(|line| line.strip_prefix("listening "))
            .with_context(|| format!("the floor server said {line:?}"))?
            .parse()?;
        Ok(Server {
            process,
            address,
            _directory: directory,
        })
    }

    async fn dial(&self, index: u32) -> Result<Socket> {
        dial(self.address, &format!("/ws/{index}"), None).await
    }

    fn meter(&self) -> Meter {
        Meter(vec![self.process.id()])
    }
}
