//! How long the search index takes, and how many of the things that were mistyped it finds.
//!
//! `cargo run -p cloud-core --example search_figures -- [PRODUCTS QUERIES]`: so many made-up products in Russian, English and
//! German, and so many queries of each sort: a name's words as they are, each with a mistake in one of its words, and the first
//! letters of a word while somebody types.
#![allow(clippy::print_stdout, reason = "it prints figures")]

use std::time::{Duration, Instant};

use cloud_core::search::{Entry, EntryKind, Index, Query};

/// What names are made of.
const KINDS: &[(&str, &str, &str)] = &[
    ("Молоко", "Milk", "Milch"),
    ("Кефир", "Kefir", "Kefir"),
    ("Сыр", "Cheese", "Käse"),
    ("Шоколад", "Chocolate", "Schokolade"),
    ("Печенье", "Biscuits", "Kekse"),
    ("Яблоки", "Apples", "Äpfel"),
    ("Картофель", "Potatoes", "Kartoffeln"),
    ("Колбаса", "Sausage", "Wurst"),
    ("Хлеб", "Bread", "Brot"),
    ("Макароны", "Pasta", "Nudeln"),
    ("Йогурт", "Yoghurt", "Joghurt"),
    ("Сок", "Juice", "Saft"),
    ("Вода", "Water", "Wasser"),
    ("Кофе", "Coffee", "Kaffee"),
    ("Чай", "Tea", "Tee"),
    ("Масло", "Butter", "Butter"),
    ("Рис", "Rice", "Reis"),
    ("Мёд", "Honey", "Honig"),
];
const SORTS: &[(&str, &str, &str)] = &[
    ("деревенский", "farmhouse", "Bauern"),
    ("ванильный", "vanilla", "Vanille"),
    ("клубничный", "strawberry", "Erdbeere"),
    ("тёмный", "dark", "dunkel"),
    ("копчёный", "smoked", "geräuchert"),
    ("цельнозерновой", "wholegrain", "Vollkorn"),
    ("апельсиновый", "orange", "Orange"),
    ("зелёный", "green", "grün"),
    ("ореховый", "hazelnut", "Haselnuss"),
    ("безлактозный", "lactose free", "laktosefrei"),
];

/// A small generator (SplitMix64), so that the same figures come again.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let products = arguments.first().copied().unwrap_or(100_000);
    let queries = arguments.get(1).copied().unwrap_or(2_000);
    let mut draw = Draw(7);
    let brands: Vec<String> = (0..products.div_ceil(40)).map(|_| brand(&mut draw)).collect();
    let entries: Vec<(String, Entry)> =
        (0..products).map(|number| (format!("p-{number}"), entry(&mut draw, &brands, number))).collect();
    let start = Instant::now();
    let mut index = Index::default();
    for (id, entry) in &entries {
        index.put(EntryKind::Product, id, entry);
    }
    println!(
        "{} entries, {} words, made in {:.2} s",
        index.len(),
        index.words_known(),
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    for (id, entry) in entries.iter().take(10_000) {
        index.put(EntryKind::Product, id, entry);
    }
    let changed = entries.len().min(10_000);
    println!("a change: {:.1} us", start.elapsed().as_secs_f64() * 1e6 / changed as f64);
    measure(&index, &entries, queries, &mut draw);
}

/// A mistake is put into a word; what it was called is to be among the first ten.
fn measure(index: &Index, entries: &[(String, Entry)], queries: usize, draw: &mut Draw) {
    type Typed = fn(&mut Draw, &str) -> String;
    let sorts: [(&str, Typed, bool); 4] = [
        ("as it is", |_, name| name.to_owned(), false),
        ("one mistake", mistyped, false),
        (
            "mistake in each",
            |draw, name| name.split(' ').map(|word| mistake(draw, word)).collect::<Vec<_>>().join(" "),
            false,
        ),
        ("first letters", |draw, name| beginning(draw, name), true),
    ];
    for (label, typed, typing) in sorts {
        let mut times: Vec<Duration> = Vec::new();
        let mut found = 0;
        for _ in 0..queries {
            let (id, entry) = draw.of(entries);
            let names: Vec<&String> = entry.names.values().collect();
            let words: Vec<&str> = draw.of(&names).split(' ').collect();
            // The brand and the kind are what people remember.
            let text = typed(draw, &words[..words.len().min(3)].join(" "));
            let start = Instant::now();
            let answer = index.search(&Query {
                text: &text,
                typing,
                archived: Some(false),
                limit: 10,
                ..Query::default()
            });
            times.push(start.elapsed());
            let shared: Vec<&str> = words[..words.len().min(3)].to_vec();
            let same = |hit: &str| {
                hit == id
                    || entries[hit[2..].parse::<usize>().unwrap_or_default()]
                        .1
                        .names
                        .values()
                        .any(|name| shared.iter().all(|word| name.split(' ').any(|other| other == *word)))
            };
            found += usize::from(answer.hits.iter().any(|hit| same(&hit.id)));
        }
        times.sort();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "{label}: found {:.1} %, p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
            found as f64 * 100.0 / queries as f64,
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

fn entry(draw: &mut Draw, brands: &[String], number: usize) -> Entry {
    let (kind, sort, brand) = (draw.of(KINDS), draw.of(SORTS), draw.of(brands).clone());
    let size = draw.below(20) * 50 + 50;
    let gtin = format!("46{:011}", number);
    Entry {
        names: [
            ("ru".to_owned(), format!("{brand} {} {} {size} г", kind.0, sort.0)),
            ("en".to_owned(), format!("{brand} {} {} {size} g", kind.1, sort.1)),
            ("de".to_owned(), format!("{brand} {} {} {size} g", kind.2, sort.2)),
        ]
        .into(),
        category: kind.1.to_owned(),
        brand,
        numbers: vec![gtin, format!("SKU-{number}")],
        ..Entry::default()
    }
}

/// A name that can be spoken: three or four syllables.
fn brand(draw: &mut Draw) -> String {
    let syllables = draw.below(2) + 3;
    let mut name: String = (0..syllables)
        .flat_map(|_| {
            [
                *draw.of(&['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z']),
                *draw.of(&['a', 'e', 'i', 'o', 'u']),
            ]
        })
        .collect();
    name[..1].make_ascii_uppercase();
    name
}

/// The same with a mistake in one of its words of four letters or more.
fn mistyped(draw: &mut Draw, name: &str) -> String {
    let mut words: Vec<String> = name.split(' ').map(str::to_owned).collect();
    let long: Vec<usize> = (0..words.len()).filter(|&place| words[place].chars().count() >= 4).collect();
    if !long.is_empty() {
        let place = *draw.of(&long);
        words[place] = mistake(draw, &words[place]);
    }
    words.join(" ")
}

/// A letter left out, doubled, swapped with the next, or another one. Words of three letters stay as they are.
fn mistake(draw: &mut Draw, word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 4 {
        return word.to_owned();
    }
    let place = draw.below(letters.len() - 1);
    match draw.below(4) {
        0 => drop(letters.remove(place)),
        1 => letters.insert(place, letters[place]),
        2 => letters.swap(place, place + 1),
        _ => letters[place] = if letters[place].is_ascii() { 'x' } else { 'ы' },
    }
    letters.into_iter().collect()
}

/// The first word, and two letters or more of the second.
fn beginning(draw: &mut Draw, name: &str) -> String {
    let (first, second) = name.split_once(' ').unwrap_or((name, ""));
    let length = second.chars().count();
    let shown: String = second.chars().take(2 + draw.below(length.max(3) - 2)).collect();
    format!("{first} {shown}")
}
