//! Product families: which things that were read somewhere are one and the same product, and what is known of it.
//!
//! A raw product goes up a ladder of rungs, the surest first, until a family is found. What it says then replaces what was said
//! by sources that count no more than its own; every change is told, so that it can be written down.

use std::collections::{BTreeMap, BTreeSet};

use domain::gtin::Gtin;
use domain::time::WallMs;

use crate::naming::{cosine, likeness, name_key, number_key, size, text_vector};

/// Cosine from which two texts are of one product, where nothing speaks against it.
const VECTOR_MIN: f32 = 0.92;
/// Likeness from which two names are, where nothing speaks against it.
const NAME_MIN: f64 = 0.86;

/// What is known of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FamilyField {
    /// What it is called.
    Name,
    /// Who makes it.
    Brand,
    /// The maker's article number.
    Sku,
    /// Its GTIN, fourteen digits.
    Gtin,
    /// What kind of thing it is.
    Category,
    /// What else is said of it.
    Description,
    /// What is in a package, for example `500 g`.
    Content,
    /// How it is sold: `piece` or `kg`.
    Unit,
    /// What is in it.
    Ingredients,
    /// What one may not bear of it.
    Allergens,
    /// Where it comes from.
    Country,
    /// Where a picture of it is.
    Picture,
    /// A page about it.
    Url,
}

/// Who says something. What counts more is never replaced by what counts less.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Its name, for example `page:shop.example`.
    pub name: String,
    /// How much it counts: see [`SourceKind::priority`].
    pub priority: u32,
}

/// Kinds of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// Somebody of the organisation.
    Person,
    /// A supplier's document.
    Document,
    /// Software of the organisation, or a file that it sent.
    Import,
    /// Open Food Facts.
    OpenData,
    /// A public page of a shop.
    Page,
    /// Worked out by rules from what others said.
    Rule,
    /// Proposed by a language model.
    Model,
}

/// What a raw product says, in the form that is compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The page that it was on.
    pub url: Option<String>,
    /// Its GTIN.
    pub gtin: Option<Gtin>,
    /// What it says, field by field; empty texts are left out.
    pub fields: BTreeMap<FamilyField, String>,
}

/// A family that may be the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate<F> {
    /// Which.
    pub family: F,
    /// Pages of it.
    pub urls: BTreeSet<String>,
    /// GTINs of it: another pack of the same has another.
    pub gtins: BTreeSet<Gtin>,
    /// What is known of it.
    pub fields: BTreeMap<FamilyField, String>,
}

/// How a family was found, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// The same page.
    Url,
    /// The same GTIN.
    Gtin,
    /// The same brand and article number.
    BrandSku,
    /// Texts that say the same.
    Vector,
    /// The same name, or nearly.
    Name,
}

/// What is known, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What it says.
    pub value: String,
    /// Who said so.
    pub source: Source,
    /// When.
    pub at: WallMs,
}

/// A field that is other than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which.
    pub field: FamilyField,
    /// What was known.
    pub before: Option<Given>,
    /// What is known now.
    pub after: Given,
}

words!(FamilyField:
    Name = "name",
    Brand = "brand",
    Sku = "sku",
    Gtin = "gtin",
    Category = "category",
    Description = "description",
    Content = "content",
    Unit = "unit",
    Ingredients = "ingredients",
    Allergens = "allergens",
    Country = "country",
    Picture = "picture",
    Url = "url",
);
words!(Rung: Url = "url", Gtin = "gtin", BrandSku = "brand_sku", Vector = "vector", Name = "name");

impl SourceKind {
    /// How much it counts.
    pub fn priority(self) -> u32 {
        match self {
            Self::Person => 100,
            Self::Document => 80,
            Self::Import => 60,
            Self::OpenData => 50,
            Self::Page => 40,
            Self::Rule => 20,
            Self::Model => 10,
        }
    }
}

impl Facts {
    /// Brand and article number as one key, where both are said.
    pub fn brand_sku(&self) -> Option<String> {
        brand_sku(&self.fields)
    }

    /// The name as it is compared.
    pub fn name_key(&self) -> String {
        name_key(text(&self.fields, FamilyField::Name))
    }
}

