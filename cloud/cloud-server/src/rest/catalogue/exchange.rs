//! The exchange with 1C: one address, asked by GET and sent to by POST, that answers in plain words.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use cloud_store::{CatalogueImportId, ImportState, StoreError};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::taking::begin_exchange;
use crate::auth::Who;
use crate::exchange::failure;
use crate::exchange::one_c::{PIECE_MAX_BYTES, Refused, SALES_AT_ONCE, Session, closed_days, written};
use crate::gateway::{Params, Problem, Shared};
use crate::rest::documents::Sent;
use crate::roles::{now, scratch_folder};

/// What 1C wants to keep as a cookie. Nobody reads it: each request says who asks.
const COOKIE: &str = "tillsight-exchange";

/// What is asked for. Versions of 1C add words of their own, which are passed over.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExchangeParams {
    /// `catalog` or `sale`.
    r#type: String,
    /// `checkauth`, `init`, `file`, `import`, `query`, `success`, `deactivate` or `complete`.
    mode: String,
    /// The file that a piece belongs to, or that is to be taken in. One that cannot be a file's name is answered with `failure`.
    filename: Option<String>,
    /// The version of CommerceML that 1C speaks; of no weight.
    #[serde(rename = "version")]
    #[param(rename = "version")]
    _version: Option<String>,
    /// What `checkauth` gave; of no weight.
    #[serde(rename = "sessid")]
    #[param(rename = "sessid")]
    _session: Option<String>,
}

/// Answers a step of the exchange that 1C asks for: `checkauth`, `init`, `import`, `query`, `success`. The answer is `success`, `progress`
/// or `failure` in its first line, or the sales of closed trading days as CommerceML.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/1c",
    tag = "catalogue",
    params(ExchangeParams),
    responses((status = 200, content((String = "text/plain"), (String = "application/xml"))))
)]
pub(crate) async fn ask(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ExchangeParams>,
    request: Request,
) -> Result<Response, Problem> {
    answer(&shared, &who, &params, request.into_body()).await
}

/// Takes a piece of a file, which is appended to what came before in the session; other steps are answered as with GET.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/1c",
    tag = "catalogue",
    params(ExchangeParams),
    request_body(content = Option<Vec<u8>>, content_type = "application/octet-stream"),
    responses((status = 200, content((String = "text/plain"), (String = "application/xml"))))
)]
pub(crate) async fn send(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ExchangeParams>,
    request: Request,
) -> Result<Response, Problem> {
    answer(&shared, &who, &params, request.into_body()).await
}

async fn answer(
    shared: &Shared,
    who: &Who,
    params: &ExchangeParams,
    body: Body,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let session = Session::of(&shared.config.data.dir, &who.org, &who.actor);
    let filename = params.filename.as_deref().unwrap_or_default();
    let step = match (params.r#type.as_str(), params.mode.as_str()) {
        ("catalog" | "sale", "checkauth") => {
            Ok(text(&format!("success\n{COOKIE}\n{}\n", Uuid::now_v7().simple())))
        }
        ("catalog", "init") => session
            .clear()
            .map(|()| text(&format!("zip=yes\nfile_limit={PIECE_MAX_BYTES}\n")))
            .map_err(Refused::Ours),
        ("sale", "init") => Ok(text(&format!("zip=no\nfile_limit={PIECE_MAX_BYTES}\n"))),
        ("catalog", "file") => take_piece(shared, &session, filename, body).await,
        ("catalog", "import") => import(shared, who, &session).await,
        ("sale", "query") => query(shared, who).await,
        ("sale", "success") => confirm(shared, who).await,
        // What 1C says of orders has no place here, and the end of an exchange needs nothing.
        ("sale", "file" | "import") | ("catalog" | "sale", "deactivate" | "complete") => {
            Ok(text("success\n"))
        }
        (kind, mode) => {
            let shown = |text: &str| text.chars().take(32).collect::<String>();
            Err(Refused::Told(format!(
                "`type={}&mode={}` is no step of the exchange",
                shown(kind),
                shown(mode)
            )))
        }
    };
    match step {
        Ok(response) => Ok(response),
        Err(Refused::Told(why)) => Ok(text(&format!("failure\n{why}\n"))),
        Err(Refused::Ours(error)) => Err(Problem::internal(error)),
    }
}

