//! E-invoices and e-orders in XML: each schema is mapped by its own file onto the same document.

mod cii;
mod fattura;
mod kinds;
mod signed;
pub(crate) mod tree;
mod ubl;
mod upd;
mod values;

use crate::check;
use crate::detect::{Content, detect};
use crate::document::ParsedDocument;
use crate::encoding::Text;
use crate::notes;
use crate::read::Documents;
use crate::reading::{Hints, Limits, Refusal};
use tree::{Node, Tree};

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
    /// An envelope of the way it came with one of the others in it: SBDH of Peppol, UBL's AttachedDocument.
    Wrapped,
}

/// Roots of UBL that are read.
const UBL: [&str; 6] = ["Invoice", "CreditNote", "Order", "OrderResponse", "DespatchAdvice", "Catalogue"];
/// Elements that a document's own element may lie in.
const WRAPPED_DEPTH: u32 = 6;

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
            "StandardBusinessDocument" | "AttachedDocument" => Some(Self::Wrapped),
            "CrossIndustryDocument" => Some(Self::Zugferd1),
            // What ZUGFeRD 1 was called before it was released.
            "Invoice" if root.namespace.ends_with(":CBFBUY:5") => Some(Self::Zugferd1),
            "FatturaElettronica" => Some(Self::FatturaPa),
            "Файл" => {
                let id = root.attributes.iter().find(|(name, _)| name == "ИдФайл");
                let is_named = id.is_some_and(|(_, id)| id.starts_with("ON_NSCHFDOPPR"));
                (is_named || root.form() == Some("1115131")).then_some(Self::Upd)
            }
            _ => None,
        }
    }

    /// Its word in notes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ubl => "ubl",
            Self::Cii => "cii",
            Self::OrderX => "order_x",
            Self::Zugferd1 => "zugferd1",
            Self::FatturaPa => "fattura_pa",
            Self::Upd => "upd",
            Self::Wrapped => "wrapped",
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
            Self::Wrapped => "an envelope of a document",
        }
    }
}

/// Reads an e-invoice or e-order: what of it can be read becomes documents, what breaks a warning.
pub(crate) fn read(schema: Schema, text: Text, hints: &Hints, limits: &Limits) -> Documents {
    let broken = |why| Refusal::Broken { name: hints.file_name.clone(), why };
    let Tree { root, fault } = tree::parse(&text.text).map_err(broken)?;
    let Text { encoding, is_damaged, text } = text;
    // The tree has all of it; of a large file both would be a load.
    drop(text);
    if schema == Schema::Wrapped {
        return wrapped(&root, hints, limits);
    }
    let mut documents = mapped(schema, &root, limits);
    if documents.is_empty() {
        return Err(broken(notes::body_missing(schema.word())));
    }
    for document in &mut documents {
        if let Some(fault) = &fault {
            document.warn(fault.clone());
        }
        if is_damaged {
            document.warn(notes::letters_damaged(encoding));
        }
        check::check(document);
    }
    Ok(documents)
}

fn mapped(schema: Schema, root: &Node, limits: &Limits) -> Vec<ParsedDocument> {
    match schema {
        Schema::Ubl => vec![ubl::document(root, limits)],
        Schema::Cii | Schema::OrderX => vec![cii::document(root, limits)],
        Schema::Zugferd1 => vec![cii::zugferd_1(root, limits)],
        Schema::FatturaPa => fattura::documents(root, limits),
        Schema::Upd => vec![upd::document(root, limits)],
        Schema::Wrapped => Vec::new(),
    }
}

/// Reads the document in an envelope: an element of it, or a text in it that is XML again.
fn wrapped(root: &Node, hints: &Hints, limits: &Limits) -> Documents {
    let mut documents = match payload(root, WRAPPED_DEPTH) {
        Some(Payload::Element(schema, node)) => mapped(schema, node, limits),
        Some(Payload::Text(schema, text)) => return read(schema, text, hints, limits),
        None => {
            return Err(Refusal::Broken { name: hints.file_name.clone(), why: notes::envelope_empty() });
        }
    };
    documents.iter_mut().for_each(check::check);
    Ok(documents)
}

/// What an envelope carries.
enum Payload<'a> {
    Element(Schema, &'a Node),
    Text(Schema, Text),
}

fn payload(node: &Node, depth: u32) -> Option<Payload<'_>> {
    let depth = depth.checked_sub(1)?;
    node.children.iter().find_map(|child| {
        let schema = match child.name.as_str() {
            name if UBL.contains(&name) => Some(Schema::Ubl),
            "CrossIndustryInvoice" => Some(Schema::Cii),
            "SCRDMCCBDACIOMessageStructure" => Some(Schema::OrderX),
            _ => None,
        };
        if let Some(schema) = schema {
            return Some(Payload::Element(schema, child));
        }
        if child.text.trim_start().starts_with('<')
            && let Content::Xml(schema, text) = detect(child.text.trim().as_bytes())
            // An envelope in an envelope goes on for ever.
            && schema != Schema::Wrapped
        {
            return Some(Payload::Text(schema, text));
        }
        payload(child, depth)
    })
}

/// Reads what is in a signed envelope.
pub(crate) fn read_signed(bytes: &[u8], hints: &Hints, limits: &Limits) -> Documents {
    let broken = |why| Refusal::Broken { name: hints.file_name.clone(), why };
    let content = signed::content(bytes).map_err(broken)?;
    match detect(&content) {
        Content::Xml(schema, text) => read(schema, text, hints, limits),
        other => Err(broken(notes::envelope_holds(other.word()))),
    }
}
