//! Sales, their sums, and what is odd about the journals they came in.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{SaleCursor, SaleFilter, SaleSummary, SetAside, SetAsideReason};
use domain::ids::{SaleId, SequenceNumber, TillId};
use domain::time::{BusinessDay, WallMs};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sync_core::entry::Mark;
use sync_core::{chain, sale_document};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Page, cursor, ms, page_size, read_cursor, tagged};
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::roles::now;

/// Odd things that are shown at once, the newest first.
const ODDITIES_MAX: u32 = 500;

/// Which sales.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SalesParams {
    /// Of one till.
    till: Option<String>,
    /// Of this trading day and later.
    #[param(example = "2026-11-01")]
    first_day: Option<String>,
    /// Of this trading day and earlier.
    #[param(example = "2026-11-30")]
    last_day: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Which sums.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SumsParams {
    /// Of one till.
    till: Option<String>,
    /// Of this trading day and later.
    #[param(example = "2026-11-01")]
    first_day: Option<String>,
    /// Of this trading day and earlier.
    #[param(example = "2026-11-30")]
    last_day: Option<String>,
}

/// A sale in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaleRow {
    id: String,
    till: String,
    /// Its place in the till's journal.
    sequence: u64,
    /// Its trading day.
    business_day: String,
    /// When it was paid, by the till's clock, in milliseconds since 1970.
    completed_at_ms: i64,
    currency: String,
    /// How many digits of an amount in minor units stand behind the point.
    currency_exponent: u32,
    /// What was paid, in minor units.
    gross_minor: i64,
    /// How many lines it has.
    lines: u64,
    /// When it came in, in milliseconds since 1970.
    received_at_ms: i64,
}

/// A sale with everything in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaleShown {
    /// Its place in the till's journal.
    sequence: u64,
    /// When it came in, in milliseconds since 1970.
    received_at_ms: i64,
    /// The sale as its till wrote it down.
    #[schema(value_type = Object)]
    sale: Box<RawValue>,
}

/// What one till sold in one day, in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sum {
    till: String,
    business_day: String,
    currency: String,
    /// How many digits of an amount in minor units stand behind the point.
    currency_exponent: u32,
    /// How many sales.
    sales: u64,
    net_minor: i64,
    tax_minor: i64,
    gross_minor: i64,
}

/// Sums in order of day, till and currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sums {
    items: Vec<Sum>,
}

/// How far each till's journal is known, and what is odd about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Journals {
    /// The newest place of each till that ever sent anything.
    heads: Vec<Head>,
    /// Places that never came.
    gaps: Vec<Gap>,
    /// Places that came twice with different sales: the till was restored from an old backup, or there are two of it.
    forks: Vec<Fork>,
}

/// The newest place of a till's journal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Head {
    store: String,
    till: String,
    sequence: u64,
    received_at_ms: i64,
}

/// Places of a till's journal that never came.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gap {
    store: String,
    till: String,
    first: u64,
    last: u64,
    /// Whether the till itself lost them, so that they will never come.
    lost: bool,
    noticed_at_ms: i64,
}

/// A place of a till's journal with two histories.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Fork {
    store: String,
    till: String,
    sequence: u64,
    known_hash: String,
    other_hash: String,
    noticed_at_ms: i64,
}

/// What was kept whole and not counted, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Aside {
    items: Vec<AsideEntry>,
}

/// An entry of a till's journal that was not counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AsideEntry {
    store: String,
    till: String,
    /// Its place and hash: what it is settled by.
    mark: String,
    sale: String,
    /// `quarantined`: a sale of its id is there with other bytes; `parked`: it cannot be read or is unsound.
    reason: String,
    /// What is wrong with it.
    problem: String,
    received_at_ms: i64,
    /// The entry as it came, as far as it is text.
    payload: String,
}

