//! Products as managers register, find, change and remove them.

use cloud_server::blobs::BlobName;
use cloud_server::documents::reader::Reader;
use cloud_server::jobs::{Eye, LearntLast, Worker};
use cloud_server::products::event::PRODUCT_TOPIC;
use cloud_server::products::photo::{PHOTO_MAX_BYTES, PhotoKind};
use cloud_server::roles::now;
use cloud_server::sourcing::pages::fetch::Fetcher;
use cloud_store::{EventId, Role};
use domain::time::WallMs;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

use super::support::{Caller, Cloud, form, problem, seeming_photo};

const PRODUCTS: &str = "/api/v1/products";
const NO_WORKER: &str = "[worker]\nin_server = false";

async fn shop(name: &str) -> (Cloud, Caller) {
    let cloud = Cloud::start(name, NO_WORKER).await;
    let org = cloud.organisation("acme").await;
    let manager = cloud.person(&org, "ann", &[(Role::Manager, None)]).await;
    (cloud, manager)
}

/// A worker beside the cloud's own, for what is done from time to time.
pub(super) fn worker(cloud: &Cloud) -> Worker {
    let shared = cloud.server().shared();
    Worker {
        store: shared.store.clone(),
        blobs: shared.blobs.clone(),
        eye: Eye::new(&cloud.config.vision),
        signer: shared.signer.clone(),
        language: shared.language.clone(),
        reader: Reader::new(&cloud.config.documents),
        fetcher: Fetcher::new(&cloud.config.parser).unwrap(),
        config: cloud.config.clone(),
        wake: Arc::default(),
        wake_readers: Arc::default(),
        wake_importers: Arc::default(),
        wake_forecasters: Arc::default(),
        learnt: LearntLast::default(),
        owner: "test".to_owned(),
    }
}

async fn told(cloud: &Cloud) -> Vec<Value> {
    let events = cloud.store.waiting_events(EventId(0), 100).await.unwrap();
    let of_products = events.into_iter().filter(|event| event.event.topic == PRODUCT_TOPIC);
    of_products.map(|event| serde_json::from_slice(&event.event.payload).unwrap()).collect()
}

async fn blobs(cloud: &Cloud) -> usize {
    cloud.server().shared().blobs.photos().await.unwrap().len()
}

#[tokio::test]
async fn the_same_form_again_changes_nothing_and_new_photos_are_taken_all_the_same() {
    let (cloud, manager) = shop("register").await;
    let with = |numbers: &[u64]| {
        numbers
            .iter()
            .fold(form("Red apples"), |form, number| form.part("images", seeming_photo(*number, 100)))
    };
    let first = cloud.upload(&manager, PRODUCTS, with(&[1, 1, 2]), StatusCode::CREATED).await;
    assert_eq!((&first["changed"], first["photos"].as_array().unwrap().len()), (&json!(true), 2), "{first}");
    let again = cloud.upload(&manager, PRODUCTS, with(&[1, 2]), StatusCode::OK).await;
    assert_eq!(
        (&again["changed"], &again["photos"], again.get("event_id")),
        (&json!(false), &json!([]), None)
    );
    let more = cloud.upload(&manager, PRODUCTS, with(&[2, 3]), StatusCode::OK).await;
    assert_eq!((&more["changed"], more["photos"].as_array().unwrap().len()), (&json!(false), 1));
    assert_eq!(blobs(&cloud).await, 3, "photos that were known leave no second copy");

    let dearer = form("Red apples").text("gtin", "4006381333931");
    let changed = cloud.upload(&manager, PRODUCTS, dearer, StatusCode::CREATED).await;
    assert_eq!(changed["product"]["gtin"], "04006381333931");
    let told = told(&cloud).await;
    assert_eq!(told.len(), 2, "one for each change: {told:?}");
    assert_eq!((&told[0]["event_id"], &told[1]["event_id"]), (&first["event_id"], &changed["event_id"]));
    let id = &first["product"]["id"];
    assert_eq!(
        (&told[0]["upsert"]["product_id"], &told[0]["upsert"]["category_name"]),
        (id, &json!("Fruit"))
    );

    let path = format!("{PRODUCTS}/{}/photos", id.as_str().unwrap());
    let photos: Value = cloud.get_as(&manager, &path).await.json().await.unwrap();
    assert_eq!(photos["items"].as_array().unwrap().len(), 3);
    let photo = photos["items"][0]["id"].as_str().unwrap();
    let bytes = cloud.get_as(&manager, &format!("/api/v1/photos/{photo}")).await;
    assert_eq!(bytes.headers()["content-type"], "image/png", "by its content, whatever its name says");
    cloud.stop().await;
}

