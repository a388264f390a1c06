//! What columns are called.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Position,
    Article,
    BuyerArticle,
    Gtin,
    Name,
    Description,
    Unit,
    /// The unit's code beside its name, as Russian forms have it.
    UnitCode,
    Quantity,
    PackQuantity,
    Price,
    PriceGross,
    Discount,
    TaxRate,
    TaxAmount,
    Net,
    Gross,
    /// A sum that does not say whether tax is in it.
    Amount,
    Lot,
    Expires,
    Currency,
    /// A heading that is repeated in each row.
    Section,
    /// Known, and nothing that a line carries.
    Other,
}

/// Beginnings of words, in lower case, with `|` between them; where several fit, the longest counts.
const WORDS: &[(Role, &str)] = &[
    (
        Role::Position,
        "№ п/п|№ п п|№ пп|п/п|п п|№|номер по порядку|номер строки|номер п п|поз|позиция|pos|\
         position|line no|line number|item no|lfd nr|nr|no|#|line|n°|ligne|riga",
    ),
    (
        Role::Article,
        "артикул|арт|код|код товара|товар код|код номенклатуры|код изделия|код поставщика|\
         каталожный номер|шифр|обоснование|шифр расценки|article number|article no|\
         article code|article|item code|item number|item no|item #|product code|product no|\
         product id|sku|part number|part no|code|ref|reference|catalog number|artikelnummer|\
         artikel nr|art nr|artnr|bestellnummer|bestell nr|materialnummer|référence|réf|\
         code article|codice|codice articolo|cod|cod art|mpn|model|модель|vendor sku|\
         ordnungszahl|oz",
    ),
    (
        Role::BuyerArticle,
        "код покупателя|ваш артикул|your item|your article|customer item|buyer article|\
         ihre artikel|kundenartikel|votre réf",
    ),
    (
        Role::Gtin,
        "штрихкод|штрих код|штрих|баркод|ean|ean13|gtin|upc|barcode|bar code|code barre|\
         codice a barre|strichcode|gencod",
    ),
    (
        Role::Name,
        "наименование|наименование товара|наименование характеристика|наименование работ|\
         товар наименование|товар|номенклатура|название|продукция|продукт|\
         товары работы услуги|наименование работ и затрат|product name|product|item name|\
         item|item description|description of goods|goods|article name|name|description|\
         artikelbezeichnung|bezeichnung|artikel|beschreibung|produkt|ware|produktname|\
         leistung|désignation|designation|libellé|produit|descrizione|articolo|prodotto|\
         denominazione|denominazione articolo|wine|kurztext",
    ),
    (
        Role::Description,
        "описание|характеристика|характеристики|примечание|комментарий|состав|details|\
         specification|notes|remark|langtext|bemerkung|note|commentaire",
    ),
    (
        Role::Unit,
        "ед|ед изм|едизм|единица|единица измерения|единица измерения наименование|\
         единица измерения условное|uom|unit|unit of measure|units|me|einheit|mengeneinheit|\
         unité|unità|um|u m|un misura|udm",
    ),
    (Role::UnitCode, "код по океи|океи|единица измерения код|код единицы|код ед"),
    (
        Role::Quantity,
        "кол|кол во|колво|количество|количество объем|количество масса нетто|объем|заказ|\
         отпущено|к заказу|qty|quantity|quant|ordered|delivered|menge|anzahl|stückzahl|\
         quantité|qté|quantità|q tà|qta",
    ),
    (
        Role::PackQuantity,
        "в упаковке|в упак|шт в уп|шт в упак|шт в коробе|шт в кор|шт в ящике|штук в|\
         кол во в уп|кол во в кор|количество в упаковке|количество в коробе|\
         количество в одном месте|кратность|норма упаковки|фасовка|вложение|в коробке|\
         pack size|case size|case qty|pcs per|per case|per carton|per box|units per|pack qty|\
         inner|ve|vpe|verpackungseinheit|stück pro|stk ve|inhalt|conditionnement|pcb|\
         colisage|pezzi per|confezione|pz conf|pz ct|pack",
    ),
    (
        Role::Price,
        "цена|цена без|цена за|цена тариф|цена опт|опт|оптовая|закупочная|цена закуп|\
         стоимость единицы|стоимость за единицу|стоимость ед|цена за ед|отпускная цена|price|\
         unit price|net price|unit cost|cost|rate|price excl|wholesale|wholesale price|\
         trade price|preis|einzelpreis|e preis|ep|stückpreis|netto preis|nettopreis|ek|\
         ek preis|einkaufspreis|prix|prix unitaire|p u|pu ht|prix ht|prix net|prezzo|\
         prezzo unitario|prezzo netto|listino|listenpreis|prezzo listino",
    ),
    (
        Role::PriceGross,
        "цена с ндс|цена с учетом ндс|цена вкл ндс|цена включая ндс|цена с налогом|\
         price incl|price with vat|price inc|gross price|unit price incl|bruttopreis|\
         preis brutto|preis inkl|einzelpreis brutto|prix ttc|pu ttc|prix unitaire ttc|\
         prezzo ivato|prezzo iva inclusa|prezzo lordo",
    ),
    (Role::Discount, "скидка|discount|disc|rabatt|nachlass|remise|sconto"),
    (
        Role::TaxRate,
        "ставка ндс|ндс ставка|ндс %|% ндс|налоговая ставка|vat %|vat rate|tax rate|tax %|\
         mwst satz|mwst %|mwst|ust|ust %|ust satz|steuersatz|steuer|taux tva|tva|tva %|\
         aliquota|iva|iva %|aliquota iva|vat",
    ),
    (
        Role::TaxAmount,
        "ндс|сумма ндс|ндс сумма|сумма налога|vat amount|tax amount|tax|mwst betrag|\
         steuerbetrag|montant tva|importo iva|imposta",
    ),
    (
        Role::Net,
        "сумма без|сумма без ндс|сумма без учета|стоимость без|\
         стоимость товаров работ услуг имущественных прав без|стоимость товаров без|\
         всего без|net amount|net total|amount excl|total excl|line net|nettobetrag|netto|\
         gesamt netto|summe netto|montant ht|total ht|imponibile|totale netto|importo netto",
    ),
    (
        Role::Gross,
        "сумма с ндс|сумма с учетом|стоимость с ндс|стоимость с налогом|\
         стоимость товаров работ услуг имущественных прав с|стоимость товаров с налогом|\
         всего с ндс|сумма вкл|gross amount|gross total|amount incl|total incl|bruttobetrag|\
         brutto|gesamt brutto|total ttc|montant ttc|totale ivato|totale lordo",
    ),
    (
        Role::Amount,
        "сумма|стоимость|всего|итого|общая стоимость|стоимость всего|сметная стоимость|\
         amount|total|line total|total price|extended|ext price|value|gesamt|gesamtpreis|\
         g preis|gp|summe|betrag|gesamtbetrag|montant|prix total|importo|totale|prezzo totale",
    ),
    (Role::Lot, "партия|серия|номер партии|lot|batch|charge|lotto|numéro de lot"),
    (
        Role::Expires,
        "срок годности|годен до|срок|best before|expiry|expires|exp date|mhd|haltbar|dlc|ddm|\
         scadenza",
    ),
    (Role::Currency, "валюта|currency|währung|devise|valuta"),
    (
        Role::Section,
        "группа|категория|раздел|товарная группа|category|group|product group|warengruppe|\
         kategorie|gruppe|catégorie|famille|categoria|famiglia",
    ),
    (
        Role::Other,
        "страна|country|herkunft|pays|origine|вес|масса|масса брутто|количество мест|\
         количество в одном|мест|мест штук|вид упаковки|вид операции|код вида товара|акциз|\
         в том числе сумма акциза|гтд|регистрационный номер|номер таможенной|остаток|наличие|\
         склад|stock|availability|bestand|weight|gewicht|poids|peso|фото|photo|image|бренд|\
         производитель|brand|manufacturer|hersteller|marke|marque|marca|ррц|рекомендованная|\
         рекомендуемая розничная|розничная|цена розн|розница|retail|rrp|msrp|retail price|\
         recommended|uvp|vk|vk preis|pvc|цифровой код|страна происхождения|объем л|поставщик|\
         кратность заказа|минимальный|min order|moq|mindest|date|дата|код вида|\
         country of origin|hs code|тн вэд|zolltarif|к формуле|коэффициент|норма расхода",
    ),
];

