//! Public pages as a shop's server would serve them: rules, pace, errors, loops and inner networks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use cloud_core::families::FamilyField;
use cloud_server::blobs::{BlobName, Blobs};
use cloud_server::sourcing::pages::fetch::{FetchProblem, Fetcher, Manners};
use cloud_server::sourcing::pages::parser::Parser;
use cloud_store::{Actor, FamilyFilter, NewPageTarget, PageTarget, PageTargetId, PageTargetKind};
use uuid::Uuid;

use super::support::{Cloud, config};

const PRODUCT: &str = r#"<html><head><script type="application/ld+json">{"@type": "Product", "name": "Fresh milk 1 l",
    "brand": "Alm", "gtin13": "4006381333931", "offers": {"price": "1.29", "priceCurrency": "EUR"}}</script></head></html>"#;

/// A site on loopback: each path has an answer, and every visit is noted.
#[derive(Clone, Default)]
struct Site {
    pages: Arc<Mutex<BTreeMap<String, (u16, Vec<(&'static str, String)>, String)>>>,
    visits: Arc<Mutex<Vec<(String, Instant, String)>>>,
    base: String,
}

impl Site {
    async fn start() -> Self {
        let mut site = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        site.base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(site.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        site
    }

    fn page(&self, path: &str, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.pages.lock().unwrap().insert(path.to_owned(), (status, headers, body.to_owned()));
    }

    fn visited(&self, path: &str) -> usize {
        self.visits.lock().unwrap().iter().filter(|visit| visit.0 == path).count()
    }

    fn fetcher(&self, settings: &str) -> Fetcher {
        cloud_server::roles::install_crypto();
        let settings =
            format!("[parser]\nallow_private = true\npace_ms = 0\nuser_agent = \"Tester/1.0\"\n{settings}");
        Fetcher::new(&config(std::path::Path::new("/nowhere"), &settings).parser).unwrap()
    }

    async fn get(&self, fetcher: &Fetcher, path: &str) -> Result<String, FetchProblem> {
        let fetched = fetcher.get(&format!("{}{path}", self.base), Manners::Page).await?;
        Ok(String::from_utf8(fetched.bytes.to_vec()).unwrap())
    }
}

async fn answer(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let agent =
        headers.get("user-agent").and_then(|agent| agent.to_str().ok()).unwrap_or_default().to_owned();
    site.visits.lock().unwrap().push((uri.path().to_owned(), Instant::now(), agent));
    let found = site.pages.lock().unwrap().get(uri.path()).cloned();
    let Some((status, headers, body)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

#[tokio::test]
async fn obeys_robots_and_says_who_asks() {
    let site = Site::start().await;
    site.page(
        "/robots.txt",
        200,
        &[],
        "User-agent: tester\nDisallow: /private\nAllow: /private/open\n\nUser-agent: *\nDisallow: /",
    );
    site.page("/milk", 200, &[], "milk");
    site.page("/private/open", 200, &[], "open");
    let fetcher = site.fetcher("");
    assert_eq!(site.get(&fetcher, "/milk").await.unwrap(), "milk");
    assert_eq!(site.get(&fetcher, "/private/open").await.unwrap(), "open");
    let forbidden = site.get(&fetcher, "/private/prices").await;
    assert!(matches!(forbidden, Err(FetchProblem::Forbidden(_))), "{forbidden:?}");
    assert_eq!((site.visited("/private/prices"), site.visited("/robots.txt")), (0, 1));
    assert!(site.visits.lock().unwrap().iter().all(|visit| visit.2 == "Tester/1.0"));
    // A robots.txt that cannot be had forbids everything.
    let broken = Site::start().await;
    broken.page("/robots.txt", 500, &[], "");
    broken.page("/milk", 200, &[], "milk");
    assert!(broken.get(&broken.fetcher(""), "/milk").await.is_err());
    assert_eq!(broken.visited("/milk"), 0);
}

#[tokio::test]
async fn keeps_to_the_pace_that_the_host_asks_for() {
    let site = Site::start().await;
    site.page("/robots.txt", 200, &[], "User-agent: *\nCrawl-delay: 0.3");
    site.page("/a", 200, &[], "a");
    let fetcher = site.fetcher("");
    let gets = (0..3).map(|_| site.get(&fetcher, "/a"));
    assert!(futures_util::future::join_all(gets).await.iter().all(Result::is_ok));
    let visits = site.visits.lock().unwrap().clone();
    let pauses: Vec<Duration> = visits.windows(2).map(|two| two[1].1 - two[0].1).collect();
    // The first visit is robots.txt, of which the pace was not known before.
    assert!(pauses[1..].iter().all(|pause| *pause >= Duration::from_millis(290)), "{pauses:?}");
}

#[tokio::test]
async fn leaves_a_host_alone_that_asks_for_it_or_fails() {
    let site = Site::start().await;
    site.page("/busy", 429, &[("retry-after", "120")], "");
    site.page("/a", 200, &[], "a");
    let fetcher = site.fetcher("");
    let busy = site.get(&fetcher, "/busy").await;
    assert!(
        matches!(busy, Err(FetchProblem::Busy { retry_after, .. }) if retry_after.as_secs() == 120),
        "{busy:?}"
    );
    assert!(matches!(site.get(&fetcher, "/a").await, Err(FetchProblem::Busy { .. })));
    assert_eq!(site.visited("/a"), 0);

    let failing = Site::start().await;
    failing.page("/a", 500, &[], "");
    let fetcher = failing.fetcher("");
    for _ in 0..5 {
        assert!(matches!(failing.get(&fetcher, "/a").await, Err(FetchProblem::Status(_))));
    }
    assert!(matches!(failing.get(&fetcher, "/a").await, Err(FetchProblem::LeftAlone)));
    assert_eq!(failing.visited("/a"), 5);
}

#[tokio::test]
async fn is_bounded_in_size_time_and_redirects_and_enters_no_inner_network() {
    let site = Site::start().await;
    site.page("/loop", 302, &[("location", "/loop")], "");
    site.page("/there", 301, &[("location", "here")], "");
    site.page("/here", 200, &[], "here");
    site.page("/file", 302, &[("location", "file:///etc/passwd")], "");
    site.page("/large", 200, &[], &"x".repeat(5_000));
    let fetcher = site.fetcher("page_max_bytes = 4096\npage_time_ms = 2000");
    assert!(matches!(site.get(&fetcher, "/loop").await, Err(FetchProblem::Redirects(5))));
    assert_eq!(site.get(&fetcher, "/there").await.unwrap(), "here");
    assert!(matches!(site.get(&fetcher, "/file").await, Err(FetchProblem::Address(_))));
    assert!(matches!(site.get(&fetcher, "/large").await, Err(FetchProblem::TooLarge(4096))));
    // Nobody answers what was connected to.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slow = site.fetcher("page_time_ms = 200");
    let waited = slow.get(&format!("http://{}/", silent.local_addr().unwrap()), Manners::Interface).await;
    assert!(matches!(waited, Err(FetchProblem::TooSlow(200))), "{waited:?}");

    let public = site.fetcher("allow_private = false\npace_ms = 1000");
    let port = site.base.rsplit(':').next().unwrap();
    let before = site.visits.lock().unwrap().len();
    for inner in [
        site.base.clone(),
        format!("http://localhost:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let refused = public.get(&inner, Manners::Interface).await;
        assert!(matches!(refused, Err(FetchProblem::NotPublic(_))), "{inner}: {refused:?}");
    }
    assert_eq!(site.visits.lock().unwrap().len(), before, "nothing was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn targets_are_visited_and_their_products_placed() {
    let site = Site::start().await;
    site.page("/milk", 200, &[("content-type", "text/html")], PRODUCT);
    site.page("/about", 200, &[], "<h1>About us</h1>");
    site.page(
        "/api/v2/product/4006381333931.json",
        200,
        &[("content-type", "application/json")],
        r#"{"status": 1, "product": {"product_name": "Frische Milch", "brands": "Alm, Tal", "quantity": "1 l", "allergens": "en:milk"}}"#,
    );
    let settings = format!(
        "[worker]\nin_server = false\n[parser]\nallow_private = true\npace_ms = 0\nopen_food_facts_url = {:?}",
        site.base
    );
    let cloud = Cloud::start("pages", &settings).await;
    let org = cloud.organisation("acme").await;
    let by = Actor::System("test".to_owned());
    let mut ids = Vec::new();
    for (kind, address) in [
        (PageTargetKind::Page, format!("{}/milk", site.base)),
        (PageTargetKind::OpenFoodFacts, "04006381333931".to_owned()),
        (PageTargetKind::Page, format!("{}/about", site.base)),
        (PageTargetKind::Page, format!("{}/gone", site.base)),
        (PageTargetKind::OpenFoodFacts, "09501101530003".to_owned()),
    ] {
        let id = PageTargetId(Uuid::now_v7());
        let target = NewPageTarget { id, kind, address, supplier: None, every_minutes: 60 };
        ids.push(cloud.store.put_page_target(&org, &target, &by, cloud_server::roles::now()).await.unwrap());
    }
    let blobs = Blobs::open(&cloud.config).unwrap();
    let parser =
        Parser::new(cloud.store.clone(), blobs.clone(), &cloud.config.parser, "test".to_owned()).unwrap();
    assert!(parser.round().await.unwrap());
    assert!(!parser.round().await.unwrap(), "nothing is due again");
    let mut seen: Vec<PageTarget> = Vec::new();
    for id in ids {
        seen.push(cloud.store.page_target(&org, id).await.unwrap());
    }
    let problems: Vec<_> = seen.iter().map(|one| one.problem.as_deref().unwrap_or("none")).collect();
    assert_eq!(problems[..2], ["none", "none"]);
    assert!(problems[2].contains("says nothing of a product"), "{problems:?}");
    assert!(problems[3].contains("404") && problems[4].contains("does not know"), "{problems:?}");
    let families = cloud.store.families(&org, &FamilyFilter::default(), None, 10).await.unwrap();
    assert_eq!(families.len(), 1, "the page and Open Food Facts speak of one product");
    let known = &families[0].fields;
    assert_eq!(known[&FamilyField::Name].value, "Frische Milch");
    assert_eq!(known[&FamilyField::Name].source.name, "open:openfoodfacts");
    assert_eq!(known[&FamilyField::Allergens].value, "milk");
    let snapshot = seen[0].snapshot.clone().unwrap();
    let kept = blobs.get(&BlobName::kept(&snapshot)).await.unwrap();
    assert_eq!(kept, PRODUCT.as_bytes());
    cloud.stop().await;
}
