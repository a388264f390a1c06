//! Products that look alike, as the gateway tells of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud_server::roles::now;
use cloud_store::{NewView, Role, ViewsChange};
use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, Uuid, ViewId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use testkit::postgres;

use super::support::{Caller, Cloud, databases, form};

/// A view in a plane, so that the angle between two says how alike they are.
fn view(number: u128, product: &str, degrees: f32) -> NewView {
    let angle = degrees.to_radians();
    let values: Arc<[f32]> = vec![angle.cos(), angle.sin(), 0.0, 0.0].into();
    let embedding = Embedding::new(ModelVersion::new("m1"), values).unwrap();
    let product = ProductId::new(product).unwrap();
    NewView { view: View { id: ViewId(Uuid::from_u128(number)), product, embedding }, photo: None }
}

async fn add(cloud: &Cloud, owner: &Caller, views: Vec<NewView>) {
    let change = ViewsChange { add: views, ..ViewsChange::default() };
    cloud.store.change_views(&owner.org, &change, now()).await.unwrap();
}

async fn ask(cloud: &Cloud, owner: &Caller, path: &str) -> Value {
    let answer = cloud.get_as(owner, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

/// The others by name, with the cosine of the angle to the product's nearest view.
fn others(answer: &Value) -> Vec<(String, f64)> {
    let items = answer["items"].as_array().unwrap();
    let named = |item: &Value| {
        (item["other"]["product"].as_str().unwrap().to_owned(), item["similarity"].as_f64().unwrap())
    };
    items.iter().map(named).collect()
}

fn close(found: &[(String, f64)], expected: &[(&str, f32)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((name, cosine), (expected, degrees)) in found.iter().zip(expected) {
        assert_eq!(name, expected, "{found:?}");
        let right = f64::from(degrees.to_radians().cos());
        assert!((cosine - right).abs() < 0.01, "{name}: {cosine} instead of {right}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_what_looks_alike_by_the_closest_views() {
    let (databases, _postgres) = databases();
    for settings in databases {
        compare(&format!("{settings}[worker]\nin_server = false\n")).await;
    }
}

/// The same where the database compares the vectors itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_compares_vectors_answers_the_same() {
    let server = match postgres::start_with_vectors() {
        Ok(server) => server,
        Err(missing) => {
            eprintln!("SKIPPED: comparing vectors in PostgreSQL, because {missing}");
            return;
        }
    };
    let url = server.create_database().unwrap();
    let settings = format!("[database]\nurl = {url:?}\n[worker]\nin_server = false\n");
    let cloud = Cloud::start("alike-vectors", &settings).await;
    assert!(cloud.store.compares_views());
    cloud.stop().await;
    compare(&settings).await;
    many(&settings).await;
}

/// What the database and the till's index say of the same many views: the same products, as far apart.
async fn many(settings: &str) {
    let mut answers = Vec::new();
    for settings in [settings, "[worker]\nin_server = false\n"] {
        let cloud = Cloud::start("alike-many", settings).await;
        let org = cloud.organisation("many").await;
        let owner = cloud.person(&org, "mia", &[(Role::Owner, None)]).await;
        for number in 0..12_u128 {
            let id = format!("thing-{number}");
            let form = form(&id).text("id", id.clone());
            cloud.upload(&owner, "/api/v1/products", form, StatusCode::CREATED).await;
            let views = (1..=4).map(|each| scattered(number * 10 + each, &id)).collect();
            add(&cloud, &owner, views).await;
        }
        let mut said = BTreeMap::new();
        for number in 0..12 {
            let path = format!("/api/v1/products/thing-{number}/confusable?limit=11");
            said.insert(number, others(&ask(&cloud, &owner, &path).await));
        }
        answers.push(said);
        cloud.stop().await;
    }
    for (number, of_database) in &answers[0] {
        let of_index: BTreeMap<_, _> = answers[1][number].iter().cloned().collect();
        assert_eq!((of_database.len(), of_index.len()), (11, 11), "{number}");
        for (product, similarity) in of_database {
            let other = of_index[product];
            assert!((similarity - other).abs() < 0.01, "{number} and {product}: {similarity} and {other}");
        }
    }
}

/// A view somewhere in sixteen dimensions, the same for the same number.
fn scattered(number: u128, product: &str) -> NewView {
    let mut values: Vec<f32> = (1..=16).map(|at| ((number * 37 + at * at) as f32).sin()).collect();
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.iter_mut().for_each(|value| *value /= length);
    let embedding = Embedding::new(ModelVersion::new("m1"), values.into()).unwrap();
    let product = ProductId::new(product).unwrap();
    NewView { view: View { id: ViewId(Uuid::from_u128(number)), product, embedding }, photo: None }
}

async fn compare(settings: &str) {
    let cloud = Cloud::start("alike", settings).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    for name in ["lemon", "lime", "beer", "wine"] {
        let form = form(name).text("id", name);
        cloud.upload(&owner, "/api/v1/products", form, StatusCode::CREATED).await;
    }
    let confusable = "/api/v1/products/lemon/confusable";
    assert_eq!(ask(&cloud, &owner, confusable).await, json!({"items": []}));
    let views = vec![
        view(1, "lemon", 0.0),
        view(2, "lemon", 40.0),
        view(3, "lime", 50.0),
        view(4, "lime", 90.0),
        view(5, "beer", 120.0),
        view(6, "wine", 122.0),
    ];
    add(&cloud, &owner, views).await;
    let answer = ask(&cloud, &owner, confusable).await;
    close(&others(&answer), &[("lime", 10.0), ("beer", 80.0), ("wine", 82.0)]);
    assert_eq!((&answer["model"], &answer["items"][0]["one"]["name"]["en"]), (&json!("m1"), &json!("lemon")));
    let nearest = &answer["items"][0];
    let ids = [&nearest["one"]["view"], &nearest["other"]["view"]];
    assert_eq!(ids.map(|id| id.as_str().unwrap().to_owned()), [2, 3].map(|n| Uuid::from_u128(n).to_string()));
    assert_eq!(others(&ask(&cloud, &owner, &format!("{confusable}?limit=1")).await).len(), 1);

    let duplicates = ask(&cloud, &owner, "/api/v1/products/duplicates").await;
    let pair = |item: &Value| [&item["one"]["product"], &item["other"]["product"]].map(Value::to_string);
    let pairs: Vec<_> = duplicates["items"].as_array().unwrap().iter().map(pair).collect();
    assert_eq!(pairs, [["\"beer\"", "\"wine\""], ["\"lemon\"", "\"lime\""]]);
    let sure = ask(&cloud, &owner, "/api/v1/products/duplicates?least=0.99&limit=5").await;
    assert_eq!(sure["items"].as_array().unwrap().len(), 1);

    // What is archived is not on sale, so nothing is taken for it; a new view counts at once.
    let archived = json!({"archived": true});
    cloud.send(&owner, Method::PUT, "/api/v1/products/lime/archived", archived, StatusCode::OK).await;
    close(&others(&ask(&cloud, &owner, confusable).await), &[("beer", 80.0), ("wine", 82.0)]);
    add(&cloud, &owner, vec![view(7, "wine", 39.0)]).await;
    close(&others(&ask(&cloud, &owner, confusable).await), &[("wine", 1.0), ("beer", 80.0)]);
    cloud.stop().await;
}

#[tokio::test]
async fn refuses_what_it_cannot_answer_and_tells_nothing_of_others() {
    let cloud = Cloud::start("alike-refusals", "[worker]\nin_server = false").await;
    let (org, other) = (cloud.organisation("acme").await, cloud.organisation("other").await);
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let stranger = cloud.person(&other, "bob", &[(Role::Owner, None)]).await;
    for name in ["lemon", "lime"] {
        let form = form(name).text("id", name);
        cloud.upload(&owner, "/api/v1/products", form, StatusCode::CREATED).await;
    }
    add(&cloud, &owner, vec![view(1, "lemon", 0.0), view(2, "lime", 1.0)]).await;
    for query in ["confusable?limit=0", "confusable?limit=51", "confusable?page=2"] {
        let answer = cloud.get_as(&owner, &format!("/api/v1/products/lemon/{query}")).await;
        assert!(answer.status().is_client_error(), "{query}");
    }
    for query in ["least=0.1", "least=1.1", "least=x", "least=NaN", "limit=501"] {
        let answer = cloud.get_as(&owner, &format!("/api/v1/products/duplicates?{query}")).await;
        assert!(answer.status().is_client_error(), "{query}");
    }
    let theirs = cloud.get_as(&stranger, "/api/v1/products/lemon/confusable").await;
    assert_eq!(theirs.status(), StatusCode::NOT_FOUND);
    assert_eq!(ask(&cloud, &stranger, "/api/v1/products/duplicates").await, json!({"items": []}));
    let taken = form("Twins").text("id", "duplicates");
    cloud.upload(&owner, "/api/v1/products", taken, StatusCode::UNPROCESSABLE_ENTITY).await;
    cloud.stop().await;
}
