//! The picture that is kept of an enrolled view, so that another model can look at it again.
//!
//! It is the square that the model was given, before it was made as small as the model wants it: at most [`SIDE_MAX`]
//! pixels a side, so that a model with a larger input finds something in it. `docs/performance.md` says how near the
//! vector of a kept picture comes to that of the photo.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageError};
use thiserror::Error;

use crate::decode::{DecodeError, Limits, Picture, decode};
use crate::preprocess::{Region, to_input};

/// The largest side of a kept picture, in pixels: half as much again as the largest model's input.
pub const SIDE_MAX: u32 = 384;
/// Where JPEG's losses no longer show in the vector.
const QUALITY: u8 = 90;
/// The side of the largest picture that is read back, in pixels: what is larger was not kept here.
const READ_SIDE_MAX: u64 = 1024;
/// The longest file that is read back, in bytes.
const READ_BYTES_MAX: usize = 1 << 20;

/// A picture that cannot be kept.
#[derive(Debug, Error)]
#[error("failed to write a JPEG of {side} x {side} pixels")]
pub struct KeepError {
    side: u32,
    #[source]
    source: ImageError,
}

/// How a picture is kept. The default is what tills do; anything else is for measuring.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    /// The largest side, in pixels.
    pub side_max: u32,
    /// JPEG's quality, 1 to 100.
    pub quality: u8,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { side_max: SIDE_MAX, quality: QUALITY }
    }
}

/// Cuts the region that a model is given out of RGB pixels, as a JPEG. A region that is small enough keeps its pixels.
///
/// # Panics
/// Where [`to_input`] does.
pub fn keep(rgb: &[u8], size: (u32, u32), region: Region, how: Keeping) -> Result<Vec<u8>, KeepError> {
    let side = region.width.max(region.height).min(how.side_max);
    let pixels = to_input(rgb, size, region, side);
    let mut jpeg = Vec::with_capacity(pixels.len() / 8);
    // This encoder keeps the colours at full resolution.
    JpegEncoder::new_with_quality(&mut jpeg, how.quality)
        .encode(&pixels, side, side, ExtendedColorType::Rgb8)
        .map_err(|source| KeepError { side, source })?;
    Ok(jpeg)
}

/// Reads a kept picture back.
pub fn read(jpeg: &[u8]) -> Result<Picture, DecodeError> {
    decode(jpeg, &Limits { max_bytes: READ_BYTES_MAX, max_pixels: READ_SIDE_MAX * READ_SIDE_MAX })
}

/// The input of a model whose input has `side` pixels a side, from a kept picture: all of it.
pub fn input_of(picture: &Picture, side: u32) -> Vec<u8> {
    let size = (picture.width, picture.height);
    to_input(&picture.rgb, size, Region { x: 0, y: 0, width: size.0, height: size.1 }, side)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waves(width: u32, height: u32) -> Vec<u8> {
        let wave =
            |x: u32, y: u32, step: f32| 128.0 + 90.0 * ((x as f32 / step).sin() * (y as f32 / 23.0).cos());
        (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| [wave(x, y, 9.0) as u8, wave(x, y, 17.0) as u8, 90]))
            .collect()
    }

    #[test]
    fn keeps_small_regions_as_they_are_and_large_ones_smaller() {
        let rgb = waves(1280, 960);
        for (side, kept) in [(1, 1), (300, 300), (384, 384), (385, 384), (900, 384)] {
            let region = Region { x: 20, y: 10, width: side, height: side };
            let picture = read(&keep(&rgb, (1280, 960), region, Keeping::default()).unwrap()).unwrap();
            assert_eq!((picture.width, picture.height), (kept, kept), "of {side}");
        }
    }

    #[test]
    fn a_kept_picture_gives_nearly_the_input_that_the_photo_gave() {
        let rgb = waves(1280, 960);
        for side in [300, 700] {
            let region = Region { x: 100, y: 50, width: side, height: side };
            let direct = to_input(&rgb, (1280, 960), region, 260);
            let picture = read(&keep(&rgb, (1280, 960), region, Keeping::default()).unwrap()).unwrap();
            let again = input_of(&picture, 260);
            let apart: u64 = direct.iter().zip(&again).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            let mean = apart as f64 / direct.len() as f64;
            assert!(mean < 3.0, "{mean} levels apart on average, cut from {side} pixels");
        }
    }

    #[test]
    fn what_is_no_kept_picture_is_an_error() {
        assert!(read(b"nothing").is_err());
        let jpeg =
            keep(&waves(64, 64), (64, 64), Region { x: 0, y: 0, width: 64, height: 64 }, Keeping::default());
        let jpeg = jpeg.unwrap();
        assert!(read(&jpeg[..jpeg.len() / 2]).is_err());
    }
}
