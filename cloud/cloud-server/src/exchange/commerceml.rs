//! CommerceML 2, as 1C reads and writes it: a catalogue as `import.xml` and `offers.xml`, and sales as documents.
//!
//! Elements and their order are those of the format's schema 2.08 (<https://v8.1c.ru/tekhnologii/obmen-dannymi-i-integratsiya/standarty-i-formaty/standarty-commerceml/>).

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use cloud_store::StoredProduct;
use domain::money::Money;
use domain::product::Product;
use domain::quantity::{Measure, Quantity};
use domain::sale::{LineItem, Sale};
use domain::time::WallMs;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};
use sync_core::catalogue_document::product_record;
use uuid::Uuid;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::files::{CatalogueWriter, Head};
use crate::roles::now;

/// The version of the schema that files name.
const VERSION: &str = "2.08";
/// What the catalogue, its groups and its prices are called by; they are the same in each file.
const CATALOGUE: &str = "tillsight-catalogue";
const PRICE_TYPE: &str = "tillsight-retail";

/// A ZIP of both files. Offers wait in a file beside until the products are whole: a ZIP is written one file after another.
pub(super) struct CommerceMl {
    zip: ZipWriter<File>,
    offers: BufWriter<File>,
    offers_at: PathBuf,
    head: Head,
}

impl CommerceMl {
    pub(super) fn begin(path: &Path, head: Head) -> anyhow::Result<Self> {
        let mut zip = ZipWriter::new(File::create(path)?);
        zip.start_file("import.xml", SimpleFileOptions::default())?;
        write!(zip, "{}", root())?;
        write!(zip, "<Классификатор><Ид>{CATALOGUE}</Ид><Наименование>Tillsight</Наименование><Группы>")?;
        for category in head.families.keys() {
            let id = group_id(category);
            write!(zip, "<Группа><Ид>{id}</Ид><Наименование>{}</Наименование></Группа>", escaped(category))?;
        }
        write!(
            zip,
            "</Группы></Классификатор>\n<Каталог СодержитТолькоИзменения=\"false\"><Ид>{CATALOGUE}</Ид><ИдКлассификатора>{CATALOGUE}</ИдКлассификатора><Наименование>Tillsight</Наименование><Товары>"
        )?;
        let offers_at = path.with_extension("offers");
        let mut offers = BufWriter::new(File::create(&offers_at)?);
        write!(offers, "{}", root())?;
        write!(
            offers,
            "<ПакетПредложений СодержитТолькоИзменения=\"false\"><Ид>{CATALOGUE}</Ид><Наименование>Tillsight</Наименование><ИдКаталога>{CATALOGUE}</ИдКаталога><ИдКлассификатора>{CATALOGUE}</ИдКлассификатора><ТипыЦен><ТипЦены><Ид>{PRICE_TYPE}</Ид><Наименование>Розничная</Наименование></ТипЦены></ТипыЦен><Предложения>"
        )?;
        Ok(Self { zip, offers, offers_at, head })
    }
}

impl CatalogueWriter for CommerceMl {
    fn product(&mut self, stored: &StoredProduct) -> anyhow::Result<()> {
        write!(self.zip, "{}", product(stored, &self.head))?;
        let Product { id, price, .. } = &stored.product;
        let record = product_record(&stored.product);
        write!(
            self.offers,
            "\n<Предложение><Ид>{id}</Ид>{}<Цены><Цена><Представление>{} {} за {}</Представление><ИдТипаЦены>{PRICE_TYPE}</ИдТипаЦены><ЦенаЗаЕдиницу>{}</ЦенаЗаЕдиницу><Валюта>{}</Валюта><Единица>{}</Единица></Цена></Цены></Предложение>",
            called(&stored.product),
            record.price,
            price.amount.currency,
            unit_word(price.per),
            record.price,
            price.amount.currency,
            unit_word(price.per),
        )?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        write!(self.zip, "\n</Товары></Каталог>\n</КоммерческаяИнформация>\n")?;
        write!(self.offers, "\n</Предложения></ПакетПредложений>\n</КоммерческаяИнформация>\n")?;
        self.offers.flush()?;
        self.zip.start_file("offers.xml", SimpleFileOptions::default())?;
        std::io::copy(&mut File::open(&self.offers_at)?, &mut self.zip)?;
        self.zip.finish()?;
        Ok(std::fs::remove_file(&self.offers_at)?)
    }
}

