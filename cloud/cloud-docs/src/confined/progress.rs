//! Word to whoever waits that reading goes on.

use std::sync::atomic::{AtomicBool, Ordering};

/// Readers also run in tests and rigs, where nobody counts.
static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// From now on pages that are done are told.
pub(super) fn begin() {
    IS_CHILD.store(true, Ordering::Relaxed);
}

/// A page, or a whole document of what has no pages, is done: the clock of the one who waits starts anew. Does nothing outside of
/// the confined process.
pub fn page_done(number: u32) {
    if IS_CHILD.load(Ordering::Relaxed) {
        eprintln!("page {number}");
    }
}
