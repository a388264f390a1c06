//! Drawings as bills of quantities.

use cloud_docs::document::{DocumentKind, Format, Origin};
use cloud_docs::{Hints, Limits, ParsedDocument, Refusal};

/// A drawing of pairs, `code value` with `;` between them.
pub(crate) fn dxf(unit: u8, blocks: &str, entities: &str) -> Vec<u8> {
    let pairs = format!(
        "0 SECTION;2 HEADER;9 $ACADVER;1 AC1021;9 $INSUNITS;70 {unit};0 ENDSEC;\
         0 SECTION;2 BLOCKS;{blocks}0 ENDSEC;0 SECTION;2 ENTITIES;{entities}0 ENDSEC;0 EOF"
    );
    let lines: Vec<String> = pairs.split(';').map(|pair| pair.trim().replacen(' ', "\n", 1)).collect();
    (lines.join("\n") + "\n").into_bytes()
}

fn read(bytes: &[u8]) -> ParsedDocument {
    let mut reading = cloud_docs::read(bytes, &Hints::default(), &Limits::default()).unwrap();
    assert_eq!(reading.documents.len(), 1);
    reading.documents.remove(0)
}

/// Layer, name, quantity and unit of each line.
fn shown(document: &ParsedDocument) -> Vec<String> {
    let line = |line: &cloud_docs::document::Line| {
        let text =
            |field: &Option<cloud_docs::document::Field<String>>| field.as_ref().unwrap().value.clone();
        let unit = line.unit_code.clone().unwrap_or_else(|| text(&line.unit));
        let quantity = line.quantity.as_ref().unwrap();
        assert_eq!(quantity.origin, Origin::Computed);
        [line.section.clone().unwrap(), text(&line.name), quantity.value.to_string(), unit].join("|")
    };
    document.lines.iter().map(line).collect()
}

const DOOR: &str = "0 BLOCK;8 0;2 Door;70 0;10 0;20 0;30 0;0 LINE;8 0;10 0;20 0;30 0;11 900;21 0;31 0;\
    0 CIRCLE;8 handles;10 50;20 0;30 0;40 10;0 ENDBLK;";
const FLAT: &str =
    "0 BLOCK;8 0;2 Flat;70 0;10 0;20 0;30 0;0 INSERT;8 doors;2 DOOR;10 0;20 0;30 0;41 2;42 2;43 2;0 ENDBLK;";

#[test]
fn lengths_and_areas_are_told_in_metres_by_layer_and_kind() {
    let document = read(&dxf(
        4,
        "",
        "0 LINE;8 walls;10 0;20 0;30 0;11 3000;21 4000;31 0;\
         0 LWPOLYLINE;8 walls;90 4;70 1;10 0;20 0;10 2000;20 0;10 2000;20 1000;10 0;20 1000;\
         0 ARC;8 pipes;10 0;20 0;30 0;40 1000;50 270;51 90;\
         0 LINE;8 walls;67 1;10 0;20 0;30 0;11 9;21 0;31 0;\
         0 TEXT;8 notes;10 0;20 0;30 0;1 Hall;",
    ));
    assert_eq!(document.format, Format::Dxf);
    assert_eq!(document.kind.as_ref().unwrap().value, DocumentKind::BillOfQuantities);
    assert_eq!(document.producer.as_deref(), Some("AC1021"));
    assert_eq!(
        shown(&document),
        [
            "pipes|ARC: длина / length|3.141593|MTR",
            "walls|LINE: длина / length|5|MTR",
            "walls|LWPOLYLINE: длина / length|6|MTR",
            "walls|LWPOLYLINE: площадь / area|2|MTK",
        ]
    );
    assert_eq!(document.warnings[0].code, "not_measured");
}

#[test]
fn blocks_in_blocks_and_arrays_count_as_often_as_they_are_drawn() {
    let document = read(&dxf(
        4,
        &[DOOR, FLAT].concat(),
        "0 INSERT;8 floor 1;2 Flat;10 0;20 0;30 0;70 3;71 2;44 5000;45 4000;0 INSERT;8 floor 1;2 Door;10 0;20 0;30 0;",
    ));
    assert_eq!(
        shown(&document),
        [
            "doors|DOOR|6|H87",
            // Six doors of twice the size; what is on layer 0 takes over the insert's.
            "doors|LINE: длина / length|10.8|MTR",
            "floor 1|Door|1|H87",
            "floor 1|Flat|6|H87",
            "floor 1|LINE: длина / length|0.9|MTR",
            "handles|CIRCLE: длина / length|0.816814|MTR",
            "handles|CIRCLE: площадь / area|0.007854|MTK",
        ]
    );
}

