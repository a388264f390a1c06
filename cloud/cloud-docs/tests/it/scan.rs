//! A page in three languages, scanned the way people scan, read by the real Tesseract.

use cloud_docs::page::Page;
use cloud_docs::scan::{self, Picture, Recogniser, ScanError};
use cloud_docs::{Limits, evaluate::printed::squash};
use image::{GrayImage, Luma, imageops};

const SCANNED: &[u8] = include_bytes!("../data/scanned.png");

/// What stands on the page, word by word.
const WORDS: [&str; 30] = [
    "Lieferant",
    "Müllerhof",
    "Käserei",
    "GmbH",
    "Rechnung",
    "RE2041",
    "12072024",
    "Покупатель",
    "Северный",
    "ветер",
    "245",
    "Bergkäse",
    "gereift",
    "12",
    "750",
    "9000",
    "Молоко",
    "10",
    "095",
    "950",
    "Oat",
    "drink",
    "barista",
    "24",
    "125",
    "3000",
    "Gesamtbetrag",
    "EUR",
    "12950",
    "1",
];

fn recogniser(test: &str) -> Option<Recogniser> {
    match Recogniser::find() {
        Ok(recogniser) => Some(recogniser),
        Err(missing @ (ScanError::NoRecogniser | ScanError::NoLanguage)) => {
            eprintln!("SKIPPED: {test} because {missing}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn scanned() -> GrayImage {
    scan::pictures(SCANNED, &Limits::default()).unwrap().remove(0).grey
}

/// Reads the picture; gives the page and how many of its words were not read.
fn read(recogniser: &Recogniser, grey: GrayImage) -> (Page, Vec<&'static str>) {
    let mut done = Vec::new();
    let picture = Picture { grey, number: 1, dpi: Some(150.0) };
    let page = scan::pages([picture], recogniser, &mut |page| done.push(page)).unwrap().remove(0);
    assert_eq!(done, [1]);
    let read: Vec<String> = page.words.iter().map(|word| squash(&word.text)).collect();
    let missing = WORDS.into_iter().filter(|word| !read.contains(&squash(word))).collect();
    (page, missing)
}

#[test]
fn a_straight_page_is_read_with_its_lines() {
    let Some(recogniser) = recogniser("reading a scanned page") else { return };
    let (page, missing) = read(&recogniser, scanned());
    assert!(missing.len() <= 2, "{missing:?}");
    assert!(page.is_recognised && page.words.iter().all(|word| (0.0..=1.0).contains(&word.confidence)));
    assert_eq!((page.rules.iter().filter(|rule| rule.is_level).count(), page.rules.len()), (2, 3));
    // 1240 x 700 pixels at 150 in an inch.
    assert!(
        (page.width - 595.2).abs() < 1.0 && (page.height - 336.0).abs() < 1.0,
        "{} {}",
        page.width,
        page.height
    );
    let total = page.words.iter().find(|word| word.text == "129,50").unwrap();
    let place = page.place(total.area);
    assert!((place.x0 - 0.822).abs() < 0.01 && (place.y0 - 0.69).abs() < 0.02, "{place:?}");
}

#[test]
fn a_page_is_read_however_it_lies() {
    let Some(recogniser) = recogniser("reading turned pages") else { return };
    for quarters in 1..4 {
        let turned = (0..quarters).fold(scanned(), |picture, _| imageops::rotate90(&picture));
        let (page, missing) = read(&recogniser, turned);
        assert!(missing.len() <= 4, "{quarters} quarters: {missing:?}");
        assert!(page.width > page.height && page.rules.len() == 3, "{quarters} quarters");
    }
}

#[test]
fn a_crooked_page_in_the_shade_is_read() {
    let Some(recogniser) = recogniser("reading a crooked page") else { return };
    let straight = scanned();
    let (sin, cos) = 4.0_f32.to_radians().sin_cos();
    let crooked = GrayImage::from_fn(1300, 860, |x, y| {
        let (x, y) = (x as f32 - 650.0, y as f32 - 430.0);
        let (from_x, from_y) = (x * cos + y * sin + 620.0, y * cos - x * sin + 350.0);
        let is_inside = from_x >= 0.0 && from_y >= 0.0 && from_x < 1240.0 && from_y < 700.0;
        let grey = if is_inside { straight.get_pixel(from_x as u32, from_y as u32).0[0] } else { 255 };
        // The light falls from the left.
        let light = 0.95 - 0.45 * (x + 650.0) / 1300.0;
        Luma([(f32::from(grey.max(40)) * light) as u8])
    });
    let (_, missing) = read(&recogniser, crooked);
    assert!(missing.len() <= 5, "{missing:?}");
}

#[test]
fn an_empty_page_has_no_words() {
    let Some(recogniser) = recogniser("reading an empty page") else { return };
    let (page, _) = read(&recogniser, GrayImage::from_pixel(800, 1100, Luma([255])));
    assert_eq!((page.words.len(), page.rules.len()), (0, 0));
}
