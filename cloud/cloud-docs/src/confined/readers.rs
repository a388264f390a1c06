//! Which readers the confined process has.

use crate::document::ParsedDocument;
use crate::reading::{Hints, Limits, Reading, Refusal};

pub(super) fn parse(bytes: &[u8], hints: &Hints, limits: &Limits) -> Result<Reading, Refusal> {
    crate::read::read(bytes, hints, limits)
}

pub(super) fn learn(
    _bytes: &[u8],
    hints: &Hints,
    _limits: &Limits,
    _corrected: &ParsedDocument,
) -> Result<serde_json::Value, Refusal> {
    let why = "nothing is learnt from documents yet".to_owned();
    Err(Refusal::Broken { name: hints.file_name.clone(), why })
}
