//! Looking at documents, and taking them away.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cloud_store::{DocumentFilter, DocumentId, DocumentState};
use uuid::Uuid;

use super::shapes::{DocumentDetail, DocumentParams, DocumentShown};
use super::{detail, known, shown};
use crate::auth::Who;
use crate::blobs::{BlobError, BlobName};
use crate::gateway::{Params, Place, Problem, Shared};
use crate::rest::answer::{Page, page, page_size, read_cursor, tagged};
use crate::roles::now;

/// Longest search text, in bytes.
const SEARCH_MAX_LEN: usize = 200;

/// Lists and finds documents, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/documents",
    tag = "documents",
    params(DocumentParams),
    responses((status = 200, body = Page<DocumentShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<DocumentParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let before = read_cursor(params.after.as_deref())?;
    let before = before.map(|text| Uuid::parse_str(&text).map(DocumentId)).transpose();
    let before = before.map_err(|_| Problem::unprocessable("`after` is no cursor of this list"))?;
    if let Some(store) = &params.store {
        shared.store.store(&who.org, &who.store(store)?).await?;
    }
    let found = shared.store.documents(&who.org, &filter(&who, params)?, before, limit + 1).await?;
    let items = found.iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |document: &DocumentShown| document.id.clone()))
}

fn filter(who: &Who, params: DocumentParams) -> Result<DocumentFilter, Problem> {
    if params.text.as_ref().is_some_and(|text| text.len() > SEARCH_MAX_LEN) {
        return Err(Problem::unprocessable(format!("`text` has more than {SEARCH_MAX_LEN} bytes")));
    }
    let state = params.state.map(|word| {
        let unknown = || Problem::unprocessable("`state` is none of the states of a document");
        DocumentState::from_word(&word).ok_or_else(unknown)
    });
    let parent = params.parent.map(|text| {
        Uuid::parse_str(&text)
            .map(DocumentId)
            .map_err(|_| Problem::unprocessable("`parent` is no document's id"))
    });
    let stores = match params.store {
        Some(name) => Some(vec![who.store(&name)?]),
        None => who.stores_seen(),
    };
    Ok(DocumentFilter {
        state: state.transpose()?,
        stores,
        supplier_key: params.supplier,
        kind: params.kind,
        text: params.text,
        parent: parent.transpose()?,
    })
}

/// A document with what it says, what its lines are, and what came in by it.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{document}",
    tag = "documents",
    params(("document" = String, Path, description = "The document's id")),
    responses((status = 200, body = DocumentDetail))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(document): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let stored = known(&shared, &who, &document).await?;
    tagged(&headers, &detail(&shared, &who, &stored).await?)
}

/// A document's file as it came. It is always saved, never shown in place: it is whatever somebody sent.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{document}/file",
    tag = "documents",
    params(("document" = String, Path, description = "The document's id")),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>))
)]
pub(crate) async fn file(
    State(shared): State<Shared>,
    who: Who,
    Place(document): Place<String>,
) -> Result<Response, Problem> {
    let stored = known(&shared, &who, &document).await?;
    let gone = || Problem::not_found("the document's file is gone: send it again");
    let key = stored.blob_key.as_deref().ok_or_else(gone)?;
    let bytes = match shared.blobs.get(&BlobName::kept(key)).await {
        Ok(bytes) => bytes,
        Err(BlobError::Missing(_)) => return Err(gone()),
        Err(error) => return Err(Problem::internal(error)),
    };
    let disposition = HeaderValue::from_str(&saved_as(&stored.file_name)).map_err(Problem::internal)?;
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

/// Takes a document out of sight, with those that came in it. Sent again within `documents.removed_kept_days` it is there as it was;
/// one whose goods are in the stock is kept.
#[utoipa::path(
    delete,
    path = "/api/v1/documents/{document}",
    tag = "documents",
    params(("document" = String, Path, description = "The document's id")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(document): Place<String>,
) -> Result<StatusCode, Problem> {
    let stored = known(&shared, &who, &document).await?;
    let audited = shared.audited(&who, "document.remove", &format!("document:{}", stored.id), "")?;
    audited.remove_document(&who.org, stored.id, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// RFC 6266: what does not fit into ASCII is written after RFC 8187.
fn saved_as(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_saved_under_its_name() {
        assert_eq!(saved_as("Счёт 1.pdf"), "attachment; filename*=UTF-8''%D0%A1%D1%87%D1%91%D1%82%201.pdf");
        assert_eq!(saved_as("a\"b"), "attachment; filename*=UTF-8''a%22b");
    }
}
