//! What is found by what people type.

use std::collections::BTreeSet;

use cloud_core::search::{Entry, EntryKind, Index, Match, Query, highlight};
use proptest::prelude::*;

fn entry(name: &str, brand: &str, category: &str, numbers: &[&str]) -> Entry {
    Entry {
        names: [("en".to_owned(), name.to_owned())].into(),
        brand: brand.to_owned(),
        category: category.to_owned(),
        numbers: numbers.iter().map(|number| (*number).to_owned()).collect(),
        ..Entry::default()
    }
}

fn shop() -> Index {
    let mut index = Index::default();
    for (id, name, brand, category, numbers) in [
        (
            "milk",
            "Молоко пастеризованное 3,2% 1 л",
            "Простоквашино",
            "Молочное",
            vec!["04600605011245", "M-1001"],
        ),
        ("milk-choc", "Шоколад молочный Алёнка", "Красный Октябрь", "Сладости", vec!["4600000000017"]),
        ("apples", "Яблоки красные", "", "Фрукты", vec!["1001"]),
        ("cola", "Coca-Cola Classic 0,5 л", "Coca-Cola", "Drinks", vec!["5449000000996"]),
        ("cheese", "Bergkäse am Stück", "Allgäu", "Käse", vec!["K7"]),
        ("potatoes", "Kartoffeln festkochend", "", "Gemüse", vec![]),
        ("pear", "Pear", "", "Фрукты", vec![]),
        ("pears", "Conference pears in a box", "", "Фрукты", vec![]),
        ("fruit", "Mixed box", "", "Фрукты", vec![]),
    ] {
        index.put(EntryKind::Product, id, &entry(name, brand, category, &numbers));
    }
    index.put(EntryKind::Supplier, "acme", &entry("ООО Молоко Сибири", "", "", &["7701234567"]));
    index
}

fn query(text: &str) -> Query<'_> {
    Query { text, typing: true, limit: 10, ..Query::default() }
}

fn ids(index: &Index, query: &Query<'_>) -> Vec<String> {
    index.search(query).hits.into_iter().map(|hit| hit.id).collect()
}

#[test]
fn finds_a_product_however_it_is_typed() {
    let index = shop();
    for (typed, id) in [
        ("молоко", "milk"),
        ("МОЛОКО", "milk"),
        ("молок", "milk"),
        ("малоко", "milk"),
        ("vjkjrj", "milk"),
        ("moloko", "milk"),
        ("ghjcnjrdfibyj", "milk"),
        ("простаквашено", "milk"),
        ("4600605011245", "milk"),
        ("04600605011245", "milk"),
        ("4600 605 011245", "milk"),
        ("m1001", "milk"),
        ("M-1001", "milk"),
        ("3.2%", "milk"),
        ("яблоко", "apples"),
        ("красного яблока", "apples"),
        ("alenka", "milk-choc"),
        ("кока кола", "cola"),
        ("cocacola", "cola"),
        ("kola klasik", "cola"),
        ("bergkase", "cheese"),
        ("Käse Allgau", "cheese"),
        ("kartoffel", "potatoes"),
        ("kartofeln", "potatoes"),
        ("festkohcend", "potatoes"),
    ] {
        let found = ids(&index, &Query { kinds: &[EntryKind::Product], ..query(typed) });
        assert_eq!(found.first().map(String::as_str), Some(id), "{typed}: {found:?}");
    }
    for typed in ["верблюд", "qqq", "9999999999999", "%%%"] {
        assert_eq!(
            ids(&index, &query(typed)),
            if typed == "%%%" { ids(&index, &query("")) } else { vec![] },
            "{typed}"
        );
    }
}

#[test]
fn puts_the_same_before_beginnings_and_those_before_mistakes_and_names_before_categories() {
    let mut index = Index::default();
    for (id, name, brand, category) in [
        ("near", "Pedr", "", ""),
        ("begins", "Pearling barley", "", ""),
        ("category", "Mixed box", "", "Pear"),
        ("brand", "Mixed box", "Pear", ""),
        ("long", "Pear in a box", "", ""),
        ("same", "Pear", "", ""),
    ] {
        index.put(EntryKind::Product, id, &entry(name, brand, category, &[]));
    }
    assert_eq!(ids(&index, &query("pear")), ["same", "long", "brand", "category", "begins", "near"]);
    let answer = index.search(&query("pear"));
    assert_eq!(answer.hits.last().map(|hit| hit.matched), Some(Match::Near));
    let whole = Query { typing: false, ..query("pear") };
    assert!(!ids(&index, &whole).contains(&"begins".to_owned()), "nobody is typing");
}

#[test]
fn a_query_with_a_word_too_many_finds_what_has_the_others() {
    let index = shop();
    let answer = index.search(&query("шоколад алёнка верблюд"));
    assert_eq!((answer.hits[0].id.as_str(), answer.hits[0].missing), ("milk-choc", 1));
    assert_eq!(ids(&index, &query("шоколад верблюд осёл")), [""; 0]);
}

