//! The model files of `models/built` and whether they are what the manifest says.

use std::path::{Path, PathBuf};

use domain::ids::ModelVersion;
use thiserror::Error;

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
}

/// Why no model can be opened.
#[derive(Debug, Error)]
pub enum ModelError {
    /// A file is not there.
    #[error("`{path}` is missing: make it with `cargo xtask model`")]
    Missing {
        /// The file.
        path: PathBuf,
    },
}

impl ModelFiles {
    /// Finds a model by name (the default one when `None`) in a folder that `cargo xtask model` made, and checks sizes
    /// and hashes against its manifest.
    pub fn find(_dir: &Path, _name: Option<&str>) -> Result<Self, ModelError> {
        unimplemented!()
    }
}