#[tokio::test]
async fn refuses_forms_that_cannot_be_and_keeps_nothing_of_them() {
    let (cloud, manager) = shop("forms").await;
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let too_large = StatusCode::PAYLOAD_TOO_LARGE;
    let with = |field: &'static str, value: &'static str| form("Apples").text(field, value);
    let without = |missing: &str| {
        let fields =
            [("name", "Apples"), ("category_name", "Fruit"), ("price", "2.49"), ("tax_code", "vat7")];
        let fields = fields.into_iter().filter(|(name, _)| *name != missing);
        fields.fold(Form::new(), |form, (name, value)| form.text(name, value))
    };
    let eleven = (0..11).fold(form("Apples"), |form, number| form.part("images", seeming_photo(number, 100)));
    for (what, form, status) in [
        ("unknown field", with("colour", "red"), unprocessable),
        ("field twice", with("name", "Pears"), unprocessable),
        ("no name", without("name"), unprocessable),
        ("no category", without("category_name"), unprocessable),
        ("no price", without("price"), unprocessable),
        ("no tax code", without("tax_code"), unprocessable),
        ("bad unit", with("unit", "litre"), unprocessable),
        ("bad GTIN", with("gtin", "123"), unprocessable),
        ("unknown tax code", without("tax_code").text("tax_code", "vat99"), unprocessable),
        ("negative price", without("price").text("price", "-1"), unprocessable),
        ("too dear", without("price").text("price", "99999999999"), unprocessable),
        ("long name", without("name").text("name", "a".repeat(5000)), unprocessable),
        ("not text", without("name").part("name", Part::bytes(vec![0xff, 0xfe])), unprocessable),
        ("no picture", form("Apples").part("images", Part::bytes(b"<svg>".to_vec())), unprocessable),
        ("empty picture", form("Apples").part("images", Part::bytes(Vec::new())), unprocessable),
        ("eleven photos", eleven, unprocessable),
        ("large photo", form("Apples").part("images", seeming_photo(1, PHOTO_MAX_BYTES + 1)), too_large),
    ] {
        let response =
            cloud.request_as(&manager, Method::POST, PRODUCTS).multipart(form).send().await.unwrap();
        let (got, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(got, status, "{what}: {text}");
        assert!(text.contains("urn:tillsight:problem:"), "{what}: {text}");
    }
    let json =
        cloud.request_as(&manager, Method::POST, PRODUCTS).json(&json!({"name": "Apples"})).send().await;
    problem(json.unwrap(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type").await;
    let cut = cloud
        .request_as(&manager, Method::POST, PRODUCTS)
        .body("--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nApp");
    let cut = cut.header("content-type", "multipart/form-data; boundary=b").send().await.unwrap();
    problem(cut, StatusCode::BAD_REQUEST, "bad_request").await;
    let listed: Value = cloud.get_as(&manager, PRODUCTS).await.json().await.unwrap();
    assert_eq!((&listed["items"], blobs(&cloud).await), (&json!([]), 0));
    cloud.stop().await;
}

#[tokio::test]
async fn refuses_more_than_150_mib_in_all() {
    let (cloud, manager) = shop("large-form").await;
    let ten = |number| seeming_photo(number, PHOTO_MAX_BYTES);
    let form = (0..10).fold(form("Apples"), |form, number| form.part("images", ten(number)));
    let response = cloud.request_as(&manager, Method::POST, PRODUCTS).multipart(form).send().await;
    // The answer may overtake the body, and the connection may be closed on the rest of it.
    if let Ok(response) = response {
        problem(response, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    }
    assert_eq!(blobs(&cloud).await, 0);
    cloud.stop().await;
}

#[tokio::test]
async fn products_are_found_changed_and_archived() {
    let (cloud, manager) = shop("find").await;
    for (name, sku) in [("Red apples", "1001"), ("Green apples", "1002"), ("Lemon 100%", "1003")] {
        cloud.upload(&manager, PRODUCTS, form(name).text("sku", sku), StatusCode::CREATED).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let page: Value = cloud.get_as(&manager, &format!("{PRODUCTS}?{query}")).await.json().await.unwrap();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"]["en"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("search=APPLES%20red").await, ["Red apples"]);
    assert_eq!(names("search=1002").await, ["Green apples"]);
    assert_eq!(names("search=100%25").await, ["Lemon 100%"], "a percent sign is a percent sign");
    assert_eq!((names("category=Fruit").await.len(), names("category=Meat").await.len()), (3, 0));
    let first: Value = cloud.get_as(&manager, &format!("{PRODUCTS}?limit=2")).await.json().await.unwrap();
    let next = first["next"].as_str().unwrap();
    assert_eq!(names(&format!("limit=2&after={next}")).await.len(), 1);

    let red: Value = cloud.get_as(&manager, &format!("{PRODUCTS}?search=red")).await.json().await.unwrap();
    let path = format!("{PRODUCTS}/{}", red["items"][0]["id"].as_str().unwrap());
    let tag = cloud.get_as(&manager, &path).await.headers()["etag"].clone();
    let patch = |body: Value| {
        cloud.request_as(&manager, Method::PATCH, &path).header("if-match", &tag).json(&body).send()
    };
    let changed: Value = patch(json!({"price": "2.99", "name": "Яблоки", "language": "ru"}))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&changed["product"]["price_minor"], &changed["product"]["name"]["en"]),
        (&json!(299), &json!("Red apples"))
    );
    problem(
        patch(json!({"price": "1"})).await.unwrap(),
        StatusCode::PRECONDITION_FAILED,
        "changed_meanwhile",
    )
    .await;
    for bad in [json!({"price": 3}), json!({"price": "3,5"}), json!({"cost": "3"}), json!({"sku": "1002"})] {
        let refused = cloud.request_as(&manager, Method::PATCH, &path).json(&bad).send().await.unwrap();
        assert!(refused.status().is_client_error(), "{bad}: {}", refused.status());
    }
    cloud
        .send(&manager, Method::PUT, &format!("{path}/archived"), json!({"archived": true}), StatusCode::OK)
        .await;
    assert_eq!(names("search=red").await, [""; 0]);
    assert_eq!(names("archived=true").await, ["Red apples"]);
    cloud
        .send(
            &manager,
            Method::PUT,
            "/api/v1/categories/Fruit",
            json!({"family_name": "Fresh"}),
            StatusCode::OK,
        )
        .await;
    let families: Value = cloud.get_as(&manager, "/api/v1/families").await.json().await.unwrap();
    assert_eq!(families["items"], json!([{"name": "Fresh", "categories": ["Fruit"]}]));
    cloud.stop().await;
}

#[tokio::test]
async fn what_is_removed_leaves_nothing_behind_and_a_crash_only_what_the_sweeper_finds() {
    let (cloud, manager) = shop("orphans").await;
    let photo = |number| seeming_photo(number, 100);
    let one = form("Apples").part("images", photo(1)).part("images", photo(2));
    let one = cloud.upload(&manager, PRODUCTS, one, StatusCode::CREATED).await;
    cloud.upload(&manager, PRODUCTS, form("Pears").part("images", photo(3)), StatusCode::CREATED).await;
    let first = format!("/api/v1/photos/{}", one["photos"][0].as_str().unwrap());
    cloud.send(&manager, Method::DELETE, &first, json!({}), StatusCode::NO_CONTENT).await;
    assert_eq!(blobs(&cloud).await, 2);
    cloud.send(&manager, Method::DELETE, &first, json!({}), StatusCode::NOT_FOUND).await;
    let path = format!("{PRODUCTS}/{}", one["product"]["id"].as_str().unwrap());
    cloud.send(&manager, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    cloud.send(&manager, Method::GET, &path, json!({}), StatusCode::NOT_FOUND).await;
    assert_eq!(blobs(&cloud).await, 1);
    assert!(told(&cloud).await.iter().any(|event| event["delete"]["product_id"] == one["product"]["id"]));

    // A process that died between the bytes of a photo and its row.
    let orphan = BlobName::of_photo(&manager.org, Uuid::now_v7(), PhotoKind::Jpeg);
    cloud.server().shared().blobs.put(&orphan, "bytes".into()).await.unwrap();
    let worker = worker(&cloud);
    assert_eq!(
        worker.remove_orphans(WallMs(now().0 - 60_000)).await.unwrap(),
        0,
        "it may be a request under way"
    );
    assert_eq!(worker.remove_orphans(WallMs(now().0 + 60_000)).await.unwrap(), 1);
    assert_eq!(blobs(&cloud).await, 1, "what a product needs stays");
    cloud.stop().await;
}
