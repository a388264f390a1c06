//! The one way in: a file of any kind, and whatever lies inside it, becomes a [`Reading`].

use crate::bim;
use crate::cad;
use crate::detect::{Content, detect};
use crate::document::ParsedDocument;
use crate::reading::{Hints, Limits, Reading, Refusal, Skipped};
use crate::sheet;

/// What a reader of one kind gives: its documents, in the file's order.
pub(crate) type Documents = Result<Vec<ParsedDocument>, Refusal>;

/// Reads a file, and the files inside it: mails, archives and attachments share one budget however deep they lie.
///
/// A file inside that gives nothing is [`Skipped`] with the reason; only what gives nothing at all is refused.
pub fn read(bytes: &[u8], hints: &Hints, limits: &Limits) -> Result<Reading, Refusal> {
    let mut session = Session { hints: hints.clone(), limits, reading: Reading::default() };
    session.file(bytes, "")?;
    Ok(session.reading)
}

/// One reading with what it has used up.
struct Session<'a> {
    /// The file's name is that of the file in hand, so that readers name it when they refuse it.
    hints: Hints,
    limits: &'a Limits,
    reading: Reading,
}

impl Session<'_> {
    /// Reads one file. `path` is where it lies inside the one that was sent; empty for that one.
    fn file(&mut self, bytes: &[u8], path: &str) -> Result<(), Refusal> {
        if bytes.len() as u64 > self.limits.file_bytes {
            let what = format!("{} bytes, the limit is {}", bytes.len(), self.limits.file_bytes);
            return Err(Refusal::TooLarge { name: self.hints.file_name.clone(), what });
        }
        let (hints, limits) = (&self.hints, self.limits);
        let documents = match detect(bytes) {
            // One line for each kind: a reader takes what it needs and gives `Documents`.
            Content::Workbook(kind) => sheet::read_workbook(bytes, kind, hints, limits),
            Content::Csv(text, separator) => sheet::read_separated(&text, separator, hints, limits),
            Content::Dxf => cad::read(bytes, hints, limits),
            Content::Ifc => bim::read(bytes, hints, limits),
            other => Err(no_reader(&other, hints)),
        }?;
        self.take(documents, path);
        Ok(())
    }

    fn take(&mut self, documents: Vec<ParsedDocument>, path: &str) {
        for mut document in documents {
            // A reader may have said where inside the file: a sheet's name.
            let inside = std::mem::take(&mut document.path);
            document.path =
                [path, &inside].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
            self.reading.documents.push(document);
        }
    }
}

fn no_reader(content: &Content, hints: &Hints) -> Refusal {
    Refusal::UnknownContent { name: hints.file_name.clone(), looks_like: content.describe() }
}
