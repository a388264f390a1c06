//! Photos become vectors and vectors generations, with the models of this checkout.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use cloud_server::products::event::EMBEDDING_TOPIC;
use cloud_server::signing::is_signed;
use cloud_store::{EventId, GenerationInfo, Role};
use domain::ids::StoreId;
use reqwest::multipart::Part;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use vision::kept::{Keeping, keep};
use vision::preprocess::centre_crop;

use super::support::{Caller, Cloud, databases, form, seeming_photo};

/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(120);

/// The models of this checkout; `None`, said once, where they were not made.
pub(crate) fn models(what: &str) -> Option<PathBuf> {
    let named = std::env::var_os("TILLSIGHT_MODELS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| std::path::absolute("../../models/built").unwrap());
    if folder.join("manifest.json").is_file() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {what} because `{}` has no models: run `cargo xtask model`", folder.display());
    None
}

/// A picture of stripes, whose width makes it look different.
pub(crate) fn picture(width: u32) -> Part {
    let side = 160_u32;
    let pixel =
        |index: u32| if (index % side / width).is_multiple_of(2) { [220, 40, 40] } else { [20, 160, 60] };
    let rgb: Vec<u8> = (0..side * side).flat_map(pixel).collect();
    let jpeg = keep(&rgb, (side, side), centre_crop(side, side), Keeping::default()).unwrap();
    Part::bytes(jpeg)
}

/// Asks until there is an answer, with a limit.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The newest generation once it is as wanted.
async fn generation(
    cloud: &Cloud,
    owner: &Caller,
    what: &str,
    wanted: impl Fn(&GenerationInfo) -> bool,
) -> GenerationInfo {
    let store = StoreId::new("main").unwrap();
    until(what, async || {
        let newest = cloud.store.newest_generation(&owner.org, &store).await.unwrap();
        newest.filter(|newest| wanted(newest))
    })
    .await
}

async fn vectors_told(cloud: &Cloud) -> Vec<Value> {
    let events = cloud.store.waiting_events(EventId(0), 100).await.unwrap();
    let of_vectors = events.into_iter().filter(|event| event.event.topic == EMBEDDING_TOPIC);
    of_vectors.map(|event| serde_json::from_slice(&event.event.payload).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_without_photos_needs_no_model_and_is_a_signed_generation() {
    let cloud = Cloud::start("no-model", "[worker]\npoll_ms = 20\n[vision]\nmodels = \"/nowhere\"").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let made = cloud.upload(&owner, "/api/v1/products", form("Apples"), StatusCode::CREATED).await;
    let first = generation(&cloud, &owner, "the first generation", |newest| newest.products == 1).await;
    let (store, shared) = (StoreId::new("main").unwrap(), cloud.server().shared());
    let key = shared.signer.public_key();
    let signed = |info: &GenerationInfo| {
        let signature = info.signature.as_slice().try_into().unwrap();
        is_signed(&key, &signature, &org, &store, &info.head)
    };
    assert!(signed(&first));
    let path = format!("/api/v1/products/{}", made["product"]["id"].as_str().unwrap());
    cloud.send(&owner, Method::PATCH, &path, json!({"price": "9.99"}), StatusCode::OK).await;
    let dearer =
        generation(&cloud, &owner, "the new price", |newest| newest.head.catalogue != first.head.catalogue)
            .await;
    assert!(signed(&dearer) && dearer.head.number > first.head.number);

    let back = format!("/api/v1/stores/main/generations/{}/rollback", first.head.number);
    let back = cloud.send(&owner, Method::POST, &back, json!({}), StatusCode::OK).await;
    assert_eq!(back["kind"], "rollback");
    let newest =
        generation(&cloud, &owner, "the way back", |newest| newest.head.catalogue == first.head.catalogue)
            .await;
    assert!(signed(&newest) && newest.head.number > dearer.head.number);
    cloud
        .send(
            &owner,
            Method::POST,
            "/api/v1/stores/main/generations/77/rollback",
            json!({}),
            StatusCode::NOT_FOUND,
        )
        .await;
    let listed: Value = cloud.get_as(&owner, "/api/v1/stores/main/generations").await.json().await.unwrap();
    assert_eq!(listed["items"][0]["number"], json!(newest.head.number.0));
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_become_vectors_that_follow_their_product() {
    let Some(models) = models("embedding of photos") else { return };
    let (databases, _postgres) = databases();
    for database in databases {
        embed_and_follow(&format!(
            "{database}[worker]\npoll_ms = 20\n[vision]\nmodels = {models:?}\nthreads = 1"
        ))
        .await;
    }
}

async fn embed_and_follow(settings: &str) {
    let cloud = Cloud::start("vectors", settings).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let apples = form("Apples")
        .part("images", picture(10))
        .part("images", picture(40))
        .part("images", seeming_photo(1, 500));
    let apples = cloud.upload(&owner, "/api/v1/products", apples, StatusCode::CREATED).await;
    let pears = form("Pears").part("images", picture(80));
    cloud.upload(&owner, "/api/v1/products", pears, StatusCode::CREATED).await;
    let first = generation(&cloud, &owner, "three views", |newest| newest.views == 3).await;
    assert!(first.head.model.is_some() && first.head.calibration.is_some());
    let path = format!("/api/v1/products/{}", apples["product"]["id"].as_str().unwrap());
    let photos: Value = cloud.get_as(&owner, &format!("{path}/photos")).await.json().await.unwrap();
    let states: Vec<&str> =
        photos["items"].as_array().unwrap().iter().map(|photo| photo["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["embedded", "embedded", "failed"], "a broken photo does not stop the others");

    let told = vectors_told(&cloud).await;
    let of_apples =
        told.iter().rfind(|event| event["upsert"]["product_id"] == apples["product"]["id"]).unwrap();
    let embeddings = of_apples["upsert"]["embeddings"].as_array().unwrap();
    assert_eq!(embeddings.len(), 2);
    let metadata = &embeddings[0]["metadata"];
    assert!(metadata["image_path"].as_str().unwrap().starts_with("photos/acme/"), "{metadata}");
    assert_eq!(metadata["model_version"], json!(first.head.model.as_ref().unwrap().as_str()));
    assert!(embeddings[0]["vector"].as_array().unwrap().len() > 100);

    let photo = format!("/api/v1/photos/{}", photos["items"][0]["id"].as_str().unwrap());
    cloud.send(&owner, Method::DELETE, &photo, json!({}), StatusCode::NO_CONTENT).await;
    generation(&cloud, &owner, "one view less", |newest| newest.views == 2).await;
    cloud
        .send(&owner, Method::PUT, &format!("{path}/archived"), json!({"archived": true}), StatusCode::OK)
        .await;
    generation(&cloud, &owner, "no view of what is archived", |newest| newest.views == 1).await;
    cloud.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    generation(&cloud, &owner, "one product", |newest| newest.products == 1).await;
    until("the end of its vectors to be told", async || {
        let told = vectors_told(&cloud).await;
        told.last().filter(|event| event["delete"]["product_id"] == apples["product"]["id"]).map(drop)
    })
    .await;
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_takes_effect_at_its_moment() {
    let cloud = Cloud::start("prices", "[worker]\npoll_ms = 20\n[vision]\nmodels = \"/nowhere\"").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let made = cloud.upload(&owner, "/api/v1/products", form("Apples"), StatusCode::CREATED).await;
    let first = generation(&cloud, &owner, "the first generation", |newest| newest.products == 1).await;
    let prices = format!("/api/v1/products/{}/prices", made["product"]["id"].as_str().unwrap());
    let put = async |from_ms: i64, price: &str, status: StatusCode| {
        cloud.send(&owner, Method::PUT, &format!("{prices}/{from_ms}"), json!({"price": price}), status).await
    };
    let far = cloud_server::roles::now().0 + 3_600_000;
    put(far, "5.00", StatusCode::NO_CONTENT).await;
    put(far, "6,00", StatusCode::UNPROCESSABLE_ENTITY).await;
    put(-1, "6.00", StatusCode::NOT_FOUND).await;
    let listed: Value = cloud.get_as(&owner, &prices).await.json().await.unwrap();
    assert_eq!(
        (&listed["items"][0]["price"], &listed["items"][0]["effective_from_ms"]),
        (&json!("5.00"), &json!(far))
    );
    cloud.send(&owner, Method::DELETE, &format!("{prices}/{far}"), json!({}), StatusCode::NO_CONTENT).await;
    cloud.send(&owner, Method::DELETE, &format!("{prices}/{far}"), json!({}), StatusCode::NOT_FOUND).await;
    put(cloud_server::roles::now().0 + 300, "4.00", StatusCode::NO_CONTENT).await;
    generation(&cloud, &owner, "the new price", |newest| newest.head.catalogue != first.head.catalogue).await;
    let shown: Value = cloud.get_as(&owner, prices.trim_end_matches("/prices")).await.json().await.unwrap();
    assert_eq!(shown["price_minor"], json!(400));
    cloud.stop().await;
}
