//! DXF drawings and IFC models with cycles, depths and counts that nobody means.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::Maker;

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("dxf-cycle", cycle),
    ("dxf-block-bomb", block_bomb),
    ("dxf-arrays", arrays),
    ("dxf-counts", counts),
    ("dxf-odd-numbers", odd_numbers),
    ("dxf-cut-off", dxf_cut_off),
    ("dxf-binary-noise", binary_noise),
    ("ifc-deep", deep),
    ("ifc-cycle", ifc_cycle),
    ("ifc-many", many),
    ("ifc-strings", strings),
    ("ifc-cut-off", ifc_cut_off),
];

/// A drawing of pairs, `code value` with `;` between them.
fn dxf(blocks: &str, entities: &str) -> Vec<u8> {
    let pairs = format!(
        "0 SECTION;2 HEADER;9 $INSUNITS;70 4;0 ENDSEC;0 SECTION;2 BLOCKS;{blocks}0 ENDSEC;0 SECTION;2 ENTITIES;{entities}0 ENDSEC;0 EOF;"
    );
    pairs.split(';').map(|pair| pair.replacen(' ', "\n", 1) + "\n").collect::<String>().into_bytes()
}

/// A small valid drawing.
pub(super) fn drawing() -> Vec<u8> {
    dxf(
        "0 BLOCK;2 Door;0 LINE;8 0;10 0;20 0;11 900;21 0;0 ENDBLK;",
        "0 INSERT;8 doors;2 Door;10 1;20 1;0 LWPOLYLINE;8 walls;90 3;70 1;10 0;20 0;10 5;20 0;42 0.5;10 5;20 5;\
         0 SPLINE;8 walls;70 8;71 2;72 6;73 3;40 0;40 0;40 0;40 1;40 1;40 1;10 0;20 0;10 1;20 1;10 2;20 0;\
         0 HATCH;8 floor;91 1;92 2;72 0;73 1;93 3;10 0;20 0;10 5;20 0;10 5;20 5;97 0;75 0;98 0;",
    )
}

fn cycle(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let length = rng.random_range(1..200);
    let block = |n: u32| {
        format!(
            "0 BLOCK;2 B{n};{}0 ENDBLK;",
            format!("0 INSERT;8 0;2 B{};70 9;71 9;", (n + 1) % length).repeat(3)
        )
    };
    dxf(&(0..length).map(block).collect::<String>(), "0 INSERT;8 x;2 B0;")
}

fn block_bomb(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let (levels, width) = (rng.random_range(5..40), rng.random_range(5..60));
    let block =
        |n: u32| format!("0 BLOCK;2 B{n};{}0 ENDBLK;", format!("0 INSERT;8 0;2 B{};", n + 1).repeat(width));
    let blocks: String = (0..levels).map(block).collect();
    dxf(&format!("{blocks}0 BLOCK;2 B{levels};0 CIRCLE;8 0;40 1;10 0;20 0;0 ENDBLK;"), "0 INSERT;8 x;2 B0;")
}

fn arrays(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let often = ["32767", "2147483647", "9223372036854775807", "-1", "1e300"][rng.random_range(0..5)];
    dxf(
        &format!(
            "0 BLOCK;2 A;0 INSERT;8 0;2 B;70 {often};71 {often};0 ENDBLK;0 BLOCK;2 B;0 LINE;8 0;10 0;20 0;11 1;21 1;0 ENDBLK;"
        ),
        &format!("0 INSERT;8 x;2 A;70 {often};71 {often};41 1e200;42 1e200;43 -1e200;"),
    )
}

fn counts(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let count = ["4294967295", "1e18", "-5", "10000000"][rng.random_range(0..4)];
    dxf(
        "",
        &format!(
            "0 HATCH;8 a;91 {count};92 1;93 {count};72 4;94 {count};73 1;74 0;95 {count};96 {count};40 0;40 0;10 0;20 0;\
             0 HATCH;8 a;91 {count};92 2;72 1;73 1;93 {count};10 0;20 0;42 1;\
             0 SPLINE;8 a;71 {count};72 {count};73 {count};40 0;10 1;20 1;0 LWPOLYLINE;8 a;90 {count};70 1;10 0;20 0;"
        ),
    )
}

