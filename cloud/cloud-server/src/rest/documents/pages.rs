//! Pages of documents as pictures, to be looked at beside what was read of them.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use cloud_docs::{Hints, Limits};
use cloud_store::{Hash, StoredDocument};
use sha2::{Digest as _, Sha256};

use super::{known, parsed};
use crate::auth::Who;
use crate::blobs::{BlobError, BlobName};
use crate::gateway::{Place, Problem, Shared};

/// A page of a document's file as a picture; of what came in a container, a page of its file in there. PDFs and pictures have pages.
/// Pictures are drawn where files are read, in a process that can do no harm, and kept for `documents.drawn_pages_kept_hours`.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{document}/pages/{page}",
    tag = "documents",
    params(
        ("document" = String, Path, description = "The document's id"),
        ("page" = u32, Path, description = "The page, from 1")
    ),
    responses((status = 200, content_type = "image/png", body = Vec<u8>))
)]
pub(crate) async fn picture(
    State(shared): State<Shared>,
    who: Who,
    Place((document, page)): Place<(String, u32)>,
) -> Result<Response, Problem> {
    let stored = known(&shared, &who, &document).await?;
    if page == 0 || page > Limits::default().pages {
        return Err(Problem::not_found("the document has no such page"));
    }
    let inside = path_inside(&stored)?;
    let name = BlobName::of_drawn_page(&who.org, &content_of(&stored, &inside), page);
    let png = match shared.blobs.get(&name).await {
        Ok(png) => png,
        Err(BlobError::Missing(_)) => {
            let png = draw(&shared, &stored, (&inside, page)).await?;
            shared.blobs.put(&name, png.clone()).await.map_err(Problem::internal)?;
            png
        }
        Err(error) => return Err(Problem::internal(error)),
    };
    let kind = HeaderValue::from_static("image/png");
    // The file of a document never changes.
    let keep = HeaderValue::from_static("private, max-age=86400, immutable");
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], png).into_response())
}

/// Where the document's file lies in the one that was sent; empty for that one.
fn path_inside(stored: &StoredDocument) -> Result<String, Problem> {
    Ok(parsed(stored)?.map(|document| document.path).unwrap_or_default())
}

/// What the picture is of, as a hash: each file in a container has pages of its own.
fn content_of(stored: &StoredDocument, inside: &str) -> Hash {
    match inside.is_empty() {
        true => stored.hash,
        false => Sha256::new().chain_update(stored.hash).chain_update(inside).finalize().into(),
    }
}

async fn draw(shared: &Shared, stored: &StoredDocument, page: (&str, u32)) -> Result<Bytes, Problem> {
    let gone = || Problem::not_found("the document's file is gone: send it again");
    let key = stored.blob_key.as_deref().ok_or_else(gone)?;
    let file = match shared.blobs.get(&BlobName::kept(key)).await {
        Ok(file) => file,
        Err(BlobError::Missing(_)) => return Err(gone()),
        Err(error) => return Err(Problem::internal(error)),
    };
    let hints = Hints { file_name: stored.file_name.clone(), ..Hints::default() };
    match shared.reader.draw(file, hints, page).await {
        Ok(Ok(png)) => Ok(png),
        Ok(Err(refusal)) => Err(Problem::not_found(format!("there is no picture of this page: {refusal}"))),
        Err(error) if error.is_of_the_file() => {
            Err(Problem::not_found(format!("there is no picture of this page: {error}")))
        }
        Err(error) => Err(Problem::internal(error)),
    }
}
