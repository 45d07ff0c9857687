//! What both object stores promise: one suite, on a directory and on an S3 server.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use domain::error::Error;
use domain::files::{Blob, BlobKey};
use domain::ports::{Blobs, ByteStream, PartPlace};
use futures_util::{StreamExt, stream};
use providers::blobs::{LocalBlobs, S3Blobs, S3Settings};
use testkit::s3::S3Server;

const PART: usize = 5 * 1024 * 1024;

struct Place {
    blobs: Arc<dyn Blobs>,
    directory: tempfile::TempDir,
    s3: Option<S3Server>,
}

impl Place {
    fn directory() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            blobs: Arc::new(LocalBlobs::open(directory.path()).unwrap()),
            directory,
            s3: None,
        }
    }

    async fn bucket() -> Self {
        let s3 = S3Server::start().await;
        Self {
            blobs: Arc::new(S3Blobs::open(&settings(&s3)).unwrap()),
            directory: tempfile::tempdir().unwrap(),
            s3: Some(s3),
        }
    }

    /// Files that are kept, finished or not.
    fn kept(&self) -> usize {
        match &self.s3 {
            Some(s3) => files_below(&s3.objects()),
            None => files_below(self.directory.path()),
        }
    }

    async fn put_part(&self, key: &BlobKey, session: &str, number: u32, content: &[u8]) -> String {
        let place = PartPlace {
            key,
            session,
            number,
            size: content.len() as u64,
        };
        self.blobs.put_part(&place, body(content)).await.unwrap()
    }

    async fn read(&self, blob: &Blob, range: std::ops::Range<u64>) -> Vec<u8> {
        collect(self.blobs.get(blob, range).await.unwrap())
            .await
            .unwrap()
    }
}

fn settings(s3: &S3Server) -> S3Settings {
    S3Settings {
        endpoint: Some(s3.endpoint.clone()),
        public_endpoint: None,
        region: "us-east-1".to_owned(),
        bucket: s3.bucket.to_owned(),
        access_key: s3.access_key.to_owned(),
        secret_key: s3.secret_key.to_owned(),
        virtual_hosted: false,
    }
}

fn files_below(directory: &Path) -> usize {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { files_below(&path) } else { 1 })
        .sum()
}

fn key(text: &str) -> BlobKey {
    BlobKey(text.to_owned())
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 31 + at / 7) as u8).collect()
}

fn body(content: &[u8]) -> ByteStream {
    let chunks: Vec<_> = content
        .chunks(70_000)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    Box::pin(stream::iter(chunks))
}

fn cut(content: &[u8]) -> ByteStream {
    let broken = stream::iter([Err(io::ErrorKind::ConnectionReset.into())]);
    Box::pin(body(content).chain(broken))
}

async fn collect(mut bytes: ByteStream) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    while let Some(chunk) = bytes.next().await {
        whole.extend_from_slice(&chunk?);
    }
    Ok(whole)
}

macro_rules! on_both {
    ($($case:ident)+) => {
        mod in_a_directory { $(
            #[tokio::test]
            async fn $case() { super::$case(super::Place::directory()).await; }
        )+ }
        mod in_a_bucket { $(
            #[tokio::test]
            async fn $case() { super::$case(super::Place::bucket().await).await; }
        )+ }
    };
}

on_both! {
    parts_make_a_blob_and_the_last_version_counts
    a_blob_in_one_piece_is_read_in_ranges
    what_breaks_off_leaves_nothing
    what_was_begun_can_be_forgotten
    a_key_that_climbs_is_refused
}

async fn parts_make_a_blob_and_the_last_version_counts(place: Place) {
    let (key, content) = (key("00aa"), content(2 * PART + 5));
    let parts: Vec<_> = content.chunks(PART).collect();
    let session = place.blobs.begin(&key).await.unwrap();
    let wrong = place.put_part(&key, &session, 1, &vec![0; PART]).await;
    let third = place.put_part(&key, &session, 3, parts[2]).await;
    let second = place.put_part(&key, &session, 2, parts[1]).await;
    let first = place.put_part(&key, &session, 1, parts[0]).await;
    assert_ne!(wrong, first);
    let old = PartPlace {
        key: &key,
        session: &session,
        number: 1,
        size: 0,
    };
    place.blobs.drop_part(&old, &wrong).await.unwrap();
    let tags = [first, second, third];
    for _ in 0..2 {
        let size = place.blobs.complete(&key, &session, &tags).await.unwrap();
        assert_eq!(size, content.len() as u64, "doing it again is no error");
    }
    let blob = Blob {
        key: key.clone(),
        size: content.len() as u64,
        part_size: PART as u64,
    };
    assert!(place.read(&blob, 0..blob.size).await == content);
    for range in [
        PART - 3..PART + 3,
        PART..PART + 1,
        0..1,
        2 * PART - 1..2 * PART + 5,
    ] {
        let read = place
            .read(&blob, range.start as u64..range.end as u64)
            .await;
        assert!(read == content[range.clone()], "{range:?}");
    }
    place.blobs.delete(&key).await.unwrap();
    assert_eq!(place.kept(), 0);
    assert!(place.blobs.get(&blob, 0..1).await.is_err());
    place.blobs.delete(&key).await.unwrap();
}

