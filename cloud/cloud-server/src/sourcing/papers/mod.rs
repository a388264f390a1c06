//! Purchase orders as files that suppliers read: PDF/A-3 with the Order-X attached, a workbook, UBL and Order-X alone.
//!
//! All are made from one [`Paper`], so that they say the same; what a person reads is in the supplier's language.

mod order_x;
mod pdf;
mod ubl;
mod words;
mod workbook;
mod xml;
mod xmp;

use cloud_core::ledger::StockUnit;
use cloud_core::offers::Pack;
use cloud_store::{OrderLine, Organisation, PurchaseOrder, StoreInfo, Supplier, SupplierDetails};
use domain::money::Currency;
use domain::time::BusinessDay;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};

pub use words::Language;

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// For people, and with the Order-X attached for programs.
    Pdf,
    /// A workbook.
    Xlsx,
    /// UBL 2.1 Order.
    Ubl,
    /// Order-X (UN/CEFACT Cross Industry Order) without its PDF.
    OrderX,
}

/// An order as it is written down.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The order's number as people read it.
    pub number: String,
    /// The day of the order.
    pub issued: BusinessDay,
    /// The day on which the goods are wanted.
    pub wanted_on: Option<BusinessDay>,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The supplier.
    pub supplier: SupplierDetails,
    /// Who orders.
    pub buyer: String,
    /// Where the goods are to come.
    pub place: String,
    /// What else the supplier is told.
    pub note: String,
    /// The lines.
    pub lines: Vec<PaperLine>,
    /// The sum of the lines without tax.
    pub total: Decimal,
    /// The language of what people read.
    pub language: Language,
}

/// A line of it.
#[derive(Debug, Clone)]
pub struct PaperLine {
    /// Its number, from 1.
    pub number: usize,
    /// The supplier's article number, or nothing.
    pub article: String,
    /// Our product's id, or nothing.
    pub product: String,
    /// Its GTIN, or nothing.
    pub gtin: String,
    /// What it is called.
    pub name: String,
    /// Packs.
    pub packs: u32,
    /// What is in one.
    pub pack: Pack,
    /// Price of one without tax.
    pub price: Decimal,
    /// Price of all without tax, rounded to the currency.
    pub amount: Decimal,
    /// The tax on it in percent, where it is known.
    pub tax_percent: Option<Decimal>,
}

impl FileKind {
    /// Reads the word that addresses have for it.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "pdf" => Some(Self::Pdf),
            "xlsx" => Some(Self::Xlsx),
            "ubl" => Some(Self::Ubl),
            "order-x" => Some(Self::OrderX),
            _ => None,
        }
    }

    /// What its files end in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
            Self::Ubl | Self::OrderX => "xml",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ubl | Self::OrderX => "application/xml",
        }
    }
}

impl Paper {
    /// What an order says, on the day on which it was sent, or made where it was not.
    pub fn new(order: &PurchaseOrder, supplier: &Supplier, buyer: &Organisation, store: &StoreInfo) -> Self {
        let zone = TimeZone::get(&store.details.time_zone).unwrap_or(TimeZone::UTC);
        let at = Timestamp::from_millisecond(order.sent_at.unwrap_or(order.made_at).0).unwrap_or_default();
        let lines: Vec<PaperLine> =
            (1..).zip(&order.order.lines).map(paper_line(order.order.currency)).collect();
        Self {
            number: number_text(order.number),
            issued: super::day_of(at.to_zoned(zone).date()),
            wanted_on: order.order.wanted_on,
            currency: order.order.currency,
            supplier: supplier.details.clone(),
            buyer: buyer.name.clone(),
            place: store.details.name.clone(),
            note: order.order.note.clone(),
            total: lines.iter().map(|line| line.amount).sum(),
            lines,
            language: Language::from_code(&supplier.details.language).unwrap_or(Language::English),
        }
    }
}

/// Makes a file.
pub fn make(kind: FileKind, paper: &Paper) -> anyhow::Result<Vec<u8>> {
    match kind {
        FileKind::Pdf => pdf::make(paper, order_x::make(paper)),
        FileKind::Xlsx => workbook::make(paper),
        FileKind::Ubl => Ok(ubl::make(paper).into_bytes()),
        FileKind::OrderX => Ok(order_x::make(paper).into_bytes()),
    }
}

/// An order's number as people read it.
pub fn number_text(number: u64) -> String {
    format!("PO-{number:06}")
}

/// What all packs of a line cost without tax, as precise as its price.
pub fn line_amount(line: &OrderLine) -> Decimal {
    line.pack_price * Decimal::from(line.ordered.packs)
}

