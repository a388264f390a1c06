//! E-invoices and e-orders in XML: each schema is mapped by its own file onto the same document.

mod signed;
mod tree;

use crate::document::{Format, ParsedDocument};
use crate::encoding::Text;
use crate::read::Documents;
use crate::reading::{Hints, Limits, Refusal};

pub(crate) use signed::is_signed;
pub(crate) use tree::{Root, root_of};

/// Which kind of document an XML file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// OASIS UBL 2: what for, its root says.
    Ubl,
    /// UN/CEFACT Cross Industry Invoice.
    Cii,
    /// UN/CEFACT's order messages as Order-X has them.
    OrderX,
    /// ZUGFeRD 1.
    Zugferd1,
    /// FatturaPA.
    FatturaPa,
    /// The Russian universal transfer document.
    Upd,
}

impl Schema {
    /// Which one a root begins.
    pub(crate) fn of(root: &Root) -> Option<Self> {
        const UBL: [&str; 6] =
            ["Invoice", "CreditNote", "Order", "OrderResponse", "DespatchAdvice", "Catalogue"];
        let is_ubl = root.namespace.starts_with("urn:oasis:names:specification:ubl:schema:xsd:");
        match root.name.as_str() {
            name if is_ubl && UBL.contains(&name) => Some(Self::Ubl),
            "CrossIndustryInvoice" => Some(Self::Cii),
            "SCRDMCCBDACIOMessageStructure" => Some(Self::OrderX),
            "CrossIndustryDocument" => Some(Self::Zugferd1),
            "FatturaElettronica" => Some(Self::FatturaPa),
            "Файл" => {
                let id = root.attributes.iter().find(|(name, _)| name == "ИдФайл");
                id.is_some_and(|(_, id)| id.starts_with("ON_NSCHFDOPPR")).then_some(Self::Upd)
            }
            _ => None,
        }
    }

    /// What to call it in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ubl => "a UBL document",
            Self::Cii => "a Cross Industry Invoice",
            Self::OrderX => "an Order-X order",
            Self::Zugferd1 => "a ZUGFeRD 1 invoice",
            Self::FatturaPa => "a FatturaPA invoice",
            Self::Upd => "a universal transfer document (UPD)",
        }
    }
}
