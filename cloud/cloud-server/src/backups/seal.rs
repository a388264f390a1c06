//! How a file of a backup is sealed: nobody without the key can read it, and no change, cut or exchange goes unseen.
//!
//! A file is `TSBAK1` and a line's end, the key's id (8 bytes) and a salt (32 bytes), and then pieces of 64 KiB, each sealed with
//! ChaCha20-Poly1305 (RFC 8439) and 16 bytes longer for it. The key of a file follows from the backup key, the salt and the
//! file's name by HKDF-SHA256 (RFC 5869), so no two files share one. A piece's nonce is its number in eleven bytes, the high byte
//! first, and a byte that is 1 for the last piece and 0 for others (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár, 2015). The
//! last piece alone may be shorter, and may be empty.

use std::io::{self, ErrorKind, Read, Write};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use thiserror::Error;

use super::key::{BackupKey, KeyId};

const MAGIC: &[u8; 7] = b"TSBAK1\n";
const PIECE: usize = 64 << 10;
const TAG: usize = 16;
/// What stands before the pieces.
const HEAD: usize = MAGIC.len() + 8 + 32;

/// Why a sealed file cannot be read.
#[derive(Debug, Error)]
pub(super) enum SealError {
    /// It is something else.
    #[error("it is no file of a Tillsight backup")]
    Foreign,
    /// It was sealed with another key.
    #[error(
        "it was sealed with the key {made_with} and this is the key {given}: name that key's file with `--key-file`"
    )]
    OtherKey {
        /// The key that it was sealed with.
        made_with: KeyId,
        /// The key that was tried.
        given: KeyId,
    },
    /// Its end is missing.
    #[error("it was cut off: its end is missing")]
    Truncated,
    /// It was changed.
    #[error("it is damaged, or was changed, near byte {place}")]
    Changed {
        /// Where.
        place: u64,
    },
}

/// How long a sealed file of so many bytes is.
pub(super) fn sealed_length(length: u64) -> u64 {
    let pieces = length.div_ceil(PIECE as u64).max(1);
    HEAD as u64 + length + pieces * TAG as u64
}

struct Pieces {
    key: LessSafeKey,
    number: u64,
}

impl Pieces {
    fn new(key: &BackupKey, salt: &[u8; 32], name: &str) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key.of_file(salt, name));
        Self { key: LessSafeKey::new(key.expect("a key has 32 bytes")), number: 0 }
    }

    fn nonce(&self, last: bool) -> Nonce {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(last);
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(&mut self, piece: &mut Vec<u8>, last: bool) -> io::Result<()> {
        let sealed = self.key.seal_in_place_append_tag(self.nonce(last), Aad::empty(), piece);
        self.number += 1;
        sealed.map_err(|_| io::Error::other("a piece is too long to be sealed"))
    }

    fn open(&mut self, piece: &mut Vec<u8>, last: bool) -> bool {
        let opened = self.key.open_in_place(self.nonce(last), Aad::empty(), piece);
        let Ok(length) = opened.map(|opened| opened.len()) else { return false };
        piece.truncate(length);
        self.number += 1;
        true
    }
}

/// Seals what is written. Without [`Sealing::finish`] what was written counts as cut off.
pub(super) struct Sealing<W: Write> {
    to: W,
    pieces: Pieces,
    piece: Vec<u8>,
}

