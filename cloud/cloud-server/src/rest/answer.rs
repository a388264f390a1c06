//! Shapes that many answers share: tagged reads, pages and times.

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE64URL_NOPAD;
use domain::ids::ProductId;
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};

use crate::gateway::Problem;

/// Things on a page when the caller does not say.
const PAGE_DEFAULT: u32 = 50;
/// Most things on a page.
pub(crate) const PAGE_MAX: u32 = 500;
/// Longest cursor that is read; ours are far shorter.
const CURSOR_MAX_LEN: usize = 400;

/// Which part of a long list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    pub(crate) limit: Option<u32>,
    /// `next` of the page before.
    pub(crate) after: Option<String>,
}

/// A part of a long list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The things.
    pub(crate) items: Vec<T>,
    /// `after` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// The size of a page, checked.
pub(crate) fn page_size(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(PAGE_DEFAULT),
        Some(limit @ 1..=PAGE_MAX) => Ok(limit),
        Some(limit) => {
            Err(Problem::unprocessable(format!("`limit` is {limit}: ask for 1 to {PAGE_MAX} at once")))
        }
    }
}

/// What a cursor stands for. Callers pass it on without looking into it, so it says that it is not to be made up.
pub(crate) fn read_cursor(after: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = after else { return Ok(None) };
    let bad = || Problem::unprocessable("`after` is not a cursor: pass on `next` of the page before");
    if text.len() > CURSOR_MAX_LEN {
        return Err(bad());
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| bad())?;
    String::from_utf8(bytes).map(Some).map_err(|_| bad())
}

/// The cursor of a list that is in order of product.
pub(crate) fn read_product_cursor(after: Option<&str>) -> Result<Option<ProductId>, Problem> {
    let after = read_cursor(after)?.map(|text| ProductId::new(&text));
    after.transpose().map_err(|_| Problem::unprocessable("`after` is no cursor of this list"))
}

/// A cursor that stands for a key.
pub(crate) fn cursor(key: &str) -> String {
    BASE64URL_NOPAD.encode(key.as_bytes())
}

/// Turns `limit + 1` rows into a page: the one too many only says that there are more.
pub(crate) fn page<T>(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> String) -> Page<T> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| cursor(&key(last)));
    Page { items, next }
}

/// A read that says what it has seen: `304 Not Modified` when the caller has the same already.
pub(crate) fn tagged<T: Serialize>(headers: &HeaderMap, value: &T) -> Result<Response, Problem> {
    tagged_bytes(headers, serde_json::to_vec(value).map_err(Problem::internal)?.into())
}

/// The same for JSON that is written already.
pub(crate) fn tagged_bytes(headers: &HeaderMap, bytes: Bytes) -> Result<Response, Problem> {
    let tag = entity_tag(&bytes);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| names_tag(known, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
    };
    let tag = HeaderValue::from_str(&tag).map_err(Problem::internal)?;
    response.headers_mut().insert(header::ETAG, tag);
    // A copy may be kept, but by its owner alone, and it is asked about before it is used.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Refuses a change that was thought out on an older version of `value`, where the caller says which it saw.
pub(crate) fn check_unchanged<T: Serialize>(headers: &HeaderMap, value: &T) -> Result<(), Problem> {
    let Some(expected) = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()) else {
        return Ok(());
    };
    let tag = entity_tag(&serde_json::to_vec(value).map_err(Problem::internal)?);
    if names_tag(expected, &tag) {
        return Ok(());
    }
    let detail = "somebody has changed it since you read it: read it again and decide anew";
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", detail))
}

/// An answer for something that was made.
pub(crate) fn created<T: Serialize>(location: &str, value: T) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(location).map_err(Problem::internal)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(value)).into_response())
}

/// Milliseconds since 1970, as every time in answers.
pub(crate) fn ms(at: WallMs) -> i64 {
    at.0
}

fn entity_tag(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    format!("\"{}\"", BASE64URL_NOPAD.encode(&hash[..16]))
}

/// RFC 9110, 13.1.2: a list of tags, or `*` for any. A weak tag of ours is as good.
fn names_tag(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_where_the_list_does() {
        let rows = |count: u32| (0..count).collect::<Vec<u32>>();
        let full = page(rows(3), 2, ToString::to_string);
        assert_eq!(
            (full.items, read_cursor(full.next.as_deref()).unwrap()),
            (vec![0, 1], Some("1".to_owned()))
        );
        let last = page(rows(2), 2, ToString::to_string);
        assert_eq!((last.items, last.next), (vec![0, 1], None));
        assert!(read_cursor(Some("!")).is_err() && read_cursor(Some(&"A".repeat(500))).is_err());
        assert!(page_size(Some(0)).is_err() && page_size(Some(501)).is_err());
    }

    #[test]
    fn tells_known_from_new() {
        let mut headers = HeaderMap::new();
        let first = tagged(&headers, &"value").unwrap();
        headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(tagged(&headers, &"value").unwrap().status(), StatusCode::NOT_MODIFIED);
        assert_eq!(tagged(&headers, &"other").unwrap().status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        assert!(check_unchanged(&headers, &"value").is_ok());
        headers.insert(header::IF_MATCH, first.headers()[header::ETAG].clone());
        assert!(check_unchanged(&headers, &"value").is_ok());
        assert_eq!(
            check_unchanged(&headers, &"other").unwrap_err().status(),
            StatusCode::PRECONDITION_FAILED
        );
    }
}
