//! Number, dates, order and kind of a document.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::anchor::{Hit, Role, is_separator};
use super::context::{Beside, Context};
use super::{date, number};
use crate::document::{DocumentKind, Field, ParsedDocument};
use crate::page::Area;

const KINDS: &[(Role, DocumentKind)] = &[
    (Role::KindCredit, DocumentKind::CreditNote),
    (Role::KindConfirmation, DocumentKind::OrderConfirmation),
    (Role::KindDelivery, DocumentKind::DeliveryNote),
    (Role::KindPriceList, DocumentKind::PriceList),
    (Role::KindInvoice, DocumentKind::Invoice),
    (Role::KindOrder, DocumentKind::Order),
];

/// Reads what stands around the lines.
pub(super) fn header(context: &Context, used: &BTreeSet<usize>, document: &mut ParsedDocument) {
    document.kind = kind(context, used);
    let number = document_number(context, used, document.kind.as_ref().map(|kind| kind.value));
    document.order_number =
        id_of(context, used, Role::OrderNumber, number.as_ref().map(|it| it.0.value.as_str()));
    document.delivery_note_number =
        id_of(context, used, Role::DeliveryNote, number.as_ref().map(|it| it.0.value.as_str()));
    document.corrects_number =
        id_of(context, used, Role::Corrects, number.as_ref().map(|it| it.0.value.as_str()));
    dates(context, used, document, number.as_ref().map(|it| it.1));
    document.number = number.map(|it| it.0);
}

/// How high on the first page something stands, 1 to 0.
fn prominence(context: &Context, row: usize) -> f32 {
    let found = &context.sheet.rows[row];
    let (_, _, height) = context.sheet.pages[found.page];
    if found.page > 0 { 0.0 } else { 1.0 - found.area.y0 / height.max(1.0) }
}

fn kind(context: &Context, used: &BTreeSet<usize>) -> Option<Field<DocumentKind>> {
    let mut best: Option<(f32, DocumentKind, &Hit)> = None;
    for hit in context.hits.iter().filter(|hit| !used.contains(&hit.row)) {
        let Some(kind) = kind_of(context, hit) else { continue };
        let cell = &context.sheet.rows[hit.row].cells[hit.cell];
        let size = (cell.size() / context.sheet.size.max(1.0)).min(3.0);
        let others = cell.words.len().saturating_sub(hit.words.1 - hit.words.0).min(8);
        let score = 0.25 * size
            + 0.5 * prominence(context, hit.row)
            + if cell.is_bold() { 0.2 } else { 0.0 }
            + if hit.words.0 == 0 { 0.3 } else { 0.0 }
            - 0.06 * others as f32
            - if kind == DocumentKind::Order { 0.35 } else { 0.0 };
        if best.as_ref().is_none_or(|(known, _, _)| score > *known) {
            best = Some((score, kind, hit));
        }
    }
    best.map(|(score, kind, hit)| context.field(kind, 0.5 + 0.3 * score, hit.row, hit.area))
}

/// The kind that a label names: `Fattura` is in `Fattura n.` too.
fn kind_of(context: &Context, hit: &Hit) -> Option<DocumentKind> {
    let named = |roles: &[Role]| KINDS.iter().find(|(role, _)| roles.contains(role)).map(|(_, kind)| *kind);
    named(hit.roles).or_else(|| {
        let words = &context.sheet.rows[hit.row].cells[hit.cell].words[hit.words.0..hit.words.1];
        let is_title = hit.is(Role::Number) && hit.words.0 == 0;
        let lengths = (1..words.len()).rev().filter(|_| is_title);
        lengths.into_iter().find_map(|length| {
            let text = words[..length].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
            named(&super::anchor::roles_of(&text))
        })
    })
}

/// A text that may be the number of a document, and where it stands.
struct Id {
    text: String,
    area: Area,
    confidence: f32,
}

