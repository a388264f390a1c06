//! What is kept between requests, in one gateway and in two that share a real Redis.

use std::time::{Duration, Instant};

use cloud_store::{Category, NewAuditEntry, Role};
use domain::ids::OrgId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::redis::{self, Redis};

use super::support::{Caller, Cloud, problem};

const CATEGORIES: &str = "/api/v1/categories";
/// Nothing ends by itself while a test looks at it.
const KEPT: &str = "[cache]\nanswers_ms = 60000\n";
const LIMIT: Duration = Duration::from_secs(30);

/// A busy box must not be taken for a Redis that is away.
const PATIENT_MS: u64 = 5000;

/// Two gateways over one database and one Redis, for which they wait so long; `None` where there is no Redis.
async fn pair(name: &str, patience_ms: u64, settings: &str) -> Option<(Cloud, Cloud, Redis)> {
    let redis = match redis::start() {
        Ok(redis) => redis,
        Err(missing) => {
            eprintln!("SKIPPED: {name} with Redis because {missing}");
            return None;
        }
    };
    let cache =
        format!("[cache]\nanswers_ms = 60000\npatience_ms = {patience_ms}\nurl = {:?}\n", redis.url());
    let shared = format!("{settings}\n{cache}");
    let first = Cloud::start(name, &shared).await;
    let database = format!("sqlite:{}", first.config.data.dir.join("cloud.sqlite").display());
    let second = Cloud::start(name, &format!("{shared}[database]\nurl = {database:?}\n")).await;
    Some((first, second, redis))
}

/// Makes a category behind the gateways' backs.
async fn slip_in(cloud: &Cloud, org: &OrgId, name: &str) {
    let entry = NewAuditEntry {
        actor: cloud_store::Actor::System("test".to_owned()),
        action: "category.put".to_owned(),
        object: name.to_owned(),
        detail: String::new(),
    };
    let audited = cloud.store.audited(org, &entry, cloud_server::roles::now()).unwrap();
    audited.put_category(org, &Category { name: name.to_owned(), family: String::new() }).await.unwrap();
}

async fn put(cloud: &Cloud, caller: &Caller, name: &str) {
    let path = format!("{CATEGORIES}/{name}");
    cloud.send(caller, Method::PUT, &path, json!({"family_name": ""}), StatusCode::OK).await;
}

