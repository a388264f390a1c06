//! A request to each endpoint.

use cloud_server::auth::policy::Endpoint;
use cloud_server::roles::now;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::super::support::{Caller, Cloud, PASSWORD, form, seeming_photo};
use super::things::Things;

/// A body that an endpoint takes; each one is new where it has to be.
pub(super) fn body(endpoint: &Endpoint, things: &Things, number: usize) -> Value {
    let details = json!({"name": "N", "time_zone": "UTC", "currency": "EUR", "taxes": {"inclusive": true, "basis_points": {"vat19": 1900, "vat7": 700}}});
    match (endpoint.method.as_str(), endpoint.path) {
        ("POST", "/api/v1/session") => json!({"email": "nobody@acme.example", "password": "x"}),
        ("PUT", "/api/v1/session/password") => json!({"current": PASSWORD, "new": PASSWORD}),
        ("POST", "/api/v1/stores") => json!({"id": format!("store-{number}"), "details": details}),
        ("PUT", "/api/v1/stores/{store}") => details,
        ("POST", "/api/v1/stores/{store}/tills") => json!({"id": format!("new-{number}"), "name": "N"}),
        ("POST", "/api/v1/stores/{store}/tills/{till}/commands") => json!({"op": "report"}),
        ("POST", "/api/v1/people") => {
            json!({"email": format!("p{number}@acme.example"), "name": "N", "language": "en", "password": PASSWORD, "grants": []})
        }
        ("PUT", "/api/v1/people/{person}") => {
            json!({"name": "N", "language": "en", "grants": [], "disabled": false})
        }
        ("POST", "/api/v1/service-tokens") => json!({"name": "N", "grant": {"role": "clerk"}}),
        ("PATCH", "/api/v1/products/{product}") => json!({"price": "3.49"}),
        ("PUT", "/api/v1/products/{product}/archived") => json!({"archived": true}),
        ("PUT", "/api/v1/products/{product}/prices/{effective_from_ms}") => json!({"price": "2.99"}),
        ("POST", "/api/v1/suppliers") | ("PUT", "/api/v1/suppliers/{supplier}") => {
            json!({"name": format!("N {number}"), "language": "en", "currency": "EUR"})
        }
        ("POST", "/api/v1/suppliers/{supplier}/offers") => {
            json!({"offers": [{"article": "B", "pack": {"content": 1, "unit": "piece"}, "pack_price": "2"}]})
        }
        ("POST", "/api/v1/suppliers/{supplier}/price-lists") => json!({"format": "sheet"}),
        ("POST", "/api/v1/purchase-orders") | ("PUT", "/api/v1/purchase-orders/{purchase_order}") => {
            let line = json!({"name": "Pear", "packs": 1, "pack": {"content": 1, "unit": "piece"}, "pack_price": "1"});
            json!({"supplier": things.path("{supplier}"), "store": things.path("{store}"), "lines": [line]})
        }
        ("POST", "/api/v1/purchase-orders/{purchase_order}/receipts") => {
            json!({"key": format!("{number}"), "lines": [{"number": 1, "accepted": 1}]})
        }
        ("POST", "/api/v1/raw-products") => {
            json!({"source": "erp", "items": [{"key": format!("r{number}"), "name": "Pear"}]})
        }
        ("POST", "/api/v1/incoming-hooks") => json!({"name": "N", "kinds": ["price.changed"]}),
        ("PUT", "/api/v1/incoming-hooks/{hook}/disabled") => json!({"disabled": true}),
        ("POST", "/api/v1/exports") => json!({"dataset": "sales", "format": "json"}),
        ("POST", "/api/v1/export-plans") => json!({"dataset": "sales", "format": "json", "every_days": 1}),
        ("POST", "/api/v1/page-targets") => json!({"url": format!("https://shop.example/t{number}")}),
        ("POST", "/api/v1/products/families") => json!({"fields": {"name": "Pear"}}),
        ("POST", "/api/v1/feedback") => json!({"document": "{document}", "corrected": {"format": "ubl"}}),
        ("POST", "/api/v1/documents/{document}/receive") => {
            json!({"store": "{store}", "lines": [{"product": "{product}", "quantity": 1}]})
        }
        ("POST", "/api/v1/broadcasts" | "/api/v1/broadcasts/preview") => json!({"subject": "S", "text": "T"}),
        ("POST", "/api/v1/notice-addresses") => {
            json!({"channel": "webhook", "address": format!("https://shop.example/a{number}")})
        }
        ("POST", "/api/v1/notice-addresses/{address}/confirmation") => json!({"code": "000000"}),
        ("POST", "/api/v1/notice-subscriptions") => {
            json!({"address": "{address}", "event": "low_stock", "least": "info", "pace": "daily"})
        }
        ("PUT", "/api/v1/notice-habit") => {
            json!({"time_zone": "UTC", "quiet_from_minute": 0, "quiet_until_minute": 0, "critical_always": true, "digest_minute": 0})
        }
        ("PUT", "/api/v1/notice-templates/{event}/{language}") => json!({"subject": "S", "body": "B"}),
        ("POST", "/api/v1/notice-templates/preview") => {
            json!({"event": "low_stock", "template": {"subject": "S", "body": "B"}})
        }
        ("POST", "/api/v1/alerts/alertmanager") => json!({"version": "4", "alerts": []}),
        ("PUT", "/api/v1/holidays/{day}") => json!({"name": "City Day"}),
        ("POST", "/api/v1/holidays/built-in") => json!({"country": "de", "year": 2026}),
        ("PUT", "/api/v1/stores/{store}/ordering") => {
            json!({"review_days": 3, "service_a": 9800, "service_b": 9500, "service_c": 9000})
        }
        ("PUT", "/api/v1/proposals/{proposal}/packs") => json!({"packs": {"1": 2}}),
        ("POST", "/api/v1/proposals/{proposal}/reject") => json!({"reason": "too much"}),
        ("POST", "/api/v1/replenish/what-if") => json!({"store": things.path("{store}"), "days": 28}),
        ("PUT", "/api/v1/categories/{category}") => json!({"family_name": "Fresh"}),
        ("POST", "/api/v1/stores/{store}/stock/corrections") => json!({"product": "{product}", "change": 1}),
        ("POST", "/api/v1/stores/{store}/stock/waste") => {
            json!({"product": "{product}", "quantity": 1, "reason": "expired"})
        }
        ("POST", "/api/v1/stores/{store}/stock/reservations") => {
            json!({"product": "{product}", "quantity": 1, "until_ms": now().0 + 3_600_000})
        }
        ("POST", "/api/v1/stores/{store}/stock/counts/{count}/lines") => {
            json!({"entries": [{"product": "{product}", "quantity": 1}]})
        }
        ("POST", "/api/v1/stock-transfers") => {
            json!({"from": "{store}", "to": "{store}-too", "lines": [{"product": "{product}", "quantity": 1}]})
        }
        ("PUT", "/api/v1/stock-transfers/{transfer}") => {
            json!({"lines": [{"product": "{product}", "quantity": 1}]})
        }
        ("POST", "/api/v1/stock-transfers/{transfer}/settlement") => json!({"line": 1, "outcome": "found"}),
        _ => json!({}),
    }
}

