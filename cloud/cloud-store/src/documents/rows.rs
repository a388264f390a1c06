//! A document as columns.

use domain::ids::StoreId;

use super::{DocumentFacts, StoredDocument};
use crate::sql::{Failure, Fields, Values, push_values};

/// What lists need. `parsed` and `matches` can be megabytes.
pub(super) const LISTED: &str = "SELECT id, store, parent, hash, place, blob_key, file_name, size_bytes, state, reason,
    format, kind, number, issued, currency, gross, supplier_name, supplier_key, layout, line_count, sure_count,
    warning_count, skipped, version, made_by, made_at, changed_at";
/// The columns of the facts, in the order of [`bind_facts`].
pub(super) const FACTS: &str =
    "format, kind, number, issued, currency, gross, supplier_name, supplier_key, layout,
    line_count, sure_count, warning_count, search_text, parsed, matches";

/// Binds fifteen values.
pub(super) fn bind_facts(values: &mut Values, facts: &DocumentFacts) {
    let DocumentFacts {
        format,
        kind,
        number,
        issued,
        currency,
        gross,
        supplier_name,
        supplier_key,
        layout,
        line_count,
        sure_count,
        warning_count,
        search_text,
        parsed,
        matches,
    } = facts;
    push_values!(values; format, kind, number, issued, currency, gross, supplier_name, supplier_key, layout);
    push_values!(values; line_count, sure_count, warning_count, search_text, parsed, matches);
}

/// `format = $4, kind = $5, ..`: the facts as an update sets them, from a place on.
pub(super) fn set_facts(from: usize) -> String {
    let columns = FACTS.split(',').map(str::trim).enumerate();
    let set: Vec<String> = columns.map(|(index, name)| format!("{name} = ${}", from + index)).collect();
    set.join(", ")
}

/// Reads a row of [`LISTED`].
pub(super) fn read_listed(fields: &mut Fields<'_>) -> Result<StoredDocument, Failure> {
    Ok(StoredDocument {
        id: fields.take()?,
        store: read_store(fields)?,
        parent: fields.take_option()?,
        hash: fields.take()?,
        place: fields.take()?,
        blob_key: fields.take_option()?,
        file_name: fields.take()?,
        size_bytes: fields.take()?,
        state: fields.take()?,
        reason: fields.take()?,
        facts: DocumentFacts {
            format: fields.take_option()?,
            kind: fields.take_option()?,
            number: fields.take_option()?,
            issued: fields.take_option()?,
            currency: fields.take_option()?,
            gross: fields.take_option()?,
            supplier_name: fields.take_option()?,
            supplier_key: fields.take_option()?,
            layout: fields.take_option()?,
            line_count: fields.take()?,
            sure_count: fields.take()?,
            warning_count: fields.take()?,
            search_text: String::new(),
            parsed: None,
            matches: None,
        },
        skipped: fields.take()?,
        version: fields.take()?,
        made_by: fields.take()?,
        made_at: fields.take()?,
        changed_at: fields.take()?,
    })
}

/// The same with `parsed` and `matches` behind it.
pub(super) fn read_whole(fields: &mut Fields<'_>) -> Result<StoredDocument, Failure> {
    let mut stored = read_listed(fields)?;
    stored.facts.parsed = fields.take_option()?;
    stored.facts.matches = fields.take_option()?;
    Ok(stored)
}

/// No store is written as an empty one, so that a file is known once for it.
pub(super) fn store_column(store: Option<&StoreId>) -> &str {
    store.map_or("", StoreId::as_str)
}

fn read_store(fields: &mut Fields<'_>) -> Result<Option<StoreId>, Failure> {
    let text: String = fields.take()?;
    if text.is_empty() {
        return Ok(None);
    }
    StoreId::new(&text).map(Some).map_err(|error| {
        crate::error::StoreError::Unreadable {
            what: crate::error::What::Document,
            name: text.clone(),
            problem: error.to_string(),
        }
        .into()
    })
}
