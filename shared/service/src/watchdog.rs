//! Watches that work really goes on, and tells systemd only then.
//!
//! Every thread and task that must make progress registers a [`Beat`] and says how long it may be silent. The service
//! manager hears `WATCHDOG=1` only while every beat is fresh, so a process whose timer still runs but whose vision
//! thread hangs is restarted. Protocol: sd_notify(3), sd_watchdog_enabled(3).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use crate::tasks::{TaskHandle, Tasks};

/// How often freshness is looked at when no service manager sets the pace.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The beats of a program. Clones share them.
#[derive(Clone)]
pub struct Beats {
    shared: Arc<Shared>,
}

/// The pulse of one thread or task. Dropping it ends the watch over it; a new one of the same name replaces it, so
/// that a thread that was given up is no longer waited for.
pub struct Beat {
    name: Arc<str>,
    pulse: Arc<Pulse>,
    shared: Arc<Shared>,
}

/// A thread or task that has been silent for too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Its name.
    pub name: Arc<str>,
    /// How long it has been silent.
    pub silent_for: Duration,
    /// How long it may be.
    pub max_silence: Duration,
}

struct Shared {
    zero: Instant,
    pulses: Mutex<BTreeMap<Arc<str>, Arc<Pulse>>>,
}

struct Pulse {
    max_silence_ms: AtomicU64,
    /// Milliseconds from the registry's zero, or [`IDLE`].
    last_ms: AtomicU64,
}

/// No progress is owed.
const IDLE: u64 = u64::MAX;

impl Default for Beats {
    fn default() -> Self {
        Self::new()
    }
}

impl Beats {
    /// Nothing to watch yet.
    pub fn new() -> Self {
        Self { shared: Arc::new(Shared { zero: Instant::now(), pulses: Mutex::default() }) }
    }

    /// Starts to watch; the first beat is now.
    pub fn register(&self, name: &str, max_silence: Duration) -> Beat {
        let name: Arc<str> = Arc::from(name);
        let pulse = Arc::new(Pulse {
            max_silence_ms: AtomicU64::new(whole_ms(max_silence)),
            last_ms: AtomicU64::new(self.shared.now_ms()),
        });
        self.shared.lock().insert(Arc::clone(&name), Arc::clone(&pulse));
        Beat { name, pulse, shared: Arc::clone(&self.shared) }
    }

    /// Those that have been silent for too long, by name.
    pub fn stale(&self) -> Vec<Stale> {
        self.stale_at(self.shared.now_ms())
    }

    fn stale_at(&self, now_ms: u64) -> Vec<Stale> {
        let pulses = self.shared.lock();
        let stale = pulses.iter().filter_map(|(name, pulse)| {
            let silent_for = pulse.silent_for(now_ms)?;
            let max_silence = Duration::from_millis(pulse.max_silence_ms.load(Ordering::Relaxed));
            let too_long = silent_for > max_silence;
            too_long.then(|| Stale { name: Arc::clone(name), silent_for, max_silence })
        });
        stale.collect()
    }
}

impl Beat {
    /// Says that work goes on.
    pub fn beat(&self) {
        self.pulse.last_ms.store(self.shared.now_ms(), Ordering::Relaxed);
    }

    /// Changes how long the silence may last: for work whose pace is known only once it was done.
    pub fn allow(&self, max_silence: Duration) {
        self.pulse.max_silence_ms.store(whole_ms(max_silence), Ordering::Relaxed);
    }

    /// Says that there is nothing to do: silence is fine until the next [`beat`](Self::beat). Call it before waiting
    /// for work that may never come.
    pub fn idle(&self) {
        self.pulse.last_ms.store(IDLE, Ordering::Relaxed);
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        let mut pulses = self.shared.lock();
        if pulses.get(&self.name).is_some_and(|pulse| Arc::ptr_eq(pulse, &self.pulse)) {
            pulses.remove(&self.name);
        }
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (silent, allowed) = (self.silent_for.as_secs_f64(), self.max_silence.as_secs_f64());
        write!(f, "`{}` has been silent for {silent:.1} s, allowed are {allowed:.1} s", self.name)
    }
}

impl Shared {
    fn now_ms(&self) -> u64 {
        whole_ms(self.zero.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Arc<Pulse>>> {
        self.pulses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("a process does not run for 500 million years")
}

impl Pulse {
    fn silent_for(&self, now_ms: u64) -> Option<Duration> {
        match self.last_ms.load(Ordering::Relaxed) {
            IDLE => None,
            last => Some(Duration::from_millis(now_ms.saturating_sub(last))),
        }
    }
}

/// Tells the service manager that the program does its work.
pub fn notify_ready() {
    tell(&NotifyState::Ready);
}

/// Tells the service manager that the program is on its way out.
pub fn notify_stopping() {
    tell(&NotifyState::Stopping);
}

/// Tells the service manager, and so whoever asks it, how the program is doing; one line.
pub fn notify_status(text: &str) {
    tell(&NotifyState::Status(&text.replace('\n', " ")));
}

/// Looks at the beats and feeds the service manager's watchdog while all are fresh. Without a service manager it only
/// logs who has gone silent.
pub fn spawn_feeder(tasks: &Tasks, beats: &Beats) -> TaskHandle {
    let watched = sd_notify::watchdog_enabled();
    let every = watched.map_or(LOOK_EVERY, |limit| (limit / 2).min(LOOK_EVERY));
    let (beats, token) = (beats.clone(), tasks.token());
    tasks.spawn("watchdog", async move {
        let mut silent = false;
        loop {
            let stale = beats.stale();
            if stale.is_empty() && watched.is_some() {
                tell(&NotifyState::Watchdog);
            }
            report(&stale, &mut silent);
            if token.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
                return Ok(());
            }
        }
    })
}

/// Logs once when somebody goes silent and once when all are heard again.
fn report(stale: &[Stale], was_silent: &mut bool) {
    if stale.is_empty() == *was_silent {
        *was_silent = !stale.is_empty();
        if *was_silent {
            let text: Vec<String> = stale.iter().map(ToString::to_string).collect();
            notify_status(&text.join("; "));
            tracing::error!(stale = text.join("; "), "no progress: the watchdog is not fed");
        } else {
            notify_status("all parts make progress");
            tracing::info!("all parts make progress again");
        }
    }
}

fn tell(state: &NotifyState<'_>) {
    // Without NOTIFY_SOCKET nothing is sent and that is fine; with it, a lost message is worth a line, not an end.
    if let Err(error) = sd_notify::notify(std::slice::from_ref(state)) {
        tracing::warn!(%error, "failed to notify the service manager");
    }
}
