//! What a shop should sell after each file, and the files that say so.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cloud_store::PriceOrigin;
use domain::time::WallMs;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// Of a hundred rows so many change what is there, are of products that are new, or are of products that leave.
const CHANGED: u32 = 30;
const NEW: u32 = 5;
const GONE: u32 = 5;
/// Of a hundred rows so many say something that cannot be.
const BROKEN: u32 = 2;

/// A product as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) name: String,
    pub(super) gtin: Option<String>,
    pub(super) category: String,
    pub(super) price_minor: i64,
    pub(super) is_weighed: bool,
    pub(super) is_archived: bool,
    /// Every price that it ever was given, with the moment where it is one of later.
    pub(super) prices: Vec<(PriceOrigin, i64, Option<WallMs>)>,
}

/// What its import should say when it is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) rows: u64,
    pub(super) new: u64,
    pub(super) changed: u64,
    pub(super) unchanged: u64,
    pub(super) left_out: u64,
    pub(super) retired: u64,
}

impl Counts {
    /// Rows that are applied.
    pub(super) fn applied(&self) -> u64 {
        self.new + self.changed + self.retired
    }
}

/// What the shop should sell.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// By article number.
    pub(super) products: BTreeMap<String, Expected>,
    /// The number of the next product that is new.
    next: u64,
}

impl Shelf {
    /// The next file: of about so many rows. Prices that it changes count from a moment, or at once.
    pub(super) fn next_file(
        &mut self,
        rows: usize,
        prices_from: Option<WallMs>,
        rng: &mut ChaCha8Rng,
    ) -> (String, Counts) {
        let mut file = "sku;name;gtin;category;price;unit;tax_code;archived\n".to_owned();
        let mut counts = Counts::default();
        for (sku, product) in &mut self.products {
            let chance = rng.random_range(0..100);
            if chance < GONE {
                // What the file lacks is archived; what is archived already is no news.
                counts.retired += u64::from(!product.is_archived);
                product.is_archived = true;
                continue;
            }
            counts.rows += 1;
            if chance < GONE + BROKEN {
                // Its price is none: it stays as it is, and is not gone.
                push(&mut file, sku, product, "thirty", product.is_archived);
                counts.left_out += 1;
                continue;
            }
            let mut price = product.price_minor;
            let was_archived = std::mem::replace(&mut product.is_archived, false);
            let is_changed = chance < GONE + BROKEN + CHANGED;
            if is_changed {
                price += rng.random_range(1..500);
                if rng.random_bool(0.3) {
                    product.name.push('!');
                    product.category = category(rng);
                }
            }
            push(&mut file, sku, product, &shown(price), false);
            match (is_changed, prices_from) {
                (false, _) => {}
                (true, Some(from)) => product.prices.push((PriceOrigin::Scheduled, price, Some(from))),
                (true, None) => {
                    product.prices.push((PriceOrigin::Edited, price, None));
                    product.price_minor = price;
                }
            }
            match is_changed || was_archived {
                true => counts.changed += 1,
                false => counts.unchanged += 1,
            }
        }
        let new = rows.saturating_sub(self.products.len()).max(rows * NEW as usize / 100);
        for _ in 0..new {
            self.add(&mut file, &mut counts, rng);
        }
        (file, counts)
    }

    fn add(&mut self, file: &mut String, counts: &mut Counts, rng: &mut ChaCha8Rng) {
        self.next += 1;
        let (number, sku) = (self.next, format!("A-{:07}", self.next));
        let price_minor = rng.random_range(50..20_000);
        let product = Expected {
            name: format!("Product {number}; \"fresh\""),
            gtin: number.is_multiple_of(3).then(|| gtin(number)),
            category: category(rng),
            price_minor,
            is_weighed: number.is_multiple_of(7),
            is_archived: false,
            prices: vec![(PriceOrigin::Registered, price_minor, None)],
        };
        counts.rows += 1;
        if rng.random_range(0..100) < BROKEN {
            // Nobody knows it yet, and nobody will: its price is below zero.
            push(file, &sku, &product, "-1", false);
            counts.left_out += 1;
            return;
        }
        push(file, &sku, &product, &shown(price_minor), false);
        if rng.random_range(0..100) < BROKEN {
            // The same product once more counts once.
            push(file, &sku, &product, "1", false);
            counts.rows += 1;
            counts.left_out += 1;
        }
        counts.new += 1;
        self.products.insert(sku, product);
    }
}

fn push(file: &mut String, sku: &str, product: &Expected, price: &str, archived: bool) {
    let Expected { name, gtin, category, is_weighed, .. } = product;
    let (gtin, unit) = (gtin.as_deref().unwrap_or_default(), if *is_weighed { "kg" } else { "piece" });
    let name = name.replace('"', "\"\"");
    writeln!(file, "{sku};\"{name}\";{gtin};{category};{price};{unit};vat7;{archived}")
        .expect("a text takes everything");
}

/// `12.34`.
pub(super) fn shown(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn category(rng: &mut ChaCha8Rng) -> String {
    format!("Shelf {}", rng.random_range(1..40))
}

/// A GTIN-13 of a number, as fourteen digits.
fn gtin(number: u64) -> String {
    let digits = format!("0400{number:09}");
    // Weights 3 and 1 in turn, from the left of the thirteen digits before the check digit (GS1 General Specifications, 7.9).
    let sum: u32 =
        digits.bytes().zip([3, 1].into_iter().cycle()).map(|(digit, by)| u32::from(digit - b'0') * by).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn numbers_have_their_check_digits() {
        for number in [1, 3, 999, 123_456_789] {
            let text = gtin(number);
            assert_eq!(domain::gtin::Gtin::parse(&text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_file_says_what_is_expected_of_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut shelf = Shelf::default();
        let (file, counts) = shelf.next_file(500, None, &mut rng);
        assert_eq!(file.lines().count() as u64, counts.rows + 1);
        assert_eq!(counts.new, shelf.products.len() as u64);
        let (_, counts) = shelf.next_file(500, Some(WallMs(1)), &mut rng);
        assert!(counts.new > 0 && counts.changed > 0 && counts.retired > 0 && counts.left_out > 0);
        let later = shelf.products.values().flat_map(|product| &product.prices);
        assert!(later.filter(|(_, _, from)| from.is_some()).count() > 100);
    }
}
