//! Names: the same thing twice, letters of two alphabets in a word, letters that nobody sees, packs that contradict each other.

use std::collections::BTreeMap;

use super::{Code, Finding, Item, repeated};
use crate::matching::{Name, Pack, name_key};
use crate::naming::likeness;

/// Latin letters with the Cyrillic ones that look the same.
const LOOKALIKES: [(char, char); 30] = [
    ('A', 'А'),
    ('B', 'В'),
    ('C', 'С'),
    ('E', 'Е'),
    ('H', 'Н'),
    ('K', 'К'),
    ('M', 'М'),
    ('O', 'О'),
    ('P', 'Р'),
    ('T', 'Т'),
    ('X', 'Х'),
    ('Y', 'У'),
    ('a', 'а'),
    ('c', 'с'),
    ('e', 'е'),
    ('o', 'о'),
    ('p', 'р'),
    ('x', 'х'),
    ('y', 'у'),
    ('k', 'к'),
    ('i', 'і'),
    ('I', 'І'),
    ('j', 'ј'),
    ('J', 'Ј'),
    ('s', 'ѕ'),
    ('S', 'Ѕ'),
    ('m', 'м'),
    ('t', 'т'),
    ('h', 'н'),
    ('b', 'в'),
];
/// Categories that a catalogue must have before one can be alone in it.
const CATEGORIES_LEAST: usize = 3;
/// How alike two categories' names are before one is taken for a slip of the other.
const CATEGORY_LIKENESS: f64 = 0.6;
/// Categories with one product that are compared with all others.
const LONELY_MAX: usize = 500;

pub(super) fn check(items: &[Item], found: &mut Vec<Finding>) {
    for (index, item) in items.iter().enumerate() {
        for (language, name) in &item.names {
            check_letters(index, language, name, found);
        }
        check_packs(index, item, found);
    }
    check_twins(items, found);
    check_categories(items, found);
}

fn check_letters(index: usize, language: &str, name: &str, found: &mut Vec<Finding>) {
    let field = format!("name:{language}");
    let clean = seen(name);
    if clean != name {
        let finding = Finding::new(Code::InvisibleCharacters, index, escaped(name));
        found.push(if clean.is_empty() { finding } else { finding.fixed(&field, &clean) });
    }
    if let Some(right) = unmixed(&clean) {
        found.push(Finding::new(Code::MixedAlphabet, index, name).fixed(field, right));
    }
}

/// A product is there twice where a name and all that is said of the pack are the same, and it is sold the same way.
fn check_twins(items: &[Item], found: &mut Vec<Finding>) {
    let keys = items.iter().map(|item| {
        let (_, name) = item.names.first()?;
        let per = item.price.as_ref().map(|price| price.per);
        Some((name_key(name), per)).filter(|(key, _)| !key.is_empty())
    });
    repeated(keys, |item, first| {
        let name =
            |index: usize| items[index].names.first().map(|(_, name)| name.clone()).unwrap_or_default();
        found.push(Finding::new(Code::SameProduct, item, name(item)).like(first).against(name(first)));
    });
}

fn check_packs(index: usize, item: &Item, found: &mut Vec<Finding>) {
    let texts = item.names.iter().map(|(_, name)| name).chain(&item.content);
    let mut first: Option<(&String, Pack)> = None;
    for text in texts {
        let pack = Name::read(text).pack;
        if pack.content.is_none() {
            continue;
        }
        match first {
            None => first = Some((text, pack)),
            Some((other, before)) if before.content != pack.content => {
                let finding = Finding::new(Code::PackContradiction, index, text.clone());
                return found.push(finding.against(other.clone()));
            }
            Some(_) => {}
        }
    }
}

