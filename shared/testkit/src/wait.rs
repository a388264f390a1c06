//! Waiting for a state instead of sleeping.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a state is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Waits until `reached` says yes, at most `limit`; the error says what was waited for.
pub fn wait_until(what: &str, limit: Duration, mut reached: impl FnMut() -> bool) -> Result<()> {
    wait_for(what, limit, || reached().then_some(()))
}

/// Waits until `find` finds something, at most `limit`; the error says what was waited for.
pub fn wait_for<T>(what: &str, limit: Duration, mut find: impl FnMut() -> Option<T>) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = find() {
            return Ok(found);
        }
        if began.elapsed() >= limit {
            bail!("waited {:.1} s in vain for {what}", limit.as_secs_f64());
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
