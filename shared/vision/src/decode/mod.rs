//! Untrusted bytes to upright RGB pixels.
//!
//! Everything a stranger can send ends in a [`Picture`] or a named [`DecodeError`]: sizes are checked from the header
//! before memory is asked for, a truncated file is not taken for a picture with a grey lower half, and a codec's own
//! bug stays here.

mod jpeg;

use std::fmt;
use std::io::{Cursor, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError};
use thiserror::Error;

/// A decoded picture: 8-bit RGB, rows top to bottom, no padding, upright.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}x{})", self.width, self.height)
    }
}

/// How much a picture may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes.
    pub max_bytes: usize,
    /// Most pixels, as its header states them.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 15 MiB and 50 megapixels: more than any phone's photo.
    fn default() -> Self {
        Self { max_bytes: 15 << 20, max_pixels: 50_000_000 }
    }
}

/// The kinds of picture that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// JPEG, baseline and progressive.
    Jpeg,
    /// PNG without animation.
    Png,
    /// WebP without animation.
    WebP,
}

impl fmt::Display for PictureFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
        })
    }
}

/// Why bytes are not a picture that can be used.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// The file could not be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file was read, but is no picture that can be used; the source says why.
    #[error("failed to decode `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<DecodeError>,
    },
    /// More bytes than allowed.
    #[error("the picture has more than {max} bytes: save it smaller")]
    TooManyBytes {
        /// The limit.
        max: usize,
    },
    /// More pixels than allowed, by its header.
    #[error("the picture has {width} x {height} pixels, more than the {max} allowed: save it smaller")]
    TooManyPixels {
        /// Width its header states.
        width: u32,
        /// Height its header states.
        height: u32,
        /// The limit.
        max: u64,
    },
    /// A kind of picture that is known but not read.
    #[error("the picture is {0}, which is not read: save it as JPEG, PNG or WebP")]
    OtherFormat(&'static str),
    /// Something else than a picture.
    #[error("the bytes are not a picture: give a JPEG, PNG or WebP file")]
    NotAPicture,
    /// A moving picture.
    #[error("the {0} picture is animated: save one frame of it")]
    Animated(PictureFormat),
    /// The end is missing.
    #[error("the {0} picture is cut off: its file ends before the picture does; copy it again")]
    Truncated(PictureFormat),
    /// Damaged, or written in a way the codec does not know.
    #[error("the {format} picture is damaged")]
    Damaged {
        /// What it claims to be.
        format: PictureFormat,
        /// What the codec said.
        #[source]
        source: ImageError,
    },
    /// The codec itself failed on these bytes.
    #[error(
        "the {0} picture is damaged in a way its decoder cannot name: save it again with another program"
    )]
    CodecFailed(PictureFormat),
}

/// Decodes a JPEG, PNG or WebP, told apart by content. Transparency is laid on white, 16-bit samples become 8-bit, the
/// EXIF orientation is applied.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, DecodeError> {
    if bytes.len() > limits.max_bytes {
        return Err(DecodeError::TooManyBytes { max: limits.max_bytes });
    }
    let format = recognise_format(bytes)?;
    if cut_off(format, bytes) {
        return Err(DecodeError::Truncated(format));
    }
    // The codecs parse hostile bytes; a till must outlive a bug in them.
    catch_unwind(AssertUnwindSafe(|| decode_as(format, bytes, limits)))
        .unwrap_or(Err(DecodeError::CodecFailed(format)))
}

/// Decodes a file, as [`decode`] does, without reading more of it than allowed.
pub fn decode_file(path: &Path, limits: &Limits) -> Result<Picture, DecodeError> {
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(limits.max_bytes as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|source| DecodeError::Read { path: path.to_owned(), source })?;
    decode(&bytes, limits)
        .map_err(|error| DecodeError::File { path: path.to_owned(), source: Box::new(error) })
}

