//! How a row is written: its values one after another, in the order of the table's columns. A value is a byte that says what
//! follows: 0 nothing, 1 a number in eight bytes, 2 a text, 3 bytes; a text or bytes stand after their length in four bytes.
//! Numbers and lengths have the low byte first.

use sha2::{Digest as _, Sha256};

use super::{DumpRows, TableSum};

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Nothing,
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

const NOTHING: u8 = 0;
const INTEGER: u8 = 1;
const TEXT: u8 = 2;
const BYTES: u8 = 3;

/// Writes a value behind others.
pub(super) fn write(cell: &Cell, to: &mut Vec<u8>) -> Result<(), String> {
    let long = |kind: u8, bytes: &[u8], to: &mut Vec<u8>| {
        let length = u32::try_from(bytes.len()).map_err(|_| "a value is longer than 4 GiB".to_owned())?;
        to.push(kind);
        to.extend(length.to_le_bytes());
        to.extend(bytes);
        Ok::<(), String>(())
    };
    match cell {
        Cell::Nothing => to.push(NOTHING),
        Cell::Integer(number) => {
            to.push(INTEGER);
            to.extend(number.to_le_bytes());
        }
        Cell::Text(text) => long(TEXT, text.as_bytes(), to)?,
        Cell::Bytes(bytes) => long(BYTES, bytes, to)?,
    }
    Ok(())
}

/// Reads rows of so many columns, each with its bytes' sum added to `sum`; says what is wrong with them.
pub fn read_rows(rows: &DumpRows, columns: usize, sum: &mut TableSum) -> Result<Vec<Vec<Cell>>, String> {
    let mut rest = rows.bytes.as_slice();
    let mut read = Vec::with_capacity(rows.count.min(65_536) as usize);
    for _ in 0..rows.count {
        let start = rest;
        let mut row = Vec::with_capacity(columns);
        for _ in 0..columns {
            row.push(read_cell(&mut rest)?);
        }
        sum.add(&start[..start.len() - rest.len()]);
        read.push(row);
    }
    if rest.is_empty() { Ok(read) } else { Err(format!("{} bytes stand behind the last row", rest.len())) }
}

impl TableSum {
    /// Counts a row by its bytes.
    pub(super) fn add(&mut self, row: &[u8]) {
        self.rows += 1;
        let hash: [u8; 32] = Sha256::digest(row).into();
        let mut carry = 0;
        for (ours, theirs) in self.digest.iter_mut().zip(hash) {
            let sum = u16::from(*ours) + u16::from(theirs) + carry;
            *ours = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
    }
}

fn read_cell(rest: &mut &[u8]) -> Result<Cell, String> {
    let kind = take(rest, 1)?[0];
    Ok(match kind {
        NOTHING => Cell::Nothing,
        INTEGER => Cell::Integer(i64::from_le_bytes(take(rest, 8)?.try_into().expect("eight were taken"))),
        TEXT => {
            let bytes = take_long(rest)?.to_vec();
            Cell::Text(String::from_utf8(bytes).map_err(|error| format!("a text is none: {error}"))?)
        }
        BYTES => Cell::Bytes(take_long(rest)?.to_vec()),
        other => return Err(format!("a value is of kind {other}, which is not known")),
    })
}

fn take_long<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = u32::from_le_bytes(take(rest, 4)?.try_into().expect("four were taken"));
    take(rest, length as usize)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (taken, left) = rest.split_at_checked(length).ok_or("a row ends before its end")?;
    *rest = left;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(of: &[Vec<Cell>]) -> DumpRows {
        let mut bytes = Vec::new();
        for cell in of.iter().flatten() {
            write(cell, &mut bytes).unwrap();
        }
        DumpRows { count: of.len() as u32, bytes }
    }

    #[test]
    fn reads_what_was_written_and_sums_it_whatever_the_order() {
        let one = vec![Cell::Integer(-7), Cell::Text("ä\n".to_owned())];
        let two = vec![Cell::Nothing, Cell::Bytes(vec![0, 255])];
        let (mut sum, mut other) = (TableSum::default(), TableSum::default());
        let there = [one.clone(), two.clone()];
        assert_eq!(read_rows(&rows(&there), 2, &mut sum).unwrap(), there);
        read_rows(&rows(&[two.clone(), one]), 2, &mut other).unwrap();
        assert_eq!((sum, sum.rows), (other, 2));
        read_rows(&rows(&[two]), 2, &mut other).unwrap();
        assert_ne!(sum.digest, other.digest);
    }

    #[test]
    fn damaged_rows_are_told_and_never_a_panic() {
        let whole = rows(&[vec![Cell::Integer(1), Cell::Text("abc".to_owned())]]);
        for length in 0..whole.bytes.len() {
            let cut = DumpRows { count: 1, bytes: whole.bytes[..length].to_vec() };
            assert!(read_rows(&cut, 2, &mut TableSum::default()).is_err(), "{length}");
        }
        let strange = DumpRows { count: 1, bytes: vec![9] };
        assert!(read_rows(&strange, 1, &mut TableSum::default()).unwrap_err().contains("kind 9"));
        let more = DumpRows { count: 0, bytes: vec![0] };
        assert!(read_rows(&more, 1, &mut TableSum::default()).unwrap_err().contains("behind the last row"));
    }
}
