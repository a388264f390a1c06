//! The journal's copy: plain append-only files beside the database, from which the journal can be rebuilt alone.
//!
//! The database is the truth and is durable by itself. The copy is for the day when the database file is damaged: it is
//! written after each commit, and synced when the writer has nothing else to do (at the latest after 32 sales), so that no
//! customer waits for it; why it is so is in `docs/decisions`. Nothing is in the copy that was not committed before.
//!
//! `journal-copy/` holds segments, each named by the first sequence number it may hold and at most 4,096 sales long. A
//! segment is a row of records:
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | `F5 54 53 31`, by which a reader finds the next record after damage (F5 never occurs in UTF-8) |
//! | 1 | kind |
//! | 4 | length of the body, little end first |
//! | n | body |
//! | 8 | head of SHA-256 over kind, length and body |
//!
//! Kinds: 0 till (`org/store/till`), first in each segment; 1 sale (sequence 8 bytes big end first, previous hash 32, hash
//! 32, payload); 2 intent (payment 16, time 8 big end first, payload); 3 intent dropped (payment 16); 4 these intents and
//! no others are open (16 bytes each).

mod read;
mod write;

use std::path::{Path, PathBuf};

use domain::ids::{SequenceNumber, Uuid};

use sync_core::chain::{Hash, digest};

pub(crate) use read::{Segment, read_segment, segments};
pub(crate) use write::{CopyWriter, rewrite_segment, sync_folder};

/// The folder of the segments.
pub(crate) fn folder(dir: &Path) -> PathBuf {
    dir.join("journal-copy")
}

const MARKER: [u8; 4] = *b"\xF5TS1";
const HEAD_LEN: usize = 4 + 1 + 4;
const CHECK_LEN: usize = 8;
/// A longer body is taken for damage: no sale comes near it.
const BODY_MAX_LEN: usize = 16 * 1024 * 1024;
/// Sales in a segment: few enough to read one at every start.
pub(crate) const SEGMENT_SALES: u64 = 4096;

/// A sale as the copy keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SaleCopy {
    pub(crate) sequence: SequenceNumber,
    pub(crate) previous: Hash,
    pub(crate) hash: Hash,
    pub(crate) payload: Vec<u8>,
}

/// One record of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    Till(String),
    Sale(SaleCopy),
    Intent { payment: Uuid, recorded_at_ms: i64, payload: Vec<u8> },
    Dropped(Uuid),
    OpenIntents(Vec<Uuid>),
}

impl Record {
    fn encode(&self) -> Vec<u8> {
        let (kind, body) = match self {
            Self::Till(name) => (0, name.as_bytes().to_vec()),
            Self::Sale(sale) => {
                let sequence = sale.sequence.0.to_be_bytes();
                (1, [&sequence[..], &sale.previous, &sale.hash, &sale.payload].concat())
            }
            Self::Intent { payment, recorded_at_ms, payload } => {
                (2, [&payment.as_bytes()[..], &recorded_at_ms.to_be_bytes(), payload].concat())
            }
            Self::Dropped(payment) => (3, payment.as_bytes().to_vec()),
            Self::OpenIntents(payments) => {
                (4, payments.iter().flat_map(|payment| *payment.as_bytes()).collect())
            }
        };
        let length = u32::try_from(body.len()).expect("bodies are far below 4 GiB");
        let checked = [&[kind][..], &length.to_le_bytes(), &body].concat();
        [&MARKER[..], &checked, &digest(&checked)[..CHECK_LEN]].concat()
    }

    fn decode(kind: u8, body: &[u8]) -> Option<Self> {
        let uuid = |bytes: &[u8]| Uuid::from_slice(bytes).ok();
        match kind {
            0 => String::from_utf8(body.to_vec()).ok().map(Self::Till),
            1 => {
                let (sequence, rest) = body.split_first_chunk()?;
                let (previous, rest) = rest.split_first_chunk()?;
                let (hash, payload) = rest.split_first_chunk()?;
                Some(Self::Sale(SaleCopy {
                    sequence: SequenceNumber(u64::from_be_bytes(*sequence)),
                    previous: *previous,
                    hash: *hash,
                    payload: payload.to_vec(),
                }))
            }
            2 => {
                let (payment, rest) = body.split_at_checked(16)?;
                let (recorded_at, payload) = rest.split_first_chunk()?;
                let recorded_at_ms = i64::from_be_bytes(*recorded_at);
                Some(Self::Intent { payment: uuid(payment)?, recorded_at_ms, payload: payload.to_vec() })
            }
            3 => uuid(body).map(Self::Dropped),
            4 if body.len().is_multiple_of(16) => {
                body.chunks_exact(16).map(uuid).collect::<Option<_>>().map(Self::OpenIntents)
            }
            _ => None,
        }
    }
}
