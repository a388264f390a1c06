//! Numbers that prove themselves: tax numbers, accounts, GTINs.

/// Whether digits are a GTIN of 8, 12, 13 or 14 with the right check digit (GS1 General Specifications, 7.9).
pub(super) fn is_gtin(text: &str) -> bool {
    matches!(text.len(), 8 | 12 | 13 | 14) && text.bytes().all(|byte| byte.is_ascii_digit()) && {
        let sum: u32 = text
            .bytes()
            .rev()
            .enumerate()
            .map(|(at, byte)| u32::from(byte - b'0') * if at % 2 == 1 { 3 } else { 1 })
            .sum();
        sum.is_multiple_of(10)
    }
}

/// Whether letters and digits are an IBAN (ISO 13616): country, length, remainder 1 of 97.
pub(super) fn is_iban(text: &str) -> bool {
    let is_shaped = (15..=34).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
        && text.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit());
    is_shaped && {
        let turned = text.bytes().skip(4).chain(text.bytes().take(4));
        let remainder = turned.fold(0_u32, |rest, byte| match byte {
            b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
            _ => (rest * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97,
        });
        remainder == 1
    }
}

/// How a tax number looks: its country where it says one, and whether its own check digit is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TaxNumber {
    /// ISO 3166-1 alpha-2.
    pub(super) country: Option<&'static str>,
    /// Its check digit was computed and is right.
    pub(super) is_proven: bool,
}

/// Countries whose VAT numbers begin with two letters, and how many signs follow.
const VAT: &[(&str, &str, std::ops::RangeInclusive<usize>)] = &[
    ("DE", "DE", 9..=9),
    ("AT", "AT", 9..=9),
    ("FR", "FR", 11..=11),
    ("NL", "NL", 12..=12),
    ("BE", "BE", 10..=10),
    ("IT", "IT", 11..=11),
    ("ES", "ES", 9..=9),
    ("PL", "PL", 10..=10),
    ("GB", "GB", 9..=12),
    ("LU", "LU", 8..=8),
    ("DK", "DK", 8..=8),
    ("SE", "SE", 12..=12),
    ("FI", "FI", 8..=8),
    ("CZ", "CZ", 8..=10),
    ("SK", "SK", 10..=10),
    ("HU", "HU", 8..=8),
    ("PT", "PT", 9..=9),
    ("IE", "IE", 8..=9),
    ("EL", "GR", 9..=9),
    ("RO", "RO", 2..=10),
    ("BG", "BG", 9..=10),
    ("HR", "HR", 11..=11),
    ("SI", "SI", 8..=8),
    ("EE", "EE", 9..=9),
    ("LV", "LV", 11..=11),
    ("LT", "LT", 9..=12),
    ("CY", "CY", 9..=9),
    ("MT", "MT", 8..=8),
    ("CHE", "CH", 9..=9),
    ("NO", "NO", 9..=9),
];

/// What a text without blanks and points is as a tax number; nothing where it is none.
pub(super) fn tax_number(text: &str) -> Option<TaxNumber> {
    if !text.is_ascii() {
        return None;
    }
    let vat = VAT.iter().find(|(prefix, _, length)| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            length.contains(&rest.len())
                && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && rest.bytes().filter(u8::is_ascii_digit).count() * 3 >= rest.len() * 2
        })
    });
    if let Some((prefix, country, _)) = vat {
        let digits = &text[prefix.len()..];
        let is_proven = match *prefix {
            "DE" => modulus_11_10(digits),
            "IT" => luhn(digits),
            "PL" => weighted(digits, &[6, 5, 7, 2, 3, 4, 5, 6, 7], 11),
            _ => false,
        };
        return Some(TaxNumber { country: Some(country), is_proven });
    }
    if is_gstin(text) {
        return Some(TaxNumber { country: Some("IN"), is_proven: true });
    }
    let (inn, kpp) = text.split_once('/').unwrap_or((text, ""));
    if is_inn(inn) && (kpp.is_empty() || kpp.len() == 9) {
        return Some(TaxNumber { country: None, is_proven: true });
    }
    None
}

/// ISO 7064, MOD 11,10: the German VAT number.
fn modulus_11_10(digits: &str) -> bool {
    let mut product = 10;
    let Some((body, check)) = digits.split_at_checked(8) else { return false };
    for byte in body.bytes() {
        let sum = (u32::from(byte.wrapping_sub(b'0')) + product) % 10;
        product = 2 * if sum == 0 { 10 } else { sum } % 11;
    }
    check.parse() == Ok((11 - product) % 10)
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            let twice = digit * 2;
            if at % 2 == 0 { digit } else { twice / 10 + twice % 10 }
        })
        .sum();
    digits.bytes().all(|byte| byte.is_ascii_digit()) && sum.is_multiple_of(10)
}

fn weighted(digits: &str, weights: &[u32], modulus: u32) -> bool {
    let values: Vec<u32> = digits.bytes().map(|byte| u32::from(byte.wrapping_sub(b'0'))).collect();
    values.len() == weights.len() + 1
        && values.iter().all(|value| *value < 10)
        && weights.iter().zip(&values).map(|(weight, value)| weight * value).sum::<u32>() % modulus % 10
            == values[weights.len()]
}

/// Russian taxpayer number of 10 or 12 digits with its check digits.
pub(super) fn is_inn(text: &str) -> bool {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    match text.len() {
        10 => weighted(text, &[2, 4, 10, 3, 5, 9, 4, 6, 8], 11),
        12 => {
            weighted(&text[..11], &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8], 11)
                && weighted(text, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8], 11)
        }
        _ => false,
    }
}

/// Indian GSTIN: state, PAN, entity, `Z`, check sign.
fn is_gstin(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 15
        && bytes[..2].iter().all(u8::is_ascii_digit)
        && bytes[2..7].iter().all(u8::is_ascii_uppercase)
        && bytes[7..11].iter().all(u8::is_ascii_digit)
        && bytes[11].is_ascii_uppercase()
        && bytes[13] == b'Z'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_prove_themselves() {
        assert!(is_gtin("4012345001235") && is_gtin("4000050986428") && !is_gtin("4012345001236"));
        assert!(
            is_iban("NL50INGB0683251309")
                && is_iban("DE88200800000970375700")
                && !is_iban("DE88200800000970375701")
        );
        assert!(is_inn("7707083893") && !is_inn("7707083894") && is_inn("500100732259"));
        assert_eq!(tax_number("DE136695976"), Some(TaxNumber { country: Some("DE"), is_proven: true }));
        assert_eq!(tax_number("NL810433941B01").and_then(|it| it.country), Some("NL"));
        assert_eq!(tax_number("DE12345"), None);
    }
}
