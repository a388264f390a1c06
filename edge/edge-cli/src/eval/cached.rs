//! Vectors of photos, kept between runs: a photo's bytes, the model, the crop and the distortion name a vector.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use domain::embedding::Embedding;
use domain::ids::{ModelVersion, ViewId};
use sha2::{Digest as _, Sha256};
use vision::calibrate::Experience;
use vision::decode::{Limits, Picture, decode};
use vision::embed::Embedder;
use vision::models::ModelFiles;
use vision::preprocess::{centre_crop, to_input};

use super::distort::Distortion;
use crate::Context;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::photos::embed_all;
use crate::progress::Progress;
use crate::{cache, models};

/// First bytes of a file of vectors.
const MAGIC: &[u8; 8] = b"tsvec-1\n";
/// Photos between two saves: what Ctrl-C can cost.
const SLICE: usize = 256;

type Key = [u8; 32];

/// Embeds photos with one model and remembers what came out.
pub(crate) struct Lab<'a> {
    context: &'a Context,
    interrupt: &'a Interrupt,
    files: ModelFiles,
    embedder: Option<Embedder>,
    folder: PathBuf,
    /// Of photos that were read before, the hash of the file.
    hashes: HashMap<PathBuf, Key>,
}

impl<'a> Lab<'a> {
    /// A lab with the model of this name, the manifest's default without one.
    pub(crate) fn new(
        context: &'a Context,
        model: Option<&str>,
        interrupt: &'a Interrupt,
    ) -> Result<Self, Failure> {
        let files = models::find(context, model)?;
        let folder = cache::folder("eval")?.join(format!("{}-{}", files.version, fingerprint(&files)));
        Ok(Self { context, interrupt, files, embedder: None, folder, hashes: HashMap::new() })
    }

    /// The model's version.
    pub(crate) fn version(&self) -> &ModelVersion {
        &self.files.version
    }

    /// The open model; it is opened when first needed, since most runs find every vector in the cache.
    pub(crate) fn embedder(&mut self) -> Result<&mut Embedder, Failure> {
        match &mut self.embedder {
            Some(embedder) => Ok(embedder),
            empty => Ok(empty.insert(models::open(&self.files)?)),
        }
    }

    /// What the model knows of itself.
    pub(crate) fn experience(&mut self) -> Result<Experience, Failure> {
        Ok(self.embedder()?.experience()?)
    }

    /// What the view of each of these photos is named by.
    pub(crate) fn names(&mut self, photos: &[&Path]) -> Result<Vec<[u8; ViewId::PHOTO_BYTES]>, Failure> {
        let start = |hash: &Key| *hash.first_chunk().expect("a hash is longer than a name");
        Ok(self.hashes(photos)?.iter().map(start).collect())
    }

    fn hashes(&mut self, photos: &[&Path]) -> Result<Vec<Key>, Failure> {
        let new: Vec<&Path> =
            photos.iter().copied().filter(|photo| !self.hashes.contains_key(*photo)).collect();
        let hashes = hash_files(&new)?;
        self.hashes.extend(new.into_iter().map(Path::to_owned).zip(hashes));
        Ok(photos.iter().map(|photo| self.hashes[*photo]).collect())
    }

    /// Which of these photos the model learnt from; `None` when it does not say.
    pub(crate) fn seen(&mut self, photos: &[&Path]) -> Result<Option<Vec<bool>>, Failure> {
        let Some(learnt_from) = self.embedder()?.learnt_from() else { return Ok(None) };
        let is_seen = |hash: &Key| hash.first_chunk::<8>().is_some_and(|start| learnt_from.contains(start));
        Ok(Some(self.hashes(photos)?.iter().map(is_seen).collect()))
    }

    /// The vectors of these photos, in order, each distorted first.
    pub(crate) fn vectors(
        &mut self,
        photos: &[&Path],
        distortion: Distortion,
    ) -> Result<Vec<Embedding>, Failure> {
        let file = self.folder.join(format!("{}.vectors", distortion.name()));
        let mut known = load(&file, self.files.embedding_dim);
        let keys = self.hashes(photos)?;
        let missing: Vec<(&Path, Key)> = photos
            .iter()
            .copied()
            .zip(keys.iter().copied())
            .filter(|(_, key)| !known.contains_key(key))
            .collect();
        if !missing.is_empty() {
            self.embed_missing(&missing, distortion, &mut known, &file)?;
        }
        keys.iter()
            .map(|key| {
                let values = known.get(key).expect("every photo was found or embedded").clone();
                Ok(Embedding::new(self.files.version.clone(), values)
                    .context("failed to use a kept vector")?)
            })
            .collect()
    }

