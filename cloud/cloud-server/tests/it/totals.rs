//! What a whole store and its categories are expected to sell: from sales over a run to sums that add up, over REST.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cloud_server::jobs::{TOTAL_FORECASTS, job};
use cloud_server::roles::now;
use cloud_store::{Actor, Category, ForecastRunId, NewEvent, NewForecastRun, Registration, Role};
use domain::ids::{SaleId, StoreId, TillId, Uuid};
use domain::product::Product;
use domain::quantity::{Measure, Quantity};
use domain::sale::TillRef;
use domain::time::BusinessDay;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::build;

use super::support::{Caller, Cloud, Journal, databases, problem};

/// Days of sales before today.
const DAYS: i64 = 120;
/// How long a run may take.
const LIMIT: Duration = Duration::from_secs(90);
const SETTINGS: &str = "[forecast]\nnightly = false\nproposals = false\ndays = 14\ntrials = 2\nshard_series = 2\n\
     [worker]\npoll_ms = 50\n";

struct Shop {
    cloud: Cloud,
    owner: Caller,
    today: Date,
}

impl Shop {
    /// Milk and cheese, which is weighed, are dairy, rolls are bread, and bags are of no category; half as much again on Saturdays. A loaf
    /// is new, and nobody has bought it.
    async fn open(name: &str, database: &str) -> Self {
        let cloud = Cloud::start(name, &format!("{database}{SETTINGS}")).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let today = Timestamp::now().to_zoned(TimeZone::get("Europe/Berlin").unwrap()).date();
        let shop = Self { cloud, owner, today };
        for (product, _) in goods() {
            let category = match product.id.as_str() {
                "milk" | "cheese" => Some("Dairy"),
                "roll" => Some("Bread"),
                _ => None,
            };
            shop.register(&product, category).await;
        }
        shop.register(&build::piece("loaf", 280), Some("Bread")).await;
        shop.sell().await;
        shop
    }

    async fn register(&self, product: &Product, category: Option<&str>) {
        let event = NewEvent { topic: "t".to_owned(), key: product.id.to_string(), payload: Vec::new() };
        let category = category.map(|name| Category { name: name.to_owned(), family: String::new() });
        let registration =
            Registration { product: product.clone(), category, photos: Vec::new(), event, job: None };
        self.cloud.store.register_product(&self.owner.org, &registration, now()).await.unwrap();
    }

    async fn sell(&self) {
        let goods = goods();
        let (org, store) = (self.owner.org.clone(), StoreId::new("main").unwrap());
        let till = TillRef { org, store, till: TillId::new("till-1").unwrap() };
        let (mut journal, mut entries) = (Journal::new(till.clone()), Vec::new());
        for before in (1..=DAYS).rev() {
            let date = self.today.checked_sub(before.days()).unwrap();
            let number = u64::try_from(before).unwrap();
            let items: Vec<_> =
                goods.iter().map(|(product, usual)| (product, sold(product, *usual, date))).collect();
            let mut sale = build::sale(number, &items);
            sale.id = SaleId(Uuid::from_u64_pair(7, number));
            let part = |value: i8| u8::try_from(value).unwrap();
            sale.business_day =
                BusinessDay { year: date.year(), month: part(date.month()), day: part(date.day()) };
            entries.push(journal.sold(sale));
        }
        self.cloud.ingest(&till, entries).await;
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.cloud.get_as(&self.owner, &format!("/api/v1{path}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    async fn refused(&self, query: &str, status: StatusCode, code: &str) {
        let path = format!("/api/v1/stores/main/forecast-totals?{query}");
        problem(self.cloud.get_as(&self.owner, &path).await, status, code).await;
    }

    async fn run(&self) -> String {
        let made = self.cloud.send(
            &self.owner,
            Method::POST,
            "/api/v1/forecast-runs",
            json!({}),
            StatusCode::CREATED,
        );
        let id = made.await["id"].as_str().unwrap().to_owned();
        self.rest().await;
        assert_eq!(self.get(&format!("/forecast-runs/{id}")).await["state"], "done");
        id
    }

    /// Waits until there is nothing left to do.
    async fn rest(&self) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let counts = self.cloud.store.job_counts().await.unwrap();
            if counts.waiting + counts.running == 0 {
                break;
            }
            assert!(Instant::now() < deadline, "the work is not done: {counts:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(self.cloud.store.dead_jobs(&self.owner.org, 10).await.unwrap(), []);
    }

    /// Asks for the sums of a run once more.
    async fn sum_up(&self, run: &str) {
        let again = job(TOTAL_FORECASTS, &format!("{run}/main"), now());
        self.cloud.store.add_job(&self.owner.org, &again, now()).await.unwrap();
        self.rest().await;
    }

    async fn whole(&self) -> Value {
        let listed = self.get("/stores/main/forecast-totals").await;
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["next"]), (1, &Value::Null));
        listed["items"][0].clone()
    }

