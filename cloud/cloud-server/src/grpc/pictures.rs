//! Products' pictures for kiosks: small ones, made from the photos that people uploaded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::ids::{OrgId, ProductId};
use moka::future::Cache;
use tonic::Status;
use vision::decode::{Limits, decode};
use vision::kept::{Keeping, keep};
use vision::preprocess::Region;

use super::caller;
use crate::blobs::BlobName;
use crate::gateway::Shared;
use crate::products::picture;

/// Pictures that are kept for the next till, and for how long: a chain's tills ask for the same ones within minutes.
const KEPT_MAX_BYTES: u64 = 64 * 1024 * 1024;
const KEEP: Duration = Duration::from_secs(600);

/// Makes pictures, each once for all tills.
pub(super) struct Pictures {
    shared: Shared,
    made: Cache<(OrgId, String), Bytes>,
}

impl Pictures {
    pub(super) fn new(shared: Shared) -> Self {
        let weigh = |_: &(OrgId, String), jpeg: &Bytes| u32::try_from(jpeg.len()).unwrap_or(u32::MAX);
        let made = Cache::builder().weigher(weigh).max_capacity(KEPT_MAX_BYTES).time_to_live(KEEP).build();
        Self { shared, made }
    }

    /// The picture of a name.
    pub(super) async fn get(&self, org: &OrgId, name: &str) -> Result<Bytes, Status> {
        let missing = || Status::not_found(format!("there is no picture `{name}`"));
        let (product, digits) = picture::parse(name).ok_or_else(missing)?;
        let made = self
            .made
            .try_get_with((org.clone(), name.to_owned()), make(self.shared.clone(), org, &product, digits))
            .await;
        made.map_err(|status: Arc<Status>| Status::new(status.code(), status.message()))
    }
}

async fn make(shared: Shared, org: &OrgId, product: &ProductId, digits: &str) -> Result<Bytes, Status> {
    let photos = shared.store.photos(org, product).await.map_err(|error| caller::status(&error))?;
    let photo = photos.iter().find(|photo| picture::is_of(digits, &photo.photo.hash));
    let photo = photo.ok_or_else(|| Status::not_found(format!("{product} has no such photo")))?;
    let file = shared.blobs.get(&BlobName::kept(&photo.photo.blob_key)).await.map_err(|error| {
        tracing::error!(%error, product = %product, "a photo cannot be read");
        Status::unavailable("the photo cannot be read now: try again later")
    })?;
    let made = tokio::task::spawn_blocking(move || shrink(&file)).await;
    made.map_err(|_| Status::internal("the picture was not made"))?
        .map_err(|problem| Status::failed_precondition(format!("the photo of {product} {problem}")))
}

/// The middle square of a photo, small.
fn shrink(file: &[u8]) -> Result<Bytes, String> {
    let photo = decode(file, &Limits::default()).map_err(|error| format!("is no picture: {error}"))?;
    let side = photo.width.min(photo.height);
    let square =
        Region { x: (photo.width - side) / 2, y: (photo.height - side) / 2, width: side, height: side };
    let jpeg = keep(&photo.rgb, (photo.width, photo.height), square, Keeping::default());
    jpeg.map(Bytes::from).map_err(|error| error.to_string())
}
