//! Object stores: a directory on this machine (`local.rs`) and S3 (`s3.rs`). Both keep the same promises, and one suite
//! of tests runs on both.

mod local;
mod s3;

pub use local::LocalBlobs;
pub use s3::{S3Blobs, S3Settings};

use std::error::Error as StdError;

use domain::error::Error;
use domain::files::BlobKey;

const WHAT: &str = "object store";

fn unavailable(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::unavailable(WHAT, source)
}

/// The key as it may stand in a path; nothing that steps out of its place passes.
fn checked(key: &BlobKey) -> Result<&str, Error> {
    let text = key.as_str();
    let is_safe = (4..=200).contains(&text.len())
        && !text.starts_with('.')
        && text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte)
        });
    if is_safe {
        Ok(text)
    } else {
        Err(Error::internal("a blob key that cannot stand in a path"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_in_its_place() {
        for good in ["0af3", "0af3-640x640.jpeg"] {
            assert!(checked(&BlobKey(good.into())).is_ok(), "{good}");
        }
        for bad in [
            "", "../a", "a/bc", "..aa", ".aaa", "AAAA", "ab\0c", "ab\\c", "abc",
        ] {
            assert!(checked(&BlobKey(bad.into())).is_err(), "{bad}");
        }
    }
}
