//! What a document says, whoever wrote it in whatever format.
//!
//! Names follow EN 16931 where it has one (BT numbers in the comments); an amount is a decimal as it was written, never rounded
//! and never recomputed: where sums do not agree there is a [`Warning`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::notes::Note;

/// Which of the readers read it, and from what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// OASIS UBL 2 (Invoice, CreditNote, Order, OrderResponse, DespatchAdvice, Catalogue); XRechnung and Peppol among them.
    Ubl,
    /// UN/CEFACT Cross Industry Invoice or Order; XRechnung and Order-X among them.
    Cii,
    /// ZUGFeRD 1's XML.
    Zugferd1,
    /// A PDF whose attached XML was read: Factur-X, ZUGFeRD, Order-X.
    HybridPdf,
    /// Italian FatturaPA.
    FatturaPa,
    /// Russian universal transfer document, formats 5.01 and 5.03.
    Upd,
    /// A PDF's own text with its positions.
    PdfText,
    /// Words that were recognised on a picture.
    Scan,
    /// A workbook or a file of separated values.
    Sheet,
    /// A DXF drawing.
    Dxf,
    /// An IFC building model.
    Ifc,
    /// The text of a mail or a plain text file.
    PlainText,
}

/// What a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Asks for money for goods.
    Invoice,
    /// Gives money back, or corrects an invoice downwards.
    CreditNote,
    /// Comes with the goods.
    DeliveryNote,
    /// Asks for goods.
    Order,
    /// Says which of them will come.
    OrderConfirmation,
    /// What goods cost, and from when until when.
    PriceList,
    /// What a building or a drawing is made of.
    BillOfQuantities,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An element of a structured file that says what it is.
    Structured,
    /// Text on a page, a cell or a line of text.
    Printed,
    /// Text that was recognised on a picture.
    Recognised,
    /// Worked out from other values; it stands nowhere in the file.
    Computed,
    /// Found where a person's correction of an earlier document of this supplier said it is.
    Learnt,
    /// Proposed by a language model, and found on the page.
    Model,
    /// Put in by a person.
    Person,
}

/// A part of a page: fractions of its width and height, origin at the top left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// The page, from 1.
    #[schema(value_type = i64, minimum = 0, maximum = 4294967295_i64)]
    pub page: u32,
    /// Left edge, 0 to 1.
    pub x0: f32,
    /// Upper edge, 0 to 1.
    pub y0: f32,
    /// Right edge, 0 to 1.
    pub x1: f32,
    /// Lower edge, 0 to 1.
    pub y1: f32,
}

/// A value with how sure it is and where it stood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Field<T> {
    /// What it says.
    pub value: T,
    /// How likely it is right, 0 to 1. A structured file's own element has 1.
    pub confidence: f32,
    /// Where from.
    pub origin: Origin,
    /// Where it stood; nothing for what has no pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl<T> Field<T> {
    /// A value as a structured file says it.
    pub fn structured(value: T) -> Self {
        Self { value, confidence: 1.0, origin: Origin::Structured, place: None }
    }

    /// The same with another value, for example once a text is read as a number.
    pub fn with<U>(self, value: U) -> Field<U> {
        Field { value, confidence: self.confidence, origin: self.origin, place: self.place }
    }
}

/// Somebody on a document.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Party {
    /// Its name (BT-27, BT-44).
    pub name: Option<Field<String>>,
    /// VAT number, INN/KPP, GSTIN or another number of the tax office (BT-31, BT-48); written without blanks.
    pub tax_id: Option<Field<String>>,
    /// Number in a register of companies (BT-30, BT-47).
    pub registration_id: Option<Field<String>>,
    /// Global location number (GS1).
    pub gln: Option<Field<String>>,
    /// Street, postal code and town in one line.
    pub address: Option<Field<String>>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<Field<String>>,
    /// Where it is written to.
    pub email: Option<Field<String>>,
    /// Where it is called.
    pub phone: Option<Field<String>>,
    /// Its account for payments; of the supplier alone (BT-84).
    pub iban: Option<Field<String>>,
}

/// A discount or a surcharge, of a line or of the document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Adjustment {
    /// Added to the price; otherwise taken off.
    pub is_charge: bool,
    /// How much, never negative.
    #[schema(value_type = Field<String>)]
    pub amount: Field<Decimal>,
    /// In percent, where the document says it.
    #[schema(value_type = Option<String>)]
    pub percent: Option<Decimal>,
    /// What for.
    pub reason: Option<String>,
}