    /// Categories by name, read page by page.
    async fn categories(&self) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/stores/main/forecast-totals?by=category&limit=1{after}")).await;
            all.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { return all };
            after = format!("&after={next}");
        }
    }
}

/// What is bought, and how many pieces or grams of it a day.
fn goods() -> [(Product, u32); 4] {
    [
        (build::piece("milk", 99), 20),
        (build::by_weight("cheese", 1_450), 1_800),
        (build::piece("roll", 35), 90),
        (build::piece("bag", 10), 7),
    ]
}

fn sold(product: &Product, usual: u32, date: Date) -> Quantity {
    let usual = if date.weekday() == Weekday::Saturday { usual * 3 / 2 } else { usual };
    match product.price.per {
        // No week is quite like another.
        Measure::Piece if product.id.as_str() == "bag" => {
            Quantity::Pieces(usual + u32::try_from(date.day() % 4).unwrap())
        }
        Measure::Piece => Quantity::Pieces(usual),
        Measure::Kilogram => Quantity::Grams(usual),
    }
}

/// What a day came to.
fn worth(date: Date) -> i64 {
    let of_product = |(product, usual): (Product, u32)| match sold(&product, usual, date) {
        Quantity::Pieces(pieces) => product.price.amount.minor * i64::from(pieces),
        Quantity::Grams(grams) => product.price.amount.minor * i64::from(grams) / 1_000,
    };
    goods().into_iter().map(of_product).sum()
}

fn means(total: &Value) -> Vec<i64> {
    total["forecast"].as_array().unwrap().iter().map(|day| day["mean_minor"].as_i64().unwrap()).collect()
}

