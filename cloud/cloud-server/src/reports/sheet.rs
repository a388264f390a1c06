//! What a report shows, before it is a page or a PDF: headings, sentences and tables in one language.

use domain::money::Currency;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::facts::{CurrencySum, Facts, Identified, ProductFacts, TillFacts};
use super::words::Words;
use crate::sourcing::papers::Language;

/// A report as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) blocks: Vec<Block>,
}

/// A part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Heading(String),
    Text(String),
    Table { columns: Vec<Column>, rows: Vec<Vec<String>> },
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) title: String,
    /// Numbers stand to the right.
    pub(super) right: bool,
    /// How many hundredths of the width it takes.
    pub(super) width: u8,
}

/// The report in a language.
pub(super) fn of(facts: &Facts, language: Language) -> Sheet {
    let teller = Teller { facts, language, words: Words::of(language) };
    let kind = if facts.kind == "weekly" { teller.words.weekly } else { teller.words.daily };
    let days = match facts.first_day == facts.last_day {
        true => teller.day(&facts.first_day),
        false => format!("{} – {}", teller.day(&facts.first_day), teller.day(&facts.last_day)),
    };
    let mut blocks = Vec::new();
    teller.sales(&mut blocks);
    teller.tills(&mut blocks);
    teller.products(&mut blocks);
    teller.recognition(&mut blocks);
    teller.stock_outs(&mut blocks);
    teller.notices(&mut blocks);
    Sheet {
        title: format!("{kind}: {}", facts.place()),
        subtitle: format!("{days}. {} {}", teller.words.written, teller.moment(facts.made_at_ms)),
        blocks,
    }
}

struct Teller<'a> {
    facts: &'a Facts,
    language: Language,
    words: &'static Words,
}

