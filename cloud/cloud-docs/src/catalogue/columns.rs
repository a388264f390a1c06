//! Which column of a table says what, in the languages that tables are written in.

use crate::notes::{self, Note};
use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Cells, Line};
use super::values::{amount, currency};
use super::{CatalogueFile, CatalogueFormat, CatalogueRecord, CatalogueRow};

/// Rows in which the head is looked for: a title may stand above it.
pub(super) const HEAD_ROWS_MAX: usize = 20;

/// Columns or fields that nobody knows of which are told.
pub(super) const UNKNOWN_MAX: usize = 100;

/// What a column or a field says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Id,
    Sku,
    /// A name and its language; none where the column does not say it.
    Name(String),
    Gtin,
    Plu,
    Category,
    Family,
    Price,
    Currency,
    Unit,
    TaxCode,
    TaxRate,
    AgeLimit,
    Archived,
    Cost,
    Content,
}

/// What columns are called, in small letters, in English, Russian and German.
const NAMES: [(Field, &[&str]); 15] = [
    (Field::Id, &["id", "product id", "product_id", "ид", "идентификатор"]),
    (
        Field::Sku,
        &[
            "sku",
            "article",
            "article number",
            "артикул",
            "код",
            "код товара",
            "artikel",
            "artikelnummer",
            "art.-nr.",
            "artikelnr.",
        ],
    ),
    (
        Field::Gtin,
        &[
            "gtin",
            "ean",
            "ean13",
            "ean-13",
            "barcode",
            "upc",
            "штрихкод",
            "штрих-код",
            "gtin/ean",
            "strichcode",
        ],
    ),
    (Field::Plu, &["plu", "плу", "код весов"]),
    (
        Field::Category,
        &["category", "category_name", "категория", "группа", "группа товаров", "kategorie", "warengruppe"],
    ),
    (Field::Family, &["family", "category family", "category_family", "семейство", "раздел", "familie"]),
    (
        Field::Price,
        &["price", "retail price", "цена", "розничная цена", "цена продажи", "preis", "verkaufspreis", "vk"],
    ),
    (Field::Currency, &["currency", "валюта", "währung"]),
    (
        Field::Unit,
        &["unit", "per", "ед", "ед.", "ед. изм.", "ед.изм.", "единица", "единица измерения", "einheit"],
    ),
    (
        Field::TaxCode,
        &["tax_code", "tax code", "tax", "налог", "код налога", "steuercode", "steuerschlüssel"],
    ),
    (
        Field::TaxRate,
        &[
            "tax_rate",
            "tax rate",
            "vat",
            "vat %",
            "ндс",
            "ндс, %",
            "ставка ндс",
            "mwst",
            "mwst.",
            "ust",
            "steuersatz",
        ],
    ),
    (
        Field::AgeLimit,
        &[
            "age_limit",
            "age limit",
            "age",
            "возраст",
            "возрастное ограничение",
            "altersfreigabe",
            "mindestalter",
        ],
    ),
    (Field::Archived, &["archived", "retired", "архив", "в архиве", "снят с продажи", "archiviert"]),
    (
        Field::Cost,
        &["cost", "cost price", "purchase price", "себестоимость", "закупочная цена", "einkaufspreis", "ek"],
    ),
    (Field::Content, &["content", "size", "pack", "фасовка", "объём", "объем", "вес", "inhalt"]),
];
/// What columns with names are called, and in which language the names then are.
const NAMED: [(&str, &str); 10] = [
    ("name", ""),
    ("product", ""),
    ("product name", ""),
    ("title", ""),
    ("наименование", "ru"),
    ("название", "ru"),
    ("товар", "ru"),
    ("номенклатура", "ru"),
    ("bezeichnung", "de"),
    ("artikelname", "de"),
];