fn paper_line(currency: Currency) -> impl Fn((usize, &OrderLine)) -> PaperLine {
    move |(number, line)| PaperLine {
        number,
        article: line.article.clone(),
        product: line.product.as_ref().map(ToString::to_string).unwrap_or_default(),
        gtin: line.gtin.map(|gtin| gtin.to_string()).unwrap_or_default(),
        name: if line.name.is_empty() { line.article.clone() } else { line.name.clone() },
        packs: line.ordered.packs,
        pack: line.ordered.pack,
        price: line.pack_price.normalize(),
        amount: rounded(line_amount(line), currency),
        tax_percent: line.tax_basis_points.map(|points| Decimal::new(points.into(), 2).normalize()),
    }
}

/// An amount with the currency's digits.
fn rounded(amount: Decimal, currency: Currency) -> Decimal {
    let digits = currency.exponent();
    let mut amount = amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    amount.rescale(digits);
    amount
}

/// Code of UN/ECE Recommendation 20 for what is counted in a line: pieces, kilograms, grams, or packs (Recommendation 21).
fn unit_code(pack: Pack) -> &'static str {
    match (pack.unit, pack.content) {
        (StockUnit::Piece, 1) => "H87",
        (StockUnit::Gram, 1) => "GRM",
        (StockUnit::Gram, 1_000) => "KGM",
        _ => "XPK",
    }
}

#[cfg(test)]
mod tests {
    use cloud_core::offers::Delivery;

    use super::*;

    pub(super) fn paper(language: Language, lines: usize) -> Paper {
        let line = |number| PaperLine {
            number,
            article: format!("=CMD|{number}"),
            product: "milk".to_owned(),
            gtin: "04006381333931".to_owned(),
            name: "Молоко <свежее> & Käse, мягкий сыр в большой упаковке для всей семьи 漢".to_owned(),
            packs: 12,
            pack: Pack { content: 6, unit: StockUnit::Piece },
            price: "1234.5675".parse().unwrap(),
            amount: "14814.81".parse().unwrap(),
            tax_percent: Some("7".parse().unwrap()),
        };
        let lines: Vec<PaperLine> = (1..=lines).map(line).collect();
        Paper {
            number: number_text(7),
            issued: BusinessDay { year: 2026, month: 11, day: 22 },
            wanted_on: Some(BusinessDay { year: 2026, month: 12, day: 1 }),
            currency: Currency::new("EUR").unwrap(),
            supplier: SupplierDetails {
                name: "Molkerei \"Müller\" GmbH".to_owned(),
                tax_id: Some("DE123456789".to_owned()),
                registration_id: None,
                gln: Some("4012345000009".to_owned()),
                iban: None,
                address: "Hauptstraße 1, 10115 Berlin".to_owned(),
                country: "DE".to_owned(),
                contacts: Vec::new(),
                language: "de".to_owned(),
                currency: Currency::new("EUR").unwrap(),
                order_min_minor: None,
                delivery: Delivery::default(),
            },
            buyer: "Лавка".to_owned(),
            place: "Berlin, main station".to_owned(),
            note: "До девяти утра ]]> \u{1}".to_owned(),
            total: lines.iter().map(|line| line.amount).sum(),
            lines,
            language,
        }
    }

    #[test]
    fn pdf_is_archivable_and_holds_its_order_x() {
        for (language, lines) in [(Language::English, 1), (Language::Russian, 90), (Language::German, 0)] {
            let bytes = make(FileKind::Pdf, &paper(language, lines)).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(bytes.starts_with(b"%PDF-1.7"), "{language:?}");
            assert!(text.contains("pdfaid:part>3<") && text.contains("order-x.xml"), "{language:?}");
        }
    }

    #[test]
    fn xml_says_the_same_in_both_dialects() {
        let paper = paper(Language::English, 2);
        for (kind, words) in [
            (
                FileKind::Ubl,
                [
                    "<cbc:Quantity unitCode=\"XPK\">12<",
                    "<cbc:PackSizeNumeric>6<",
                    "currencyID=\"EUR\">29629.62<",
                ],
            ),
            (
                FileKind::OrderX,
                ["<ram:RequestedQuantity unitCode=\"XPK\">12<", "<ram:OrderCurrencyCode>EUR<", ">29629.62<"],
            ),
        ] {
            let text = String::from_utf8(make(kind, &paper).unwrap()).unwrap();
            for word in words.into_iter().chain([
                "PO-000007",
                "&lt;свежее&gt; &amp;",
                "1234.5675",
                "04006381333931",
                "DE123456789",
            ]) {
                assert!(text.contains(word), "{kind:?} lacks {word}: {text}");
            }
            assert!(!text.contains('\u{1}'), "no XML holds a control character");
        }
    }

