//! A PDF's own text with its positions, and pictures of its pages.
//!
//! [`pdfium`] does both by PDFium, a C++ library that is bound when the process starts reading ([`load`]); whoever starts a reading says
//! where it is.
//! Words are put together here from single characters: what a PDF calls a word or a line is how its maker printed it, not how it
//! is read.

mod pdfium;

mod rules;
mod words;

use std::path::PathBuf;

use thiserror::Error;

use crate::notes::{self, Note};
use crate::page::Page;
use crate::reading::Limits;

pub use pdfium::{is_loaded, load, render};

/// Characters of one page that are read: a page of small print has 10,000.
const CHARACTERS: usize = 60_000;

/// What a PDF's pages say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pages {
    /// Those that were read, upright.
    pub pages: Vec<Page>,
    /// How many the file has, which may be more.
    pub page_count: u32,
    /// The program that made it, as the file says.
    pub producer: Option<String>,
    /// What to mind: pages beyond the limit, pages that cannot be read.
    pub notes: Vec<Note>,
}

/// Why a PDF gives nothing.
#[derive(Debug, Error)]
pub enum PdfError {
    /// The library was not found or is too old.
    #[error("failed to load PDFium from `{path}`: {why}")]
    Library {
        /// Where it was looked for.
        path: PathBuf,
        /// What the loader said.
        why: String,
    },
    /// Nobody said where the library is.
    #[error("PDFium is not loaded: say where `libpdfium.so` is in `documents.pdfium`")]
    NotLoaded,
    /// It is locked, and the empty password does not open it.
    #[error("it is locked with a password: send it without one")]
    Password,
    /// PDFium finds no document in it.
    #[error("no document is found in it ({0})")]
    Broken(String),
    /// There is no such page.
    #[error("it has no page {0}")]
    NoPage(u32),
    /// Its picture would be larger than is allowed.
    #[error("page {page} at {dpi} dpi has more than {pixels} pixels")]
    TooManyPixels {
        /// The page, from 1.
        page: u32,
        /// The resolution that was asked for.
        dpi: u32,
        /// The limit.
        pixels: u64,
    },
}

impl PdfError {
    /// The same as a note.
    pub fn into_note(self) -> Note {
        match self {
            Self::Library { .. } | Self::NotLoaded => notes::pdfium_missing(),
            Self::Password => notes::locked(),
            Self::Broken(why) => notes::pdf_broken(why),
            Self::NoPage(page) => notes::no_page(page),
            Self::TooManyPixels { page, dpi, pixels } => notes::page_too_large(page, dpi, pixels),
        }
    }
}

/// The words and rules of each page, up to the limit of pages. A page of a scan has rules and no words.
///
/// `on_page` is told each page's number once it is read, so that a watcher sees that the reading goes on.
///
/// # Errors
/// When nothing of the file can be read.
pub fn pages(bytes: &[u8], limits: &Limits, on_page: &mut dyn FnMut(u32)) -> Result<Pages, PdfError> {
    pdfium::pages(bytes, limits, on_page)
}

/// Reads the pages that may be read, each by `read`; what fails is noted.
fn collect(
    mut read: Pages,
    limits: &Limits,
    on_page: &mut dyn FnMut(u32),
    mut page: impl FnMut(u32) -> Result<Page, String>,
) -> Result<Pages, PdfError> {
    let wanted = read.page_count.min(limits.pages);
    if wanted < read.page_count {
        read.notes.push(notes::pages_unread(wanted));
    }
    for number in 1..=wanted {
        match page(number) {
            Ok(page) => read.pages.push(page),
            Err(why) => read.notes.push(notes::page_unreadable(number, why)),
        }
        on_page(number);
    }
    if read.pages.is_empty() {
        let why = read.notes.pop().map(|note| note.text);
        return Err(PdfError::Broken(why.unwrap_or_else(|| "it has no pages".to_owned())));
    }
    Ok(read)
}

/// How a page's own coordinates (origin at the lower left, not turned) become those of the page as it is seen.
#[derive(Debug, Clone, Copy)]
struct View {
    left: f32,
    bottom: f32,
    right: f32,
    top: f32,
    turned: Turned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turned {
    No,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Turned {
    fn degrees(self) -> f32 {
        match self {
            Self::No => 0.0,
            Self::Quarter => 90.0,
            Self::Half => 180.0,
            Self::ThreeQuarters => 270.0,
        }
    }
}

impl View {
    /// Where a point is seen: from the left and from the top.
    fn seen(&self, x: f32, y: f32) -> (f32, f32) {
        match self.turned {
            Turned::No => (x - self.left, self.top - y),
            Turned::Quarter => (y - self.bottom, x - self.left),
            Turned::Half => (self.right - x, y - self.bottom),
            Turned::ThreeQuarters => (self.top - y, self.right - x),
        }
    }
}

#[cfg(test)]
mod tests;
