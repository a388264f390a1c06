//! Tells of products of which too little is left to last until goods can come.

use std::collections::BTreeSet;

use cloud_core::ledger::{StockKey, StockUnit};
use cloud_demand::replenish::propose::Proposal as Line;
use cloud_demand::replenish::terms::{Demand, Item};
use cloud_store::{NewNotice, NoticeEvent, ReorderPoint, Severity, Store, StoreError, StoreInfo};
use domain::time::WallMs;
use serde_json::json;

use super::needs::{Goods, Needs};

/// Products of one store that are told of at once: more are a shop that counts nothing.
const TOLD_MAX: usize = 100;

/// Raises a notice for each product of which little is left, and settles those of products of which enough is there again.
pub(super) async fn tell(
    store: &Store,
    shop: &StoreInfo,
    needs: &Needs,
    lines: &[Line],
    now: WallMs,
) -> Result<(), StoreError> {
    let mut low: BTreeSet<String> = BTreeSet::new();
    let today = needs.request.today;
    for ((goods, item), line) in needs.goods.iter().zip(&needs.request.items).zip(lines) {
        let Some(least) = least(goods, item, line.arrives.unwrap_or(today), today) else { continue };
        // Of what was never counted, or oversold, the ledger knows nothing.
        if goods.on_hand < 0 || goods.available() >= least || low.len() >= TOLD_MAX {
            continue;
        }
        let key = format!("{}/{}", shop.id, goods.product.product.id);
        store.raise_notice(&shop.org, &notice(shop, goods, least, key.clone()), now).await?;
        low.insert(key);
    }
    let event = NoticeEvent::LowStock;
    for key in store.open_notice_keys(&shop.org, &shop.id, event).await? {
        if !low.contains(&key) {
            store.settle_notice(&shop.org, event, &key, now).await?;
        }
    }
    Ok(())
}

/// How many of each product have to be there, which is when people are told, for those who look at the stock.
pub(super) fn reorder_points(needs: &Needs, lines: &[Line]) -> Vec<ReorderPoint> {
    let today = needs.request.today;
    let of = |((goods, item), line): ((&Goods, &Item), &Line)| {
        let least = least(goods, item, line.arrives.unwrap_or(today), today)?;
        let key = StockKey { product: goods.product.product.id.clone(), unit: goods.unit };
        Some(ReorderPoint { key, quantity: u64::try_from(least).ok()? })
    };
    needs.goods.iter().zip(&needs.request.items).zip(lines).filter_map(of).collect()
}

/// What has to be there for the shelf not to be empty before the next goods: those on their way, or those ordered today.
fn least(goods: &Goods, item: &Item, arrives: i64, today: i64) -> Option<i64> {
    match &item.demand {
        Demand::ReorderPoint { minimum, .. } => Some(*minimum),
        Demand::Forecast(forecast) => {
            let soonest = item.stock.incoming.iter().map(|one| one.day).filter(|day| *day >= today).min();
            let until = soonest.map_or(arrives, |day| day.min(arrives)).max(today + 1);
            let days = usize::try_from(until - today).unwrap_or(0).min(forecast.mean.len());
            let expected: f64 = forecast.mean[..days].iter().sum();
            let expected = (expected * f64::from(item.units_per_forecast)).round() as i64;
            let minimum = goods.rule.stock_min.map_or(0, |least| i64::try_from(least).unwrap_or(i64::MAX));
            Some(expected.max(minimum)).filter(|least| *least > 0)
        }
    }
}

fn notice(shop: &StoreInfo, goods: &Goods, least: i64, key: String) -> NewNotice {
    let product = &goods.product.product;
    let told = |quantity: i64| match goods.unit {
        StockUnit::Piece => quantity.to_string(),
        StockUnit::Gram => format!("{} kg", quantity as f64 / 1_000.0),
    };
    NewNotice {
        store: Some(shop.id.clone()),
        event: NoticeEvent::LowStock,
        severity: Severity::Warning,
        key,
        data: json!({
            "store": shop.details.name,
            "product": product.name.get("en"),
            "product_id": product.id.as_str(),
            "on_hand": told(goods.available().max(0)),
            "minimum": told(least),
        }),
    }
}
