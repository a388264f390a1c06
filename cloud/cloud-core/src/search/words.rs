//! Texts as words: small letters, no accents, and the other ways in which somebody may have typed a word.

/// Longest word that is looked at, in letters; what follows is cut off.
pub(super) const WORD_MAX_LETTERS: usize = 48;

/// A word of a text with its place, in bytes of the text as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// It, folded.
    pub folded: String,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// What a letter is made of for the sake of comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Other,
}

/// The words of a text in order. Letters and digits that touch are two words (`500g`), and a point or comma between digits
/// is part of the number (`1,5`).
pub fn words(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut open: Option<(Class, usize, String)> = None;
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    for (place, &(at, letter)) in letters.iter().enumerate() {
        let class = class_of(letter);
        let next = letters.get(place + 1).map(|&(_, next)| next);
        if let Some((Class::Digit, _, word)) = &mut open
            && matches!(letter, '.' | ',')
            && next.is_some_and(|next| next.is_ascii_digit())
        {
            word.push('.');
            continue;
        }
        if open.as_ref().is_some_and(|(known, ..)| *known != class) {
            close(&mut found, open.take(), at);
        }
        if class != Class::Other {
            let (_, _, word) = open.get_or_insert_with(|| (class, at, String::new()));
            fold(letter, word);
        }
    }
    close(&mut found, open, text.len());
    found
}

/// The folded words alone.
pub fn folded_words(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.folded).collect()
}

/// A number as it is compared: letters and digits alone, without the zeros that a GTIN is filled up with.
pub fn number_key(text: &str) -> String {
    let mut key = String::new();
    for letter in text.chars().filter(|letter| letter.is_alphanumeric()).take(WORD_MAX_LETTERS) {
        fold(letter, &mut key);
    }
    let bare = key.trim_start_matches('0');
    if bare.len() < key.len() && bare.len() >= 4 { bare.to_owned() } else { key }
}

/// What would have been typed with the other of the Russian and the English keyboard; `None` where that is nothing else.
pub(super) fn other_layout(text: &str) -> Option<String> {
    let to_russian = |letter: char| LAYOUT.iter().find(|(en, _)| *en == letter).map(|(_, ru)| *ru);
    let to_english = |letter: char| LAYOUT.iter().find(|(_, ru)| *ru == letter).map(|(en, _)| *en);
    let text = text.to_lowercase();
    let cyrillic = text.chars().any(is_cyrillic);
    let latin = text.chars().any(|letter| letter.is_ascii_alphabetic());
    let typed: String = match (cyrillic, latin) {
        (true, false) => text.chars().map(|letter| to_english(letter).unwrap_or(letter)).collect(),
        (false, true) => text.chars().map(|letter| to_russian(letter).unwrap_or(letter)).collect(),
        _ => return None,
    };
    (typed != text).then_some(typed)
}

/// How a folded word sounds, written in Latin letters whatever script it is in: the same for `moloko` and `молоко`, `cola` and
/// `кола`. After the romanisation of passports (ICAO Doc 9303), with what people write beside it taken together.
pub(super) fn sound(folded: &str) -> String {
    let mut latin = String::with_capacity(folded.len());
    for letter in folded.chars() {
        match CYRILLIC.iter().find(|(cyrillic, _)| *cyrillic == letter) {
            Some((_, written)) => latin.push_str(written),
            None => latin.push(letter),
        }
    }
    let mut sound = String::with_capacity(latin.len());
    let mut rest = latin.as_str();
    while let Some(letter) = rest.chars().next() {
        let (written, taken) = match SPELLINGS.iter().find(|(spelling, _)| rest.starts_with(spelling)) {
            Some((spelling, written)) => (*written, spelling.len()),
            None => (&rest[..letter.len_utf8()], letter.len_utf8()),
        };
        // Twice the same letter sounds like once; figures are no letters.
        if !sound.ends_with(written) || letter.is_ascii_digit() {
            sound.push_str(written);
        }
        rest = &rest[taken..];
    }
    sound
}

/// Whether a letter is Cyrillic.
pub(super) fn is_cyrillic(letter: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&letter)
}

fn close(found: &mut Vec<Word>, open: Option<(Class, usize, String)>, end: usize) {
    if let Some((_, start, mut folded)) = open {
        if let Some((cut, _)) = folded.char_indices().nth(WORD_MAX_LETTERS) {
            folded.truncate(cut);
        }
        found.push(Word { folded, start, end });
    }
}

fn class_of(letter: char) -> Class {
    if letter.is_numeric() {
        Class::Digit
    } else if letter.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&letter) {
        Class::Letter
    } else {
        Class::Other
    }
}

/// Adds a letter without its accent, small.
fn fold(letter: char, word: &mut String) {
    for small in letter.to_lowercase() {
        match small {
            'a'..='z' | '0'..='9' => word.push(small),
            '\u{300}'..='\u{36f}' => {}
            _ => match ACCENTS.iter().find(|(letters, _)| letters.contains(small)) {
                Some((_, bare)) => word.push_str(bare),
                None => word.push(small),
            },
        }
    }
}

