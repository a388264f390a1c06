//! How far long work has come, for somebody who watches.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::Console;

/// Work that is done sooner shows no bar: a bar that flashes by only unsettles.
const QUIET: Duration = Duration::from_secs(2);

/// A bar on a terminal once the work takes long; nothing anywhere else. It is gone when dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    terminal: bool,
}

impl Progress {
    /// A bar over `steps`, labelled with what is being done.
    pub(crate) fn new(console: &Console, steps: u64, what: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}, {eta} left")
            .expect("the template is a constant that parses");
        bar.set_style(style.progress_chars("=> "));
        bar.set_message(what.to_owned());
        Self { bar, begun: Instant::now(), terminal: console.has_terminal() }
    }

    /// Goes on by some steps.
    pub(crate) fn step(&self, steps: u64) {
        if self.terminal && self.bar.is_hidden() && self.begun.elapsed() >= QUIET {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(steps);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