async fn names(cloud: &Cloud, caller: &Caller) -> Vec<String> {
    let listed: Value = cloud.get_as(caller, CATEGORIES).await.json().await.unwrap();
    let items = listed["items"].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

/// What the health page says of the part `cache`.
async fn cache_part(cloud: &Cloud) -> (StatusCode, Value) {
    let response = cloud.get("/api/v1/health").await;
    let (status, health) = (response.status(), response.json::<Value>().await.unwrap());
    let parts = health["parts"].as_array().unwrap();
    (status, parts.iter().find(|part| part["part"] == "cache").cloned().unwrap_or_default())
}

async fn wait_for_cache(cloud: &Cloud, state: &str) {
    let began = Instant::now();
    while cache_part(cloud).await.1["state"] != state {
        assert!(began.elapsed() < LIMIT, "the cache never was {state}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn keeps_answers_until_a_change_and_for_their_callers_alone() {
    let cloud = Cloud::start("kept", KEPT).await;
    let acme = cloud.organisation("acme").await;
    let other = cloud.organisation("other").await;
    cloud.shop(&acme, "side").await;
    let owner = cloud.person(&acme, "ann", &[(Role::Owner, None)]).await;
    let manager = cloud.person(&acme, "max", &[(Role::Manager, Some("side"))]).await;
    let stranger = cloud.person(&other, "eve", &[(Role::Owner, None)]).await;
    put(&cloud, &owner, "Fruit").await;
    assert_eq!(names(&cloud, &owner).await, ["Fruit"]);
    assert!(names(&cloud, &stranger).await.is_empty(), "another organisation's");
    slip_in(&cloud, &acme, "Hidden").await;
    assert_eq!(names(&cloud, &owner).await, ["Fruit"], "it was kept");
    put(&cloud, &owner, "Vegetables").await;
    assert_eq!(names(&cloud, &owner).await, ["Fruit", "Hidden", "Vegetables"], "a change shows at once");
    let sums = |store: &str| format!("/api/v1/stores/{store}/sales/sums");
    assert_eq!(cloud.get_as(&owner, &sums("main")).await.status(), StatusCode::OK);
    problem(cloud.get_as(&manager, &sums("main")).await, StatusCode::NOT_FOUND, "not_found").await;
    problem(cloud.get(&sums("main")).await, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    assert_eq!(cloud.get_as(&manager, &sums("side")).await.status(), StatusCode::OK);
    cloud.stop().await;
}

#[tokio::test]
async fn a_kept_answer_has_the_tag_that_it_was_made_with() {
    let cloud = Cloud::start("kept-tags", KEPT).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let made = cloud.get_as(&owner, CATEGORIES).await;
    let kept = cloud.get_as(&owner, CATEGORIES).await;
    for name in ["etag", "cache-control", "content-type", "x-content-type-options"] {
        assert_eq!(made.headers()[name], kept.headers()[name]);
    }
    let tag = kept.headers()["etag"].clone();
    assert_eq!(made.text().await.unwrap(), kept.text().await.unwrap());
    let again = |tag| cloud.request_as(&owner, Method::GET, CATEGORIES).header("if-none-match", tag).send();
    let unchanged = again(tag.clone()).await.unwrap();
    assert_eq!((unchanged.status(), &unchanged.headers()["etag"]), (StatusCode::NOT_MODIFIED, &tag));
    put(&cloud, &owner, "Fruit").await;
    // Made for somebody who knows an older one: what is kept of it is whole.
    let changed = again(tag.clone()).await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(changed.headers()["etag"], tag);
    assert_eq!(again(changed.headers()["etag"].clone()).await.unwrap().status(), StatusCode::NOT_MODIFIED);
    assert_eq!(names(&cloud, &owner).await, ["Fruit"]);
    cloud.stop().await;
}

#[tokio::test]
async fn two_gateways_hold_an_address_to_one_rate() {
    let settings = "[rate]\naddress_per_second = 1\naddress_burst = 6";
    let Some((first, second, redis)) = pair("shared-rate", PATIENT_MS, settings).await else { return };
    let began = Instant::now();
    let mut granted = 0;
    for _ in 0..10 {
        for cloud in [&first, &second] {
            let response = cloud.get("/api/v1/health").await;
            if response.status() == StatusCode::OK {
                granted += 1;
            } else {
                problem(response, StatusCode::TOO_MANY_REQUESTS, "too_many_requests").await;
            }
        }
    }
    let refilled = began.elapsed().as_secs() + 1;
    assert!((6..=6 + refilled).contains(&granted), "{granted} in {:?}", began.elapsed());
    drop(redis);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn two_gateways_share_answers_and_learn_of_each_others_changes() {
    let Some((first, second, _redis)) = pair("shared-answers", PATIENT_MS, "").await else { return };
    let org = first.organisation("acme").await;
    let owner = first.person(&org, "ann", &[(Role::Owner, None)]).await;
    put(&first, &owner, "Fruit").await;
    assert_eq!(names(&first, &owner).await, ["Fruit"]);
    slip_in(&first, &org, "Hidden").await;
    assert_eq!(names(&second, &owner).await, ["Fruit"], "what the first one kept");
    put(&second, &owner, "Vegetables").await;
    assert_eq!(names(&first, &owner).await, ["Fruit", "Hidden", "Vegetables"]);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn a_request_sent_again_to_another_gateway_gets_the_same_answer() {
    let Some((first, second, redis)) = pair("shared-idempotency", PATIENT_MS, "").await else { return };
    let org = first.organisation("acme").await;
    let owner = first.person(&org, "ann", &[(Role::Owner, None)]).await;
    let post = |cloud: &Cloud, name: &str| {
        let body =
            json!({"email": format!("{name}@acme.example"), "name": name, "language": "en", "grants": []});
        let request = cloud.request_as(&owner, Method::POST, "/api/v1/people");
        request.header("idempotency-key", "k1").json(&body).send()
    };
    let made = post(&first, "bob").await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let place = made.headers()["location"].clone();
    let made: Value = made.json().await.unwrap();
    let again = post(&second, "bob").await.unwrap();
    assert_eq!((again.status(), &again.headers()["location"]), (StatusCode::CREATED, &place));
    assert_eq!(again.json::<Value>().await.unwrap(), made, "the password that was made, too");
    problem(post(&second, "carl").await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
        .await;
    let key = redis.ask("KEYS tillsight:once:*").unwrap();
    let key = key.lines().find(|line| line.starts_with("tillsight:once:")).unwrap().to_owned();
    let held = redis.ask(&format!("GET {key}")).unwrap();
    let password = made["password"].as_str().unwrap();
    assert!(held.contains("\"answer\"") && !held.contains(password) && !held.contains("bob"), "{held}");
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn goes_on_alone_while_redis_is_away() {
    let Some((first, second, redis)) = pair("shared-away", PATIENT_MS, "").await else { return };
    let org = first.organisation("acme").await;
    let owner = first.person(&org, "ann", &[(Role::Owner, None)]).await;
    put(&first, &owner, "Fruit").await;
    assert_eq!(names(&first, &owner).await, ["Fruit"]);
    redis.crash().unwrap();
    assert_eq!(names(&first, &owner).await, ["Fruit"]);
    wait_for_cache(&first, "down").await;
    let (status, part) = cache_part(&first).await;
    assert_eq!((status, &part["required"]), (StatusCode::OK, &false.into()), "{part}");
    assert!(part["detail"].as_str().unwrap().contains("Redis does not answer"), "{part}");
    put(&first, &owner, "Vegetables").await;
    assert_eq!(names(&first, &owner).await, ["Fruit", "Vegetables"]);
    redis.start_again().unwrap();
    wait_for_cache(&first, "ok").await;
    wait_for_cache(&second, "ok").await;
    put(&first, &owner, "Bread").await;
    assert_eq!(names(&second, &owner).await, ["Bread", "Fruit", "Vegetables"]);
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_waits_for_a_redis_that_hangs() {
    let patience = Duration::from_millis(500);
    let Some((first, second, redis)) = pair("shared-hanging", 500, "").await else { return };
    let org = first.organisation("acme").await;
    let owner = first.person(&org, "ann", &[(Role::Owner, None)]).await;
    put(&first, &owner, "Fruit").await;
    // It takes connections and what they send, and answers nobody. The one that asked for it waits, too.
    let hanging = tokio::task::spawn_blocking(move || redis.ask("CLIENT PAUSE 10000 ALL").map(|_| redis));
    wait_for_cache(&first, "down").await;
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(names(&first, &owner).await, ["Fruit"]);
    }
    assert!(began.elapsed() < 10 * patience, "20 requests took {:?}", began.elapsed());
    let redis = hanging.await.unwrap().unwrap();
    wait_for_cache(&first, "ok").await;
    drop(redis);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn says_that_redis_refuses_the_password() {
    let redis = match redis::start() {
        Ok(redis) => redis,
        Err(missing) => return eprintln!("SKIPPED: a wrong password for Redis because {missing}"),
    };
    let settings = format!("[cache]\npatience_ms = {PATIENT_MS}\nurl = {:?}\n", redis.url_with("guess"));
    let cloud = Cloud::start("shared-password", &settings).await;
    let (status, part) = cache_part(&cloud).await;
    assert_eq!((status, part["state"].as_str()), (StatusCode::OK, Some("down")), "{part}");
    let detail = part["detail"].as_str().unwrap();
    assert!(detail.contains("the password of `cache.url`") && !detail.contains("guess"), "{detail}");
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    put(&cloud, &owner, "Fruit").await;
    cloud.stop().await;
}

/// How many answers were found, waited for and made.
async fn outcomes(cloud: &Cloud) -> [u64; 3] {
    let text = cloud.get("/metrics").await.text().await.unwrap();
    ["kept", "waited", "made"].map(|outcome| {
        let name = format!("tillsight_cache_answers_total{{outcome=\"{outcome}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |number| number.parse().unwrap())
    })
}

/// Lets 200 ask the same at once; gives back how many of them were answered without the database, and how many with it.
async fn stampede(cloud: &Cloud, caller: &Caller) -> (u64, u64) {
    let [kept, waited, made] = outcomes(cloud).await;
    let answers = futures_util::future::join_all((0..200).map(|_| names(cloud, caller))).await;
    assert!(answers.iter().all(|names| names == &["Fruit"]), "{answers:?}");
    let [kept_now, waited_now, made_now] = outcomes(cloud).await;
    (kept_now + waited_now - kept - waited, made_now - made)
}

/// Everything comes from one person at once.
const FAST: &str = "[rate]\naddress_per_second = 100000\naddress_burst = 100000\nperson_per_second = 100000\nperson_burst = 100000\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_the_same_at_once_ask_the_database_once() {
    let cloud = Cloud::start("stampede", &format!("{KEPT}{FAST}")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    put(&cloud, &owner, "Fruit").await;
    assert_eq!(stampede(&cloud, &owner).await, (199, 1));
    put(&cloud, &owner, "Fruit").await;
    assert_eq!(stampede(&cloud, &owner).await, (199, 1), "and once more after a change");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_redis_they_ask_it_once_too() {
    let Some((first, second, _redis)) = pair("shared-stampede", PATIENT_MS, FAST).await else { return };
    let org = first.organisation("acme").await;
    let owner = first.person(&org, "ann", &[(Role::Owner, None)]).await;
    put(&first, &owner, "Fruit").await;
    assert_eq!(stampede(&first, &owner).await, (199, 1));
    assert_eq!(stampede(&second, &owner).await, (200, 0), "what one gateway made all have");
    first.stop().await;
    second.stop().await;
}