#[test]
fn an_island_in_a_hatch_is_no_area() {
    let square = |from: u16, to: u16| {
        format!(
            "92 2;72 0;73 1;93 4;10 {from};20 {from};10 {to};20 {from};10 {to};20 {to};10 {from};20 {to};97 0;"
        )
    };
    let hatch = format!(
        "0 HATCH;8 floor;10 0;20 0;30 0;2 SOLID;70 1;71 0;91 2;{}{}75 0;76 1;98 0;",
        square(0, 10),
        square(2, 4)
    );
    assert_eq!(shown(&read(&dxf(6, "", &hatch))), ["floor|HATCH: площадь / area|96|MTK"]);
    // Where two overlap, what both hold is out: 100 + 100 - 2 * 25.
    let hatch = format!(
        "0 HATCH;8 floor;10 0;20 0;30 0;2 SOLID;70 1;71 0;91 2;{}{}75 0;76 1;98 0;",
        square(0, 10),
        square(5, 15)
    );
    assert_eq!(shown(&read(&dxf(6, "", &hatch))), ["floor|HATCH: площадь / area|150|MTK"]);
}

#[test]
fn a_drawing_without_a_unit_says_so() {
    let document = read(&dxf(0, "", "0 CIRCLE;8 0;10 0;20 0;30 0;40 1;"));
    assert_eq!(shown(&document)[0], "0|CIRCLE: длина / length|6.283185|drawing unit");
    assert_eq!(document.warnings[0].code, "no_drawing_unit");
}

#[test]
fn cycles_bombs_and_broken_ends_are_noted_and_what_can_be_is_counted() {
    let codes = |bytes: &[u8]| -> Vec<String> {
        read(bytes).warnings.into_iter().map(|warning| warning.code).collect()
    };
    let cycle =
        "0 BLOCK;8 0;2 A;70 0;0 INSERT;8 0;2 B;0 ENDBLK;0 BLOCK;8 0;2 B;70 0;0 INSERT;8 0;2 A;0 ENDBLK;";
    let bytes = dxf(6, cycle, "0 INSERT;8 x;2 A;");
    assert_eq!(codes(&bytes), ["block_in_itself"]);
    assert_eq!(shown(&read(&bytes)), ["x|A|2|H87", "x|B|1|H87"]);
    // Ten of the next in each of seven: ten million, of which no one waits for the end.
    let level = |n: u8| {
        format!("0 BLOCK;8 0;2 L{n};70 0;{}0 ENDBLK;", format!("0 INSERT;8 0;2 L{};", n + 1).repeat(10))
    };
    let bomb: String = (0..7).map(level).collect();
    let bytes = dxf(6, &(bomb + "0 BLOCK;8 0;2 L7;70 0;0 POINT;8 0;0 ENDBLK;"), "0 INSERT;8 x;2 L0;");
    assert!(codes(&bytes).contains(&"blocks_cut".to_owned()));
    assert!(codes(&dxf(6, "", "0 INSERT;8 x;2 Nowhere;")).contains(&"block_missing".to_owned()));
    let whole = dxf(6, "", "0 LINE;8 a;10 0;20 0;11 5;21 0;0 LINE;8 b;10 0;20 0;11 5;21 0;");
    let broken = &whole[..whole.len() - 30];
    assert_eq!(codes(broken)[0], "no_end");
    assert_eq!(shown(&read(broken))[0], "a|LINE: длина / length|5|MTR");
}

#[test]
fn a_drawing_without_sections_is_refused() {
    let refused = cloud_docs::read(
        b"0\nSECTION\n2\nHEADER\n0\nENDSEC\n0\nEOF\n",
        &Hints::default(),
        &Limits::default(),
    );
    assert!(matches!(refused, Err(Refusal::Broken { .. })), "{refused:?}");
}
