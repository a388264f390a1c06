//! What others are told of documents: the payload of the topic `document_changes`. The key is the document's id.

use cloud_store::{DocumentFacts, DocumentId, DocumentState, NewEvent};
use domain::time::WallMs;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// Changes of documents.
pub(crate) const DOCUMENT_TOPIC: &str = "document_changes";

/// A document has come to a state.
pub(crate) fn document_changed(
    id: DocumentId,
    state: DocumentState,
    facts: &DocumentFacts,
    now: WallMs,
) -> NewEvent {
    // A moment that the calendar does not have cannot come from a clock.
    let at = Timestamp::from_millisecond(now.0).unwrap_or(Timestamp::UNIX_EPOCH).to_string();
    let payload = json!({
        "event_id": Uuid::now_v7().to_string(),
        "event_timestamp": at,
        "upsert": {
            "document_id": id.to_string(),
            "state": state.as_str(),
            "kind": facts.kind,
            "number": facts.number,
            "issued": facts.issued,
            "currency": facts.currency,
            "gross": facts.gross,
            "supplier_name": facts.supplier_name,
            "supplier_key": facts.supplier_key,
            "lines": facts.line_count,
        },
    });
    NewEvent {
        topic: DOCUMENT_TOPIC.to_owned(),
        key: id.to_string(),
        payload: payload.to_string().into_bytes(),
    }
}
