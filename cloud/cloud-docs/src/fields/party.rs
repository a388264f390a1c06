//! Who sells and who buys.

use std::collections::BTreeSet;

use super::anchor::{Hit, Role, fold, is_separator, roles_of};
use super::context::Context;
use super::ids;
use crate::document::{Field, ParsedDocument, Party};
use crate::page::Area;
use crate::reading::Hints;

/// Legal forms, folded: a text that ends with one, or has one before a comma, is a company's name.
const FORMS: &[&str] = &[
    "gmbh",
    "gmbh co kg",
    "ag",
    "kg",
    "ohg",
    "ug",
    "e k",
    "ek",
    "gbr",
    "e v",
    "mbh",
    "se",
    "ltd",
    "limited",
    "llc",
    "llp",
    "inc",
    "corp",
    "co",
    "plc",
    "pvt",
    "private limited",
    "pty",
    "b v",
    "bv",
    "n v",
    "nv",
    "v o f",
    "vof",
    "sarl",
    "s a r l",
    "sas",
    "s a s",
    "sa",
    "s a",
    "sasu",
    "eurl",
    "srl",
    "s r l",
    "spa",
    "s p a",
    "snc",
    "sl",
    "s l",
    "slu",
    "s l u",
    "sp z o o",
    "sp zoo",
    "spolka akcyjna",
    "s k a",
    "a s",
    "as",
    "ab",
    "oy",
    "aps",
    "s r o",
    "kft",
    "doo",
    "company",
    "corporation",
    "spolka z ograniczona odpowiedzialnoscia",
    "gesellschaft",
];
/// Legal forms that stand before the name.
const LEADING: &[&str] = &[
    "ооо",
    "оао",
    "зао",
    "пао",
    "ао",
    "ип",
    "тоо",
    "общество с ограниченной ответственностью",
    "индивидуальный предприниматель",
    "акционерное общество",
];

const PARTIES: &[Role] = &[Role::Supplier, Role::Buyer, Role::ShipTo, Role::OtherParty];

/// A text that may be a party's name.
#[derive(Debug, Clone)]
struct Name {
    text: String,
    row: usize,
    area: Area,
    score: f32,
}

