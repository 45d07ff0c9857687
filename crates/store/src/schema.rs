//! Schema migrations: forward only, each in a transaction of its own, the same numbers for both databases. The
//! backends say how to ask and how to run; this file says what is to be run.

use domain::error::{Error, Result};

use crate::error::unavailable;

/// The newest version; the tests compare it with the lists.
pub(crate) const NEWEST: u32 = 1;

/// The SQL of every version from 1.
pub(crate) const SQLITE: [&str; NEWEST as usize] =
    [include_str!("../migrations/sqlite/0001_foundation.sql")];
pub(crate) const POSTGRES: [&str; NEWEST as usize] =
    [include_str!("../migrations/postgres/0001_foundation.sql")];

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
    scripts: &'static [&'static str],
    found: u32,
) -> Result<impl Iterator<Item = (u32, &'static str)>> {
    if found > NEWEST {
        return Err(refuse(SchemaMismatch::Newer { found }));
    }
    Ok((1..).zip(scripts.iter().copied()).skip(found as usize))
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
