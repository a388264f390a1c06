//! A picture's bytes become grey pixels, within limits that hold before anything is decoded.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageDecoder as _, ImageFormat, ImageReader};

use super::ScanError;
use crate::reading::Limits;

/// Bytes that decoding one pixel may take: four channels of 16 bits, once as they are and once as grey.
const BYTES_PER_PIXEL: u64 = 9;

/// Where a TIFF says that its first directory begins.
const TIFF_FIRST: std::ops::Range<usize> = 4..8;

/// One page's picture.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Dark on light.
    pub grey: GrayImage,
    /// The page, from 1.
    pub number: u32,
    /// Pixels in an inch, where that is known.
    pub dpi: Option<f32>,
}

/// Decodes PNG, JPEG, TIFF with all its pages, WebP or BMP, the way up that the picture itself says.
pub fn pictures(bytes: &[u8], limits: &Limits) -> Result<Vec<Picture>, ScanError> {
    let format = image::guess_format(bytes).map_err(|error| ScanError::Broken(error.to_string()))?;
    if format != ImageFormat::Tiff {
        return Ok(vec![Picture { grey: decode(bytes, format, limits)?, number: 1, dpi: None }]);
    }
    let mut pictures = Vec::new();
    let mut file = bytes.to_vec();
    for (number, first) in (1..=limits.pages).zip(directories(bytes)) {
        // The decoder reads a file's first page, so each page becomes the first of its file once.
        file[TIFF_FIRST].copy_from_slice(&first);
        pictures.push(Picture { grey: decode(&file, format, limits)?, number, dpi: None });
    }
    Ok(pictures)
}

fn decode(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<GrayImage, ScanError> {
    let broken = |error: image::ImageError| ScanError::Broken(error.to_string());
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(limits.pixels.saturating_mul(BYTES_PER_PIXEL));
    reader.limits(allowed);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.pixels {
        return Err(ScanError::TooLarge { pixels, most: limits.pixels });
    }
    let orientation = decoder.orientation().map_err(broken)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(orientation);
    Ok(on_white(picture))
}

/// What can be seen through is paper.
fn on_white(picture: DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let picture = picture.into_luma_alpha8();
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [grey, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let mixed = (grey * alpha + 255 * (255 - alpha)) / 255;
        image::Luma([u8::try_from(mixed).unwrap_or(u8::MAX)])
    })
}

/// Where the directories of a TIFF's pages begin, as the file writes it; a chain that bites its own tail ends there.
fn directories(bytes: &[u8]) -> Vec<[u8; 4]> {
    let is_little = bytes.starts_with(b"II");
    let number = |at: usize, long: bool| -> Option<usize> {
        let part = bytes.get(at..at + if long { 4 } else { 2 })?;
        let digits = part.iter();
        let add = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(if is_little { digits.rev().fold(0, add) } else { digits.fold(0, add) })
    };
    let (mut found, mut at) = (Vec::new(), 4);
    while let (Some(directory), Some(raw)) = (number(at, true), bytes.get(at..at + 4)) {
        let raw = [raw[0], raw[1], raw[2], raw[3]];
        if directory == 0 || found.contains(&raw) {
            break;
        }
        found.push(raw);
        let Some(entries) = number(directory, false) else { break };
        at = directory + 2 + entries * 12;
    }
    found
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder as _, Luma};

    use super::*;

    fn encoded(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let picture = GrayImage::from_pixel(width, height, Luma([200]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(picture).into_rgb8().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_kind_of_picture_is_decoded_within_limits() {
        let limits = Limits { pixels: 1_000, ..Limits::default() };
        for format in
            [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Tiff, ImageFormat::WebP, ImageFormat::Bmp]
        {
            let read = pictures(&encoded(format, 40, 20), &limits).unwrap();
            assert_eq!(read.len(), 1, "{format:?}");
            assert_eq!(read[0].grey.dimensions(), (40, 20), "{format:?}");
            let refused = pictures(&encoded(format, 40, 26), &limits);
            assert!(
                matches!(refused, Err(ScanError::TooLarge { pixels: 1_040, most: 1_000 })),
                "{format:?}: {refused:?}"
            );
        }
    }

    #[test]
    fn what_is_cut_off_or_is_no_picture_is_broken() {
        let whole = encoded(ImageFormat::Png, 400, 200);
        for bytes in [&whole[..40], &whole[..8], b"II*\0\xff\xff\xff\xff", b""] {
            match pictures(bytes, &Limits::default()) {
                Err(ScanError::Broken(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn paper_shows_through() {
        let mut bytes = Vec::new();
        let pixels = [0, 0, 0, 0, 0, 0, 0, 255];
        image::codecs::png::PngEncoder::new(&mut bytes)
            .write_image(&pixels, 2, 1, ExtendedColorType::Rgba8)
            .unwrap();
        let read = pictures(&bytes, &Limits::default()).unwrap();
        assert_eq!(read[0].grey.as_raw(), &[255, 0]);
    }

    #[test]
    fn a_chain_of_pages_that_goes_round_ends() {
        // Header, then a directory without entries at 8 that names itself as the next.
        let bytes = b"II*\0\x08\0\0\0\0\0\x08\0\0\0";
        assert_eq!(directories(bytes), [[8, 0, 0, 0]]);
    }
}
