//! Catalogues of every kind, from bytes to rows.

use cloud_docs::catalogue::{CatalogueFormat, CatalogueRecord, catalogue};
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
    assert!(file.rows[1].problem.is_some());
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
