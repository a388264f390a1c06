//! The jobs of an import: its file is read and planned, its plan is applied.

use std::collections::HashMap;

use anyhow::{Context as _, anyhow, bail};
use cloud_docs::Hints;
use cloud_docs::catalogue::CatalogueRecord;
use cloud_docs::notes::{self, Note};
use cloud_store::{
    Applied, CatalogueImportId, ImportFinding, ImportOutcome, ImportPrice, ImportPut, ImportRow, ImportState,
    ImportWrite, LeasedJob, NewAuditEntry, PlannedImport, PriceOrigin, StoreError, StoredImport,
    StoredProduct,
};
use domain::ids::OrgId;
use domain::time::WallMs;
use uuid::Uuid;

use super::check::{present, shown};
use super::lay::{Terms, changes, lay};
use super::plan::{Options, Plan, plan as compare};
use super::{APPLY_IMPORT, job as import_job};
use crate::blobs::BlobName;
use crate::documents::reader::ReadError;
use crate::documents::virus_scan::{Verdict, look_through};
use crate::jobs::{PUBLISH_CATALOGUE, Worker, job};
use crate::products::event::product_upsert;
use crate::roles::now;

/// Rows of a plan that are written in one transaction.
const WRITTEN_AT_ONCE: usize = 500;
/// Rows that are applied in one transaction: it holds their products no longer than a till would notice.
const SLICE: u32 = 250;
/// Findings that are kept of a plan; whoever has more has other worries first.
const FINDINGS_MAX: usize = 10_000;

/// Reads an import's file and writes its plan down.
pub(crate) async fn plan(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let Some((id, import)) = import_of(worker, job).await? else { return Ok(()) };
    if !worker.store.begin_import_plan(&job.org, id).await? {
        return Ok(());
    }
    let planned = make_plan(worker, &job.org, &import).await;
    let planned = match planned {
        Ok(Ok(planned)) => planned,
        Ok(Err(problem)) => return Ok(worker.store.fail_import(&job.org, id, &problem, now()).await?),
        Err(error) => return Err(given_up(worker, job, id, error).await?),
    };
    for some in planned.rows.chunks(WRITTEN_AT_ONCE) {
        worker.store.add_import_rows(&job.org, id, some).await?;
    }
    let findings: Vec<ImportFinding> = planned
        .findings
        .iter()
        .zip(1..)
        .map(|(one, number)| ImportFinding {
            number,
            code: one.code.as_str().to_owned(),
            severity: one.code.severity().as_str().to_owned(),
            finding: serde_json::to_string(&shown(one, &planned.items)).expect("it is text"),
        })
        .take(FINDINGS_MAX)
        .collect();
    for some in findings.chunks(WRITTEN_AT_ONCE) {
        worker.store.add_import_findings(&job.org, id, some).await?;
    }
    let notes = serde_json::to_string(&planned.notes).expect("it is text");
    let whole = PlannedImport { format: planned.format, notes, counts: planned.counts };
    let apply = import_job(APPLY_IMPORT, id, now());
    worker.store.finish_import_plan(&job.org, id, &whole, &apply, now()).await?;
    worker.wake_importers.notify_one();
    metrics::counter!("tillsight_import_rows_total").increment(whole.counts.rows);
    Ok(())
}

/// A plan with the kind of the file it is of.
struct Planned {
    format: String,
    rows: Vec<ImportRow>,
    counts: cloud_store::ImportCounts,
    items: Vec<cloud_core::cleaning::Item>,
    findings: Vec<cloud_core::cleaning::Finding>,
    notes: Vec<Note>,
}

