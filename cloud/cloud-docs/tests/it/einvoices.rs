//! E-invoices of the standards' makers and of programs that write them.

use std::collections::BTreeSet;
use std::path::Path;

use cloud_docs::document::{DocumentKind, Format, ParsedDocument};
use cloud_docs::{Hints, Limits, hybrid, read};
use rust_decimal::Decimal;

use crate::procurement::{files, folder};
use crate::values::{differences, values};

/// A file's documents; it may not be refused.
fn documents(path: &Path) -> Vec<ParsedDocument> {
    let bytes = std::fs::read(path).unwrap();
    let reading =
        read(&bytes, &hints(path), &Limits::default()).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(reading.skipped, [], "{}", path.display());
    reading.documents
}

fn hints(path: &Path) -> Hints {
    Hints { file_name: path.file_name().unwrap().to_string_lossy().into_owned(), ..Hints::default() }
}

fn only(path: &Path) -> ParsedDocument {
    let mut documents = documents(path);
    assert_eq!(documents.len(), 1, "{}", path.display());
    documents.remove(0)
}

/// Codes of a document's warnings, each once.
fn codes(document: &ParsedDocument) -> BTreeSet<&str> {
    document.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

#[test]
fn reads_the_same_invoice_alike_from_cii_ubl_and_hybrid_pdf() {
    let Some(folder) = folder("reads_the_same_invoice_alike_from_cii_ubl_and_hybrid_pdf") else { return };
    let folder = folder.join("zugferd/XML-Rechnung");
    let (mut compared, mut pdfs) = (0, 0);
    for path in files(&folder.join("CII"), ".cii.xml") {
        let name = path.file_name().unwrap().to_string_lossy().replace(".cii.xml", "");
        let (cii, ubl) = (only(&path), only(&folder.join("UBL").join(format!("{name}.ubl.xml"))));
        assert_eq!((cii.format, ubl.format), (Format::Cii, Format::Ubl));
        // Its name says that it is wrong: the two files of it have other amounts.
        if !name.starts_with("not_validating") {
            assert_eq!(differences(&cii, &ubl), [""; 0], "{name}");
            compared += values(&cii).len();
        }
        let pdf = folder.join("FX").join(format!("{name}.pdf"));
        if pdf.exists() {
            let hybrid = only(&pdf);
            // The XRechnungs' PDFs are of an earlier edition than the XML beside them: these agree with their own.
            let attached = hybrid::attached_xml(&std::fs::read(&pdf).unwrap()).unwrap();
            let attached =
                read(&attached, &Hints::default(), &Limits::default()).unwrap().documents.remove(0);
            let same = if name.starts_with("XRECHNUNG") { &attached } else { &cii };
            assert_eq!(differences(same, &hybrid), [""; 0], "{name}");
            assert!(
                hybrid.format == Format::HybridPdf && hybrid.pages > 0 && hybrid.producer.is_some(),
                "{name}"
            );
            pdfs += 1;
        }
    }
    assert!(compared > 1_000 && pdfs > 20, "{compared} values, {pdfs} PDFs");
}

#[test]
fn says_of_every_invoice_what_every_invoice_must_say() {
    let Some(folder) = folder("says_of_every_invoice_what_every_invoice_must_say") else { return };
    for part in ["en16931", "zugferd/XML-Rechnung", "zugferd/fatturaPA"] {
        for path in files(&folder.join(part), ".xml") {
            for document in documents(&path) {
                let name = path.display();
                assert!(
                    document.number.is_some() && document.issued.is_some() && document.kind.is_some(),
                    "{name}"
                );
                assert!(document.currency.is_some() && document.producer.is_some(), "{name}");
                let parties = [&document.supplier, &document.buyer];
                assert!(
                    parties.iter().all(|party| party.name.is_some() && party.country.is_some()),
                    "{name}"
                );
                assert!(!document.lines.is_empty() && document.totals.due().is_some(), "{name}");
                let is_whole = |line: &cloud_docs::document::Line| {
                    line.name.is_some()
                        && line.net_amount.is_some()
                        && line.unit_price.is_some()
                        && line.position.is_some()
                };
                assert!(document.lines.iter().all(is_whole), "{name}");
                let unreadable =
                    ["value_unreadable", "kind_unknown", "kind_missing", "letters_damaged", "lines_cut"];
                assert!(
                    unreadable.iter().all(|code| !codes(&document).contains(code)),
                    "{name}: {:?}",
                    document.warnings
                );
            }
        }
    }
}

#[test]
fn does_not_warn_of_rounding() {
    let Some(folder) = folder("does_not_warn_of_rounding") else { return };
    let rounded = ["cii/examples/CII-BR-CO-10-RoundingIssue.xml", "cii/examples/huf_example_cii.xml"];
    for path in rounded.map(|path| folder.join("en16931").join(path)) {
        assert_eq!(codes(&only(&path)), BTreeSet::new(), "{}", path.display());
    }
}

#[test]
fn keeps_the_signs_of_a_correction_and_says_that_it_gives_back() {
    let Some(folder) = folder("keeps_the_signs_of_a_correction_and_says_that_it_gives_back") else { return };
    let correction = only(&folder.join("zugferd/XML-Rechnung/CII/EN16931_Rechnungskorrektur.cii.xml"));
    assert_eq!(correction.kind.as_ref().unwrap().value, DocumentKind::CreditNote);
    assert!(correction.lines.iter().all(|line| line.net_amount.as_ref().unwrap().value < Decimal::ZERO));
    let text =
        |amount: &Option<cloud_docs::document::Field<Decimal>>| amount.as_ref().unwrap().value.to_string();
    assert_eq!(text(&correction.totals.payable), "-8.79");
    let credit = only(&folder.join("en16931/ubl/examples/ubl-tc434-creditnote1.xml"));
    assert_eq!(
        (credit.kind.unwrap().value, text(&credit.totals.payable).as_str()),
        (DocumentKind::CreditNote, "100.11")
    );
}

#[test]
fn reads_zugferd_1_whoever_wrote_it() {
    let Some(folder) = folder("reads_zugferd_1_whoever_wrote_it") else { return };
    let folder = folder.join("zugferd/ZUGFeRDv1");
    for path in files(&folder.join("correct"), ".pdf") {
        let document = only(&path);
        let name = path.display().to_string();
        assert_eq!(document.format, Format::HybridPdf, "{name}");
        // One program leaves the currency empty wherever it may stand.
        let has_currency = document.currency.is_some() || name.contains("20151008_504.pdf");
        assert!(document.number.is_some() && document.issued.is_some() && has_currency, "{name}");
        assert!(document.supplier.name.is_some() && document.buyer.name.is_some(), "{name}");
        assert!(
            document.totals.gross.is_some() && document.totals.tax.is_some() && !document.lines.is_empty(),
            "{name}"
        );
        assert!(document.lines.iter().all(|line| line.name.is_some() && line.quantity.is_some()), "{name}");
    }
    let goods = only(&folder.join("correct/4s4u/additional-data-sample-1.pdf"));
    assert_eq!((goods.lines.len(), goods.number.unwrap().value.as_str()), (6, "R87654321012345"));
}

#[test]
fn reads_what_can_be_read_of_wrong_zugferd_1_and_says_what_is_wrong() {
    let Some(folder) = folder("reads_what_can_be_read_of_wrong_zugferd_1_and_says_what_is_wrong") else {
        return;
    };
    let folder = folder.join("zugferd/ZUGFeRDv1/fail/Mustangproject");
    let warned = [
        ("fail1.pdf", vec!["totals_differ", "value_unreadable"]),
        ("fail2.pdf", vec![]),
        ("fail3.pdf", vec!["kind_missing"]),
    ];
    for (name, expected) in warned {
        let document = only(&folder.join(name));
        assert_eq!(codes(&document), expected.into_iter().collect(), "{name}: {:?}", document.warnings);
        let gross = document.totals.gross.as_ref().unwrap().value.to_string();
        assert_eq!((document.lines.len(), gross.as_str()), (3, "571.04"), "{name}");
    }
}

#[test]
fn reads_each_body_of_a_fattura_pa() {
    let Some(folder) = folder("reads_each_body_of_a_fattura_pa") else { return };
    let folder = folder.join("zugferd/fatturaPA/official/valid");
    let lot = documents(&folder.join("IT01234567890_FPA03.xml"));
    let read: Vec<_> = lot
        .iter()
        .map(|one| (one.path.as_str(), one.number.as_ref().unwrap().value.as_str(), one.lines.len()))
        .collect();
    assert_eq!(read, [("FatturaElettronicaBody[1]", "12", 2), ("FatturaElettronicaBody[2]", "456", 1)]);
    assert!(lot.iter().all(|one| one.supplier.tax_id.as_ref().unwrap().value == "IT01234567890"));
    let invoice = only(&folder.join("IT01234567890_FPR02.xml"));
    assert_eq!(invoice.due.unwrap().value.to_string(), "2015-01-30");
    assert_eq!(invoice.order_number.unwrap().value, "66685");
    // Its lines come to 25, the sum that is taxed to 27: that is so in the file.
    assert_eq!(
        invoice.warnings.iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(),
        ["totals_differ"]
    );
}

#[test]
fn takes_the_attached_truth_out_of_a_pdf_and_leaves_its_pages() {
    let Some(folder) = folder("takes_the_attached_truth_out_of_a_pdf_and_leaves_its_pages") else { return };
    for path in files(&folder.join("zugferd"), ".pdf") {
        let pdf = std::fs::read(&path).unwrap();
        let name = path.display();
        let before = hybrid::attached(&pdf, 1 << 28).unwrap();
        assert!(
            hybrid::attached_xml(&pdf).is_some_and(|xml| before.files.iter().any(|file| file.bytes == xml)),
            "{name}"
        );
        let stripped = hybrid::without_attachments(&pdf).unwrap();
        let after = hybrid::attached(&stripped, 1 << 28).unwrap();
        assert_eq!((after.files.len(), after.pages), (0, before.pages), "{name}");
        assert_eq!(hybrid::attached_xml(&stripped), None, "{name}");
    }
}
