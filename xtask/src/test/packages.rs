//! Debian packages that stages need.

use std::os::unix::fs::MetadataExt as _;

use crate::{places, process};

/// Installs packages where that is possible, asking for the package lists once.
pub(super) struct Packages {
    lists_are_fresh: bool,
}

impl Packages {
    pub(super) fn new() -> Self {
        Self { lists_are_fresh: false }
    }

    /// Makes sure that `is_there`, by installing `packages` if it is not; the error is the reason to skip, with the
    /// way out.
    pub(super) fn ensure(
        &mut self,
        what: &str,
        packages: &[&str],
        is_there: impl Fn() -> bool,
    ) -> Result<(), String> {
        if is_there() {
            return Ok(());
        }
        let by_hand = format!("apt-get install {}", packages.join(" "));
        if !is_root() || places::find_program("apt-get").is_none() {
            return Err(format!("{what} is not installed: run `{by_hand}`"));
        }
        eprintln!("installing {} for {what}", packages.join(" "));
        if self.install(packages) && is_there() {
            Ok(())
        } else {
            Err(format!("{what} could not be installed: try `{by_hand}`"))
        }
    }

    fn install(&mut self, packages: &[&str]) -> bool {
        if !self.lists_are_fresh {
            self.lists_are_fresh = process::succeeds(process::command("apt-get").args(["update", "-qq"]));
        }
        let mut install = process::command("apt-get");
        install.env("DEBIAN_FRONTEND", "noninteractive");
        install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages);
        process::succeeds(&mut install)
    }
}

/// True when this process may do everything.
pub(super) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|owner| owner.uid() == 0)
}
