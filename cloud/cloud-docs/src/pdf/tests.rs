//! A small PDF made here, read by the real library.

use super::*;

/// One page of text set in Helvetica, with a level line; `turned` is its `/Rotate`.
fn pdf(content: &str, turned: u32) -> Vec<u8> {
    let stream = format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len());
    let page = format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Rotate {turned} /Contents 5 0 R /Resources << /Font << /F 4 0 R >> >> >>"
    );
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page.as_str(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>",
        stream.as_str(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let table = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        file.push_str(&format!("{place:010} 00000 n \n"));
    }
    file.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    file.into_bytes()
}

const CONTENT: &str =
    "BT /F 10 Tf 40 250 Td (Invoice No. 4711) Tj 0 -20 Td 3 Tc (TOTAL) Tj 0 Tc ET\n40 200 m 360 200 l S";

fn is_ready() -> bool {
    match testkit::pdfium::library() {
        Ok(library) => {
            load(&library).unwrap();
            true
        }
        Err(missing) => {
            println!("SKIPPED: {missing}");
            false
        }
    }
}

#[test]
fn words_have_their_place_size_and_weight() {
    if !is_ready() {
        return;
    }
    let read = pages(&pdf(CONTENT, 0), &Limits::default(), &mut |_| {}).unwrap();
    let page = &read.pages[0];
    let texts: Vec<&str> = page.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["Invoice", "No.", "4711", "TOTAL"]);
    let first = &page.words[0];
    assert!((first.area.x0 - 40.0).abs() < 1.5 && (first.area.y1 - 52.0).abs() < 2.0, "{first:?}");
    assert!(first.is_bold && (first.size - 10.0).abs() < 0.1, "{first:?}");
    assert_eq!(page.rules.len(), 1, "{:?}", page.rules);
    assert!(page.rules[0].is_level && (page.rules[0].area.y0 - 100.0).abs() < 1.6, "{:?}", page.rules);
}

#[test]
fn a_turned_page_is_read_as_it_is_seen() {
    if !is_ready() {
        return;
    }
    let content =
        "BT /F 10 Tf 0 1 -1 0 60 40 Tm (Seen upright by whoever turns the page as its maker wanted) Tj ET";
    let read = pages(&pdf(content, 90), &Limits::default(), &mut |_| {}).unwrap();
    let page = &read.pages[0];
    assert_eq!((page.width, page.height), (300.0, 400.0));
    let texts: Vec<&str> = page.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts.join(" "), "Seen upright by whoever turns the page as its maker wanted");
}

#[test]
fn a_picture_of_a_page_has_the_wanted_size_and_its_ink() {
    if !is_ready() {
        return;
    }
    let limits = Limits::default();
    let picture = render(&pdf(CONTENT, 0), 1, 144, &limits).unwrap();
    assert_eq!(picture.dimensions(), (800, 600));
    assert!(picture.get_pixel(400, 200).0[0] < 160, "the line is not drawn");
    assert_eq!(picture.get_pixel(700, 500).0[0], 255);
    let small = Limits { pixels: 1_000, ..limits };
    assert!(matches!(render(&pdf(CONTENT, 0), 1, 144, &small), Err(PdfError::TooManyPixels { .. })));
    assert!(matches!(render(&pdf(CONTENT, 0), 2, 72, &small), Err(PdfError::NoPage(2))));
}

#[test]
fn what_is_no_pdf_is_refused_with_the_reason() {
    if !is_ready() {
        return;
    }
    for bytes in [&b""[..], b"%PDF-1.7", b"no pdf at all"] {
        let error = pages(bytes, &Limits::default(), &mut |_| {}).unwrap_err();
        assert!(matches!(error, PdfError::Broken(_)), "{error}");
    }
}
