//! The till's end: sends the journal in order until the cloud has all of it.
//!
//! The journal is the queue. The sender holds a cursor (`acked`), asks its shell for the entries behind it, keeps a few
//! batches under way, and goes back to the cursor when an answer does not come (go-back-N; RFC 3366 section 2 discusses the
//! family). Sending twice is harmless, for the cloud counts by sale; not sending is not, so the cursor moves only by an ack
//! that names a place and the hash the till itself has there.

use std::collections::{BTreeMap, VecDeque};

use domain::ids::SequenceNumber;
use domain::time::MonotonicMs;

use crate::backoff::Backoff;
use crate::entry::{Entry, Mark};
use crate::message::{
    Ack, BATCH_MAX_BYTES, BATCH_MAX_ENTRIES, Batch, CloudMessage, Hello, PROTOCOL_OLDEST, PROTOCOL_VERSION,
    Refusal, TillMessage, Welcome,
};

/// How a sender waits and how much it keeps under way.
#[derive(Debug, Clone, Copy)]
pub struct SenderConfig {
    /// Batches that may be unanswered at once.
    pub window: usize,
    /// How long the answer to a hello or a batch may take, in milliseconds.
    pub answer_ms: u64,
    /// Unanswered batches in a row after which the connection is given up.
    pub patience: u32,
    /// The wait before sending again.
    pub backoff: Backoff,
}

impl Default for SenderConfig {
    fn default() -> Self {
        Self {
            window: 4,
            answer_ms: 10_000,
            patience: 3,
            backoff: Backoff { first_ms: 500, most_ms: 60_000 },
        }
    }
}

/// What the sender asks its shell for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderRequest {
    /// Entries of the journal behind a place, oldest first: answered by [`Sender::handle_loaded`].
    Load {
        /// The place.
        after: SequenceNumber,
        /// Entries, at most.
        max_entries: usize,
        /// Bytes of payload, at most; the first entry comes whatever its length.
        max_bytes: usize,
    },
    /// The hash that the journal has at a place (the genesis hash at 0): answered by [`Sender::handle_mark`].
    MarkAt(SequenceNumber),
}

/// What the shell is to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderEvent {
    /// The cloud has everything up to here for good: the outbox can forget it.
    Acked(Mark),
    /// The cloud has less than it said before (it was restored from a copy): sending goes on from `to`.
    CloudBehind {
        /// What had been acked.
        from: Mark,
        /// What the cloud has now.
        to: Mark,
    },
    /// The cloud knows another history of this till: everything is sent again, and the cloud shows the fork.
    Diverged,
    /// The cloud will stop speaking this protocol, in milliseconds since 1970: the till's software is to be updated before.
    EndOfLife(i64),
    /// The cloud refuses the connection.
    Refused(Refusal),
    /// Nothing comes back: the connection is to be made anew, after [`SenderEvent::Reconnect::after_ms`].
    Reconnect {
        /// How long to wait before, in milliseconds.
        after_ms: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No connection.
    Offline,
    /// The hello is sent; the answer is due.
    Greeting { due: MonotonicMs },
    /// The cloud stands elsewhere than the cursor; the journal is asked whether it agrees there.
    Comparing { welcome: Mark },
    /// Batches are sent from `sent` on; with unanswered ones an answer is due.
    Open { sent: SequenceNumber, due: Option<MonotonicMs> },
    /// The cloud or the network asked for a pause.
    Pausing { until: MonotonicMs, greeted: bool },
}

/// The sender. Its methods do not wait; after each, drain `poll_transmit`, `poll_request` and `poll_event`.
#[derive(Debug)]
pub struct Sender {
    config: SenderConfig,
    acked: Mark,
    head: Mark,
    state: State,
    limits: (usize, usize),
    /// The ends of the batches that were sent and not acked, by place.
    ends: BTreeMap<SequenceNumber, Mark>,
    loading: Option<SequenceNumber>,
    failures: u32,
    next_number: u64,
    transmits: VecDeque<TillMessage>,
    requests: VecDeque<SenderRequest>,
    events: VecDeque<SenderEvent>,
}

