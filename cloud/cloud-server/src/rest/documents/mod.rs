//! Suppliers' documents: sent, looked at, corrected, and received as goods.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

mod feedback;
mod pages;
mod queries;
mod receipts;
mod shapes;
mod taking;
mod training;

use cloud_docs::ParsedDocument;
use cloud_store::{DocumentId, DocumentReceipt, StoredDocument};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) use self::shapes::DocumentShown;
use self::shapes::{
    DocumentDetail, DocumentOrder, DocumentReceiptLineShown, DocumentReceiptShown, DocumentSupplier,
};
pub(super) use self::taking::{Sent, receive};
use super::answer::ms;
use crate::auth::Who;
use crate::documents::links::{Links, links};
use crate::documents::matching::Matches;
use crate::gateway::{Problem, Shared};

/// The routes whose requests are small.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(queries::list))
        .routes(routes!(queries::get, queries::remove))
        .routes(routes!(queries::file))
        .routes(routes!(pages::picture))
        .routes(routes!(feedback::versions))
        .routes(routes!(feedback::undo))
        .routes(routes!(receipts::receive))
        .routes(routes!(training::data))
}

/// The routes that take files and whole documents.
pub(super) fn uploads() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(taking::parse)).routes(routes!(feedback::give))
}

/// A document by its id in a path. One of a store that the caller may not see does not exist for them.
async fn known(shared: &Shared, who: &Who, text: &str) -> Result<StoredDocument, Problem> {
    let missing = || Problem::not_found("there is no such document");
    let id = Uuid::parse_str(text).map(DocumentId).map_err(|_| missing())?;
    let document = shared.store.document(&who.org, id).await?;
    match &document.store {
        Some(store) if who.sees(store) => Ok(document),
        Some(_) => Err(missing()),
        // What is the organisation's is for those who see all of it.
        None if who.stores_seen().is_none() => Ok(document),
        None => Err(missing()),
    }
}

/// A document with all that is known of it.
async fn detail(shared: &Shared, who: &Who, stored: &StoredDocument) -> Result<DocumentDetail, Problem> {
    let receipt = shared.store.document_receipt(&who.org, stored.id).await?;
    let parsed = parsed(stored)?;
    let Links { supplier, order } = match &parsed {
        Some(parsed) => links(&shared.store, &who.org, parsed).await?,
        None => Links::default(),
    };
    // An order of a store that the caller does not see is none of theirs.
    let order = order.filter(|order| who.sees(&order.order.store));
    Ok(DocumentDetail {
        document: shown(stored),
        parsed,
        supplier: supplier.map(|supplier| DocumentSupplier {
            id: supplier.id.to_string(),
            name: supplier.details.name,
            blacklist_reason: supplier.blacklisted,
        }),
        order: order.map(|order| DocumentOrder {
            id: order.id.to_string(),
            number: order.number,
            state: order.state.as_str().to_owned(),
            store: order.order.store.to_string(),
        }),
        matches: matches(stored)?,
        skipped: serde_json::from_str(&stored.skipped).map_err(Problem::internal)?,
        receipt: receipt.as_ref().map(shown_receipt),
    })
}

/// What a document says, if it was read.
fn parsed(stored: &StoredDocument) -> Result<Option<ParsedDocument>, Problem> {
    stored.facts.parsed.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)
}

/// What its lines are, if it was read.
fn matches(stored: &StoredDocument) -> Result<Option<Matches>, Problem> {
    stored.facts.matches.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)
}

pub(super) fn shown(stored: &StoredDocument) -> DocumentShown {
    let facts = stored.facts.clone();
    DocumentShown {
        id: stored.id.to_string(),
        state: stored.state.as_str().to_owned(),
        reason: Some(stored.reason.clone()).filter(|reason| !reason.is_empty()),
        store: stored.store.as_ref().map(ToString::to_string),
        parent: stored.parent.map(|parent| parent.to_string()),
        file_name: stored.file_name.clone(),
        has_file: stored.blob_key.is_some(),
        size_bytes: stored.size_bytes,
        sha256: data_encoding::HEXLOWER.encode(&stored.hash),
        format: facts.format,
        kind: facts.kind,
        number: facts.number,
        issued: facts.issued,
        currency: facts.currency,
        gross: facts.gross,
        supplier_name: facts.supplier_name,
        supplier_key: facts.supplier_key,
        lines: facts.line_count,
        lines_sure: facts.sure_count,
        warnings: facts.warning_count,
        version: stored.version,
        created_at_ms: ms(stored.made_at),
        updated_at_ms: ms(stored.changed_at),
    }
}

fn shown_receipt(receipt: &DocumentReceipt) -> DocumentReceiptShown {
    let lines = receipt.lines.iter().map(|line| DocumentReceiptLineShown {
        line: line.line,
        product: line.key.product.to_string(),
        quantity: line.quantity,
        unit: receipts::unit_word(line.key.unit).to_owned(),
        cost: line.cost.map(receipts::amount),
        currency: line.cost.map(|cost| cost.currency.code().to_owned()),
    });
    DocumentReceiptShown {
        store: receipt.store.to_string(),
        order: receipt.order.map(|order| order.to_string()),
        made_by: receipt.made_by.to_string(),
        made_at_ms: ms(receipt.made_at),
        lines: lines.collect(),
    }
}
