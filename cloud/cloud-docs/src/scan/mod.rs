//! Pictures of pages become [`Page`]s: levelled, set straight, freed of ruled lines, and recognised by Tesseract.
//!
//! Owns what happens between a picture's bytes and words with places. Tesseract is a program of its own, started for each page
//! and given the picture over its standard input; it is the only program that reading starts. Several run at once, for a
//! recogniser keeps one core busy and there is nothing to wait for between pages.

mod grey;
mod mend;
mod picture;
mod ruled;
mod skew;
mod tesseract;

use std::collections::VecDeque;

use image::GrayImage;
use thiserror::Error;

use crate::notes::{self, Note};
use crate::page::Page;
pub use picture::{Picture, pictures};
pub use tesseract::Recogniser;

/// Points of an inch.
const POINTS: f32 = 72.0;

/// What the shorter side of a sheet of A4 measures in inches.
const A4_SHORT_IN: f32 = 8.27;

/// Letters that are this high, in pixels, are recognised well; smaller ones are enlarged.
const LETTER_HEIGHT_PX: f32 = 18.0;

/// How much a picture is enlarged at most: what is not there does not come back.
const ENLARGE_MAX: f32 = 3.0;

/// A page is turned on trial where the words on it are less sure than this, on average.
const SURE_ENOUGH: f32 = 0.55;

/// Fewer words than this say nothing about which way up a page is.
const WORDS_MIN: usize = 3;

/// Why a picture gives no words.
#[derive(Debug, Error)]
pub enum ScanError {
    /// There is no recogniser.
    #[error(
        "words on pictures are recognised by Tesseract, which is not installed: `apt-get install tesseract-ocr tesseract-ocr-rus tesseract-ocr-deu`"
    )]
    NoRecogniser,
    /// It is there, but not one language is.
    #[error(
        "Tesseract has none of the languages that are read: `apt-get install tesseract-ocr-eng tesseract-ocr-rus tesseract-ocr-deu`"
    )]
    NoLanguage,
    /// It was started and failed.
    #[error("Tesseract failed on page {page}: {why}")]
    Recognition {
        /// The page.
        page: u32,
        /// What it said.
        why: String,
    },
    /// It could not be started or spoken with.
    #[error("failed to run Tesseract")]
    Process(#[source] std::io::Error),
    /// The picture goes beyond a limit.
    #[error("the picture has {pixels} pixels, {most} are read: send it smaller")]
    TooLarge {
        /// How many it has.
        pixels: u64,
        /// How many it may have.
        most: u64,
    },
    /// The picture cannot be decoded.
    #[error("the picture cannot be decoded: {0}")]
    Broken(String),
}

impl ScanError {
    /// The same as a note about so many pages.
    pub fn into_note(self, pages: usize) -> Note {
        match self {
            Self::NoRecogniser => notes::recogniser_missing(pages),
            Self::NoLanguage => notes::recogniser_mute(pages),
            Self::Recognition { why, .. } => notes::recogniser_failed(why),
            Self::Process(error) => notes::recogniser_failed(error),
            Self::TooLarge { pixels, most } => notes::picture_too_large(pixels, most),
            Self::Broken(why) => notes::picture_broken(why),
        }
    }
}

/// A picture that is ready to be recognised, with what was found on the way.
struct Prepared {
    number: u32,
    picture: GrayImage,
    /// Pixels of the picture in an inch of the page.
    dpi: f32,
    ruled: Vec<ruled::Line>,
}

/// Reads pictures of pages, one after another; `on_page` hears of each that is done.
pub fn pages(
    pictures: impl IntoIterator<Item = Picture>,
    recogniser: &Recogniser,
    on_page: &mut dyn FnMut(u32),
) -> Result<Vec<Page>, ScanError> {
    let mut pages = Vec::new();
    let mut running = VecDeque::new();
    for picture in pictures {
        let prepared = prepare(picture);
        let started = recogniser.start(&prepared.picture, prepared.dpi, prepared.number)?;
        running.push_back((prepared, started));
        if running.len() >= recogniser.at_once() {
            pages.extend(finish(&mut running, recogniser, on_page)?);
        }
    }
    while !running.is_empty() {
        pages.extend(finish(&mut running, recogniser, on_page)?);
    }
    Ok(pages)
}

