//! The configuration: one tree of plain values, read once at the start and passed down. The file is read first, the
//! environment (`SWITCHBOARD__SECTION__KEY`) overrides it, flags of the command line come last. Every key is asked
//! for in [`Config::read`], with its default and its description: look there to learn or to add one.

mod files;
mod keys;
mod messages;
mod pages;
mod push;
mod webhooks;

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::ids::UserId;
use domain::sessions::MultiLogin;
use store::StoreUrl;
use tracing_subscriber::EnvFilter;

pub(crate) use files::{FilePlace, Files};
pub(crate) use keys::Keys;
pub(crate) use pages::{example_file, reference_page};
pub(crate) use push::Push;
pub(crate) use webhooks::Webhooks;

use crate::secret::Secret;

/// OpenIM's own default. It is known to everybody, so it is for a server that only this machine can reach.
const DEVELOPMENT_SECRET: &str = "openIM123";

/// The shortest secret for a server that others can reach, in bytes.
const SECRET_BYTES_MIN: usize = 16;

#[derive(Debug)]
pub(crate) struct Config {
    pub listen: Listen,
    pub data_dir: PathBuf,
    pub store: StoreUrl,
    pub postgres_connections: usize,
    pub files: Files,
    pub push: Push,
    pub webhooks: Webhooks,
    pub openim: OpenIm,
    pub messages: domain::messages::Settings,
    pub limits: Limits,
    /// Whether messages are indexed and can be found by what they say.
    pub search: bool,
    pub presence_grace: Duration,
    pub log: Log,
    /// There is no configuration file: an instance to try things out on this machine.
    pub development: bool,
}

#[derive(Debug)]
pub(crate) struct Listen {
    pub main: Option<SocketAddr>,
    pub openim_api: Option<SocketAddr>,
    pub openim_ws: Option<SocketAddr>,
}

#[derive(Debug)]
pub(crate) struct OpenIm {
    pub secret: Secret,
    pub admin_user_ids: Vec<UserId>,
    pub multi_login: MultiLogin,
    pub token_life: Duration,
}

#[derive(Debug)]
pub(crate) struct Limits {
    pub connections_max: usize,
}

#[derive(Debug)]
pub(crate) struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Human,
    Json,
}

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub(crate) struct Problems(Vec<String>);

/// Where the configuration comes from, apart from the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub file: Option<PathBuf>,
    pub data_dir: Option<PathBuf>,
}

impl Config {
    /// Reads the file if there is one, and the environment.
    pub(crate) fn load(source: &Source) -> Result<Self, Problems> {
        let mut keys = Keys::default();
        if let Some(file) = &source.file {
            // Without the file every other complaint would be beside the point.
            keys.add_file(file)
                .map_err(|problem| Problems(vec![problem]))?;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the environment is read here, once, and nowhere else"
        )]
        let environment = std::env::vars_os();
        // A variable that is not UTF-8 is most likely none of ours.
        let text = |part: OsString| part.to_string_lossy().into_owned();
        keys.add_environment(environment.map(|(name, value)| (text(name), text(value))));
        let config = Self::read(&mut keys, source);
        let problems = keys.into_problems();
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(Problems(problems)),
        }
    }

    /// The store for messages: as it is configured, without what may be secret.
    pub(crate) fn store_name(&self) -> String {
        match &self.store {
            StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            StoreUrl::Postgres(url) => {
                let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
                let after_password = after_scheme
                    .rsplit_once('@')
                    .map_or(after_scheme, |(_, rest)| rest);
                let before_parameters = after_password.split('?').next().unwrap_or_default();
                format!("postgres://{before_parameters}")
            }
        }
    }

    /// Asks for every key. `None` comes with at least one problem.
    fn read(keys: &mut Keys, source: &Source) -> Option<Self> {
        let listen = Listen::read(keys);
        let data_dir = keys.path(
            "data.dir",
            "data",
            "The directory for everything that is kept on this machine. It is made if it is missing.",
        );
        let data_dir = source.data_dir.clone().unwrap_or(data_dir);
        let store = read_store(keys, &data_dir);
        let postgres_connections = keys.number(
            "store.postgres_connections",
            16,
            1..=1000,
            "Connections that the server keeps to PostgreSQL, beside two that append messages. Not used with SQLite.",
        );
        let files = Files::read(keys, &data_dir);
        let openim = OpenIm::read(keys, source, &listen);
        let push = Push::read(keys);
        let webhooks = Webhooks::read(keys, source.file.is_none());
        let connections_max = keys.number(
            "limits.connections_max",
            100_000,
            1..=10_000_000,
            "The most WebSocket connections at one time; a further one is refused.",
        );
        let messages = messages::read(keys);
        let search = keys.flag(
            "search.enabled",
            true,
            "Whether messages can be found by what they say. The index is kept up beside sending; with SQLite it is a file \
             of its own beside the database. Switched on later, it takes in what was said before.",
        );
        let grace_ms = keys.number(
            "presence.grace_ms",
            3_000,
            0..=600_000,
            "How long after its last connection an account still counts as online, in milliseconds, so that a \
             reconnecting device does not flicker.",
        );
        let log = Log::read(keys);
        Some(Self {
            listen,
            data_dir,
            store: store?,
            postgres_connections: postgres_connections as usize,
            files: files?,
            push: push?,
            webhooks: webhooks?,
            openim: openim?,
            messages,
            limits: Limits {
                connections_max: connections_max as usize,
            },
            search,
            presence_grace: Duration::from_millis(grace_ms as u64),
            log: log?,
            development: source.file.is_none(),
        })
    }
}

