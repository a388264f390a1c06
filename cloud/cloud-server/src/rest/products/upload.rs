//! Multipart bodies with photos, read piece by piece and held to their limits before anything is kept.

use std::collections::BTreeMap;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};

use crate::gateway::Problem;
use crate::products::photo::{PHOTO_MAX_BYTES, PHOTOS_MAX, Photo, PhotoError, UPLOAD_MAX_BYTES};

/// Longest text field, in bytes.
const TEXT_MAX_BYTES: usize = 4096;
/// The field that holds a photo; it may come several times.
const IMAGES: &str = "images";

/// What an upload brought.
#[derive(Debug, Default)]
pub(super) struct Upload {
    texts: BTreeMap<String, String>,
    /// The photos in order, each file once.
    pub(super) photos: Vec<Photo>,
}

impl Upload {
    /// Reads a body with these text fields and photos. Fields that are not known are refused, as are fields that come twice.
    pub(super) async fn read(mut body: Multipart, known: &[&str]) -> Result<Self, Problem> {
        let mut upload = Self::default();
        while let Some(field) = body.next_field().await.map_err(|error| unreadable(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == IMAGES {
                upload.take_photo(field).await?;
            } else if known.contains(&name.as_str()) {
                upload.take_text(name, field).await?;
            } else {
                let name: String = name.chars().take(64).collect();
                let known = known.join("`, `");
                let detail =
                    format!("`{name}` is not a field of this form: its fields are `{known}` and `{IMAGES}`");
                return Err(Problem::unprocessable(detail));
            }
        }
        Ok(upload)
    }

    /// The one photo of a form that is to have one.
    pub(super) fn into_one_photo(mut self) -> Result<Photo, Problem> {
        match (self.photos.pop(), self.photos.len()) {
            (Some(photo), 0) => Ok(photo),
            (_, others) => {
                let count = if others == 0 { "none".to_owned() } else { (others + 1).to_string() };
                Err(Problem::unprocessable(format!("there has to be one photo in `{IMAGES}`, not {count}")))
            }
        }
    }

    /// A text field; one that is empty or only spaces counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// A text field that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Problem> {
        self.text(name)
            .ok_or_else(|| Problem::unprocessable(format!("`{name}` is missing: send it as a text field")))
    }

    /// SHA-256 over all that was sent.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for (name, text) in &self.texts {
            for part in [name, text] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
        }
        for photo in &self.photos {
            hasher.update(photo.hash);
        }
        hasher.finalize().into()
    }

    async fn take_text(&mut self, name: String, mut field: Field<'_>) -> Result<(), Problem> {
        let too_long = || Problem::unprocessable(format!("`{name}` has more than {TEXT_MAX_BYTES} bytes"));
        let bytes = collect(&mut field, TEXT_MAX_BYTES, too_long).await?;
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| Problem::unprocessable(format!("`{name}` is not UTF-8 text")))?;
        if self.texts.insert(name.clone(), text).is_some() {
            return Err(Problem::unprocessable(format!("`{name}` is there twice: send it once")));
        }
        Ok(())
    }

    async fn take_photo(&mut self, mut field: Field<'_>) -> Result<(), Problem> {
        let number = self.photos.len() + 1;
        if number > PHOTOS_MAX {
            let detail =
                format!("there are more than {PHOTOS_MAX} photos: send the others with another request");
            return Err(Problem::unprocessable(detail).with("photos_max", PHOTOS_MAX));
        }
        let refused = |error: &PhotoError| {
            let status = match error {
                PhotoError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                PhotoError::Empty | PhotoError::OtherKind => StatusCode::UNPROCESSABLE_ENTITY,
            };
            Problem::new(status, "photo_refused", format!("photo {number}: {error}")).with("photo", number)
        };
        let bytes = collect(&mut field, PHOTO_MAX_BYTES, || refused(&PhotoError::TooLarge)).await?;
        let photo = Photo::take(bytes).map_err(|error| refused(&error))?;
        if self.photos.iter().all(|known| known.hash != photo.hash) {
            self.photos.push(photo);
        }
        Ok(())
    }
}

/// Receives a field, at most so many bytes of it.
async fn collect(
    field: &mut Field<'_>,
    max_bytes: usize,
    too_large: impl Fn() -> Problem,
) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + chunk.len() > max_bytes {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn unreadable(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::too_large(UPLOAD_MAX_BYTES);
    }
    Problem::bad_request(format!("failed to read the form: {}", error.body_text()))
}
