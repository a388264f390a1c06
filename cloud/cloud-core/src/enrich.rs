//! What a product's own name, ingredients and description say of it, by rules: its content, how it is sold, its category and the
//! allergens that it names.
//!
//! A rule says only what it read, with how sure that is; nothing is guessed from what is usual. Allergens are the fourteen groups of
//! Regulation (EU) No 1169/2011, Annex II, by words of Russian, English and German; `free from` and its like count against them. What
//! is not named is not said to be absent.

use std::collections::{BTreeMap, BTreeSet};

use crate::families::FamilyField;
use crate::naming::{Size, size};
use crate::search::folded_words;

/// A value that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Of which field.
    pub field: FamilyField,
    /// The value.
    pub value: String,
    /// How likely it is right, 0 to 1.
    pub confidence: f32,
}

/// A group of allergens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Allergen {
    /// Cereals containing gluten.
    Gluten,
    /// Crustaceans.
    Crustaceans,
    /// Eggs.
    Eggs,
    /// Fish.
    Fish,
    /// Peanuts.
    Peanuts,
    /// Soybeans.
    Soy,
    /// Milk, lactose included.
    Milk,
    /// Nuts that grow on trees.
    Nuts,
    /// Celery.
    Celery,
    /// Mustard.
    Mustard,
    /// Sesame.
    Sesame,
    /// Sulphur dioxide and sulphites.
    Sulphites,
    /// Lupin.
    Lupin,
    /// Molluscs.
    Molluscs,
}

words!(Allergen:
    Gluten = "gluten", Crustaceans = "crustaceans", Eggs = "eggs", Fish = "fish", Peanuts = "peanuts", Soy = "soy",
    Milk = "milk", Nuts = "nuts", Celery = "celery", Mustard = "mustard", Sesame = "sesame", Sulphites = "sulphites",
    Lupin = "lupin", Molluscs = "molluscs",
);

/// Where a category's word stands, and what it is called then. Categories of the shop itself come first.
const CATEGORIES: &[(&str, &[&str])] = &[
    (
        "Dairy",
        &[
            "milk",
            "milch",
            "молок",
            "kefir",
            "кефир",
            "yoghurt",
            "yogurt",
            "joghurt",
            "йогурт",
            "cheese",
            "kase",
            "сыр",
            "quark",
            "творог",
            "сметан",
        ],
    ),
    ("Bread", &["bread", "brot", "хлеб", "батон", "brotchen", "toast"]),
    (
        "Fruit",
        &[
            "apple",
            "apfel",
            "яблок",
            "banana",
            "banane",
            "банан",
            "orange",
            "апельсин",
            "pear",
            "birne",
            "груш",
        ],
    ),
    (
        "Vegetables",
        &[
            "potato",
            "kartoffel",
            "картоф",
            "tomato",
            "tomate",
            "томат",
            "помидор",
            "onion",
            "zwiebel",
            "carrot",
            "морков",
        ],
    ),
    (
        "Sweets",
        &[
            "chocolate",
            "schokolade",
            "шоколад",
            "candy",
            "bonbon",
            "конфет",
            "biscuit",
            "cookie",
            "keks",
            "печень",
        ],
    ),
    (
        "Drinks",
        &["water", "wasser", "вода", "juice", "saft", "lemonade", "limonade", "лимонад", "cola", "кола"],
    ),
    ("Coffee and tea", &["coffee", "kaffee", "кофе", "tea", "tee", "чай"]),
    (
        "Meat",
        &[
            "sausage",
            "wurst",
            "колбас",
            "ham",
            "schinken",
            "ветчин",
            "beef",
            "rindfleisch",
            "говядин",
            "pork",
            "свинин",
        ],
    ),
    (
        "Pasta and grains",
        &["pasta", "nudel", "spaghetti", "макарон", "rice", "reis", "гречк", "flour", "mehl"],
    ),
];