impl<W: Write> Sealing<W> {
    pub(super) fn begin(mut to: W, key: &BackupKey, name: &str) -> io::Result<Self> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        to.write_all(&[MAGIC.as_slice(), &key.id().0, &salt].concat())?;
        Ok(Self { to, pieces: Pieces::new(key, &salt, name), piece: Vec::with_capacity(PIECE + TAG) })
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        self.pieces.seal(&mut self.piece, true)?;
        self.to.write_all(&self.piece)?;
        self.to.flush()?;
        Ok(self.to)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece waits: it may be the last one.
        if self.piece.len() == PIECE && !bytes.is_empty() {
            self.pieces.seal(&mut self.piece, false)?;
            self.to.write_all(&self.piece)?;
            self.piece.clear();
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads what was sealed.
pub(super) struct Opening<R: Read> {
    from: R,
    pieces: Pieces,
    /// The sealed piece after the one that is read.
    next: Vec<u8>,
    piece: Vec<u8>,
    read: usize,
    place: u64,
}

impl<R: Read> Opening<R> {
    pub(super) fn begin(mut from: R, key: &BackupKey, name: &str) -> io::Result<Self> {
        let mut head = [0; HEAD];
        match from.read_exact(&mut head) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(failed(SealError::Truncated));
            }
            other => other?,
        }
        let (magic, rest) = head.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(failed(SealError::Foreign));
        }
        let made_with = KeyId(rest[..8].try_into().expect("eight bytes"));
        if made_with != key.id() {
            return Err(failed(SealError::OtherKey { made_with, given: key.id() }));
        }
        let salt = rest[8..].try_into().expect("32 bytes");
        let mut opening = Self {
            pieces: Pieces::new(key, &salt, name),
            next: Vec::new(),
            piece: Vec::new(),
            read: 0,
            place: HEAD as u64,
            from,
        };
        opening.next = opening.read_sealed()?;
        // Even nothing is a piece.
        if opening.next.is_empty() {
            return Err(failed(SealError::Truncated));
        }
        Ok(opening)
    }

    fn read_sealed(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE + TAG);
        (&mut self.from).take((PIECE + TAG) as u64).read_to_end(&mut piece)?;
        Ok(piece)
    }

    fn open_next(&mut self) -> io::Result<()> {
        let after = self.read_sealed()?;
        self.piece = std::mem::replace(&mut self.next, after);
        self.read = 0;
        let (length, last) = (self.piece.len() as u64, self.next.is_empty());
        let mut cut = self.piece.clone();
        if !self.pieces.open(&mut self.piece, last) {
            // A piece that is whole, and not the last, tells that the last is missing.
            let truncated = last && (self.pieces.open(&mut cut, false) || length < (PIECE + TAG) as u64);
            let place = self.place;
            return Err(failed(if truncated { SealError::Truncated } else { SealError::Changed { place } }));
        }
        self.place += length;
        Ok(())
    }
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() {
            if self.next.is_empty() {
                return Ok(0);
            }
            self.open_next()?;
        }
        let count = to.len().min(self.piece.len() - self.read);
        to[..count].copy_from_slice(&self.piece[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}

fn failed(error: SealError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &BackupKey, name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut sealing = Sealing::begin(Vec::new(), key, name).unwrap();
        sealing.write_all(bytes).unwrap();
        sealing.finish().unwrap()
    }

    fn open(key: &BackupKey, name: &str, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let read = Opening::begin(sealed, key, name).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(|error| error.to_string())
    }

    #[test]
    fn comes_back_whole_whatever_its_length() {
        let key = BackupKey::random().unwrap();
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let sealed = seal(&key, "a", &bytes);
            assert_eq!(sealed.len() as u64, sealed_length(length as u64), "{length}");
            assert_eq!(open(&key, "a", &sealed).unwrap(), bytes, "{length}");
        }
    }

    #[test]
    fn no_change_goes_unseen() {
        let key = BackupKey::random().unwrap();
        let bytes = vec![7; 2 * PIECE + 100];
        let sealed = seal(&key, "a", &bytes);
        for at in (0..sealed.len()).step_by(997).chain([0, 8, 20, sealed.len() - 1]) {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key, "a", &changed).is_err(), "{at}");
        }
        for length in [0, 10, HEAD, HEAD + 5, HEAD + PIECE + TAG, HEAD + 2 * (PIECE + TAG), sealed.len() - 1]
        {
            let problem = open(&key, "a", &sealed[..length]).unwrap_err();
            assert!(problem.contains("cut off"), "{length}: {problem}");
        }
        // Two pieces in each other's place, and a file in another's.
        let (one, two) = (HEAD..HEAD + PIECE + TAG, HEAD + PIECE + TAG..HEAD + 2 * (PIECE + TAG));
        let swapped = [&sealed[..HEAD], &sealed[two.clone()], &sealed[one], &sealed[two.end..]].concat();
        assert!(open(&key, "a", &swapped).unwrap_err().contains("damaged"));
        assert!(open(&key, "b", &sealed).unwrap_err().contains("damaged"));
    }

    #[test]
    fn says_which_key_it_needs() {
        let (key, other) = (BackupKey::random().unwrap(), BackupKey::random().unwrap());
        let problem = open(&other, "a", &seal(&key, "a", b"x")).unwrap_err();
        assert!(problem.contains(&key.id().to_string()) && problem.contains("--key-file"), "{problem}");
        assert!(open(&key, "a", &[b'x'; 100]).unwrap_err().contains("no file of a Tillsight backup"));
    }
}
