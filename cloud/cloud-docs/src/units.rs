//! Units of measure as codes of UN/ECE Recommendation 20 (and 21 for packages, with its `X`): from the numbers of Russia's OKEI, and from words.

use crate::fields::fold;

/// Numbers of OKEI (OK 015-94) that goods are sold in.
const OKEI: [(&str, &str); 51] = [
    ("003", "MMT"),
    ("004", "CMT"),
    ("005", "DMT"),
    ("006", "MTR"),
    ("008", "KMT"),
    ("018", "LM"),
    ("050", "MMK"),
    ("051", "CMK"),
    ("053", "DMK"),
    ("055", "MTK"),
    ("059", "HAR"),
    ("110", "MMQ"),
    ("111", "MLT"),
    ("112", "LTR"),
    ("113", "MTQ"),
    ("118", "DLT"),
    ("161", "MGM"),
    ("163", "GRM"),
    ("166", "KGM"),
    ("168", "TNE"),
    ("206", "DTN"),
    ("214", "KWT"),
    ("245", "KWH"),
    ("246", "MWH"),
    ("354", "SEC"),
    ("355", "MIN"),
    ("356", "HUR"),
    ("359", "DAY"),
    ("360", "WEE"),
    ("362", "MON"),
    ("366", "ANN"),
    ("616", "NBB"),
    ("625", "LEF"),
    ("641", "DZN"),
    ("642", "C62"),
    ("657", "H87"),
    ("704", "SET"),
    ("715", "PR"),
    ("728", "XPA"),
    ("736", "XRO"),
    ("778", "XPK"),
    ("779", "XPK"),
    ("796", "H87"),
    ("798", "MIL"),
    ("812", "CS"),
    ("836", "HEA"),
    ("839", "SET"),
    ("868", "XBO"),
    ("876", "C62"),
    ("879", "H87"),
    ("8751", "CS"),
];

/// Words for units in the languages of suppliers, folded: small letters without accents and signs.
const NAMES: [(&str, &[&str]); 30] = [
    (
        "H87",
        &[
            "шт",
            "штука",
            "штук",
            "pz",
            "pezzo",
            "pezzi",
            "nr",
            "n",
            "num",
            "stk",
            "st",
            "stuck",
            "pc",
            "pcs",
            "piece",
            "pieces",
            "ea",
            "each",
            "pce",
            "штуки",
            "ед",
            "единица",
            "unit",
            "units",
            "stck",
            "u",
            "c62",
            "pieza",
            "piezas",
            "uds",
            "ud",
            "szt",
            "sztuk",
            "stuks",
            "stuk",
            "unite",
            "unites",
            "nos",
            "no",
            "ex",
        ],
    ),
    ("KGM", &["кг", "килограмм", "kg", "kilo", "kilogram", "kilogrammo", "kilogramm", "kgs", "kilograms"]),
    ("GRM", &["г", "гр", "грамм", "g", "gr", "gram", "gramm", "grams"]),
    ("TNE", &["т", "тонна", "t", "ton", "tonnellata", "tonne", "тн", "to", "tonnen"]),
    ("LTR", &["л", "литр", "l", "lt", "liter", "litre", "litro", "litri", "litres"]),
    ("MLT", &["мл", "ml"]),
    (
        "MTR",
        &[
            "м",
            "метр",
            "m",
            "mt",
            "meter",
            "metro",
            "metri",
            "пм",
            "м п",
            "metre",
            "ml lineari",
            "metres",
            "lm",
        ],
    ),
    ("LM", &["пог м", "п м", "lfm"]),
    ("MTK", &["м2", "кв м", "m2", "m²", "м²", "mq", "qm", "sqm"]),
    ("MTQ", &["м3", "куб м", "m3", "m³", "м³", "mc", "cbm"]),
    (
        "XPK",
        &[
            "упак",
            "уп",
            "упаковка",
            "упк",
            "conf",
            "confezione",
            "pack",
            "pkg",
            "pck",
            "packung",
            "pkt",
            "pk",
            "paket",
            "paquet",
            "packs",
            "pak",
            "packungen",
            "paquete",
            "paq",
            "opak",
        ],
    ),
    ("XPA", &["пач", "пачка", "packet"]),
    (
        "CS",
        &[
            "ящ",
            "ящик",
            "кор",
            "коробка",
            "короб",
            "cassa",
            "case",
            "kiste",
            "karton",
            "krt",
            "ct",
            "ctn",
            "carton",
            "cartone",
            "cartoni",
            "crt",
            "kt",
            "cases",
            "kartons",
            "cartons",
            "doos",
            "caja",
            "cajas",
        ],
    ),
    (
        "XBO",
        &[
            "бут",
            "бутылка",
            "flasche",
            "fl",
            "bottle",
            "btl",
            "bottiglia",
            "bott",
            "bouteille",
            "flaschen",
            "bottles",
            "fles",
            "flessen",
        ],
    ),
    ("XRO", &["рул", "рулон", "rolle", "roll", "rotolo", "rouleau", "rollen", "rolls", "rol"]),
    ("SET", &["компл", "комплект", "набор", "satz", "к т", "kit", "jeu", "sets", "kpl"]),
    ("PR", &["пара", "пар", "paar", "pair", "paio", "paia", "paire", "pairs", "par"]),
    (
        "HUR",
        &[
            "ч",
            "час",
            "h",
            "hr",
            "hour",
            "hours",
            "std",
            "stunde",
            "stunden",
            "ora",
            "ore",
            "чел ч",
            "чел час",
            "маш ч",
            "heure",
            "hrs",
            "heures",
            "uur",
            "hora",
            "horas",
            "godz",
            "часов",
        ],
    ),
    (
        "DAY",
        &[
            "дн", "день", "сут", "tag", "tage", "days", "giorno", "giorni", "gg", "jour", "jours", "dag",
            "dagen", "dia", "dias", "dzien", "dni", "nacht", "nachte",
        ],
    ),
    (
        "MON",
        &[
            "мес",
            "месяц",
            "monat",
            "monate",
            "month",
            "months",
            "mese",
            "mesi",
            "mois",
            "maand",
            "mes",
            "meses",
        ],
    ),
    ("CMT", &["см", "cm"]),
    ("MMT", &["мм", "mm"]),
    ("KMT", &["км", "km"]),
    ("XBX", &["box", "boite", "scatola", "boxes", "kisten", "kist"]),
    ("XBG", &["меш", "мешок", "пакет", "bag", "sack", "beutel", "sac", "sacco", "bags", "zak"]),
    ("XCA", &["банка", "бан", "can", "dose"]),
    ("XPX", &["паллет", "паллета", "поддон", "pallet", "palette"]),
    ("MIL", &["тыс шт", "1000 шт"]),
    ("LS", &["pauschal", "psch", "pausch", "lump", "lump sum", "forfait", "flat"]),
    ("KWH", &["квтч"]),
];

