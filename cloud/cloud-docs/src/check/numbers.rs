//! Numbers with a shape or check digits of their own: accounts and tax numbers.

/// Whether a number claims to be an IBAN: a country and two digits before the rest.
pub(super) fn is_iban_like(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() >= 5
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
}

/// Whether its check digits are right (ISO 13616, modulo 97).
pub(super) fn is_iban(number: &str) -> bool {
    if !(15..=34).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let turned = number.bytes().skip(4).chain(number.bytes().take(4));
    let rest = turned.fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        // A letter stands for two digits, `A` for 10.
        _ => (rest * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    rest == 1
}

/// Whether a tax number has the shape of its country; one of a country that is not known here has any shape.
pub(super) fn is_tax_id(number: &str, country: Option<&str>) -> bool {
    if country == Some("RU") {
        return is_inn_with_kpp(number);
    }
    // Printed numbers have dots and strokes in them.
    let number = number.replace(['.', '-', '/'], "");
    let (Some(prefix), Some(rest)) = (number.get(..2), number.get(2..)) else { return !number.is_empty() };
    let digits = rest.bytes().all(|b| b.is_ascii_digit());
    let alphanumeric = rest.bytes().all(|b| b.is_ascii_alphanumeric());
    let length = rest.len();
    // Shapes of the VAT Information Exchange System of the European Union, and of its neighbours.
    match prefix {
        "AT" => length == 9 && rest.starts_with('U') && rest.bytes().skip(1).all(|b| b.is_ascii_digit()),
        "BE" => digits && matches!(length, 9 | 10),
        "BG" => digits && matches!(length, 9 | 10),
        "CY" => length == 9 && alphanumeric,
        "CZ" => digits && (8..=10).contains(&length),
        "DE" | "EE" | "EL" | "PT" => digits && length == 9,
        "DK" | "FI" | "HU" | "LU" | "MT" | "SI" => digits && length == 8,
        "ES" => length == 9 && alphanumeric,
        "FR" => length == 11 && alphanumeric && rest.bytes().skip(2).all(|b| b.is_ascii_digit()),
        "HR" | "IT" | "LV" => digits && length == 11,
        "IE" => matches!(length, 8 | 9) && alphanumeric,
        "LT" => digits && matches!(length, 9 | 12),
        "NL" => length == 12 && alphanumeric && rest.as_bytes().get(9) == Some(&b'B'),
        "PL" | "SK" => digits && length == 10,
        "RO" => digits && (2..=10).contains(&length),
        "SE" => digits && length == 12,
        _ => true,
    }
}

/// INN of a firm (10 digits) or a person (12), both with check digits, and KPP (9) where there is one.
fn is_inn_with_kpp(number: &str) -> bool {
    let (inn, kpp) = number.split_once('/').map_or((number, None), |(inn, kpp)| (inn, Some(kpp)));
    // The third pair of a KPP says why the firm is registered there; its digits may be letters.
    let kpp_is_right = kpp.is_none_or(|kpp| kpp.len() == 9 && kpp.bytes().all(|b| b.is_ascii_alphanumeric()));
    kpp_is_right && is_inn(inn)
}

fn is_inn(inn: &str) -> bool {
    const WEIGHTS: [u32; 11] = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];
    if !inn.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let digits: Vec<u32> = inn.bytes().map(|b| u32::from(b - b'0')).collect();
    // A check digit is of all digits before it, with the last weights.
    let check = |count: usize| {
        let weights = WEIGHTS.iter().skip(WEIGHTS.len() - count);
        let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
        digits.get(count) == Some(&(sum % 11 % 10))
    };
    match inn.len() {
        10 => check(9),
        12 => check(10) && check(11),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_accounts() {
        for right in ["DE89370400440532013000", "GB82WEST12345698765432", "NO9386011117947"] {
            assert!(is_iban_like(right) && is_iban(right), "{right}");
        }
        for wrong in ["DE88370400440532013000", "DE8937040044053201300", "DE89", ""] {
            assert!(!is_iban(wrong), "{wrong}");
        }
        assert!(!is_iban_like("40702810900000000001"));
    }

    #[test]
    fn checks_tax_numbers_by_country() {
        for right in [
            "DE123456789",
            "ATU12345678",
            "FR11123456782",
            "NL123456789B01",
            "201/113/40209",
            "GB123456789",
            "NO999999999MVA",
        ] {
            assert!(is_tax_id(right, None), "{right}");
        }
        for wrong in ["DE12345678", "AT12345678", "IT123", "NL123456789001"] {
            assert!(!is_tax_id(wrong, None), "{wrong}");
        }
        for right in ["7707083893", "7707083893/773601001", "500100732259"] {
            assert!(is_tax_id(right, Some("RU")), "{right}");
        }
        for wrong in ["7707083894", "7707083893/77", "500100732258", "77070838", "DE123456789"] {
            assert!(!is_tax_id(wrong, Some("RU")), "{wrong}");
        }
    }
}