/// Words after which a price or a sum has tax in it.
const WITH_TAX: [&str; 16] = [
    "с ндс",
    "с учетом ндс",
    "вкл ндс",
    "включая ндс",
    "в т ч ндс",
    "с налогом",
    "incl vat",
    "inc vat",
    "incl tax",
    "including vat",
    "with vat",
    "inkl mwst",
    "inkl ust",
    "brutto",
    "ttc",
    "iva inclusa",
];

/// A text as it is compared: lower case, `ё` as `е`, marks as blanks.
pub(super) fn plain(text: &str) -> String {
    let mapped: String = text
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'ё' => 'е',
            c if c.is_alphanumeric() || "№#%/°²³".contains(c) => c,
            _ => ' ',
        })
        .collect();
    mapped.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a column with this heading holds, and how much of the heading says so.
pub(super) fn role(heading: &str) -> Option<(Role, usize)> {
    let text = plain(heading);
    let best = WORDS.iter().filter_map(|(role, phrases)| {
        let known = phrases.split('|').filter(|phrase| stands_in(&text, phrase));
        let longest = known.map(|phrase| phrase.chars().count()).max()?;
        Some((*role, longest))
    });
    let (role, length) = best.max_by_key(|(_, length)| *length)?;
    let has_tax = has_tax(&text);
    let role = match role {
        Role::Price if has_tax => Role::PriceGross,
        Role::Amount if has_tax => Role::Gross,
        role => role,
    };
    Some((role, length))
}