/// The family that a raw product belongs to, and how it was found. Of several on one rung the most alike wins, and of equals the
/// first.
pub fn place<'a, F>(facts: &Facts, candidates: &'a [Candidate<F>]) -> Option<(&'a F, Rung)> {
    let surest = |rung: Rung, holds: &dyn Fn(&Candidate<F>) -> bool| {
        candidates.iter().find(|candidate| holds(candidate)).map(|candidate| (&candidate.family, rung))
    };
    surest(Rung::Url, &|candidate| {
        facts.url.as_ref().is_some_and(|url| candidate.urls.contains(url))
            && !contradicts_gtin(facts, candidate)
    })
    .or_else(|| {
        surest(Rung::Gtin, &|candidate| facts.gtin.is_some_and(|gtin| candidate.gtins.contains(&gtin)))
    })
    .or_else(|| {
        let key = facts.brand_sku()?;
        surest(Rung::BrandSku, &|candidate| {
            brand_sku(&candidate.fields).as_ref() == Some(&key) && !contradicts_gtin(facts, candidate)
        })
    })
    .or_else(|| by_likeness(facts, candidates))
}

/// The rungs where nothing is sure: whatever speaks against it rules a family out.
fn by_likeness<'a, F>(facts: &Facts, candidates: &'a [Candidate<F>]) -> Option<(&'a F, Rung)> {
    if text(&facts.fields, FamilyField::Name).is_empty() {
        return None;
    }
    let possible: Vec<_> = candidates.iter().filter(|candidate| !contradicts(facts, candidate)).collect();
    let vector = text_vector(&whole_text(&facts.fields));
    let mut best: Option<(&Candidate<F>, f32)> = None;
    for &candidate in &possible {
        let near = cosine(&vector, &text_vector(&whole_text(&candidate.fields)));
        if near >= VECTOR_MIN && best.is_none_or(|(_, before)| near > before) {
            best = Some((candidate, near));
        }
    }
    if let Some((candidate, _)) = best {
        return Some((&candidate.family, Rung::Vector));
    }
    let key = facts.name_key();
    let mut best: Option<(&Candidate<F>, f64)> = None;
    for &candidate in &possible {
        let other = name_key(text(&candidate.fields, FamilyField::Name));
        let alike = if other == key { 1.0 } else { likeness(&key, &other) };
        if !key.is_empty() && alike >= NAME_MIN && best.is_none_or(|(_, before)| alike > before) {
            best = Some((candidate, alike));
        }
    }
    best.map(|(candidate, _)| (&candidate.family, Rung::Name))
}

/// Two GTINs are two products, whatever the texts say.
fn contradicts_gtin<F>(facts: &Facts, candidate: &Candidate<F>) -> bool {
    facts.gtin.is_some_and(|gtin| !candidate.gtins.is_empty() && !candidate.gtins.contains(&gtin))
}

/// Another GTIN, brand, article number or size.
fn contradicts<F>(facts: &Facts, candidate: &Candidate<F>) -> bool {
    let differs = |field| {
        let (one, other) = (text(&facts.fields, field), text(&candidate.fields, field));
        !one.is_empty() && !other.is_empty() && number_key(one) != number_key(other)
    };
    let sizes = [&facts.fields, &candidate.fields].map(|fields| {
        size(text(fields, FamilyField::Content)).or_else(|| size(text(fields, FamilyField::Name)))
    });
    contradicts_gtin(facts, candidate)
        || differs(FamilyField::Brand)
        || (differs(FamilyField::Sku) && facts.brand_sku().is_some())
        || sizes[0] != sizes[1]
}

/// What follows from what a source says: the fields that change. A source that counts less replaces nothing; the same source
/// may correct itself.
pub fn merge(
    before: &BTreeMap<FamilyField, Given>,
    said: &BTreeMap<FamilyField, String>,
    source: &Source,
    at: WallMs,
) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for (&field, value) in said {
        let known = before.get(&field);
        let counts = known.is_none_or(|known| {
            source.priority > known.source.priority
                || (source.priority == known.source.priority && at >= known.at)
        });
        if value.is_empty()
            || !counts
            || known.is_some_and(|known| known.value == *value && known.source == *source)
        {
            continue;
        }
        let after = Given { value: value.clone(), source: source.clone(), at };
        changes.push(FieldChange { field, before: known.cloned(), after });
    }
    changes
}

fn brand_sku(fields: &BTreeMap<FamilyField, String>) -> Option<String> {
    let key = |field| Some(number_key(text(fields, field))).filter(|key| !key.is_empty());
    Some(format!("{} {}", key(FamilyField::Brand)?, key(FamilyField::Sku)?))
}

/// Everything that a text is compared by.
fn whole_text(fields: &BTreeMap<FamilyField, String>) -> String {
    let name = name_key(text(fields, FamilyField::Name));
    format!("{} {name} {}", text(fields, FamilyField::Brand), text(fields, FamilyField::Description))
}

