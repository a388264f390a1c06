//! What a file is, by what is in it: its name and the type that its sender gave it are not believed.

use std::io::Cursor;

use crate::encoding::{self, Text};
use crate::notes::{self, Note};
use crate::xml::{self, Schema};

/// What a file is. Each kind that carries a [`Text`] carries the whole of it, so that it is decoded once.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// XML, and which e-invoice or order it is.
    Xml(Schema, Text),
    /// A signed envelope (CAdES, `.p7m`) with something inside.
    Signed,
    /// A PDF, with or without an attached invoice.
    Pdf,
    /// A workbook that a sheet reader opens.
    Workbook(Workbook),
    /// A ZIP of other files.
    Archive,
    /// A picture of a page.
    Picture(Picture),
    /// A DXF drawing; its binary form has no text.
    Dxf,
    /// An IFC building model, a STEP file.
    Ifc,
    /// A mail with its headers.
    Mail,
    /// Values with separators between them, line by line.
    Csv(Text, char),
    /// Any other text.
    Plain(Text),
    /// Nothing that is read here, and what it looks like.
    Unknown(Note),
}

/// Which program's workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workbook {
    /// Office Open XML.
    Xlsx,
    /// Its binary form.
    Xlsb,
    /// BIFF in an OLE2 file.
    Xls,
    /// OpenDocument.
    Ods,
}

/// Which kind of picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Picture {
    Png,
    Jpeg,
    Tiff,
    WebP,
    Bmp,
}

impl Content {
    /// What to call it in a sentence: the end of "it is ..".
    pub fn describe(&self) -> String {
        match self {
            Self::Xml(schema, _) => schema.title().to_owned(),
            Self::Signed => "a signed envelope".to_owned(),
            Self::Pdf => "a PDF".to_owned(),
            Self::Workbook(kind) => format!("a workbook ({kind:?})"),
            Self::Archive => "a ZIP".to_owned(),
            Self::Picture(kind) => format!("a picture ({kind:?})"),
            Self::Dxf => "a DXF drawing".to_owned(),
            Self::Ifc => "an IFC model".to_owned(),
            Self::Mail => "a mail".to_owned(),
            Self::Csv(text, _) => format!("a table in text ({})", text.encoding),
            Self::Plain(text) => format!("a text ({})", text.encoding),
            Self::Unknown(why) => why.text.trim_start_matches("it is ").to_owned(),
        }
    }

