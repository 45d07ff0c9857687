//! Small forms of pictures, made when they are first asked for and kept beside the blob.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::{Blob, BlobKey, File};
use crate::error::{Error, Result};
use crate::ports::ByteStream;
use crate::{Domain, limits};

/// How large a thumbnail may become, and as what it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThumbnailSpec {
    /// 0 does not limit.
    pub width: u32,
    pub height: u32,
    /// `None` keeps the picture's own, where it can be written.
    pub format: Option<PictureFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    Jpeg,
    Png,
    Webp,
    Gif,
}

impl PictureFormat {
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "webp" => Some(Self::Webp),
            "gif" => Some(Self::Gif),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

impl ThumbnailSpec {
    /// Within what we make at all.
    fn clamped(self) -> Self {
        let side = |side: u32| match side {
            0 => limits::THUMBNAIL_SIDE_MAX,
            side => side.min(limits::THUMBNAIL_SIDE_MAX),
        };
        Self {
            width: side(self.width),
            height: side(self.height),
            format: self.format,
        }
    }

    /// What it is called among the thumbnails of a blob.
    fn variant(self) -> String {
        let format = self.format.map_or("own", PictureFormat::name);
        format!("{}x{}.{format}", self.width, self.height)
    }
}

/// A picture that was made.
#[derive(Clone, Debug)]
pub struct Picture {
    pub bytes: Bytes,
    pub format: PictureFormat,
}

/// A thumbnail that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    pub blob: Blob,
    pub media_type: String,
}

impl Domain {
    /// A thumbnail of a file that was found for the reader. `None` if it is no picture that can be made smaller: then
    /// it is to be shown as it is.
    pub async fn thumbnail(
        &self,
        file: &File,
        spec: ThumbnailSpec,
    ) -> Result<Option<(Thumbnail, ByteStream)>> {
        let spec = spec.clamped();
        let variant = spec.variant();
        let is_picture = file.media_type.starts_with("image/");
        if !is_picture || file.blob.size > limits::PICTURE_BYTES_MAX {
            return Ok(None);
        }
        let key = format!("{}-{variant}", file.blob.key);
        let turn = self.files()?.turn_to_make(&key);
        let _turn = turn.lock().await;
        let kept = self
            .store
            .view()
            .await?
            .thumbnail(&file.blob.key, &variant)
            .await?;
        if let Some(kept) = kept {
            let bytes = self.blobs()?.get(&kept.blob, 0..kept.blob.size).await?;
            return Ok(Some((kept, bytes)));
        }
        let Some(images) = self.files()?.images.clone() else {
            return Ok(None);
        };
        let original = self.read_whole(&file.blob).await?;
        let Some(picture) = images.shrink(original, spec).await? else {
            return Ok(None);
        };
        let made = Thumbnail {
            blob: Blob {
                key: BlobKey(key),
                size: picture.bytes.len() as u64,
                part_size: (picture.bytes.len() as u64).max(1),
            },
            media_type: picture.format.media_type().to_owned(),
        };
        self.keep(file, &variant, &made, &picture.bytes).await?;
        Ok(Some((made, one(picture.bytes))))
    }

    /// Keeps a thumbnail, unless there are enough of its blob: whoever holds a link could ask for every size.
    async fn keep(
        &self,
        file: &File,
        variant: &str,
        made: &Thumbnail,
        bytes: &Bytes,
    ) -> Result<()> {
        self.blobs()?
            .put(&made.blob.key, one(bytes.clone()))
            .await?;
        let mut tx = self.store.begin().await?;
        let is_kept = tx
            .insert_thumbnail(&file.blob.key, variant, made, limits::THUMBNAILS_MAX)
            .await?;
        self.commit(tx).await?;
        if !is_kept {
            self.blobs()?.delete(&made.blob.key).await?;
        }
        Ok(())
    }

    async fn read_whole(&self, blob: &Blob) -> Result<Bytes> {
        let mut whole = Vec::with_capacity(blob.size as usize);
        let mut bytes = self.blobs()?.get(blob, 0..blob.size).await?;
        while let Some(chunk) = bytes.next().await {
            whole.extend_from_slice(
                &chunk.map_err(|error| Error::unavailable("object store", error))?,
            );
        }
        Ok(whole.into())
    }
}

impl super::Files {
    fn turn_to_make(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut making = self.thumbnails.lock();
        making.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = making.get(key).and_then(std::sync::Weak::upgrade) {
            return turn;
        }
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        making.insert(key.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

fn one(bytes: Bytes) -> ByteStream {
    Box::pin(stream::iter([Ok(bytes)]))
}
