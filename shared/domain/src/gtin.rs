//! Product numbers: GTIN (GS1 General Specifications) and PLU (IFPS).

use std::fmt;

use thiserror::Error;

/// A GTIN-8, -12, -13 or -14, kept as 14 digits with leading zeros; the check digit is right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin([u8; 14]);

/// Why a text is not a product number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Not digits, or not 8, 12, 13 or 14 of them.
    #[error("`{0}` is not a GTIN: write 8, 12, 13 or 14 digits")]
    GtinShape(String),
    /// The last digit does not agree with the others.
    #[error("GTIN `{text}` has a wrong check digit: the last digit should be {expected}")]
    GtinCheckDigit {
        /// The number as written.
        text: String,
        /// What the last digit should be.
        expected: u8,
    },
    /// Not a 4 or 5 digit price look-up code.
    #[error("`{0}` is not a PLU: write 4 digits, or 5 starting with 8 or 9")]
    PluShape(String),
}

impl Gtin {
    /// Reads and checks a GTIN of any of its lengths.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let shown = || text.chars().take(20).collect::<String>();
        let digits_only = text.bytes().all(|b| b.is_ascii_digit());
        if !digits_only || ![8, 12, 13, 14].contains(&text.len()) {
            return Err(NumberError::GtinShape(shown()));
        }
        let mut digits = [0_u8; 14];
        for (slot, byte) in digits[14 - text.len()..].iter_mut().zip(text.bytes()) {
            *slot = byte - b'0';
        }
        let expected = check_digit(&digits[..13]);
        if digits[13] != expected {
            return Err(NumberError::GtinCheckDigit { text: shown(), expected });
        }
        Ok(Self(digits))
    }
}

/// The mod-10 check digit of GS1 (General Specifications, section 7.9.1) for the digits before it.
pub fn check_digit(digits: &[u8]) -> u8 {
    let weighted =
        digits.iter().rev().enumerate().map(|(i, &d)| u32::from(d) * if i % 2 == 0 { 3 } else { 1 });
    let sum: u32 = weighted.sum();
    u8::try_from((10 - sum % 10) % 10).expect("a residue of 10")
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|d| write!(f, "{d}"))
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gtin({self})")
    }
}

/// A price look-up code of loose produce: 4 digits, or 5 with a leading 8 or 9 (9 = organic).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plu(u32);

impl Plu {
    /// Reads and checks a PLU.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let shape = |text: &str| match text.as_bytes() {
            [b'3' | b'4', rest @ ..] => rest.len() == 3,
            [b'8' | b'9', rest @ ..] => rest.len() == 4,
            _ => false,
        };
        match text.parse() {
            Ok(number) if shape(text) => Ok(Self(number)),
            _ => Err(NumberError::PluShape(text.chars().take(20).collect())),
        }
    }
}

impl fmt::Display for Plu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_every_length_to_fourteen_digits() {
        for (text, stored) in [
            ("96385074", "00000096385074"),
            ("036000291452", "00036000291452"),
            ("4006381333931", "04006381333931"),
            ("2100001027506", "02100001027506"),
            ("10614141000415", "10614141000415"),
        ] {
            assert_eq!(Gtin::parse(text).unwrap().to_string(), stored);
        }
    }

    #[test]
    fn names_the_right_check_digit() {
        assert_eq!(
            Gtin::parse("4006381333930").unwrap_err().to_string(),
            "GTIN `4006381333930` has a wrong check digit: the last digit should be 1"
        );
        for bad in ["", "123", "40063813339311", "400638133393x", "４００６３８１３"] {
            assert!(Gtin::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn knows_plu_shapes() {
        assert_eq!(Plu::parse("4011").unwrap().to_string(), "4011");
        assert_eq!(Plu::parse("94011").unwrap().to_string(), "94011");
        for bad in ["", "411", "1234", "54011", "940110", "+4011"] {
            assert!(Plu::parse(bad).is_err(), "{bad}");
        }
    }
}