impl Teller<'_> {
    fn sales(&self, blocks: &mut Vec<Block>) {
        let (words, facts) = (self.words, self.facts);
        blocks.push(Block::Heading(words.sales.to_owned()));
        let unsent: u64 = facts.tills.iter().map(|till| till.unsent).sum();
        if unsent > 0 {
            blocks.push(Block::Text(format!("{} {}", words.incomplete, self.number(unsent))));
        }
        if facts.sums.is_empty() {
            blocks.push(Block::Text(words.none_sold.to_owned()));
        } else {
            let columns = columns(&[
                (words.currency, false, 14),
                (words.count, true, 14),
                (words.gross, true, 18),
                (words.tax, true, 18),
                (words.mean, true, 16),
                (words.week_before, true, 20),
            ]);
            let rows = facts.sums.iter().map(|sum| self.sum(sum)).collect();
            blocks.push(Block::Table { columns, rows });
        }
        if facts.set_aside > 0 {
            blocks.push(Block::Text(format!("{} {}", words.set_aside, self.number(facts.set_aside))));
        }
    }

    fn sum(&self, sum: &CurrencySum) -> Vec<String> {
        let before = self.facts.sums_before.iter().find(|before| before.currency == sum.currency);
        let change = before.filter(|before| before.gross_minor > 0).map(|before| {
            let percent = (i128::from(sum.gross_minor) * 100 / i128::from(before.gross_minor)) - 100;
            format!("{} ({percent:+} %)", self.amount(before.gross_minor, &sum.currency))
        });
        let mean = sum.gross_minor.checked_div(i64::try_from(sum.sales).unwrap_or(i64::MAX)).unwrap_or(0);
        vec![
            sum.currency.clone(),
            self.number(sum.sales),
            self.amount(sum.gross_minor, &sum.currency),
            self.amount(sum.tax_minor, &sum.currency),
            self.amount(mean, &sum.currency),
            change.unwrap_or_else(|| "–".to_owned()),
        ]
    }

    fn tills(&self, blocks: &mut Vec<Block>) {
        let words = self.words;
        blocks.push(Block::Heading(words.tills.to_owned()));
        if self.facts.tills.is_empty() {
            blocks.push(Block::Text(words.nothing.to_owned()));
            return;
        }
        let columns = columns(&[
            (words.store, false, 16),
            (words.till, false, 18),
            (words.count, true, 9),
            (words.gross, true, 18),
            (words.heard, true, 14),
            (words.faults, true, 12),
            (words.unsent, true, 13),
        ]);
        let row = |till: &TillFacts| {
            vec![
                till.store.clone(),
                till.name.clone(),
                self.number(till.sales),
                format!("{} {}", self.amount(till.gross_minor, &till.currency), till.currency),
                till.heard_basis_points.map_or_else(|| "–".to_owned(), |share| self.percent(share.into())),
                self.number(till.faults),
                self.number(till.unsent),
            ]
        };
        blocks.push(Block::Table { columns, rows: self.facts.tills.iter().map(row).collect() });
    }

    fn products(&self, blocks: &mut Vec<Block>) {
        let words = self.words;
        // Sums of several currencies say nothing together.
        let [sum] = self.facts.sums.as_slice() else { return };
        blocks.push(Block::Heading(words.products.to_owned()));
        let columns =
            columns(&[(words.product, false, 56), (words.quantity, true, 20), (words.gross, true, 24)]);
        let row = |product: &ProductFacts| {
            vec![
                self.name(&product.names),
                self.quantity(product),
                format!("{} {}", self.amount(product.amount_minor, &sum.currency), sum.currency),
            ]
        };
        blocks.push(Block::Table { columns, rows: self.facts.products.iter().map(row).collect() });
    }

    fn recognition(&self, blocks: &mut Vec<Block>) {
        let (words, identified) = (self.words, &self.facts.identified);
        let lines: u64 = identified.iter().map(|one| one.lines).sum();
        if lines == 0 {
            return;
        }
        blocks.push(Block::Heading(words.recognition.to_owned()));
        let share = |part: u64| self.percent(u128::from(part) * 10_000 / u128::from(lines));
        // Of what the till had to recognise by sight: what has a barcode or a number was not asked of it.
        let of = |by: &str| identified.iter().filter(|one| one.by == by).map(|one| one.lines).sum::<u64>();
        let (seen, asked) = (of("vision"), of("candidate") + of("search"));
        if seen + asked > 0 {
            let part = u128::from(seen) * 10_000 / u128::from(seen + asked);
            blocks.push(Block::Text(format!("{} {}", words.by_itself, self.percent(part))));
        }
        let columns = columns(&[(words.how, false, 60), (words.lines, true, 20), (words.share, true, 20)]);
        let row =
            |one: &Identified| vec![words.identified(&one.by), self.number(one.lines), share(one.lines)];
        blocks.push(Block::Table { columns, rows: identified.iter().map(row).collect() });
    }

    fn stock_outs(&self, blocks: &mut Vec<Block>) {
        let words = self.words;
        if self.facts.stock_outs.is_empty() {
            return;
        }
        blocks.push(Block::Heading(words.stock_outs.to_owned()));
        let columns = columns(&[(words.product, false, 60), (words.store, false, 40)]);
        let rows = self.facts.stock_outs.iter();
        let rows = rows.map(|out| vec![self.name(&out.names), out.store.clone()]).collect();
        blocks.push(Block::Table { columns, rows });
    }

    fn notices(&self, blocks: &mut Vec<Block>) {
        let words = self.words;
        blocks.push(Block::Heading(words.told.to_owned()));
        if self.facts.notices.is_empty() {
            blocks.push(Block::Text(words.nothing.to_owned()));
            return;
        }
        let columns =
            columns(&[(words.what, false, 60), (words.lines, true, 20), (words.severity, true, 20)]);
        let rows = self.facts.notices.iter().map(|notice| {
            vec![words.event(&notice.event), self.number(notice.count), words.severity_of(&notice.severity)]
        });
        blocks.push(Block::Table { columns, rows: rows.collect() });
    }

    fn name(&self, names: &std::collections::BTreeMap<String, String>) -> String {
        let found = names.get(self.language.code()).or_else(|| names.get("en"));
        found.or_else(|| names.values().next()).cloned().unwrap_or_default()
    }

    fn quantity(&self, product: &ProductFacts) -> String {
        match product.unit.as_str() {
            "gram" => format!(
                "{} {}",
                self.language.amount(Decimal::new(product.quantity, 3)),
                self.words.kilograms
            ),
            _ => format!("{} {}", self.language.grouped(&product.quantity.to_string()), self.words.pieces),
        }
    }

    fn number(&self, number: u64) -> String {
        self.language.grouped(&number.to_string())
    }

    fn percent(&self, basis_points: u128) -> String {
        let tenths = i64::try_from(basis_points / 10).unwrap_or(i64::MAX);
        format!("{} %", self.language.grouped(&Decimal::new(tenths, 1).to_string()))
    }

    fn amount(&self, minor: i64, currency: &str) -> String {
        let digits = Currency::new(currency).map_or(2, |currency| currency.exponent());
        self.language.grouped(&Decimal::new(minor, digits).to_string())
    }

    /// A day as people write it; what is none stands for itself.
    fn day(&self, text: &str) -> String {
        match text.parse::<jiff::civil::Date>().map(super::day_of) {
            Ok(Ok(day)) => self.language.day(day),
            _ => text.to_owned(),
        }
    }

    fn moment(&self, at_ms: i64) -> String {
        let zone = TimeZone::get(&self.facts.time_zone).unwrap_or(TimeZone::UTC);
        let Ok(at) = Timestamp::from_millisecond(at_ms) else { return String::new() };
        let at = at.to_zoned(zone);
        let day = self.day(&at.date().to_string());
        format!("{day}, {:02}:{:02} ({})", at.hour(), at.minute(), self.facts.time_zone)
    }
}

fn columns(of: &[(&str, bool, u8)]) -> Vec<Column> {
    let column = |&(title, right, width): &(&str, bool, u8)| Column { title: title.to_owned(), right, width };
    of.iter().map(column).collect()
}
