//! Documents are looked through, read and matched, and corrections are learnt from.

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use cloud_docs::{Hints, ParsedDocument, Reading};
use cloud_store::{
    Actor, Corrected, DocumentFacts, DocumentId, DocumentState, Learning, LeasedJob, NewAuditEntry, NewPart,
    StoreError, StoredDocument,
};
use domain::ids::OrgId;
use domain::time::WallMs;
use uuid::Uuid;

use super::{Hopeless, Worker};
use crate::blobs::{BlobError, BlobName};
use crate::documents::completion::Completion;
use crate::documents::event::document_changed;
use crate::documents::facts::facts;
use crate::documents::learning::Trial;
use crate::documents::matcher::{History, Shop};
use crate::documents::matching::Matches;
use crate::documents::virus_scan::{Verdict, look_through};
use crate::roles::now;

/// Documents that are removed at once.
const AT_ONCE: u32 = 100;
/// A year of 365.2425 days.
const YEAR_MS: i64 = 31_556_952_000;

/// Reads a document. What fails for good is written down where people see it, with the reason.
pub(super) async fn parse(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let id = document_id(std::str::from_utf8(&job.payload).unwrap_or_default())?;
    let org = &job.org;
    if !worker.store.begin_reading(org, id, now()).await? {
        return Ok(());
    }
    let document = worker.store.document(org, id).await?;
    let outcome = read(worker, org, &document).await;
    let Err(error) = &outcome else { return outcome };
    if error.is::<Hopeless>() || job.attempt >= job.attempts_max {
        fail(worker, org, id, &format!("{error:#}"), false).await?;
    }
    outcome
}

async fn read(worker: &Worker, org: &OrgId, document: &StoredDocument) -> anyhow::Result<()> {
    let id = document.id;
    let gone = "its file is gone: send it again";
    let Some(key) = &document.blob_key else { return fail(worker, org, id, gone, false).await };
    let name = BlobName::kept(key);
    let file = match worker.blobs.get(&name).await {
        Ok(file) => file,
        Err(BlobError::Missing(_)) => return fail(worker, org, id, gone, true).await,
        Err(error) => return Err(error.into()),
    };
    if worker.config.documents.has_scanner()
        && let Verdict::Found(what) = look_through(&worker.config.documents, &file).await?
    {
        metrics::counter!("tillsight_documents_infected_total").increment(1);
        worker.blobs.delete(&name).await?;
        let reason = format!("the virus scanner found `{what}` in it: the file was removed");
        return fail(worker, org, id, &reason, true).await;
    }
    let with_text = worker.language.reads_documents();
    let hints = Hints { with_text, ..hints(worker, org, &document.file_name).await? };
    match worker.reader.parse(file, hints).await {
        Ok(Ok(mut reading)) => {
            let completion = Completion {
                language: &worker.language,
                reader: &worker.reader,
                blobs: &worker.blobs,
                store: &worker.store,
                org,
            };
            completion.run(&mut reading.documents).await?;
            keep(worker, org, document, reading).await
        }
        Ok(Err(refusal)) => fail(worker, org, id, &refusal.to_string(), false).await,
        Err(error) if error.is_of_the_file() => Err(Hopeless(error.to_string()).into()),
        Err(error) => Err(error.into()),
    }
}

/// Writes down what was read: as the document, or as several where the file held several.
async fn keep(
    worker: &Worker,
    org: &OrgId,
    document: &StoredDocument,
    reading: Reading,
) -> anyhow::Result<()> {
    let skipped = serde_json::to_string(&reading.skipped)?;
    metrics::counter!("tillsight_documents_read_total").increment(reading.documents.len() as u64);
    if reading.documents.is_empty() {
        let reasons: Vec<String> =
            reading.skipped.iter().take(5).map(|one| format!("`{}`: {}", one.path, one.text)).collect();
        let reason = match reasons.is_empty() {
            true => "there is no document in it".to_owned(),
            false => format!("there is no document in it that can be read: {}", reasons.join("; ")),
        };
        return fail(worker, org, document.id, &reason, false).await;
    }
    let matched = match_all(worker, org, reading.documents).await?;
    if let [(parsed, matches)] = matched.as_slice() {
        let facts = facts(&document.file_name, parsed, matches);
        let now = now();
        let told = document_changed(document.id, DocumentState::NeedsReview, &facts, now);
        worker.store.finish_reading(org, document.id, &facts, &skipped, &told, now).await?;
        return Ok(());
    }
    let now = now();
    let parts = matched.iter().map(|(parsed, matches)| {
        let file_name = match parsed.path.is_empty() {
            true => document.file_name.clone(),
            false => parsed.path.clone(),
        };
        let facts = facts(&file_name, parsed, matches);
        let id = DocumentId(Uuid::now_v7());
        let told = document_changed(id, DocumentState::NeedsReview, &facts, now);
        (NewPart { id, file_name, facts }, told)
    });
    let parts: Vec<_> = parts.collect();
    worker.store.split_document(org, document.id, &parts, &skipped, now).await?;
    Ok(())
}

/// What the lines of documents are. Comparing names of thousands of lines takes seconds, so it leaves the async threads.
async fn match_all(
    worker: &Worker,
    org: &OrgId,
    documents: Vec<ParsedDocument>,
) -> anyhow::Result<Vec<(ParsedDocument, Matches)>> {
    let shop = Shop::load(&worker.store, org).await?;
    let mut with_history = Vec::with_capacity(documents.len());
    for parsed in documents {
        let history = History::load(&worker.store, org, &parsed).await?;
        with_history.push((parsed, history));
    }
    let most = worker.config.documents.matched_lines_max;
    let compare = move || {
        let matched = with_history.into_iter().map(|(parsed, history)| {
            let matches = shop.matches(&parsed, &history, most);
            (parsed, matches)
        });
        matched.collect()
    };
    tokio::task::spawn_blocking(compare).await.context("failed to compare lines with products")
}

