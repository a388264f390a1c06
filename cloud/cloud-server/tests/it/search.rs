//! Finding things, as the gateway tells of them, with each engine.

use std::time::{Duration, Instant};

use cloud_core::search::{Entry, EntryKind};
use cloud_server::roles::now;
use cloud_server::search::follow::{Follower, Reviewed};
use cloud_store::{Role, SearchWrite};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::documents;
use super::meilisearch::Meilisearch;
use super::support::{Caller, Cloud, databases, form};

const PRODUCTS: &str = "/api/v1/products";
/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(60);
const QUICK: &str = "[rate]\naddress_per_second = 100000\naddress_burst = 100000\nperson_per_second = 100000\nperson_burst = 100000
[search]\npoll_ms = 20\nfresh_ms = 0\n";

async fn find(cloud: &Cloud, who: &Caller, query: &str) -> Value {
    let response = cloud.get_as(who, &format!("{PRODUCTS}/search?{query}")).await;
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{query}: {text}");
    serde_json::from_str(&text).unwrap()
}

fn names(found: &Value) -> Vec<&str> {
    let items = found["items"].as_array().unwrap();
    items.iter().map(|item| item["product"]["name"]["ru"].as_str().unwrap()).collect()
}

/// Asks until this is found, with a limit.
async fn until(cloud: &Cloud, who: &Caller, query: &str, expected: &[&str]) -> Value {
    let began = Instant::now();
    loop {
        let found = find(cloud, who, query).await;
        if names(&found) == expected {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "`{query}` finds {:?} instead of {expected:?}", names(&found));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn make(cloud: &Cloud, who: &Caller, name: &str, category: &str, sku: &str) -> String {
    let fields = [("name", name), ("category_name", category), ("price", "2.49"), ("tax_code", "vat7")];
    let form = fields
        .into_iter()
        .fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(name, value.to_owned()));
    let form = form.text("language", "ru").text("sku", sku.to_owned());
    let made = cloud.upload(who, PRODUCTS, form, StatusCode::CREATED).await;
    made["product"]["id"].as_str().unwrap().to_owned()
}

async fn shop(cloud: &Cloud) -> Caller {
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    for (name, category, sku) in [
        ("Молоко деревенское", "Молочное", "M-1"),
        ("Молоко топлёное", "Молочное", "M-2"),
        ("Шоколад молочный", "Сладости", "S-1"),
    ] {
        make(cloud, &owner, name, category, sku).await;
    }
    owner
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_changed_and_removed_is_found_as_it_is() {
    let (databases, _postgres) = databases();
    for database in databases {
        find_in(&Cloud::start("search", &format!("{database}{QUICK}")).await).await;
    }
}

async fn find_in(cloud: &Cloud) {
    let owner = shop(cloud).await;
    let both = ["Молоко топлёное", "Молоко деревенское"];
    let found = until(cloud, &owner, "q=vjkjrj&typing=false", &both).await;
    assert_eq!((&found["total"], &found["items"][0]["matched"]), (&json!(2), &json!("alike")));
    let found =
        until(cloud, &owner, "q=%D0%BC%D0%B0%D0%BB%D0%BE%D0%BA%D0%BE%20%D1%82%D0%BE%D0%BF", &both[..1]).await;
    let pieces = &found["items"][0]["highlighted"]["ru"];
    assert_eq!(
        pieces,
        &json!([{"text": "Молоко", "hit": true}, {"text": " ", "hit": false}, {"text": "топлёное", "hit": true}])
    );
    until(cloud, &owner, "q=s1", &["Шоколад молочный"]).await;
    let all = find(cloud, &owner, "limit=2").await;
    assert_eq!(all["total"], 3);
    let counts = json!([{"name": "Молочное", "count": 2}, {"name": "Сладости", "count": 1}]);
    assert_eq!(all["categories"], counts);
    let rest = find(cloud, &owner, &format!("limit=2&after={}", all["next"].as_str().unwrap())).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    let sweets = find(cloud, &owner, "category=%D0%A1%D0%BB%D0%B0%D0%B4%D0%BE%D1%81%D1%82%D0%B8").await;
    assert_eq!((names(&sweets), &sweets["categories"]), (vec!["Шоколад молочный"], &counts));
    let listed: Value = cloud
        .get_as(&owner, "/api/v1/categories/%D0%A1%D0%BB%D0%B0%D0%B4%D0%BE%D1%81%D1%82%D0%B8/products")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(listed["items"][0]["name"]["ru"], "Шоколад молочный");

    let milk = found["items"][0]["product"]["id"].as_str().unwrap();
    let path = format!("{PRODUCTS}/{milk}");
    let changed = json!({"name": "Кефир", "language": "ru"});
    cloud.send(&owner, Method::PATCH, &path, changed, StatusCode::OK).await;
    until(cloud, &owner, "q=kefir", &["Кефир"]).await;
    until(cloud, &owner, "q=moloko&typing=false", &["Молоко деревенское"]).await;
    cloud
        .send(&owner, Method::PUT, &format!("{path}/archived"), json!({"archived": true}), StatusCode::OK)
        .await;
    until(cloud, &owner, "q=kefir", &[]).await;
    until(cloud, &owner, "q=kefir&archived=true", &["Кефир"]).await;
    cloud.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    until(cloud, &owner, "q=kefir&archived=true", &[]).await;

    let supplier =
        json!({"name": "ООО Ромашка", "tax_id": "7701234567", "language": "ru", "currency": "RUB"});
    cloud.send(&owner, Method::POST, "/api/v1/suppliers", supplier, StatusCode::CREATED).await;
    let began = Instant::now();
    loop {
        let found = cloud.get_as(&owner, "/api/v1/search?q=romashka&in=supplier,document").await;
        let found: Value = found.json().await.unwrap();
        if found["total"] == 1 {
            assert_eq!(found["items"][0]["kind"], "supplier");
            break;
        }
        assert!(began.elapsed() < LIMIT, "the supplier is not found: {found}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let rival = cloud.organisation("rival").await;
    let rival = cloud.person(&rival, "eve", &[(Role::Owner, None)]).await;
    assert_eq!(find(cloud, &rival, "").await["total"], 0);
    let everything: Value =
        cloud.get_as(&owner, "/api/v1/search?q=s1&in=product").await.json().await.unwrap();
    assert_eq!((&everything["items"][0]["kind"], &everything["total"]), (&json!("product"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_found_by_those_who_may_see_them() {
    let (mut engines, _postgres) = databases();
    let engine = Meilisearch::start("hush").await;
    engines = engines.iter().map(|database| format!("{database}{QUICK}")).collect();
    engines.push(settings(&engine, "hush"));
    for settings in engines {
        let cloud = Cloud::start("search-documents", &format!("{settings}{}", documents::settings(""))).await;
        find_documents(&cloud).await;
        cloud.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_is_found_by_what_its_family_says() {
    let cloud = Cloud::start("search-families", QUICK).await;
    let owner = shop(&cloud).await;
    let found = until(&cloud, &owner, "q=s1", &["Шоколад молочный"]).await;
    let product = found["items"][0]["product"]["id"].as_str().unwrap();
    let family = json!({"product": product, "fields": {"name": "Шоколад", "brand": "Krasny Oktyabr", "category": "Snacks"}});
    cloud.send(&owner, Method::POST, "/api/v1/products/families", family, StatusCode::CREATED).await;
    for query in ["q=oktyabr&typing=false", "q=snacks&typing=false"] {
        let found = until(&cloud, &owner, query, &["Шоколад молочный"]).await;
        assert_eq!(found["categories"][0]["name"], "Сладости", "the shop's own categories are counted");
    }
    cloud.stop().await;
}

async fn find_documents(cloud: &Cloud) {
    let org = cloud.organisation("acme").await;
    cloud.shop(&org, "second").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let clerk = cloud.person(&org, "bob", &[(Role::Clerk, Some("second"))]).await;
    let technician = cloud.person(&org, "tom", &[(Role::Technician, None)]).await;
    let lines = &[("Finish Quantum 40", "F-40", "", "2", "CT", "30.00")];
    let mut ids = Vec::new();
    for (store, number) in [("", "R-77"), ("?store=main", "R-78"), ("?store=second", "R-79")] {
        let file = documents::ubl(number, "Getränke", "DE123456789", lines);
        let path = format!("/api/v1/parse{store}");
        let sent = cloud.request_as(&owner, Method::POST, &path).body(file).send().await.unwrap();
        let taken: Value = sent.json().await.unwrap();
        ids.push(taken["document"]["id"].as_str().unwrap().to_owned());
    }
    // The stand-in for Meilisearch knows words of names alone.
    for (caller, expected) in [(&owner, 3), (&clerk, 1)] {
        let found = until_total(cloud, caller, "/api/v1/documents/search?q=getr%C3%A4nke", expected).await;
        let all = until_total(cloud, caller, "/api/v1/search?q=getr%C3%A4nke&in=document", expected).await;
        assert_eq!(all["items"][0]["kind"], "document");
        assert_eq!(found["items"].as_array().unwrap().len(), expected, "{found}");
    }
    let one = until_total(cloud, &clerk, "/api/v1/documents/search?q=R-79&state=needs_review", 1).await;
    assert_eq!((&one["items"][0]["id"], &one["items"][0]["number"]), (&json!(ids[2]), &json!("R-79")));
    until_total(cloud, &owner, "/api/v1/documents/search?state=confirmed", 0).await;
    let refused = cloud.get_as(&technician, "/api/v1/documents/search").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let path = format!("/api/v1/documents/{}", ids[2]);
    cloud.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    until_total(cloud, &owner, "/api/v1/documents/search?q=getr%C3%A4nke", 2).await;
}

async fn until_total(cloud: &Cloud, caller: &Caller, path: &str, expected: usize) -> Value {
    let began = Instant::now();
    loop {
        let found: Value = cloud.get_as(caller, path).await.json().await.unwrap();
        if found["total"] == expected {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "{path} finds {found}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn refuses_what_cannot_be_looked_for() {
    let cloud = Cloud::start("search-refusals", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    for path in [
        format!("{PRODUCTS}/search?q={}", "a".repeat(201)),
        format!("{PRODUCTS}/search?limit=0"),
        format!("{PRODUCTS}/search?limit=101"),
        format!("{PRODUCTS}/search?after=OTk5OTk5OTk"),
        format!("{PRODUCTS}/search/semantic?limit=51"),
        "/api/v1/search?in=secrets".to_owned(),
    ] {
        let status = cloud.get_as(&owner, &path).await.status();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    assert_eq!(
        cloud.get_as(&owner, &format!("{PRODUCTS}/search?query=x")).await.status(),
        StatusCode::BAD_REQUEST
    );
    let form = form("Search").text("id", "search");
    let refused = cloud.request_as(&owner, Method::POST, PRODUCTS).multipart(form).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "an address has that name");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_of_one_database_find_the_same_and_only_one_follows() {
    let (databases, _postgres) = databases();
    let folder = testkit::scratch::Scratch::new("search-shared");
    let sqlite = format!("[database]\nurl = \"sqlite:{}\"\n", folder.join("cloud.db").display());
    for database in
        std::iter::once(sqlite).chain(databases.into_iter().filter(|settings| !settings.is_empty()))
    {
        let one = Cloud::start("search-one", &format!("{database}{QUICK}")).await;
        let other =
            Cloud::start("search-other", &format!("{database}{QUICK}[worker]\nin_server = false\n")).await;
        let owner = shop(&one).await;
        until(&other, &owner, "q=s1", &["Шоколад молочный"]).await;
        let made = make(&one, &owner, "Печенье", "Сладости", "S-2").await;
        until(&other, &owner, "q=s2", &["Печенье"]).await;
        let path = format!("{PRODUCTS}/{made}");
        other.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
        until(&one, &owner, "q=s2", &[]).await;
        until(&other, &owner, "q=s2", &[]).await;
        other.stop().await;
        one.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_comes_later_or_again_leaves_the_same() {
    let (databases, _postgres) = databases();
    for database in databases {
        let cloud =
            Cloud::start("search-follow", &format!("{database}{QUICK}[worker]\nin_server = false\n")).await;
        let owner = shop(&cloud).await;
        let open = || Follower::open(&cloud.config, cloud.store.clone(), "one".to_owned()).unwrap();
        assert_eq!(find(&cloud, &owner, "").await["total"], 0, "nobody follows yet");
        open().round().await.unwrap();
        let first = until(&cloud, &owner, "q=s1", &["Шоколад молочный"]).await;
        // One that was killed and one that comes after it read the same events.
        make(&cloud, &owner, "Печенье", "Сладости", "S-2").await;
        let mut killed = open();
        killed.round().await.unwrap();
        drop(killed);
        let before = cloud.store.search_state(&owner.org).await.unwrap();
        open().round().await.unwrap();
        assert_eq!(cloud.store.search_state(&owner.org).await.unwrap(), before, "twice is once");
        until(&cloud, &owner, "q=s2", &["Печенье"]).await;

        // Somebody changed what is found behind everybody's back.
        let product = first["items"][0]["product"]["id"].as_str().unwrap().to_owned();
        let wrong = |id: &str, entry| SearchWrite { kind: EntryKind::Product, id: id.to_owned(), entry };
        let writes = [wrong(&product, None), wrong("zzz-gone", Some(Entry::default()))];
        cloud.store.write_search_entries(&owner.org, &writes, now()).await.unwrap();
        until(&cloud, &owner, "q=s1", &[]).await;
        assert_eq!(open().reindex().await.unwrap(), Some(Reviewed { things: 4, changed: 2 }));
        assert_eq!(open().reindex().await.unwrap(), Some(Reviewed { things: 4, changed: 0 }));
        until(&cloud, &owner, "q=s1", &["Шоколад молочный"]).await;
        assert_eq!(cloud.store.search_entry_count(&owner.org).await.unwrap(), 4);
        cloud.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meilisearch_is_told_of_changes_and_asked() {
    let engine = Meilisearch::start("hush").await;
    let cloud = Cloud::start("search-meili", &settings(&engine, "hush")).await;
    let owner = shop(&cloud).await;
    let found =
        until(&cloud, &owner, "q=%D1%88%D0%BE%D0%BA%D0%BE%D0%BB%D0%B0%D0%B4", &["Шоколад молочный"]).await;
    assert_eq!(found["items"][0]["highlighted"]["ru"][0], json!({"text": "Шоколад", "hit": true}));
    let all = find(&cloud, &owner, "category=%D0%A1%D0%BB%D0%B0%D0%B4%D0%BE%D1%81%D1%82%D0%B8").await;
    let counts = json!([{"name": "Молочное", "count": 2}, {"name": "Сладости", "count": 1}]);
    assert_eq!((&all["total"], &all["categories"]), (&json!(1), &counts));
    let product = found["items"][0]["product"]["id"].as_str().unwrap();
    let path = format!("{PRODUCTS}/{product}");
    cloud.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    until(&cloud, &owner, "q=%D1%88%D0%BE%D0%BA%D0%BE%D0%BB%D0%B0%D0%B4", &[]).await;
    let rival = cloud.organisation("rival").await;
    let rival = cloud.person(&rival, "eve", &[(Role::Owner, None)]).await;
    assert_eq!(find(&cloud, &rival, "").await["total"], 0);

    // It forgets everything, and is told of everything again.
    engine.forget();
    assert_eq!(find(&cloud, &owner, "").await["total"], 0);
    let mut admin = Follower::open(&cloud.config, cloud.store.clone(), "admin".to_owned()).unwrap();
    assert_eq!(admin.reindex().await.unwrap(), None, "the server does it");
    let began = Instant::now();
    while engine.documents() < 2 {
        assert!(began.elapsed() < LIMIT, "{} documents", engine.documents());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meilisearch_that_is_away_or_refuses_costs_an_answer_and_nothing_else() {
    let engine = Meilisearch::start("hush").await;
    let cloud = Cloud::start("search-away", &settings(&engine, "hush")).await;
    let owner = shop(&cloud).await;
    until(&cloud, &owner, "q=%D1%88%D0%BE%D0%BA%D0%BE%D0%BB%D0%B0%D0%B4", &["Шоколад молочный"]).await;
    engine.fail(true);
    let path = format!("{PRODUCTS}/search?q=x");
    for _ in 0..7 {
        assert_eq!(cloud.get_as(&owner, &path).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    make(&cloud, &owner, "Печенье", "Сладости", "S-2").await;
    assert!(cloud.get_as(&owner, PRODUCTS).await.status().is_success());
    cloud.stop().await;
    engine.fail(false);
    let cloud = Cloud::start("search-wrong-key", &settings(&engine, "wrong")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    assert_eq!(cloud.get_as(&owner, &path).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    cloud.stop().await;
}

fn settings(engine: &Meilisearch, key: &str) -> String {
    let url = engine.url();
    format!(
        "{QUICK}engine = \"meilisearch\"\n[meilisearch]\nurl = {url:?}\nkey = {key:?}\nrequest_time_ms = 1000\n"
    )
}