#[test]
fn filters_count_and_pages() {
    let mut index = shop();
    let kinds = [EntryKind::Supplier];
    assert_eq!(ids(&index, &Query { kinds: &kinds, ..query("молоко") }), ["acme"]);
    let fruit = index.search(&Query { limit: 1, ..query("фрукты") });
    assert_eq!((fruit.total, fruit.hits.len()), (4, 1));
    assert_eq!(fruit.categories, [("Фрукты".to_owned(), 4)]);
    let pages: Vec<String> =
        (0..4).flat_map(|offset| ids(&index, &Query { offset, limit: 1, ..query("фрукты") })).collect();
    assert_eq!(pages, ids(&index, &query("фрукты")));
    assert_eq!(ids(&index, &Query { category: Some("Сладости"), ..query("") }), ["milk-choc"]);
    assert_eq!(ids(&index, &Query { category: Some("Nothing"), ..query("") }), [""; 0]);
    index.put(EntryKind::Product, "pear", &Entry { archived: true, ..entry("Pear", "", "", &[]) });
    assert_eq!(ids(&index, &Query { archived: Some(false), typing: false, ..query("pear") }), ["pears"]);
    assert_eq!(ids(&index, &Query { archived: Some(true), ..query("pear") }), ["pear"]);
}

#[test]
fn what_changes_is_found_by_what_it_is_now() {
    let mut index = shop();
    index.put(EntryKind::Product, "pear", &entry("Quince", "", "", &[]));
    assert_eq!(ids(&index, &Query { typing: false, ..query("pear") }), ["pears"]);
    assert_eq!(ids(&index, &query("quince")), ["pear"]);
    index.remove(EntryKind::Product, "pear");
    index.remove(EntryKind::Product, "pear");
    assert_eq!(ids(&index, &query("quince")), [""; 0]);
    assert_eq!(index.len(), 9);
}

#[test]
fn shows_what_was_asked_for() {
    let index = shop();
    let marked = |typed: &str, text: &str| -> String {
        let asked: BTreeSet<String> = index.search(&query(typed)).words;
        let piece = |piece: cloud_core::search::Piece| {
            if piece.is_hit { format!("[{}]", piece.text) } else { piece.text }
        };
        highlight(text, &asked).into_iter().map(piece).collect()
    };
    assert_eq!(marked("мол", "Молоко 1 л"), "[Молоко] 1 л");
    assert_eq!(marked("алёнка", "Шоколад «Алёнка»"), "Шоколад «[Алёнка]»");
    assert_eq!(marked("bergkase", "Bergkäse am Stück"), "[Bergkäse] am Stück");
    assert_eq!(marked("pear", ""), "");
}

fn name() -> impl Strategy<Value = String> {
    proptest::collection::vec("(?:pear|pears|milk|молоко|яблоко|сыр|0,5|box|käse)", 1..4)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn an_index_that_saw_changes_answers_as_one_that_was_made_anew(
        steps in proptest::collection::vec((0_u8..8, proptest::option::weighted(0.8, name())), 1..40),
        typed in name(),
    ) {
        let mut changed = Index::default();
        let mut there = std::collections::BTreeMap::new();
        for (id, name) in &steps {
            let id = id.to_string();
            match name {
                Some(name) => {
                    let entry = entry(name, "", "", &[]);
                    changed.put(EntryKind::Product, &id, &entry);
                    there.insert(id, entry);
                }
                None => {
                    changed.remove(EntryKind::Product, &id);
                    there.remove(&id);
                }
            }
        }
        let mut anew = Index::default();
        there.iter().rev().for_each(|(id, entry)| anew.put(EntryKind::Product, id, entry));
        for text in [typed.as_str(), "", "pexr", "мол"] {
            prop_assert_eq!(changed.search(&query(text)), anew.search(&query(text)));
        }
    }

    #[test]
    fn nothing_that_is_typed_does_harm(text in "\\PC{0,80}") {
        let mut index = shop();
        let _ = index.search(&query(&text));
        index.put(EntryKind::Product, "x", &entry(&text, &text, &text, &[&text]));
        let found = index.search(&Query { limit: 100, ..query(&text) });
        let pieces = highlight(&text, &found.words);
        prop_assert_eq!(pieces.into_iter().map(|piece| piece.text).collect::<String>(), text);
    }
}

#[test]
fn what_is_of_a_store_is_found_by_those_who_see_it() {
    let mut index = Index::default();
    for (id, store) in [("all", None), ("north", Some("north")), ("org", Some(""))] {
        let store = store.map(str::to_owned);
        index.put(EntryKind::Document, id, &Entry { store, ..entry("Invoice", "", "", &[]) });
    }
    let found = |stores: Option<&[String]>| -> Vec<String> {
        let answer = index.search(&Query { text: "invoice", stores, limit: 10, ..Query::default() });
        assert_eq!(answer.total, answer.hits.len());
        answer.hits.into_iter().map(|hit| hit.id).collect()
    };
    assert_eq!(found(None), ["all", "north", "org"]);
    assert_eq!(found(Some(&["north".to_owned()])), ["all", "north"]);
    assert_eq!(found(Some(&["south".to_owned()])), ["all"]);
    assert_eq!(found(Some(&[])), ["all"]);
}
