//! A PDF's own text with its positions, and pictures of its pages, both by PDFium.
//!
//! PDFium is a C++ library that is bound when the process starts reading ([`load`]); whoever starts a reading says where it is.
//! Words are put together here from single characters: what a PDF calls a word or a line is how its maker printed it, not how it
//! is read.

mod rules;
mod words;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use image::GrayImage;
use pdfium_render::prelude::{
    PdfBitmapFormat, PdfDocument, PdfDocumentMetadataTagType, PdfPage, PdfPageIndex, PdfPageRenderRotation,
    PdfRenderConfig, Pdfium, PdfiumError, PdfiumInternalError,
};
use thiserror::Error;

use crate::page::{Page, Rule};
use crate::reading::Limits;

/// The library is one for the whole process: it has state of its own behind its functions.
static PDFIUM: OnceLock<Pdfium> = OnceLock::new();

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
    /// What to mind, in English: pages beyond the limit, pages that cannot be read.
    pub notes: Vec<String>,
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
    #[error("PDFium finds no document in it ({0})")]
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

/// Binds the library at a path. Once it is bound for this process, later calls change nothing.
///
/// # Errors
/// When it is not there, or lacks a function that is needed.
pub fn load(path: &Path) -> Result<(), PdfError> {
    if PDFIUM.get().is_some() {
        return Ok(());
    }
    match Pdfium::bind_to_library(path) {
        Ok(bindings) => {
            PDFIUM.get_or_init(|| Pdfium::new(bindings));
            Ok(())
        }
        // Another thread was faster.
        Err(PdfiumError::PdfiumLibraryBindingsAlreadyInitialized) => Ok(()),
        Err(error) => Err(PdfError::Library { path: path.to_owned(), why: error.to_string() }),
    }
}

/// Whether [`load`] was called with success.
pub fn is_loaded() -> bool {
    PDFIUM.get().is_some()
}

/// The words and rules of each page, up to the limit of pages. A page of a scan has rules and no words.
///
/// `on_page` is told each page's number once it is read, so that a watcher sees that the reading goes on.
///
/// # Errors
/// When nothing of the file can be read.
pub fn pages(bytes: &[u8], limits: &Limits, on_page: &mut dyn FnMut(u32)) -> Result<Pages, PdfError> {
    let document = open(bytes)?;
    let page_count = u32::try_from(document.pages().len()).unwrap_or(0);
    let mut read = Pages { page_count, producer: producer(&document), ..Pages::default() };
    let wanted = page_count.min(limits.pages);
    if wanted < page_count {
        read.notes.push(format!("{page_count} pages, of which the first {wanted} are read"));
    }
    for index in 0..wanted {
        match page_at(&document, index).and_then(|page| read_page(&page, index + 1)) {
            Ok(page) => read.pages.push(page),
            Err(error) => read.notes.push(format!("page {} cannot be read: {error}", index + 1)),
        }
        on_page(index + 1);
    }
    if read.pages.is_empty() {
        return Err(PdfError::Broken(read.notes.pop().unwrap_or_else(|| "it has no pages".to_owned())));
    }
    Ok(read)
}

/// A page as a picture in shades of grey; `page` counts from 1.
///
/// # Errors
/// When the page is not there or its picture would break the limit of pixels.
pub fn render(bytes: &[u8], page: u32, dpi: u32, limits: &Limits) -> Result<GrayImage, PdfError> {
    let document = open(bytes)?;
    let index = page.checked_sub(1).ok_or(PdfError::NoPage(page))?;
    let paper = page_at(&document, index).map_err(|_| PdfError::NoPage(page))?;
    let pixels_of = |points: f32| (points * dpi as f32 / 72.0).round().max(1.0);
    let (width, height) = (pixels_of(paper.width().value), pixels_of(paper.height().value));
    if f64::from(width) * f64::from(height) > limits.pixels as f64 || width.max(height) > 30_000.0 {
        return Err(PdfError::TooManyPixels { page, dpi, pixels: limits.pixels });
    }
    // PDFium ends the process when pages are drawn on grey pixels, so they are drawn in colour.
    let config =
        PdfRenderConfig::new().set_fixed_size(width as i32, height as i32).set_format(PdfBitmapFormat::BGR);
    let broken = |error: PdfiumError| PdfError::Broken(format!("page {page}: {error}"));
    let bitmap = paper.render_with_config(&config).map_err(broken)?;
    let bytes = bitmap.as_raw_bytes();
    let (width, height) = (bitmap.width() as usize, bitmap.height() as usize);
    // Rows are padded.
    let stride = bytes.len() / height.max(1);
    let channels = (stride / width.max(1)).clamp(1, 4);
    Ok(GrayImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * stride + x as usize * channels;
        let colours = bytes.get(at..at + channels.min(3)).unwrap_or(&[u8::MAX]);
        let sum: usize = colours.iter().map(|colour| usize::from(*colour)).sum();
        image::Luma([u8::try_from(sum / colours.len().max(1)).unwrap_or(u8::MAX)])
    }))
}

fn open(bytes: &[u8]) -> Result<PdfDocument<'_>, PdfError> {
    let pdfium = PDFIUM.get().ok_or(PdfError::NotLoaded)?;
    pdfium.load_pdf_from_byte_slice(bytes, None).map_err(|error| match error {
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::PasswordError) => PdfError::Password,
        other => PdfError::Broken(other.to_string()),
    })
}

fn producer(document: &PdfDocument<'_>) -> Option<String> {
    let said = |tag| document.metadata().get(tag).map(|tag| tag.value().trim().to_owned());
    let said: Vec<String> = [PdfDocumentMetadataTagType::Producer, PdfDocumentMetadataTagType::Creator]
        .into_iter()
        .filter_map(said)
        .filter(|text| !text.is_empty())
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn page_at<'a>(document: &PdfDocument<'a>, index: u32) -> Result<PdfPage<'a>, PdfiumError> {
    let index = PdfPageIndex::try_from(index).map_err(|_| PdfiumError::PageIndexOutOfBounds)?;
    document.pages().get(index)
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
    fn of(page: &PdfPage<'_>) -> Self {
        let turned = match page.rotation() {
            Ok(PdfPageRenderRotation::Degrees90) => Turned::Quarter,
            Ok(PdfPageRenderRotation::Degrees180) => Turned::Half,
            Ok(PdfPageRenderRotation::Degrees270) => Turned::ThreeQuarters,
            _ => Turned::No,
        };
        let (width, height) = (page.width().value, page.height().value);
        let (width, height) = match turned {
            Turned::Quarter | Turned::ThreeQuarters => (height, width),
            Turned::No | Turned::Half => (width, height),
        };
        let boundary = page.boundaries().bounding().ok().map(|found| found.bounds);
        let (left, bottom) = boundary.map_or((0.0, 0.0), |at| (at.left().value, at.bottom().value));
        Self { left, bottom, right: left + width, top: bottom + height, turned }
    }

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

fn read_page(page: &PdfPage<'_>, number: u32) -> Result<Page, PdfiumError> {
    let view = View::of(page);
    let text = page.text()?;
    let (mut glyphs, is_upright) = words::glyphs(&text, &view, CHARACTERS);
    let (width, height) = (page.width().value.max(1.0), page.height().value.max(1.0));
    let rules: Vec<Rule> = if is_upright { rules::rules(page, &view) } else { Vec::new() };
    let (width, height) = if is_upright { (width, height) } else { (height, width) };
    let words = words::words(&mut glyphs);
    Ok(Page { number, width, height, words, rules, is_recognised: false })
}

#[cfg(test)]
mod tests;
