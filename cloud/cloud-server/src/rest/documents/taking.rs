//! A document is sent: its bytes are kept, and its reading is asked for.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body as RawBody, to_bytes};
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use cloud_store::{DocumentId, DocumentState, NewDocument, StoredDocument};
use data_encoding::HEXLOWER;
use domain::ids::StoreId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::detail;
use super::shapes::{DocumentUpload, ParseParams, Taken};
use crate::auth::Who;
use crate::documents::parse_job;
use crate::gateway::{Found, Params, Problem, Shared, key_of, read_json};
use crate::jobs::blob_name;
use crate::roles::now;

/// The field of the form that holds the file.
const FILE: &str = "file";
/// What a file is called that has no name.
const UNNAMED: &str = "document";
/// Longest name of a file, in bytes.
const NAME_MAX_LEN: usize = 255;
/// Longest wait for what is read: requests may take little longer.
const WAIT_MAX_S: u32 = 25;
/// How often to look whether a document is read.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The largest answer that is remembered for an `Idempotency-Key`.
const REMEMBERED_MAX_BYTES: usize = 64 * 1024;

/// A file and its name.
pub(crate) struct Sent {
    /// What it is called.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) bytes: Bytes,
}

/// What is remembered of a request: the document, and whether it was there before.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    document: String,
    already_there: bool,
}

/// Takes a supplier's document, as a form or as the body itself, and reads it in the background. The answer is 202 with the
/// document, or 200 with what was read where `wait` is said and it was read within that time. The same file again is the same
/// document, and says so; one that failed is read again.
#[utoipa::path(
    post,
    path = "/api/v1/parse",
    tag = "documents",
    params(ParseParams),
    request_body(content((DocumentUpload = "multipart/form-data"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 202, body = Taken), (status = 200, body = Taken))
)]
pub(crate) async fn parse(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ParseParams>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let store = store(&who, &params)?;
    let wait = params.wait.unwrap_or(0);
    if wait > WAIT_MAX_S {
        return Err(Problem::unprocessable(format!("`wait` is {wait}: wait 0 to {WAIT_MAX_S} seconds")));
    }
    let key = key_of(&headers)?.map(str::to_owned);
    let slot = Arc::clone(&shared.uploads)
        .try_acquire_owned()
        .map_err(|_| Problem::unavailable("too many uploads are under way: try again in a moment"))?;
    let sent = receive(&shared, params.file_name.as_deref(), request).await?;
    let remembered = match key {
        None => take(&shared, &who, store, sent).await?,
        Some(key) => match take_once(&shared, &who, store, sent, &key).await? {
            Ok(remembered) => remembered,
            Err(refused) => return Ok(refused),
        },
    };
    drop(slot);
    let id = Uuid::parse_str(&remembered.document).map(DocumentId).map_err(Problem::internal)?;
    let document = wait_for(&shared, &who, id, Duration::from_secs(wait.into())).await?;
    let status = if is_under_way(&document) { StatusCode::ACCEPTED } else { StatusCode::OK };
    let place = HeaderValue::from_str(&format!("/api/v1/documents/{id}")).map_err(Problem::internal)?;
    let detail = detail(&shared, &who, &document).await?;
    let taken = Taken { already_there: remembered.already_there, detail };
    Ok((status, [(header::LOCATION, place)], Json(taken)).into_response())
}

/// The store that a document is for. Who works in some stores only says in which.
fn store(who: &Who, params: &ParseParams) -> Result<Option<StoreId>, Problem> {
    match &params.store {
        Some(name) => who.store(name).map(Some),
        None => {
            who.check_all_stores()
                .map_err(|_| Problem::unprocessable("say in `store` which store it is for"))?;
            Ok(None)
        }
    }
}

/// A file that is sent as a form or as the body itself, not longer than documents may be.
pub(crate) async fn receive(shared: &Shared, named: Option<&str>, request: Request) -> Result<Sent, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form =
        kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data"));
    let most = shared.config.documents.file_max_bytes;
    let sent = match is_form {
        true => receive_form(request, most).await?,
        false => Sent { name: String::new(), bytes: receive_body(request.into_body(), most).await? },
    };
    if sent.bytes.is_empty() {
        return Err(Problem::unprocessable("the file is empty: send the document itself"));
    }
    let name = Some(sent.name.as_str()).filter(|name| !name.is_empty()).or(named);
    Ok(Sent { name: clean_name(name.unwrap_or(UNNAMED)), bytes: sent.bytes })
}

pub(super) async fn receive_body(body: RawBody, most: usize) -> Result<Bytes, Problem> {
    to_bytes(body, most).await.map_err(|error| {
        let inner = std::error::Error::source(&error);
        match inner.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) {
            true => Problem::too_large(most),
            false => Problem::bad_request(format!("failed to receive the body: {error}")),
        }
    })
}

