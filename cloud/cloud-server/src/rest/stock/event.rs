//! What others are told of stock: the payloads of the topic `stock_changes`. The key is what was done, so that its steps keep their order.

use cloud_core::ledger::{Movement, StockKey};
use cloud_store::{Actor, CountSums, NewEvent, StockCount, StockTransfer, StockWaste};
use domain::ids::StoreId;
use domain::time::WallMs;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::unit_word;

/// Changes of stock that are no sale and no delivery.
pub(crate) const STOCK_TOPIC: &str = "stock_changes";

/// Who did what, and when.
#[derive(Clone, Copy)]
pub(super) struct Done<'a> {
    pub(super) by: &'a Actor,
    pub(super) now: WallMs,
}

impl Done<'_> {
    fn event(self, kind: &str, key: &str, what: &Value) -> NewEvent {
        // A moment that the calendar does not have cannot come from a clock.
        let at = Timestamp::from_millisecond(self.now.0).unwrap_or(Timestamp::UNIX_EPOCH).to_string();
        let payload = json!({
            "event_id": Uuid::now_v7().to_string(),
            "event_timestamp": at,
            "type": kind,
            "made_by": self.by.to_string(),
            "data": what,
        });
        NewEvent {
            topic: STOCK_TOPIC.to_owned(),
            key: key.to_owned(),
            payload: payload.to_string().into_bytes(),
        }
    }

    pub(super) fn corrected(self, store: &StoreId, movement: &Movement) -> NewEvent {
        let Movement { key, change } = movement;
        let what = json!({"store": store.as_str(), "product": key.product.as_str(), "unit": unit_word(key.unit), "change": change});
        self.event("stock.corrected", &thing(store, key), &what)
    }

    pub(super) fn wasted(self, store: &StoreId, waste: &StockWaste) -> NewEvent {
        let StockWaste { key, quantity, reason, cost_minor, price_minor, currency } = waste;
        let what = json!({
            "store": store.as_str(),
            "product": key.product.as_str(),
            "unit": unit_word(key.unit),
            "quantity": quantity,
            "reason": reason.as_str(),
            "cost_minor": cost_minor,
            "price_minor": price_minor,
            "currency": currency.code(),
        });
        self.event("stock.wasted", &thing(store, key), &what)
    }

    pub(super) fn counted(self, count: &StockCount, sums: &CountSums) -> NewEvent {
        let what = json!({
            "count": count.id.to_string(),
            "store": count.store.as_str(),
            "scope": count.scope,
            "lines": sums.lines,
            "counted": sums.counted,
            "different": sums.different,
            "short_minor": sums.short_minor,
            "over_minor": sums.over_minor,
            "currency": count.currency.code(),
        });
        self.event("stock.counted", &count.id.to_string(), &what)
    }

    pub(super) fn transferred(self, transfer: &StockTransfer) -> NewEvent {
        let line = |line: &cloud_store::TransferLine| {
            json!({
                "product": line.key.product.as_str(),
                "unit": unit_word(line.key.unit),
                "quantity": line.quantity,
                "received": line.received,
                "settled_as": line.settled_as.map(cloud_store::MissingGoods::as_str),
            })
        };
        let what = json!({
            "transfer": transfer.id.to_string(),
            "from": transfer.from.as_str(),
            "to": transfer.to.as_str(),
            "state": transfer.state.as_str(),
            "lines": transfer.lines.iter().map(line).collect::<Vec<_>>(),
        });
        self.event("stock.transferred", &transfer.id.to_string(), &what)
    }
}

fn thing(store: &StoreId, key: &StockKey) -> String {
    format!("{store}/{}", key.product)
}
