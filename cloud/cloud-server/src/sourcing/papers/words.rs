//! What people read on an order, in the supplier's language.

use cloud_core::ledger::StockUnit;
use cloud_core::offers::Pack;
use domain::time::BusinessDay;
use rust_decimal::Decimal;

/// Languages that orders are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Russian.
    Russian,
    /// German.
    German,
}

/// The words of an order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) order: &'static str,
    pub(super) date: &'static str,
    pub(super) supplier: &'static str,
    pub(super) tax_id: &'static str,
    pub(super) buyer: &'static str,
    pub(super) deliver_to: &'static str,
    pub(super) wanted_on: &'static str,
    pub(super) number: &'static str,
    pub(super) article: &'static str,
    pub(super) gtin: &'static str,
    pub(super) name: &'static str,
    pub(super) packs: &'static str,
    pub(super) pack: &'static str,
    pub(super) price: &'static str,
    pub(super) tax: &'static str,
    pub(super) amount: &'static str,
    pub(super) total: &'static str,
    pub(super) page: &'static str,
    pieces: &'static str,
    grams: &'static str,
    kilograms: &'static str,
}

const ENGLISH: Words = Words {
    order: "Purchase order",
    date: "Date",
    supplier: "Supplier",
    tax_id: "Tax number",
    buyer: "Ordered by",
    deliver_to: "Deliver to",
    wanted_on: "Wanted on",
    number: "No.",
    article: "Article",
    gtin: "GTIN",
    name: "Description",
    packs: "Packs",
    pack: "Pack",
    price: "Price",
    tax: "Tax",
    amount: "Amount",
    total: "Total without tax",
    page: "Page",
    pieces: "pcs",
    grams: "g",
    kilograms: "kg",
};

const RUSSIAN: Words = Words {
    order: "Заказ поставщику",
    date: "Дата",
    supplier: "Поставщик",
    tax_id: "ИНН",
    buyer: "Заказчик",
    deliver_to: "Место поставки",
    wanted_on: "Желаемая дата",
    number: "№",
    article: "Артикул",
    gtin: "GTIN",
    name: "Наименование",
    packs: "Упаковок",
    pack: "Упаковка",
    price: "Цена",
    tax: "НДС",
    amount: "Сумма",
    total: "Итого без НДС",
    page: "Страница",
    pieces: "шт.",
    grams: "г",
    kilograms: "кг",
};

const GERMAN: Words = Words {
    order: "Bestellung",
    date: "Datum",
    supplier: "Lieferant",
    tax_id: "Steuernummer",
    buyer: "Besteller",
    deliver_to: "Lieferort",
    wanted_on: "Wunschtermin",
    number: "Pos.",
    article: "Artikel",
    gtin: "GTIN",
    name: "Bezeichnung",
    packs: "Menge",
    pack: "Gebinde",
    price: "Preis",
    tax: "USt.",
    amount: "Betrag",
    total: "Summe netto",
    page: "Seite",
    pieces: "Stk.",
    grams: "g",
    kilograms: "kg",
};

impl Language {
    /// The language of a code of ISO 639-1.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "en" => Some(Self::English),
            "ru" => Some(Self::Russian),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
            Self::German => "de",
        }
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Russian => &RUSSIAN,
            Self::German => &GERMAN,
        }
    }

    /// A day as people write it.
    pub(crate) fn day(self, day: BusinessDay) -> String {
        let BusinessDay { year, month, day } = day;
        match self {
            Self::English => format!("{year:04}-{month:02}-{day:02}"),
            Self::Russian | Self::German => format!("{day:02}.{month:02}.{year:04}"),
        }
    }

    /// A number as people write it, with two digits behind the point at least.
    pub(crate) fn amount(self, value: Decimal) -> String {
        let mut value = value;
        if value.scale() < 2 {
            value.rescale(2);
        }
        self.grouped(&value.to_string())
    }

    /// What is in a pack.
    pub(super) fn pack(self, pack: Pack) -> String {
        let words = self.words();
        match (pack.unit, pack.content) {
            (StockUnit::Piece, content) => format!("{} {}", self.grouped(&content.to_string()), words.pieces),
            (StockUnit::Gram, content) if content % 1_000 == 0 => {
                format!("{} {}", self.grouped(&(content / 1_000).to_string()), words.kilograms)
            }
            (StockUnit::Gram, content) => format!("{} {}", self.grouped(&content.to_string()), words.grams),
        }
    }

    /// Three digits together: `1,234.50`, `1 234,50`, `1.234,50`.
    pub(crate) fn grouped(self, plain: &str) -> String {
        let (between, point) = match self {
            Self::English => (',', '.'),
            Self::Russian => ('\u{a0}', ','),
            Self::German => ('.', ','),
        };
        let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
        let mut text = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push(between);
            }
            text.push(digit);
        }
        if !part.is_empty() {
            text.push(point);
            text.push_str(part);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_and_days_as_people_do() {
        let day = BusinessDay { year: 2026, month: 2, day: 1 };
        for (language, amount, written) in [
            (Language::English, "1,234,567.50", "2026-02-01"),
            (Language::Russian, "1\u{a0}234\u{a0}567,50", "01.02.2026"),
            (Language::German, "1.234.567,50", "01.02.2026"),
        ] {
            assert_eq!(language.amount("1234567.5".parse().unwrap()), amount);
            assert_eq!(language.day(day), written);
            assert_eq!(Language::from_code(language.code()), Some(language));
        }
        assert_eq!(Language::English.amount("0.0345".parse().unwrap()), "0.0345");
        let pack = |content, unit| Language::German.pack(Pack { content, unit });
        assert_eq!(pack(12, StockUnit::Piece), "12 Stk.");
        assert_eq!(
            (pack(2_000, StockUnit::Gram), pack(250, StockUnit::Gram)),
            ("2 kg".to_owned(), "250 g".to_owned())
        );
    }
}
