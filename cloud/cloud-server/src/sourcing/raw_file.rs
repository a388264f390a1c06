//! A file of raw products: which of its columns say what, and its rows as records.

use cloud_docs::sheet::{Table, TableRow};

use super::raw::RawRecord;

/// Rows in which the head is looked for: a title may stand above it.
const HEAD_ROWS_MAX: usize = 20;

type Column = fn(&mut RawRecord) -> &mut Option<String>;

/// What columns are called, in small letters, in the languages that sheets are written in.
const COLUMNS: [(Column, &[&str]); 16] = [
    (|record| &mut record.key, &["key", "id", "код", "ключ", "schlüssel"]),
    (|record| &mut record.url, &["url", "link", "page", "ссылка", "страница", "seite"]),
    (|record| &mut record.gtin, &["gtin", "ean", "ean13", "barcode", "штрихкод", "штрих-код", "gtin/ean"]),
    (
        |record| &mut record.name,
        &["name", "product", "title", "наименование", "название", "товар", "bezeichnung", "artikelname"],
    ),
    (|record| &mut record.brand, &["brand", "бренд", "марка", "торговая марка", "marke"]),
    (|record| &mut record.sku, &["sku", "article", "mpn", "артикул", "artikel", "artikelnummer", "art.-nr."]),
    (|record| &mut record.category, &["category", "категория", "группа", "kategorie", "warengruppe"]),
    (|record| &mut record.description, &["description", "описание", "beschreibung"]),
    (
        |record| &mut record.content,
        &["content", "size", "pack", "фасовка", "объём", "объем", "вес", "inhalt"],
    ),
    (|record| &mut record.unit, &["unit", "ед", "ед.", "ед. изм.", "единица", "einheit"]),
    (|record| &mut record.ingredients, &["ingredients", "состав", "zutaten"]),
    (|record| &mut record.allergens, &["allergens", "аллергены", "allergene"]),
    (|record| &mut record.country, &["country", "страна", "страна происхождения", "land", "herkunft"]),
    (|record| &mut record.picture, &["picture", "image", "photo", "фото", "картинка", "bild"]),
    (|record| &mut record.price, &["price", "цена", "preis"]),
    (|record| &mut record.currency, &["currency", "валюта", "währung"]),
];

/// A row of the file as it says it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawRow {
    /// As the program shows it, from 1.
    pub(crate) number: u32,
    /// What it says.
    pub(crate) record: RawRecord,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawFile {
    /// Its rows below the head.
    pub(crate) rows: Vec<RawRow>,
    /// Columns of which it is not known what they say.
    pub(crate) unknown_columns: Vec<String>,
}

/// The records of a file: its head is the first row that names a product and something it is known by.
pub(crate) fn records(table: &Table) -> Result<RawFile, String> {
    let found = table.rows.iter().take(HEAD_ROWS_MAX).enumerate().find_map(|(index, row)| {
        let columns: Vec<Option<usize>> = row.cells.iter().map(|cell| column(cell)).collect();
        let known = columns.iter().flatten().count();
        // A title or a product may have a word of a head in it; a head has two.
        (known >= 2).then_some((index, columns))
    });
    let (head, columns) = found.ok_or(
        "no row names its columns: name two or more of `key`, `gtin`, `name`, `brand`, `sku`, `category`, `price`, `currency`",
    )?;
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = columns.iter().flatten().find(|column| !seen.insert(**column)) {
        return Err(format!("two columns are `{}`: leave one of them away", COLUMNS[*twice].1[0]));
    }
    let rows =
        table.rows[head + 1..].iter().map(|row| RawRow { number: row.number, record: record(row, &columns) });
    let unknown = table.rows[head].cells.iter().zip(&columns);
    let unknown = unknown.filter(|(cell, column)| column.is_none() && !cell.is_empty());
    Ok(RawFile { rows: rows.collect(), unknown_columns: unknown.map(|(cell, _)| cell.clone()).collect() })
}

fn column(cell: &str) -> Option<usize> {
    let cell = cell.trim().to_lowercase();
    COLUMNS.iter().position(|(_, names)| names.contains(&cell.as_str()))
}

fn record(row: &TableRow, columns: &[Option<usize>]) -> RawRecord {
    let mut record = RawRecord::default();
    for (cell, column) in row.cells.iter().zip(columns) {
        if let Some(column) = column.filter(|_| !cell.is_empty()) {
            *COLUMNS[column].0(&mut record) = Some(cell.clone());
        }
    }
    record.price = record.price.map(|price| written_price(&price));
    record
}

/// `9,60` is `9.60`: a sheet's texts have the comma of its writer. What has both signs is left as it is, and refused with its row.
fn written_price(price: &str) -> String {
    let bare: String = price.chars().filter(|letter| !letter.is_whitespace()).collect();
    match (bare.matches(',').count(), bare.contains('.')) {
        (1, false) => bare.replace(',', "."),
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        let row = |(number, cells): (u32, &&[&str])| TableRow {
            number,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        };
        Table { rows: (1..).zip(rows).map(row).collect(), notes: Vec::new() }
    }

    #[test]
    fn columns_are_known_by_their_names_wherever_the_head_is() {
        let said = table(&[
            &["Прайс товаров"],
            &["Штрихкод", "Наименование", "Бренд", "Полка", "Цена", "Валюта"],
            &["4006381333931", "Кола 0,5 л", "Fritz", "7", "1 089,50", "RUB"],
        ]);
        let file = records(&said).unwrap();
        assert_eq!(file.unknown_columns, ["Полка"]);
        let [row] = file.rows.as_slice() else { panic!("{file:?}") };
        assert_eq!((row.number, row.record.price.as_deref()), (3, Some("1089.50")));
        assert_eq!(row.record.gtin.as_deref(), Some("4006381333931"));
    }

    #[test]
    fn a_file_without_a_head_and_one_with_two_of_a_kind_are_refused() {
        let check = |rows: &[&[&str]], words: &str| {
            let problem = records(&table(rows)).unwrap_err();
            assert!(problem.contains(words), "{problem}");
        };
        check(&[&["4006381333931", "Cola"]], "no row names its columns");
        check(&[&["name", "gtin", "ean"]], "two columns are `gtin`");
    }
}