async fn take_piece(shared: &Shared, session: &Session, name: &str, body: Body) -> Result<Response, Refused> {
    let slot = Arc::clone(&shared.uploads).try_acquire_owned();
    let _slot =
        slot.map_err(|_| Refused::Told("too many uploads are under way: try again in a moment".to_owned()))?;
    session.append(name, body).await?;
    Ok(text("success\n"))
}

/// Takes in all files of the session, once; asked for again it says how far that has come.
async fn import(shared: &Shared, who: &Who, session: &Session) -> Result<Response, Refused> {
    let begun = match session.begun()? {
        Some(begun) => begun,
        // Which one it becomes is written down first: whoever asks again after a crash asks for the same.
        None => session.remember(&Uuid::now_v7().to_string(), false)?,
    };
    let id = Uuid::parse_str(&begun.import).map(CatalogueImportId)?;
    let stored = match shared.store.import(&who.org, id).await {
        Err(StoreError::NotFound { .. }) if begun.is_asked_for => {
            return Err(Refused::Told("the import was removed: begin another exchange".to_owned()));
        }
        Err(StoreError::NotFound { .. }) => {
            ask_for(shared, who, session, id).await?;
            return Ok(text("progress\nthe files are read\n"));
        }
        stored => stored?,
    };
    let counts = &stored.counts;
    Ok(match stored.state {
        ImportState::Planning => text("progress\nthe files are read\n"),
        ImportState::Planned | ImportState::Applying => {
            let all = counts.new + counts.changed + counts.retired;
            text(&format!("progress\n{} of {all} products are written\n", counts.done))
        }
        ImportState::Applied => {
            let (done, left_out) = (counts.done, counts.left_out + counts.refused);
            text(&format!("success\n{done} products were written, {left_out} rows left out\n"))
        }
        ImportState::Failed => return Err(Refused::Told(failure::in_english(&stored.problem))),
    })
}

/// Asks for the import of all files of the session.
async fn ask_for(
    shared: &Shared,
    who: &Who,
    session: &Session,
    id: CatalogueImportId,
) -> Result<(), Refused> {
    let most = shared.config.documents.file_max_bytes;
    let scratch = scratch_folder(&shared.config.data.dir)?;
    let bytes = tokio::task::block_in_place(|| session.packed(most, scratch.path()))?;
    let sent = Sent { name: "1c-exchange.zip".to_owned(), bytes };
    if let Err(problem) = begin_exchange(shared, who, id, sent).await {
        // Two that ask at once ask for the same import, and the second finds it there.
        if shared.store.import(&who.org, id).await.is_err() {
            return Err(Refused::Told(problem.detail().to_owned()));
        }
    }
    session.remember(&id.to_string(), true)?;
    Ok(())
}

/// The sales of closed days that nobody has confirmed yet.
async fn query(shared: &Shared, who: &Who) -> Result<Response, Refused> {
    let stores = shared.store.stores(&who.org).await?;
    let days = closed_days(&stores, now())?;
    let audited =
        shared.audited(who, "exchange.sales.offer", "sales", "1c").map_err(|problem| ours(&problem))?;
    let batch = audited.offer_sales(&who.org, &days, Uuid::now_v7(), SALES_AT_ONCE).await?;
    let xml = written(batch.sales, &stores)?;
    let kind = HeaderValue::from_static("application/xml; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], xml).into_response())
}

/// What was handed over has arrived.
async fn confirm(shared: &Shared, who: &Who) -> Result<Response, Refused> {
    let audited =
        shared.audited(who, "exchange.sales.confirm", "sales", "1c").map_err(|problem| ours(&problem))?;
    audited.confirm_sales(&who.org, now()).await?;
    Ok(text("success\n"))
}

fn ours(problem: &Problem) -> Refused {
    Refused::Ours(anyhow::anyhow!("{}", problem.detail()))
}

fn text(words: &str) -> Response {
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], words.to_owned()).into_response()
}
