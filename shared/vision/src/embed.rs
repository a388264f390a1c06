//! The model's input to a vector, by ONNX Runtime.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use domain::embedding::{Embedding, EmbeddingError};
use domain::ids::ModelVersion;
use ort::environment::Environment;
use ort::session::Session;
use ort::value::{TensorElementType, TensorRef, ValueType};
use thiserror::Error;

use crate::calibrate::Experience;
use crate::decode::Picture;
use crate::models::{ModelError, ModelFiles};
use crate::preprocess::{Region, to_input};

/// Name of the model's input: uint8, pictures x side x side x 3.
const INPUT: &str = "images";
/// Name of the output that is read: float32, pictures x dimensions, unit length.
const OUTPUT: &str = "embedding";
/// Key of the model's metadata that lists the photos it learnt from.
const LEARNT_FROM: &str = "learnt_from";
/// Key of its trials of photos that it did not learn from, as [`Experience::new`] takes them.
const TRIALS: &str = "trials";
/// Most pictures in one run: past this the activations only take memory.
const BATCH: usize = 8;

/// The runtime that this process loaded. The library cannot be unloaded or loaded twice.
static RUNTIME: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// An open session of one model. One thread uses it; it may be moved to another.
pub struct Embedder {
    session: Session,
    path: PathBuf,
    version: ModelVersion,
    input_side: u32,
    dim: usize,
    /// Where several pictures are laid one behind the other, kept from run to run.
    batch: Vec<u8>,
}

/// Why an input has no vector.
#[derive(Debug, Error)]
pub enum EmbedError {
    /// An input that `to_input` did not make for this model.
    #[error("an input of {given} bytes was given to a model that reads {expected}")]
    InputSize {
        /// Bytes given.
        given: usize,
        /// Bytes a picture has.
        expected: usize,
    },
    /// The runtime failed.
    #[error("ONNX Runtime failed to run model `{model}`")]
    Run {
        /// The model.
        model: ModelVersion,
        /// What the runtime said.
        #[source]
        source: ort::Error,
    },
    /// What the model gave is no embedding.
    #[error("the model's output cannot be used")]
    Output(#[from] EmbeddingError),
}

impl Embedder {
    /// Loads the runtime (once a process) and the model; `threads` is how many cores one inference may use.
    pub fn open(files: &ModelFiles, threads: usize) -> Result<Self, ModelError> {
        let session = open_session(files, &files.model, threads)?;
        check_shape(&session, files)?;
        Ok(Self {
            session,
            path: files.model.clone(),
            version: files.version.clone(),
            input_side: files.input_side,
            dim: files.embedding_dim,
            batch: Vec::new(),
        })
    }

    /// The model's version: the label of its vectors.
    pub fn version(&self) -> &ModelVersion {
        &self.version
    }

    /// Side of the model's square input, in pixels.
    pub fn input_side(&self) -> u32 {
        self.input_side
    }

    /// Length of its vectors.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The photos that the model learnt from, each as the first 8 bytes of the SHA-256 of its file; `None` when the model
    /// does not say. Models carry them as hexadecimal text in the metadata `learnt_from`, so that nobody takes a photo it
    /// has seen for a test.
    pub fn learnt_from(&self) -> Option<BTreeSet<[u8; 8]>> {
        let text = self.session.metadata().ok()?.custom(LEARNT_FROM)?;
        parse_hashes(&text)
    }

    /// What the model knows of itself, from its metadata; nothing where it says nothing.
    pub fn experience(&self) -> Result<Experience, ModelError> {
        let metadata = self.session.metadata().ok();
        let trials = metadata.as_ref().and_then(|metadata| metadata.custom(TRIALS));
        let learnt_from = self.learnt_from().unwrap_or_default();
        Experience::new(learnt_from, trials.as_deref())
            .map_err(|source| ModelError::Experience { path: self.path.clone(), source })
    }

    /// Embeds inputs made by [`to_input`](crate::preprocess::to_input), in order.
    pub fn embed(&mut self, inputs: &[Vec<u8>]) -> Result<Vec<Embedding>, EmbedError> {
        let mut embeddings = Vec::with_capacity(inputs.len());
        for inputs in inputs.chunks(BATCH) {
            if let [input] = inputs {
                embeddings.extend(self.run(input, 1)?);
            } else {
                let mut batch = std::mem::take(&mut self.batch);
                batch.clear();
                for input in inputs {
                    self.check_input(input)?;
                    batch.extend_from_slice(input);
                }
                let result = self.run(&batch, inputs.len());
                self.batch = batch;
                embeddings.extend(result?);
            }
        }
        Ok(embeddings)
    }

    /// Cuts, resizes and embeds one region of a picture.
    pub fn embed_picture(&mut self, picture: &Picture, region: Region) -> Result<Embedding, EmbedError> {
        self.embed_region(&picture.rgb, (picture.width, picture.height), region)
    }

    /// Cuts, resizes and embeds one region of RGB pixels.
    pub fn embed_region(
        &mut self,
        rgb: &[u8],
        size: (u32, u32),
        region: Region,
    ) -> Result<Embedding, EmbedError> {
        let input = to_input(rgb, size, region, self.input_side);
        let mut embeddings = self.run(&input, 1)?;
        Ok(embeddings.pop().expect("one picture gives one vector"))
    }

