//! What others are told of products and their vectors: the payloads of the topics `product_changes` and
//! `embedding_changes`. The key is the product's id, so that what happens to one product stays in order.

use cloud_store::{NewEvent, Photo, StoredView};
use domain::ids::ProductId;
use domain::product::Product;
use domain::time::WallMs;
use jiff::Timestamp;
use serde_json::{Value, json};
use sync_core::catalogue_document::product_record;
use uuid::Uuid;

/// Changes of products.
pub const PRODUCT_TOPIC: &str = "product_changes";
/// Changes of their vectors.
pub const EMBEDDING_TOPIC: &str = "embedding_changes";

/// An event and the id that it carries.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its id, as its payload has it.
    pub id: Uuid,
    /// The event.
    pub event: NewEvent,
}

/// A product is new or other than before.
pub fn product_upsert(product: &Product, category_name: Option<&str>, now: WallMs) -> Told {
    let record = serde_json::to_value(product_record(product)).expect("its keys are text");
    let upsert = json!({
        "product_id": product.id.as_str(),
        "product": record,
        "currency": product.price.amount.currency.code(),
        "category_name": category_name,
    });
    told(PRODUCT_TOPIC, &product.id, "upsert", &upsert, now)
}

/// A product is no more.
pub fn product_delete(product: &ProductId, now: WallMs) -> Told {
    told(PRODUCT_TOPIC, product, "delete", &json!({"product_id": product.as_str()}), now)
}

/// These are the vectors of a product from now on, each with the photo that it came from.
pub fn embedding_upsert(product: &ProductId, views: &[(StoredView, Option<Photo>)], now: WallMs) -> Told {
    let embeddings: Vec<Value> = views.iter().map(|(view, photo)| embedding(view, photo.as_ref())).collect();
    let upsert = json!({"product_id": product.as_str(), "embeddings": embeddings});
    told(EMBEDDING_TOPIC, product, "upsert", &upsert, now)
}

/// A product has no vectors from now on: it was archived or deleted, or lost its photos.
pub fn embedding_delete(product: &ProductId, now: WallMs) -> Told {
    told(EMBEDDING_TOPIC, product, "delete", &json!({"product_id": product.as_str()}), now)
}

fn embedding(stored: &StoredView, photo: Option<&Photo>) -> Value {
    let view = &stored.view;
    json!({
        "embedding_id": view.id.to_string(),
        "vector": view.embedding.values(),
        "metadata": {
            "product_id": view.product.as_str(),
            "image_path": photo.map(|photo| photo.photo.blob_key.as_str()),
            "created_at": rfc3339(stored.made_at),
            "model_version": view.embedding.model().as_str(),
        },
    })
}

fn told(topic: &str, product: &ProductId, what: &str, body: &Value, now: WallMs) -> Told {
    let id = Uuid::now_v7();
    let payload = json!({"event_id": id.to_string(), "event_timestamp": rfc3339(now), what: body});
    let event = NewEvent {
        topic: topic.to_owned(),
        key: product.to_string(),
        payload: payload.to_string().into_bytes(),
    };
    Told { id, event }
}

/// A moment that the calendar does not have cannot come from a clock.
fn rfc3339(at: WallMs) -> String {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