/// Whether a plain text says that tax is in the sum.
pub(super) fn has_tax(plain: &str) -> bool {
    WITH_TAX.iter().any(|phrase| stands_in(plain, phrase))
}

/// Whether a phrase begins at a word of the text. Short ones are whole words; longer ones may be the beginning of a word.
pub(super) fn stands_in(text: &str, phrase: &str) -> bool {
    let is_short = phrase.chars().count() <= 4;
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        before.is_none_or(|c| c == ' ' || c == '/')
            && (!is_short || after.is_none_or(|c| !c.is_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::{Role, role};

    #[test]
    fn headings_are_understood_in_five_languages() {
        for (heading, expected) in [
            ("№ п/п", Role::Position),
            ("Наименование товара, работ, услуг", Role::Name),
            ("Цена с НДС, руб.", Role::PriceGross),
            ("Цена без НДС", Role::Price),
            ("Цена за ед. руб. коп.", Role::Price),
            ("Сумма без учета НДС", Role::Net),
            ("НДС ставка, %", Role::TaxRate),
            ("НДС сумма, руб. коп.", Role::TaxAmount),
            ("Сумма с учётом НДС", Role::Gross),
            ("Единица измерения код по ОКЕИ", Role::UnitCode),
            ("Ед. изм.", Role::Unit),
            ("Кол-во", Role::Quantity),
            ("Кол-во в упаковке", Role::PackQuantity),
            ("Штрихкод", Role::Gtin),
            ("Артикул", Role::Article),
            ("РРЦ, руб", Role::Other),
            ("Article no.", Role::Article),
            ("Description", Role::Name),
            ("Unit price", Role::Price),
            ("VAT %", Role::TaxRate),
            ("Line total", Role::Amount),
            ("Art.-Nr.", Role::Article),
            ("Bezeichnung", Role::Name),
            ("Menge", Role::Quantity),
            ("E-Preis", Role::Price),
            ("Gesamtpreis", Role::Amount),
            ("MwSt.-Satz", Role::TaxRate),
            ("Désignation", Role::Name),
            ("P.U. HT", Role::Price),
            ("Prix TTC", Role::PriceGross),
            ("Quantità", Role::Quantity),
            ("Prezzo unitario", Role::Price),
            ("Descrizione", Role::Name),
            ("Обоснование", Role::Article),
        ] {
            assert_eq!(role(heading).map(|(role, _)| role), Some(expected), "{heading}");
        }
        assert_eq!(role("Молоко 3,2%"), None);
    }
}