/// Words of each group as they begin, folded. A word of three letters or fewer has to be the whole word.
const ALLERGENS: &[(Allergen, &[&str])] = &[
    (
        Allergen::Gluten,
        &[
            "gluten",
            "глютен",
            "wheat",
            "weizen",
            "пшени",
            "rye",
            "roggen",
            "ржан",
            "barley",
            "gerste",
            "ячмен",
            "oats",
            "oat",
            "hafer",
            "овсян",
            "овес",
            "овса",
            "spelt",
            "dinkel",
            "полб",
        ],
    ),
    (
        Allergen::Crustaceans,
        &[
            "crustacean",
            "krebstier",
            "ракообраз",
            "shrimp",
            "prawn",
            "garnele",
            "кревет",
            "crab",
            "krabbe",
            "краб",
            "lobster",
            "hummer",
            "омар",
        ],
    ),
    (
        Allergen::Eggs,
        &["egg", "eggs", "eier", "ei", "eigelb", "eiweiss", "яйца", "яйцо", "яиц", "яичн", "яичный"],
    ),
    (
        Allergen::Fish,
        &[
            "fish",
            "fisch",
            "рыба",
            "рыбы",
            "рыбн",
            "рыбу",
            "salmon",
            "lachs",
            "лосос",
            "tuna",
            "thunfisch",
            "тунец",
            "тунца",
            "cod",
            "anchov",
            "анчоус",
            "сельд",
            "hering",
        ],
    ),
    (Allergen::Peanuts, &["peanut", "erdnuss", "erdnuss", "арахис"]),
    (Allergen::Soy, &["soy", "soya", "soja", "соя", "сои", "соев"]),
    (
        Allergen::Milk,
        &[
            "milk",
            "milch",
            "молок",
            "молоч",
            "lactose",
            "laktose",
            "лактоз",
            "cream",
            "sahne",
            "сливк",
            "сливоч",
            "butter",
            "cheese",
            "kase",
            "сыр",
            "сыра",
            "сырный",
            "сыры",
            "whey",
            "molke",
            "сыворотк",
            "yoghurt",
            "yogurt",
            "joghurt",
            "йогурт",
            "казеин",
            "casein",
        ],
    ),
    (
        Allergen::Nuts,
        &[
            "nuts",
            "nusse",
            "hazelnut",
            "haselnuss",
            "фундук",
            "almond",
            "mandel",
            "миндал",
            "walnut",
            "walnuss",
            "грецк",
            "cashew",
            "кешью",
            "pistachio",
            "pistazie",
            "фисташ",
            "pecan",
            "macadamia",
            "орех",
        ],
    ),
    (Allergen::Celery, &["celery", "sellerie", "сельдере"]),
    (Allergen::Mustard, &["mustard", "senf", "горчи"]),
    (Allergen::Sesame, &["sesame", "sesam", "кунжут"]),
    (Allergen::Sulphites, &["sulphite", "sulfite", "sulfit", "сульфит"]),
    (Allergen::Lupin, &["lupin", "lupine", "люпин"]),
    (
        Allergen::Molluscs,
        &[
            "mollusc",
            "weichtier",
            "моллюск",
            "mussel",
            "muschel",
            "мидии",
            "мидий",
            "oyster",
            "auster",
            "устриц",
            "squid",
            "кальмар",
        ],
    ),
];

/// Words that contain one of the above and mean none of it.
const NOT_MEANT: &[&str] = &[
    "буттер",
    "butternut",
    "coconut",
    "кокос",
    "kokos",
    "reismilch",
    "kakaobutter",
    "sheabutter",
    "buckwheat",
    "buchweizen",
    "milchsaure",
    "сырокопч",
    "сыровял",
    "сырой",
    "сырая",
    "сырое",
    "сырые",
];
/// Numbers of additives that are sulphites, behind an E.
const SULPHITES: &[&str] = &["220", "221", "222", "223", "224", "226", "227", "228"];
/// What is made of them is called milk and butter, and has none of the milk of animals.
const PLANTS_BEFORE: &[&str] = &[
    "cocoa", "cacao", "shea", "peanut", "almond", "oat", "soy", "soya", "coconut", "rice", "cashew",
    "hazelnut",
];
/// Words before or behind what is not in it.
const WITHOUT_BEFORE: &[&str] = &["without", "no", "free", "ohne", "без", "не", "frei"];
const WITHOUT_BEHIND: &[&str] = &["free", "frei"];
/// Endings that say the same within one word.
const WITHOUT_ENDINGS: &[&str] = &["frei", "free"];

