//! Files in files: archives, mails and signed envelopes share one budget, and none of them is believed.

use std::io::{Cursor, Write as _};

use cloud_docs::document::Format;
use cloud_docs::{Hints, Limits, Reading, Refusal, read};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const ORDER: &[u8] = include_bytes!("../data/ubl-order.xml");

pub(crate) fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A mail with attached files in Base64.
pub(crate) fn mail(subject: &str, files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut text = format!(
        "From: sales@hafer.example\r\nTo: shop@example.org\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
    );
    for (name, kind, bytes) in files {
        let letters = data_encoding::BASE64_MIME.encode(bytes);
        text += &format!(
            "--cut\r\nContent-Type: {kind}; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{letters}\r\n"
        );
    }
    (text + "--cut--\r\n").into_bytes()
}

fn reading(bytes: &[u8], limits: &Limits) -> Reading {
    read(bytes, &Hints { file_name: "sent".to_owned(), ..Hints::default() }, limits).unwrap()
}

fn refusal(bytes: &[u8], limits: &Limits) -> Refusal {
    read(bytes, &Hints { file_name: "sent".to_owned(), ..Hints::default() }, limits).unwrap_err()
}

/// Where documents were found, and what was skipped for which reason.
#[track_caller]
fn check(bytes: &[u8], limits: &Limits, found: &[&str], skipped: &[(&str, &str)]) {
    let reading = reading(bytes, limits);
    let paths: Vec<_> = reading.documents.iter().map(|document| document.path.as_str()).collect();
    assert_eq!(paths, found, "{:?}", reading.skipped);
    assert_eq!(reading.skipped.len(), skipped.len(), "{:?}", reading.skipped);
    for (one, (path, reason)) in reading.skipped.iter().zip(skipped) {
        assert!(one.path == *path && one.text.contains(reason), "{one:?} should be {path}: {reason}");
    }
}

#[test]
fn finds_documents_however_they_are_wrapped_and_says_where() {
    let inner = zipped(&[("orders/1.xml", ORDER), ("orders/readme.bin", b"\x00\x01\x02\x03")]);
    let sent = mail("Order", &[("all.zip", "application/zip", &inner), ("2.xml", "text/xml", ORDER)]);
    let forwarded = mail("Fwd", &[("order.eml", "application/octet-stream", &sent)]);
    let found = ["order.eml/all.zip/orders/1.xml", "order.eml/2.xml"];
    check(
        &forwarded,
        &Limits::default(),
        &found,
        &[("order.eml/all.zip/orders/readme.bin", "of no known kind")],
    );
}

#[test]
fn reads_a_mail_that_is_forwarded_as_a_message() {
    let inside = String::from_utf8(mail("The order", &[("1.xml", "application/xml", ORDER)]))
        .unwrap()
        .replace("cut", "inner");
    let forwarded = format!(
        "From: a@example.org\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n\
         --outer\r\nContent-Type: message/rfc822\r\n\r\n{inside}\r\n--outer--\r\n"
    );
    check(forwarded.as_bytes(), &Limits::default(), &["The order.eml/1.xml"], &[]);
}

#[test]
fn a_mail_with_nothing_attached_says_it_itself() {
    let sent = b"From: sales@hafer.example\r\nSubject: Invoice\r\n\r\nInvoice number: R-7\r\nInvoice date: 2026-03-01\r\n\r\n\
        Description          Quantity   Price    Amount\r\n\
        Oat drink 1 l              24    0.95     22.80\r\n\r\n\
        Total EUR                                 22.80\r\n";
    let document = reading(sent, &Limits::default()).documents.remove(0);
    assert_eq!((document.format, document.number.unwrap().value.as_str()), (Format::PlainText, "R-7"));
    let letter = b"From: a@example.org\r\nSubject: Hello\r\n\r\nHow do you do?\r\n";
    assert!(refusal(letter, &Limits::default()).to_string().contains("it says nothing of trade"));
}

#[test]
fn keeps_the_letters_of_an_attached_text_that_says_no_encoding() {
    let upd = include_str!("../data/upd-5.01.xml");
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(upd);
    let sent = mail("UPD", &[("upd.xml", "text/xml", &bytes)]);
    let document = reading(&sent, &Limits::default()).documents.remove(0);
    assert_eq!(document.supplier.name.unwrap().value, "ООО «Белая речка»");
}

