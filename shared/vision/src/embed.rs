//! The model's input to a vector, by ONNX Runtime.

use domain::embedding::{Embedding, EmbeddingError};
use domain::ids::ModelVersion;
use thiserror::Error;

use crate::decode::Picture;
use crate::models::{ModelError, ModelFiles};
use crate::preprocess::Region;

/// An open session of one model. One thread uses it; it may be moved to another.
pub struct Embedder {
    version: ModelVersion,
    input_side: u32,
}

/// Why an input has no vector.
#[derive(Debug, Error)]
pub enum EmbedError {
    /// What the model gave is no embedding.
    #[error("the model's output cannot be used")]
    Output(#[from] EmbeddingError),
}

impl Embedder {
    /// Loads the runtime (once a process) and the model; `threads` is how many cores one inference may use.
    pub fn open(_files: &ModelFiles, _threads: usize) -> Result<Self, ModelError> {
        unimplemented!()
    }

    /// The model's version: the label of its vectors.
    pub fn version(&self) -> &ModelVersion {
        &self.version
    }

    /// Side of the model's square input, in pixels.
    pub fn input_side(&self) -> u32 {
        self.input_side
    }

    /// Embeds inputs made by [`to_input`](crate::preprocess::to_input), in order.
    pub fn embed(&mut self, _inputs: &[Vec<u8>]) -> Result<Vec<Embedding>, EmbedError> {
        unimplemented!()
    }

    /// Cuts, resizes and embeds one region of a picture.
    pub fn embed_picture(&mut self, _picture: &Picture, _region: Region) -> Result<Embedding, EmbedError> {
        unimplemented!()
    }
}