    /// Runs the bare session on one input and drops what it gives: what the time of [`embed`](Self::embed) is compared
    /// with in benchmarks.
    pub fn run_bare(&mut self, input: &[u8]) -> Result<(), EmbedError> {
        let side = self.input_side as usize;
        let run = |session: &mut Session| -> Result<(), ort::Error> {
            let tensor = TensorRef::from_array_view(([1, side, side, 3], input))?;
            session.run(ort::inputs![INPUT => tensor])?;
            Ok(())
        };
        run(&mut self.session).map_err(|source| EmbedError::Run { model: self.version.clone(), source })
    }

    fn check_input(&self, input: &[u8]) -> Result<(), EmbedError> {
        let expected = self.input_side as usize * self.input_side as usize * 3;
        if input.len() == expected {
            Ok(())
        } else {
            Err(EmbedError::InputSize { given: input.len(), expected })
        }
    }

    fn run(&mut self, pixels: &[u8], count: usize) -> Result<Vec<Embedding>, EmbedError> {
        if count == 1 {
            self.check_input(pixels)?;
        }
        let failed = |source| EmbedError::Run { model: self.version.clone(), source };
        let side = self.input_side as usize;
        let tensor = TensorRef::from_array_view(([count, side, side, 3], pixels)).map_err(failed)?;
        let outputs = self.session.run(ort::inputs![INPUT => tensor]).map_err(failed)?;
        let (_, values) = outputs[OUTPUT].try_extract_tensor::<f32>().map_err(failed)?;
        let vectors = values.chunks_exact(self.dim);
        vectors.map(|vector| Ok(Embedding::new(self.version.clone(), Arc::from(vector))?)).collect()
    }
}

/// Hashes of 8 bytes each, written one after the other in hexadecimal; `None` for any other text.
fn parse_hashes(text: &str) -> Option<BTreeSet<[u8; 8]>> {
    let (hashes, rest) = text.as_bytes().as_chunks::<16>();
    if !rest.is_empty() {
        return None;
    }
    let parse = |digits: &[u8; 16]| {
        let digits =
            std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
        Some(u64::from_str_radix(digits, 16).ok()?.to_be_bytes())
    };
    hashes.iter().map(parse).collect()
}

/// Opens a model of the folder that `files` are of, for one thread; `threads` is how many cores one inference may use.
pub(crate) fn open_session(files: &ModelFiles, model: &Path, threads: usize) -> Result<Session, ModelError> {
    let environment = load_runtime(files)?;
    let open = || -> Result<Session, ort::Error> {
        // Idle threads that spin would take the cores from the camera and the checkout.
        Session::builder(&environment)?
            .with_intra_threads(threads.max(1))?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?
            .commit_from_file(model)
    };
    open().map_err(|source| ModelError::Open { path: model.to_owned(), source })
}

/// The runtime of these files, loaded once a process.
fn load_runtime(files: &ModelFiles) -> Result<Environment, ModelError> {
    let asked = files.runtime.canonicalize().map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ModelError::Missing { path: files.runtime.clone() },
        _ => ModelError::Read { path: files.runtime.clone(), source },
    })?;
    // Nothing panics while it is held but the loader itself, which then left it empty.
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((loaded, environment)) = &*runtime {
        return if *loaded == asked {
            Ok(environment.clone())
        } else {
            Err(ModelError::OtherRuntime { loaded: loaded.clone(), asked })
        };
    }
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| ModelError::Runtime {
        path: files.runtime.clone(),
        source,
    };
    let builder = ort::init_from(&asked).map_err(|error| failed(Box::new(error)))?;
    let environment = builder.with_telemetry(false).build().map_err(|error| failed(Box::new(error)))?;
    *runtime = Some((asked, environment.clone()));
    Ok(environment)
}

fn check_shape(session: &Session, files: &ModelFiles) -> Result<(), ModelError> {
    let side = i64::from(files.input_side);
    let dim = i64::try_from(files.embedding_dim).expect("a vector's length is small");
    let wanted = [
        (session.inputs(), INPUT, TensorElementType::Uint8, vec![-1, side, side, 3]),
        (session.outputs(), OUTPUT, TensorElementType::Float32, vec![-1, dim]),
    ];
    for (outlets, name, element, dimensions) in wanted {
        let found = outlets.iter().find(|outlet| outlet.name() == name).map(ort::value::Outlet::dtype);
        let fits = matches!(found, Some(ValueType::Tensor { ty, shape, .. })
            if *ty == element && shape[..] == dimensions[..]);
        if !fits {
            let found = found.map_or("nothing".to_owned(), |dtype| format!("{dtype:?}"));
            let problem = format!("`{name}` must be {element:?} {dimensions:?} and is {found}");
            return Err(ModelError::Shape { path: files.model.clone(), problem });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_hashes_of_photos_and_nothing_else() {
        let two = parse_hashes("000737defd7b84e60008eaaf5488a6ab").unwrap();
        assert_eq!(two.len(), 2);
        assert!(two.contains(&[0x00, 0x07, 0x37, 0xde, 0xfd, 0x7b, 0x84, 0xe6]));
        assert_eq!(parse_hashes(""), Some(BTreeSet::new()));
        for text in ["000737defd7b84e", "+00737defd7b84e6", "0007 7defd7b84e6", "ж00737defd7b84"] {
            assert_eq!(parse_hashes(text), None, "{text}");
        }
    }
}