/// Lists the sales of a store, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/sales",
    tag = "sales",
    params(("store" = String, Path, description = "The store's id"), SalesParams),
    responses((status = 200, body = Page<SaleRow>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<SalesParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let limit = page_size(params.limit)?;
    let filter = filter(params.till.as_deref(), params.first_day.as_deref(), params.last_day.as_deref())?;
    let after = read_cursor(params.after.as_deref())?.map(|text| read_place(&text)).transpose()?;
    let mut sales = shared.store.sales(&who.org, &store, &filter, after, limit + 1).await?;
    let more = sales.len() > limit as usize;
    sales.truncate(limit as usize);
    let place = |sale: &SaleSummary| cursor(&format!("{}/{}", sale.completed_at.0, sale.id));
    let next = sales.last().filter(|_| more).map(place);
    tagged(&headers, &Page { items: sales.iter().map(row).collect(), next })
}

/// A sale.
#[utoipa::path(
    get,
    path = "/api/v1/sales/{sale}",
    tag = "sales",
    params(("sale" = String, Path, description = "The sale's id")),
    responses((status = 200, body = SaleShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(sale): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("there is no such sale");
    let id = Uuid::parse_str(&sale).map(SaleId).map_err(|_| missing())?;
    let kept = shared.store.sale(&who.org, id).await?;
    if !who.sees(&kept.sale.till.store) {
        return Err(missing());
    }
    let document = String::from_utf8(sale_document::encode(&kept.sale)).map_err(Problem::internal)?;
    let shown = SaleShown {
        sequence: kept.sequence.0,
        received_at_ms: ms(kept.received_at),
        sale: RawValue::from_string(document).map_err(Problem::internal)?,
    };
    tagged(&headers, &shown)
}

/// What each till of a store sold on each trading day.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/sales/sums",
    tag = "sales",
    params(("store" = String, Path, description = "The store's id"), SumsParams),
    responses((status = 200, body = Sums))
)]
pub(crate) async fn sums(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<SumsParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let filter = filter(params.till.as_deref(), params.first_day.as_deref(), params.last_day.as_deref())?;
    let sums = shared.store.day_sums(&who.org, &store, &filter).await?;
    let items = sums.into_iter().map(|sum| Sum {
        till: sum.till.till.to_string(),
        business_day: sum.business_day.to_string(),
        currency: sum.currency.code().to_owned(),
        currency_exponent: sum.currency.exponent(),
        sales: sum.sales,
        net_minor: sum.net_minor,
        tax_minor: sum.tax_minor,
        gross_minor: sum.gross_minor,
    });
    tagged(&headers, &Sums { items: items.collect() })
}

/// How far each till's journal is known, and where it has gaps or forks.
#[utoipa::path(get, path = "/api/v1/journals", tag = "sales", responses((status = 200, body = Journals)))]
pub(crate) async fn journals(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let heads = shared.store.heads(&who.org).await?;
    let gaps = shared.store.gaps(&who.org, ODDITIES_MAX).await?;
    let forks = shared.store.forks(&who.org, ODDITIES_MAX).await?;
    let heads = heads.into_iter().filter(|head| who.sees(&head.till.store)).map(|head| Head {
        store: head.till.store.to_string(),
        till: head.till.till.to_string(),
        sequence: head.mark.sequence.0,
        received_at_ms: ms(head.received_at),
    });
    let gaps = gaps.into_iter().filter(|gap| who.sees(&gap.till.store)).map(|gap| Gap {
        store: gap.till.store.to_string(),
        till: gap.till.till.to_string(),
        first: gap.first.0,
        last: gap.last.0,
        lost: gap.lost,
        noticed_at_ms: ms(gap.noticed_at),
    });
    let forks = forks.into_iter().filter(|fork| who.sees(&fork.till.store)).map(|fork| Fork {
        store: fork.till.store.to_string(),
        till: fork.till.till.to_string(),
        sequence: fork.sequence.0,
        known_hash: chain::to_hex(&fork.known_hash),
        other_hash: chain::to_hex(&fork.other_hash),
        noticed_at_ms: ms(fork.noticed_at),
    });
    tagged(&headers, &Journals { heads: heads.collect(), gaps: gaps.collect(), forks: forks.collect() })
}

