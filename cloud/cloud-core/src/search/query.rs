//! What a query means, and what it finds.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::Match;
use super::fuzzy::{mistakes_allowed, near};
use super::index::{EntryKind, Index, Slot, is_spelt};
use super::words::{folded_words, number_key, other_layout, sound, words};

/// Words of a query that count; those behind are left out.
const QUERY_WORDS_MAX: usize = 12;
/// Where a query finds fewer, words with a mistake count too.
const FEW: usize = 20;
/// The shortest sound that counts: every hissing sounds alike.
const SOUND_MIN: usize = 2;
/// The shortest beginning of one.
const SOUND_BEGINNING_MIN: usize = 3;
/// Categories that are counted.
const CATEGORIES_MAX: usize = 50;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    /// What was typed; nothing finds everything.
    pub text: &'a str,
    /// Kinds of things; none is all of them.
    pub kinds: &'a [EntryKind],
    /// Things of this category alone.
    pub category: Option<&'a str>,
    /// Archived ones alone, or others alone; `None` is both.
    pub archived: Option<bool>,
    /// The stores that the asker sees; `None` is all. What is of another store is not found.
    pub stores: Option<&'a [String]>,
    /// The last word may go on: somebody is typing.
    pub typing: bool,
    /// How many of the first ones are passed over.
    pub offset: usize,
    /// How many are wanted.
    pub limit: usize,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// What it is.
    pub kind: EntryKind,
    /// Which.
    pub id: String,
    /// How the worst of the query's words matches.
    pub matched: Match,
    /// Words of the query that it does not have.
    pub missing: u32,
    /// What its words count; comparable within one answer.
    pub score: f32,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// How many there are in all.
    pub total: usize,
    /// Those that were wanted, the best first.
    pub hits: Vec<Hit>,
    /// How many there are of each category, the most first; the query's own category is not looked at for this.
    pub categories: Vec<(String, usize)>,
    /// Folded words by which something may have been found.
    pub words: BTreeSet<String>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// It.
    pub text: String,
    /// Whether it was asked for.
    pub is_hit: bool,
}

/// A text in pieces: those words that were asked for, and what stands between them.
pub fn highlight(text: &str, asked: &BTreeSet<String>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |part: &str, is_hit: bool| {
        if !part.is_empty() {
            pieces.push(Piece { text: part.to_owned(), is_hit });
        }
    };
    let mut done = 0;
    for word in words(text).iter().filter(|word| asked.contains(&word.folded)) {
        add(&text[done..word.start], false);
        add(&text[word.start..word.end], true);
        done = word.end;
    }
    add(&text[done..], false);
    pieces
}

/// One word of a query, with everything that it may have been meant as: each is a row of words that have to be there together.
struct Asked {
    readings: Vec<Reading>,
    may_go_on: bool,
}

struct Reading {
    words: Vec<String>,
    /// It was not typed like this.
    is_guess: bool,
}

/// How an entry matches so far.
#[derive(Debug, Clone, Copy)]
struct Found {
    slot: u32,
    matched: Match,
    score: f32,
    missing: u32,
}

impl Index {
    /// Finds things. The same index gives the same answer for the same query.
    pub fn search(&self, query: &Query<'_>) -> Answer {
        let asked = read(query);
        if asked.is_empty() {
            let everything = self.by_key.values().map(|slot| Found {
                slot: *slot,
                matched: Match::Same,
                score: 0.0,
                missing: 0,
            });
            let everything = self.wanted(query, everything.collect());
            return self.answer(query, everything, BTreeSet::new());
        }
        let mut terms = BTreeSet::new();
        let mut found = self.wanted(query, self.all_of(&asked, false, &mut terms));
        if found.len() < FEW {
            found = self.wanted(query, self.all_of(&asked, true, &mut terms));
        }
        if found.is_empty() && asked.len() > 1 {
            found = self.wanted(query, self.most_of(&asked, &mut terms));
        }
        found.sort_by(|a, b| self.order(a, b));
        let words = terms.iter().map(|term| self.terms[*term as usize].word.clone()).collect();
        self.answer(query, found, words)
    }

    /// Entries that have all the words.
    fn all_of(&self, asked: &[Asked], mistakes: bool, terms: &mut BTreeSet<u32>) -> Vec<Found> {
        let mut found: Option<Vec<Found>> = None;
        for word in asked {
            let these = self.having(word, mistakes, terms);
            found = Some(match found {
                None => these,
                Some(known) => both(&known, &these),
            });
            if found.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
        }
        found.unwrap_or_default()
    }

