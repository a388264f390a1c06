//! Prices take effect at their moment.

use std::collections::BTreeSet;
use std::time::Duration;

use cloud_store::{NewEvent, StoredProduct};
use domain::ids::OrgId;
use service::tasks::CancellationToken;

use super::{PUBLISH_CATALOGUE, Worker, job};
use crate::products::event::product_upsert;
use crate::roles::now;

/// How often to look: a price may be late by this much.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Prices that take effect in one transaction.
const AT_ONCE: u32 = 500;

/// Lets prices take effect until told to stop. Of several processes the fastest does it.
pub(super) async fn run(worker: &Worker, token: &CancellationToken) -> anyhow::Result<()> {
    while token.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        while apply(worker).await? {}
        apply_of_stores(worker).await?;
    }
    Ok(())
}

/// Prices of single stores; others are told of a product's price in the organisation alone.
async fn apply_of_stores(worker: &Worker) -> anyhow::Result<()> {
    let now = now();
    if worker.store.next_store_price_at().await?.is_none_or(|next| next > now) {
        return Ok(());
    }
    let organisations = worker.store.apply_due_store_prices(now).await?;
    for org in &organisations {
        worker.store.add_job(org, &job(PUBLISH_CATALOGUE, org.as_str(), now), now).await?;
    }
    worker.wake.notify_one();
    tracing::info!(organisations = organisations.len(), "prices of stores took effect");
    Ok(())
}

/// Whether there may be more.
async fn apply(worker: &Worker) -> anyhow::Result<bool> {
    let now = now();
    if worker.store.next_price_at().await?.is_none_or(|next| next > now) {
        return Ok(false);
    }
    let tell = |_: &OrgId, stored: &StoredProduct| -> NewEvent {
        product_upsert(&stored.product, stored.category.as_deref(), now).event
    };
    let changed = worker.store.apply_due_prices(now, AT_ONCE, &tell).await?;
    let organisations: BTreeSet<&OrgId> = changed.iter().map(|(org, _)| org).collect();
    for org in organisations {
        worker.store.add_job(org, &job(PUBLISH_CATALOGUE, org.as_str(), now), now).await?;
    }
    worker.wake.notify_one();
    tracing::info!(prices = changed.len(), "{} prices took effect", changed.len());
    Ok(true)
}
