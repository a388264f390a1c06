//! ZIPs that unpack to more than they say, lie in one another, or name what they should not.

use std::io::{Cursor, Write as _};

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Maker;

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("zip-ratio", ratio),
    ("zip-many-entries", many_entries),
    ("zip-in-zip", nested),
    ("zip-overlapping", overlapping),
    ("zip-outside-paths", outside_paths),
    ("zip-lying-sizes", lying_sizes),
    ("zip-cut-off", cut_off),
    ("zip-encrypted", encrypted),
];

/// A ZIP of entries.
pub(super) fn pack(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in entries {
        zip.start_file(*name, options).expect("a name that can be written");
        zip.write_all(bytes).expect("memory takes everything");
    }
    zip.finish().expect("memory takes everything").into_inner()
}

fn ratio(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let blank = vec![b' '; rng.random_range(8..64) << 20];
    let name = ["price.csv", "invoice.xml", "scan.png", "drawing.dxf"][rng.random_range(0..4)];
    pack(&[(name, &blank)])
}

fn many_entries(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let names: Vec<String> =
        (0..rng.random_range(1_500..20_000)).map(|number| format!("{number}.txt")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    pack(&entries)
}

fn nested(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut inner = b"Article;Name;Price\nA;Apple;1.20\nB;Pear;2.40\n".to_vec();
    let mut name = "price.csv";
    for _ in 0..rng.random_range(3..60) {
        inner = pack(&[(name, &inner)]);
        name = "inner.zip";
    }
    inner
}

/// Where the directory's entries and its end stand.
fn directory(zip: &[u8]) -> Option<(usize, usize)> {
    let end = zip.windows(4).rposition(|mark| mark == b"PK\x05\x06")?;
    let start = zip.windows(4).position(|mark| mark == b"PK\x01\x02")?;
    Some((start, end))
}

/// One piece of content that very many entries claim.
fn overlapping(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let zip = pack(&[("a.csv", &vec![b'7'; 1 << 20])]);
    let Some((start, end)) = directory(&zip) else { return zip };
    let entry = &zip[start..end];
    let count = rng.random_range(500..5_000_usize);
    let mut lying = zip[..start].to_vec();
    for _ in 0..count {
        lying.extend_from_slice(entry);
    }
    let mut tail = zip[end..].to_vec();
    tail[8..10].copy_from_slice(&(count as u16).to_le_bytes());
    tail[10..12].copy_from_slice(&(count as u16).to_le_bytes());
    tail[12..16].copy_from_slice(&((entry.len() * count) as u32).to_le_bytes());
    lying.extend(tail);
    lying
}

fn outside_paths(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let names = [
        "../../../../etc/cron.d/x",
        "/etc/passwd",
        "..\\..\\x.csv",
        "a/../../b.csv",
        "C:\\x.csv",
        "\u{202e}vsc.exe",
    ];
    let content: &[u8] = b"Article;Name;Price\nA;Apple;1.20\nB;Pear;2.40\nC;Plum;3.10\n";
    let first = rng.random_range(0..names.len());
    let entries: Vec<(&str, &[u8])> =
        (0..3).map(|step| (names[(first + step) % names.len()], content)).collect();
    pack(&entries)
}

fn lying_sizes(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut zip = pack(&[("a.csv", &vec![b'7'; 4 << 20])]);
    if let Some((start, _)) = directory(&zip) {
        let lie: u32 = [0, 1, u32::MAX, 1 << 31][rng.random_range(0..4)];
        zip[start + 24..start + 28].copy_from_slice(&lie.to_le_bytes());
        zip[22..26].copy_from_slice(&lie.to_le_bytes());
    }
    zip
}

fn cut_off(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut zip = nested(rng);
    zip.truncate(rng.random_range(4..zip.len()));
    zip
}

fn encrypted(_: &mut ChaCha8Rng) -> Vec<u8> {
    let mut zip = pack(&[("a.csv", b"Article;Name;Price\nA;Apple;1.20\n")]);
    if let Some((start, _)) = directory(&zip) {
        zip[6] |= 1;
        zip[start + 8] |= 1;
    }
    zip
}
