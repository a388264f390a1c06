//! What people corrected, for those who train a model with it.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use cloud_store::{Corrected, DocumentId, Store, StoreError};
use domain::ids::OrgId;
use futures_util::stream;
use serde_json::{Value, json};

use crate::auth::Who;
use crate::documents::masking::masked;
use crate::gateway::{Problem, Shared};

/// Documents that are read at once.
const PAGE: u32 = 20;

/// Every corrected document, one a line (JSON Lines): what was read, what is right, and what its lines are in the shop. Names of persons,
/// addresses, telephone and tax numbers and accounts are masked.
#[utoipa::path(
    get,
    path = "/api/v1/training-data",
    tag = "documents",
    responses((status = 200, content_type = "application/x-ndjson", body = String))
)]
pub(crate) async fn data(State(shared): State<Shared>, who: Who) -> Result<Response, Problem> {
    who.check_all_stores()?;
    // The first page is read before the answer begins, so that a database that is away is a refusal and no torn file.
    let first = page(&shared.store, &who.org, None).await?;
    let begin = (shared.store.clone(), who.org, Some(first));
    let lines = stream::try_unfold(begin, async |(store, org, waiting)| {
        let Some((bytes, last)) = waiting else { return Ok::<_, StoreError>(None) };
        let next = match last {
            Some(last) => Some(page(&store, &org, Some(last)).await?),
            None => None,
        };
        Ok(Some((bytes, (store, org, next))))
    });
    let kind = HeaderValue::from_static("application/x-ndjson");
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(lines)).into_response())
}

/// Some lines, and the document behind which the next begin; nothing behind the last.
async fn page(
    store: &Store,
    org: &OrgId,
    after: Option<DocumentId>,
) -> Result<(Bytes, Option<DocumentId>), StoreError> {
    let found = store.corrected_documents(org, None, after, PAGE).await?;
    let last = found.last().filter(|_| found.len() == PAGE as usize).map(|last| last.document);
    let mut lines = Vec::new();
    for document in &found {
        lines.extend(line(document).to_string().into_bytes());
        lines.push(b'\n');
    }
    Ok((lines.into(), last))
}

fn line(document: &Corrected) -> Value {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    json!({
        "document": document.document.to_string(),
        "layout": document.layout,
        "read": masked(read(&document.read)),
        "corrected": masked(read(&document.corrected)),
        "matches": read(&document.matches),
    })
}
