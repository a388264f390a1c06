//! `cargo xtask ui`: builds the pages, so that `edge-daemon` can embed the kiosk and `cloud-server` the dashboard.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::Args;

use crate::{places, process};

/// Build the pages into edge/kiosk-ui/dist and cloud/dashboard/dist (quick when nothing has changed).
#[derive(Debug, Args)]
pub struct UiArgs {
    /// Build them even when they are newer than their sources.
    #[arg(long)]
    pub force: bool,
    /// First make the dashboard's types anew, from what the cloud says of its answers.
    #[arg(long)]
    pub types: bool,
}

/// The page that reads the cloud's answers.
const DASHBOARD: &str = "cloud/dashboard";

/// The folder of each page.
const PAGES: &[&str] = &["edge/kiosk-ui", DASHBOARD];

/// What all pages are made of besides their own sources.
const SHARED: &str = "shared/pages";

/// What `dist` is made from, relative to the page's folder.
const SOURCES: &[&str] =
    &["index.html", "package.json", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.ts"];

/// Builds them; says on stderr where there was nothing to do.
pub fn run(args: &UiArgs) -> Result<()> {
    if args.types {
        types(&[])?;
    }
    for name in PAGES {
        let page = places::repository().join(name);
        if !args.force && is_fresh(&page)? {
            eprintln!("ui: {name}/dist is newer than its sources");
            continue;
        }
        npm_run(&page, "build")?;
    }
    Ok(())
}

/// Looks at the types of each page and runs its tests.
pub fn check() -> Result<()> {
    PAGES.iter().try_for_each(|name| npm_run(&places::repository().join(name), "check"))?;
    types(&["--check"])
}

/// Makes the dashboard's types from the cloud's description, or compares them with it.
fn types(arguments: &[&str]) -> Result<()> {
    let page = places::repository().join(DASHBOARD);
    install(&page)?;
    let mut cloud = process::cargo();
    cloud.args([
        "run",
        "--quiet",
        "--package",
        "cloud-server",
        "--bin",
        "tillsight-cloud",
        "--",
        "print-openapi",
    ]);
    let description = tempfile::NamedTempFile::new().context("failed to make a temporary file")?;
    fs::write(description.path(), process::read(&mut cloud)?).context("failed to write the description")?;
    let mut npm = process::command("npm");
    npm.current_dir(&page).args(["run", "--silent", "types", "--"]).args(arguments);
    npm.stdin(description.reopen().context("failed to open the description again")?);
    process::run_on_stderr(&mut npm)
}

fn npm_run(page: &Path, script: &str) -> Result<()> {
    install(page)?;
    let mut npm = process::command("npm");
    process::run_on_stderr(npm.current_dir(page).args(["run", script]))
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
    process::run_on_stderr(&mut install)
        .context("the pages need Node 20 and npm: `apt-get install nodejs npm`, or see https://nodejs.org")
}

fn is_fresh(page: &Path) -> Result<bool> {
    let Some(built) = modified(&page.join("dist/index.html"))? else { return Ok(false) };
    let own = SOURCES.iter().map(|source| page.join(source));
    for source in own.chain([places::repository().join(SHARED)]) {
        if newest(&source)?.is_some_and(|changed| changed > built) {
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