/// Lists what was quarantined or parked and waits for somebody to look at it.
#[utoipa::path(get, path = "/api/v1/set-aside", tag = "sales", responses((status = 200, body = Aside)))]
pub(crate) async fn set_aside(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let entries = shared.store.set_aside(&who.org, ODDITIES_MAX).await?;
    let items = entries.into_iter().filter(|aside| who.sees(&aside.till.store)).map(shown_aside);
    tagged(&headers, &Aside { items: items.collect() })
}

/// Notes that somebody has seen to an entry that was set aside. It is kept all the same.
#[utoipa::path(
    put,
    path = "/api/v1/stores/{store}/tills/{till}/set-aside/{mark}",
    tag = "sales",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("till" = String, Path, description = "The till's id"),
        ("mark" = String, Path, description = "`mark` of the entry")
    ),
    responses((status = 204))
)]
pub(crate) async fn settle(
    State(shared): State<Shared>,
    who: Who,
    Place((store, till, mark)): Place<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let till = who.till(&store, &till)?;
    let mark = read_mark(&mark).ok_or_else(|| Problem::not_found("there is no such entry"))?;
    let object = format!("till:{}/{}", till.store, till.till);
    let audited = shared.audited(&who, "sale.settle", &object, &shown_mark(&mark))?;
    audited.settle(&till, &mark, &who.actor, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(sale: &SaleSummary) -> SaleRow {
    SaleRow {
        id: sale.id.to_string(),
        till: sale.till.till.to_string(),
        sequence: sale.sequence.0,
        business_day: sale.business_day.to_string(),
        completed_at_ms: ms(sale.completed_at),
        currency: sale.currency.code().to_owned(),
        currency_exponent: sale.currency.exponent(),
        gross_minor: sale.gross_minor,
        lines: sale.lines,
        received_at_ms: ms(sale.received_at),
    }
}

fn shown_aside(aside: SetAside) -> AsideEntry {
    AsideEntry {
        store: aside.till.store.to_string(),
        till: aside.till.till.to_string(),
        mark: shown_mark(&aside.entry.mark()),
        sale: aside.entry.sale.to_string(),
        reason: match aside.reason {
            SetAsideReason::Quarantined => "quarantined".to_owned(),
            SetAsideReason::Parked => "parked".to_owned(),
        },
        problem: aside.problem,
        received_at_ms: ms(aside.received_at),
        payload: String::from_utf8_lossy(&aside.entry.payload).into_owned(),
    }
}

fn filter(till: Option<&str>, first: Option<&str>, last: Option<&str>) -> Result<SaleFilter, Problem> {
    let till = till.map(TillId::new).transpose();
    Ok(SaleFilter {
        till: till.map_err(|error| Problem::unprocessable(error.to_string()))?,
        first_day: first.map(|text| read_day("first_day", text)).transpose()?,
        last_day: last.map(|text| read_day("last_day", text)).transpose()?,
    })
}

pub(super) fn read_day(name: &str, text: &str) -> Result<BusinessDay, Problem> {
    let date: jiff::civil::Date = text.parse().map_err(|_| {
        let text: String = text.chars().take(32).collect();
        Problem::unprocessable(format!("`{name}` is `{text}`: write a day such as `2026-11-30`"))
    })?;
    let part = |value: i8| u8::try_from(value).unwrap_or_default();
    Ok(BusinessDay { year: date.year(), month: part(date.month()), day: part(date.day()) })
}

fn read_place(text: &str) -> Result<SaleCursor, Problem> {
    let place = text.split_once('/').and_then(|(at, id)| {
        Some(SaleCursor { completed_at: WallMs(at.parse().ok()?), id: SaleId(Uuid::parse_str(id).ok()?) })
    });
    place.ok_or_else(|| Problem::unprocessable("`after` is no cursor of this list"))
}

fn shown_mark(mark: &Mark) -> String {
    format!("{}-{}", mark.sequence, chain::to_hex(&mark.hash))
}

fn read_mark(text: &str) -> Option<Mark> {
    let (sequence, hash) = text.split_once('-')?;
    let hash = chain::from_hex(hash)?.try_into().ok()?;
    Some(Mark { sequence: SequenceNumber(sequence.parse().ok()?), hash })
}
