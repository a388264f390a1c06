//! What a program sees of `service`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod child;
mod health;
mod logs;
mod metrics;
mod tasks;
mod watchdog;

use std::time::{Duration, Instant};

/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits until a state is reached.
async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let began = Instant::now();
    while !reached() {
        assert!(began.elapsed() < LIMIT, "{what} within {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
