//! The server under test as a child process: fresh data, free ports, its output in a file that is shown when it fails.

use crate::process::{Cores, Meter, Process, command};
use crate::rest::Admin;
use anyhow::{Result, bail};
use rustix::process::Signal;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const READY_MAX: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(2);

/// The secret and the administrator of a development instance.
const SECRET: &str = "openIM123";
const ADMIN: &str = "imAdmin";

/// What to start.
#[derive(Clone, Debug)]
pub struct Setup {
    pub program: PathBuf,
    /// A `postgres://` URL of an empty database; without one the server keeps SQLite files in its data directory.
    pub database: Option<String>,
    /// Processes whose processor time counts as the server's: the database.
    pub helpers: Vec<u32>,
    pub cores: Cores,
    /// Where temporary directories are made.
    pub directory: PathBuf,
}

/// A running, ready server. Dropping it kills it and removes its data.
#[derive(Debug)]
pub struct Server {
    process: Process,
    setup: Setup,
    main: SocketAddr,
    pub api: SocketAddr,
    pub socket: SocketAddr,
    /// From the start of the process to its first "ready".
    pub ready_after: Duration,
    directory: TempDir,
}

impl Server {
    pub async fn start(setup: &Setup) -> Result<Server> {
        let directory = tempfile::tempdir_in(&setup.directory)?;
        fs::create_dir(directory.path().join("data"))?;
        let addresses = free_addresses()?;
        let [main, api, socket] = addresses;
        let begun = Instant::now();
        let mut server = Server {
            process: spawn(setup, addresses, directory.path())?,
            setup: setup.clone(),
            main,
            api,
            socket,
            ready_after: Duration::ZERO,
            directory,
        };
        let ready = server.wait_until_ready(begun).await;
        server.explain(ready)?;
        Ok(server)
    }

    /// A new process on the same data and ports.
    pub async fn restart(self) -> Result<Server> {
        self.process.stop(Signal::TERM).await?;
        let addresses = [self.main, self.api, self.socket];
        let begun = Instant::now();
        let mut server = Server {
            process: spawn(&self.setup, addresses, self.directory.path())?,
            ..self
        };
        let ready = server.wait_until_ready(begun).await;
        server.explain(ready)?;
        Ok(server)
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The server and its database.
    pub fn meter(&self) -> Meter {
        let mut ids = self.setup.helpers.clone();
        ids.push(self.id());
        Meter(ids)
    }

    pub async fn admin(&self) -> Result<Admin> {
        Admin::log_in(self.api, SECRET, ADMIN).await
    }

    pub async fn stop(self) -> Result<()> {
        self.process.stop(Signal::TERM).await
    }

    /// When `outcome` is an error, shows the end of the server's own log, which may say why.
    pub fn explain<T>(&self, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            let log = fs::read_to_string(log_path(self.directory.path())).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(10)..];
            eprintln!("The server's last lines:\n{}", tail.join("\n"));
        }
        outcome
    }

    async fn wait_until_ready(&mut self, begun: Instant) -> Result<()> {
        while begun.elapsed() < READY_MAX {
            self.process.expect_running()?;
            if is_ready(self.main).await {
                self.ready_after = begun.elapsed();
                return Ok(());
            }
            sleep(POLL).await;
        }
        bail!("not ready within {READY_MAX:?}")
    }
}

/// Nothing of our own environment reaches the server, so that a run does not depend on who starts it.
fn spawn(setup: &Setup, addresses: [SocketAddr; 3], directory: &Path) -> Result<Process> {
    let [main, api, socket] = addresses.map(|address| address.to_string());
    let data = directory.join("data");
    let store = match &setup.database {
        Some(url) => url.clone(),
        None => format!("sqlite:{}", data.join("switchboard.db").display()),
    };
    let log = File::create(log_path(directory))?;
    let mut command = command(setup.cores.server, &setup.program)?;
    command
        .arg("serve")
        .arg("--data")
        .arg(&data)
        .env_clear()
        .env("SWITCHBOARD__LISTEN__MAIN", main)
        .env("SWITCHBOARD__LISTEN__OPENIM_API", api)
        .env("SWITCHBOARD__LISTEN__OPENIM_WS", socket)
        .env("SWITCHBOARD__STORE__URL", store)
        .current_dir(directory)
        .stdout(log.try_clone()?)
        .stderr(log);
    Process::spawn(&mut command)
}

fn log_path(directory: &Path) -> PathBuf {
    directory.join("server.log")
}

/// Three ports that were free a moment ago.
fn free_addresses() -> Result<[SocketAddr; 3]> {
    let listeners = [
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
    ];
    let [a, b, c] = listeners.each_ref().map(TcpListener::local_addr);
    Ok([a?, b?, c?])
}

/// Asked by hand: a client library would count its own first use as part of the server's start.
async fn is_ready(main: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(main).await.ok()?;
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {main}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.ok()?;
        Some(answer.ends_with(b" 200"))
    };
    matches!(timeout(Duration::from_secs(2), ask).await, Ok(Some(true)))
}