    /// Entries that have at least half of the words.
    fn most_of(&self, asked: &[Asked], terms: &mut BTreeSet<u32>) -> Vec<Found> {
        let mut found: BTreeMap<u32, (usize, Found)> = BTreeMap::new();
        for word in asked {
            for this in self.having(word, true, terms) {
                let (count, known) = found.entry(this.slot).or_insert((0, Found { score: 0.0, ..this }));
                *count += 1;
                known.score += this.score;
                known.matched = known.matched.max(this.matched);
            }
        }
        let enough = asked.len().div_ceil(2);
        let missing = |count: usize| u32::try_from(asked.len() - count).unwrap_or(u32::MAX);
        let kept = found.into_values().filter(|(count, _)| *count >= enough);
        kept.map(|(count, found)| Found { missing: missing(count), ..found }).collect()
    }

    /// Entries that have a word in one of its readings, in order.
    fn having(&self, asked: &Asked, mistakes: bool, terms: &mut BTreeSet<u32>) -> Vec<Found> {
        let mut all: Vec<Found> = Vec::new();
        for reading in &asked.readings {
            let mut these: Option<Vec<Found>> = None;
            for (place, word) in reading.words.iter().enumerate() {
                let may_go_on = asked.may_go_on && place + 1 == reading.words.len();
                let meant = self.meanings(word, may_go_on, mistakes);
                terms.extend(meant.keys());
                let have = self.gather(&meant, reading.is_guess);
                these = Some(match these {
                    None => have,
                    Some(known) => both(&known, &have),
                });
            }
            all.extend(these.unwrap_or_default());
        }
        best_of_each(all)
    }

    /// Words that a word may stand for, each with how well it does.
    fn meanings(&self, word: &str, may_go_on: bool, mistakes: bool) -> BTreeMap<u32, (Match, f32)> {
        let mut found: BTreeMap<u32, (Match, f32)> = BTreeMap::new();
        let mut add = |term: u32, matched: Match, weight: f32| {
            let known = found.entry(term).or_insert((matched, weight));
            if (matched, -weight) < (known.0, -known.1) {
                *known = (matched, weight);
            }
        };
        if let Some(term) = self.words.get(word) {
            add(*term, Match::Same, 1.0);
        }
        if may_go_on {
            let share = |longer: &str| word.len() as f32 / longer.len() as f32;
            for (longer, term) in beginning_with(&self.words, word) {
                add(*term, Match::Begins, 0.7 * share(longer));
            }
        }
        if is_spelt(word) {
            for stem in self.stemmers.of(word) {
                for term in self.stems.get(&stem).into_iter().flatten() {
                    add(*term, Match::Same, 0.9);
                }
            }
            let sound = sound(word);
            let alike = self.sounds.get(&sound).filter(|_| sound.len() >= SOUND_MIN);
            for term in alike.into_iter().flatten() {
                add(*term, Match::Alike, 0.8);
            }
            if may_go_on && sound.len() >= SOUND_BEGINNING_MIN {
                for (_, terms) in beginning_with(&self.sounds, &sound) {
                    terms.iter().for_each(|term| add(*term, Match::Begins, 0.3));
                }
            }
            if mistakes {
                let most = mistakes_allowed(word.chars().count());
                for near in near(&self.words, word, most, may_go_on && most > 0) {
                    let weight = 0.6 / f32::from(1 + near.mistakes) * if near.goes_on { 0.5 } else { 1.0 };
                    add(*near.value, Match::Near, weight);
                }
                if most > 0 {
                    for near in near(&self.sounds, &sound, 1, false) {
                        near.value.iter().for_each(|term| add(*term, Match::Near, 0.25));
                    }
                }
            }
        }
        found.retain(|term, _| !self.terms[*term as usize].postings.is_empty());
        found
    }

    /// Entries that have one of these words, in order.
    fn gather(&self, meant: &BTreeMap<u32, (Match, f32)>, is_guess: bool) -> Vec<Found> {
        let entries = self.by_key.len() as f32;
        let mut all = Vec::new();
        for (term, (matched, weight)) in meant {
            let postings = &self.terms[*term as usize].postings;
            let rarity = (1.0 + entries / postings.len() as f32).ln();
            let (matched, weight) =
                if is_guess { ((*matched).max(Match::Alike), weight * 0.8) } else { (*matched, *weight) };
            all.extend(postings.iter().map(|posting| Found {
                slot: posting.slot,
                matched,
                score: weight * posting.fields.weight() * rarity,
                missing: 0,
            }));
        }
        best_of_each(all)
    }

    /// Those of the kinds, and archived or not, as is asked for.
    fn wanted(&self, query: &Query<'_>, mut found: Vec<Found>) -> Vec<Found> {
        found.retain(|found| {
            self.slot(found).is_some_and(|slot| {
                (query.kinds.is_empty() || query.kinds.contains(&slot.kind))
                    && query.archived.is_none_or(|archived| archived == slot.archived)
                    && sees(query.stores, slot)
            })
        });
        found
    }

