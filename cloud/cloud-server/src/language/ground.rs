//! Whether what a language model says stands in the text that it was given. What does not is never taken.

use cloud_core::search::folded_words;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// A text that things may stand in.
pub struct Text {
    words: Vec<String>,
    numbers: Vec<Decimal>,
    raw: String,
}

impl Text {
    /// Reads it once.
    pub fn new(text: &str) -> Self {
        Self { words: folded_words(text), numbers: numbers(text), raw: text.to_owned() }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.raw.trim().is_empty()
    }

    /// Whether these words stand in it, one behind the other; signs, case and accents do not count.
    pub fn has_words(&self, value: &str) -> bool {
        let wanted = folded_words(value);
        !wanted.is_empty() && self.words.windows(wanted.len()).any(|window| window == wanted)
    }

    /// Whether these letters and figures stand in it, wherever blanks and signs are put between, at the bounds of words.
    pub fn has_number(&self, value: &str) -> bool {
        let wanted: String = folded_words(value).concat();
        if wanted.is_empty() {
            return false;
        }
        let begins = |at: usize| {
            let mut joined = String::new();
            for word in &self.words[at..] {
                joined.push_str(&word.replace('.', ""));
                if joined.len() >= wanted.len() {
                    break;
                }
            }
            joined == wanted.replace('.', "")
        };
        (0..self.words.len()).any(begins)
    }

    /// Whether this sign or beginning of a word stands in it.
    pub fn has_sign(&self, sign: &str) -> bool {
        self.raw.to_lowercase().contains(sign)
    }

    /// Whether this amount stands in it, in any way of writing numbers.
    pub fn has_amount(&self, value: Decimal) -> bool {
        self.numbers.contains(&value.normalize())
    }

    /// Whether this day stands in it: in figures in one of the usual orders, or with the month in words.
    pub fn has_date(&self, date: Date) -> bool {
        let (year, month, day) = (date.year(), date.month(), date.day());
        let short = year.rem_euclid(100);
        let written = [
            format!("{year:04}-{month:02}-{day:02}"),
            format!("{year:04}{month:02}{day:02}"),
            format!("{year:04}.{month:02}.{day:02}"),
            format!("{year:04}/{month:02}/{day:02}"),
        ];
        let orders = [(day, month), (month, day)];
        let figures = orders.into_iter().flat_map(|(first, second)| {
            [".", "/", "-", ". "].into_iter().flat_map(move |sign| {
                [
                    format!("{first:02}{sign}{second:02}{sign}{year}"),
                    format!("{first}{sign}{second}{sign}{year}"),
                    format!("{first:02}{sign}{second:02}{sign}{short:02}"),
                ]
            })
        });
        let is_bound = |end: Option<char>| end.is_none_or(|letter| !letter.is_ascii_digit());
        let stands = |text: &str| {
            self.raw.match_indices(text).any(|(at, found)| {
                is_bound(self.raw[..at].chars().next_back())
                    && is_bound(self.raw[at + found.len()..].chars().next())
            })
        };
        if written.into_iter().chain(figures).any(|text| stands(&text)) {
            return true;
        }
        self.words.windows(3).any(|window| {
            let has = |text: String| window.contains(&text);
            let names_month = window.iter().any(|word| {
                MONTHS[month.unsigned_abs() as usize - 1].iter().any(|name| word.starts_with(name))
            });
            names_month && has(year.to_string()) && (has(day.to_string()) || has(format!("{day:02}")))
        })
    }
}

/// How the months begin in English, German and Russian, folded.
const MONTHS: [&[&str]; 12] = [
    &["jan", "янв"],
    &["feb", "фев"],
    &["mar", "мар"],
    &["apr", "апр"],
    &["may", "mai", "мая", "май"],
    &["jun", "июн"],
    &["jul", "июл"],
    &["aug", "авг"],
    &["sep", "сен"],
    &["oct", "okt", "окт"],
    &["nov", "ноя"],
    &["dec", "dez", "дек"],
];

/// Each number of a text, with each reading that it may have: `1.234` is a thousand and some, and one and some.
fn numbers(text: &str) -> Vec<Decimal> {
    let mut found = Vec::new();
    let is_part = |letter: char| {
        letter.is_ascii_digit() || matches!(letter, '.' | ',' | '\'' | ' ' | '\u{a0}' | '\u{202f}')
    };
    for run in text.split(|letter: char| !is_part(letter)) {
        let pieces: Vec<&str> =
            run.split([' ', '\u{a0}', '\u{202f}', '\'']).filter(|piece| !piece.is_empty()).collect();
        for start in 0..pieces.len() {
            let mut joined = String::new();
            for (place, piece) in pieces[start..].iter().enumerate() {
                // Behind a blank stand three figures, or it is another number.
                if place > 0 && piece.split(['.', ',']).next().is_none_or(|figures| figures.len() != 3) {
                    break;
                }
                joined.push_str(piece);
                found.extend(readings(&joined));
            }
        }
    }
    found
}

fn readings(text: &str) -> Vec<Decimal> {
    let text = text.trim_matches(['.', ',']);
    let read = |text: &str| text.parse::<Decimal>().ok().map(|number| number.normalize());
    let mut found: Vec<Decimal> = Vec::new();
    for (grouping, point) in [('.', ','), (',', '.')] {
        let plain = text.replace(grouping, "").replace(point, ".");
        let groups_fit = text.split(point).next().is_some_and(|whole| {
            let groups: Vec<&str> = whole.split(grouping).collect();
            groups.len() == 1 || groups[1..].iter().all(|group| group.len() == 3)
        });
        if groups_fit && plain.matches('.').count() <= 1 {
            found.extend(read(&plain));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "Rechnung Nr. RE-2026/0042 vom 3. März 2026\nMüller & Söhne GmbH, USt-ID DE 123 456 789\n\
        10 Kisten Äpfel 1.234,50 EUR  1 234,56  12,345.67  7 %\nСчёт № 17 от 05.02.26";

    #[test]
    fn finds_what_stands_there_and_nothing_else() {
        let text = Text::new(PAGE);
        assert!(text.has_words("Müller & Söhne GmbH") && text.has_words("muller sohne"));
        assert!(!text.has_words("Meier GmbH") && !text.has_words("") && !text.has_words("Söhne Müller"));
        assert!(text.has_number("RE-2026/0042") && text.has_number("DE123456789") && text.has_number("17"));
        assert!(
            !text.has_number("RE-2026/0043")
                && !text.has_number("E-2026/0042")
                && !text.has_number("23456789")
        );
        for amount in ["1234.50", "1234.5", "1234.56", "12345.67", "7", "10"] {
            assert!(text.has_amount(amount.parse().unwrap()), "{amount}");
        }
        for amount in ["1234.51", "34.56", "2345", "70"] {
            assert!(!text.has_amount(amount.parse().unwrap()), "{amount}");
        }
    }

    #[test]
    fn finds_days_as_people_write_them() {
        let text = Text::new(PAGE);
        let date = |year, month, day| jiff::civil::date(year, month, day);
        assert!(text.has_date(date(2026, 3, 3)) && text.has_date(date(2026, 2, 5)));
        assert!(!text.has_date(date(2026, 3, 4)) && !text.has_date(date(2025, 2, 5)));
        assert!(Text::new("12/31/2025").has_date(date(2025, 12, 31)));
        assert!(!Text::new("112.03.2026").has_date(date(2026, 3, 12)));
    }
}
