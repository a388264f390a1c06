//! JSON, read so that every problem can be told with its line.

use std::collections::BTreeMap;

use domain::ids::TaxCode;
use domain::money::Currency;
use domain::tax::{TaxRate, TaxTable};
use serde_json::{Map, Value};

use super::csv::is_language;
use super::rows::{Parsed, RATE_MAX, Row};
use super::suggest::did_you_mean;
use super::{Problem, Text};

const TOP: [&str; 3] = ["currency", "tax", "products"];
const TAX: [&str; 2] = ["inclusive", "rates"];
const PRODUCT: [&str; 11] =
    ["id", "sku", "name", "gtin", "plu", "price", "per", "tax_code", "age_limit", "archived", "picture"];

/// Takes a file apart. An error is a file that is not JSON, or has no terms to read the products by.
pub(super) fn parse(text: &Text) -> Result<Parsed, Vec<Problem>> {
    let mut problems = text.problems.clone();
    let top: Value = match serde_json::from_str(&text.text) {
        Ok(value) => value,
        Err(error) => {
            let line = u64::try_from(error.line()).ok();
            problems.push(Problem { line, text: format!("it is not JSON: {error}") });
            return Err(problems);
        }
    };
    let mut say = |text: &str| problems.push(Problem { line: None, text: text.to_owned() });
    let Value::Object(mut top) = top else {
        say("it must be an object with `currency`, `tax` and `products`");
        return Err(problems);
    };
    for text in unknown_keys(&top, &TOP) {
        say(&text);
    }
    let currency = match top.get("currency") {
        Some(Value::String(code)) => Currency::new(code).map_err(|error| say(&error.to_string())).ok(),
        _ => {
            say("`currency` is missing: write for example \"currency\": \"EUR\"");
            None
        }
    };
    let taxes = taxes(top.get("tax"), &mut say);
    let Some(Value::Array(products)) = top.remove("products") else {
        say("`products` is missing: it is the list of products");
        return Err(problems);
    };
    let lines = element_lines(&text.text);
    let mut rows = Vec::with_capacity(products.len());
    for (number, product) in products.into_iter().enumerate() {
        let line = lines.get(number).copied().unwrap_or(0);
        let mut say = |text: String| problems.push(Problem { line: Some(line), text });
        match product {
            Value::Object(product) => rows.push(row(line, product, &mut say)),
            _ => say("a product is an object".to_owned()),
        }
    }
    let Some((currency, taxes)) = currency.zip(taxes) else { return Err(problems) };
    Ok(Parsed { currency, taxes, rows, decimal_comma: false, problems })
}

fn taxes(value: Option<&Value>, say: &mut impl FnMut(&str)) -> Option<TaxTable> {
    let Some(Value::Object(tax)) = value else {
        say("`tax` is missing: write for example \"tax\": {\"inclusive\": true, \"rates\": {\"vat7\": 700}}");
        return None;
    };
    for text in unknown_keys(tax, &TAX) {
        say(&format!("`tax`: {text}"));
    }
    let inclusive = tax.get("inclusive").and_then(Value::as_bool);
    if inclusive.is_none() {
        say("`tax.inclusive` must be true (prices contain the tax) or false (it is added)");
    }
    let Some(Value::Object(stated)) = tax.get("rates") else {
        say("`tax.rates` is missing: it gives each tax code its rate in hundredths of a percent");
        return None;
    };
    let mut rates = BTreeMap::new();
    for (code, rate) in stated {
        let basis_points =
            rate.as_u64().and_then(|rate| u32::try_from(rate).ok()).filter(|rate| *rate <= RATE_MAX);
        match (TaxCode::new(code), basis_points) {
            (Ok(code), Some(basis_points)) => drop(rates.insert(code, TaxRate { basis_points })),
            (Err(error), _) => say(&error.to_string()),
            (_, None) => say(&format!(
                "the rate of `{code}` is {rate}: write whole hundredths of a percent from 0 to {RATE_MAX}"
            )),
        }
    }
    Some(TaxTable { rates, inclusive: inclusive? })
}

