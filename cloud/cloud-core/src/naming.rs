//! Names of goods and firms in a form that can be compared: small letters, plain words, sizes in one unit.

use std::collections::BTreeMap;

/// How many numbers stand for a text that is compared as a vector.
pub const TEXT_VECTOR_LEN: usize = 256;
/// Words that are kept of a text: nobody's product name has more.
const WORDS_MAX: usize = 64;
/// Legal forms that a firm writes or leaves out as it likes.
const LEGAL_FORMS: [&str; 26] = [
    "ag", "ao", "bv", "co", "corp", "eg", "gmbh", "inc", "kg", "kgaa", "limited", "llc", "ltd", "mbh", "nv",
    "ohg", "ooo", "plc", "sa", "sarl", "spa", "srl", "ао", "ип", "ооо", "пао",
];
/// Unit words, what they are of, and how many of the smallest unit one is.
const UNITS: [(&str, Dimension, u64); 22] = [
    ("mg", Dimension::Milligrams, 1),
    ("мг", Dimension::Milligrams, 1),
    ("g", Dimension::Milligrams, 1_000),
    ("gr", Dimension::Milligrams, 1_000),
    ("г", Dimension::Milligrams, 1_000),
    ("гр", Dimension::Milligrams, 1_000),
    ("kg", Dimension::Milligrams, 1_000_000),
    ("кг", Dimension::Milligrams, 1_000_000),
    ("ml", Dimension::Microlitres, 1_000),
    ("мл", Dimension::Microlitres, 1_000),
    ("cl", Dimension::Microlitres, 10_000),
    ("dl", Dimension::Microlitres, 100_000),
    ("l", Dimension::Microlitres, 1_000_000),
    ("л", Dimension::Microlitres, 1_000_000),
    ("ltr", Dimension::Microlitres, 1_000_000),
    ("liter", Dimension::Microlitres, 1_000_000),
    ("pcs", Dimension::Pieces, 1),
    ("pc", Dimension::Pieces, 1),
    ("stk", Dimension::Pieces, 1),
    ("st", Dimension::Pieces, 1),
    ("шт", Dimension::Pieces, 1),
    ("stück", Dimension::Pieces, 1),
];

/// What a size is a size of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Weight.
    Milligrams,
    /// Volume.
    Microlitres,
    /// A count.
    Pieces,
}

/// What is in a package, as its name says: 6 x 1.5 l.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// How many of them are together.
    pub count: u32,
    /// How much each is.
    pub each: u64,
    /// Of what.
    pub of: Dimension,
}

impl Size {
    /// The size in the one way that families have it: `6 x 1500 ml`; nothing for parts of a gram or a millilitre.
    pub fn written(self) -> Option<String> {
        let (scale, unit) = match self.of {
            Dimension::Milligrams => (1_000, "g"),
            Dimension::Microlitres => (1_000, "ml"),
            Dimension::Pieces => (1, "pcs"),
        };
        if !self.each.is_multiple_of(scale) {
            return None;
        }
        let each = format!("{} {unit}", self.each / scale);
        Some(if self.count > 1 { format!("{} x {each}", self.count) } else { each })
    }
}

/// The words of a name in small letters and without signs; `ё` is `е`, and a decimal comma is a point.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let letters = without_blanks_in_products(text);
    for (index, &letter) in letters.iter().enumerate() {
        let between_digits = index > 0
            && letters[index - 1].is_ascii_digit()
            && letters.get(index + 1).is_some_and(char::is_ascii_digit);
        let kept = match letter {
            'ё' => Some('е'),
            '×' if between_digits => Some('x'),
            ',' | '.' if between_digits => Some('.'),
            letter if letter.is_alphanumeric() => Some(letter),
            _ => None,
        };
        match kept {
            Some(letter) => word.push(letter),
            None if word.is_empty() => {}
            None => words.push(std::mem::take(&mut word)),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words.truncate(WORDS_MAX);
    words
}

/// Small letters, with `6 x 33`, whatever the sign (the Cyrillic letter looks the same), drawn together to `6×33`.
fn without_blanks_in_products(text: &str) -> Vec<char> {
    let letters: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let mut kept: Vec<char> = Vec::with_capacity(letters.len());
    let mut index = 0;
    while let Some(&letter) = letters.get(index) {
        let sign = letters[index..].iter().position(|letter| *letter != ' ').map(|blanks| index + blanks);
        let number = sign.filter(|&sign| ['×', '*', 'x', 'х'].contains(&letters[sign])).and_then(|sign| {
            let blanks = letters[sign + 1..].iter().position(|letter| *letter != ' ')?;
            Some(sign + 1 + blanks).filter(|&number| letters[number].is_ascii_digit())
        });
        match number {
            Some(number) if kept.last().is_some_and(char::is_ascii_digit) => {
                kept.push('×');
                index = number;
            }
            _ => {
                kept.push(letter);
                index += 1;
            }
        }
    }
    kept
}

/// The words of a product's name without its size, in order of the alphabet: the same product is the same key.
pub fn name_key(name: &str) -> String {
    let mut words = without_size(&words(name)).0;
    words.sort();
    words.dedup();
    words.join(" ")
}

/// A firm's name as it is looked up by: without its legal form and signs.
pub fn firm_key(name: &str) -> String {
    let all = words(name);
    let mut plain: Vec<&str> =
        all.iter().map(String::as_str).filter(|word| !LEGAL_FORMS.contains(word)).collect();
    if plain.is_empty() {
        plain = all.iter().map(String::as_str).collect();
    }
    plain.join(" ")
}

/// A number of a tax office, an account or an article as it is looked up by: letters and digits in capitals.
pub fn number_key(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// The size that a name says, if it says one.
pub fn size(name: &str) -> Option<Size> {
    without_size(&words(name)).1
}

/// The words that are no size, and the first size.
fn without_size(words: &[String]) -> (Vec<String>, Option<Size>) {
    let (mut left, mut found) = (Vec::new(), None);
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let next = words.get(index + 1).map(String::as_str);
        // `1.5l`, or `1.5 l` in two words.
        let joined = next.filter(|next| unit(next).is_some()).map(|next| format!("{word}{next}"));
        if let Some(size) = read_size(word) {
            found = found.or(Some(size));
            index += 1;
        } else if let Some(size) = joined.as_deref().and_then(read_size) {
            found = found.or(Some(size));
            index += 2;
        } else {
            left.push(word.clone());
            index += 1;
        }
    }
    (left, found)
}

/// Reads `1.5l` and `6x1.5l`.
fn read_size(word: &str) -> Option<Size> {
    let at = word.find(|letter: char| !letter.is_ascii_digit() && !['.', 'x'].contains(&letter))?;
    let (numbers, unit_word) = word.split_at(at);
    let (of, scale) = unit(unit_word)?;
    let (count, each) = match numbers.split_once('x') {
        Some((count, each)) => (count.parse().ok().filter(|count| *count > 0)?, each),
        None => (1, numbers),
    };
    let (whole, part) = each.split_once('.').unwrap_or((each, ""));
    if whole.len() > 9 || part.len() > 6 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part_scale = 10_u64.pow(u32::try_from(part.len()).ok()?);
    let part: u64 = if part.is_empty() { 0 } else { part.parse().ok()? };
    let each = whole.checked_mul(scale)? + part * scale / part_scale;
    (each > 0).then_some(Size { count, each, of })
}

fn unit(word: &str) -> Option<(Dimension, u64)> {
    UNITS.iter().find(|(name, ..)| *name == word).map(|(_, of, scale)| (*of, *scale))
}

/// How alike two names are by their letters, 0 to 1: Dice's measure over runs of three letters.
pub fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (runs(one), runs(other));
    let total: u32 = one.values().sum::<u32>() + other.values().sum::<u32>();
    if total == 0 {
        return 0.0;
    }
    let both: u32 = one.iter().map(|(run, count)| *count.min(other.get(run).unwrap_or(&0))).sum();
    f64::from(2 * both) / f64::from(total)
}

