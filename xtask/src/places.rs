//! Where things are.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// The top folder of the repository this program was started in.
///
/// Cargo says where when it starts the program. What it said while compiling may be another clone's folder where clones
/// share a target folder, so that is only for a program started by hand.
pub fn repository() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().expect("xtask is a folder of the repository").to_owned()
}

/// Where downloads and tool chains are kept between runs: `TILLSIGHT_CACHE`, else `~/.cache/tillsight`.
pub fn cache() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("TILLSIGHT_CACHE").or_else(|| set("HOME").map(|home| home.join(".cache/tillsight")));
    folder.context(
        "neither TILLSIGHT_CACHE nor HOME is set: set TILLSIGHT_CACHE to a folder that may grow to 1 GB",
    )
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    let relative = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    repository().join(relative)
}

/// The full path of a program, if it is installed.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}
