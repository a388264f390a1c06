//! What a shop sold on the days before today.

use domain::ids::{PaymentId, SaleId, Uuid};
use domain::product::Product;
use domain::quantity::{Measure, Quantity};
use domain::sale::{Sale, TillRef};
use domain::time::WallMs;
use edge_daemon::clock::DayRule;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use testkit::build;

const DAY_MS: i64 = 86_400_000;
/// The shop opens at eight and closes at eight.
const OPENS_MS: i64 = 8 * 3_600_000;
const OPEN_MS: i64 = 12 * 3_600_000;
/// Shoppers on a usual day.
const SHOPPERS: f64 = 26.0;
/// How many come on each day of the week, Monday first, against a usual day.
const WEEK: [f64; 7] = [0.85, 0.8, 0.9, 0.95, 1.25, 1.5, 0.6];
/// How much more of what becomes popular is bought at the end than at the beginning.
const TREND: f64 = 0.6;
/// How long a shopper takes, in milliseconds.
const BASKET_MS: i64 = 70_000;

/// How a product sells.
struct Habit<'a> {
    product: &'a Product,
    /// How many of a hundred shoppers take it.
    percent: f64,
    /// Whether it becomes popular (above zero) or goes out of fashion.
    trend: f64,
    /// How much more it sells from Friday to Sunday.
    weekend: f64,
}

/// Sales of a till on the `days` days before the one of `now`, oldest first; equal seeds sell alike.
pub(super) fn sales(
    products: &[Product],
    till: &TillRef,
    (now, days): (WallMs, u32),
    seed: u64,
) -> anyhow::Result<Vec<Sale>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let habits: Vec<Habit<'_>> =
        // Staff approve an age at the till; nobody did for a till that is made up.
        products.iter().filter(|product| product.age_limit.is_none()).map(|product| habit(product, &mut rng)).collect();
    let rule = DayRule::new("UTC", 0)?;
    let today = now.0.div_euclid(DAY_MS);
    let mut sales = Vec::new();
    for day in today - i64::from(days)..today {
        let weekday = usize::try_from((day + 3).rem_euclid(7))?;
        // How far the past has come, from 0 to 1.
        let part = 1.0 - (today - day) as f64 / f64::from(days);
        let shoppers = (SHOPPERS * WEEK[weekday] * rng.random_range(0.85..1.15)).round() as i64;
        for shopper in 0..shoppers {
            let items = basket(&habits, (part, weekday), &mut rng);
            if items.is_empty() {
                continue;
            }
            let completed_at = WallMs(day * DAY_MS + OPENS_MS + OPEN_MS * (shopper + 1) / (shoppers + 1));
            let mut sale = build::sale(sales.len() as u64 + 1, &items);
            sale.id = SaleId(Uuid::now_v7());
            sale.till = till.clone();
            sale.started_at = WallMs(completed_at.0 - BASKET_MS);
            sale.completed_at = completed_at;
            sale.business_day = rule.day_of(completed_at);
            sale.tenders.iter_mut().for_each(|tender| tender.payment = PaymentId(Uuid::now_v7()));
            sales.push(sale);
        }
    }
    Ok(sales)
}

fn habit<'a>(product: &'a Product, rng: &mut ChaCha8Rng) -> Habit<'a> {
    // Few things are in every second basket, most are in few: squares make it so.
    let rank: f64 = rng.random();
    let trend = match rng.random_range(0..6) {
        0 => TREND,
        1 => -TREND / 2.0,
        _ => 0.0,
    };
    Habit { product, percent: 2.0 + 22.0 * rank * rank, trend, weekend: rng.random_range(0.8..1.7) }
}

fn basket<'a>(
    habits: &[Habit<'a>],
    (part, weekday): (f64, usize),
    rng: &mut ChaCha8Rng,
) -> Vec<(&'a Product, Quantity)> {
    let mut items = Vec::new();
    for habit in habits {
        let weekend = if weekday >= 4 { habit.weekend } else { 1.0 };
        let share = habit.percent / 100.0 * (1.0 + habit.trend * part) * weekend;
        if rng.random::<f64>() >= share {
            continue;
        }
        let quantity = match habit.product.price.per {
            Measure::Piece => Quantity::Pieces([1, 1, 1, 2, 2, 3][rng.random_range(0..6)]),
            Measure::Kilogram => Quantity::Grams(rng.random_range(30..140) * 10),
        };
        items.push((habit.product, quantity));
    }
    items
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sync_core::sale_document;

    use super::*;

    #[test]
    fn a_past_is_sound_ends_yesterday_and_has_weeks() {
        let products: Vec<Product> = (0..20)
            .map(|number| match number % 2 {
                0 => build::piece(&format!("bread-{number}"), 250),
                _ => build::by_weight(&format!("plum-{number}"), 399),
            })
            .collect();
        let now = WallMs(1_795_420_800_000);
        let sold = sales(&products, &build::till(), (now, 28), 7).unwrap();
        let mut ids = BTreeSet::new();
        for sale in &sold {
            assert_eq!(sale_document::problem_with(sale, &build::till(), true), None);
            assert!(sale.completed_at.0 < now.0 && ids.insert(sale.id));
        }
        assert!(sold.is_sorted_by_key(|sale| sale.completed_at.0));
        let on = |weekday: i64| {
            sold.iter()
                .filter(|sale| (sale.completed_at.0.div_euclid(DAY_MS) + 3).rem_euclid(7) == weekday)
                .count()
        };
        assert!(on(5) > on(1) && on(1) > 0, "{} on Saturdays, {} on Tuesdays", on(5), on(1));
    }
}
