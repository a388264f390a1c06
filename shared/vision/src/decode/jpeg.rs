//! Whether a JPEG's end is there, by walking its markers (ITU-T T.81, annex B).

const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// True when the bytes run out before the end-of-image marker of the first picture. Bytes that do not follow the
/// grammar are left to the decoder to judge.
pub(super) fn cut_off(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        let Some(marker) = next_marker(bytes, &mut at) else { return at >= bytes.len() };
        match marker {
            END_OF_IMAGE => return false,
            // Standing alone, without a length.
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let Some(length) = bytes.get(at..at + 2) else { return true };
                at += usize::from(u16::from_be_bytes([length[0], length[1]]));
                if marker == START_OF_SCAN {
                    skip_entropy_coded(bytes, &mut at);
                }
            }
        }
    }
}

/// The marker at `at`, which is moved behind it; `None` at the end or where there is no marker.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    if *bytes.get(*at)? != 0xff {
        return None;
    }
    // Any number of 0xff may stand before the code as fill.
    while *bytes.get(*at)? == 0xff {
        *at += 1;
    }
    let code = *bytes.get(*at)?;
    *at += 1;
    Some(code)
}

/// Moves `at` to the marker that ends the entropy-coded data: an 0xff that is neither stuffed nor a restart.
fn skip_entropy_coded(bytes: &[u8], at: &mut usize) {
    while let Some(pair) = bytes.get(*at..*at + 2) {
        if pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff) {
            return;
        }
        *at += 1;
    }
    *at = bytes.len();
}
