//! Values as they stand in files: marks that keep a text from being a formula, and numbers as people write them.

/// A text without the mark that kept a sheet program from taking it for a formula, as exports write it: an apostrophe before a sign
/// that begins a formula, or before another apostrophe.
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'']) => rest,
        _ => text,
    }
}

/// An amount with a point and nothing else: `1 089,50 ₽` is `1089.50`, `1.089,5` is `1089.5`. What has no digit stays as it is, for
/// whoever refuses it to name.
pub(super) fn amount(text: &str) -> String {
    let bare: String = text
        .chars()
        .filter(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',' | '-' | '+' | 'e' | 'E'))
        .collect();
    let bare = bare.trim_end_matches(['.', ',']);
    if !bare.bytes().any(|byte| byte.is_ascii_digit()) {
        return text.trim().to_owned();
    }
    let point = bare.rfind(['.', ',']);
    let (commas, points) = (bare.matches(',').count(), bare.matches('.').count());
    let plain = match point {
        None => bare.to_owned(),
        // One sign many times groups; so does each but the last where there are both.
        Some(_) if commas + points > 1 && (commas == 0 || points == 0) => bare.replace([',', '.'], ""),
        Some(at) => {
            let (whole, part) = bare.split_at(at);
            format!("{}.{}", whole.replace([',', '.'], ""), &part[1..])
        }
    };
    match plain.split_once('.') {
        Some((whole, part)) => match part.trim_end_matches('0') {
            "" => whole.to_owned(),
            part => format!("{whole}.{part}"),
        },
        None => plain,
    }
}

/// A number of a cell as people see it: no more than six digits behind the point, which hide that it is binary.
pub(super) fn number(value: f64) -> String {
    let short = value.to_string();
    match short.split_once('.') {
        Some((_, part)) if part.len() > 6 => {
            let cut = format!("{value:.6}");
            cut.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => short,
    }
}

/// A currency's code, whatever a program calls it: 1C writes `руб.` and `643` where ISO 4217 has `RUB`.
pub(super) fn currency(text: &str) -> String {
    let word = text.trim().trim_end_matches('.').to_lowercase();
    match word.as_str() {
        "руб" | "рубль" | "рублей" | "₽" | "643" | "810" | "rur" => "RUB".to_owned(),
        "€" | "978" | "евро" | "euro" => "EUR".to_owned(),
        "$" | "840" | "долл" | "usd" => "USD".to_owned(),
        "тг" | "398" | "тенге" => "KZT".to_owned(),
        "бел. руб" | "933" => "BYN".to_owned(),
        _ => text.trim().to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (text, expected) in [
            ("1 089,50", "1089.5"),
            ("1\u{a0}089,50 ₽", "1089.5"),
            ("1.089,50", "1089.5"),
            ("1,089.50", "1089.5"),
            ("1,234,567", "1234567"),
            ("12.00", "12"),
            ("0,9", "0.9"),
            ("99 руб.", "99"),
            ("-5", "-5"),
            ("free", "free"),
            ("", ""),
        ] {
            assert_eq!(amount(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_and_marks() {
        assert_eq!(number(4_006_381_333_931.0), "4006381333931");
        assert_eq!(number(0.1 + 0.2), "0.3");
        assert_eq!(number(99_999_999_999.99), "99999999999.99");
        for (text, expected) in [("'=1", "=1"), ("''a", "'a"), ("'n", "'n"), ("=1", "=1"), ("", "")] {
            assert_eq!(unguarded(text), expected);
        }
        assert_eq!((currency("руб.").as_str(), currency("eur").as_str()), ("RUB", "EUR"));
    }
}