    /// Its word in notes.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Xml(schema, _) => schema.word(),
            Self::Signed => "signed",
            Self::Pdf => "pdf",
            Self::Workbook(_) => "workbook",
            Self::Archive => "archive",
            Self::Picture(_) => "picture",
            Self::Dxf => "dxf",
            Self::Ifc => "ifc",
            Self::Mail => "mail",
            Self::Csv(..) => "table",
            Self::Plain(_) => "plain",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// How far into a file its PDF mark may stand (ISO 32000-1, annex H).
const PDF_MARK_WITHIN_BYTES: usize = 1024;
/// Entries that a ZIP's directory may list: beyond that the list alone is a load.
pub(crate) const DIRECTORY_ENTRIES: usize = 65_535;

/// Says what a file is.
pub fn detect(bytes: &[u8]) -> Content {
    if bytes.is_empty() {
        return unknown("empty");
    }
    by_mark(bytes).unwrap_or_else(|| match encoding::text_of(bytes) {
        Some(text) => by_text(bytes, text),
        None if is_pdf(bytes) => Content::Pdf,
        None => Content::Unknown(notes::unknown_bytes(first_bytes(bytes))),
    })
}

/// Kinds that have a fixed mark at their start.
fn by_mark(bytes: &[u8]) -> Option<Content> {
    let content = match bytes {
        [b'%', b'P', b'D', b'F', b'-', ..] => Content::Pdf,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => archive(bytes),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => ole(bytes),
        [0x89, b'P', b'N', b'G', ..] => Content::Picture(Picture::Png),
        [0xff, 0xd8, 0xff, ..] => Content::Picture(Picture::Jpeg),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Content::Picture(Picture::Tiff),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Content::Picture(Picture::WebP),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Content::Picture(Picture::Bmp),
        [b'G', b'I', b'F', b'8', ..] => unknown("gif"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => unknown("film"),
        [b'R', b'a', b'r', b'!', ..] => unknown("rar"),
        [b'7', b'z', 0xbc, 0xaf, ..] => unknown("seven_z"),
        [0x1f, 0x8b, ..] => unknown("gzip"),
        _ if bytes.starts_with(b"AutoCAD Binary DXF\r\n\x1a\0") => Content::Dxf,
        _ if bytes.starts_with(b"AC10") => unknown("dwg"),
        _ if xml::is_signed(bytes) => Content::Signed,
        _ => return None,
    };
    Some(content)
}

/// One of the words for `content` in notes.
fn unknown(content: &str) -> Content {
    Content::Unknown(notes::unknown_content(content))
}

/// Which of the many files that are ZIPs, by the entries that only it has.
fn archive(bytes: &[u8]) -> Content {
    if directory_entries(bytes) > DIRECTORY_ENTRIES {
        return Content::Archive;
    }
    // One that cannot be opened is refused by whoever unpacks it, who knows why.
    let Ok(zip) = zip::ZipArchive::new(Cursor::new(bytes)) else { return Content::Archive };
    let has = |name: &str| zip.index_for_name(name).is_some();
    if has("xl/workbook.xml") {
        Content::Workbook(Workbook::Xlsx)
    } else if has("xl/workbook.bin") {
        Content::Workbook(Workbook::Xlsb)
    } else if has("word/document.xml") {
        unknown("word")
    } else if has("ppt/presentation.xml") {
        unknown("presentation")
    } else if has("content.xml") && has("META-INF/manifest.xml") {
        open_document(zip)
    } else {
        Content::Archive
    }
}

/// An OpenDocument file says in an entry of its own which it is.
fn open_document(mut zip: zip::ZipArchive<Cursor<&[u8]>>) -> Content {
    use std::io::Read as _;
    let mut kind = String::new();
    if let Ok(entry) = zip.by_name("mimetype") {
        // What does not read as text is no kind that is known.
        if entry.take(100).read_to_string(&mut kind).is_err() {
            kind.clear();
        }
    }
    if kind.starts_with("application/vnd.oasis.opendocument.spreadsheet") {
        Content::Workbook(Workbook::Ods)
    } else {
        unknown("open_document")
    }
}

/// How many entries a ZIP lists, counted by their marks: what its end says of it may lie.
pub(crate) fn directory_entries(zip: &[u8]) -> usize {
    zip.windows(4).filter(|mark| *mark == b"PK\x01\x02").count()
}

/// Which of the files that are OLE2, by the names of its streams.
fn ole(bytes: &[u8]) -> Content {
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(wide.len()).step_by(2).any(|part| part == wide)
    };
    // An old workbook calls its stream `Book`.
    if has("Workbook\0") || has("Book\0") {
        Content::Workbook(Workbook::Xls)
    } else if has("__properties_version1.0") {
        unknown("outlook")
    } else if has("WordDocument\0") {
        unknown("old_word")
    } else if has("EncryptedPackage\0") {
        unknown("locked_workbook")
    } else {
        unknown("ole")
    }
}

fn is_pdf(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(PDF_MARK_WITHIN_BYTES)].windows(5).any(|mark| mark == b"%PDF-")
}

fn by_text(bytes: &[u8], text: Text) -> Content {
    let start = text.text.trim_start();
    if start.starts_with('<') {
        return by_root(text);
    }
    if after_comments(start).starts_with("ISO-10303-21;") {
        return Content::Ifc;
    }
    if is_dxf(start) {
        return Content::Dxf;
    }
    if is_pdf(bytes) {
        return Content::Pdf;
    }
    if is_mail(start) {
        return Content::Mail;
    }
    if start.is_empty() {
        return unknown("blank");
    }
    match separator(start) {
        Some(separator) => Content::Csv(text, separator),
        None => Content::Plain(text),
    }
}

