//! From words on pages to a document: what a person sees at a glance, worked out from evidence.

use crate::document::{Format, ParsedDocument};
use crate::page::Page;
use crate::reading::{Hints, Limits};

/// What some pages say, whether they come from a PDF's text, a recognised picture or a plain text.
///
/// Never fails: what is not understood is left out, and what does not agree is a warning.
pub fn understand(pages: &[Page], _hints: &Hints, _limits: &Limits) -> ParsedDocument {
    let format = if pages.iter().any(|page| page.is_recognised) { Format::Scan } else { Format::PdfText };
    let mut document = ParsedDocument::empty(format);
    document.pages = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    document
}