fn odd_numbers(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let odd = ["nan", "inf", "-inf", "1e308", "-1e308", "1e-320", "0", "x", ""];
    let mut pick = || odd[rng.random_range(0..odd.len())];
    let mut entities = String::new();
    for _ in 0..200 {
        entities.push_str(&format!(
            "0 ARC;8 a;10 {};20 {};40 {};50 {};51 {};210 {};220 {};230 {};",
            pick(),
            pick(),
            pick(),
            pick(),
            pick(),
            pick(),
            pick(),
            pick()
        ));
        entities.push_str(&format!(
            "0 ELLIPSE;8 a;10 {};20 {};11 {};21 {};40 {};41 {};42 {};",
            pick(),
            pick(),
            pick(),
            pick(),
            pick(),
            pick(),
            pick()
        ));
        entities.push_str(&format!(
            "0 LWPOLYLINE;8 a;70 1;10 {};20 {};42 {};10 {};20 {};42 {};",
            pick(),
            pick(),
            pick(),
            pick(),
            pick(),
            pick()
        ));
    }
    dxf("", &entities)
}

fn cut_off(mut bytes: Vec<u8>, rng: &mut ChaCha8Rng) -> Vec<u8> {
    bytes.truncate(rng.random_range(bytes.len() / 4..bytes.len()));
    bytes
}

fn dxf_cut_off(rng: &mut ChaCha8Rng) -> Vec<u8> {
    cut_off(drawing(), rng)
}

fn binary_noise(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut file = b"AutoCAD Binary DXF\r\n\x1a\0\0\0SECTION\0\x02\0ENTITIES\0".to_vec();
    file.extend((0..rng.random_range(16..100_000)).map(|_| rng.random::<u8>()));
    file
}

/// A model of instances.
fn ifc(data: &str) -> Vec<u8> {
    format!("ISO-10303-21;HEADER;FILE_SCHEMA(('IFC4'));ENDSEC;DATA;{data}ENDSEC;END-ISO-10303-21;")
        .into_bytes()
}

/// A small valid model.
pub(super) fn model() -> Vec<u8> {
    ifc(
        "#1=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);#2=IFCUNITASSIGNMENT((#1));#3=IFCPROJECT('p',$,'P',$,$,$,$,$,#2);\
         #4=IFCBUILDINGSTOREY('s',$,'Floor',$,$,$,$,$,.ELEMENT.,0.);#5=IFCWALL('w',$,'Wall',$,'Brick',$,$,$,$);\
         #6=IFCRELCONTAINEDINSPATIALSTRUCTURE('c',$,$,$,(#5),#4);#7=IFCQUANTITYLENGTH('Length',$,$,5000.,$);\
         #8=IFCELEMENTQUANTITY('q',$,'Q',$,$,(#7));#9=IFCRELDEFINESBYPROPERTIES('r',$,$,$,(#5),#8);",
    )
}

fn deep(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let depth = rng.random_range(100..2_000_000);
    let close = if rng.random_bool(0.5) { ")".repeat(depth) } else { String::new() };
    ifc(&format!("#1=IFCWALL({}{close});#2=IFCDOOR('d',$,$,$,$,$,$,$);", "(".repeat(depth)))
}

fn ifc_cycle(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let length = rng.random_range(1..5_000);
    let mut data = String::new();
    for n in 0..length {
        let (id, next) = (10 * n + 10, 10 * ((n + 1) % length) + 10);
        data.push_str(&format!(
            "#{id}=IFCWALL('w',$,$,$,$,$,$,$);#{}=IFCRELAGGREGATES('r',$,$,$,#{id},(#{next}));",
            id + 1
        ));
        data.push_str(&format!(
            "#{}=IFCPHYSICALCOMPLEXQUANTITY('c',$,(#{},#{}),'l',$,$);",
            id + 2,
            next + 2,
            next + 2
        ));
        data.push_str(&format!("#{}=IFCELEMENTQUANTITY('q',$,'Q',$,$,(#{}));#{}=IFCRELDEFINESBYPROPERTIES('r',$,$,$,(#{id}),#{});", id + 3, id + 2, id + 4, id + 3));
    }
    ifc(&data)
}

fn many(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let count = rng.random_range(10_000..200_000);
    let members: Vec<String> = (1..=count).map(|n| format!("#{n}")).collect();
    let walls: String = (1..=count).map(|n| format!("#{n}=IFCWALL('w',$,$,$,'T{n}',$,$,$);")).collect();
    ifc(&format!("{walls}#999999=IFCRELCONTAINEDINSPATIALSTRUCTURE('c',$,$,$,({}),#1);", members.join(",")))
}

fn strings(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let odd = [
        "\\X2\\D800\\X0\\",
        "\\X4\\FFFFFFFF\\X0\\",
        "\\X2\\",
        "\\S\\",
        "\\PZ\\\\S\\A",
        "''''",
        "\\X\\ZZ",
        "\\",
    ];
    let name = odd[rng.random_range(0..odd.len())].repeat(rng.random_range(1..100_000));
    ifc(&format!("#1=IFCWALL('w',$,'{name}',$,'{name}',$,$,$);"))
}

fn ifc_cut_off(rng: &mut ChaCha8Rng) -> Vec<u8> {
    cut_off(model(), rng)
}
