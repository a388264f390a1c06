//! E-invoices of the standards' makers and of programs that write them.

use std::collections::BTreeMap;
use std::path::Path;

use cloud_docs::document::{DocumentKind, Format, ParsedDocument};
use cloud_docs::{Hints, Limits, read};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::procurement::{files, folder};

/// The documents of a file, each read without a reject.
fn documents(path: &Path) -> Vec<ParsedDocument> {
    let bytes = std::fs::read(path).unwrap();
    let hints =
        Hints { file_name: path.file_name().unwrap().to_string_lossy().into_owned(), ..Hints::default() };
    let reading = read(&bytes, &hints, &Limits::default()).unwrap();
    assert_eq!(reading.skipped, [], "{}", path.display());
    reading.documents
}

fn only(path: &Path) -> ParsedDocument {
    let mut documents = documents(path);
    assert_eq!(documents.len(), 1, "{}", path.display());
    documents.remove(0)
}

/// Every value that a document says, by the way to it; what is about the reading itself is left out.
fn values(document: &ParsedDocument) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut fields = serde_json::to_value(document).unwrap();
    for about_reading in ["format", "path", "producer", "pages", "layout", "warnings"] {
        fields.as_object_mut().unwrap().remove(about_reading);
    }
    gather("", &fields, &mut found);
    found
}

fn gather(way: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if fields.contains_key("origin") => gather(way, &fields["value"], found),
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| gather(&format!("{way}/{name}"), value, found))
        }
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(i, value)| gather(&format!("{way}/{i}"), value, found))
        }
        Value::Null => {}
        Value::String(text) => {
            // 2.00 and 2 are one number.
            let number = text.parse::<Decimal>().map(|number| number.normalize().to_string());
            found.insert(way.to_owned(), number.unwrap_or_else(|_| text.clone()));
        }
        other => {
            found.insert(way.to_owned(), other.to_string());
        }
    }
}

/// What two documents say differently.
fn differences(one: &ParsedDocument, other: &ParsedDocument) -> Vec<String> {
    let (one, other) = (values(one), values(other));
    let ways: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let different = ways.into_iter().filter(|way| one.get(*way) != other.get(*way));
    different.map(|way| format!("{way}: {:?} / {:?}", one.get(way), other.get(way))).collect()
}

#[test]
fn reads_the_same_invoice_alike_from_cii_ubl_and_hybrid_pdf() {
    let Some(folder) = folder("reads_the_same_invoice_alike_from_cii_ubl_and_hybrid_pdf") else { return };
    let folder = folder.join("zugferd/XML-Rechnung");
    for path in files(&folder.join("CII"), ".cii.xml") {
        let name = path.file_name().unwrap().to_string_lossy().replace(".cii.xml", "");
        let cii = only(&path);
        let ubl = only(&folder.join("UBL").join(format!("{name}.ubl.xml")));
        println!("== {name} {}", values(&cii).len());
        for d in differences(&cii, &ubl) {
            println!("   {d}");
        }
    }
}
#[test]
fn dump() {
    let Some(folder) = folder("dump") else { return };
    for path in files(&folder.join("zugferd"), ".pdf") {
        let bytes = std::fs::read(&path).unwrap();
        match cloud_docs::hybrid::attached(&bytes, 1 << 28) {
            Ok(a) => println!(
                "{} pages={} files={:?} notes={:?}",
                path.display(),
                a.pages,
                a.files.iter().map(|f| (f.name.clone(), f.bytes.len())).collect::<Vec<_>>(),
                a.notes
            ),
            Err(e) => println!("{} ERR {e}", path.display()),
        }
        match read(&bytes, &Hints::default(), &Limits::default()) {
            Ok(reading) => {
                for d in &reading.documents {
                    println!(
                        "  {:?} {:?} {:?} {:?} n={} lines={} total={:?}",
                        d.format,
                        d.path,
                        d.producer,
                        d.kind.as_ref().map(|k| k.value),
                        d.number.as_ref().map_or("", |n| &n.value),
                        d.lines.len(),
                        d.totals.payable.as_ref().map(|p| p.value.to_string())
                    );
                    for w in &d.warnings {
                        println!("    W {} {:?} {}", w.code, w.line, w.message);
                    }
                }
            }
            Err(e) => println!("  ERR {e}"),
        }
    }
}
