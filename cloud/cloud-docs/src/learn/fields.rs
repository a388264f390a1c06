//! Fields of the header: after, below or in the row of which words they stand.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::notation::Notation;
use super::rows::{Found, Rows, VALUE_WORDS_MAX};
use super::{Example, learnt};
use crate::document::{self, ParsedDocument};
use crate::evaluate::header::{Field, Value, values};
use crate::evaluate::labels::put;
use crate::evaluate::printed::squash;
use crate::page::{Area, Page};

/// How many places of a value are kept: the same number may stand in a heading and in a table.
const ANCHORS_MAX: usize = 4;

/// How many words of a label are kept.
const LABEL_WORDS_MAX: usize = 4;

/// How far apart words of one text are at most, in heights of a word.
const WORD_GAP: f32 = 1.0;

/// How far above its value a label may stand, in heights of a word.
const ABOVE_MAX: f32 = 4.5;

/// How far a value without a label may have moved, as a part of the page.
const PLACE_SLACK: f32 = 0.015;

/// How alike two words of a label have to be: a scan confuses letters.
const LABELS_ALIKE: f64 = 0.8;

/// A field with the places where its value stood, the most telling first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Anchored {
    field: Field,
    anchors: Vec<Anchor>,
}

/// Where a value stood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Anchor {
    /// Words right before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
    /// Words above it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    above: Vec<String>,
    /// Words that its row begins with, where it is the row's end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    row: Vec<String>,
    /// The page, from 0.
    page: usize,
    /// Its middle as a part of the page.
    x: f32,
    y: f32,
    /// How many words it was.
    words: usize,
    /// Signs before the value that do not belong to it: `#` of `#4958`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    lead: String,
    /// Its letters and digits as `A` and `9`; empty for names.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    shape: String,
}

/// The fields that are told by where they stand. The others are constants.
fn is_anchored(field: Field) -> bool {
    !matches!(
        field,
        Field::Kind | Field::Currency | Field::Supplier | Field::SupplierTaxId | Field::SupplierIban
    )
}

/// Notes where each value of a corrected document stands.
pub(super) fn learn(rows: &Rows<'_>, corrected: &ParsedDocument, notation: Notation) -> Vec<Anchored> {
    let mut learnt = Vec::new();
    for (field, value) in values(corrected).into_iter().filter(|(field, _)| is_anchored(*field)) {
        let places = rows.places(|text| says(text, &value, notation));
        let mut anchors: Vec<Anchor> = places.iter().map(|found| anchor(rows, found, &value)).collect();
        anchors.sort_by_key(|anchor| std::cmp::Reverse(telling(anchor)));
        anchors.dedup_by(|a, b| (&a.before, &a.above, &a.row) == (&b.before, &b.above, &b.row));
        anchors.truncate(ANCHORS_MAX);
        if !anchors.is_empty() {
            learnt.push(Anchored { field, anchors });
        }
    }
    learnt
}

/// True when a text is the value.
fn says(text: &str, value: &Value, notation: Notation) -> bool {
    match value {
        Value::Amount(amount) => {
            // `3` is everywhere; money has its pence.
            text.contains(['.', ',']) && notation.number(text).is_some_and(|read| read.abs() == amount.abs())
        }
        Value::Day(day) => notation.day(text) == Some(*day),
        Value::Number(wanted) | Value::Name(wanted) => squash(text) == squash(wanted),
        Value::Currency(_) | Value::Kind(_) => false,
    }
}

fn anchor(rows: &Rows<'_>, found: &Found, value: &Value) -> Anchor {
    let text = rows.text(found);
    let row = &rows.rows[found.row];
    let (x, y) = rows.at(found.page, found.area);
    let (lead, shape) = match value {
        Value::Number(number) => (lead(&text, number), shape(number)),
        _ => (String::new(), String::new()),
    };
    let is_last = found.to == row.words.len();
    let starts = if is_last { row_label(rows, found.row, found.from) } else { Vec::new() };
    Anchor {
        before: label_before(rows, found),
        above: label_above(rows, found),
        row: starts,
        page: found.page,
        x,
        y,
        words: found.to - found.from,
        lead,
        shape,
    }
}

/// How much an anchor says: words right before a value more than those above it.
fn telling(anchor: &Anchor) -> usize {
    4 * anchor.before.len().min(2) + 2 * anchor.row.len().min(2) + anchor.above.len().min(2)
}