/// The code of a number of OKEI.
pub fn by_okei(number: &str) -> Option<&'static str> {
    // Programs drop the zeros in front or add one.
    let number = format!("{:0>3}", number.trim_start_matches('0'));
    OKEI.iter().find(|(okei, _)| *okei == number).map(|(_, code)| *code)
}

/// The code of a word, or of a code as it is; full stops and blanks count for nothing.
pub fn by_name(name: &str) -> Option<&'static str> {
    let name = fold(name).split_whitespace().collect::<Vec<_>>().join(" ");
    let known =
        NAMES.iter().find(|(code, names)| code.eq_ignore_ascii_case(&name) || names.contains(&name.as_str()));
    known.map(|(code, _)| *code)
}

/// The code of what a person wrote: a word, or a number of OKEI.
pub fn by_any(written: &str) -> Option<&'static str> {
    let is_number = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { by_okei(written) } else { by_name(written) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_numbers_and_words() {
        assert_eq!(
            (by_okei("796"), by_okei("6"), by_okei("0166"), by_okei("999")),
            (Some("H87"), Some("MTR"), Some("KGM"), None)
        );
        assert_eq!(
            (by_name("Шт."), by_name("KG"), by_name("кв. м"), by_name("box of frogs")),
            (Some("H87"), Some("KGM"), Some("MTK"), None)
        );
    }

    #[test]
    fn understands_what_people_write_in_several_languages() {
        for (written, expected) in [
            ("шт.", Some("H87")),
            ("Stk", Some("H87")),
            ("кг", Some("KGM")),
            ("пог. м", Some("LM")),
            ("м2", Some("MTK")),
            ("112", Some("LTR")),
            ("100 м2", None),
        ] {
            assert_eq!(by_any(written), expected, "{written}");
        }
    }

    #[test]
    fn has_no_word_twice() {
        let mut words: Vec<&str> = NAMES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        words.sort_unstable();
        let count = words.len();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
