//! Which readers the confined process has.

use std::path::PathBuf;

use crate::detect::{Content, detect};
use crate::document::ParsedDocument;
use crate::reading::{Hints, Limits, Reading, Refusal};
use crate::{learn, paper, pdf};

/// Part of the file's name of PDFium's library, by which it is known among what may be read.
const PDFIUM: &str = "pdfium";

/// Binds what readers need before nothing can be bound any more. A library that is not there is told of, and PDFs say so too.
pub(super) fn prepare(readable: &[PathBuf]) {
    let named =
        |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().contains(PDFIUM));
    if let Some(path) = readable.iter().find(named)
        && let Err(error) = pdf::load(path)
    {
        eprintln!("without PDFium: {error}");
    }
}

pub(super) fn parse(bytes: &[u8], hints: &Hints, limits: &Limits) -> Result<Reading, Refusal> {
    crate::read::read(bytes, hints, limits)
}

pub(super) fn learn(
    bytes: &[u8],
    hints: &Hints,
    limits: &Limits,
    corrected: &ParsedDocument,
) -> Result<serde_json::Value, Refusal> {
    let broken = |why| Refusal::Broken { name: hints.file_name.clone(), why };
    let pages = match detect(bytes) {
        Content::Pdf => paper::pdf_pages(bytes, limits).map_err(broken)?,
        Content::Picture(_) => paper::picture_pages(bytes, limits).map_err(broken)?,
        Content::Plain(text) => paper::text_pages(&text.text, limits),
        other => {
            let why = format!(
                "it is {}, whose values are where its format says: there is nothing to learn",
                other.describe()
            );
            return Err(broken(why));
        }
    };
    Ok(learn::example(&pages, corrected))
}