/// What stands before the value within its first word.
fn lead(text: &str, number: &str) -> String {
    let own = number.chars().next();
    text.chars().take_while(|letter| !letter.is_alphanumeric() && Some(*letter) != own).collect()
}

fn shape(text: &str) -> String {
    let mut shape = String::new();
    for letter in text.chars().filter(|letter| letter.is_alphanumeric()) {
        let class = if letter.is_numeric() { '9' } else { 'A' };
        if !shape.ends_with(class) || class == '9' {
            shape.push(class);
        }
    }
    shape
}

/// Words of letters right before a value; they end where a number or a wide gap does.
fn label_before(rows: &Rows<'_>, found: &Found) -> Vec<String> {
    let row = &rows.rows[found.row];
    let mut label = Vec::new();
    let mut right: Option<f32> = None;
    for word in row.words[..found.from].iter().rev().take(LABEL_WORDS_MAX) {
        let height = (word.area.y1 - word.area.y0).max(1.0);
        let is_near = right.is_none_or(|right| right - word.area.x1 <= height * WORD_GAP * 1.5);
        let text = squash(&word.text);
        if !is_near || text.chars().any(|letter| letter.is_ascii_digit()) {
            break;
        }
        if !text.is_empty() {
            label.insert(0, text);
            right = Some(word.area.x0);
        }
    }
    label
}

/// Words of letters that a row begins with.
fn row_label(rows: &Rows<'_>, row: usize, most: usize) -> Vec<String> {
    let words = rows.rows[row].words[..most].iter().map(|word| squash(&word.text));
    let words =
        words.take_while(|word| !word.is_empty() && !word.chars().any(|letter| letter.is_ascii_digit()));
    words.take(LABEL_WORDS_MAX).collect()
}

/// Words of the nearest row above that stand over a value.
fn label_above(rows: &Rows<'_>, found: &Found) -> Vec<String> {
    let height = (found.area.y1 - found.area.y0).max(1.0);
    for row in rows.rows[..found.row].iter().rev().take_while(|row| row.page == found.page) {
        if found.area.y0 - row.bottom > height * ABOVE_MAX {
            break;
        }
        let over =
            row.words.iter().filter(|word| word.area.x1 > found.area.x0 && word.area.x0 < found.area.x1);
        let label: Vec<String> =
            over.map(|word| squash(&word.text)).filter(|word| !word.is_empty()).collect();
        if !label.is_empty() {
            let is_label = label.iter().all(|word| !word.chars().any(|letter| letter.is_ascii_digit()));
            return if is_label { label.into_iter().take(LABEL_WORDS_MAX).collect() } else { Vec::new() };
        }
    }
    Vec::new()
}

/// Reads the fields again that some example tells.
pub(super) fn apply(rows: &Rows<'_>, pages: &[Page], examples: &[&Example], document: &mut ParsedDocument) {
    let mut amended = document.clone();
    let mut told: Vec<Field> = Vec::new();
    for example in examples {
        for anchored in example.fields.iter().filter(|anchored| is_anchored(anchored.field)) {
            if told.contains(&anchored.field) {
                continue;
            }
            if let Some((value, found)) = read(rows, anchored, example.notation) {
                told.push(anchored.field);
                if values(&amended).get(&anchored.field) != Some(&value) {
                    put(&mut amended, anchored.field, learnt(value, pages, &found));
                }
            }
        }
    }
    if faults(&amended) > faults(document) {
        // Amounts that fit together are not given up for some that do not.
        amended.totals = document.totals.clone();
    }
    *document = amended;
}

/// How many of the sums that a document's totals are bound by do not hold.
fn faults(document: &ParsedDocument) -> usize {
    let totals = &document.totals;
    let amount = |field: &Option<document::Field<Decimal>>| field.as_ref().map(|field| field.value);
    let or_none = |field| amount(field).unwrap_or_default();
    let differs = |whole: Option<Decimal>, sum: Option<Decimal>| {
        whole.zip(sum).is_some_and(|(whole, sum)| (whole.abs() - sum.abs()).abs() > Decimal::new(2, 2))
    };
    let with_tax = amount(&totals.net).zip(amount(&totals.tax)).map(|(net, tax)| net + tax);
    let of_lines =
        amount(&totals.lines).map(|lines| lines - or_none(&totals.discounts) + or_none(&totals.charges));
    let left = amount(&totals.gross).zip(amount(&totals.prepaid)).map(|(gross, prepaid)| gross - prepaid);
    let sums =
        [(amount(&totals.gross), with_tax), (amount(&totals.net), of_lines), (amount(&totals.payable), left)];
    sums.into_iter().filter(|(whole, sum)| differs(*whole, *sum)).count()
}

