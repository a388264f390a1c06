//! How likely a line means a product.
//!
//! Each kind of evidence gives a probability by a logistic function of its own; they are put together as independent ones (noisy
//! or), and the products' odds share one certainty, since a line means one of them at most. The constants below were set so that on names of
//! groceries in three languages with words dropped, cut short, mistyped and written in the other alphabet, `sure` is right about
//! as often as it says; a test holds them to that.

use std::collections::BTreeMap;

use super::names::Name;
use super::packs::Pack;

/// Products that are looked at closely for one line.
const LOOKED_AT: usize = 40;
/// A name's likeness becomes a probability: steepness, and the likeness that is as likely right as wrong.
const NAME_STEEPNESS: f64 = 12.0;
const NAME_EVEN: f64 = 0.72;
/// What packs that agree or contradict each other add: another size is another product.
const PACK_AGREES: f64 = 0.8;
const PACK_DIFFERS: f64 = -3.5;
/// What it takes off when the next product has nearly the same likeness.
const CLOSE_SECOND: f64 = -1.6;
const CLOSE: f64 = 0.04;
/// Evidence by numbers: what it is worth alone, and what the likeness of the names adds.
const BY_GTIN: (f64, f64) = (3.6, 2.0);
const BY_CASE_GTIN: (f64, f64) = (3.0, 2.0);
const BY_ARTICLE: (f64, f64) = (1.4, 3.0);
const BY_HISTORY: (f64, f64) = (3.2, 2.0);
const BY_OTHERS_HISTORY: (f64, f64) = (1.6, 2.0);
/// Words that no product has weigh so much of a word that one product has.
const UNKNOWN_WORD: f64 = 0.5;

/// What speaks for a product beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// The line has its GTIN.
    Gtin,
    /// The line has the GTIN of a case of it.
    CaseGtin,
    /// The line has the shop's article number of it.
    Article,
    /// The supplier's article, or its line of this name, was confirmed to be it.
    History,
    /// Another supplier's line of this name was.
    OthersHistory,
    /// Its name is alike.
    Name,
}

/// A product with how likely it is the one.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Its place in the index.
    pub product: usize,
    /// From 0 to 1.
    pub probability: f64,
    /// How alike the names are, from 0 to 1.
    pub likeness: f64,
    /// What speaks for it.
    pub because: Vec<Known>,
}

/// The names of an organisation's products.
#[derive(Debug, Default)]
pub struct Index {
    /// Each product's names, one for a language.
    products: Vec<Vec<Name>>,
    /// In how many products a word is.
    frequency: BTreeMap<String, u32>,
    /// Products by three letters in a row, in order.
    grams: BTreeMap<[char; 3], Vec<u32>>,
}

impl Known {
    /// A short stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Gtin => "gtin",
            Self::CaseGtin => "case_gtin",
            Self::Article => "article",
            Self::History => "history",
            Self::OthersHistory => "others_history",
            Self::Name => "name",
        }
    }

    fn logit(self, likeness: f64) -> f64 {
        let (alone, with_name) = match self {
            Self::Gtin => BY_GTIN,
            Self::CaseGtin => BY_CASE_GTIN,
            Self::Article => BY_ARTICLE,
            Self::History => BY_HISTORY,
            Self::OthersHistory => BY_OTHERS_HISTORY,
            Self::Name => return NAME_STEEPNESS * (likeness - NAME_EVEN),
        };
        alone + with_name * (likeness - 0.5)
    }
}