impl Sender {
    /// A sender without a connection. `acked` is the last place that the cloud acked, `head` the end of the journal.
    pub fn new(config: SenderConfig, acked: Mark, head: Mark) -> Self {
        Self {
            config,
            acked,
            head,
            state: State::Offline,
            limits: (BATCH_MAX_ENTRIES, BATCH_MAX_BYTES),
            ends: BTreeMap::new(),
            loading: None,
            failures: 0,
            next_number: 1,
            transmits: VecDeque::new(),
            requests: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Up to where the cloud has all.
    pub fn acked(&self) -> Mark {
        self.acked
    }

    /// True while a connection is greeted and nothing waits to be sent or acked.
    pub fn is_settled(&self) -> bool {
        matches!(self.state, State::Open { due: None, .. }) && self.acked.sequence >= self.head.sequence
    }

    /// A sale entered the journal.
    pub fn handle_committed(&mut self, head: Mark) {
        self.head = head;
        self.load_more();
    }

    /// There is a connection: says hello.
    pub fn handle_connected(&mut self, now: MonotonicMs) {
        self.forget_connection();
        self.greet(now);
    }

    /// The connection is gone.
    pub fn handle_disconnected(&mut self) {
        self.forget_connection();
    }

    /// The cloud says something. `random` is any evenly drawn number.
    pub fn handle_message(&mut self, message: CloudMessage, now: MonotonicMs, random: u64) {
        match message {
            CloudMessage::Welcome(welcome) => self.welcomed(&welcome),
            CloudMessage::Ack(ack) => self.acked_through(ack, now),
            CloudMessage::Busy(busy) => {
                let spread = self.config.backoff.wait_ms(1, random);
                self.pause(now.plus_ms(u64::from(busy.retry_after_ms) + spread), busy.number != 0);
            }
            CloudMessage::Refused(refusal) => {
                self.events.push_back(SenderEvent::Refused(refusal));
                self.give_up(random);
            }
        }
    }

    /// Entries that were asked for by [`SenderRequest::Load`], from `after` on.
    pub fn handle_loaded(&mut self, after: SequenceNumber, entries: Vec<Entry>, now: MonotonicMs) {
        if self.loading.take() != Some(after) {
            // Asked for by a connection that is gone; the present one asks for itself.
            self.load_more();
            return;
        }
        let State::Open { sent, due } = self.state else { return };
        let Some(last) = entries.last().map(Entry::mark).filter(|_| sent == after) else {
            self.load_more();
            return;
        };
        self.ends.insert(last.sequence, last);
        let number = self.next_number;
        self.next_number += 1;
        self.transmits.push_back(TillMessage::Batch(Batch { number, entries }));
        let due = due.or(Some(now.plus_ms(self.config.answer_ms)));
        self.state = State::Open { sent: last.sequence, due };
        self.load_more();
    }

    /// The journal's own hash at a place that was asked for by [`SenderRequest::MarkAt`]; `None` where it has no such place.
    /// `genesis` is the hash it begins with.
    pub fn handle_mark(&mut self, own: Option<Mark>, genesis: Mark) {
        let State::Comparing { welcome } = self.state else { return };
        let before = self.acked;
        if own == Some(welcome) {
            self.acked = welcome;
            self.events.push_back(if welcome.sequence > before.sequence {
                SenderEvent::Acked(welcome)
            } else {
                SenderEvent::CloudBehind { from: before, to: welcome }
            });
        } else {
            self.acked = genesis;
            self.events.push_back(SenderEvent::Diverged);
        }
        self.open();
    }

    /// Time has passed. `random` is any evenly drawn number.
    pub fn handle_timeout(&mut self, now: MonotonicMs, random: u64) {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return;
        }
        match self.state {
            State::Offline | State::Comparing { .. } => {}
            State::Pausing { greeted: true, .. } => self.open(),
            State::Pausing { greeted: false, .. } => self.greet(now),
            State::Greeting { .. } => {
                self.failures += 1;
                self.give_up(random);
            }
            State::Open { .. } => {
                self.failures += 1;
                if self.failures >= self.config.patience {
                    self.give_up(random);
                } else {
                    let wait = self.config.backoff.wait_ms(self.failures, random);
                    self.pause(now.plus_ms(wait), true);
                }
            }
        }
    }

    /// When [`Sender::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<MonotonicMs> {
        match self.state {
            State::Greeting { due } => Some(due),
            State::Open { due, .. } => due,
            State::Pausing { until, .. } => Some(until),
            State::Offline | State::Comparing { .. } => None,
        }
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<TillMessage> {
        self.transmits.pop_front()
    }

    /// The next thing the shell is asked for.
    pub fn poll_request(&mut self) -> Option<SenderRequest> {
        self.requests.pop_front()
    }

    /// The next thing the shell is to know.
    pub fn poll_event(&mut self) -> Option<SenderEvent> {
        self.events.pop_front()
    }

    fn greet(&mut self, now: MonotonicMs) {
        let hello = Hello { version: PROTOCOL_VERSION, acked: self.acked, head: self.head };
        self.transmits.push_back(TillMessage::Hello(hello));
        self.state = State::Greeting { due: now.plus_ms(self.config.answer_ms) };
    }

    fn welcomed(&mut self, welcome: &Welcome) {
        if !matches!(self.state, State::Greeting { .. }) {
            return;
        }
        if !(PROTOCOL_OLDEST..=PROTOCOL_VERSION).contains(&welcome.version) {
            let refusal = Refusal::Version { oldest: welcome.version, newest: welcome.version };
            self.events.push_back(SenderEvent::Refused(refusal));
            self.give_up(0);
            return;
        }
        if let Some(end) = welcome.end_of_life_ms {
            self.events.push_back(SenderEvent::EndOfLife(end));
        }
        // A cloud with lower limits is heeded; one with higher or impossible ones gets ours.
        let within = |theirs: u32, ours: usize| (theirs as usize).clamp(1, ours);
        self.limits =
            (within(welcome.max_entries, BATCH_MAX_ENTRIES), within(welcome.max_bytes, BATCH_MAX_BYTES));
        if welcome.through == self.acked {
            self.open();
        } else {
            self.state = State::Comparing { welcome: welcome.through };
            self.requests.push_back(SenderRequest::MarkAt(welcome.through.sequence));
        }
    }

    fn acked_through(&mut self, ack: Ack, now: MonotonicMs) {
        if self.ends.get(&ack.through.sequence) != Some(&ack.through) {
            // Of a batch that an earlier ack covered, or of another history of this till.
            return;
        }
        self.ends = self.ends.split_off(&SequenceNumber(ack.through.sequence.0 + 1));
        self.acked = ack.through;
        self.failures = 0;
        self.events.push_back(SenderEvent::Acked(ack.through));
        if let State::Open { sent, .. } = self.state {
            // A late answer may cover more than was sent since the sender went back.
            let sent = sent.max(ack.through.sequence);
            let waiting = self.ends.range(..=sent).next().is_some();
            let due = waiting.then(|| now.plus_ms(self.config.answer_ms));
            self.state = State::Open { sent, due };
        }
        self.load_more();
    }

    /// Sends from the cursor on.
    fn open(&mut self) {
        self.state = State::Open { sent: self.acked.sequence, due: None };
        self.load_more();
    }

    fn load_more(&mut self) {
        let State::Open { sent, .. } = self.state else { return };
        let under_way = self.ends.range(..=sent).count();
        if self.loading.is_none() && under_way < self.config.window && sent < self.head.sequence {
            self.loading = Some(sent);
            let (max_entries, max_bytes) = self.limits;
            self.requests.push_back(SenderRequest::Load { after: sent, max_entries, max_bytes });
        }
    }

    fn pause(&mut self, until: MonotonicMs, greeted: bool) {
        self.transmits.clear();
        self.state = State::Pausing { until, greeted };
    }

    fn give_up(&mut self, random: u64) {
        let after_ms = self.config.backoff.wait_ms(self.failures.max(1), random);
        self.forget_connection();
        self.events.push_back(SenderEvent::Reconnect { after_ms });
    }

    fn forget_connection(&mut self) {
        self.state = State::Offline;
        self.ends.clear();
        self.transmits.clear();
        self.requests.clear();
        self.loading = None;
    }
}