/// One line of goods.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Line {
    /// Its number or id on the document (BT-126).
    pub position: Option<Field<String>>,
    /// What it is (BT-153).
    pub name: Option<Field<String>>,
    /// What else is said of it (BT-154).
    pub description: Option<Field<String>>,
    /// The supplier's article number (BT-155).
    pub supplier_article: Option<Field<String>>,
    /// The shop's own article number (BT-156).
    pub buyer_article: Option<Field<String>>,
    /// GTIN as written, 8 to 14 digits (BT-157).
    pub gtin: Option<Field<String>>,
    /// How many (BT-129).
    #[schema(value_type = Option<Field<String>>)]
    pub quantity: Option<Field<Decimal>>,
    /// Of what: as printed, or the code of UN/ECE Recommendation 20 of a structured file (BT-130).
    pub unit: Option<Field<String>>,
    /// The same as a code of UN/ECE Recommendation 20, where it is understood: `H87` piece, `KGM`, `LTR`, `CS` case ..
    pub unit_code: Option<String>,
    /// How many of the goods themselves one `unit` holds, where the document says it: bottles in a case.
    #[schema(value_type = Option<Field<String>>)]
    pub pack_quantity: Option<Field<Decimal>>,
    /// Price of one `price_basis` without tax, after the discount on it (BT-146).
    #[schema(value_type = Option<Field<String>>)]
    pub unit_price: Option<Field<Decimal>>,
    /// How many units the price is for; one where nothing is said (BT-149).
    #[schema(value_type = Option<Field<String>>)]
    pub price_basis: Option<Field<Decimal>>,
    /// Price of one unit with tax.
    #[schema(value_type = Option<Field<String>>)]
    pub unit_price_gross: Option<Field<Decimal>>,
    /// Discounts and surcharges of this line.
    pub adjustments: Vec<Adjustment>,
    /// In percent (BT-152).
    #[schema(value_type = Option<Field<String>>)]
    pub tax_rate: Option<Field<Decimal>>,
    /// The line's tax, where it is said.
    #[schema(value_type = Option<Field<String>>)]
    pub tax_amount: Option<Field<Decimal>>,
    /// The line's total without tax (BT-131).
    #[schema(value_type = Option<Field<String>>)]
    pub net_amount: Option<Field<Decimal>>,
    /// The line's total with tax.
    #[schema(value_type = Option<Field<String>>)]
    pub gross_amount: Option<Field<Decimal>>,
    /// The lot the goods are of.
    pub lot: Option<Field<String>>,
    /// When they are no longer good.
    #[schema(value_type = Option<Field<String>>)]
    pub expires: Option<Field<Date>>,
    /// The heading the line stands under: a section of a price list, a layer of a drawing, a storey of a building.
    pub section: Option<String>,
}

/// Tax of one rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaxShare {
    /// In percent (BT-119).
    #[schema(value_type = Option<Field<String>>)]
    pub rate: Option<Field<Decimal>>,
    /// Code of UN/CEFACT 5305: `S` standard, `Z` zero, `E` exempt, `AE` reverse charge .. (BT-118).
    pub category: Option<Field<String>>,
    /// What is taxed (BT-116).
    #[schema(value_type = Option<Field<String>>)]
    pub basis: Option<Field<Decimal>>,
    /// The tax (BT-117).
    #[schema(value_type = Option<Field<String>>)]
    pub amount: Option<Field<Decimal>>,
}

/// What the document says it comes to; never worked out here.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Totals {
    /// Sum of the lines without tax (BT-106).
    #[schema(value_type = Option<Field<String>>)]
    pub lines: Option<Field<Decimal>>,
    /// Discounts of the document (BT-107).
    #[schema(value_type = Option<Field<String>>)]
    pub discounts: Option<Field<Decimal>>,
    /// Surcharges of the document (BT-108).
    #[schema(value_type = Option<Field<String>>)]
    pub charges: Option<Field<Decimal>>,
    /// Total without tax (BT-109).
    #[schema(value_type = Option<Field<String>>)]
    pub net: Option<Field<Decimal>>,
    /// Tax (BT-110).
    #[schema(value_type = Option<Field<String>>)]
    pub tax: Option<Field<Decimal>>,
    /// Total with tax (BT-112).
    #[schema(value_type = Option<Field<String>>)]
    pub gross: Option<Field<Decimal>>,
    /// Already paid (BT-113).
    #[schema(value_type = Option<Field<String>>)]
    pub prepaid: Option<Field<Decimal>>,
    /// What rounding adds to the sum to be paid; negative where it takes off (BT-114).
    #[schema(value_type = Option<Field<String>>)]
    pub rounding: Option<Field<Decimal>>,
    /// To be paid (BT-115).
    #[schema(value_type = Option<Field<String>>)]
    pub payable: Option<Field<Decimal>>,
}

impl Totals {
    /// What the document comes to before anything is paid of it: with tax, or what is to be paid where that is not said.
    pub fn due(&self) -> Option<Decimal> {
        self.gross.as_ref().or(self.payable.as_ref()).map(|total| total.value)
    }
}