/// The first word beside a label that looks like a number of a paper.
fn id(context: &Context, beside: &Beside<'_>) -> Option<Id> {
    let mut from = beside.from;
    let glued = beside.rest.trim_matches(is_separator);
    if glued.contains(|letter: char| letter.is_ascii_digit()) && !beside.rest.is_empty() {
        let word = &beside.cell.words[from - 1];
        return is_id(glued).then(|| Id {
            text: glued.to_owned(),
            area: word.area,
            confidence: word.confidence,
        });
    }
    let words = &beside.cell.words;
    while words.get(from).is_some_and(|word| {
        word.text.chars().all(is_separator) || is_number_word(&word.text) || in_brackets(&word.text)
    }) {
        from += 1;
    }
    let dates = &context.dates[beside.row][beside.column];
    let word = words.get(from)?;
    if dates.iter().any(|dated| dated.words.0 == from) {
        return None;
    }
    let mut text = clean(&word.text);
    let mut area = word.area;
    // `RE 2014 / 17`: letters and signs join the digits that follow.
    let mut at = from + 1;
    while let Some(next) = words.get(at) {
        let has_digit = |text: &str| text.contains(|letter: char| letter.is_ascii_digit());
        let is_sign = matches!(next.text.as_str(), "-" | "/" | "–");
        let is_prefix = !has_digit(&text)
            && text.len() <= 4
            && text.chars().all(char::is_uppercase)
            && has_digit(&next.text);
        let after_sign = text.ends_with(['-', '/', '–']) && has_digit(&next.text);
        let is_date = dates.iter().any(|dated| dated.words.0 == at);
        let goes_on = is_sign && words.get(at + 1).is_some_and(|word| has_digit(&word.text));
        if is_date || !(is_prefix || after_sign || goes_on) {
            break;
        }
        if is_prefix {
            text.push(' ');
        }
        text.push_str(&clean(&next.text));
        area = area.around(next.area);
        at += 1;
    }
    is_id(&text).then_some(Id { text, area, confidence: word.confidence })
}

/// `(380)` after a paper's name is the code of its kind.
fn in_brackets(text: &str) -> bool {
    text.starts_with('(') && text.ends_with(')')
}

fn is_number_word(text: &str) -> bool {
    let roles = super::anchor::roles_of(text);
    roles.contains(&Role::PlainNumber) && !text.contains(|letter: char| letter.is_ascii_digit())
}

fn clean(text: &str) -> String {
    let text = text.trim_start_matches([':', '#', '№', '.', '*', '(']);
    text.trim_end_matches([',', ';', ':', '.', ')', '*']).to_owned()
}

fn is_id(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let others = text.chars().filter(|letter| letter.is_alphabetic()).count();
    let is_short = (1..=40).contains(&text.chars().count());
    let is_money = number::currency(text.trim_start_matches(|letter: char| letter.is_ascii_digit()))
        .is_some()
        || text.contains('%')
        || text.contains('@')
        || text.contains('€')
        || text.contains('$');
    digits > 0
        && is_short
        && !is_money
        && others <= digits * 6 + 8
        && date::parse(text, date::Order::DayFirst).is_none_or(|_| digits == 8 && others == 0)
}

/// The number and its label's row. Labels that name the paper weigh more than `No.` alone.
fn document_number(
    context: &Context,
    used: &BTreeSet<usize>,
    kind: Option<DocumentKind>,
) -> Option<(Field<String>, usize)> {
    let mut best: Option<(f32, Id, usize, usize)> = None;
    for hit in context.hits.iter().filter(|hit| !used.contains(&hit.row)) {
        let cell = &context.sheet.rows[hit.row].cells[hit.cell];
        let is_title = hit.is_any(&[
            Role::KindInvoice,
            Role::KindCredit,
            Role::KindDelivery,
            Role::KindOrder,
            Role::KindConfirmation,
        ]);
        let weight = if hit.is_any(&[Role::OtherNumber]) && !hit.is(Role::Number) {
            continue;
        } else if hit.is(Role::Number) && is_of_another_paper(hit, kind) {
            0.3
        } else if hit.is(Role::Number) {
            0.7
        } else if is_title && !hit.is(Role::OrderNumber) {
            0.55
        } else if hit.is(Role::PlainNumber) && follows_title(context, hit) {
            0.62
        } else if hit.is(Role::PlainNumber) && hit.words.0 == 0 {
            0.25
        } else {
            continue;
        };
        let opens = if hit.words.0 == 0 { 0.08 } else { 0.0 };
        let size = 0.06 * (cell.size() / context.sheet.size.max(1.0) - 1.0).clamp(0.0, 2.0);
        let page = if context.sheet.rows[hit.row].page == 0 { 0.06 } else { 0.0 };
        for beside in context.beside(hit) {
            let Some(id) = id(context, &beside) else { continue };
            if is_taken(context, &beside) {
                continue;
            }
            let digits = id.text.chars().filter(char::is_ascii_digit).count();
            let shape = if digits >= 3 { 0.08 } else { 0.0 };
            let score =
                (weight + opens + size + page + shape + 0.05 * prominence(context, hit.row)) * beside.fit;
            if best.as_ref().is_none_or(|(known, _, _, _)| score > *known) {
                best = Some((score, id, beside.row, hit.row));
            }
        }
    }
    best.map(|(score, id, row, label)| {
        (context.field(id.text, score.min(0.97) * id.confidence, row, id.area), label)
    })
}

/// `Lieferschein Nr` on an invoice names another paper.
fn is_of_another_paper(hit: &Hit, kind: Option<DocumentKind>) -> bool {
    let is_order = matches!(kind, Some(DocumentKind::Order | DocumentKind::OrderConfirmation));
    (hit.is(Role::DeliveryNote) && kind != Some(DocumentKind::DeliveryNote))
        || (hit.is(Role::OrderNumber) && !is_order)
}