/// Everything that the rules find of fields that are not known. `shop` are the shop's own categories.
pub fn propose(known: &BTreeMap<FamilyField, String>, shop: &[String]) -> Vec<Proposal> {
    let text = |field| known.get(&field).map_or("", String::as_str);
    let name = text(FamilyField::Name);
    let is_unknown = |field: FamilyField| text(field).is_empty();
    let mut found = Vec::new();
    let mut say = |field, value: Option<String>, confidence| {
        found.extend(value.filter(|_| is_unknown(field)).map(|value| Proposal { field, value, confidence }));
    };
    let size = size(name);
    say(FamilyField::Content, size.and_then(Size::written), 0.9);
    say(FamilyField::Unit, size.map(|_| "piece".to_owned()), 0.8);
    let (category, confidence) = category(name, shop).map_or((None, 0.0), |(name, sure)| (Some(name), sure));
    say(FamilyField::Category, category, confidence);
    let (ingredients, description) = (text(FamilyField::Ingredients), text(FamilyField::Description));
    // A list of ingredients is whole; a name or a description may leave something out.
    let (source, sure) = match ingredients.is_empty() {
        false => (ingredients.to_owned(), 0.85),
        true => (format!("{name}. {description}"), 0.6),
    };
    let allergens: Vec<&str> = allergens(&source).into_iter().map(Allergen::as_str).collect();
    say(FamilyField::Allergens, Some(allergens.join(", ")).filter(|list| !list.is_empty()), sure);
    found
}

/// The groups that a text names as being in it.
pub fn allergens(text: &str) -> BTreeSet<Allergen> {
    let mut found = BTreeSet::new();
    // What is said to be absent is said within one part of a sentence.
    for part in text.split(['.', ',', ';', '(', ')', '\n', ':']) {
        let words = folded_words(part);
        for (place, word) in words.iter().enumerate() {
            let named = allergen(word);
            let next = words.get(place + 1).map(String::as_str);
            if ["e", "е"].contains(&word.as_str()) && next.is_some_and(|number| SULPHITES.contains(&number))
            {
                found.insert(Allergen::Sulphites);
            }
            let of_plants = place > 0 && PLANTS_BEFORE.contains(&words[place - 1].as_str());
            if !is_absent(&words, place) {
                found.extend(named.into_iter().filter(|group| !(of_plants && *group == Allergen::Milk)));
            }
        }
    }
    found
}

fn allergen(word: &str) -> Vec<Allergen> {
    if NOT_MEANT.iter().any(|other| word.starts_with(other)) {
        return Vec::new();
    }
    let begins = |beginning: &str| match beginning.chars().count() {
        0..=3 => word == beginning,
        _ => word.starts_with(beginning),
    };
    // German puts words together, and the last one says what a thing is; where the first one is known, that is what it is made of.
    let ends = |ending: &str| ending.chars().count() > 3 && word.ends_with(ending);
    let groups = |is_word: &dyn Fn(&str) -> bool| {
        let named = ALLERGENS.iter().filter(|(_, words)| words.iter().any(|known| is_word(known)));
        named.map(|(group, _)| *group).collect::<Vec<_>>()
    };
    let beginning = groups(&begins);
    if beginning.is_empty() { groups(&ends) } else { beginning }
}

fn is_absent(words: &[String], place: usize) -> bool {
    let word = &words[place];
    if WITHOUT_ENDINGS.iter().any(|ending| word.ends_with(ending)) {
        return true;
    }
    let before = words[..place].iter().rev().take(3).any(|word| WITHOUT_BEFORE.contains(&word.as_str()));
    let behind = words.get(place + 1).is_some_and(|word| WITHOUT_BEHIND.contains(&word.as_str()));
    before || behind
}

