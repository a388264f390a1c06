//! Imports as answers have them.

use cloud_docs::notes::Note;
use cloud_docs::reading::Skipped;
use cloud_store::{ImportFinding, ImportRow, StoredImport};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::exchange::check::FindingShown;
use crate::exchange::failure;
use crate::exchange::lay::Change;
use crate::exchange::reasons::Reason;
use crate::gateway::Problem;
use crate::rest::answer::ms;

/// How a catalogue's file is to be taken.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParams {
    /// What rows are compared by with the products that there are: `id`, `gtin` or `sku`; `any`, when not said, is the first of these
    /// that finds one.
    #[serde(rename = "match")]
    #[param(rename = "match", pattern = "^(any|id|gtin|sku)$")]
    pub(super) match_by: Option<String>,
    /// What becomes of products that the file lacks: `leave`, when not said, or `retire`.
    #[param(pattern = "^(leave|retire)$")]
    pub(super) missing: Option<String>,
    /// From when on its prices count, in milliseconds since 1970; at once when not said.
    #[param(minimum = 0, maximum = 253402300799999_i64)]
    pub(super) prices_from_ms: Option<i64>,
    /// The language of names that come without one, `en` when not said.
    #[param(example = "ru", pattern = "^[A-Za-z][A-Za-z0-9-]{1,34}$")]
    pub(super) language: Option<String>,
}

/// A catalogue as a file.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
pub(crate) struct CatalogueUpload {
    /// CSV, XLSX, XLS, ODS, JSON, CommerceML (`import.xml`, `offers.xml`) or a ZIP of both.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What the rows of a file come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountsShown {
    /// Rows of the file.
    rows: u64,
    /// Products that are made.
    new: u64,
    /// Products that become others.
    changed: u64,
    /// Rows that say what is so already.
    unchanged: u64,
    /// Rows that nothing can be made of.
    left_out: u64,
    /// Products that the file lacks and that are archived.
    retired: u64,
    /// What is odd about the catalogue as it would be.
    findings: u64,
    /// Rows that were applied so far.
    done: u64,
    /// Rows that were refused when they were applied: something had changed since the plan.
    refused: u64,
}

/// An import and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportShown {
    id: String,
    file_name: String,
    size_bytes: u64,
    /// `csv`, `sheet`, `json` or `commerceml`; absent until it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(rename = "match")]
    match_by: String,
    missing: String,
    language: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    prices_from_ms: Option<i64>,
    /// `planning`, `planned`, `applying`, `applied` or `failed`.
    state: String,
    /// Why it cannot be, and which file is at fault: the one that was sent, or one inside it; none where the server gave it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Skipped>,
    /// What to mind.
    notes: Vec<Note>,
    counts: CountsShown,
    made_by: String,
    made_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at_ms: Option<i64>,
    /// When it is forgotten.
    expires_at_ms: i64,
}

impl ImportShown {
    /// Its id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

/// What becomes of a row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportRowShown {
    /// Its place in the plan.
    number: u64,
    /// Its place in the file; absent for a product that the file lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<u32>,
    /// `new`, `changed`, `left_out` or `retired`.
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<String>,
    /// What people know it by.
    label: String,
    /// Field by field, from what to what.
    changes: Vec<Change>,
    /// Why it is left out, or was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Reason>,
    /// Whether it was applied, or passed over.
    done: bool,
}

impl ImportRowShown {
    /// Its place, as a cursor has it.
    pub(super) fn key(&self) -> String {
        self.number.to_string()
    }
}

/// An import as answers have it.
pub(super) fn shown(stored: &StoredImport) -> Result<ImportShown, Problem> {
    let StoredImport { asked, counts, .. } = stored;
    Ok(ImportShown {
        id: asked.id.to_string(),
        file_name: asked.file_name.clone(),
        size_bytes: asked.size_bytes,
        format: Some(stored.format.clone()).filter(|format| !format.is_empty()),
        match_by: asked.match_by.as_str().to_owned(),
        missing: asked.missing.as_str().to_owned(),
        language: asked.language.clone(),
        prices_from_ms: asked.prices_from.map(ms),
        state: stored.state.as_str().to_owned(),
        problem: failure::read(&stored.problem),
        notes: serde_json::from_str(&stored.notes).map_err(Problem::internal)?,
        counts: CountsShown {
            rows: counts.rows,
            new: counts.new,
            changed: counts.changed,
            unchanged: counts.unchanged,
            left_out: counts.left_out,
            retired: counts.retired,
            findings: counts.findings,
            done: counts.done,
            refused: counts.refused,
        },
        made_by: asked.made_by.to_string(),
        made_at_ms: ms(stored.made_at),
        planned_at_ms: stored.planned_at.map(ms),
        finished_at_ms: stored.finished_at.map(ms),
        expires_at_ms: ms(asked.expires_at),
    })
}

/// A row of a plan as answers have it.
pub(super) fn shown_row(row: ImportRow) -> Result<ImportRowShown, Problem> {
    Ok(ImportRowShown {
        number: row.number,
        row: row.file_row,
        outcome: row.outcome.as_str().to_owned(),
        product: row.product.map(|product| product.to_string()),
        label: row.label,
        changes: serde_json::from_str(&row.changes).map_err(Problem::internal)?,
        problem: Reason::read(row.problem),
        done: row.done,
    })
}

/// A finding as it was written down.
pub(super) fn read_finding(finding: &ImportFinding) -> Result<FindingShown, Problem> {
    serde_json::from_str(&finding.finding).map_err(Problem::internal)
}
