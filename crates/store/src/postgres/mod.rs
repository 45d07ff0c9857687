//! The store on a PostgreSQL server. Views and transactions take connections from a pool; appends have lanes of
//! their own (`lane.rs`), each with a connection, that carry out what waits as one transaction in two round trips.
//! `session.rs` is what views and transactions have in common, the other files are the row traits noun by noun.

mod accounts;
mod annotations;
mod append;
mod client_config;
mod client_logs;
mod conditions;
mod conversations;
mod files;
mod fill;
mod follow;
mod groups;
mod import;
mod jobs;
mod lane;
mod messages;
mod outbox;
mod push;
mod relations;
mod search;
mod session;
mod sessions;
mod statistics;
mod upkeep;
mod versions;

pub(crate) use fill::fill;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use domain::error::Result;
use domain::messages::{Append, Appended};
use domain::ports::{SearchIndex, Store, Tx, View};
use domain::time::Clock;
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::task::TaskTracker;

use self::lane::Lanes;
use self::search::PostgresIndex;
use self::session::{ReadOnly, ReadWrite, Session};
use crate::error::{pool, postgres};
use crate::{Settings, schema};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a view or transaction waits for a connection of the pool.
const POOL_WAIT: Duration = Duration::from_secs(10);
/// After this long without an acknowledgement the server's machine is taken for lost.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// Settings of every connection. A plan is kept for as long as its connection and may be made while tables are
/// empty, when reading all of them is cheapest; `enable_seqscan` keeps that out of plans that have an index.
const OPTIONS: &str = "-c synchronous_commit=on -c lock_timeout=10s -c statement_timeout=60s \
    -c idle_in_transaction_session_timeout=60s -c enable_seqscan=off -c jit=off";

/// Held while migrating, by everybody who migrates this database.
const MIGRATION_LOCK: i64 = 0x5377_6974_6368;

pub(crate) struct PostgresStore {
    pool: Pool,
    lanes: Lanes,
    clock: Arc<dyn Clock>,
    /// The tasks of the lanes and of their connections.
    tasks: TaskTracker,
}

impl PostgresStore {
    pub(crate) async fn open(
        url: &str,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let config = configure(url)?;
        let tasks = TaskTracker::new();
        let client = connect(&config, &tasks).await.map_err(postgres)?;
        if settings.migrate {
            run_migrations(&client).await?;
        }
        schema::check(read_version(&client).await?)?;
        drop(client);
        let manager = Manager::from_config(
            config.clone(),
            NoTls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(settings.postgres_connections)
            .runtime(Runtime::Tokio1)
            .create_timeout(Some(CONNECT_TIMEOUT))
            .wait_timeout(Some(POOL_WAIT))
            .build()
            .map_err(domain::error::Error::internal)?;
        let lanes = Lanes::start(settings.postgres_lanes, &config, &tasks);
        Ok(Self {
            pool,
            lanes,
            clock,
            tasks,
        })
    }

    async fn take(&self) -> Result<Object> {
        self.pool.get().await.map_err(pool)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn view(&self) -> Result<Box<dyn View>> {
        Ok(Box::new(Session::new(ReadOnly::new(self.take().await?))))
    }

    async fn begin(&self) -> Result<Box<dyn Tx>> {
        let begun = ReadWrite::begin(self.take().await?, self.clock.clone()).await?;
        Ok(Box::new(Session::new(begun)))
    }

    async fn append(&self, append: Append) -> Result<Appended> {
        self.lanes.append(append).await
    }

    fn search_index(&self) -> Arc<dyn SearchIndex> {
        Arc::new(PostgresIndex {
            pool: self.pool.clone(),
        })
    }

    async fn check(&self) -> Result<()> {
        self.take()
            .await?
            .batch_execute("SELECT 1 FROM relay")
            .await
            .map_err(postgres)
    }

    async fn close(&self) {
        self.lanes.close();
        self.pool.close();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Brings the schema up to date; says from which version to which.
pub(crate) async fn migrate(url: &str) -> Result<(u32, u32)> {
    let tasks = TaskTracker::new();
    run_migrations(&connect(&configure(url)?, &tasks).await.map_err(postgres)?).await
}

pub(crate) async fn schema_version(url: &str) -> Result<u32> {
    let tasks = TaskTracker::new();
    read_version(&connect(&configure(url)?, &tasks).await.map_err(postgres)?).await
}

fn configure(url: &str) -> Result<Config> {
    let mut config: Config = url.parse().map_err(postgres)?;
    // What comes last counts, so nobody can turn off that a commit waits for the disk.
    let options = format!("{} {OPTIONS}", config.get_options().unwrap_or_default());
    config.options(options.trim());
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE_MAX);
    }
    if config.get_application_name().is_none() {
        config.application_name("switchboard");
    }
    Ok(config)
}

/// A connection outside the pool. Its task ends when the client is dropped.
async fn connect(config: &Config, tasks: &TaskTracker) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tasks.spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "a connection to PostgreSQL was lost");
        }
    });
    Ok(client)
}

async fn run_migrations(client: &Client) -> Result<(u32, u32)> {
    // Migrating may take longer than any statement otherwise should. The lock ends with the connection.
    client
        .batch_execute(&format!(
            "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock({MIGRATION_LOCK})"
        ))
        .await
        .map_err(postgres)?;
    let found = read_version(client).await?;
    for (version, script) in schema::pending(schema::POSTGRES, found)? {
        let migration = format!(
            "BEGIN;
            CREATE TABLE IF NOT EXISTS schema_version (version bigint PRIMARY KEY, applied_ms bigint NOT NULL);
            {script};
            INSERT INTO schema_version (version, applied_ms)
            VALUES ({version}, (extract(epoch FROM clock_timestamp()) * 1000)::bigint);
            COMMIT"
        );
        client.batch_execute(&migration).await.map_err(postgres)?;
    }
    Ok((found, schema::NEWEST))
}

async fn read_version(client: &Client) -> Result<u32> {
    let exists = "SELECT to_regclass('schema_version') IS NOT NULL";
    if !session::column::<bool>(&client.query_one(exists, &[]).await.map_err(postgres)?, 0)? {
        return Ok(0);
    }
    let newest = "SELECT coalesce(max(version), 0) FROM schema_version";
    let newest =
        session::column::<i64>(&client.query_one(newest, &[]).await.map_err(postgres)?, 0)?;
    u32::try_from(newest).map_err(domain::error::Error::internal)
}
