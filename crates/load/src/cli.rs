//! The command line. Every workload is a command of its own; `all` runs them one after another on both stores.

use crate::bench::{Bench, Sizes, Store};
use crate::process::{self, Cores};
use crate::talk::Plan;
use crate::{fanout, floor};
use anyhow::{Context, Result, anyhow, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// Files this process and the server need beside one for each connection.
const FILES_BESIDE: u64 = 300;

#[derive(Debug, Parser)]
#[command(
    name = "switchboard-load",
    version,
    about = "Load for a Switchboard server, and what it makes of it"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The bare server that other figures are measured against: direct and fan-out.
    Floor(Options),
    /// Messages from user to user, each durable, acknowledged and delivered, in closed loop.
    Direct {
        #[command(flatten)]
        options: Options,
        #[arg(long, value_enum, default_value_t = Switch::Off)]
        gzip: Switch,
    },
    /// Memory of connections that are logged in and silent.
    Idle(Options),
    /// One sender to many connections of one user.
    Fanout {
        #[command(flatten)]
        options: Options,
        #[arg(long, value_enum, default_value_t = Switch::Off)]
        gzip: Switch,
    },
    /// A group: one member to many connected ones, and what a large one costs to make, join, sync and write to.
    Groups(Options),
    /// Messages from user to user on an empty store and beside many old messages.
    Grown(Options),
    /// Cold start to ready, and idle memory.
    Start(Options),
    /// Login sync of an account with many conversations.
    Sync(Options),
    /// Messages from user to user without after-hooks, and with after-hooks for a server that is not there.
    Webhooks(Options),
    /// Content search: what the index costs, how far it stays behind, how fast it answers.
    Search(Options),
    /// A large file up and down through the object routes, beside nginx.
    Files(Options),
    /// All of it, and whether each goal is reached.
    #[command(visible_alias = "report")]
    All(Options),
    /// The bare server itself; `floor` starts it.
    #[command(hide = true)]
    FloorServer {
        #[arg(long)]
        log: PathBuf,
        #[arg(long)]
        connections: usize,
    },
    /// Becomes another program, pinned to a core, that does not outlive its parent.
    #[command(hide = true)]
    Launch {
        #[arg(long)]
        core: Option<usize>,
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

#[derive(Args, Clone, Debug)]
struct Options {
    /// The server under test; by default `switchboard` beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Stores to run against; PostgreSQL is started for the run.
    #[arg(long, value_enum, default_value_t = Stores::Default)]
    store: Stores,
    /// Users of `direct`, an even number.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    users: u32,
    /// Receiving connections of `fanout`.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    receivers: u32,
    /// Members of the large group of `groups`.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(3..=10_000))]
    members: u32,
    /// Messages of `fanout` under way at a time; with more than one the server can put frames together.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=fanout::UNDER_WAY_MAX.into()))]
    under_way: u32,
    /// Connections of `idle`.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    connections: u32,
    /// Conversations of `sync`.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    conversations: u32,
    /// Messages of `search` and of `grown`.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    messages: u64,
    /// How often `start` starts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    starts: u8,
    /// The file of `files`, in MiB.
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=2048))]
    mib: u32,
    /// Bytes of a message's content.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(14..=16_384))]
    bytes: u32,
    /// Seconds that count.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Seconds before them that do not.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=60))]
    warm_up: u32,
    /// Server and generator on a core of their own each, or wherever the kernel puts them.
    #[arg(long, value_enum, default_value_t = Pin::Split)]
    pin: Pin,
    /// Run `direct` and `fanout` without the floor before them, so without a ratio.
    #[arg(long)]
    no_floor: bool,
    /// Where data is written; the disk that is measured.
    #[arg(long)]
    directory: Option<PathBuf>,
    /// Write the report to this file, too.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Fail when a goal is missed.
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Pin {
    Split,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stores {
    /// SQLite, and for `all` PostgreSQL as well.
    Default,
    Sqlite,
    Postgres,
    Both,
}

impl Stores {
    fn list(self, is_all: bool) -> &'static [Store] {
        match self {
            Stores::Default if is_all => &[Store::Sqlite, Store::Postgres],
            Stores::Default | Stores::Sqlite => &[Store::Sqlite],
            Stores::Postgres => &[Store::Postgres],
            Stores::Both => &[Store::Sqlite, Store::Postgres],
        }
    }
}

/// What to run against the server once it is all set up.
enum Workload {
    Floor,
    Direct { gzip: bool },
    Idle,
    Fanout { gzip: bool },
    Groups,
    Grown,
    Start,
    Sync,
    Webhooks,
    Search,
    Files,
    All,
}