/// The value of a field where its anchors say, and where that is.
fn read(rows: &Rows<'_>, anchored: &Anchored, notation: Notation) -> Option<(Value, Found)> {
    let mut best: Option<(f32, Value, Found)> = None;
    for (rank, anchor) in anchored.anchors.iter().enumerate() {
        for (worth, found) in candidates(rows, anchor, anchored.field, notation) {
            let Some(value) = value_of(&rows.text(&found), anchor, anchored.field, notation) else {
                continue;
            };
            let (x, y) = rows.at(found.page, found.area);
            // Totals wander down the page with the number of lines.
            let moved = (x - anchor.x).abs() + 0.3 * (y - anchor.y).abs();
            let worth = worth - moved - 0.15 * rank as f32;
            if best.as_ref().is_none_or(|(most, ..)| worth > *most) {
                best = Some((worth, value, found));
            }
        }
    }
    best.map(|(_, value, found)| (value, found))
}

/// Words where the value may stand, with how much speaks for them.
fn candidates(rows: &Rows<'_>, anchor: &Anchor, field: Field, notation: Notation) -> Vec<(f32, Found)> {
    let mut found = Vec::new();
    for (index, row) in rows.rows.iter().enumerate() {
        for at in label_ends(rows, index, &anchor.before) {
            found.extend(value_after(rows, index, at, anchor, field, notation).map(|found| (3.0, found)));
        }
        if !anchor.row.is_empty() && label_ends(rows, index, &anchor.row).first() == Some(&anchor.row.len()) {
            let ends = (anchor.row.len()..row.words.len()).find_map(|from| {
                let last = rows.found(index, from, row.words.len())?;
                value_of(&rows.text(&last), anchor, field, notation).map(|_| last)
            });
            found.extend(ends.map(|found| (2.5, found)));
        }
        for at in label_ends(rows, index, &anchor.above) {
            let label = rows.found(index, at - anchor.above.len(), at);
            let below = label.and_then(|label| value_below(rows, &label, anchor, field, notation));
            found.extend(below.map(|found| (2.0, found)));
        }
    }
    if found.is_empty() {
        found.extend(value_at(rows, anchor, field, notation).map(|found| (1.0, found)));
    }
    found
}

/// Where in a row a label ends: indices of the words after it.
fn label_ends(rows: &Rows<'_>, row: usize, label: &[String]) -> Vec<usize> {
    if label.is_empty() {
        return Vec::new();
    }
    let words: Vec<String> = rows.rows[row].words.iter().map(|word| squash(&word.text)).collect();
    let is_like = |(word, wanted): (&String, &String)| {
        word == wanted
            || (wanted.chars().count() >= 4 && strsim::normalized_levenshtein(word, wanted) >= LABELS_ALIKE)
    };
    let fits =
        words.windows(label.len()).enumerate().filter(|(_, words)| words.iter().zip(label).all(is_like));
    fits.map(|(at, _)| at + label.len()).collect()
}

/// The longest run of words after a label that is a value of the kind.
fn value_after(
    rows: &Rows<'_>,
    row: usize,
    at: usize,
    anchor: &Anchor,
    field: Field,
    notation: Notation,
) -> Option<Found> {
    let words = &rows.rows[row].words;
    // A lone colon may be a word.
    let from = (at..words.len()).find(|index| !squash(&words[*index].text).is_empty())?;
    let end = run_end(rows, row, from);
    longest(rows, row, from, end, anchor, field, notation)
}

/// Where the run of close words ends that begins here.
fn run_end(rows: &Rows<'_>, row: usize, from: usize) -> usize {
    let words = &rows.rows[row].words;
    let is_apart = |index: &usize| {
        let (left, right) = (words[*index - 1].area, words[*index].area);
        right.x0 - left.x1 > (left.y1 - left.y0).max(1.0) * WORD_GAP
    };
    (from + 1..words.len()).find(is_apart).unwrap_or(words.len()).min(from + VALUE_WORDS_MAX)
}

