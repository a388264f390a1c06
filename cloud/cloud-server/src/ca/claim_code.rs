//! Claim codes: what a technician types into a new till so that it and the cloud know each other.
//!
//! 80 random bits that only this code has, then the first 80 bits of the SHA-256 of the authority's certificate. With the
//! second half the till knows the right cloud at first contact, before it has any certificate to check it by. Written in
//! Crockford's base 32 (<https://www.crockford.com/base32.html>): no I, L, O or U; I and L are read as 1 and O as 0.

use std::fmt;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// Bytes of the secret, and of the authority's fingerprint.
const HALF_BYTES: usize = 10;
/// Characters of a code, dashes not counted.
const CODE_CHARS: usize = HALF_BYTES * 2 * 8 / 5;
/// Characters between two dashes.
const GROUP_CHARS: usize = 4;
/// Crockford's digits in order of value.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The half that pins the authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; HALF_BYTES]);

/// A code. It is a secret: printing it is a deliberate `to_string`, and debugging shows only the pin.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimCode {
    secret: [u8; HALF_BYTES],
    pin: Pin,
}

/// Why a text is not a claim code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClaimCodeError {
    /// Too short or too long.
    #[error(
        "the claim code has {found} characters, but a whole one has {CODE_CHARS} in groups of {GROUP_CHARS}: copy all of it"
    )]
    Length {
        /// How many there are, dashes and spaces not counted.
        found: usize,
    },
    /// A character that no code has.
    #[error(
        "character {position} of the claim code is `{found}`, which no code has: codes are made of 0-9 and A-Z without I, L, O and U"
    )]
    Character {
        /// Its place, counted from 1, dashes and spaces not counted.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// The second half is of another authority.
    #[error(
        "the claim code is of another cloud, or one of its last {} characters is mistyped: compare them, or make a new code here",
        CODE_CHARS / 2
    )]
    OtherAuthority,
}

impl Pin {
    /// The pin of an authority's certificate (DER).
    pub fn of_certificate(der: &[u8]) -> Self {
        let hash = Sha256::digest(der);
        Self(*hash.first_chunk().expect("a SHA-256 has 32 bytes"))
    }

    /// Whether this certificate (DER) is the pinned one.
    pub fn matches(&self, der: &[u8]) -> bool {
        Self::of_certificate(der) == *self
    }
}

impl ClaimCode {
    /// A new code for the authority with this pin.
    pub fn make(pin: Pin) -> Result<Self, getrandom::Error> {
        let mut secret = [0; HALF_BYTES];
        getrandom::fill(&mut secret)?;
        Ok(Self { secret, pin })
    }

    /// Reads what somebody typed: small letters, spaces and missing dashes are forgiven, anything else is told.
    pub fn parse(text: &str) -> Result<Self, ClaimCodeError> {
        let typed: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let mut values = Vec::with_capacity(CODE_CHARS);
        for (index, &found) in typed.iter().enumerate().take(CODE_CHARS) {
            values.push(value_of(found).ok_or(ClaimCodeError::Character { position: index + 1, found })?);
        }
        if typed.len() != CODE_CHARS {
            return Err(ClaimCodeError::Length { found: typed.len() });
        }
        let bytes = bytes_of(&values);
        let (secret, pin) = bytes.split_at(HALF_BYTES);
        let half = |bytes: &[u8]| *bytes.first_chunk().expect("32 characters of 5 bits are two halves");
        Ok(Self { secret: half(secret), pin: Pin(half(pin)) })
    }

    /// Whether the code is for the authority with this pin.
    pub fn check(&self, pin: Pin) -> Result<(), ClaimCodeError> {
        if self.pin == pin { Ok(()) } else { Err(ClaimCodeError::OtherAuthority) }
    }

    /// The half that pins the authority.
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// SHA-256 of the whole code: what the cloud keeps instead of it. 80 random bits cannot be guessed back.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.secret);
        hasher.update(self.pin.0);
        hasher.finalize().into()
    }
}

