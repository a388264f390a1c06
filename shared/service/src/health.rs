//! The parts of a program and how each is doing, as a person would want to be told, and as the gauge `tillsight_part_state`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;

/// How a part is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartState {
    /// Does all it should.
    Ok,
    /// Not there yet.
    Starting,
    /// Does its work, but not as it should; the detail says how.
    Degraded,
    /// Does not do its work; the detail says why.
    Down,
}

/// One part and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartStatus {
    /// Its name, for example `camera`.
    pub part: Arc<str>,
    /// True when the program is not ready while this part is starting or down.
    pub required: bool,
    /// How it is doing.
    pub state: PartState,
    /// Since when it is in this state; a new detail alone does not change it.
    pub since: SystemTime,
    /// What is wrong, for people.
    pub detail: Option<String>,
}

/// All parts of a program. Clones share them.
#[derive(Clone)]
pub struct Health {
    shared: Arc<Shared>,
}

/// The hold that a part's owner has on its state.
#[derive(Clone)]
pub struct Part {
    index: usize,
    shared: Arc<Shared>,
}

struct Shared {
    parts: Mutex<Vec<PartStatus>>,
    /// Counts changes.
    changes: watch::Sender<u64>,
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl Health {
    /// No parts yet.
    pub fn new() -> Self {
        let (changes, _) = watch::channel(0);
        Self { shared: Arc::new(Shared { parts: Mutex::default(), changes }) }
    }

    /// Adds a part, which is starting. The same name again gives the same part.
    pub fn part(&self, name: &str, required: bool) -> Part {
        let mut parts = self.shared.lock();
        let index = parts.iter().position(|p| &*p.part == name).unwrap_or_else(|| {
            parts.push(PartStatus {
                part: Arc::from(name),
                required,
                state: PartState::Starting,
                since: SystemTime::now(),
                detail: None,
            });
            measure(name, PartState::Starting);
            parts.len() - 1
        });
        drop(parts);
        Part { index, shared: Arc::clone(&self.shared) }
    }

    /// All parts, in the order they were added.
    pub fn parts(&self) -> Vec<PartStatus> {
        self.shared.lock().clone()
    }

    /// True when no required part is starting or down.
    pub fn is_ready(&self) -> bool {
        let works = |p: &PartStatus| matches!(p.state, PartState::Ok | PartState::Degraded);
        self.shared.lock().iter().all(|p| !p.required || works(p))
    }

    /// Wakes on every change of a state or a detail.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }
}

impl Part {
    /// It does all it should.
    pub fn ok(&self) {
        self.set(PartState::Ok, None);
    }

    /// It works, but not as it should.
    pub fn degraded(&self, detail: impl Into<String>) {
        self.set(PartState::Degraded, Some(detail.into()));
    }

    /// It does not work.
    pub fn down(&self, detail: impl Into<String>) {
        self.set(PartState::Down, Some(detail.into()));
    }

    /// How it is doing now.
    pub fn state(&self) -> PartState {
        self.shared.lock()[self.index].state
    }

    fn set(&self, state: PartState, detail: Option<String>) {
        let mut parts = self.shared.lock();
        let part = &mut parts[self.index];
        if part.state == state && part.detail == detail {
            return;
        }
        if part.state != state {
            part.since = SystemTime::now();
            log_change(&part.part, part.state, state, detail.as_deref());
            measure(&part.part, state);
        }
        part.state = state;
        part.detail = detail;
        drop(parts);
        self.shared.changes.send_modify(|count| *count += 1);
    }
}

impl PartState {
    /// The word for it in answers and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Starting => "starting",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }

    /// The number for it in the gauge: 0 is ok, 1 starting, 2 degraded, 3 down.
    pub fn number(self) -> f64 {
        match self {
            Self::Ok => 0.0,
            Self::Starting => 1.0,
            Self::Degraded => 2.0,
            Self::Down => 3.0,
        }
    }
}

impl Shared {
    /// Each status is replaced whole, so a panic elsewhere does not spoil the list.
    fn lock(&self) -> MutexGuard<'_, Vec<PartStatus>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name is the program's own word, so there are few of them.
fn measure(part: &str, state: PartState) {
    metrics::gauge!("tillsight_part_state", "part" => part.to_owned()).set(state.number());
}

fn log_change(part: &str, from: PartState, to: PartState, detail: Option<&str>) {
    let (from, to, detail) = (from.as_str(), to.as_str(), detail.unwrap_or_default());
    match to {
        "ok" => tracing::info!(part, from, "{part} is ok"),
        _ => tracing::warn!(part, from, detail, "{part} is {to}"),
    }
}