fn recognise_format(bytes: &[u8]) -> Result<PictureFormat, DecodeError> {
    let brand = bytes.get(4..12).unwrap_or_default();
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Ok(PictureFormat::Jpeg)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(PictureFormat::Png)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Ok(PictureFormat::WebP)
    } else if brand.starts_with(b"ftyp") {
        // Phones name HEIC by any of several brands.
        match &brand[4..] {
            b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" => Err(DecodeError::OtherFormat("HEIC")),
            b"avif" | b"avis" => Err(DecodeError::OtherFormat("AVIF")),
            _ => Err(DecodeError::OtherFormat("a film")),
        }
    } else {
        const OTHERS: [(&[u8], &str); 7] = [
            (b"GIF8", "GIF"),
            (b"BM", "BMP"),
            (b"II*\0", "TIFF"),
            (b"MM\0*", "TIFF"),
            (b"%PDF", "PDF"),
            (b"\0\0\x01\0", "an icon"),
            (b"<svg", "SVG"),
        ];
        let known = OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic));
        Err(known.map_or(DecodeError::NotAPicture, |(_, name)| DecodeError::OtherFormat(name)))
    }
}

/// Whether a file's own structure says that bytes are missing at the end. The JPEG decoder fills what is missing with
/// grey, so this must be known before.
fn cut_off(format: PictureFormat, bytes: &[u8]) -> bool {
    match format {
        PictureFormat::Jpeg => jpeg::cut_off(bytes),
        PictureFormat::WebP => {
            let size =
                bytes[4..8].try_into().map(u32::from_le_bytes).expect("recognised by its 12-byte header");
            (bytes.len() as u64) < u64::from(size) + 8
        }
        // Its chunks are counted and summed, and the decoder checks them.
        PictureFormat::Png => false,
    }
}

fn decode_as(format: PictureFormat, bytes: &[u8], limits: &Limits) -> Result<Picture, DecodeError> {
    let named = |source| name_failure(format, source);
    let cursor = Cursor::new(bytes);
    match format {
        PictureFormat::Jpeg => read_pixels(format, JpegDecoder::new(cursor).map_err(named)?, limits),
        PictureFormat::Png => {
            let decoder = PngDecoder::with_limits(cursor, codec_limits(limits)).map_err(named)?;
            if decoder.is_apng().map_err(named)? {
                return Err(DecodeError::Animated(format));
            }
            read_pixels(format, decoder, limits)
        }
        PictureFormat::WebP => {
            let decoder = WebPDecoder::new(cursor).map_err(named)?;
            if decoder.has_animation() {
                return Err(DecodeError::Animated(format));
            }
            read_pixels(format, decoder, limits)
        }
    }
}

fn read_pixels(
    format: PictureFormat,
    mut decoder: impl ImageDecoder,
    limits: &Limits,
) -> Result<Picture, DecodeError> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(DecodeError::TooManyPixels { width, height, max: limits.max_pixels });
    }
    let named = |source| name_failure(format, source);
    decoder.set_limits(codec_limits(limits)).map_err(named)?;
    // A picture with unreadable notes is still a picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(named)?;
    image.apply_orientation(orientation);
    let (width, height) = (image.width(), image.height());
    let rgb = if image.color().has_alpha() { on_white(&image) } else { image.into_rgb8().into_raw() };
    Ok(Picture { width, height, rgb })
}

/// Memory a codec may take: 16-bit RGBA pixels and room for its tables, twice.
fn codec_limits(limits: &Limits) -> image::Limits {
    let mut codec = image::Limits::no_limits();
    codec.max_alloc = Some(limits.max_pixels.saturating_mul(16) + (64 << 20));
    codec
}

fn on_white(image: &DynamicImage) -> Vec<u8> {
    let rgba = image.to_rgba8();
    let mut rgb = Vec::with_capacity(rgba.as_raw().len() / 4 * 3);
    for pixel in rgba.as_raw().chunks_exact(4) {
        let alpha = u16::from(pixel[3]);
        let blend = |value: u8| {
            let sum = u16::from(value) * alpha + 255 * (255 - alpha);
            u8::try_from((sum + 127) / 255).expect("a mean of two bytes")
        };
        rgb.extend([blend(pixel[0]), blend(pixel[1]), blend(pixel[2])]);
    }
    rgb
}

fn name_failure(format: PictureFormat, source: ImageError) -> DecodeError {
    match &source {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            DecodeError::Truncated(format)
        }
        _ => DecodeError::Damaged { format, source },
    }
}

#[cfg(test)]
mod tests;