/// Runs what the command line says.
pub fn run() -> Result<()> {
    match Cli::parse().command {
        Command::Floor(options) => measure(&options, Workload::Floor),
        Command::Direct { options, gzip } => {
            let gzip = gzip == Switch::On;
            measure(&options, Workload::Direct { gzip })
        }
        Command::Idle(options) => measure(&options, Workload::Idle),
        Command::Fanout { options, gzip } => {
            let gzip = gzip == Switch::On;
            measure(&options, Workload::Fanout { gzip })
        }
        Command::Groups(options) => measure(&options, Workload::Groups),
        Command::Grown(options) => measure(&options, Workload::Grown),
        Command::Start(options) => measure(&options, Workload::Start),
        Command::Sync(options) => measure(&options, Workload::Sync),
        Command::Webhooks(options) => measure(&options, Workload::Webhooks),
        Command::Search(options) => measure(&options, Workload::Search),
        Command::Files(options) => measure(&options, Workload::Files),
        Command::All(options) => measure(&options, Workload::All),
        Command::FloorServer { log, connections } => Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(floor::server::serve(&log, connections)),
        Command::Launch { core, command } => process::launch(core, &command),
    }
}

fn measure(options: &Options, workload: Workload) -> Result<()> {
    ensure!(options.users.is_multiple_of(2), "--users must be even");
    let files = process::raise_open_files()?;
    let cores = match options.pin {
        Pin::Split => Cores::split(),
        Pin::None => Cores::default(),
    };
    let directory = options.directory.clone();
    let directory = directory.unwrap_or_else(std::env::temp_dir);
    let directory = tempfile::Builder::new()
        .prefix("switchboard-load-")
        // PostgreSQL has a directory in it and runs as another user.
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in(directory)?;
    let mut sizes = sizes(options);
    let room = u32::try_from(files.saturating_sub(FILES_BESIDE)).unwrap_or(u32::MAX);
    sizes.connections = sizes.connections.min(room);
    ensure!(
        sizes.users.max(sizes.receivers) <= room,
        "the kernel allows {files} open files"
    );
    let path = directory.path().to_owned();
    let mut bench = Bench::new(program(options)?, path, cores, sizes)?;
    if let Some(core) = cores.generator {
        // After the disk was probed, and before there are threads.
        process::pin(core)?;
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let outcome = run_until_signal(&runtime, &mut bench, options, workload);
    // What was measured before something failed is still worth reading.
    print!("{}", bench.report.text());
    if let Some(path) = &options.json {
        bench.report.write_json(path)?;
    }
    outcome?;
    let missed = bench.report.missed();
    ensure!(missed == 0 || !options.strict, "{missed} goals were missed");
    Ok(())
}

fn sizes(options: &Options) -> Sizes {
    Sizes {
        users: options.users,
        receivers: options.receivers,
        members: options.members,
        under_way: options.under_way,
        connections: options.connections,
        conversations: options.conversations,
        messages: options.messages,
        starts: options.starts.into(),
        mib: options.mib,
        content_bytes: options.bytes as usize,
        plan: Plan {
            warm_up: Duration::from_secs(options.warm_up.into()),
            measure: Duration::from_secs(options.seconds.into()),
            drain_max: Duration::from_secs(15),
        },
    }
}

fn program(options: &Options) -> Result<PathBuf> {
    match &options.server {
        // The server is started in a directory of its own.
        Some(program) => std::path::absolute(program).context("--server"),
        None => Ok(std::env::current_exe()?.with_file_name("switchboard")),
    }
}

/// A signal ends the run like an error: children are stopped and directories removed on the way out.
fn run_until_signal(
    runtime: &Runtime,
    bench: &mut Bench,
    options: &Options,
    workload: Workload,
) -> Result<()> {
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let outcome = tokio::select! {
            outcome = run_workload(bench, options, workload) => outcome,
            _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
            _ = terminate.recv() => Err(anyhow!("terminated")),
        };
        outcome.and(bench.finish().await)
    })
}

async fn run_workload(bench: &mut Bench, options: &Options, workload: Workload) -> Result<()> {
    let is_all = matches!(workload, Workload::All);
    let stores = options.store.list(is_all);
    match workload {
        Workload::Floor => {
            bench.floor_direct().await?;
            return bench.floor_fanout().await;
        }
        Workload::All => return bench.all(stores).await,
        Workload::Direct { .. } if !options.no_floor => bench.floor_direct().await?,
        Workload::Fanout { .. } | Workload::Groups if !options.no_floor => {
            bench.floor_fanout().await?;
        }
        _ => {}
    }
    for &store in stores {
        match workload {
            Workload::Direct { gzip } => bench.direct(store, gzip).await?,
            Workload::Fanout { gzip } => bench.fanout(store, gzip).await?,
            Workload::Idle => bench.idle(store).await?,
            Workload::Webhooks => bench.webhooks(store).await?,
            Workload::Groups => {
                bench.group_fanout(store, false).await?;
                bench.group_fanout(store, true).await?;
                bench.groups(store).await?;
            }
            Workload::Grown => bench.grown(store).await?,
            Workload::Start => bench.start(store).await?,
            Workload::Sync => bench.sync(store).await?,
            Workload::Files => bench.files(store).await?,
            Workload::Search => bench.search(store).await?,
            Workload::Floor | Workload::All => {}
        }
    }
    Ok(())
}
