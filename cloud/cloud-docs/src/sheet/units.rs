//! Units as people write them, as codes of UN/ECE Recommendation 20 (and 21 for packages, with its `X`).

/// Spellings in lower case without dots, with their code.
const SPELLINGS: &[(&str, &[&str])] = &[
    (
        "H87",
        &[
            "шт",
            "штука",
            "штук",
            "штуки",
            "ед",
            "единица",
            "pcs",
            "pc",
            "piece",
            "pieces",
            "ea",
            "each",
            "unit",
            "units",
            "stk",
            "stck",
            "stück",
            "st",
            "pce",
            "pièce",
            "pièces",
            "pz",
            "pezzo",
            "pezzi",
            "nr",
            "u",
            "796",
            "h87",
            "c62",
        ],
    ),
    ("KGM", &["кг", "килограмм", "kg", "kilo", "kilogram", "kilogramm", "166", "kgm"]),
    ("GRM", &["г", "гр", "грамм", "g", "gr", "gram", "gramm", "163", "grm"]),
    ("TNE", &["т", "тн", "тонна", "t", "to", "tonne", "168", "tne"]),
    ("LTR", &["л", "литр", "l", "ltr", "liter", "litre", "litro", "112"]),
    ("MLT", &["мл", "ml", "111", "mlt"]),
    (
        "MTR",
        &[
            "м",
            "пм",
            "м/п",
            "пог м",
            "п м",
            "метр",
            "m",
            "mt",
            "lfm",
            "meter",
            "metre",
            "ml lineari",
            "006",
            "6",
            "018",
            "18",
            "mtr",
        ],
    ),
    ("CMT", &["см", "cm", "004", "4", "cmt"]),
    ("MMT", &["мм", "mm", "003", "3", "mmt"]),
    ("KMT", &["км", "km", "008", "8", "kmt"]),
    ("MTK", &["м2", "м²", "кв м", "m2", "m²", "qm", "mq", "sqm", "055", "55", "mtk"]),
    ("MTQ", &["м3", "м³", "куб м", "m3", "m³", "cbm", "mc", "113", "mtq"]),
    (
        "XPK",
        &[
            "упак",
            "уп",
            "упаковка",
            "упк",
            "pack",
            "pkg",
            "pk",
            "pkt",
            "pack.",
            "paket",
            "packung",
            "paquet",
            "conf",
            "778",
            "xpk",
        ],
    ),
    (
        "CS",
        &[
            "ящ",
            "ящик",
            "кор",
            "коробка",
            "короб",
            "case",
            "cs",
            "ctn",
            "carton",
            "karton",
            "kt",
            "cartone",
            "812",
            "8751",
        ],
    ),
    ("XBX", &["box", "boîte", "scatola", "xbx"]),
    ("XBO", &["бут", "бутылка", "bottle", "btl", "flasche", "fl", "bouteille", "bottiglia", "868", "xbo"]),
    ("XRO", &["рул", "рулон", "roll", "rolle", "rouleau", "rotolo", "736", "xro"]),
    ("XBG", &["меш", "мешок", "пакет", "bag", "sack", "beutel", "sac", "sacco", "xbg"]),
    ("XCA", &["банка", "бан", "can", "dose", "xca"]),
    ("XPX", &["паллет", "паллета", "поддон", "pallet", "palette", "xpx"]),
    ("SET", &["компл", "комплект", "к-т", "набор", "set", "kit", "satz", "jeu", "839"]),
    ("PR", &["пара", "пар", "pair", "paar", "paire", "paio", "715"]),
    (
        "HUR",
        &[
            "ч",
            "час",
            "чел-ч",
            "чел час",
            "маш-ч",
            "h",
            "hr",
            "hour",
            "hours",
            "std",
            "stunde",
            "heure",
            "ora",
            "356",
            "hur",
        ],
    ),
    ("DAY", &["дн", "день", "сут", "day", "days", "tag", "jour", "giorno", "359"]),
    ("MIL", &["тыс шт", "1000 шт", "798", "mil"]),
];

/// The code of a unit; nothing where it is not known.
pub(super) fn code(written: &str) -> Option<&'static str> {
    let plain: String = written.to_lowercase().chars().map(|c| if c == '.' { ' ' } else { c }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let known = SPELLINGS.iter().find(|(_, spellings)| spellings.contains(&plain.as_str()));
    known.map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn units_are_known_in_several_languages() {
        for (written, expected) in [
            ("шт.", Some("H87")),
            ("Stk", Some("H87")),
            ("кг", Some("KGM")),
            ("пог. м", Some("MTR")),
            ("м2", Some("MTK")),
            ("112", Some("LTR")),
            ("100 м2", None),
        ] {
            assert_eq!(code(written), expected, "{written}");
        }
    }
}
