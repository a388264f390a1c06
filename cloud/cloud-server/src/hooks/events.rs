//! What requests of other systems may say: one shape for each kind, and nothing beside it.

use cloud_store::{HOOK_EVENT_ID_MAX_LEN, HOOK_EVENTS_MAX, Hash, HookKind};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::gateway::{Problem, read_json};

/// The last moment of the year 9999.
const MOMENT_MAX_MS: i64 = 253_402_300_799_999;

/// What another system tells.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its shape is used")]
pub(crate) struct HookBatch {
    /// Up to 1,000, in the order in which they happened; all are taken, or none.
    #[schema(min_items = 1, max_items = 1000)]
    events: Vec<EventForm>,
}

/// The same before its events are looked at one by one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBatch {
    events: Vec<Value>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(tag = "type", deny_unknown_fields)]
pub(crate) enum EventForm {
    /// A product costs something else, everywhere or in one store.
    #[serde(rename = "price.changed")]
    PriceChanged {
        /// What tells it apart from all others of this hook: the same id is taken once.
        id: String,
        /// When it happened, in milliseconds since 1970. Hooks that are signed without a time need it.
        occurred_at_ms: Option<i64>,
        data: PriceData,
    },
    /// Somebody counted what there is in a store: what the stock ledger says otherwise is corrected.
    #[serde(rename = "stock.counted")]
    StockCounted {
        /// As above.
        id: String,
        /// As above.
        occurred_at_ms: Option<i64>,
        data: QuantityData,
    },
    /// Goods came to a store.
    #[serde(rename = "stock.delivered")]
    StockDelivered {
        /// As above.
        id: String,
        /// As above.
        occurred_at_ms: Option<i64>,
        data: QuantityData,
    },
    /// A product is new, or other than before; what is left out stays.
    #[serde(rename = "product.upserted")]
    ProductUpserted {
        /// As above.
        id: String,
        /// As above.
        occurred_at_ms: Option<i64>,
        data: ProductData,
    },
}

/// What a product costs. It is named by its id, its article number or its GTIN: one of the three.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceData {
    pub(crate) product: Option<String>,
    pub(crate) sku: Option<String>,
    pub(crate) gtin: Option<String>,
    /// In one store alone; everywhere when left out.
    pub(crate) store: Option<String>,
    /// The price with a point.
    #[schema(example = "2.49")]
    pub(crate) price: String,
    /// The currency; the product's, or the store's, when left out.
    pub(crate) currency: Option<String>,
    /// `piece` or `kg`; as it is when left out.
    pub(crate) unit: Option<String>,
    /// From when on, in milliseconds since 1970; at once when left out or past.
    pub(crate) valid_from_ms: Option<i64>,
}

/// How much there is, or came. The product is named by its id, its article number or its GTIN: one of the three.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuantityData {
    pub(crate) store: String,
    pub(crate) product: Option<String>,
    pub(crate) sku: Option<String>,
    pub(crate) gtin: Option<String>,
    /// Pieces, or grams of what is sold by weight.
    #[schema(minimum = 0)]
    pub(crate) quantity: i64,
}

/// What is said of a product. It is found by its id, else by its article number, else by its GTIN, and made where it is not there:
/// then it needs a name, a category and a price.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductData {
    pub(crate) product: Option<String>,
    pub(crate) sku: Option<String>,
    pub(crate) gtin: Option<String>,
    pub(crate) plu: Option<String>,
    pub(crate) name: Option<String>,
    /// The language of the name; `en` when left out.
    pub(crate) language: Option<String>,
    pub(crate) category_name: Option<String>,
    pub(crate) family_name: Option<String>,
    /// The price with a point.
    pub(crate) price: Option<String>,
    pub(crate) currency: Option<String>,
    /// `piece` or `kg`.
    pub(crate) unit: Option<String>,
    pub(crate) tax_code: Option<String>,
    /// The buyer's least age, in years; 0 for none.
    pub(crate) age_limit: Option<u8>,
}

/// One event that was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// SHA-256 over what it says: the same words in another order or with other spaces are the same.
    pub(crate) hash: Hash,
    /// What it says.
    pub(crate) event: EventForm,
}

impl EventForm {
    /// What tells it apart.
    pub(crate) fn id(&self) -> &str {
        self.head().0
    }

    /// What it tells of.
    pub(crate) fn kind(&self) -> HookKind {
        match self {
            Self::PriceChanged { .. } => HookKind::PriceChanged,
            Self::StockCounted { .. } => HookKind::StockCounted,
            Self::StockDelivered { .. } => HookKind::StockDelivered,
            Self::ProductUpserted { .. } => HookKind::ProductUpserted,
        }
    }

