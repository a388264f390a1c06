//! The Russian universal transfer document (UPD, KND 1115131): format 5.01 (order of the tax service MMV-7-15/820@) and its
//! successors up to 5.03 (ED-7-26/970@), which renamed some elements. Both names of each are read, whatever version is said.

use crate::document::{DocumentKind, Field, Format, Line, Origin, ParsedDocument, Party, TaxShare, Totals};
use crate::notes;
use crate::reading::Limits;
use crate::units;
use crate::xml::tree::Node;
use crate::xml::values::{Values, attribute, joined, place, without_blanks};

/// Maps the seller's part; the buyer's comes in a file of its own and has no goods.
pub(super) fn document(root: &Node, limits: &Limits) -> ParsedDocument {
    let mut values = Values::default();
    let mut document = ParsedDocument::empty(Format::Upd);
    let node = root.part("Документ");
    let invoice = node.part("СвСчФакт");
    head(root, node, &mut document, &mut values);
    document.supplier = party(invoice.part("СвПрод"));
    document.buyer = party(invoice.part("СвПокуп"));
    document.supplier.iban = attribute(invoice.part("СвПрод").part("БанкРекв"), "НомерСчета");
    references(node, &mut document, &mut values);
    let table = node.part("ТаблСчФакт");
    document.lines =
        values.lines(table.all("СведТов"), limits, |values, node| Some(line(node, values)));
    totals(table.part("ВсегоОпл"), &mut document, &mut values);
    values.into(document)
}

fn head(root: &Node, node: &Node, document: &mut ParsedDocument, values: &mut Values) {
    let invoice = node.part("СвСчФакт");
    let version = root.attribute("ВерсФорм").map(|version| format!("ON_NSCHFDOPPR {version}"));
    let program = root.attribute("ВерсПрог");
    document.producer = match (version, program) {
        (Some(version), Some(program)) => Some(format!("{version}, {program}")),
        (version, program) => version.or(program),
    };
    document.kind = node.attribute("Функция").map(|function| kind(&function, values));
    document.number = first_of(invoice, &["НомерДок", "НомерСчФ"]);
    document.issued = day(invoice, &["ДатаДок", "ДатаСчФ"], values);
    let code = invoice.part("ДенИзм").attribute("КодОКВ").or_else(|| invoice.attribute("КодОКВ"));
    document.currency = code.and_then(|code| currency(&code, values));
}

/// What the document is, by its function: an invoice for the tax, a transfer of goods, or both at once.
fn kind(function: &str, values: &mut Values) -> Field<DocumentKind> {
    let kind = match function {
        "ДОП" | "СвРК" | "СвЗК" | "ДИС" => DocumentKind::DeliveryNote,
        "СЧФ" | "СЧФДОП" => DocumentKind::Invoice,
        _ => {
            values.warn(notes::kind_unknown(function));
            return Field { confidence: 0.5, ..Field::structured(DocumentKind::Invoice) };
        }
    };
    Field::structured(kind)
}

/// The letters of a currency's number (OKV has the numbers of ISO 4217).
fn currency(code: &str, values: &mut Values) -> Option<Field<String>> {
    let letters = match code {
        "643" | "810" => "RUB",
        "840" => "USD",
        "978" => "EUR",
        "156" => "CNY",
        "933" => "BYN",
        "398" => "KZT",
        "051" => "AMD",
        "417" => "KGS",
        "860" => "UZS",
        "949" => "TRY",
        "784" => "AED",
        "356" => "INR",
        "826" => "GBP",
        "756" => "CHF",
        "392" => "JPY",
        _ => {
            values.warn(notes::currency_unknown(code));
            return None;
        }
    };
    Some(Field::structured(letters.to_owned()))
}

/// The order, the delivery note and what is corrected.
fn references(node: &Node, document: &mut ParsedDocument, values: &mut Values) {
    let invoice = node.part("СвСчФакт");
    let transfer = node.part("СвПродПер").part("СвПер");
    document.delivered = day(transfer, &["ДатаПер"], values);
    let is_order = |basis: &&Node| {
        let name = first_of(basis, &["РеквНаимДок", "НаимОсн"]).map(|name| name.value.to_lowercase());
        name.is_some_and(|name| name.contains("заказ") || name.contains("заявк"))
    };
    let order = transfer.all("ОснПер").find(is_order);
    document.order_number = order.and_then(|basis| first_of(basis, &["РеквНомерДок", "НомОсн"]));
    let notes = invoice.one_of(&["ДокПодтвОтгрНом", "ДокПодтвОтгр"]);
    document.delivery_note_number = first_of(notes, &["РеквНомерДок", "НомДокОтгр"]);
    // A correction bears the number of what it corrects, and its own beside it.
    let correction = invoice.one_of(&["ИспрДок", "ИспрСчФ"]);
    if first_of(correction, &["НомИспр", "НомИспрСчФ"]).is_some() {
        document.corrects_number = document.number.clone();
    }
}

