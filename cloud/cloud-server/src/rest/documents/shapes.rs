//! What is said and answered about documents.

use cloud_docs::ParsedDocument;
use cloud_docs::reading::Skipped;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::documents::matching::Matches;

/// How a document is taken in.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ParseParams {
    /// The store that it is for; the whole organisation when left out.
    pub(crate) store: Option<String>,
    /// What the file is called, where the body is the file itself. A form says it with the file.
    pub(crate) file_name: Option<String>,
    /// Seconds to wait for what is read, from 0 to 25; 0 when left out. What takes longer is answered as it is then.
    #[param(minimum = 0, maximum = 25)]
    pub(crate) wait: Option<u32>,
}

/// A document as a form.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its shape is used")]
pub(crate) struct DocumentUpload {
    /// An e-invoice, PDF, picture, sheet, DXF, IFC, mail or ZIP of these.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Which documents.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DocumentParams {
    /// Those in this state: `received`, `reading`, `split`, `needs_review`, `confirmed`, `received_goods` or `failed`.
    pub(crate) state: Option<String>,
    /// Those of this store.
    pub(crate) store: Option<String>,
    /// Those of this supplier: `supplier_key` of a document.
    pub(crate) supplier: Option<String>,
    /// Those for this: `invoice`, `credit_note`, `delivery_note`, `order`, `order_confirmation`, `price_list` or
    /// `bill_of_quantities`.
    pub(crate) kind: Option<String>,
    /// Those with each of these words in file name, number, parties or lines.
    pub(crate) text: Option<String>,
    /// Those that came in this container: its id.
    pub(crate) parent: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    pub(crate) limit: Option<u32>,
    /// `next` of the page before.
    pub(crate) after: Option<String>,
}

/// A document as lists have it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct DocumentShown {
    pub(crate) id: String,
    /// `received`, `reading`, `split` (a mail or an archive: each of its documents is one of its own), `needs_review`,
    /// `confirmed`, `received_goods` or `failed`.
    pub(crate) state: String,
    /// Why it failed, and the way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The store that it is for; absent for the whole organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<String>,
    /// The container that it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    pub(crate) file_name: String,
    /// Whether the file can be had: one with a virus is removed.
    pub(crate) has_file: bool,
    pub(crate) size_bytes: u64,
    /// SHA-256 of the file.
    pub(crate) sha256: String,
    /// How it was read: `ubl`, `pdf_text` ..
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) format: Option<String>,
    /// `invoice`, `delivery_note` ..
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<String>,
    /// `2026-11-22`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issued: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    /// Total with tax, as the document says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gross: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supplier_name: Option<String>,
    /// What its supplier is known by: `tax:DE123456789`, `iban:..` or `name:..`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supplier_key: Option<String>,
    /// How many lines it has.
    pub(crate) lines: u32,
    /// How many of them are known with a probability of 0.8 or more.
    pub(crate) lines_sure: u32,
    pub(crate) warnings: u32,
    /// The newest correction that counts; 0 for what was read.
    pub(crate) version: u32,
    /// Milliseconds since 1970.
    pub(crate) created_at_ms: i64,
    /// Milliseconds since 1970.
    pub(crate) updated_at_ms: i64,
}

/// A document with all that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentDetail {
    pub(crate) document: DocumentShown,
    /// What it says, with the corrections; absent while it is not read, and of a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parsed: Option<ParsedDocument>,
    /// What its lines are in the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) matches: Option<Matches>,
    /// What of the file was not read, and why.
    pub(crate) skipped: Vec<Skipped>,
    /// The supplier of the shop that it is from, found by its numbers or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supplier: Option<DocumentSupplier>,
    /// The purchase order that it names, where that is one of this supplier's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<DocumentOrder>,
    /// What came in by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receipt: Option<DocumentReceiptShown>,
}

/// A supplier that a document is from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentSupplier {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Why nothing is to be ordered from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blacklist_reason: Option<String>,
}

