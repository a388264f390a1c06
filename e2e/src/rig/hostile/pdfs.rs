//! PDFs whose parts point at one another, unpack to too much, or are not there.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::Maker;
use super::pictures::deflated;
use crate::pdf::{pdf, stream};

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("pdf-page-cycle", page_cycle),
    ("pdf-page-count", page_count),
    ("pdf-deep-arrays", deep_arrays),
    ("pdf-content-bomb", content_bomb),
    ("pdf-filter-chain", filter_chain),
    ("pdf-object-stream", object_stream),
    ("pdf-xref-loop", xref_loop),
    ("pdf-attached-cycle", attached_cycle),
    ("pdf-attached-pdf", attached_pdf),
    ("pdf-many-pages", many_pages),
    ("pdf-large-page", large_page),
    ("pdf-cut-off", cut_off),
    ("pdf-lengths", lengths),
];

fn text(object: &str) -> Vec<u8> {
    object.as_bytes().to_vec()
}

const FONT: &str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";
const PAGE: &str =
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>";

/// One page with this content.
fn page(content: Vec<u8>, page: &str) -> Vec<u8> {
    pdf(&[
        text("<</Type/Catalog/Pages 2 0 R>>"),
        text("<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        text(page),
        content,
        text(FONT),
    ])
}

/// A small valid invoice.
pub(super) fn invoice() -> Vec<u8> {
    let lines = [
        "Invoice number: 17",
        "Date: 2026-03-01",
        "Pos Name Qty Price Total",
        "1 Apples 2 1.20 2.40",
        "Total 2.40",
    ];
    let shown: String = lines.iter().map(|line| format!("({line}) Tj 0 -20 Td ")).collect();
    page(stream("", format!("BT /F 12 Tf 50 780 Td {shown}ET").as_bytes()), PAGE)
}

fn page_cycle(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let kids = ["2 0 R", "2 0 R 3 0 R", "3 0 R 2 0 R 1 0 R"][rng.random_range(0..3)];
    pdf(&[
        text("<</Type/Catalog/Pages 2 0 R>>"),
        text(&format!("<</Type/Pages/Kids[{kids}]/Count 3/Parent 3 0 R>>")),
        text("<</Type/Pages/Kids[2 0 R]/Count 2/Parent 2 0 R>>"),
    ])
}

fn page_count(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let count = ["2147483647", "-1", "99999999999999999999", "1000000"][rng.random_range(0..4)];
    pdf(&[text("<</Type/Catalog/Pages 2 0 R>>"), text(&format!("<</Type/Pages/Kids[]/Count {count}>>"))])
}

fn deep_arrays(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let depth = rng.random_range(100..500_000);
    let open = ["[", "<</A", "("][rng.random_range(0..3)];
    pdf(&[
        text("<</Type/Catalog/Pages 2 0 R/X 3 0 R>>"),
        text("<</Type/Pages/Kids[]/Count 0>>"),
        text(&open.repeat(depth)),
    ])
}

fn content_bomb(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let operator = ["q ", "(x) Tj ", "0 0 m 9 9 l S ", "/F 1 Tf "][rng.random_range(0..4)];
    let content = operator.repeat((rng.random_range(1..24_usize) << 20) / operator.len());
    page(stream("/Filter/FlateDecode", &deflated(content.as_bytes())), PAGE)
}

fn filter_chain(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut content = vec![0_u8; 16 << 20];
    let times = rng.random_range(2..12);
    for _ in 0..times {
        content = deflated(&content);
    }
    page(stream(&format!("/Filter[{}]", "/FlateDecode".repeat(times)), &content), PAGE)
}

fn object_stream(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let count = ["2147483647", "-1", "100000"][rng.random_range(0..3)];
    let inside = "7 0 8 0 9 0 ".repeat(rng.random_range(10..200_000));
    let mut objects =
        vec![text("<</Type/Catalog/Pages 2 0 R>>"), text("<</Type/Pages/Kids[7 0 R]/Count 1>>")];
    objects.push(stream(
        &format!("/Type/ObjStm/N {count}/First 2147483647/Extends 3 0 R/Filter/FlateDecode"),
        &deflated(inside.as_bytes()),
    ));
    pdf(&objects)
}

fn xref_loop(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let file = String::from_utf8_lossy(&invoice()).into_owned();
    let start = file.rfind("xref\n0").unwrap_or(0);
    let back = [start, 0, file.len() * 2][rng.random_range(0..3)];
    file.replace("/Root 1 0 R>>", &format!("/Root 1 0 R/Prev {back}/XRefStm {back}>>")).into_bytes()
}

fn with_attachment(tree: &str, file: Vec<u8>) -> Vec<u8> {
    pdf(&[
        text("<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 3 0 R>>/AF[4 0 R]>>"),
        text("<</Type/Pages/Kids[]/Count 0>>"),
        text(tree),
        text("<</Type/Filespec/F(a.xml)/UF(a.xml)/EF<</F 5 0 R/UF 5 0 R>>>>"),
        file,
    ])
}

fn attached_cycle(_: &mut ChaCha8Rng) -> Vec<u8> {
    with_attachment(
        "<</Kids[3 0 R 3 0 R]/Names[(a.xml) 4 0 R]>>",
        stream("/Type/EmbeddedFile", b"<Invoice/>"),
    )
}

fn attached_pdf(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut inner = invoice();
    for _ in 0..rng.random_range(2..40) {
        inner = with_attachment("<</Names[(a.pdf) 4 0 R]>>", stream("/Type/EmbeddedFile", &inner));
    }
    inner
}

fn many_pages(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let kids = "3 0 R ".repeat(rng.random_range(200..100_000));
    pdf(&[
        text("<</Type/Catalog/Pages 2 0 R>>"),
        text(&format!("<</Type/Pages/Kids[{kids}]/Count {}>>", kids.len() / 6)),
        text(PAGE),
        stream("", b"BT /F 12 Tf 50 780 Td (Invoice 17) Tj ET"),
        text(FONT),
    ])
}

fn large_page(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let media = ["0 0 1e9 1e9", "0 0 0 0", "0 0 -5 -5", "1e38 1e38 -1e38 -1e38", "0 0 200000 200000"]
        [rng.random_range(0..5)];
    page(stream("", b"BT /F 1e9 Tf 50 780 Td (Invoice 17) Tj ET"), &PAGE.replace("0 0 595 842", media))
}

fn cut_off(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut file = invoice();
    file.truncate(rng.random_range(8..file.len()));
    file
}

fn lengths(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let length = ["4294967295", "-1", "4 0 R", "0"][rng.random_range(0..4)];
    let content = format!("<</Length {length}>>\nstream\nBT (x) Tj ET\nendstream");
    page(content.into_bytes(), PAGE)
}
