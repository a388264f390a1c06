//! What must hold when everything has arrived.

use std::collections::BTreeSet;

use domain::ids::SequenceNumber;
use sync_core::chain::Hash;
use sync_core::entry::Entry;

use super::books::{Books, DaySums, SoldSale, Stock, take_off};
use super::cloud::CloudDisk;
use super::till::Till;

/// Everything that is not as it must be, in words.
pub(super) fn violations(tills: &[Till], cloud: &CloudDisk, books: &Books) -> Vec<String> {
    let mut found = Vec::new();
    acked_is_kept(cloud, books, &mut found);
    kept_was_attempted(cloud, books, &mut found);
    sums_agree(cloud, books, &mut found);
    for (number, till) in tills.iter().enumerate() {
        journal_arrived(till, cloud, &mut found);
        chain_is_whole(number, till, cloud, &mut found);
    }
    stock_agrees(cloud, books, &mut found);
    conflicts_are_quarantined(tills, cloud, books, &mut found);
    found
}

fn payloads(cloud: &CloudDisk) -> BTreeSet<Hash> {
    let booked = cloud.sales.values().map(|booked| booked.payload);
    booked.chain(cloud.quarantine.keys().copied()).chain(cloud.parked.keys().copied()).collect()
}

/// 1. What a till was told is kept for good is in the cloud.
fn acked_is_kept(cloud: &CloudDisk, books: &Books, found: &mut Vec<String>) {
    let lost = books.acked.difference(&payloads(cloud)).count();
    if lost > 0 {
        found.push(format!("{lost} acked sales are not in the cloud"));
    }
}

/// 2. What is in the cloud was made by a till, as it is there.
fn kept_was_attempted(cloud: &CloudDisk, books: &Books, found: &mut Vec<String>) {
    for (id, booked) in &cloud.sales {
        if books.sold.get(id).is_none_or(|sold| {
            sold.payload != booked.payload || sold.till != booked.till || sold.sale != booked.sale
        }) {
            found.push(format!("sale {id} of the cloud was never made"));
        }
    }
    found.extend(
        cloud
            .parked
            .iter()
            .filter(|(hash, _)| !books.unsound.contains(*hash))
            .map(|(_, problem)| format!("a sound sale was parked: {problem}")),
    );
}

/// 3. Each sale is there once, and the sums of each till and day agree.
fn sums_agree(cloud: &CloudDisk, books: &Books, found: &mut Vec<String>) {
    let mut made = DaySums::new();
    for sold in books.sold.values().filter(|sold| arrived(sold, cloud)) {
        *made.entry((sold.till, sold.sale.business_day)).or_default() += sold.sale.totals.gross.minor;
    }
    let mut booked = DaySums::new();
    for sale in cloud.sales.values() {
        *booked.entry((sale.till, sale.sale.business_day)).or_default() += sale.sale.totals.gross.minor;
    }
    if made != booked {
        found.push("the sums per till and day differ".to_owned());
    }
}

fn arrived(sold: &SoldSale, cloud: &CloudDisk) -> bool {
    !sold.may_be_lost || cloud.sales.contains_key(&sold.sale.id)
}

/// Everything that a till still has in its journal is in the cloud in one way or another.
fn journal_arrived(till: &Till, cloud: &CloudDisk, found: &mut Vec<String>) {
    let known = payloads(cloud);
    let missing = till.disk.journal.iter().filter(|entry| !known.contains(&entry.payload_hash())).count();
    if missing > 0 {
        found.push(format!("{missing} sales of {} never arrived", till.identity.till));
    }
}

/// 4. A till's places have no gap and are chained; they fork only where its disk went back.
fn chain_is_whole(number: usize, till: &Till, cloud: &CloudDisk, found: &mut Vec<String>) {
    let places: Vec<_> = cloud
        .places
        .range((number, SequenceNumber(0))..=(number, SequenceNumber(u64::MAX)))
        .map(|((_, sequence), entries)| (sequence.0, entries))
        .collect();
    let hashes: BTreeSet<Hash> =
        places.iter().flat_map(|(_, entries)| entries.iter()).map(|(_, hash)| *hash).collect();
    let genesis = till.genesis().hash;
    let loose = |previous: &Hash| *previous != genesis && !hashes.contains(previous);
    if places.iter().zip(1..).any(|((sequence, _), expected)| *sequence != expected) {
        found.push(format!("the places of {} have a gap", till.identity.till));
    }
    if places.iter().any(|(_, entries)| entries.iter().any(|(previous, _)| loose(previous))) {
        found.push(format!("the chain of {} is broken", till.identity.till));
    }
    let forked = places.iter().any(|(_, entries)| entries.len() > 1);
    let agrees = |entry: &Entry| hashes.contains(&entry.hash);
    if forked && till.copy.is_none() {
        found.push(format!("the history of {} forked by itself", till.identity.till));
    }
    if !till.disk.journal.iter().all(agrees) {
        found.push(format!("the journal of {} is not what the cloud has", till.identity.till));
    }
}

/// 5. The shelves lack what was sold, and nothing else.
fn stock_agrees(cloud: &CloudDisk, books: &Books, found: &mut Vec<String>) {
    let mut stock = Stock::new();
    for sold in books.sold.values().filter(|sold| arrived(sold, cloud)) {
        take_off(&mut stock, &sold.sale);
    }
    if stock != cloud.stock {
        found.push("the stock is not what was there minus what was sold".to_owned());
    }
}

/// 6. What has the id of another sale is kept apart, whole.
fn conflicts_are_quarantined(tills: &[Till], cloud: &CloudDisk, books: &Books, found: &mut Vec<String>) {
    let journals = tills.iter().flat_map(|till| till.disk.journal.iter());
    for hash in journals.map(Entry::payload_hash).filter(|hash| books.conflicting.contains(hash)) {
        if !cloud.quarantine.contains_key(&hash) {
            found.push("a sale with the id of another is not in quarantine".to_owned());
        }
    }
    if cloud.quarantine.keys().any(|hash| !books.conflicting.contains(hash)) {
        found.push("an ordinary sale is in quarantine".to_owned());
    }
}
