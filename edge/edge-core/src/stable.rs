//! Scale readings that have settled.

use domain::time::MonotonicMs;

/// Stable readings in a row that say the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stable {
    /// What the first said: the others differ from it by no more than noise, so that they cannot creep away.
    first_g: i64,
    /// What the newest says.
    pub(crate) grams: i64,
    /// When the first came.
    pub(crate) since: MonotonicMs,
    newest: MonotonicMs,
}

impl Stable {
    /// A reading that follows others, if no unstable one lies between.
    pub(crate) fn after(before: Option<Self>, grams: i64, now: MonotonicMs, noise: i64) -> Self {
        match before.filter(|stable| (stable.first_g - grams).abs() <= noise) {
            Some(stable) => Self { grams, newest: now, ..stable },
            None => Self { first_g: grams, grams, since: now, newest: now },
        }
    }

    /// Whether it tells of what changed on the tray at `changed_at`: it was read after that, and the tray was seen still
    /// after it came to this reading. Pictures may take longer to be understood than the scale to repeat itself, so the
    /// newest reading need not have been followed by one.
    pub(crate) fn tells_of(&self, changed_at: MonotonicMs, settled_at: Option<MonotonicMs>) -> bool {
        self.newest >= changed_at && settled_at.is_some_and(|settled| settled >= self.since.max(changed_at))
    }
}
