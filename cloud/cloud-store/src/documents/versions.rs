//! What people made of a document, version by version; each can be taken back.

use domain::ids::OrgId;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::rows::{bind_facts, set_facts};
use super::{ConfirmedLine, DocumentFacts, DocumentRef, DocumentState, Learning, StoredDocument, short_key};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::{Actor, DocumentId};
use crate::jobs::{NewJob, insert_job};
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, push_values, values,
};
use crate::store::Store;

/// What somebody made of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// The version that it was made of, where that is known.
    pub of: Option<u32>,
    /// All of it, with the corrections.
    pub facts: DocumentFacts,
    /// What its lines are.
    pub lines: Vec<ConfirmedLine>,
    /// How far learning of it is: `Waiting` or `Nothing`.
    pub learning: Learning,
    /// Why, where there is nothing to learn.
    pub learning_note: String,
    /// Who made it.
    pub made_by: Actor,
}

/// What somebody made of a document, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentVersion {
    /// Its number, from 1.
    pub version: u32,
    /// How far learning of it is.
    pub learning: Learning,
    /// Why, in words.
    pub learning_note: String,
    /// Who made it.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
    /// When it was taken back.
    pub undone_at: Option<WallMs>,
}

impl Store {
    /// Writes down what somebody made of a document, which is confirmed by it; gives back its number. `job` is asked for
    /// where something is to be learnt.
    pub async fn confirm_document(
        &self,
        org: &OrgId,
        id: DocumentId,
        new: &NewVersion,
        job: Option<&NewJob>,
        event: &NewEvent,
        now: WallMs,
    ) -> Result<u32, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let before = self.lock_document(connection, (org, id)).await?;
            check_open(&before)?;
            if new.of.is_some_and(|of| of != before.version) {
                let problem = "has been corrected since you read it: read it again and decide anew";
                return Err(StoreError::conflict(What::Document, id, problem).into());
            }
            if before.version == 0 {
                keep_what_was_read(connection, org, &before).await?;
            }
            let version = next_version(connection, (org, id)).await?;
            insert_version(connection, (org, id), version, new, now).await?;
            insert_lines(connection, (org, id), version, new).await?;
            set_current(connection, (org, id), version, DocumentState::Confirmed, &new.facts, now).await?;
            if let Some(job) = job {
                insert_job(connection, org, job, now).await?;
            }
            emit(connection, org, event, now).await?;
            writing.commit().await?;
            Ok(version)
        })
        .await
    }

    /// What people made of a document, the newest first.
    pub async fn document_versions(
        &self,
        org: &OrgId,
        id: DocumentId,
    ) -> Result<Vec<DocumentVersion>, StoreError> {
        self.answer(async {
            let sql =
                "SELECT version, learning, learning_note, made_by, made_at, undone_at FROM document_version
                       WHERE org = $1 AND document = $2 AND version > 0 ORDER BY version DESC";
            fetch_each(&mut *self.reading().await?, What::Document, sql, values![org, &id], |fields| {
                Ok(DocumentVersion {
                    version: fields.take()?,
                    learning: fields.take()?,
                    learning_note: fields.take()?,
                    made_by: fields.take()?,
                    made_at: fields.take()?,
                    undone_at: fields.take_option()?,
                })
            })
            .await
        })
        .await
    }

    /// Takes a version back: what was learnt and confirmed by it counts no more. Where it was the one that counted, the one
    /// before it does, or what was read. `describe` says of a version's JSON (what it says, what its lines are) what is listed.
    pub async fn undo_version(
        &self,
        org: &OrgId,
        id: DocumentId,
        version: u32,
        describe: impl Fn(&str, &str) -> Option<DocumentFacts> + Send + Sync,
        event: &NewEvent,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let before = self.lock_document(connection, (org, id)).await?;
            check_open(&before)?;
            let sql = "UPDATE document_version SET undone_at = $4
                       WHERE org = $1 AND document = $2 AND version = $3 AND version > 0 AND undone_at IS NULL";
            if execute(connection, sql, values![org, &id, &version, &now]).await? == 0 {
                return Err(missing_version(connection, (org, id), version).await?.into());
            }
            if before.version == version {
                let (standing, parsed, matches) = newest_standing(connection, (org, id)).await?;
                let facts = describe(&parsed, &matches).ok_or_else(|| StoreError::Unreadable {
                    what: What::Document,
                    name: id.to_string(),
                    problem: format!("version {standing} of it is not of this version of the program"),
                })?;
                let state = if standing == 0 { DocumentState::NeedsReview } else { DocumentState::Confirmed };
                set_current(connection, (org, id), standing, state, &facts, now).await?;
            }
            emit(connection, org, event, now).await?;
            writing.commit().await
        })
        .await
    }
}

