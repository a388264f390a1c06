//! The cloud's end: one connection of one till, and what a sale that arrives is to the cloud.
//!
//! A batch is acked after its transaction is committed, never before. The certificate says whose till it is; nothing in a
//! message does. Batches are taken one after another; a batch that does not continue what this connection knows is left
//! unanswered, and the till goes back to it by itself.

use std::collections::VecDeque;

use domain::ids::SequenceNumber;
use domain::sale::{Sale, TillRef};
use domain::time::MonotonicMs;

use crate::chain::{self, Hash};
use crate::entry::{Entry, Mark, PAYLOAD_MAX_LEN};
use crate::message::{
    Ack, BATCH_MAX_BYTES, BATCH_MAX_ENTRIES, Batch, Busy, CloudMessage, Hello, PROTOCOL_OLDEST,
    PROTOCOL_VERSION, Refusal, TillMessage, Welcome,
};
use crate::sale_document;

/// Batches of one till that may wait behind the one being committed.
const QUEUE_MAX: usize = 8;
/// Ends of batches that a connection remembers: what a new batch may continue.
const ENDS_MAX: usize = 64;
/// How long a connection may wait before its hello, in milliseconds: longer than a till waits for the answer, so that over a
/// line that loses packets it is the till that decides to begin anew.
const HELLO_MS: u64 = 30_000;
/// What a till is told to wait when its batches come faster than they are committed, in milliseconds.
const CROWDED_MS: u32 = 1_000;

/// What the receiver asks its shell for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiverRequest {
    /// What the store knows of the till's journal: answered by [`Receiver::handle_standing`].
    Look(Hello),
    /// To commit a batch: answered by [`Receiver::handle_committed`] or [`Receiver::handle_unavailable`].
    Commit(Batch),
}

/// What the store knows of a till's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// It has the hello's head, with the same hash.
    pub has_head: bool,
    /// It has the hello's acked place, with the same hash. The beginning is always had.
    pub has_acked: bool,
    /// The newest place it has of this till; the genesis when it has none.
    pub newest: Mark,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Silent { since: Option<MonotonicMs> },
    Looking { hello: Hello },
    Open { committing: Option<(u64, Mark)> },
    Closed,
}

/// The receiver of one connection. Its methods do not wait; after each, drain `poll_transmit` and `poll_request`.
#[derive(Debug)]
pub struct Receiver {
    genesis: Mark,
    state: State,
    end_of_life_ms: Option<i64>,
    ends: VecDeque<Mark>,
    queue: VecDeque<Batch>,
    transmits: VecDeque<CloudMessage>,
    requests: VecDeque<ReceiverRequest>,
}

impl Receiver {
    /// A connection of the till that its certificate names. `end_of_life_ms`, in milliseconds since 1970, is told to the till.
    pub fn new(till: &TillRef, end_of_life_ms: Option<i64>) -> Self {
        let genesis = Mark { sequence: SequenceNumber(0), hash: chain::genesis(till) };
        Self {
            genesis,
            state: State::Silent { since: None },
            end_of_life_ms,
            ends: VecDeque::from([genesis]),
            queue: VecDeque::new(),
            transmits: VecDeque::new(),
            requests: VecDeque::new(),
        }
    }

    /// The till says something.
    pub fn handle_message(&mut self, message: TillMessage) {
        match (message, &self.state) {
            (TillMessage::Hello(hello), State::Silent { .. } | State::Open { .. }) => self.greeted(hello),
            (TillMessage::Batch(batch), State::Open { committing }) => {
                let committing = committing.is_some();
                self.batch_came(batch, committing);
            }
            (_, State::Closed) => {}
            (TillMessage::Batch(_), _) | (TillMessage::Hello(_), State::Looking { .. }) => {
                self.refuse(Refusal::Malformed);
            }
        }
    }

    /// What the store knows, as [`ReceiverRequest::Look`] asked.
    pub fn handle_standing(&mut self, standing: Standing) {
        let State::Looking { hello } = &self.state else { return };
        let through = self.common_place(hello, standing);
        let version = hello.version.min(PROTOCOL_VERSION);
        self.remember(through);
        self.transmits.push_back(CloudMessage::Welcome(Welcome {
            version,
            end_of_life_ms: self.end_of_life_ms,
            through,
            max_entries: BATCH_MAX_ENTRIES as u32,
            max_bytes: BATCH_MAX_BYTES as u32,
        }));
        self.state = State::Open { committing: None };
    }

    /// The batch that [`ReceiverRequest::Commit`] named is committed: acks it.
    pub fn handle_committed(&mut self) {
        let State::Open { committing } = &mut self.state else { return };
        let Some((number, through)) = committing.take() else { return };
        self.remember(through);
        self.transmits.push_back(CloudMessage::Ack(Ack { number, through }));
        self.next_batch();
    }

    /// The store cannot commit now, nor look anything up: the till is told when to try again, in milliseconds.
    pub fn handle_unavailable(&mut self, retry_after_ms: u32) {
        let number = match &mut self.state {
            State::Looking { .. } => {
                self.state = State::Silent { since: None };
                0
            }
            State::Open { committing } => committing.take().map_or(0, |(number, _)| number),
            State::Silent { .. } | State::Closed => return,
        };
        self.queue.clear();
        self.transmits.push_back(CloudMessage::Busy(Busy { number, retry_after_ms }));
    }

