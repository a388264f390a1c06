//! Which tills are there, as they say themselves. It is in memory, and known only while the broker is reached: a till that
//! was there an hour ago is not there now because of that.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::sale::TillRef;
use wire::payloads::SaleTold;

/// What was heard of a till.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Whether it is there.
    pub online: bool,
    /// Its newest sale, as it told of it. Nothing is ever counted with it.
    pub sale: Option<SaleTold>,
    /// When its health was last kept.
    kept: Option<Instant>,
}

/// Who is there.
#[derive(Debug, Default)]
pub struct Presence {
    /// `None` while the broker is not reached.
    seen: Mutex<Option<BTreeMap<TillRef, Seen>>>,
}

impl Presence {
    /// What was heard of a till; `None` while nobody can know.
    pub fn of(&self, till: &TillRef) -> Option<Seen> {
        let seen = self.lock();
        let seen = seen.as_ref()?;
        Some(seen.get(till).cloned().unwrap_or_default())
    }

    /// The broker is reached, and nothing was heard yet.
    pub(super) fn begin(&self) {
        *self.lock() = Some(BTreeMap::new());
    }

    /// The broker is not reached.
    pub(super) fn end(&self) {
        *self.lock() = None;
    }

    /// A till is there, or not.
    pub(super) fn state(&self, till: &TillRef, online: bool) {
        self.change(till, |seen| seen.online = online);
    }

    /// A till told of a sale.
    pub(super) fn sale(&self, till: &TillRef, sale: SaleTold) {
        self.change(till, |seen| seen.sale = Some(sale));
    }

    /// Whether a till's health is to be kept now: not when it was within `every`.
    pub(super) fn keep_health(&self, till: &TillRef, every: Duration) -> bool {
        let mut keep = false;
        self.change(till, |seen| {
            keep = seen.kept.is_none_or(|at| at.elapsed() >= every);
            if keep {
                seen.kept = Some(Instant::now());
            }
        });
        keep
    }

    fn change(&self, till: &TillRef, change: impl FnOnce(&mut Seen)) {
        if let Some(seen) = self.lock().as_mut() {
            change(seen.entry(till.clone()).or_default());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<BTreeMap<TillRef, Seen>>> {
        // A panic while it is locked cannot leave it half changed.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