/// A purchase order that a document is for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentOrder {
    pub(crate) id: String,
    pub(crate) number: u64,
    /// `draft`, `sent`, `confirmed`, `received`, `closed` or `cancelled`.
    pub(crate) state: String,
    /// Where its goods are to come.
    pub(crate) store: String,
}

/// What became of a file that was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// The same file was here before, and this is its document.
    pub(crate) already_there: bool,
    #[serde(flatten)]
    pub(crate) detail: DocumentDetail,
}

/// What a line is, as somebody says it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatchForm {
    /// The line, from 0.
    pub(crate) line: u32,
    /// The product's id; nothing where it is none of the shop's.
    pub(crate) product: Option<String>,
    /// How many stock units (pieces or grams) one unit of the line is, for example `6`; as proposed when left out.
    pub(crate) factor: Option<String>,
}

/// A document as it should have been read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedbackForm {
    /// The document's id.
    pub(crate) document: String,
    /// The version that was corrected, so that nobody's correction is lost; not looked at when left out.
    pub(crate) version: Option<u32>,
    /// The whole of it, with the corrections.
    pub(crate) corrected: ParsedDocument,
    /// What its lines are. A line that is left out keeps what was proposed as `sure`, and nothing else.
    #[serde(default)]
    pub(crate) matches: Vec<MatchForm>,
}

/// What came of a correction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedbackDone {
    /// Its number; that of the one before where nothing is other.
    pub(crate) version: u32,
    /// Whether the supplier's next document is read by it: `waiting` (it is being tried), `learnt`, `refused` (it would make other
    /// documents worse) or `nothing` (there is nothing to learn but what its lines are).
    pub(crate) learning: String,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) learning_note: Option<String>,
    #[serde(flatten)]
    pub(crate) detail: DocumentDetail,
}

/// One correction of a document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionShown {
    pub(crate) version: u32,
    /// Who made it.
    pub(crate) made_by: String,
    /// Milliseconds since 1970.
    pub(crate) made_at_ms: i64,
    /// It was taken back then, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) undone_at_ms: Option<i64>,
    /// Whether the supplier's next document is read by it: `waiting` (it is being tried), `learnt`, `refused` (it would make other
    /// documents worse) or `nothing` (there is nothing to learn but what its lines are).
    pub(crate) learning: String,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) learning_note: Option<String>,
}

/// The corrections of a document, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Versions {
    pub(crate) items: Vec<VersionShown>,
}

/// Goods of one line.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentReceiptLineForm {
    /// The document's line, from 0; left out for what stands on none.
    pub(crate) line: Option<u32>,
    /// The product's id.
    pub(crate) product: String,
    /// Pieces or grams, as the product is sold; above zero.
    #[schema(minimum = 1)]
    pub(crate) quantity: u64,
    /// What all of it costs without tax, with a point; as the document's line says when left out.
    pub(crate) cost: Option<String>,
}

/// Goods that came.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentReceiptForm {
    /// Where to.
    pub(crate) store: String,
    /// What; every matched line with its quantity when left out.
    pub(crate) lines: Option<Vec<DocumentReceiptLineForm>>,
    /// The purchase order that the goods are counted against: its id, or `none`; when left out, the order that the document names,
    /// if goods are waited for.
    pub(crate) order: Option<String>,
}

/// Goods that came, one line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentReceiptLineShown {
    /// The document's line, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
    pub(crate) product: String,
    /// Pieces or grams.
    pub(crate) quantity: u64,
    /// `piece` or `g`.
    pub(crate) unit: String,
    /// What all of it costs without tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
}

/// Goods that came by a document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentReceiptShown {
    pub(crate) store: String,
    /// The purchase order that they were counted against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<String>,
    /// Who said so.
    pub(crate) made_by: String,
    /// Milliseconds since 1970.
    pub(crate) made_at_ms: i64,
    pub(crate) lines: Vec<DocumentReceiptLineShown>,
}
