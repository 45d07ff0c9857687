//! Schemas: both databases have the same, and none that a newer version wrote is opened.

use std::collections::BTreeSet;

use domain::error::Error;
use store::{SCHEMA_VERSION, SchemaMismatch, Settings, StoreUrl};
use tokio_postgres::NoTls;

use crate::world::{Backend, HandClock, new_url};

/// Only SQLite looks replays up by a hash; PostgreSQL has a unique index on the columns themselves.
const SQLITE_ONLY: [&str; 1] = ["message.client_key"];

/// With SQLite the search index is a file of its own.
const POSTGRES_ONLY: &str = "message_search.";

#[tokio::test]
async fn both_schemas_have_the_same_tables_and_columns() {
    let directory = tempfile::tempdir().expect("a directory");
    let sqlite = new_url(Backend::Sqlite, &directory).await;
    let postgres = new_url(Backend::Postgres, &directory).await;
    for url in [&sqlite, &postgres] {
        assert_eq!(store::schema_version(url).await.unwrap(), 0);
        assert_eq!(store::migrate(url).await.unwrap(), (0, SCHEMA_VERSION));
        assert_eq!(
            store::migrate(url).await.unwrap(),
            (SCHEMA_VERSION, SCHEMA_VERSION),
            "nothing twice"
        );
        assert_eq!(store::schema_version(url).await.unwrap(), SCHEMA_VERSION);
    }
    let mut expected = sqlite_columns(&sqlite);
    assert!(expected.len() > 80, "{expected:?}");
    for column in SQLITE_ONLY {
        assert!(expected.remove(column), "{column}");
    }
    let mut found = postgres_columns(&postgres).await;
    found.retain(|column| !column.starts_with(POSTGRES_ONLY));
    assert_eq!(expected, found);
}

fn sqlite_columns(url: &StoreUrl) -> BTreeSet<String> {
    let StoreUrl::Sqlite(path) = url else {
        panic!("not SQLite")
    };
    let conn = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'";
    conn.prepare(sql)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

async fn postgres_columns(url: &StoreUrl) -> BTreeSet<String> {
    let rows = query_postgres(
        url,
        "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name !~ '^message_p[0-9]+$'",
    )
    .await;
    rows.iter().map(|row| row.get(0)).collect()
}

async fn query_postgres(url: &StoreUrl, sql: &str) -> Vec<tokio_postgres::Row> {
    let StoreUrl::Postgres(url) = url else {
        panic!("not PostgreSQL")
    };
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::select! {
        rows = client.query(sql, &[]) => rows.unwrap(),
        end = connection => panic!("{end:?}"),
    }
}

#[tokio::test]
async fn a_store_of_another_schema_version_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let url = new_url(backend, &directory).await;
        let found = SCHEMA_VERSION + 1;
        assert_eq!(
            refusal(&url, false).await,
            Some(SchemaMismatch::Older { found: 0 }),
            "not without being told to"
        );
        assert_eq!(refusal(&url, true).await, None);
        let newer = format!("INSERT INTO schema_version (version, applied_ms) VALUES ({found}, 0)");
        match &url {
            StoreUrl::Sqlite(path) => {
                rusqlite::Connection::open(path)
                    .unwrap()
                    .execute(&newer, [])
                    .map(drop)
                    .unwrap();
            }
            StoreUrl::Postgres(_) => drop(query_postgres(&url, &newer).await),
        }
        for migrate in [false, true] {
            assert_eq!(
                refusal(&url, migrate).await,
                Some(SchemaMismatch::Newer { found })
            );
        }
        assert!(store::migrate(&url).await.is_err());
        assert_eq!(store::schema_version(&url).await.unwrap(), found);
    }
}

/// Why the store is not opened.
async fn refusal(url: &StoreUrl, migrate: bool) -> Option<SchemaMismatch> {
    let settings = Settings {
        migrate,
        ..Settings::default()
    };
    match store::open(url, &settings, HandClock::new()).await {
        Ok(store) => {
            store.close().await;
            None
        }
        Err(Error::Unavailable { source, .. }) => {
            Some(*source.downcast::<SchemaMismatch>().expect("a mismatch"))
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn migrating_at_the_same_time_migrates_once() {
    let directory = tempfile::tempdir().expect("a directory");
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let url = new_url(backend, &directory).await;
        let (one, two, three) = tokio::join!(
            store::migrate(&url),
            store::migrate(&url),
            store::migrate(&url)
        );
        for outcome in [one, two, three] {
            assert_eq!(outcome.unwrap().1, SCHEMA_VERSION);
        }
    }
}
