//! A PostgreSQL server for tests: one per test process, started when the first test asks for it, with a fresh
//! database for every test that does. It listens on a socket in a directory of its own, and a shell that waits for
//! the end of the test process stops it and removes the directory, however that end comes about.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

/// The URL of an empty database that nobody else uses.
///
/// # Panics
///
/// When PostgreSQL is not installed or does not start: a test that needs it must not pass without it.
pub async fn fresh_database() -> String {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(Server::start).await;
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    server
        .execute(&format!("CREATE DATABASE {name}"))
        .await
        .expect("a new database");
    server.url(&name)
}

struct Server {
    directory: PathBuf,
    /// The watching shell reads it: when this process ends, so does the server.
    _alive: ChildStdin,
}

/// `$1` is the directory of PostgreSQL's programs. The first line of output names our directory.
const WATCH: &str = r#"
    trap '' INT TERM HUP
    dir=$(mktemp -d /tmp/switchboard-postgres.XXXXXX)
    as_user=
    if [ "$(id -u)" = 0 ]; then
        # PostgreSQL refuses to run as root.
        chown postgres "$dir"
        as_user="setpriv --reuid=postgres --regid=postgres --clear-groups --"
    fi
    echo "$dir"
    cd "$dir"
    $as_user "$1/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 &&
        exec $as_user "$1/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c max_connections=300 \
            >>"$dir/log" 2>&1 </dev/null &
    server=$!
    read -r _
    kill -INT $server
    wait $server
    rm -rf "$dir"
"#;

impl Server {
    async fn start() -> Self {
        let programs = programs();
        #[expect(
            clippy::zombie_processes,
            reason = "it lives until this process has ended"
        )]
        let mut shell = Command::new("sh")
            .args(["-c", WATCH, "sh"])
            .arg(&programs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut directory = String::new();
        BufReader::new(shell.stdout.take().expect("piped"))
            .read_line(&mut directory)
            .expect("a line");
        let server = Self {
            directory: directory.trim().into(),
            _alive: shell.stdin.take().expect("piped"),
        };
        server.wait_until_ready().await;
        server
    }

    async fn wait_until_ready(&self) {
        let begun = Instant::now();
        loop {
            match self.execute("SELECT").await {
                Ok(()) => return,
                Err(error) if begun.elapsed() > Duration::from_secs(60) => {
                    let log =
                        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
                    panic!("PostgreSQL did not start: {error}\n{log}");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn execute(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls).await?;
        tokio::select! {
            result = client.batch_execute(sql) => result,
            // The connection ends before the answer only if something is wrong.
            result = connection => result,
        }
    }

    fn url(&self, database: &str) -> String {
        let host = self.directory.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{host}/{database}")
    }
}

/// The directory of the newest version that is installed.
fn programs() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = installed
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| {
            Path::new(&format!("/usr/lib/postgresql/{version}/bin/postgres")).exists()
        })
        .max()
        .expect("PostgreSQL is not installed: run scripts/install");
    format!("/usr/lib/postgresql/{newest}/bin").into()
}
