//! Blobs in an S3 bucket, through `object_store`. Parts are streamed to addresses that we sign for ourselves, because
//! the library would have each of them in memory; with addresses for clients the bytes do not pass through us at all.

use std::io;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use domain::error::{Error, Reason, Result};
use domain::files::{Blob, BlobKey};
use domain::ports::{Blobs, ByteStream, PartPlace, Presented};
use futures_util::{StreamExt, TryStreamExt};
use md5::{Digest, Md5};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::signer::{SignedUrlOptions, Signer};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload};
use reqwest::{Method, header};

use super::{checked, unavailable};

/// What object stores demand of every part but the last one.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// How long an address lives that we sign for ourselves.
const OWN_ADDRESS_LIFE: Duration = Duration::from_secs(15 * 60);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct S3Settings {
    /// `None` is Amazon's own of the region.
    pub endpoint: Option<String>,
    /// Where clients reach the store, if that is not the endpoint.
    pub public_endpoint: Option<String>,
    pub region: String,
    pub bucket: String,
    pub access_key: String,
    pub secret_key: String,
    /// The bucket is a part of the host name and not of the path.
    pub virtual_hosted: bool,
}

pub struct S3Blobs {
    store: AmazonS3,
    /// Signs addresses for clients.
    public: AmazonS3,
    http: reqwest::Client,
}

impl S3Blobs {
    /// # Errors
    ///
    /// The settings do not make sense; nothing is contacted yet.
    pub fn open(settings: &S3Settings) -> Result<Self> {
        let public = settings
            .public_endpoint
            .as_ref()
            .or(settings.endpoint.as_ref());
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_TIMEOUT)
            .build()
            .map_err(unavailable)?;
        Ok(Self {
            store: client(settings, settings.endpoint.as_ref())?,
            public: client(settings, public)?,
            http,
        })
    }

    /// Whether the bucket is there and can be read.
    ///
    /// # Errors
    ///
    /// It cannot be reached, or our keys do not open it.
    pub async fn check(&self) -> Result<()> {
        match self.store.head(&Path::from("switchboard-probe")).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn size(&self, path: &Path) -> Result<u64> {
        let head = self.store.head(path).await.map_err(unavailable)?;
        Ok(head.size)
    }

    /// Sends a body of unknown length in parts, and makes the blob of them.
    async fn put_parts(&self, path: &Path, first: Bytes, mut body: ByteStream) -> Result<u64> {
        let id = self
            .store
            .create_multipart(path)
            .await
            .map_err(unavailable)?;
        let sent = async {
            let (mut parts, mut bytes, mut part) = (Vec::new(), 0, first);
            while !part.is_empty() {
                bytes += part.len() as u64;
                let payload = PutPayload::from_bytes(part);
                let sent = self.store.put_part(path, &id, parts.len(), payload);
                parts.push(sent.await.map_err(unavailable)?);
                part = gather(&mut body).await?;
            }
            let done = self.store.complete_multipart(path, &id, parts).await;
            done.map_err(unavailable)?;
            Ok(bytes)
        };
        let outcome = sent.await;
        if outcome.is_err()
            && let Err(error) = self.store.abort_multipart(path, &id).await
        {
            tracing::warn!(%error, "parts of a broken upload stay in the bucket");
        }
        outcome
    }
}

#[async_trait]
impl Blobs for S3Blobs {
    async fn begin(&self, key: &BlobKey) -> Result<String> {
        let path = path(key)?;
        self.store
            .create_multipart(&path)
            .await
            .map_err(unavailable)
    }

    async fn put_part(&self, place: &PartPlace<'_>, body: ByteStream) -> Result<String> {
        let url = part_url(&self.store, place, OWN_ADDRESS_LIFE).await?;
        let answer = self
            .http
            .put(url)
            .header(header::CONTENT_LENGTH, place.size)
            .body(reqwest::Body::wrap_stream(body))
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            // The address is signed, so it is not for the log.
            .map_err(|error| unavailable(error.without_url()))?;
        let tag = answer.headers().get(header::ETAG);
        tag.and_then(|tag| tag.to_str().ok())
            .map(str::to_owned)
            .ok_or_else(|| unavailable("a part without an ETag"))
    }

    /// A part has one version; the last one.
    async fn drop_part(&self, _place: &PartPlace<'_>, _tag: &str) -> Result<()> {
        Ok(())
    }

    async fn complete(&self, key: &BlobKey, session: &str, tags: &[String]) -> Result<u64> {
        let path = path(key)?;
        let parts = tags
            .iter()
            .map(|tag| PartId {
                content_id: quoted(tag),
            })
            .collect();
        let id = session.to_owned();
        if let Err(error) = self.store.complete_multipart(&path, &id, parts).await {
            // It may have been done before; then the blob is there, which nobody else writes.
            return match self.size(&path).await {
                Ok(size) => Ok(size),
                Err(_) if is_about_parts(&error) => Err(Error::Conflict(Reason::ContentMismatch)),
                Err(_) => Err(unavailable(error)),
            };
        }
        let head = self.store.head(&path).await.map_err(unavailable)?;
        if is_of_other_parts(head.e_tag.as_deref(), tags) {
            self.delete(key).await?;
            return Err(Error::Conflict(Reason::ContentMismatch));
        }
        Ok(head.size)
    }

