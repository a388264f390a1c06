//! Every code with the names of its values and its sentences. A code is never given another meaning: stored plans have it.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::super::sentences::Sentence;
use super::{Reason, called, capitalised, kept};

/// Fields of a product with what they are called in sentences, in English and as the dashboard calls them in Russian.
pub(super) const FIELDS: [(&str, &str, &str); 17] = [
    ("id", "id", "ид"),
    ("sku", "article number", "артикул"),
    ("name", "name", "название"),
    ("language", "language", "язык"),
    ("gtin", "GTIN", "GTIN"),
    ("plu", "PLU", "PLU"),
    ("category", "category", "категория"),
    ("family", "family", "семейство"),
    ("price", "price", "цена"),
    ("currency", "currency", "валюта"),
    ("unit", "unit", "единица"),
    ("tax_code", "tax code", "налоговый код"),
    ("tax_rate", "tax rate", "ставка НДС"),
    ("age_limit", "age limit", "возраст"),
    ("archived", "archive mark", "архив"),
    ("cost", "cost", "себестоимость"),
    ("content", "content", "фасовка"),
];

/// Makes of each line a function that makes the reason, and the list of all. A sentence that lacks a value, or has another, does not
/// compile.
macro_rules! reasons {
    ($($code:ident($($value:ident),*) $english:literal $russian:literal;)*) => {
        $(
            #[doc = $english]
            #[allow(clippy::useless_format, reason = "some sentences have no values")]
            pub(in crate::exchange) fn $code($($value: impl Display),*) -> Reason {
                $(let $value = kept($value.to_string());)*
                let text = Sentence {
                    en: capitalised(&format!($english $(, $value = called(stringify!($value), &$value).0)*)),
                    ru: capitalised(&format!($russian $(, $value = called(stringify!($value), &$value).1)*)),
                };
                let values = BTreeMap::from([$((stringify!($value).to_owned(), $value)),*]);
                Reason { code: stringify!($code).to_owned(), values, text }
            }
        )*
        /// All codes with the names of their values and their sentences, values in braces.
        #[cfg(test)]
        pub(super) const SENTENCES: &[(&str, &[&str], &str, &str)] =
            &[$((stringify!($code), &[$(stringify!($value)),*], $english, $russian)),*];
    };
}

