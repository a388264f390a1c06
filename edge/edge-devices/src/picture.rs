//! Decoding of pictures from files and the network, with limits.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader};

/// How much a picture may cost before it is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The largest file, in bytes.
    pub(crate) max_bytes: u64,
    /// The largest picture, in pixels.
    pub(crate) max_pixels: u64,
}

/// Limits for files that a person chose.
pub(crate) const FILE_LIMITS: Limits = Limits { max_bytes: 15 << 20, max_pixels: 50_000_000 };

/// A decoded picture, upright: 8-bit RGB, rows top to bottom.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Arc<[u8]>,
}

/// Reads and decodes a file. The error is a reason in words, without the file's name.
pub(crate) fn decode_file(path: &Path, limits: Limits) -> Result<Picture, String> {
    let length = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if length > limits.max_bytes {
        return Err(format!("the file is {length} bytes long, more than the {} allowed", limits.max_bytes));
    }
    decode_rgb(&std::fs::read(path).map_err(|e| e.to_string())?, limits)
}

/// Decodes JPEG, PNG or WebP, told apart by content.
pub(crate) fn decode_rgb(bytes: &[u8], limits: Limits) -> Result<Picture, String> {
    let image = decode(bytes, limits)?.into_rgb8();
    let (width, height) = image.dimensions();
    Ok(Picture { width, height, rgb: image.into_raw().into() })
}

/// Decodes a picture in whatever pixels it has.
pub(crate) fn decode(bytes: &[u8], limits: Limits) -> Result<DynamicImage, String> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    if reader.format().is_none() {
        return Err("it is not a JPEG, PNG or WebP picture".to_owned());
    }
    let mut decoder = reader.into_decoder().map_err(|e| in_words(&e))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err("it has no pixels".to_owned());
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(format!("it has {width}x{height} pixels, more than the {} allowed", limits.max_pixels));
    }
    let orientation = decoder.orientation().map_err(|e| in_words(&e))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|e| in_words(&e))?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn in_words(error: &ImageError) -> String {
    match error {
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the picture is cut short".to_owned()
        }
        other => format!("the picture is damaged: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let image =
            DynamicImage::ImageRgb8(image::RgbImage::from_pixel(width, height, image::Rgb([9, 8, 7])));
        image.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn decodes_what_fits_and_says_why_it_refuses_the_rest() {
        let limits = Limits { max_bytes: 1000, max_pixels: 100 };
        let good = decode_rgb(&png(10, 10), limits).unwrap();
        assert_eq!((good.width, good.height, good.rgb[..3].to_vec()), (10, 10, vec![9, 8, 7]));
        for (bytes, reason) in [
            (png(11, 10), "11x10 pixels, more than the 100 allowed"),
            (png(10, 10)[..60].to_vec(), "the picture is"),
            (b"<html>".to_vec(), "not a JPEG, PNG or WebP"),
            (Vec::new(), "not a JPEG, PNG or WebP"),
        ] {
            let error = decode_rgb(&bytes, limits).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn refuses_a_long_file_before_reading_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(1 << 40).unwrap();
        let error = decode_file(file.path(), FILE_LIMITS).unwrap_err();
        assert!(error.contains("more than the 15728640 allowed"), "{error}");
    }
}