/// The plan, or why the file cannot be one; an error is ours, and may pass.
async fn make_plan(
    worker: &Worker,
    org: &OrgId,
    import: &StoredImport,
) -> anyhow::Result<Result<Planned, String>> {
    let asked = &import.asked;
    let bytes = worker.blobs.get(&BlobName::kept(&asked.blob_key)).await?;
    if worker.config.documents.has_scanner()
        && let Verdict::Found(what) = look_through(&worker.config.documents, &bytes).await?
    {
        return Ok(Err(format!("the virus scanner found `{what}` in it")));
    }
    let hints = Hints { file_name: asked.file_name.clone(), ..Hints::default() };
    let file = match worker.reader.catalogue(bytes, hints).await {
        Ok(Ok(file)) => file,
        Ok(Err(refusal)) => return Ok(Err(refusal.to_string())),
        Err(error @ ReadError::Reader { .. }) => return Err(error.into()),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let format = file.format.as_str().to_owned();
    let mut present = present(&worker.store, org).await?;
    let prices_from = asked.prices_from.filter(|from| *from > now());
    if let Some(from) = prices_from {
        present.to_come =
            worker.store.prices_to_come(org, from).await?.into_iter().collect::<HashMap<_, _>>();
    }
    let options = Options {
        match_by: asked.match_by,
        missing: asked.missing,
        language: asked.language.clone(),
        prices_from,
    };
    let compared = tokio::task::spawn_blocking(move || compare(file, &present, &options));
    let Plan { rows, counts, items, findings, notes: mut minded } =
        compared.await.context("comparing was broken off")?;
    if findings.len() > FINDINGS_MAX {
        minded.push(notes::findings_cut(findings.len(), FINDINGS_MAX));
    }
    Ok(Ok(Planned { format, rows, counts, items, findings, notes: minded }))
}

/// Makes the changes of a plan, slice by slice; whoever comes after a crash goes on where it ended.
pub(crate) async fn apply(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let Some((id, import)) = import_of(worker, job).await? else { return Ok(()) };
    if import.state != ImportState::Applying {
        return Ok(());
    }
    let stores = worker.store.stores(&job.org).await?;
    let terms = Terms { stores: &stores, language: &import.asked.language };
    let began_at = now();
    let decide =
        |row: &ImportRow, known: Option<&StoredProduct>| decide(row, known, &import, terms, began_at);
    let mut limit = SLICE;
    loop {
        let applied = match slice(worker, &job.org, &import, limit, &decide).await {
            Ok(applied) => applied,
            // One of the rows is at fault, most likely by a number that another product has by now: they are tried alone.
            Err(StoreError::Conflict { .. } | StoreError::Invalid { .. }) if limit > 1 => {
                limit = 1;
                continue;
            }
            Err(error @ (StoreError::Conflict { .. } | StoreError::Invalid { .. })) => {
                worker.store.refuse_import_row(&job.org, id, &error.to_string()).await?;
                limit = SLICE;
                continue;
            }
            Err(error) => return Err(given_up(worker, job, id, error.into()).await?),
        };
        if applied.is_done {
            break;
        }
        if applied.settled == 0 {
            bail!("the import is neither done nor has it rows left");
        }
        // What stands behind the row at fault goes together again.
        limit = (limit * 2).min(SLICE);
    }
    worker.wake.notify_one();
    Ok(())
}

async fn slice(
    worker: &Worker,
    org: &OrgId,
    import: &StoredImport,
    limit: u32,
    decide: &(dyn Fn(&ImportRow, Option<&StoredProduct>) -> ImportWrite + Sync),
) -> Result<Applied, StoreError> {
    let asked = &import.asked;
    let now = now();
    let entry = NewAuditEntry {
        actor: asked.made_by.clone(),
        action: "catalogue.import".to_owned(),
        object: format!("import:{}", asked.id),
        detail: format!("up to {limit} products of `{}`", asked.file_name),
    };
    let audited = worker.store.audited(org, &entry, now)?;
    let publish = job(PUBLISH_CATALOGUE, org.as_str(), now);
    audited.apply_import_rows(org, asked.id, limit, decide, (&asked.made_by, &publish, now)).await
}

/// What to write of a row, now that its product is held.
fn decide(
    row: &ImportRow,
    known: Option<&StoredProduct>,
    import: &StoredImport,
    terms: Terms<'_>,
    at: WallMs,
) -> ImportWrite {
    let Some(id) = row.product.clone() else { return ImportWrite::Nothing };
    if known.is_none() && row.outcome != ImportOutcome::New {
        return ImportWrite::Refused("the product was removed since the plan was made".to_owned());
    }
    let record = match serde_json::from_str::<CatalogueRecord>(&row.said) {
        // Of a product that the file lacks only this is said; its name and number are for people.
        Ok(record) if row.outcome == ImportOutcome::Retired => {
            CatalogueRecord { archived: record.archived, ..CatalogueRecord::default() }
        }
        Ok(record) => record,
        Err(error) => return ImportWrite::Refused(format!("its row cannot be read: {error}")),
    };
    let mut laid = match lay(&record, id, known.map(|stored| &stored.product), terms) {
        Ok(laid) => laid,
        Err(problem) => return ImportWrite::Refused(problem),
    };
    let names_family = laid.category.as_ref().is_some_and(|category| !category.family.is_empty());
    if changes(known, &laid).is_empty() && !names_family {
        return ImportWrite::Nothing;
    }
    let (before, price) = (known.map(|stored| stored.product.price), laid.product.price);
    let price = match (before, import.asked.prices_from.filter(|from| *from > at)) {
        (None, _) => Some(ImportPrice { price, from: at, origin: PriceOrigin::Registered }),
        (Some(before), _) if before == price => None,
        (Some(before), Some(from)) => {
            laid.product.price = before;
            Some(ImportPrice { price, from, origin: PriceOrigin::Scheduled })
        }
        (Some(_), None) => Some(ImportPrice { price, from: at, origin: PriceOrigin::Edited }),
    };
    let category_name = laid.category.as_ref().map(|category| category.name.as_str());
    let category_name = category_name.or_else(|| known?.category.as_deref());
    let event = product_upsert(&laid.product, category_name, at).event;
    ImportWrite::Put(Box::new(ImportPut { product: laid.product, category: laid.category, price, event }))
}

/// The import that a job is about; none where somebody took it away.
async fn import_of(
    worker: &Worker,
    job: &LeasedJob,
) -> anyhow::Result<Option<(CatalogueImportId, StoredImport)>> {
    let id = std::str::from_utf8(&job.payload).ok().and_then(|text| Uuid::parse_str(text).ok());
    let id = CatalogueImportId(id.ok_or_else(|| anyhow!("the job names no import"))?);
    match worker.store.import(&job.org, id).await {
        Err(StoreError::NotFound { .. }) => Ok(None),
        import => Ok(Some((id, import?))),
    }
}

/// What fails for good is written down where people see it, with the reason.
async fn given_up(
    worker: &Worker,
    job: &LeasedJob,
    id: CatalogueImportId,
    error: anyhow::Error,
) -> anyhow::Result<anyhow::Error> {
    if job.attempt >= job.attempts_max {
        worker.store.fail_import(&job.org, id, &format!("{error:#}"), now()).await?;
    }
    Ok(error)
}