fn longest(
    rows: &Rows<'_>,
    row: usize,
    from: usize,
    end: usize,
    anchor: &Anchor,
    field: Field,
    notation: Notation,
) -> Option<Found> {
    let wanted = match field_kind(field) {
        // A number is as many words as it was; what follows is other text.
        Kind::Number => from + anchor.words.min(end - from),
        Kind::Amount | Kind::Day | Kind::Name => end,
    };
    (from + 1..=wanted).rev().find_map(|to| {
        let found = rows.found(row, from, to)?;
        value_of(&rows.text(&found), anchor, field, notation).map(|_| found)
    })
}

/// The value below a label: the first row that has words there.
fn value_below(
    rows: &Rows<'_>,
    label: &Found,
    anchor: &Anchor,
    field: Field,
    notation: Notation,
) -> Option<Found> {
    let height = (label.area.y1 - label.area.y0).max(1.0);
    for (index, row) in rows.rows.iter().enumerate().skip(label.row + 1) {
        if row.page != label.page || row.top - label.area.y1 > height * ABOVE_MAX {
            return None;
        }
        let is_below = |area: Area| area.x1 > label.area.x0 - height && area.x0 < label.area.x1 + height;
        let Some(at) = row.words.iter().position(|word| is_below(word.area)) else { continue };
        return around(rows, index, at, anchor, field, notation);
    }
    None
}

/// The value of the kind among the close words around one.
fn around(
    rows: &Rows<'_>,
    row: usize,
    at: usize,
    anchor: &Anchor,
    field: Field,
    notation: Notation,
) -> Option<Found> {
    let first =
        (0..=at).rev().find(|index| *index == 0 || run_end(rows, row, index - 1) == *index).unwrap_or(at);
    let end = run_end(rows, row, first).max(at + 1);
    (first..=at).find_map(|from| longest(rows, row, from, end, anchor, field, notation))
}

/// What stands where the value stood, where no label says more.
fn value_at(rows: &Rows<'_>, anchor: &Anchor, field: Field, notation: Notation) -> Option<Found> {
    let is_near = |found: &Found| {
        let (x, y) = rows.at(found.page, found.area);
        found.page == anchor.page
            && (x - anchor.x).abs() <= PLACE_SLACK * 3.0
            && (y - anchor.y).abs() <= PLACE_SLACK
    };
    for (index, row) in rows.rows.iter().enumerate().filter(|(_, row)| row.page == anchor.page) {
        for from in 0..row.words.len() {
            let end = run_end(rows, index, from);
            if let Some(found) = longest(rows, index, from, end, anchor, field, notation).filter(is_near) {
                return Some(found);
            }
        }
    }
    None
}

/// What kind of value a field has.
enum Kind {
    Amount,
    Day,
    Number,
    Name,
}

fn field_kind(field: Field) -> Kind {
    match field {
        Field::Issued | Field::Delivered | Field::Due => Kind::Day,
        Field::Buyer | Field::Supplier | Field::Kind | Field::Currency => Kind::Name,
        Field::Number
        | Field::OrderNumber
        | Field::DeliveryNoteNumber
        | Field::SupplierTaxId
        | Field::SupplierIban
        | Field::BuyerTaxId => Kind::Number,
        Field::Lines
        | Field::Discounts
        | Field::Charges
        | Field::Net
        | Field::Tax
        | Field::Gross
        | Field::Prepaid
        | Field::Payable => Kind::Amount,
    }
}

/// A text as a value of the field, if it can be one.
fn value_of(text: &str, anchor: &Anchor, field: Field, notation: Notation) -> Option<Value> {
    match field_kind(field) {
        Kind::Amount => {
            let amount = notation.number(text).filter(|_| text.contains(['.', ',']))?;
            // Discounts are printed with a minus and told without.
            let amount =
                if matches!(field, Field::Discounts | Field::Charges) { amount.abs() } else { amount };
            Some(Value::Amount(amount))
        }
        Kind::Day => notation.day(text).map(Value::Day),
        Kind::Name => (squash(text).chars().count() >= 2)
            .then(|| Value::Name(text.trim_matches([',', ':', ' ']).to_owned())),
        Kind::Number => {
            let own =
                text.strip_prefix(anchor.lead.as_str()).unwrap_or(text).trim_matches([',', ';', ':', ' ']);
            let has_digit = own.chars().any(|letter| letter.is_ascii_digit());
            let is_like = has_digit == anchor.shape.contains('9') && !own.is_empty();
            is_like.then(|| Value::Number(own.to_owned()))
        }
    }
}
