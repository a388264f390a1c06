//! E-invoices and e-orders in XML: each schema is mapped by its own file onto the same document.

mod cii;
mod fattura;
mod kinds;
mod signed;
mod tree;
mod ubl;
mod upd;
mod values;

use crate::check;
use crate::detect::{Content, detect};
use crate::encoding::Text;
use crate::read::Documents;
use crate::reading::{Hints, Limits, Refusal};
use tree::Tree;

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
            // What ZUGFeRD 1 was called before it was released.
            "Invoice" if root.namespace.ends_with(":CBFBUY:5") => Some(Self::Zugferd1),
            "FatturaElettronica" => Some(Self::FatturaPa),
            "Файл" => {
                let is_upd = |(name, value): &(String, String)| {
                    (name == "ИдФайл" && value.starts_with("ON_NSCHFDOPPR"))
                        || (name == "КНД" && value == "1115131")
                };
                root.attributes.iter().any(is_upd).then_some(Self::Upd)
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

/// Reads an e-invoice or e-order: what of it can be read becomes documents, what breaks a warning.
pub(crate) fn read(schema: Schema, text: &Text, hints: &Hints, limits: &Limits) -> Documents {
    let broken = |why| Refusal::Broken { name: hints.file_name.clone(), why };
    let Tree { root, fault } = tree::parse(&text.text).map_err(broken)?;
    let mut documents = match schema {
        Schema::Ubl => vec![ubl::document(&root, limits)],
        Schema::Cii | Schema::OrderX => vec![cii::document(&root, limits)],
        Schema::Zugferd1 => vec![cii::zugferd_1(&root, limits)],
        Schema::FatturaPa => fattura::documents(&root, limits),
        Schema::Upd => vec![upd::document(&root, limits)],
    };
    if documents.is_empty() {
        return Err(broken(format!("{} has no body", schema.title())));
    }
    for document in &mut documents {
        if let Some(fault) = &fault {
            document.warn("cut_off", format!("the rest cannot be read because {fault}"));
        }
        if text.is_damaged {
            document
                .warn("letters_damaged", format!("some letters are not of its encoding {}", text.encoding));
        }
        check::check(document);
    }
    Ok(documents)
}

/// Reads what is in a signed envelope.
pub(crate) fn read_signed(bytes: &[u8], hints: &Hints, limits: &Limits) -> Documents {
    let broken = |why| Refusal::Broken { name: hints.file_name.clone(), why };
    let content = signed::content(bytes).map_err(broken)?;
    match detect(&content) {
        Content::Xml(schema, text) => read(schema, &text, hints, limits),
        other => Err(broken(format!("its signed envelope holds {}: send that itself", other.describe()))),
    }
}
