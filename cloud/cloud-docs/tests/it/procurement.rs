//! Documents of real suppliers and of the standards' makers. They are not part of the repository; `TILLSIGHT_PROCUREMENT` names
//! their folder.

use std::path::{Path, PathBuf};

/// The folder, or a word that the test is skipped.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("TILLSIGHT_PROCUREMENT").map(PathBuf::from) else {
        eprintln!("SKIPPED: {test} because TILLSIGHT_PROCUREMENT names no folder of suppliers' documents");
        return None;
    };
    assert!(folder.is_dir(), "TILLSIGHT_PROCUREMENT is `{}`, which is no folder", folder.display());
    Some(folder)
}

/// All files below a folder that end so, sorted; at least one.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().to_lowercase().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no `{ending}` below `{}`", folder.display());
    found
}