/// The beginning of a file.
fn root() -> String {
    let made = moment(now());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<КоммерческаяИнформация ВерсияСхемы=\"{VERSION}\" ДатаФормирования=\"{}T{}\">\n",
        made.0, made.1
    )
}

fn product(stored: &StoredProduct, head: &Head) -> String {
    let StoredProduct { product, category, .. } = stored;
    let mut out = format!("\n<Товар><Ид>{}</Ид>{}", product.id, called(product));
    if let Some(category) = category {
        out += &format!("<Группы><Ид>{}</Ид></Группы>", group_id(category));
    }
    let rate = head.stores.iter().find_map(|store| store.details.taxes.rates.get(&product.tax_code));
    if let Some(rate) = rate {
        out += &tax_rate(rate.basis_points);
    }
    out += "<ЗначенияРеквизитов>";
    let mut add = |name: &str, value: &str| {
        out += &format!(
            "<ЗначениеРеквизита><Наименование>{}</Наименование><Значение>{}</Значение></ЗначениеРеквизита>",
            escaped(name),
            escaped(value)
        );
    };
    for (language, name) in &product.name.0 {
        add(&format!("Наименование:{language}"), name);
    }
    add("КодНалога", product.tax_code.as_str());
    add("Архив", if product.archived { "true" } else { "false" });
    if let Some(plu) = product.plu {
        add("ПЛУ", &plu.to_string());
    }
    if let Some(years) = product.age_limit {
        add("ВозрастноеОграничение", &years.to_string());
    }
    let family = category.as_ref().and_then(|category| head.families.get(category));
    if let Some(family) = family.filter(|family| !family.is_empty()) {
        add("Семейство", family);
    }
    out += "</ЗначенияРеквизитов></Товар>";
    out
}

/// What products and offers say alike: numbers, name and unit.
fn called(product: &Product) -> String {
    let gtin = product.gtin.map(|gtin| {
        let digits = gtin.to_string();
        // Thirteen digits are what 1C and its printers know.
        format!("<Штрихкод>{}</Штрихкод>", digits.strip_prefix('0').unwrap_or(&digits))
    });
    format!(
        "{}<Артикул>{}</Артикул><Наименование>{}</Наименование>{}",
        gtin.unwrap_or_default(),
        escaped(&product.sku),
        escaped(product.name.get("ru")),
        unit(product.price.per)
    )
}

fn unit(per: Measure) -> &'static str {
    match per {
        Measure::Piece => {
            "<БазоваяЕдиница Код=\"796\" НаименованиеПолное=\"Штука\" МеждународноеСокращение=\"PCE\">шт</БазоваяЕдиница>"
        }
        Measure::Kilogram => {
            "<БазоваяЕдиница Код=\"166\" НаименованиеПолное=\"Килограмм\" МеждународноеСокращение=\"KGM\">кг</БазоваяЕдиница>"
        }
    }
}

fn unit_word(per: Measure) -> &'static str {
    match per {
        Measure::Piece => "шт",
        Measure::Kilogram => "кг",
    }
}

fn tax_rate(basis_points: u32) -> String {
    let percent = match basis_points % 100 {
        0 => (basis_points / 100).to_string(),
        rest => format!("{}.{rest:02}", basis_points / 100),
    };
    format!(
        "<СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование><Ставка>{percent}</Ставка></СтавкаНалога></СтавкиНалогов>"
    )
}

