//! Catalogue files as shops write them.

use std::fs;
use std::path::{Path, PathBuf};

use domain::catalogue::Catalogue;
use domain::ids::ProductId;
use edge_store::import::{
    ImportedCatalogue, ReadOptions, ShopTerms, install_pictures, picture_path, read_catalogue, to_csv,
    to_json,
};
use proptest::prelude::*;
use tempfile::{TempDir, tempdir};

use crate::samples::{catalogue, product, taxes};

fn terms() -> ShopTerms {
    ShopTerms::parse("EUR", ["vat7=700", "vat19=1900"], true).unwrap()
}

fn write(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

fn read(path: &Path) -> Result<ImportedCatalogue, String> {
    let terms = terms();
    let csv = path.extension().is_some_and(|extension| extension == "csv");
    let options = ReadOptions { terms: csv.then_some(&terms), store: None };
    read_catalogue(path, options).map_err(|error| error.to_string())
}

/// Checks that exactly these problems are reported.
fn check_problems(name: &str, bytes: impl AsRef<[u8]>, expected: &[&str]) {
    let (_dir, path) = write(name, bytes);
    let text = read(&path).expect_err("it should be refused");
    let problems: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
    assert_eq!(problems.len(), expected.len(), "{text}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.contains(expected), "expected `{expected}` in `{problem}`");
    }
}

const HEADER: &str = "id,sku,name_en,name_ru,gtin,plu,price,per,tax_code,age_limit,archived,picture\n";
const LIME: &str = "lime,1,Lime,Лайм,,4048,0.35,piece,vat7,,,\n";

#[test]
fn what_is_exported_is_imported_the_same() {
    let catalogue = catalogue(200, 249);
    for (name, text) in [("c.json", to_json(&catalogue)), ("c.csv", to_csv(&catalogue))] {
        let (_dir, path) = write(name, text);
        let imported = read(&path).unwrap();
        assert_eq!(imported.catalogue, catalogue, "{name}");
        assert_eq!((imported.warnings, imported.pictures), (vec![], vec![]));
    }
}

#[test]
fn spreadsheet_habits_are_understood() {
    let (_dir, path) = write("plain.csv", format!("{HEADER}{LIME}"));
    let expected = read(&path).unwrap().catalogue;
    let semicolons = |text: &str| text.replace(',', ";").replace("0.35", "0,35");
    for (what, text) in [
        ("a byte order mark", format!("\u{feff}{HEADER}{LIME}")),
        ("semicolons, decimal commas, CRLF", semicolons(&format!("{HEADER}{LIME}")).replace('\n', "\r\n")),
        ("a named separator", format!("sep=;\r\n{}", semicolons(&format!("{HEADER}{LIME}")))),
        ("tabs", format!("{HEADER}{LIME}").replace(',', "\t")),
        ("blank lines and empty rows", format!("{HEADER}\n{LIME}\n,,,,,,,,,,,\n")),
        (
            "other order, fewer columns",
            "Price,per,tax_code,ID,sku,name_en,name_ru,plu\n0.35,piece,vat7,lime,1,Lime,Лайм,4048".to_owned(),
        ),
        ("quotes", format!("{HEADER}\"lime\",1,\"Lime\",Лайм,,4048,\"0.35\",piece,vat7,,no,")),
    ] {
        let (_dir, path) = write("c.csv", text);
        assert_eq!(read(&path).unwrap().catalogue, expected, "{what}");
    }
}

#[test]
fn every_problem_of_a_csv_file_is_told_with_its_line() {
    let rows = [
        "lime,1,Lime,,,4048,0.35,piece,vat7,,,",
        "lime,2,Lime again,,,,0.35,piece,vat7,,,",
        "pear,1,Pear,,4006381333931,,-1.00,kg,vat7,,,",
        "milk,4,Milk,,4006381333931,4048,1.00,piece,vat8,,,",
        "beer,5,Beer,,4006381333930,,1.999,piece,vat19,sixteen,maybe,",
        "Bad Id,6,,,123,99,free,litre,vat 7,0,,../secret.png",
        "short,7",
        ",,Nameless,,,,1,piece,,,,",
        "wine,9,Wine,,4.00638E+12,,9.99,piece,vat19,18,,",
        "gum,10,Gum,,36000291452,,0.99,piece,vat19,,,",
    ];
    check_problems(
        "c.csv",
        format!("{HEADER}{}\n", rows.join("\n")),
        &[
            "line 3: id `lime` was given on line 2 already",
            "line 4: pear has the SKU `1` of lime on line 2",
            "line 4: pear has the price -1.00 EUR: it must lie between zero and",
            "line 5: milk has tax code `vat8`, which has no rate: use one of `vat19`, `vat7`",
            "line 5: milk has the GTIN `04006381333931` of pear on line 4",
            "line 5: milk has the PLU `4048` of lime on line 2",
            "line 6: GTIN `4006381333930` has a wrong check digit: the last digit should be 1",
            "line 6: `1.999` is not an amount of EUR",
            "line 6: `age_limit` is `sixteen`: write whole years",
            "line 6: `archived` is `maybe`: write `true`, `false` or nothing",
            "line 7: `123` is not a GTIN",
            "line 7: `99` is not a PLU",
            "line 7: `Bad Id` is not a valid product id",
            "line 7: `age_limit` is `0`",
            "line 7: `free` is not an amount of EUR",
            "line 7: `name_en` is empty",
            "line 7: `per` is `litre`: write `piece` or `kg`",
            "line 7: `vat 7` is not a valid tax code",
            "line 7: picture `../secret.png` lies outside the catalogue's folder",
            "line 8: it has 2 fields where the header has 12",
            "line 9: `id` is empty",
            "line 9: `sku` is empty",
            "line 9: `tax_code` is empty",
            "line 10: GTIN `4.00638E+12` was rounded by a spreadsheet",
            "line 11: `36000291452` is not a GTIN: write 8, 12, 13 or 14 digits (did it lose leading zeros? `036000291452` would be right)",
        ],
    );
}

#[test]
fn a_header_that_makes_no_sense_is_told_whole() {
    check_problems(
        "c.csv",
        "id,sku,name_en,prise,per,weight,sku,\nlime,1,Lime,0.35,piece,1,1,",
        &[
            "line 1: column 8 has no name",
            "line 1: column `price` is missing",
            "line 1: column `prise` is not known (did you mean `price`?); known are id, sku",
            "line 1: column `sku` is there twice",
            "line 1: column `tax_code` is missing",
            "line 1: column `weight` is not known; known are",
        ],
    );
    check_problems("c.csv", "", &["it is empty: the first line names the columns"]);
    check_problems("c.csv", "\u{feff}\n\n", &["it is empty"]);
}

#[test]
fn broken_text_is_told_with_its_line() {
    let mut bytes = format!("{HEADER}{LIME}").into_bytes();
    bytes.extend(b"pear,2,Gr\xfcne Birne,,,,x,piece,vat7,,,\n");
    check_problems(
        "c.csv",
        bytes,
        &["line 3: `x` is not an amount", "line 3: it has bytes that are not UTF-8"],
    );
    let utf16: Vec<u8> = "\u{feff}id,sku".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check_problems("c.csv", utf16, &["it is in UTF-16: save it as UTF-8"]);
    check_problems(
        "c.csv",
        format!("{HEADER}lime,1,\"Lime,Лайм,,4048,0.35,piece,vat7,,,\npear,2,Pear,,,,1,piece,vat7,,,\n"),
        &["line 2: it has 3 fields where the header has 12: put texts with a separator in them in quotes"],
    );
    check_problems(
        "c.csv",
        format!(
            "{HEADER}lime,1,\"Lime\ngreen\",Лайм,,4048,0.35,piece,vat7,,,\npear,2,Pear,,,,x,piece,vat7,,,\n"
        ),
        &["line 2: `name_en` has a line break or control character in it", "line 4: `x` is not an amount"],
    );
}

#[test]
fn every_problem_of_a_json_file_is_told_with_its_line() {
    let text = r#"{"currency": "EUR", "tax": {"inclusive": true, "rates": {"vat7": 700}}, "shop": 1, "products": [
{"id": "lime", "sku": "1", "name": {"en": "Lime"}, "price": "0.35", "per": "piece", "tax_code": "vat7", "pictur": "x"},
{"id": "pear", "sku": "1", "name": {"en": "Pear"},
 "price": 2.5, "per": "kg", "tax_code": "vat7"},
7,
{"id": "milk", "sku": "3", "name": "Milk", "price": "-1", "per": "piece", "tax_code": "vat9", "gtin": 4006381333931},
{"id": "plum", "sku": "4", "name": {"en": "Plum", "EN": "x", "ru": 5}, "price": "1", "per": "kg", "tax_code": "vat7", "plu": 4011, "age_limit": 18, "archived": true}
]}"#;
    check_problems(
        "c.json",
        text,
        &[
            "`shop` is not known; known are currency, tax, products",
            "line 2: `pictur` is not known (did you mean `picture`?)",
            "line 3: `price` is the number 2.5: put it in quotes",
            "line 3: pear has the SKU `1` of lime on line 2",
            "line 5: a product is an object",
            "line 6: `gtin` is the number 4006381333931: put it in quotes",
            "line 6: `name_en` is empty",
            "line 6: `name` must be an object",
            "line 6: milk has tax code `vat9`, which has no rate",
            "line 6: milk has the price -1.00 EUR",
            "line 7: `EN` is not a language",
            "line 7: the name in `ru` must be a text",
        ],
    );
}

