//! A product's photos become vectors.

use std::collections::BTreeMap;

use anyhow::Context as _;
use cloud_store::{LeasedJob, NewView, Photo, PhotoId, PhotoState, StoreError, StoredView, ViewsChange};
use domain::embedding::View;
use domain::ids::{ModelVersion, OrgId, ProductId, ViewId};
use uuid::Uuid;

use super::{PUBLISH_CATALOGUE, Worker};
use crate::blobs::{BlobError, BlobName};
use crate::products::event;
use crate::roles::now;

/// Embeds what waits, retires what another model made or a removed photo left, and tells of it. Done twice, it finds nothing
/// to do the second time and tells the same again.
pub(super) async fn run(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let text = std::str::from_utf8(&job.payload).context("the job names no product")?;
    let product = ProductId::new(text).context("the job names no product")?;
    match worker.store.product(&job.org, &product).await {
        Ok(stored) if !stored.product.archived => embed(worker, &job.org, &product).await?,
        // Its rows are gone, or left out wherever views are looked at; others have to be told.
        Ok(_) => tell_of_none(worker, &job.org, &product).await?,
        Err(StoreError::NotFound { .. }) => tell_of_none(worker, &job.org, &product).await?,
        Err(error) => return Err(error.into()),
    }
    // Asked for last: a worker that dies before it comes here does the job again.
    let now = now();
    let publish = super::job(PUBLISH_CATALOGUE, job.org.as_str(), now);
    worker.store.add_job(&job.org, &publish, now).await?;
    Ok(())
}

async fn tell_of_none(worker: &Worker, org: &OrgId, product: &ProductId) -> anyhow::Result<()> {
    let now = now();
    let events = vec![event::embedding_delete(product, now).event];
    worker.store.change_views(org, &ViewsChange { events, ..ViewsChange::default() }, now).await?;
    Ok(())
}

async fn embed(worker: &Worker, org: &OrgId, product: &ProductId) -> anyhow::Result<()> {
    let photos = worker.store.photos(org, product).await?;
    let mut current = worker.store.views_of(org, product).await?;
    current.retain(|view| view.retired_at.is_none());
    if photos.is_empty() && current.is_empty() {
        return Ok(());
    }
    let model = worker.eye.version().await?;
    let due: Vec<&Photo> = photos.iter().filter(|photo| is_due(photo, &current, &model)).collect();
    let mut change = ViewsChange::default();
    for photo in due {
        take(worker, org, photo, &mut change).await?;
    }
    // A view that no photo stands behind was enrolled elsewhere and stays while its model is ours.
    let there: Vec<PhotoId> = photos.iter().map(|photo| photo.photo.id).collect();
    let stays = |view: &StoredView| {
        *view.view.embedding.model() == model && view.photo.is_none_or(|photo| there.contains(&photo))
    };
    change.retire = current.iter().filter(|view| !stays(view)).map(|view| view.view.id).collect();
    let now = now();
    let fresh = change.add.iter().map(|new| StoredView {
        view: new.view.clone(),
        photo: new.photo,
        made_at: now,
        retired_at: None,
    });
    let by_id: BTreeMap<PhotoId, &Photo> = photos.iter().map(|photo| (photo.photo.id, photo)).collect();
    let with_photo = |view: StoredView| {
        let photo = view.photo.and_then(|photo| by_id.get(&photo)).map(|photo| (*photo).clone());
        (view, photo)
    };
    let all: Vec<_> =
        current.iter().filter(|view| stays(view)).cloned().chain(fresh).map(with_photo).collect();
    let told = if all.is_empty() {
        event::embedding_delete(product, now)
    } else {
        event::embedding_upsert(product, &all, now)
    };
    change.events.push(told.event);
    worker.store.change_views(org, &change, now).await?;
    metrics::counter!("tillsight_worker_views_total").increment(change.add.len() as u64);
    Ok(())
}

/// A photo that waits, or whose view another model made.
fn is_due(photo: &Photo, current: &[StoredView], model: &ModelVersion) -> bool {
    let seen = |view: &StoredView| view.photo == Some(photo.photo.id) && view.view.embedding.model() == model;
    match photo.state {
        PhotoState::Waiting => true,
        PhotoState::Embedded => !current.iter().any(seen),
        PhotoState::Failed | PhotoState::Removed => false,
    }
}

async fn take(worker: &Worker, org: &OrgId, photo: &Photo, change: &mut ViewsChange) -> anyhow::Result<()> {
    let id = photo.photo.id;
    let bytes = match worker.blobs.get(&BlobName::kept(&photo.photo.blob_key)).await {
        Ok(bytes) => bytes,
        Err(BlobError::Missing(name)) => {
            tracing::error!(photo.id = %id, org = %org, "the photo's bytes `{name}` are gone: upload it again");
            change.photos.push((id, PhotoState::Failed));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let seen = worker.eye.embed(vec![bytes]).await?.pop().context("one photo gives one answer")?;
    match seen {
        Ok(embedding) => {
            let unique = Uuid::now_v7();
            let name = *photo.photo.hash.first_chunk().context("a hash has 32 bytes")?;
            let view = View { id: ViewId::of_photo(name, unique), product: photo.product.clone(), embedding };
            change.add.push(NewView { view, photo: Some(id) });
            change.photos.push((id, PhotoState::Embedded));
        }
        Err(error) => {
            tracing::warn!(photo.id = %id, %error, "a photo cannot be read: {error}");
            change.photos.push((id, PhotoState::Failed));
        }
    }
    Ok(())
}
