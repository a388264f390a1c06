//! What was made for people to read: pages of a PDF, pictures of pages, plain text. All become words with places, and these a document.
//!
//! A page of a PDF that has no words of its own is a picture of one, and is recognised.

use image::{GrayImage, Luma};

use crate::confined::page_done;
use crate::document::{Format, ParsedDocument};
use crate::notes::{self, Note};
use crate::page::Page;
use crate::pdf::PdfError;
use crate::read::Documents;
use crate::reading::{Hints, Limits, Refusal};
use crate::scan::{self, Picture, Recogniser};
use crate::{learn, pdf, plain, understand};

/// What pages without words are drawn at to be recognised: letters of 8 points are then 33 pixels high.
const DPI: u32 = 300;

/// Words that are given on of one document: more than anybody reads of one.
const PRINTED_WORDS_MAX: usize = 20_000;

/// Pages with what is known of them besides.
#[derive(Debug, Default)]
pub(crate) struct Paper {
    pages: Vec<Page>,
    /// How many there are, read or not.
    count: u32,
    producer: Option<String>,
    /// What to mind.
    notes: Vec<Note>,
}

/// Reads a PDF's pages.
pub(crate) fn read_pdf(bytes: &[u8], hints: &Hints, limits: &Limits) -> Documents {
    document(pdf_paper(bytes, limits), hints, limits)
}

/// Reads a picture of a page, or of several.
pub(crate) fn read_picture(bytes: &[u8], hints: &Hints, limits: &Limits) -> Documents {
    document(picture_paper(bytes, limits), hints, limits)
}

/// Reads a text as if it were typed on paper.
pub(crate) fn read_text(text: &str, hints: &Hints, limits: &Limits) -> Documents {
    let mut documents = document(Ok(text_paper(text, limits)), hints, limits)?;
    for document in &mut documents {
        document.format = Format::PlainText;
        document.pages = 0;
    }
    Ok(documents)
}

/// The pages of a PDF or of a picture, for learning from a correction. An error says why there are none.
pub(crate) fn pdf_pages(bytes: &[u8], limits: &Limits) -> Result<Vec<Page>, Note> {
    pdf_paper(bytes, limits).map(|paper| paper.pages)
}

/// The pages of a picture, for the same.
pub(crate) fn picture_pages(bytes: &[u8], limits: &Limits) -> Result<Vec<Page>, Note> {
    picture_paper(bytes, limits).map(|paper| paper.pages)
}

/// The pages of a text, for the same.
pub(crate) fn text_pages(text: &str, limits: &Limits) -> Vec<Page> {
    text_paper(text, limits).pages
}

fn document(paper: Result<Paper, Note>, hints: &Hints, limits: &Limits) -> Documents {
    let broken = |why| Refusal::Broken { name: hints.file_name.clone(), why };
    let paper = paper.map_err(broken)?;
    if paper.pages.iter().all(|page| page.words.is_empty()) {
        // What hindered the reading tells more than that there was nothing to be read.
        let hindrance = paper.notes.into_iter().next();
        return Err(broken(hindrance.unwrap_or_else(notes::no_words)));
    }
    let mut document = understand(&paper.pages, hints, limits);
    learn::apply(&paper.pages, &mut document, hints);
    if hints.with_text {
        document.printed = learn::printed(&paper.pages, PRINTED_WORDS_MAX);
    }
    document.pages = paper.count;
    document.producer = document.producer.take().or(paper.producer);
    paper.notes.into_iter().for_each(|note| document.warn(note));
    if is_empty(&document) {
        document.warn(notes::nothing_found());
    }
    Ok(vec![document])
}

/// Whether nothing was found that makes a paper of trade.
pub(crate) fn is_empty(document: &ParsedDocument) -> bool {
    document.number.is_none() && document.lines.is_empty() && document.totals.due().is_none()
}

