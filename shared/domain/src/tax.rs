//! Tax by rate, in integers.

use std::collections::BTreeMap;

use crate::ids::TaxCode;
use crate::money::{Currency, Money, MoneyError, Rounding};

/// A tax rate in basis points: 1900 is 19 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaxRate {
    /// Hundredths of a percent.
    pub basis_points: u32,
}

/// The rates of a shop and whether its prices contain them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxTable {
    /// Rate by code.
    pub rates: BTreeMap<TaxCode, TaxRate>,
    /// True where shelf prices contain the tax (Europe), false where it is added at the till (USA).
    pub inclusive: bool,
}

/// The tax of all lines of one code and rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxLine {
    /// The category.
    pub code: TaxCode,
    /// The rate at sale time.
    pub rate: TaxRate,
    /// The amount without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// `net + tax`.
    pub gross: Money,
}

/// What is owed and how it is made up. Always `gross = net + tax`, and each is the sum over `taxes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Without tax.
    pub net: Money,
    /// All tax.
    pub tax: Money,
    /// What is paid.
    pub gross: Money,
    /// One row per code and rate, in order of code, then rate.
    pub taxes: Vec<TaxLine>,
}

/// Sums line amounts by tax code and rate; the tax is computed and rounded once per row, half up, as EN 16931
/// (BR-CO-17) has it, not per line.
pub fn totals<'a>(
    currency: Currency,
    inclusive: bool,
    lines: impl IntoIterator<Item = (&'a TaxCode, TaxRate, Money)>,
) -> Result<Totals, MoneyError> {
    let mut by_rate: BTreeMap<(&TaxCode, TaxRate), Money> = BTreeMap::new();
    for (code, rate, amount) in lines {
        let sum = by_rate.entry((code, rate)).or_insert(Money::zero(currency));
        *sum = sum.plus(amount)?;
    }
    let mut taxes = Vec::with_capacity(by_rate.len());
    for ((code, rate), amount) in by_rate {
        taxes.push(tax_line(code.clone(), rate, amount, inclusive)?);
    }
    Ok(Totals {
        net: Money::sum(currency, taxes.iter().map(|t| t.net))?,
        tax: Money::sum(currency, taxes.iter().map(|t| t.tax))?,
        gross: Money::sum(currency, taxes.iter().map(|t| t.gross))?,
        taxes,
    })
}

fn tax_line(code: TaxCode, rate: TaxRate, amount: Money, inclusive: bool) -> Result<TaxLine, MoneyError> {
    let points = i64::from(rate.basis_points);
    let (net, tax, gross) = if inclusive {
        let tax = amount.scaled(points, 10_000 + points, Rounding::HalfUp)?;
        (amount.minus(tax)?, tax, amount)
    } else {
        let tax = amount.scaled(points, 10_000, Rounding::HalfUp)?;
        (amount, tax, amount.plus(tax)?)
    };
    Ok(TaxLine { code, rate, net, tax, gross })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur() -> Currency {
        Currency::new("EUR").unwrap()
    }

    #[test]
    fn takes_tax_out_of_or_adds_it_to_the_prices() {
        let (low, high) = (TaxCode::new("vat7").unwrap(), TaxCode::new("vat19").unwrap());
        let (rate7, rate19) = (TaxRate { basis_points: 700 }, TaxRate { basis_points: 1900 });
        let lines = [(&high, rate19, 1190), (&low, rate7, 107), (&high, rate19, 5)];
        let lines = lines.map(|(code, rate, minor)| (code, rate, Money::new(minor, eur())));
        let inclusive = totals(eur(), true, lines).unwrap();
        assert_eq!((inclusive.net.minor, inclusive.tax.minor, inclusive.gross.minor), (1104, 198, 1302));
        let exclusive = totals(eur(), false, lines).unwrap();
        assert_eq!((exclusive.net.minor, exclusive.tax.minor, exclusive.gross.minor), (1302, 234, 1536));
        assert_eq!(exclusive.taxes.iter().map(|t| t.code.as_str()).collect::<Vec<_>>(), ["vat19", "vat7"]);
    }

    proptest! {
        #[test]
        fn gross_is_net_plus_tax(
            amounts in prop::collection::vec((0_u32..4, -100_000_i64..100_000), 0..20),
            inclusive in any::<bool>(),
        ) {
            let code = TaxCode::new("t").unwrap();
            let lines = amounts.iter().map(|&(r, m)| (&code, TaxRate { basis_points: r * 550 }, Money::new(m, eur())));
            let t = totals(eur(), inclusive, lines).unwrap();
            prop_assert_eq!(t.net.plus(t.tax).unwrap(), t.gross);
            let sum: i64 = amounts.iter().map(|&(_, m)| m).sum();
            prop_assert_eq!(if inclusive { t.gross.minor } else { t.net.minor }, sum);
        }
    }
}
