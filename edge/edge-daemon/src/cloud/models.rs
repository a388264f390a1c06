//! The model of a generation, where this till does not have it: pulled from the cloud before the generation is taken, so that
//! vectors and the model that made them switch together.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use domain::ids::ModelVersion;
use ring::signature::{ED25519, UnparsedPublicKey};
use sync_core::chain::to_hex;
use sync_core::model_offer::ModelOffer;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tonic::Streaming;
use vision::fetched::{self, ModelRecord};
use wire::MESSAGE_MAX_LEN;
use wire::catalogue::{Signature, to_chunk, to_offer};
use wire::v1::catalogue_service_client::CatalogueServiceClient;
use wire::v1::{GetModelRequest, ModelPart};

use super::link::Hint;
use super::pull::{PART_MAX, RESUMES_MAX};
use crate::sight::Models;

/// Sees to it that the model is there. Where the cloud does not have it either, everything will be found by name, and staff
/// are told: prices need no model.
pub(super) async fn fetch(hint: &Hint, models: &Models, version: &ModelVersion) -> anyhow::Result<()> {
    if is_there(models, version).await? {
        return Ok(());
    }
    let Some(place) = fetched::place_of(&models.fetched, version) else {
        bail!("the cloud's model has the name `{version}`, which can be no file's: it was not fetched");
    };
    let folder = &models.fetched;
    fs::create_dir_all(folder).await.with_context(|| format!("failed to make `{}`", folder.display()))?;
    let mut part = Part { path: fetched::part_of(&place), record: None };
    for _ in 0..RESUMES_MAX {
        match part.go_on(hint, version).await {
            Ok(Answer::Whole(record)) => return part.keep(folder, record).await,
            Ok(Answer::Unknown(problem)) => {
                tracing::error!(model = %version, problem, "the cloud does not have the model of its views: {problem}");
                return Ok(());
            }
            // What arrived stays; the rest is asked for again.
            Err(error) if part.record.is_some() && !is_full(&error) => {
                tracing::info!(error = %format!("{error:#}"), "the pull of a model broke off");
            }
            Err(error) => return Err(error.context(format!("failed to fetch model {version}"))),
        }
    }
    bail!("model {version} did not arrive in {RESUMES_MAX} attempts")
}

/// Removes fetched models that no kept generation names.
pub(super) async fn forget_others(models: &Models, wanted: Vec<ModelVersion>) {
    let folder = models.fetched.clone();
    let removed = tokio::task::spawn_blocking(move || fetched::keep_only(&folder, &wanted)).await;
    match removed {
        Ok(Ok(0)) | Err(_) => {}
        Ok(Ok(removed)) => tracing::info!(removed, "removed {removed} models that no generation needs"),
        // They only take room.
        Ok(Err(error)) => tracing::warn!(%error, "models that no generation needs were not removed"),
    }
}

/// Whether the till can open it.
pub(super) async fn is_there(models: &Models, version: &ModelVersion) -> anyhow::Result<bool> {
    let (models, version) = (models.clone(), version.clone());
    Ok(tokio::task::spawn_blocking(move || models.of_views(Some(&version)).is_ok()).await?)
}

enum Answer {
    Whole(ModelRecord),
    /// The cloud has no such model, in its words.
    Unknown(String),
}

/// The file as far as it has arrived.
struct Part {
    path: PathBuf,
    /// What was offered; `None` before the first answer.
    record: Option<ModelRecord>,
}

impl Part {
    /// Asks for what is missing and takes it as it comes.
    async fn go_on(&mut self, hint: &Hint, version: &ModelVersion) -> anyhow::Result<Answer> {
        let have = self.length().await?;
        let mut client =
            CatalogueServiceClient::new(hint.channel.clone()).max_decoding_message_size(MESSAGE_MAX_LEN);
        let request = GetModelRequest { version: version.as_str().to_owned(), offset: have };
        let mut parts = match client.get_model(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == tonic::Code::NotFound => {
                return Ok(Answer::Unknown(status.message().to_owned()));
            }
            Err(status) if status.code() == tonic::Code::OutOfRange => {
                fs::remove_file(&self.path).await?;
                bail!("what was there of the model is longer than the model: {}", status.message());
            }
            Err(status) => return Err(status).context("the cloud did not give it"),
        };
        let (offer, signature) = to_offer(next(&mut parts).await?.context("the cloud offered nothing")?)?;
        check(&offer, &signature, version, hint)?;
        let record = record_of(&offer)?;
        self.record = Some(record.clone());
        tracing::info!(model = %version, bytes = offer.bytes, have, "fetching model {version}");
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path).await?;
        let mut length = have;
        while let Some(part) = next(&mut parts).await? {
            let chunk = to_chunk(part)?;
            length += chunk.len() as u64;
            ensure!(length <= offer.bytes, "the model is longer than the cloud said");
            file.write_all(&chunk).await.map_err(|error| self.unwritable(error, offer.bytes))?;
        }
        file.flush().await.map_err(|error| self.unwritable(error, offer.bytes))?;
        ensure!(length == offer.bytes, "{length} of {} bytes have arrived", offer.bytes);
        Ok(Answer::Whole(record))
    }

    async fn length(&self) -> io::Result<u64> {
        match File::open(&self.path).await {
            Ok(file) => Ok(file.metadata().await?.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn unwritable(&self, error: io::Error, bytes: u64) -> anyhow::Error {
        let text = if error.kind() == io::ErrorKind::StorageFull {
            format!("there is no room for the model, which has {bytes} bytes: free some on the till's disk")
        } else {
            format!("failed to write `{}`", self.path.display())
        };
        anyhow::Error::from(error).context(text)
    }

    /// What arrived takes its place; what is not what was offered leaves, or it would be gone on with.
    async fn keep(&self, folder: &Path, record: ModelRecord) -> anyhow::Result<()> {
        let (folder, path) = (folder.to_owned(), self.path.clone());
        tokio::task::spawn_blocking(move || {
            let kept = fetched::keep(&folder, &record, &path);
            if let Err(vision::models::ModelError::WrongFile { .. }) = &kept {
                std::fs::remove_file(&path)?;
            }
            kept.context("the model that arrived is not what the cloud offered")
        })
        .await?
    }
}

async fn next(parts: &mut Streaming<ModelPart>) -> anyhow::Result<Option<ModelPart>> {
    Ok(tokio::time::timeout(PART_MAX, parts.message()).await??)
}

fn check(
    offer: &ModelOffer,
    signature: &Signature,
    version: &ModelVersion,
    hint: &Hint,
) -> anyhow::Result<()> {
    ensure!(offer.version == *version, "the cloud offers model {} instead of {version}", offer.version);
    let key = UnparsedPublicKey::new(&ED25519, hint.identity.catalogue_key);
    if key.verify(&offer.content_hash(&hint.identity.till.org), signature).is_err() {
        bail!("the offer of model {version} is not signed by the cloud that this till was claimed by");
    }
    Ok(())
}

fn record_of(offer: &ModelOffer) -> anyhow::Result<ModelRecord> {
    Ok(ModelRecord {
        version: offer.version.as_str().to_owned(),
        sha256: to_hex(&offer.sha256),
        bytes: offer.bytes,
        input_side: offer.input_side,
        embedding_dim: usize::try_from(offer.embedding_dim)?,
    })
}

fn is_full(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        kind == Some(io::ErrorKind::StorageFull)
    })
}
