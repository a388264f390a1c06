//! What people see of the sales that tills sent.

use cloud_store::{Outcome, Role};
use domain::ids::{StoreId, TillId};
use domain::sale::TillRef;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Cloud, Journal, databases, problem};

fn till(cloud_org: &domain::ids::OrgId, store: &str) -> TillRef {
    TillRef {
        org: cloud_org.clone(),
        store: StoreId::new(store).unwrap(),
        till: TillId::new("till-1").unwrap(),
    }
}

#[tokio::test]
async fn sales_are_listed_page_by_page_and_summed() {
    let (databases, _postgres) = databases();
    for database in databases {
        list_and_sum(&database).await;
    }
}

async fn list_and_sum(database: &str) {
    let cloud = Cloud::start("sales", database).await;
    let org = cloud.organisation("acme").await;
    let till = till(&org, "main");
    let mut journal = Journal::new(till.clone());
    let entries: Vec<_> = (1..=5).map(|number| journal.sell(number)).collect();
    assert_eq!(cloud.ingest(&till, entries.clone()).await, [Outcome::Booked; 5]);
    let auditor = cloud.person(&org, "ann", &[(Role::Auditor, None)]).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/stores/main/sales?limit=2&till=till-1&first_day=2026-01-02{after}");
        let page: Value = cloud.get_as(&auditor, &path).await.json().await.unwrap();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|sale| sale["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let mut expected: Vec<String> = entries.iter().map(|entry| entry.sale.to_string()).collect();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected, "each once");

    let one: Value =
        cloud.get_as(&auditor, &format!("/api/v1/sales/{}", seen[0])).await.json().await.unwrap();
    assert_eq!(
        (&one["sale"]["totals"]["gross_minor"], &one["sale"]["id"]),
        (&json!(597), &json!(seen[0])),
        "{one}"
    );
    let sums: Value = cloud.get_as(&auditor, "/api/v1/stores/main/sales/sums").await.json().await.unwrap();
    assert_eq!(
        (&sums["items"][0]["sales"], &sums["items"][0]["gross_minor"]),
        (&json!(5), &json!(5 * 597)),
        "{sums}"
    );
    let none: Value =
        cloud.get_as(&auditor, "/api/v1/stores/main/sales?last_day=2025-12-31").await.json().await.unwrap();
    assert_eq!(none["items"], json!([]));
    let stock: Value = cloud.get_as(&auditor, "/api/v1/stores/main/stock").await.json().await.unwrap();
    let apple = &stock["items"][0];
    assert_eq!(
        (&apple["product"], &apple["unit"], &apple["quantity"]),
        (&json!("apple"), &json!("piece"), &json!(-15))
    );
    assert_eq!((stock["items"].as_array().unwrap().len(), &apple["state"]), (1, &json!("negative")));
    for bad in ["first_day=yesterday", "till=Till%201", "limit=0", "after=xyz", "day=2026-01-01"] {
        let refused = cloud.get_as(&auditor, &format!("/api/v1/stores/main/sales?{bad}")).await;
        assert!(refused.status().is_client_error(), "{bad}: {}", refused.status());
    }
    for odd in ["x", "01a20348-a8ca-7416-aba6-68899b95287f"] {
        problem(
            cloud.get_as(&auditor, &format!("/api/v1/sales/{odd}")).await,
            StatusCode::NOT_FOUND,
            "not_found",
        )
        .await;
    }
    cloud.stop().await;
}

#[tokio::test]
async fn gaps_forks_and_what_was_set_aside_are_shown_until_settled() {
    let cloud = Cloud::start("oddities", "").await;
    let org = cloud.organisation("acme").await;
    cloud.shop(&org, "second").await;
    let till = till(&org, "main");
    let mut journal = Journal::new(till.clone());
    cloud.ingest(&till, vec![journal.sell(1)]).await;
    journal.lose(2);
    let unsound = journal.append(b"<xml>".to_vec());
    cloud.ingest(&till, vec![unsound]).await;
    let mut restored = Journal::new(till.clone());
    cloud.ingest(&till, vec![restored.sell(9)]).await;

    let manager = cloud.person(&org, "ann", &[(Role::Manager, Some("main"))]).await;
    let stranger = cloud.person(&org, "bob", &[(Role::Manager, Some("second"))]).await;
    let journals: Value = cloud.get_as(&manager, "/api/v1/journals").await.json().await.unwrap();
    assert_eq!(
        (&journals["gaps"][0]["first"], &journals["gaps"][0]["last"]),
        (&json!(2), &json!(2)),
        "{journals}"
    );
    assert_eq!(journals["forks"][0]["sequence"], json!(1), "{journals}");
    let nothing: Value = cloud.get_as(&stranger, "/api/v1/journals").await.json().await.unwrap();
    assert_eq!(
        nothing,
        json!({"heads": [], "gaps": [], "forks": []}),
        "another store's journal is not theirs to see"
    );

    let aside: Value = cloud.get_as(&manager, "/api/v1/set-aside").await.json().await.unwrap();
    let entry = &aside["items"][0];
    assert_eq!((&entry["reason"], &entry["payload"]), (&json!("parked"), &json!("<xml>")), "{aside}");
    let path = format!("/api/v1/stores/main/tills/till-1/set-aside/{}", entry["mark"].as_str().unwrap());
    cloud.send(&stranger, Method::PUT, &path, json!({}), StatusCode::NOT_FOUND).await;
    cloud.send(&manager, Method::PUT, &path, json!({}), StatusCode::NO_CONTENT).await;
    let aside: Value = cloud.get_as(&manager, "/api/v1/set-aside").await.json().await.unwrap();
    assert_eq!(aside["items"].as_array().unwrap().len(), 0, "{aside}");
    for odd in ["1", "1-00", "x-y"] {
        let path = format!("/api/v1/stores/main/tills/till-1/set-aside/{odd}");
        cloud.send(&manager, Method::PUT, &path, json!({}), StatusCode::NOT_FOUND).await;
    }
    cloud.stop().await;
}
