//! Who sells and who buys.

use std::collections::BTreeSet;

use super::accounts;
use super::anchor::fold;
use super::anchor::{Hit, Role, is_separator, roles_of};
use super::context::Context;
use super::names::{Name, company, company_names, is_company, is_name, is_postal};
use crate::document::ParsedDocument;
use crate::page::Area;
use crate::reading::Hints;

const PARTIES: &[Role] = &[Role::Supplier, Role::Buyer, Role::ShipTo, Role::OtherParty];

/// Rows that speak of one party.
#[derive(Debug, Clone)]
pub(super) struct Block {
    role: Role,
    pub(super) cells: Vec<(usize, usize)>,
    /// The name where the heading's own cell has it.
    inline: Option<Name>,
}

/// Reads both parties.
pub(super) fn parties(
    context: &Context,
    used: &BTreeSet<usize>,
    hints: &Hints,
    document: &mut ParsedDocument,
) {
    let blocks = blocks(context, used);
    let buyer_block = blocks
        .iter()
        .find(|block| block.role == Role::Buyer)
        .or_else(|| blocks.iter().find(|block| block.role == Role::ShipTo));
    let supplier_block =
        blocks.iter().find(|block| block.role == Role::Supplier && name_of(context, block).is_some());
    let address = if buyer_block.is_none() { window(context, used) } else { None };
    let buyer_block = buyer_block.cloned().or(address);
    let buyer = buyer_block.as_ref().and_then(|block| name_of(context, block));
    let taken: BTreeSet<(usize, usize)> = blocks
        .iter()
        .filter(|block| block.role != Role::Supplier)
        .chain(&buyer_block)
        .flat_map(|block| block.cells.iter().copied())
        .collect();
    let mut names = company_names(context, used, &taken);
    if let Some(name) = supplier_block.and_then(|block| name_of(context, block)) {
        names.push(Name { score: name.score + 0.5, ..name });
    }
    let is_buyer = |name: &Name| {
        let folded = fold(&name.text);
        let same = buyer.as_ref().is_some_and(|buyer| fold(&buyer.text) == folded);
        same || hints.buyer_names.iter().any(|known| !fold(known).is_empty() && folded.contains(&fold(known)))
    };
    names.retain(|name| !is_buyer(name));
    names.extend(account_holders(context));
    names.retain(|name| !is_buyer(name));
    let supplier = names.into_iter().max_by(|a, b| a.score.total_cmp(&b.score));
    let field = |name: Name| context.field(name.text, name.score.min(0.95), name.row, name.area);
    document.supplier.name = supplier.map(field);
    document.buyer.name = buyer.map(field);
    accounts::numbers(context, &taken, supplier_block, hints, document);
}

/// Who is paid is mostly who sells.
fn account_holders(context: &Context) -> Vec<Name> {
    let hits = context.hits.iter().filter(|hit| hit.is(Role::AccountHolder));
    let names = hits.filter_map(|hit| {
        let beside = context.beside(hit).into_iter().next()?;
        let text = if beside.from > 0 { rest_of(context, hit) } else { beside.cell.text.clone() };
        is_name(&text).then_some(Name { text, row: beside.row, area: beside.cell.area, score: 0.5 })
    });
    names.collect()
}

/// Blocks of rows under or beside headings that say whose they are.
fn blocks(context: &Context, used: &BTreeSet<usize>) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    for hit in
        context.hits.iter().filter(|hit| hit.words.0 == 0 && hit.is_any(PARTIES) && !used.contains(&hit.row))
    {
        let role = *PARTIES.iter().find(|role| hit.is(**role)).unwrap_or(&Role::OtherParty);
        let row = &context.sheet.rows[hit.row];
        let cell = &row.cells[hit.cell];
        let rest = rest_of(context, hit);
        // `Customer no.` and `from 3 May` are no headings.
        let is_heading = rest.is_empty()
            || cell.words[hit.words.1 - 1].text.ends_with(':')
            || cell.words.get(hit.words.1).is_some_and(|word| word.text.starts_with(':'));
        if !is_heading {
            continue;
        }
        let name = |text: &str, area: Area| Name { text: text.to_owned(), row: hit.row, area, score: 0.75 };
        let inline = if is_name(&rest) { Some(name(&rest, cell.area)) } else { None };
        let right = row.cells.get(hit.cell + 1).filter(|next| {
            rest.is_empty()
                && (cell.text.ends_with(':') || row.cells.len() == 2)
                && context.opening(hit.row, hit.cell + 1).is_none()
                && is_name(&next.text)
                && next.area.x0 - cell.area.x1 < 14.0 * context.sheet.size
        });
        let inline =
            inline.or_else(|| right.map(|next| name(next.text.trim_matches(is_separator), next.area)));
        let cells = block_cells(context, hit);
        if inline.is_some() || !cells.is_empty() {
            found.push(Block { role, cells, inline });
        }
    }
    found
}