/// What to mind about a document: a code with values for programs and translations, and the same in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// A short stable word: `totals_differ`, `line_unreadable` ..
    pub code: String,
    /// The values in question by their names: `computed`, `said`, `limit` .. None in what was read before values had names.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// The same as an English sentence, with the way out.
    #[serde(default, alias = "message")]
    pub text: String,
    /// The line it is about, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4294967295_i64)]
    pub line: Option<u32>,
}

impl Warning {
    /// Something to mind about this line, or about the whole document.
    pub fn of(note: Note, line: Option<u32>) -> Self {
        let Note { code, values, text } = note;
        Self { code, values, text, line }
    }
}

/// What was read of one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ParsedDocument {
    /// How it was read.
    pub format: Format,
    /// Where in the file it stood: a path inside an archive or a mail, a sheet's name; empty for the file itself.
    #[serde(default)]
    pub path: String,
    /// The program or profile that made it, where the file says so: `urn:cen.eu:en16931:2017`, `PDFium` ..
    #[serde(default)]
    pub producer: Option<String>,
    /// What it is for.
    pub kind: Option<Field<DocumentKind>>,
    /// Its number (BT-1).
    pub number: Option<Field<String>>,
    /// When it was issued (BT-2).
    #[schema(value_type = Option<Field<String>>)]
    pub issued: Option<Field<Date>>,
    /// When the goods came or will come (BT-72).
    #[schema(value_type = Option<Field<String>>)]
    pub delivered: Option<Field<Date>>,
    /// Until when it is to be paid (BT-9).
    #[schema(value_type = Option<Field<String>>)]
    pub due: Option<Field<Date>>,
    /// From when prices hold, or the period that is billed began (BT-73).
    #[schema(value_type = Option<Field<String>>)]
    pub valid_from: Option<Field<Date>>,
    /// Until when (BT-74).
    #[schema(value_type = Option<Field<String>>)]
    pub valid_to: Option<Field<Date>>,
    /// ISO 4217 code (BT-5).
    pub currency: Option<Field<String>>,
    /// The number of the order it answers (BT-13).
    pub order_number: Option<Field<String>>,
    /// The number of the delivery note it bills (BT-16).
    pub delivery_note_number: Option<Field<String>>,
    /// The number of the document that it corrects (BT-25).
    pub corrects_number: Option<Field<String>>,
    /// Who sells.
    #[serde(default, deserialize_with = "object")]
    pub supplier: Party,
    /// Who buys.
    #[serde(default, deserialize_with = "object")]
    pub buyer: Party,
    /// The goods.
    #[serde(default, deserialize_with = "objects")]
    pub lines: Vec<Line>,
    /// Discounts and surcharges of the whole document.
    #[serde(default)]
    pub adjustments: Vec<Adjustment>,
    /// Tax, rate by rate.
    #[serde(default)]
    pub taxes: Vec<TaxShare>,
    /// What it comes to.
    #[serde(default, deserialize_with = "object")]
    pub totals: Totals,
    /// How many pages it has; 0 for what has none.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0, maximum = 4294967295_i64)]
    pub pages: u32,
    /// What its pages look like, so that corrections of one serve the next of the same supplier; nothing for structured files.
    #[serde(default)]
    pub layout: Option<String>,
    /// What to mind.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// What its pages print, row by row, where [`crate::Hints::with_text`] asks for it: for whoever looks at it next, never kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(ignore)]
    pub printed: Vec<PrintedRow>,
}

/// Words that stand beside one another on a page, from left to right.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrintedRow {
    /// They.
    pub words: Vec<PrintedWord>,
}

/// A word on a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrintedWord {
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

impl PrintedRow {
    /// What it says, a blank between words.
    pub fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl ParsedDocument {
    /// A document of which nothing is known but how it is read.
    pub fn empty(format: Format) -> Self {
        Self {
            format,
            path: String::new(),
            producer: None,
            kind: None,
            number: None,
            issued: None,
            delivered: None,
            due: None,
            valid_from: None,
            valid_to: None,
            currency: None,
            order_number: None,
            delivery_note_number: None,
            corrects_number: None,
            supplier: Party::default(),
            buyer: Party::default(),
            lines: Vec::new(),
            adjustments: Vec::new(),
            taxes: Vec::new(),
            totals: Totals::default(),
            pages: 0,
            layout: None,
            warnings: Vec::new(),
            printed: Vec::new(),
        }
    }

    /// Notes something to mind about the whole document.
    pub fn warn(&mut self, note: Note) {
        self.warnings.push(Warning::of(note, None));
    }
}

/// Serde takes an array for a structure, its fields in their order; what is described as an object has to be one.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let fields = Map::deserialize(deserializer)?;
    T::deserialize(Value::Object(fields)).map_err(D::Error::custom)
}

fn objects<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let all = Vec::<Map<String, Value>>::deserialize(deserializer)?;
    let read = |fields| T::deserialize(Value::Object(fields)).map_err(D::Error::custom);
    all.into_iter().map(read).collect()
}
