//! The model files of `models/built` and whether they are what the manifest says.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use domain::ids::ModelVersion;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::calibrate::ExperienceError;
use crate::fetched::ModelRecord;

/// One model and the runtime that runs it, found and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    /// The ONNX Runtime shared library of this machine's architecture.
    pub runtime: PathBuf,
    /// The ONNX model.
    pub model: PathBuf,
    /// What its vectors are labelled with.
    pub version: ModelVersion,
    /// Side of its square input, in pixels.
    pub input_side: u32,
    /// Length of its vectors.
    pub embedding_dim: usize,
    /// The model that sees where things on the tray end; older folders have none.
    pub outlines: Option<PathBuf>,
}

/// Why no model can be opened. Each names the file and the command that makes it.
#[derive(Debug, Error)]
pub enum ModelError {
    /// A file is not there.
    #[error("`{path}` is missing: make it with `cargo xtask model`")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be put in its place.
    #[error("failed to keep the model `{path}`: is there room for it?")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// What is known of a fetched model is unreadable.
    #[error("the record `{path}` cannot be understood: delete it, and the model is fetched again")]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The manifest is not one.
    #[error("the manifest `{path}` cannot be understood: make it again with `cargo xtask model`")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The manifest has no such model.
    #[error(
        "the manifest `{path}` has no model `{name}`: it has {known}; others are made by `cargo xtask model`"
    )]
    NoSuchModel {
        /// The manifest.
        path: PathBuf,
        /// The name asked for, or `default`.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The manifest has no runtime for this processor.
    #[error("the manifest `{path}` has no ONNX Runtime library for `{architecture}`")]
    NoRuntime {
        /// The manifest.
        path: PathBuf,
        /// This machine's architecture.
        architecture: &'static str,
    },
    /// A file is not the one that the manifest names.
    #[error(
        "`{path}` is not the file its manifest names ({problem}): delete it and make it again with `cargo xtask model`"
    )]
    WrongFile {
        /// The file.
        path: PathBuf,
        /// Which check failed.
        problem: String,
    },
    /// The runtime's library cannot be loaded.
    #[error("failed to load the ONNX Runtime library `{path}`: make it again with `cargo xtask model`")]
    Runtime {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// One process has one runtime.
    #[error("failed to load `{asked}`: this process already runs `{loaded}`; start another for it")]
    OtherRuntime {
        /// The library in use.
        loaded: PathBuf,
        /// The library asked for.
        asked: PathBuf,
    },
    /// The runtime does not take the model.
    #[error("ONNX Runtime cannot open the model `{path}`: make it again with `cargo xtask model`")]
    Open {
        /// The model.
        path: PathBuf,
        /// What the runtime said.
        #[source]
        source: ort::Error,
    },
    /// What the model says of itself is not readable.
    #[error(
        "the metadata of the model `{path}` cannot be understood: make it again with `cargo xtask model`"
    )]
    Experience {
        /// The model.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: ExperienceError,
    },
    /// The model's inputs or outputs are not those of an embedding model.
    #[error("the model `{path}` has the wrong shape ({problem}): make it again with `cargo xtask model`")]
    Shape {
        /// The model.
        path: PathBuf,
        /// What differs.
        problem: String,
    },
}

#[derive(Deserialize)]
struct Manifest {
    runtime: BTreeMap<String, RuntimeField>,
    models: Vec<ModelEntry>,
    outlines: Option<OutlinesEntry>,
}

#[derive(Deserialize)]
struct OutlinesEntry {
    file: PathBuf,
    sha256: String,
    bytes: u64,
}

/// `runtime` holds its version beside one entry per architecture.
#[derive(Deserialize)]
#[serde(untagged)]
enum RuntimeField {
    Library(RuntimeEntry),
    #[expect(dead_code, reason = "the version is for people")]
    Text(String),
}

#[derive(Deserialize)]
struct RuntimeEntry {
    file: PathBuf,
    sha256: String,
}

#[derive(Deserialize)]
struct ModelEntry {
    name: String,
    version: String,
    file: PathBuf,
    sha256: String,
    bytes: u64,
    input_side: u32,
    embedding_dim: usize,
    #[serde(default)]
    default: bool,
}