async fn a_blob_in_one_piece_is_read_in_ranges(place: Place) {
    for size in [0, 1, 300_000, PART, 2 * PART + 17] {
        let (key, content) = (key("00bb-30x30.jpeg"), content(size));
        // Replacing the one before.
        assert_eq!(
            place.blobs.put(&key, body(&content)).await.unwrap(),
            size as u64
        );
        let blob = Blob {
            key,
            size: size as u64,
            part_size: (size as u64).max(1),
        };
        assert!(place.read(&blob, 0..blob.size).await == content, "{size}");
        if size > 1000 {
            assert!(place.read(&blob, 500..999).await == content[500..999]);
        }
        assert!(place.read(&blob, 0..0).await.is_empty());
    }
}

async fn what_breaks_off_leaves_nothing(place: Place) {
    let key = key("00cc");
    let session = place.blobs.begin(&key).await.unwrap();
    let at = PartPlace {
        key: &key,
        session: &session,
        number: 1,
        size: 900_000,
    };
    assert!(
        place
            .blobs
            .put_part(&at, cut(&content(800_000)))
            .await
            .is_err()
    );
    for size in [10, PART + 10] {
        assert!(place.blobs.put(&key, cut(&content(size))).await.is_err());
    }
    assert_eq!(place.kept(), 0);
}

async fn what_was_begun_can_be_forgotten(place: Place) {
    let key = key("00dd");
    let session = place.blobs.begin(&key).await.unwrap();
    let tag = place.put_part(&key, &session, 1, b"part").await;
    for _ in 0..2 {
        let forgotten = place.blobs.abort(&key, &session).await;
        // S3 tells an upload that never was from one that is over; some servers call both forbidden.
        assert!(forgotten.is_ok() || place.s3.is_some(), "{forgotten:?}");
    }
    assert_eq!(place.kept(), 0);
    let late = PartPlace {
        key: &key,
        session: &session,
        number: 1,
        size: 4,
    };
    assert!(place.blobs.put_part(&late, body(b"late")).await.is_err());
    assert!(place.blobs.complete(&key, &session, &[tag]).await.is_err());
    assert_eq!(place.kept(), 0);
}

async fn a_key_that_climbs_is_refused(place: Place) {
    for bad in [
        "../../etc",
        "a/../../b",
        "/etc/passwd",
        ".hidden",
        "",
        "ABCD",
    ] {
        let put = place.blobs.put(&key(bad), body(b"x")).await;
        assert!(matches!(put, Err(Error::Internal(_))), "{bad}");
        assert!(
            matches!(place.blobs.delete(&key(bad)).await, Err(Error::Internal(_))),
            "{bad}"
        );
    }
    assert_eq!(place.kept(), 0);
}

#[tokio::test]
async fn what_a_crash_left_is_cleared_once_it_is_old() {
    let directory = tempfile::tempdir().unwrap();
    drop(LocalBlobs::open(directory.path()).unwrap());
    let (old, new) = (
        directory.path().join("tmp/old"),
        directory.path().join("tmp/new"),
    );
    for path in [&old, &new] {
        std::fs::write(path, "half").unwrap();
    }
    let two_days = std::time::Duration::from_secs(2 * 24 * 60 * 60);
    let file = std::fs::File::options().write(true).open(&old).unwrap();
    let before = file.metadata().unwrap().modified().unwrap() - two_days;
    file.set_modified(before).unwrap();
    drop(LocalBlobs::open(directory.path()).unwrap());
    assert!(
        !old.exists() && new.exists(),
        "others may share the directory"
    );
}

#[tokio::test]
async fn a_wrong_secret_opens_no_bucket() {
    let s3 = S3Server::start().await;
    assert!(S3Blobs::open(&settings(&s3)).unwrap().check().await.is_ok());
    let wrong = S3Settings {
        secret_key: "another".to_owned(),
        ..settings(&s3)
    };
    let blobs = S3Blobs::open(&wrong).unwrap();
    assert!(blobs.check().await.is_err());
    assert!(blobs.put(&key("00ee"), body(b"x")).await.is_err());
}