fn row(line: u64, mut product: Map<String, Value>, say: &mut impl FnMut(String)) -> Row {
    unknown_keys(&product, &PRODUCT).for_each(&mut *say);
    let mut row = Row { line, ..Row::default() };
    match product.remove("name") {
        Some(Value::Object(names)) => {
            for (language, text) in names {
                match text {
                    Value::String(text) if is_language(&language) => drop(row.name.insert(language, text)),
                    Value::String(_) => {
                        say(format!("`{language}` is not a language: write for example `en`"));
                    }
                    _ => say(format!("the name in `{language}` must be a text")),
                }
            }
        }
        Some(Value::Null) | None => {}
        Some(_) => say("`name` must be an object, for example {\"en\": \"Red apples\"}".to_owned()),
    }
    let mut text = |key: &str| match product.remove(key) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) if ["plu", "age_limit"].contains(&key) => number.to_string(),
        Some(Value::Bool(flag)) if key == "archived" => flag.to_string(),
        Some(Value::Null) | None => String::new(),
        Some(Value::Number(number)) => {
            say(format!("`{key}` is the number {number}: put it in quotes, so that no digit is lost"));
            // Read on with it, so that only this is reported.
            number.to_string()
        }
        Some(_) => {
            say(format!("`{key}` must be a text"));
            String::new()
        }
    };
    row.id = text("id");
    row.sku = text("sku");
    row.gtin = text("gtin");
    row.plu = text("plu");
    row.price = text("price");
    row.per = text("per");
    row.tax_code = text("tax_code");
    row.age_limit = text("age_limit");
    row.archived = text("archived");
    row.picture = text("picture");
    row
}

fn unknown_keys(object: &Map<String, Value>, known: &'static [&'static str]) -> impl Iterator<Item = String> {
    let unknown: Vec<String> = object.keys().filter(|key| !known.contains(&key.as_str())).cloned().collect();
    unknown.into_iter().map(move |key| {
        format!(
            "`{key}` is not known{}; known are {}",
            did_you_mean(&key, known.iter().copied()),
            known.join(", ")
        )
    })
}

/// The line on which each element of the top-level array `products` begins. The text is JSON.
fn element_lines(text: &str) -> Vec<u64> {
    let mut lines = Vec::new();
    let (mut line, mut depth, mut in_products, mut expecting) = (1, 0, false, false);
    let mut key = String::new();
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if expecting && !byte.is_ascii_whitespace() && byte != b']' {
            lines.push(line);
            expecting = false;
        }
        match byte {
            b'\n' => line += 1,
            b'"' => {
                let mut content = Vec::new();
                while let Some(byte) = bytes.next().filter(|byte| *byte != b'"') {
                    content.push(byte);
                    if byte == b'\\' {
                        content.extend(bytes.next());
                    }
                }
                if depth == 1 {
                    key = String::from_utf8_lossy(&content).into_owned();
                }
            }
            b'[' | b'{' => {
                depth += 1;
                if depth == 2 && byte == b'[' && key == "products" {
                    (in_products, expecting) = (true, true);
                }
            }
            b']' | b'}' => {
                depth -= 1;
                if depth == 1 {
                    (in_products, expecting) = (false, false);
                }
            }
            b',' if in_products && depth == 2 => expecting = true,
            _ => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_line_of_every_product() {
        let text = "{\"a\": [1,\n2], \"products\"\n: [ {\"x\": [\"]\", \"\\\"}\"]},\n\n 7, {}\n, {\n\"y\": 1}] , \"z\": [3]}";
        assert!(serde_json::from_str::<Value>(text).is_ok());
        assert_eq!(element_lines(text), [3, 5, 5, 6]);
        assert_eq!(element_lines("{\"products\": []}"), Vec::<u64>::new());
    }
}
