//! Models that came from elsewhere than this box's package: each a file and what is known of it, in a folder of their own.
//!
//! A model is there once its record is, and the record is written last. The runtime and what sees outlines are the package's.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use domain::ids::ModelVersion;
use serde::{Deserialize, Serialize};

use crate::models::{ModelError, ModelFiles, check_file};

/// The folder of fetched models in a till's data folder.
pub const FETCHED_FOLDER: &str = "models";

/// What is known of a model's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// What its vectors are labelled with.
    pub version: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// Side of its square input, in pixels.
    pub input_side: u32,
    /// Length of its vectors.
    pub embedding_dim: usize,
}

/// Where the model of this version is, or will be, in a folder of fetched ones; `None` for a label that can be no file's name.
pub fn place_of(folder: &Path, version: &ModelVersion) -> Option<PathBuf> {
    let label = version.as_str();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let plain = (1..=100).contains(&label.len()) && !label.starts_with('.') && label.bytes().all(is_plain);
    plain.then(|| folder.join(format!("{label}.onnx")))
}

/// Takes a file that has arrived under another name: checks it against its record and puts it in its place.
pub fn keep(folder: &Path, record: &ModelRecord, arrived: &Path) -> Result<(), ModelError> {
    let version = ModelVersion::new(&record.version);
    let place = place_of(folder, &version).ok_or_else(|| ModelError::WrongFile {
        path: arrived.to_owned(),
        problem: format!("`{version}` is no name for a file"),
    })?;
    check_file(arrived, Some(record.bytes), &record.sha256)?;
    let failed = |source| ModelError::Write { path: place.clone(), source };
    let text = serde_json::to_vec_pretty(record).map_err(|error| failed(error.into()))?;
    File::open(arrived).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(arrived, &place).map_err(failed)?;
    let (new, known) = (place.with_extension("json.new"), record_of(&place));
    File::create(&new)
        .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&new, &known))
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(failed)
}

/// Where the file of that model is put together.
pub fn part_of(place: &Path) -> PathBuf {
    place.with_extension("part")
}

/// Removes every fetched model, and every part of one, but these; gives back how many left.
pub fn keep_only(folder: &Path, wanted: &[ModelVersion]) -> std::io::Result<usize> {
    let stays: Vec<PathBuf> = wanted.iter().filter_map(|version| place_of(folder, version)).collect();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut removed = 0;
    for entry in entries {
        let path = entry?.path();
        let is_ours = path.extension().is_some_and(|extension| extension == "onnx" || extension == "part");
        if !is_ours || stays.contains(&path.with_extension("onnx")) {
            continue;
        }
        // The record first: without it the file is not taken for a model.
        for file in [record_of(&path), path] {
            match fs::remove_file(file) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        removed += 1;
    }
    Ok(removed)
}

impl ModelFiles {
    /// The fetched model of this version with the runtime of these files, checked as a packaged one is; `None` where it was
    /// not fetched.
    pub fn fetched(&self, folder: &Path, version: &ModelVersion) -> Result<Option<Self>, ModelError> {
        let Some(place) = place_of(folder, version) else { return Ok(None) };
        let known = record_of(&place);
        let text = match fs::read(&known) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ModelError::Read { path: known, source }),
        };
        let record: ModelRecord =
            serde_json::from_slice(&text).map_err(|source| ModelError::Record { path: known, source })?;
        check_file(&place, Some(record.bytes), &record.sha256)?;
        Ok(Some(Self {
            model: place,
            version: version.clone(),
            input_side: record.input_side,
            embedding_dim: record.embedding_dim,
            ..self.clone()
        }))
    }
}

fn record_of(place: &Path) -> PathBuf {
    place.with_extension("onnx.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc`, from FIPS 180-4's examples.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn record(version: &str) -> ModelRecord {
        ModelRecord {
            version: version.to_owned(),
            sha256: ABC.to_owned(),
            bytes: 3,
            input_side: 260,
            embedding_dim: 384,
        }
    }

    fn packaged() -> ModelFiles {
        ModelFiles {
            runtime: "rt.so".into(),
            model: "old.onnx".into(),
            version: ModelVersion::new("old.1"),
            input_side: 224,
            embedding_dim: 256,
            outlines: Some("outlines.onnx".into()),
        }
    }

    #[test]
    fn what_was_fetched_whole_is_a_model_with_the_packages_runtime() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, version) = (folder.path(), ModelVersion::new("new-260.ba7816bf8f01"));
        assert_eq!(packaged().fetched(folder, &version).unwrap(), None);
        let part = folder.join("part");
        fs::write(&part, "abd").unwrap();
        let wrong = keep(folder, &record(version.as_str()), &part).unwrap_err();
        assert!(matches!(wrong, ModelError::WrongFile { .. }), "{wrong}");
        assert_eq!(packaged().fetched(folder, &version).unwrap(), None);
        fs::write(&part, "abc").unwrap();
        keep(folder, &record(version.as_str()), &part).unwrap();
        let found = packaged().fetched(folder, &version).unwrap().unwrap();
        let expected = ModelFiles {
            model: folder.join("new-260.ba7816bf8f01.onnx"),
            version: version.clone(),
            input_side: 260,
            embedding_dim: 384,
            ..packaged()
        };
        assert_eq!(found, expected);
        fs::write(&expected.model, "abd").unwrap();
        assert!(packaged().fetched(folder, &version).is_err(), "a damaged file is no model");
    }

    #[test]
    fn labels_that_are_no_file_names_are_fetched_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("part");
        fs::write(&part, "abc").unwrap();
        for label in ["../evil", "", ".hidden", "a/b", "a b", &"x".repeat(101)] {
            assert_eq!(place_of(folder.path(), &ModelVersion::new(label)), None, "{label}");
            assert!(keep(folder.path(), &record(label), &part).is_err(), "{label}");
        }
        assert!(part.exists());
    }

    #[test]
    fn models_that_nothing_needs_leave() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["a.1", "b.1"] {
            let part = part_of(&place_of(folder.path(), &ModelVersion::new(version)).unwrap());
            fs::write(&part, "abc").unwrap();
            keep(folder.path(), &record(version), &part).unwrap();
        }
        fs::write(folder.path().join("c.1.part"), "ab").unwrap();
        let (a, b) = (ModelVersion::new("a.1"), ModelVersion::new("b.1"));
        assert_eq!(keep_only(folder.path(), std::slice::from_ref(&b)).unwrap(), 2);
        assert_eq!(packaged().fetched(folder.path(), &a).unwrap(), None);
        assert!(packaged().fetched(folder.path(), &b).unwrap().is_some());
        assert_eq!(keep_only(&folder.path().join("none"), &[]).unwrap(), 0);
    }
}