fn finish(
    running: &mut VecDeque<(Prepared, tesseract::Running)>,
    recogniser: &Recogniser,
    on_page: &mut dyn FnMut(u32),
) -> Result<Option<Page>, ScanError> {
    let Some((mut prepared, started)) = running.pop_front() else { return Ok(None) };
    let mut words = started.finish()?;
    if is_doubtful(&words)
        && let Some((turned, better)) = turn(&prepared, &words, recogniser)?
    {
        (prepared, words) = (turned, better);
    }
    on_page(prepared.number);
    Ok(Some(page(&prepared, &words)))
}

fn prepare(picture: Picture) -> Prepared {
    let Picture { grey, number, dpi } = picture;
    let levelled = grey::level(grey);
    let straight = skew::straighten(levelled);
    let mut picture = straight;
    let dpi = dpi.unwrap_or_else(|| likely_dpi(&picture));
    let ruled = ruled::take(&mut picture, dpi);
    let factor = grey::letter_height(&picture).map_or(1.0, |height| LETTER_HEIGHT_PX / height);
    if factor > 1.2 {
        let factor = factor.min(ENLARGE_MAX);
        picture = grey::enlarge(&picture, factor);
        let ruled = ruled.into_iter().map(|line| line.enlarged(factor)).collect();
        return Prepared { number, picture, dpi: dpi * factor, ruled };
    }
    Prepared { number, picture, dpi, ruled }
}

/// A picture that does not say its resolution is taken for a sheet of A4; one that is much longer than a sheet, for a receipt.
fn likely_dpi(picture: &GrayImage) -> f32 {
    let (width, height) = (picture.width().max(1) as f32, picture.height().max(1) as f32);
    let (short, long) = (width.min(height), width.max(height));
    // A receipt is 80 mm wide.
    let inches = if long / short > 2.2 { 3.15 } else { A4_SHORT_IN };
    (short / inches).clamp(50.0, 1_200.0)
}

fn is_doubtful(words: &[tesseract::Found]) -> bool {
    let stands = words.iter().filter(|word| runs_down(word)).count();
    words.len() < WORDS_MIN || stands * 2 > words.len() || sureness(words) < SURE_ENOUGH
}

/// True for a word that runs up or down the page: Tesseract reads such too, but the page is not upright then.
fn runs_down(word: &tesseract::Found) -> bool {
    word.text.chars().count() >= 3 && word.height > word.width * 1.2
}

/// How sure the words are on average; long ones count more, for short ones are found in any texture.
fn sureness(words: &[tesseract::Found]) -> f32 {
    let weigh = |found: &tesseract::Found| {
        found.text.chars().filter(|letter| letter.is_alphanumeric()).count() as f32
    };
    let all: f32 = words.iter().map(weigh).sum();
    if all == 0.0 {
        0.0
    } else {
        words.iter().map(|found| weigh(found) * found.confidence).sum::<f32>() / all
    }
}

/// Turns the page the ways it may lie; gives the one that reads clearly better, if one does.
fn turn(
    prepared: &Prepared,
    words: &[tesseract::Found],
    recogniser: &Recogniser,
) -> Result<Option<(Prepared, Vec<tesseract::Found>)>, ScanError> {
    let mut best = (letters(words), None);
    for quarters in recogniser.likely_turns(&prepared.picture, prepared.dpi)? {
        let (width, height) = prepared.picture.dimensions();
        let picture = grey::turned(&prepared.picture, quarters);
        let ruled = prepared.ruled.iter().map(|line| line.turned(quarters, width, height)).collect();
        let turned = Prepared { number: prepared.number, picture, dpi: prepared.dpi, ruled };
        let found = recogniser.start(&turned.picture, turned.dpi, turned.number)?.finish()?;
        if letters(&found) > best.0 * 1.2 + 5.0 {
            best = (letters(&found), Some((turned, found)));
        }
    }
    Ok(best.1)
}

/// How many letters were read that run along the page, each as far as it is sure.
fn letters(words: &[tesseract::Found]) -> f32 {
    let along = words.iter().filter(|word| !runs_down(word));
    along.map(|found| found.text.chars().count() as f32 * (found.confidence - 0.3).max(0.0)).sum()
}

fn page(prepared: &Prepared, found: &[tesseract::Found]) -> Page {
    let scale = POINTS / prepared.dpi;
    let (width, height) = prepared.picture.dimensions();
    Page {
        number: prepared.number,
        width: width as f32 * scale,
        height: height as f32 * scale,
        words: mend::words(found, scale),
        rules: prepared.ruled.iter().map(|line| line.rule(scale)).collect(),
        is_recognised: true,
    }
}