    /// What others read of an order is what it says.
    #[test]
    fn what_is_sent_reads_back_as_it_was_written() {
        let paper = Paper { note: String::new(), ..paper(Language::English, 3) };
        for (kind, name) in [(FileKind::Pdf, "o.pdf"), (FileKind::OrderX, "o.xml"), (FileKind::Ubl, "o.xml")]
        {
            let bytes = make(kind, &paper).unwrap();
            let hints = cloud_docs::Hints { file_name: name.to_owned(), ..cloud_docs::Hints::default() };
            let reading = cloud_docs::read(&bytes, &hints, &cloud_docs::Limits::default()).unwrap();
            let [read] = reading.documents.as_slice() else { panic!("{kind:?}: {reading:?}") };
            let text = |field: &Option<cloud_docs::document::Field<String>>| {
                field.as_ref().map(|field| field.value.clone()).unwrap_or_default()
            };
            assert_eq!(read.kind.as_ref().unwrap().value, cloud_docs::document::DocumentKind::Order);
            assert_eq!(text(&read.number), paper.number, "{kind:?}");
            assert_eq!(read.issued.as_ref().unwrap().value.to_string(), paper.issued.to_string());
            assert_eq!(text(&read.currency), "EUR");
            assert_eq!(
                (text(&read.supplier.name), text(&read.supplier.tax_id), text(&read.buyer.name)),
                (paper.supplier.name.clone(), paper.supplier.tax_id.clone().unwrap(), paper.buyer.clone()),
                "{kind:?}"
            );
            assert_eq!(text(&read.supplier.gln), paper.supplier.gln.clone().unwrap(), "{kind:?}");
            assert_eq!(read.totals.net.as_ref().unwrap().value, paper.total, "{kind:?}");
            assert_eq!(read.lines.len(), paper.lines.len());
            for (line, of_order) in read.lines.iter().zip(&paper.lines) {
                assert_eq!(
                    [&line.name, &line.supplier_article, &line.gtin].map(text),
                    [&of_order.name, &of_order.article, &of_order.gtin].map(Clone::clone),
                    "{kind:?}"
                );
                let amounts = [&line.quantity, &line.unit_price, &line.net_amount, &line.tax_rate];
                let amounts = amounts.map(|field| field.as_ref().unwrap().value);
                let expected =
                    [of_order.packs.into(), of_order.price, of_order.amount, of_order.tax_percent.unwrap()];
                assert_eq!(amounts, expected, "{kind:?}");
                assert_eq!(line.unit_code.as_deref(), Some("XPK"), "{kind:?}");
            }
        }
    }

    #[test]
    fn metadata_of_the_pdf_name_the_order_that_is_attached() {
        let bytes = make(FileKind::Pdf, &paper(Language::German, 2)).unwrap();
        let document = lopdf::Document::load_mem(&bytes).unwrap();
        let place = document.catalog().unwrap().get(b"Metadata").unwrap().as_reference().unwrap();
        let metadata = document.get_object(place).unwrap().as_stream().unwrap();
        let said = String::from_utf8(metadata.content.clone()).unwrap();
        for words in [
            "xmlns:fx=\"urn:factur-x:pdfa:CrossIndustryDocument:1p0#\"",
            "<fx:DocumentType>ORDER</fx:DocumentType>",
            "<fx:DocumentFileName>order-x.xml</fx:DocumentFileName>",
            "<fx:ConformanceLevel>COMFORT</fx:ConformanceLevel>",
            "<pdfaSchema:prefix>fx</pdfaSchema:prefix>",
            "pdfaid:part>3<",
        ] {
            assert!(said.contains(words), "{words} is not in {said}");
        }
        assert_eq!(said.matches("</rdf:RDF>").count(), 1);
        assert!(document.trailer.get(b"ID").is_ok(), "PDF/A wants its file to have an id");
    }

    #[test]
    fn workbook_has_texts_where_formulas_could_be() {
        let bytes = make(FileKind::Xlsx, &paper(Language::Russian, 3)).unwrap();
        assert!(bytes.starts_with(b"PK"));
        // A formula is an element of its own in a sheet; a text is a number of the shared strings.
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("<f>"));
    }

    #[test]
    fn amounts_are_rounded_to_the_currency() {
        let amount =
            |text: &str, code: &str| rounded(text.parse().unwrap(), Currency::new(code).unwrap()).to_string();
        assert_eq!(amount("1.005", "EUR"), "1.01");
        assert_eq!(amount("2", "EUR"), "2.00");
        assert_eq!(amount("1.5", "JPY"), "2");
    }
}