    /// When it happened, if it says so.
    pub(crate) fn occurred_at_ms(&self) -> Option<i64> {
        self.head().1
    }

    fn head(&self) -> (&str, Option<i64>) {
        match self {
            Self::PriceChanged { id, occurred_at_ms, .. }
            | Self::StockCounted { id, occurred_at_ms, .. }
            | Self::StockDelivered { id, occurred_at_ms, .. }
            | Self::ProductUpserted { id, occurred_at_ms, .. } => (id, *occurred_at_ms),
        }
    }
}

/// Reads the content of a request; what is wrong is named with the event that it is in. One that stands there twice is read once.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Told>, Problem> {
    let RawBatch { events } = read_json(body)?;
    if events.is_empty() || events.len() > HOOK_EVENTS_MAX {
        let detail = format!("`events` has {} events: send 1 to {HOOK_EVENTS_MAX} at once", events.len());
        return Err(Problem::unprocessable(detail));
    }
    let mut told: Vec<Told> = Vec::with_capacity(events.len());
    let mut places = std::collections::HashMap::new();
    for (index, value) in events.into_iter().enumerate() {
        let one = read_one(value).map_err(|problem| wrong(index, &problem))?;
        if let Some(before) = places.insert(one.event.id().to_owned(), told.len()) {
            if told[before].hash != one.hash {
                return Err(wrong(
                    index,
                    "its `id` stands there twice with another content: each needs its own",
                ));
            }
            places.insert(one.event.id().to_owned(), before);
            continue;
        }
        told.push(one);
    }
    Ok(told)
}

fn read_one(value: Value) -> Result<Told, String> {
    let hash = Sha256::digest(value.to_string()).into();
    let event: EventForm = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let id = event.id();
    if !(1..=HOOK_EVENT_ID_MAX_LEN).contains(&id.len()) || id.chars().any(char::is_control) {
        return Err(format!("`id` has to have 1 to {HOOK_EVENT_ID_MAX_LEN} bytes that can be read"));
    }
    let from = match &event {
        EventForm::PriceChanged { data, .. } => data.valid_from_ms,
        _ => None,
    };
    for (name, ms) in [("occurred_at_ms", event.occurred_at_ms()), ("valid_from_ms", from)] {
        if ms.is_some_and(|ms| !(0..=MOMENT_MAX_MS).contains(&ms)) {
            return Err(format!("`{name}` is no moment: write milliseconds since 1970"));
        }
    }
    Ok(Told { hash, event })
}

fn wrong(index: usize, problem: &str) -> Problem {
    Problem::unprocessable(format!("event {} of the request: {problem}", index + 1)).with("event", index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problem_with(events: &Value) -> String {
        read(json!({"events": events}).to_string().as_bytes()).unwrap_err().detail().to_owned()
    }

    #[test]
    fn reads_events_once_and_knows_them_again() {
        let price = r#"{"id": "e1", "type": "price.changed", "data": {"sku": "A", "price": "2.49"}}"#;
        let same = r#"{"data":{"price":"2.49","sku":"A"},"type":"price.changed","id":"e1"}"#;
        let told = read(format!("{{\"events\": [{price}, {same}]}}").as_bytes()).unwrap();
        assert_eq!((told.len(), told[0].event.id(), told[0].event.kind()), (1, "e1", HookKind::PriceChanged));
        let other = price.replace("2.49", "2.50");
        assert_ne!(read(format!("{{\"events\": [{other}]}}").as_bytes()).unwrap()[0].hash, told[0].hash);
    }

    #[test]
    fn names_the_event_that_is_wrong() {
        let fine =
            json!({"id": "a", "type": "stock.counted", "data": {"store": "main", "sku": "A", "quantity": 3}});
        let mut unknown = fine.clone();
        unknown["data"]["colour"] = "red".into();
        let mut beside = fine.clone();
        beside["extra"] = 1.into();
        let mut again = fine.clone();
        again["data"]["quantity"] = 4.into();
        let odd_kind = json!({"id": "b", "type": "sale.made", "data": {}});
        let nameless = json!({"id": "", "type": "stock.counted", "data": {"store": "main", "quantity": 3}});
        let far = json!({"id": "c", "type": "price.changed", "data": {"sku": "A", "price": "1", "valid_from_ms": -1}});
        for (second, part) in [
            (unknown, "colour"),
            (beside, "extra"),
            (again, "twice"),
            (odd_kind, "sale.made"),
            (nameless, "`id`"),
            (far, "valid_from_ms"),
        ] {
            let problem = problem_with(&json!([fine, second]));
            assert!(problem.contains("event 2") && problem.contains(part), "{problem}");
        }
        assert!(problem_with(&json!([])).contains("1 to 1000"));
    }
}
