//! The one way in: a file of any kind, and whatever lies inside it, becomes a [`Reading`].

use crate::archive::Archive;
use crate::bim;
use crate::cad;
use crate::detect::{Content, detect};
use crate::document::{Field, Format, Origin, ParsedDocument};
use crate::hybrid::{self, Attached};
use crate::mail::{self, Part};
use crate::notes::{self, Note};
use crate::paper;
use crate::reading::{Hints, Limits, Reading, Refusal, Skipped};
use crate::sheet;
use crate::xml;

/// What a reader of one kind gives: its documents, in the file's order.
pub(crate) type Documents = Result<Vec<ParsedDocument>, Refusal>;

/// Reads a file, and the files inside it: mails, archives and attachments share one budget however deep they lie.
///
/// A file inside that gives nothing is [`Skipped`] with the reason; only what gives nothing at all is refused.
pub fn read(bytes: &[u8], hints: &Hints, limits: &Limits) -> Result<Reading, Refusal> {
    let mut session = Session {
        hints: hints.clone(),
        limits,
        reading: Reading::default(),
        depth: 0,
        entries: 0,
        unpacked_bytes: 0,
    };
    if bytes.len() as u64 > limits.file_bytes {
        return Err(session.too_large(notes::file_too_large(bytes.len(), limits.file_bytes)));
    }
    session.file(bytes, "")?;
    Ok(session.reading)
}

/// One reading with what it has used up.
struct Session<'a> {
    /// The file's name is that of the file in hand, so that readers name it when they refuse it.
    hints: Hints,
    limits: &'a Limits,
    reading: Reading,
    /// How many files lie around the one in hand.
    depth: u32,
    /// Files inside others that were looked at.
    entries: u32,
    /// What they came to.
    unpacked_bytes: u64,
}

