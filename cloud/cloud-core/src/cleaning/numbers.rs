//! Numbers that products are known by.

use domain::gtin::{Gtin, check_digit};

use super::{Code, Finding, Item, repeated};
use crate::naming::number_key;

pub(super) fn check(items: &[Item], found: &mut Vec<Finding>) {
    let gtins: Vec<Option<Gtin>> =
        items.iter().map(|item| item.gtin.as_deref().and_then(|text| Gtin::parse(text).ok())).collect();
    for (index, item) in items.iter().enumerate() {
        let Some(text) = item.gtin.as_deref() else { continue };
        let Some(gtin) = gtins[index] else {
            let finding = Finding::new(Code::GtinInvalid, index, text);
            found.push(match right_gtin(text) {
                Some(right) => finding.fixed("gtin", right),
                None => finding,
            });
            continue;
        };
        let is_weighed =
            item.price.as_ref().is_some_and(|price| price.per == domain::quantity::Measure::Kilogram);
        // What a shop weighs has a number of the shop's own by right.
        if is_restricted(gtin) && !is_weighed {
            found.push(Finding::new(Code::GtinRestricted, index, gtin.to_string()));
        }
    }
    repeated(gtins.into_iter(), |item, first| {
        let gtin = items[item].gtin.clone().unwrap_or_default();
        found.push(Finding::new(Code::DuplicateGtin, item, gtin).like(first));
    });
    let skus = items.iter().map(|item| Some(number_key(&item.sku)).filter(|key| !key.is_empty()));
    repeated(skus, |item, first| {
        let finding = Finding::new(Code::DuplicateSku, item, items[item].sku.clone());
        found.push(finding.like(first).against(items[first].sku.clone()));
    });
}

/// Whether a number is one of restricted circulation (GS1 General Specifications, section 1.4.2: prefixes 02, 04 and 20 to 29 of
/// thirteen digits, 0 and 2 of eight): each shop or company gives them out itself.
pub fn is_restricted(gtin: Gtin) -> bool {
    let digits = gtin.to_string();
    let bytes = digits.as_bytes();
    // Five zeros in front of thirteen digits: a number of eight.
    if let [b'0', b'0', b'0', b'0', b'0', b'0', first, ..] = bytes {
        return matches!(first, b'0' | b'2');
    }
    matches!(bytes, [b'0', b'0', b'2' | b'4', ..] | [b'0', b'2', ..])
}

/// The number with the right check digit, where a text has as many digits as a GTIN has, or one too few.
pub fn right_gtin(text: &str) -> Option<String> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
    let is_bare =
        text.chars().all(|letter| letter.is_ascii_digit() || letter.is_whitespace() || letter == '-');
    if !is_bare {
        return None;
    }
    let body = match digits.len() {
        8 | 12 | 13 | 14 => &digits[..digits.len() - 1],
        _ => return None,
    };
    let right: String =
        body.iter().chain([&check_digit(body)]).map(|digit| char::from(b'0' + digit)).collect();
    Gtin::parse(&right).is_ok().then_some(right)
}
