//! Stock over REST: what there is, the ledger, counts, waste, transfers and what is kept.

use cloud_store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Caller, Cloud, form};

const QUIET: &str = "[worker]\nin_server = false";

struct Shop {
    cloud: Cloud,
    owner: Caller,
}

impl Shop {
    /// With milk, which is sold by the piece in euro, and two stores.
    async fn open(name: &str) -> Self {
        let cloud = Cloud::start(name, QUIET).await;
        let org = cloud.organisation("acme").await;
        cloud.shop(&org, "second").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let milk = form("Milk").text("id", "milk").text("gtin", "4006381333931");
        cloud.upload(&owner, "/api/v1/products", milk, StatusCode::CREATED).await;
        Self { cloud, owner }
    }

    async fn post(&self, path: &str, body: Value, status: StatusCode) -> Value {
        self.cloud.send(&self.owner, Method::POST, &format!("/api/v1{path}"), body, status).await
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.cloud.get_as(&self.owner, &format!("/api/v1{path}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    async fn milk(&self, store: &str) -> Value {
        self.get(&format!("/stores/{store}/stock?product=milk&all=true")).await["items"][0].clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_is_corrected_wasted_kept_and_told() {
    let shop = Shop::open("stock").await;
    let empty = shop.milk("main").await;
    assert_eq!(
        (&empty["quantity"], &empty["state"], &empty["name"]["en"]),
        (&json!(0), &json!("out"), &json!("Milk"))
    );
    assert_eq!(shop.get("/stores/main/stock").await["items"], json!([]), "nothing was ever booked");
    let id = uuid::Uuid::now_v7().to_string();
    for is_new in [true, false] {
        let body = json!({"id": id, "product": "milk", "quantity": 20, "note": "first"});
        let done = shop.post("/stores/main/stock/corrections", body, StatusCode::OK).await;
        assert_eq!((&done["quantity"], &done["is_new"]), (&json!(20), &json!(is_new)));
    }
    let both = json!({"product": "milk", "quantity": 20, "change": 1});
    shop.post("/stores/main/stock/corrections", both, StatusCode::UNPROCESSABLE_ENTITY).await;
    let broken = json!({"product": "milk", "quantity": 3, "reason": "damaged", "note": "fell down"});
    let wasted = shop.post("/stores/main/stock/waste", broken, StatusCode::OK).await;
    assert_eq!((&wasted["quantity"], &wasted["waste"]["currency"]), (&json!(17), &json!("EUR")));
    let unknown = json!({"product": "milk", "quantity": 3, "reason": "eaten"});
    let refused = shop.post("/stores/main/stock/waste", unknown, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(refused["detail"].as_str().unwrap().contains("own_use"), "{refused}");
    let sums = shop.get("/stores/main/stock/waste").await;
    assert_eq!((&sums["items"][0]["waste"]["quantity"], &sums["items"][0]["times"]), (&json!(3), &json!(1)));
    assert_eq!(shop.get("/stores/main/stock/waste?from=2020-01-01&to=2020-02-01").await["items"], json!([]));

    let until = cloud_server::roles::now().0 + 3_600_000;
    let keep = json!({"product": "milk", "quantity": 5, "until_ms": until, "for_whom": "Café"});
    let kept = shop.post("/stores/main/stock/reservations", keep, StatusCode::OK).await;
    let milk = shop.milk("main").await;
    assert_eq!(
        (&milk["reserved"], &milk["available"], &milk["state"]),
        (&json!(5), &json!(12), &json!("ok"))
    );
    let path = format!("/api/v1/stores/main/stock/reservations/{}", kept["id"].as_str().unwrap());
    let released = shop.cloud.request_as(&shop.owner, Method::DELETE, &path).send().await.unwrap();
    assert_eq!(released.status(), StatusCode::NO_CONTENT);
    assert_eq!(shop.milk("main").await["available"], 17);

    let ledger = shop.get("/stores/main/stock/movements?product=milk&limit=1").await;
    assert_eq!(
        (&ledger["items"][0]["reason"], &ledger["items"][0]["note"]),
        (&json!("waste"), &json!("fell down"))
    );
    let before = ledger["before"].as_u64().unwrap();
    let older = shop.get(&format!("/stores/main/stock/movements?product=milk&before={before}")).await;
    assert_eq!(
        (&older["items"][0]["origin"]["kind"], &older["before"]),
        (&json!("correction"), &Value::Null)
    );
    for bad in
        ["movements?before=9223372036854775808", "waste?from=2026-02-01&to=2026-01-01", "counts?state=x"]
    {
        let path = format!("/api/v1/stores/main/stock/{bad}");
        assert_eq!(
            shop.cloud.get_as(&shop.owner, &path).await.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{bad}"
        );
    }
    shop.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_is_entered_by_several_and_closed_by_those_who_may() {
    let shop = Shop::open("counting").await;
    let correction = json!({"product": "milk", "change": 10});
    shop.post("/stores/main/stock/corrections", correction, StatusCode::OK).await;
    let count = shop.post("/stores/main/stock/counts", json!({"note": "May"}), StatusCode::CREATED).await;
    assert_eq!((&count["scope"], &count["sums"]["lines"]), (&json!("store"), &json!(1)));
    let path = format!("/stores/main/stock/counts/{}", count["id"].as_str().unwrap());
    let open = shop.get(&format!("{path}/lines?counted=false")).await;
    assert_eq!((&open["items"][0]["expected"], &open["items"][0]["quantity"]), (&json!(10), &Value::Null));

    let org = shop.owner.org.clone();
    let clerk = shop.cloud.person(&org, "bob", &[(Role::Clerk, Some("main"))]).await;
    let entries = json!({"entries": [{"product": "milk", "quantity": 7}]});
    let lines = format!("/api/v1{path}/lines");
    shop.cloud.send(&clerk, Method::POST, &lines, entries, StatusCode::OK).await;
    let entries = json!({"entries": [{"product": "milk", "quantity": 2, "add": true}]});
    shop.post(&format!("{path}/lines"), entries, StatusCode::OK).await;
    let line = shop.get(&format!("{path}/lines?different=true")).await["items"][0].clone();
    assert_eq!((&line["quantity"], &line["difference"]), (&json!(9), &json!(-1)), "{line}");
    let closing = format!("/api/v1{path}/closing");
    shop.cloud.send(&clerk, Method::POST, &closing, json!({}), StatusCode::FORBIDDEN).await;
    let closed = shop.post(&format!("{path}/closing"), json!({}), StatusCode::OK).await;
    assert_eq!((&closed["state"], &closed["sums"]["different"]), (&json!("closed"), &json!(1)));
    shop.post(&format!("{path}/closing"), json!({}), StatusCode::CONFLICT).await;
    let milk = shop.milk("main").await;
    assert_eq!(milk["quantity"], 9);
    assert!(milk["counted_at_ms"].as_i64().is_some());
    let listed = shop.get("/stores/main/stock/counts?state=closed").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    shop.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_needs_a_role_where_the_goods_are() {
    let shop = Shop::open("transfers").await;
    let correction = json!({"product": "milk", "change": 10});
    shop.post("/stores/main/stock/corrections", correction, StatusCode::OK).await;
    let form = json!({"from": "main", "to": "second", "lines": [{"product": "milk", "quantity": 4}]});
    let made = shop.post("/stock-transfers", form.clone(), StatusCode::CREATED).await;
    let path = format!("/stock-transfers/{}", made["id"].as_str().unwrap());
    let org = shop.owner.org.clone();
    let sender = shop.cloud.person(&org, "bob", &[(Role::Clerk, Some("main"))]).await;
    let receiver = shop.cloud.person(&org, "cat", &[(Role::Clerk, Some("second"))]).await;
    let (sending, receipt) = (format!("/api/v1{path}/sending"), format!("/api/v1{path}/receipt"));
    let cloud = &shop.cloud;
    cloud.send(&sender, Method::POST, "/api/v1/stock-transfers", form, StatusCode::NOT_FOUND).await;
    cloud.send(&receiver, Method::POST, &sending, json!({}), StatusCode::NOT_FOUND).await;
    cloud.send(&sender, Method::POST, &sending, json!({}), StatusCode::OK).await;
    assert_eq!(
        (&shop.milk("main").await["quantity"], &shop.milk("second").await["in_transit"]),
        (&json!(6), &json!(4))
    );
    cloud.send(&sender, Method::POST, &receipt, json!({}), StatusCode::NOT_FOUND).await;
    let came = json!({"received": {"1": 3}});
    let received = cloud.send(&receiver, Method::POST, &receipt, came, StatusCode::OK).await;
    assert_eq!((&received["state"], &received["lines"][0]["missing"]), (&json!("received"), &json!(1)));
    let lost = json!({"line": 1, "outcome": "waste"});
    let settled = shop.post(&format!("{path}/settlement"), lost, StatusCode::OK).await;
    assert_eq!(settled["lines"][0]["settled_as"], "waste");
    assert_eq!(shop.milk("second").await["quantity"], 3);
    let wasted = shop.get("/stores/second/stock/waste").await;
    assert_eq!(wasted["items"][0]["waste"]["reason"], "transfer");
    assert_eq!(shop.get("/stock-transfers?store=second").await["items"].as_array().unwrap().len(), 1);
    shop.cloud.stop().await;
}
