//! How much of a product: whole pieces or whole grams, and what that costs.

use std::fmt;

use thiserror::Error;

use crate::money::{Money, MoneyError, Rounding};

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// One piece.
    Piece,
    /// One kilogram.
    Kilogram,
}

/// How much: whole pieces or whole grams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// A count of pieces.
    Pieces(u32),
    /// A net weight in grams.
    Grams(u32),
}

/// Why a line could not be priced.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PriceError {
    /// A weight for a piece price, or the reverse.
    #[error("a price per {price} cannot be applied to {quantity}")]
    MeasureMismatch {
        /// What the price is for.
        price: Measure,
        /// What was counted or weighed.
        quantity: Quantity,
    },
    /// The amount could not be computed.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// A price and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnitPrice {
    /// The price of one [`Measure`].
    pub amount: Money,
    /// Per piece or per kilogram.
    pub per: Measure,
}

impl UnitPrice {
    /// What `quantity` costs, the line rounded as named. A weight is priced as grams times price per kilogram over 1000.
    pub fn line_amount(&self, quantity: Quantity, rounding: Rounding) -> Result<Money, PriceError> {
        match (self.per, quantity) {
            (Measure::Piece, Quantity::Pieces(count)) => Ok(self.amount.scaled(count.into(), 1, rounding)?),
            (Measure::Kilogram, Quantity::Grams(grams)) => {
                Ok(self.amount.scaled(grams.into(), 1000, rounding)?)
            }
            (price, quantity) => Err(PriceError::MeasureMismatch { price, quantity }),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Piece => "piece",
            Self::Kilogram => "kg",
        })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pieces(count) => write!(f, "{count} pcs"),
            Self::Grams(grams) => write!(f, "{}.{:03} kg", grams / 1000, grams % 1000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn prices_pieces_and_grams() {
        let eur = Currency::new("EUR").unwrap();
        let price = |minor, per| UnitPrice { amount: Money::new(minor, eur), per };
        let amount = |p: UnitPrice, q| p.line_amount(q, Rounding::HalfUp).map(|m| m.minor);
        assert_eq!(amount(price(199, Measure::Piece), Quantity::Pieces(3)), Ok(597));
        assert_eq!(amount(price(249, Measure::Kilogram), Quantity::Grams(1500)), Ok(374), "373.5 rounds up");
        assert_eq!(amount(price(249, Measure::Kilogram), Quantity::Grams(1)), Ok(0));
        assert!(amount(price(249, Measure::Kilogram), Quantity::Pieces(1)).is_err());
        assert_eq!(Quantity::Grams(1052).to_string(), "1.052 kg");
    }
}
