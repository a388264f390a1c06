//! Findings as sentences for people, in every language that screens have.

use cloud_core::cleaning::{Code, Finding};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sentence in each language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FindingText)]
pub(crate) struct Sentence {
    /// In English.
    pub(crate) en: String,
    /// In Russian.
    pub(crate) ru: String,
}

/// What a finding says; `other` is the name of the other product that it is about.
pub(super) fn sentence(finding: &Finding, other: Option<&str>) -> Sentence {
    let value = &finding.value;
    let other = other.unwrap_or_default();
    let expected = finding.expected.as_deref().unwrap_or_default();
    let fix = finding.fix.as_ref().map(|fix| fix.value.as_str());
    let of = |en: String, ru: String| Sentence { en, ru };
    match finding.code {
        Code::DuplicateGtin => of(
            format!("`{other}` has the GTIN {value} too."),
            format!("GTIN {value} есть и у товара «{other}»."),
        ),
        Code::DuplicateSku => of(
            format!("The article number {value} differs from {expected} of `{other}` in case or signs only."),
            format!(
                "Артикул {value} отличается от {expected} товара «{other}» только регистром или знаками."
            ),
        ),
        Code::SameProduct => of(
            format!("It has the name and the pack of `{other}`: it may be there twice."),
            format!("Название и фасовка как у «{other}»: возможно, товар заведён дважды."),
        ),
        Code::GtinInvalid => match fix {
            Some(fix) => of(
                format!("The check digit of {value} is wrong; with the right one it is {fix}."),
                format!("У {value} неверная контрольная цифра; с верной это {fix}."),
            ),
            None => of(format!("{value} is no GTIN."), format!("{value} — не GTIN.")),
        },
        Code::GtinRestricted => of(
            format!("{value} is a number that shops give out themselves: elsewhere it means another thing."),
            format!("{value} — внутренний номер магазина: в другом месте он означает другой товар."),
        ),
        Code::PriceZero
        | Code::PriceNegative
        | Code::PriceUnderCost
        | Code::PriceOutlier
        | Code::PriceJump
        | Code::PriceFactor => price(finding.code, value, expected),
        Code::TaxUnknown => of(
            "No store that sells it has a rate for its tax code.".to_owned(),
            "Ни у одного магазина нет ставки для его налогового кода.".to_owned(),
        ),
        Code::UnitMistake => units(fix, value),
        Code::MixedAlphabet => of(
            format!("A word of `{value}` has letters of two alphabets that look the same."),
            format!("В названии «{value}» смешаны похожие буквы двух алфавитов."),
        ),
        Code::InvisibleCharacters => of(
            format!("Its name has blanks or letters that nobody sees: {value}."),
            format!("В названии есть лишние пробелы или невидимые знаки: {value}."),
        ),
        Code::PackContradiction => of(
            format!("`{value}` and `{expected}` do not say the same pack."),
            format!("«{value}» и «{expected}» называют разную фасовку."),
        ),
        Code::LonelyCategory => of(
            format!("It is alone in the category `{value}`; `{expected}` may be meant."),
            format!("Он один в категории «{value}»; возможно, это «{expected}»."),
        ),
    }
}

/// What is said of a price.
fn price(code: Code, value: &str, expected: &str) -> Sentence {
    let of = |en: String, ru: String| Sentence { en, ru };
    match code {
        Code::PriceZero => of("It costs nothing.".to_owned(), "Цена равна нулю.".to_owned()),
        Code::PriceNegative => {
            of(format!("Its price is {value}, less than nothing."), format!("Цена {value} меньше нуля."))
        }
        Code::PriceUnderCost => of(
            format!("It is sold for {value} and bought for {expected}."),
            format!("Продаётся за {value}, а закупается за {expected}."),
        ),
        Code::PriceOutlier => of(
            format!("{value} is far from what its category usually costs, {expected}."),
            format!("{value} далеко от обычной цены категории, {expected}."),
        ),
        Code::PriceJump => of(
            format!("{value} is far from what it used to cost, {expected}."),
            format!("{value} далеко от прежней цены, {expected}."),
        ),
        _ => of(
            format!("It used to cost {expected} and now {value}: a point may be in the wrong place."),
            format!("Раньше стоил {expected}, теперь {value}: возможно, не там стоит запятая."),
        ),
    }
}

fn units(fix: Option<&str>, value: &str) -> Sentence {
    if fix == Some("kg") {
        return Sentence {
            en: format!("`{value}` sounds like something that is weighed, and is sold by the piece."),
            ru: format!("«{value}» похоже на весовой товар, а продаётся поштучно."),
        };
    }
    Sentence {
        en: format!("`{value}` names a pack, and is sold by weight."),
        ru: format!("«{value}» — фасованный товар, а продаётся на вес."),
    }
}
