//! What lines count in, and how many stock units that is.

use domain::quantity::Measure as PriceMeasure;

use super::packs::{Content, Measure, Pack};

/// What a line counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Single things.
    Piece,
    /// So many pieces: a pair, a dozen.
    Pieces(u32),
    /// A case, carton or pack of pieces, nobody says of how many.
    Case,
    /// By weight: a unit is so many milligrams.
    Weight(i64),
    /// By volume: a unit is so many microlitres.
    Volume(i64),
    /// Hours, metres and all else that does not come into stock by itself.
    Other,
}

/// What a factor rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// Both count in the same.
    SameUnit,
    /// The line's name says how many are in it.
    PackOfLine,
    /// The product's name says how many are in it.
    PackOfProduct,
    /// Somebody confirmed it for this supplier.
    Learnt,
    /// A piece weighs, or holds, what a name says.
    Contents,
    /// Nothing says anything: one is taken for one.
    OneEach,
}

/// How many stock units one unit of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converted {
    /// Thousandths of a piece or a gram.
    pub factor_thousandths: i64,
    /// What that rests on.
    pub assumption: Assumption,
}

impl Assumption {
    /// A short stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::SameUnit => "same_unit",
            Self::PackOfLine => "pack_of_line",
            Self::PackOfProduct => "pack_of_product",
            Self::Learnt => "learnt",
            Self::Contents => "contents",
            Self::OneEach => "one_each",
        }
    }

    /// Where the factor is from, in English.
    pub fn reason(self) -> &'static str {
        match self {
            Self::SameUnit => "both are counted the same",
            Self::PackOfLine => "from the line's name",
            Self::PackOfProduct => "from the product's name",
            Self::Learnt => "as confirmed before",
            Self::Contents => "from the contents that the names say",
            Self::OneEach => "nothing says how many are in it: check this",
        }
    }
}

impl Unit {
    /// Reads a unit: a code of UN/ECE Recommendation 20 or 21, a code of OKEI, or a word in Russian, English or German. A word that is not
    /// known is `Other`; none at all is a piece, which is what lists without units count in.
    pub fn read(text: &str) -> Self {
        let word: String = text.trim().trim_end_matches('.').chars().flat_map(char::to_lowercase).collect();
        if word.is_empty() || PIECE_CODES.contains(&word.as_str()) || piece_word(&word) {
            return Self::Piece;
        }
        if let Some((measure, thousandths)) = measure_of(&word) {
            return match measure {
                Measure::Gram => Self::Weight(thousandths),
                Measure::Millilitre => Self::Volume(thousandths),
            };
        }
        match word.as_str() {
            "pr" | "715" | "пара" | "пар" | "pair" | "paar" => Self::Pieces(2),
            "dzn" | "dozen" | "dutzend" | "дюжина" => Self::Pieces(12),
            "cen" | "100 шт" => Self::Pieces(100),
            "mil" | "798" | "тыс. шт" | "тыс шт" => Self::Pieces(1000),
            word if CASE_CODES.contains(&word) || packaging_word(word) => Self::Case,
            _ => Self::Other,
        }
    }
}

/// Codes for single things; bottles, cans, bags and cups are what a shop sells one by one.
const PIECE_CODES: &[&str] = &[
    "h87", "c62", "ea", "pce", "nar", "xpp", "xnv", "bo", "xbo", "xbq", "ca", "xca", "xcx", "bg", "xbg",
    "xcu", "xjr", "xtu", "set", "796", "868", "872", "704", "839", "657",
];
/// Codes for packages that hold several.
const CASE_CODES: &[&str] = &[
    "cs", "xcs", "ct", "xct", "bx", "xbx", "pk", "xpk", "pa", "xpa", "xpx", "xpf", "cr", "xcr", "xcq", "xtr",
    "xsw", "778", "812", "8751", "728", "729", "736",
];

