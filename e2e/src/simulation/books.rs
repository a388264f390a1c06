//! What really happened: kept outside the simulated disks, so that it survives whatever happens to them.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{ProductId, SaleId};
use domain::quantity::Quantity;
use domain::sale::Sale;
use domain::time::BusinessDay;
use sync_core::chain::Hash;

/// Sums per till and day, in minor units.
pub(super) type DaySums = BTreeMap<(usize, BusinessDay), i64>;
/// What lies on the shelves, in pieces or grams.
pub(super) type Stock = BTreeMap<ProductId, i64>;

/// The books of a world.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// Every sale that a till put into its journal, sound ones by id.
    pub(super) sold: BTreeMap<SaleId, SoldSale>,
    /// The payloads of everything else that a till journalled.
    pub(super) unsound: BTreeSet<Hash>,
    /// Payloads under an id that another sale has.
    pub(super) conflicting: BTreeSet<Hash>,
    /// What the tills were told is kept for good.
    pub(super) acked: BTreeSet<Hash>,
}

/// A sale as its till made it.
#[derive(Debug)]
pub(super) struct SoldSale {
    pub(super) till: usize,
    pub(super) payload: Hash,
    pub(super) sale: Sale,
    /// A till's disk went back to before it was acked: nobody has it any more unless the cloud does.
    pub(super) may_be_lost: bool,
}

/// What a sale takes off the shelves.
pub(super) fn take_off(stock: &mut Stock, sale: &Sale) {
    for line in &sale.lines {
        let amount = match line.quantity {
            Quantity::Pieces(pieces) => i64::from(pieces),
            Quantity::Grams(grams) => i64::from(grams),
        };
        *stock.entry(line.product.clone()).or_default() -= amount;
    }
}
