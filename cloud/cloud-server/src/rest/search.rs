//! Finding things by words.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_core::search::{Entry, EntryKind, Match, highlight};
use cloud_store::{DocumentId, DocumentState, ProductFilter};
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Page, PageParams, cursor, page, page_size, read_cursor, read_product_cursor, tagged};
use super::documents::{DocumentShown, shown as document_shown};
use super::products::{ProductShown, shown as product_shown};
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::search::{DEPTH_MAX, Found, FoundHit, Wanted};

/// Longest text that is searched for, in bytes.
const QUERY_MAX_LEN: usize = 200;
/// Most things in one answer.
const LIMIT_MAX: u32 = 100;
const LIMIT_DEFAULT: u32 = 20;

/// What to look for among products.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductSearchParams {
    /// Words, a GTIN, a PLU or an article number; mistakes, other forms, the other script and the other keyboard are understood.
    /// Without it everything is found.
    q: Option<String>,
    /// Those of this category alone.
    category: Option<String>,
    /// True for archived ones alone; they are left out when this is not said.
    archived: Option<bool>,
    /// False where the last word is whole; otherwise it may be the beginning of one.
    typing: Option<bool>,
    /// How many, from 1 to 100; 20 when not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// What to look for among everything.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParams {
    /// Words or a number, as in `/api/v1/products/search`.
    q: Option<String>,
    /// Kinds of things, separated by commas: `product`, `supplier`, `document`; all of them when not said.
    #[serde(rename = "in")]
    #[param(rename = "in")]
    kinds: Option<String>,
    /// How many, from 1 to 100; 20 when not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A piece of a name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PieceShown {
    text: String,
    /// Whether it was looked for.
    hit: bool,
}

/// How many there are of a category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryCount {
    name: String,
    count: usize,
}

/// A product that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductFound {
    product: ProductShown,
    /// How the worst of the words matches: `same`, `alike` (the other script or keyboard), `begins` or `near` (a mistake). An
    /// engine that does not say leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<String>,
    /// Its names in pieces, by language.
    highlighted: BTreeMap<String, Vec<PieceShown>>,
}

/// Products that were found, the best first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductsFound {
    items: Vec<ProductFound>,
    /// How many there are in all; Meilisearch estimates it.
    total: usize,
    /// How many of them there are of each category, were none chosen; the most first.
    categories: Vec<CategoryCount>,
    /// `after` of the next page; absent on the last, and behind the first 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Something that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ThingFound {
    /// `product`, `supplier` or `document`.
    kind: String,
    id: String,
    /// Its names by language, in pieces.
    highlighted: BTreeMap<String, Vec<PieceShown>>,
    /// A product's category, or how far a document has come.
    #[serde(skip_serializing_if = "String::is_empty")]
    category: String,
    numbers: Vec<String>,
    archived: bool,
    /// As in `/api/v1/products/search`.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<String>,
}

/// Things that were found, the best first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ThingsFound {
    items: Vec<ThingFound>,
    /// How many there are in all; Meilisearch estimates it.
    total: usize,
    /// `after` of the next page; absent on the last, and behind the first 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Finds products by words: what has more of them comes first, then the same word before its beginning before a mistake, and a name
