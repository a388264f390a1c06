//! What `deploy/monitoring` gives to whoever watches: the programs take it, it speaks of metrics that there are, and an alarm comes
//! all the way from a till that was stopped into the inbox.

mod alarm;
mod files;

use std::path::PathBuf;

/// The folder of what is given.
fn folder() -> PathBuf {
    repository().join("deploy/monitoring")
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    let file = folder().join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