impl Index {
    /// Takes the products' names; their places in the index are their order.
    pub fn new<'a>(products: impl IntoIterator<Item = Vec<&'a str>>) -> Self {
        let mut index = Self::default();
        for (place, names) in (0_u32..).zip(products) {
            let names: Vec<Name> = names.into_iter().map(Name::read).collect();
            let mut words: Vec<&String> = names.iter().flat_map(|name| &name.words).collect();
            words.sort();
            words.dedup();
            for word in words {
                *index.frequency.entry(word.clone()).or_default() += 1;
                for gram in grams(word) {
                    let list = index.grams.entry(gram).or_default();
                    if list.last() != Some(&place) {
                        list.push(place);
                    }
                }
            }
            index.products.push(names);
        }
        index
    }

    /// What a product's names say about its pack; the first that says anything.
    pub fn pack(&self, product: usize) -> Pack {
        let names = self.products.get(product).into_iter().flatten();
        let mut pack = Pack::default();
        for name in names {
            pack.pieces = pack.pieces.or(name.pack.pieces);
            pack.content = pack.content.or(name.pack.content);
        }
        pack
    }

    /// The products that a line may be, the likeliest first: those of `known`, and those whose names are alike.
    pub fn candidates(&self, line: &Name, known: &[(usize, Known)], most: usize) -> Vec<Scored> {
        let mut evidence: BTreeMap<usize, Vec<Known>> = BTreeMap::new();
        for (product, kind) in known {
            let kinds = evidence.entry(*product).or_default();
            if !kinds.contains(kind) {
                kinds.push(*kind);
            }
        }
        for product in self.alike(line) {
            evidence.entry(product).or_default().push(Known::Name);
        }
        let mut scored: Vec<Scored> = evidence
            .into_iter()
            .map(|(product, because)| {
                let likeness = self.likeness(line, product);
                Scored { product, probability: 0.0, likeness, because }
            })
            .collect();
        scored.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then(a.product.cmp(&b.product)));
        let likenesses: Vec<f64> = scored.iter().map(|one| one.likeness).collect();
        for (at, one) in scored.iter_mut().enumerate() {
            let next =
                likenesses.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, value)| *value);
            let has_rival = next.fold(0.0, f64::max) > one.likeness - CLOSE;
            one.probability = self.probability(line, one, has_rival);
        }
        // One of them at most is the one, or none is: each has its odds against all others and against none.
        let odds = |one: &Scored| one.probability / (1.0 - one.probability).max(1e-6);
        let all: f64 = 1.0 + scored.iter().map(odds).sum::<f64>();
        scored.iter_mut().for_each(|one| one.probability = odds(one) / all);
        scored.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.product.cmp(&b.product)));
        scored.retain(|one| one.probability > 0.01);
        scored.truncate(most);
        for one in &mut scored {
            // A name that says nothing for it is no reason.
            one.because.retain(|kind| *kind != Known::Name || one.likeness > 0.4);
        }
        scored
    }

    fn probability(&self, line: &Name, one: &Scored, has_rival: bool) -> f64 {
        let pack = pack_evidence(line.pack, self.pack(one.product));
        let wrong = one.because.iter().map(|kind| {
            let mut logit = kind.logit(one.likeness);
            if *kind == Known::Name {
                logit += pack + if has_rival { CLOSE_SECOND } else { 0.0 };
            }
            1.0 - logistic(logit)
        });
        1.0 - wrong.product::<f64>()
    }

    /// Products that share the rarest letters with a line.
    fn alike(&self, line: &Name) -> Vec<usize> {
        let count = self.products.len() as f64;
        let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
        for word in &line.words {
            for gram in grams(word) {
                let Some(places) = self.grams.get(&gram) else { continue };
                // What a third of all products has tells nothing apart.
                if places.len() > 60 && places.len() * 3 > self.products.len() {
                    continue;
                }
                let weight = (1.0 + count / places.len() as f64).ln();
                places.iter().for_each(|place| *sums.entry(*place).or_default() += weight);
            }
        }
        let mut found: Vec<(u32, f64)> = sums.into_iter().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(LOOKED_AT);
        found.into_iter().map(|(place, _)| place as usize).collect()
    }

    /// How alike a line's and a product's names are: the share of either's weight that the other has, as a geometric mean, of
    /// the language that fits best.
    fn likeness(&self, line: &Name, product: usize) -> f64 {
        let names = self.products.get(product).into_iter().flatten();
        let alike = |name: &Name| {
            (self.covered(&line.words, &name.words) * self.covered(&name.words, &line.words)).sqrt()
        };
        names.map(alike).fold(0.0, f64::max)
    }

    /// The share of the weight of `words` that `others` have.
    fn covered(&self, words: &[String], others: &[String]) -> f64 {
        let (mut have, mut all) = (0.0, 0.0);
        for word in words {
            let weight = self.weight(word);
            let best = others.iter().map(|other| word_likeness(word, other)).fold(0.0, f64::max);
            have += weight * best;
            all += weight;
        }
        if all > 0.0 { have / all } else { 0.0 }
    }

    /// What a word is worth: more the fewer products have it.
    fn weight(&self, word: &str) -> f64 {
        let count = self.products.len().max(1) as f64;
        match self.frequency.get(word) {
            Some(frequency) => (1.0 + count / f64::from(*frequency)).ln(),
            None => UNKNOWN_WORD * (1.0 + count).ln(),
        }
    }
}

