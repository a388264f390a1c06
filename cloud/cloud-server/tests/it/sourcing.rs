//! Buying, from a supplier to goods in stock, over REST.

use cloud_store::Role;
use domain::ids::{ProductId, StoreId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Caller, Cloud, form, problem};

const QUIET: &str = "[worker]\nin_server = false";

struct Shop {
    cloud: Cloud,
    owner: Caller,
}

impl Shop {
    /// With milk, which is sold by the piece in euro.
    async fn open(name: &str) -> Self {
        let cloud = Cloud::start(name, QUIET).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let milk = form("Milk").text("id", "milk").text("gtin", "4006381333931");
        cloud.upload(&owner, "/api/v1/products", milk, StatusCode::CREATED).await;
        Self { cloud, owner }
    }

    async fn send(&self, method: Method, path: &str, body: Value, status: StatusCode) -> Value {
        self.cloud.send(&self.owner, method, &format!("/api/v1{path}"), body, status).await
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.cloud.get_as(&self.owner, &format!("/api/v1{path}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    async fn supplier(&self, name: &str, language: &str) -> String {
        let body = json!({"name": name, "language": language, "currency": "EUR", "order_min": "20.00",
            "tax_id": format!("DE {name}"), "delivery": {"lead_days": 1, "weekdays": [2], "closed": ["2026-12-01"]}});
        let made = self.send(Method::POST, "/suppliers", body, StatusCode::CREATED).await;
        made["id"].as_str().unwrap().to_owned()
    }

    async fn stock(&self) -> i64 {
        let (store, milk) = (StoreId::new("main").unwrap(), ProductId::new("milk").unwrap());
        let stock = self.cloud.store.stock(&self.owner.org, &store, None, 10).await.unwrap();
        assert_eq!(self.cloud.store.verify_stock(&self.owner.org, &store).await.unwrap(), []);
        stock.iter().find(|one| one.key.product == milk).map_or(0, |one| one.quantity)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_go_from_a_price_list_to_stock() {
    let shop = Shop::open("buying").await;
    let dear = shop.supplier("Dear", "ru").await;
    let cheap = shop.supplier("Cheap", "de").await;
    let case = |price: &str| {
        json!({"offers": [{"article": "M-1", "gtin": "4006381333931", "name": "Молоко / Frische Milch",
            "pack": {"content": 12, "unit": "piece"}, "packs_multiple": 2, "pack_price": price, "tax_basis_points": 700,
            "valid_from": "2026-01-01"}]})
    };
    for (supplier, price) in [(&dear, "10.80"), (&cheap, "9.6050")] {
        let taken = shop
            .send(Method::POST, &format!("/suppliers/{supplier}/offers"), case(price), StatusCode::OK)
            .await;
        assert_eq!(taken["taken"], 1);
    }
    let compared = shop.get("/products/milk/offers?quantity=30&on=2026-11-22").await;
    let prices: Vec<_> =
        compared["offers"].as_array().unwrap().iter().map(|one| one["amount"].as_str().unwrap()).collect();
    assert_eq!(prices, ["38.42", "43.2"], "four packs, for they come in pairs: {compared}");
    let best = &compared["offers"][0];
    assert_eq!(
        (&best["supplier_name"], &best["packs"], &best["quantity"]),
        (&json!("Cheap"), &json!(4), &json!(48))
    );
    assert_eq!((&best["arrives"], &best["landed_unit_price"]), (&json!("2026-11-24"), &json!("1.280667")));
    let barred = json!({"reason": "sold spoilt milk"});
    shop.send(Method::PUT, &format!("/suppliers/{cheap}/blacklisted"), barred, StatusCode::OK).await;
    let compared = shop.get("/products/milk/offers?quantity=30&on=2026-11-22").await;
    assert_eq!(compared["left_out"][0]["code"], "blacklisted");
    shop.send(Method::PUT, &format!("/suppliers/{cheap}/blacklisted"), json!({}), StatusCode::OK).await;

    let offer = best["offer"]["id"].as_str().unwrap();
    let order = json!({"supplier": cheap, "store": "main", "wanted_on": "2026-12-01", "note": "Before nine",
        "lines": [{"offer": offer, "packs": 3}]});
    let refused = shop.send(Method::POST, "/purchase-orders", order, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(refused["detail"].as_str().unwrap().contains("multiple of 2"), "{refused}");
    let order = json!({"supplier": cheap, "store": "main", "lines": [{"offer": offer, "packs": 4}]});
    let made = shop.send(Method::POST, "/purchase-orders", order, StatusCode::CREATED).await;
    assert_eq!((&made["number"], &made["state"]), (&json!(1), &json!("draft")));
    let path = format!("/purchase-orders/{}", made["id"].as_str().unwrap());
    shop.send(Method::POST, &format!("{path}/sending"), json!({}), StatusCode::OK).await;
    let confirmed = json!({"reference": "AB-77", "packs": {"1": 3}});
    let order = shop.send(Method::POST, &format!("{path}/confirmation"), confirmed, StatusCode::OK).await;
    assert_eq!((&order["state"], &order["lines"][0]["packs_confirmed"]), (&json!("confirmed"), &json!(3)));
    assert_eq!(shop.get("/products/milk/on-order").await["items"][0]["quantity"], 36);

    let first = json!({"key": "LS-1", "lines": [{"number": 1, "accepted": 20, "damaged": 4}]});
    for is_new in [true, false] {
        let taken = shop.send(Method::POST, &format!("{path}/receipts"), first.clone(), StatusCode::OK).await;
        assert_eq!((&taken["is_new"], &taken["order"]["state"]), (&json!(is_new), &json!("received")));
    }
    assert_eq!(shop.stock().await, 20);
    let other = json!({"key": "LS-1", "lines": [{"number": 1, "accepted": 21}]});
    shop.send(Method::POST, &format!("{path}/receipts"), other, StatusCode::CONFLICT).await;
    let last = json!({"key": "LS-2", "lines": [{"number": 1, "accepted": 12}], "last": true});
    let taken = shop.send(Method::POST, &format!("{path}/receipts"), last, StatusCode::OK).await;
    let line = &taken["order"]["lines"][0];
    assert_eq!(taken["order"]["state"], "closed");
    assert_eq!((&line["short"], &line["over"], &line["damaged"]), (&json!(16), &json!(0), &json!(4)));
    assert_eq!(shop.stock().await, 32);
    assert_eq!(shop.get(&format!("{path}/receipts")).await["items"].as_array().unwrap().len(), 2);
    assert!(shop.get("/products/milk/on-order").await["items"].as_array().unwrap().is_empty());
    shop.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orders_files_are_what_they_say() {
    let shop = Shop::open("order-files").await;
    let supplier = shop.supplier("ООО «Ромашка»", "ru").await;
    let order = json!({"supplier": supplier, "store": "main", "lines": [
        {"name": "=HYPERLINK(\"http://evil\")", "packs": 2, "pack": {"content": 1, "unit": "piece"}, "pack_price": "1.10"},
        {"name": "Мука", "packs": 5, "pack": {"content": 1000, "unit": "gram"}, "pack_price": "0.995", "product": "milk"}]});
    let made = shop.send(Method::POST, "/purchase-orders", order, StatusCode::CREATED).await;
    let path = format!("/api/v1/purchase-orders/{}/file", made["id"].as_str().unwrap());
    for (format, media_type, begins) in [
        ("pdf", "application/pdf", b"%PDF-".as_slice()),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK".as_slice()),
        ("ubl", "application/xml", b"<?xml".as_slice()),
        ("order-x", "application/xml", b"<?xml".as_slice()),
    ] {
        let response = shop.cloud.get_as(&shop.owner, &format!("{path}?format={format}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{format}");
        assert_eq!(response.headers()["content-type"], media_type);
        let name = response.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(name.starts_with("attachment; filename=\"PO-000001."), "{name}");
        assert!(response.bytes().await.unwrap().starts_with(begins), "{format}");
    }
    let unknown = shop.cloud.get_as(&shop.owner, &format!("{path}?format=doc")).await;
    problem(unknown, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable").await;
    shop.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_list_becomes_offers_and_tells_what_it_leaves_out() {
    let shop = Shop::open("price-list").await;
    let supplier = shop.supplier("List", "en").await;
    let field = |value: &str| json!({"value": value, "confidence": 0.9, "origin": "printed"});
    let document = json!({"format": "sheet", "kind": {"value": "price_list", "confidence": 1.0, "origin": "printed"},
        "number": field("PL-7"), "currency": field("EUR"), "valid_from": field("2026-12-01"),
        "lines": [
            {"name": field("Frische Milch"), "gtin": field("4006381333931"), "unit_price": field("0.89")},
            {"name": field("Ohne Preis")}]});
    let taken = shop
        .send(Method::POST, &format!("/suppliers/{supplier}/price-lists"), document, StatusCode::OK)
        .await;
    assert_eq!((&taken["taken"], &taken["warnings"][0]["line"]), (&json!(1), &json!(1)), "{taken}");
    let early = shop.get("/products/milk/offers?on=2026-11-30").await;
    assert_eq!(early["left_out"][0]["code"], "not_yet");
    let held = shop.get("/products/milk/offers?on=2026-12-01").await;
    assert_eq!(held["offers"][0]["amount"], "0.89", "found by its GTIN: {held}");
    assert_eq!(held["offers"][0]["missing_to_order_min"], "19.11");
    shop.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_ask_for_the_version_they_saw_and_wrong_ones_name_what_is_wrong() {
    let shop = Shop::open("supplier-changes").await;
    let id = shop.supplier("One", "en").await;
    let path = format!("/api/v1/suppliers/{id}");
    let seen = shop.cloud.get_as(&shop.owner, &path).await;
    let tag = seen.headers()["etag"].clone();
    let body = |name: &str| json!({"name": name, "language": "en", "currency": "EUR"});
    let put = async |tag: &str, name: &str| {
        let request = shop.cloud.request_as(&shop.owner, Method::PUT, &path).header("if-match", tag);
        request.json(&body(name)).send().await.unwrap().status()
    };
    assert_eq!(put(tag.to_str().unwrap(), "Two").await, StatusCode::OK);
    assert_eq!(put(tag.to_str().unwrap(), "Three").await, StatusCode::PRECONDITION_FAILED);
    for (bad, words) in [
        (json!({"name": "N", "language": "xx", "currency": "EUR"}), "`language`"),
        (json!({"name": "N", "language": "en", "currency": "euro"}), "`currency`"),
        (json!({"name": "N", "language": "en", "currency": "EUR", "gln": "123"}), "`gln`"),
        (
            json!({"name": "N", "language": "en", "currency": "EUR", "delivery": {"weekdays": [8]}}),
            "`delivery.weekdays`",
        ),
        (
            json!({"name": "N", "language": "en", "currency": "EUR", "delivery": {"closed": ["tomorrow"]}}),
            "`delivery.closed`",
        ),
    ] {
        let refused = shop.send(Method::POST, "/suppliers", bad, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert!(refused["detail"].as_str().unwrap().contains(words), "{refused}");
    }
    shop.send(Method::DELETE, &format!("/suppliers/{id}"), json!({}), StatusCode::NO_CONTENT).await;
    assert!(shop.get("/suppliers").await["items"].as_array().unwrap().is_empty());
    assert_eq!(shop.get("/suppliers?archived=true").await["items"][0]["name"], "Two");
    shop.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raw_products_are_placed_once_whoever_sends_them_how_often() {
    let shop = Shop::open("raw-products").await;
    let items = json!([{"key": "7", "name": "Fritz-Kola 0,33l", "brand": "fritz-kola", "gtin": "9501101530003"},
        {"key": "8", "name": "Kola", "gtin": "9501101530003", "price": "1.99", "currency": "EUR"}]);
    let body = json!({"source": "erp", "items": items});
    let placed = shop.send(Method::POST, "/raw-products", body.clone(), StatusCode::OK).await;
    assert_eq!((&placed["items"][0]["rung"], &placed["items"][1]["rung"]), (&json!(null), &json!("gtin")));
    let again = shop.send(Method::POST, "/raw-products", body, StatusCode::OK).await;
    assert_eq!(
        (&again["items"][0]["is_changed"], &again["items"][0]["id"]),
        (&json!(false), &placed["items"][0]["id"])
    );
    let family = placed["items"][0]["family"].as_str().unwrap();
    let members = shop.get(&format!("/raw-products?family={family}")).await;
    assert_eq!(members["items"].as_array().unwrap().len(), 2);
    assert_eq!(members["items"][0]["fields"]["content"], "330 ml");
    let bad = json!({"source": "erp", "items": [{"key": "9", "name": "x", "gtin": "1"}]});
    let refused = shop.send(Method::POST, "/raw-products", bad, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(refused["detail"].as_str().unwrap().contains("`items` 0"), "{refused}");
    shop.cloud.stop().await;
}
