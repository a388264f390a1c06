//! Models for tills that lack one: the file of this cloud's `vision.models`, in pieces, from wherever a till stopped.

use std::collections::HashSet;
use std::io::SeekFrom;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::ModelVersion;
use domain::sale::TillRef;
use futures_util::stream::{BoxStream, StreamExt as _, once, try_unfold};
use sync_core::chain::from_hex;
use sync_core::model_offer::{MODEL_MAX_BYTES, ModelOffer};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use vision::fetched::ModelRecord;
use vision::models::ModelFiles;
use wire::catalogue::{from_chunk, from_offer};
use wire::v1::ModelPart;

use super::caller;
use crate::gateway::Shared;

/// Bytes of the file in one part.
const CHUNK_BYTES: u64 = 256 * 1024;
/// Models on their way at once; the next till comes again in a while.
const AT_ONCE: usize = 32;

/// Gives models out.
pub(super) struct Models {
    shared: Shared,
    places: Arc<Semaphore>,
    /// Tills that fetch one: each has one place, however many calls it makes.
    fetching: Arc<Mutex<HashSet<TillRef>>>,
}

/// A till's place; free again when it is dropped.
struct Place {
    till: TillRef,
    fetching: Arc<Mutex<HashSet<TillRef>>>,
    _one_of_all: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.fetching.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.till);
    }
}

/// What is left of a file.
struct Rest {
    file: File,
    left: u64,
    _place: Place,
}

impl Models {
    pub(super) fn new(shared: Shared) -> Self {
        Self { shared, places: Arc::new(Semaphore::new(AT_ONCE)), fetching: Arc::default() }
    }

    /// The offer, and the file from `offset` on. Only what a kept generation of the till's store names is given out.
    pub(super) async fn get(
        &self,
        till: &TillRef,
        version: &str,
        offset: u64,
    ) -> Result<BoxStream<'static, Result<ModelPart, Status>>, Status> {
        let version = ModelVersion::new(version);
        let kept = self.shared.store.generations(&till.org, &till.store).await;
        let kept = kept.map_err(|error| caller::status(&error))?;
        if kept.iter().all(|info| info.head.model.as_ref() != Some(&version)) {
            return Err(Status::not_found("no generation of this store has that model"));
        }
        let place = self.place(till)?;
        let (offer, path) = self.find(version).await?;
        if offset > offer.bytes {
            return Err(Status::out_of_range(format!("the model has {} bytes, not {offset}", offer.bytes)));
        }
        let file = open_at(&path, offset).await.map_err(|error| {
            tracing::error!(%error, path = %path.display(), "a model cannot be read");
            Status::unavailable("the model cannot be read now: try again later")
        })?;
        let signature = self.shared.signer.sign_offer(&till.org, &offer);
        let first = from_offer(&offer, &signature);
        let rest = Rest { file, left: offer.bytes - offset, _place: place };
        let chunks = try_unfold(rest, |mut rest| async move {
            let chunk = rest.next().await?;
            Ok(chunk.map(|chunk| (from_chunk(chunk), rest)))
        });
        Ok(once(async move { Ok(first) }).chain(chunks).boxed())
    }

    fn place(&self, till: &TillRef) -> Result<Place, Status> {
        let one_of_all = Arc::clone(&self.places).try_acquire_owned();
        let one_of_all = one_of_all
            .map_err(|_| Status::resource_exhausted("many tills fetch a model now: try again later"))?;
        if !self.fetching.lock().unwrap_or_else(PoisonError::into_inner).insert(till.clone()) {
            return Err(Status::resource_exhausted("the till fetches a model already: try again later"));
        }
        Ok(Place { till: till.clone(), fetching: Arc::clone(&self.fetching), _one_of_all: one_of_all })
    }

    async fn find(&self, version: ModelVersion) -> Result<(ModelOffer, PathBuf), Status> {
        let folder = self.shared.config.vision.models.clone();
        let asked = version.clone();
        let found = tokio::task::spawn_blocking(move || ModelFiles::record_of_version(&folder, &asked)).await;
        let found = found.map_err(|_| Status::internal("the model was not looked for"))?;
        let missing = || {
            Status::not_found(format!("the cloud's `vision.models` has no model {version}: install it there"))
        };
        let found = found.map_err(|error| {
            tracing::error!(%error, model = %version, "a till asks for a model, and the models' folder is unusable");
            missing()
        })?;
        let (record, path) = found.ok_or_else(missing)?;
        let offer = offer_of(&record).ok_or_else(|| {
            tracing::error!(model = %version, "the manifest's entry of a model cannot be offered to tills");
            Status::failed_precondition(format!(
                "model {version} cannot travel: it is too long, or has no hash"
            ))
        })?;
        Ok((offer, path))
    }
}

impl Rest {
    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Status> {
        let length = usize::try_from(self.left.min(CHUNK_BYTES)).unwrap_or_default();
        if length == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; length];
        self.file.read_exact(&mut chunk).await.map_err(|error| {
            tracing::error!(%error, "a model's file is shorter than its manifest says, or cannot be read");
            Status::data_loss("the model's file is not what its manifest says")
        })?;
        self.left -= length as u64;
        Ok(Some(chunk))
    }
}

async fn open_at(path: &PathBuf, offset: u64) -> std::io::Result<File> {
    let mut file = File::open(path).await?;
    file.seek(SeekFrom::Start(offset)).await?;
    Ok(file)
}

fn offer_of(record: &ModelRecord) -> Option<ModelOffer> {
    let sha256 = from_hex(&record.sha256)?.try_into().ok()?;
    Some(ModelOffer {
        version: ModelVersion::new(&record.version),
        sha256,
        bytes: Some(record.bytes).filter(|bytes| (1..=MODEL_MAX_BYTES).contains(bytes))?,
        input_side: record.input_side,
        embedding_dim: u32::try_from(record.embedding_dim).ok()?,
    })
}