fn rest_of(context: &Context, hit: &Hit) -> String {
    let cell = &context.sheet.rows[hit.row].cells[hit.cell];
    let words = cell.words[hit.words.1..].iter().map(|word| word.text.as_str());
    let all: Vec<&str> =
        [hit.rest.as_str()].into_iter().chain(words).filter(|text| !text.is_empty()).collect();
    all.join(" ").trim_matches(|letter: char| is_separator(letter) && letter != ')').trim().to_owned()
}

/// Cells under a heading: of its column, without a wide blank, until another heading.
fn block_cells(context: &Context, hit: &Hit) -> Vec<(usize, usize)> {
    let rows = &context.sheet.rows;
    let start = &rows[hit.row].cells[hit.cell];
    let next_heading = rows[hit.row].cells.get(hit.cell + 1).map_or(f32::MAX, |next| next.area.x0 - 2.0);
    let mut found = Vec::new();
    let mut bottom = start.area.y1;
    for (at, row) in rows.iter().enumerate().skip(hit.row + 1) {
        let wide = if found.is_empty() { 2.2 } else { 1.9 } * context.sheet.size;
        if row.page != rows[hit.row].page || row.area.y0 - bottom > wide || found.len() > 24 {
            break;
        }
        let mine: Vec<usize> = row
            .cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| cell.area.x0 >= start.area.x0 - 6.0 && cell.area.x0 < next_heading)
            .map(|(column, _)| column)
            .collect();
        let Some(first) = mine.first() else { continue };
        let is_heading = context.opening(at, *first).is_some_and(|other| {
            other.is_any(PARTIES) && rest_of(context, other).is_empty() || other.is_any(&[Role::Terms])
        });
        if is_heading {
            break;
        }
        bottom = row.area.y1;
        found.extend(mine.into_iter().map(|column| (at, column)));
    }
    found
}

/// The name, up to its legal form where it has one: a tax number may follow.
fn name_of(context: &Context, block: &Block) -> Option<Name> {
    let name = whole_name(context, block)?;
    let ends = |text: &String| {
        let rest = name.text.get(text.len()..).unwrap_or("").trim_start();
        rest.starts_with([',', ';', '(', '|'])
    };
    let text = company(&name.text).filter(ends).unwrap_or_else(|| name.text.clone());
    Some(Name { text, ..name })
}

fn whole_name(context: &Context, block: &Block) -> Option<Name> {
    if let Some(name) = &block.inline {
        return Some(name.clone());
    }
    let labelled = block.cells.iter().find_map(|(row, column)| {
        let hit = context.opening(*row, *column).filter(|hit| hit.is(Role::Name))?;
        let beside = context.beside(hit).into_iter().next()?;
        let text = if beside.from > 0 { rest_of(context, hit) } else { beside.cell.text.clone() };
        let text =
            if beside.from > 0 { text } else { with_next_lines(context, beside.row, beside.column, text) };
        is_name(&text).then_some(Name { text, row: beside.row, area: beside.cell.area, score: 0.88 })
    });
    labelled.or_else(|| {
        block.cells.iter().take(4).find_map(|(row, column)| {
            let cell = &context.sheet.rows[*row].cells[*column];
            let is_label =
                context.opening(*row, *column).is_some_and(|hit| hit.length > 2 && !is_company(&cell.text));
            let text = cell.text.trim_end_matches([',', ';']);
            (!is_label && is_name(text)).then(|| Name {
                text: text.to_owned(),
                row: *row,
                area: cell.area,
                score: 0.75,
            })
        })
    })
}

