//! Training data without personal data: what could be somebody's name, address, number or account is replaced by what it is.

use serde_json::Value;

/// Fields of a party that are personal where the party is a person, and of no use for learning anyway.
const PERSONAL: [&str; 7] = ["email", "phone", "iban", "tax_id", "registration_id", "address", "gln"];
/// Words that only companies have in their names; who has none may be a person.
const LEGAL_FORMS: &[&str] = &[
    "gmbh", "ag", "kg", "ohg", "ug", "se", "kgaa", "mbh", "ev", "eg", "ltd", "limited", "plc", "llc", "llp",
    "inc", "corp", "co", "company", "sa", "sas", "sarl", "srl", "spa", "snc", "bv", "nv", "oy", "ab", "as",
    "aps", "sro", "zoo", "ооо", "оао", "зао", "пао", "ао", "нао", "муп", "гуп", "тоо",
];

/// A document's JSON without personal data.
pub(crate) fn masked(mut document: Value) -> Value {
    for side in ["supplier", "buyer"] {
        if let Some(Value::Object(party)) = document.get_mut(side) {
            for (field, value) in party.iter_mut() {
                if PERSONAL.contains(&field.as_str()) {
                    replace(value, &format!("[{field}]"));
                } else if field == "name" && text_of(value).is_some_and(|name| !is_company(name)) {
                    replace(value, "[name]");
                }
            }
        }
    }
    mask_texts(&mut document);
    document
}

/// Replaces a field's value; nothing stays nothing.
fn replace(field: &mut Value, with: &str) {
    if let Some(value) = field.get_mut("value") {
        *value = Value::String(with.to_owned());
    }
}

fn text_of(field: &Value) -> Option<&str> {
    field.get("value").and_then(Value::as_str)
}

fn is_company(name: &str) -> bool {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| c.is_whitespace() || [',', '&', '"', '«', '»', '(', ')'].contains(&c));
    words.map(|word| word.replace('.', "")).any(|word| LEGAL_FORMS.contains(&word.as_str()))
}

/// Looks through every text, wherever it stands.
fn mask_texts(value: &mut Value) {
    match value {
        Value::String(text) => *text = masked_text(text),
        Value::Array(all) => all.iter_mut().for_each(mask_texts),
        Value::Object(all) => all.values_mut().for_each(mask_texts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text with its addresses of mail, accounts and telephone numbers replaced.
fn masked_text(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    let with_marks: String = words.map(masked_word).collect();
    mask_runs(&with_marks)
}

fn masked_word(word: &str) -> String {
    let bare = word.trim_end();
    let rest = &word[bare.len()..];
    let is_mail = bare.find('@').is_some_and(|at| at > 0 && bare[at..].contains('.'));
    if is_mail { format!("[email]{rest}") } else { word.to_owned() }
}

/// Replaces IBANs (ISO 13616: two letters, two digits, up to thirty more, in groups or not) and telephone numbers (a plus or a
/// zero, and nine to fifteen digits with the signs that people put between them).
fn mask_runs(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while at < letters.len() {
        let begins = at == 0 || !letters[at - 1].is_alphanumeric();
        let run = if begins { iban(&letters[at..]).or_else(|| phone(&letters[at..])) } else { None };
        if let Some((length, mark)) = run {
            out.push_str(mark);
            at += length;
        } else {
            out.push(letters[at]);
            at += 1;
        }
    }
    out
}

fn iban(letters: &[char]) -> Option<(usize, &'static str)> {
    let country = letters.get(..2)?.iter().all(char::is_ascii_uppercase);
    let check = letters.get(2..4)?.iter().all(char::is_ascii_digit);
    let (mut length, mut signs) = (4, 0);
    while let Some(letter) = letters.get(length) {
        let next_is_sign =
            letters.get(length + 1).is_some_and(|next| next.is_ascii_digit() || next.is_ascii_uppercase());
        if letter.is_ascii_digit() || letter.is_ascii_uppercase() {
            signs += 1;
        } else if *letter != ' ' || !next_is_sign {
            break;
        }
        length += 1;
    }
    (country && check && (11..=30).contains(&signs)).then_some((length, "[iban]"))
}

fn phone(letters: &[char]) -> Option<(usize, &'static str)> {
    if !matches!(letters.first(), Some('+' | '0' | '8' | '(')) {
        return None;
    }
    let (mut end, mut digits, mut signs) = (0, 0, 0);
    for (at, letter) in letters.iter().enumerate() {
        if letter.is_ascii_digit() {
            digits += 1;
            end = at + 1;
        } else if [' ', '-', '(', ')', '/'].contains(letter) {
            signs += 1;
        } else if !(at == 0 && *letter == '+') {
            break;
        }
    }
    // Without a plus or a sign between the digits it may be a GTIN or an article number, which are what there is to learn.
    let written = letters.first() == Some(&'+') || signs > 0;
    (written && (9..=15).contains(&digits)).then_some((end, "[phone]"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn persons_are_masked_and_companies_are_not() {
        let field = |value: &str| json!({"value": value, "confidence": 1.0, "origin": "printed"});
        let document = json!({
            "supplier": {"name": field("ООО «Ромашка»"), "tax_id": field("7701234567"), "iban": field("DE02120300000000202051"), "email": null},
            "buyer": {"name": field("ИП Иванов Иван"), "phone": field("+7 495 123-45-67")},
            "lines": [{"name": field("Milch 3,5% Art. 4711 4006381333931"), "description": field("Fragen: anna.schmidt@example.org oder 030 / 123 456 78")}],
        });
        let masked = masked(document);
        let shown = masked.to_string();
        for secret in ["Иванов", "7701234567", "DE0212", "495", "anna", "456 78"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        assert_eq!(masked["supplier"]["name"]["value"], "ООО «Ромашка»");
        assert_eq!(masked["lines"][0]["name"]["value"], "Milch 3,5% Art. 4711 4006381333931");
        assert_eq!(masked["supplier"]["email"], Value::Null);
    }

    #[test]
    fn finds_accounts_and_telephones_in_texts() {
        for (text, expected) in [
            ("IBAN: DE02 1203 0000 0000 2020 51, BIC", "IBAN: [iban], BIC"),
            ("Tel. +49 30 1234567.", "Tel. [phone]."),
            ("8 (800) 555-35-35", "[phone]"),
            ("mail an a@b.de bitte", "mail an [email] bitte"),
            ("GTIN 04006381333931", "GTIN 04006381333931"),
            ("6 x 1,5 l", "6 x 1,5 l"),
            ("", ""),
        ] {
            assert_eq!(masked_text(text), expected);
        }
    }
}