/// A word for a measure, and how many milligrams or microlitres one of it is.
pub(super) fn measure_of(word: &str) -> Option<(Measure, i64)> {
    use Measure::{Gram, Millilitre};
    Some(match word {
        "mg" | "мг" => (Gram, 1),
        "g" | "gr" | "grm" | "г" | "гр" | "грамм" | "gramm" | "gram" | "163" => (Gram, 1_000),
        "kg" | "kgm" | "kilo" | "кг" | "килограмм" | "166" => (Gram, 1_000_000),
        "t" | "tne" | "т" | "тонна" | "168" => (Gram, 1_000_000_000),
        "lb" | "lbs" | "lbr" => (Gram, 453_592),
        "oz" | "onz" => (Gram, 28_350),
        "ml" | "mlt" | "мл" | "111" => (Millilitre, 1_000),
        "cl" | "clt" | "сл" => (Millilitre, 10_000),
        "l" | "ltr" | "lt" | "liter" | "litre" | "litres" | "л" | "литр" | "литра" | "литров" | "112" => {
            (Millilitre, 1_000_000)
        }
        "hl" | "hlt" | "гл" => (Millilitre, 100_000_000),
        _ => return None,
    })
}

/// A word that counts pieces, behind a number or as a unit.
pub(super) fn piece_word(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "шт",
        "штук",
        "штука",
        "штуки",
        "pc",
        "pcs",
        "piece",
        "pieces",
        "each",
        "stk",
        "stck",
        "st",
        "stück",
        "stueck",
        "er",
        "бут",
        "бутылка",
        "банка",
        "бан",
        "пачка",
        "пач",
        "flasche",
        "fl",
        "dose",
        "bottle",
        "can",
        "ct",
    ];
    WORDS.contains(&word)
}

/// A word that says only how something is packed.
pub(super) fn packaging_word(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "шт",
        "уп",
        "упак",
        "упаковка",
        "кор",
        "коробка",
        "короб",
        "ящ",
        "ящик",
        "пак",
        "пакет",
        "блок",
        "пэт",
        "ст",
        "бут",
        "ж",
        "б",
        "case",
        "cases",
        "pack",
        "packs",
        "carton",
        "cartons",
        "box",
        "boxes",
        "crate",
        "tray",
        "pet",
        "pcs",
        "pkt",
        "karton",
        "ktn",
        "kiste",
        "kasten",
        "kst",
        "packung",
        "pkg",
        "pck",
        "stk",
        "gebinde",
        "steige",
        "tray",
        "stiege",
        "x",
        "х",
    ];
    WORDS.contains(&word)
}

/// How many stock units one unit of a line is, where anything says so: what was confirmed before, else what the names say.
pub fn convert(
    unit: Unit,
    line: Pack,
    product: Pack,
    stock: PriceMeasure,
    learnt_thousandths: Option<i64>,
) -> Option<Converted> {
    if let Some(factor_thousandths) = learnt_thousandths.filter(|factor| *factor > 0) {
        return Some(Converted { factor_thousandths, assumption: Assumption::Learnt });
    }
    match stock {
        PriceMeasure::Piece => to_pieces(unit, line, product),
        PriceMeasure::Kilogram => to_grams(unit, line, product),
    }
}

fn to_pieces(unit: Unit, line: Pack, product: Pack) -> Option<Converted> {
    let of = |pieces: i64, assumption| Converted { factor_thousandths: pieces * 1000, assumption };
    match unit {
        Unit::Piece => match line.pieces.filter(|pieces| *pieces > 1) {
            // The shop sells what is in the pack, or the pack itself.
            Some(pieces) if product.pieces.is_none() && same_content(line, product) => {
                Some(of(pieces.into(), Assumption::PackOfLine))
            }
            _ => Some(of(1, Assumption::SameUnit)),
        },
        Unit::Pieces(count) => Some(of(count.into(), Assumption::SameUnit)),
        Unit::Case => match (line.pieces, product.pieces) {
            (Some(line), Some(product)) if product > 1 && line % product == 0 => {
                Some(of((line / product).into(), Assumption::PackOfLine))
            }
            (Some(line), _) => Some(of(line.into(), Assumption::PackOfLine)),
            (None, Some(product)) if product > 1 => Some(of(1, Assumption::PackOfProduct)),
            (None, _) => Some(of(1, Assumption::OneEach)),
        },
        Unit::Weight(thousandths) => by_contents(Measure::Gram, thousandths, line, product),
        Unit::Volume(thousandths) => by_contents(Measure::Millilitre, thousandths, line, product),
        Unit::Other => None,
    }
}

/// Pieces of what is delivered by weight or volume: as many as have that content.
fn by_contents(measure: Measure, thousandths: i64, line: Pack, product: Pack) -> Option<Converted> {
    let content =
        [product.content, line.content].into_iter().flatten().find(|content| content.measure == measure)?;
    let whole = content.thousandths.checked_mul(product.pieces.unwrap_or(1).into())?;
    let factor_thousandths = thousandths.checked_mul(1000)?.checked_div(whole)?;
    (factor_thousandths > 0).then_some(Converted { factor_thousandths, assumption: Assumption::Contents })
}

