//! Pictures that say they are larger than any page.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::{ImageFormat, RgbImage};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::Maker;

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("png-flood", png_flood),
    ("png-bomb", png_bomb),
    ("png-cut-off", png_cut_off),
    ("jpeg-flood", jpeg_flood),
    ("tiff-flood", tiff_flood),
    ("bmp-flood", bmp_flood),
    ("webp-noise", webp_noise),
];

/// What zlib makes of bytes.
pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// A small valid picture of nothing.
pub(super) fn picture(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(64, 48, image::Rgb([255; 3]))
        .write_to(&mut bytes, format)
        .expect("memory takes everything");
    bytes.into_inner()
}

fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
    })
}

fn png(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8], content: &[u8]| {
        let body = [name, content].concat();
        file.extend((content.len() as u32).to_be_bytes());
        file.extend(&body);
        file.extend(checksum(&body).to_be_bytes());
    };
    chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat());
    chunk(b"IDAT", data);
    chunk(b"IEND", b"");
    file
}

fn png_flood(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let size = [0x7fff_ffff, 1 << 20, 65_535, 30_000, 0][rng.random_range(0..5)];
    png(size, size, &deflated(&[0; 1000]))
}

/// As many pixels as the picture says, in very few bytes.
fn png_bomb(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let width = rng.random_range(4_000..8_000_u32);
    png(width, 4_000, &deflated(&vec![0; (width as usize * 3 + 1) * 4_000]))
}

fn png_cut_off(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut file = picture(ImageFormat::Png);
    file.truncate(rng.random_range(9..file.len()));
    file
}

fn jpeg_flood(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut file = picture(ImageFormat::Jpeg);
    if let Some(at) = file.windows(2).position(|mark| mark == [0xff, 0xc0]) {
        let size: [u8; 2] = [[0xff, 0xff], [0x00, 0x00], [0x80, 0x00]][rng.random_range(0..3)];
        file[at + 5..at + 7].copy_from_slice(&size);
        file[at + 7..at + 9].copy_from_slice(&size);
    }
    file
}

fn tiff_flood(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    let size = [u32::MAX, 100_000, 0][rng.random_range(0..3)];
    let tags: [(u16, u32); 8] =
        [(256, size), (257, size), (258, 8), (259, 1), (262, 1), (273, 8), (278, size), (279, u32::MAX)];
    file.extend((tags.len() as u16).to_le_bytes());
    for (tag, value) in tags {
        file.extend(tag.to_le_bytes());
        file.extend(4_u16.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    // The next directory is this one again.
    file.extend(8_u32.to_le_bytes());
    file
}

fn bmp_flood(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let size = [i32::MAX, i32::MIN, 60_000, 0][rng.random_range(0..4)];
    let mut file = b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    file.extend(size.to_le_bytes());
    file.extend(size.to_le_bytes());
    file.extend([1, 0, 24, 0]);
    file.resize(200, 0);
    file
}

fn webp_noise(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut file = b"RIFF\xff\xff\xff\x7fWEBPVP8L".to_vec();
    file.extend((0..rng.random_range(16..20_000)).map(|_| rng.random::<u8>()));
    file
}