impl ModelFiles {
    /// Finds a model by name (the default one when `None`) in a folder that `cargo xtask model` made, and checks sizes
    /// and hashes against its manifest: some 20 ms a file, once a start.
    pub fn find(dir: &Path, name: Option<&str>) -> Result<Self, ModelError> {
        let (path, manifest) = Manifest::read(dir)?;
        let entry = manifest.pick(name).ok_or_else(|| ModelError::NoSuchModel {
            path: path.clone(),
            name: name.unwrap_or("default").to_owned(),
            known: manifest.models.iter().map(|m| format!("`{}`", m.name)).collect::<Vec<_>>().join(", "),
        })?;
        Self::checked(dir, &path, &manifest, entry)
    }

    /// Finds the model that made vectors of this version, and checks it as [`find`](Self::find) does; `None` when the
    /// manifest does not have it.
    pub fn of_version(dir: &Path, version: &ModelVersion) -> Result<Option<Self>, ModelError> {
        let (path, manifest) = Manifest::read(dir)?;
        let entry = manifest.models.iter().find(|entry| entry.version == version.as_str());
        entry.map(|entry| Self::checked(dir, &path, &manifest, entry)).transpose()
    }

    /// What the manifest of a folder says of the model that made vectors of this version, and where its file is; nobody has
    /// checked the file. `None` when the manifest does not have it.
    pub fn record_of_version(
        dir: &Path,
        version: &ModelVersion,
    ) -> Result<Option<(ModelRecord, PathBuf)>, ModelError> {
        let (_, manifest) = Manifest::read(dir)?;
        let entry = manifest.models.into_iter().find(|entry| entry.version == version.as_str());
        Ok(entry.map(|entry| {
            let record = ModelRecord {
                version: entry.version,
                sha256: entry.sha256,
                bytes: entry.bytes,
                input_side: entry.input_side,
                embedding_dim: entry.embedding_dim,
            };
            (record, dir.join(entry.file))
        }))
    }

    fn checked(dir: &Path, path: &Path, manifest: &Manifest, entry: &ModelEntry) -> Result<Self, ModelError> {
        let architecture = std::env::consts::ARCH;
        let Some(RuntimeField::Library(runtime)) = manifest.runtime.get(architecture) else {
            return Err(ModelError::NoRuntime { path: path.to_owned(), architecture });
        };
        let files = Self {
            runtime: dir.join(&runtime.file),
            model: dir.join(&entry.file),
            version: ModelVersion::new(&entry.version),
            input_side: entry.input_side,
            embedding_dim: entry.embedding_dim,
            outlines: manifest.outlines.as_ref().map(|outlines| dir.join(&outlines.file)),
        };
        check_file(&files.model, Some(entry.bytes), &entry.sha256)?;
        check_file(&files.runtime, None, &runtime.sha256)?;
        if let Some(entry) = &manifest.outlines {
            check_file(&dir.join(&entry.file), Some(entry.bytes), &entry.sha256)?;
        }
        Ok(files)
    }
}

impl Manifest {
    /// The manifest of a folder, with its path.
    fn read(dir: &Path) -> Result<(PathBuf, Self), ModelError> {
        let path = dir.join("manifest.json");
        let mut text = Vec::new();
        open(&path)?
            .read_to_end(&mut text)
            .map_err(|source| ModelError::Read { path: path.clone(), source })?;
        match serde_json::from_slice(&text) {
            Ok(manifest) => Ok((path, manifest)),
            Err(source) => Err(ModelError::Manifest { path, source }),
        }
    }

    fn pick(&self, name: Option<&str>) -> Option<&ModelEntry> {
        match name {
            Some(name) => self.models.iter().find(|m| m.name == name),
            None => self.models.iter().find(|m| m.default),
        }
    }
}

fn open(path: &Path) -> Result<File, ModelError> {
    File::open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ModelError::Missing { path: path.to_owned() },
        _ => ModelError::Read { path: path.to_owned(), source },
    })
}

