//! Catalogues that come and go as files, what is odd about them, and the exchange with 1C.

use std::time::{Duration, Instant};

use cloud_store::{
    Actor, CatalogueImportId, MatchBy, MissingProducts, NewImport, NewJob, ProductFilter, Role, StoreDetails,
    StoredProduct,
};
use domain::ids::{OrgId, StoreId, TillId, Uuid};
use domain::sale::TillRef;
use domain::time::WallMs;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Caller, Cloud, Journal, databases, problem};

/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(120);
pub(crate) const IMPORTS: &str = "/api/v1/catalogue/imports";

pub(crate) fn file(name: &str, bytes: impl Into<Vec<u8>>) -> Form {
    Form::new().part("file", Part::bytes(bytes.into()).file_name(name.to_owned()))
}

/// Waits until an import has come to rest.
async fn settled(cloud: &Cloud, who: &Caller, id: &str) -> Value {
    let until = Instant::now() + LIMIT;
    loop {
        let shown: Value = cloud.get_as(who, &format!("{IMPORTS}/{id}")).await.json().await.unwrap();
        if ["planned", "applied", "failed"].contains(&shown["state"].as_str().unwrap()) {
            return shown;
        }
        assert!(Instant::now() < until, "{shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Sends a file and waits for its plan.
pub(crate) async fn planned(cloud: &Cloud, who: &Caller, query: &str, form: Form) -> Value {
    let made = cloud.upload(who, &format!("{IMPORTS}{query}"), form, StatusCode::CREATED).await;
    settled(cloud, who, made["id"].as_str().unwrap()).await
}

/// Applies a plan and waits until it is done.
pub(crate) async fn applied(cloud: &Cloud, who: &Caller, plan: &Value) -> Value {
    assert_eq!(plan["state"], "planned", "{plan}");
    let id = plan["id"].as_str().unwrap();
    cloud.send(who, Method::POST, &format!("{IMPORTS}/{id}/apply"), json!({}), StatusCode::ACCEPTED).await;
    let until = Instant::now() + LIMIT;
    loop {
        let shown = settled(cloud, who, id).await;
        if shown["state"] != "planned" {
            assert_eq!(shown["state"], "applied", "{shown}");
            return shown;
        }
        assert!(Instant::now() < until, "{shown}");
    }
}

async fn products(cloud: &Cloud, org: &OrgId) -> Vec<StoredProduct> {
    let mut all = cloud.store.products(org, &ProductFilter::default(), None, 1_000).await.unwrap();
    for stored in &mut all {
        (stored.created_at.0, stored.updated_at.0) = (0, 0);
    }
    all
}

fn counts(shown: &Value) -> [u64; 5] {
    ["new", "changed", "unchanged", "left_out", "retired"].map(|name| shown["counts"][name].as_u64().unwrap())
}

const SHEET: &str = "Артикул;Наименование;Штрихкод;Категория;Цена;Ед. изм.;Налог\n\
    М-1;Молоко 3,2% 1 л;4006381333931;Молочное;89,90;шт;vat7\n\
    К-1;Кефир 1 л;;Молочное;79,90;шт;vat7\n\
    С-1;Сыр Гауда;;Сыры;899;кг;vat7\n\
    Х-1;Хлеб;4006381333932;Хлеб;39,90;шт;vat7\n\
    Х-2;Булка;;Хлеб;тридцать;шт;vat7\n\
    М-1;Молоко ещё раз;;Молочное;1;шт;vat7\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_planned_applied_and_changes_nothing_the_second_time() {
    let (databases, _postgres) = databases();
    for (number, settings) in databases.iter().enumerate() {
        let cloud = Cloud::start(&format!("exchange-{number}"), &super::documents::settings(settings)).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let plan = planned(&cloud, &owner, "", file("товары.csv", SHEET)).await;
        assert_eq!((counts(&plan), plan["format"].as_str()), ([3, 0, 0, 3, 0], Some("csv")), "{plan}");
        assert!(products(&cloud, &org).await.is_empty(), "a plan changes nothing");
        let path = format!("{IMPORTS}/{}", plan["id"].as_str().unwrap());
        let rows: Value =
            cloud.get_as(&owner, &format!("{path}/rows?outcome=left_out")).await.json().await.unwrap();
        let why: Vec<&Value> =
            rows["items"].as_array().unwrap().iter().map(|row| &row["problem"]["code"]).collect();
        assert_eq!(why, ["gtin_check_digit", "price_wrong", "row_twice"], "{rows}");
        let found: Value =
            cloud.get_as(&owner, &format!("{path}/findings?code=gtin_invalid")).await.json().await.unwrap();
        assert_eq!(found["items"][0]["fix"]["value"], "4006381333931", "{found}");
        assert!(found["items"][0]["text"]["ru"].as_str().unwrap().contains("контрольная"));

        let done = applied(&cloud, &owner, &plan).await;
        assert_eq!((done["counts"]["done"].as_u64(), done["counts"]["refused"].as_u64()), (Some(3), Some(0)));
        let made = products(&cloud, &org).await;
        let milk = made.iter().find(|stored| stored.product.sku == "М-1").unwrap();
        assert_eq!((milk.product.name.get("ru"), milk.product.price.amount.minor), ("Молоко 3,2% 1 л", 8990));
        assert_eq!(milk.category.as_deref(), Some("Молочное"));

        let again = planned(&cloud, &owner, "", file("товары.csv", SHEET)).await;
        assert_eq!(counts(&again), [0, 0, 3, 3, 0]);
        applied(&cloud, &owner, &again).await;
        assert_eq!(products(&cloud, &org).await, made);

        // A price changes, a product is gone.
        let later = "sku;price\nМ-1;94,90\nС-1;899\n";
        let change = planned(&cloud, &owner, "?match=sku&missing=retire", file("цены.csv", later)).await;
        assert_eq!(counts(&change), [0, 1, 1, 0, 1]);
        let rows = format!("{IMPORTS}/{}/rows", change["id"].as_str().unwrap());
        let rows: Value = cloud.get_as(&owner, &rows).await.json().await.unwrap();
        assert_eq!(rows["items"][0]["changes"], json!([{"field": "price", "from": "89.90", "to": "94.90"}]));
        applied(&cloud, &owner, &change).await;
        let after = products(&cloud, &org).await;
        let by = |sku: &str| after.iter().find(|stored| stored.product.sku == sku).unwrap();
        assert_eq!((by("М-1").product.price.amount.minor, by("К-1").product.archived), (9490, true));
        let past = cloud.store.past_prices(&org, 10).await.unwrap();
        assert_eq!((past.len(), past[0].1.amount.minor), (4, 9490), "three that were new, and the change");
        cloud.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_to_come_wait_and_are_not_planned_twice() {
    let cloud = Cloud::start("exchange-later", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let plan = planned(&cloud, &owner, "", file("a.csv", SHEET)).await;
    applied(&cloud, &owner, &plan).await;
    let from = cloud_server::roles::now().0 + 3_600_000;
    let query = format!("?prices_from_ms={from}");
    let later = || file("b.csv", "sku;price\nМ-1;94,90\n");
    let plan = planned(&cloud, &owner, &query, later()).await;
    assert_eq!(counts(&plan), [0, 1, 0, 0, 0]);
    applied(&cloud, &owner, &plan).await;
    let milk = products(&cloud, &org).await.into_iter().find(|stored| stored.product.sku == "М-1").unwrap();
    assert_eq!(milk.product.price.amount.minor, 8990);
    let path = format!("/api/v1/products/{}/prices", milk.product.id);
    let prices: Value = cloud.get_as(&owner, &path).await.json().await.unwrap();
    assert_eq!(
        (&prices["items"][0]["price"], &prices["items"][0]["effective_from_ms"]),
        (&json!("94.90"), &json!(from))
    );
    assert_eq!(counts(&planned(&cloud, &owner, &query, later()).await), [0, 0, 1, 0, 0]);
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_price_that_is_taken_back_gives_way_to_the_present_one() {
    let cloud = Cloud::start("exchange-back", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let plan = planned(&cloud, &owner, "", file("a.csv", SHEET)).await;
    applied(&cloud, &owner, &plan).await;
    let query = format!("?prices_from_ms={}", cloud_server::roles::now().0 + 3_600_000);
    // It costs 89.90 now. It is to cost 94.90 in an hour, and then it is not.
    for (price, from) in [("94,90", "89.90"), ("89,90", "94.90")] {
        let later = || file("b.csv", format!("sku;price\nМ-1;{price}\n"));
        let plan = planned(&cloud, &owner, &query, later()).await;
        assert_eq!(counts(&plan), [0, 1, 0, 0, 0], "{plan}");
        let rows = format!("{IMPORTS}/{}/rows", plan["id"].as_str().unwrap());
        let rows: Value = cloud.get_as(&owner, &rows).await.json().await.unwrap();
        assert_eq!(rows["items"][0]["changes"][0]["from"], from, "{rows}");
        applied(&cloud, &owner, &plan).await;
        assert_eq!(counts(&planned(&cloud, &owner, &query, later()).await), [0, 0, 1, 0, 0]);
        let milk = products(&cloud, &org).await.into_iter().find(|one| one.product.sku == "М-1").unwrap();
        assert_eq!(milk.product.price.amount.minor, 8990);
        let to_come = cloud.store.scheduled_prices(&org, &milk.product.id).await.unwrap();
        let shown: Vec<String> = to_come.iter().map(|one| one.price.amount.to_string()).collect();
        assert_eq!(shown, [format!("{} EUR", price.replace(',', "."))]);
    }
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_with_a_fault_leaves_its_product_and_does_not_archive_it() {
    let cloud = Cloud::start("exchange-fault", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let plan = planned(&cloud, &owner, "", file("a.csv", SHEET)).await;
    applied(&cloud, &owner, &plan).await;
    // The milk's price is a word, the cheese's name is a book: they are in the file, and so they are not gone; the kefir is.
    let later = format!("sku;name;price\nМ-1;;дорого\nС-1;{};899\n", "Сыр ".repeat(2_000));
    let plan = planned(&cloud, &owner, "?match=sku&missing=retire", file("b.csv", later)).await;
    assert_eq!(counts(&plan), [0, 0, 0, 2, 1], "{plan}");
    applied(&cloud, &owner, &plan).await;
    let archived: Vec<(String, bool)> =
        products(&cloud, &org).await.into_iter().map(|one| (one.product.sku, one.product.archived)).collect();
    for (sku, is_archived) in archived {
        assert_eq!(is_archived, sku == "К-1", "{sku}");
    }
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_since_the_plan_is_looked_at_again() {
    let (databases, _postgres) = databases();
    for (number, settings) in databases.iter().enumerate() {
        let cloud =
            Cloud::start(&format!("exchange-since-{number}"), &super::documents::settings(settings)).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let plan = planned(&cloud, &owner, "", file("a.csv", SHEET)).await;
        applied(&cloud, &owner, &plan).await;
        let later = "sku;name;price;tax_code\nМ-1;;94,90;\nК-1;Кефир 2 л;79,90;\nЗ-1;Зефир;10;vat7\nИ-1;Изюм;11;vat7\n";
        let plan = planned(&cloud, &owner, "?match=sku", file("b.csv", later)).await;
        assert_eq!(counts(&plan), [2, 2, 0, 0, 0], "{plan}");
        // Somebody takes the kefir away, gives another product the number of the one that is new, and prices the milk.
        let by = |sku: &str, all: &[StoredProduct]| {
            all.iter().find(|one| one.product.sku == sku).unwrap().product.id.to_string()
        };
        let there = products(&cloud, &org).await;
        let kefir = format!("/api/v1/products/{}", by("К-1", &there));
        cloud.send(&owner, Method::DELETE, &kefir, json!({}), StatusCode::NO_CONTENT).await;
        let other = "id;sku;name;price;tax_code\nother;З-1;Зебра;12;vat7\n";
        let other = format!("{other}{};М-1;;91;\n", by("М-1", &there));
        let between = planned(&cloud, &owner, "", file("c.csv", other)).await;
        applied(&cloud, &owner, &between).await;

        let done = applied(&cloud, &owner, &plan).await;
        let settled = ["done", "refused"].map(|name| done["counts"][name].as_u64().unwrap());
        assert_eq!(settled, [2, 2], "{done}");
        let rows = format!("{IMPORTS}/{}/rows", plan["id"].as_str().unwrap());
        let rows: Value = cloud.get_as(&owner, &rows).await.json().await.unwrap();
        let why: Vec<&Value> = rows["items"].as_array().unwrap().iter().map(|row| &row["problem"]).collect();
        assert_eq!((why[0], why[3]), (&Value::Null, &Value::Null), "{why:?}");
        assert_eq!(why[1]["code"], "product_removed", "{why:?}");
        assert!(why[1]["text"]["ru"].as_str().unwrap().contains("удалили после того"), "{why:?}");
        assert_eq!(why[2]["values"], json!({"field": "sku", "number": "З-1", "product": "other"}));
        let text = why[2]["text"]["en"].as_str().unwrap();
        assert!(text.starts_with("The article number `З-1` is that of `other`"), "{why:?}");
        let after = products(&cloud, &org).await;
        let milk = after.iter().find(|one| one.product.sku == "М-1").unwrap();
        let other = after.iter().find(|one| one.product.sku == "З-1").unwrap();
        assert_eq!((milk.product.price.amount.minor, other.product.id.as_str()), (9490, "other"));
        assert!(after.iter().any(|one| one.product.sku == "И-1"));
        cloud.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_without_a_job_fails_and_says_what_to_do() {
    let cloud = Cloud::start("exchange-stranded", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let import = NewImport {
        id: CatalogueImportId(Uuid::now_v7()),
        file_name: "a.csv".to_owned(),
        hash: [7; 32],
        blob_key: "imports/acme/07".to_owned(),
        size_bytes: 1,
        match_by: MatchBy::Any,
        missing: MissingProducts::Leave,
        language: "en".to_owned(),
        prices_from: None,
        at_once: false,
        made_by: Actor::System("test".to_owned()),
        expires_at: WallMs(i64::MAX),
    };
    // Nobody does this kind of job: it stands for one that is still to be done, and then for one that was given up.
    let now = cloud_server::roles::now();
    let job = |kind: &str| NewJob {
        kind: kind.to_owned(),
        ..cloud_server::jobs::job("", &import.id.to_string(), now)
    };
    cloud.store.add_import(&org, &import, &job("nothing"), now).await.unwrap();
    let later = NewJob { run_after: WallMs(now.0 + 3_600_000), ..job("import.plan") };
    cloud.store.add_job(&org, &later, now).await.unwrap();
    let worker = super::products::worker(&cloud);
    let path = format!("{IMPORTS}/{}", import.id);
    let shown = async || -> Value { cloud.get_as(&owner, &path).await.json().await.unwrap() };
    worker.fail_stranded_imports().await.unwrap();
    assert_eq!(shown().await["state"], "planning", "its job waits");
    let due = WallMs(now.0 + 3_600_001);
    let leased =
        cloud.store.lease_jobs(&["import.plan"], "test", 1, due, WallMs(due.0 + 1_000)).await.unwrap();
    cloud.store.give_up_job(leased[0].id, "test", "its worker did not come back", due).await.unwrap();
    worker.fail_stranded_imports().await.unwrap();
    let failed = shown().await;
    assert_eq!(failed["state"], "failed");
    let why = &failed["problem"];
    assert_eq!((&why["code"], &why["path"]), (&json!("import_stranded"), &json!("")), "{failed}");
    assert!(why["text"].as_str().unwrap().contains("send the file again"), "{failed}");
    cloud.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    cloud.stop().await;
}

/// Products with everything that hurts files.
fn hurting() -> Value {
    let names = [
        "Milk; \"fresh\", 1 l",
        "=HYPERLINK(\"http://x\")",
        "+7 days",
        "-5 %",
        "@home",
        "'quoted",
        "''twice",
        "two\nlines",
        "tab\there",
        " blanks around ",
        "Молоко «Луг» 3,2 %",
        "Семья 👨‍👩‍👧 и ёж",
        "<b>&amp;</b> ]]>",
        "_x000D_ literally",
        "O'Neill's",
    ];
    let product = |(number, name): (usize, &&str)| {
        json!({
            "id": format!("p-{number}"), "sku": format!("{name}#{number}"), "name": {"en": name, "ru": format!("{name} ру")},
            "gtin": if number == 3 { Some("4006381333931") } else { None },
            "plu": if number == 4 { Some("4011") } else { None },
            "category": if number % 2 == 0 { Some(format!("{name} cat")) } else { None },
            "family": if number % 4 == 0 { Some("Family, =1") } else { None },
            "price": format!("{number}.0{}", number % 10), "currency": "EUR", "unit": if number % 3 == 0 { "kg" } else { "piece" },
            "tax_code": if number % 2 == 0 { "vat7" } else { "vat19" }, "age_limit": if number == 5 { 18 } else { 0 },
            "archived": number == 6,
        })
    };
    json!({ "products": names.iter().enumerate().map(product).collect::<Vec<_>>() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_makes_the_same_catalogue_elsewhere() {
    let cloud = Cloud::start("exchange-round", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let plan = planned(&cloud, &owner, "", file("all.json", hurting().to_string())).await;
    assert_eq!(counts(&plan), [15, 0, 0, 0, 0], "{plan}");
    applied(&cloud, &owner, &plan).await;
    let (there, categories) = (products(&cloud, &org).await, cloud.store.categories(&org).await.unwrap());
    for (format, name) in [("csv", "c.csv"), ("xlsx", "c.xlsx"), ("json", "c.json"), ("commerceml", "c.zip")]
    {
        let answer = cloud.get_as(&owner, &format!("/api/v1/catalogue/export?format={format}")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let bytes = answer.bytes().await.unwrap().to_vec();
        let same = planned(&cloud, &owner, "", file(name, bytes.clone())).await;
        assert_eq!(counts(&same), [0, 0, 15, 0, 0], "{format}: {same}");
        let other = cloud.organisation(&format!("other-{format}")).await;
        let heir = cloud.person(&other, "bob", &[(Role::Owner, None)]).await;
        let plan = planned(&cloud, &heir, "", file(name, bytes)).await;
        assert_eq!(counts(&plan), [15, 0, 0, 0, 0], "{format}: {plan}");
        applied(&cloud, &heir, &plan).await;
        let made = products(&cloud, &other).await;
        for (one, another) in made.iter().zip(&there) {
            assert_eq!(one, another, "{format}");
        }
        let mut used = cloud.store.categories(&other).await.unwrap();
        used.sort_by(|a, b| a.name.cmp(&b.name));
        let mut all = categories.clone();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(used, all, "{format}");
    }
    let refused = cloud.get_as(&owner, "/api/v1/catalogue/export?format=pdf").await;
    problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable").await;
    let report: Value =
        cloud.get_as(&owner, "/api/v1/catalogue/report?limit=500").await.json().await.unwrap();
    assert_eq!(report["products"], 14);
    let codes: Vec<&str> =
        report["counts"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"invisible_characters"), "{report}");
    let first: Value = cloud.get_as(&owner, "/api/v1/catalogue/report?limit=1").await.json().await.unwrap();
    let next = format!("/api/v1/catalogue/report?limit=1&after={}", first["next"].as_str().unwrap());
    let second: Value = cloud.get_as(&owner, &next).await.json().await.unwrap();
    assert_eq!(second["items"][0], report["items"][1]);
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_no_catalogue_fail_with_the_reason() {
    let cloud = Cloud::start("exchange-broken", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let dtd = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><КоммерческаяИнформация>&a;</КоммерческаяИнформация>";
    for (bytes, code, words) in [
        ("4006381333931;x\n", "no_catalogue_head", "names its columns"),
        (dtd, "has_dtd", "DTD"),
        ("{\"products\": 5}", "no_product_list", "list of products"),
    ] {
        let failed = planned(&cloud, &owner, "", file("x", bytes)).await;
        assert_eq!(failed["state"], "failed");
        let why = &failed["problem"];
        assert_eq!((&why["code"], &why["path"]), (&json!(code), &json!("x")), "{failed}");
        assert!(why["text"].as_str().unwrap().contains(words), "{failed}");
        let path = format!("{IMPORTS}/{}/apply", failed["id"].as_str().unwrap());
        cloud.send(&owner, Method::POST, &path, json!({}), StatusCode::CONFLICT).await;
    }
    let key = || {
        cloud
            .request_as(&owner, Method::POST, IMPORTS)
            .header("idempotency-key", "once")
            .multipart(file("a.csv", SHEET))
    };
    let (one, two): (Value, Value) = (
        key().send().await.unwrap().json().await.unwrap(),
        key().send().await.unwrap().json().await.unwrap(),
    );
    assert_eq!(one["id"], two["id"]);
    cloud.stop().await;
}

/// What 1C would be told.
async fn step(cloud: &Cloud, token: &str, method: Method, query: &str, body: Vec<u8>) -> String {
    let request = cloud
        .request(method, &format!("/api/v1/exchange/1c?{query}"))
        .basic_auth("1c", Some(token))
        .body(body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{query}");
    answer.text().await.unwrap()
}

fn one_c_files(price: &str) -> (String, String) {
    let product = |id: &str, name: &str| {
        format!(
            "<Товар><Ид>{id}</Ид><Артикул>{id}-а</Артикул><Наименование>{name}</Наименование><БазоваяЕдиница Код=\"796\">шт</БазоваяЕдиница><Группы><Ид>g</Ид></Группы><СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование><Ставка>7</Ставка></СтавкаНалога></СтавкиНалогов></Товар>"
        )
    };
    let import = format!(
        "<?xml version=\"1.0\" encoding=\"windows-1251\"?><КоммерческаяИнформация ВерсияСхемы=\"2.08\"><Классификатор><Группы><Группа><Ид>g</Ид><Наименование>Напитки</Наименование></Группа></Группы></Классификатор><Каталог><Товары>{}{}</Товары></Каталог></КоммерческаяИнформация>",
        product("aaa-1", "Чай"),
        product("aaa-2", "Кофе")
    );
    let offer = |id: &str| {
        format!(
            "<Предложение><Ид>{id}</Ид><Цены><Цена><ЦенаЗаЕдиницу>{price}</ЦенаЗаЕдиницу><Валюта>EUR</Валюта></Цена></Цены></Предложение>"
        )
    };
    let offers = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?><КоммерческаяИнформация ВерсияСхемы=\"2.08\"><ПакетПредложений><Предложения>{}{}</Предложения></ПакетПредложений></КоммерческаяИнформация>",
        offer("aaa-1"),
        offer("aaa-2")
    );
    (import, offers)
}

/// Asks until 1C would go on.
async fn imported(cloud: &Cloud, token: &str, name: &str) -> String {
    let until = Instant::now() + LIMIT;
    loop {
        let said =
            step(cloud, token, Method::GET, &format!("type=catalog&mode=import&filename={name}"), vec![])
                .await;
        if !said.starts_with("progress\n") {
            return said;
        }
        assert!(Instant::now() < until, "{said}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_c_brings_its_catalogue_and_takes_sales_once() {
    let cloud = Cloud::start("exchange-1c", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let token = json!({"name": "1C", "grant": {"role": "manager"}});
    let token = cloud.send(&owner, Method::POST, "/api/v1/service-tokens", token, StatusCode::CREATED).await;
    let token = token["token"].as_str().unwrap();
    let nobody =
        cloud.request(Method::GET, "/api/v1/exchange/1c?type=catalog&mode=checkauth").send().await.unwrap();
    assert!(nobody.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    let get = async |query: &str| step(&cloud, token, Method::GET, query, vec![]).await;
    assert!(get("type=catalog&mode=checkauth").await.starts_with("success\n"));
    assert_eq!(get("type=catalog&mode=init").await, "zip=yes\nfile_limit=67108864\n");
    assert!(get("type=catalog&mode=import&filename=import.xml").await.starts_with("failure\n"));
    assert!(get("type=catalog&mode=dance").await.starts_with("failure\n"));

    // The catalogue comes first, in two pieces, in the encoding of old; without prices nothing can be made of it.
    let (import, offers) = one_c_files("4.50");
    let import = encoding_rs::WINDOWS_1251.encode(&import).0.into_owned();
    let (first, second) = import.split_at(300);
    for piece in [first, second] {
        let said =
            step(&cloud, token, Method::POST, "type=catalog&mode=file&filename=import.xml", piece.to_vec())
                .await;
        assert_eq!(said, "success\n");
    }
    let said = imported(&cloud, token, "import.xml").await;
    assert!(said.starts_with("success\n0 products were written, 2 rows left out"), "{said}");
    step(
        &cloud,
        token,
        Method::POST,
        "type=catalog&mode=file&filename=offers.xml",
        offers.clone().into_bytes(),
    )
    .await;
    let said = imported(&cloud, token, "offers.xml").await;
    assert!(said.starts_with("success\n2 products"), "{said}");
    assert_eq!(imported(&cloud, token, "offers.xml").await, said, "the same again is the same import");
    let made = products(&cloud, &org).await;
    assert_eq!(
        made.iter()
            .map(|one| (one.product.id.as_str(), one.product.name.get("ru"), one.product.price.amount.minor))
            .collect::<Vec<_>>(),
        [("aaa-1", "Чай", 450), ("aaa-2", "Кофе", 450)]
    );
    assert_eq!(made[0].category.as_deref(), Some("Напитки"));

    // The next exchange begins anew, and brings prices alone.
    get("type=catalog&mode=init").await;
    let (_, offers) = one_c_files("4.90");
    step(&cloud, token, Method::POST, "type=catalog&mode=file&filename=offers.xml", offers.into_bytes())
        .await;
    assert!(imported(&cloud, token, "offers.xml").await.starts_with("success\n2 products"));
    assert_eq!(products(&cloud, &org).await[0].product.price.amount.minor, 490);

    sales_leave_once(&cloud, token, &org).await;
    let clerk = json!({"name": "other", "grant": {"role": "clerk"}});
    let clerk = cloud.send(&owner, Method::POST, "/api/v1/service-tokens", clerk, StatusCode::CREATED).await;
    let refused = cloud
        .request(Method::GET, "/api/v1/exchange/1c?type=sale&mode=query")
        .basic_auth("x", clerk["token"].as_str());
    assert_eq!(refused.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let elsewhere =
        cloud.request(Method::GET, "/api/v1/products").basic_auth("1c", Some(token)).send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::UNAUTHORIZED, "a token is a password here alone");
    cloud.stop().await;
}

async fn sales_leave_once(cloud: &Cloud, token: &str, org: &OrgId) {
    let till = TillRef {
        org: org.clone(),
        store: StoreId::new("main").unwrap(),
        till: TillId::new("till-1").unwrap(),
    };
    let store: StoreDetails = cloud.store.store(org, &till.store).await.unwrap().details;
    let zone = jiff::tz::TimeZone::get(&store.time_zone).unwrap();
    let mut journal = Journal::new(till.clone());
    let mut sold = Vec::new();
    for (number, days_ago) in [(1, 3), (2, 3), (3, 0)] {
        let date = jiff::Timestamp::now().to_zoned(zone.clone()).date() - jiff::Span::new().days(days_ago);
        let apple = testkit::build::piece("apple", 199);
        let mut sale = testkit::build::sale(number, &[(&apple, domain::quantity::Quantity::Pieces(3))]);
        sale.business_day = domain::time::BusinessDay {
            year: date.year(),
            month: date.month().try_into().unwrap(),
            day: date.day().try_into().unwrap(),
        };
        sold.push(journal.sold(sale));
    }
    cloud.ingest(&till, sold.clone()).await;
    let get = async |query: &str| step(cloud, token, Method::GET, query, vec![]).await;
    assert!(get("type=sale&mode=init").await.starts_with("zip=no\n"));
    let first = get("type=sale&mode=query").await;
    let documents = |xml: &str| xml.matches("<Документ>").count();
    assert_eq!(documents(&first), 2, "the day that is open stays: {first}");
    assert!(first.contains("<Количество>3</Количество><Сумма>5.97</Сумма>"), "{first}");
    assert_eq!(documents(&get("type=sale&mode=query").await), 2, "until it is confirmed");
    assert_eq!(get("type=sale&mode=success").await, "success\n");
    assert_eq!(documents(&get("type=sale&mode=query").await), 0);
}
