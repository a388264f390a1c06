//! The hash chain over the journal.
//!
//! `hash(n) = SHA-256(hash(n-1) || n as 8 bytes, big end first || payload(n))`, and `hash(0)`, the genesis, is SHA-256 over the
//! till's full name, so that no till's journal passes for another's. Whoever knows `hash(n)` knows whether the first `n`
//! sales are what they were. The chain has no key: it shows accidents and clumsy edits by itself, and skilled ones as
//! soon as a later hash is known elsewhere (the cloud keeps the head that it acknowledged).

use domain::ids::SequenceNumber;
use domain::sale::TillRef;
use sha2::{Digest, Sha256};

use crate::sale_document::till_name;

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// Where a till's chain starts.
pub fn genesis(till: &TillRef) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"tillsight journal 1\n");
    hasher.update(till_name(till).as_bytes());
    hasher.finalize().into()
}

/// The hash of an entry.
pub fn link(previous: &Hash, sequence: SequenceNumber, payload: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(sequence.0.to_be_bytes());
    hasher.update(payload);
    hasher.finalize().into()
}

/// The hash of any bytes.
pub fn digest(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Bytes as lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// Bytes from hexadecimal of either case; `None` for anything else.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
