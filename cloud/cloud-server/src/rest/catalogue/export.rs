//! The catalogue as a file.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use std::sync::Arc;
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

use crate::auth::Who;
use crate::exchange::files::{self, FileKind};
use crate::gateway::{Params, Problem, Shared};
use crate::roles::scratch_folder;

/// As what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportParams {
    /// `csv`, `xlsx`, `json` or `commerceml` (a ZIP of `import.xml` and `offers.xml`).
    #[param(pattern = "^(csv|xlsx|json|commerceml)$")]
    format: String,
}

/// Gives the whole catalogue as a file, archived products too; taken in elsewhere it makes the same catalogue.
#[utoipa::path(
    get,
    path = "/api/v1/catalogue/export",
    tag = "catalogue",
    params(ExportParams),
    responses((
        status = 200,
        content(
            (Vec<u8> = "text/csv"),
            (Vec<u8> = "application/json"),
            (Vec<u8> = "application/zip"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        )
    ))
)]
pub(crate) async fn export(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ExportParams>,
) -> Result<Response, Problem> {
    let known = || Problem::unprocessable("`format` has to be one of `csv`, `xlsx`, `json`, `commerceml`");
    let kind = FileKind::from_word(&params.format).ok_or_else(known)?;
    let slot = Arc::clone(&shared.uploads)
        .try_acquire_owned()
        .map_err(|_| Problem::unavailable("too many files are under way: try again in a moment"))?;
    // The file is whole before its first byte leaves: one that breaks off would look like a smaller catalogue.
    let folder = scratch_folder(&shared.config.data.dir).map_err(Problem::internal)?;
    let path = folder.path().join("catalogue");
    files::write(&shared.store, &who.org, kind, &path).await.map_err(Problem::internal)?;
    drop(slot);
    // The folder goes now, and the file with its last reader.
    let file = tokio::fs::File::open(&path).await.map_err(Problem::internal)?;
    let length = file.metadata().await.map_err(Problem::internal)?.len();
    drop(folder);
    let disposition = format!("attachment; filename=\"{}\"", kind.file_name());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Problem::internal)?),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}
