//! PDFs with files attached, made here: which of them is the invoice, and what a wrong one does.

use cloud_docs::document::Format;
use cloud_docs::{Hints, Limits, Reading, Refusal, hybrid, read};
use lopdf::{
    Dictionary, Document, EncryptionState, EncryptionVersion, Object, Permissions, Stream, dictionary,
};

const ORDER: &[u8] = include_bytes!("../data/ubl-order.xml");
const ORDER_X: &[u8] = include_bytes!("../data/order-x.xml");

/// Where a PDF lists a file that is attached to it.
#[derive(Clone, Copy)]
enum Listed {
    Names,
    Associated,
    Annotation,
}

/// A PDF of one blank page with files attached.
fn pdf(files: &[(&str, &[u8], Listed)], more: &Dictionary) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let (mut names, mut associated, mut annotations) = (Vec::new(), Vec::new(), Vec::new());
    for (name, bytes, listed) in files {
        let mut stream = Stream::new(dictionary! { "Type" => "EmbeddedFile" }, bytes.to_vec());
        stream.compress().unwrap();
        let stream = document.add_object(stream);
        let title = Object::string_literal(*name);
        let file = dictionary! { "Type" => "Filespec", "F" => title.clone(), "UF" => title.clone(), "EF" => dictionary! { "F" => stream } };
        match listed {
            Listed::Names => names.extend([title, file.into()]),
            Listed::Associated => associated.push(document.add_object(file).into()),
            Listed::Annotation => {
                annotations.push(dictionary! { "Subtype" => "FileAttachment", "FS" => file }.into());
            }
        }
    }
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Annots" => Object::Array(annotations),
    });
    document
        .objects
        .insert(pages, dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }.into());
    let mut catalog = dictionary! {
        "Type" => "Catalog", "Pages" => pages, "AF" => Object::Array(associated),
        "Names" => dictionary! { "EmbeddedFiles" => dictionary! { "Names" => Object::Array(names) } },
    };
    catalog.extend(more);
    let catalog = document.add_object(catalog);
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// A PDF with an order attached.
pub(crate) fn with_invoice() -> Vec<u8> {
    pdf(&[("order-x.xml", ORDER_X, Listed::Names)], &Dictionary::new())
}

fn reading(bytes: &[u8]) -> Result<Reading, Refusal> {
    read(bytes, &Hints { file_name: "sent.pdf".to_owned(), ..Hints::default() }, &Limits::default())
}

#[test]
fn finds_the_invoice_wherever_it_is_listed() {
    for listed in [Listed::Names, Listed::Associated, Listed::Annotation] {
        let file = pdf(&[("order-x.xml", ORDER_X, listed)], &Dictionary::new());
        let document = reading(&file).unwrap().documents.remove(0);
        assert_eq!((document.format, document.pages, document.lines.len()), (Format::HybridPdf, 1, 1));
        assert_eq!(hybrid::attached_xml(&file).as_deref(), Some(ORDER_X));
        let stripped = hybrid::without_attachments(&file).unwrap();
        assert!(hybrid::attached(&stripped, 1 << 20).unwrap().files.is_empty());
        assert!(!stripped.windows(8).any(|part| part == b"EmbeddedFile".split_at(8).0), "no trace is left");
    }
}

#[test]
fn what_is_in_a_file_decides_and_not_its_name() {
    let other: &[u8] = b"<?xml version='1.0'?><Logistics xmlns='urn:other'/>";
    let two_lines = String::from_utf8(ORDER.to_vec()).unwrap();
    let (from, to) = (two_lines.find("<cac:OrderLine>").unwrap(), two_lines.find("</Order>").unwrap());
    let two_lines = [&two_lines[..from], &two_lines[from..to].repeat(2), &two_lines[to..]].concat();
    let files: [(&str, &[u8], Listed); 4] = [
        ("factur-x.xml", other, Listed::Names),
        ("order-x.xml", ORDER_X, Listed::Names),
        ("data.bin", two_lines.as_bytes(), Listed::Associated),
        ("scan.png", b"\x89PNG\r\n\x1a\n", Listed::Names),
    ];
    let document = reading(&pdf(&files, &Dictionary::new())).unwrap().documents.remove(0);
    assert_eq!(
        (document.lines.len(), document.producer.as_deref()),
        (2, Some("urn:fdc:peppol.eu:poacc:trns:order:3"))
    );
}

#[test]
fn a_portfolio_is_its_files() {
    let files: [(&str, &[u8], Listed); 3] = [
        ("1.xml", ORDER, Listed::Names),
        ("2.xml", ORDER_X, Listed::Names),
        ("3.bin", b"\x7fELF\0\0", Listed::Names),
    ];
    let portfolio = pdf(&files, &dictionary! { "Collection" => dictionary! { "View" => "T" } });
    let reading = reading(&portfolio).unwrap();
    let paths: Vec<_> = reading.documents.iter().map(|document| document.path.as_str()).collect();
    assert_eq!(paths, ["1.xml", "2.xml"]);
    assert_eq!(reading.skipped.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["3.bin"]);
}

#[test]
fn an_attachment_that_unpacks_without_end_is_left_out() {
    let spaces = vec![b' '; 4 << 20];
    let file =
        pdf(&[("bomb.xml", &spaces, Listed::Names), ("1.xml", ORDER, Listed::Names)], &Dictionary::new());
    let attached = hybrid::attached(&file, 1 << 20).unwrap();
    assert_eq!(attached.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["1.xml"]);
    assert!(attached.notes[0].values["file"] == "bomb.xml", "{:?}", attached.notes);
}

#[test]
fn a_broken_pdf_is_told_from_one_without_attachments() {
    let file = pdf(&[("1.xml", ORDER, Listed::Names)], &Dictionary::new());
    assert!(hybrid::attached(b"%PDF-1.7\nnothing follows", 1 << 20).is_err());
    assert_eq!(hybrid::attached(&pdf(&[], &Dictionary::new()), 1 << 20).unwrap().files, []);
    // Without its table of objects it is found by looking for them.
    let table = file.windows(5).position(|part| part == b"xref\n").unwrap();
    let document = reading(&file[..table]).unwrap().documents.remove(0);
    assert_eq!((document.format, document.lines.len()), (Format::HybridPdf, 1));
}

/// The same PDF locked so that only printing is free, for which an empty password opens it, or so that a password is needed.
fn locked(file: &[u8], user_password: &str) -> Vec<u8> {
    let mut document = Document::load_mem(file).unwrap();
    let id = Object::string_literal("0123456789abcdef");
    document.trailer.set("ID", vec![id.clone(), id]);
    let version = EncryptionVersion::V2 {
        document: &document,
        owner_password: "owner",
        user_password,
        key_length: 128,
        permissions: Permissions::PRINTABLE,
    };
    let state = EncryptionState::try_from(version).unwrap();
    document.encrypt(&state).unwrap();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_pdf_that_is_locked_against_changes_is_read_and_one_with_a_password_is_not() {
    let document = reading(&locked(&with_invoice(), "")).unwrap().documents.remove(0);
    assert_eq!((document.format, document.lines.len()), (Format::HybridPdf, 1));
    let why = hybrid::attached(&locked(&with_invoice(), "secret"), 1 << 20).unwrap_err();
    assert_eq!(why.code, "locked", "{}", why.text);
}
