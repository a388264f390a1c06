//! A cloud whose database was restored from an old copy, and its tills.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::{Generation, ProductId};
use sync_core::generation::Content;
use testkit::build;

use super::fleet::{Cloud, Till, main_store, org, until};

const SETTINGS: &str = "[worker]\nin_server = false\n[vision]\nmodels = \"/nowhere\"";

fn lemons(price_minor: i64) -> Content {
    let catalogue = Arc::new(build::catalogue([build::piece("lemon", price_minor)]));
    Content { catalogue, model: None, views: BTreeMap::new(), calibration_json: None }
}

fn price_at(till: &Till) -> i64 {
    let newest = till.store.catalogue().unwrap().unwrap();
    newest.catalogue.product(&ProductId::new("lemon").unwrap()).unwrap().price.amount.minor
}

/// Waits until both sell at this price; gives the generation that they sell from.
async fn both_sell_at(tills: [&Till; 2], price_minor: i64) -> Generation {
    for till in tills {
        until(&format!("a price of {price_minor}"), async || price_at(till) == price_minor).await;
    }
    let from = tills.map(|till| till.store.cloud_standing().unwrap().sells_from);
    assert_eq!(from[0], from[1]);
    from[0]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tills_follow_a_cloud_that_was_restored_from_an_old_copy() {
    let mut cloud = Cloud::start("restored", SETTINGS).await;
    cloud.publish(&lemons(100)).await;
    let (one, two) = (cloud.till("till-1").await, cloud.till("till-2").await);
    one.sells_from(Generation(1)).await;
    two.sells_from(Generation(1)).await;
    cloud.pause().await;
    let copy = cloud.copy_database("copy-1");
    cloud.resume().await;
    cloud.publish(&lemons(120)).await;
    cloud.publish(&lemons(130)).await;
    one.sells_from(Generation(3)).await;
    two.sells_from(Generation(3)).await;

    // The cloud has generation 1 and the tills have 3: it leaps, and its prices count.
    cloud.pause().await;
    cloud.restore_database(&copy);
    cloud.resume().await;
    assert_eq!(both_sell_at([&one, &two], 100).await, Generation(4));
    let audit = cloud.server().shared().store.audit(&org(), None, 10).await.unwrap();
    assert_eq!(audit[0].entry.action, "generation.leap");
    assert_eq!(audit.len(), 1, "the first till's word was enough");

    // Number 5 is given out twice: once before the copy came back, and once after, with other prices.
    cloud.pause().await;
    let copy = cloud.copy_database("copy-2");
    cloud.resume().await;
    cloud.publish(&lemons(150)).await;
    one.sells_from(Generation(5)).await;
    two.sells_from(Generation(5)).await;
    let away = two.go_offline().await;
    cloud.pause().await;
    cloud.restore_database(&copy);
    assert_eq!(cloud.publish(&lemons(160)).await.head.number, Generation(5));
    cloud.resume().await;
    until("the price of the cloud", async || price_at(&one) == 160).await;

    // One that was away meanwhile, and has a number 5 that the cloud's history has otherwise.
    cloud.publish(&lemons(170)).await;
    let two = Till::start(away, None);
    assert_eq!(both_sell_at([&one, &two], 170).await, Generation(7));
    let newest = cloud.server().shared().store.newest_generation(&org(), &main_store()).await.unwrap();
    assert_eq!(newest.unwrap().head.number, Generation(7));
    cloud.pause().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_that_were_renewed_since_the_copy_are_taken_up_when_somebody_says_so() {
    let mut cloud = Cloud::start("restored-certificates", SETTINGS).await;
    cloud.publish(&lemons(100)).await;
    let (one, two) = (cloud.till("till-1").await, cloud.till("till-2").await);
    one.sells_from(Generation(1)).await;
    two.sells_from(Generation(1)).await;
    cloud.pause().await;
    let copy = cloud.copy_database("copy");
    cloud.resume().await;
    let (one, two) = (one.go_offline().await, two.go_offline().await);
    cloud.renew(&one).await;
    cloud.renew(&two).await;
    cloud.pause().await;
    cloud.restore_database(&copy);
    cloud.resume().await;
    let shared = cloud.server().shared();
    shared.store.revoke_certificates(two.identity(), cloud_server::roles::now()).await.unwrap();
    cloud.publish(&lemons(120)).await;
    let (one, two) = (Till::start(one, None), Till::start(two, None));
    let problem = |till: &Till| till.status.to_json()["problem"].to_string();
    for till in [&one, &two] {
        until("the cloud to refuse", async || problem(till).contains("does not know the till's certificate"))
            .await;
    }

    cloud.pause().await;
    cloud.configure(&format!("{SETTINGS}\n[ca]\ntake_up_unknown_certificates = true"));
    cloud.resume().await;
    until("the price of the cloud", async || price_at(&one) == 120).await;
    until("the revoked one to be refused", async || problem(&two).contains("claim the till with a new code"))
        .await;
    assert_eq!(price_at(&two), 100);
    let audit = cloud.server().shared().store.audit(&org(), None, 10).await.unwrap();
    let taken_up = audit.iter().filter(|one| one.entry.action == "certificate.take-up").count();
    assert_eq!(taken_up, 1);
    cloud.pause().await;
}