/// The form of an endpoint that takes photos.
pub(super) fn photos(endpoint: &Endpoint, number: usize) -> Option<Form> {
    let photo = seeming_photo(1_000_000 + number as u64, 100);
    match (endpoint.method.as_str(), endpoint.path) {
        ("POST", "/api/v1/products") => Some(form(&format!("Pear {number}")).part("images", photo)),
        ("POST", "/api/v1/products/{product}/photos" | "/api/v1/products/search/semantic") => {
            Some(Form::new().part("images", photo))
        }
        ("POST", "/api/v1/catalogue/imports") => {
            Some(Form::new().part("file", Part::text("sku;price\nx;1\n").file_name("x.csv")))
        }
        ("POST", "/api/v1/raw-products/file") => {
            let sheet = format!("key;name\nf{number};Pear\n");
            Some(Form::new().part("file", Part::text(sheet).file_name("pears.csv")))
        }
        _ => None,
    }
}

pub(super) async fn call(
    cloud: &Cloud,
    caller: Option<&Caller>,
    endpoint: &Endpoint,
    things: &Things,
    number: usize,
) -> (StatusCode, String) {
    let mut path = things.path(endpoint.path);
    if endpoint.path == "/api/v1/raw-products/file" {
        path.push_str("?source=erp");
    } else if endpoint.path.ends_with("/catalogue/export") {
        path.push_str("?format=csv");
    } else if endpoint.path.ends_with("/exchange/1c") {
        path.push_str("?type=catalog&mode=checkauth");
    } else if endpoint.path.ends_with("/file") {
        path.push_str("?format=ubl");
    }
    let request = match caller {
        Some(caller) => cloud.request_as(caller, endpoint.method.clone(), &path),
        None => cloud.request(endpoint.method.clone(), &path),
    };
    let request = match photos(endpoint, number) {
        Some(form) => request.multipart(form),
        None => request.json(&things.filled(&body(endpoint, things, number))),
    };
    let response = request.send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}