#[test]
fn passes_by_what_desktops_leave_in_archives() {
    let sent = zipped(&[("__MACOSX/._1.xml", b"junk"), ("a/.DS_Store", b"junk"), ("1.xml", ORDER)]);
    check(&sent, &Limits::default(), &["1.xml"], &[]);
}

#[test]
fn a_path_is_a_name_and_no_place() {
    let sent = zipped(&[("../../etc/passwd.xml", ORDER), ("C:\\x\u{1}.xml", ORDER)]);
    let paths: Vec<_> =
        reading(&sent, &Limits::default()).documents.into_iter().map(|document| document.path).collect();
    assert_eq!(paths, ["../../etc/passwd.xml", "C:\\x\u{fffd}.xml"]);
}

#[test]
fn a_bomb_is_skipped_and_its_neighbours_are_read() {
    let zeros = vec![b' '; 8 << 20];
    let sent = zipped(&[("bomb.xml", &zeros), ("1.xml", ORDER)]);
    let limits = Limits { unpack_ratio: 100, ..Limits::default() };
    check(&sent, &limits, &["1.xml"], &[("bomb.xml", "more than 100 times its size")]);
    let limits = Limits { unpack_ratio: u32::MAX, unpacked_bytes: 1 << 20, ..Limits::default() };
    check(&sent, &limits, &["1.xml"], &[("bomb.xml", "beyond the limit")]);
}

#[test]
fn files_that_are_small_one_by_one_share_the_budget() {
    let size = ORDER.len() as u64;
    let sent = zipped(&[("1.xml", ORDER), ("2.xml", ORDER), ("3.xml", ORDER)]);
    let limits = Limits { unpacked_bytes: size * 2 + 10, ..Limits::default() };
    check(&sent, &limits, &["1.xml", "2.xml"], &[("3.xml", "beyond the limit")]);
    let limits = Limits { entries: 2, ..Limits::default() };
    check(&sent, &limits, &["1.xml", "2.xml"], &[("", "1 more files are left out, 2 are read")]);
}

#[test]
fn archives_in_archives_end() {
    let mut sent = zipped(&[("1.xml", ORDER)]);
    for _ in 0..3 {
        sent = zipped(&[("in.zip", &sent)]);
    }
    check(&sent, &Limits::default(), &["in.zip/in.zip/in.zip/1.xml"], &[]);
    let deeper = zipped(&[("in.zip", &sent)]);
    check(&deeper, &Limits::default(), &[], &[("in.zip/in.zip/in.zip/in.zip/1.xml", "more than 4 deep")]);
}

#[test]
fn locked_entries_are_named() {
    let mut sent = zipped(&[("1.xml", ORDER), ("2.xml", ORDER)]);
    // The first bit of an entry's flags, in its own header and in the directory's.
    for (mark, flags) in [(&b"PK\x03\x04"[..], 6), (b"PK\x01\x02", 8)] {
        let at = sent.windows(4).position(|part| part == mark).unwrap();
        sent[at + flags] |= 1;
    }
    check(&sent, &Limits::default(), &["2.xml"], &[("1.xml", "locked with a password")]);
}

#[test]
fn what_gives_nothing_says_why() {
    let limits = Limits::default();
    let cut = &zipped(&[("1.xml", ORDER)])[..100];
    let cases: [(&[u8], &str); 8] = [
        (b"", "is empty"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "of no known kind (it begins with 7f 45 4c 46"),
        (cut, "directory is broken"),
        (&zipped(&[]), "archive without files"),
        (&zipped(&[(".DS_Store", b"x")]), "archive without files"),
        (b"Rar!\x1a\x07\x00", "RAR archive: send a ZIP"),
        (b"<html><body>Invoice</body></html>", "web page: save it as PDF"),
        (b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'>&y;</Invoice>", "document type (DTD)"),
    ];
    for (bytes, expected) in cases {
        let text = refusal(bytes, &limits).to_string();
        assert!(text.starts_with("`sent` ") && text.contains(expected), "{text}");
    }
    let small = Limits { file_bytes: 10, ..limits };
    assert!(matches!(refusal(ORDER, &small), Refusal::TooLarge { .. }));
}