/// Whether a cell beside a label is itself a label with a value.
fn is_taken(context: &Context, beside: &Beside<'_>) -> bool {
    beside.from == 0
        && context
            .opening(beside.row, beside.column)
            .is_some_and(|hit| hit.length > 2 && !hit.is_any(&[Role::PlainNumber]))
}

/// Whether a `No.` stands after the paper's name, in its cell or row, or right under it.
fn follows_title(context: &Context, hit: &Hit) -> bool {
    let titles = [
        Role::KindInvoice,
        Role::KindCredit,
        Role::KindDelivery,
        Role::KindConfirmation,
        Role::KindOrder,
        Role::Number,
    ];
    let before = context
        .row_hits(hit.row)
        .iter()
        .any(|other| (other.cell, other.words.0) < (hit.cell, hit.words.0) && other.is_any(&titles));
    let above = hit.row > 0 && hit.words.0 == 0 && {
        let cell = &context.sheet.rows[hit.row].cells[hit.cell];
        context.row_hits(hit.row - 1).iter().any(|other| {
            other.is_any(&titles)
                && other.area.x0 < cell.area.x1 + 30.0
                && other.area.x1 > cell.area.x0 - 30.0
        })
    };
    before || above
}

fn id_of(context: &Context, used: &BTreeSet<usize>, role: Role, not: Option<&str>) -> Option<Field<String>> {
    let mut best: Option<(f32, Id, usize)> = None;
    for hit in context.hits.iter().filter(|hit| hit.is(role) && !used.contains(&hit.row)) {
        for beside in context.beside(hit) {
            let Some(id) = id(context, &beside).filter(|id| Some(id.text.as_str()) != not) else { continue };
            if is_taken(context, &beside) {
                continue;
            }
            let opens = if hit.words.0 == 0 { 0.15 } else { 0.0 };
            // `Ihre Referenz` may be a number of anything.
            let opens = if hit.is(Role::OtherNumber) { opens - 0.25 } else { opens };
            let score = (0.5 + opens + 0.015 * hit.length.min(16) as f32) * beside.fit;
            if best.as_ref().is_none_or(|(known, _, _)| score > *known) {
                best = Some((score, id, beside.row));
            }
        }
    }
    best.map(|(score, id, row)| context.field(id.text, score * id.confidence, row, id.area))
}

/// A date with what its labels say of it.
struct Seen {
    value: Date,
    row: usize,
    area: Area,
    confidence: f32,
    scores: Vec<(Role, f32)>,
}

const DATES: &[Role] =
    &[Role::Issued, Role::Due, Role::Delivered, Role::OtherDate, Role::PlainDate, Role::Period];

fn dates(
    context: &Context,
    used: &BTreeSet<usize>,
    document: &mut ParsedDocument,
    number_row: Option<usize>,
) {
    let mut seen: Vec<Seen> = Vec::new();
    for (row, cells) in context.dates.iter().enumerate().filter(|(row, _)| !used.contains(row)) {
        for (column, dates) in cells.iter().enumerate() {
            for dated in dates {
                let scores = labels_of(context, row, column, dated.words.0, number_row);
                seen.push(Seen {
                    value: dated.value,
                    row,
                    area: dated.area,
                    confidence: dated.confidence,
                    scores,
                });
            }
        }
    }
    let pick = |role: Role| {
        let scored = seen.iter().filter_map(|it| {
            let score = it
                .scores
                .iter()
                .filter(|(known, _)| *known == role)
                .map(|(_, score)| *score)
                .fold(0.0, f32::max);
            let other = it
                .scores
                .iter()
                .filter(|(known, _)| *known != role)
                .map(|(_, score)| *score)
                .fold(0.0, f32::max);
            (score > 0.3 && score >= other - 0.01).then_some((score, it))
        });
        scored.fold(None::<(f32, &Seen)>, |best, next| {
            if best.is_none_or(|best| next.0 > best.0 + 0.001) { Some(next) } else { best }
        })
    };
    let field = |(score, it): (f32, &Seen)| context.field(it.value, score * it.confidence, it.row, it.area);
    document.due = pick(Role::Due).map(field);
    // Of `01.09. - 30.09.` the last day is when all was delivered.
    let until = |from: &Seen| {
        let later =
            seen.iter().filter(|it| it.row == from.row && it.area.x0 > from.area.x1 && it.value > from.value);
        later.min_by(|a, b| a.area.x0.total_cmp(&b.area.x0))
    };
    document.delivered = pick(Role::Delivered).map(|(score, from)| {
        let to = until(from).filter(|to| to.area.x0 - from.area.x1 < 3.0 * context.sheet.size);
        if let Some(to) = to {
            document.valid_from = Some(field((score, from)));
            document.valid_to = Some(field((score, to)));
        }
        field((score, to.unwrap_or(from)))
    });
    let unlabelled = || {
        let free = seen.iter().find(|it| {
            it.scores.iter().all(|(_, score)| *score < 0.4) && context.sheet.rows[it.row].page == 0
        });
        free.map(|it| (0.4, it))
    };
    document.issued = pick(Role::Issued).or_else(|| pick(Role::PlainDate)).or_else(unlabelled).map(field);
    if let Some((score, from)) = pick(Role::Period) {
        let to = until(from);
        document.valid_from = Some(field((score, from)));
        document.valid_to = to.map(|to| field((score, to)));
    }
}