/// What packs say about each other: same, other, or nothing.
fn pack_evidence(line: Pack, product: Pack) -> f64 {
    let differs = match (line.content, product.content) {
        (Some(line), Some(product)) => Some(line != product),
        _ => None,
    };
    match differs {
        Some(true) => PACK_DIFFERS,
        Some(false) => PACK_AGREES,
        None => match (line.pieces, product.pieces) {
            (Some(line), Some(product)) if line == product => PACK_AGREES,
            _ => 0.0,
        },
    }
}

/// How alike two words are, from 0 to 1: a word that is cut short, or a few other letters.
fn word_likeness(word: &str, other: &str) -> f64 {
    if word == other {
        return 1.0;
    }
    // 3.2% and 2.5% are not a little alike.
    if word.starts_with(|c: char| c.is_ascii_digit()) || other.starts_with(|c: char| c.is_ascii_digit()) {
        return 0.0;
    }
    let (short, long) = if word.len() < other.len() { (word, other) } else { (other, word) };
    if short.len() >= 3 && long.starts_with(short) {
        return 0.75 + 0.25 * short.len() as f64 / long.len() as f64;
    }
    let (first, second) = (grams(word), grams(other));
    let shared = first.iter().filter(|gram| second.contains(gram)).count();
    let dice = 2.0 * shared as f64 / (first.len() + second.len()) as f64;
    if dice < 0.4 { 0.0 } else { dice }
}

/// Three letters in a row, with a blank before and behind the word.
fn grams(word: &str) -> Vec<[char; 3]> {
    let letters: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
    letters.windows(3).map(|three| [three[0], three[1], three[2]]).collect()
}