    fn answer(&self, query: &Query<'_>, mut found: Vec<Found>, words: BTreeSet<String>) -> Answer {
        let mut counts = vec![0_usize; self.categories.len()];
        for slot in found.iter().filter_map(|found| self.slot(found)) {
            if let Some(category) = slot.category {
                counts[category as usize] += 1;
            }
        }
        if let Some(name) = query.category {
            let category = self.category_number(name);
            found.retain(|found| {
                self.slot(found).is_some_and(|slot| slot.category.is_some() && slot.category == category)
            });
        }
        let named = self.categories.iter().cloned().zip(counts).filter(|(_, count)| *count > 0);
        let mut categories: Vec<(String, usize)> = named.collect();
        categories.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        categories.truncate(CATEGORIES_MAX);
        let hits = found.iter().skip(query.offset).take(query.limit);
        let hit = |found: &Found| {
            let slot = self.slot(found)?;
            let Found { matched, missing, score, .. } = *found;
            Some(Hit { kind: slot.kind, id: slot.id.clone(), matched, missing, score })
        };
        Answer { total: found.len(), hits: hits.filter_map(hit).collect(), categories, words }
    }

    fn order(&self, a: &Found, b: &Found) -> Ordering {
        let by_match = (a.missing, a.matched).cmp(&(b.missing, b.matched));
        by_match.then_with(|| b.score.total_cmp(&a.score)).then_with(|| {
            let key = |found: &Found| self.slot(found).map(|slot| (slot.name_words, slot.kind, &slot.id));
            key(a).cmp(&key(b))
        })
    }

    fn slot(&self, found: &Found) -> Option<&Slot> {
        self.slots[found.slot as usize].as_ref()
    }
}

/// What was typed, as words with their readings.
fn read(query: &Query<'_>) -> Vec<Asked> {
    let text = query.text.trim();
    let is_number = text.chars().any(|letter| letter.is_ascii_digit())
        && text.chars().all(|letter| letter.is_ascii_digit() || letter == ' ' || letter == '-');
    let chunks: Vec<&str> =
        if is_number { vec![text] } else { text.split_whitespace().take(QUERY_WORDS_MAX).collect() };
    let last = chunks.len().saturating_sub(1);
    let mut asked = Vec::new();
    for (place, chunk) in chunks.into_iter().enumerate() {
        let typed = folded_words(chunk);
        let mut readings: Vec<Reading> = Vec::new();
        let mut add = |words: Vec<String>, is_guess: bool| {
            if !words.is_empty() && readings.iter().all(|known| known.words != words) {
                readings.push(Reading { words, is_guess });
            }
        };
        add(typed, false);
        let number = number_key(chunk);
        if !number.is_empty() {
            add(vec![number], false);
        }
        if let Some(other) = other_layout(chunk) {
            add(folded_words(&other), true);
        }
        if !readings.is_empty() {
            asked.push(Asked { readings, may_go_on: query.typing && place == last });
        }
    }
    asked
}

/// What the map has for keys that begin like this, the key itself left out.
fn beginning_with<'a, T>(
    map: &'a BTreeMap<String, T>,
    beginning: &'a str,
) -> impl Iterator<Item = (&'a str, &'a T)> {
    let behind = map.range::<str, _>((Bound::Excluded(beginning), Bound::Unbounded));
    behind.take_while(move |(key, _)| key.starts_with(beginning)).map(|(key, value)| (key.as_str(), value))
}

fn sees(stores: Option<&[String]>, slot: &Slot) -> bool {
    slot.store.as_ref().is_none_or(|store| stores.is_none_or(|stores| stores.contains(store)))
}

/// Of each entry the best match, in order of entry.
fn best_of_each(mut all: Vec<Found>) -> Vec<Found> {
    all.sort_by(|a, b| {
        let by_match = (a.slot, a.matched).cmp(&(b.slot, b.matched));
        by_match.then_with(|| b.score.total_cmp(&a.score))
    });
    all.dedup_by_key(|found| found.slot);
    all
}

/// Entries that both lists have; both are in order.
fn both(one: &[Found], other: &[Found]) -> Vec<Found> {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut found = Vec::new();
    while let (Some(a), Some(b)) = (one.peek(), other.peek()) {
        match a.slot.cmp(&b.slot) {
            Ordering::Less => drop(one.next()),
            Ordering::Greater => drop(other.next()),
            Ordering::Equal => {
                found.push(Found { matched: a.matched.max(b.matched), score: a.score + b.score, ..**a });
                one.next();
                other.next();
            }
        }
    }
    found
}
