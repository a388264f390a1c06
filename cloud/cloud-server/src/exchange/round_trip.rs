//! Whatever texts a catalogue has, its files say them to the last letter.

use std::collections::BTreeMap;

use cloud_docs::catalogue::{CatalogueRecord, catalogue};
use cloud_docs::{Hints, Limits};
use cloud_store::StoredProduct;
use domain::product::Product;
use domain::text::LocalizedText;
use domain::time::WallMs;
use proptest::prelude::*;

use super::files::{FileKind, Head, write_pages};

/// Texts of everything that files have signs for; blanks alone are no name.
fn texts() -> impl Strategy<Value = String> {
    let letters = prop_oneof![
        Just('"'),
        Just('\''),
        Just('='),
        Just('+'),
        Just('-'),
        Just('@'),
        Just(';'),
        Just(','),
        Just('\n'),
        Just('\t'),
        Just(' '),
        Just('<'),
        Just('&'),
        Just(']'),
        Just('_'),
        Just('x'),
        Just('ё'),
        Just('Щ'),
        Just('я'),
        Just('🍎'),
        Just('\u{200d}'),
        Just('ß'),
        Just('0'),
        Just('9'),
    ];
    prop::collection::vec(letters, 1..12)
        .prop_map(|letters| letters.into_iter().collect::<String>())
        .prop_filter("a name says something", |text: &String| !text.trim().is_empty())
}

fn products(names: Vec<(String, String, String)>) -> Vec<StoredProduct> {
    let product = |(number, (en, ru, category)): (usize, (String, String, String))| {
        let product = testkit::build::piece(&format!("p-{number}"), 100 + number as i64);
        let name = LocalizedText(BTreeMap::from([("en".to_owned(), en.clone()), ("ru".to_owned(), ru)]));
        let product = Product { sku: format!("{en}{number}"), name, ..product };
        StoredProduct { product, category: Some(category), created_at: WallMs(0), updated_at: WallMs(0) }
    };
    names.into_iter().enumerate().map(product).collect()
}

/// What a file of this kind says of the products.
fn read_back(kind: FileKind, all: &[StoredProduct]) -> Vec<CatalogueRecord> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalogue");
    let head = Head {
        languages: ["en".to_owned(), "ru".to_owned()].into(),
        families: all.iter().filter_map(|stored| Some((stored.category.clone()?, String::new()))).collect(),
        stores: Vec::new(),
    };
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    sender.try_send(all.to_vec()).unwrap();
    drop(sender);
    write_pages(receiver, kind, &path, head).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let file = catalogue(&bytes, &Hints::default(), &Limits::default()).unwrap();
    file.rows.into_iter().map(|row| row.record).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_kind_of_file_says_what_was_written(
        names in prop::collection::vec((texts(), texts(), texts()), 1..6),
    ) {
        let all = products(names);
        for kind in [FileKind::Csv, FileKind::Xlsx, FileKind::Json, FileKind::CommerceMl] {
            let said = read_back(kind, &all);
            prop_assert_eq!(said.len(), all.len());
            for (record, stored) in said.iter().zip(&all) {
                prop_assert_eq!(&record.names, &stored.product.name.0, "{:?}", kind);
                prop_assert_eq!(record.sku.as_ref(), Some(&stored.product.sku), "{:?}", kind);
                prop_assert_eq!(&record.category, &stored.category, "{:?}", kind);
            }
        }
    }
}
