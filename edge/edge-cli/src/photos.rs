//! Photos to vectors: found, decoded on all cores, embedded in batches.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::Context as _;
use domain::embedding::Embedding;
use domain::ids::ViewId;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use sha2::{Digest as _, Sha256};
use vision::embed::Embedder;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// Photos that go through the model together. More gains nothing on a processor and costs memory.
const BATCH: usize = 8;
/// Photos that are decoded while the batches before them are embedded.
const CHUNK: usize = 32;

/// True when the name says that it is a photo that can be read. What it really is shows when it is decoded.
pub(crate) fn is_photo(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["jpg", "jpeg", "png", "webp"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The photos in a folder and the folders below it, in order of path.
pub(crate) fn photos_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else if is_photo(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What lies in a folder, hidden files left out, in order of name.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    };
    let mut paths = read().with_context(|| format!("failed to read the folder `{}`", folder.display()))?;
    let hidden =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    paths.retain(|path| !hidden(path));
    paths.sort();
    Ok(paths)
}

/// What the view of a photo is named by.
pub(crate) fn name(photo: &Path) -> Result<[u8; ViewId::PHOTO_BYTES], Failure> {
    let bytes = std::fs::read(photo).with_context(|| format!("failed to read `{}`", photo.display()))?;
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    Ok(*hash.first_chunk().expect("a hash is longer than a name"))
}

/// Embeds what `prepare` makes of each job, in order. A job that cannot be prepared has its error in its place and stops
/// nothing; a model that fails, or Ctrl-C, stops everything.
pub(crate) fn embed_all<J, E>(
    embedder: &mut Embedder,
    jobs: &[J],
    prepare: impl Fn(&J) -> Result<Vec<u8>, E> + Sync,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Vec<Result<Embedding, E>>, Failure>
where
    J: Sync,
    E: Send,
{
    let mut done = Vec::with_capacity(jobs.len());
    std::thread::scope(|scope| {
        // One chunk waits, one is being decoded: the decoder stops when the embedder is behind.
        let (sender, receiver) = mpsc::sync_channel(1);
        let prepare = &prepare;
        std::thread::Builder::new()
            .name("decode".to_owned())
            .spawn_scoped(scope, move || {
                for chunk in jobs.chunks(CHUNK) {
                    let inputs: Vec<Result<Vec<u8>, E>> = chunk.par_iter().map(prepare).collect();
                    // Nobody listens any more once the embedder has failed or was interrupted.
                    if sender.send(inputs).is_err() {
                        return;
                    }
                }
            })
            .context("failed to start a thread")?;
        for inputs in receiver {
            interrupt.check()?;
            embed_chunk(embedder, inputs, &mut done, progress, interrupt)?;
        }
        Ok(done)
    })
}

fn embed_chunk<E>(
    embedder: &mut Embedder,
    inputs: Vec<Result<Vec<u8>, E>>,
    done: &mut Vec<Result<Embedding, E>>,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let first = done.len();
    let mut good = Vec::with_capacity(inputs.len());
    let mut places = Vec::with_capacity(inputs.len());
    for (place, input) in inputs.into_iter().enumerate() {
        match input {
            Ok(input) => {
                good.push(input);
                places.push((place, None));
            }
            Err(error) => places.push((place, Some(error))),
        }
    }
    let mut embeddings = Vec::with_capacity(good.len());
    for batch in good.chunks(BATCH) {
        interrupt.check()?;
        embeddings.extend(embedder.embed(batch).context("failed to embed the photos")?);
        progress.step(batch.len() as u64);
    }
    let mut embeddings = embeddings.into_iter();
    for (place, error) in places {
        debug_assert_eq!(first + place, done.len(), "photos keep their order");
        done.push(match error {
            Some(error) => Err(error),
            None => Ok(embeddings.next().expect("one vector for each input")),
        });
    }
    Ok(())
}