/// A text as a vector of length 1: each run of three letters adds to the place that its hash names. Texts that say nearly the
/// same in another order have nearly the same direction.
pub fn text_vector(text: &str) -> [f32; TEXT_VECTOR_LEN] {
    let mut vector = [0.0_f32; TEXT_VECTOR_LEN];
    for (run, count) in runs(text) {
        // FNV-1a: the same on every machine and in every version.
        let hash = run
            .iter()
            .flat_map(|letter| u32::from(*letter).to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let place = usize::try_from(hash % TEXT_VECTOR_LEN as u64).unwrap_or(0);
        // The sign keeps runs that fall on one place from adding up.
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        vector[place] += sign * (1.0 + (count as f32).ln());
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}

/// Cosine of the angle between two vectors of length 1.
pub fn cosine(one: &[f32; TEXT_VECTOR_LEN], other: &[f32; TEXT_VECTOR_LEN]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Runs of three letters of each word, with a blank before and behind it.
fn runs(text: &str) -> BTreeMap<[char; 3], u32> {
    let mut runs = BTreeMap::new();
    for word in words(text) {
        let letters: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
        for run in letters.windows(3) {
            *runs.entry([run[0], run[1], run[2]]).or_default() += 1;
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes_however_they_are_written() {
        let litre = |count, each| Some(Size { count, each, of: Dimension::Microlitres });
        for (name, expected) in [
            ("Wasser still 6x1,5L", litre(6, 1_500_000)),
            ("Вода 6х1.5 л", litre(6, 1_500_000)),
            ("Water 1500ml", litre(1, 1_500_000)),
            ("Limo 6 × 33 cl", litre(6, 330_000)),
            ("Butter 250 g", Some(Size { count: 1, each: 250_000, of: Dimension::Milligrams })),
            ("Эклеры 4 шт", Some(Size { count: 1, each: 4, of: Dimension::Pieces })),
            ("7up", None),
            ("Gin 0 l", None),
        ] {
            assert_eq!(size(name), expected, "{name}");
        }
    }

    #[test]
    fn the_same_product_has_the_same_key() {
        assert_eq!(name_key("Milch, frisch 3,5% 1L"), name_key("frisch MILCH 1 l 3.5 %"));
        assert_eq!(name_key("Мёд цветочный 500 г"), "мед цветочный");
        assert_eq!(firm_key("Müller & Söhne GmbH & Co. KG"), "müller söhne");
        assert_eq!(firm_key("ООО «Ромашка»"), firm_key("Ромашка"));
        assert_eq!(firm_key("AG"), "ag");
        assert_eq!(number_key("de 123.456-789"), "DE123456789");
    }

    #[test]
    fn alike_texts_are_near_and_others_far() {
        assert!(likeness("Apfelsaft naturtrüb", "Apfelsaft naturtrueb") > 0.75);
        assert!(likeness("Apfelsaft", "Waschmittel") < 0.1);
        assert!(likeness("", "") < 0.1);
        let near = cosine(&text_vector("fresh whole milk"), &text_vector("whole milk, fresh"));
        let far = cosine(&text_vector("fresh whole milk"), &text_vector("washing powder"));
        assert!(near > 0.99 && far < 0.4, "{near} {far}");
    }
}
