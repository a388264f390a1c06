//! What the writer was promised, and whether the store kept it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use domain::ids::SequenceNumber;
use domain::quantity::Quantity;
use domain::sale::Sale;
use edge_store::{JournalEntry, Store};
use testkit::build;

/// Something the writer did or was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is about to sell.
    Attempt,
    /// The intent is durable.
    Intent,
    /// The intent is gone for good.
    Dropped,
    /// The sale is durable, at this place.
    Sold(SequenceNumber),
}

/// Bytes of a note: kind, number of the sale, place in the journal, check.
const NOTE_LEN: usize = 1 + 8 + 8 + 1;

/// Writes a note with one system call, so that a killed writer leaves whole ones.
pub fn note(acks: &mut impl Write, event: Event, number: u64) -> io::Result<()> {
    let (kind, place) = match event {
        Event::Attempt => (b'A', 0),
        Event::Intent => (b'I', 0),
        Event::Dropped => (b'D', 0),
        Event::Sold(place) => (b'S', place.0),
    };
    let mut bytes = Vec::with_capacity(NOTE_LEN);
    bytes.push(kind);
    bytes.extend(number.to_be_bytes());
    bytes.extend(place.to_be_bytes());
    bytes.push(b'\n');
    acks.write_all(&bytes)
}

/// What a writer's notes say.
#[derive(Debug, Default)]
pub struct Account {
    /// Sales by number, with the place each was promised.
    pub sold: BTreeMap<u64, SequenceNumber>,
    /// Intents that were promised and neither sold nor dropped.
    pub open: BTreeSet<u64>,
    /// Intents that were dropped.
    pub dropped: BTreeSet<u64>,
    /// The last sale that was tried.
    pub last_attempt: Option<u64>,
}

impl Account {
    /// Reads the notes; an unfinished last one is left out.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other?,
        };
        let mut account = Self::default();
        let (notes, _) = bytes.as_chunks::<NOTE_LEN>();
        for note in notes {
            let field =
                |at: usize| u64::from_be_bytes(*note[at..].first_chunk().expect("a note has 18 bytes"));
            let (number, place) = (field(1), field(9));
            anyhow::ensure!(note[NOTE_LEN - 1] == b'\n', "the writer's notes are garbled");
            match note[0] {
                b'A' => account.last_attempt = Some(number),
                b'I' => drop(account.open.insert(number)),
                b'D' => {
                    account.open.remove(&number);
                    account.dropped.insert(number);
                }
                _ => {
                    account.open.remove(&number);
                    account.sold.insert(number, SequenceNumber(place));
                }
            }
        }
        Ok(account)
    }
}

/// How the store's account differs from the writer's.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Sales and intents that were promised and are not there.
    pub lost: u64,
    /// Sales or payments that are there twice, at another place than promised, or as a sale and an open payment at once.
    pub doubled: u64,
}

/// Compares; the store must be open.
pub fn compare(account: &Account, store: &Store) -> anyhow::Result<Difference> {
    let sales = all_sales(store)?;
    let intents: Vec<_> = store.open_intents()?.into_iter().map(|intent| intent.payment).collect();
    let mut difference = Difference::default();
    let mut by_id = BTreeMap::new();
    let mut payments = BTreeSet::new();
    for (entry, sale) in &sales {
        let again = by_id.insert(sale.id, (entry.sequence, sale)).is_some();
        let paid_again = sale.tenders.iter().any(|tender| !payments.insert(tender.payment));
        let open = sale.tenders.iter().any(|tender| intents.contains(&tender.payment));
        difference.doubled += u64::from(again || paid_again || open);
    }
    for (&number, &place) in &account.sold {
        let promised = sale(number);
        match by_id.get(&promised.id) {
            Some((found, stored)) if *found == place && **stored == promised => {}
            Some(_) => difference.doubled += 1,
            None => difference.lost += 1,
        }
    }
    for &number in &account.open {
        let promised = sale(number);
        let there = intents.contains(&promised.tenders[0].payment) || by_id.contains_key(&promised.id);
        // The writer may have been about to drop it.
        difference.lost += u64::from(!there && account.last_attempt != Some(number));
    }
    for &number in &account.dropped {
        difference.doubled += u64::from(intents.contains(&sale(number).tenders[0].payment));
    }
    Ok(difference)
}

/// The sale of a number: one to six lines by piece and weight.
pub fn sale(number: u64) -> Sale {
    let products = [
        build::by_weight("apple-red", 249),
        build::piece("lime", 35),
        build::by_weight("potato", 119),
        build::piece("milk-1l", 139),
        build::piece("bag-paper", 20),
        build::by_weight("steak", 2790),
    ];
    let quantities = [
        Quantity::Grams(312 + (number % 700) as u32),
        Quantity::Pieces(1 + (number % 5) as u32),
        Quantity::Grams(1500),
        Quantity::Pieces(2),
        Quantity::Pieces(1),
        Quantity::Grams(417),
    ];
    let lines: Vec<_> = products.iter().zip(quantities).take(1 + (number % 6) as usize).collect();
    build::sale(number, &lines)
}

fn all_sales(store: &Store) -> anyhow::Result<Vec<(JournalEntry, Sale)>> {
    let mut all: Vec<(JournalEntry, Sale)> = Vec::new();
    loop {
        let after = all.last().map_or(SequenceNumber(0), |(entry, _)| entry.sequence);
        let page = store.sales(after, 1000)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
