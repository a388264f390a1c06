//! Reading segments, whole or damaged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::ids::SequenceNumber;

use super::{BODY_MAX_LEN, CHECK_LEN, HEAD_LEN, MARKER, Record, SaleCopy, folder};
use sync_core::chain::{digest, link};

/// What a segment holds.
#[derive(Debug, Default)]
pub(crate) struct Segment {
    /// The records that are whole, in order. A sale whose hash does not fit its payload is not among them.
    pub(crate) records: Vec<Record>,
    /// Where the last whole record ends: writing continues here.
    pub(crate) good_len: u64,
    /// Damage that a crash cannot explain: a crash only leaves an unfinished end.
    pub(crate) damaged: bool,
}

impl Segment {
    /// The sales among the records.
    pub(crate) fn sales(&self) -> impl Iterator<Item = &SaleCopy> {
        self.records.iter().filter_map(|record| match record {
            Record::Sale(sale) => Some(sale),
            _ => None,
        })
    }
}

/// The segments of a store, oldest first: the first sequence number each may hold, and its file. None when there is no
/// copy.
pub(crate) fn segments(dir: &Path) -> io::Result<Vec<(SequenceNumber, PathBuf)>> {
    let entries = match fs::read_dir(folder(dir)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".seg")?.parse().ok());
        if let Some(number) = number {
            found.push((SequenceNumber(number), path));
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a segment as far as it is readable.
pub(crate) fn read_segment(path: &Path) -> io::Result<Segment> {
    let bytes = fs::read(path)?;
    let mut segment = Segment::default();
    let mut at = 0;
    let mut skipped = false;
    while at < bytes.len() {
        match whole_record(&bytes[at..]) {
            Some((record, length)) => {
                at += length;
                segment.damaged |= skipped;
                segment.good_len = at as u64;
                match record {
                    Some(record) => segment.records.push(record),
                    None => segment.damaged = true,
                }
            }
            None => {
                skipped = true;
                at += 1 + next_marker(&bytes[at + 1..]);
            }
        }
    }
    Ok(segment)
}

/// The record at the start of `bytes` and its length. The record is `None` when its bytes are as they were written but say
/// nothing that fits: a kind of a later version, a sale whose chain hash is wrong.
fn whole_record(bytes: &[u8]) -> Option<(Option<Record>, usize)> {
    let (head, rest) = bytes.split_at_checked(HEAD_LEN)?;
    if head[..4] != MARKER {
        return None;
    }
    let length = u32::from_le_bytes(head[5..].try_into().expect("four bytes")) as usize;
    if length > BODY_MAX_LEN {
        return None;
    }
    let body = rest.get(..length)?;
    let check = rest.get(length..length + CHECK_LEN)?;
    if digest(&bytes[4..HEAD_LEN + length])[..CHECK_LEN] != *check {
        return None;
    }
    let record = Record::decode(head[4], body).filter(|record| match record {
        Record::Sale(sale) => link(&sale.previous, sale.sequence, &sale.payload) == sale.hash,
        _ => true,
    });
    Some((record, HEAD_LEN + length + CHECK_LEN))
}

fn next_marker(bytes: &[u8]) -> usize {
    bytes.windows(MARKER.len()).position(|window| window == MARKER).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::Uuid;

    fn sale(sequence: u64) -> Record {
        let payload = format!("{{\"sale\":{sequence}}}").into_bytes();
        let sequence = SequenceNumber(sequence);
        let previous = [7; 32];
        Record::Sale(SaleCopy { sequence, previous, hash: link(&previous, sequence, &payload), payload })
    }

    fn read(bytes: &[u8]) -> Segment {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        read_segment(file.path()).unwrap()
    }

    #[test]
    fn reads_back_every_kind_of_record() {
        let records = vec![
            Record::Till("org/store/till".to_owned()),
            sale(1),
            Record::Intent { payment: Uuid::from_u128(5), recorded_at_ms: -3, payload: b"{}".to_vec() },
            Record::Dropped(Uuid::from_u128(5)),
            Record::OpenIntents(vec![Uuid::from_u128(6), Uuid::from_u128(7)]),
            Record::OpenIntents(vec![]),
        ];
        let bytes: Vec<u8> = records.iter().flat_map(Record::encode).collect();
        let segment = read(&bytes);
        assert_eq!(
            (segment.records, segment.good_len, segment.damaged),
            (records, bytes.len() as u64, false)
        );
    }

    #[test]
    fn an_unfinished_end_is_no_damage_and_is_left_out() {
        let whole = sale(1).encode();
        let bytes = [whole.clone(), sale(2).encode()].concat();
        for cut in whole.len()..bytes.len() {
            let segment = read(&bytes[..cut]);
            assert_eq!((segment.sales().count(), segment.good_len), (1, whole.len() as u64), "cut at {cut}");
            assert!(!segment.damaged);
        }
    }

    #[test]
    fn any_flipped_byte_costs_one_record_and_is_seen() {
        let parts = [sale(1).encode(), sale(2).encode(), sale(3).encode()];
        let bytes = parts.concat();
        for at in 0..bytes.len() - parts[2].len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x20;
            let segment = read(&flipped);
            assert_eq!(segment.sales().count(), 2, "flipped at {at}");
            assert!(segment.damaged, "flipped at {at}");
            assert_eq!(segment.good_len, bytes.len() as u64);
        }
    }

    #[test]
    fn a_sale_with_the_wrong_hash_is_left_out() {
        let Record::Sale(mut wrong) = sale(1) else { unreachable!() };
        wrong.hash[0] ^= 1;
        let segment = read(&Record::Sale(wrong).encode());
        assert_eq!((segment.sales().count(), segment.damaged), (0, true));
    }
}
