//! A PostgreSQL server for one run: made by `initdb` in a temporary directory, reachable on loopback only, durable as
//! shipped (`fsync` and `synchronous_commit` on). It refuses to run as root, so that root becomes `postgres` for it.

use crate::process::{Process, command};
use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use std::ffi::OsString;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

const USER: &str = "postgres";
const READY_MAX: Duration = Duration::from_secs(30);
const TOOL_MAX: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Postgres {
    process: Process,
    programs: PathBuf,
    port: u16,
    databases: u32,
    pub version: String,
    _directory: TempDir,
}

impl Postgres {
    /// Starts a server on `core`.
    pub async fn start(core: Option<usize>, directory: &Path) -> Result<Postgres> {
        let programs = programs()?;
        let directory = tempfile::tempdir_in(directory)?;
        let data = directory.path().join("data");
        fs::create_dir(&data)?;
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
        let owner = Owner::find()?;
        owner.give(directory.path())?;
        owner.give(&data)?;

        let mut init = tool(&owner.becomes(&programs.join("initdb")))?;
        init.arg("-D").arg(&data).args([
            "-U",
            USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        run(&mut init).await.context("initdb")?;

        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let log = File::create(directory.path().join("postgres.log"))?;
        let become_and_run = owner.becomes(&programs.join("postgres"));
        let (program, arguments) = become_and_run.split_first().context("no program")?;
        let mut server = command(core, program)?;
        server.args(arguments).arg("-D").arg(&data);
        for setting in [
            &format!("port={port}"),
            "listen_addresses=127.0.0.1",
            &format!("unix_socket_directories={}", directory.path().display()),
            "fsync=on",
            "synchronous_commit=on",
            "max_connections=100",
            "shared_buffers=256MB",
            "max_wal_size=2GB",
        ] {
            server.arg("-c").arg(setting);
        }
        server.stdout(log.try_clone()?).stderr(log);
        let process = Process::spawn(&mut server)?;
        let mut postgres = Postgres {
            process,
            version: version(&programs).await?,
            programs,
            port,
            databases: 0,
            _directory: directory,
        };
        postgres.wait_until_ready().await?;
        Ok(postgres)
    }

    /// Every process of the server is a child of this one.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Makes an empty database and returns its URL.
    pub async fn empty_database(&mut self) -> Result<String> {
        self.databases += 1;
        let name = format!("switchboard_{}", self.databases);
        let mut create = self.client_tool("createdb");
        create.arg(&name);
        run(&mut create).await.context("createdb")?;
        Ok(format!("postgres://{USER}@127.0.0.1:{}/{name}", self.port))
    }

    /// Waits for connections to end, and for what is on its way to the disk.
    pub async fn stop(self) -> Result<()> {
        self.process.stop(Signal::INT).await
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < READY_MAX {
            self.process.expect_running().context("postgres")?;
            if run(&mut self.client_tool("pg_isready")).await.is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("PostgreSQL is not ready within {READY_MAX:?}")
    }

    fn client_tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.args(["-h", "127.0.0.1", "-U", USER, "-p", &self.port.to_string()]);
        command
    }
}

/// Debian keeps the server's programs outside the path; the newest version is taken.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let number = path.file_name()?.to_str()?.parse().ok()?;
            let programs = path.join("bin");
            programs
                .join("initdb")
                .exists()
                .then_some((number, programs))
        })
        .collect();
    found.sort();
    let (_, programs) = found.pop().context("PostgreSQL is not installed")?;
    Ok(programs)
}

async fn version(programs: &Path) -> Result<String> {
    let output = Command::new(programs.join("postgres"))
        .arg("--version")
        .output()
        .await?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Who runs the server: ourselves, or `postgres` when we are root.
struct Owner(Option<(u32, u32)>);

impl Owner {
    fn find() -> Result<Owner> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Owner(None));
        }
        let accounts = fs::read_to_string("/etc/passwd")?;
        let line = accounts
            .lines()
            .find(|line| line.split(':').next() == Some(USER))
            .context("there is no system account postgres")?;
        let mut ids = line.split(':').skip(2);
        let mut id = || ids.next()?.parse().ok();
        let ids = id().zip(id()).context("/etc/passwd")?;
        Ok(Owner(Some(ids)))
    }

    fn give(&self, path: &Path) -> Result<()> {
        if let Some((user, group)) = self.0 {
            chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// The program and its first arguments. A change of user clears the wish to die with us, so it is made again.
    fn becomes(&self, program: &Path) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        if self.0.is_some() {
            let become_postgres = [
                "setpriv",
                "--reuid=postgres",
                "--regid=postgres",
                "--init-groups",
                "--pdeathsig=INT",
            ];
            words.extend(become_postgres.map(OsString::from));
        }
        words.push(program.into());
        words
    }
}

fn tool(words: &[OsString]) -> Result<Command> {
    let (program, arguments) = words.split_first().context("no program")?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}

async fn run(command: &mut Command) -> Result<()> {
    command.kill_on_drop(true).current_dir("/");
    let output = timeout(TOOL_MAX, command.output())
        .await
        .context("it takes too long")??;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {errors}", output.status);
    Ok(())
}
