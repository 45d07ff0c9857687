//! SQL and nothing else: the domain's store ports, once for SQLite and once for PostgreSQL, which read alike file by
//! file. `sqlite/writer.rs` and `postgres/lane.rs` are where sending gets its speed: both gather the appends that
//! wait while a transaction is being written and carry them out as the next one. Read `migrations/` first.

mod bounds;
mod error;
mod forms;
mod import_rows;
mod postgres;
mod schema;
mod sqlite;
mod url;

pub use schema::SchemaMismatch;
pub use sqlite::BareLog;
pub use url::StoreUrl;

use std::sync::Arc;

use domain::error::Result;
use domain::ports::Store;
use domain::time::Clock;

/// The newest schema that this binary knows.
pub const SCHEMA_VERSION: u32 = schema::NEWEST;

#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether [`open`] brings an older schema up to date. If not, an older schema is refused like a newer one.
    pub migrate: bool,
    /// Connections of the pool that views and transactions use on PostgreSQL.
    pub postgres_connections: usize,
    /// Connections that append messages on PostgreSQL, each for its share of the conversations.
    pub postgres_lanes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            migrate: true,
            postgres_connections: 16,
            postgres_lanes: 2,
        }
    }
}

/// Opens the store. The clock dates outbox rows, so that they are pruned by the time they were written by.
pub async fn open(
    url: &StoreUrl,
    settings: &Settings,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Store>> {
    Ok(match url {
        StoreUrl::Sqlite(path) => Arc::new(sqlite::SqliteStore::open(path, settings, clock)?),
        StoreUrl::Postgres(url) => {
            Arc::new(postgres::PostgresStore::open(url, settings, clock).await?)
        }
    })
}

/// Brings the schema up to date; says from which version to which.
pub async fn migrate(url: &StoreUrl) -> Result<(u32, u32)> {
    match url {
        StoreUrl::Sqlite(path) => sqlite::migrate(path),
        StoreUrl::Postgres(url) => postgres::migrate(url).await,
    }
}

/// What a filled log's messages say.
const FILL_TEXT: &str = "Shall we meet at the station at half past six, or is the cafe by the river better for you? \
    I can bring the tickets along, and Maria said she would join us after work.";

/// Puts this many old messages into a store of the newest schema that is nearly empty, spread over conversations
/// between accounts of its own. For the load generator, which measures beside them.
pub async fn fill(url: &StoreUrl, messages: u64, conversations: u64) -> Result<()> {
    match url {
        StoreUrl::Sqlite(path) => sqlite::fill(path, messages, conversations),
        StoreUrl::Postgres(url) => postgres::fill(url, messages, conversations).await,
    }
}

/// The version of the schema that is there; 0 in an empty database.
pub async fn schema_version(url: &StoreUrl) -> Result<u32> {
    match url {
        StoreUrl::Sqlite(path) => sqlite::schema_version(path),
        StoreUrl::Postgres(url) => postgres::schema_version(url).await,
    }
}
