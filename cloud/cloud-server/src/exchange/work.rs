//! The jobs of an import: its file is read and planned, its plan is applied.

use std::collections::HashMap;

use anyhow::{Context as _, anyhow};
use cloud_docs::Hints;
use cloud_docs::catalogue::CatalogueRecord;
use cloud_docs::notes::{self, Note};
use cloud_docs::reading::Skipped;
use cloud_store::{
    Applied, CatalogueImportId, ImportFinding, ImportOutcome, ImportPrice, ImportPut, ImportRow, ImportState,
    ImportWrite, LeasedJob, NewAuditEntry, PlannedImport, PriceOrigin, ProductNumber, StoreError,
    StoredImport, StoredProduct,
};
use domain::gtin::{Gtin, Plu};
use domain::ids::OrgId;
use domain::time::WallMs;
use uuid::Uuid;

use super::check::{present, shown};
use super::lay::{Change, PRICE, Terms, changes, lay};
use super::plan::{Options, Plan, plan as compare};
use super::reasons::{Reason, not_written, number_taken, product_removed, row_unreadable};
use super::{APPLY_IMPORT, PLAN_IMPORT, failure, job as import_job};
use crate::blobs::BlobName;
use crate::documents::virus_scan::{Verdict, look_through};
use crate::jobs::{PUBLISH_CATALOGUE, Worker, job};
use crate::products::event::product_upsert;
use crate::roles::now;

/// Rows of a plan that are written in one transaction.
const WRITTEN_AT_ONCE: usize = 500;
/// Rows that are applied in one transaction: it holds their products no longer than a till would notice.
const SLICE: u32 = 250;
/// Imports that are looked at in one round, the oldest first.
const STRANDED_AT_ONCE: u32 = 1_000;
/// Findings that are kept of a plan; whoever has more has other worries first.
const FINDINGS_MAX: usize = 10_000;

