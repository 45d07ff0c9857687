//! The parts of the product put together, in the order in which they need each other: store, realtime, domain,
//! surfaces. A server is a node that listens; a command of the command line is a node that does one thing and ends.

use std::sync::Arc;

use anyhow::Result;
use domain::Domain;
use domain::accounts::{AccountKind, NewAccount};
use domain::error::Error;
use domain::follow::Follower;
use domain::ids::Ids;
use domain::push::PushFollower;
use domain::search::SearchIndexer;
use domain::time::Clock;
use providers::thumbnail::Shrinker;
use realtime::{LocalBus, Realtime, Relay};
use store::StoreUrl;
use surface_openim::Surface as OpenImSurface;

use crate::clock::SystemClock;
use crate::config::Config;
use crate::{data_dir, files, push, serve, webhooks};

/// One node has one cursor; with more of them each will need a name of its own.
const RELAY_NAME: &str = "local";

pub(crate) struct Node {
    pub domain: Arc<Domain>,
    pub realtime: Arc<Realtime>,
    pub relay: Arc<Relay>,
    pub openim: Arc<OpenImSurface>,
    /// What reads along with what is committed; each is driven while the server runs.
    pub followers: Vec<Arc<dyn Follower>>,
}

impl Node {
    /// Opens the store, bringing its schema up to date, and builds everything on top of it.
    pub(crate) async fn open(config: &Config) -> Result<Self> {
        if let StoreUrl::Sqlite(_) = config.store {
            data_dir::prepare(&config.data_dir)?;
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let settings = store::Settings {
            postgres_connections: config.postgres_connections,
            ..store::Settings::default()
        };
        let store = store::open(&config.store, &settings, clock.clone())
            .await
            .map_err(|error| {
                describe(error).context(format!("cannot open the store {}", config.store_name()))
            })?;
        let realtime = Arc::new(Realtime::new(
            realtime::Settings {
                connections_max: config.limits.connections_max,
                presence_grace: config.presence_grace,
                drain_timeout: serve::DRAIN_TIMEOUT,
                ..realtime::Settings::default()
            },
            Arc::new(LocalBus::new()),
        ));
        let settings = domain::Settings {
            multi_login: config.openim.multi_login,
            files: files::settings(config),
            push: config.push.settings(),
            messages: config.messages.clone(),
            ..domain::Settings::default()
        };
        let push_sender = push::open_sender(&config.push, &clock)?;
        let hooks = webhooks::open(&config.webhooks, &clock)?;
        let mut domain = Domain::new(store, realtime.publisher(), clock, new_ids()?, settings)
            .with_presence(realtime.hub.clone())
            .with_blobs(files::open_blobs(config)?)
            .with_images(Arc::new(Shrinker::default()));
        if let Some(sender) = push_sender {
            domain = domain.with_push_sender(sender);
        }
        if let Some(hooks) = hooks {
            domain = domain.with_hooks(hooks);
        }
        let domain = Arc::new(domain);
        let relay = Arc::new(Relay::new(domain.clone(), realtime.publisher(), RELAY_NAME));
        let openim = OpenImSurface::new(
            domain.clone(),
            realtime.clone(),
            new_ids()?,
            surface_openim::Settings {
                secret: config.openim.secret.reveal().to_owned(),
                admin_user_ids: config
                    .openim
                    .admin_user_ids
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                token_life: config.openim.token_life,
                public_url: config.files.public_url.clone(),
            },
        );
        let mut followers: Vec<Arc<dyn Follower>> = Vec::new();
        if config.search {
            followers.push(Arc::new(SearchIndexer));
        }
        if domain.is_pushing() {
            followers.push(Arc::new(PushFollower));
        }
        if let Some(follower) = webhooks::follower(&config.webhooks) {
            followers.push(follower);
        }
        Ok(Self {
            domain,
            realtime,
            relay,
            openim,
            followers,
        })
    }

    /// Makes the accounts that application servers act as, where they are missing.
    pub(crate) async fn ensure_administrators(&self, config: &Config) -> Result<()> {
        for id in &config.openim.admin_user_ids {
            let account = NewAccount {
                kind: AccountKind::Administrator,
                ..NewAccount::user(id.clone(), id.as_str())
            };
            self.domain
                .ensure_account(account)
                .await
                .map_err(describe)?;
        }
        Ok(())
    }
}

/// An error of the domain with what is behind it, for people.
pub(crate) fn describe(error: Error) -> anyhow::Error {
    match error {
        Error::Unavailable { source, .. } | Error::Internal(source) => {
            anyhow::Error::from_boxed(source)
        }
        other => other.into(),
    }
}

/// A maker of ids that differ from those of every other process.
pub(crate) fn new_ids() -> Result<Ids> {
    let seed = getrandom::u64().map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(Ids::new(seed))
}