/// A bold name beside its label goes on in bold lines under it that have no label.
fn with_next_lines(context: &Context, row: usize, column: usize, mut text: String) -> String {
    let rows = &context.sheet.rows;
    let mut last = &rows[row].cells[column];
    let is_bold = last.is_bold();
    for next in rows.iter().skip(row + 1).take(2) {
        let Some(cell) = next.cells.first().filter(|cell| {
            let gap = cell.area.y0 - last.area.y1;
            is_bold && cell.is_bold() && (cell.area.x0 - last.area.x0).abs() < 2.0 && gap < 0.6 * cell.size()
        }) else {
            break;
        };
        text.push(' ');
        text.push_str(&cell.text);
        last = cell;
    }
    text
}

/// An address without a heading, where envelopes have their window: three rows or more at one left edge, one with a postal code.
fn window(context: &Context, used: &BTreeSet<usize>) -> Option<Block> {
    let rows = &context.sheet.rows;
    let first_table = used.iter().next().copied().unwrap_or(rows.len());
    let height = context.sheet.pages.first()?.2;
    let mut best: Option<(f32, Vec<(usize, usize)>)> = None;
    let upper = rows.iter().take(first_table).take_while(|row| row.page == 0 && row.area.y0 <= 0.45 * height);
    for (at, row) in upper.enumerate() {
        for column in 0..row.cells.len() {
            let Some((score, cells)) = address_at(context, at, column) else { continue };
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, cells));
            }
        }
    }
    best.map(|(_, cells)| Block { role: Role::Buyer, cells, inline: None })
}

/// Cells under one another at one left edge that may be an address.
fn chain(context: &Context, at: usize, column: usize) -> Vec<(usize, usize)> {
    let rows = &context.sheet.rows;
    let cell = &rows[at].cells[column];
    let mut cells = vec![(at, column)];
    let mut last = cell.area;
    let mut pitch: Option<f32> = None;
    for (below, next) in rows.iter().enumerate().skip(at + 1).take(14) {
        if next.page != 0 || next.area.y0 - last.y1 > 2.6 * cell.size() || cells.len() > 6 {
            break;
        }
        let Some(own) = next.cells.iter().position(|it| (it.area.x0 - cell.area.x0).abs() < 3.0) else {
            continue;
        };
        let gap = next.cells[own].area.y0 - last.y1;
        // A wider blank than before ends an address, and its first row does not stand apart.
        if pitch.is_some_and(|pitch| gap > 2.0 * pitch.max(0.0) + 0.8 * cell.size()) {
            break;
        }
        if cells.len() == 2 && pitch.is_some_and(|pitch| pitch > gap + 0.7 * cell.size()) {
            return Vec::new();
        }
        pitch.get_or_insert(gap);
        last = next.cells[own].area;
        cells.push((below, own));
    }
    cells
}

/// How much a chain of cells looks like the buyer's address, and its cells down to the town.
fn address_at(context: &Context, at: usize, column: usize) -> Option<(f32, Vec<(usize, usize)>)> {
    let rows = &context.sheet.rows;
    let (_, width, height) = *context.sheet.pages.first()?;
    let cell = &rows[at].cells[column];
    let mut cells = chain(context, at, column);
    let texts: Vec<&str> =
        cells.iter().map(|(row, column)| rows[*row].cells[*column].text.as_str()).collect();
    let postal = texts.iter().position(|text| is_postal(text)).filter(|at| (1..=5).contains(at))?;
    let is_clean = texts[..=postal]
        .iter()
        .all(|text| !text.contains(':') && text.split_whitespace().count() <= 7 && !text.contains('@'));
    let opens = context.opening(at, column).is_some_and(|hit| hit.length > 3);
    if !is_clean || opens || !is_name(texts[0]) {
        return None;
    }
    // The seller's own address has its telephone, tax number or web page under it.
    let is_own = |word: &str| {
        let roles = roles_of(word);
        [Role::Phone, Role::TaxId, Role::Iban].iter().any(|role| roles.contains(role))
    };
    let goes_on = texts[postal + 1..]
        .iter()
        .any(|text| text.contains("www") || text.contains('@') || text.split(&[' ', ':'][..]).any(is_own));
    let is_small = cell.size() < 0.85 * context.sheet.size;
    let from_top = rows[at].area.y0 / height;
    let score =
        0.5 - (from_top - 0.2).abs() - if goes_on { 0.4 } else { 0.0 } - if is_small { 0.2 } else { 0.0 }
            + 0.04 * postal as f32
            - 0.1 * (cell.area.x0 / width - 0.1).abs();
    cells.truncate(postal + 1);
    Some((score, cells))
}
