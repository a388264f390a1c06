//! A finished sale (OMG/ARTS POSLog: RetailTransaction), as the journal keeps it for ever.

use crate::gtin::Gtin;
use crate::ids::{Generation, OrgId, PaymentId, ProductId, SaleId, StoreId, TaxCode, TillId};
use crate::money::Money;
use crate::observation::Probability;
use crate::quantity::{Quantity, UnitPrice};
use crate::tax::{TaxRate, Totals};
use crate::text::LocalizedText;
use crate::time::{BusinessDay, WallMs};

/// Which till of which store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TillRef {
    /// The organisation.
    pub org: OrgId,
    /// The store.
    pub store: StoreId,
    /// The till.
    pub till: TillId,
}

/// What was sold, for how much and how it was paid. Nothing in it is edited later: a void or a return is a document of
/// its own. The journal adds the sequence number and the hash chain when it commits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Made once, before the payment is asked for.
    pub id: SaleId,
    /// Where it was sold.
    pub till: TillRef,
    /// The trading day it counts to.
    pub business_day: BusinessDay,
    /// When the basket was begun.
    pub started_at: WallMs,
    /// When the payment was approved.
    pub completed_at: WallMs,
    /// The catalogue generation that every price and rate came from.
    pub generation: Generation,
    /// True where line amounts contain the tax.
    pub tax_inclusive: bool,
    /// The lines, at least one.
    pub lines: Vec<LineItem>,
    /// What was owed.
    pub totals: Totals,
    /// How it was paid; their sum is `totals.gross`.
    pub tenders: Vec<Tender>,
    /// The highest age limit, in years, that a member of staff checked the shopper against; `None` where nothing sold had one.
    pub age_checked: Option<u8>,
}

/// One line of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineItem {
    /// The product.
    pub product: ProductId,
    /// The shop's article number at sale time.
    pub sku: String,
    /// The product's name at sale time.
    pub name: LocalizedText,
    /// The product's GTIN at sale time.
    pub gtin: Option<Gtin>,
    /// The price at sale time.
    pub unit_price: UnitPrice,
    /// How much.
    pub quantity: Quantity,
    /// Packaging weight that was taken off, in grams.
    pub tare_g: u32,
    /// The tax category.
    pub tax_code: TaxCode,
    /// The rate at sale time.
    pub tax_rate: TaxRate,
    /// Price times quantity, rounded half up.
    pub amount: Money,
    /// How the till knew what it was.
    pub identified_by: Identification,
}

/// How a line's product was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identification {
    /// The till recognised it and was sure enough not to ask.
    Vision {
        /// How sure.
        probability: Probability,
    },
    /// The till asked and the customer chose one of its candidates.
    Candidate {
        /// How sure the till had been of the one chosen.
        probability: Probability,
        /// Its place among the candidates, from 1.
        rank: u8,
    },
    /// The customer found it by name.
    Search,
    /// A barcode was read.
    Barcode,
    /// A price look-up code was typed.
    Plu,
    /// A member of staff said so.
    Staff,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tender {
    /// The attempt at the terminal.
    pub payment: PaymentId,
    /// What kind of money.
    pub kind: TenderKind,
    /// How much.
    pub amount: Money,
    /// The terminal's approval code, as it prints it.
    pub authorisation: String,
}

/// What kind of money was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TenderKind {
    /// A card or a phone at the payment terminal.
    Card,
}
