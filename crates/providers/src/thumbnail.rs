//! Pictures made smaller. Decoding other people's pictures takes time and memory, so it happens on few threads, and
//! what is too large is not decoded at all.

use std::io::Cursor;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::error::{Error, Result};
use domain::files::{Picture, PictureFormat, ThumbnailSpec};
use domain::limits;
use domain::ports::Images;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

/// Pictures that are decoded at one time; each may take as much memory as [`ALLOCATED_BYTES_MAX`].
const AT_ONCE: usize = 2;

/// What a decoder may allocate: enough for the largest picture with four bytes a pixel, and its own buffers.
const ALLOCATED_BYTES_MAX: u64 = limits::PICTURE_PIXELS_MAX * 4 + 64 * 1024 * 1024;

const JPEG_QUALITY: u8 = 85;

pub struct Shrinker {
    turns: Arc<Semaphore>,
}

impl Default for Shrinker {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

#[async_trait]
impl Images for Shrinker {
    async fn shrink(&self, original: Bytes, spec: ThumbnailSpec) -> Result<Option<Picture>> {
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(Error::internal)?;
        let made = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            shrink(&original, spec)
        });
        match made.await.map_err(Error::internal)? {
            Ok(picture) => Ok(Some(picture)),
            Err(error) => {
                tracing::debug!(%error, "a picture is shown as it is");
                Ok(None)
            }
        }
    }
}

fn shrink(original: &[u8], spec: ThumbnailSpec) -> Result<Picture, ImageError> {
    let mut reader = ImageReader::new(Cursor::new(original)).with_guessed_format()?;
    let mut allowed = Limits::default();
    allowed.max_alloc = Some(ALLOCATED_BYTES_MAX);
    reader.limits(allowed);
    let own = reader.format();
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits::PICTURE_PIXELS_MAX {
        return Err(ImageError::Limits(image::error::LimitError::from_kind(
            image::error::LimitErrorKind::DimensionError,
        )));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder)?;
    let mut small = fitted(picture, spec, orientation);
    // After it is small, because turning costs by the pixel.
    small.apply_orientation(orientation);
    let format = spec.format.unwrap_or_else(|| own_format(own));
    Ok(Picture {
        bytes: encode(&small, format)?.into(),
        format,
    })
}

/// The picture within the bounds that hold once it is turned; never larger than it was.
fn fitted(picture: DynamicImage, spec: ThumbnailSpec, orientation: Orientation) -> DynamicImage {
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    let (width, height) = if is_turned {
        (spec.height, spec.width)
    } else {
        (spec.width, spec.height)
    };
    if picture.width() <= width && picture.height() <= height {
        picture
    } else {
        picture.thumbnail(width.max(1), height.max(1))
    }
}

fn own_format(own: Option<ImageFormat>) -> PictureFormat {
    match own {
        Some(ImageFormat::Png) => PictureFormat::Png,
        Some(ImageFormat::WebP) => PictureFormat::Webp,
        Some(ImageFormat::Gif) => PictureFormat::Gif,
        _ => PictureFormat::Jpeg,
    }
}

fn encode(picture: &DynamicImage, format: PictureFormat) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Cursor::new(Vec::new());
    match format {
        PictureFormat::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
            picture.to_rgb8().write_with_encoder(encoder)?;
        }
        PictureFormat::Png => picture.write_to(&mut bytes, ImageFormat::Png)?,
        PictureFormat::Webp => {
            DynamicImage::from(picture.to_rgba8()).write_to(&mut bytes, ImageFormat::WebP)?;
        }
        PictureFormat::Gif => {
            DynamicImage::from(picture.to_rgba8()).write_to(&mut bytes, ImageFormat::Gif)?;
        }
    }
    Ok(bytes.into_inner())
}