    async fn abort(&self, key: &BlobKey, session: &str) -> Result<()> {
        let id = session.to_owned();
        match self.store.abort_multipart(&path(key)?, &id).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn put(&self, key: &BlobKey, mut body: ByteStream) -> Result<u64> {
        let path = path(key)?;
        let first = gather(&mut body).await?;
        if first.len() >= PART_BYTES {
            return self.put_parts(&path, first, body).await;
        }
        let bytes = first.len() as u64;
        let payload = PutPayload::from_bytes(first);
        self.store.put(&path, payload).await.map_err(unavailable)?;
        Ok(bytes)
    }

    async fn get(&self, blob: &Blob, range: Range<u64>) -> Result<ByteStream> {
        if range.is_empty() {
            return Ok(Box::pin(futures_util::stream::empty()));
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let found = self
            .store
            .get_opts(&path(&blob.key)?, options)
            .await
            .map_err(unavailable)?;
        Ok(Box::pin(found.into_stream().map_err(io::Error::other)))
    }

    async fn delete(&self, key: &BlobKey) -> Result<()> {
        match self.store.delete(&path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    fn has_addresses(&self) -> bool {
        true
    }

    async fn part_url(&self, place: &PartPlace<'_>, life: Duration) -> Result<Option<String>> {
        part_url(&self.public, place, life).await.map(Some)
    }

    async fn url(
        &self,
        key: &BlobKey,
        life: Duration,
        presented: &Presented,
    ) -> Result<Option<String>> {
        let options = SignedUrlOptions::new().with_query([
            ("response-content-type", &presented.media_type),
            ("response-content-disposition", &presented.disposition),
        ]);
        let url = self
            .public
            .signed_url_opts(Method::GET, &path(key)?, life, &options)
            .await
            .map_err(unavailable)?;
        Ok(Some(url.into()))
    }
}

fn client(settings: &S3Settings, endpoint: Option<&String>) -> Result<AmazonS3> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_access_key_id(&settings.access_key)
        .with_secret_access_key(&settings.secret_key)
        .with_virtual_hosted_style_request(settings.virtual_hosted)
        // Many are reached inside of a network that is trusted.
        .with_allow_http(true);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    builder.build().map_err(unavailable)
}

async fn part_url(signer: &AmazonS3, place: &PartPlace<'_>, life: Duration) -> Result<String> {
    let options = SignedUrlOptions::new().with_query([
        ("partNumber", place.number.to_string()),
        ("uploadId", place.session.to_owned()),
    ]);
    let url = signer
        .signed_url_opts(Method::PUT, &path(place.key)?, life, &options)
        .await
        .map_err(unavailable)?;
    Ok(url.into())
}

/// Spread over prefixes, which object stores scale by.
fn path(key: &BlobKey) -> Result<Path> {
    let key = checked(key)?;
    Ok(Path::from(format!("{}/{key}", &key[..2])))
}

/// An ETag as it is written in headers; clients say their MD5 only.
fn quoted(tag: &str) -> String {
    format!("\"{}\"", tag.trim_matches('"'))
}

/// Whether the blob was put together from other parts than clients say. S3 itself compares parts with their tags, but
/// not all that speak its protocol do. Tags that it gave us itself are in quotes and need no such look.
fn is_of_other_parts(etag: Option<&str>, tags: &[String]) -> bool {
    let Some((found, _)) = etag.and_then(|etag| etag.trim_matches('"').split_once('-')) else {
        return false;
    };
    let mut joined = Md5::new();
    for tag in tags {
        let digits = tag.as_bytes().chunks(2).map(std::str::from_utf8);
        let bytes: Option<Vec<u8>> = digits
            .map(|pair| u8::from_str_radix(pair.ok()?, 16).ok())
            .collect();
        match bytes {
            Some(bytes) => joined.update(&bytes),
            None => return false,
        }
    }
    let expected: String = joined
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    found != expected
}

fn is_about_parts(error: &object_store::Error) -> bool {
    let text = format!("{error:?}");
    ["InvalidPart", "EntityTooSmall", "InvalidPartOrder"]
        .iter()
        .any(|code| text.contains(code))
}

/// The next part of a body; empty at its end.
async fn gather(body: &mut ByteStream) -> Result<Bytes> {
    let mut part = BytesMut::new();
    while part.len() < PART_BYTES {
        match body.next().await {
            Some(chunk) => part.extend_from_slice(&chunk.map_err(unavailable)?),
            None => break,
        }
    }
    Ok(part.freeze())
}
