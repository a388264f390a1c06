//! Catalogue generations on their way to tills.
//!
//! A chain's tills all ask for the same difference at the same moment, so each is computed once and kept for a while.

use std::sync::Arc;
use std::time::Duration;

use cloud_store::{Store, StoreError};
use domain::ids::{Generation, OrgId, StoreId};
use futures_util::stream::{BoxStream, StreamExt as _, iter};
use moka::future::Cache;
use tonic::{Request, Response, Status};
use wire::catalogue::{Signature, encoded_len, from_head, to_parts};
use wire::v1::catalogue_service_server::CatalogueService;
use wire::v1::{
    GenerationHead, GenerationPart, GetHeadRequest, GetModelRequest, GetPictureRequest, ModelPart, Picture,
    PullRequest,
};

use super::caller;
use super::models::Models;
use super::pictures::Pictures;
use crate::gateway::Shared;

/// How long a difference is kept for the next till, and how much all of them may take.
const KEEP: Duration = Duration::from_secs(300);
const KEPT_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The service.
pub(super) struct Catalogues {
    shared: Shared,
    parts: Cache<Key, Arc<Vec<GenerationPart>>>,
    pictures: Pictures,
    models: Models,
}

/// From which generation of which store to which.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    org: OrgId,
    store: StoreId,
    from: Generation,
    to: Generation,
}

impl Catalogues {
    pub(super) fn new(shared: Shared) -> Self {
        let weigh = |_: &Key, parts: &Arc<Vec<GenerationPart>>| {
            let bytes: usize = parts.iter().map(encoded_len).sum();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let parts = Cache::builder().weigher(weigh).max_capacity(KEPT_MAX_BYTES).time_to_live(KEEP).build();
        let (pictures, models) = (Pictures::new(shared.clone()), Models::new(shared.clone()));
        Self { shared, parts, pictures, models }
    }
}

#[tonic::async_trait]
impl CatalogueService for Catalogues {
    type PullStream = BoxStream<'static, Result<GenerationPart, Status>>;
    type GetModelStream = BoxStream<'static, Result<ModelPart, Status>>;

    async fn get_head(&self, request: Request<GetHeadRequest>) -> Result<Response<GenerationHead>, Status> {
        let store = &self.shared.store;
        let till = caller::till(&self.shared, &request).await?.till;
        let newest = store.newest_generation(&till.org, &till.store).await;
        let newest = newest.map_err(|error| caller::status(&error))?;
        let newest = newest.ok_or_else(|| Status::not_found("the store has no catalogue yet"))?;
        Ok(Response::new(from_head(&newest.head, &signature(&newest.signature)?)))
    }

    async fn get_picture(&self, request: Request<GetPictureRequest>) -> Result<Response<Picture>, Status> {
        let till = caller::till(&self.shared, &request).await?.till;
        let jpeg = self.pictures.get(&till.org, &request.into_inner().name).await?;
        Ok(Response::new(Picture { jpeg: jpeg.to_vec() }))
    }

    async fn get_model(
        &self,
        request: Request<GetModelRequest>,
    ) -> Result<Response<Self::GetModelStream>, Status> {
        let till = caller::till(&self.shared, &request).await?.till;
        let GetModelRequest { version, offset } = request.into_inner();
        Ok(Response::new(self.models.get(&till, &version, offset).await?))
    }

    async fn pull(&self, request: Request<PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        let store = &self.shared.store;
        let till = caller::till(&self.shared, &request).await?.till;
        let PullRequest { have, resume, skip_parts } = request.into_inner();
        let newest = store.newest_generation(&till.org, &till.store).await;
        let newest = newest.map_err(|error| caller::status(&error))?;
        let to = newest.ok_or_else(|| Status::not_found("the store has no catalogue yet"))?.head.number;
        let key = Key { org: till.org, store: till.store, from: Generation(have), to };
        let parts = self
            .parts
            .try_get_with(key.clone(), parts_of(store.clone(), key))
            .await
            .map_err(|error: Arc<StoreError>| caller::status(&error))?;
        // Only what is left of the same generation can be gone on with; of another one everything comes.
        let skip = if resume == to.0 { skip_parts as usize } else { 0 };
        let indices = (0..parts.len()).filter(move |&index| index == 0 || index > skip);
        Ok(Response::new(iter(indices.map(move |index| Ok(parts[index].clone()))).boxed()))
    }
}

/// The parts that lead from one generation to another; all of it, where the first is not kept any more.
async fn parts_of(store: Store, key: Key) -> Result<Arc<Vec<GenerationPart>>, StoreError> {
    let to = store.load_generation(&key.org, &key.store, key.to).await?;
    let from = match key.from {
        Generation(0) => None,
        number => match store.load_generation(&key.org, &key.store, number).await {
            Ok(from) => Some(from),
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        },
    };
    let made = tokio::task::spawn_blocking(move || {
        let base = from.as_ref().map(|from| (from.info.head.number, from.content.as_ref()));
        let difference = to.content.since(base);
        let signature: Signature = to.info.signature.as_slice().try_into().unwrap_or([0; 64]);
        to_parts(&to.info.head, &signature, &difference)
    });
    let unreadable = |problem: String| StoreError::Unreadable {
        what: cloud_store::What::Generation,
        name: key.to.to_string(),
        problem,
    };
    match made.await {
        Ok(Ok(parts)) => Ok(Arc::new(parts)),
        Ok(Err(error)) => Err(unreadable(error.to_string())),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

fn signature(bytes: &[u8]) -> Result<Signature, Status> {
    bytes.try_into().map_err(|_| {
        tracing::error!("a generation's signature is not 64 bytes long");
        Status::internal("the cloud has a fault; it is in its log")
    })
}
