//! Days on which a shelf was empty, from what the stock ledger says.
//!
//! Whoever never books goods in has balances that say nothing, so shelves are known from the first booking on alone; and a day on which
//! more was sold than was there shows that the ledger was wrong about it, not that the shelf was empty.

use std::collections::BTreeMap;

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

/// Shelves of the days from `first` to `last`, from the balance at the end of `last`, what was sold on each day and what else changed.
pub(super) fn shelves(
    (first, last): (i64, i64),
    balance: i64,
    sold: &BTreeMap<i64, i64>,
    booked: &BTreeMap<i64, i64>,
) -> Vec<Shelf> {
    let Some(known_from) = booked.keys().next() else {
        return vec![Shelf::Stocked; usize::try_from(last - first + 1).unwrap_or(0)];
    };
    let mut found = Vec::new();
    let mut evening = balance;
    // Backwards: what was there in the evening and what happened say what was there in the morning.
    for day in (first..=last).rev() {
        let (out, other) = (sold.get(&day).copied().unwrap_or(0), booked.get(&day).copied().unwrap_or(0));
        let morning = evening.saturating_add(out).saturating_sub(other);
        found.push(match () {
            () if day < *known_from => Shelf::Stocked,
            () if out == 0 && morning <= 0 && evening <= 0 && other <= 0 => Shelf::Empty,
            () if out > 0 && evening == 0 => Shelf::RanOut,
            () => Shelf::Stocked,
        });
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

    #[test]
    fn a_shelf_is_empty_between_the_last_piece_and_the_next_delivery() {
        let sold = BTreeMap::from([(1, 3), (2, 2), (5, 4)]);
        let booked = BTreeMap::from([(0, 5), (5, 6)]);
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
        let booked = BTreeMap::from([(0, 2)]);
        assert_eq!(shelves((0, 3), -2, &sold, &booked)[1..3], [Shelf::Stocked; 2]);
    }
}