fn by_root(text: Text) -> Content {
    let Some(root) = xml::root_of(&text.text) else {
        return unknown("rootless");
    };
    match (Schema::of(&root), root.form()) {
        (Some(schema), _) => Content::Xml(schema, text),
        (None, Some(form)) => Content::Unknown(notes::unknown_form(form)),
        (None, None) if root.name.eq_ignore_ascii_case("html") => unknown("web_page"),
        (None, None) => Content::Unknown(notes::unknown_xml(root)),
    }
}

/// STEP allows comments anywhere.
fn after_comments(mut text: &str) -> &str {
    while let Some((_, rest)) = text.strip_prefix("/*").and_then(|comment| comment.split_once("*/")) {
        text = rest.trim_start();
    }
    text
}

/// A DXF is pairs of lines, a code and a value; the first that is no comment (999) opens a section.
fn is_dxf(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).take(200);
    while let (Some(code), Some(value)) = (lines.next(), lines.next()) {
        match code {
            "999" => {}
            "0" => return value == "SECTION",
            _ => return false,
        }
    }
    false
}

/// Two headers that mails have, before anything that is no header.
fn is_mail(text: &str) -> bool {
    const HEADERS: [&str; 14] = [
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "received",
        "return-path",
        "content-type",
        "delivered-to",
        "reply-to",
        "cc",
        "dkim-signature",
        "x-mailer",
    ];
    let mut known = 0;
    for (index, line) in text.lines().enumerate().take(200) {
        // The separator that mailboxes put before each mail.
        if line.starts_with([' ', '\t']) || (index == 0 && line.starts_with("From ")) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { break };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
            break;
        }
        known += usize::from(HEADERS.contains(&name.to_ascii_lowercase().as_str()));
    }
    known >= 2
}

/// The separator of a table in text: the one that cuts most lines into the same number of values, at least two.
fn separator(text: &str) -> Option<char> {
    const LINES: usize = 100;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(LINES).collect();
    if lines.len() < 2 {
        return None;
    }
    let agreeing = |separator: char| {
        let counts: Vec<usize> = lines.iter().map(|line| outside_quotes(line, separator)).collect();
        let mut sorted: Vec<usize> = counts.iter().copied().filter(|count| *count > 0).collect();
        sorted.sort_unstable();
        let usual = *sorted.get(sorted.len() / 2)?;
        let same = counts.iter().filter(|count| **count == usual).count();
        // One comma a line is prose; two lines with one are chance.
        let is_table = same * 10 >= lines.len() * 6 && (usual >= 2 || (separator != ',' && lines.len() > 2));
        is_table.then_some((same, usual, separator))
    };
    let best = [';', '\t', '|', ',']
        .into_iter()
        .filter_map(agreeing)
        .max_by_key(|(same, usual, _)| (*same, *usual))?;
    Some(best.2)
}

fn outside_quotes(line: &str, separator: char) -> usize {
    let mut quoted = false;
    line.chars()
        .filter(|c| {
            quoted ^= *c == '"';
            *c == separator && !quoted
        })
        .count()
}

