//! Pictures to upload, and what became of them.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Rgb, RgbImage};

/// A picture whose left half is red and whose right half is blue.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    written(&halves(width, height), ImageFormat::Png)
}

/// The same, with an EXIF note that it is to be turned a quarter to the right: what is left comes to the top.
pub fn turned_jpeg(width: u32, height: u32) -> Vec<u8> {
    let jpeg = written(&halves(width, height), ImageFormat::Jpeg);
    // One directory with one entry: orientation (0x0112), a short, 6.
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(exif.len() + 2).expect("short");
    let mut turned = jpeg[..2].to_vec();
    turned.extend([0xff, 0xe1]);
    turned.extend(length.to_be_bytes());
    turned.extend(exif);
    turned.extend(&jpeg[2..]);
    turned
}

/// A GIF that says it is this large and has nothing in it: a few bytes for as many pixels as one likes.
pub fn blank_gif(width: u16, height: u16) -> Vec<u8> {
    let mut gif = b"GIF89a".to_vec();
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    gif.extend(&size);
    // A palette of two colours, then one frame of the whole size with one colour.
    gif.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0]);
    gif.extend(&size);
    gif.extend([0, 2, 2, 0x44, 1, 0, 0x3b]);
    gif
}

/// Width and height.
pub fn size(picture: &[u8]) -> (u32, u32) {
    let reader = ImageReader::new(Cursor::new(picture))
        .with_guessed_format()
        .expect("a picture");
    reader.into_dimensions().expect("a size")
}

/// The colour of one point.
pub fn pixel(picture: &[u8], x: u32, y: u32) -> [u8; 3] {
    let picture = image::load_from_memory(picture).expect("a picture");
    picture.to_rgb8().get_pixel(x, y).0
}

fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| {
        if x < width / 2 {
            Rgb([255, 0, 0])
        } else {
            Rgb([0, 0, 255])
        }
    })
}

fn written(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("written");
    bytes.into_inner()
}