fn check_categories(items: &[Item], found: &mut Vec<Finding>) {
    let mut used: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        if let Some(category) = &item.category {
            used.entry(category).or_insert((0, index)).0 += 1;
        }
    }
    if used.len() < CATEGORIES_LEAST {
        return;
    }
    let shared: Vec<&str> = used.iter().filter(|(_, (count, _))| *count > 1).map(|(name, _)| *name).collect();
    let lonely = used.iter().filter(|(_, (count, _))| *count == 1).take(LONELY_MAX);
    for (name, (_, index)) in lonely {
        let small = name.to_lowercase();
        let alike = shared.iter().map(|other| (likeness(&small, &other.to_lowercase()), *other));
        let nearest = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
        if let Some((_, other)) = nearest.filter(|(alike, _)| *alike >= CATEGORY_LIKENESS) {
            let finding = Finding::new(Code::LonelyCategory, *index, *name).against(other);
            found.push(finding.fixed("category", other));
        }
    }
}

/// A text without what nobody sees: no blanks around it, one between words, no zero-width letters but those that join pictures.
pub fn seen(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (index, &letter) in letters.iter().enumerate() {
        let joins_pictures = letter == '\u{200d}'
            && index > 0
            && letters.get(index + 1).is_some_and(|next| !next.is_alphanumeric() && !next.is_whitespace())
            && !letters[index - 1].is_alphanumeric();
        match letter {
            _ if joins_pictures => out.push(letter),
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{feff}' => {}
            _ if letter.is_whitespace() || letter.is_control() => {
                // A blank that does not break stays: it is typography.
                let kept = if matches!(letter, '\u{a0}' | '\u{202f}') { letter } else { ' ' };
                if !out.ends_with(char::is_whitespace) {
                    out.push(kept);
                }
            }
            _ => out.push(letter),
        }
    }
    out.trim().to_owned()
}

/// The text with each word in one alphabet, where words have letters of the other that look the same; nothing where none has, or
/// where a letter has no lookalike: then the word is meant as it is.
pub fn unmixed(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match in_one_alphabet(word) {
            Some(right) => {
                out.push_str(&right);
                changed = true;
            }
            None => out.push_str(word),
        }
        let between = after.find(char::is_alphabetic).unwrap_or(after.len());
        out.push_str(&after[..between]);
        rest = &after[between..];
    }
    changed.then_some(out)
}

fn in_one_alphabet(word: &str) -> Option<String> {
    let is_latin = |letter: char| letter.is_ascii_alphabetic();
    let is_cyrillic = |letter: char| ('\u{400}'..='\u{4ff}').contains(&letter);
    let latin = word.chars().filter(|letter| is_latin(*letter)).count();
    let cyrillic = word.chars().filter(|letter| is_cyrillic(*letter)).count();
    if latin == 0 || cyrillic == 0 {
        return None;
    }
    let to_cyrillic =
        |letter: char| LOOKALIKES.iter().find(|(one, _)| *one == letter).map(|(_, other)| *other);
    let to_latin = |letter: char| LOOKALIKES.iter().find(|(_, other)| *other == letter).map(|(one, _)| *one);
    let into = |to: &dyn Fn(char) -> Option<char>, of: &dyn Fn(char) -> bool| -> Option<String> {
        word.chars().map(|letter| if of(letter) { to(letter) } else { Some(letter) }).collect()
    };
    let as_cyrillic = || into(&to_cyrillic, &is_latin);
    let as_latin = || into(&to_latin, &is_cyrillic);
    // The letters that are fewer are the strangers; where there are as many, those that can be replaced.
    if latin <= cyrillic { as_cyrillic().or_else(as_latin) } else { as_latin().or_else(as_cyrillic) }
}

/// A text in which what nobody sees is written out.
fn escaped(text: &str) -> String {
    let shown = |letter: char| match letter {
        ' ' => " ".to_owned(),
        _ if letter.is_whitespace() || letter.is_control() || seen(&letter.to_string()).is_empty() => {
            format!("[U+{:04X}]", u32::from(letter))
        }
        _ => letter.to_string(),
    };
    let out: String = text.chars().map(shown).collect();
    format!("«{out}»")
}
