//! A workbook: the first byte chooses between OLE2 as it comes and a sheet of XLSX with the bytes in it.
#![no_main]

use std::io::{Cursor, Write as _};

use cloud_docs::{Hints, Limits};
use libfuzzer_sys::fuzz_target;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let file = if first % 2 == 0 { ole(rest) } else { book(rest) };
    // Whatever it says, it says it.
    let _ = cloud_docs::read(&file, &Hints::default(), &Limits::default());
});

fn ole(bytes: &[u8]) -> Vec<u8> {
    let name: Vec<u8> = "Workbook\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes, &name].concat()
}

fn book(sheet: &[u8]) -> Vec<u8> {
    let workbook = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let links = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"r1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let head = format!("<worksheet xmlns=\"{MAIN}\"><sheetData><row r=\"1\">");
    let sheet = [head.as_bytes(), sheet].concat();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let entries: [(&str, &[u8]); 3] = [
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ("xl/worksheets/sheet1.xml", &sheet),
    ];
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default()).expect("a name that can be written");
        zip.write_all(content).expect("memory takes everything");
    }
    zip.finish().expect("memory takes everything").into_inner()
}
