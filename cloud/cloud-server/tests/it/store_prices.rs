//! A price of one store, from the request to the store's generation.

use cloud_server::roles::now;
use cloud_store::Role;
use domain::ids::{ProductId, StoreId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Caller, Cloud, form};

/// What the store's newest generation asks for the product.
async fn sold_at(cloud: &Cloud, owner: &Caller, store: &str) -> Option<i64> {
    let store = StoreId::new(store).unwrap();
    let newest = cloud.store.newest_generation(&owner.org, &store).await.unwrap()?;
    let loaded = cloud.store.load_generation(&owner.org, &store, newest.head.number).await.unwrap();
    Some(loaded.content.catalogue.product(&ProductId::new("apple").unwrap())?.price.amount.minor)
}

async fn until_sold_at(cloud: &Cloud, owner: &Caller, store: &str, minor: i64) {
    let began = std::time::Instant::now();
    while sold_at(cloud, owner, store).await != Some(minor) {
        assert!(began.elapsed().as_secs() < 60, "waited in vain for {minor} in {store}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_sells_at_its_own_price_until_that_ends() {
    let cloud = Cloud::start("store-prices", "[worker]\npoll_ms = 20\n[vision]\nmodels = \"/nowhere\"").await;
    let org = cloud.organisation("acme").await;
    cloud.shop(&org, "harbour").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let keeper = cloud.person(&org, "kim", &[(Role::Manager, Some("harbour"))]).await;
    cloud.upload(&owner, "/api/v1/products", form("Apple").text("id", "apple"), StatusCode::CREATED).await;
    until_sold_at(&cloud, &owner, "main", 249).await;
    until_sold_at(&cloud, &owner, "harbour", 249).await;

    // Who runs one store says what things cost there, and nowhere else.
    let put = async |who: &Caller, from_ms: i64, store: &str, body: Value, status: StatusCode| {
        let path = format!("/api/v1/products/apple/prices/{from_ms}{store}");
        cloud.send(who, Method::PUT, &path, body, status).await
    };
    let (dearer, at) = (json!({"price": "3.10"}), now().0);
    put(&keeper, at, "?store=main", dearer.clone(), StatusCode::NOT_FOUND).await;
    put(&keeper, at, "", dearer.clone(), StatusCode::FORBIDDEN).await;
    put(&owner, at, "?store=nowhere", dearer.clone(), StatusCode::NOT_FOUND).await;
    put(&owner, at, "", json!({}), StatusCode::UNPROCESSABLE_ENTITY).await;
    put(&owner, at, "?store=harbour", json!({"unit": "kg"}), StatusCode::UNPROCESSABLE_ENTITY).await;
    put(&keeper, at, "?store=harbour", dearer, StatusCode::NO_CONTENT).await;
    until_sold_at(&cloud, &owner, "harbour", 310).await;
    assert_eq!(sold_at(&cloud, &owner, "main").await, Some(249));

    // The organisation's price changes meanwhile; the store's own counts on.
    cloud
        .send(&owner, Method::PATCH, "/api/v1/products/apple", json!({"price": "2.59"}), StatusCode::OK)
        .await;
    until_sold_at(&cloud, &owner, "main", 259).await;
    assert_eq!(sold_at(&cloud, &owner, "harbour").await, Some(310));

    let far = now().0 + 3_600_000;
    put(&keeper, far, "?store=harbour", json!({"price": "9.00"}), StatusCode::NO_CONTENT).await;
    let prices = "/api/v1/products/apple/prices?store=harbour";
    let listed: Value = cloud.get_as(&keeper, prices).await.json().await.unwrap();
    let minors: Vec<&Value> =
        listed["items"].as_array().unwrap().iter().map(|item| &item["price_minor"]).collect();
    assert_eq!(minors, [&json!(310), &json!(900)]);
    let path = format!("/api/v1/products/apple/prices/{far}?store=harbour");
    cloud.send(&keeper, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    cloud.send(&keeper, Method::DELETE, &path, json!({}), StatusCode::NOT_FOUND).await;
    let everywhere: Value = cloud.get_as(&owner, "/api/v1/products/apple/prices").await.json().await.unwrap();
    assert_eq!(everywhere["items"], json!([]));

    put(&keeper, now().0, "?store=harbour", json!({}), StatusCode::NO_CONTENT).await;
    until_sold_at(&cloud, &owner, "harbour", 259).await;
    cloud.stop().await;
}

#[tokio::test]
async fn what_a_product_cost_stays_known() {
    let cloud = Cloud::start("price-history", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let apple = form("Apple").text("id", "apple");
    cloud.upload(&owner, "/api/v1/products", apple, StatusCode::CREATED).await;
    let history = async |query: &str| -> Vec<Value> {
        let path = format!("/api/v1/products/apple/price-history?{query}");
        let page: Value = cloud.get_as(&owner, &path).await.json().await.unwrap();
        page["items"].as_array().unwrap().clone()
    };
    let brief = |items: &[Value]| -> Vec<String> {
        items.iter().map(|item| format!("{} {} {}", item["price"], item["state"], item["origin"])).collect()
    };
    cloud
        .send(&owner, Method::PATCH, "/api/v1/products/apple", json!({"price": "2.99"}), StatusCode::OK)
        .await;
    let later = now().0 + 3_600_000;
    let path = format!("/api/v1/products/apple/prices/{later}");
    cloud.send(&owner, Method::PUT, &path, json!({"price": "3.49"}), StatusCode::NO_CONTENT).await;
    let in_main = format!("{path}?store=main");
    cloud.send(&owner, Method::PUT, &in_main, json!({"price": "1.99"}), StatusCode::NO_CONTENT).await;
    let all = history("").await;
    let expected = [
        "\"3.49\" \"future\" \"scheduled\"",
        "\"2.99\" \"present\" \"edited\"",
        "\"2.49\" \"past\" \"registered\"",
    ];
    assert_eq!(brief(&all), expected);
    assert_eq!(all[0]["made_by"], format!("user:{}", owner.user));
    assert_eq!((all[0]["currency"].as_str(), all[0]["unit"].as_str()), (Some("EUR"), Some("piece")));
    assert_eq!(all[1]["until_ms"], later);
    let page: Value =
        cloud.get_as(&owner, "/api/v1/products/apple/price-history?limit=2").await.json().await.unwrap();
    let rest = history(&format!("after={}", page["next"].as_str().unwrap())).await;
    assert_eq!(rest, all[2..]);
    let at = |ms: i64, store: &str| format!("at_ms={ms}{store}");
    let began = all[2]["from_ms"].as_i64().unwrap();
    assert_eq!(brief(&history(&at(began, "")).await), expected[2..]);
    assert_eq!(brief(&history(&at(later - 1, "&store=main")).await), expected[1..2]);
    let own = history(&at(later, "&store=main")).await;
    assert_eq!((own[0]["price"].as_str(), own[0]["store"].as_str()), (Some("1.99"), Some("main")));
    assert!(history(&at(began - 1, "")).await.is_empty());
    cloud.send(&owner, Method::DELETE, "/api/v1/products/apple", json!({}), StatusCode::NO_CONTENT).await;
    assert_eq!(brief(&history("").await), ["\"2.99\" \"past\" \"edited\"", expected[2]]);
    let nothing = cloud.get_as(&owner, "/api/v1/products/pear/price-history").await;
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
    cloud.stop().await;
}
