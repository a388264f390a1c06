//! Catalogues of every kind, from bytes to rows.

use std::io::{Cursor, Write as _};

use cloud_docs::catalogue::{CatalogueFormat, CatalogueRecord, RowProblem, catalogue};
use cloud_docs::{Hints, Limits};
use rust_xlsxwriter::Workbook;

fn read(bytes: &[u8]) -> Result<cloud_docs::catalogue::CatalogueFile, String> {
    catalogue(bytes, &Hints::default(), &Limits::default()).map_err(|refusal| refusal.to_string())
}

fn milk() -> CatalogueRecord {
    CatalogueRecord {
        sku: Some("М-1".to_owned()),
        names: [("ru".to_owned(), "Молоко \"Луг\"\n1 л".to_owned())].into(),
        gtin: Some("4006381333931".to_owned()),
        price: Some("1089.5".to_owned()),
        unit: Some("шт".to_owned()),
        ..CatalogueRecord::default()
    }
}

#[test]
fn tables_are_read_to_the_last_letter_in_any_encoding() {
    let text = "Прайс\r\nАртикул;Наименование;Штрихкод;Цена;Ед. изм.;Полка\r\nМ-1;\"Молоко \"\"Луг\"\"\n1 л\";4006381333931;1 089,50;шт;7\r\n;;;;;\r\n";
    let windows = encoding_rs::WINDOWS_1251.encode(text).0.into_owned();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for bytes in [text.as_bytes(), &windows, &marked] {
        let file = read(bytes).unwrap();
        assert_eq!(
            (file.format, file.unknown_columns.as_slice()),
            (CatalogueFormat::Csv, &["Полка".to_owned()][..])
        );
        let [row] = file.rows.as_slice() else { panic!("{file:?}") };
        assert_eq!((row.number, &row.record), (3, &milk()));
    }
}

#[test]
fn workbooks_keep_numbers_and_texts() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, title) in (0_u16..).zip(["sku", "name_ru", "gtin", "price", "unit", "archived"]) {
        sheet.write_string(0, column, title).unwrap();
    }
    sheet.write_string(1, 0, "М-1").unwrap();
    sheet.write_string(1, 1, "Молоко \"Луг\"\n1 л").unwrap();
    sheet.write_number(1, 2, 4_006_381_333_931.0).unwrap();
    sheet.write_number(1, 3, 1089.5).unwrap();
    sheet.write_string(1, 4, "шт").unwrap();
    let file = read(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!((file.format, &file.rows[0].record), (CatalogueFormat::Sheet, &milk()));
}

#[test]
fn json_is_read_with_names_by_language() {
    let text = r#"{"products": [{"sku": "М-1", "name": {"ru": "Молоко \"Луг\"\n1 л"}, "gtin": "4006381333931", "price": 1089.50, "unit": "шт", "plu": null, "shelf": 7}, 5]}"#;
    let file = read(text.as_bytes()).unwrap();
    assert_eq!(
        (file.format, file.unknown_columns.as_slice()),
        (CatalogueFormat::Json, &["shelf".to_owned()][..])
    );
    assert_eq!(&file.rows[0].record, &milk());
    assert_eq!(file.rows[1].problem, Some(RowProblem::NoObject));
}

#[test]
fn a_workbook_of_two_far_cells_costs_nothing() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, title) in (0_u16..).zip(["sku", "name_ru", "price"]) {
        sheet.write_string(0, column, title).unwrap();
    }
    // The last column is named too, and the last row says something in it.
    sheet.write_string(0, 16_383, "unit").unwrap();
    sheet.write_string(1_048_575, 0, "М-1").unwrap();
    sheet.write_string(1_048_575, 16_383, "шт").unwrap();
    let file = read(&book.save_to_buffer().unwrap()).unwrap();
    let [row] = file.rows.as_slice() else { panic!("{file:?}") };
    assert_eq!((row.number, row.record.sku.as_deref()), (1_048_576, Some("М-1")));
    assert_eq!(row.record.unit.as_deref(), Some("шт"));
}

