//! From sales to forecasts, and from forecasts to orders, over REST with a worker that works.

use std::time::{Duration, Instant};

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use cloud_store::{Actor, NoticeEvent, Role, StockReason};
use domain::ids::{ProductId, StoreId, TillId};
use domain::quantity::Quantity;
use domain::sale::TillRef;
use domain::time::{BusinessDay, WallMs};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::build;

use super::support::{Caller, Cloud, Journal, databases, form, problem};

/// Days of sales before today.
const DAYS: i64 = 120;
/// How long a run of two products may take.
const LIMIT: Duration = Duration::from_secs(60);
const SETTINGS: &str = "[forecast]\nnightly = false\ndays = 14\ntrials = 2\nworkers = 2\nshard_series = 1\n\
     [worker]\npoll_ms = 50\n";

struct Shop {
    cloud: Cloud,
    owner: Caller,
    supplier: String,
    today: Date,
}

impl Shop {
    /// Milk is sold every day and twice as much on Saturdays, nearly out of stock, and comes in pairs of twelve; bread is new.
    async fn open(name: &str, database: &str) -> Self {
        let cloud = Cloud::start(name, &format!("{database}{SETTINGS}")).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        for (id, name) in [("milk", "Milk"), ("bread", "Bread")] {
            let form = form(name).text("id", id);
            cloud.upload(&owner, "/api/v1/products", form, StatusCode::CREATED).await;
        }
        let today = Timestamp::now().to_zoned(TimeZone::get("Europe/Berlin").unwrap()).date();
        let mut shop = Self { cloud, owner, supplier: String::new(), today };
        shop.sell().await;
        shop.supplier = shop.offer().await;
        shop
    }

    async fn sell(&self) {
        let store = StoreId::new("main").unwrap();
        let org = self.owner.org.clone();
        let till = TillRef { org: org.clone(), store: store.clone(), till: TillId::new("till-1").unwrap() };
        let (milk, mut journal, mut entries) =
            (build::piece("milk", 99), Journal::new(till.clone()), Vec::new());
        let mut sold = 0;
        for before in (1..=DAYS).rev() {
            let date = self.today.checked_sub(before.days()).unwrap();
            let count = if date.weekday() == jiff::civil::Weekday::Saturday { 40 } else { 20 };
            sold += i64::from(count);
            let number = u64::try_from(before).unwrap();
            let mut sale = build::sale(number, &[(&milk, Quantity::Pieces(count))]);
            let part = |value: i8| u8::try_from(value).unwrap();
            sale.business_day =
                BusinessDay { year: date.year(), month: part(date.month()), day: part(date.day()) };
            entries.push(journal.sold(sale));
        }
        let key = StockKey { product: ProductId::new("milk").unwrap(), unit: StockUnit::Piece };
        let by = Actor::System("test".to_owned());
        let opening = [Movement { key, change: sold + 5 }];
        let long_ago = WallMs(Timestamp::now().as_millisecond() - (DAYS + 1) * 86_400_000);
        let reason = StockReason::Opening;
        self.cloud.store.move_stock(&org, &store, &opening, reason, &by, long_ago).await.unwrap();
        self.cloud.ingest(&till, entries).await;
    }

    async fn offer(&self) -> String {
        let body =
            json!({"name": "Dairy", "language": "en", "currency": "EUR", "delivery": {"lead_days": 2}});
        let made = self.send(Method::POST, "/suppliers", body, StatusCode::CREATED).await;
        let id = made["id"].as_str().unwrap().to_owned();
        let offers = json!({"offers": [{"article": "M-1", "name": "Milk 1 l", "product": "milk", "packs_multiple": 2,
            "pack": {"content": 12, "unit": "piece"}, "pack_price": "7.20", "valid_from": "2020-01-01"}]});
        let taken = self.send(Method::POST, &format!("/suppliers/{id}/offers"), offers, StatusCode::OK).await;
        assert_eq!(taken["taken"], 1);
        id
    }