fn pdf_paper(bytes: &[u8], limits: &Limits) -> Result<Paper, Note> {
    let read = pdf::pages(bytes, limits, &mut page_done).map_err(PdfError::into_note)?;
    let mut paper =
        Paper { pages: read.pages, count: read.page_count, producer: read.producer, notes: read.notes };
    let blank: Vec<u32> =
        paper.pages.iter().filter(|page| page.is_picture()).map(|page| page.number).collect();
    if !blank.is_empty() {
        recognise(bytes, &blank, limits, &mut paper);
    }
    Ok(paper)
}

/// Recognises the pages of these numbers and puts them in the place of those without words. What fails is noted: the others are read.
fn recognise(bytes: &[u8], numbers: &[u32], limits: &Limits, paper: &mut Paper) {
    let recogniser = match Recogniser::find() {
        Ok(recogniser) => recogniser,
        Err(error) => return paper.notes.push(error.into_note(numbers.len())),
    };
    for &number in numbers {
        let drawn = pdf::render(bytes, number, DPI, limits).map_err(|error| error.to_string());
        let read = drawn.and_then(|grey| {
            let own = paper.pages.iter().find(|page| page.number == number);
            if own.is_some_and(|page| is_blank(&without_words(&grey, page))) {
                page_done(number);
                return Ok(Vec::new());
            }
            let picture = Picture { grey, number, dpi: Some(DPI as f32) };
            scan::pages([picture], &recogniser, &mut page_done).map_err(|error| error.to_string())
        });
        match read {
            Ok(pages) => {
                for page in pages {
                    let place = paper.pages.iter_mut().find(|old| old.number == page.number);
                    // A stamp that is text says more than the same recognised from an otherwise blank page.
                    if let Some(old) = place.filter(|old| old.words.len() < page.words.len()) {
                        *old = page;
                    }
                }
            }
            Err(why) => paper.notes.push(notes::page_picture_unread(number, why)),
        }
    }
}

/// The picture of a page without what its own words have drawn, a little room around them included.
fn without_words(grey: &GrayImage, page: &Page) -> GrayImage {
    let mut rest = grey.clone();
    let (across, down) = (grey.width() as f32 / page.width, grey.height() as f32 / page.height);
    for word in &page.words {
        let room = word.size / 2.0;
        let dots = |from: f32, to: f32, scale: f32, end: u32| {
            let dot = |at: f32| ((at * scale).max(0.0) as u32).min(end);
            dot(from - room)..dot(to + room)
        };
        for y in dots(word.area.y0, word.area.y1, down, grey.height()) {
            for x in dots(word.area.x0, word.area.x1, across, grey.width()) {
                rest.put_pixel(x, y, Luma([u8::MAX]));
            }
        }
    }
    rest
}

/// How much lighter than another a dot of an empty page may be: noise, no ink.
const NOISE: u8 = 24;

/// Whether nothing is on it: hundreds of empty pages cost no recognising.
fn is_blank(grey: &GrayImage) -> bool {
    let (darkest, lightest) =
        grey.as_raw().iter().fold((u8::MAX, 0), |(low, high), &dot| (low.min(dot), high.max(dot)));
    lightest.saturating_sub(darkest) < NOISE
}

fn picture_paper(bytes: &[u8], limits: &Limits) -> Result<Paper, Note> {
    let pictures = scan::pictures(bytes, limits).map_err(|error| error.into_note(1))?;
    let length = pictures.len();
    let recogniser = Recogniser::find().map_err(|error| error.into_note(length))?;
    let count = u32::try_from(length).unwrap_or(u32::MAX);
    let pages =
        scan::pages(pictures, &recogniser, &mut page_done).map_err(|error| error.into_note(length))?;
    Ok(Paper { pages, count, ..Paper::default() })
}

fn text_paper(text: &str, limits: &Limits) -> Paper {
    let (pages, is_cut) = plain::pages(text, limits);
    let notes = if is_cut { vec![notes::pages_unread(limits.pages)] } else { Vec::new() };
    Paper { count: u32::try_from(pages.len()).unwrap_or(u32::MAX), pages, notes, producer: None }
}