    /// The till may not send any more.
    pub fn handle_revoked(&mut self) {
        self.refuse(Refusal::Revoked);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: MonotonicMs) {
        match &mut self.state {
            State::Silent { since: since @ None } => *since = Some(now),
            // Nothing was said, so nothing is answered: a till that is only slow must not take it for a refusal.
            State::Silent { since: Some(since) } if now.since_ms(*since) >= HELLO_MS => self.close(),
            _ => {}
        }
    }

    /// When [`Receiver::handle_timeout`] is due; before the first call it is due at once.
    pub fn poll_timeout(&self, now: MonotonicMs) -> Option<MonotonicMs> {
        match &self.state {
            State::Silent { since } => Some(since.map_or(now, |since| since.plus_ms(HELLO_MS))),
            _ => None,
        }
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<CloudMessage> {
        self.transmits.pop_front()
    }

    /// The next thing the shell is asked for.
    pub fn poll_request(&mut self) -> Option<ReceiverRequest> {
        self.requests.pop_front()
    }

    /// True when the connection is to be closed once everything is transmitted.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    fn greeted(&mut self, hello: Hello) {
        if hello.version < PROTOCOL_OLDEST {
            self.refuse(Refusal::Version { oldest: PROTOCOL_OLDEST, newest: PROTOCOL_VERSION });
            return;
        }
        self.queue.clear();
        self.requests.push_back(ReceiverRequest::Look(hello.clone()));
        self.state = State::Looking { hello };
    }

    /// The last place that both sides have for sure; where they may differ the cloud names its newest place and the till
    /// compares.
    fn common_place(&self, hello: &Hello, standing: Standing) -> Mark {
        if standing.has_head {
            hello.head
        } else if standing.has_acked || hello.acked.sequence.0 == 0 {
            hello.acked
        } else if standing.newest.sequence < hello.head.sequence {
            standing.newest
        } else {
            self.genesis
        }
    }

    fn batch_came(&mut self, batch: Batch, committing: bool) {
        if !is_well_formed(&batch) {
            self.refuse(Refusal::Malformed);
        } else if !committing {
            self.commit(batch);
        } else if self.queue.len() < QUEUE_MAX {
            self.queue.push_back(batch);
        } else {
            let busy = Busy { number: batch.number, retry_after_ms: CROWDED_MS };
            self.transmits.push_back(CloudMessage::Busy(busy));
        }
    }

    fn commit(&mut self, batch: Batch) {
        let known = |previous: Hash| self.ends.iter().any(|end| end.hash == previous);
        let ends = batch.entries.first().zip(batch.entries.last());
        let Some((_, last)) = ends.filter(|(first, _)| known(first.previous)) else {
            return;
        };
        self.state = State::Open { committing: Some((batch.number, last.mark())) };
        self.requests.push_back(ReceiverRequest::Commit(batch));
    }

    fn next_batch(&mut self) {
        while let State::Open { committing: None } = self.state {
            let Some(batch) = self.queue.pop_front() else { return };
            self.commit(batch);
        }
    }

    fn remember(&mut self, end: Mark) {
        if !self.ends.contains(&end) {
            self.ends.push_back(end);
        }
        if self.ends.len() > ENDS_MAX {
            // The first is the genesis: a till whose history differs begins there.
            self.ends.remove(1);
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.transmits.push_back(CloudMessage::Refused(refusal));
        self.close();
    }

    fn close(&mut self) {
        self.queue.clear();
        self.requests.clear();
        self.state = State::Closed;
    }
}

/// Within the limits, rising, and each entry said to follow the one before it. A place may be jumped: sales that a till lost to
/// damage leave a gap in its numbers and none in its chain.
fn is_well_formed(batch: &Batch) -> bool {
    let bytes: usize = batch.entries.iter().map(|entry| entry.payload.len()).sum();
    let linked = |pair: &[Entry]| match pair {
        [before, after] => after.previous == before.hash && after.sequence > before.sequence,
        _ => true,
    };
    (1..=BATCH_MAX_ENTRIES).contains(&batch.entries.len())
        && batch.entries[0].sequence.0 > 0
        && (bytes <= BATCH_MAX_BYTES || batch.entries.len() == 1)
        && batch.entries.iter().all(|entry| entry.payload.len() <= PAYLOAD_MAX_LEN)
        && batch.entries.windows(2).all(linked)
}

/// What a sale that arrives is to the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not there yet: to be booked.
    New(Box<Sale>),
    /// There already, byte for byte: acked again, counted once.
    Known,
    /// Its id is there with other bytes: kept whole in quarantine, and somebody is told.
    Conflicting,
    /// It cannot be read, or contradicts itself, or is another till's: kept whole, and those behind it go on.
    Unsound {
        /// What is wrong with it.
        problem: String,
    },
}

/// Judges an entry of a till. `known` is the payload hash under which the store has its sale id, if it has it.
pub fn judge(entry: &Entry, till: &TillRef, known: Option<&Hash>) -> Verdict {
    let hash = entry.payload_hash();
    match known {
        Some(known) if *known == hash => return Verdict::Known,
        Some(_) => return Verdict::Conflicting,
        None => {}
    }
    let unsound = |problem: String| Verdict::Unsound { problem };
    if !entry.is_whole() {
        return unsound("its hash is not that of its content".to_owned());
    }
    match sale_document::decode(&entry.payload) {
        Err(problem) => unsound(problem),
        Ok(sale) if sale.id != entry.sale => {
            unsound(format!("it came as sale {} but says it is {}", entry.sale, sale.id))
        }
        Ok(sale) => match sale_document::problem_with(&sale, till, true) {
            Some(problem) => unsound(problem),
            None => Verdict::New(Box::new(sale)),
        },
    }
}
