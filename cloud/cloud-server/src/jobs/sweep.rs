//! Finds what a crash left behind: photos in the blob store that no row names.

use std::time::Duration;

use domain::time::WallMs;
use service::tasks::CancellationToken;

use super::Worker;
use crate::blobs::BlobName;
use crate::roles::now;

/// Blobs that the database is asked about at once.
const AT_ONCE: usize = 500;
/// One process sweeps at a time.
const DUTY: &str = "sweep";

/// Sweeps again and again until told to stop.
pub(super) async fn run(worker: &Worker, token: &CancellationToken) -> anyhow::Result<()> {
    let every = Duration::from_secs(worker.config.worker.sweep_every_minutes * 60);
    loop {
        let now = now();
        let until = WallMs(now.0 + i64::try_from(every.as_millis())?);
        if worker.store.take_duty(DUTY, &worker.owner, now, until).await? {
            let age_ms = i64::try_from(worker.config.worker.orphan_age_minutes)? * 60_000;
            let removed = remove_orphans(worker, WallMs(now.0 - age_ms)).await?;
            if removed > 0 {
                tracing::warn!(removed, "removed {removed} photos that no product names");
            }
        }
        if token.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
            worker.store.leave_duty(DUTY, &worker.owner).await?;
            return Ok(());
        }
    }
}

/// Removes the blobs from before a moment that no photo needs; gives back how many. Younger ones may belong to a request
/// that has not written its rows yet.
pub(crate) async fn remove_orphans(worker: &Worker, before: WallMs) -> anyhow::Result<usize> {
    let mut seen = worker.blobs.photos().await?;
    seen.retain(|blob| blob.written_at < before);
    let mut removed = 0;
    for some in seen.chunks(AT_ONCE) {
        let keys: Vec<String> = some.iter().map(|blob| blob.name.as_str().to_owned()).collect();
        let used = worker.store.blobs_in_use(&keys).await?;
        for key in keys.iter().filter(|key| used.binary_search(key).is_err()) {
            worker.blobs.delete(&BlobName::kept(key)).await?;
            removed += 1;
        }
    }
    metrics::counter!("tillsight_worker_orphans_removed_total").increment(removed as u64);
    Ok(removed)
}
