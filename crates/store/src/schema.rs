//! Schema migrations: forward only, each in a transaction of its own, the same numbers for both databases. The
//! backends say how to ask and how to run; this file says what is to be run.

use domain::error::{Error, Result};

use crate::error::unavailable;

/// The newest version; the tests compare it with the lists.
pub(crate) const NEWEST: u32 = SQLITE[SQLITE.len() - 1].0;

/// The SQL of every version, ascending.
pub(crate) const SQLITE: &[(u32, &str)] = &[
    (1, include_str!("../migrations/sqlite/0001_foundation.sql")),
    (
        2,
        include_str!("../migrations/sqlite/0002_relations_groups.sql"),
    ),
    (3, include_str!("../migrations/sqlite/0003_files.sql")),
    (4, include_str!("../migrations/sqlite/0004_push.sql")),
    (
        5,
        include_str!("../migrations/sqlite/0005_followers_search.sql"),
    ),
    (7, include_str!("../migrations/sqlite/0007_extras.sql")),
    (8, include_str!("../migrations/sqlite/0008_import.sql")),
    (
        10,
        include_str!("../migrations/sqlite/0010_client_config.sql"),
    ),
];
pub(crate) const POSTGRES: &[(u32, &str)] = &[
    (
        1,
        include_str!("../migrations/postgres/0001_foundation.sql"),
    ),
    (
        2,
        include_str!("../migrations/postgres/0002_relations_groups.sql"),
    ),
    (3, include_str!("../migrations/postgres/0003_files.sql")),
    (4, include_str!("../migrations/postgres/0004_push.sql")),
    (
        5,
        include_str!("../migrations/postgres/0005_followers_search.sql"),
    ),
    (7, include_str!("../migrations/postgres/0007_extras.sql")),
    (8, include_str!("../migrations/postgres/0008_import.sql")),
    (
        10,
        include_str!("../migrations/postgres/0010_client_config.sql"),
    ),
];

/// The schema is not the one this binary was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaMismatch {
    #[error(
        "the store's schema has version {found}, this program knows {NEWEST} at most: it was written by a newer \
         version of Switchboard; start that one"
    )]
    Newer { found: u32 },
    #[error(
        "the store's schema has version {found}, this program needs {NEWEST}: run `switchboard migrate` first"
    )]
    Older { found: u32 },
}

/// The migrations that are still to be run on a schema of version `found`, each with its number.
pub(crate) fn pending(
    scripts: &'static [(u32, &'static str)],
    found: u32,
) -> Result<impl Iterator<Item = (u32, &'static str)>> {
    if found > NEWEST {
        return Err(refuse(SchemaMismatch::Newer { found }));
    }
    Ok(scripts
        .iter()
        .copied()
        .filter(move |(version, _)| *version > found))
}

/// Refuses any version but the newest.
pub(crate) fn check(found: u32) -> Result<()> {
    match found {
        NEWEST => Ok(()),
        found if found > NEWEST => Err(refuse(SchemaMismatch::Newer { found })),
        found => Err(refuse(SchemaMismatch::Older { found })),
    }
}

fn refuse(mismatch: SchemaMismatch) -> Error {
    unavailable(mismatch)
}
