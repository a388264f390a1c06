//! The matrix of roles, endpoints and whose things they are, made from the gateway's own table.

mod requests;
mod things;

use std::collections::BTreeSet;

use cloud_server::auth::policy::{Access, Endpoint, endpoints};
use cloud_store::Role;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::support::{Cloud, databases};
use requests::call;
use things::Things;

const ROLES: [Role; 5] = [Role::Owner, Role::Manager, Role::Clerk, Role::Technician, Role::Auditor];

#[tokio::test]
async fn the_table_names_exactly_what_is_served() {
    let cloud = Cloud::start("served", "").await;
    let description: Value = cloud.get("/api/openapi.json").await.json().await.unwrap();
    let mut served = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            served.insert((method.to_uppercase(), path.clone()));
        }
    }
    let named = |endpoint: &Endpoint| (endpoint.method.to_string(), endpoint.path.to_owned());
    assert_eq!(served, endpoints().iter().map(named).collect());
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_does_what_the_table_does_not_allow_nor_touches_what_is_anothers() {
    let (databases, _postgres) = databases();
    for database in databases {
        check_matrix(&database).await;
    }
}

async fn check_matrix(database: &str) {
    // Everything comes from one address and from few people, far faster than people ask.
    let rates = "[rate]\naddress_per_second = 100000\naddress_burst = 100000\nperson_per_second = 100000\nperson_burst = 100000\n[identity]\nfree_tries = 100\n[worker]\nin_server = false\n";
    let reader = super::documents::settings("");
    let cloud = Cloud::start("matrix", &format!("{database}{rates}{reader}")).await;
    let own = cloud.organisation("acme").await;
    let other = cloud.organisation("rival").await;
    let owner = cloud.person(&own, "owner-of-things", &[(Role::Owner, None)]).await;
    let rival = cloud.person(&other, "owner-of-things", &[(Role::Owner, None)]).await;
    let mut mine = Things::make(&cloud, &owner, "mine").await;
    let mut theirs = Things::make(&cloud, &rival, "theirs").await;
    theirs.renew_product(&cloud, &rival, 0).await;
    theirs.renew_event(&cloud, &other).await;
    theirs.renew_buying(&cloud, &rival, 0).await;
    mine.renew_buying(&cloud, &owner, 0).await;
    mine.renew_exports(&cloud, &owner).await;
    theirs.renew_exports(&cloud, &rival).await;
    theirs.renew_notices(&cloud, &rival, 0).await;
    mine.renew_notices(&cloud, &owner, 0).await;
    theirs.renew_import(&cloud, &rival).await;
    mine.renew_import(&cloud, &owner).await;
    theirs.renew_demand(&cloud, &other).await;
    theirs.renew_document(&cloud, &other, 0).await;
    theirs.renew_stock(&cloud, &rival).await;
    theirs.renew_hook(&cloud, &other).await;
    mine.renew_hook(&cloud, &own).await;
    let mut number = 0;
    for endpoint in endpoints() {
        let what = format!("{} {}", endpoint.method, endpoint.path);
        number += 1;
        mine.renew_product(&cloud, &owner, number).await;
        mine.renew_event(&cloud, &own).await;
        mine.renew_document(&cloud, &own, number).await;
        mine.renew_demand(&cloud, &own).await;
        if endpoint.path.contains("stock") {
            mine.renew_stock(&cloud, &owner).await;
        }
        let (status, _) = call(&cloud, None, endpoint, &mine, number).await;
        if endpoint.access == Access::Public {
            assert!(!status.is_server_error(), "{what} by nobody: {status}");
            continue;
        }
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{what} by nobody");
        for role in ROLES {
            number += 1;
            if endpoint.path.contains("{product}") || endpoint.path.contains("{photo}") {
                mine.renew_product(&cloud, &owner, number).await;
            }
            let parts = ["{supplier}", "{offer}", "{purchase_order}", "{page_target}"];
            if parts.iter().any(|part| endpoint.path.contains(part)) {
                mine.renew_buying(&cloud, &owner, number).await;
            }
            if endpoint.path.contains("{hook}") {
                mine.renew_hook(&cloud, &own).await;
            }
            if endpoint.path.contains("{import}") {
                mine.renew_import(&cloud, &owner).await;
            }
            if endpoint.path.contains("/export") && endpoint.path.contains('{') {
                mine.renew_exports(&cloud, &owner).await;
            }
            if ["{count}", "{reservation}", "{transfer}"].iter().any(|part| endpoint.path.contains(part)) {
                mine.renew_stock(&cloud, &owner).await;
            }
            let parts = ["/forecasts/", "{run}", "{proposal}", "{day}"];
            if parts.iter().any(|part| endpoint.path.contains(part)) {
                mine.renew_demand(&cloud, &own).await;
            }
            if endpoint.path.contains("{document}") || endpoint.path == "/api/v1/feedback" {
                mine.renew_document(&cloud, &own, number).await;
            }
            // A session of their own each time: some endpoints end the one they are called with.
            let caller =
                cloud.person(&own, &format!("p{number}-{role:?}").to_lowercase(), &[(role, None)]).await;
            if ["notice", "broadcast"].iter().any(|part| endpoint.path.contains(part)) {
                mine.renew_notices(&cloud, &caller, number).await;
            }
            let (status, text) = call(&cloud, Some(&caller), endpoint, &mine, number).await;
            if endpoint.access.admits(role) {
                assert!(
                    status.is_success() || status == StatusCode::CONFLICT,
                    "{what} by {role:?}: {status} {text}"
                );
                assert!(
                    !text.contains("rival") && !text.contains("theirs"),
                    "{what} by {role:?} leaks: {text}"
                );
            } else {
                assert_eq!(status, StatusCode::FORBIDDEN, "{what} by {role:?}: {text}");
            }
            // A category is but a name, and the same name may be said in every organisation; so are a day, an event and a language.
            let names = ["{category}", "{day}", "{language}"];
            if !endpoint.path.contains('{') || names.iter().any(|name| endpoint.path.contains(name)) {
                continue;
            }
            let caller = cloud.signed_in(&own, caller.user).await;
            let (status, text) = call(&cloud, Some(&caller), endpoint, &theirs, number).await;
            let expected =
                if endpoint.access.admits(role) { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
            assert_eq!(status, expected, "{what} of the other organisation by {role:?}: {text}");
        }
    }
    // What was there is there still, and whole.
    let (status, text) =
        call(&cloud, Some(&rival), &endpoint("GET", "/api/v1/stores/{store}/tills/{till}"), &theirs, 0).await;
    assert!(status.is_success() && !text.contains("retired"), "{status} {text}");
    cloud.stop().await;
}

#[tokio::test]
async fn a_role_in_one_store_counts_there_alone() {
    let cloud = Cloud::start("one-store", "").await;
    let org = cloud.organisation("acme").await;
    cloud.shop(&org, "second").await;
    let manager =
        cloud.person(&org, "ann", &[(Role::Manager, Some("main")), (Role::Clerk, Some("second"))]).await;
    let clerk = cloud.person(&org, "bob", &[(Role::Clerk, Some("second"))]).await;
    let stores: Value = cloud.get_as(&clerk, "/api/v1/stores").await.json().await.unwrap();
    assert_eq!(
        stores["items"].as_array().unwrap().iter().map(|store| &store["id"]).collect::<Vec<_>>(),
        ["second"]
    );
    let claim = async |store: &str| {
        let path = format!("/api/v1/stores/{store}/tills/till-1/claims");
        cloud.request_as(&manager, Method::POST, &path).send().await.unwrap().status().as_u16()
    };
    assert_eq!((claim("main").await, claim("second").await, claim("third").await), (201, 403, 404));
    assert_eq!(cloud.get_as(&clerk, "/api/v1/stores/main").await.status(), StatusCode::NOT_FOUND);
    cloud.stop().await;
}

fn endpoint(method: &str, path: &str) -> Endpoint {
    let found = endpoints().iter().find(|endpoint| endpoint.method == method && endpoint.path == path);
    found.expect("the table has it").clone()
}
