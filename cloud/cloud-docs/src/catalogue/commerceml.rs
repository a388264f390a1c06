//! CommerceML 2, the exchange format of 1C (<https://v8.1c.ru/tekhnologii/obmen-dannymi-i-integratsiya/standarty-i-formaty/>):
//! `import.xml` says what products there are, `offers.xml` what they cost. They are joined by `Ид`.
//!
//! What the format has no element for (names in other languages, PLU, age limit, our own tax codes) stands in `ЗначенияРеквизитов`, whose
//! names are [`PROPERTIES`]; the export writes the same. Where it names languages, those are all the names that there are.

use crate::notes::{self, Note};
use std::collections::BTreeMap;

use super::columns::{Field, is_language, put};
use super::values::{amount, currency};
use super::{CatalogueFile, CatalogueFormat, CatalogueRecord, CatalogueRow, RowProblem, tell};
use crate::xml::tree::{self, Node};

/// The root of every file.
const ROOT: &str = "КоммерческаяИнформация";
/// Elements that are taken whole.
const TAKEN: [&str; 4] = ["Группа", "Товар", "Предложение", "ТипЦены"];
/// How deep groups lie in one another.
const GROUPS_DEEP: usize = 20;
/// Values beside the elements of the format, and the field that each is of; a name in a language begins with `Наименование:`.
const PROPERTIES: [(&str, Field); 7] = [
    ("ПЛУ", Field::Plu),
    ("ВозрастноеОграничение", Field::AgeLimit),
    ("КодНалога", Field::TaxCode),
    ("Семейство", Field::Family),
    ("Архив", Field::Archived),
    ("Единица", Field::Unit),
    ("Категория", Field::Category),
];
/// What a value that is a name in some language begins with.
const NAME_PROPERTY: &str = "Наименование:";
/// Codes of the classification of units (OKEI) for what a product may be sold in here.
const UNITS: [(&str, &str); 3] = [("796", "piece"), ("166", "kg"), ("163", "g")];

/// What is known of the files so far.
#[derive(Default)]
struct Reading {
    /// Groups by id.
    groups: BTreeMap<String, String>,
    /// Types of prices by id: which of them is named first, and their currencies.
    price_types: BTreeMap<String, (usize, Option<String>)>,
    rows: Vec<CatalogueRow>,
    /// Where each product's row is.
    by_id: BTreeMap<String, usize>,
    is_partial: bool,
    notes: Vec<Note>,
    /// Offers of variants, which are left out.
    variants: usize,
}

/// In which order files of one exchange are read: what others name by an id first. Newer versions of 1C write groups and types of prices
/// into files of their own.
pub(super) fn rank(path: &str) -> u8 {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match () {
        () if is(&["groups", "classifier", "pricelists"]) => 0,
        () if is(&["import", "goods"]) => 1,
        () if is(&["offers"]) => 2,
        () => 3,
    }
}

/// Reads files that belong together; an error is of the file at that place.
pub(super) fn read(texts: &[&str]) -> Result<CatalogueFile, (usize, Note)> {
    let mut reading = Reading::default();
    for (place, text) in texts.iter().enumerate() {
        reading.file(text).map_err(|why| (place, why))?;
    }
    Ok(reading.finish())
}

fn says_changes_only(node: &Node) -> bool {
    node.name.starts_with("Изменения") || node.attribute("СодержитТолькоИзменения").as_deref() == Some("true")
}

impl Reading {
    fn file(&mut self, text: &str) -> Result<(), Note> {
        let root = tree::root_of(text).ok_or_else(notes::no_element)?;
        if root.name != ROOT {
            return Err(notes::no_commerceml(root.name));
        }
        tree::each(text, &TAKEN, |around, node| {
            self.is_partial |= around.iter().any(says_changes_only);
            match node.name.as_str() {
                "Группа" => self.group(&node, 0),
                "ТипЦены" => self.price_type(&node),
                "Товар" => self.product(&node),
                _ => self.offer(&node),
            }
            Ok(())
        })
    }

    fn group(&mut self, node: &Node, depth: usize) {
        if let (Some(id), name) = (node.text_at("Ид"), node.part("Наименование").text.clone()) {
            self.groups.insert(id, name);
        }
        for groups in node.all("Группы").filter(|_| depth < GROUPS_DEEP) {
            for group in groups.all("Группа") {
                self.group(group, depth + 1);
            }
        }
    }

    fn price_type(&mut self, node: &Node) {
        if let Some(id) = node.text_at("Ид") {
            let place = self.price_types.len();
            self.price_types.entry(id).or_insert_with(|| (place, node.text_at("Валюта")));
        }
    }