impl Session<'_> {
    /// Reads one file. `path` is where it lies inside the one that was sent; empty for that one.
    fn file(&mut self, bytes: &[u8], path: &str) -> Result<(), Refusal> {
        let (hints, limits) = (&self.hints, self.limits);
        let documents = match detect(bytes) {
            // One line for each kind: a reader takes what it needs and gives `Documents`.
            Content::Xml(schema, text) => xml::read(schema, text, hints, limits),
            Content::Signed => xml::read_signed(bytes, hints, limits),
            Content::Picture(_) => paper::read_picture(bytes, hints, limits),
            Content::Plain(text) => paper::read_text(&text.text, hints, limits),
            // What holds other files.
            Content::Pdf => return self.pdf(bytes, path),
            Content::Archive => return self.archive(bytes, path),
            Content::Mail => return self.mail(bytes, path),
            Content::Workbook(kind) => sheet::read_workbook(bytes, kind, hints, limits),
            Content::Csv(text, separator) => sheet::read_separated(&text, separator, hints, limits),
            Content::Dxf => cad::read(bytes, hints, limits),
            Content::Ifc => bim::read(bytes, hints, limits),
            Content::Unknown(why) => Err(Refusal::UnknownContent { name: hints.file_name.clone(), why }),
        }?;
        self.take(documents, path);
        Ok(())
    }

    /// A PDF's attached invoice says more than its pages; without one its pages are read.
    fn pdf(&mut self, bytes: &[u8], path: &str) -> Result<(), Refusal> {
        let mut minded = Vec::new();
        match hybrid::attached(bytes, self.unpacked_left()) {
            Ok(attached) if attached.is_portfolio => {
                for file in &attached.files {
                    self.inside(path, &file.name, &file.bytes);
                }
                if !attached.files.is_empty() {
                    return Ok(());
                }
            }
            Ok(attached) => match self.attached_invoice(&attached) {
                Some(Ok(documents)) => {
                    self.take(documents, path);
                    return Ok(());
                }
                Some(Err(refusal)) => minded.extend([notes::attached_invoice_unread(), refusal.into_note()]),
                None => minded.extend(attached.notes),
            },
            Err(why) => minded.extend([notes::attachments_unknown(), why]),
        }
        let mut documents = paper::read_pdf(bytes, &self.hints, self.limits)?;
        for document in &mut documents {
            minded.iter().for_each(|note| document.warn(note.clone()));
        }
        self.take(documents, path);
        Ok(())
    }

    /// Reads the attached invoice, if there is one.
    fn attached_invoice(&mut self, attached: &Attached) -> Option<Documents> {
        let (index, schema, text) = hybrid::invoice(&attached.files)?;
        self.unpacked_bytes += attached.files[index].bytes.len() as u64;
        let documents = xml::read(schema, text, &self.hints, self.limits);
        Some(documents.map(|mut documents| {
            for document in &mut documents {
                document.format = Format::HybridPdf;
                document.pages = attached.pages;
            }
            documents
        }))
    }

    fn archive(&mut self, bytes: &[u8], path: &str) -> Result<(), Refusal> {
        let mut archive = Archive::open(bytes).map_err(|why| self.broken(why))?;
        let before = self.entries;
        for index in 0..archive.len() {
            if self.entries >= self.limits.entries {
                let rest = archive.len() - index;
                self.skip(path, "", notes::files_cut(rest, self.limits.entries));
                break;
            }
            let Some(entry) = archive.entry(index, self.unpacked_left(), self.limits.unpack_ratio) else {
                continue;
            };
            match entry.content {
                Ok(content) => self.inside(path, &entry.name, &content),
                Err(why) => {
                    self.entries = self.entries.saturating_add(1);
                    self.skip(path, &entry.name, why);
                }
            }
        }
        if self.entries == before {
            return Err(self.broken(notes::archive_empty()));
        }
        Ok(())
    }

    fn mail(&mut self, bytes: &[u8], path: &str) -> Result<(), Refusal> {
        let mail = mail::open(bytes).ok_or_else(|| self.broken(notes::mail_broken()))?;
        self.message(&mail, path)
    }

    /// Reads what is attached to a mail; if none of it gives a document, what the mail says.
    fn message(&mut self, mail: &mail_parser::Message<'_>, path: &str) -> Result<(), Refusal> {
        let before = self.reading.documents.len();
        let (shown, attached): (Vec<_>, Vec<_>) =
            mail::parts(mail).partition(|part| matches!(part, Part::Shown(..)));
        for part in attached {
            match part {
                Part::File(name, content) | Part::Shown(name, content) => self.inside(path, &name, &content),
                Part::Mail(name, inside) => {
                    self.nested(path, &name, 0, |session, path| session.message(inside, path));
                }
            }
        }
        // A picture in the text is a logo, unless it is all that was sent.
        for part in shown.into_iter().filter(|_| self.reading.documents.len() == before).collect::<Vec<_>>() {
            if let Part::Shown(name, content) = part {
                self.inside(path, &name, &content);
            }
        }
        if self.reading.documents.len() == before {
            let said = paper::read_text(&mail::text(mail), &self.hints, self.limits)?;
            if said.iter().all(paper::is_empty) {
                return Err(self.broken(notes::mail_says_nothing()));
            }
            self.take(said, path);
        }
        Ok(())
    }

    /// Reads a file that lies in another.
    fn inside(&mut self, path: &str, name: &str, bytes: &[u8]) {
        self.nested(path, name, bytes.len() as u64, |session, path| session.file(bytes, path));
    }

    /// Goes one level down, as far as the budget lets it; what gives nothing there is skipped.
    fn nested(
        &mut self,
        path: &str,
        name: &str,
        size: u64,
        read: impl FnOnce(&mut Self, &str) -> Result<(), Refusal>,
    ) {
        self.entries = self.entries.saturating_add(1);
        self.unpacked_bytes = self.unpacked_bytes.saturating_add(size);
        if let Some(why) = self.spent() {
            return self.skip(path, name, why);
        }
        let path = joined(path, name);
        let around = std::mem::replace(&mut self.hints.file_name, name.to_owned());
        self.depth += 1;
        let outcome = read(self, &path);
        self.depth -= 1;
        self.hints.file_name = around;
        if let Err(refusal) = outcome {
            self.reading.skipped.push(Skipped::of(path, refusal.into_note()));
        }
    }

    /// Which limit the file in hand goes beyond.
    fn spent(&self) -> Option<Note> {
        let limits = self.limits;
        if self.entries > limits.entries {
            Some(notes::too_many_files(limits.entries))
        } else if self.unpacked_bytes > limits.unpacked_bytes {
            Some(notes::unpacked_too_large())
        } else if self.depth >= limits.depth {
            Some(notes::too_deep(limits.depth))
        } else {
            None
        }
    }

    fn unpacked_left(&self) -> u64 {
        self.limits.unpacked_bytes.saturating_sub(self.unpacked_bytes)
    }

    fn take(&mut self, documents: Vec<ParsedDocument>, path: &str) {
        for mut document in documents {
            // Terms, logos and letters come along with papers; what was sent by itself was meant.
            if self.depth > 0 && document.warnings.iter().any(|warning| warning.code == "nothing_found") {
                self.skip(path, &document.path, notes::nothing_of_trade());
                continue;
            }
            // A reader may have said where inside the file: a sheet's name.
            document.path = joined(path, &document.path);
            if let (None, Some(currency)) = (&document.currency, &self.hints.currency) {
                document.currency = Some(assumed(currency));
            }
            self.reading.documents.push(document);
        }
    }

    fn skip(&mut self, path: &str, name: &str, why: Note) {
        self.reading.skipped.push(Skipped::of(joined(path, name), why));
    }

    fn broken(&self, why: Note) -> Refusal {
        Refusal::Broken { name: self.hints.file_name.clone(), why }
    }

    fn too_large(&self, why: Note) -> Refusal {
        Refusal::TooLarge { name: self.hints.file_name.clone(), why }
    }
}

/// Where a file lies in another.
pub(crate) fn joined(path: &str, name: &str) -> String {
    [path, name].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/")
}

/// A value that the document does not say and the sender of the file does.
fn assumed(currency: &str) -> Field<String> {
    Field { value: currency.to_owned(), confidence: 0.5, origin: Origin::Computed, place: None }
}
