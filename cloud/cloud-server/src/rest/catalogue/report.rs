//! The present catalogue, looked at for what is odd.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::imports::{FindingCount, FindingParams, read_code, read_place, shown_counts};
use crate::auth::Who;
use crate::exchange::check::{self, FindingShown};
use crate::gateway::{Params, Problem, Shared};
use crate::rest::answer::{cursor, ms, page_size, tagged};
use crate::roles::now;

/// Catalogues that are looked at at once: each is in memory meanwhile.
const AT_ONCE: usize = 2;

/// What is odd about the present catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CatalogueReport {
    /// How many products were looked at.
    products: usize,
    /// When, in milliseconds since 1970, to the minute.
    at_ms: i64,
    /// How many findings there are of each code, what matters most first.
    counts: Vec<FindingCount>,
    /// What matters most first.
    items: Vec<FindingShown>,
    /// `after` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Looks at the present catalogue: duplicates, prices that cannot be or are far from the others, units, letters, packs. It is looked at
/// anew for each page.
#[utoipa::path(
    get,
    path = "/api/v1/catalogue/report",
    tag = "catalogue",
    params(FindingParams),
    responses((status = 200, body = CatalogueReport))
)]
pub(crate) async fn report(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<FindingParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    static SLOTS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(AT_ONCE));
    let limit = page_size(params.limit)? as usize;
    let code = params.code.as_deref().map(read_code).transpose()?;
    let after = usize::try_from(read_place(params.after.as_deref())?).map_err(Problem::internal)?;
    let _slot = SLOTS.acquire().await.map_err(Problem::internal)?;
    let now = now();
    let report = check::report(&shared.store, &who.org, now).await?;
    let wanted = report.findings.iter().filter(|finding| code.is_none_or(|code| finding.code == code));
    let mut found: Vec<_> = wanted.skip(after).take(limit + 1).collect();
    let next = (found.len() > limit).then(|| cursor(&(after + limit).to_string()));
    found.truncate(limit);
    let items = found.into_iter().map(|finding| check::shown(finding, &report.items)).collect();
    let counts = report.counts.iter().map(|(code, count)| (*code, *count as u64));
    let at_ms = ms(now) / 60_000 * 60_000;
    tagged(
        &headers,
        &CatalogueReport { products: report.products, at_ms, counts: shown_counts(counts), items, next },
    )
}
