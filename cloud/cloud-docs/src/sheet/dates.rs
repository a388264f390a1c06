//! Dates in texts.

use jiff::civil::Date;

/// How months begin in the languages that are read, January first.
const MONTHS: [&[&str]; 12] = [
    &["янв", "jan", "januar", "janv", "gen"],
    &["фев", "feb", "fév", "fev"],
    &["мар", "mar", "mär", "mae", "mrz"],
    &["апр", "apr", "avr"],
    &["мая", "май", "may", "mai", "mag"],
    &["июн", "jun", "juin", "giu"],
    &["июл", "jul", "juil", "lug"],
    &["авг", "aug", "aoû", "aou", "ago"],
    &["сен", "sep", "set"],
    &["окт", "oct", "okt", "ott"],
    &["ноя", "nov"],
    &["дек", "dec", "dez", "déc", "dic"],
];

/// All dates that a text names, in its order.
pub(super) fn dates(text: &str) -> Vec<Date> {
    let words: Vec<&str> = text
        .split(|c: char| {
            c.is_whitespace() || c == ',' || c == '«' || c == '»' || c == '"' || c == '(' || c == ')'
        })
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = Vec::new();
    let mut index = 0;
    while index < words.len() {
        if let Some(date) = digits(words[index]) {
            found.push(date);
        } else if let Some(date) = words.get(index..index + 3).and_then(named) {
            found.push(date);
            index += 2;
        }
        index += 1;
    }
    found
}

/// `31.12.2026`, `31/12/26`, `2026-12-31`.
fn digits(word: &str) -> Option<Date> {
    let word = word.trim_end_matches(['г', '.', ';', ':']);
    let parts: Vec<&str> = word.split(['.', '/', '-']).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    if !parts
        .iter()
        .all(|part| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    let (first_number, second_number, third_number): (i16, i8, i16) =
        (first.parse().ok()?, second.parse().ok()?, third.parse().ok()?);
    if first.len() == 4 {
        return Date::new(first_number, second_number, i8::try_from(third_number).ok()?).ok();
    }
    let day = i8::try_from(first_number).ok()?;
    let year = full_year(third, third_number)?;
    // The day comes first everywhere but in the United States, where it shows by being above 12.
    let american = || Date::new(year, day, second_number).ok().filter(|_| word.contains('/'));
    Date::new(year, second_number, day).ok().or_else(american)
}

/// `12 марта 2026`, `March 12 2026`.
fn named(words: &[&str]) -> Option<Date> {
    let [first, second, third] = words else { return None };
    let (day, month) = match (month(first), month(second)) {
        (None, Some(month)) => (first, month),
        (Some(month), None) => (second, month),
        _ => return None,
    };
    let day: i8 = day.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()?;
    let year = third.trim_matches(|c: char| !c.is_ascii_digit());
    Date::new(full_year(year, year.parse().ok()?)?, month, day).ok()
}

fn month(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    if word.chars().count() < 3 || word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let at = MONTHS.iter().position(|starts| starts.iter().any(|start| word.starts_with(start)))?;
    i8::try_from(at + 1).ok()
}

fn full_year(written: &str, year: i16) -> Option<i16> {
    match written.len() {
        4 if (1990..2100).contains(&year) => Some(year),
        2 => Some(2000 + year),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::dates;

    #[test]
    fn dates_are_found_in_text() {
        for (text, expected) in [
            ("Счёт № 12 от 5 марта 2026 г.", "2026-03-05"),
            ("gültig ab 01.02.2026 bis 28.02.2026", "2026-02-01 2026-02-28"),
            ("Date: 2026-12-31", "2026-12-31"),
            ("as of March 12, 2026", "2026-03-12"),
            ("12/31/2026", "2026-12-31"),
            ("«31» декабря 2026 г.", "2026-12-31"),
            ("31.12.26", "2026-12-31"),
            ("тел. 495.123.4567, арт. 12.34.56.78", ""),
        ] {
            let found: Vec<String> = dates(text).iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }
}
