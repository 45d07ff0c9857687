//! Blobs in a directory on this machine. A blob is a directory of part files, so that putting it together copies
//! nothing: parts are received under `tmp`, are renamed into `uploads/KEY` once they are whole, and the directory is
//! renamed into `blobs` when the last of them is there. Every step is atomic; what a crash leaves is under `tmp`, or
//! belongs to an upload that expires.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU64;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::error::{Error, Result};
use domain::files::{Blob, BlobKey};
use domain::ports::{Blobs, ByteStream, PartPlace};
use futures_util::{StreamExt, stream};
use rustix::fs::{Advice, fadvise};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{checked, unavailable};

/// What goes to the disk, and comes from it, in one step. An upload has two of them in memory: one is being written
/// while the next one arrives.
const STEP_BYTES: usize = 256 * 1024;

/// What has been received for so long was left behind by a crash.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone)]
pub struct LocalBlobs {
    places: Arc<Places>,
}

struct Places {
    received: PathBuf,
    uploads: PathBuf,
    blobs: PathBuf,
}

impl LocalBlobs {
    /// Makes the directory if it is missing, and clears away what a crash has left in it.
    ///
    /// # Errors
    ///
    /// The directory cannot be made or written to.
    pub fn open(directory: &Path) -> io::Result<Self> {
        let places = Places {
            received: directory.join("tmp"),
            uploads: directory.join("uploads"),
            blobs: directory.join("blobs"),
        };
        for place in [&places.received, &places.uploads, &places.blobs] {
            fs::create_dir_all(place)?;
        }
        for entry in fs::read_dir(&places.received)? {
            let entry = entry?;
            // Others that share the directory may be receiving.
            if is_abandoned(&entry.metadata()?) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self {
            places: Arc::new(places),
        })
    }

    /// Receives a body to the end. It goes when it is not moved to where it belongs.
    async fn receive(&self, mut body: ByteStream) -> Result<Received> {
        let path = self.places.received.join(random_name()?);
        let (received, mut file) = blocking(move || Received::create(path)).await?;
        let mut gathered = Gathered::default();
        let mut bytes = 0;
        let mut writing: Option<JoinHandle<io::Result<File>>> = None;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(unavailable)?;
            bytes += chunk.len() as u64;
            gathered.push(chunk);
            if gathered.bytes < STEP_BYTES {
                continue;
            }
            let step = std::mem::take(&mut gathered);
            if let Some(before) = writing.take() {
                file = Some(joined(before).await?);
            }
            if let Some(file) = file.take() {
                writing = Some(spawn_blocking(move || step.write_to(file)));
            }
        }
        if let Some(before) = writing.take() {
            file = Some(joined(before).await?);
        }
        if let Some(opened) = file {
            file = Some(blocking(move || gathered.write_to(opened)).await?);
        }
        Ok(Received {
            bytes,
            file,
            ..received
        })
    }
}

#[async_trait]
impl Blobs for LocalBlobs {
    async fn begin(&self, key: &BlobKey) -> Result<String> {
        let upload = self.places.upload(key)?;
        let parent = self.places.uploads.clone();
        blocking(move || {
            fs::create_dir_all(&upload)?;
            sync(&parent)
        })
        .await?;
        Ok(String::new())
    }

    async fn put_part(&self, place: &PartPlace<'_>, body: ByteStream) -> Result<String> {
        let upload = self.places.upload(place.key)?;
        let tag = random_name()?;
        let name = part_version(place.number, &tag);
        let received = self.receive(body).await?;
        blocking(move || {
            // Fails when the upload has ended in the meantime, because its directory is gone.
            received.move_to(&upload.join(name))
        })
        .await?;
        Ok(tag)
    }

    async fn drop_part(&self, place: &PartPlace<'_>, tag: &str) -> Result<()> {
        let part = self
            .places
            .upload(place.key)?
            .join(part_version(place.number, tag));
        blocking(move || gone_is_fine(fs::remove_file(part))).await
    }