reasons! {
    // What the file says cannot be read.
    no_object()
        "It is no object: write each product as an object of fields."
        "Это не объект: запишите каждый товар как объект с полями.";
    field_twice(key)
        "`{key}` says what another field says already: leave one of them away."
        "Поле «{key}» повторяет другое поле: оставьте одно из них.";
    names_no_texts()
        "`name` is no object of texts by language: write a text, or texts under `ru`, `en` and the like."
        "В поле «name» не тексты по языкам: запишите текст или тексты под «ru», «en» и так далее.";
    no_text(key)
        "`{key}` is neither a text nor a number: write it as one of them."
        "В поле «{key}» не текст и не число: запишите его как одно из них.";
    no_commerceml_id()
        "The product has no `Ид`: without it nobody knows which one is meant."
        "У товара нет «Ид»: без него неизвестно, какой товар имеется в виду.";
    languages_too_many(limit)
        "It has names in more than {limit} languages: leave some of them away."
        "Языков у названий больше, чем можно ({limit}): уберите лишние.";
    text_too_long(field, bytes, limit)
        "The {field} has {bytes} bytes, at most {limit} are read: shorten it."
        "Поле «{field}» слишком длинное: байтов в нём {bytes}, а читается до {limit}. Сократите его.";

    // Which product it is about.
    key_missing(field)
        "The {field} is missing, by which products are known: fill it in, or match by another field."
        "Поле «{field}» пустое, а товары узнаются по нему: заполните его или узнавайте товары по другому полю.";
    product_is_another(product)
        "The product `{product}` is another one already: match by `id`, or give this one another id."
        "Ид «{product}» уже у другого товара: узнавайте товары по «id» или дайте этому другой ид.";
    row_twice(row, product)
        "Row {row} says the same product, `{product}`: leave one of them away."
        "В строке {row} уже есть этот же товар, «{product}»: оставьте одну из строк.";
    number_taken(field, number, product)
        "The {field} `{number}` is that of `{product}`: give one of them another, and send the file again."
        "{field} «{number}» уже у товара «{product}»: дайте одному из них другой и отправьте файл ещё раз.";

    // What its fields say.
    missing(field)
        "The {field} is missing: the product is new, so it has to be said."
        "Поле «{field}» пустое: товар новый, поэтому заполните его.";
    id_reserved(id)
        "The id `{id}` has another meaning in addresses: choose another id."
        "Ид «{id}» занят адресами сервера: выберите другой.";
    identifier_wrong(field, value, limit)
        "The {field} `{value}` cannot be used: write 1 to {limit} of a-z, 0-9, `-`, `_` and `.`, starting with a letter or digit."
        "{field} «{value}» не годится: нужно от 1 до {limit} знаков из a–z, 0–9, «-», «_» и «.», первым — буква или цифра.";
    sku_length(number, limit)
        "The article number `{number}` cannot be used: write 1 to {limit} bytes."
        "Артикул «{number}» не годится: в нём должно быть от 1 до {limit} байтов.";
    name_length(bytes, limit)
        "A name has {bytes} bytes: write 1 to {limit}."
        "Байтов в названии {bytes}, а должно быть от 1 до {limit}: измените его.";
    language_wrong(language)
        "`{language}` is no language of a name: write a tag such as `en` or `ru`."
        "«{language}» — не язык названия: напишите, например, «ru» или «en».";
    gtin_shape(gtin)
        "`{gtin}` is not a GTIN: write 8, 12, 13 or 14 digits."
        "«{gtin}» — не GTIN: напишите 8, 12, 13 или 14 цифр.";
    gtin_check_digit(gtin, digit)
        "GTIN `{gtin}` has a wrong check digit: the last digit should be {digit}."
        "У GTIN «{gtin}» неверная контрольная цифра: последней должна быть {digit}.";
    plu_shape(plu)
        "`{plu}` is not a PLU: write 4 digits, or 5 starting with 8 or 9."
        "«{plu}» — не PLU: напишите 4 цифры или 5, первой из которых 8 или 9.";
    category_length(category, limit)
        "The category `{category}` has more than {limit} bytes: shorten it."
        "В категории «{category}» больше {limit} байтов: сократите её.";
    price_wrong(price, currency, digits, example)
        "The price `{price}` is not an amount of {currency}: write digits with at most {digits} after the point, for example `{example}`."
        "Цена «{price}» — не сумма в {currency}: напишите её цифрами, после точки не больше {digits}, например {example}.";
    price_too_large()
        "The price is too large to be kept: write what it costs."
        "Цена слишком велика, такая не сохранится: напишите, сколько стоит товар.";
    price_bounds(price, limit)
        "The price is {price}: it must lie between zero and {limit}."
        "Цена — {price}, а должна быть от нуля до {limit}.";
    currency_wrong(currency)
        "`{currency}` is not a currency code: use three capital letters of ISO 4217, for example `EUR`."
        "«{currency}» — не код валюты: напишите три заглавные буквы по ISO 4217, например RUB.";
    currencies_mixed(currency, other)
        "Amounts in {currency} and {other} do not go together: write one currency."
        "Суммы в {currency} и {other} вместе не считаются: пишите в одной валюте.";
    currency_unclear()
        "The stores have no currency or several: say which one the price is in."
        "У магазинов нет валюты или их несколько: напишите, в какой валюте цена.";
    unit_unknown(unit)
        "The unit `{unit}` is neither a piece nor a kilogram, and nothing else is sold here."
        "Единица «{unit}» — не штука и не килограмм, а ничем другим здесь не продают.";
    tax_rate_wrong(rate)
        "`{rate}` is no tax rate in percent: write a number."
        "«{rate}» — не ставка НДС в процентах: напишите число.";
    tax_rate_unknown(rate)
        "No tax code has {rate} % in every store: give the stores such a rate, or name the tax code."
        "Нет налогового кода, у которого во всех магазинах ставка {rate} %: заведите магазинам такую ставку или назовите налоговый код.";
    store_without_rate(store, tax_code, others)
        "Store `{store}` has no rate for the tax code `{tax_code}`: use one of these: {others}."
        "У магазина «{store}» нет ставки для налогового кода «{tax_code}»: возьмите один из этих: {others}.";
    store_without_rates(store, tax_code)
        "Store `{store}` has no rate for the tax code `{tax_code}`: give the store its tax rates first."
        "У магазина «{store}» нет ставки для налогового кода «{tax_code}»: сначала задайте магазину налоговые ставки.";
    age_wrong(years, limit)
        "`{years}` is no age limit: write years from 0 (none) to {limit}."
        "«{years}» — не возраст: напишите годы от 0 (без ограничения) до {limit}.";
    archived_wrong(said)
        "`{said}` does not say whether it is archived: write `true` or `false`."
        "Из «{said}» неясно, в архиве ли товар: напишите «да» или «нет».";

    // What changed since the plan was made.
    product_removed(product)
        "The product `{product}` was removed since the plan was made: send the file again if it is to be there."
        "Товар «{product}» удалили после того, как был готов план: если он нужен, отправьте файл ещё раз.";
    row_unreadable(detail)
        "The row cannot be read from the plan ({detail}): send the file again."
        "Строку не удалось прочитать из плана ({detail}): отправьте файл ещё раз.";
    not_written(detail)
        "The row cannot be written ({detail}): put it right, and send the file again."
        "Строку не удалось записать ({detail}): исправьте её и отправьте файл ещё раз.";
}
