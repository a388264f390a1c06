//! Photos to vectors, with the same code and the same models as the till's.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use bytes::Bytes;
use domain::embedding::Embedding;
use domain::ids::ModelVersion;
use vision::calibrate::Experience;
use vision::decode::{DecodeError, Limits, decode};
use vision::embed::Embedder;
use vision::models::ModelFiles;
use vision::preprocess::centre_crop;

use crate::config;

/// Embeds photos. The session is opened when the first photo comes: a cloud without models can do everything else.
#[derive(Clone)]
pub struct Eye {
    models: PathBuf,
    model: Option<String>,
    threads: usize,
    session: Arc<Mutex<Option<Embedder>>>,
}

/// What became of one photo.
pub(super) type Seen = Result<Embedding, DecodeError>;

impl Eye {
    /// Remembers where the models are.
    pub fn new(config: &config::Vision) -> Self {
        Self {
            models: config.models.clone(),
            model: Some(config.model.clone()).filter(|name| !name.is_empty()),
            threads: config.threads,
            session: Arc::default(),
        }
    }

    /// Embeds photos in order. A photo that is no picture has no vector and a reason; an error is about all of them, for
    /// example that there is no model.
    pub async fn embed(&self, photos: Vec<Bytes>) -> anyhow::Result<Vec<Seen>> {
        self.with_session(move |embedder| photos.iter().map(|photo| embed_one(embedder, photo)).collect())
            .await
    }

    /// The model that vectors are made with.
    pub async fn version(&self) -> anyhow::Result<ModelVersion> {
        self.with_session(|embedder| Ok(embedder.version().clone())).await
    }

    /// What the model knows of itself, for calibration.
    pub async fn experience(&self) -> anyhow::Result<Experience> {
        self.with_session(|embedder| Ok(embedder.experience()?)).await
    }

    /// Inference takes tens of milliseconds of every core it may use, so it leaves the async threads; one at a time.
    async fn with_session<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Embedder) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let eye = self.clone();
        let run = move || {
            let mut session = eye.session.lock().unwrap_or_else(PoisonError::into_inner);
            if session.is_none() {
                *session = Some(eye.open()?);
            }
            work(session.as_mut().context("the session was opened above")?)
        };
        tokio::task::spawn_blocking(run).await.context("embedding was broken off")?
    }

    fn open(&self) -> anyhow::Result<Embedder> {
        let files = ModelFiles::find(&self.models, self.model.as_deref())
            .context("failed to find the model: name its folder in `vision.models`")?;
        let embedder = Embedder::open(&files, self.threads)
            .with_context(|| format!("failed to open the model `{}`", files.version))?;
        tracing::info!(model = %files.version, "embeds with {}", files.version);
        Ok(embedder)
    }
}

fn embed_one(embedder: &mut Embedder, photo: &[u8]) -> anyhow::Result<Seen> {
    let picture = match decode(photo, &Limits::default()) {
        Ok(picture) => picture,
        Err(error) => return Ok(Err(error)),
    };
    let region = centre_crop(picture.width, picture.height);
    Ok(Ok(embedder.embed_picture(&picture, region)?))
}