/// Refuses what was not read yet, and what goods came by: the stock was booked by what it says.
fn check_open(document: &StoredDocument) -> Result<(), Failure> {
    let problem = match document.state {
        DocumentState::NeedsReview | DocumentState::Confirmed => return Ok(()),
        DocumentState::Received | DocumentState::Reading => "is being read: wait until it is",
        DocumentState::Split => "is a container: correct the documents that came in it",
        DocumentState::Failed => "cannot be read: send the file again once it is right",
        DocumentState::ReceivedGoods => "has goods in the stock: it stays as it was booked",
    };
    Err(StoreError::conflict(What::Document, document.id, problem).into())
}

/// What was read is version 0, so that it can be gone back to.
async fn keep_what_was_read(
    connection: &mut AnyConnection,
    org: &OrgId,
    read: &StoredDocument,
) -> Result<(), Failure> {
    let sql = "INSERT INTO document_version (org, document, version, parsed, matches, supplier_key, layout, learning,
                   learning_note, made_by, made_at)
               VALUES ($1, $2, 0, $3, $4, $5, $6, 'nothing', '', $7, $8)
               ON CONFLICT (org, document, version) DO NOTHING";
    let facts = &read.facts;
    let (parsed, matches) = (facts.parsed.as_deref().unwrap_or(""), facts.matches.as_deref().unwrap_or(""));
    let mut values = values![org, &read.id, parsed, matches, &facts.supplier_key, &facts.layout];
    push_values!(values; &read.made_by, &read.changed_at);
    execute(connection, sql, values).await?;
    Ok(())
}

async fn next_version(connection: &mut AnyConnection, (org, id): DocumentRef<'_>) -> Result<u32, Failure> {
    let sql = "SELECT COALESCE(MAX(version), 0) FROM document_version WHERE org = $1 AND document = $2";
    let newest: Option<u32> = fetch_value(connection, What::Document, sql, values![org, &id]).await?;
    Ok(newest.unwrap_or(0) + 1)
}

async fn insert_version(
    connection: &mut AnyConnection,
    (org, id): DocumentRef<'_>,
    version: u32,
    new: &NewVersion,
    now: WallMs,
) -> Result<(), Failure> {
    let sql = "INSERT INTO document_version (org, document, version, parsed, matches, supplier_key, layout, learning,
                   learning_note, made_by, made_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let NewVersion { facts, learning, learning_note, made_by, .. } = new;
    let (parsed, matches) = (facts.parsed.as_deref().unwrap_or(""), facts.matches.as_deref().unwrap_or(""));
    let mut values = values![org, &id, &version, parsed, matches, &facts.supplier_key, &facts.layout];
    push_values!(values; learning, learning_note, made_by, &now);
    execute(connection, sql, values).await?;
    Ok(())
}

async fn insert_lines(
    connection: &mut AnyConnection,
    (org, id): DocumentRef<'_>,
    version: u32,
    new: &NewVersion,
) -> Result<(), Failure> {
    let supplier = short_key(new.facts.supplier_key.as_deref().unwrap_or(""));
    let insert = "INSERT INTO known_match (org, document, version, line, supplier_key, article, name_key, unit, product,
                      factor)";
    insert_all(connection, insert, 10, "", &new.lines, |line, values| {
        let (article, name) = (short_key(&line.article), short_key(&line.name_key));
        push_values!(values; org, &id, &version, &line.line, supplier, article, name, &line.unit);
        push_values!(values; &line.product, &line.factor_thousandths);
    })
    .await?;
    Ok(())
}

async fn set_current(
    connection: &mut AnyConnection,
    (org, id): DocumentRef<'_>,
    version: u32,
    state: DocumentState,
    facts: &DocumentFacts,
    now: WallMs,
) -> Result<(), Failure> {
    let sql = composed(format!(
        "UPDATE document SET version = $3, state = $4, changed_at = $5, {} WHERE org = $1 AND id = $2",
        set_facts(6)
    ));
    let mut values = values![org, &id, &version, &state, &now];
    bind_facts(&mut values, facts);
    execute(connection, sql, values).await?;
    Ok(())
}

async fn newest_standing(
    connection: &mut AnyConnection,
    (org, id): DocumentRef<'_>,
) -> Result<(u32, String, String), Failure> {
    let sql = "SELECT version, parsed, matches FROM document_version
               WHERE org = $1 AND document = $2 AND undone_at IS NULL ORDER BY version DESC LIMIT 1";
    let read = |fields: &mut Fields<'_>| Ok((fields.take()?, fields.take()?, fields.take()?));
    fetch_found(connection, (What::Document, &id), sql, values![org, &id], read).await
}

async fn missing_version(
    connection: &mut AnyConnection,
    (org, id): DocumentRef<'_>,
    version: u32,
) -> Result<StoreError, Failure> {
    let sql =
        "SELECT 1 FROM document_version WHERE org = $1 AND document = $2 AND version = $3 AND version > 0";
    let there: Option<i64> =
        fetch_value(connection, What::Document, sql, values![org, &id, &version]).await?;
    let name = format!("{id}, version {version}");
    Ok(match there {
        Some(_) => StoreError::conflict(What::Document, name, "was taken back before"),
        None => StoreError::not_found(What::Document, name),
    })
}