    async fn send(&self, method: Method, path: &str, body: Value, status: StatusCode) -> Value {
        self.cloud.send(&self.owner, method, &format!("/api/v1{path}"), body, status).await
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.cloud.get_as(&self.owner, &format!("/api/v1{path}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// Asks for a run and waits for it and the proposals that follow.
    async fn run(&self) -> String {
        let asked = self.send(Method::POST, "/forecast-runs", json!({}), StatusCode::CREATED).await;
        let id = asked["id"].as_str().unwrap().to_owned();
        let deadline = Instant::now() + LIMIT;
        while self.get(&format!("/forecast-runs/{id}")).await["state"] != "done" || self.is_busy().await {
            assert!(Instant::now() < deadline, "the run is not done");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        id
    }

    async fn is_busy(&self) -> bool {
        let counts = self.cloud.store.job_counts().await.unwrap();
        counts.waiting + counts.running > 0
    }

    async fn open_proposals(&self) -> Vec<Value> {
        let listed = self.get("/proposals?state=open&store=main").await;
        listed["items"].as_array().unwrap().clone()
    }

    async fn open_notices(&self, event: NoticeEvent) -> Vec<String> {
        let store = StoreId::new("main").unwrap();
        self.cloud.store.open_notice_keys(&self.owner.org, &store, event).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sold_says_what_will_be_and_what_to_order() {
    let (databases, _postgres) = databases();
    for database in databases {
        let shop = Box::pin(Shop::open("forecasts", &database)).await;
        let run = shop.run().await;
        forecasts_are_shown(&shop, &run).await;
        proposals_become_orders_once(&shop).await;
        shop.cloud.stop().await;
    }
}

async fn forecasts_are_shown(shop: &Shop, run: &str) {
    let shown = shop.get(&format!("/forecast-runs/{run}")).await;
    assert_eq!((&shown["series"], &shown["parts"], &shown["parts_done"]), (&json!(2), &json!(2), &json!(2)));
    let milk = shop.get("/stores/main/forecasts/milk").await;
    assert_eq!((&milk["first_day"], &milk["run"]), (&json!(shop.today.to_string()), &json!(run)));
    let days = milk["forecast"].as_array().unwrap();
    assert_eq!((days.len(), milk["history"].as_array().unwrap().len()), (14, 56));
    for day in days {
        let date: Date = day["day"].as_str().unwrap().parse().unwrap();
        let expected = if date.weekday() == jiff::civil::Weekday::Saturday { 40.0 } else { 20.0 };
        let mean = day["mean"].as_f64().unwrap();
        assert!((mean - expected).abs() < 3.0, "{date}: {mean}");
        for quantiles in ["quantiles", "cumulative"] {
            let quantiles: Vec<f64> =
                day[quantiles].as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect();
            assert!(quantiles.len() == 11 && quantiles.is_sorted(), "{quantiles:?}");
        }
    }
    let weekday = milk["reasons"].as_array().unwrap().iter().find(|one| one["reason"]["kind"] == "weekday");
    let weekday = weekday.expect("a shop with Saturdays says so");
    assert_eq!(weekday["reason"]["best"], 5);
    assert!(weekday["text"]["en"].as_str().unwrap().contains("Saturdays"), "{weekday}");
    assert!(weekday["text"]["ru"].as_str().unwrap().contains("субботам"), "{weekday}");
    let bread = shop.get("/stores/main/forecasts/bread").await;
    assert_eq!((&bread["method"], &bread["goodness"]), (&json!("alike"), &Value::Null), "{bread}");
    assert!(bread["week_mean"].as_f64().unwrap() >= 0.0);
    let listed = shop.get("/stores/main/forecasts").await;
    let products: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| &one["product"]).collect();
    assert_eq!(products, ["bread", "milk"]);
    let unknown = shop.cloud.get_as(&shop.owner, "/api/v1/stores/main/forecasts/pears").await;
    problem(unknown, StatusCode::NOT_FOUND, "not_found").await;
}

async fn proposals_become_orders_once(shop: &Shop) {
    let proposed = shop.open_proposals().await;
    assert_eq!(proposed.len(), 1, "{proposed:?}");
    let (proposal, line) = (&proposed[0], &proposed[0]["lines"][0]);
    assert_eq!((&proposal["supplier"], &line["product"]), (&json!(shop.supplier), &json!("milk")));
    let packs = line["packs"].as_u64().unwrap();
    // Five pieces are there, which last for no day; the three days from the goods' arrival to the next one's sell 60 or more.
    assert!(packs.is_multiple_of(2) && (4..=20).contains(&packs), "{line}");
    let reasons: Vec<_> =
        line["reasons"].as_array().unwrap().iter().map(|one| &one["reason"]["kind"]).collect();
    assert!(reasons.contains(&&json!("demand")) && reasons.contains(&&json!("stock")), "{reasons:?}");
    assert_eq!(shop.open_notices(NoticeEvent::ProposalsReady).await, ["main"]);
    assert_eq!(shop.open_notices(NoticeEvent::LowStock).await, ["main/milk"]);
    let milk = shop.get("/stores/main/stock?product=milk").await["items"][0].clone();
    assert!(milk["reorder_point"].as_u64().unwrap() > 5 && milk["state"] == "low", "{milk}");

    let id = proposal["id"].as_str().unwrap();
    let bad = json!({"packs": {"1": packs + 1}});
    shop.send(Method::PUT, &format!("/proposals/{id}/packs"), bad, StatusCode::UNPROCESSABLE_ENTITY).await;
    let more = json!({"packs": {"1": packs + 2}});
    let edited = shop.send(Method::PUT, &format!("/proposals/{id}/packs"), more, StatusCode::OK).await;
    assert_eq!((&edited["edited"], &edited["lines"][0]["packs"]), (&json!(true), &json!(packs + 2)));
    shop.run().await;
    let still = shop.open_proposals().await;
    assert_eq!((still.len(), &still[0]["id"]), (1, &json!(id)), "what a person changed stays and counts");

    let accept = format!("/proposals/{id}/accept");
    let accepted = shop.send(Method::POST, &accept, Value::Null, StatusCode::OK).await;
    shop.send(Method::POST, &accept, Value::Null, StatusCode::CONFLICT).await;
    let order = accepted["purchase_order"].as_str().unwrap();
    let order = shop.get(&format!("/purchase-orders/{order}")).await;
    assert_eq!((&order["state"], &order["lines"][0]["packs"]), (&json!("draft"), &json!(packs + 2)));
    assert_eq!(shop.open_notices(NoticeEvent::ProposalsReady).await, [""; 0]);
    shop.run().await;
    assert_eq!(shop.open_proposals().await, [] as [Value; 0], "the draft covers the need");

    let order = order["id"].as_str().unwrap();
    let end = json!({"reason": "changed my mind"});
    shop.send(Method::POST, &format!("/purchase-orders/{order}/cancellation"), end, StatusCode::OK).await;
    let until = cloud_server::roles::now().0 + 86_400_000;
    let keep = json!({"product": "milk", "quantity": 48, "until_ms": until});
    shop.send(Method::POST, "/stores/main/stock/reservations", keep, StatusCode::OK).await;
    shop.run().await;
    let again = shop.open_proposals().await;
    assert!(
        again[0]["lines"][0]["packs"].as_u64().unwrap() >= packs + 4,
        "what is kept is not there to be sold"
    );
    let id = again[0]["id"].as_str().unwrap();
    let reject = format!("/proposals/{id}/reject");
    shop.send(Method::POST, &reject, json!({"reason": " "}), StatusCode::UNPROCESSABLE_ENTITY).await;
    let rejected = shop.send(Method::POST, &reject, json!({"reason": "we close"}), StatusCode::OK).await;
    assert_eq!((&rejected["state"], &rejected["reason"]), (&json!("rejected"), &json!("we close")));
    let audit = shop.get("/audit?limit=100").await.to_string();
    for action in ["forecast_run.create", "proposal.edit", "proposal.accept", "proposal.reject"] {
        assert!(audit.contains(action), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_if_lives_through_the_last_weeks_twice() {
    let shop = Box::pin(Shop::open("what-if", "")).await;
    shop.run().await;
    let ask = json!({"store": "main", "days": 56, "service_a": 6000, "service_b": 6000, "service_c": 6000});
    let compared = shop.send(Method::POST, "/replenish/what-if", ask, StatusCode::OK).await;
    assert_eq!((&compared["products"], &compared["days"]), (&json!(1), &json!(56)), "{compared}");
    let number = |side: &str, field: &str| compared[side][field].as_f64().unwrap();
    assert!(number("as_it_is", "fill_rate") > 0.9, "{compared}");
    assert!(number("as_it_is", "fill_rate") >= number("changed", "fill_rate"), "{compared}");
    assert!(number("as_it_is", "holding_minor") >= number("changed", "holding_minor"), "{compared}");
    let broke = json!({"store": "main", "days": 56, "budget_minor": 0});
    let broke = shop.send(Method::POST, "/replenish/what-if", broke, StatusCode::OK).await;
    assert!(
        broke["changed"]["fill_rate"].as_f64().unwrap() < 0.5,
        "who may spend nothing sells out: {broke}"
    );
    // The first morning knows four weeks: of a longer past than there is, what there is.
    let all = json!({"store": "main", "days": 182});
    let all = shop.send(Method::POST, "/replenish/what-if", all, StatusCode::OK).await;
    // The day on which the goods came counts as one that is known.
    assert!((DAYS - 28..=DAYS - 27).contains(&all["days"].as_i64().unwrap()), "{all}");
    assert!(all["as_it_is"]["fill_rate"].as_f64().unwrap() > 0.9, "{all}");
    for bad in [json!({"store": "main", "days": 3}), json!({"store": "main", "service_a": 10_000})] {
        shop.send(Method::POST, "/replenish/what-if", bad, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    shop.cloud.stop().await;
}

#[tokio::test]
async fn holidays_and_rules_are_said_and_read_again() {
    let cloud = Cloud::start("holidays", "[worker]\nin_server = false").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let send = async |method: Method, path: &str, body: Value, status: StatusCode| {
        cloud.send(&owner, method, &format!("/api/v1{path}"), body, status).await
    };
    let germany = json!({"country": "de", "year": 2026});
    let written = send(Method::POST, "/holidays/built-in", germany, StatusCode::OK).await;
    assert_eq!(written["items"].as_array().unwrap().len(), 9);
    let other = json!({"country": "fr", "year": 2026});
    send(Method::POST, "/holidays/built-in", other, StatusCode::UNPROCESSABLE_ENTITY).await;
    send(Method::PUT, "/holidays/2026-06-27", json!({"name": "City Day"}), StatusCode::OK).await;
    send(Method::PUT, "/holidays/2026-13-01", json!({"name": "N"}), StatusCode::UNPROCESSABLE_ENTITY).await;
    send(Method::DELETE, "/holidays/2026-05-01", Value::Null, StatusCode::NO_CONTENT).await;
    let listed: Value =
        cloud.get_as(&owner, "/api/v1/holidays?from=2026-04-01&to=2026-06-30").await.json().await.unwrap();
    let days: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| &one["day"]).collect();
    assert_eq!(days, ["2026-04-03", "2026-04-06", "2026-05-14", "2026-05-25", "2026-06-27"]);

    cloud.upload(&owner, "/api/v1/products", form("Milk").text("id", "milk"), StatusCode::CREATED).await;
    let rule = json!({"class": "a", "shelf_life_days": 5, "stock_min": 4, "stock_max": 60});
    send(Method::PUT, "/stores/main/ordering/rules/milk", rule, StatusCode::OK).await;
    let bad = json!({"class": "d"});
    send(Method::PUT, "/stores/main/ordering/rules/milk", bad, StatusCode::UNPROCESSABLE_ENTITY).await;
    let rules: Value = cloud.get_as(&owner, "/api/v1/stores/main/ordering/rules").await.json().await.unwrap();
    assert_eq!(
        (&rules["items"][0]["product"], &rules["items"][0]["stock_max"]),
        (&json!("milk"), &json!(60))
    );
    let policy = json!({"review_days": 7, "service_a": 9900, "service_b": 9500, "service_c": 9000});
    send(Method::PUT, "/stores/main/ordering", policy, StatusCode::OK).await;
    let policy: Value = cloud.get_as(&owner, "/api/v1/stores/main/ordering").await.json().await.unwrap();
    assert_eq!((&policy["review_days"], &policy["budget_minor"]), (&json!(7), &Value::Null));
    cloud.stop().await;
}