impl fmt::Display for ClaimCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: Vec<u8> = self.secret.iter().chain(&self.pin.0).copied().collect();
        for (index, value) in values_of(&bytes).into_iter().enumerate() {
            if index > 0 && index % GROUP_CHARS == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(DIGITS[usize::from(value)]))?;
        }
        Ok(())
    }
}

impl fmt::Debug for ClaimCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimCode(.., {:?})", self.pin)
    }
}

fn value_of(typed: char) -> Option<u8> {
    let digit = match typed.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let place = DIGITS.iter().position(|known| char::from(*known) == digit)?;
    u8::try_from(place).ok()
}

/// Each 5 bytes are 8 values of 5 bits, the first bits first.
fn values_of(bytes: &[u8]) -> Vec<u8> {
    let mut values = Vec::with_capacity(CODE_CHARS);
    for chunk in bytes.chunks_exact(5) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        values.extend((0..8).rev().map(|place| (bits >> (place * 5) & 0x1f) as u8));
    }
    values
}

fn bytes_of(values: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HALF_BYTES * 2);
    for chunk in values.chunks_exact(8) {
        let bits = chunk.iter().fold(0_u64, |bits, value| bits << 5 | u64::from(*value));
        bytes.extend((0..5).rev().map(|place| (bits >> (place * 8) & 0xff) as u8));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin() -> Pin {
        Pin::of_certificate(b"a certificate")
    }

    #[test]
    fn reads_what_it_writes_however_it_is_typed() {
        let code = ClaimCode::make(pin()).unwrap();
        let text = code.to_string();
        assert_eq!((text.len(), text.matches('-').count()), (39, 7), "{text}");
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        for typed in [text.clone(), text.replace('-', ""), sloppy] {
            assert_eq!(ClaimCode::parse(&typed).as_ref(), Ok(&code), "{typed}");
        }
        assert_eq!(code.check(pin()), Ok(()));
        assert!(code.pin().matches(b"a certificate") && !code.pin().matches(b"another"));
    }

    #[test]
    fn writes_a_known_code_the_known_way() {
        let code = ClaimCode { secret: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], pin: Pin([0xff; HALF_BYTES]) };
        assert_eq!(code.to_string(), "000G-40R4-0M30-E209-ZZZZ-ZZZZ-ZZZZ-ZZZZ");
    }

    #[test]
    fn tells_typing_mistakes() {
        let text = ClaimCode::make(pin()).unwrap().to_string();
        let told = |typed: &str| ClaimCode::parse(typed).unwrap_err();
        assert_eq!(told(&text[..38]), ClaimCodeError::Length { found: 31 });
        assert_eq!(told(&format!("{text}0")), ClaimCodeError::Length { found: 33 });
        assert_eq!(told(""), ClaimCodeError::Length { found: 0 });
        let odd = format!("{}U{}", &text[..5], &text[6..]);
        assert_eq!(told(&odd), ClaimCodeError::Character { position: 5, found: 'U' });
        assert_eq!(told("яблоко"), ClaimCodeError::Character { position: 1, found: 'я' });
    }

    #[test]
    fn tells_a_mistake_in_the_second_half_from_the_right_cloud() {
        let text = ClaimCode::make(pin()).unwrap().to_string();
        let other = if text.ends_with('Z') { 'Y' } else { 'Z' };
        let mistyped = format!("{}{other}", &text[..38]);
        let code = ClaimCode::parse(&mistyped).unwrap();
        assert_eq!(code.check(pin()), Err(ClaimCodeError::OtherAuthority));
        assert_eq!(
            ClaimCode::parse(&text).unwrap().check(Pin::of_certificate(b"b")),
            Err(ClaimCodeError::OtherAuthority)
        );
    }

    #[test]
    fn keeps_its_secret_when_debugged_and_no_two_are_alike() {
        let (one, other) = (ClaimCode::make(pin()).unwrap(), ClaimCode::make(pin()).unwrap());
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert_ne!(one.hash(), other.hash());
    }
}