#[test]
fn json_without_its_terms_is_refused() {
    check_problems(
        "c.json",
        "{\"currency\": \"EUR\",\n\"tax\": }",
        &["line 2: it is not JSON: expected value"],
    );
    check_problems("c.json", "[]", &["it must be an object with `currency`, `tax` and `products`"]);
    check_problems(
        "c.json",
        r#"{"currency": "euro", "tax": {"inclusive": 1, "rates": {"A": 1, "b": -5, "c": 70000}}, "products": []}"#,
        &[
            "`A` is not a valid tax code",
            "`euro` is not a currency code",
            "`tax.inclusive` must be true",
            "the rate of `b` is -5",
            "the rate of `c` is 70000",
        ],
    );
    let (_dir, path) = write("c.json", to_json(&catalogue(1, 1)));
    let error = read_catalogue(&path, ReadOptions { terms: Some(&terms()), store: None }).unwrap_err();
    assert!(error.to_string().contains("says its currency and tax itself"), "{error}");
    let (_dir, path) = write("c.csv", HEADER);
    let error = read_catalogue(&path, ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("says neither currency nor tax rates"), "{error}");
    check_problems("c.xlsx", "PK", &["it is neither `.json` nor `.csv`"]);
}

#[test]
fn terms_are_read_from_a_command_line() {
    assert_eq!(terms().taxes, taxes());
    for (currency, rate, expected) in [
        ("eur", "vat7=700", "`eur` is not a currency code"),
        ("EUR", "vat7", "`vat7` is not a tax rate"),
        ("EUR", "vat7=7%", "`vat7=7%` is not a tax rate"),
        ("EUR", "vat7=70000", "`vat7=70000` is not a tax rate"),
        ("EUR", "VAT=700", "`VAT` is not a valid tax code"),
    ] {
        let error = ShopTerms::parse(currency, [rate], true).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    assert!(ShopTerms::parse("EUR", ["a=1", "a=2"], true).unwrap_err().contains("given twice"));
}

#[test]
fn pictures_are_copied_under_safe_names_and_missing_ones_are_warnings() {
    let png = b"\x89PNG\r\n\x1a\nnot really".as_slice();
    let (dir, path) = write(
        "c.csv",
        format!(
            "{HEADER}lime,1,Lime,,,,0.35,piece,vat7,,,pics/Lime 1.PNG\npear,2,Pear,,,,1,kg,vat7,,,gone.png\n\
             milk,3,Milk,,,,1,piece,vat7,,,c.csv\nplum,4,Plum,,,,1,piece,vat7,,,\n"
        ),
    );
    fs::create_dir(dir.path().join("pics")).unwrap();
    fs::write(dir.path().join("pics/Lime 1.PNG"), png).unwrap();
    let imported = read(&path).unwrap();
    let warnings: Vec<String> = imported.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0].starts_with("line 3: picture `gone.png` cannot be read")
            && warnings[0].contains("pear has none now")
    );
    assert!(warnings[1].contains("`c.csv` is not a PNG, JPEG or WebP file"), "{warnings:?}");

    let store = tempdir().unwrap();
    assert_eq!(install_pictures(&imported.pictures, store.path()).unwrap(), 1);
    assert_eq!(install_pictures(&imported.pictures, store.path()).unwrap(), 0);
    let lime = imported.catalogue.product(&ProductId::new("lime").unwrap()).unwrap();
    let name = lime.picture.clone().unwrap();
    assert!(
        name.starts_with("lime-") && name.ends_with(".png") && name.len() == "lime-.png".len() + 12,
        "{name}"
    );
    assert_eq!(fs::read(picture_path(store.path(), &name)).unwrap(), png);

    // An exported catalogue names pictures as the store does, and is imported without the files beside it.
    let (_dir, exported) = write("e.json", to_json(&imported.catalogue));
    let again = read_catalogue(&exported, ReadOptions { terms: None, store: Some(store.path()) }).unwrap();
    assert_eq!((again.catalogue, again.warnings), (imported.catalogue, vec![]));
}

