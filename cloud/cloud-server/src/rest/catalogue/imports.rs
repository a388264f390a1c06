//! Imports: looked at, applied and forgotten.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_core::cleaning::Code;
use cloud_store::{CatalogueImportId, ImportOutcome, StoredImport};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::shapes::{ImportRowShown, ImportShown, read_finding, shown, shown_row};
use crate::auth::Who;
use crate::exchange::check::FindingShown;
use crate::exchange::{APPLY_IMPORT, job};
use crate::gateway::{Params, Place, Problem, Shared};
use crate::rest::answer::{Page, PageParams, cursor, page, page_size, read_cursor, tagged};
use crate::roles::now;

/// Which rows of a plan.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RowParams {
    /// Those of one outcome: `new`, `changed`, `left_out` or `retired`.
    outcome: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Which findings.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindingParams {
    /// Those of one code.
    pub(super) code: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    pub(super) limit: Option<u32>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
}

/// How many findings of a code there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingCount {
    pub(super) code: String,
    pub(super) severity: String,
    pub(super) count: u64,
}

/// What is odd.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Findings {
    /// How many there are of each code, what matters most first.
    pub(super) counts: Vec<FindingCount>,
    /// What matters most first.
    pub(super) items: Vec<FindingShown>,
    /// `after` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// Lists imports, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/catalogue/imports",
    tag = "catalogue",
    params(PageParams),
    responses((status = 200, body = Page<ImportShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let before =
        read_cursor(params.after.as_deref())?.map(|text| Uuid::parse_str(&text).map(CatalogueImportId));
    let before =
        before.transpose().map_err(|_| Problem::unprocessable("`after` is no cursor of this list"))?;
    let found = shared.store.imports(&who.org, before, limit + 1).await?;
    let items = found.iter().map(shown).collect::<Result<Vec<_>, Problem>>()?;
    tagged(&headers, &page(items, limit, |one: &ImportShown| one.id().to_owned()))
}

/// An import and how far it has come.
#[utoipa::path(
    get,
    path = "/api/v1/catalogue/imports/{import}",
    tag = "catalogue",
    params(("import" = String, Path, description = "The import's id")),
    responses((status = 200, body = ImportShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(import): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tagged(&headers, &shown(&known(&shared, &who, &import).await?)?)
}

/// What becomes of each row that changes something or is left out, in order of the file; rows that say what is so already are only
/// counted.
#[utoipa::path(
    get,
    path = "/api/v1/catalogue/imports/{import}/rows",
    tag = "catalogue",
    params(("import" = String, Path, description = "The import's id"), RowParams),
    responses((status = 200, body = Page<ImportRowShown>))
)]
pub(crate) async fn rows(
    State(shared): State<Shared>,
    who: Who,
    Place(import): Place<String>,
    Params(params): Params<RowParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let outcome = params.outcome.as_deref().map(|word| {
        let known = "`outcome` has to be one of `new`, `changed`, `left_out`, `retired`";
        ImportOutcome::from_word(word).ok_or_else(|| Problem::unprocessable(known))
    });
    let outcome = outcome.transpose()?;
    let after = read_place(params.after.as_deref())?;
    let id = known(&shared, &who, &import).await?.asked.id;
    let found = shared.store.import_rows(&who.org, id, outcome, after, limit + 1).await?;
    let items = found.into_iter().map(shown_row).collect::<Result<Vec<_>, Problem>>()?;
    tagged(&headers, &page(items, limit, ImportRowShown::key))
}

/// What is odd about the catalogue as it would be: the file's products beside those that it leaves alone.
#[utoipa::path(
    get,
    path = "/api/v1/catalogue/imports/{import}/findings",
    tag = "catalogue",
    params(("import" = String, Path, description = "The import's id"), FindingParams),
    responses((status = 200, body = Findings))
)]
pub(crate) async fn findings(
    State(shared): State<Shared>,
    who: Who,
    Place(import): Place<String>,
    Params(params): Params<FindingParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let code = params.code.as_deref().map(read_code).transpose()?;
    let after = read_place(params.after.as_deref())?;
    let id = known(&shared, &who, &import).await?.asked.id;
    let store = &shared.store;
    let found = store.import_findings(&who.org, id, code.map(Code::as_str), after, limit + 1).await?;
    let more = found.len() > limit as usize;
    let found = &found[..found.len().min(limit as usize)];
    let next = found.last().filter(|_| more).map(|last| cursor(&last.number.to_string()));
    let items = found.iter().map(read_finding).collect::<Result<Vec<_>, Problem>>()?;
    let counts = store.import_finding_counts(&who.org, id).await?;
    let counts = counts.into_iter().filter_map(|(word, count)| Some((Code::from_word(&word)?, count)));
    tagged(&headers, &Findings { counts: shown_counts(counts), items, next })
}

/// Makes the changes of a plan, behind the request; the same again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/catalogue/imports/{import}/apply",
    tag = "catalogue",
    params(("import" = String, Path, description = "The import's id")),
    responses((status = 202, body = ImportShown))
)]
pub(crate) async fn apply(
    State(shared): State<Shared>,
    who: Who,
    Place(import): Place<String>,
) -> Result<(StatusCode, Json<ImportShown>), Problem> {
    who.check_all_stores()?;
    let id = known(&shared, &who, &import).await?.asked.id;
    let now = now();
    let audited = shared.audited(&who, "catalogue.import.apply", &format!("import:{id}"), "")?;
    audited.begin_import(&who.org, id, &job(APPLY_IMPORT, id, now), now).await?;
    shared.wake_importers.notify_one();
    let stored = shared.store.import(&who.org, id).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&stored)?)))
}

/// Forgets an import with its plan; what it has changed stays.
#[utoipa::path(
    delete,
    path = "/api/v1/catalogue/imports/{import}",
    tag = "catalogue",
    params(("import" = String, Path, description = "The import's id")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(import): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let id = known(&shared, &who, &import).await?.asked.id;
    let audited = shared.audited(&who, "catalogue.import.remove", &format!("import:{id}"), "")?;
    audited.remove_import(&who.org, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many findings there are of each code, what matters most first.
pub(super) fn shown_counts(counts: impl Iterator<Item = (Code, u64)>) -> Vec<FindingCount> {
    let mut counts: Vec<(Code, u64)> = counts.collect();
    counts.sort_by_key(|(code, _)| (code.severity(), *code));
    let shown = |(code, count): (Code, u64)| FindingCount {
        code: code.as_str().to_owned(),
        severity: code.severity().as_str().to_owned(),
        count,
    };
    counts.into_iter().map(shown).collect()
}

/// A code of findings.
pub(super) fn read_code(word: &str) -> Result<Code, Problem> {
    let words: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let unknown = || Problem::unprocessable(format!("`code` has to be one of {}", words.join(", ")));
    Code::from_word(word).ok_or_else(unknown)
}

/// The place behind which a page begins.
pub(super) fn read_place(after: Option<&str>) -> Result<u64, Problem> {
    let place = read_cursor(after)?
        .map(|text| text.parse::<u64>().ok().filter(|place| i64::try_from(*place).is_ok()));
    match place {
        None => Ok(0),
        Some(Some(place)) => Ok(place),
        Some(None) => Err(Problem::unprocessable("`after` is no cursor of this list")),
    }
}

async fn known(shared: &Shared, who: &Who, text: &str) -> Result<StoredImport, Problem> {
    let missing = |_| Problem::not_found("there is no such import");
    let id = Uuid::parse_str(text).map(CatalogueImportId).map_err(missing)?;
    Ok(shared.store.import(&who.org, id).await?)
}
