//! Tax numbers, accounts and mail addresses, each given to whom it belongs.

use std::collections::BTreeSet;

use super::anchor::{Role, is_separator};
use super::context::Context;
use super::ids;
use super::party::Block;
use crate::document::{Field, ParsedDocument, Party};
use crate::page::Area;
use crate::reading::Hints;

/// Tax numbers, accounts, mail and telephone, given to whom they belong.
pub(super) fn numbers(
    context: &Context,
    buyer_cells: &BTreeSet<(usize, usize)>,
    supplier_block: Option<&Block>,
    hints: &Hints,
    document: &mut ParsedDocument,
) {
    let own: BTreeSet<(usize, usize)> =
        supplier_block.map(|block| block.cells.iter().copied().collect()).unwrap_or_default();
    let mut tax: Vec<(Field<String>, bool, bool)> = Vec::new();
    for (row, column, text, area, label) in id_runs(context) {
        let is_buyers = buyer_cells.contains(&(row, column)) && !own.contains(&(row, column));
        let field = |value: String, sure: f32| context.field(value, sure, row, area);
        let bare: String = text.chars().filter(|letter| letter.is_alphanumeric() || *letter == '/').collect();
        let bare = bare.to_uppercase();
        if ids::is_iban(&bare) {
            document.supplier.iban.get_or_insert(field(bare, 0.95));
        } else if let Some(number) = ids::tax_number(&bare).filter(|number| label || number.country.is_some())
        {
            let is_hinted =
                hints.buyer_names.iter().any(|known| known.replace(' ', "").eq_ignore_ascii_case(&bare));
            let sure = 0.7 + if label { 0.15 } else { 0.0 } + if number.is_proven { 0.1 } else { 0.0 };
            tax.push((field(bare, sure), is_buyers || is_hinted, label));
        } else if label
            && (8..=16).contains(&bare.len())
            && bare.bytes().filter(u8::is_ascii_digit).count() >= 7
        {
            tax.push((field(bare, 0.55), is_buyers, label));
        }
    }
    let take = |of_buyer: bool| {
        let list = tax.iter().filter(|(_, is_buyers, _)| *is_buyers == of_buyer);
        list.max_by(|a, b| {
            a.0.confidence.total_cmp(&b.0.confidence).then_with(|| std::cmp::Ordering::Greater)
        })
        .map(|it| it.0.clone())
    };
    document.supplier.tax_id = take(false);
    document.buyer.tax_id = take(true).or_else(|| {
        let supplier = document.supplier.tax_id.as_ref()?;
        // Two numbers, and nothing says whose: the second is the buyer's.
        tax.iter()
            .find(|(field, _, label)| *label && field.value != supplier.value && field.confidence > 0.8)
            .map(|it| it.0.clone())
    });
    if document.supplier.iban.is_none() {
        document.supplier.iban = labelled_account(context);
    }
    contacts(context, buyer_cells, document);
}

/// What stands beside `IBAN` and looks like one although its check digits are wrong.
fn labelled_account(context: &Context) -> Option<Field<String>> {
    let shaped = |text: &str| {
        (18..=31).contains(&text.len())
            && text.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
            && text.bytes().skip(2).all(|byte| byte.is_ascii_digit())
    };
    let anywhere = || {
        context.sheet.rows.iter().enumerate().find_map(|(row, cells)| {
            let words = cells.cells.iter().flat_map(|cell| &cell.words);
            let word = words.into_iter().find(|word| shaped(word.text.trim_matches(is_separator)))?;
            Some(context.field(word.text.trim_matches(is_separator).to_owned(), 0.4, row, word.area))
        })
    };
    let is_said = context.hits.iter().any(|hit| hit.is(Role::Iban));
    let beside = context.hits.iter().filter(|hit| hit.is(Role::Iban)).find_map(|hit| {
        context.beside(hit).into_iter().take(2).find_map(|beside| {
            let words = &beside.cell.words[beside.from..];
            let mut text: String = beside.rest.chars().filter(|letter| letter.is_alphanumeric()).collect();
            for word in words {
                let bare: String = word.text.chars().filter(|letter| letter.is_alphanumeric()).collect();
                let is_piece = bare.len() <= 34
                    && (text.is_empty()
                        || bare.bytes().all(|byte| byte.is_ascii_digit())
                        || (bare.len() == 4 && text.len() == 4));
                if !is_piece {
                    break;
                }
                text.push_str(&bare);
            }
            let is_shaped = (15..=34).contains(&text.len())
                && text.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
                && text.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit());
            is_shaped.then(|| context.field(text, 0.6, beside.row, beside.cell.area))
        })
    });
    beside.or_else(|| anywhere().filter(|_| is_said))
}

/// Runs of words that may be one number, with whether a tax label is before them.
fn id_runs(context: &Context) -> Vec<(usize, usize, String, Area, bool)> {
    let mut found = Vec::new();
    for (row, cells) in context.sheet.rows.iter().enumerate() {
        for (column, cell) in cells.cells.iter().enumerate() {
            let mut labelled: BTreeSet<usize> = BTreeSet::new();
            for hit in context.row_hits(row).iter().filter(|hit| hit.is(Role::TaxId)) {
                let follows = hit.cell == column || (hit.cell + 1 == column && !cell.text.is_empty());
                if follows {
                    labelled.insert(if hit.cell == column {
                        hit.words.1 - usize::from(!hit.rest.is_empty())
                    } else {
                        0
                    });
                }
            }
            for start in 0..cell.words.len() {
                let lead = &cell.words[start].text;
                let value = lead.rsplit_once(':').map_or(lead.as_str(), |(_, value)| value);
                let is_start = value.chars().filter(char::is_ascii_digit).count() >= 2
                    || (value.len() <= 3
                        && value.len() >= 2
                        && value.chars().all(|letter| letter.is_ascii_uppercase()));
                if !is_start {
                    continue;
                }
                let label = labelled.iter().any(|from| start >= *from && start - from <= 2);
                let mut text = value.trim_matches(is_separator).to_owned();
                let mut area = cell.words[start].area;
                let mut best = None;
                for end in start..cell.words.len().min(start + 9) {
                    if end > start {
                        text.push_str(cell.words[end].text.trim_matches(is_separator));
                        area = area.around(cell.words[end].area);
                    }
                    let bare: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
                    let bare = bare.to_uppercase();
                    if ids::is_iban(&bare) || ids::tax_number(&bare).is_some() || (label && end == start) {
                        best = Some((text.clone(), area));
                    }
                }
                if let Some((text, area)) = best {
                    found.push((row, column, text, area, label));
                }
            }
        }
    }
    found
}

fn contacts(context: &Context, buyer_cells: &BTreeSet<(usize, usize)>, document: &mut ParsedDocument) {
    for (row, cells) in context.sheet.rows.iter().enumerate() {
        for (column, cell) in cells.cells.iter().enumerate() {
            for word in &cell.words {
                let text = word.text.trim_matches(|letter: char| !letter.is_alphanumeric());
                let is_mail =
                    text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
                let text = text.rsplit_once(':').map_or(text, |(_, mail)| mail);
                if is_mail {
                    let party: &mut Party = if buyer_cells.contains(&(row, column)) {
                        &mut document.buyer
                    } else {
                        &mut document.supplier
                    };
                    party.email.get_or_insert(context.field(text.to_owned(), 0.75, row, word.area));
                }
            }
        }
    }
}