async fn fail(
    worker: &Worker,
    org: &OrgId,
    id: DocumentId,
    reason: &str,
    without_file: bool,
) -> anyhow::Result<()> {
    metrics::counter!("tillsight_documents_failed_total").increment(1);
    let now = now();
    let told = document_changed(id, DocumentState::Failed, &DocumentFacts::default(), now);
    worker.store.fail_document(org, id, reason, without_file, &told, now).await?;
    Ok(())
}

/// What is known before a file is read: who buys, in which currency, and what corrections taught.
async fn hints(worker: &Worker, org: &OrgId, file_name: &str) -> anyhow::Result<Hints> {
    let stores = worker.store.stores(org).await?;
    let organisation = worker.store.organisation(org).await?;
    let mut currencies: Vec<&str> = stores.iter().map(|store| store.details.currency.code()).collect();
    currencies.dedup();
    let examples = worker.store.document_examples(org, worker.config.documents.examples_max).await?;
    Ok(Hints {
        file_name: file_name.to_owned(),
        buyer_names: std::iter::once(organisation.name)
            .chain(stores.iter().map(|store| store.details.name.clone()))
            .collect(),
        currency: match currencies.as_slice() {
            [only] => Some((*only).to_owned()),
            _ => None,
        },
        // One that a later version wrote says nothing to this one.
        examples: examples.iter().filter_map(|one| serde_json::from_str(&one.example).ok()).collect(),
        with_text: false,
    })
}

/// Learns from a correction; the payload is the document's id and the version.
pub(super) async fn learn(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let text = std::str::from_utf8(&job.payload).unwrap_or_default();
    let (id, version) = text.split_once('/').context("the job names no version")?;
    let (id, version) = (document_id(id)?, version.parse::<u32>().context("the job names no version")?);
    let org = &job.org;
    let document = match worker.store.document(org, id).await {
        Ok(document) if document.version == version => document,
        // Another correction took its place, or it was taken back.
        Ok(_) | Err(StoreError::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let own = Corrected {
        document: id,
        supplier_key: document.facts.supplier_key.clone(),
        layout: document.facts.layout.clone(),
        blob_key: document.blob_key,
        hash: document.hash,
        place: document.place,
        file_name: document.file_name,
        read: String::new(),
        corrected: document.facts.parsed.unwrap_or_default(),
        matches: String::new(),
    };
    let layout = own.layout.clone().unwrap_or_default();
    let most = worker.config.documents.replay_max;
    let others = worker.store.documents_to_try(org, own.supplier_key.as_deref(), &layout, most).await?;
    let hints = hints(worker, org, &own.file_name).await?;
    let trial = Trial { reader: &worker.reader, blobs: &worker.blobs, org, hints: &hints };
    let learnt = trial.learn(&own, &others).await?;
    let outcome = learnt.learning.as_str();
    metrics::counter!("tillsight_documents_learnt_total", "outcome" => outcome).increment(1);
    if learnt.learning == Learning::Refused {
        tracing::warn!(document.id = %id, "a correction is not learnt from: {}", learnt.note);
    }
    let example = learnt.example.as_deref();
    worker.store.settle_learning(org, (id, version), learnt.learning, example, &learnt.note).await?;
    Ok(())
}

/// Removes what was removed long enough ago, and files that no document names any more.
pub(super) async fn sweep(worker: &Worker) -> anyhow::Result<()> {
    let now = now();
    remove_old(worker, now).await?;
    let days = i64::from(worker.config.documents.removed_kept_days);
    let before = WallMs(now.0 - days * 86_400_000);
    while worker.store.forget_documents(before, 100).await? == 100 {}
    Ok(())
}

/// Removes documents whose years are over, each with its entry in the audit log.
async fn remove_old(worker: &Worker, now: WallMs) -> anyhow::Result<()> {
    let years = worker.config.documents.kept_years;
    if years == 0 {
        return Ok(());
    }
    let before = WallMs(now.0 - i64::from(years) * YEAR_MS);
    loop {
        let old = worker.store.documents_older_than(before, AT_ONCE).await?;
        let mut removed = 0;
        for (org, id) in &old {
            let entry = NewAuditEntry {
                actor: Actor::System("retention".to_owned()),
                action: "document.remove".to_owned(),
                object: format!("document:{id}"),
                detail: format!("older than {years} years"),
            };
            match worker.store.audited(org, &entry, now)?.remove_document(org, *id, now).await {
                // Its goods were booked meanwhile, or it is gone.
                Err(StoreError::Conflict { .. } | StoreError::NotFound { .. }) => {}
                done => {
                    done?;
                    removed += 1;
                }
            }
        }
        // What could not be removed would be found again at once.
        if removed == 0 || old.len() < AT_ONCE as usize {
            return Ok(());
        }
    }
}

fn document_id(text: &str) -> anyhow::Result<DocumentId> {
    Uuid::parse_str(text).map(DocumentId).map_err(|_| anyhow!("the job names no document"))
}

/// Where a file of this content is kept.
pub(crate) fn blob_name(org: &OrgId, file: &Bytes) -> (BlobName, cloud_store::Hash) {
    use sha2::{Digest as _, Sha256};
    let hash: cloud_store::Hash = Sha256::digest(file).into();
    (BlobName::of_document(org, &hash), hash)
}