impl Listen {
    fn read(keys: &mut Keys) -> Self {
        let listen = Self {
            main: read_address(
                keys,
                "listen.main",
                "127.0.0.1:8080",
                "The main listener, IP:PORT or \"off\": metrics, health, and every surface under its path (OpenIM \
                 under /openim, its WebSocket under /ws). Addresses other than loopback need openim.secret.",
            ),
            openim_api: read_address(
                keys,
                "listen.openim_api",
                "127.0.0.1:10002",
                "The OpenIM REST API at the address that OpenIM SDKs and application servers expect.",
            ),
            openim_ws: read_address(
                keys,
                "listen.openim_ws",
                "127.0.0.1:10001",
                "The OpenIM WebSocket at the address that OpenIM SDKs expect.",
            ),
        };
        let used = listen.all();
        if used.is_empty() {
            keys.problem("every listener is \"off\"; turn at least one on".to_owned());
        }
        for (index, (name, address)) in used.iter().enumerate() {
            for (other, _) in used[..index]
                .iter()
                .filter(|(_, other)| other == address && address.port() != 0)
            {
                keys.problem(format!(
                    "{other} and {name} are both {address}; they need different ports"
                ));
            }
        }
        listen
    }

    /// The listeners that are on, with their keys.
    pub(crate) fn all(&self) -> Vec<(&'static str, SocketAddr)> {
        let listeners = [
            ("listen.main", self.main),
            ("listen.openim_api", self.openim_api),
            ("listen.openim_ws", self.openim_ws),
        ];
        listeners
            .into_iter()
            .filter_map(|(name, address)| Some((name, address?)))
            .collect()
    }

    /// The first listener that others than this machine can reach.
    fn reachable(&self) -> Option<(&'static str, SocketAddr)> {
        self.all()
            .into_iter()
            .find(|(_, address)| !address.ip().is_loopback())
    }
}

impl OpenIm {
    fn read(keys: &mut Keys, source: &Source, listen: &Listen) -> Option<Self> {
        let secret = keys.secret(
            "openim.secret",
            "The secret that application servers prove themselves with and that OpenIM tokens are signed with. Who \
             has it may do everything. `switchboard init` draws one; changing it ends every login. Without a \
             configuration file, and on loopback only, it is OpenIM's own default, openIM123.",
        );
        let secret = secret.ok().and_then(|given| {
            checked_secret(keys, given.map(|(secret, _)| secret), source, listen)
        });
        let admins = keys.list(
            "openim.admin_user_ids",
            &["imAdmin"],
            "The accounts that application servers act as. Missing ones are made at the start.",
        );
        let admin_user_ids: Option<Vec<_>> = admins.iter().map(UserId::new).collect();
        if admin_user_ids.as_ref().is_none_or(Vec::is_empty) {
            keys.problem(
                "openim.admin_user_ids must be one or more user ids of 1 to 64 bytes, without \":\"".to_owned(),
            );
        }
        let policy = keys.number(
            "openim.multi_login_policy",
            1,
            0..=5,
            "What a new login does to older ones of the account. 0: nothing; 1: ends those on the same platform; \
             4: ends those on the same class of platforms; 5: computers are not limited, of all others one stays.",
        );
        let per_platform_max = keys.number(
            "openim.max_tokens_per_platform",
            30,
            1..=1000,
            "With multi_login_policy = 0: the most logins of an account on one platform; the oldest end.",
        );
        let multi_login = match policy {
            0 => Some(MultiLogin::Unlimited {
                per_platform_max: per_platform_max as usize,
            }),
            1 => Some(MultiLogin::OnePerPlatform),
            4 => Some(MultiLogin::OnePerClass),
            5 => Some(MultiLogin::PcAndOneOther),
            _ => {
                keys.problem(format!(
                    "openim.multi_login_policy must be 0, 1, 4 or 5, not {policy}"
                ));
                None
            }
        };
        let token_seconds = keys.number(
            "openim.token_expire_seconds",
            90 * 24 * 60 * 60,
            1..=10 * 365 * 24 * 60 * 60,
            "How long an OpenIM token is valid. The default is 90 days.",
        );
        Some(Self {
            secret: secret?,
            admin_user_ids: admin_user_ids?,
            multi_login: multi_login?,
            token_life: Duration::from_secs(token_seconds as u64),
        })
    }
}

