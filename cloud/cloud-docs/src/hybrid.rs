//! Files attached to a PDF: the invoice in XML of Factur-X, ZUGFeRD and Order-X, and whatever else lies there.
//!
//! Pages are not looked at here: where no invoice is attached, others read them.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

use crate::detect::{Content, detect};
use crate::encoding::Text;
use crate::notes::{self, Note};
use crate::xml::Schema;

/// How deep arrays and dictionaries may lie in one another before an attachment.
const NESTING: u32 = 16;
/// Files of one PDF that are looked at.
const FILES: usize = 100;
/// Names that the standards give the invoice: they break a tie, no more.
const NAMES: [&str; 6] = [
    "factur-x.xml",
    "zugferd-invoice.xml",
    "xrechnung.xml",
    "order-x.xml",
    "cida.xml",
    "zugferd_2p0_extended_egv.xml",
];

/// A file that is attached to a PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name; shown, never trusted.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What a PDF carries besides its pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attached {
    /// Its attached files.
    pub files: Vec<Attachment>,
    /// It is a portfolio: its files are what it is about, its pages a cover.
    pub is_portfolio: bool,
    /// How many pages it has.
    pub pages: u32,
    /// What could not be taken out.
    pub notes: Vec<Note>,
}

/// The attached files, unpacked to no more than `unpacked_bytes` all together. An error says why the PDF cannot be opened.
pub fn attached(pdf: &[u8], unpacked_bytes: u64) -> Result<Attached, Note> {
    let document = open(pdf, unpacked_bytes)?;
    let mut found = Attached {
        is_portfolio: document.catalog().is_ok_and(|catalog| catalog.has(b"Collection")),
        pages: u32::try_from(document.page_iter().count()).unwrap_or(u32::MAX),
        ..Attached::default()
    };
    let mut left = usize::try_from(unpacked_bytes).unwrap_or(usize::MAX);
    for (name, id) in files(&document) {
        let Ok(stream) = document.get_object(id).and_then(Object::as_stream) else { continue };
        match stream.get_plain_content_with_limit(left) {
            Ok(bytes) => {
                left -= bytes.len().min(left);
                found.files.push(Attachment { name, bytes });
            }
            Err(error) => found.notes.push(notes::attachment_unreadable(name, error)),
        }
    }
    Ok(found)
}

/// The attached invoice or order as it lies there, if there is one.
pub fn attached_xml(pdf: &[u8]) -> Option<Vec<u8>> {
    let attached = attached(pdf, crate::Limits::default().unpacked_bytes).ok()?;
    let (index, _, _) = invoice(&attached.files)?;
    attached.files.into_iter().nth(index).map(|file| file.bytes)
}

/// The same PDF without its attached files: what is left is what its pages say.
pub fn without_attachments(pdf: &[u8]) -> Result<Vec<u8>, String> {
    let mut document = open(pdf, crate::Limits::default().unpacked_bytes).map_err(|why| why.text)?;
    let streams: BTreeSet<ObjectId> = files(&document).into_iter().map(|(_, id)| id).collect();
    for id in &streams {
        document.objects.remove(id);
    }
    for object in document.objects.values_mut() {
        strip(object, NESTING);
    }
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(|error| format!("it cannot be written again: {error}"))?;
    Ok(bytes)
}

/// Which of the files is the invoice: what is in it decides, then how much, then its name.
pub(crate) fn invoice(files: &[Attachment]) -> Option<(usize, Schema, Text)> {
    let candidates = files.iter().enumerate().filter_map(|(index, file)| match detect(&file.bytes) {
        Content::Xml(schema, text) => Some((index, schema, text)),
        _ => None,
    });
    // Of two with as many lines the first stays, so the best comes last for `max_by_key`.
    let mut candidates: Vec<_> = candidates.collect();
    candidates.reverse();
    candidates.into_iter().max_by_key(|(index, _, text)| {
        let lines = ["IncludedSupplyChainTradeLineItem>", "InvoiceLine>", "CreditNoteLine>", "OrderLine>"];
        let lines: usize = lines.iter().map(|line| text.text.matches(line).count()).sum();
        let is_named = NAMES.contains(&files[*index].name.to_lowercase().as_str());
        (lines, is_named)
    })
}

fn open(pdf: &[u8], unpacked_bytes: u64) -> Result<Document, Note> {
    let limit = usize::try_from(unpacked_bytes).unwrap_or(usize::MAX);
    let document = Document::load_mem_with_options(pdf, LoadOptions::with_max_decompressed_size(limit))
        .map_err(notes::structure_broken)?;
    if document.is_encrypted() {
        return Err(notes::locked());
    }
    Ok(document)
}

/// Names and streams of all attached files, wherever the PDF lists them: its names, its associated files, its annotations.
fn files(document: &Document) -> Vec<(String, ObjectId)> {
    let mut found = Vec::new();
    for object in document.objects.values() {
        gather(object, document, &mut found, NESTING);
    }
    let mut seen = BTreeSet::new();
    found.retain(|(_, id)| seen.insert(*id));
    found.truncate(FILES);
    found
}

fn gather(object: &Object, document: &Document, found: &mut Vec<(String, ObjectId)>, nesting: u32) {
    let Some(nesting) = nesting.checked_sub(1) else { return };
    match object {
        Object::Array(all) => all.iter().for_each(|one| gather(one, document, found, nesting)),
        Object::Dictionary(dictionary) => {
            found.extend(file(dictionary, document));
            dictionary.iter().for_each(|(_, one)| gather(one, document, found, nesting));
        }
        // A stream's own dictionary lists associated files too.
        Object::Stream(stream) => {
            stream.dict.iter().for_each(|(_, one)| gather(one, document, found, nesting));
        }
        _ => {}
    }
}

/// A file specification with its stream (ISO 32000-2, 7.11).
fn file(dictionary: &Dictionary, document: &Document) -> Option<(String, ObjectId)> {
    let streams = dictionary.get_deref(b"EF", document).and_then(Object::as_dict).ok()?;
    let stream =
        [&b"UF"[..], b"F"].iter().find_map(|key| streams.get(key).and_then(Object::as_reference).ok())?;
    let name = [&b"UF"[..], b"F"].iter().find_map(|key| {
        let text = dictionary.get_deref(key, document).ok()?;
        lopdf::decode_text_string(text).ok()
    });
    Some((name.unwrap_or_else(|| "attachment".to_owned()), stream))
}

/// Takes all lists of attached files out of an object.
fn strip(object: &mut Object, nesting: u32) {
    let Some(nesting) = nesting.checked_sub(1) else { return };
    let dictionary = match object {
        Object::Array(all) => return all.iter_mut().for_each(|one| strip(one, nesting)),
        Object::Dictionary(dictionary) => dictionary,
        Object::Stream(stream) => &mut stream.dict,
        _ => return,
    };
    for list in [&b"EF"[..], b"AF", b"EmbeddedFiles", b"Collection"] {
        dictionary.remove(list);
    }
    dictionary.iter_mut().for_each(|(_, one)| strip(one, nesting));
}