    async fn complete(&self, key: &BlobKey, _session: &str, tags: &[String]) -> Result<u64> {
        let (upload, blob) = (self.places.upload(key)?, self.places.blob(key)?);
        let tags = tags.to_vec();
        blocking(move || put_together(&upload, &blob, &tags)).await
    }

    async fn abort(&self, key: &BlobKey, _session: &str) -> Result<()> {
        let upload = self.places.upload(key)?;
        blocking(move || gone_is_fine(fs::remove_dir_all(upload))).await
    }

    async fn put(&self, key: &BlobKey, body: ByteStream) -> Result<u64> {
        let blob = self.places.blob(key)?;
        let received = self.receive(body).await?;
        let bytes = received.bytes;
        blocking(move || {
            fs::create_dir_all(&blob)?;
            received.move_to(&blob.join("1"))?;
            sync(&blob)?;
            sync_parents(&blob)
        })
        .await?;
        Ok(bytes)
    }

    async fn get(&self, blob: &Blob, range: Range<u64>) -> Result<ByteStream> {
        let reader = Reader {
            blob: self.places.blob(&blob.key)?,
            part_size: blob.part_size.max(1),
            at: range.start,
            end: range.end,
            open: None,
        };
        // The first step is taken here, so that a blob that is gone is an error and not a broken answer.
        let Some((first, reader)) = blocking(move || reader.step()).await? else {
            return Ok(Box::pin(stream::empty()));
        };
        let rest = stream::try_unfold(reader, |reader| async {
            spawn_blocking(move || reader.step())
                .await
                .map_err(io::Error::other)?
        });
        Ok(Box::pin(stream::iter([Ok(first)]).chain(rest)))
    }

    async fn delete(&self, key: &BlobKey) -> Result<()> {
        let blob = self.places.blob(key)?;
        blocking(move || gone_is_fine(fs::remove_dir_all(blob))).await
    }
}

impl Places {
    fn upload(&self, key: &BlobKey) -> Result<PathBuf> {
        Ok(self.uploads.join(checked(key)?))
    }

    /// Spread over directories, because some file systems are slow with large ones.
    fn blob(&self, key: &BlobKey) -> Result<PathBuf> {
        let key = checked(key)?;
        Ok(self.blobs.join(&key[..2]).join(key))
    }
}

/// A file under `tmp`.
struct Received {
    path: PathBuf,
    bytes: u64,
    file: Option<File>,
    _guard: Guard,
}

/// Removes the file, unless it was moved away.
struct Guard(PathBuf);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Err(error) = gone_is_fine(fs::remove_file(&self.0)) {
            tracing::warn!(%error, "a file that was received in part stays behind");
        }
    }
}

impl Received {
    fn create(path: PathBuf) -> io::Result<(Self, Option<File>)> {
        let file = File::create_new(&path)?;
        let received = Self {
            _guard: Guard(path.clone()),
            path,
            bytes: 0,
            file: None,
        };
        Ok((received, Some(file)))
    }

    /// Returns when the bytes and their new name are on disk. The name comes first: a journal that has the file's new
    /// size then has its name as well, so that one wait is enough. Nobody knows the name before this returns.
    fn move_to(self, place: &Path) -> io::Result<()> {
        fs::rename(&self.path, place)?;
        match self.file {
            Some(file) => file.sync_all(),
            None => Ok(()),
        }
    }
}

/// Chunks that make a step together.
#[derive(Default)]
struct Gathered {
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Gathered {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.chunks.push(chunk);
    }

    /// Writes, and lets the disk begin at once, so that little is left to wait for at the end.
    fn write_to(self, mut file: File) -> io::Result<File> {
        let at = file.stream_position()?;
        for chunk in self.chunks {
            file.write_all(&chunk)?;
        }
        // What is dirty is only sent on its way by this, not dropped. A file system that cannot does nothing.
        let _ = fadvise(
            &file,
            at,
            NonZeroU64::new(self.bytes as u64),
            Advice::DontNeed,
        );
        Ok(file)
    }
}

