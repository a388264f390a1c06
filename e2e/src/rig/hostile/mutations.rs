//! Small valid files of each kind, damaged by chance.

use image::ImageFormat;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::{archives, drawings, mails, markup, pdfs, pictures, sheets};

type Valid = fn() -> Vec<u8>;

const VALID: [(&str, Valid); 11] = [
    ("ubl", || markup::invoice("", &markup::line("Apple", "2", "2.40"))),
    ("csv", csv),
    ("text", || b"Invoice 17\nDate: 2026-03-01\n1 Apples 2 1.20 2.40\nTotal 2.40\n".to_vec()),
    ("dxf", drawings::drawing),
    ("ifc", drawings::model),
    ("xlsx", sheets::price_list),
    ("pdf", pdfs::invoice),
    ("png", || pictures::picture(ImageFormat::Png)),
    ("jpeg", || pictures::picture(ImageFormat::Jpeg)),
    ("mail", || mails::with_attachment("price.csv", &String::from_utf8_lossy(&csv()))),
    ("zip", || archives::pack(&[("price.csv", &csv()), ("invoice.pdf", &pdfs::invoice())])),
];

fn csv() -> Vec<u8> {
    b"Article;Name;Unit;Price\nA1;Red apples;kg;1,20\nA2;Pears;kg;2,40\nA3;Plums;kg;3,10\n".to_vec()
}

/// A valid file with up to a dozen damages, and what it is called.
pub(super) fn mutate(rng: &mut ChaCha8Rng) -> (&'static str, Vec<u8>) {
    let (name, valid) = VALID[rng.random_range(0..VALID.len())];
    let mut bytes = valid();
    for _ in 0..rng.random_range(1..12) {
        damage(&mut bytes, rng);
    }
    (name, bytes)
}

/// Does something to a file that nobody would.
pub(super) fn damage(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = rng.random_range(0..bytes.len());
    let length = rng.random_range(1..64).min(bytes.len() - at);
    match rng.random_range(0..7) {
        0 => bytes[at] ^= 1 << rng.random_range(0..8),
        1 => bytes[at] = rng.random(),
        2 => drop(bytes.drain(at..at + length)),
        3 => {
            let again = bytes[at..at + length].to_vec();
            let times = rng.random_range(1..200);
            let end = at + length;
            bytes.splice(end..end, again.repeat(times));
        }
        4 => {
            let odd: [&[u8]; 8] =
                [b"\0", b"-1", b"99999999999999999999", b"\xff\xfe", b"(", b"\"", b"<", b"1e999"];
            let odd = odd[rng.random_range(0..odd.len())];
            bytes.splice(at..at, odd.iter().copied());
        }
        5 => bytes[at..at + length].fill(rng.random()),
        _ => bytes.truncate(at + 1),
    }
}