async fn receive_form(request: Request, most: usize) -> Result<Sent, Problem> {
    let unreadable = |error: String| Problem::unprocessable(format!("failed to read the form: {error}"));
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|error| unreadable(error.body_text()))?;
    let mut sent = None;
    while let Some(mut field) = form.next_field().await.map_err(|error| unreadable(error.body_text()))? {
        if field.name() != Some(FILE) || sent.is_some() {
            let name: String = field.name().unwrap_or_default().chars().take(64).collect();
            let detail = format!("`{name}` is not a field of this form: send one file as `{FILE}`");
            return Err(Problem::unprocessable(detail));
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let mut bytes = BytesMut::new();
        while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(error.body_text()))? {
            if bytes.len() + chunk.len() > most {
                return Err(Problem::too_large(most));
            }
            bytes.extend_from_slice(&chunk);
        }
        sent = Some(Sent { name, bytes: bytes.freeze() });
    }
    sent.ok_or_else(|| Problem::unprocessable(format!("there is no file: send it as `{FILE}`")))
}

/// A name without the folders that it came from, and nothing that a screen or a shell would take for more than letters.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let plain: String = last.chars().filter(|c| !c.is_control()).collect();
    let cut = &plain[..plain.floor_char_boundary(NAME_MAX_LEN)];
    if cut.is_empty() { UNNAMED.to_owned() } else { cut.to_owned() }
}

/// Takes a file under an `Idempotency-Key`: what is remembered is small, whatever is read of it. A refusal is remembered too.
async fn take_once(
    shared: &Shared,
    who: &Who,
    store: Option<StoreId>,
    sent: Sent,
    key: &str,
) -> Result<Result<Remembered, Response>, Problem> {
    let mut asked = Sha256::new();
    asked.update(store.as_ref().map_or("", StoreId::as_str));
    asked.update([0]);
    asked.update(&sent.bytes);
    let within = shared.config.http.upload_time();
    let found = shared.answers.find(who, "/api/v1/parse", key, asked.finalize().into(), within).await?;
    let response = match found {
        Found::Answered(response) => response,
        Found::New(claimed) => {
            let taken = take(shared, who, store, sent).await.map(Json);
            claimed.answer(taken.into_response()).await
        }
    };
    if !response.status().is_success() {
        return Ok(Err(response));
    }
    let bytes = to_bytes(response.into_body(), REMEMBERED_MAX_BYTES).await.map_err(Problem::internal)?;
    read_json(&bytes).map(Ok)
}

/// Keeps the bytes first: a crash then leaves bytes that the sweeper finds, and never a document without bytes.
async fn take(shared: &Shared, who: &Who, store: Option<StoreId>, sent: Sent) -> Result<Remembered, Problem> {
    let (name, hash) = blob_name(&who.org, &sent.bytes);
    let size_bytes = sent.bytes.len() as u64;
    if let Err(error) = shared.blobs.put(&name, sent.bytes).await {
        tracing::error!(error = format!("{:#}", anyhow::Error::from(error)), "a document could not be kept");
        let detail = "the document cannot be kept now: nothing was changed, try again later";
        return Err(Problem::unavailable(detail));
    }
    let new = NewDocument {
        id: DocumentId(Uuid::now_v7()),
        store,
        hash,
        blob_key: name.as_str().to_owned(),
        file_name: sent.name,
        size_bytes,
        made_by: who.actor.clone(),
    };
    let now = now();
    let detail = format!("{size_bytes} bytes");
    let audited =
        shared.audited(who, "document.send", &format!("file:{}", HEXLOWER.encode(&hash)), &detail)?;
    let job = |id| parse_job(&shared.config.documents, id, now);
    let (id, is_new) = audited.receive_document(&who.org, &new, job, now).await?;
    metrics::counter!("tillsight_documents_received_total").increment(1);
    shared.wake_readers.notify_one();
    Ok(Remembered { document: id.to_string(), already_there: !is_new })
}

async fn wait_for(
    shared: &Shared,
    who: &Who,
    id: DocumentId,
    limit: Duration,
) -> Result<StoredDocument, Problem> {
    let end = Instant::now() + limit;
    loop {
        let document = shared.store.document(&who.org, id).await?;
        if !is_under_way(&document) || Instant::now() >= end {
            return Ok(document);
        }
        sleep(LOOK_EVERY).await;
    }
}

fn is_under_way(document: &StoredDocument) -> bool {
    matches!(document.state, DocumentState::Received | DocumentState::Reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_and_no_paths() {
        for (name, expected) in [
            ("Rechnung 4711.pdf", "Rechnung 4711.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\anna\\Счёт.xml", "Счёт.xml"),
            ("a\u{0}b\n.xml", "ab.xml"),
            ("", UNNAMED),
            ("/", UNNAMED),
        ] {
            assert_eq!(clean_name(name), expected);
        }
        assert_eq!(clean_name(&"ж".repeat(300)).len(), 254);
    }
}
