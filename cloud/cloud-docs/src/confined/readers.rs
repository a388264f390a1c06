//! Which readers the confined process has.

use std::borrow::Cow;
use std::io::Cursor;
use std::path::PathBuf;

use image::ImageFormat;

use crate::detect::{Content, detect};
use crate::document::ParsedDocument;
use crate::notes;
use crate::reading::{Hints, Limits, Reading, Refusal};
use crate::{inner, learn, paper, pdf, scan};

/// Dots in an inch of a page that is shown: small print can be read.
const SHOWN_DPI: u32 = 130;
/// The widest picture that is given: larger ones are photographs.
const SHOWN_WIDTH_MAX: u32 = 1_600;

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

/// A page as people see it, as a PNG in base64: of the file itself, or of the one of this path inside it.
pub(super) fn draw(
    bytes: &[u8],
    hints: &Hints,
    limits: &Limits,
    (inside, page): (&str, u32),
) -> Result<String, Refusal> {
    let broken = |why| Refusal::Broken { name: hints.file_name.clone(), why };
    let bytes = match inside.is_empty() {
        true => Cow::Borrowed(bytes),
        false => Cow::Owned(inner::file(bytes, inside, limits).map_err(broken)?),
    };
    let grey = match detect(&bytes) {
        Content::Pdf => {
            pdf::render(&bytes, page, SHOWN_DPI, limits).map_err(|error| broken(error.into_note()))?
        }
        Content::Picture(_) => {
            let pictures = scan::pictures(&bytes, limits).map_err(|error| broken(error.into_note(1)))?;
            let found = pictures.into_iter().find(|picture| picture.number == page);
            found.ok_or_else(|| broken(notes::no_page(page)))?.grey
        }
        other => return Err(broken(notes::no_pages(other.word()))),
    };
    let shown = match grey.width() > SHOWN_WIDTH_MAX {
        true => {
            let height = u64::from(grey.height()) * u64::from(SHOWN_WIDTH_MAX) / u64::from(grey.width());
            let height = u32::try_from(height.max(1)).unwrap_or(u32::MAX);
            image::imageops::resize(&grey, SHOWN_WIDTH_MAX, height, image::imageops::FilterType::Triangle)
        }
        false => grey,
    };
    let mut png = Cursor::new(Vec::new());
    shown.write_to(&mut png, ImageFormat::Png).map_err(|error| broken(notes::picture_broken(error)))?;
    Ok(data_encoding::BASE64.encode(png.get_ref()))
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
            return Err(broken(notes::nothing_to_learn(other.word())));
        }
    };
    Ok(learn::example(&pages, corrected))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn pages_are_shown_no_wider_than_a_screen() {
        let (hints, limits) = (Hints::default(), Limits::default());
        let mut wide = Cursor::new(Vec::new());
        image::GrayImage::new(3_200, 400).write_to(&mut wide, ImageFormat::Png).unwrap();
        let shown = draw(wide.get_ref(), &hints, &limits, ("", 1)).unwrap();
        let shown = data_encoding::BASE64.decode(shown.as_bytes()).unwrap();
        let shown = image::load_from_memory_with_format(&shown, ImageFormat::Png).unwrap();
        assert_eq!((shown.width(), shown.height()), (1_600, 200));
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("papers/1.png", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(wide.get_ref()).unwrap();
        let sent = zip.finish().unwrap().into_inner();
        assert!(draw(&sent, &hints, &limits, ("papers/1.png", 1)).is_ok());
        for (path, words) in
            [("", "no pages"), ("papers/2.png", "no such file"), ("papers/1.png/x", "no such file")]
        {
            let refused = draw(&sent, &hints, &limits, (path, 1)).unwrap_err().to_string();
            assert!(refused.contains(words), "{path}: {refused}");
        }
        for (bytes, page, words) in
            [(wide.get_ref().as_slice(), 2, "no page 2"), (b"a;b\n1;2\n3;4\n".as_slice(), 1, "no pages")]
        {
            let refused = draw(bytes, &hints, &limits, ("", page)).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
        }
    }
}
