//! Texts that may be somebody's name: companies by their legal form, and what stands out at the top.

use std::collections::BTreeSet;

use super::anchor::fold;
use super::context::Context;
use crate::page::Area;

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

/// A text that may be a party's name.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) row: usize,
    pub(super) area: Area,
    pub(super) score: f32,
}

/// Whether a text may be somebody's name: letters, few digits, no sentence, no greeting.
pub(super) fn is_name(text: &str) -> bool {
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
pub(super) fn is_company(text: &str) -> bool {
    company(text).is_some()
}

/// The part of a text that is a company's name: up to its legal form, or from it where that leads.
pub(super) fn company(text: &str) -> Option<String> {
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

/// `88045 Friedrichshafen`, `NL-1025 RX Amsterdam`, `Scranton PA 18503`, `69100 VILLEURBANNE`.
pub(super) fn is_postal(text: &str) -> bool {
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
pub(super) fn company_names(
    context: &Context,
    used: &BTreeSet<usize>,
    taken: &BTreeSet<(usize, usize)>,
) -> Vec<Name> {
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