fn party(node: &Node) -> Party {
    let ids = node.part("ИдСв");
    let id = ids.one_of(&["СвЮЛУч", "СвИП", "СвФЛУч", "СвФЛУчастФХЖ", "СвИнНеУч"]);
    let inn = first_of(id, &["ИННЮЛ", "ИННФЛ", "ДефИННЮЛ"]);
    let tax_id = match (inn, id.attribute("КПП")) {
        (Some(inn), Some(kpp)) => Some(Field::structured(format!("{}/{kpp}", inn.value))),
        (inn, _) => inn,
    };
    let address = node.part("Адрес");
    let russian = address.one_of(&["АдрРФ", "АдрГАР"]);
    let foreign = attribute(address.part("АдрИнф"), "КодСтр");
    let contact = node.part("Контакт");
    Party {
        name: name(id),
        tax_id: tax_id.map(without_blanks),
        registration_id: first_of(id, &["ОГРН", "ОГРНИП"]),
        address: address_line(address),
        country: match foreign {
            Some(code) => country(&code.value),
            None => (!russian.name.is_empty()).then(|| Field::structured("RU".to_owned())),
        },
        email: first_of(contact, &["ЭлПочта"]).or_else(|| contact.text_at("ЭлПочта").map(Field::structured)),
        phone: first_of(contact, &["Тлф"]).or_else(|| contact.text_at("Тлф").map(Field::structured)),
        ..Party::default()
    }
}

/// A firm's name, or a person's with the title that the form prints before it.
fn name(id: &Node) -> Option<Field<String>> {
    let person = id.part("ФИО");
    let parts = ["Фамилия", "Имя", "Отчество"]
        .iter()
        .filter_map(|part| person.attribute(part))
        .collect::<Vec<_>>()
        .join(" ");
    let title = if id.name == "СвИП" { "ИП " } else { "" };
    first_of(id, &["НаимОрг"])
        .or_else(|| (!parts.is_empty()).then(|| Field::structured(format!("{title}{parts}"))))
}

fn address_line(address: &Node) -> Option<Field<String>> {
    if let Some(foreign) = address.child("АдрИнф") {
        return attribute(foreign, "АдрТекст");
    }
    if let Some(register) = address.child("АдрГАР") {
        let part = |name: &str| register.part(name);
        // The register names each level with its kind: `г`, `ул`, `д`.
        let level = |name: &str| {
            let (kind, name) =
                (first_of(part(name), &["Тип", "Вид"]), first_of(part(name), &["Наим", "Номер"]));
            place(kind.map(|kind| kind.value), name.map(|name| name.value))
        };
        return joined(&[
            register.attribute("Индекс"),
            register.text_at("НаимРегион"),
            level("МуниципРайон"),
            level("НаселенПункт"),
            level("ЭлУлДорСети"),
            level("Здание"),
            level("ПомещЗдания"),
        ]);
    }
    let russian = address.part("АдрРФ");
    let parts = ["Индекс", "НаимРегион", "Район", "Город", "НаселПункт", "Улица", "Дом", "Корпус", "Кварт"];
    joined(&parts.map(|part| russian.attribute(part)))
}

/// The letters of the countries that trade with Russian shops (OKSM has the numbers of ISO 3166).
fn country(code: &str) -> Option<Field<String>> {
    const COUNTRIES: [(&str, &str); 16] = [
        ("643", "RU"),
        ("112", "BY"),
        ("398", "KZ"),
        ("051", "AM"),
        ("417", "KG"),
        ("860", "UZ"),
        ("156", "CN"),
        ("792", "TR"),
        ("276", "DE"),
        ("380", "IT"),
        ("250", "FR"),
        ("356", "IN"),
        ("688", "RS"),
        ("784", "AE"),
        ("031", "AZ"),
        ("268", "GE"),
    ];
    let (_, letters) = COUNTRIES.iter().find(|(number, _)| *number == code)?;
    Some(Field::structured((*letters).to_owned()))
}