/// before a category. What was changed is found within a second or so.
#[utoipa::path(
    get,
    path = "/api/v1/products/search",
    tag = "search",
    params(ProductSearchParams),
    responses((status = 200, body = ProductsFound))
)]
pub(crate) async fn products(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ProductSearchParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        kinds: vec![EntryKind::Product],
        category: params.category,
        archived: Some(params.archived.unwrap_or(false)),
        ..wanted(params.q, params.limit, params.after.as_deref(), params.typing.unwrap_or(true))?
    };
    let (offset, limit) = (wanted.offset, wanted.limit);
    let found = shared.search.find(&shared.store, &who.org, wanted).await?;
    let ids: Vec<ProductId> = found.hits.iter().filter_map(|hit| ProductId::new(&hit.id).ok()).collect();
    let stored = shared.store.products_of(&who.org, &ids).await?;
    let by_id: BTreeMap<&str, _> = stored.iter().map(|stored| (stored.product.id.as_str(), stored)).collect();
    // One that was deleted a moment ago is found still.
    let items = found.hits.iter().filter_map(|hit| Some((hit, by_id.get(hit.id.as_str())?)));
    let items = items.map(|(hit, stored)| ProductFound {
        product: product_shown(stored),
        matched: matched(hit),
        highlighted: highlighted(&stored.product.name.0, &found.words),
    });
    let answer = ProductsFound {
        items: items.collect(),
        total: found.total,
        next: next(&found, offset, limit),
        categories: found
            .categories
            .iter()
            .map(|(name, count)| CategoryCount { name: name.clone(), count: *count })
            .collect(),
    };
    tagged(&headers, &answer)
}

/// Finds products, suppliers and documents by words.
#[utoipa::path(
    get,
    path = "/api/v1/search",
    tag = "search",
    params(SearchParams),
    responses((status = 200, body = ThingsFound))
)]
pub(crate) async fn everything(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<SearchParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kinds = params.kinds.as_deref().map(read_kinds).transpose()?.unwrap_or_default();
    let wanted = Wanted {
        kinds,
        stores: seen(&who),
        ..wanted(params.q, params.limit, params.after.as_deref(), true)?
    };
    let (offset, limit) = (wanted.offset, wanted.limit);
    let found = shared.search.find(&shared.store, &who.org, wanted).await?;
    let keys: Vec<(EntryKind, &str)> = found.hits.iter().map(|hit| (hit.kind, hit.id.as_str())).collect();
    let entries = shared.store.search_entries(&who.org, &keys).await?;
    let item = |hit: &FoundHit| {
        let entry: &Entry = entries.get(&(hit.kind, hit.id.clone()))?;
        Some(ThingFound {
            kind: hit.kind.as_str().to_owned(),
            id: hit.id.clone(),
            highlighted: highlighted(&entry.names, &found.words),
            category: entry.category.clone(),
            numbers: entry.numbers.clone(),
            archived: entry.archived,
            matched: matched(hit),
        })
    };
    let items = found.hits.iter().filter_map(item).collect();
    tagged(&headers, &ThingsFound { items, total: found.total, next: next(&found, offset, limit) })
}

/// What to look for among documents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DocumentSearchParams {
    /// A number, a day, who sent it, or words of what it says, as in `/api/v1/products/search`.
    q: Option<String>,
    /// Those in this state alone.
    state: Option<String>,
    /// How many, from 1 to 100; 20 when not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Documents that were found, the best first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentsFound {
    items: Vec<DocumentShown>,
    /// How many there are in all; Meilisearch estimates it.
    total: usize,
    /// `after` of the next page; absent on the last, and behind the first 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Finds documents that were read, those that the caller may see: by number, day, supplier and the names of their lines. What was
/// changed is found within seconds.
#[utoipa::path(
    get,
    path = "/api/v1/documents/search",
    tag = "documents",
    params(DocumentSearchParams),
    responses((status = 200, body = DocumentsFound))
)]
pub(crate) async fn documents(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<DocumentSearchParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unknown = || Problem::unprocessable("`state` is none of the states of a document");
    if params.state.as_deref().is_some_and(|state| DocumentState::from_word(state).is_none()) {
        return Err(unknown());
    }
    let wanted = Wanted {
        kinds: vec![EntryKind::Document],
        category: params.state,
        stores: seen(&who),
        ..wanted(params.q, params.limit, params.after.as_deref(), true)?
    };
    let (offset, limit) = (wanted.offset, wanted.limit);
    let found = shared.search.find(&shared.store, &who.org, wanted).await?;
    let ids = found.hits.iter().filter_map(|hit| Uuid::parse_str(&hit.id).ok().map(DocumentId));
    let stored = shared.store.documents_of(&who.org, &ids.collect::<Vec<_>>()).await?;
    let by_id: BTreeMap<String, _> = stored.iter().map(|stored| (stored.id.to_string(), stored)).collect();
    // One that was taken away a moment ago is found still.
    let there = found.hits.iter().filter_map(|hit| by_id.get(&hit.id));
    let items = there.map(|stored| document_shown(stored)).collect();
    tagged(&headers, &DocumentsFound { items, total: found.total, next: next(&found, offset, limit) })
}

