//! Finds what a crash left behind: photos, files, pages, reports and exports in the blob store that no row names, and changes that no
//! generation has.

use std::time::Duration;

use cloud_store::StoreError;
use domain::time::WallMs;
use service::tasks::CancellationToken;

use super::{REVIEW_CATALOGUE, Worker, job};
use crate::blobs::BlobName;
use crate::exchange::one_c;
use crate::roles::now;

/// Blobs that the database is asked about at once.
const AT_ONCE: usize = 500;
/// Organisations that are read at once.
const PAGE: u32 = 500;
/// How long the files of an exchange with 1C are kept: it sends them again each time.
const SESSION_LIFE_MS: i64 = 2 * 86_400_000;
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
                tracing::warn!(
                    removed,
                    "removed {removed} photos, files, pages and exports that nothing names"
                );
            }
            worker.fail_stranded_imports().await?;
            forget_imports(worker, now).await?;
            one_c::forget_sessions(&worker.config.data.dir, WallMs(now.0 - SESSION_LIFE_MS))?;
            review_catalogues(worker).await?;
            super::document::sweep(worker).await?;
            let kept_ms = i64::from(worker.config.documents.drawn_pages_kept_hours) * 3_600_000;
            remove_drawn_pages(worker, WallMs(now.0 - kept_ms)).await?;
        }
        if token.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
            worker.store.leave_duty(DUTY, &worker.owner).await?;
            return Ok(());
        }
    }
}

/// Asks whether every store has the generation that it should: a process may have died between a change and the job that
/// follows from it, and another model asks for other vectors.
async fn review_catalogues(worker: &Worker) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = worker.store.organisations(after.as_ref(), PAGE).await?;
        for organisation in &page {
            let now = now();
            let job = job(REVIEW_CATALOGUE, organisation.id.as_str(), now);
            worker.store.add_job(&organisation.id, &job, now).await?;
        }
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id.clone());
    }
}

/// Forgets imports whose time is over; their files go with the next round.
async fn forget_imports(worker: &Worker, now: WallMs) -> anyhow::Result<()> {
    for (org, id) in worker.store.expired_imports(now, PAGE).await? {
        match worker.store.remove_import(&org, id).await {
            // Somebody was faster, or applies it right now.
            Err(StoreError::NotFound { .. } | StoreError::Conflict { .. }) => {}
            removed => removed?,
        }
    }
    Ok(())
}

/// See [`Worker::remove_orphans`].
pub(super) async fn remove_orphans(worker: &Worker, before: WallMs) -> anyhow::Result<usize> {
    let blobs = &worker.blobs;
    let kinds = [
        (Kind::Photo, blobs.photos().await?),
        (Kind::File, blobs.documents().await?),
        (Kind::Page, blobs.pages().await?),
        (Kind::Report, blobs.reports().await?),
        (Kind::Export, blobs.exports().await?),
        (Kind::Import, blobs.imports().await?),
        (Kind::Demand, blobs.demand().await?),
    ];
    let learnt = worker.store.forecast_models().await?;
    let mut learnt: Vec<String> =
        learnt.iter().map(|(org, model)| BlobName::of_demand(org, model).as_str().to_owned()).collect();
    learnt.sort_unstable();
    let mut removed = 0;
    for (kind, mut seen) in kinds {
        seen.retain(|blob| blob.written_at < before);
        for some in seen.chunks(AT_ONCE) {
            let keys: Vec<String> = some.iter().map(|blob| blob.name.as_str().to_owned()).collect();
            let used = match kind {
                Kind::Photo => worker.store.blobs_in_use(&keys).await?,
                Kind::File => worker.store.document_blobs_in_use(&keys).await?,
                Kind::Page => worker.store.snapshots_in_use(&keys).await?,
                Kind::Report => worker.store.report_blobs_in_use(&keys).await?,
                Kind::Export => worker.store.export_blobs_in_use(&keys).await?,
                Kind::Import => worker.store.import_blobs_in_use(&keys).await?,
                Kind::Demand => learnt.clone(),
            };
            for key in keys.iter().filter(|key| used.binary_search(key).is_err()) {
                blobs.delete(&BlobName::kept(key)).await?;
                removed += 1;
            }
        }
    }
    metrics::counter!("tillsight_worker_orphans_removed_total").increment(removed as u64);
    Ok(removed)
}

/// Pictures of pages are drawn again when somebody looks: those of before are removed.
pub(super) async fn remove_drawn_pages(worker: &Worker, before: WallMs) -> anyhow::Result<usize> {
    let mut drawn = worker.blobs.drawn_pages().await?;
    drawn.retain(|blob| blob.written_at < before);
    for blob in &drawn {
        worker.blobs.delete(&blob.name).await?;
    }
    Ok(drawn.len())
}

/// What a blob holds, and so which rows name it.
#[derive(Clone, Copy)]
enum Kind {
    /// A photo of a product.
    Photo,
    /// A supplier's file.
    File,
    /// A public page as it was read.
    Page,
    /// A file of a report.
    Report,
    /// An export's file.
    Export,
    /// A catalogue that came as a file.
    Import,
    /// What was learnt about demand.
    Demand,
}