    fn embed_missing(
        &mut self,
        missing: &[(&Path, Key)],
        distortion: Distortion,
        known: &mut HashMap<Key, Arc<[f32]>>,
        file: &Path,
    ) -> Result<(), Failure> {
        let console = &self.context.console;
        let what = match distortion {
            Distortion::None => "embedding".to_owned(),
            other => format!("embedding, {}", other.name()),
        };
        console.say(format_args!("{what}: {} photos with {}", missing.len(), self.files.version));
        let progress = Progress::new(console, missing.len() as u64, &what);
        let (side, interrupt) = (self.files.input_side, self.interrupt.clone());
        let embedder = self.embedder()?;
        for slice in missing.chunks(SLICE) {
            let prepare = |(path, key): &(&Path, Key)| input(path, key, side, distortion);
            let embedded = embed_all(embedder, slice, prepare, &progress, &interrupt)?;
            for ((_, key), vector) in slice.iter().zip(embedded) {
                known.insert(*key, vector?.values().into());
            }
            save(file, known)?;
        }
        Ok(())
    }
}

fn input(path: &Path, key: &Key, side: u32, distortion: Distortion) -> Result<Vec<u8>, Failure> {
    let picture = read_picture(path)?;
    let region = centre_crop(picture.width, picture.height);
    let mut input = to_input(&picture.rgb, (picture.width, picture.height), region, side);
    let (seed, _) = key.split_first_chunk().expect("a hash is longer than a seed");
    distortion.apply(&mut input, side, u64::from_le_bytes(*seed));
    Ok(input)
}

/// Reads and decodes a photo of the data set.
pub(crate) fn read_picture(path: &Path) -> Result<Picture, Failure> {
    let bytes = std::fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    let picture = decode(&bytes, &Limits::default());
    Ok(picture.with_context(|| format!("failed to decode `{}`", path.display()))?)
}

fn hash_files(photos: &[&Path]) -> Result<Vec<Key>, Failure> {
    use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
    photos
        .par_iter()
        .map(|path| {
            let bytes =
                std::fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))?;
            Ok(Sha256::digest(bytes).into())
        })
        .collect()
}

/// Changes with the preparation of the model's input, so that vectors of another one are not taken for good.
fn fingerprint(files: &ModelFiles) -> String {
    let (width, height) = (331, 277);
    let rgb: Vec<u8> = (0..width * height * 3).map(|i| (i * 7 % 251) as u8).collect();
    let input = to_input(&rgb, (width, height), centre_crop(width, height), files.input_side);
    let hash = Sha256::digest(input);
    hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Reads kept vectors. A file that is not there, or is not one, is as good as an empty one: it can be made again.
fn load(file: &Path, dim: usize) -> HashMap<Key, Arc<[f32]>> {
    let bytes = std::fs::read(file).unwrap_or_default();
    let Some(records) = bytes.strip_prefix(MAGIC) else { return HashMap::new() };
    let record = size_of::<Key>() + dim * size_of::<f32>();
    if records.len() % record != 0 {
        return HashMap::new();
    }
    records
        .chunks_exact(record)
        .map(|record| {
            let (key, numbers) = record.split_first_chunk().expect("a record starts with its key");
            let values = numbers.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            (*key, values.collect())
        })
        .collect()
}

/// Writes vectors beside and moves them into place, so that a stopped run leaves a whole file.
fn save(file: &Path, vectors: &HashMap<Key, Arc<[f32]>>) -> Result<(), Failure> {
    let write = || -> std::io::Result<()> {
        let folder = file.parent().expect("the file lies in the cache folder");
        std::fs::create_dir_all(folder)?;
        let beside = file.with_extension(format!("{}.tmp", std::process::id()));
        let mut out = std::io::BufWriter::new(std::fs::File::create(&beside)?);
        out.write_all(MAGIC)?;
        for (key, values) in vectors {
            out.write_all(key)?;
            for value in values.iter() {
                out.write_all(&value.to_le_bytes())?;
            }
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        std::fs::rename(&beside, file)
    };
    write().with_context(|| format!("failed to write `{}`", file.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_vectors_and_passes_over_what_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model/none.vectors");
        let vectors = HashMap::from([([1; 32], Arc::from([0.5, -0.5])), ([2; 32], Arc::from([1.0, 0.0]))]);
        assert!(load(&file, 2).is_empty());
        save(&file, &vectors).unwrap();
        assert_eq!(load(&file, 2), vectors);
        assert!(load(&file, 3).is_empty(), "vectors of another length are another model's");
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        assert!(load(&file, 2).is_empty(), "a cut file is made again");
    }
}
