//! A simulated till: its disk, and what a crash takes.

use domain::ids::{SaleId, SequenceNumber, Uuid};
use domain::sale::{Sale, TillRef};
use domain::time::{MonotonicMs, WallMs};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use sync_core::chain::{self, Hash};
use sync_core::entry::{Entry, Mark};
use sync_core::sale_document;
use sync_core::sender::{Sender, SenderConfig, SenderEvent, SenderRequest};

use crate::rig::account;

/// What survives.
#[derive(Debug, Clone)]
pub(super) struct TillDisk {
    pub(super) journal: Vec<Entry>,
    pub(super) acked: Mark,
}

#[derive(Debug)]
pub(super) struct Till {
    pub(super) identity: TillRef,
    pub(super) disk: TillDisk,
    /// An older copy of the disk, if one was made.
    pub(super) copy: Option<TillDisk>,
    /// Gone while the till is down.
    pub(super) sender: Option<Sender>,
    /// The connection it believes to have.
    pub(super) connection: Option<u64>,
    /// Counts its starts: what was under way before a crash is not heard after it.
    pub(super) boot: u64,
    /// Where its monotonic clock began, in world time.
    booted_at_ms: u64,
    /// How far its wall clock is off, in milliseconds.
    pub(super) clock_off_ms: i64,
    pub(super) cut_until_ms: u64,
}

impl Till {
    pub(super) fn new(number: usize) -> Self {
        let mut identity = testkit::build::till();
        identity.till =
            domain::ids::TillId::new(&format!("till-{number}")).expect("digits and a dash are a name");
        let genesis = Mark { sequence: SequenceNumber(0), hash: chain::genesis(&identity) };
        Self {
            identity,
            disk: TillDisk { journal: Vec::new(), acked: genesis },
            copy: None,
            sender: None,
            connection: None,
            boot: 0,
            booted_at_ms: 0,
            clock_off_ms: 0,
            cut_until_ms: 0,
        }
    }

    pub(super) fn genesis(&self) -> Mark {
        Mark { sequence: SequenceNumber(0), hash: chain::genesis(&self.identity) }
    }

    pub(super) fn monotonic(&self, now_ms: u64) -> MonotonicMs {
        MonotonicMs(now_ms - self.booted_at_ms)
    }

    pub(super) fn boot(&mut self, now_ms: u64) {
        self.boot += 1;
        self.booted_at_ms = now_ms;
        self.connection = None;
        self.sender = Some(Sender::new(SenderConfig::default(), self.disk.acked, self.head()));
    }

    pub(super) fn head(&self) -> Mark {
        self.disk.journal.last().map_or(self.genesis(), Entry::mark)
    }

    fn mark_at(&self, sequence: SequenceNumber) -> Option<Mark> {
        match sequence.0.checked_sub(1) {
            None => Some(self.genesis()),
            Some(index) => self.disk.journal.get(index as usize).map(Entry::mark),
        }
    }

    /// A sound sale of this till; `number` makes it unlike any other.
    pub(super) fn sale(&self, number: u64, now_ms: u64) -> Sale {
        let mut sale = account::sale(number);
        sale.till = self.identity.clone();
        let wall = 1_767_355_200_000 + now_ms as i64 + self.clock_off_ms;
        sale.completed_at = WallMs(wall);
        sale.business_day.day = 1 + (wall.div_euclid(86_400_000).rem_euclid(28)) as u8;
        sale
    }

    /// Puts a payload into the journal; the sender hears of it.
    pub(super) fn journal(&mut self, id: SaleId, payload: Vec<u8>) -> Hash {
        let head = self.head();
        let entry = Entry::chained(SequenceNumber(head.sequence.0 + 1), id, head.hash, payload);
        let hash = entry.payload_hash();
        let head = entry.mark();
        self.disk.journal.push(entry);
        if let Some(sender) = &mut self.sender {
            sender.handle_committed(head);
        }
        hash
    }

    /// Answers everything that the sender asks of its store, and gives back what it says to the world.
    pub(super) fn serve_sender(&mut self, now_ms: u64) -> Vec<SenderEvent> {
        let now = self.monotonic(now_ms);
        let mut events = Vec::new();
        let Some(mut sender) = self.sender.take() else { return events };
        while let Some(request) = sender.poll_request() {
            match request {
                SenderRequest::Load { after, max_entries, max_bytes } => {
                    sender.handle_loaded(after, self.load(after, max_entries, max_bytes), now);
                }
                SenderRequest::MarkAt(sequence) => {
                    sender.handle_mark(self.mark_at(sequence), self.genesis());
                }
            }
        }
        while let Some(event) = sender.poll_event() {
            events.push(event);
        }
        self.sender = Some(sender);
        events
    }

    fn load(&self, after: SequenceNumber, max_entries: usize, max_bytes: usize) -> Vec<Entry> {
        let mut bytes = 0;
        let behind = self.disk.journal.iter().skip(after.0 as usize).take(max_entries);
        behind
            .take_while(|entry| {
                let first = bytes == 0;
                bytes += entry.payload.len();
                first || bytes <= max_bytes
            })
            .cloned()
            .collect()
    }
}

/// An id that no other sale has.
pub(super) fn new_id(rng: &mut ChaCha8Rng) -> SaleId {
    SaleId(Uuid::from_u64_pair(rng.random(), rng.random()))
}

/// What nobody can read.
pub(super) fn garbage(rng: &mut ChaCha8Rng, sale: &Sale) -> Vec<u8> {
    let mut payload = sale_document::encode(sale);
    match rng.random_range(0..3_u8) {
        0 => payload.truncate(rng.random_range(0..payload.len())),
        1 => {
            let at = rng.random_range(0..payload.len());
            payload[at] = 0xff;
        }
        // Well written, and its total is not the sum of its lines.
        _ => {
            let mut wrong = sale.clone();
            wrong.totals.gross.minor += 1;
            payload = sale_document::encode(&wrong);
        }
    }
    payload
}
