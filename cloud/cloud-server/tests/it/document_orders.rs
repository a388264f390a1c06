//! A document finds its supplier and the order that it is for; its goods are counted there and are in the stock once.

use cloud_store::Role;
use domain::ids::StoreId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::documents::{id, product, send, settings, ubl};
use super::support::{Caller, Cloud, databases};

const COLA: &str = "4006381333931";

/// An invoice for some cases of cola that names an order.
fn invoice(number: &str, cases: &str, order: &str) -> String {
    let lines = &[("Coca Cola 6x1,5L PET", "C-15", COLA, cases, "CS", "5.40")];
    let reference = format!(
        "</cbc:DocumentCurrencyCode><cac:OrderReference><cbc:ID>{order}</cbc:ID></cac:OrderReference>"
    );
    ubl(number, "Getränke Nord GmbH", "DE123456789", lines).replacen(
        "</cbc:DocumentCurrencyCode>",
        &reference,
        1,
    )
}

struct Shop<'a> {
    cloud: &'a Cloud,
    owner: Caller,
    cola: String,
}

impl Shop<'_> {
    async fn get(&self, path: &str) -> Value {
        self.cloud.get_as(&self.owner, &format!("/api/v1{path}")).await.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value, status: StatusCode) -> Value {
        self.cloud.send(&self.owner, Method::POST, &format!("/api/v1{path}"), body, status).await
    }

    async fn supplier(&self, name: &str, tax_id: &str) -> String {
        let body = json!({"name": name, "tax_id": tax_id, "language": "de", "currency": "EUR"});
        let made = self.post("/suppliers", body, StatusCode::CREATED).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// Orders cases of six and sends it.
    async fn order(&self, supplier: &str, packs: u32) -> String {
        let line = json!({"product": self.cola, "name": "Cola", "packs": packs, "pack": {"content": 6, "unit": "piece"}, "pack_price": "5.40"});
        let body = json!({"supplier": supplier, "store": "main", "lines": [line]});
        let made = self.post("/purchase-orders", body, StatusCode::CREATED).await;
        let order = made["id"].as_str().unwrap().to_owned();
        self.post(&format!("/purchase-orders/{order}/sending"), json!({}), StatusCode::OK).await;
        order
    }

    /// Sends a document and confirms it as it was read.
    async fn confirmed(&self, number: &str, file: String) -> Value {
        let read = send(self.cloud, &self.owner, &format!("{number}.xml"), file).await;
        let confirm = json!({"document": id(&read), "corrected": read["parsed"]});
        self.post("/feedback", confirm, StatusCode::OK).await
    }

    async fn receive(&self, document: &Value, more: Value, status: StatusCode) -> Value {
        let mut body = json!({"store": "main"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post(&format!("/documents/{}/receive", id(document)), body, status).await
    }

    async fn on_order(&self) -> u64 {
        let listed = self.get(&format!("/products/{}/on-order", self.cola)).await;
        listed["items"].as_array().unwrap().iter().map(|item| item["quantity"].as_u64().unwrap()).sum()
    }

    async fn stock(&self) -> i64 {
        let main = StoreId::new("main").unwrap();
        assert!(self.cloud.store.verify_stock(&self.owner.org, &main).await.unwrap().is_empty());
        let stock = self.cloud.store.stock(&self.owner.org, &main, None, 10).await.unwrap();
        stock.iter().map(|one| one.quantity).sum()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_of_a_document_are_counted_against_its_order_once() {
    let (databases, _postgres) = databases();
    for database in databases {
        let cloud = Cloud::start("document-orders", &format!("{database}{}", settings(""))).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let cola = product(&cloud, &owner, "Coca-Cola 1,5 l", &[("gtin", COLA)]).await;
        check(&Shop { cloud: &cloud, owner, cola }).await;
        cloud.stop().await;
    }
}

async fn check(shop: &Shop<'_>) {
    let nord = shop.supplier("Getränke Nord", "DE 123 456 789").await;
    let other = shop.supplier("Getränke Süd", "DE987654321").await;
    let order = shop.order(&nord, 10).await;
    let others = shop.order(&other, 1).await;
    assert_eq!(shop.on_order().await, 66);

    let part = shop.confirmed("R-1", invoice("R-1", "4", "PO-000001")).await;
    assert_eq!((&part["supplier"]["id"], &part["order"]["id"]), (&json!(nord), &json!(order)), "{part}");
    assert_eq!((&part["order"]["number"], &part["order"]["state"]), (&json!(1), &json!("sent")));
    for _ in 0..2 {
        let done = shop.receive(&part, json!({}), StatusCode::OK).await;
        assert_eq!((&done["receipt"]["order"], &done["order"]["state"]), (&json!(order), &json!("received")));
        assert_eq!((shop.stock().await, shop.on_order().await), (24, 42), "counted once");
    }
    let receipts = shop.get(&format!("/purchase-orders/{order}/receipts")).await;
    assert_eq!(receipts["items"].as_array().unwrap().len(), 1);
    assert_eq!(receipts["items"][0]["delivery_note"], "R-1");

    // What somebody took in by its paper is not taken in again by the document that is the paper.
    let by_hand = json!({"key": "k", "delivery_note": "R-2", "lines": [{"number": 1, "accepted": 6}]});
    shop.post(&format!("/purchase-orders/{order}/receipts"), by_hand, StatusCode::OK).await;
    let known = shop.confirmed("R-2", invoice("R-2", "1", "PO-000001")).await;
    let refused = shop.receive(&known, json!({}), StatusCode::CONFLICT).await;
    assert!(refused["detail"].as_str().unwrap().contains("came with `R-2`"), "{refused}");
    assert_eq!((shop.stock().await, shop.on_order().await), (30, 36));

    let rest = shop.confirmed("R-3", invoice("R-3", "6", "Bestellung 1")).await;
    let done = shop.receive(&rest, json!({}), StatusCode::OK).await;
    assert_eq!(done["order"]["state"], "closed", "all came and one case more: {done}");
    assert_eq!((shop.stock().await, shop.on_order().await), (66, 6));
    let late = shop.confirmed("R-4", invoice("R-4", "2", "PO-000001")).await;
    shop.receive(&late, json!({}), StatusCode::CONFLICT).await;
    shop.receive(&late, json!({"order": "nonsense"}), StatusCode::UNPROCESSABLE_ENTITY).await;
    let done = shop.receive(&late, json!({"order": "none"}), StatusCode::OK).await;
    assert_eq!((&done["receipt"]["order"], shop.stock().await), (&Value::Null, 78));

    // Suppliers number orders too: one of another supplier is not meant.
    let strange = shop.confirmed("R-5", invoice("R-5", "1", "PO-000002")).await;
    assert_eq!((&strange["supplier"]["id"], &strange["order"]), (&json!(nord), &Value::Null));
    let done = shop.receive(&strange, json!({}), StatusCode::OK).await;
    assert_eq!((&done["receipt"]["order"], shop.on_order().await), (&Value::Null, 6));
    let listed = shop.get(&format!("/purchase-orders/{others}")).await;
    assert_eq!(listed["state"], "sent");
}