pub(crate) fn check_file(path: &Path, bytes: Option<u64>, sha256: &str) -> Result<(), ModelError> {
    let failed = |source| ModelError::Read { path: path.to_owned(), source };
    let wrong = |problem| Err(ModelError::WrongFile { path: path.to_owned(), problem });
    let mut file = open(path)?;
    let length = file.metadata().map_err(failed)?.len();
    if let Some(expected) = bytes.filter(|&expected| expected != length) {
        return wrong(format!("{length} bytes long instead of {expected}"));
    }
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut chunk).map_err(failed)?;
        if read == 0 {
            break;
        }
        hasher.update(&chunk[..read]);
    }
    let found = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if found == sha256.to_ascii_lowercase() {
        Ok(())
    } else {
        wrong(format!("SHA-256 {found} instead of {sha256}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc`, from FIPS 180-4's examples.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn folder(manifest: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        std::fs::write(folder.path().join("m.onnx"), "abc").unwrap();
        std::fs::write(folder.path().join("rt.so"), "abc").unwrap();
        folder
    }

    fn manifest(model_hash: &str, bytes: u64) -> String {
        let architecture = std::env::consts::ARCH;
        format!(
            r#"{{"runtime":{{"version":"1.2.3","{architecture}":{{"file":"rt.so","sha256":"{ABC}"}}}},
            "models":[{{"name":"small","version":"small.1","file":"m.onnx","sha256":"{model_hash}","bytes":{bytes},
            "input_side":224,"embedding_dim":256,"default":true}}]}}"#
        )
    }

    fn message(folder: &tempfile::TempDir, name: Option<&str>) -> String {
        ModelFiles::find(folder.path(), name)
            .unwrap_err()
            .to_string()
            .replace(folder.path().to_str().unwrap(), "built")
    }

    #[test]
    fn finds_the_default_and_a_named_model() {
        let folder = folder(&manifest(ABC, 3));
        let files = ModelFiles::find(folder.path(), None).unwrap();
        assert_eq!((files.version.as_str(), files.input_side, files.embedding_dim), ("small.1", 224, 256));
        assert_eq!(ModelFiles::find(folder.path(), Some("small")).unwrap(), files);
        assert_eq!(ModelFiles::of_version(folder.path(), &files.version).unwrap(), Some(files));
        assert_eq!(ModelFiles::of_version(folder.path(), &ModelVersion::new("small.0")).unwrap(), None);
        assert_eq!(
            message(&folder, Some("big")),
            "the manifest `built/manifest.json` has no model `big`: it has `small`; others are made by `cargo xtask model`"
        );
    }

    #[test]
    fn finds_the_network_of_outlines_where_there_is_one() {
        let older = folder(&manifest(ABC, 3));
        assert_eq!(ModelFiles::find(older.path(), None).unwrap().outlines, None);
        let with = |hash: &str| {
            let entry = format!(r#"{{"version":"o.1","file":"m.onnx","sha256":"{hash}","bytes":3}}"#);
            folder(&manifest(ABC, 3).replacen('{', &format!(r#"{{"outlines":{entry},"#), 1))
        };
        let newer = with(ABC);
        let found = ModelFiles::find(newer.path(), None).unwrap().outlines;
        assert_eq!(found, Some(newer.path().join("m.onnx")));
        let damaged = message(&with(&"0".repeat(64)), None);
        assert!(damaged.starts_with("`built/m.onnx` is not the file its manifest names"), "{damaged}");
    }

    #[test]
    fn names_the_file_and_the_command_when_something_is_wrong() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(
            message(&empty, None),
            "`built/manifest.json` is missing: make it with `cargo xtask model`"
        );
        assert_eq!(
            message(&folder("{"), None),
            "the manifest `built/manifest.json` cannot be understood: make it again with `cargo xtask model`"
        );
        assert_eq!(
            message(&folder(&manifest(ABC, 4)), None),
            "`built/m.onnx` is not the file its manifest names (3 bytes long instead of 4): delete it and make it again with `cargo xtask model`"
        );
        let other = "0".repeat(64);
        assert_eq!(
            message(&folder(&manifest(&other, 3)), None),
            format!(
                "`built/m.onnx` is not the file its manifest names (SHA-256 {ABC} instead of {other}): delete it and make it again with `cargo xtask model`"
            )
        );
        let gone = folder(&manifest(ABC, 3));
        std::fs::remove_file(gone.path().join("rt.so")).unwrap();
        assert_eq!(message(&gone, None), "`built/rt.so` is missing: make it with `cargo xtask model`");
    }
}