fn added(lists: impl IntoIterator<Item = Vec<i64>>) -> Vec<i64> {
    let add = |sum: Vec<i64>, one: Vec<i64>| sum.iter().zip(&one).map(|(sum, one)| sum + one).collect();
    lists.into_iter().reduce(add).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn products_sum_up_to_categories_and_those_to_the_store() {
    let (databases, _postgres) = databases();
    for database in databases {
        let shop = Box::pin(Shop::open("totals", &database)).await;
        assert_eq!(
            shop.get("/stores/main/forecast-totals").await["items"],
            json!([]),
            "nothing is forecast yet"
        );
        let run = shop.run().await;
        the_store_is_forecast(&shop, &run).await;
        parts_are_the_whole(&shop).await;
        bad_questions_are_refused(&shop).await;
        shop.cloud.stop().await;
    }
}

async fn the_store_is_forecast(shop: &Shop, run: &str) {
    let whole = shop.whole().await;
    assert_eq!(
        (&whole["by"], &whole["category"], &whole["run"]),
        (&json!("store"), &Value::Null, &json!(run))
    );
    assert_eq!(
        (&whole["products"], &whole["currency"], &whole["days"]),
        (&json!(5), &json!("EUR"), &json!(14))
    );
    assert_eq!((&whole["first_day"], &whole["history_days"]), (&json!(shop.today.to_string()), &json!(DAYS)));
    let yesterday = shop.today.checked_sub(1.days()).unwrap();
    let history = whole["history"].as_array().unwrap();
    assert_eq!((history.len(), &history[55]["day"]), (56, &json!(yesterday.to_string())));
    for day in history {
        assert_eq!(day["sold_minor"], worth(date_of(day)), "{day}");
    }
    for day in whole["forecast"].as_array().unwrap() {
        let expected = worth(date_of(day));
        let number = |field: &str| day[field].as_i64().unwrap();
        let (mean, own) = (number("mean_minor"), number("own_mean_minor"));
        // The new loaf is expected to sell too, so the store may be expected to sell more than it did.
        assert!((expected * 9 / 10..expected * 13 / 10).contains(&mean), "{expected} {day}");
        assert!((own - expected).abs() * 10 < expected, "{expected} {day}");
        assert!(number("low_minor") <= number("high_minor"), "{day}");
    }
    let means = means(&whole);
    for (name, days) in [("week", 7), ("fortnight", 14)] {
        let ahead = &whole[name];
        assert_eq!(
            (&ahead["days"], &ahead["mean_minor"]),
            (&json!(days), &json!(means[..days].iter().sum::<i64>()))
        );
    }
    assert!(whole["fortnight"]["high_minor"].as_i64() > whole["week"]["high_minor"].as_i64());
    assert!(whole["goodness"]["mase"].is_number(), "{whole}");
    let weekday = whole["reasons"].as_array().unwrap().iter().find(|one| one["reason"]["kind"] == "weekday");
    assert_eq!(weekday.expect("a shop with Saturdays says so")["reason"]["best"], 5);
}

fn date_of(day: &Value) -> Date {
    day["day"].as_str().unwrap().parse().unwrap()
}

async fn parts_are_the_whole(shop: &Shop) {
    let categories = shop.categories().await;
    let named: Vec<_> = categories.iter().map(|one| (&one["category"], &one["products"])).collect();
    let two = json!(2);
    assert_eq!(named, [(&Value::Null, &json!(1)), (&json!("Bread"), &two), (&json!("Dairy"), &two)]);
    assert_eq!(added(categories.iter().map(means)), means(&shop.whole().await), "categories are the store");
    let mut of_products = BTreeMap::new();
    for (product, category) in
        [("milk", "Dairy"), ("cheese", "Dairy"), ("roll", "Bread"), ("loaf", "Bread"), ("bag", "")]
    {
        let agreed = shop.get(&format!("/stores/main/forecasts/{product}")).await["agreed"].clone();
        assert_eq!(
            (&agreed["currency"], &agreed["first_day"]),
            (&json!("EUR"), &json!(shop.today.to_string()))
        );
        let amounts: Vec<i64> = serde_json::from_value(agreed["amounts_minor"].clone()).unwrap();
        of_products.entry(category).or_insert_with(Vec::new).push(amounts);
    }
    let of_products = of_products.into_values().map(added);
    assert_eq!(of_products.collect::<Vec<_>>(), categories.iter().map(means).collect::<Vec<_>>());
}

async fn bad_questions_are_refused(shop: &Shop) {
    for query in ["limit=0", "limit=101", "history_days=401", "after=!", "after=bWlsaw"] {
        shop.refused(query, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable").await;
    }
    for query in ["by=shelf", "page=2", "limit=99999999999"] {
        shop.refused(query, StatusCode::BAD_REQUEST, "bad_request").await;
    }
    let none = shop.get("/stores/main/forecast-totals?history_days=0").await;
    assert_eq!(none["items"][0]["history"], json!([]));
    let unknown = shop.cloud.get_as(&shop.owner, "/api/v1/stores/moon/forecast-totals").await;
    problem(unknown, StatusCode::NOT_FOUND, "not_found").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_that_are_made_twice_or_late_are_the_same() {
    let shop = Box::pin(Shop::open("totals-again", "")).await;
    let first = shop.run().await;
    let made = shop.whole().await;
    let same = |one: &Value, other: &Value| {
        ["run", "forecast", "history", "week", "fortnight", "goodness"]
            .iter()
            .all(|field| one[field] == other[field])
    };
    // A worker that died after it had written does the same work again.
    shop.sum_up(&first).await;
    let again = shop.whole().await;
    assert!(same(&made, &again), "{made} {again}");
    assert!(again["made_at_ms"].as_i64() >= made["made_at_ms"].as_i64());

    // The sums of a run that was overtaken are those of the newer one.
    let second = shop.run().await;
    let newer = shop.whole().await;
    assert_eq!(newer["run"], json!(second));
    shop.sum_up(&first).await;
    assert!(same(&newer, &shop.whole().await));

    // One of an earlier day has nothing to say any more, and one that is forgotten is none.
    let part = |value: i8| u8::try_from(value).unwrap();
    let before = shop.today.checked_sub(1.days()).unwrap();
    let first_day = BusinessDay { year: before.year(), month: part(before.month()), day: part(before.day()) };
    let run = NewForecastRun { id: ForecastRunId(Uuid::now_v7()), nightly: false, first_day, days: 14 };
    let (org, by) = (&shop.owner.org, Actor::System("test".to_owned()));
    let late = job(TOTAL_FORECASTS, &format!("{}/main", run.id), now());
    shop.cloud.store.begin_forecast_run(org, &run, &late, &by, now()).await.unwrap();
    shop.rest().await;
    shop.sum_up(&Uuid::now_v7().to_string()).await;
    assert!(same(&newer, &shop.whole().await));
    shop.cloud.stop().await;
}