fn text(fields: &BTreeMap<FamilyField, String>, field: FamilyField) -> &str {
    fields.get(&field).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(said: &[(FamilyField, &str)]) -> BTreeMap<FamilyField, String> {
        said.iter().map(|(field, value)| (*field, (*value).to_owned())).collect()
    }

    fn facts(gtin: &str, url: &str, said: &[(FamilyField, &str)]) -> Facts {
        Facts {
            url: Some(url.to_owned()).filter(|url| !url.is_empty()),
            gtin: Gtin::parse(gtin).ok(),
            fields: fields(said),
        }
    }

    fn candidate(family: u32, facts: &Facts) -> Candidate<u32> {
        Candidate {
            family,
            urls: facts.url.iter().cloned().collect(),
            gtins: facts.gtin.into_iter().collect(),
            fields: facts.fields.clone(),
        }
    }

    use FamilyField as F;

    #[test]
    fn climbs_the_ladder_from_the_surest_rung() {
        let cola = facts(
            "4006381333931",
            "https://a/cola",
            &[(F::Name, "Fritz-Kola 0,33l"), (F::Brand, "fritz-kola"), (F::Sku, "FK-33")],
        );
        let milk =
            facts("", "", &[(F::Name, "Frische Vollmilch 3,5% 1 L"), (F::Description, "pasteurisiert")]);
        let known = [candidate(1, &cola), candidate(2, &milk)];
        let check = |gtin, url, said: &[(F, &str)], expected: Option<(u32, Rung)>| {
            let found = place(&facts(gtin, url, said), &known).map(|(family, rung)| (*family, rung));
            assert_eq!(found, expected, "{gtin} {url} {said:?}");
        };
        check("", "https://a/cola", &[(F::Name, "anything")], Some((1, Rung::Url)));
        check("4006381333931", "https://b/x", &[(F::Name, "Cola")], Some((1, Rung::Gtin)));
        check(
            "",
            "",
            &[(F::Name, "Koffein"), (F::Brand, "Fritz Kola"), (F::Sku, "fk33")],
            Some((1, Rung::BrandSku)),
        );
        let same_words = [(F::Name, "Vollmilch frische 1000ml 3.5 %"), (F::Description, "pasteurisiert")];
        check("", "", &same_words, Some((2, Rung::Vector)));
        let other_words =
            [(F::Name, "Frische Vollmilch 3,5 % 1L"), (F::Description, "von glücklichen Kühen aus Tirol")];
        check("", "", &other_words, Some((2, Rung::Name)));
        check("", "", &[(F::Name, "Waschpulver 5 kg")], None);
        check("", "", &[], None);
    }

    #[test]
    fn another_number_brand_or_size_is_another_product() {
        let milk = facts("4006381333931", "https://a/m", &[(F::Name, "Vollmilch 1 l"), (F::Brand, "Alm")]);
        let known = [candidate(1, &milk)];
        for (gtin, url, name, brand) in [
            ("9501101530003", "https://a/m", "Vollmilch 1 l", "Alm"),
            ("", "", "Vollmilch 0,5 l", "Alm"),
            ("", "", "Vollmilch 1 l", "Tal"),
        ] {
            assert_eq!(
                place(&facts(gtin, url, &[(F::Name, name), (F::Brand, brand)]), &known),
                None,
                "{name}"
            );
        }
        assert!(place(&facts("", "", &[(F::Name, "Vollmilch 1 l")]), &known).is_some());
    }

    #[test]
    fn what_counts_less_replaces_nothing_and_every_change_is_told() {
        let source =
            |name: &str, kind: SourceKind| Source { name: name.to_owned(), priority: kind.priority() };
        let (page, person) = (source("page:a", SourceKind::Page), source("user:1", SourceKind::Person));
        let mut known = BTreeMap::new();
        let mut say = |source: &Source, said: &[(F, &str)], at| {
            let changes = merge(&known, &fields(said), source, WallMs(at));
            for change in &changes {
                known.insert(change.field, change.after.clone());
            }
            changes
        };
        assert_eq!(
            say(&page, &[(F::Name, "Milk"), (F::Brand, "")], 1).len(),
            1,
            "what is empty says nothing"
        );
        assert_eq!(say(&page, &[(F::Name, "Milk")], 2), []);
        let changed = say(&person, &[(F::Name, "Fresh milk")], 3);
        assert_eq!(changed[0].before.as_ref().map(|given| given.value.as_str()), Some("Milk"));
        assert_eq!(say(&page, &[(F::Name, "MILK!!")], 4), []);
        assert_eq!(say(&person, &[(F::Name, "Old milk")], 2), [], "what was said earlier comes too late");
        assert_eq!(say(&person, &[(F::Name, "Whole milk")], 5).len(), 1);
    }
}
