//! The stock ledger: every change of stock is a movement, and a balance is the sum of them.
//!
//! Stock of one product in one store is counted in pieces or weighed in grams. A product that was sold both ways, because
//! its price changed from one to the other, has a balance of each; they are never converted.
//!
//! What always holds: balance = openings and deliveries - lines sold + corrections - waste + what came from other stores - what went to
//! them. Overselling makes a balance negative; that is a fact to show, never an error: the goods have left the shop.

use std::collections::BTreeMap;

use domain::ids::ProductId;
use domain::quantity::Quantity;
use domain::sale::Sale;
use thiserror::Error;

/// What stock is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StockUnit {
    /// Whole pieces.
    Piece,
    /// Whole grams.
    Gram,
}

/// What is counted: a product, in one unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StockKey {
    /// The product.
    pub product: ProductId,
    /// Pieces or grams of it.
    pub unit: StockUnit,
}

/// A change of stock: positive came in, negative went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Of what.
    pub key: StockKey,
    /// How many pieces or grams.
    pub change: i64,
}

/// A balance beyond what 64 bits hold: nothing that a shop has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the stock of `{product}` is too large to count: check the quantities of its movements")]
pub struct StockOverflow {
    /// The product.
    pub product: ProductId,
}

/// What there is of each thing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Balances(BTreeMap<StockKey, i64>);

impl StockKey {
    /// What a quantity of a product is counted as, and how many of it.
    pub fn of(product: &ProductId, quantity: Quantity) -> (Self, i64) {
        let (unit, count) = match quantity {
            Quantity::Pieces(count) => (StockUnit::Piece, count),
            Quantity::Grams(grams) => (StockUnit::Gram, grams),
        };
        (Self { product: product.clone(), unit }, i64::from(count))
    }
}

/// What a sale took out: one movement for each product and unit, in order; lines of one product are taken together.
pub fn movements(sale: &Sale) -> Vec<Movement> {
    let mut sold: BTreeMap<StockKey, i64> = BTreeMap::new();
    for line in &sale.lines {
        let (key, count) = StockKey::of(&line.product, line.quantity);
        // A sale has fewer than 2^31 lines of less than 2^32 each: the sum fits.
        *sold.entry(key).or_default() -= count;
    }
    sold.into_iter().map(|(key, change)| Movement { key, change }).collect()
}

impl Balances {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies movements: all of them, or none where one does not fit.
    pub fn apply(&mut self, movements: &[Movement]) -> Result<(), StockOverflow> {
        let mut after: BTreeMap<&StockKey, i64> = BTreeMap::new();
        for Movement { key, change } in movements {
            let before = after.get(key).copied().unwrap_or_else(|| self.of(key));
            let sum = before.checked_add(*change);
            after.insert(key, sum.ok_or_else(|| StockOverflow { product: key.product.clone() })?);
        }
        self.0.extend(after.into_iter().map(|(key, balance)| (key.clone(), balance)));
        Ok(())
    }

    /// What there is of a thing; zero where it was never counted.
    pub fn of(&self, key: &StockKey) -> i64 {
        self.0.get(key).copied().unwrap_or(0)
    }

    /// Everything that was ever counted, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&StockKey, i64)> {
        self.0.iter().map(|(key, balance)| (key, *balance))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use testkit::build;

    use super::*;

    fn key(name: &str, unit: StockUnit) -> StockKey {
        StockKey { product: ProductId::new(name).unwrap(), unit }
    }

    #[test]
    fn a_sale_takes_each_product_out_once() {
        let (apple, milk) = (build::by_weight("apple", 300), build::piece("milk", 99));
        let sold =
            [(&milk, Quantity::Pieces(2)), (&apple, Quantity::Grams(500)), (&milk, Quantity::Pieces(1))];
        let expected = [(key("apple", StockUnit::Gram), -500), (key("milk", StockUnit::Piece), -3)];
        let expected = expected.map(|(key, change)| Movement { key, change });
        assert_eq!(movements(&build::sale(1, &sold)), expected);
    }

    #[test]
    fn movements_that_do_not_fit_change_nothing() {
        let mut balances = Balances::new();
        let movement = |name, change| Movement { key: key(name, StockUnit::Piece), change };
        balances.apply(&[movement("milk", i64::MAX)]).unwrap();
        let error = balances.apply(&[movement("bread", 5), movement("milk", 1)]).unwrap_err();
        assert_eq!(error.product.as_str(), "milk");
        assert_eq!(balances.of(&key("bread", StockUnit::Piece)), 0);
        assert_eq!(balances.iter().len(), 1);
    }

    proptest! {
        #[test]
        fn a_balance_is_its_opening_minus_the_lines(
            openings in prop::collection::vec((0_usize..3, any::<bool>(), -1_000_i64..1_000), 0..6),
            lines in prop::collection::vec((0_usize..3, 1_u32..5_000), 1..20),
            sales in 1_u64..5,
        ) {
            let products = [build::piece("milk", 99), build::by_weight("apple", 300), build::piece("bread", 150)];
            let unit = |product: usize| if product == 1 { StockUnit::Gram } else { StockUnit::Piece };
            let mut balances = Balances::new();
            let mut expected: BTreeMap<StockKey, i64> = BTreeMap::new();
            for (product, other_unit, count) in openings {
                let unit = if other_unit { StockUnit::Gram } else { unit(product) };
                let key = StockKey { product: products[product].id.clone(), unit };
                *expected.entry(key.clone()).or_default() += count;
                balances.apply(&[Movement { key, change: count }]).unwrap();
            }
            for number in 0..sales {
                let sold: Vec<_> = lines.iter().map(|&(product, count)| {
                    let quantity = if product == 1 { Quantity::Grams(count) } else { Quantity::Pieces(count) };
                    *expected.entry(StockKey::of(&products[product].id, quantity).0).or_default() -= i64::from(count);
                    (&products[product], quantity)
                }).collect();
                balances.apply(&movements(&build::sale(number, &sold))).unwrap();
            }
            prop_assert_eq!(balances.0, expected);
        }
    }
}
