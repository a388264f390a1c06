//! Schemathesis, which compares the cloud's answers with its description: pinned, in a private Python environment.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::fetch::Python;
use crate::places;

/// The rig that needs it.
pub const RIG: &str = "schemathesis";
/// Tells the rig where the program is.
pub const VARIABLE: &str = "SCHEMATHESIS";

/// The program; fetches it first where it is not there.
pub fn program() -> Result<PathBuf> {
    let requirements = places::repository().join("xtask/requirements-schemathesis.txt");
    let python = Python::private("python3", &requirements, &places::cache()?)
        .context("failed to fetch schemathesis")?;
    Ok(python.sibling("schemathesis"))
}