/// Reads an import's file and writes its plan down.
pub(crate) async fn plan(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let Some((id, import)) = import_of(worker, job).await? else { return Ok(()) };
    if !worker.store.begin_import_plan(&job.org, id).await? {
        return Ok(());
    }
    let planned = match make_plan(worker, &job.org, &import).await {
        Ok(Ok(planned)) => planned,
        Ok(Err(why)) => return fail(worker, &job.org, id, ImportState::Planning, why).await,
        Err(error) => return Err(given_up(worker, job, (id, ImportState::Planning), error).await?),
    };
    match write_plan(worker, &job.org, id, &planned).await {
        // Somebody took it away meanwhile.
        Err(StoreError::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(given_up(worker, job, (id, ImportState::Planning), error.into()).await?),
        Ok(()) => {}
    }
    worker.wake_importers.notify_one();
    metrics::counter!("tillsight_import_rows_total").increment(planned.counts.rows);
    Ok(())
}

async fn write_plan(
    worker: &Worker,
    org: &OrgId,
    id: CatalogueImportId,
    planned: &Planned,
) -> Result<(), StoreError> {
    for some in planned.rows.chunks(WRITTEN_AT_ONCE) {
        worker.store.add_import_rows(org, id, some).await?;
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
        worker.store.add_import_findings(org, id, some).await?;
    }
    let notes = serde_json::to_string(&planned.notes).expect("it is text");
    let whole = PlannedImport { format: planned.format.clone(), notes, counts: planned.counts };
    let apply = import_job(APPLY_IMPORT, id, now());
    worker.store.finish_import_plan(org, id, &whole, &apply, now()).await
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
) -> anyhow::Result<Result<Planned, Skipped>> {
    let asked = &import.asked;
    let whole = |why: Note| Skipped::of(asked.file_name.clone(), why);
    let bytes = worker.blobs.get(&BlobName::kept(&asked.blob_key)).await?;
    if worker.config.documents.has_scanner()
        && let Verdict::Found(what) = look_through(&worker.config.documents, &bytes).await?
    {
        return Ok(Err(whole(notes::virus_found(what))));
    }
    let hints = Hints { file_name: asked.file_name.clone(), ..Hints::default() };
    let file = match worker.reader.catalogue(bytes, hints).await {
        Ok(Ok(file)) => file,
        Ok(Err(refusal)) => return Ok(Err(refusal.into_skipped())),
        Err(error) => return error.of_the_file().map(|why| Err(whole(why))).ok_or_else(|| error.into()),
    };
    let format = file.format.as_str().to_owned();
    let mut present = present(&worker.store, org).await?;
    let prices_from = asked.prices_from.filter(|from| *from > now());
    if let Some(from) = prices_from {
        present.to_come =
            worker.store.prices_to_come(org, from).await?.into_iter().collect::<HashMap<_, _>>();
    }
    let options =
        Options { match_by: asked.match_by, missing: asked.missing, language: asked.language.clone() };
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
    let (mut limit, mut job) = (SLICE, job.clone());
    loop {
        let settled = match settle(worker, &job.org, &import, limit, &decide).await {
            Ok(Settled::All) => break,
            Ok(Settled::Some) => {
                // What stands behind the row at fault goes together again.
                limit = (limit * 2).min(SLICE);
                true
            }
            // One of the rows is at fault, most likely by a number that another product has by now: they are tried alone.
            Ok(Settled::None) => {
                limit = 1;
                false
            }
            Err(error) => {
                return Err(given_up(worker, &job, (id, ImportState::Applying), error.into()).await?);
            }
        };
        // Only a try that comes no further counts as one: a large import outlives any number of restarts.
        if settled && job.attempt > 1 {
            worker.store.count_tries_anew(job.id, &worker.owner).await?;
            job.attempt = 1;
        }
    }
    worker.wake.notify_one();
    Ok(())
}

/// How far a slice came.
enum Settled {
    /// The import is done.
    All,
    /// Its rows are settled.
    Some,
    /// One of its rows is at fault, nobody knows which.
    None,
}

/// Settles the next rows; of one row that cannot be written it says why.
async fn settle(
    worker: &Worker,
    org: &OrgId,
    import: &StoredImport,
    limit: u32,
    decide: &(dyn Fn(&ImportRow, Option<&StoredProduct>) -> ImportWrite + Sync),
) -> Result<Settled, StoreError> {
    let id = import.asked.id;
    let alone = if limit == 1 { worker.store.next_import_row(org, id).await? } else { None };
    match slice(worker, org, import, limit, decide).await {
        Ok(applied) if applied.is_done => Ok(Settled::All),
        Ok(_) => Ok(Settled::Some),
        Err(error @ (StoreError::Conflict { .. } | StoreError::Invalid { .. })) => {
            let Some(row) = alone else { return Ok(Settled::None) };
            let reason = whose(worker, org, &row).await?.unwrap_or_else(|| not_written(error));
            worker.store.refuse_import_row(org, id, row.number, &reason.written()).await?;
            Ok(Settled::Some)
        }
        Err(error) => Err(error),
    }
}

/// The number of a row that another product has by now.
async fn whose(worker: &Worker, org: &OrgId, row: &ImportRow) -> Result<Option<Reason>, StoreError> {
    let Ok(record) = serde_json::from_str::<CatalogueRecord>(&row.said) else { return Ok(None) };
    let gtin = record.gtin.and_then(|text| Gtin::parse(text.trim()).ok()).map(|gtin| gtin.to_string());
    let plu = record.plu.and_then(|text| Plu::parse(text.trim()).ok()).map(|plu| plu.to_string());
    for (kind, field, number) in [
        (ProductNumber::Sku, "sku", record.sku),
        (ProductNumber::Gtin, "gtin", gtin),
        (ProductNumber::Plu, "plu", plu),
    ] {
        let Some(number) = number else { continue };
        let found = worker.store.products_by_number(org, kind, std::slice::from_ref(&number)).await?;
        if let Some(other) = found.iter().find(|other| Some(&other.product.id) != row.product.as_ref()) {
            return Ok(Some(number_taken(field, &number, &other.product.id)));
        }
    }
    Ok(None)
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
        return ImportWrite::Refused(product_removed(id).written());
    }
    let record = match serde_json::from_str::<CatalogueRecord>(&row.said) {
        // Of a product that the file lacks only this is said; its name and number are for people.
        Ok(record) if row.outcome == ImportOutcome::Retired => {
            CatalogueRecord { archived: record.archived, ..CatalogueRecord::default() }
        }
        Ok(record) => record,
        Err(error) => return ImportWrite::Refused(row_unreadable(error).written()),
    };
    let mut laid = match lay(&record, id, known.map(|stored| &stored.product), terms) {
        Ok(laid) => laid,
        Err(reason) => return ImportWrite::Refused(reason.written()),
    };
    let names_family = laid.category.as_ref().is_some_and(|category| !category.family.is_empty());
    let later = import.asked.prices_from.filter(|from| *from > at);
    // What is said of a later price may be that it stays as it is: then another that was said for that moment gives way to it.
    let reprices = later.is_some() && changes_price(row);
    if changes(known, &laid).is_empty() && !names_family && !reprices {
        return ImportWrite::Nothing;
    }
    let (before, price) = (known.map(|stored| stored.product.price), laid.product.price);
    let price = match (before, later) {
        (None, _) => Some(ImportPrice { price, from: at, origin: PriceOrigin::Registered }),
        (Some(before), _) if before == price && !reprices => None,
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

/// Whether the plan says that the price becomes another.
fn changes_price(row: &ImportRow) -> bool {
    let changes = serde_json::from_str::<Vec<Change>>(&row.changes).unwrap_or_default();
    changes.iter().any(|change| change.field == PRICE)
}

/// What fails for good is written down where people see it, with the reason.
async fn given_up(
    worker: &Worker,
    job: &LeasedJob,
    (id, state): (CatalogueImportId, ImportState),
    error: anyhow::Error,
) -> anyhow::Result<anyhow::Error> {
    if job.attempt >= job.attempts_max {
        let why = notes::import_given_up(format_args!("{error:#}"));
        fail(worker, &job.org, id, state, of_the_server(why)).await?;
    }
    Ok(error)
}

/// Why an import cannot be where no file is at fault.
fn of_the_server(why: Note) -> Skipped {
    Skipped::of(String::new(), why)
}

async fn fail(
    worker: &Worker,
    org: &OrgId,
    id: CatalogueImportId,
    state: ImportState,
    why: Skipped,
) -> anyhow::Result<()> {
    let publish = job(PUBLISH_CATALOGUE, org.as_str(), now());
    Ok(worker.store.fail_import(org, id, state, &failure::written(why), (&publish, now())).await?)
}

/// See [`Worker::fail_stranded_imports`].
pub(crate) async fn fail_stranded(worker: &Worker) -> anyhow::Result<()> {
    for (org, id, state) in worker.store.imports_under_way(STRANDED_AT_ONCE).await? {
        let kind = if state == ImportState::Planning { PLAN_IMPORT } else { APPLY_IMPORT };
        if !worker.store.has_open_job_about(&org, kind, &id.to_string()).await? {
            fail(worker, &org, id, state, of_the_server(notes::import_stranded())).await?;
        }
    }
    Ok(())
}
