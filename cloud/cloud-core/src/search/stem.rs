//! Word stems of Russian, English and German (Snowball).

use rust_stemmers::{Algorithm, Stemmer};

use super::words::is_cyrillic;

/// Shorter words have no endings worth cutting off.
const LEAST_LETTERS: usize = 3;

/// The three stemmers.
pub(super) struct Stems {
    russian: Stemmer,
    english: Stemmer,
    german: Stemmer,
}

impl Default for Stems {
    fn default() -> Self {
        Self {
            russian: Stemmer::create(Algorithm::Russian),
            english: Stemmer::create(Algorithm::English),
            german: Stemmer::create(Algorithm::German),
        }
    }
}

impl Stems {
    /// The stems of a folded word, each with the language that it was cut by. What is written in Latin letters may be either of
    /// two languages, so it has two.
    pub(super) fn of(&self, folded: &str) -> Vec<String> {
        if folded.chars().count() < LEAST_LETTERS || folded.starts_with(|first: char| first.is_numeric()) {
            return Vec::new();
        }
        if folded.chars().any(is_cyrillic) {
            return vec![format!("r{}", self.russian.stem(folded))];
        }
        // The stemmer leaves the `n` of `Kartoffeln` and `Nudeln`.
        let plural = |rest: &&str| rest.ends_with("el") || rest.ends_with("er");
        let german = folded.strip_suffix('n').filter(plural).unwrap_or(folded);
        vec![format!("e{}", self.english.stem(folded)), format!("d{}", self.german.stem(german))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_a_stem_in_common() {
        let stems = Stems::default();
        let shared = |one: &str, other: &str| {
            let ones = stems.of(one);
            stems.of(other).iter().any(|stem| ones.contains(stem))
        };
        for (one, other) in [
            ("яблоко", "яблоки"),
            ("молочный", "молочного"),
            ("apples", "apple"),
            ("berries", "berry"),
            ("birnen", "birne"),
            ("kartoffeln", "kartoffel"),
        ] {
            assert!(shared(one, other), "{one} {other}");
        }
        assert!(!shared("молоко", "мороженое"));
        assert_eq!(stems.of("2.5"), [""; 0]);
    }
}