/// Rows that speak of one party.
#[derive(Debug, Clone)]
struct Block {
    role: Role,
    cells: Vec<(usize, usize)>,
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
    numbers(context, &taken, supplier_block, hints, document);
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
    let text = company(&name.text).unwrap_or(name.text);
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

/// Whether a text may be somebody's name: letters, few digits, no sentence, no greeting.
fn is_name(text: &str) -> bool {
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let words = text.split_whitespace().count();
    let folded = fold(text);
    let is_title = ["herr", "frau", "herrn", "mr", "mrs", "ms", "firma", "an", "to", "company", "attn"]
        .contains(&folded.as_str());
    letters >= 3
        && digits <= letters
        && !text.starts_with('(')
        && words <= 9
        && !text.contains('@')
        && !is_title
        && !folded.starts_with("www ")
        && !text.trim_end().ends_with(':')
}

/// Whether a text says a legal form.
fn is_company(text: &str) -> bool {
    company(text).is_some()
}

/// The part of a text that is a company's name: up to its legal form, or from it where that leads.
fn company(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > 12 {
        return None;
    }
    let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let all = folded.join(" ");
    if LEADING.iter().any(|form| all.strip_prefix(form).is_some_and(|rest| rest.starts_with(' '))) {
        let end = text.find(", ").unwrap_or(text.len());
        return Some(text[..end].to_owned());
    }
    for end in (2..=words.len()).rev() {
        for length in 1..=4.min(end - 1) {
            let form = folded[end - length..end].join(" ");
            let form = form.split_whitespace().collect::<Vec<_>>().join(" ");
            let is_written = words[end - length].starts_with(char::is_uppercase)
                || words[end - length].contains('.')
                || form.len() > 4
                || form == "mbh";
            let is_short = form.len() <= 2 && form != "co";
            let is_written =
                is_written && (!is_short || words[end - length].chars().all(|letter| !letter.is_lowercase()));
            if FORMS.contains(&form.as_str())
                && is_written
                && words[0].starts_with(|letter: char| {
                    letter.is_uppercase() || letter.is_ascii_digit() || letter == '"' || letter == 'e'
                })
            {
                return Some(words[..end].join(" ").trim_end_matches([',', ';', '|', '-', '•']).to_owned());
            }
        }
    }
    None
}

/// An address without a heading, where envelopes have their window: three rows or more at one left edge, one with a postal code.
fn window(context: &Context, used: &BTreeSet<usize>) -> Option<Block> {
    let rows = &context.sheet.rows;
    let first_table = used.iter().next().copied().unwrap_or(rows.len());
    let mut best: Option<(f32, Vec<(usize, usize)>)> = None;
    for (at, row) in rows.iter().enumerate().take(first_table).filter(|(_, row)| row.page == 0) {
        let (_, width, height) = context.sheet.pages[0];
        if row.area.y0 > 0.45 * height {
            break;
        }
        for (column, cell) in row.cells.iter().enumerate() {
            let mut cells = vec![(at, column)];
            let mut last = cell.area;
            let mut pitch: Option<f32> = None;
            for (below, next) in rows.iter().enumerate().skip(at + 1).take(14) {
                if next.page != 0 || next.area.y0 - last.y1 > 2.6 * cell.size() || cells.len() > 6 {
                    break;
                }
                if let Some(own) = next.cells.iter().position(|it| (it.area.x0 - cell.area.x0).abs() < 3.0) {
                    let gap = next.cells[own].area.y0 - last.y1;
                    // A wider blank than before ends an address.
                    if pitch.is_some_and(|pitch| gap > 2.0 * pitch.max(0.0) + 0.8 * cell.size()) {
                        break;
                    }
                    // Nor does the first row of one stand apart.
                    if cells.len() == 2 && pitch.is_some_and(|pitch| pitch > gap + 0.7 * cell.size()) {
                        cells.clear();
                        break;
                    }
                    pitch.get_or_insert(gap);
                    last = next.cells[own].area;
                    cells.push((below, own));
                }
            }
            let texts: Vec<&str> =
                cells.iter().map(|(row, column)| rows[*row].cells[*column].text.as_str()).collect();
            let Some(postal) =
                texts.iter().position(|text| is_postal(text)).filter(|at| (1..=5).contains(at))
            else {
                continue;
            };
            let is_clean = texts[..=postal].iter().all(|text| {
                !text.contains(':') && text.split_whitespace().count() <= 7 && !text.contains('@')
            });
            let opens = context.opening(at, column).is_some_and(|hit| hit.length > 3);
            if !is_clean || opens || !is_name(texts[0]) {
                continue;
            }
            // The seller's own address has its telephone, tax number or web page under it.
            let goes_on = texts[postal + 1..].iter().any(|text| {
                text.contains("www")
                    || text.contains('@')
                    || text.split(&[' ', ':'][..]).any(|word| {
                        let roles = roles_of(word);
                        roles.contains(&Role::Phone)
                            || roles.contains(&Role::TaxId)
                            || roles.contains(&Role::Iban)
                    })
            });
            let from_top = row.area.y0 / height;
            let score = 0.5
                - (from_top - 0.2).abs()
                - if goes_on { 0.4 } else { 0.0 }
                - if cell.size() < 0.85 * context.sheet.size { 0.2 } else { 0.0 }
                + 0.04 * postal as f32
                - 0.1 * (cell.area.x0 / width - 0.1).abs();
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, cells[..=postal].to_vec()));
            }
        }
    }
    best.map(|(_, cells)| Block { role: Role::Buyer, cells, inline: None })
}

/// `88045 Friedrichshafen`, `NL-1025 RX Amsterdam`, `Scranton PA 18503`, `69100 VILLEURBANNE`.
fn is_postal(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let code = |word: &&str| {
        let bare = word
            .trim_start_matches(|letter: char| letter.is_ascii_uppercase() || letter == '-')
            .trim_end_matches(',');
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        (4..=6).contains(&digits) && digits + bare.matches('-').count() == bare.len()
    };
    let british = words.windows(2).any(|pair| {
        let outward = pair[0].len() <= 4
            && pair[0].starts_with(|letter: char| letter.is_ascii_uppercase())
            && pair[0].ends_with(|letter: char| letter.is_ascii_digit());
        outward && pair[1].len() == 3 && pair[1].starts_with(|letter: char| letter.is_ascii_digit())
    });
    let has_town = words.iter().any(|word| word.chars().filter(|letter| letter.is_alphabetic()).count() >= 3);
    words.len() <= 7 && (british || (words.iter().any(code) && has_town && words.len() >= 2))
}

