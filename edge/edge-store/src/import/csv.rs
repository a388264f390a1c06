//! CSV as spreadsheets write it.

use std::collections::BTreeSet;

use ::csv::{ByteRecord, ReaderBuilder, WriterBuilder};
use domain::catalogue::Catalogue;

use super::rows::{Parsed, Row};
use super::suggest::did_you_mean;
use super::{Problem, ShopTerms, Text};
use sync_core::catalogue_document::product_record;

const COLUMNS: [&str; 12] = [
    "id",
    "sku",
    "name_en",
    "name_ru",
    "gtin",
    "plu",
    "price",
    "per",
    "tax_code",
    "age_limit",
    "archived",
    "picture",
];
const REQUIRED: [&str; 6] = ["id", "sku", "name_en", "price", "per", "tax_code"];

/// Takes a file apart. An error is a header that makes no sense of the rest.
pub(super) fn parse(text: &Text, terms: &ShopTerms) -> Result<Parsed, Vec<Problem>> {
    // Some spreadsheets name the separator in a line of its own.
    let (named, body, skipped) = match text.text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')) {
        Some((separator, rest)) => (separator.bytes().next(), rest, 1),
        None => (None, text.text.as_str(), 0),
    };
    let separator = named.unwrap_or_else(|| separator_of(body));
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(body.as_bytes());
    let mut problems = text.problems.clone();
    let mut columns: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                problems.push(Problem { line: None, text: format!("it cannot be read as CSV: {error}") });
                return Err(problems);
            }
        }
        let line = skipped + line_of(body, &record);
        let fields: Vec<String> =
            record.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect();
        if fields.iter().all(String::is_empty) {
            continue;
        }
        match &columns {
            None => columns = Some(header(&fields, line, problems.clone())?),
            Some(columns) if fields.len() != columns.len() => {
                let (found, expected) = (fields.len(), columns.len());
                let text = format!(
                    "it has {found} fields where the header has {expected}: put texts with a separator in them in quotes"
                );
                problems.push(Problem { line: Some(line), text });
            }
            Some(columns) => rows.push(row(line, columns, fields)),
        }
    }
    if columns.is_none() {
        problems
            .push(Problem { line: None, text: "it is empty: the first line names the columns".to_owned() });
        return Err(problems);
    }
    let (currency, taxes) = (terms.currency, terms.taxes.clone());
    Ok(Parsed { currency, taxes, rows, decimal_comma: separator == b';', problems })
}

/// The products as a spreadsheet reads them.
pub(super) fn write(catalogue: &Catalogue) -> String {
    let languages: BTreeSet<&String> =
        catalogue.products().flat_map(|product| product.name.0.keys()).collect();
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let names: Vec<String> = languages.iter().map(|language| format!("name_{language}")).collect();
    let head =
        ["id", "sku"].into_iter().chain(names.iter().map(String::as_str)).chain(COLUMNS[4..].iter().copied());
    let in_memory = "writing to memory cannot fail, and all rows have the columns of the first";
    writer.write_record(head).expect(in_memory);
    for product in catalogue.products() {
        let record = product_record(product);
        let names =
            languages.iter().map(|language| product.name.0.get(*language).cloned().unwrap_or_default());
        let rest = [
            record.gtin.unwrap_or_default(),
            record.plu.unwrap_or_default(),
            record.price,
            record.per,
            record.tax_code,
            record.age_limit.map(|age| age.to_string()).unwrap_or_default(),
            if record.archived { "true".to_owned() } else { String::new() },
            record.picture.unwrap_or_default(),
        ];
        writer.write_record([record.id, record.sku].into_iter().chain(names).chain(rest)).expect(in_memory);
    }
    let bytes = writer.into_inner().expect(in_memory);
    String::from_utf8(bytes).expect("all fields are UTF-8")
}

/// The separator that the first line has most of outside quotes.
fn separator_of(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(0, b','), (0, b';'), (0, b'\t')];
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        for (count, separator) in &mut counts {
            *count += u32::from(!quoted && byte == *separator);
        }
    }
    let most = counts.iter().max_by_key(|(count, separator)| (*count, *separator == b','));
    most.map_or(b',', |(_, separator)| *separator)
}

/// The line on which a record starts. The reader counts from where the one before ended, blank lines between them included.
fn line_of(text: &str, record: &ByteRecord) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let blank = text.as_bytes().get(start..).unwrap_or_default();
    let blank = blank.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + blank.filter(|byte| **byte == b'\n').count() as u64
}

fn header(fields: &[String], line: u64, mut problems: Vec<Problem>) -> Result<Vec<String>, Vec<Problem>> {
    let before = problems.len();
    let mut say = |text: String| problems.push(Problem { line: Some(line), text });
    let columns: Vec<String> = fields.iter().map(|field| field.to_lowercase()).collect();
    for (number, column) in columns.iter().enumerate() {
        if column.is_empty() {
            say(format!("column {} has no name", number + 1));
        } else if columns[..number].contains(column) {
            say(format!("column `{column}` is there twice"));
        } else if !COLUMNS.contains(&column.as_str()) && !is_name_column(column) {
            let hint = did_you_mean(column, COLUMNS);
            say(format!("column `{column}` is not known{hint}; known are {}", COLUMNS.join(", ")));
        }
    }
    for required in REQUIRED {
        if !columns.iter().any(|column| column == required) {
            say(format!("column `{required}` is missing"));
        }
    }
    if problems.len() == before { Ok(columns) } else { Err(problems) }
}

/// `name_` and a language, for example `name_de`.
fn is_name_column(column: &str) -> bool {
    column.strip_prefix("name_").is_some_and(is_language)
}

/// A language tag in its short form.
pub(super) fn is_language(tag: &str) -> bool {
    let (language, rest) = tag.split_once('-').unwrap_or((tag, "x"));
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && (1..=8).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn row(line: u64, columns: &[String], fields: Vec<String>) -> Row {
    let mut row = Row { line, ..Row::default() };
    for (column, text) in columns.iter().zip(fields) {
        match column.as_str() {
            "id" => row.id = text,
            "sku" => row.sku = text,
            "gtin" => row.gtin = text,
            "plu" => row.plu = text,
            "price" => row.price = text,
            "per" => row.per = text,
            "tax_code" => row.tax_code = text,
            "age_limit" => row.age_limit = text,
            "archived" => row.archived = text,
            "picture" => row.picture = text,
            name => {
                let language = name.trim_start_matches("name_").to_owned();
                if !text.is_empty() {
                    row.name.insert(language, text);
                }
            }
        }
    }
    row
}
