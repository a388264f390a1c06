//! What happens in a world, in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sync_core::message::{Batch, CloudMessage, Hello, TillMessage};

use super::cloud::Line;

#[derive(Debug)]
pub(super) enum Event {
    Sale(usize),
    Connect { till: usize, boot: u64 },
    Timer { till: usize, boot: u64 },
    ToCloud(Line, TillMessage),
    ToTill(Line, CloudMessage),
    Reset(Line),
    Looked { line: Line, boot: u64, hello: Hello },
    Committed { line: Line, boot: u64, batch: Batch },
    TillCrash(usize),
    TillUp(usize),
    CloudCrash,
    CloudUp,
    Cut(usize),
    ClockStep(usize),
    Copy,
}

/// An event with its time and its place among those of the same time.
#[derive(Debug)]
struct Due {
    at_ms: u64,
    order: u64,
    event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}
impl Eq for Due {}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at_ms, self.order).cmp(&(other.at_ms, other.order))
    }
}

/// What is still to happen.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    queue: BinaryHeap<Reverse<Due>>,
    scheduled: u64,
}

impl Agenda {
    /// Notes an event for a time; of two for one time the one noted first comes first.
    pub(super) fn note(&mut self, at_ms: u64, event: Event) {
        self.scheduled += 1;
        self.queue.push(Reverse(Due { at_ms, order: self.scheduled, event }));
    }

    /// The next event with its time, unless it lies after `end_ms`.
    pub(super) fn next(&mut self, end_ms: u64) -> Option<(u64, Event)> {
        self.queue.peek().filter(|Reverse(due)| due.at_ms <= end_ms)?;
        self.queue.pop().map(|Reverse(due)| (due.at_ms, due.event))
    }
}