/// A group's id follows from its name, so that it is the same in each file.
fn group_id(name: &str) -> Uuid {
    let hash = Sha256::digest(format!("tillsight category\n{name}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Sales as documents, each with the time on its store's clocks.
pub(super) fn sales(sales: &[(Sale, TimeZone)]) -> String {
    let mut out = root();
    for (sale, zone) in sales {
        out += &document(sale, zone);
    }
    out + "</КоммерческаяИнформация>\n"
}

fn document(sale: &Sale, zone: &TimeZone) -> String {
    let (day, time) = moment_in(sale.completed_at, zone);
    let totals = &sale.totals;
    let mut out = format!(
        "<Документ><Ид>{}</Ид><Номер>{}</Номер><Дата>{day}</Дата><ХозОперация>Заказ товара</ХозОперация><Роль>Продавец</Роль><Валюта>{}</Валюта><Курс>1</Курс><Сумма>{}</Сумма><Время>{time}</Время><Комментарий>{}</Комментарий><Товары>",
        sale.id,
        sale.id,
        totals.gross.currency,
        amount(totals.gross),
        escaped(&format!("{} / {}, {}", sale.till.store, sale.till.till, sale.business_day)),
    );
    for line in &sale.lines {
        out += &sold(line, sale.tax_inclusive);
    }
    out += "</Товары><ЗначенияРеквизитов>";
    let paid: Vec<(&str, String)> = vec![
        ("Заказ оплачен", "true".to_owned()),
        ("Финальный статус", "true".to_owned()),
        ("Магазин", sale.till.store.to_string()),
        ("Касса", sale.till.till.to_string()),
        ("Торговый день", sale.business_day.to_string()),
    ];
    for (name, value) in paid {
        out += &format!(
            "<ЗначениеРеквизита><Наименование>{name}</Наименование><Значение>{}</Значение></ЗначениеРеквизита>",
            escaped(&value)
        );
    }
    out + "</ЗначенияРеквизитов></Документ>\n"
}

fn sold(line: &LineItem, tax_inclusive: bool) -> String {
    let quantity = match line.quantity {
        Quantity::Pieces(count) => count.to_string(),
        Quantity::Grams(grams) => format!("{}.{:03}", grams / 1000, grams % 1000),
    };
    let gtin = line.gtin.map(|gtin| {
        let digits = gtin.to_string();
        format!("<Штрихкод>{}</Штрихкод>", digits.strip_prefix('0').unwrap_or(&digits))
    });
    format!(
        "<Товар><Ид>{}</Ид>{}<Артикул>{}</Артикул><Наименование>{}</Наименование>{}{}<ЦенаЗаЕдиницу>{}</ЦенаЗаЕдиницу><Количество>{quantity}</Количество><Сумма>{}</Сумма><Налоги><Налог><Наименование>НДС</Наименование><УчтеноВСумме>{tax_inclusive}</УчтеноВСумме></Налог></Налоги></Товар>",
        line.product,
        gtin.unwrap_or_default(),
        escaped(&line.sku),
        escaped(line.name.get("ru")),
        unit(line.unit_price.per),
        tax_rate(line.tax_rate.basis_points),
        amount(line.unit_price.amount),
        amount(line.amount),
    )
}

/// An amount without its currency.
fn amount(money: Money) -> String {
    money.to_string().split(' ').next().unwrap_or_default().to_owned()
}

/// The day and the time of a moment in UTC.
fn moment(at: WallMs) -> (String, String) {
    moment_in(at, &TimeZone::UTC)
}

fn moment_in(at: WallMs, zone: &TimeZone) -> (String, String) {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
    (at.date().to_string(), at.strftime("%H:%M:%S").to_string())
}

/// A text within an element. Blanks at its start and line breaks are written as numbers, since readers may take them away; what XML
/// has no letter for is shown for what it is.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_start = true;
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\t' | '\n' | '\r' => out += &format!("&#{};", u32::from(letter)),
            ' ' if is_start => out += "&#32;",
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
        is_start &= letter.is_whitespace();
    }
    out
}
