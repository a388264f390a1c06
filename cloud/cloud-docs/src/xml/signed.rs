//! A signed envelope (CMS SignedData, RFC 5652; CAdES) and what is in it. The signature is not checked: a tax office's gateway did.

use std::borrow::Cow;

use data_encoding::BASE64;

use crate::notes::{self, Note};

/// `signedData` of PKCS #7, as its object identifier stands in the file.
const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// The identifier comes first of all, behind two lengths at most.
const WITHIN_BYTES: usize = 32;
/// Pieces of pieces: an envelope has two levels.
const DEPTH: u32 = 8;

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PIECES: u8 = 0x24;
const EXPLICIT_0: u8 = 0xa0;

/// Whether a file is such an envelope, in bytes or in Base64.
pub(crate) fn is_signed(bytes: &[u8]) -> bool {
    let is_envelope = |start: &[u8]| {
        start.first() == Some(&SEQUENCE)
            && start[..start.len().min(WITHIN_BYTES)]
                .windows(SIGNED_DATA.len())
                .any(|part| part == SIGNED_DATA)
    };
    is_envelope(bytes) || decoded(&bytes[..bytes.len().min(128)]).is_some_and(|start| is_envelope(&start))
}

/// What is signed. An error says where the envelope breaks.
pub(super) fn content(bytes: &[u8]) -> Result<Vec<u8>, Note> {
    let envelope = match bytes.first() {
        Some(&SEQUENCE) => Cow::Borrowed(bytes),
        _ => Cow::Owned(decoded(bytes).ok_or_else(notes::envelope_broken)?),
    };
    inside(&envelope).ok_or_else(notes::envelope_broken)
}

/// The bytes that Base64 stands for, PEM's first and last lines left out; the last letters that make no whole group are dropped.
fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let letters: String =
        text.lines().filter(|line| !line.starts_with("-----")).flat_map(str::split_whitespace).collect();
    let whole = &letters.as_bytes()[..letters.len() / 4 * 4];
    if whole.is_empty() { None } else { BASE64.decode(whole).ok() }
}

fn inside(envelope: &[u8]) -> Option<Vec<u8>> {
    let signed = Parts(part(envelope, DEPTH)?.of(SEQUENCE)?).find(EXPLICIT_0)?;
    let signed = part(signed, DEPTH)?.of(SEQUENCE)?;
    // Version and digests come before; what is encapsulated is the first sequence.
    let encapsulated = Parts(signed).find(SEQUENCE)?;
    part(encapsulated, DEPTH).filter(|kind| kind.tag == OBJECT_IDENTIFIER)?;
    let octets = Parts(encapsulated).find(EXPLICIT_0)?;
    let octets = part(octets, DEPTH)?;
    let mut content = Vec::new();
    append(&octets, &mut content, DEPTH)?;
    Some(content)
}

/// One value of BER (X.690): its tag, what is in it, what comes after it.
struct Part<'a> {
    tag: u8,
    inside: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Part<'a> {
    fn of(self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.inside)
    }
}

/// Values one after another.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn find(self, tag: u8) -> Option<&'a [u8]> {
        let mut left = self.0;
        while !left.is_empty() {
            let next = part(left, DEPTH)?;
            if next.tag == tag {
                return Some(next.inside);
            }
            left = next.rest;
        }
        None
    }
}

fn part(bytes: &[u8], depth: u32) -> Option<Part<'_>> {
    let (&tag, after) = bytes.split_first()?;
    let (&length, after) = after.split_first()?;
    if length == 0x80 {
        return open_ended(tag, after, depth.checked_sub(1)?);
    }
    let (length, after) = if length < 0x80 {
        (usize::from(length), after)
    } else {
        let digits = usize::from(length & 0x7f);
        let (digits, after) = after.split_at_checked(digits).filter(|(digits, _)| digits.len() <= 4)?;
        (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), after)
    };
    let (inside, rest) = after.split_at_checked(length)?;
    Some(Part { tag, inside, rest })
}

/// A value without a length ends at two zeros, which only its own values one after another lead to.
fn open_ended(tag: u8, after: &[u8], depth: u32) -> Option<Part<'_>> {
    let mut left = after;
    loop {
        if let [0, 0, rest @ ..] = left {
            let inside = &after[..after.len() - left.len()];
            return Some(Part { tag, inside, rest });
        }
        left = part(left, depth)?.rest;
    }
}

/// Puts the pieces of a text of octets together.
fn append(octets: &Part<'_>, content: &mut Vec<u8>, depth: u32) -> Option<()> {
    match octets.tag {
        OCTETS => content.extend_from_slice(octets.inside),
        OCTETS_IN_PIECES => {
            let mut left = octets.inside;
            while !left.is_empty() {
                let piece = part(left, DEPTH)?;
                append(&piece, content, depth.checked_sub(1)?)?;
                left = piece.rest;
            }
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(tag: u8, inside: &[u8]) -> Vec<u8> {
        let length = u16::try_from(inside.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], inside].concat()
    }

    fn open(tag: u8, inside: &[u8]) -> Vec<u8> {
        [&[tag, 0x80], inside, &[0, 0]].concat()
    }

    fn envelope(octets: &[u8], wrap: fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
        let data = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
        let encapsulated = wrap(SEQUENCE, &[&data[..], &wrap(EXPLICIT_0, octets)].concat());
        let signed = [&[0x02, 0x01, 0x01, 0x31, 0x00][..], &encapsulated].concat();
        wrap(SEQUENCE, &[&SIGNED_DATA[..], &wrap(EXPLICIT_0, &wrap(SEQUENCE, &signed))].concat())
    }

    #[test]
    fn finds_what_is_signed_in_one_piece_in_many_and_in_base64() {
        let whole = envelope(&wrapped(OCTETS, b"<a>1</a>"), wrapped);
        let pieces = [wrapped(OCTETS, b"<a>"), wrapped(OCTETS, b"1</a>")].concat();
        let pieces = envelope(&open(OCTETS_IN_PIECES, &pieces), open);
        let letters = BASE64.encode(&whole);
        let pem =
            format!("-----BEGIN PKCS7-----\n{}\n{}\n-----END PKCS7-----\n", &letters[..40], &letters[40..]);
        for file in [whole, pieces, letters.into_bytes(), pem.into_bytes()] {
            assert!(is_signed(&file));
            assert_eq!(content(&file).unwrap(), b"<a>1</a>");
        }
    }

    #[test]
    fn refuses_one_that_is_cut_or_endless() {
        let whole = envelope(&wrapped(OCTETS, b"<a>1</a>"), wrapped);
        for end in 0..whole.len() - 1 {
            assert!(content(&whole[..end]).is_err(), "cut at {end}");
        }
        assert!(content(&[SEQUENCE, 0x80].repeat(100_000)).is_err());
        assert!(!is_signed(b"MIIB") && !is_signed(b"<a/>") && !is_signed(b""));
    }
}
