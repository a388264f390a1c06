//! Text and pictures of pages by PDFium.

use std::path::Path;
use std::sync::OnceLock;

use image::GrayImage;
use pdfium_render::prelude::{
    PdfBitmapFormat, PdfDocument, PdfDocumentMetadataTagType, PdfFontWeight, PdfPage, PdfPageIndex,
    PdfPageRenderRotation, PdfPageText, PdfRenderConfig, Pdfium, PdfiumError, PdfiumInternalError,
};

use super::words::{self, Character, Gathering, Glyph, SIZES, letters};
use super::{CHARACTERS, Pages, PdfError, Turned, View, collect, rules};
use crate::page::{Page, Rule};
use crate::reading::Limits;

/// The library is one for the whole process: it has state of its own behind its functions.
static PDFIUM: OnceLock<Pdfium> = OnceLock::new();

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

/// See [`super::pages`].
pub(super) fn pages(bytes: &[u8], limits: &Limits, on_page: &mut dyn FnMut(u32)) -> Result<Pages, PdfError> {
    let document = open(bytes)?;
    let page_count = u32::try_from(document.pages().len()).unwrap_or(0);
    let read = Pages { page_count, producer: producer(&document), ..Pages::default() };
    collect(read, limits, on_page, |number| {
        let page = page_at(&document, number - 1).and_then(|page| read_page(&page, number));
        page.map_err(|error| error.to_string())
    })
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

fn view(page: &PdfPage<'_>) -> View {
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
    View { left, bottom, right: left + width, top: bottom + height, turned }
}

fn read_page(page: &PdfPage<'_>, number: u32) -> Result<Page, PdfiumError> {
    let view = view(page);
    let text = page.text()?;
    let (mut glyphs, is_upright) = glyphs(&text, &view);
    let (width, height) = (page.width().value.max(1.0), page.height().value.max(1.0));
    let rules: Vec<Rule> = if is_upright { rules::rules(page, &view) } else { Vec::new() };
    let (width, height) = if is_upright { (width, height) } else { (height, width) };
    let words = words::words(&mut glyphs);
    Ok(Page { number, width, height, words, rules, is_recognised: false })
}

/// The characters of a page that stand upright, or those that are turned by a quarter where most are.
fn glyphs(text: &PdfPageText<'_>, view: &View) -> (Vec<Glyph>, bool) {
    let mut gathering = Gathering::new(view);
    let mut is_bold = false;
    for character in text.chars().iter().take(CHARACTERS) {
        let Some(text) = character.unicode_char().and_then(letters) else {
            gathering.blank();
            continue;
        };
        let own_angle = character.angle_degrees().unwrap_or(0.0);
        // The wide box knows how far a letter reaches to the next, of level letters alone.
        let is_level = own_angle.rem_euclid(360.0) < 1.0;
        let bounds = if is_level { character.loose_bounds() } else { character.tight_bounds() };
        let (Ok(bounds), Ok((x, y))) = (bounds, character.origin()) else { continue };
        let size = if is_level {
            character.scaled_font_size().value.abs()
        } else {
            let stretch = character.matrix().map_or(1.0, |matrix| matrix.c().hypot(matrix.d()));
            character.unscaled_font_size().value.abs() * stretch
        };
        let size = if size < 1.0 { (bounds.top().value - bounds.bottom().value).abs() } else { size };
        if !SIZES.contains(&size) {
            continue;
        }
        if gathering.begins_word() {
            is_bold = looks_bold(character.font_weight(), &character.font_name());
        }
        gathering.take(&Character {
            text,
            corners: [
                view.seen(bounds.left().value, bounds.bottom().value),
                view.seen(bounds.right().value, bounds.top().value),
            ],
            origin: view.seen(x.value, y.value),
            size,
            angle: own_angle + view.turned.degrees(),
            is_bold,
            is_tight: !is_level,
        });
    }
    gathering.finish()
}

fn looks_bold(weight: Option<PdfFontWeight>, name: &str) -> bool {
    let heavy = match weight {
        Some(PdfFontWeight::Weight700Bold | PdfFontWeight::Weight800 | PdfFontWeight::Weight900) => true,
        Some(PdfFontWeight::Custom(weight)) => (600..=1000).contains(&weight),
        _ => false,
    };
    heavy || words::is_bold_name(name)
}