/// Accented letters of the languages of Europe, and the bare ones.
const ACCENTS: &[(&str, &str)] = &[
    ("àáâãäåāăą", "a"),
    ("çćĉċč", "c"),
    ("ďđð", "d"),
    ("èéêëēĕėęě", "e"),
    ("ĝğġģ", "g"),
    ("ìíîïĩīĭįı", "i"),
    ("ķ", "k"),
    ("ĺļľł", "l"),
    ("ñńņň", "n"),
    ("òóôõöøōŏő", "o"),
    ("ŕŗř", "r"),
    ("śŝşšș", "s"),
    ("ţťțŧ", "t"),
    ("ùúûüũūŭůűų", "u"),
    ("ýÿŷ", "y"),
    ("źżž", "z"),
    ("ß", "ss"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("þ", "th"),
    ("ё", "е"),
];

/// Keys of the English (US) and the Russian (ЙЦУКЕН) keyboard.
const LAYOUT: &[(char, char)] = &[
    ('q', 'й'),
    ('w', 'ц'),
    ('e', 'у'),
    ('r', 'к'),
    ('t', 'е'),
    ('y', 'н'),
    ('u', 'г'),
    ('i', 'ш'),
    ('o', 'щ'),
    ('p', 'з'),
    ('[', 'х'),
    (']', 'ъ'),
    ('a', 'ф'),
    ('s', 'ы'),
    ('d', 'в'),
    ('f', 'а'),
    ('g', 'п'),
    ('h', 'р'),
    ('j', 'о'),
    ('k', 'л'),
    ('l', 'д'),
    (';', 'ж'),
    ('\'', 'э'),
    ('z', 'я'),
    ('x', 'ч'),
    ('c', 'с'),
    ('v', 'м'),
    ('b', 'и'),
    ('n', 'т'),
    ('m', 'ь'),
    (',', 'б'),
    ('.', 'ю'),
    ('`', 'ё'),
];

const CYRILLIC: &[(char, &str)] = &[
    ('а', "a"),
    ('б', "b"),
    ('в', "v"),
    ('г', "g"),
    ('д', "d"),
    ('е', "e"),
    ('ж', "zh"),
    ('з', "z"),
    ('и', "i"),
    ('й', "i"),
    ('к', "k"),
    ('л', "l"),
    ('м', "m"),
    ('н', "n"),
    ('о', "o"),
    ('п', "p"),
    ('р', "r"),
    ('с', "s"),
    ('т', "t"),
    ('у', "u"),
    ('ф', "f"),
    ('х', "h"),
    ('ц', "ts"),
    ('ч', "ch"),
    ('ш', "sh"),
    ('щ', "shch"),
    ('ъ', ""),
    ('ы', "i"),
    ('ь', ""),
    ('э', "e"),
    ('ю', "iu"),
    ('я', "ia"),
];

/// What is spelt in several ways, the longest first.
const SPELLINGS: &[(&str, &str)] = &[
    ("shch", "sh"),
    ("tsch", "ch"),
    ("sch", "sh"),
    ("ck", "k"),
    ("kh", "h"),
    ("ph", "f"),
    ("th", "t"),
    ("tz", "ts"),
    ("qu", "kv"),
    ("ch", "ch"),
    ("sh", "sh"),
    ("zh", "zh"),
    ("ya", "ia"),
    ("ja", "ia"),
    ("yu", "iu"),
    ("ju", "iu"),
    ("yo", "e"),
    ("jo", "e"),
    ("ye", "e"),
    ("je", "e"),
    ("y", "i"),
    ("j", "i"),
    ("w", "v"),
    ("x", "ks"),
    ("c", "k"),
    ("q", "k"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_keep_their_places() {
        for (text, expected) in [
            ("Молоко  «Зелёная» 1,5л", vec!["молоко", "зеленая", "1.5", "л"]),
            ("MÜLLER Käse, 500g", vec!["muller", "kase", "500", "g"]),
            ("Straße", vec!["strasse"]),
            ("cafe\u{301} 3.", vec!["cafe", "3"]),
            ("Coca-Cola", vec!["coca", "cola"]),
            ("", vec![]),
            ("..,-", vec![]),
        ] {
            assert_eq!(folded_words(text), expected, "{text}");
        }
        let found = words("Ein Käse!");
        assert_eq!((found[1].start, found[1].end), (4, 9));
        assert_eq!(folded_words(&"a".repeat(1_000))[0].len(), WORD_MAX_LETTERS);
    }

    #[test]
    fn a_word_typed_with_the_other_keyboard_is_known() {
        assert_eq!(other_layout("vjkjrj").as_deref(), Some("молоко"));
        assert_eq!(other_layout("сщсщ").as_deref(), Some("coco"));
        assert_eq!(other_layout("k.,jdm").as_deref(), Some("любовь"));
        assert_eq!(other_layout("123"), None);
        assert_eq!(other_layout("aя"), None);
    }

    #[test]
    fn scripts_sound_alike() {
        for (one, other) in [
            ("молоко", "moloko"),
            ("кола", "cola"),
            ("щука", "schuka"),
            ("бонаква", "bonaqua"),
            ("яблоко", "yabloko"),
            ("юпи", "yupi"),
            ("макс", "max"),
            ("ваниль", "vanil"),
            ("сыр", "syr"),
            ("масса", "masa"),
        ] {
            assert_eq!(sound(one), sound(other), "{one} {other}");
        }
        assert_eq!(sound("2200"), "2200");
    }

    #[test]
    fn numbers_are_compared_without_what_people_put_between() {
        assert_eq!(number_key("04006381333931"), "4006381333931");
        assert_eq!(number_key("AB-1001"), "ab1001");
        assert_eq!(number_key("007"), "007");
    }
}
