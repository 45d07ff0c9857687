//! Rows of files, and the object store that has their bytes. Bytes never pass through a transaction.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;

use crate::error::Result;
use crate::files::{
    Blob, BlobKey, File, FileId, Part, Picture, Thumbnail, ThumbnailSpec, Upload, UploadId,
};
use crate::ids::AccountKey;
use crate::time::Millis;

/// A body on its way. Whoever reads it sets the pace.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Where a part belongs.
#[derive(Clone, Copy, Debug)]
pub struct PartPlace<'a> {
    pub key: &'a BlobKey,
    pub session: &'a str,
    /// From 1.
    pub number: u32,
    pub size: u64,
}

/// How the object store is to present what it serves itself.
#[derive(Clone, Debug, Default)]
pub struct Presented {
    pub media_type: String,
    /// A `Content-Disposition`.
    pub disposition: String,
}

/// The object store.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Begins to put a blob together; returns the store's own name for that.
    async fn begin(&self, key: &BlobKey) -> Result<String>;

    /// Stores a part and returns its tag when it is on disk. If the body ends with an error nothing stays behind.
    async fn put_part(&self, place: &PartPlace<'_>, body: ByteStream) -> Result<String>;

    /// Forgets a version of a part, where the store keeps more than one.
    async fn drop_part(&self, place: &PartPlace<'_>, tag: &str) -> Result<()>;

    /// Makes the blob of the parts with these tags, in order, and returns its size. Doing it again is no error.
    async fn complete(&self, key: &BlobKey, session: &str, tags: &[String]) -> Result<u64>;

    /// Forgets what was begun; nothing to forget is no error.
    async fn abort(&self, key: &BlobKey, session: &str) -> Result<()>;

    /// Stores a whole blob, replacing one of the same key, and returns its size when it is on disk.
    async fn put(&self, key: &BlobKey, body: ByteStream) -> Result<u64>;

    /// The bytes of `range`, which lies within the blob.
    async fn get(&self, blob: &Blob, range: Range<u64>) -> Result<ByteStream>;

    /// Removes a blob; none to remove is no error.
    async fn delete(&self, key: &BlobKey) -> Result<()>;

    /// Whether clients can talk to it themselves.
    fn has_addresses(&self) -> bool {
        false
    }

    /// An address that a part can be sent to without further proof.
    async fn part_url(&self, _place: &PartPlace<'_>, _life: Duration) -> Result<Option<String>> {
        Ok(None)
    }

    /// An address that a blob can be read from without further proof.
    async fn url(
        &self,
        _key: &BlobKey,
        _life: Duration,
        _presented: &Presented,
    ) -> Result<Option<String>> {
        Ok(None)
    }
}

/// Makes pictures smaller.
#[async_trait]
pub trait Images: Send + Sync {
    /// `None` if these bytes are no picture, or one that is too large to be decoded.
    async fn shrink(&self, original: Bytes, spec: ThumbnailSpec) -> Result<Option<Picture>>;
}

#[async_trait]
pub trait FileReads {
    async fn file(&mut self, id: &FileId) -> Result<Option<File>>;
    async fn file_by_name(&mut self, name: &str) -> Result<Option<File>>;
    async fn upload(&mut self, id: &UploadId) -> Result<Option<Upload>>;
    /// The parts that have arrived, by number.
    async fn upload_parts(&mut self, id: &UploadId) -> Result<Vec<Part>>;
    /// Uploads, finished or not, that expired before `before`; oldest first.
    async fn expired_uploads(&mut self, before: Millis, rows_max: usize) -> Result<Vec<Upload>>;
    async fn thumbnail(&mut self, blob: &BlobKey, variant: &str) -> Result<Option<Thumbnail>>;
    /// Blobs that wait to be removed, each with its thumbnails.
    async fn doomed_blobs(&mut self, rows_max: usize) -> Result<Vec<(BlobKey, Vec<BlobKey>)>>;
}

#[async_trait]
pub trait FileWrites {
    /// Inserts the file; says whether its name was free.
    async fn insert_file(&mut self, file: &File) -> Result<bool>;
    /// The file of that name, locked against other writers.
    async fn lock_file(&mut self, name: &str) -> Result<Option<File>>;
    /// Writes owner, blob, media type, cause and time of storing of the file with this id.
    async fn replace_file(&mut self, file: &File) -> Result<()>;
    async fn delete_file(&mut self, id: &FileId) -> Result<()>;

    /// `hash` is what the content can be found by later.
    async fn insert_blob(
        &mut self,
        blob: &Blob,
        hash: Option<&str>,
        media_type: &str,
        now: Millis,
    ) -> Result<()>;
    /// A blob of this content with its media type, kept from being removed.
    async fn adopt_blob(&mut self, hash: &str, size: u64) -> Result<Option<(Blob, String)>>;
    /// Notes that no file refers to the blob, if that is so.
    async fn orphan_blob(&mut self, key: &BlobKey, now: Millis) -> Result<()>;
    /// Marks blobs that no file has referred to since `before` for removal; they are not found by their hash any more.
    async fn doom_blobs(&mut self, before: Millis, rows_max: usize) -> Result<u64>;
    /// Removes the rows of blobs and of their thumbnails.
    async fn delete_blobs(&mut self, keys: &[BlobKey]) -> Result<()>;

    async fn insert_upload(&mut self, upload: &Upload) -> Result<()>;
    /// The upload, locked against other writers.
    async fn lock_upload(&mut self, id: &UploadId) -> Result<Option<Upload>>;
    /// Inserts or replaces a part; returns the tag of the one it replaced.
    async fn put_upload_part(&mut self, id: &UploadId, part: &Part) -> Result<Option<String>>;
    /// Notes which file the upload has become, and forgets its parts.
    async fn finish_upload(&mut self, id: &UploadId, file: &FileId) -> Result<()>;
    /// Lets the account's oldest unfinished uploads expire at `now` until `keep` are left.
    async fn expire_uploads_beyond(
        &mut self,
        owner: AccountKey,
        keep: usize,
        now: Millis,
    ) -> Result<()>;
    /// Removes uploads with their parts.
    async fn delete_uploads(&mut self, ids: &[UploadId]) -> Result<()>;

    /// Inserts or replaces a thumbnail, unless the blob is doomed or has `most` others; says whether it is kept.
    async fn insert_thumbnail(
        &mut self,
        blob: &BlobKey,
        variant: &str,
        thumbnail: &Thumbnail,
        most: usize,
    ) -> Result<bool>;
}
