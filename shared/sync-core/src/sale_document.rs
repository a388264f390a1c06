//! A sale as the journal keeps it: canonical JSON, format version 1.
//!
//! One object, no white space, fields in the order of the structs below, every field always present except the two that
//! exclude each other (`pieces`, `grams`), those of `identified_by` that its `how` lacks, and `age_checked`, which is there only
//! where an age was checked (no sale written before it was thought of has one). Names in language order. Money is
//! `*_minor` in `currency`, times are milliseconds since 1970 UTC, rates and probabilities are hundredths of a percent,
//! ids are lower-case text. The same sale always gives the same bytes, and `encode(decode(bytes)) == bytes`: the hash chain
//! runs over these bytes, and the cloud compares them.
//!
//! A later format gets a new `version`; old payloads stay as they were written.

use std::collections::BTreeMap;

use domain::gtin::Gtin;
use domain::ids::{Generation, OrgId, PaymentId, ProductId, SaleId, StoreId, TaxCode, TillId, Uuid};
use domain::money::{Currency, Money, Rounding};
use domain::observation::Probability;
use domain::quantity::{Measure, Quantity, UnitPrice};
use domain::sale::{Identification, LineItem, Sale, Tender, TenderKind, TillRef};
use domain::tax::{self, TaxLine, TaxRate, Totals};
use domain::text::LocalizedText;
use domain::time::{BusinessDay, WallMs};
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct SaleRecord {
    version: u32,
    id: String,
    org: String,
    store: String,
    till: String,
    business_day: String,
    started_at_ms: i64,
    completed_at_ms: i64,
    generation: u64,
    currency: String,
    tax_inclusive: bool,
    lines: Vec<LineRecord>,
    totals: TotalsRecord,
    tenders: Vec<TenderRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    age_checked: Option<u8>,
}