    /// The row of a product, which is made where there is none yet.
    fn row(&mut self, node: &Node) -> Option<&mut CatalogueRow> {
        let said = node.text_at("Ид").unwrap_or_default();
        let number = u32::try_from(self.rows.len() + 1).unwrap_or(u32::MAX);
        if said.is_empty() {
            let problem = Some(RowProblem::NoId);
            self.rows.push(CatalogueRow { number, problem, ..CatalogueRow::default() });
            return None;
        }
        if said.contains('#') {
            self.variants += 1;
            return None;
        }
        let index = match self.by_id.get(&said) {
            Some(index) => *index,
            None => {
                tell(self.rows.len());
                let record = CatalogueRecord { id: Some(said.to_lowercase()), ..CatalogueRecord::default() };
                self.rows.push(CatalogueRow { number, record, problem: None });
                self.by_id.insert(said, self.rows.len() - 1);
                self.rows.len() - 1
            }
        };
        self.rows.get_mut(index)
    }

    fn product(&mut self, node: &Node) {
        let group = node.at("Группы/Ид").and_then(Node::words);
        let category = group.and_then(|id| self.groups.get(&id).cloned());
        let Some(row) = self.row(node) else { return };
        let record = &mut row.record;
        common(record, node);
        if let Some(category) = category.filter(|name| !name.trim().is_empty()) {
            put(record, &Field::Category, category);
        }
        if let Some(rate) = node.text_at("СтавкиНалогов/СтавкаНалога/Ставка") {
            record.tax_rate = Some(rate);
        }
        let is_gone = node.text_at("ПометкаУдаления").as_deref() == Some("true")
            || node.attribute("Статус").is_some_and(|state| state.to_lowercase().starts_with("удал"));
        if is_gone {
            record.archived = Some("true".to_owned());
        }
        let mut names = BTreeMap::new();
        for value in node.all("ЗначенияРеквизитов").flat_map(|values| values.all("ЗначениеРеквизита"))
        {
            let name = value.part("Наименование").words().unwrap_or_default();
            let text = value.part("Значение").text.clone();
            if let Some(language) = name.strip_prefix(NAME_PROPERTY).filter(|language| is_language(language))
            {
                names.insert(language.to_owned(), text);
            } else if let Some((_, field)) = PROPERTIES.iter().find(|(known, _)| *known == name)
                && !text.trim().is_empty()
            {
                put(record, field, text);
            }
        }
        if !names.is_empty() {
            record.names = names;
        }
    }

    fn offer(&mut self, node: &Node) {
        let price = self.price(node);
        let Some(row) = self.row(node) else { return };
        let record = &mut row.record;
        // What the catalogue says counts; an offer alone says it too.
        if record.names.is_empty() && record.sku.is_none() {
            common(record, node);
        }
        if let Some((price, code)) = price {
            record.price = price;
            record.currency = code;
        }
    }

    /// What an offer costs, and in which currency. The first type that the file names is the one that is meant for the shop.
    fn price(&self, offer: &Node) -> Option<(Option<String>, Option<String>)> {
        let prices = offer.all("Цены").flat_map(|prices| prices.all("Цена"));
        let typed = prices.map(|price| {
            let id = price.text_at("ИдТипаЦены");
            (price, id.and_then(|id| self.price_types.get(&id)))
        });
        let place = |(_, of): &(&Node, Option<&(usize, Option<String>)>)| of.map_or(usize::MAX, |of| of.0);
        let (price, of) = typed.min_by_key(place)?;
        let code = price.text_at("Валюта").or_else(|| of.and_then(|(_, code)| code.clone()));
        let code = code.map(|code| currency(&code));
        Some((price.text_at("ЦенаЗаЕдиницу").map(|text| amount(&text)), code))
    }

    fn finish(mut self) -> CatalogueFile {
        if self.variants > 0 {
            self.notes.push(notes::variants_left_out(self.variants));
        }
        if self.price_types.len() > 1 {
            self.notes.push(notes::many_price_types());
        }
        CatalogueFile {
            format: CatalogueFormat::CommerceMl,
            rows: self.rows,
            unknown_columns: Vec::new(),
            notes: self.notes,
            is_partial: self.is_partial,
        }
    }
}

