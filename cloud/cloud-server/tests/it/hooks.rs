//! Requests of other systems: believed by their signature, taken once, all of them or nothing, and written down.

use cloud_server::roles::now;
use cloud_store::Role;
use data_encoding::{BASE64, HEXLOWER};
use reqwest::{Method, Response, StatusCode};
use ring::hmac;
use serde_json::{Value, json};

use super::support::{Caller, Cloud, databases, form, problem};

/// A hook as its other side knows it.
struct Sender {
    path: String,
    secret: String,
}

impl Sender {
    async fn new(cloud: &Cloud, owner: &Caller, kinds: &[&str]) -> Self {
        let wanted = json!({"name": "ERP", "kinds": kinds});
        let made =
            cloud.send(owner, Method::POST, "/api/v1/incoming-hooks", wanted, StatusCode::CREATED).await;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { path: text("path"), secret: text("secret") }
    }

    fn managed(&self) -> String {
        self.path.replace("/hooks/", "/incoming-hooks/")
    }

    fn signature(&self, id: &str, seconds: i64, body: &str) -> String {
        let key = BASE64.decode(self.secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let tag = hmac::sign(&key, format!("{id}.{seconds}.{body}").as_bytes());
        format!("v1,{}", BASE64.encode(tag.as_ref()))
    }

    async fn post(&self, cloud: &Cloud, seconds: i64, signature: &str, body: &str) -> Response {
        let request = cloud.request(Method::POST, &self.path).header("webhook-id", "msg_1");
        let request = request.header("webhook-timestamp", seconds.to_string());
        request.header("webhook-signature", signature).body(body.to_owned()).send().await.unwrap()
    }

    /// Sends events as the standard has it.
    async fn tell(&self, cloud: &Cloud, events: &Value) -> Response {
        let (seconds, body) = (now().0 / 1_000, json!({"events": events}).to_string());
        self.post(cloud, seconds, &self.signature("msg_1", seconds, &body), &body).await
    }

    /// Sends events that are taken; gives back what became of each.
    async fn told(&self, cloud: &Cloud, events: &Value) -> Vec<String> {
        let response = self.tell(cloud, events).await;
        let (status, answer) = (response.status(), response.json::<Value>().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{answer}");
        let outcome = |event: &Value| event["outcome"].as_str().unwrap().to_owned();
        answer["events"].as_array().unwrap().iter().map(outcome).collect()
    }
}

const ALL: [&str; 4] = ["price.changed", "stock.counted", "stock.delivered", "product.upserted"];

/// A cloud with its owner and a product `milk`.
async fn shop(name: &str, settings: &str) -> (Cloud, Caller) {
    let cloud = Cloud::start(name, settings).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let milk = form("Milk").text("id", "milk").text("sku", "4711").text("gtin", "4006381333931");
    cloud.upload(&owner, "/api/v1/products", milk, StatusCode::CREATED).await;
    (cloud, owner)
}

async fn on_hand(cloud: &Cloud, owner: &Caller) -> Value {
    let stock: Value = cloud.get_as(owner, "/api/v1/stores/main/stock").await.json().await.unwrap();
    stock["items"].as_array().unwrap().first().map_or(Value::Null, |first| first["quantity"].clone())
}

async fn requests(cloud: &Cloud, owner: &Caller, sender: &Sender) -> Vec<Value> {
    let path = format!("{}/requests", sender.managed());
    let page: Value = cloud.get_as(owner, &path).await.json().await.unwrap();
    page["items"].as_array().unwrap().clone()
}

fn delivered(id: &str, quantity: i64) -> Value {
    json!({"id": id, "type": "stock.delivered", "data": {"store": "main", "sku": "4711", "quantity": quantity}})
}

#[tokio::test]
async fn takes_every_kind_of_event_and_each_once() {
    let (databases, _postgres) = databases();
    for database in databases {
        let (cloud, owner) = shop("hook-kinds", &database).await;
        let sender = Sender::new(&cloud, &owner, &ALL).await;
        let later = now().0 + 3_600_000;
        let events = json!([
            {"id": "1", "type": "product.upserted", "data": {"sku": "4712", "name": "Rye bread", "category_name": "Bread", "price": "3.20", "tax_code": "vat7"}},
            {"id": "2", "type": "price.changed", "data": {"sku": "4712", "price": "3.40", "valid_from_ms": later}},
            {"id": "3", "type": "price.changed", "data": {"gtin": "4006381333931", "price": "1.09", "store": "main", "currency": "EUR", "valid_from_ms": later}},
            {"id": "4", "type": "product.upserted", "data": {"gtin": "4006381333931", "price": "1.05"}},
            delivered("5", 24),
            {"id": "6", "type": "stock.counted", "data": {"store": "main", "product": "milk", "quantity": 20}},
            {"id": "7", "type": "product.upserted", "data": {"product": "milk", "price": "1.05"}}
        ]);
        let changed = ["changed"; 6].map(str::to_owned).to_vec();
        let outcomes = sender.told(&cloud, &events).await;
        assert_eq!((&outcomes[..6], outcomes[6].as_str()), (&changed[..], "unchanged"));
        assert_eq!(on_hand(&cloud, &owner).await, 20);
        let milk: Value = cloud.get_as(&owner, "/api/v1/products/milk").await.json().await.unwrap();
        assert_eq!((milk["price"].as_str(), milk["name"]["en"].as_str()), (Some("1.05"), Some("Milk")));
        let in_store = "/api/v1/products/milk/prices?store=main";
        let prices: Value = cloud.get_as(&owner, in_store).await.json().await.unwrap();
        let hook = sender.path.rsplit('/').next().unwrap();
        assert_eq!(prices["items"][0]["price"], "1.09");
        assert_eq!(prices["items"][0]["made_by"], format!("hook:{hook}"));
        assert_eq!(sender.told(&cloud, &events).await, vec!["known"; 7]);
        assert_eq!(on_hand(&cloud, &owner).await, 20, "a replay changes nothing");
        let audit: Value = cloud.get_as(&owner, "/api/v1/audit?limit=1").await.json().await.unwrap();
        let entry = &audit["items"][0];
        assert_eq!(
            (entry["actor"].as_str(), entry["action"].as_str()),
            (Some(format!("hook:{hook}").as_str()), Some("hook.take"))
        );
        assert_eq!(
            entry["detail"],
            "2 price.changed, 1 stock.counted, 1 stock.delivered, 3 product.upserted"
        );
        let listed = requests(&cloud, &owner, &sender).await;
        let brief: Vec<_> =
            listed.iter().map(|one| (one["status"].as_u64(), one["new_events"].as_u64())).collect();
        assert_eq!(brief, [(Some(200), Some(0)), (Some(200), Some(7))]);
        cloud.stop().await;
    }
}

#[tokio::test]
async fn believes_no_wrong_signature_and_no_old_one() {
    let (cloud, owner) = shop("hook-signatures", "").await;
    let sender = Sender::new(&cloud, &owner, &["stock.delivered"]).await;
    let body = json!({"events": [delivered("1", 5)]}).to_string();
    let seconds = now().0 / 1_000;
    let refused = async |response: Response, part: &str| {
        let told = problem(response, StatusCode::UNAUTHORIZED, "signature").await;
        assert!(told["detail"].as_str().unwrap().contains(part), "{told}");
    };
    let other = body.replace('5', "6");
    let signature = sender.signature("msg_1", seconds, &body);
    refused(sender.post(&cloud, seconds, &signature, &other).await, "no signature").await;
    refused(sender.post(&cloud, seconds, "v1,AAAA", &body).await, "no signature").await;
    for off in [-301, 302] {
        let signature = sender.signature("msg_1", seconds + off, &body);
        refused(sender.post(&cloud, seconds + off, &signature, &body).await, "webhook-timestamp").await;
    }
    let bare = cloud.request(Method::POST, &sender.path).body(body.clone()).send().await.unwrap();
    refused(bare, "`webhook-id` is missing").await;
    assert_eq!(on_hand(&cloud, &owner).await, Value::Null);
    let listed = requests(&cloud, &owner, &sender).await;
    assert_eq!(listed.len(), 5);
    assert!(listed.iter().all(|one| one["status"] == 401 && one["problem"].is_string()), "{listed:?}");
    // Whoever does not know the secret cannot fill the list.
    for _ in 0..30 {
        sender.post(&cloud, seconds, "v1,AAAA", &body).await;
    }
    assert!(requests(&cloud, &owner, &sender).await.len() < 20);
    let nowhere = cloud.request(Method::POST, "/api/v1/hooks/nothing").body("{}").send().await.unwrap();
    problem(nowhere, StatusCode::NOT_FOUND, "not_found").await;
    assert_eq!(sender.post(&cloud, seconds, &signature, &body).await.status(), StatusCode::OK);
    cloud.stop().await;
}

#[tokio::test]
async fn the_secret_before_counts_for_a_while() {
    let (cloud, owner) = shop("hook-rotation", "").await;
    let before = Sender::new(&cloud, &owner, &["stock.delivered"]).await;
    let rotate = async |overlap_hours: u32| {
        let path = format!("{}/secret", before.managed());
        let wanted = json!({"overlap_hours": overlap_hours});
        let made = cloud.send(&owner, Method::POST, &path, wanted, StatusCode::OK).await;
        Sender { path: before.path.clone(), secret: made["secret"].as_str().unwrap().to_owned() }
    };
    let next = rotate(1).await;
    assert_ne!(next.secret, before.secret);
    assert_eq!(before.told(&cloud, &json!([delivered("1", 1)])).await, ["changed"]);
    assert_eq!(next.told(&cloud, &json!([delivered("2", 1)])).await, ["changed"]);
    // A sender that does not know which is the one now signs with both.
    let (seconds, body) = (now().0 / 1_000, json!({"events": [delivered("3", 1)]}).to_string());
    let both = [&before, &next].map(|sender| sender.signature("msg_1", seconds, &body)).join(" ");
    assert_eq!(next.post(&cloud, seconds, &both, &body).await.status(), StatusCode::OK);
    let last = rotate(0).await;
    problem(next.tell(&cloud, &json!([delivered("4", 1)])).await, StatusCode::UNAUTHORIZED, "signature")
        .await;
    assert_eq!(last.told(&cloud, &json!([delivered("4", 1)])).await, ["changed"]);
    let path = format!("{}/disabled", before.managed());
    cloud.send(&owner, Method::PUT, &path, json!({"disabled": true}), StatusCode::OK).await;
    problem(last.tell(&cloud, &json!([delivered("5", 1)])).await, StatusCode::FORBIDDEN, "hook_disabled")
        .await;
    cloud.send(&owner, Method::PUT, &path, json!({"disabled": false}), StatusCode::OK).await;
    let listed: Value = cloud.get_as(&owner, "/api/v1/incoming-hooks").await.json().await.unwrap();
    assert!(!listed.to_string().contains("whsec_"), "{listed}");
    cloud.send(&owner, Method::DELETE, &before.managed(), json!({}), StatusCode::NO_CONTENT).await;
    problem(last.tell(&cloud, &json!([delivered("6", 1)])).await, StatusCode::NOT_FOUND, "not_found").await;
    assert_eq!(on_hand(&cloud, &owner).await, 4);
    cloud.stop().await;
}

#[tokio::test]
async fn refuses_what_is_wrong_and_takes_nothing_of_it() {
    let (cloud, owner) = shop("hook-refusals", "").await;
    let sender = Sender::new(&cloud, &owner, &["stock.delivered", "price.changed"]).await;
    assert_eq!(sender.told(&cloud, &json!([delivered("known", 1)])).await, ["changed"]);
    let unprocessable = (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable");
    let nobody = json!({"id": "x", "type": "price.changed", "data": {"sku": "0000", "price": "1"}});
    let twice =
        json!({"id": "x", "type": "price.changed", "data": {"sku": "4711", "product": "milk", "price": "1"}});
    let comma = json!({"id": "x", "type": "price.changed", "data": {"sku": "4711", "price": "1,05"}});
    let dollars = json!({"id": "x", "type": "price.changed", "data": {"sku": "4711", "price": "1", "currency": "USD", "store": "main"}});
    let nowhere = json!({"id": "x", "type": "stock.delivered", "data": {"store": "moon", "sku": "4711", "quantity": 1}});
    let counted =
        json!({"id": "x", "type": "stock.counted", "data": {"store": "main", "sku": "4711", "quantity": 1}});
    for (odd, (status, code), part) in [
        (nobody, unprocessable, "`0000`"),
        (twice, unprocessable, "one of `product`"),
        (comma, unprocessable, "`price`"),
        (dollars, unprocessable, "EUR"),
        (nowhere, unprocessable, "`moon`"),
        (delivered("x", 0), unprocessable, "`quantity`"),
        (counted, (StatusCode::FORBIDDEN, "forbidden"), "stock.counted"),
        (delivered("known", 2), (StatusCode::CONFLICT, "event_id_reused"), "another content"),
    ] {
        let response = sender.tell(&cloud, &json!([delivered("fine", 7), odd])).await;
        let told = problem(response, status, code).await;
        assert!(told["detail"].as_str().unwrap().contains(part), "{told}");
    }
    let many: Vec<Value> = (0..1_001).map(|number| delivered(&number.to_string(), 1)).collect();
    problem(sender.tell(&cloud, &json!(many)).await, unprocessable.0, unprocessable.1).await;
    let long = "x".repeat(1 << 20);
    problem(sender.tell(&cloud, &json!([long])).await, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    assert_eq!(on_hand(&cloud, &owner).await, 1);
    let listed = requests(&cloud, &owner, &sender).await;
    assert_eq!((listed.len(), listed[1]["status"].as_u64()), (10, Some(409)), "{listed:?}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_equal_requests_at_once_count_once() {
    let (databases, _postgres) = databases();
    for database in databases {
        let rates = "[rate]\nhook_per_second = 1000\nhook_burst = 1000\n";
        let (cloud, owner) = shop("hook-at-once", &format!("{database}{rates}")).await;
        let sender = Sender::new(&cloud, &owner, &ALL).await;
        let events = json!([
            delivered("1", 5),
            {"id": "2", "type": "product.upserted", "data": {"sku": "4711", "price": "1.19"}}
        ]);
        let all = (0..20).map(|_| sender.told(&cloud, &events));
        let outcomes = futures_util::future::join_all(all).await;
        let changed = outcomes.iter().filter(|outcome| outcome[0] == "changed").count();
        let known = outcomes.iter().filter(|outcome| **outcome == ["known", "known"]).count();
        assert_eq!((changed, known), (1, 19), "{outcomes:?}");
        assert_eq!(on_hand(&cloud, &owner).await, 5);
        cloud.stop().await;
    }
}

#[tokio::test]
async fn many_prices_come_in_one_request() {
    let (databases, _postgres) = databases();
    for database in databases {
        let (cloud, owner) = shop("hook-many", &database).await;
        let sender = Sender::new(&cloud, &owner, &ALL).await;
        let made: Vec<Value> = (0..200)
            .map(|number| {
                json!({"id": format!("p{number}"), "type": "product.upserted", "data": {
                    "sku": format!("s{number}"), "name": format!("Thing {number}"), "category_name": "Things",
                    "price": "1.00", "tax_code": "vat7"}})
            })
            .collect();
        assert_eq!(sender.told(&cloud, &json!(made)).await.len(), 200);
        let dearer: Vec<Value> = (0..600)
            .map(|number| {
                json!({"id": format!("c{number}"), "type": "price.changed", "data": {
                    "sku": format!("s{}", number % 200), "price": format!("{}.50", 1 + number / 200)}})
            })
            .collect();
        let outcomes = sender.told(&cloud, &json!(dearer)).await;
        assert!(outcomes.len() == 600 && outcomes.iter().all(|outcome| outcome == "changed"));
        cloud.stop().await;
    }
}

#[tokio::test]
async fn a_plain_signature_needs_events_that_say_when() {
    let (cloud, owner) = shop("hook-hub", "").await;
    let wanted = json!({"name": "Till roll", "kinds": ["stock.delivered"], "signing": "hub", "secret": "a-long-shared-secret"});
    let made = cloud.send(&owner, Method::POST, "/api/v1/incoming-hooks", wanted, StatusCode::CREATED).await;
    let post = async |events: Value| {
        let body = json!({"events": events}).to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"a-long-shared-secret");
        let tag = format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref()));
        let request = cloud.request(Method::POST, made["path"].as_str().unwrap());
        request.header("x-hub-signature-256", tag).body(body).send().await.unwrap()
    };
    let at = |id: &str, ms: i64| {
        let mut event = delivered(id, 3);
        event["occurred_at_ms"] = ms.into();
        event
    };
    for odd in [delivered("1", 3), at("1", now().0 - 30 * 86_400_000)] {
        problem(post(json!([odd])).await, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable").await;
    }
    assert_eq!(post(json!([at("1", now().0)])).await.status(), StatusCode::OK);
    let short = json!({"name": "Short", "kinds": ["stock.delivered"], "signing": "hub", "secret": "short"});
    cloud.send(&owner, Method::POST, "/api/v1/incoming-hooks", short, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(on_hand(&cloud, &owner).await, 3);
    cloud.stop().await;
}