fn to_grams(unit: Unit, line: Pack, product: Pack) -> Option<Converted> {
    let same = |factor_thousandths| Converted { factor_thousandths, assumption: Assumption::SameUnit };
    let weight = |pack: Pack| pack.content.filter(|content| content.measure == Measure::Gram);
    let pieces = match unit {
        Unit::Weight(thousandths) => return Some(same(thousandths)),
        Unit::Piece | Unit::Case => i64::from(line.pieces.unwrap_or(1)),
        Unit::Pieces(count) => i64::from(count),
        Unit::Volume(_) | Unit::Other => return None,
    };
    let Content { thousandths, .. } = weight(line).or_else(|| weight(product))?;
    let factor_thousandths = thousandths.checked_mul(pieces)?;
    Some(Converted { factor_thousandths, assumption: Assumption::Contents })
}

/// Whether a piece of both holds the same, as far as the names say.
fn same_content(line: Pack, product: Pack) -> bool {
    match (line.content, product.content) {
        (Some(line), Some(product)) => line == product,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::Name;
    use super::*;

    fn check(
        unit: &str,
        line: &str,
        product: &str,
        stock: PriceMeasure,
        expected: Option<(i64, Assumption)>,
    ) {
        let (line_pack, product_pack) = (Name::read(line).pack, Name::read(product).pack);
        let got = convert(Unit::read(unit), line_pack, product_pack, stock, None);
        let got = got.map(|got| (got.factor_thousandths, got.assumption));
        assert_eq!(got, expected, "{unit} of {line} into {product}");
    }

    #[test]
    fn reads_codes_and_words_of_units() {
        for (text, unit) in [
            ("H87", Unit::Piece),
            ("796", Unit::Piece),
            ("шт.", Unit::Piece),
            ("Stk.", Unit::Piece),
            ("", Unit::Piece),
            ("CS", Unit::Case),
            ("кор", Unit::Case),
            ("Karton", Unit::Case),
            ("KGM", Unit::Weight(1_000_000)),
            ("166", Unit::Weight(1_000_000)),
            ("кг", Unit::Weight(1_000_000)),
            ("LTR", Unit::Volume(1_000_000)),
            ("DZN", Unit::Pieces(12)),
            ("HUR", Unit::Other),
        ] {
            assert_eq!(Unit::read(text), unit, "{text}");
        }
    }

    #[test]
    fn converts_and_says_on_what_it_rests() {
        use Assumption::{Contents, OneEach, PackOfLine, PackOfProduct, SameUnit};
        use PriceMeasure::{Kilogram, Piece};
        check("CS", "Cola 6x1,5L", "Coca-Cola 1,5 l", Piece, Some((6_000, PackOfLine)));
        check("шт", "Вода 0,5 л", "Вода 0,5 л", Piece, Some((1_000, SameUnit)));
        check("шт", "Вода 12x0,5 л", "Вода 0,5 л", Piece, Some((12_000, PackOfLine)));
        check("шт", "Вода 12x0,5 л", "Вода 12x0,5 л", Piece, Some((1_000, SameUnit)));
        check("Karton", "Bier 24x0,33l", "Bier 6x0,33l", Piece, Some((4_000, PackOfLine)));
        check("Karton", "Bier", "Bier 6x0,33l", Piece, Some((1_000, PackOfProduct)));
        check("Karton", "Bier", "Bier", Piece, Some((1_000, OneEach)));
        check("кг", "Сахар", "Сахар 0,5 кг", Piece, Some((2_000, Contents)));
        check("KGM", "Äpfel", "Äpfel", Kilogram, Some((1_000_000, SameUnit)));
        check("шт", "Сыр 5 кг", "Сыр", Kilogram, Some((5_000_000, Contents)));
        check("шт", "Сыр", "Сыр", Kilogram, None);
        check("HUR", "Montage", "Montage", Piece, None);
        let learnt = convert(Unit::Case, Pack::default(), Pack::default(), Piece, Some(8_000)).unwrap();
        assert_eq!((learnt.factor_thousandths, learnt.assumption), (8_000, Assumption::Learnt));
    }
}