/// Where somebody is in a blob.
struct Reader {
    blob: PathBuf,
    part_size: u64,
    at: u64,
    end: u64,
    /// The part that is being read, and its index.
    open: Option<(u64, File)>,
}

impl Reader {
    /// The next bytes; `None` at the end.
    fn step(mut self) -> io::Result<Option<(Bytes, Self)>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let index = self.at / self.part_size;
        let mut file = match self.open.take() {
            Some((open, file)) if open == index => file,
            _ => {
                let mut file = File::open(self.blob.join((index + 1).to_string()))?;
                file.seek(SeekFrom::Start(self.at % self.part_size))?;
                file
            }
        };
        let end_of_part = (index + 1) * self.part_size;
        let wanted = (STEP_BYTES as u64).min(end_of_part.min(self.end) - self.at);
        let mut bytes = Vec::with_capacity(wanted as usize);
        (&mut file).take(wanted).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != wanted {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += wanted;
        self.open = Some((index, file));
        Ok(Some((bytes.into(), self)))
    }
}

/// Makes a blob of an upload. May be done again after a crash in the middle of it, and after it was done.
fn put_together(upload: &Path, blob: &Path, tags: &[String]) -> io::Result<u64> {
    if !blob.exists() {
        match arrange(upload, tags).and_then(|()| move_into_place(upload, blob)) {
            // Somebody else was faster.
            Err(_) if blob.exists() => {}
            outcome => outcome?,
        }
    }
    (1..=tags.len()).try_fold(0, |bytes, number| {
        Ok(bytes + fs::metadata(blob.join(number.to_string()))?.len())
    })
}

/// Leaves nothing in the directory but the parts with these tags, under their numbers.
fn arrange(upload: &Path, tags: &[String]) -> io::Result<()> {
    for (number, tag) in (1..).zip(tags) {
        let part = upload.join(number.to_string());
        match fs::rename(upload.join(part_version(number, tag)), &part) {
            // It was renamed before a crash.
            Err(error) if error.kind() == io::ErrorKind::NotFound && part.exists() => {}
            outcome => outcome?,
        }
    }
    for entry in fs::read_dir(upload)? {
        let entry = entry?;
        let is_part = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
            .is_some_and(|number: usize| (1..=tags.len()).contains(&number));
        if !is_part {
            fs::remove_file(entry.path())?;
        }
    }
    sync(upload)
}

fn move_into_place(upload: &Path, blob: &Path) -> io::Result<()> {
    if let Some(parent) = blob.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::rename(upload, blob)?;
    sync_parents(blob)
}

/// The name of one version of a part: a part that is sent again replaces the old one only once it is complete.
fn part_version(number: u32, tag: &str) -> String {
    format!("{number}.{tag}")
}

fn random_name() -> Result<String> {
    getrandom::u64()
        .map(|name| format!("{name:016x}"))
        .map_err(|error| Error::internal(error.to_string()))
}

/// Makes renames in a directory outlive a power cut.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// The directory that holds this one, and that above it, which may be new as well.
fn sync_parents(directory: &Path) -> io::Result<()> {
    directory.ancestors().skip(1).take(2).try_for_each(sync)
}

fn is_abandoned(metadata: &fs::Metadata) -> bool {
    let age = metadata.modified().map(|modified| modified.elapsed());
    matches!(age, Ok(Ok(age)) if age > ABANDONED_AFTER)
}

fn gone_is_fine(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    joined(spawn_blocking(work)).await
}

async fn joined<T>(work: JoinHandle<io::Result<T>>) -> Result<T> {
    work.await.map_err(unavailable)?.map_err(unavailable)
}