#[test]
fn blank_columns_and_those_that_nobody_knows_weigh_nothing() {
    let unknown: String = (0..5_000).map(|number| format!(";c{number}")).collect();
    let text =
        format!("sku;name{unknown};price\nМ-1;Молоко{};89,90\n{}\n", ";".repeat(5_000), ";".repeat(9_000));
    let file = read(text.as_bytes()).unwrap();
    assert_eq!((file.rows.len(), file.unknown_columns.len()), (1, 100));
    assert_eq!(file.rows[0].record.price.as_deref(), Some("89.9"));
}

#[test]
fn rows_that_say_more_than_a_product_does_are_left_out_with_the_reason() {
    let long = "я".repeat(1_000_000);
    let file = read(format!("sku;name;price\nМ-1;{long};1\nМ-2;Сыр;2\n").as_bytes()).unwrap();
    let [first, second] = file.rows.as_slice() else { panic!("{file:?}") };
    let too_long = RowProblem::TextTooLong { field: "name".to_owned(), bytes: 2_000_000, limit: 4_096 };
    assert_eq!(first.problem, Some(too_long));
    assert!(first.record.names[""].len() < 1_000 && second.problem.is_none());
    let names: Vec<String> = (0..60).map(|number| format!("\"l{number}\": \"Сыр\"")).collect();
    let file = read(format!("[{{\"name\": {{{}}}}}]", names.join(",")).as_bytes()).unwrap();
    assert_eq!(file.rows[0].problem, Some(RowProblem::TooManyLanguages { limit: 50 }));
}

#[test]
fn fields_of_json_that_nothing_can_be_made_of_are_named_as_the_file_does() {
    let check = |product: &str, problem: RowProblem| {
        let file = read(format!("[{product}]").as_bytes()).unwrap();
        assert_eq!(file.rows[0].problem, Some(problem), "{product}");
    };
    let key = || "цена".to_owned();
    check(r#"{"sku": "М-1", "price": 1, "цена": 2}"#, RowProblem::FieldTwice { key: key() });
    check(r#"{"sku": "М-1", "цена": [1, 2]}"#, RowProblem::NoText { key: key() });
    check(r#"{"sku": "М-1", "name": {"ru": 5}}"#, RowProblem::NamesNoTexts);
}

/// A ZIP of texts.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn what_is_wrong_in_an_archive_is_told_with_its_place() {
    let good = "<КоммерческаяИнформация><Каталог><Товары><Товар><Ид>1</Ид></Товар></Товары></Каталог></КоммерческаяИнформация>";
    let torn = &good[..good.find("</Товары>").unwrap()];
    let check = |files: &[(&str, &[u8])], expected: &[&str]| {
        let hints = Hints { file_name: "1c.zip".to_owned(), ..Hints::default() };
        let refusal = catalogue(&packed(files), &hints, &Limits::default()).unwrap_err().to_string();
        for words in expected {
            assert!(refusal.contains(words), "{refusal}");
        }
    };
    check(
        &[("import.xml", good.as_bytes()), ("offers.xml", torn.as_bytes())],
        &["`1c.zip/offers.xml`", "before its elements do"],
    );
    check(&[("import.xml", b"<Invoice/>")], &["`1c.zip/import.xml`", "`Invoice`"]);
    check(&[("import.xml", b"\0\0\0\x01")], &["`import.xml` in it is no text"]);
    check(&[("a.zip", b"PK")], &["`1c.zip/a.zip`", "directory"]);
    let inner = packed(&[("offers.xml", torn.as_bytes())]);
    check(&[("offers.zip", &inner)], &["`1c.zip/offers.zip/offers.xml`", "before its elements do"]);
}

#[test]
fn what_is_no_catalogue_says_so() {
    let check = |bytes: &[u8], words: &str| {
        let problem = read(bytes).unwrap_err();
        assert!(problem.contains(words), "{problem}");
    };
    check(b"4006381333931;Cola\n4006381333932;Tea\n", "no row names its columns");
    check(b"sku,artikel,price\n1,2,3\n", "says what another one says already");
    check(b"sku,price\n", "no product");
    check(b"{\"a\": 1}", "products");
    check(b"%PDF-1.4", "CommerceML");
    check(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "XML");
}
