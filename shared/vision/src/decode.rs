//! Untrusted bytes to upright RGB pixels.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A decoded picture: 8-bit RGB, rows top to bottom, no padding, upright.
#[derive(Clone)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
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
}

/// Decodes a JPEG, PNG or WebP, told apart by content.
pub fn decode(_bytes: &[u8], _limits: &Limits) -> Result<Picture, DecodeError> {
    unimplemented!()
}

/// Decodes a file, as [`decode`] does.
pub fn decode_file(_path: &Path, _limits: &Limits) -> Result<Picture, DecodeError> {
    unimplemented!()
}
