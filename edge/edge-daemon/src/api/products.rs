//! Finding a product by name or number, and its picture.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use domain::ids::ProductId;
use domain::product::Product;
use serde::{Deserialize, Serialize};

use super::Shared;
use super::problem::Problem;
use super::state::ProductRef;

/// What is searched for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    #[serde(default)]
    query: String,
    language: Option<String>,
    limit: Option<usize>,
}

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    products: Vec<ProductRef>,
}

/// `GET /api/v1/products`.
pub(super) async fn search(
    State(shared): State<Shared>,
    Query(search): Query<Search>,
) -> Result<Json<Found>, Problem> {
    let limit = search.limit.unwrap_or(20);
    if !(1..=50).contains(&limit) {
        return Err(Problem::unprocessable(format!("limit is {limit}: ask for 1 to 50 products")));
    }
    let Some(catalogue) = shared.catalogue.load_full() else {
        return Ok(Json(Found { products: Vec::new() }));
    };
    let language = search.language.as_deref().unwrap_or("en");
    let needle = fold(&search.query);
    let mut ranked: Vec<(u8, String, &Product)> = catalogue
        .products()
        .filter(|product| !product.archived)
        .filter_map(|product| Some((rank(product, &needle)?, fold(product.name.get(language)), product)))
        .collect();
    ranked.sort_by(|a, b| (a.0, &a.1, &a.2.id).cmp(&(b.0, &b.1, &b.2.id)));
    let products = ranked.into_iter().take(limit).map(|(_, _, product)| ProductRef::of(product)).collect();
    Ok(Json(Found { products }))
}

/// Smaller is better; `None` when the product does not match. Numbers match exactly, names by the beginning of the name,
/// then of a word, then anywhere.
fn rank(product: &Product, needle: &str) -> Option<u8> {
    if needle.is_empty() {
        return Some(9);
    }
    let gtin = product.gtin.map(|gtin| gtin.to_string());
    let gtin_matches =
        gtin.is_some_and(|gtin| gtin.trim_start_matches('0') == needle.trim_start_matches('0'));
    let plu_matches = product.plu.is_some_and(|plu| plu.to_string() == needle);
    if gtin_matches || plu_matches || fold(&product.sku) == needle {
        return Some(0);
    }
    let names = product.name.0.values().map(|name| fold(name));
    names.filter_map(|name| rank_name(&name, needle)).min()
}

fn rank_name(name: &str, needle: &str) -> Option<u8> {
    if name.starts_with(needle) {
        Some(1)
    } else if name.split_whitespace().any(|word| word.starts_with(needle)) {
        Some(2)
    } else if needle.split_whitespace().all(|part| name.contains(part)) {
        Some(3)
    } else {
        None
    }
}

/// Lower case, and е for ё, as people type it.
fn fold(text: &str) -> String {
    text.trim().to_lowercase().replace('ё', "е")
}

/// `GET /api/v1/products/{id}/picture`.
pub(super) async fn picture(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found(format!("there is no picture of `{id}`"));
    let id = ProductId::new(&id).map_err(|error| Problem::unprocessable(error.to_string()))?;
    let catalogue = shared.catalogue.load_full().ok_or_else(missing)?;
    let name = catalogue.product(&id).and_then(|product| product.picture.as_deref()).ok_or_else(missing)?;
    // Names come from an imported file; the store keeps them plain, and this keeps them inside the folder all the same.
    let plain = std::path::Path::new(name).file_name().filter(|plain| plain.to_str() == Some(name));
    let path = shared.pictures.join(plain.ok_or_else(missing)?);
    let bytes = tokio::fs::read(&path).await.map_err(|_| missing())?;
    let kind = match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        _ => "image/webp",
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")];
    Ok((headers, Bytes::from(bytes)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_from_their_beginning_then_by_word_then_anywhere() {
        let ranks =
            |needle: &str| ["красные яблоки", "яблочный сок", "сок"].map(|name| rank_name(name, needle));
        assert_eq!(ranks("ябло"), [Some(2), Some(1), None]);
        assert_eq!(ranks("лок"), [Some(3), None, None]);
        assert_eq!(fold(" Мёд "), "мед");
    }
}
