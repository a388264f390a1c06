//! Ctrl-C as a value: long work asks between steps whether it should go on, and leaves nothing half done.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use crate::failure::{Exit, Failure};

/// Whether somebody pressed Ctrl-C. Clones watch the same key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt {
    pressed: Arc<AtomicBool>,
}

impl Interrupt {
    /// Watches for Ctrl-C and SIGTERM from now on. The first is answered at the next [`check`](Self::check); a second
    /// one ends the program at once, which is safe because stores and caches change in whole steps only.
    pub(crate) fn watch() -> Result<Self, Failure> {
        let interrupt = Self::default();
        let seen = interrupt.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("failed to prepare for Ctrl-C")?;
        // Listening must have begun when this returns, or an early Ctrl-C would still kill the program.
        let mut signals = {
            let _entered = runtime.enter();
            service::signals::Signals::listen().context("failed to prepare for Ctrl-C")?
        };
        std::thread::Builder::new()
            .name("ctrl-c".to_owned())
            .spawn(move || {
                runtime.block_on(signals.shutdown_requested());
                seen.pressed.store(true, Ordering::Relaxed);
                runtime.block_on(signals.shutdown_requested());
                leave_now();
            })
            .context("failed to prepare for Ctrl-C")?;
        Ok(interrupt)
    }

    /// True once it was pressed.
    pub(crate) fn is_pressed(&self) -> bool {
        self.pressed.load(Ordering::Relaxed)
    }

    /// An error once it was pressed.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.is_pressed() {
            Err(Failure::cancelled("stopped by Ctrl-C; nothing was changed"))
        } else {
            Ok(())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "whoever presses Ctrl-C twice wants no destructors")]
fn leave_now() {
    let _ = io::Write::write_all(&mut io::stderr(), b"stopped at once\n");
    std::process::exit(Exit::Usage as i32);
}