/// What stands before, left of and above a date, and how much that says.
fn labels_of(
    context: &Context,
    row: usize,
    column: usize,
    word: usize,
    number_row: Option<usize>,
) -> Vec<(Role, f32)> {
    let mut found: Vec<(Role, f32)> = Vec::new();
    let cell = &context.sheet.rows[row].cells[column];
    let mut add = |hit: &Hit, weight: f32| {
        for role in hit.roles.iter().filter(|role| DATES.contains(role)) {
            let weight = if *role == Role::PlainDate {
                weight - 0.12
            } else {
                weight + 0.004 * hit.length.min(20) as f32
            };
            found.push((*role, weight));
        }
        // `Nr. 12 vom 3.5.2024`
        if hit.is(Role::Of) && (number_row == Some(row)) {
            found.push((Role::Issued, weight - 0.05));
        }
    };
    let before = context.row_hits(row).iter().rfind(|hit| hit.cell == column && hit.words.1 <= word);
    if let Some(hit) = before {
        let between = word - hit.words.1;
        add(hit, 0.9 - 0.06 * between.min(8) as f32);
    }
    let dates_before = context.dates[row][column].iter().any(|dated| dated.words.1 <= word);
    if before.is_none() && !dates_before {
        if let Some(left) = column.checked_sub(1) {
            let hits = context.row_hits(row).iter().filter(|hit| {
                hit.cell == left
                    || (hit.cell + 1 == left
                        && context.sheet.rows[row].cells[left].text.chars().all(is_separator))
            });
            let far =
                (cell.area.x0 - context.sheet.rows[row].cells[left].area.x1) / context.sheet.size.max(1.0);
            for hit in hits {
                add(hit, 0.88 - 0.004 * far);
            }
        }
        if let Some((hit, steps)) = above(context, row, cell.area) {
            add(hit, 0.78 - 0.15 * steps as f32);
        }
    }
    if found.is_empty() {
        found = labels_beside(context, row, column);
    }
    if found.is_empty() && number_row == Some(row) {
        found.push((Role::Issued, 0.5));
    }
    found
}

/// Labels a little above or below whose own row has nothing to their right.
fn labels_beside(context: &Context, row: usize, column: usize) -> Vec<(Role, f32)> {
    let near = [row.checked_sub(1), Some(row + 1)].into_iter().flatten();
    let mut found = Vec::new();
    for at in near.filter(|at| *at < context.sheet.rows.len()) {
        for hit in context.row_hits(at).iter().filter(|hit| hit.is_any(DATES)) {
            let is_last = hit.cell + 1 == context.sheet.rows[at].cells.len();
            let leads_here =
                context.level_right(at, hit.cell).is_some_and(|(to, cell, _)| (to, cell) == (row, column));
            if is_last && leads_here {
                found.extend(hit.roles.iter().filter(|role| DATES.contains(role)).map(|role| (*role, 0.75)));
            }
        }
    }
    found
}

/// The nearest label above a place, and how many rows of its column are between.
fn above(context: &Context, row: usize, area: Area) -> Option<(&Hit, usize)> {
    let page = context.sheet.rows[row].page;
    let mut top = area.y0;
    let mut steps = 0;
    for at in (0..row).rev() {
        let found = &context.sheet.rows[at];
        if found.page != page || top - found.area.y1 > 2.2 * context.sheet.size || steps > 1 {
            return None;
        }
        let over = |area_of: Area| {
            area_of.x1.min(area.x1) - area_of.x0.max(area.x0)
                > 0.4 * (area_of.x1 - area_of.x0).min(area.x1 - area.x0)
        };
        let Some(column) = found.cells.iter().position(|cell| over(cell.area)) else { continue };
        if let Some(hit) =
            context.row_hits(at).iter().find(|hit| hit.cell == column && over(hit.area) && hit.is_any(DATES))
        {
            return Some((hit, steps));
        }
        top = found.area.y0;
        steps += 1;
    }
    None
}
