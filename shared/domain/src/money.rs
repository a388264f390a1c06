//! Money as integer minor units with its currency.

use std::fmt;

use thiserror::Error;

/// An ISO 4217 currency code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Why an amount could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Not three capital letters.
    #[error("`{0}` is not a currency code: use three capital letters of ISO 4217, for example `EUR`")]
    BadCurrency(String),
    /// Two currencies in one sum.
    #[error("cannot combine {0} with {1}")]
    CurrencyMismatch(Currency, Currency),
    /// Beyond what 64 bits of minor units hold.
    #[error("the amount is too large to represent")]
    Overflow,
    /// Not a decimal number of this currency.
    #[error(
        "`{0}` is not an amount of {1}: write digits with at most {2} after the point, for example `{3}`"
    )]
    BadAmount(String, Currency, u32, &'static str),
}

impl Currency {
    /// Checks the shape of a code; whether it is in circulation is the shop's affair.
    pub fn new(code: &str) -> Result<Self, MoneyError> {
        match code.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(MoneyError::BadCurrency(code.chars().take(8).collect())),
        }
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("checked to be ASCII when made")
    }

    /// Digits after the point (ISO 4217 minor unit).
    pub fn exponent(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount: minor units (cents, kopecks) of one currency. May be negative (a return).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// The amount in minor units.
    pub minor: i64,
    /// The currency of the amount.
    pub currency: Currency,
}

impl Money {
    /// An amount from its minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Sum; fails on two currencies or overflow.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// Difference; fails on two currencies or overflow.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// Sum of many; zero of `currency` when there are none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// `self * numerator / denominator`, rounded as named.
    ///
    /// # Panics
    /// When `denominator` is not positive: that is a constant of the caller, never data.
    pub fn scaled(self, numerator: i64, denominator: i64, rounding: Rounding) -> Result<Self, MoneyError> {
        assert!(denominator > 0, "denominator must be positive");
        let exact = i128::from(self.minor) * i128::from(numerator);
        let rounded = rounding.divide(exact, i128::from(denominator));
        Ok(Self::new(i64::try_from(rounded).map_err(|_| MoneyError::Overflow)?, self.currency))
    }

    /// Reads `12`, `12.3` or `12.34` (point as the decimal sign, no grouping), as catalogue files write prices.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = currency.exponent();
        let bad = || {
            let example = if exponent == 0 { "129" } else { "129.90" };
            MoneyError::BadAmount(text.chars().take(32).collect(), currency, exponent, example)
        };
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let point_without_digits = digits.contains('.') && fraction.is_empty();
        if whole.is_empty() || point_without_digits || !all_digits(whole) || !all_digits(fraction) {
            return Err(bad());
        }
        if fraction.len() > exponent as usize {
            return Err(bad());
        }
        let padded = format!("{whole}{fraction:0<width$}", width = exponent as usize);
        let minor: i64 = padded.parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self::new(sign * minor, currency))
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    /// `12.34 EUR`: for logs and command lines; screens format by their language.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = self.minor.unsigned_abs();
        match self.currency.exponent() {
            0 => write!(f, "{sign}{digits} {}", self.currency),
            exponent => {
                let unit = 10_u64.pow(exponent);
                let width = exponent as usize;
                write!(f, "{sign}{}.{:0width$} {}", digits / unit, digits % unit, self.currency)
            }
        }
    }
}

/// How a division of minor units ends on a whole one. Named at every use, per line and per total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest; a half goes away from zero (commercial rounding).
    HalfUp,
    /// To the nearest; a half goes to the even neighbour (IEEE 754 roundTiesToEven, on integers).
    HalfEven,
    /// Towards zero.
    Down,
}

impl Rounding {
    /// `dividend / divisor` as a whole number; `divisor` is positive.
    pub fn divide(self, dividend: i128, divisor: i128) -> i128 {
        let (quotient, remainder) = (dividend / divisor, dividend % divisor);
        let away = if dividend < 0 { quotient - 1 } else { quotient + 1 };
        let twice = remainder.abs() * 2;
        let round_away = match self {
            Self::HalfUp => twice >= divisor,
            Self::HalfEven => twice > divisor || (twice == divisor && quotient % 2 != 0),
            Self::Down => false,
        };
        if round_away { away } else { quotient }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur() -> Currency {
        Currency::new("EUR").unwrap()
    }

    #[test]
    fn reads_and_prints_amounts_by_the_currency_exponent() {
        let jpy = Currency::new("JPY").unwrap();
        let kwd = Currency::new("KWD").unwrap();
        for (text, currency, minor, shown) in [
            ("12.3", eur(), 1230, "12.30 EUR"),
            ("0.05", eur(), 5, "0.05 EUR"),
            ("-7", eur(), -700, "-7.00 EUR"),
            ("129", jpy, 129, "129 JPY"),
            ("1.234", kwd, 1234, "1.234 KWD"),
        ] {
            let money = Money::parse(text, currency).unwrap();
            assert_eq!((money.minor, money.to_string().as_str()), (minor, shown));
        }
        for bad in ["", "1,5", "1.", ".5", "1.234", "1e3", "--1", "+1", "１", "99999999999999999999"] {
            assert!(Money::parse(bad, eur()).is_err(), "{bad}");
        }
    }

    #[test]
    fn rounds_halves_as_named() {
        let halves = [(-15, 10), (-5, 10), (5, 10), (15, 10), (25, 10)];
        let rounded = |rounding: Rounding| halves.map(|(a, b)| rounding.divide(a, b));
        assert_eq!(rounded(Rounding::HalfUp), [-2, -1, 1, 2, 3]);
        assert_eq!(rounded(Rounding::HalfEven), [-2, 0, 0, 2, 2]);
        assert_eq!(rounded(Rounding::Down), [-1, 0, 0, 1, 2]);
    }

    #[test]
    fn never_mixes_currencies() {
        let usd = Currency::new("USD").unwrap();
        assert_eq!(
            Money::new(1, eur()).plus(Money::new(1, usd)),
            Err(MoneyError::CurrencyMismatch(eur(), usd))
        );
    }

    proptest! {
        #[test]
        fn prints_what_it_reads(minor in -10_i64.pow(15)..10_i64.pow(15)) {
            let money = Money::new(minor, eur());
            let text = money.to_string();
            prop_assert_eq!(Money::parse(text.trim_end_matches(" EUR"), eur()).unwrap(), money);
        }

        #[test]
        fn rounding_is_never_more_than_a_half_off(dividend in any::<i64>(), divisor in 1_i64..1_000_000) {
            let (dividend, divisor) = (i128::from(dividend), i128::from(divisor));
            for rounding in [Rounding::HalfUp, Rounding::HalfEven] {
                let error = (rounding.divide(dividend, divisor) * divisor - dividend).abs();
                prop_assert!(error * 2 <= divisor);
            }
        }
    }
}
