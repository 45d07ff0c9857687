//! The object store that is configured, and what the domain is told about files.

use std::sync::Arc;

use anyhow::{Context, Result};
use domain::files::{Settings, SigningKey};
use domain::ports::Blobs;
use domain::time::Millis;
use providers::blobs::{LocalBlobs, S3Blobs, S3Settings};

use crate::config::{Config, FilePlace};
use crate::node::describe;

pub(crate) fn open_blobs(config: &Config) -> Result<Arc<dyn Blobs>> {
    match &config.files.place {
        FilePlace::Directory(directory) => {
            let blobs = LocalBlobs::open(directory).with_context(|| {
                format!(
                    "cannot use the directory {} (files.directory)",
                    directory.display()
                )
            })?;
            Ok(Arc::new(blobs))
        }
        FilePlace::S3(s3) => {
            let blobs = S3Blobs::open(&S3Settings {
                endpoint: s3.endpoint.clone(),
                public_endpoint: s3.public_endpoint.clone(),
                region: s3.region.clone(),
                bucket: s3.bucket.clone(),
                access_key: s3.access_key.clone(),
                secret_key: s3.secret_key.reveal().to_owned(),
                virtual_hosted: s3.virtual_hosted,
            });
            let blobs = blobs
                .map_err(describe)
                .context("cannot use the S3 bucket (files.s3_bucket)")?;
            Ok(Arc::new(blobs))
        }
    }
}

pub(crate) fn settings(config: &Config) -> Settings {
    let files = &config.files;
    let key = format!("switchboard file parts {}", config.openim.secret.reveal());
    Settings {
        signing_key: SigningKey(key.into_bytes()),
        file_bytes_max: files.file_bytes_max,
        link_life_ms: files.link_life.map(|life| life.as_millis() as Millis),
        open_downloads: files.open_downloads,
        direct: matches!(&files.place, FilePlace::S3(s3) if s3.direct),
    }
}
