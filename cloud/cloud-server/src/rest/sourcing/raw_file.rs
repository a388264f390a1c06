//! Raw products by file.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use cloud_core::families::SourceKind;
use cloud_docs::Hints;
use cloud_store::{Placed, RAW_PRODUCTS_AT_ONCE_MAX};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::raw_products::{PlacedShown, placed_shown};
use crate::auth::Who;
use crate::documents::virus_scan::{Verdict, look_through};
use crate::gateway::{Params, Problem, Shared};
use crate::rest::documents::{Sent, receive};
use crate::roles::now;
use crate::sourcing::raw::source;
use crate::sourcing::raw_file::{RawFile, records};

/// Whose file it is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RawFileParams {
    /// What the sender is called, as in `/api/v1/raw-products`.
    #[param(example = "erp", max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$")]
    source: String,
}

/// A file of raw products.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
pub(crate) struct RawFileUpload {
    /// CSV, XLSX, XLS or ODS; a row of its first sheet names the columns as the fields of `RawRecord`, in English, Russian or German.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RawRowShown {
    /// The row as the program shows it, from 1.
    row: u32,
    /// What became of it; absent where it was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    placed: Option<PlacedShown>,
    /// Why it was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// What became of a file of raw products, row by row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RawFileTaken {
    /// Rows that were placed.
    taken: usize,
    /// Rows that were left out.
    left_out: usize,
    rows: Vec<RawRowShown>,
    /// Columns that nobody knows: what they say was not taken.
    unknown_columns: Vec<String>,
    /// What else to mind.
    notes: Vec<String>,
}

/// Takes a table of raw products in, read in the confined process as every file. A row that cannot be taken is left out and told; the
/// others are placed, and the same file again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/raw-products/file",
    tag = "families",
    params(RawFileParams),
    request_body(content((RawFileUpload = "multipart/form-data"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 200, body = RawFileTaken))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<RawFileParams>,
    request: Request,
) -> Result<Json<RawFileTaken>, Problem> {
    who.check_all_stores()?;
    let source = source(SourceKind::Import, &params.source).map_err(Problem::unprocessable)?;
    let slot = Arc::clone(&shared.uploads)
        .try_acquire_owned()
        .map_err(|_| Problem::unavailable("too many uploads are under way: try again in a moment"))?;
    let sent = receive(&shared, None, request).await?;
    let (file, notes) = read(&shared, sent).await?;
    drop(slot);
    let mut rows: Vec<RawRowShown> = Vec::with_capacity(file.rows.len());
    let mut raws = Vec::new();
    for row in file.rows {
        let mut shown = RawRowShown { row: row.number, placed: None, problem: None };
        match row.record.checked(source.clone()) {
            Ok(raw) => raws.push((rows.len(), raw)),
            Err(problem) => shown.problem = Some(problem),
        }
        rows.push(shown);
    }
    let detail = format!("{} of {} by file", raws.len(), source.name);
    for some in raws.chunks(RAW_PRODUCTS_AT_ONCE_MAX) {
        let audited = shared.audited(&who, "raw_products.create", "raw_products", &detail)?;
        let these: Vec<_> = some.iter().map(|(_, raw)| raw.clone()).collect();
        let placed: Vec<Placed> = audited.place_raw_products(&who.org, &these, now()).await?;
        crate::sourcing::raw::count(&placed);
        for ((at, _), placed) in some.iter().zip(&placed) {
            rows[*at].placed = Some(placed_shown(placed));
        }
    }
    let taken = raws.len();
    let left_out = rows.len() - taken;
    Ok(Json(RawFileTaken { taken, left_out, rows, unknown_columns: file.unknown_columns, notes }))
}

/// What the file says: looked through for viruses where that is asked for, and read where it can do no harm.
async fn read(shared: &Shared, sent: Sent) -> Result<(RawFile, Vec<String>), Problem> {
    let Sent { name, bytes } = sent;
    if shared.config.documents.has_scanner() {
        let cannot = |error: anyhow::Error| {
            tracing::warn!(error = format!("{error:#}"), "a file cannot be looked through for viruses");
            Problem::unavailable("the virus scanner does not answer: nothing was read, try again later")
        };
        if let Verdict::Found(what) = look_through(&shared.config.documents, &bytes).await.map_err(cannot)? {
            return Err(Problem::unprocessable(format!("the virus scanner found `{what}` in it")));
        }
    }
    let hints = Hints { file_name: name, ..Hints::default() };
    let table = match shared.reader.table(bytes, hints).await {
        Ok(Ok(table)) => table,
        Ok(Err(refusal)) => return Err(Problem::unprocessable(refusal.to_string())),
        Err(error) if error.is_of_the_file() => return Err(Problem::unprocessable(error.to_string())),
        Err(error) => return Err(Problem::internal(error)),
    };
    let file = records(&table).map_err(Problem::unprocessable)?;
    Ok((file, table.notes))
}
