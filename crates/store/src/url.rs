//! Where the store is: `sqlite:PATH` for one file, `postgres://…` for a server.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// The database file. Beside it SQLite keeps one ending in `-wal` and one in `-shm`.
    Sqlite(PathBuf),
    /// A libpq URL. It may hold a password.
    Postgres(String),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")]
pub struct InvalidStoreUrl;

impl FromStr for StoreUrl {
    type Err = InvalidStoreUrl;

    fn from_str(text: &str) -> Result<Self, InvalidStoreUrl> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            // `sqlite:///path` is how other programs spell an absolute path.
            let path = path.strip_prefix("//").unwrap_or(path);
            // An in-memory database belongs to one connection, and we need several.
            let is_file = !path.is_empty() && path != ":memory:";
            return is_file
                .then(|| Self::Sqlite(path.into()))
                .ok_or(InvalidStoreUrl);
        }
        let is_server = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        is_server
            .then(|| Self::Postgres(text.to_owned()))
            .ok_or(InvalidStoreUrl)
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_which_store_and_where() {
        let sqlite = |path: &str| Ok(StoreUrl::Sqlite(path.into()));
        assert_eq!("sqlite:data/im.db".parse(), sqlite("data/im.db"));
        assert_eq!("sqlite:/var/lib/im.db".parse(), sqlite("/var/lib/im.db"));
        assert_eq!("sqlite:///var/lib/im.db".parse(), sqlite("/var/lib/im.db"));
        assert_eq!(
            "postgres://u:p@h/d".parse(),
            Ok(StoreUrl::Postgres("postgres://u:p@h/d".into()))
        );
        for bad in [
            "",
            "sqlite:",
            "sqlite::memory:",
            "mysql://h/d",
            "/var/lib/im.db",
        ] {
            assert_eq!(bad.parse::<StoreUrl>(), Err(InvalidStoreUrl), "{bad}");
        }
    }

    #[test]
    fn debug_output_has_no_password() {
        let url: StoreUrl = "postgres://u:secret@h/d".parse().expect("valid");
        assert!(!format!("{url:?}").contains("secret"));
    }
}