/// Texts with a legal form, and the most prominent text at the top, as names of who sells.
fn company_names(context: &Context, used: &BTreeSet<usize>, taken: &BTreeSet<(usize, usize)>) -> Vec<Name> {
    let domains = domains(context);
    let mut found: Vec<Name> = Vec::new();
    for (at, row) in context.sheet.rows.iter().enumerate() {
        let (_, _, height) = context.sheet.pages[row.page];
        let high = row.area.y0 / height.max(1.0);
        for (column, cell) in
            row.cells.iter().enumerate().filter(|(column, _)| !taken.contains(&(at, *column)))
        {
            let parts = cell
                .text
                .split(['|', '•', '·', '●', '–', '∙', '*'])
                .flat_map(|part| part.split(" - "))
                .flat_map(|part| part.split(" , "));
            let first = parts.map(str::trim).find(|part| !part.is_empty()).unwrap_or("");
            let first = strip_label(first);
            let named = company(first).or_else(|| company(&cell.text));
            let is_label = context.opening(at, column).is_some_and(|hit| hit.length > 2);
            let in_table = used.contains(&at);
            let size = (cell.size() / context.sheet.size.max(1.0) - 1.0).clamp(0.0, 2.0);
            let first_page = if row.page == 0 { 0.05 } else { -0.1 };
            let fits = |text: &str| {
                domains.iter().any(|domain| {
                    squeezed(text).contains(domain.as_str())
                        || domain.contains(&squeezed(text)) && squeezed(text).len() > 4
                })
            };
            if let Some(text) = named.filter(|_| !in_table) {
                let edge = if !(0.2..=0.85).contains(&high) { 0.12 } else { 0.0 };
                let sender = if cell.text.len() > text.len() + 10 && high < 0.3 { 0.08 } else { 0.0 };
                let domain = if fits(&text) { 0.2 } else { 0.0 };
                let score = 0.45
                    + edge
                    + sender
                    + first_page
                    + domain
                    + 0.05 * size
                    + if high < 0.2 { 0.04 } else { 0.0 };
                found.push(Name { text, row: at, area: cell.area, score });
            } else if row.page == 0
                && high < 0.22
                && !is_label
                && !in_table
                && is_name(first)
                && !is_postal(first)
                && first.split(' ').count() <= 6
            {
                let is_title = context.row_hits(at).iter().any(|hit| hit.cell == column);
                let domain = if fits(first) { 0.25 } else { 0.0 };
                let score =
                    0.34 - 0.3 * high + 0.06 * size + domain + if cell.is_bold() { 0.05 } else { 0.0 }
                        - if is_title { 0.2 } else { 0.0 };
                found.push(Name { text: first.to_owned(), row: at, area: cell.area, score });
            } else if fits(first)
                && is_name(first)
                && !in_table
                && first.split(' ').count() <= 5
                && !first.contains('.')
            {
                found.push(Name { text: first.to_owned(), row: at, area: cell.area, score: 0.42 });
            }
        }
    }
    repeated(&mut found);
    found
}

/// `Seller: Acme` says a name after its label.
fn strip_label(text: &str) -> &str {
    match text.split_once(':') {
        Some((label, rest)) if label.split(' ').count() <= 3 && rest.trim().len() > 2 => rest.trim(),
        _ => text,
    }
}

/// A name that stands twice is likelier.
fn repeated(found: &mut [Name]) {
    let folded: Vec<String> = found.iter().map(|name| fold(&name.text)).collect();
    for (at, name) in found.iter_mut().enumerate() {
        let others =
            folded.iter().enumerate().filter(|(other, text)| *other != at && **text == folded[at]).count();
        name.score += 0.06 * others.min(2) as f32;
    }
}

fn squeezed(text: &str) -> String {
    fold(text).replace(' ', "")
}

/// Names of web and mail domains on the pages: `acme` of `www.acme.de`.
fn domains(context: &Context) -> BTreeSet<String> {
    let providers = [
        "gmail",
        "gmx",
        "web",
        "yahoo",
        "outlook",
        "hotmail",
        "icloud",
        "mail",
        "yandex",
        "t-online",
        "localhost",
        "example",
        "googlemail",
    ];
    let mut found = BTreeSet::new();
    for word in context.sheet.rows.iter().flat_map(|row| &row.cells).flat_map(|cell| &cell.words) {
        let text = word.text.to_lowercase();
        let host = text
            .rsplit_once('@')
            .map(|(_, host)| host)
            .or_else(|| text.split_once("www.").map(|(_, host)| host))
            .or_else(|| text.split_once("://").map(|(_, host)| host));
        let Some(host) = host else { continue };
        let host = host.split(['/', ',', ';', ')']).next().unwrap_or(host);
        let labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).collect();
        if let Some(label) = labels
            .len()
            .checked_sub(2)
            .and_then(|at| labels.get(at))
            .filter(|label| label.len() > 3 && !providers.contains(label))
        {
            found.insert(label.replace('-', ""));
        }
    }
    found
}

/// Tax numbers, accounts, mail and telephone, given to whom they belong.
fn numbers(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legal_form_makes_a_company() {
        for (text, expected) in [
            ("Acme GmbH", Some("Acme GmbH")),
            ("Grundbesitz GmbH & Co. KG, Musterstr. 1", Some("Grundbesitz GmbH & Co. KG")),
            ("WS Retail Services Pvt. Ltd.,", Some("WS Retail Services Pvt. Ltd.")),
            ("ООО «Ромашка», ИНН 7707083893", Some("ООО «Ромашка»")),
            ("we go as far as we can", None),
            ("Coolblue B.V.", Some("Coolblue B.V.")),
        ] {
            assert_eq!(company(text).as_deref(), expected, "{text}");
        }
    }
}
