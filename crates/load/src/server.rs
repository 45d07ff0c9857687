//! The server under test as a child process: fresh data, free ports, its output in a file that is shown when it fails.

use crate::process::{Cores, Meter, Process, command};
use crate::rest::Admin;
use anyhow::{Result, bail};
use rustix::process::Signal;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store::StoreUrl;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const READY_MAX: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(2);

/// The secret and the administrator of a development instance.
const SECRET: &str = "openIM123";
const ADMIN: &str = "imAdmin";

/// Every message is to be told to a port where nobody listens.
const DEAD_WEBHOOKS: [(&str, &str); 2] = [
    ("SWITCHBOARD__WEBHOOKS__URL", "http://127.0.0.1:1/hooks"),
    (
        "SWITCHBOARD__WEBHOOKS__AFTER_SEND_SINGLE_MSG__ENABLE",
        "true",
    ),
];

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
    /// Whether messages are indexed for search.
    pub search: bool,
    /// Whether after-hooks are on, for an application's server that is not there.
    pub dead_webhooks: bool,
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
        Self::start_on(setup, directory).await
    }

    /// A server whose store holds that many old messages, spread over conversations of nobody who is there.
    pub async fn start_on_old(setup: &Setup, messages: u64, conversations: u64) -> Result<Server> {
        let directory = tempfile::tempdir_in(&setup.directory)?;
        fs::create_dir(directory.path().join("data"))?;
        let url: StoreUrl = store_url(setup, directory.path()).parse()?;
        store::migrate(&url).await?;
        store::fill(&url, messages, conversations).await?;
        Self::start_on(setup, directory).await
    }

    async fn start_on(setup: &Setup, directory: TempDir) -> Result<Server> {
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

    /// What Prometheus would read.
    pub async fn metrics(&self) -> Result<String> {
        let answer = reqwest::Client::builder().no_proxy().build()?;
        let answer = answer.get(format!("http://{}/metrics", self.main)).send();
        Ok(answer.await?.error_for_status()?.text().await?)
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
    let store = store_url(setup, directory);
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
        .env("SWITCHBOARD__SEARCH__ENABLED", setup.search.to_string())
        .envs(
            if setup.dead_webhooks {
                &DEAD_WEBHOOKS[..]
            } else {
                &[]
            }
            .iter()
            .copied(),
        )
        .current_dir(directory)
        .stdout(log.try_clone()?)
        .stderr(log);
    Process::spawn(&mut command)
}

fn store_url(setup: &Setup, directory: &Path) -> String {
    match &setup.database {
        Some(url) => url.clone(),
        None => {
            let file = directory.join("data").join("switchboard.db");
            format!("sqlite:{}", file.display())
        }
    }
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