fn line(node: &Node, values: &mut Values) -> Line {
    let more = node.part("ДопСведТов");
    let unit_name = first_of(node, &["НаимЕдИзм"]).or_else(|| first_of(more, &["НаимЕдИзм"]));
    let okei = node.attribute("ОКЕИ_Тов");
    let unit_code = unit_code(okei.as_deref(), unit_name.as_ref(), values);
    let gtin = gtin(node, more);
    let is_gtin = |code: &Field<String>| gtin.as_ref().is_some_and(|gtin| gtin.value == code.value);
    let article =
        first_of(more, &["АртикулТов"]).or_else(|| first_of(more, &["КодТов"]).filter(|code| !is_gtin(code)));
    let mut line = Line {
        position: first_of(node, &["НомСтр"]),
        name: first_of(node, &["НаимТов"]),
        description: first_of(more, &["ХарактерТов"]),
        gtin,
        supplier_article: article,
        unit: unit_name.or_else(|| okei.map(Field::structured)),
        unit_code: unit_code.map(str::to_owned),
        lot: first_of(more, &["СерияТов"]),
        quantity: number(node, "КолТов", values),
        unit_price: number(node, "ЦенаТов", values),
        net_amount: number(node, "СтТовБезНДС", values),
        gross_amount: number(node, "СтТовУчНал", values),
        ..Line::default()
    };
    line.tax_rate = node.attribute("НалСт").and_then(|rate| tax_rate(&rate, values));
    line.tax_amount = tax(node.part("СумНал"), values);
    line
}

/// The unit by its number and by its name. Programs that know no number write that of the piece, so the name weighs more.
fn unit_code(okei: Option<&str>, name: Option<&Field<String>>, values: &mut Values) -> Option<&'static str> {
    let by_number = okei.and_then(units::by_okei);
    let by_name = name.and_then(|name| units::by_name(&name.value));
    if let (Some(number), Some(named), Some(okei), Some(name)) = (by_number, by_name, okei, name)
        && number != named
    {
        values.warn(notes::unit_differs(&name.value, okei));
    }
    by_name.or(by_number)
}

/// A GTIN of its own (5.03), that of a marked group, or an article number that is one.
fn gtin(node: &Node, more: &Node) -> Option<Field<String>> {
    let marks = more.all("НомСредИдентТов").chain(node.all("НомСредИдентТов"));
    let is_gtin = |field: &Field<String>| domain::gtin::Gtin::parse(&field.value).is_ok();
    first_of(more, &["ГТИН"])
        .or_else(|| first_of(more, &["КодТов"]).filter(is_gtin))
        .or_else(|| marks.flat_map(|mark| mark.all("КИЗ")).find_map(|mark| marked(&mark.words()?)))
}

/// The GTIN within a mark of "Честный знак": `01`, 14 digits, `21` and the serial number.
fn marked(mark: &str) -> Option<Field<String>> {
    let digits = mark.strip_prefix("01")?.get(..14)?;
    domain::gtin::Gtin::parse(digits).is_ok().then(|| Field::structured(digits.to_owned()))
}

/// `20%`, `10/110`, `без НДС`, `НДС исчисляется налоговым агентом` and `-`.
fn tax_rate(text: &str, values: &mut Values) -> Option<Field<rust_decimal::Decimal>> {
    let lower = text.to_lowercase();
    if lower.contains("без") {
        return Some(Field { origin: Origin::Computed, ..Field::structured(rust_decimal::Decimal::ZERO) });
    }
    if lower == "-" || lower.contains("агент") {
        return None;
    }
    // A rate within the price is written as a fraction of it.
    let percent = text.split_once('/').map_or(text, |(percent, _)| percent).trim().trim_end_matches('%');
    values.number("НалСт", percent)
}

/// A sum of tax, of a line or of all; without tax there is a word for it.
fn tax(node: &Node, values: &mut Values) -> Option<Field<rust_decimal::Decimal>> {
    node.text_at("СумНал").and_then(|sum| values.number("СумНал", &sum))
}

fn totals(node: &Node, document: &mut ParsedDocument, values: &mut Values) {
    let gross = number(node, "СтТовУчНалВсего", values);
    let net = number(node, "СтТовБезНДСВсего", values);
    let tax = tax(node.part("СумНалВсего"), values);
    // Rates are said line by line only; with one rate the totals are its share.
    let mut rates: Vec<_> = document.lines.iter().filter_map(|line| line.tax_rate.clone()).collect();
    rates.dedup_by(|a, b| a.value == b.value);
    if let ([rate], true) = (rates.as_slice(), net.is_some()) {
        let share =
            TaxShare { rate: Some(rate.clone()), category: None, basis: net.clone(), amount: tax.clone() };
        document.taxes.push(share);
    }
    document.totals = Totals { net, tax, gross, ..Totals::default() };
}

fn first_of(node: &Node, names: &[&str]) -> Option<Field<String>> {
    names.iter().find_map(|name| attribute(node, name))
}

fn number(node: &Node, name: &str, values: &mut Values) -> Option<Field<rust_decimal::Decimal>> {
    node.attribute(name).and_then(|text| values.number(name, &text))
}

fn day(node: &Node, names: &[&str], values: &mut Values) -> Option<Field<jiff::civil::Date>> {
    let (name, text) = names.iter().find_map(|name| node.attribute(name).map(|text| (*name, text)))?;
    values.day(name, &text)
}
