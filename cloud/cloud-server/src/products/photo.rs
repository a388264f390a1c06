//! Photos as they come in: what is taken, and what each is called.

use bytes::Bytes;
use cloud_store::Hash;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// Photos that one request may bring.
pub const PHOTOS_MAX: usize = 10;
/// The largest photo, in bytes: 15 MiB.
pub const PHOTO_MAX_BYTES: usize = 15 << 20;
/// The largest request with all its photos, in bytes: 150 MiB.
pub const UPLOAD_MAX_BYTES: usize = 150 << 20;

/// Kinds of pictures that are taken, told apart by content; the name and the type that a caller writes do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhotoKind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
}

/// A photo that was received.
#[derive(Debug, Clone)]
pub struct Photo {
    /// What it is.
    pub kind: PhotoKind,
    /// The file as it came.
    pub bytes: Bytes,
    /// SHA-256 of the file: the same photo again is no new photo.
    pub hash: Hash,
}

/// Why a file is not taken as a photo.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PhotoError {
    /// Too large.
    #[error("a photo has at most {PHOTO_MAX_BYTES} bytes: save it smaller")]
    TooLarge,
    /// Nothing in it.
    #[error("the photo is empty: choose the file again")]
    Empty,
    /// Something else.
    #[error(
        "the file is no JPEG, PNG or WebP picture, whatever its name says: save the photo as one of them"
    )]
    OtherKind,
}

impl PhotoKind {
    /// Recognises a picture by its first bytes.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else {
            None
        }
    }

    /// The ending of its file name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }
}

impl Photo {
    /// Takes a file, if it is a photo. Whether its pixels can be read is found out when it is embedded.
    pub fn take(bytes: Bytes) -> Result<Self, PhotoError> {
        if bytes.is_empty() {
            return Err(PhotoError::Empty);
        }
        if bytes.len() > PHOTO_MAX_BYTES {
            return Err(PhotoError::TooLarge);
        }
        let kind = PhotoKind::of(&bytes).ok_or(PhotoError::OtherKind)?;
        let hash = Sha256::digest(&bytes).into();
        Ok(Self { kind, bytes, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_pictures_by_their_content() {
        let kind = |bytes: &'static [u8]| Photo::take(Bytes::from_static(bytes)).map(|photo| photo.kind);
        assert_eq!(kind(b"\xff\xd8\xff\xe0 and more"), Ok(PhotoKind::Jpeg));
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n and more"), Ok(PhotoKind::Png));
        assert_eq!(kind(b"RIFF\0\0\0\0WEBP and more"), Ok(PhotoKind::WebP));
        assert_eq!(kind(b"RIFF\0\0\0\0WAVE and more"), Err(PhotoError::OtherKind));
        assert_eq!(kind(b"<svg onload=alert(1)>"), Err(PhotoError::OtherKind));
        assert_eq!(kind(b"GIF89a"), Err(PhotoError::OtherKind));
        assert_eq!(kind(b""), Err(PhotoError::Empty));
        let large = Photo::take(vec![0xff; PHOTO_MAX_BYTES + 1].into());
        assert_eq!(large.map(|photo| photo.kind), Err(PhotoError::TooLarge));
    }
}