impl Log {
    fn read(keys: &mut Keys) -> Option<Self> {
        let format = keys.parsed(
            "log.format",
            "human",
            "\"human\" for a terminal, \"json\" for a log collector: one object in a line.",
            |text| match text {
                "human" => Ok(LogFormat::Human),
                "json" => Ok(LogFormat::Json),
                _ => Err("must be \"human\" or \"json\""),
            },
        );
        let level = keys.parsed(
            "log.level",
            "info",
            "What to log: error, warn, info, debug or trace; also by part, as in \"info,store=debug\".",
            |text| match EnvFilter::builder().parse(text) {
                Ok(_) => Ok(text.to_owned()),
                Err(_) => Err("must be a level like \"info\" or \"info,store=debug\""),
            },
        );
        Some(Self {
            format: format?,
            level: level?,
        })
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [problem] => write!(f, "wrong configuration: {problem}"),
            problems => {
                write!(f, "wrong configuration, {} problems:", problems.len())?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n  - {problem}"))
            }
        }
    }
}

impl std::error::Error for Problems {}

fn read_address(
    keys: &mut Keys,
    name: &'static str,
    default: &str,
    doc: &'static str,
) -> Option<SocketAddr> {
    let parse = |text: &str| match text {
        "off" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| "must be IP:PORT, like 127.0.0.1:8080, or \"off\""),
    };
    keys.parsed(name, default, doc, parse).flatten()
}

fn read_store(keys: &mut Keys, data_dir: &Path) -> Option<StoreUrl> {
    let given = keys.secret(
        "store.url",
        "Where accounts and messages are kept: sqlite:PATH for a file on this machine, or \
         postgres://USER:PASSWORD@HOST/DATABASE. Without it, switchboard.db in the data directory.",
    );
    let Some((url, directory)) = given.ok()? else {
        return Some(StoreUrl::Sqlite(data_dir.join("switchboard.db")));
    };
    match url.reveal().parse() {
        Ok(StoreUrl::Sqlite(path)) => Some(StoreUrl::Sqlite(directory.join(path))),
        Ok(url) => Some(url),
        // The text may hold a password, so it is not repeated.
        Err(error) => {
            keys.problem(format!("store.url: {error}"));
            None
        }
    }
}

/// The secret, or OpenIM's default where only this machine can reach the server.
fn checked_secret(
    keys: &mut Keys,
    given: Option<Secret>,
    source: &Source,
    listen: &Listen,
) -> Option<Secret> {
    let reachable = listen.reachable();
    let problem = match (given, reachable) {
        (None, None) if source.file.is_none() => return Some(Secret::new(DEVELOPMENT_SECRET)),
        (None, None) => "openim.secret is missing; `switchboard init` draws one".to_owned(),
        (None, Some((name, address))) => {
            format!(
                "openim.secret is missing, and {name} = {address} is not loopback; `switchboard init` draws one"
            )
        }
        (Some(secret), None) if !secret.reveal().is_empty() => return Some(secret),
        (Some(_), None) => "openim.secret is empty".to_owned(),
        (Some(secret), Some((name, address))) if secret.reveal() == DEVELOPMENT_SECRET => {
            format!(
                "openim.secret is OpenIM's default, which everybody knows, and {name} = {address} is not loopback"
            )
        }
        (Some(secret), Some((name, address))) if secret.reveal().len() < SECRET_BYTES_MIN => {
            format!(
                "openim.secret is shorter than {SECRET_BYTES_MIN} bytes, and {name} = {address} is not loopback"
            )
        }
        (Some(secret), Some(_)) => return Some(secret),
    };
    keys.problem(problem);
    None
}
