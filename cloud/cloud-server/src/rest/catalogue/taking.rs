//! A catalogue's file is sent: its bytes are kept, and its plan is asked for.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use cloud_store::{CatalogueImportId, MatchBy, MissingProducts, NewImport};
use domain::time::WallMs;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::shapes::{CatalogueUpload, ImportParams, ImportShown, shown};
use crate::auth::Who;
use crate::blobs::BlobName;
use crate::exchange::{PLAN_IMPORT, job};
use crate::gateway::{Found, Params, Problem, Shared, key_of};
use crate::products::registration::DEFAULT_LANGUAGE;
use crate::rest::answer::created;
use crate::rest::documents::{Sent, receive};
use crate::roles::now;

const DAY_MS: i64 = 86_400_000;
/// The last moment that a price may wait for: the end of the year 9999.
const MOMENT_MAX_MS: i64 = 253_402_300_799_999;

/// How a file is to be taken, checked.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    match_by: MatchBy,
    missing: MissingProducts,
    language: String,
    prices_from: Option<WallMs>,
}

/// Takes a catalogue as a file and plans what it would change, behind the request. Nothing is changed before the plan is applied.
#[utoipa::path(
    post,
    path = "/api/v1/catalogue/imports",
    tag = "catalogue",
    params(ImportParams),
    request_body(content((CatalogueUpload = "multipart/form-data"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 201, body = ImportShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ImportParams>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let terms = read_terms(params)?;
    let key = key_of(&headers)?.map(str::to_owned);
    let slot = Arc::clone(&shared.uploads)
        .try_acquire_owned()
        .map_err(|_| Problem::unavailable("too many uploads are under way: try again in a moment"))?;
    let sent = receive(&shared, None, request).await?;
    let Some(key) = key else { return take(&shared, &who, terms, sent).await };
    let mut asked = Sha256::new();
    asked.update(format!("{terms:?}\n"));
    asked.update(&sent.bytes);
    let within = shared.config.http.upload_time();
    let found =
        shared.answers.find(&who, "/api/v1/catalogue/imports", &key, asked.finalize().into(), within).await?;
    let answer = match found {
        Found::Answered(answer) => answer,
        Found::New(claimed) => {
            let taken = take(&shared, &who, terms, sent).await;
            claimed.answer(taken.unwrap_or_else(Problem::into_response)).await
        }
    };
    drop(slot);
    Ok(answer)
}

fn read_terms(params: ImportParams) -> Result<Terms, Problem> {
    let word = |name: &str, known: &str| Problem::unprocessable(format!("`{name}` has to be one of {known}"));
    let match_by = match params.match_by.as_deref() {
        None => MatchBy::Any,
        Some(text) => MatchBy::from_word(text).ok_or_else(|| word("match", "`any`, `id`, `gtin`, `sku`"))?,
    };
    let missing = match params.missing.as_deref() {
        None => MissingProducts::Leave,
        Some(text) => MissingProducts::from_word(text).ok_or_else(|| word("missing", "`leave`, `retire`"))?,
    };
    let language = params.language.unwrap_or_else(|| DEFAULT_LANGUAGE.to_owned());
    let fits = (2..=35).contains(&language.len())
        && language.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && language.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if !fits {
        return Err(Problem::unprocessable("`language`: write a tag such as `en` or `ru`"));
    }
    if params.prices_from_ms.is_some_and(|at| !(0..=MOMENT_MAX_MS).contains(&at)) {
        return Err(Problem::unprocessable("`prices_from_ms`: write milliseconds since 1970"));
    }
    Ok(Terms { match_by, missing, language, prices_from: params.prices_from_ms.map(WallMs) })
}

/// Keeps the bytes first: a crash then leaves bytes that the sweeper finds, and never an import without bytes.
async fn take(shared: &Shared, who: &Who, terms: Terms, sent: Sent) -> Result<Response, Problem> {
    let id = CatalogueImportId(Uuid::now_v7());
    begin(shared, who, terms, sent, (id, false)).await?;
    let stored = shared.store.import(&who.org, id).await?;
    created(&format!("/api/v1/catalogue/imports/{id}"), shown(&stored)?)
}

async fn begin(
    shared: &Shared,
    who: &Who,
    terms: Terms,
    sent: Sent,
    (id, at_once): (CatalogueImportId, bool),
) -> Result<(), Problem> {
    let now = now();
    let hash: [u8; 32] = Sha256::digest(&sent.bytes).into();
    let name = BlobName::of_import(&who.org, &hash);
    let size_bytes = sent.bytes.len() as u64;
    if let Err(error) = shared.blobs.put(&name, sent.bytes).await {
        tracing::error!(error = format!("{:#}", anyhow::Error::from(error)), "a catalogue could not be kept");
        let detail = "the file cannot be kept now: nothing was changed, try again later";
        return Err(Problem::unavailable(detail));
    }
    let import = NewImport {
        id,
        file_name: sent.name,
        hash,
        blob_key: name.as_str().to_owned(),
        size_bytes,
        match_by: terms.match_by,
        missing: terms.missing,
        language: terms.language,
        prices_from: terms.prices_from,
        at_once,
        made_by: who.actor.clone(),
        expires_at: WallMs(now.0 + i64::from(shared.config.exports.kept_days) * DAY_MS),
    };
    let object = format!("import:{}", import.id);
    let audited = shared.audited(who, "catalogue.import.plan", &object, &import.file_name)?;
    audited.add_import(&who.org, &import, &job(PLAN_IMPORT, import.id, now), now).await?;
    shared.wake_importers.notify_one();
    Ok(())
}

/// Takes what another system has sent, and applies it as soon as it is planned.
pub(super) async fn begin_exchange(
    shared: &Shared,
    who: &Who,
    id: CatalogueImportId,
    sent: Sent,
) -> Result<(), Problem> {
    let terms = Terms {
        match_by: MatchBy::Any,
        missing: MissingProducts::Leave,
        language: "ru".to_owned(),
        prices_from: None,
    };
    begin(shared, who, terms, sent, (id, true)).await
}
