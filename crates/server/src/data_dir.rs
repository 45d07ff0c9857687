//! The data directory: made if it is missing, tried before anything is opened in it, and claimed, so that two servers
//! never work in the same one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use anyhow::{Context, Result, bail};

const LOCK_FILE: &str = "switchboard.lock";

/// A claim on a data directory. It ends with the process, however that ends.
pub(crate) struct DataDir {
    _lock: File,
}

impl DataDir {
    pub(crate) fn claim(path: &Path) -> Result<Self> {
        prepare(path)?;
        let lock_file = path.join(LOCK_FILE);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_file);
        let lock = lock.with_context(|| unusable(path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "another server is running in the data directory {}; stop it, or use another with --data",
                    path.display()
                )
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| unusable(path)),
        }
    }
}

/// Makes the directory if it is missing and tries whether files can be made in it.
pub(crate) fn prepare(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| unusable(path))?;
    try_to_write(path).with_context(|| unusable(path))
}

fn try_to_write(path: &Path) -> io::Result<()> {
    let probe = path.join(format!(".probe-{}", std::process::id()));
    File::create(&probe)?;
    fs::remove_file(&probe)
}

fn unusable(path: &Path) -> String {
    format!(
        "cannot use the data directory {} (data.dir)",
        path.display()
    )
}