/// Lists the products of a category in order of id; archived ones are left out.
#[utoipa::path(
    get,
    path = "/api/v1/categories/{category}/products",
    tag = "products",
    params(("category" = String, Path, description = "The category's name"), PageParams),
    responses((status = 200, body = Page<ProductShown>))
)]
pub(crate) async fn of_category(
    State(shared): State<Shared>,
    who: Who,
    Place(category): Place<String>,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let after = read_product_cursor(params.after.as_deref())?;
    let filter = ProductFilter { search: None, category: Some(category), archived: Some(false) };
    let found = shared.store.products(&who.org, &filter, after.as_ref(), limit + 1).await?;
    let items = found.iter().map(product_shown).collect();
    tagged(&headers, &page(items, limit, |product: &ProductShown| product.id().to_owned()))
}

/// The stores that somebody sees, as the index has them.
fn seen(who: &Who) -> Option<Vec<String>> {
    who.stores_seen().map(|stores| stores.iter().map(ToString::to_string).collect())
}

fn wanted(
    text: Option<String>,
    limit: Option<u32>,
    after: Option<&str>,
    typing: bool,
) -> Result<Wanted, Problem> {
    let text = text.unwrap_or_default();
    if text.len() > QUERY_MAX_LEN {
        return Err(Problem::unprocessable(format!("`q` has more than {QUERY_MAX_LEN} bytes")));
    }
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::unprocessable(format!("`limit` is {limit}: ask for 1 to {LIMIT_MAX} at once")));
    }
    let offset = match read_cursor(after)? {
        None => 0,
        Some(text) => text.parse().ok().filter(|offset| *offset < DEPTH_MAX).ok_or_else(|| {
            Problem::unprocessable("`after` is no cursor of a search: pass on `next` of the page before")
        })?,
    };
    let limit = (limit as usize).min(DEPTH_MAX - offset);
    Ok(Wanted { text, typing, offset, limit, ..Wanted::default() })
}

fn read_kinds(text: &str) -> Result<Vec<EntryKind>, Problem> {
    let kind = |word: &str| {
        EntryKind::from_word(word.trim()).ok_or_else(|| {
            let word: String = word.chars().take(32).collect();
            let known = EntryKind::ALL.map(EntryKind::as_str).join("`, `");
            Problem::unprocessable(format!("`in` names `{word}`: it may name `{known}`"))
        })
    };
    let kinds: BTreeSet<EntryKind> = text.split(',').map(kind).collect::<Result<_, _>>()?;
    Ok(kinds.into_iter().collect())
}

fn next(found: &Found, offset: usize, limit: usize) -> Option<String> {
    let end = offset + limit;
    (found.total > end && end < DEPTH_MAX).then(|| cursor(&end.to_string()))
}

fn matched(hit: &FoundHit) -> Option<String> {
    hit.matched.map(Match::as_str).map(str::to_owned)
}

fn highlighted(
    names: &BTreeMap<String, String>,
    words: &BTreeSet<String>,
) -> BTreeMap<String, Vec<PieceShown>> {
    let pieces = |name: &str| {
        let pieces = highlight(name, words).into_iter();
        pieces.map(|piece| PieceShown { text: piece.text, hit: piece.is_hit }).collect()
    };
    names.iter().map(|(language, name)| (language.clone(), pieces(name))).collect()
}
