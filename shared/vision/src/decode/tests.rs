use image::{ImageEncoder, ImageFormat, Rgb, RgbImage, RgbaImage};
use proptest::prelude::*;

use super::*;

/// A picture with four corners of different colours, so that turning it shows.
fn corners(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([220, 20, 20]),
        (false, true) => Rgb([20, 220, 20]),
        (true, false) => Rgb([20, 20, 220]),
        (false, false) => Rgb([220, 220, 20]),
    })
}

fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn corners_as(format: ImageFormat) -> Vec<u8> {
    encode(&DynamicImage::ImageRgb8(corners(48, 32)), format)
}

/// An EXIF block that states an orientation and nothing else.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0".to_vec();
    block.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

fn jpeg_with_orientation(orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_exif_metadata(exif(orientation)).unwrap();
    let image = corners(48, 32);
    encoder.write_image(&image, 48, 32, image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 3] {
    let at = ((y * picture.width + x) * 3) as usize;
    picture.rgb[at..at + 3].try_into().unwrap()
}

fn assert_close(actual: [u8; 3], expected: [u8; 3]) {
    assert!(actual.iter().zip(expected).all(|(a, e)| a.abs_diff(e) < 24), "{actual:?} is not {expected:?}");
}

fn message(bytes: &[u8]) -> String {
    decode(bytes, &Limits::default()).unwrap_err().to_string()
}

#[test]
fn reads_each_format_by_its_content() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let picture = decode(&corners_as(format), &Limits::default()).unwrap();
        assert_eq!((picture.width, picture.height), (48, 32), "{format:?}");
        assert_close(pixel(&picture, 4, 4), [220, 20, 20]);
        assert_close(pixel(&picture, 44, 28), [220, 220, 20]);
    }
}

#[test]
fn turns_a_photo_upright() {
    // Orientation 6: the camera was turned, so that the stored left edge is the top.
    let picture = decode(&jpeg_with_orientation(6), &Limits::default()).unwrap();
    assert_eq!((picture.width, picture.height), (32, 48));
    assert_close(pixel(&picture, 4, 4), [20, 20, 220]);
    assert_close(pixel(&picture, 28, 4), [220, 20, 20]);
    let upside_down = decode(&jpeg_with_orientation(3), &Limits::default()).unwrap();
    assert_close(pixel(&upside_down, 4, 4), [220, 220, 20]);
}

#[test]
fn lays_transparency_on_white() {
    let image = RgbaImage::from_fn(4, 4, |x, _| image::Rgba([200, 0, 0, if x < 2 { 0 } else { 255 }]));
    let picture =
        decode(&encode(&DynamicImage::ImageRgba8(image), ImageFormat::Png), &Limits::default()).unwrap();
    assert_eq!((pixel(&picture, 0, 0), pixel(&picture, 3, 3)), ([255; 3], [200, 0, 0]));
}

#[test]
fn names_a_cut_off_file_wherever_it_is_cut() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = corners_as(format);
        for keep in (16..whole.len() - 1).step_by(7) {
            // A PNG whose last chunk alone is missing still has all its pixels.
            if format == ImageFormat::Png && keep >= whole.len() - 16 {
                continue;
            }
            let error = decode(&whole[..keep], &Limits::default()).unwrap_err();
            assert!(matches!(error, DecodeError::Truncated(_)), "{format:?} cut at {keep}: {error:?}");
        }
    }
}

#[test]
fn refuses_a_pixel_bomb_by_its_header() {
    // A valid header for 60,000 x 60,000 pixels and no pixels: memory must not be asked for.
    let mut png = corners_as(ImageFormat::Png);
    png[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    let sum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(
        message(&png),
        "the picture has 60000 x 60000 pixels, more than the 50000000 allowed: save it smaller"
    );
    let small = Limits { max_pixels: 1000, ..Limits::default() };
    for format in [ImageFormat::Jpeg, ImageFormat::WebP] {
        let error = decode(&corners_as(format), &small).unwrap_err();
        assert!(
            matches!(error, DecodeError::TooManyPixels { width: 48, height: 32, max: 1000 }),
            "{error:?}"
        );
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}

#[test]
fn names_what_is_not_read() {
    assert_eq!(message(b""), "the bytes are not a picture: give a JPEG, PNG or WebP file");
    assert_eq!(message(b"hello"), "the bytes are not a picture: give a JPEG, PNG or WebP file");
    assert_eq!(
        message(b"GIF89a\x01\0\x01\0"),
        "the picture is GIF, which is not read: save it as JPEG, PNG or WebP"
    );
    assert!(message(b"\0\0\0\x18ftypheic\0\0\0\0").contains("HEIC"));
    let few = Limits { max_bytes: 10, ..Limits::default() };
    assert!(matches!(decode(&[0; 11], &few), Err(DecodeError::TooManyBytes { max: 10 })));
}

#[test]
fn refuses_animations() {
    // An animation control chunk before the pixels makes a PNG an APNG.
    let mut png = corners_as(ImageFormat::Png);
    let mut chunk = 8u32.to_be_bytes().to_vec();
    chunk.extend(b"acTL\0\0\0\x02\0\0\0\0");
    let sum = crc32(&chunk[4..]);
    chunk.extend(sum.to_be_bytes());
    png.splice(33..33, chunk);
    assert!(matches!(decode(&png, &Limits::default()), Err(DecodeError::Animated(PictureFormat::Png))));

    // The extended WebP header with its animation flag, one frame in it.
    let still = corners_as(ImageFormat::WebP);
    let frame_data = &still[12..];
    let mut frame = vec![0, 0, 0, 0, 0, 0, 47, 0, 0, 31, 0, 0, 100, 0, 0, 0];
    frame.extend(frame_data);
    let mut body = b"WEBPVP8X\x0a\0\0\0\x02\0\0\0\x2f\0\0\x1f\0\0ANIM\x06\0\0\0\0\0\0\0\0\0".to_vec();
    body.extend(b"ANMF");
    body.extend(u32::try_from(frame.len()).unwrap().to_le_bytes());
    body.extend(frame);
    let mut webp = b"RIFF".to_vec();
    webp.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    webp.extend(body);
    assert!(matches!(decode(&webp, &Limits::default()), Err(DecodeError::Animated(PictureFormat::WebP))));
}

#[test]
fn names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("apple.jpg");
    assert!(matches!(decode_file(&path, &Limits::default()), Err(DecodeError::Read { .. })));
    std::fs::write(&path, b"not a picture").unwrap();
    let error = decode_file(&path, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("failed to decode `{}`", path.display()));
    std::fs::write(&path, corners_as(ImageFormat::Jpeg)).unwrap();
    assert_eq!(decode_file(&path, &Limits::default()).unwrap().width, 48);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_bytes_give_a_picture_or_an_error_and_never_a_panic(
        format in prop::sample::select(vec![ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = corners_as(format);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(picture) = decode(&bytes, &Limits { max_pixels: 1_000_000, ..Limits::default() }) {
            prop_assert_eq!(picture.rgb.len(), picture.width as usize * picture.height as usize * 3);
        }
    }

    #[test]
    fn noise_behind_a_magic_number_is_never_a_panic(
        magic in prop::sample::select(vec![&b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBP"]),
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = magic.to_vec();
        bytes.extend(noise);
        let small = Limits { max_pixels: 1_000_000, ..Limits::default() };
        prop_assert!(decode(&bytes, &small).is_err());
    }
}
