//! `switchboard doctor`: looks at everything a server needs before it starts, and says what to do about what is
//! wrong. It changes nothing.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Result, bail};
use domain::time::{Clock, Millis};
use rustix::process::{Resource, getrlimit};
use store::{SCHEMA_VERSION, StoreUrl};
use tokio::net::TcpListener;

use crate::clock::SystemClock;
use crate::commands::print;
use crate::config::{Config, Source};
use crate::node::describe;

/// Fewer open files than this, and a busy server runs out of them.
const OPEN_FILES_WANTED: u64 = 65_536;

/// 2026-01-01: a clock before that is not set, and every token it dates has expired.
const EARLIEST_SANE_MS: Millis = 1_767_225_600_000;

enum Finding {
    Good(String),
    /// It works, but not for long or not for many.
    Warning(String),
    Bad(String),
}

pub(crate) async fn doctor(source: Source) -> Result<()> {
    let mut findings = Vec::new();
    match Config::load(&source) {
        Ok(config) => {
            let origin = source
                .file
                .map_or("development defaults".to_owned(), |file| {
                    file.display().to_string()
                });
            findings.push(("configuration", Finding::Good(origin)));
            findings.push(("data directory", data_directory(&config.data_dir)));
            findings.push(("store", store_schema(&config).await));
            for (name, address) in config.listen.all() {
                findings.push((name, port(address).await));
            }
        }
        Err(problems) => findings.push(("configuration", Finding::Bad(problems.to_string()))),
    }
    findings.push(("open files", open_files()));
    findings.push(("clock", clock()));
    report(&findings)
}

fn report(findings: &[(&str, Finding)]) -> Result<()> {
    let mut bad = 0;
    for (what, finding) in findings {
        let (mark, text) = match finding {
            Finding::Good(text) => ("ok  ", text),
            Finding::Warning(text) => ("warn", text),
            Finding::Bad(text) => ("FAIL", text),
        };
        bad += usize::from(matches!(finding, Finding::Bad(_)));
        print(&format!("{mark}  {what:<18} {text}\n"))?;
    }
    if bad > 0 {
        bail!("{bad} of {} checks failed", findings.len());
    }
    Ok(())
}

fn data_directory(path: &Path) -> Finding {
    let shown = path.display();
    if !path.exists() {
        return Finding::Good(format!("{shown} will be made"));
    }
    let access = rustix::fs::access(
        path,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    );
    match access {
        _ if !path.is_dir() => Finding::Bad(format!("{shown} is not a directory")),
        Ok(()) => Finding::Good(format!("{shown} can be written")),
        Err(error) => Finding::Bad(format!("{shown} cannot be written: {error}")),
    }
}

async fn store_schema(config: &Config) -> Finding {
    let shown = config.store_name();
    if let StoreUrl::Sqlite(path) = &config.store
        && !path.exists()
    {
        return Finding::Good(format!("{shown} will be made"));
    }
    match store::schema_version(&config.store).await.map_err(describe) {
        Ok(SCHEMA_VERSION) => Finding::Good(format!("{shown} answers; schema {SCHEMA_VERSION}")),
        Ok(found) if found < SCHEMA_VERSION => Finding::Good(format!(
            "{shown} answers; schema {found} becomes {SCHEMA_VERSION} at the next start"
        )),
        Ok(found) => Finding::Bad(format!(
            "{shown} has schema {found}, this program knows {SCHEMA_VERSION} at most: a newer version wrote it"
        )),
        Err(error) => Finding::Bad(format!("{shown} does not answer: {error:#}")),
    }
}

async fn port(address: SocketAddr) -> Finding {
    match TcpListener::bind(address).await {
        Ok(_) => Finding::Good(format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Finding::Bad(format!(
            "{address} is in use: by a running Switchboard, or by another program"
        )),
        Err(error) => Finding::Bad(format!("{address}: {error}")),
    }
}

fn open_files() -> Finding {
    // `serve` raises the soft limit to the hard one.
    match getrlimit(Resource::Nofile).maximum {
        Some(files) if files < OPEN_FILES_WANTED => Finding::Warning(format!(
            "at most {files}, and every connection needs one; raise the hard limit to {OPEN_FILES_WANTED} or more"
        )),
        Some(files) => Finding::Good(format!("at most {files}")),
        None => Finding::Good("not limited".to_owned()),
    }
}

fn clock() -> Finding {
    if SystemClock.now() < EARLIEST_SANE_MS {
        return Finding::Bad("the system's clock is years behind; set it".to_owned());
    }
    Finding::Good("set".to_owned())
}