fn logistic(value: f64) -> f64 {
    1.0 / (1.0 + (-value).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &[&str] = &[
        "Coca-Cola 1,5 l",
        "Coca-Cola 0,5 l",
        "Coca-Cola Zero 1,5 l",
        "Pepsi 1,5 l",
        "Fanta Orange 1,5 l",
        "Молоко Простоквашино 3,2% 930 мл",
        "Молоко Простоквашино 2,5% 930 мл",
        "Молоко Домик в деревне 3,2% 950 мл",
        "Кефир Простоквашино 1% 930 г",
        "Сметана Домик в деревне 20% 300 г",
        "Сыр Российский 200 г",
        "Хлеб Бородинский 400 г",
        "Батон нарезной 350 г",
        "Сахар-песок 1 кг",
        "Гречка Мистраль 900 г",
        "Рис Мистраль Кубань 900 г",
        "Milka Alpenmilch Schokolade 100 g",
        "Milka Haselnuss Schokolade 100 g",
        "Ritter Sport Vollmilch 100 g",
        "Müller Milchreis Original 200 g",
        "Müller Milchreis Zimt 200 g",
        "Weihenstephan H-Milch 3,5% 1 l",
        "Landliebe Joghurt Erdbeere 150 g",
        "Bananen",
        "Äpfel Braeburn",
        "Kartoffeln festkochend 2,5 kg",
        "Barilla Spaghetti No. 5 500 g",
        "Barilla Penne Rigate 500 g",
        "Heinz Tomato Ketchup 570 g",
        "Hellmann's Mayonnaise 430 ml",
        "Lay's Potato Chips Salted 140 g",
        "Lay's Potato Chips Paprika 140 g",
        "Tuborg Green 0,5 l",
        "Heineken 0,33 l",
        "Cheddar Cheese Mature 350 g",
        "Wholemeal Bread 800 g",
        "Orange Juice 1 l",
        "Apple Juice 1 l",
        "Free Range Eggs 12 pcs",
        "Green Tea 25 bags",
    ];

    fn index() -> Index {
        Index::new(SHOP.iter().map(|name| vec![*name]))
    }

    /// The likeliest product of a line, and its probability.
    fn best(line: &str, known: &[(usize, Known)]) -> (Option<&'static str>, f64) {
        let found = index().candidates(&Name::read(line), known, 5);
        found.first().map_or((None, 0.0), |one| (Some(SHOP[one.product]), one.probability))
    }

    #[test]
    fn finds_products_as_suppliers_write_them() {
        for (line, product) in [
            ("COCA COLA 6X1,5L PET", "Coca-Cola 1,5 l"),
            ("Кока-Кола 0,5 л ПЭТ", "Coca-Cola 0,5 l"),
            ("Coca Cola Zero 1.5L x6", "Coca-Cola Zero 1,5 l"),
            ("МОЛОКО ПРОСТОКВ. 3,2% 930МЛ", "Молоко Простоквашино 3,2% 930 мл"),
            ("Молоко пастеризованное Простоквашино 2.5% 930мл", "Молоко Простоквашино 2,5% 930 мл"),
            ("Moloko Prostokvashino 3,2% 930 ml", "Молоко Простоквашино 3,2% 930 мл"),
            ("Хлеб Бородинск. 400г", "Хлеб Бородинский 400 г"),
            ("MILKA HASELNUSS 100G", "Milka Haselnuss Schokolade 100 g"),
            ("Muller Milchreis Zimt 200g", "Müller Milchreis Zimt 200 g"),
            ("Barilla Spagetti N.5 500g", "Barilla Spaghetti No. 5 500 g"),
            ("Лейс чипсы паприка 140 г", "Lay's Potato Chips Paprika 140 g"),
            ("Хейнекен пиво 0,33", "Heineken 0,33 l"),
            ("HEINZ KETCHUP TOMATO 570GR", "Heinz Tomato Ketchup 570 g"),
            ("Eggs free range, 12 pcs", "Free Range Eggs 12 pcs"),
        ] {
            let (found, probability) = best(line, &[]);
            assert_eq!(found, Some(product), "{line}: {probability}");
        }
    }

    #[test]
    fn another_size_or_an_unknown_thing_is_not_sure() {
        for line in
            ["Coca-Cola 2 l", "Dishwasher tablets 40 pcs", "Шампунь Чистая линия 400 мл", "Cheddar 5 kg", ""]
        {
            let (found, probability) = best(line, &[]);
            assert!(probability < 0.5, "{line}: {found:?} {probability}");
        }
    }

    #[test]
    fn numbers_count_more_than_names() {
        let cola = 0;
        let (found, probability) = best("Brause, braun", &[(cola, Known::Gtin)]);
        assert_eq!(found, Some("Coca-Cola 1,5 l"));
        assert!(probability > 0.9, "{probability}");
        let (_, article) = best("Coca-Cola 1,5 l", &[(cola, Known::Article)]);
        let (_, other) = best("Dishwasher tablets", &[(cola, Known::Article)]);
        assert!(article > 0.9 && other < 0.6, "{article} {other}");
        // Two numbers that contradict each other are not sure, whatever each is worth.
        let (_, split) = best("Brause", &[(cola, Known::Gtin), (3, Known::History)]);
        assert!(split < 0.8, "{split}");
    }

    /// Every product, written as suppliers do: what is called `sure` has to be right as often as it says, and what is right has to
    /// be found.
    #[test]
    fn is_as_sure_as_it_is_right() {
        let index = index();
        let (mut sure, mut sure_right, mut right, mut all) = (0, 0, 0, 0);
        for (place, name) in SHOP.iter().enumerate() {
            for line in written_otherwise(name) {
                let found = index.candidates(&Name::read(&line), &[], 5);
                let is_right = found.first().is_some_and(|one| one.product == place);
                all += 1;
                right += u32::from(is_right);
                if found.first().is_some_and(|one| one.probability >= 0.8) {
                    sure += 1;
                    sure_right += u32::from(is_right);
                }
            }
        }
        let (precision, recall) =
            (f64::from(sure_right) / f64::from(sure), f64::from(right) / f64::from(all));
        assert!(precision >= 0.95, "{sure_right} of {sure} that are called sure are right");
        assert!(recall >= 0.85, "{right} of {all} are found");
        assert!(f64::from(sure) / f64::from(all) >= 0.4, "only {sure} of {all} are called sure");
    }

    /// A name in capitals, with its words the other way round, its last word dropped, words cut to five letters, and letters swapped.
    fn written_otherwise(name: &str) -> Vec<String> {
        let words: Vec<&str> = name.split(' ').collect();
        let cut = words.iter().map(|word| word.chars().take(5).collect::<String>());
        let swapped: String = {
            let mut letters: Vec<char> = name.chars().collect();
            if letters.len() > 5 {
                letters.swap(2, 3);
            }
            letters.into_iter().collect()
        };
        let shorter = if words.len() > 3 { [&words[..1], &words[2..]].concat() } else { words.clone() };
        vec![
            name.to_uppercase(),
            cut.collect::<Vec<_>>().join(" "),
            shorter.join(" "),
            swapped,
            format!("{name} Art. {}", 4711),
            format!("{name} GmbH Lieferung"),
        ]
    }
}
