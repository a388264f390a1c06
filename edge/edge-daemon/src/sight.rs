//! What the till sees by: the vectors of a generation, the model that made them, and that model opened. They switch as one.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use domain::ids::ModelVersion;
use vision::embed::Embedder;
use vision::fetched::FETCHED_FOLDER;
use vision::models::ModelFiles;
use vision::recognise::Recogniser;

/// The vectors of one generation with the model that made them.
pub struct Sight {
    /// Compares.
    pub recogniser: Recogniser,
    /// Embeds, once opened.
    pub models: ModelFiles,
    /// Why the enrolled views are not used.
    pub missing: Option<MissingModel>,
    /// Opened aside where the model is not that of the generation before, for the one thread that will use it.
    opened: Mutex<Option<Embedder>>,
}

/// The model that made the enrolled views, where this till does not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingModel {
    /// Which.
    pub version: ModelVersion,
    /// Why it cannot be used.
    pub problem: String,
}

impl Sight {
    /// Puts together what belongs together.
    pub fn new(
        recogniser: Recogniser,
        models: ModelFiles,
        missing: Option<MissingModel>,
        opened: Option<Embedder>,
    ) -> Self {
        Self { recogniser, models, missing, opened: Mutex::new(opened) }
    }

    /// The opened model, for whoever asks first.
    pub fn take_opened(&self) -> Option<Embedder> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The models that this till has.
#[derive(Debug, Clone)]
pub struct Models {
    /// Their folder.
    pub dir: PathBuf,
    /// The folder of those that came from the cloud.
    pub fetched: PathBuf,
    /// The one that products are enrolled with where nothing is enrolled yet.
    pub preferred: ModelFiles,
}

impl Models {
    /// Finds the preferred model, by its name, or the manifest's default; others may come into the data folder.
    pub fn find(dir: &Path, name: Option<&str>, data: &Path) -> anyhow::Result<Self> {
        let fetched = data.join(FETCHED_FOLDER);
        Ok(Self { dir: dir.to_owned(), fetched, preferred: ModelFiles::find(dir, name)? })
    }

    /// The model that made the enrolled views, or why there is none; the preferred one where nothing is enrolled.
    pub fn of_views(&self, version: Option<&ModelVersion>) -> Result<ModelFiles, MissingModel> {
        let Some(version) = version.filter(|version| **version != self.preferred.version) else {
            return Ok(self.preferred.clone());
        };
        let missing = |problem| MissingModel { version: version.clone(), problem };
        let found = match ModelFiles::of_version(&self.dir, version) {
            Ok(None) => self.preferred.fetched(&self.fetched, version),
            found => found,
        };
        match found {
            Ok(Some(files)) => Ok(files),
            Ok(None) => Err(missing(format!("`{}` does not have it", self.dir.display()))),
            Err(error) => {
                let error = anyhow::Error::from(error).context("it cannot be used");
                Err(missing(format!("{error:#}")))
            }
        }
    }

    /// Opens the model that made the enrolled views, with so many cores per inference, or says why it cannot be used.
    pub fn open(files: &ModelFiles, threads: usize) -> Result<Embedder, MissingModel> {
        let opened = Embedder::open(files, threads).context("it cannot be opened");
        opened.map_err(|error| MissingModel { version: files.version.clone(), problem: format!("{error:#}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc`, from FIPS 180-4's examples.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn entry(name: &str, version: &str, bytes: u64, default: bool) -> String {
        format!(
            r#"{{"name":"{name}","version":"{version}","file":"m.onnx","sha256":"{ABC}","bytes":{bytes},
            "input_side":224,"embedding_dim":256,"default":{default}}}"#
        )
    }

    #[test]
    fn the_model_of_the_views_is_used_whatever_is_preferred_and_missed_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let entries = [
            entry("new", "new.1", 3, true),
            entry("old", "old.1", 3, false),
            entry("cut", "cut.1", 4, false),
        ];
        let manifest = format!(
            r#"{{"runtime":{{"version":"1.2.3","{}":{{"file":"rt.so","sha256":"{ABC}"}}}},"models":[{}]}}"#,
            std::env::consts::ARCH,
            entries.join(",")
        );
        std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        std::fs::write(folder.path().join("m.onnx"), "abc").unwrap();
        std::fs::write(folder.path().join("rt.so"), "abc").unwrap();
        let models = Models::find(folder.path(), None, folder.path()).unwrap();
        let of = |version: &str| {
            let found = models.of_views(Some(&ModelVersion::new(version)));
            found.map(|files| files.version.to_string()).map_err(|missing| missing.problem)
        };
        assert_eq!(models.of_views(None).unwrap().version.as_str(), "new.1");
        assert_eq!((of("new.1"), of("old.1")), (Ok("new.1".to_owned()), Ok("old.1".to_owned())));
        assert!(of("new.0").unwrap_err().ends_with("does not have it"));
        let problem = of("cut.1").unwrap_err();
        assert!(problem.starts_with("it cannot be used: ") && problem.contains("3 bytes long"), "{problem}");
    }
}