/// What products and offers say alike.
fn common(record: &mut CatalogueRecord, node: &Node) {
    for (name, field) in [("Артикул", Field::Sku), ("Наименование", Field::Name("ru".to_owned()))]
    {
        let text = &node.part(name).text;
        if !text.trim().is_empty() {
            put(record, &field, text.clone());
        }
    }
    if let Some(gtin) = node.text_at("Штрихкод") {
        record.gtin = Some(gtin);
    }
    if let Some(unit) = node.child("БазоваяЕдиница") {
        let code = unit.attribute("Код");
        let known = UNITS.iter().find(|(known, _)| Some(*known) == code.as_deref());
        let said = known.map(|(_, word)| (*word).to_owned()).or_else(|| unit.words()).or(code);
        record.unit = said;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<КоммерческаяИнформация ВерсияСхемы="2.08" ДатаФормирования="2026-11-20">
 <Классификатор><Ид>k</Ид><Группы><Группа><Ид>g1</Ид><Наименование>Продукты</Наименование>
  <Группы><Группа><Ид>g2</Ид><Наименование>Молочные</Наименование></Группа></Группы></Группа></Группы></Классификатор>
 <Каталог СодержитТолькоИзменения="false"><Ид>c</Ид><Товары>
  <Товар><Ид>BD72D8F9-55bc-11d9-848a-00112f43529a</Ид><Штрихкод>4006381333931</Штрихкод><Артикул>М-1</Артикул>
   <Наименование>Молоко &lt;3,2%&gt; 1 л</Наименование><БазоваяЕдиница Код="796" НаименованиеПолное="Штука">шт</БазоваяЕдиница>
   <Группы><Ид>g2</Ид></Группы><СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование><Ставка>10</Ставка></СтавкаНалога></СтавкиНалогов></Товар>
  <Товар Статус="Удален"><Ид>gone</Ид><Наименование>Кефир</Наименование></Товар>
  <Товар><Наименование>Без номера</Наименование></Товар>
 </Товары></Каталог></КоммерческаяИнформация>"#;
    const OFFERS: &str = r#"<КоммерческаяИнформация ВерсияСхемы="2.08"><ПакетПредложений СодержитТолькоИзменения="true"><Ид>o</Ид>
 <ТипыЦен><ТипЦены><Ид>retail</Ид><Наименование>Розничная</Наименование><Валюта>руб</Валюта></ТипЦены><ТипЦены><Ид>bulk</Ид><Валюта>руб</Валюта></ТипЦены></ТипыЦен>
 <Предложения><Предложение><Ид>BD72D8F9-55bc-11d9-848a-00112f43529a</Ид><Цены>
  <Цена><ИдТипаЦены>bulk</ИдТипаЦены><ЦенаЗаЕдиницу>70</ЦенаЗаЕдиницу></Цена>
  <Цена><ИдТипаЦены>retail</ИдТипаЦены><ЦенаЗаЕдиницу>89,90</ЦенаЗаЕдиницу></Цена></Цены></Предложение>
  <Предложение><Ид>gone#red</Ид></Предложение></Предложения></ПакетПредложений></КоммерческаяИнформация>"#;

    #[test]
    fn products_and_offers_are_joined() {
        let file = read(&[IMPORT, OFFERS]).unwrap();
        assert!(file.is_partial && file.rows.len() == 3, "{file:?}");
        let milk = &file.rows[0].record;
        assert_eq!(milk.id.as_deref(), Some("bd72d8f9-55bc-11d9-848a-00112f43529a"));
        assert_eq!((milk.sku.as_deref(), milk.gtin.as_deref()), (Some("М-1"), Some("4006381333931")));
        assert_eq!(milk.names["ru"], "Молоко <3,2%> 1 л");
        assert_eq!((milk.category.as_deref(), milk.tax_rate.as_deref()), (Some("Молочные"), Some("10")));
        assert_eq!((milk.price.as_deref(), milk.currency.as_deref()), (Some("89.9"), Some("RUB")));
        assert_eq!(milk.unit.as_deref(), Some("piece"));
        assert_eq!(file.rows[1].record.archived.as_deref(), Some("true"));
        assert_eq!(file.rows[2].problem, Some(RowProblem::NoId));
        assert_eq!(file.notes.len(), 2, "{:?}", file.notes);
    }

    #[test]
    fn what_others_name_comes_first() {
        let mut names = [
            "prices__1.xml",
            "offers.zip/offers__1.xml",
            "offers.zip/import__1.xml",
            "goods/1/import.xml",
            "priceLists__1.xml",
            "groups__1.xml",
        ];
        names.sort_by_key(|name| (rank(name), *name));
        assert_eq!(
            names,
            [
                "groups__1.xml",
                "priceLists__1.xml",
                "goods/1/import.xml",
                "offers.zip/import__1.xml",
                "offers.zip/offers__1.xml",
                "prices__1.xml"
            ]
        );
    }

    #[test]
    fn what_is_no_commerceml_or_pulls_in_files_is_refused() {
        let check = |text: &str, words: &str| {
            let problem = read(&[text]).unwrap_err().1.text;
            assert!(problem.contains(words), "{problem}");
        };
        check("<Invoice/>", "Invoice");
        check(
            &IMPORT.replace(
                "<КоммерческаяИнформация",
                "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><КоммерческаяИнформация",
            ),
            "DTD",
        );
        check(&IMPORT[..IMPORT.rfind("</Товары>").unwrap()], "before its elements do");
    }
}
