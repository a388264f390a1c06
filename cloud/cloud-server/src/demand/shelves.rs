//! Days on which a shelf was empty, from what the stock ledger says.
//!
//! Whoever never books goods in has balances that say nothing, so shelves are known from the first day on which goods came or were
//! counted; and a day on which more was sold than was there shows that the ledger was wrong about it, not that the shelf was empty. So
//! does a count that finds more than the ledger says: since goods came last they were there, unseen. What is thrown away or sent to
//! another store was not sold, but it was there to be: a day that ends with it is none on which the shelf ran out.

use std::collections::BTreeMap;

use cloud_store::StockReason;

/// What a shelf was like on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    /// Something was there all day, or nobody knows otherwise.
    Stocked,
    /// What was there was sold before the day was over.
    RanOut,
    /// Nothing was there, all day.
    Empty,
}

/// What changed on a shelf on a day beside what was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Booked {
    /// Came from suppliers or other stores.
    came: i64,
    /// Was thrown away, or went to other stores.
    taken: i64,
    /// Was found or missed when somebody counted; below zero where it was missed.
    put_right: i64,
}

impl Booked {
    /// Takes up one change.
    pub(super) fn add(&mut self, reason: StockReason, change: i64) {
        match reason {
            StockReason::Delivery | StockReason::TransferIn => self.came += change,
            StockReason::Waste | StockReason::TransferOut => self.taken -= change,
            StockReason::Opening | StockReason::Correction => self.put_right += change,
            // Sales are looked at beside this.
            StockReason::Sale => {}
        }
    }

    /// By how much it changed the balance.
    fn sum(self) -> i64 {
        self.came.saturating_sub(self.taken).saturating_add(self.put_right)
    }

    /// Whether the ledger knows from here on what is there.
    fn tells(self) -> bool {
        self.came != 0 || self.put_right != 0
    }
}

/// Shelves of the days from `first` to `last`, from the balance at the end of `last`, what was sold on each day and what else changed.
pub(super) fn shelves(
    (first, last): (i64, i64),
    balance: i64,
    sold: &BTreeMap<i64, i64>,
    booked: &BTreeMap<i64, Booked>,
) -> Vec<Shelf> {
    let Some((known_from, _)) = booked.iter().find(|(_, booked)| booked.tells()) else {
        return vec![Shelf::Stocked; usize::try_from(last - first + 1).unwrap_or(0)];
    };
    let mut found = Vec::new();
    let mut evening = balance;
    // Whether a later count found more than the ledger said, and no goods came in between.
    let mut unseen = false;
    // Backwards: what was there in the evening and what happened say what was there in the morning.
    for day in (first..=last).rev() {
        let (out, booked) =
            (sold.get(&day).copied().unwrap_or(0), booked.get(&day).copied().unwrap_or_default());
        let other = booked.sum();
        let morning = evening.saturating_add(out).saturating_sub(other);
        unseen |= booked.put_right > 0;
        found.push(match () {
            () if day < *known_from => Shelf::Stocked,
            () if unseen => Shelf::Stocked,
            () if out == 0 && morning <= 0 && evening <= 0 && other <= 0 => Shelf::Empty,
            () if out > 0 && evening == 0 && booked.taken <= 0 => Shelf::RanOut,
            () => Shelf::Stocked,
        });
        unseen &= booked.came <= 0;
        evening = morning;
    }
    found.reverse();
    found
}

impl Shelf {
    /// On which part of the day something was there, as far as anybody knows: when it ran out nobody wrote down.
    pub(super) fn part_in_stock(self) -> f64 {
        match self {
            Self::Stocked => 1.0,
            Self::RanOut => 0.5,
            Self::Empty => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(count: i64) -> Booked {
        Booked { came: count, ..Booked::default() }
    }

    #[test]
    fn a_shelf_is_empty_between_the_last_piece_and_the_next_delivery() {
        let sold = BTreeMap::from([(1, 3), (2, 2), (5, 4)]);
        let booked = BTreeMap::from([(0, came(5)), (5, came(6))]);
        let found = shelves((0, 6), 2, &sold, &booked);
        use Shelf::{Empty, RanOut, Stocked};
        assert_eq!(found, [Stocked, Stocked, RanOut, Empty, Empty, Stocked, Stocked]);
    }

    #[test]
    fn a_ledger_without_bookings_says_nothing() {
        let sold = BTreeMap::from([(1, 3)]);
        assert_eq!(shelves((0, 3), -3, &sold, &BTreeMap::new()), [Shelf::Stocked; 4]);
    }

    #[test]
    fn selling_below_zero_is_a_wrong_ledger_and_no_empty_shelf() {
        let sold = BTreeMap::from([(1, 3), (2, 1)]);
        let booked = BTreeMap::from([(0, came(2))]);
        assert_eq!(shelves((0, 3), -2, &sold, &booked)[1..3], [Shelf::Stocked; 2]);
    }

    #[test]
    fn what_is_thrown_away_or_sent_on_was_there_to_be_sold() {
        let sold = BTreeMap::from([(1, 2)]);
        let taken = Booked { taken: 3, ..Booked::default() };
        let booked = BTreeMap::from([(0, came(5)), (1, taken)]);
        use Shelf::{Empty, Stocked};
        assert_eq!(shelves((0, 3), 0, &sold, &booked), [Stocked, Stocked, Empty, Empty]);
        let taken_alone = BTreeMap::from([(1, taken)]);
        assert_eq!(shelves((0, 3), -5, &sold, &taken_alone), [Stocked; 4], "nobody ever booked goods in");
    }

    #[test]
    fn a_count_that_finds_more_says_that_the_shelf_was_not_empty_and_is_no_delivery() {
        let sold = BTreeMap::from([(1, 5), (7, 2)]);
        let found = Booked { put_right: 2, ..Booked::default() };
        let booked = BTreeMap::from([(0, came(5)), (4, came(0)), (6, found)]);
        use Shelf::{Empty, RanOut, Stocked};
        assert_eq!(shelves((0, 8), 0, &sold, &booked)[..7], [Stocked; 7], "two were there, unseen");
        let booked = BTreeMap::from([(0, came(5)), (4, came(1)), (6, found)]);
        let sold = BTreeMap::from([(1, 5), (4, 1), (7, 2)]);
        let found = shelves((0, 8), 0, &sold, &booked);
        assert_eq!(found, [Stocked, RanOut, Empty, Empty, Stocked, Stocked, Stocked, RanOut, Empty]);
    }

    #[test]
    fn reasons_are_told_apart() {
        let mut booked = Booked::default();
        for (reason, change) in [
            (StockReason::Delivery, 10),
            (StockReason::TransferIn, 2),
            (StockReason::Waste, -3),
            (StockReason::TransferOut, -4),
            (StockReason::Correction, -1),
            (StockReason::Sale, -5),
        ] {
            booked.add(reason, change);
        }
        assert_eq!(booked, Booked { came: 12, taken: 7, put_right: -1 });
        assert_eq!(booked.sum(), 4);
    }
}
