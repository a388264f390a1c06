//! Photos in a bucket, kept by a server that speaks S3 and checks signatures.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use cloud_server::blobs::{BlobError, BlobName, Blobs};
use cloud_server::config;
use cloud_server::products::photo::PhotoKind;
use cloud_store::Role;
use domain::ids::OrgId;
use reqwest::{Method, StatusCode};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use serde_json::json;
use service::tasks::Tasks;
use testkit::scratch::Scratch;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::support::{Cloud, config as settings, form, seeming_photo};

/// Starts a server with the bucket `photos`, in this folder.
async fn serve(tasks: &Tasks, folder: &Path) -> SocketAddr {
    std::fs::create_dir_all(folder.join("photos")).unwrap();
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).unwrap());
    builder.set_auth(SimpleAuth::from_single("key", "secret"));
    let service = builder.build();
    let answer = move |request: Request| {
        let service = service.clone();
        async move { service.oneshot(request).await.unwrap().map(Body::new) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, token) = (listener.local_addr().unwrap(), tasks.token());
    let app = Router::new().fallback(answer);
    tasks.spawn("s3", async move {
        Ok(axum::serve(listener, app).with_graceful_shutdown(token.cancelled_owned()).await?)
    });
    address
}

fn bucket(address: SocketAddr, secret: &str) -> String {
    format!(
        "[blobs]\nkind = \"s3\"\nendpoint = \"http://{address}\"\nbucket = \"photos\"\naccess_key_id = \"key\"\n\
         secret_access_key = {secret:?}\n[worker]\nin_server = false\n"
    )
}

fn blobs(folder: &Path, settings_toml: &str) -> Blobs {
    let config: config::Config = settings(folder, settings_toml);
    Blobs::open(&config).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_photos_in_a_bucket_with_the_right_key_only() {
    cloud_server::roles::install_crypto();
    let (folder, tasks) = (Scratch::new("bucket"), Tasks::new());
    let address = serve(&tasks, folder.path()).await;
    let name = BlobName::of_photo(&OrgId::new("acme").unwrap(), Uuid::from_u128(7), PhotoKind::Png);
    let right = blobs(folder.path(), &bucket(address, "secret"));
    right.put(&name, "pixels".into()).await.unwrap();
    assert_eq!(right.get(&name).await.unwrap(), "pixels");
    assert_eq!(right.photos().await.unwrap().len(), 1);
    let wrong = blobs(folder.path(), &bucket(address, "guess"));
    assert!(matches!(wrong.get(&name).await, Err(BlobError::Failed { .. })), "another key opens nothing");
    right.delete(&name).await.unwrap();
    assert!(matches!(right.get(&name).await, Err(BlobError::Missing(_))));
    tasks.stop(std::time::Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn products_keep_their_photos_in_the_bucket() {
    let (folder, tasks) = (Scratch::new("bucket-products"), Tasks::new());
    let address = serve(&tasks, folder.path()).await;
    let cloud = Cloud::start("bucket-cloud", &bucket(address, "secret")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let form = form("Apples").part("images", seeming_photo(1, 70_000));
    let made = cloud.upload(&owner, "/api/v1/products", form, StatusCode::CREATED).await;
    let path = format!("/api/v1/photos/{}", made["photos"][0].as_str().unwrap());
    assert_eq!(cloud.get_as(&owner, &path).await.bytes().await.unwrap().len(), 70_000);
    assert_eq!(cloud.server().shared().blobs.photos().await.unwrap().len(), 1);
    let product = format!("/api/v1/products/{}", made["product"]["id"].as_str().unwrap());
    cloud.send(&owner, Method::DELETE, &product, json!({}), StatusCode::NO_CONTENT).await;
    assert_eq!(cloud.server().shared().blobs.photos().await.unwrap().len(), 0);
    cloud.stop().await;
    tasks.stop(std::time::Duration::from_secs(5)).await;
}
