//! Folders for one test, kept when it fails.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder that is removed with its test, and kept and named when the test fails, so that somebody can look.
#[derive(Debug)]
pub struct Scratch {
    dir: Option<TempDir>,
}

impl Scratch {
    /// An empty folder below the system's temporary folder, whose name begins with `name`.
    ///
    /// # Panics
    /// When it cannot be made: a test has nothing to go on with.
    pub fn new(name: &str) -> Self {
        let dir = tempfile::Builder::new().prefix(&format!("tillsight-{name}-")).tempdir();
        Self {
            dir: Some(
                dir.unwrap_or_else(|error| panic!("failed to make a scratch folder for {name}: {error}")),
            ),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.as_ref().expect("it is there until it is dropped").path()
    }

    /// A path in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(dir) = self.dir.take_if(|_| std::thread::panicking()) {
            eprintln!("kept for a look: {}", dir.keep().display());
        }
    }
}
