//! Exports: the same amounts as the interface's, in every format, for those who may see them.

use std::process::Command;

use cloud_core::ledger::StockUnit;
use cloud_demand::forecast::LEVELS;
use cloud_server::roles::now;
use cloud_store::{
    Actor, ForecastRunId, NewForecast, NewForecastRun, NewForecastTotal, NewShard, ProductRange, Role,
    TotalLevel, TotalsOf,
};
use domain::ids::{OrgId, ProductId, StoreId, TillId, Uuid};
use domain::money::Currency;
use domain::sale::TillRef;
use domain::time::BusinessDay;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Caller, Cloud, Journal, databases, form};

/// Nothing here takes longer, even on a busy box.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

fn till(org: &OrgId) -> TillRef {
    TillRef { org: org.clone(), store: StoreId::new("main").unwrap(), till: TillId::new("till-1").unwrap() }
}

/// Asks for an export and waits until it is settled.
async fn exported(cloud: &Cloud, who: &Caller, asked: Value) -> Value {
    let made = cloud.send(who, Method::POST, "/api/v1/exports", asked, StatusCode::CREATED).await;
    let path = format!("/api/v1/exports/{}", made["id"].as_str().unwrap());
    let until = std::time::Instant::now() + LIMIT;
    loop {
        let shown: Value = cloud.get_as(who, &path).await.json().await.unwrap();
        if shown["state"] != "waiting" {
            return shown;
        }
        assert!(std::time::Instant::now() < until, "{shown}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn fetch(cloud: &Cloud, who: &Caller, export: &Value) -> Vec<u8> {
    assert_eq!(export["state"], "ready", "{export}");
    let path = format!("/api/v1/exports/{}/file", export["id"].as_str().unwrap());
    let answer = cloud.get_as(who, &path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let disposition = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.contains(export["dataset"].as_str().unwrap()), "{disposition}");
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(bytes.len() as u64, export["size_bytes"].as_u64().unwrap());
    bytes.to_vec()
}

/// The sum of a column of comma-separated values, in hundredths.
fn sum_of(text: &str, name: &str) -> i64 {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let index = reader.headers().unwrap().iter().position(|title| title == name).unwrap();
    let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    reader.records().map(|record| cents(&record.unwrap()[index])).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_format_has_the_amounts_of_the_interface() {
    let (databases, _postgres) = databases();
    for (number, settings) in databases.iter().enumerate() {
        let cloud = Cloud::start(&format!("exports-{number}"), settings).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let mut journal = Journal::new(till(&org));
        cloud.ingest(&till(&org), (1..=700).map(|number| journal.sell(number)).collect()).await;
        let sums: Value = cloud.get_as(&owner, "/api/v1/stores/main/sales/sums").await.json().await.unwrap();
        let gross_minor: i64 =
            sums["items"].as_array().unwrap().iter().map(|sum| sum["gross_minor"].as_i64().unwrap()).sum();
        assert_eq!(gross_minor, 700 * 597);

        let csv = exported(&cloud, &owner, json!({"dataset": "sales", "format": "csv"})).await;
        assert_eq!(csv["rows"], 700);
        let text = String::from_utf8(fetch(&cloud, &owner, &csv).await).unwrap();
        assert_eq!(sum_of(&text, "gross"), gross_minor);
        let lines =
            json!({"dataset": "sale_lines", "format": "csv", "store": "main", "first_day": "2000-01-01"});
        let lines = fetch(&cloud, &owner, &exported(&cloud, &owner, lines).await).await;
        assert_eq!(sum_of(&String::from_utf8(lines).unwrap(), "amount"), gross_minor);

        let written = exported(&cloud, &owner, json!({"dataset": "sales", "format": "json"})).await;
        let rows: Vec<Value> = serde_json::from_slice(&fetch(&cloud, &owner, &written).await).unwrap();
        let sum: i64 = rows.iter().map(|row| row["gross_minor"].as_i64().unwrap()).sum();
        assert_eq!((rows.len(), sum), (700, gross_minor));

        let book = exported(&cloud, &owner, json!({"dataset": "sales", "format": "xlsx"})).await;
        check_workbook(&fetch(&cloud, &owner, &book).await, gross_minor);
        let parquet = exported(&cloud, &owner, json!({"dataset": "sales", "format": "parquet"})).await;
        check_parquet(&fetch(&cloud, &owner, &parquet).await, gross_minor);

        for dataset in ["stock", "stock_movements", "audit"] {
            let made = exported(&cloud, &owner, json!({"dataset": dataset, "format": "csv"})).await;
            let text = String::from_utf8(fetch(&cloud, &owner, &made).await).unwrap();
            assert_eq!(text.lines().count() as u64, made["rows"].as_u64().unwrap() + 1, "{dataset}");
            assert!(made["rows"].as_u64().unwrap() > 0, "{dataset}");
        }
        let none = json!({"dataset": "sales", "format": "parquet", "last_day": "2000-01-01"});
        assert_eq!(exported(&cloud, &owner, none).await["rows"], 0);
        cloud.stop().await;
    }
}

fn check_workbook(bytes: &[u8], gross_minor: i64) {
    use calamine::{Data, Reader as _};
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let titles: Vec<String> = sheet.rows().next().unwrap().iter().map(ToString::to_string).collect();
    let gross = titles.iter().position(|title| title == "gross").unwrap();
    let cents = |row: &[Data]| match row[gross] {
        Data::Float(amount) => (amount * 100.0).round() as i64,
        ref other => panic!("an amount is {other:?}"),
    };
    assert_eq!(sheet.rows().skip(1).map(cents).sum::<i64>(), gross_minor);
    assert_eq!(sheet.height(), 701);
}

/// Read by the format's reference implementation where this machine has it.
fn check_parquet(bytes: &[u8], gross_minor: i64) {
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    let folder = testkit::scratch::Scratch::new("parquet");
    let file = folder.join("sales.parquet");
    std::fs::write(&file, bytes).unwrap();
    let script = "import sys, pyarrow.parquet as pq\nt = pq.read_table(sys.argv[1])\n\
                  print(t.num_rows, sum(t['gross_minor'].to_pylist()), t.schema.field('business_day').type, \
                  t.schema.field('completed_at').type, t['currency'][0])";
    let python = std::env::var("TILLSIGHT_PYARROW").unwrap_or_else(|_| "python3".to_owned());
    let read = Command::new(python).arg("-c").arg(script).arg(&file).output();
    match read {
        Ok(output) if output.status.success() => {
            let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            assert!(said.starts_with(&format!("700 {gross_minor} date32")), "{said}");
            assert!(said.contains("timestamp[ms") && said.ends_with("EUR"), "{said}");
        }
        Ok(output) if String::from_utf8_lossy(&output.stderr).contains("No module named") => {
            eprintln!("SKIPPED: reading Parquet with pyarrow because it is not installed");
        }
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => eprintln!("SKIPPED: reading Parquet with pyarrow because there is no python3: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_for_those_who_may_see_what_is_in_it() {
    let cloud = Cloud::start("export-roles", "").await;
    let org = cloud.organisation("acme").await;
    cloud.shop(&org, "second").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let manager = cloud.person(&org, "bob", &[(Role::Manager, None)]).await;
    let of_second = cloud.person(&org, "cid", &[(Role::Manager, Some("second"))]).await;
    let audit = exported(&cloud, &owner, json!({"dataset": "audit", "format": "json"})).await;
    let path = format!("/api/v1/exports/{}", audit["id"].as_str().unwrap());
    assert_eq!(cloud.get_as(&manager, &path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(cloud.get_as(&manager, &format!("{path}/file")).await.status(), StatusCode::NOT_FOUND);
    let asked = json!({"dataset": "audit", "format": "json"});
    cloud.send(&manager, Method::POST, "/api/v1/exports", asked, StatusCode::FORBIDDEN).await;
    let main =
        exported(&cloud, &manager, json!({"dataset": "sales", "format": "csv", "store": "main"})).await;
    let path = format!("/api/v1/exports/{}", main["id"].as_str().unwrap());
    assert_eq!(cloud.get_as(&of_second, &path).await.status(), StatusCode::NOT_FOUND);
    let all = json!({"dataset": "sales", "format": "csv"});
    cloud.send(&of_second, Method::POST, "/api/v1/exports", all, StatusCode::FORBIDDEN).await;
    let listed: Value = cloud.get_as(&manager, "/api/v1/exports").await.json().await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    for (change, problem) in [
        (json!({"dataset": "secrets"}), "`dataset` is one of"),
        (json!({"format": "pdf"}), "`format` is one of"),
        (json!({"store": "nowhere"}), "no store `nowhere`"),
        (json!({"first_day": "2026-02-30"}), "`first_day` is"),
        (json!({"first_day": "2026-02-03", "last_day": "2026-02-01"}), "lies after"),
    ] {
        let mut asked = json!({"dataset": "sales", "format": "csv"});
        asked.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer =
            cloud.request_as(&owner, Method::POST, "/api/v1/exports").json(&asked).send().await.unwrap();
        assert!(answer.status().is_client_error());
        let said = answer.text().await.unwrap();
        assert!(said.contains(problem), "{said}");
    }

    // Taken away, its file goes too.
    assert_eq!(cloud.server().shared().blobs.exports().await.unwrap().len(), 2);
    cloud.send(&manager, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    assert_eq!(cloud.server().shared().blobs.exports().await.unwrap().len(), 1);
    assert_eq!(cloud.get_as(&manager, &path).await.status(), StatusCode::NOT_FOUND);
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_makes_an_export_once_each_time() {
    let cloud = Cloud::start("export-plans", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let plan = json!({"dataset": "sales", "format": "csv", "every_days": 1});
    let plan = cloud.send(&owner, Method::POST, "/api/v1/export-plans", plan, StatusCode::CREATED).await;
    let until = std::time::Instant::now() + LIMIT;
    let made = loop {
        let listed: Value = cloud.get_as(&owner, "/api/v1/exports").await.json().await.unwrap();
        let items = listed["items"].as_array().unwrap().clone();
        if items.iter().any(|item| item["state"] == "ready") {
            break items;
        }
        assert!(std::time::Instant::now() < until, "{listed}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["made_by"], "system:exports");
    assert_eq!(made[0]["first_day"], made[0]["last_day"], "one complete day");
    let plans: Value = cloud.get_as(&owner, "/api/v1/export-plans").await.json().await.unwrap();
    assert!(plans["items"][0]["next_at_ms"].as_i64() > plan["next_at_ms"].as_i64());
    let path = format!("/api/v1/export-plans/{}", plan["id"].as_str().unwrap());
    cloud.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    cloud.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NOT_FOUND).await;
    cloud.stop().await;
}

/// A forecast of three days of a product in `main`, from 2026-05-30 on: each has a mean and quantiles that rise with the day.
async fn forecast(cloud: &Cloud, org: &OrgId, product: &str) {
    let product = ProductId::new(product).unwrap();
    let id = ForecastRunId(Uuid::now_v7());
    let first_day = BusinessDay { year: 2026, month: 5, day: 30 };
    let run = NewForecastRun { id, nightly: false, first_day, days: 3 };
    let job = |subject: &str| cloud_server::jobs::job("nobody.forecasts", subject, now());
    let (store, by) = (&cloud.store, Actor::System("test".to_owned()));
    store.begin_forecast_run(org, &run, &job(&id.to_string()), &by, now()).await.unwrap();
    let range = ProductRange { first: product.clone(), last: product.clone() };
    let shards = [NewShard { store: StoreId::new("main").unwrap(), range, series: 1 }];
    let part = |number: u32| job(&format!("{id}/{number}"));
    store.plan_forecast_run(org, id, None, &shards, &part, now()).await.unwrap();
    let day = |day: u16| (0..23_u16).map(move |figure| f32::from(day) + f32::from(figure) / 4.0);
    let forecast = NewForecast {
        product,
        unit: StockUnit::Piece,
        method: "seasonal_naive".to_owned(),
        mase: Some(0.812_345),
        mase_naive: Some(1.0),
        history_days: 7,
        figures: (0..3).flat_map(day).collect(),
        reasons: "[]".to_owned(),
    };
    let shard = store.forecast_shard(org, id, 1).await.unwrap();
    assert!(store.finish_forecast_shard(org, &run, &shard, &[forecast], &[], now()).await.unwrap());
}

/// What `main` and its dairy are expected to sell on those days, in minor units that rise with the day and the figure.
async fn totals(cloud: &Cloud, org: &OrgId) {
    let of = TotalsOf {
        run: ForecastRunId(Uuid::now_v7()),
        first_day: BusinessDay { year: 2026, month: 5, day: 30 },
        days: 3,
        forecast_at: now(),
    };
    let total = |level: TotalLevel, category: &str, mean: i64| NewForecastTotal {
        level,
        category: category.to_owned(),
        currency: Currency::new("EUR").unwrap(),
        products: 2,
        method: "ets".to_owned(),
        mase: None,
        mase_naive: None,
        history_days: 60,
        figures: (0..3).flat_map(|day| (0..23).map(move |figure| mean + 1_000 * day + figure)).collect(),
        own: Vec::new(),
        sold: Vec::new(),
        reasons: "[]".to_owned(),
    };
    let both = [total(TotalLevel::Store, "", 50_001), total(TotalLevel::Category, "Dairy", 20_001)];
    let main = StoreId::new("main").unwrap();
    assert!(cloud.store.replace_forecast_totals(org, &main, &of, (&both, &[]), now()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_and_forecasts_leave_as_files() {
    let (databases, _postgres) = databases();
    for (number, settings) in databases.iter().enumerate() {
        let cloud = Cloud::start(&format!("exports-demand-{number}"), settings).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let apple = form("Apple").text("id", "apple");
        cloud.upload(&owner, "/api/v1/products", apple, StatusCode::CREATED).await;
        let dearer = json!({"price": "2.99"});
        cloud.send(&owner, Method::PATCH, "/api/v1/products/apple", dearer, StatusCode::OK).await;
        let rows = async |asked: Value| -> Vec<Value> {
            let made = exported(&cloud, &owner, asked).await;
            serde_json::from_slice(&fetch(&cloud, &owner, &made).await).unwrap()
        };
        let prices = rows(json!({"dataset": "prices", "format": "json", "store": "main"})).await;
        let brief: Vec<_> = prices.iter().map(|row| (row["price_minor"].as_i64(), &row["origin"])).collect();
        assert_eq!(brief, [(Some(249), &json!("registered")), (Some(299), &json!("edited"))], "{prices:?}");
        assert_eq!(prices[0]["until"], prices[1]["from"]);
        assert_eq!((&prices[1]["until"], &prices[1]["store"]), (&Value::Null, &Value::Null));
        let long_ago = json!({"dataset": "prices", "format": "json", "last_day": "2020-01-01"});
        assert!(rows(long_ago).await.is_empty());

        forecast(&cloud, &org, "apple").await;
        let days = rows(json!({"dataset": "forecasts", "format": "json"})).await;
        let brief: Vec<_> =
            days.iter().map(|row| (row["day"].as_str().unwrap(), row["mean"].as_f64().unwrap())).collect();
        assert_eq!(brief, [("2026-05-30", 0.0), ("2026-05-31", 1.0), ("2026-06-01", 2.0)]);
        for (place, level) in LEVELS.iter().enumerate() {
            let name = format!("quantile_{}", level.to_string().replace('.', "_"));
            let expected = 1.0 + (place + 1) as f64 / 4.0;
            assert_eq!(days[1][&name].as_f64(), Some(expected), "{name}");
        }
        assert_eq!(days[0]["mase"].as_f64(), Some(0.812));
        let some =
            json!({"dataset": "forecasts", "format": "csv", "first_day": "2026-06-01", "store": "main"});
        let made = exported(&cloud, &owner, some).await;
        let text = String::from_utf8(fetch(&cloud, &owner, &made).await).unwrap();
        assert!(
            text.lines().nth(1).unwrap().starts_with("2026-06-01,main,apple,piece,seasonal_naive,0.812,"),
            "{text}"
        );
        assert_eq!((text.lines().count(), made["rows"].as_u64()), (2, Some(1)));
        for format in ["xlsx", "parquet"] {
            let made = exported(&cloud, &owner, json!({"dataset": "forecasts", "format": format})).await;
            assert_eq!(made["rows"], 3);
        }

        totals(&cloud, &org).await;
        let days = rows(json!({"dataset": "forecast_totals", "format": "json"})).await;
        assert_eq!(days.len(), 6);
        let whole = days.iter().find(|row| row["level"] == "store" && row["day"] == "2026-05-31").unwrap();
        assert_eq!((&whole["mean_minor"], &whole["currency"]), (&json!(51_001), &json!("EUR")));
        for (place, level) in LEVELS.iter().enumerate() {
            let name = format!("quantile_{}_minor", level.to_string().replace('.', "_"));
            assert_eq!(whole[&name], json!(51_002 + place), "{name}");
        }
        let some = json!({"dataset": "forecast_totals", "format": "csv", "first_day": "2026-06-01", "store": "main"});
        let made = exported(&cloud, &owner, some).await;
        let text = String::from_utf8(fetch(&cloud, &owner, &made).await).unwrap();
        assert_eq!(made["rows"], 2);
        let dairy = text.lines().nth(1).unwrap();
        assert!(dairy.starts_with("2026-06-01,main,category,Dairy,2,ets,,"), "{text}");
        assert!(dairy.contains(",EUR,220.01,220.02,"), "{text}");
        cloud.stop().await;
    }
}