fn first_bytes(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(detect(bytes).describe(), expected);
    }

    #[test]
    fn knows_files_by_their_marks() {
        check(b"%PDF-1.7\n", "a PDF");
        check(b"\xff\xfe\xfd junk before the mark %PDF-1.4", "a PDF");
        check(b"\x89PNG\r\n\x1a\n\0\0", "a picture (Png)");
        check(b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture (Jpeg)");
        check(b"II*\0\x08\0\0\0", "a picture (Tiff)");
        check(b"RIFF\x10\0\0\0WEBPVP8 ", "a picture (WebP)");
        check(b"BM\x36\0\0\0\0\0\0\0\x36\0", "a picture (Bmp)");
        check(b"AutoCAD Binary DXF\r\n\x1a\0\0\0", "a DXF drawing");
        check(b"AC1032\0\0", "a DWG drawing: save it as DXF");
    }

    #[test]
    fn knows_texts_by_what_they_say() {
        check(b"999\ncomment\n  0\nSECTION\n  2\nHEADER\n", "a DXF drawing");
        check(b"/* exported */\nISO-10303-21;\nHEADER;", "an IFC model");
        check(b"Return-Path: <a@b>\nFrom: a@b\nX-Other: 1\n folded\nSubject: order\n\nText", "a mail");
        check(b"Subject: our prices\nwe are glad to offer you\n", "a text (UTF-8)");
        check(b"name;price;unit\nMilk;1,20;l\nTea;3,00;kg\n", "a table in text (UTF-8)");
        check(b"name,price,unit\n\"Milk, fresh\",1.20,l\nTea,3.00,kg\n", "a table in text (UTF-8)");
        check(
            b"Dear sirs, we send you today\nthe goods that you ordered, and\nhope to hear, soon\n",
            "a text (UTF-8)",
        );
        check(b"  \r\n \n", "blank");
    }

    #[test]
    fn knows_e_invoices_by_root_and_namespace() {
        let ubl = "xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'";
        check(format!("<!-- long -->\n<Invoice {ubl}/>").as_bytes(), "a UBL document");
        check(
            b"<Invoice xmlns='urn:other'/>",
            "XML that is no invoice or order known here (its root is `Invoice of urn:other`)",
        );
        check(b"<rsm:CrossIndustryInvoice xmlns:rsm='urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100'/>", "a Cross Industry Invoice");
        check("<Файл ИдФайл='ON_NSCHFDOPPR_1'/>".as_bytes(), "a universal transfer document (UPD)");
        check(
            "<Файл ИдФайл='1'><Документ КНД='1115131'/></Файл>".as_bytes(),
            "a universal transfer document (UPD)",
        );
        check(
            "<Файл ИдФайл='NO_NDS_1'/>".as_bytes(),
            "XML that is no invoice or order known here (its root is `Файл`)",
        );
        let correction = "form 1115127 of Russia's tax service, which is no transfer document (1115131)";
        check("<Файл ИдФайл='ON_NKORSCHFDOPPR_1'><Документ КНД='1115127'/></Файл>".as_bytes(), correction);
        check(b"<html><body/></html>", "a web page: save it as PDF");
    }

    #[test]
    fn knows_files_that_are_zips_by_their_entries() {
        use std::io::Write as _;
        let zipped = |entries: &[(&str, &str)]| {
            let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
            for (name, text) in entries {
                zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
                zip.write_all(text.as_bytes()).unwrap();
            }
            zip.finish().unwrap().into_inner()
        };
        let ods = "application/vnd.oasis.opendocument.spreadsheet";
        check(&zipped(&[("xl/workbook.xml", "")]), "a workbook (Xlsx)");
        check(
            &zipped(&[("mimetype", ods), ("content.xml", ""), ("META-INF/manifest.xml", "")]),
            "a workbook (Ods)",
        );
        check(
            &zipped(&[("content.xml", ""), ("META-INF/manifest.xml", "")]),
            "an OpenDocument file that is no spreadsheet: save it as PDF",
        );
        check(&zipped(&[("word/document.xml", "")]), "a Word document: save it as PDF");
        check(&zipped(&[("a.xml", "")]), "a ZIP");
    }

    #[test]
    fn knows_old_office_files_by_their_streams() {
        let ole = |stream: &str| {
            let mut file = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
            file.resize(1024, 0);
            file.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
            file.resize(2048, 0);
            file
        };
        check(&ole("Workbook"), "a workbook (Xls)");
        check(&ole("Book"), "a workbook (Xls)");
        check(&ole("__properties_version1.0"), "an Outlook message: save it as .eml");
        check(&ole("EncryptedPackage"), "an encrypted workbook: save it without a password");
        check(&ole("Other"), "an OLE2 file that is no workbook");
    }
}