#[derive(Serialize, Deserialize)]
struct LineRecord {
    product: String,
    sku: String,
    name: BTreeMap<String, String>,
    gtin: Option<String>,
    unit_price_minor: i64,
    per: MeasureRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    pieces: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grams: Option<u32>,
    tare_g: u32,
    tax_code: String,
    tax_rate_basis_points: u32,
    amount_minor: i64,
    identified_by: IdentificationRecord,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MeasureRecord {
    Piece,
    Kilogram,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
enum IdentificationRecord {
    Vision { probability_basis_points: u16 },
    Candidate { probability_basis_points: u16, rank: u8 },
    Search,
    Barcode,
    Plu,
    Staff,
}

#[derive(Serialize, Deserialize)]
struct TotalsRecord {
    net_minor: i64,
    tax_minor: i64,
    gross_minor: i64,
    taxes: Vec<TaxRecord>,
}

#[derive(Serialize, Deserialize)]
struct TaxRecord {
    code: String,
    rate_basis_points: u32,
    net_minor: i64,
    tax_minor: i64,
    gross_minor: i64,
}

#[derive(Serialize, Deserialize)]
struct TenderRecord {
    payment: String,
    kind: TenderKindRecord,
    amount_minor: i64,
    authorisation: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TenderKindRecord {
    Card,
}

/// The canonical bytes of a sale that [`problem_with`] found nothing wrong with.
pub fn encode(sale: &Sale) -> Vec<u8> {
    let record = SaleRecord {
        version: VERSION,
        id: sale.id.to_string(),
        org: sale.till.org.to_string(),
        store: sale.till.store.to_string(),
        till: sale.till.till.to_string(),
        business_day: sale.business_day.to_string(),
        started_at_ms: sale.started_at.0,
        completed_at_ms: sale.completed_at.0,
        generation: sale.generation.0,
        currency: sale.totals.gross.currency.code().to_owned(),
        tax_inclusive: sale.tax_inclusive,
        lines: sale.lines.iter().map(line_record).collect(),
        totals: totals_record(&sale.totals),
        tenders: sale.tenders.iter().map(tender_record).collect(),
        age_checked: sale.age_checked,
    };
    serde_json::to_vec(&record).expect("the record has string keys only")
}

/// Reads a sale back; says what is wrong with bytes that are not one.
pub fn decode(payload: &[u8]) -> Result<Sale, String> {
    let record: SaleRecord = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    if record.version != VERSION {
        return Err(format!("its format is version {}, known is {VERSION}", record.version));
    }
    let currency = Currency::new(&record.currency).map_err(|error| error.to_string())?;
    let name = |error: domain::ids::InvalidName| error.to_string();
    let lines: Result<_, String> = record.lines.into_iter().map(|line| line.into_line(currency)).collect();
    let tenders: Result<_, String> =
        record.tenders.into_iter().map(|tender| tender.into_tender(currency)).collect();
    Ok(Sale {
        id: SaleId(parse_uuid(&record.id)?),
        till: TillRef {
            org: OrgId::new(&record.org).map_err(name)?,
            store: StoreId::new(&record.store).map_err(name)?,
            till: TillId::new(&record.till).map_err(name)?,
        },
        business_day: parse_day(&record.business_day)?,
        started_at: WallMs(record.started_at_ms),
        completed_at: WallMs(record.completed_at_ms),
        generation: Generation(record.generation),
        tax_inclusive: record.tax_inclusive,
        lines: lines?,
        totals: record.totals.into_totals(currency)?,
        tenders: tenders?,
        age_checked: record.age_checked,
    })
}

/// What contradicts itself in a sale, if anything: the journal is for ever, so nothing unsound enters it. `paid` asks that
/// the tenders are there and cover the total; an intent has them or not.
pub fn problem_with(sale: &Sale, identity: &TillRef, paid: bool) -> Option<String> {
    if sale.till != *identity {
        return Some(format!("it is of till {}, not of {}", till_name(&sale.till), till_name(identity)));
    }
    if sale.lines.is_empty() {
        return Some("it has no lines".to_owned());
    }
    let gross = sale.totals.gross;
    if let Some(problem) = sale.lines.iter().find_map(line_problem) {
        return Some(problem);
    }
    let lines = sale.lines.iter().map(|line| (&line.tax_code, line.tax_rate, line.amount));
    match tax::totals(gross.currency, sale.tax_inclusive, lines) {
        Ok(totals) if totals == sale.totals => {}
        Ok(totals) => return Some(format!("its lines sum up to {}, its total says {gross}", totals.gross)),
        Err(error) => return Some(format!("its total cannot be computed: {error}")),
    }
    if !paid && sale.tenders.is_empty() {
        return None;
    }
    match Money::sum(gross.currency, sale.tenders.iter().map(|tender| tender.amount)) {
        Ok(sum) if sum == gross => None,
        Ok(sum) => Some(format!("{sum} was paid for a total of {gross}")),
        Err(error) => Some(format!("its payments cannot be summed: {error}")),
    }
}

/// `org/store/till`.
pub fn till_name(till: &TillRef) -> String {
    format!("{}/{}/{}", till.org, till.store, till.till)
}

fn line_problem(line: &LineItem) -> Option<String> {
    match line.unit_price.line_amount(line.quantity, Rounding::HalfUp) {
        Ok(amount) if amount == line.amount => None,
        Ok(amount) => Some(format!("the line of {} says {}, but it is {amount}", line.product, line.amount)),
        Err(error) => Some(format!("the line of {} cannot be priced: {error}", line.product)),
    }
}

fn line_record(line: &LineItem) -> LineRecord {
    let (pieces, grams) = match line.quantity {
        Quantity::Pieces(count) => (Some(count), None),
        Quantity::Grams(grams) => (None, Some(grams)),
    };
    LineRecord {
        product: line.product.to_string(),
        sku: line.sku.clone(),
        name: line.name.0.clone(),
        gtin: line.gtin.map(|gtin| gtin.to_string()),
        unit_price_minor: line.unit_price.amount.minor,
        per: match line.unit_price.per {
            Measure::Piece => MeasureRecord::Piece,
            Measure::Kilogram => MeasureRecord::Kilogram,
        },
        pieces,
        grams,
        tare_g: line.tare_g,
        tax_code: line.tax_code.to_string(),
        tax_rate_basis_points: line.tax_rate.basis_points,
        amount_minor: line.amount.minor,
        identified_by: match line.identified_by {
            Identification::Vision { probability } => {
                IdentificationRecord::Vision { probability_basis_points: probability.basis_points() }
            }
            Identification::Candidate { probability, rank } => {
                IdentificationRecord::Candidate { probability_basis_points: probability.basis_points(), rank }
            }
            Identification::Search => IdentificationRecord::Search,
            Identification::Barcode => IdentificationRecord::Barcode,
            Identification::Plu => IdentificationRecord::Plu,
            Identification::Staff => IdentificationRecord::Staff,
        },
    }
}

fn totals_record(totals: &Totals) -> TotalsRecord {
    let tax = |tax: &TaxLine| TaxRecord {
        code: tax.code.to_string(),
        rate_basis_points: tax.rate.basis_points,
        net_minor: tax.net.minor,
        tax_minor: tax.tax.minor,
        gross_minor: tax.gross.minor,
    };
    TotalsRecord {
        net_minor: totals.net.minor,
        tax_minor: totals.tax.minor,
        gross_minor: totals.gross.minor,
        taxes: totals.taxes.iter().map(tax).collect(),
    }
}

fn tender_record(tender: &Tender) -> TenderRecord {
    TenderRecord {
        payment: tender.payment.to_string(),
        kind: match tender.kind {
            TenderKind::Card => TenderKindRecord::Card,
        },
        amount_minor: tender.amount.minor,
        authorisation: tender.authorisation.clone(),
    }
}

impl LineRecord {
    fn into_line(self, currency: Currency) -> Result<LineItem, String> {
        let quantity = match (self.pieces, self.grams) {
            (Some(count), None) => Quantity::Pieces(count),
            (None, Some(grams)) => Quantity::Grams(grams),
            _ => return Err(format!("the line of `{}` has not one quantity", self.product)),
        };
        let per = match self.per {
            MeasureRecord::Piece => Measure::Piece,
            MeasureRecord::Kilogram => Measure::Kilogram,
        };
        let gtin = self.gtin.as_deref().map(Gtin::parse).transpose().map_err(|error| error.to_string())?;
        Ok(LineItem {
            product: ProductId::new(&self.product).map_err(|error| error.to_string())?,
            sku: self.sku,
            name: LocalizedText(self.name),
            gtin,
            unit_price: UnitPrice { amount: Money::new(self.unit_price_minor, currency), per },
            quantity,
            tare_g: self.tare_g,
            tax_code: TaxCode::new(&self.tax_code).map_err(|error| error.to_string())?,
            tax_rate: TaxRate { basis_points: self.tax_rate_basis_points },
            amount: Money::new(self.amount_minor, currency),
            identified_by: self.identified_by.into_identification(),
        })
    }
}

impl IdentificationRecord {
    fn into_identification(self) -> Identification {
        match self {
            Self::Vision { probability_basis_points } => Identification::Vision {
                probability: Probability::from_basis_points(probability_basis_points),
            },
            Self::Candidate { probability_basis_points, rank } => Identification::Candidate {
                probability: Probability::from_basis_points(probability_basis_points),
                rank,
            },
            Self::Search => Identification::Search,
            Self::Barcode => Identification::Barcode,
            Self::Plu => Identification::Plu,
            Self::Staff => Identification::Staff,
        }
    }
}

impl TotalsRecord {
    fn into_totals(self, currency: Currency) -> Result<Totals, String> {
        let money = |minor| Money::new(minor, currency);
        let tax = |tax: TaxRecord| {
            Ok(TaxLine {
                code: TaxCode::new(&tax.code).map_err(|error| error.to_string())?,
                rate: TaxRate { basis_points: tax.rate_basis_points },
                net: money(tax.net_minor),
                tax: money(tax.tax_minor),
                gross: money(tax.gross_minor),
            })
        };
        let taxes: Result<_, String> = self.taxes.into_iter().map(tax).collect();
        Ok(Totals {
            net: money(self.net_minor),
            tax: money(self.tax_minor),
            gross: money(self.gross_minor),
            taxes: taxes?,
        })
    }
}

impl TenderRecord {
    fn into_tender(self, currency: Currency) -> Result<Tender, String> {
        Ok(Tender {
            payment: PaymentId(parse_uuid(&self.payment)?),
            kind: match self.kind {
                TenderKindRecord::Card => TenderKind::Card,
            },
            amount: Money::new(self.amount_minor, currency),
            authorisation: self.authorisation,
        })
    }
}

fn parse_uuid(text: &str) -> Result<Uuid, String> {
    Uuid::parse_str(text).map_err(|_| format!("`{text}` is not an id"))
}

fn parse_day(text: &str) -> Result<BusinessDay, String> {
    let bad = || format!("`{text}` is not a date");
    let (year, rest) = text.split_once('-').ok_or_else(bad)?;
    let (month, day) = rest.split_once('-').ok_or_else(bad)?;
    let day = BusinessDay {
        year: year.parse().map_err(|_| bad())?,
        month: month.parse().map_err(|_| bad())?,
        day: day.parse().map_err(|_| bad())?,
    };
    if day.to_string() == text { Ok(day) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = concat!(
        r#"{"version":1,"id":"00000000-0000-5a1e-0000-000000000001","org":"acme","store":"corner","till":"till-1","#,
        r#""business_day":"2026-03-01","started_at_ms":1770000000001,"completed_at_ms":1770000030001,"generation":7,"#,
        r#""currency":"EUR","tax_inclusive":true,"lines":["#,
        r#"{"product":"apple-red","sku":"1001","name":{"en":"Red apples","ru":"Яблоки"},"gtin":null,"#,
        r#""unit_price_minor":249,"per":"kilogram","grams":412,"tare_g":5,"tax_code":"vat7","tax_rate_basis_points":700,"#,
        r#""amount_minor":103,"identified_by":{"how":"vision","probability_basis_points":9931}},"#,
        r#"{"product":"lime","sku":"1002","name":{"en":"\"Lime\"\n"},"gtin":"04006381333931","#,
        r#""unit_price_minor":35,"per":"piece","pieces":3,"tare_g":0,"tax_code":"vat7","tax_rate_basis_points":700,"#,
        r#""amount_minor":105,"identified_by":{"how":"candidate","probability_basis_points":4100,"rank":2}},"#,
        r#"{"product":"bag","sku":"1003","name":{"en":"Bag"},"gtin":null,"#,
        r#""unit_price_minor":20,"per":"piece","pieces":1,"tare_g":0,"tax_code":"vat7","tax_rate_basis_points":700,"#,
        r#""amount_minor":20,"identified_by":{"how":"search"}}],"#,
        r#""totals":{"net_minor":213,"tax_minor":15,"gross_minor":228,"taxes":["#,
        r#"{"code":"vat7","rate_basis_points":700,"net_minor":213,"tax_minor":15,"gross_minor":228}]},"#,
        r#""tenders":[{"payment":"00000000-0000-beef-0000-000000000001","kind":"card","amount_minor":228,"authorisation":"A1"}]}"#
    );

    /// Journals written by every earlier version must stay readable, and their bytes are what the hash chain runs over: this
    /// text is never to change.
    #[test]
    fn the_format_stays_as_it_was_first_written() {
        let sale = decode(WRITTEN.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(encode(&sale)).unwrap(), WRITTEN);
        assert_eq!(problem_with(&sale, &sale.till.clone(), true), None);
        assert_eq!(
            sale.lines[1].identified_by,
            Identification::Candidate { probability: Probability::from_basis_points(4100), rank: 2 }
        );
    }

    #[test]
    fn every_way_of_identifying_is_kept() {
        for how in ["search", "barcode", "plu", "staff"] {
            let text = WRITTEN.replace(r#"{"how":"search"}"#, &format!(r#"{{"how":"{how}"}}"#));
            let sale = decode(text.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(encode(&sale)).unwrap(), text);
        }
    }

    #[test]
    fn an_age_check_is_kept_and_a_sale_without_one_stays_as_it_was_written() {
        assert_eq!(decode(WRITTEN.as_bytes()).unwrap().age_checked, None);
        let checked = WRITTEN.replace(r#""A1"}]}"#, r#""A1"}],"age_checked":18}"#);
        let sale = decode(checked.as_bytes()).unwrap();
        assert_eq!((sale.age_checked, String::from_utf8(encode(&sale)).unwrap()), (Some(18), checked));
    }

    #[test]
    fn what_is_no_sale_is_told() {
        for (written, instead, expected) in [
            (r#""version":1"#, r#""version":2"#, "its format is version 2, known is 1"),
            ("2026-03-01", "2026-3-1", "`2026-3-1` is not a date"),
            (r#""pieces":3,"#, "", "the line of `lime` has not one quantity"),
            (r#""pieces":3,"#, r#""pieces":3,"grams":3,"#, "the line of `lime` has not one quantity"),
            ("-beef-", "-beer-", "is not an id"),
            ("EUR", "eur", "`eur` is not a currency code"),
            (r#""how":"search""#, r#""how":"magic""#, "unknown variant `magic`"),
        ] {
            let error = decode(WRITTEN.replace(written, instead).as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
