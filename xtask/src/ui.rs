//! `cargo xtask ui`: builds the kiosk page, so that `edge-daemon` can embed it.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::Args;

use crate::{places, process};

/// Build the kiosk page into edge/kiosk-ui/dist (quick when nothing has changed).
#[derive(Debug, Args)]
pub struct UiArgs {
    /// Build it even when it is newer than its sources.
    #[arg(long)]
    pub force: bool,
}

/// What `dist` is made from, relative to the page's folder.
const SOURCES: &[&str] =
    &["index.html", "package.json", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.ts"];

/// Builds it; says on stderr when there was nothing to do.
pub fn run(args: &UiArgs) -> Result<()> {
    let page = places::repository().join("edge/kiosk-ui");
    if !args.force && is_fresh(&page)? {
        eprintln!("ui: edge/kiosk-ui/dist is newer than its sources");
        return Ok(());
    }
    install(&page)?;
    let mut build = process::command("npm");
    process::run_on_stderr(build.current_dir(&page).args(["run", "build"]))
}

/// Puts `node_modules` in place as the lock file of that folder says, unless it is.
pub fn install(page: &Path) -> Result<()> {
    let installed = modified(&page.join("node_modules/.package-lock.json"))?;
    let wanted = modified(&page.join("package-lock.json"))?;
    if installed.is_some() && installed >= wanted {
        return Ok(());
    }
    let mut install = process::command("npm");
    install.current_dir(page).args(["ci", "--no-audit", "--no-fund"]);
    process::run_on_stderr(&mut install).context(
        "the kiosk page needs Node 20 and npm: `apt-get install nodejs npm`, or see https://nodejs.org",
    )
}

fn is_fresh(page: &Path) -> Result<bool> {
    let Some(built) = modified(&page.join("dist/index.html"))? else { return Ok(false) };
    for source in SOURCES {
        if newest(&page.join(source))?.is_some_and(|changed| changed > built) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// When the newest file at or below `path` changed.
fn newest(path: &Path) -> Result<Option<SystemTime>> {
    let mut newest = modified(path)?;
    if path.is_dir() {
        let entries = fs::read_dir(path).with_context(|| format!("failed to read `{}`", path.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("failed to read `{}`", path.display()))?;
            newest = newest.max(self::newest(&entry.path())?);
        }
    }
    Ok(newest)
}

/// `None` when there is no such file.
fn modified(path: &Path) -> Result<Option<SystemTime>> {
    match fs::metadata(path).and_then(|m| m.modified()) {
        Ok(time) => Ok(Some(time)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to look at `{}`", path.display())),
    }
}
