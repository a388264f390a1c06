//! Units of measure as codes of UN/ECE Recommendation 20 (and 21 for packages, with its `X`): from the numbers of Russia's OKEI, and from words.

/// Numbers of OKEI (OK 015-94) that goods are sold in.
const OKEI: [(&str, &str); 50] = [
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
];

/// Words for units, lower case and without a full stop, in the languages of suppliers.
const NAMES: [(&str, &[&str]); 20] = [
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
            "stück",
            "pc",
            "pcs",
            "piece",
            "pieces",
            "ea",
            "each",
            "pce",
        ],
    ),
    ("KGM", &["кг", "килограмм", "kg", "kilo", "kilogram", "kilogrammo"]),
    ("GRM", &["г", "гр", "грамм", "g", "gr", "gram"]),
    ("TNE", &["т", "тонна", "t", "ton", "tonnellata", "tonne"]),
    ("LTR", &["л", "литр", "l", "lt", "ltr", "liter", "litre", "litro", "litri"]),
    ("MLT", &["мл", "ml"]),
    ("MTR", &["м", "метр", "m", "mt", "mtr", "meter", "metro", "metri"]),
    ("LM", &["пог. м", "п.м", "пог.м", "lfm", "ml."]),
    ("MTK", &["м2", "кв.м", "кв. м", "m2", "m²", "м²", "mq", "qm"]),
    ("MTQ", &["м3", "куб.м", "куб. м", "m3", "m³", "м³", "mc", "cbm"]),
    ("XPK", &["упак", "уп", "упаковка", "упк", "conf", "confezione", "pack", "pkg", "pck", "packung", "pkt"]),
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
            "cs",
        ],
    ),
    ("XBO", &["бут", "бутылка", "flasche", "fl", "bottle", "btl", "bottiglia", "bott"]),
    ("XRO", &["рул", "рулон", "rolle", "roll", "rotolo"]),
    ("SET", &["компл", "комплект", "набор", "set", "satz"]),
    ("PR", &["пара", "пар", "paar", "pair", "paio", "paia"]),
    ("HUR", &["ч", "час", "h", "hr", "hour", "hours", "std", "stunde", "stunden", "ora", "ore"]),
    ("DAY", &["дн", "день", "сут", "tag", "tage", "day", "days", "giorno", "giorni", "gg"]),
    ("MON", &["мес", "месяц", "monat", "monate", "month", "months", "mese", "mesi"]),
];

/// The code of a number of OKEI.
pub fn by_okei(number: &str) -> Option<&'static str> {
    // Programs drop the zeros in front or add one.
    let number = format!("{:0>3}", number.trim_start_matches('0'));
    OKEI.iter().find(|(okei, _)| *okei == number).map(|(_, code)| *code)
}

/// The code of a word.
pub fn by_name(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    let known = |name: &str| NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(code, _)| *code);
    known(&name).or_else(|| known(name.trim_end_matches('.')))
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
    fn has_no_word_twice() {
        let mut words: Vec<&str> = NAMES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        words.sort_unstable();
        let count = words.len();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