#[test]
fn a_picture_may_not_be_a_link_to_elsewhere() {
    let secret = tempdir().unwrap();
    fs::write(secret.path().join("x.png"), b"\x89PNG secret").unwrap();
    let (dir, path) = write("c.csv", format!("{HEADER}lime,1,Lime,,,,0.35,piece,vat7,,,x.png\n"));
    std::os::unix::fs::symlink(secret.path().join("x.png"), dir.path().join("x.png")).unwrap();
    let error = read(&path).unwrap_err();
    assert!(error.contains("`x.png` is a link out of the catalogue's folder"), "{error}");
}

#[test]
fn too_large_a_file_is_refused_unread() {
    let (_dir, path) = write("c.json", "");
    fs::File::options().write(true).open(&path).unwrap().set_len(33 * 1024 * 1024).unwrap();
    assert!(read(&path).unwrap_err().contains("it is larger than 32 MiB"));
}

#[test]
fn a_long_list_of_problems_is_cut_in_the_text_only() {
    let rows: String = (0..200).map(|number| format!("p{number},{number},P,,,,x,piece,vat7,,,\n")).collect();
    let (_dir, path) = write("c.csv", format!("{HEADER}{rows}"));
    let error = read_catalogue(&path, ReadOptions { terms: Some(&terms()), store: None }).unwrap_err();
    assert_eq!(error.problems.len(), 200);
    assert!(error.to_string().ends_with("and 150 more"));
}

proptest! {
    #[test]
    fn no_bytes_bring_the_readers_down(bytes in prop::collection::vec(any::<u8>(), 0..400), json in any::<bool>()) {
        let (_dir, path) = write(if json { "c.json" } else { "c.csv" }, bytes);
        let _ = read(&path);
    }

    #[test]
    fn any_names_survive_export_and_import(names in prop::collection::vec("[^\\p{C}]{1,40}", 1..10)) {
        let products = names.iter().zip(0..).filter(|(name, _)| !name.trim().is_empty()).map(|(name, number)| {
            let mut product = product(number, 100);
            product.name.0.insert("en".to_owned(), name.trim().to_owned());
            product
        });
        let catalogue = Catalogue::new(crate::samples::eur(), taxes(), products).unwrap();
        for (name, text) in [("c.json", to_json(&catalogue)), ("c.csv", to_csv(&catalogue))] {
            let (_dir, path) = write(name, text);
            prop_assert_eq!(read(&path).unwrap().catalogue, catalogue.clone());
        }
    }
}
