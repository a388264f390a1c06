//! What of a document is listed and searched, and what its supplier is known by.

use cloud_core::matching::name_key;
use cloud_docs::ParsedDocument;
use cloud_docs::document::{Field, Party};
use cloud_store::{DOCUMENT_TEXT_MAX_LEN, DocumentFacts, MATCH_KEY_MAX_LEN};

use super::matching::{Badge, Matches};

/// The facts of a document that was read or corrected.
pub(crate) fn facts(file_name: &str, parsed: &ParsedDocument, matches: &Matches) -> DocumentFacts {
    let sure = |badge: Badge| matches!(badge, Badge::Sure | Badge::Confirmed);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    DocumentFacts {
        format: word(&parsed.format),
        kind: parsed.kind.as_ref().and_then(|kind| word(&kind.value)),
        number: text(&parsed.number),
        issued: parsed.issued.as_ref().map(|day| day.value.to_string()),
        currency: text(&parsed.currency),
        gross: parsed.totals.gross.as_ref().map(|amount| amount.value.to_string()),
        supplier_name: text(&parsed.supplier.name),
        supplier_key: supplier_key(&parsed.supplier),
        layout: parsed.layout.clone(),
        line_count: count(parsed.lines.len()),
        sure_count: count(matches.lines.iter().filter(|line| sure(line.badge)).count()),
        warning_count: count(parsed.warnings.len()),
        search_text: search_text(file_name, parsed),
        parsed: serde_json::to_string(parsed).ok(),
        matches: serde_json::to_string(matches).ok(),
    }
}

/// The same of what the store kept as JSON.
pub(crate) fn facts_of(file_name: &str, parsed: &str, matches: &str) -> Option<DocumentFacts> {
    let parsed: ParsedDocument = serde_json::from_str(parsed).ok()?;
    let matches: Matches = serde_json::from_str(matches).ok()?;
    Some(facts(file_name, &parsed, &matches))
}

/// What a supplier is known by: its tax number, else its account, else its name; nothing where a document says none of these.
pub(crate) fn supplier_key(supplier: &Party) -> Option<String> {
    let plain = |field: &Option<Field<String>>| {
        let text: String =
            field.iter().flat_map(|field| field.value.chars()).filter(|c| c.is_alphanumeric()).collect();
        Some(text.to_uppercase()).filter(|text| text.len() >= 5)
    };
    let name = || supplier.name.as_ref().map(|name| name_key(&name.value)).filter(|key| !key.is_empty());
    let key = plain(&supplier.tax_id)
        .map(|id| format!("tax:{id}"))
        .or_else(|| plain(&supplier.iban).map(|iban| format!("iban:{iban}")))
        .or_else(|| name().map(|name| format!("name:{name}")))?;
    Some(cut(&key, MATCH_KEY_MAX_LEN).to_owned())
}

fn search_text(file_name: &str, parsed: &ParsedDocument) -> String {
    let head = [
        &parsed.number,
        &parsed.order_number,
        &parsed.supplier.name,
        &parsed.supplier.tax_id,
        &parsed.buyer.name,
    ];
    let of_lines = parsed.lines.iter().flat_map(|line| {
        [&line.name, &line.supplier_article, &line.buyer_article, &line.gtin].into_iter().flatten()
    });
    let words = head.into_iter().flatten().chain(of_lines).map(|field| field.value.as_str());
    let mut all = file_name.to_lowercase();
    for words in words {
        if all.len() >= DOCUMENT_TEXT_MAX_LEN {
            break;
        }
        all.push(' ');
        all.push_str(&words.to_lowercase());
    }
    cut(&all, DOCUMENT_TEXT_MAX_LEN).to_owned()
}

fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

fn text(field: &Option<Field<String>>) -> Option<String> {
    field.as_ref().map(|field| field.value.clone())
}

/// The word that an enum is written as.
fn word(value: &impl serde::Serialize) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Some(word),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_supplier_by_its_surest_mark() {
        let field = |text: &str| Some(Field::structured(text.to_owned()));
        let all = Party {
            name: field("Müller GmbH"),
            tax_id: field("DE 123 456 789"),
            iban: field("DE02 1203"),
            ..Party::default()
        };
        assert_eq!(supplier_key(&all).as_deref(), Some("tax:DE123456789"));
        let account = Party { tax_id: None, ..all };
        assert_eq!(supplier_key(&account).as_deref(), Some("iban:DE021203"));
        let named = Party { iban: None, ..account };
        assert_eq!(
            supplier_key(&named),
            supplier_key(&Party { name: field("MÜLLER, GmbH"), ..Party::default() })
        );
        assert_eq!(supplier_key(&Party::default()), None);
    }
}