/// The shop's own category whose name stands in the product's, else one of ours by its words.
fn category(name: &str, shop: &[String]) -> Option<(String, f32)> {
    let words = folded_words(name);
    let stands = |category: &&String| {
        let wanted = folded_words(category);
        !wanted.is_empty() && words.windows(wanted.len()).any(|window| window == wanted)
    };
    if let Some(own) = shop.iter().find(stands) {
        return Some((own.clone(), 0.7));
    }
    // The first word says what a thing is: `Milk chocolate` is the exception that the last one is for.
    let of = |word: &String| {
        let begins =
            |known: &&str| if known.chars().count() <= 3 { word == known } else { word.starts_with(known) };
        CATEGORIES.iter().find(|(_, words)| words.iter().any(&begins)).map(|(name, _)| *name)
    };
    let named: Vec<&str> = words.iter().filter_map(of).collect();
    let (first, last) = (named.first()?, named.last()?);
    (first == last).then(|| ((*first).to_owned(), 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_allergens_that_are_named_and_none_that_are_said_to_be_absent() {
        use Allergen as A;
        for (text, expected) in [
            ("Wheat flour, sugar, whole milk powder, hazelnuts", vec![A::Gluten, A::Milk, A::Nuts]),
            ("Weizenmehl, Hühnereier, Sellerie, Senf", vec![A::Gluten, A::Eggs, A::Celery, A::Mustard]),
            (
                "Мука пшеничная, яйца куриные, соевый лецитин, кунжут",
                vec![A::Gluten, A::Eggs, A::Soy, A::Sesame],
            ),
            ("Gluten free oat drink without lactose", vec![]),
            ("glutenfrei, laktosefrei", vec![]),
            ("Без глютена, содержит арахис", vec![A::Peanuts]),
            ("Buchweizen, Kokosmilch", vec![]),
            ("Колбаса сырокопчёная", vec![]),
            ("Rotwein (enthält Sulfite)", vec![A::Sulphites]),
            ("Preservative: E220", vec![A::Sulphites]),
            ("Garnelen, Thunfisch, Muscheln", vec![A::Crustaceans, A::Fish, A::Molluscs]),
            ("Ei", vec![A::Eggs]),
            ("Cocoa butter, almond milk, peanut butter", vec![A::Peanuts, A::Nuts]),
            ("Mandelmilch, Vollmilch", vec![A::Milk, A::Nuts]),
            ("Рыба, сыр", vec![A::Fish, A::Milk]),
            ("Einkauf", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(allergens(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn proposes_what_a_name_says_and_leaves_what_is_known() {
        let known = |fields: &[(FamilyField, &str)]| {
            fields.iter().map(|(field, value)| (*field, (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let values = |fields: &[(FamilyField, &str)], shop: &[String]| {
            let proposals = propose(&known(fields), shop);
            proposals.into_iter().map(|one| (one.field, one.value)).collect::<BTreeMap<_, _>>()
        };
        use FamilyField as F;
        let milk = values(&[(F::Name, "Молоко пастеризованное 6x1 л")], &[]);
        assert_eq!(milk[&F::Content], "6 x 1000 ml");
        assert_eq!((milk[&F::Category].as_str(), milk[&F::Allergens].as_str()), ("Dairy", "milk"));
        let own = values(&[(F::Name, "Bio Milch 1 l"), (F::Allergens, "none")], &["Bio".to_owned()]);
        assert_eq!(own[&F::Category], "Bio");
        assert!(!own.contains_key(&F::Allergens), "somebody has said it");
        let mixed = values(&[(F::Name, "Milk chocolate")], &[]);
        assert!(!mixed.contains_key(&F::Category), "it may be either");
        assert!(values(&[(F::Name, "Screws")], &[]).is_empty());
    }
}
