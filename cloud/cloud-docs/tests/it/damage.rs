//! Damaged files: whatever happens to a file on its way, reading it ends, and with an answer.

use cloud_docs::{Hints, Limits, read};
use proptest::prelude::*;

/// Whole files, one of each kind that is read here.
const FILES: [&[u8]; 8] = [
    include_bytes!("../data/upd-5.01.xml"),
    include_bytes!("../data/upd-5.03.xml"),
    include_bytes!("../data/order-x.xml"),
    include_bytes!("../data/ubl-order.xml"),
    include_bytes!("../data/ubl-despatch.xml"),
    include_bytes!("../data/ubl-catalogue.xml"),
    include_bytes!("../data/fattura.xml"),
    include_bytes!("../data/cii-groups.xml"),
];

/// What may happen to a file.
#[derive(Debug, Clone)]
enum Damage {
    Cut(prop::sample::Index),
    Byte(prop::sample::Index, u8),
    Lost(prop::sample::Index, u8),
    Twice(prop::sample::Index, u8),
    /// All numbers become as large as they can be.
    Huge,
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, length)| Damage::Lost(at, length)),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, length)| Damage::Twice(at, length)),
        Just(Damage::Huge),
    ]
}

fn damaged(file: &[u8], all: &[Damage]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for one in all {
        if bytes.is_empty() {
            break;
        }
        let range = |at: &prop::sample::Index, length: u8| {
            let from = at.index(bytes.len());
            from..(from + usize::from(length)).min(bytes.len())
        };
        match one {
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Damage::Byte(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Damage::Lost(at, length) => {
                let range = range(at, *length);
                bytes.drain(range);
            }
            Damage::Twice(at, length) => {
                let range = range(at, *length);
                let again = bytes[range.clone()].to_vec();
                bytes.splice(range.start..range.start, again);
            }
            Damage::Huge => bytes = with_huge_numbers(&bytes),
        }
    }
    bytes
}

/// The same with the largest number there is for each number; short ones are codes and versions.
fn with_huge_numbers(mut left: &[u8]) -> Vec<u8> {
    let most = rust_decimal::Decimal::MAX.to_string();
    let mut grown = Vec::new();
    while !left.is_empty() {
        let length = left.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let (number, rest) = left.split_at(length);
        grown.extend_from_slice(if length > 3 { most.as_bytes() } else { number });
        let (between, rest) = rest.split_at(rest.len().min(1));
        grown.extend_from_slice(between);
        left = rest;
    }
    grown
}

/// Reads a file and looks at what came of it: either something, or a reason that names the file.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    match read(bytes, &Hints { file_name: "sent".to_owned(), ..Hints::default() }, &Limits::default()) {
        Ok(reading) => prop_assert!(!reading.documents.is_empty() || !reading.skipped.is_empty()),
        Err(refusal) => prop_assert!(refusal.to_string().starts_with("`sent` ")),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_invoices_are_read_or_refused(which in 0..FILES.len(), all in prop::collection::vec(damage(), 1..6)) {
        check(&damaged(FILES[which], &all))?;
    }

    #[test]
    fn damaged_archives_are_read_or_refused(all in prop::collection::vec(damage(), 1..6)) {
        check(&damaged(&crate::containers::zipped(&[("1.xml", FILES[3]), ("2.xml", FILES[6])]), &all))?;
    }

    #[test]
    fn damaged_mails_are_read_or_refused(all in prop::collection::vec(damage(), 1..6)) {
        check(&damaged(&crate::containers::mail("s", &[("1.xml", "text/xml", FILES[3])]), &all))?;
    }

    #[test]
    fn damaged_pdfs_are_read_or_refused(all in prop::collection::vec(damage(), 1..6)) {
        check(&damaged(&crate::hybrids::with_invoice(), &all))?;
    }

    #[test]
    fn noise_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes)?;
    }
}