/// What a column of this name says: `name_ru`, `name:ru` and `name[ru]` are the name in Russian.
pub(super) fn field(title: &str) -> Option<Field> {
    let title = title.trim().trim_start_matches('\u{feff}').to_lowercase();
    if let Some((field, _)) = NAMES.iter().find(|(_, names)| names.contains(&title.as_str())) {
        return Some(field.clone());
    }
    if let Some((_, language)) = NAMED.iter().find(|(name, _)| *name == title) {
        return Some(Field::Name((*language).to_owned()));
    }
    let language = title.strip_prefix("name")?.strip_prefix(['_', ':', '[', ' '])?.trim_end_matches(']');
    is_language(language).then(|| Field::Name(language.to_owned()))
}

/// Whether a text looks like a language's tag.
pub(super) fn is_language(text: &str) -> bool {
    (2..=35).contains(&text.len())
        && text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}

/// The catalogue of a table: its head is the first row that names two columns.
pub(super) fn read(cells: Cells, format: CatalogueFormat) -> Result<CatalogueFile, Note> {
    let Cells { mut lines, notes } = cells;
    let known = |line: &Line| -> Vec<(u32, Field)> {
        let columns = line.cells.iter().filter_map(|(column, title)| Some((*column, field(title)?)));
        columns.collect()
    };
    let found = lines.iter().take(HEAD_ROWS_MAX).enumerate().find_map(|(index, line)| {
        let columns = known(line);
        // A title or a product may have a word of a head in it; a head has two.
        (columns.len() >= 2).then_some((index, columns))
    });
    let (head, columns) = found.ok_or_else(notes::no_catalogue_head)?;
    let titles = &lines[head].cells;
    let mut seen = BTreeSet::new();
    if let Some((twice, _)) = columns.iter().find(|(_, field)| !seen.insert(field)) {
        let title = titles.iter().find(|(column, _)| column == twice).map_or("", |(_, title)| title.trim());
        return Err(notes::column_twice(title));
    }
    let columns: BTreeMap<u32, Field> = columns.into_iter().collect();
    let unknown = titles.iter().filter(|(column, _)| !columns.contains_key(column));
    let unknown = unknown.map(|(_, title)| title.trim().chars().take(100).collect());
    let unknown_columns = unknown.take(UNKNOWN_MAX).collect();
    let rows = lines.split_off(head + 1).into_iter().map(|line| row(line, &columns)).collect();
    Ok(CatalogueFile { format, rows, unknown_columns, notes, is_partial: false })
}

fn row(line: Line, columns: &BTreeMap<u32, Field>) -> CatalogueRow {
    let mut record = CatalogueRecord::default();
    // A cell that is empty is not there: whoever left it empty knew nothing to write.
    for (column, cell) in line.cells {
        if let Some(field) = columns.get(&column) {
            put(&mut record, field, cell);
        }
    }
    CatalogueRow { number: line.number, record, problem: None }
}

/// Puts a value where it belongs, names to the last letter and everything else without blanks around it.
pub(super) fn put(record: &mut CatalogueRecord, field: &Field, value: String) {
    let trimmed = || value.trim().to_owned();
    let place = match field {
        Field::Name(language) => {
            record.names.insert(language.clone(), value);
            return;
        }
        // Categories are names too.
        Field::Category => {
            record.category = Some(value);
            return;
        }
        Field::Family => {
            record.family = Some(value);
            return;
        }
        Field::Price => {
            record.price = Some(amount(&value));
            return;
        }
        Field::Cost => {
            record.cost = Some(amount(&value));
            return;
        }
        Field::Currency => {
            record.currency = Some(currency(&value));
            return;
        }
        Field::Sku => {
            record.sku = Some(value);
            return;
        }
        Field::Id => &mut record.id,
        Field::Gtin => &mut record.gtin,
        Field::Plu => &mut record.plu,
        Field::Unit => &mut record.unit,
        Field::TaxCode => &mut record.tax_code,
        Field::TaxRate => &mut record.tax_rate,
        Field::AgeLimit => &mut record.age_limit,
        Field::Archived => &mut record.archived,
        Field::Content => &mut record.content,
    };
    *place = Some(trimmed());
}
