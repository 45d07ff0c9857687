//! The section `[files]`: where the bytes of files are kept, and who may read them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Keys;
use crate::secret::Secret;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug)]
pub(crate) struct Files {
    pub place: FilePlace,
    /// Without a slash at its end.
    pub public_url: Option<String>,
    pub file_bytes_max: u64,
    pub link_life: Option<Duration>,
    pub open_downloads: bool,
}

#[derive(Debug)]
pub(crate) enum FilePlace {
    Directory(PathBuf),
    S3(S3),
}

#[derive(Debug)]
pub(crate) struct S3 {
    pub endpoint: Option<String>,
    pub public_endpoint: Option<String>,
    pub region: String,
    pub bucket: String,
    pub access_key: String,
    pub secret_key: Secret,
    pub virtual_hosted: bool,
    pub direct: bool,
}

impl Files {
    pub(crate) fn read(keys: &mut Keys, data_dir: &Path) -> Option<Self> {
        let is_s3 = keys.parsed(
            "files.store",
            "local",
            "Where the bytes of files are kept: \"local\" for a directory on this machine, \"s3\" for a bucket.",
            |text| match text {
                "local" => Ok(false),
                "s3" => Ok(true),
                _ => Err("must be \"local\" or \"s3\""),
            },
        );
        let directory = keys.optional_path(
            "files.directory",
            "The directory, with store = \"local\". Without it, files in the data directory.",
        );
        let s3 = S3::read(keys, is_s3 == Some(true));
        let public_url = read_url(
            keys,
            "files.public_url",
            "The address of the OpenIM REST API as clients see it, like \"https://im.example.org/api\"; addresses of \
             files begin with it. Without it they are made from each request: X-Request-Api, else \
             X-Forwarded-Proto, -Host and -Prefix, else Host.",
        );
        let max_mib = keys.number(
            "files.max_size_mib",
            2048,
            1..=5 * 1024 * 1024,
            "The largest file that is taken, in MiB.",
        );
        let link_days = keys.number(
            "files.link_days",
            0,
            0..=36_500,
            "How many days an address that is handed out for a message can be read without a token. 0 is for ever: \
             history is read years later.",
        );
        let open_downloads = keys.flag(
            "files.open_downloads",
            false,
            "Whoever knows the name of a file may read it, as in OpenIM. Otherwise it takes the address that was \
             handed out when it was stored, or the token of its owner or of an administrator.",
        );
        let place = if is_s3? {
            FilePlace::S3(s3?)
        } else {
            FilePlace::Directory(directory.unwrap_or_else(|| data_dir.join("files")))
        };
        Some(Self {
            place,
            public_url: public_url?,
            file_bytes_max: max_mib.cast_unsigned() * 1024 * 1024,
            link_life: (link_days > 0).then(|| DAY * link_days as u32),
            open_downloads,
        })
    }
}

impl S3 {
    /// `None` comes with a problem only if it is wanted.
    fn read(keys: &mut Keys, is_wanted: bool) -> Option<Self> {
        let endpoint = read_url(
            keys,
            "files.s3_endpoint",
            "The address of the S3 server, like \"http://127.0.0.1:9000\". Without it, Amazon's of the region.",
        );
        let public_endpoint = read_url(
            keys,
            "files.s3_public_endpoint",
            "With s3_direct: the address that clients reach the S3 server at, if it is another one.",
        );
        let region = keys.text("files.s3_region", "us-east-1", "The region of the bucket.");
        let bucket = keys.text(
            "files.s3_bucket",
            "",
            "The bucket. It must exist; nothing in it needs to be public.",
        );
        let access_key = keys.text("files.s3_access_key", "", "The id of the access key.");
        let secret_key = keys.secret("files.s3_secret_key", "The secret of the access key.");
        let virtual_hosted = keys.flag(
            "files.s3_virtual_hosted",
            false,
            "The bucket is the first part of the host name, and not of the path.",
        );
        let direct = keys.flag(
            "files.s3_direct",
            false,
            "Clients send parts to S3 and read files from it themselves, at addresses signed by this server, instead \
             of through this server. The bucket must then allow PUT and GET from web pages (CORS).",
        );
        let secret_key = secret_key.ok()?.map(|(secret, _)| secret);
        if !is_wanted {
            return None;
        }
        let is_complete = !bucket.is_empty() && !access_key.is_empty();
        match secret_key {
            Some(secret_key) if is_complete => Some(Self {
                endpoint: endpoint?,
                public_endpoint: public_endpoint?,
                region,
                bucket,
                access_key,
                secret_key,
                virtual_hosted,
                direct,
            }),
            _ => {
                keys.problem(
                    "files.store = \"s3\" needs files.s3_bucket, files.s3_access_key and files.s3_secret_key"
                        .to_owned(),
                );
                None
            }
        }
    }
}

/// An address, or none if it is empty.
fn read_url(keys: &mut Keys, name: &'static str, doc: &'static str) -> Option<Option<String>> {
    keys.parsed(name, "", doc, |text| {
        let is_http = ["http://", "https://"].iter().any(|scheme| {
            text.strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty() && !rest.contains([' ', '?', '#']))
        });
        match text {
            "" => Ok(None),
            text if is_http => Ok(Some(text.trim_end_matches('/').to_owned())),
            _ => Err("must begin with http:// or https://"),
        }
    })
}
