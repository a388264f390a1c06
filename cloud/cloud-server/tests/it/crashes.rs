//! The program is killed at any moment while products are registered; what it leaves is put right by the next one.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloud_server::blobs::Blobs;
use cloud_server::documents::reader::Reader;
use cloud_server::jobs::{Eye, LearntLast, Worker};
use cloud_server::roles::now;
use cloud_server::signing::Signer;
use cloud_server::sourcing::pages::fetch::Fetcher;
use cloud_store::{PhotoState, ProductFilter, Role, Store};
use domain::ids::OrgId;
use domain::time::WallMs;
use reqwest::Method;
use serde_json::Value;
use testkit::child::ChildGuard;
use testkit::wait::{wait_for, wait_until};

use super::support::{Caller, Cloud, form, seeming_photo};

/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(60);
/// How often the program is killed.
const KILLS: u64 = 12;

fn start(cloud: &Cloud, log: &Path) -> (ChildGuard, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tillsight-cloud"));
    command.arg("server").stdin(Stdio::null()).stderr(std::fs::File::create(log).unwrap());
    command
        .env("TILLSIGHT_CLOUD__DATA__DIR", &cloud.config.data.dir)
        .env("TILLSIGHT_CLOUD__LOG__FORMAT", "json");
    command
        .env("TILLSIGHT_CLOUD__HTTP__LISTEN", "127.0.0.1:0")
        .env("TILLSIGHT_CLOUD__VISION__MODELS", "/nowhere");
    let server = ChildGuard::spawn(&mut command).unwrap();
    let address = wait_for("the server to listen", LIMIT, || {
        let log = std::fs::read_to_string(log).ok()?;
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| line["address"].as_str().map(str::to_owned)).next()
    });
    (server, address.unwrap())
}

/// Registers products until nobody answers any more; gives back those whose answer came.
async fn register_until_killed(
    cloud: &Cloud,
    caller: &Caller,
    address: &str,
    round: u64,
    answered: &AtomicU64,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let name = format!("Apple {round}-{number}");
        let photos = [0, 1].map(|photo| seeming_photo(round << 32 | number << 8 | photo, 20_000));
        let form = photos.into_iter().fold(form(&name), |form, photo| form.part("images", photo));
        let url = format!("http://{address}/api/v1/products");
        let request = caller.signed(cloud.http.request(Method::POST, url)).multipart(form);
        let Ok(response) = request.send().await else { return acknowledged };
        let Ok(body) = response.json::<Value>().await else { return acknowledged };
        answered.fetch_add(1, Ordering::SeqCst);
        acknowledged.push(body["product"]["id"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned());
    }
    acknowledged
}

async fn products(store: &Store, org: &OrgId) -> Vec<domain::ids::ProductId> {
    let found = store.products(org, &ProductFilter::default(), None, 10_000).await.unwrap();
    found.into_iter().map(|stored| stored.product.id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_moment_loses_no_acknowledged_product_and_leaves_no_orphan() {
    let cloud = Cloud::start("crashes", "[worker]\nin_server = false").await;
    let org = cloud.organisation("acme").await;
    let caller = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let mut acknowledged = Vec::new();
    for round in 0..KILLS {
        let log = cloud.config.data.dir.join(format!("log-{round}"));
        let (server, address) = start(&cloud, &log);
        // Somewhere in the request that follows so many answers: the look after the count falls anywhere in it.
        let answered = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&answered);
        let killer = tokio::task::spawn_blocking(move || {
            let enough = || counted.load(Ordering::SeqCst) > round % 5;
            wait_until("answers before the kill", LIMIT, enough).unwrap();
            server.kill().unwrap();
        });
        acknowledged.extend(register_until_killed(&cloud, &caller, &address, round, &answered).await);
        killer.await.unwrap();
    }
    let shared = cloud.server().shared();
    let worker = Worker {
        store: shared.store.clone(),
        blobs: Blobs::open(&cloud.config).unwrap(),
        eye: Eye::new(&cloud.config.vision),
        signer: Signer::open_or_make(&cloud.config.data.dir).unwrap(),
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
    };
    let removed = worker.remove_orphans(WallMs(now().0 + 60_000)).await.unwrap();
    eprintln!("{} acknowledged, {removed} orphans removed", acknowledged.len());
    assert!(acknowledged.len() as u64 > KILLS, "too little was done to say anything");
    let there = products(&shared.store, &org).await;
    for id in &acknowledged {
        assert!(there.iter().any(|known| known.as_str() == id), "`{id}` was acknowledged and is lost");
    }
    // Every photo has its bytes, and there are no bytes beside them.
    let mut keys = Vec::new();
    for id in &there {
        let photos = shared.store.photos(&org, id).await.unwrap();
        assert!(photos.iter().all(|photo| photo.state == PhotoState::Waiting) && !photos.is_empty());
        keys.extend(photos.into_iter().map(|photo| photo.photo.blob_key));
    }
    let mut blobs: Vec<String> =
        worker.blobs.photos().await.unwrap().into_iter().map(|blob| blob.name.as_str().to_owned()).collect();
    keys.sort();
    blobs.sort();
    assert_eq!(blobs, keys);
    cloud.stop().await;
}
