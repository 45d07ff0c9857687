//! Child processes and what the kernel knows about them: where they run, how much processor time and memory they took.
//! No child outlives this process: tokio kills it when its guard is dropped, and the kernel when we die without that.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Resource, Rlimit, Signal};
use rustix::thread::CpuSet;
use serde::Serialize;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a child may take to stop when asked.
const STOP_MAX: Duration = Duration::from_secs(15);

/// Which core runs what. `None` leaves the choice to the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cores {
    pub server: Option<usize>,
    pub generator: Option<usize>,
}

impl Cores {
    /// The server, and its database, on the first core and the generator on the second.
    pub fn split() -> Cores {
        match std::thread::available_parallelism() {
            Ok(cores) if cores.get() >= 2 => Cores {
                server: Some(0),
                generator: Some(1),
            },
            _ => Cores::default(),
        }
    }

    pub fn describe(self) -> String {
        match (self.server, self.generator) {
            (Some(server), Some(generator)) => format!(
                "server (and database) pinned to core {server}, generator to core {generator}"
            ),
            _ => "not pinned: server, database and generator share all cores".to_owned(),
        }
    }
}

/// Keeps the calling thread, and all threads and children it makes from now on, on `core`.
pub fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    rustix::thread::sched_setaffinity(None, &set).with_context(|| format!("pin to core {core}"))
}

/// Allows as many open files as the kernel lets us; children inherit the limit.
pub fn raise_open_files() -> Result<u64> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    rustix::process::setrlimit(Resource::Nofile, raised).context("raise RLIMIT_NOFILE")?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}

/// What `switchboard-load launch` does: becomes `program`, on `core`, with a death wish bound to the parent's life.
/// A detour, because both have to be set in the child before it runs, and that takes unsafe code otherwise.
pub fn launch(core: Option<usize>, command: &[OsString]) -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if let Some(core) = core {
        pin(core)?;
    }
    let (program, arguments) = command.split_first().context("no program to launch")?;
    let error = std::process::Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("start {}", program.display()))
}

/// A command that runs `program` by way of [`launch`]; arguments and environment are added to it.
pub fn command(core: Option<usize>, program: impl Into<OsString>) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("find this executable")?);
    command.arg("launch");
    if let Some(core) = core {
        command.arg("--core").arg(core.to_string());
    }
    command.arg("--").arg(program.into());
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

/// A running child.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pid: Pid,
}

impl Process {
    pub fn spawn(command: &mut Command) -> Result<Process> {
        let child = command.spawn().context("start a child process")?;
        let pid = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
            .context("the child process has no id")?;
        Ok(Process { child, pid })
    }

    pub fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// An error once the process has ended, which is never what we want.
    pub fn expect_running(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the process ended by itself: {status}"),
        }
    }

    /// Asks the process to stop, then makes it.
    pub async fn stop(mut self, signal: Signal) -> Result<()> {
        if self.child.try_wait()?.is_none() {
            rustix::process::kill_process(self.pid, signal).context("signal a child process")?;
            if timeout(STOP_MAX, self.child.wait()).await.is_err() {
                self.child.kill().await?;
            }
        }
        Ok(())
    }
}

/// Processor time of processes and of their children, living or dead.
#[derive(Clone, Debug)]
pub struct Meter(pub Vec<u32>);

impl Meter {
    pub fn cpu(&self) -> Result<Duration> {
        let mut ticks = 0;
        for stat in stats()? {
            if self.0.contains(&stat.pid) || self.0.contains(&stat.parent) {
                ticks += stat.ticks;
            }
        }
        Ok(from_ticks(ticks))
    }
}

/// Processor time of this process.
pub fn own_cpu() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let stat = Stat::parse(&stat).context("/proc/self/stat")?;
    Ok(from_ticks(stat.ticks))
}

fn from_ticks(ticks: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_millis(ticks * 1000 / per_second)
}

struct Stat {
    pid: u32,
    parent: u32,
    ticks: u64,
}

impl Stat {
    /// `proc(5)`: pid, (name), state, ppid, …, utime 14th, stime 15th, cutime 16th, cstime 17th.
    fn parse(line: &str) -> Option<Stat> {
        let pid = line.split_once(' ')?.0.parse().ok()?;
        // The name is in brackets and may hold anything, brackets too.
        let mut fields = line.rsplit_once(") ")?.1.split(' ').skip(1);
        let parent = fields.next()?.parse().ok()?;
        let times = fields.skip(9).take(4);
        Some(Stat {
            pid,
            parent,
            ticks: times.map_while(|time| time.parse::<u64>().ok()).sum(),
        })
    }
}

fn stats() -> Result<Vec<Stat>> {
    let mut stats = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path().join("stat");
        // A process may be gone by now, and most entries are not processes.
        if let Some(stat) = fs::read_to_string(path)
            .ok()
            .and_then(|line| Stat::parse(&line))
        {
            stats.push(stat);
        }
    }
    Ok(stats)
}

/// Resident memory of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    pub rss_kib: u64,
    /// Pages shared with other processes count for their share.
    pub pss_kib: u64,
}

pub fn memory(pid: u32) -> Result<Memory> {
    Ok(Memory {
        rss_kib: kib(&format!("/proc/{pid}/status"), "VmRSS:")?,
        pss_kib: kib(&format!("/proc/{pid}/smaps_rollup"), "Pss:")?,
    })
}

/// Forgets the peak of a child's resident memory, so that the next one is that of what follows.
pub fn reset_peak(pid: u32) -> Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").context("reset the peak of a child's memory")
}

/// The most resident memory that a process has had, in KiB.
pub fn peak(pid: u32) -> Result<u64> {
    kib(&format!("/proc/{pid}/status"), "VmHWM:")
}

fn kib(path: &str, name: &str) -> Result<u64> {
    let text = fs::read_to_string(path).with_context(|| path.to_owned())?;
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .with_context(|| format!("no {name} in {path}"))
}
