//! Workbooks and tables that claim to be larger than anything.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::Maker;
use super::archives::pack;

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("xlsx-bomb", bomb),
    ("xlsx-far-cells", far_cells),
    ("xlsx-many-cells", many_cells),
    ("xlsx-shared-strings", shared_strings),
    ("xlsx-formulas", formulas),
    ("xlsx-entities", entities),
    ("xlsx-many-sheets", many_sheets),
    ("ods-repeated", repeated),
    ("xls-noise", xls),
    ("csv-wide", wide),
    ("csv-quotes", quotes),
    ("csv-formulas", csv_formulas),
];

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of sheets, each given as what stands in its `sheetData`.
pub(super) fn book(sheets: &[String], strings: &str) -> Vec<u8> {
    let numbers = || 1..=sheets.len();
    let types: String = numbers()
        .map(|n| format!("<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"))
        .collect();
    let types = format!(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>"
    );
    let root = format!(
        "<Relationships xmlns=\"{RELATIONS}\"><Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let list: String =
        numbers().map(|n| format!("<sheet name=\"S{n}\" sheetId=\"{n}\" r:id=\"r{n}\"/>")).collect();
    let workbook =
        format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{list}</sheets></workbook>");
    let links: String = numbers()
        .map(|n| {
            format!(
                "<Relationship Id=\"r{n}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
            )
        })
        .collect();
    let links = format!(
        "<Relationships xmlns=\"{RELATIONS}\">{links}<Relationship Id=\"s\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let mut entries: Vec<(String, Vec<u8>)> = vec![
        ("[Content_Types].xml".to_owned(), types.into_bytes()),
        ("_rels/.rels".to_owned(), root.into_bytes()),
        ("xl/workbook.xml".to_owned(), workbook.into_bytes()),
        ("xl/_rels/workbook.xml.rels".to_owned(), links.into_bytes()),
        ("xl/sharedStrings.xml".to_owned(), format!("<sst xmlns=\"{MAIN}\">{strings}</sst>").into_bytes()),
    ];
    for (n, data) in numbers().zip(sheets) {
        let sheet = format!(
            "<worksheet xmlns=\"{MAIN}\"><dimension ref=\"A1:XFD1048576\"/><sheetData>{data}</sheetData></worksheet>"
        );
        entries.push((format!("xl/worksheets/sheet{n}.xml"), sheet.into_bytes()));
    }
    let entries: Vec<(&str, &[u8])> =
        entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    pack(&entries)
}

/// A row of texts.
pub(super) fn row(number: u32, texts: &[&str]) -> String {
    let cells: String =
        texts.iter().map(|text| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>")).collect();
    format!("<row r=\"{number}\">{cells}</row>")
}

/// A small valid price list.
pub(super) fn price_list() -> Vec<u8> {
    let rows = [
        row(1, &["Article", "Name", "Price"]),
        row(2, &["A1", "Red apples", "1.20"]),
        row(3, &["A2", "Pears", "2.40"]),
    ];
    book(&[rows.concat()], "")
}

fn bomb(rng: &mut ChaCha8Rng) -> Vec<u8> {
    book(&[" ".repeat(rng.random_range(16..96) << 20)], "")
}

fn far_cells(_: &mut ChaCha8Rng) -> Vec<u8> {
    let far = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"9\"><c r=\"ZZZZZZ9\"><v>1</v></c></row>";
    book(&[row(1, &["Article", "Name", "Price"]) + far], "")
}

fn many_cells(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let cells = "<c><v>1</v></c>".repeat(rng.random_range(10_000..100_000));
    book(&[(1..20).map(|n| format!("<row r=\"{n}\">{cells}</row>")).collect()], "")
}

fn shared_strings(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let odd = ["4294967295", "-1", "99999999999999999999", "x"][rng.random_range(0..4)];
    let strings = "<si><t>x</t></si>".repeat(rng.random_range(10..200_000));
    book(&[format!("<row r=\"1\"><c t=\"s\"><v>{odd}</v></c><c t=\"s\"><v>0</v></c></row>")], &strings)
}

fn formulas(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let deep = "(".repeat(rng.random_range(10..100_000));
    let head = row(1, &["Article", "Name", "Price"]);
    book(
        &[format!(
            "{head}<row r=\"2\"><c t=\"str\"><f>SUM{deep}A1</f><v>=cmd|' /C calc'!A0</v></c><c><f t=\"shared\" si=\"4294967295\"/><v>1</v></c></row>"
        )],
        "",
    )
}

fn entities(_: &mut ChaCha8Rng) -> Vec<u8> {
    let sheet = format!(
        "<!DOCTYPE x [<!ENTITY a \"{}\">]><worksheet xmlns=\"{MAIN}\"><sheetData><row><c t=\"inlineStr\"><is><t>&a;&a;&a;</t></is></c></row></sheetData></worksheet>",
        "z".repeat(100_000)
    );
    let valid = price_list();
    // The last entry of this name counts for some readers, the first for others.
    let mut both = valid;
    both.extend(pack(&[("xl/worksheets/sheet1.xml", sheet.as_bytes())]));
    both
}

fn many_sheets(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let sheet = row(1, &["Article", "Name", "Price"]) + &row(2, &["A1", "Red apples", "1.20"]);
    book(&vec![sheet; rng.random_range(100..2_000)], "")
}

fn repeated(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let (rows, columns) = (rng.random_range(1_000..2_000_000), rng.random_range(100..20_000));
    let content = format!(
        "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet><table:table table:name=\"S\">\
         <table:table-row table:number-rows-repeated=\"{rows}\"><table:table-cell office:value-type=\"float\" office:value=\"1\" table:number-columns-repeated=\"{columns}\"><text:p>1</text:p></table:table-cell></table:table-row>\
         </table:table></office:spreadsheet></office:body></office:document-content>"
    );
    pack(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
        (
            "META-INF/manifest.xml",
            b"<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>",
        ),
    ])
}

/// The frame of an OLE2 file around noise, with the name of a workbook's stream in it.
fn xls(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut file = vec![0_u8; 512];
    file[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    file[26..34].copy_from_slice(&[3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    for byte in &mut file[44..] {
        *byte = if rng.random_bool(0.5) { 0xff } else { rng.random_range(0..4) };
    }
    file.extend((0..rng.random_range(1_024..65_536)).map(|_| rng.random::<u8>()));
    let name: Vec<u8> = "Workbook\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = 512 + rng.random_range(0..200_usize) * 2;
    file[at..at + name.len()].copy_from_slice(&name);
    file
}

fn wide(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let row = "a;".repeat(rng.random_range(1_000..400_000));
    format!("{row}\n{row}\n{row}\n{row}\n").into_bytes()
}

fn quotes(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut text = "Article;Name;Price\nA;Apple;1.20\nB;Pear;2.40\n".to_owned();
    text.push_str(&"\"x;\"\"".repeat(rng.random_range(1_000..500_000)));
    text.into_bytes()
}

fn csv_formulas(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let evil = ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "=HYPERLINK(\"http://127.0.0.1\")", "\t=1"];
    let line = format!("A;{};1.20\n", evil[rng.random_range(0..evil.len())]);
    format!("Article;Name;Price\n{}", line.repeat(rng.random_range(3..20_000))).into_bytes()
}
