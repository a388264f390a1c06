//! Suppliers' documents: what came, what was read of it, what people made of that, and the goods that came by it.
//!
//! What a document says and what its lines are is JSON of the caller's, kept as it is; the store knows the few facts by which
//! documents are listed. A document's row is held by whatever changes it.

mod learning;
mod queries;
mod receipts;
mod rows;
mod taking;
mod versions;

use domain::ids::{OrgId, ProductId, StoreId};
use domain::money::Money;
use domain::time::WallMs;

pub use self::learning::{Corrected, Example, KnownMatch};
pub use self::receipts::{DocumentReceipt, DocumentReceiptLine};
pub use self::versions::{DocumentVersion, NewVersion};
use crate::ids::{Actor, DocumentId, Hash};
use crate::sql::word_column;

/// Longest text by which documents are found, in bytes.
pub const DOCUMENT_TEXT_MAX_LEN: usize = 32 * 1024;
/// Longest key of a supplier, an article or a name, in bytes: an index takes no more.
pub const MATCH_KEY_MAX_LEN: usize = 400;

/// How far a document has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentState {
    /// It is here, and nobody has looked at it.
    Received,
    /// It is being read.
    Reading,
    /// It held several documents, each of which is one of its own.
    Split,
    /// It was read; somebody has to say whether that is right.
    NeedsReview,
    /// Somebody said so.
    Confirmed,
    /// Its goods are in the stock.
    ReceivedGoods,
    /// It cannot be read.
    Failed,
}

word_column!(DocumentState:
    Received = "received",
    Reading = "reading",
    Split = "split",
    NeedsReview = "needs_review",
    Confirmed = "confirmed",
    ReceivedGoods = "received_goods",
    Failed = "failed",
);

/// Whether the next document of a supplier is read by what was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Learning {
    /// It is being looked at.
    Waiting,
    /// It is.
    Learnt,
    /// It would make other suppliers' documents worse.
    Refused,
    /// There is nothing to learn of its format.
    Nothing,
}

word_column!(Learning: Waiting = "waiting", Learnt = "learnt", Refused = "refused", Nothing = "nothing");

/// A file as it comes: its bytes lie in the blob store already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// A new id; later ones are higher.
    pub id: DocumentId,
    /// The store that it is for; `None` for the organisation.
    pub store: Option<StoreId>,
    /// SHA-256 of its bytes: a file is taken once for each store.
    pub hash: Hash,
    /// Where its bytes are.
    pub blob_key: String,
    /// What it was called.
    pub file_name: String,
    /// How long it is, in bytes.
    pub size_bytes: u64,
    /// Who sent it.
    pub made_by: Actor,
}

/// What was read of a document, and what of that is listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentFacts {
    /// How it was read.
    pub format: Option<String>,
    /// What it is for.
    pub kind: Option<String>,
    /// Its number.
    pub number: Option<String>,
    /// When it was issued, as `2026-11-22`.
    pub issued: Option<String>,
    /// Its currency.
    pub currency: Option<String>,
    /// Its total with tax, as it says.
    pub gross: Option<String>,
    /// Who sells.
    pub supplier_name: Option<String>,
    /// What the supplier is known by.
    pub supplier_key: Option<String>,
    /// What its pages look like.
    pub layout: Option<String>,
    /// Its lines.
    pub line_count: u32,
    /// Those that are known for sure.
    pub sure_count: u32,
    /// What to mind.
    pub warning_count: u32,
    /// The words by which it is found.
    pub search_text: String,
    /// What it says, as JSON.
    pub parsed: Option<String>,
    /// What its lines are, as JSON.
    pub matches: Option<String>,
}

/// A document that came in another: in a mail or an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPart {
    /// A new id.
    pub id: DocumentId,
    /// Where in the file it stood.
    pub file_name: String,
    /// What was read of it.
    pub facts: DocumentFacts,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// Its id.
    pub id: DocumentId,
    /// The store that it is for; `None` for the organisation.
    pub store: Option<StoreId>,
    /// What it came in.
    pub parent: Option<DocumentId>,
    /// SHA-256 of the file.
    pub hash: Hash,
    /// Its place in the file, from 1; 0 for the file itself.
    pub place: u32,
    /// Where the file is; `None` where it was removed.
    pub blob_key: Option<String>,
    /// What it is called.
    pub file_name: String,
    /// How long the file is, in bytes.
    pub size_bytes: u64,
    /// How far it has come.
    pub state: DocumentState,
    /// Why it failed; empty otherwise.
    pub reason: String,
    /// What it says. Lists leave out `parsed`, `matches` and the search text.
    pub facts: DocumentFacts,
    /// What of the file was not read, as JSON.
    pub skipped: String,
    /// The newest correction that counts; 0 for what was read.
    pub version: u32,
    /// Who sent it.
    pub made_by: Actor,
    /// When it came.
    pub made_at: WallMs,
    /// When it was changed last.
    pub changed_at: WallMs,
}

/// Which documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentFilter {
    /// Those in this state.
    pub state: Option<DocumentState>,
    /// Those of these stores; `None` is all, and the organisation's own.
    pub stores: Option<Vec<StoreId>>,
    /// Those of this supplier.
    pub supplier_key: Option<String>,
    /// Those for this.
    pub kind: Option<String>,
    /// Those with each of these words.
    pub text: Option<String>,
    /// Those that came in this one.
    pub parent: Option<DocumentId>,
}

/// What a line was confirmed to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedLine {
    /// The line, from 0.
    pub line: u32,
    /// The supplier's article number; empty where there is none.
    pub article: String,
    /// Its name, normalised; empty where there is none.
    pub name_key: String,
    /// The unit that the line counts in.
    pub unit: String,
    /// What it is.
    pub product: ProductId,
    /// Thousandths of a stock unit that one unit of the line is.
    pub factor_thousandths: i64,
}

/// Cuts a key to what an index takes.
pub(crate) fn short_key(text: &str) -> &str {
    &text[..text.floor_char_boundary(MATCH_KEY_MAX_LEN)]
}

/// A document's organisation and id, for messages and locks.
pub(crate) type DocumentRef<'a> = (&'a OrgId, DocumentId);

/// What goods cost, where that is known.
pub type Cost = Option<Money>;
