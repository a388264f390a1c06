//! Names as they sound, whatever the alphabet, so that `Кока-Кола` and `Coca-Cola` are one.

use super::packs::{Lexeme, Pack, take_pack};
use super::units::packaging_word;

/// Words of a name that count; those behind are left out.
const WORDS_MAX: usize = 32;

/// A name taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// Its words as they sound, in their order, without what says only how it is packed.
    pub words: Vec<String>,
    /// What it says about its pack.
    pub pack: Pack,
}

impl Name {
    /// Takes a name apart.
    pub fn read(text: &str) -> Self {
        let (pack, lexemes) = take_pack(text);
        let mut words = Vec::new();
        let mut lexemes = lexemes.into_iter().peekable();
        while let Some(lexeme) = lexemes.next() {
            match lexeme {
                Lexeme::Word(word) if !packaging_word(&word) => words.push(sound(&word)),
                Lexeme::Number(_, digits) => {
                    let is_percent = lexemes.next_if_eq(&Lexeme::Sign('%')).is_some();
                    words.push(if is_percent { format!("{digits}%") } else { digits });
                }
                Lexeme::Word(_) | Lexeme::Sign(_) => {}
            }
        }
        words.retain(|word| !word.is_empty());
        words.truncate(WORDS_MAX);
        Self { words, pack }
    }
}

/// What lines of the same name have in common, whatever their case, marks and alphabet: words in order, and the pack.
pub fn name_key(text: &str) -> String {
    let Name { words, pack } = Name::read(text);
    if words.is_empty() {
        return String::new();
    }
    let mut key = words.join(" ");
    if let Some(pieces) = pack.pieces {
        key.push_str(&format!(" x{pieces}"));
    }
    if let Some(content) = pack.content {
        key.push_str(&format!(" {:?}{}", content.measure, content.thousandths).to_lowercase());
    }
    key
}

/// A word of small letters as it sounds: Cyrillic is written in Latin letters (after ICAO Doc 9303), umlauts as two letters, and
/// letters that sound alike are one, since a brand is spelled by ear in the other alphabet.
fn sound(word: &str) -> String {
    let latin: String = word.chars().map(latin).collect();
    let mut out = String::with_capacity(latin.len());
    let mut rest = latin.as_str();
    while let Some(first) = rest.chars().next() {
        const ALIKE: [(&str, &str); 8] = [
            ("sch", "sh"),
            ("ch", "ch"),
            ("ck", "k"),
            ("ph", "f"),
            ("th", "t"),
            ("qu", "kv"),
            ("ij", "i"),
            ("iy", "i"),
        ];
        let alike = ALIKE.iter().find(|(letters, _)| rest.starts_with(letters));
        let (sound, length) = match alike {
            Some((letters, sound)) => (*sound, letters.len()),
            None => match first {
                'c' | 'q' => ("k", 1),
                'w' => ("v", 1),
                'y' | 'j' => ("i", 1),
                'x' => ("ks", 1),
                other => (&rest[..other.len_utf8()], other.len_utf8()),
            },
        };
        // A doubled letter sounds like one.
        if !(length == first.len_utf8() && sound.chars().count() == 1 && out.ends_with(sound)) {
            out.push_str(sound);
        }
        rest = &rest[length..];
    }
    out
}

/// A letter in Latin ones.
fn latin(letter: char) -> &'static str {
    const TABLE: &[(&str, &str)] = &[
        ("а", "a"),
        ("б", "b"),
        ("в", "v"),
        ("г", "g"),
        ("д", "d"),
        ("её", "e"),
        ("ж", "zh"),
        ("з", "z"),
        ("ий", "i"),
        ("к", "k"),
        ("л", "l"),
        ("м", "m"),
        ("н", "n"),
        ("о", "o"),
        ("п", "p"),
        ("р", "r"),
        ("с", "s"),
        ("т", "t"),
        ("у", "u"),
        ("ф", "f"),
        ("х", "h"),
        ("ц", "ts"),
        ("ч", "ch"),
        ("ш", "sh"),
        ("щ", "sh"),
        ("ы", "y"),
        ("э", "e"),
        ("ю", "iu"),
        ("я", "ia"),
        ("ъь", ""),
        ("і", "i"),
        ("ї", "i"),
        ("є", "e"),
        ("ґ", "g"),
        ("äæ", "ae"),
        ("öøœ", "oe"),
        ("ü", "ue"),
        ("ß", "ss"),
        ("àáâãåā", "a"),
        ("èéêëēę", "e"),
        ("ìíîïī", "i"),
        ("òóôõō", "o"),
        ("ùúûū", "u"),
        ("çćč", "c"),
        ("ñń", "n"),
        ("šś", "s"),
        ("žźż", "z"),
        ("ýÿ", "y"),
        ("ł", "l"),
        ("ř", "r"),
        ("ď", "d"),
        ("ť", "t"),
        ("ğ", "g"),
        ("ı", "i"),
    ];
    const ASCII: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
    if let Some(at) = ASCII.find(letter) {
        return &ASCII[at..=at];
    }
    // A letter of yet another alphabet is left out: what sounds like nothing speaks for nothing.
    TABLE.iter().find(|(letters, _)| letters.contains(letter)).map_or("", |(_, latin)| latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_brand_sounds_the_same_in_both_alphabets() {
        for (cyrillic, latin) in [
            ("Кока-Кола", "Coca-Cola"),
            ("Пепси", "PEPSI"),
            ("Сникерс", "Snickers"),
            ("Милка", "Milka"),
            ("Хейнекен", "Heineken"),
            ("Нестле", "Nestlé"),
        ] {
            assert_eq!(Name::read(cyrillic).words, Name::read(latin).words, "{cyrillic}");
        }
    }

    #[test]
    fn keeps_what_tells_products_apart() {
        assert_eq!(Name::read("Молоко 3,2% 930 мл").words, ["moloko", "3.2%"]);
        assert_eq!(Name::read("Müller Milch 1 l").words, ["mueler", "milch"]);
        assert_eq!(Name::read("Orange juice, 6 x 1 l, case").words, ["orange", "iuike"]);
    }

    #[test]
    fn the_same_name_has_the_same_key() {
        assert_eq!(name_key("COCA-COLA  6x1,5L"), name_key("Coca Cola 6 x 1.5 l"));
        assert_ne!(name_key("Coca Cola 6x1.5l"), name_key("Coca Cola 6x0.5l"));
        assert_eq!(name_key("***"), "");
    }
}
