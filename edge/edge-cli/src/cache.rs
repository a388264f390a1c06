//! Where things lie that can be made again.

use std::path::PathBuf;

use crate::failure::Failure;

/// A folder below `$TILLSIGHT_CACHE`, else below `~/.cache/tillsight`. It need not be there yet.
pub(crate) fn folder(name: &str) -> Result<PathBuf, Failure> {
    let given = std::env::var_os("TILLSIGHT_CACHE").filter(|value| !value.is_empty()).map(PathBuf::from);
    let usual = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/tillsight"));
    match given.or_else(usual) {
        Some(root) => Ok(root.join(name)),
        None => Err(Failure::new(
            "there is no folder to keep results in: neither TILLSIGHT_CACHE nor HOME is set",
        )
        .hint("set TILLSIGHT_CACHE to a folder")),
    }
}
