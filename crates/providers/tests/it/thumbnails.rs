//! Pictures made smaller, and what is not decoded.

use bytes::Bytes;
use domain::files::{PictureFormat, ThumbnailSpec};
use domain::ports::Images;
use providers::thumbnail::Shrinker;
use testkit::pictures;

async fn shrink(
    original: Vec<u8>,
    width: u32,
    height: u32,
    format: Option<PictureFormat>,
) -> Option<(Bytes, PictureFormat)> {
    let spec = ThumbnailSpec {
        width,
        height,
        format,
    };
    let made = Shrinker::default()
        .shrink(original.into(), spec)
        .await
        .unwrap();
    made.map(|picture| (picture.bytes, picture.format))
}

#[tokio::test]
async fn a_picture_fits_into_the_box_and_never_grows() {
    for ((width, height), expected) in [
        ((100, 100), (100, 50)),
        ((1000, 10), (20, 10)),
        ((400, 200), (400, 200)),
        ((2000, 2000), (400, 200)),
        ((1, 1), (1, 1)),
    ] {
        let (bytes, _) = shrink(pictures::png(400, 200), width, height, None)
            .await
            .unwrap();
        assert_eq!(pictures::size(&bytes), expected);
    }
}

#[tokio::test]
async fn every_format_is_written() {
    for format in [
        PictureFormat::Jpeg,
        PictureFormat::Png,
        PictureFormat::Webp,
        PictureFormat::Gif,
    ] {
        let (bytes, made) = shrink(pictures::png(40, 20), 20, 20, Some(format))
            .await
            .unwrap();
        assert_eq!(made, format);
        assert_eq!(pictures::size(&bytes), (20, 10));
        let [red, _, blue] = pictures::pixel(&bytes, 2, 5);
        assert!(red > 200 && blue < 60, "{format:?}");
        // What was written is read as its own kind.
        let again = shrink(bytes.to_vec(), 10, 10, None).await.unwrap();
        assert_eq!(again.1, format);
    }
}

#[tokio::test]
async fn exif_turns_the_picture_and_is_left_out() {
    let (bytes, _) = shrink(pictures::turned_jpeg(400, 200), 100, 100, None)
        .await
        .unwrap();
    assert_eq!(pictures::size(&bytes), (50, 100));
    let [red, _, blue] = pictures::pixel(&bytes, 25, 10);
    assert!(red > 200 && blue < 60, "what was left is on top");
    assert!(!bytes.windows(4).any(|four| four == b"Exif"));
}

#[tokio::test]
async fn what_is_too_large_or_broken_is_not_decoded() {
    let whole = pictures::png(64, 64);
    let mut huge = whole.clone();
    // 60,000 pixels square, said the header; the checksum of a PNG's header is not what stops it.
    huge[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    huge[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    for broken in [
        huge,
        whole[..whole.len() / 2].to_vec(),
        b"no picture".to_vec(),
        Vec::new(),
    ] {
        assert!(shrink(broken, 10, 10, None).await.is_none());
    }
    let many = pictures::blank_gif(8000, 8000);
    assert!(many.len() < 10_000, "a bomb of {} bytes", many.len());
    assert!(shrink(many, 10, 10, None).await.is_none(), "64 megapixels");
}
