//! Documents come, are read or fail, and go.

use domain::ids::OrgId;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::rows::{FACTS, LISTED, bind_facts, read_whole, set_facts, store_column};
use super::{DocumentFacts, DocumentRef, DocumentState, NewDocument, NewPart, StoredDocument};
use crate::bulk::fetch_all_of;
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::DocumentId;
use crate::jobs::{NewJob, insert_job};
use crate::people::check_store;
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, push_values, values,
};
use crate::store::Store;

impl Store {
    /// Takes a file in and asks for its reading. The same file of the same store gives back its document and false; one that
    /// failed or was removed is taken anew under its old id.
    pub async fn receive_document(
        &self,
        org: &OrgId,
        new: &NewDocument,
        job: impl Fn(DocumentId) -> NewJob + Send,
        now: WallMs,
    ) -> Result<(DocumentId, bool), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, new.store.as_ref()).await?;
            let is_new = insert_document(connection, org, new, now).await?;
            let id = if is_new { new.id } else { same_file(connection, org, new).await? };
            let taken = is_new || take_anew(connection, (org, id), &new.blob_key, now).await?;
            if !taken {
                return Ok((id, false));
            }
            insert_job(connection, org, &job(id), now).await?;
            writing.commit().await?;
            Ok((id, is_new))
        })
        .await
    }

    /// Says that a document is being read; false where it needs no reading, because it is read already or gone.
    pub async fn begin_reading(&self, org: &OrgId, id: DocumentId, now: WallMs) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE document SET state = 'reading', changed_at = $3
                       WHERE org = $1 AND id = $2 AND deleted_at IS NULL
                         AND state IN ('received', 'reading', 'failed')";
            let begun = execute(writing.connection(), sql, values![org, &id, &now]).await? > 0;
            writing.commit().await?;
            Ok(begun)
        })
        .await
    }

    /// Writes down what was read of a document.
    pub async fn finish_reading(
        &self,
        org: &OrgId,
        id: DocumentId,
        facts: &DocumentFacts,
        skipped: &str,
        event: &NewEvent,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = composed(format!(
                "UPDATE document SET state = 'needs_review', reason = '', skipped = $3, changed_at = $4, {}
                 WHERE org = $1 AND id = $2 AND state = 'reading'",
                set_facts(5)
            ));
            let mut values = values![org, &id, skipped, &now];
            bind_facts(&mut values, facts);
            if execute(connection, sql, values).await? > 0 {
                emit(connection, org, event, now).await?;
            }
            writing.commit().await
        })
        .await
    }

    /// Writes down the documents that a container held, each as one of its own, with what tells of it.
    pub async fn split_document(
        &self,
        org: &OrgId,
        id: DocumentId,
        parts: &[(NewPart, NewEvent)],
        skipped: &str,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let parent = self.lock_document(connection, (org, id)).await?;
            if parent.state != DocumentState::Reading {
                return Ok(());
            }
            let sql = "UPDATE document SET state = 'split', reason = '', skipped = $3, changed_at = $4
                       WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id, skipped, &now]).await?;
            for (place, (part, event)) in (1_u32..).zip(parts) {
                if insert_part(connection, org, &parent, place, part, now).await? {
                    emit(connection, org, event, now).await?;
                }
            }
            writing.commit().await
        })
        .await
    }

    /// Says why a document cannot be read; `without_file` forgets where its bytes are.
    pub async fn fail_document(
        &self,
        org: &OrgId,
        id: DocumentId,
        reason: &str,
        without_file: bool,
        event: &NewEvent,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "UPDATE document SET state = 'failed', reason = $3, changed_at = $4,
                           blob_key = CASE WHEN $5 = 1 THEN NULL ELSE blob_key END
                       WHERE org = $1 AND id = $2 AND state = 'reading'";
            let values = values![org, &id, reason, &now, &without_file];
            if execute(connection, sql, values).await? > 0 {
                emit(connection, org, event, now).await?;
            }
            writing.commit().await
        })
        .await
    }

    /// Takes a document out of sight, with the documents that came in it; its bytes go later.
    pub async fn remove_document(&self, org: &OrgId, id: DocumentId, now: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_document(connection, (org, id)).await?;
            let sql = "SELECT COUNT(*) FROM document WHERE org = $1 AND (id = $2 OR parent = $2)
                           AND state = 'received_goods'";
            let booked: Option<u64> = fetch_value(connection, What::Document, sql, values![org, &id]).await?;
            if booked.unwrap_or(0) > 0 {
                let problem = "has goods in the stock: it is kept, so that the stock can be accounted for";
                return Err(StoreError::conflict(What::Document, id, problem).into());
            }
            let sql = "UPDATE document SET deleted_at = $3, changed_at = $3
                       WHERE org = $1 AND (id = $2 OR parent = $2)";
            execute(connection, sql, values![org, &id, &now]).await?;
            writing.commit().await
        })
        .await
    }

    /// Documents of all organisations that came before a moment, the oldest first; not those whose goods are in the stock, nor
    /// what came in another document.
    pub async fn documents_older_than(
        &self,
        before: WallMs,
        limit: u32,
    ) -> Result<Vec<(OrgId, DocumentId)>, StoreError> {
        let sql = "SELECT org, id FROM document
                   WHERE made_at < $1 AND deleted_at IS NULL AND parent IS NULL AND state <> 'received_goods'
                       AND NOT EXISTS (SELECT 1 FROM document AS part WHERE part.org = document.org
                                       AND part.parent = document.id AND part.state = 'received_goods')
                   ORDER BY made_at, id LIMIT $2";
        self.answer(async {
            fetch_each(&mut *self.reading().await?, What::Document, sql, values![&before, &limit], |fields| {
                Ok((fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// Forgets documents that were removed before a moment, some at once; gives back how many. What people confirmed by them
    /// is forgotten with them.
    pub async fn forget_documents(&self, removed_before: WallMs, limit: u32) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "SELECT org, id FROM document WHERE deleted_at < $1 ORDER BY deleted_at LIMIT $2";
            let read = |fields: &mut Fields<'_>| Ok((fields.take()?, fields.take()?));
            let gone: Vec<(OrgId, DocumentId)> =
                fetch_each(connection, What::Document, sql, values![&removed_before, &limit], read).await?;
            for (org, id) in &gone {
                for sql in [
                    "DELETE FROM known_match WHERE org = $1 AND document = $2",
                    "DELETE FROM document_version WHERE org = $1 AND document = $2",
                    "DELETE FROM document WHERE org = $1 AND id = $2",
                ] {
                    execute(connection, sql, values![org, id]).await?;
                }
            }
            writing.commit().await?;
            Ok(gone.len() as u64)
        })
        .await
    }

    /// Those of these keys that some document's bytes are under, in order.
    pub async fn document_blobs_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let select = "SELECT DISTINCT blob_key FROM document WHERE (blob_key)";
            let rows = fetch_all_of(&mut connection, select, 1, "", keys, |key, values| values.push(key));
            let mut used = Vec::with_capacity(keys.len());
            for row in rows.await? {
                used.push(Fields::of(&row, What::Document).take::<String>()?);
            }
            used.sort();
            used.dedup();
            Ok(used)
        })
        .await
    }

    /// The document's row, held until the transaction ends.
    pub(crate) async fn lock_document(
        &self,
        connection: &mut AnyConnection,
        (org, id): DocumentRef<'_>,
    ) -> Result<StoredDocument, Failure> {
        let sql = composed(format!(
            "{LISTED}, parsed, matches FROM document WHERE org = $1 AND id = $2 AND deleted_at IS NULL{}",
            self.engine().for_update()
        ));
        fetch_found(connection, (What::Document, &id), sql, values![org, &id], read_whole).await
    }
}

async fn insert_document(
    connection: &mut AnyConnection,
    org: &OrgId,
    new: &NewDocument,
    now: WallMs,
) -> Result<bool, Failure> {
    let NewDocument { id, store, hash, blob_key, file_name, size_bytes, made_by } = new;
    let sql = "INSERT INTO document (org, id, store, hash, place, blob_key, file_name, size_bytes, state, reason,
                   line_count, sure_count, warning_count, search_text, skipped, version, made_by, made_at, changed_at)
               VALUES ($1, $2, $3, $4, 0, $5, $6, $7, 'received', '', 0, 0, 0, $8, '[]', 0, $9, $10, $10)
               ON CONFLICT (org, store, hash, place) DO NOTHING";
    let search_text = file_name.to_lowercase();
    let mut values = values![org, id, store_column(store.as_ref()), hash, blob_key, file_name, size_bytes];
    push_values!(values; &search_text, made_by, &now);
    Ok(execute(connection, sql, values).await? > 0)
}

async fn same_file(
    connection: &mut AnyConnection,
    org: &OrgId,
    new: &NewDocument,
) -> Result<DocumentId, Failure> {
    let sql = "SELECT id FROM document WHERE org = $1 AND store = $2 AND hash = $3 AND place = 0";
    let values = values![org, store_column(new.store.as_ref()), &new.hash];
    let found = fetch_value(connection, What::Document, sql, values).await?;
    Ok(found.ok_or_else(|| StoreError::not_found(What::Document, new.id))?)
}

/// A document that failed is worth another try with the same file, and one that was removed is there again with its parts.
async fn take_anew(
    connection: &mut AnyConnection,
    (org, id): DocumentRef<'_>,
    blob_key: &str,
    now: WallMs,
) -> Result<bool, Failure> {
    let sql = "UPDATE document SET deleted_at = NULL, changed_at = $3
               WHERE org = $1 AND (id = $2 OR parent = $2) AND deleted_at IS NOT NULL";
    let back = execute(connection, sql, values![org, &id, &now]).await? > 0;
    let sql = "UPDATE document SET state = 'received', reason = '', blob_key = $3, changed_at = $4
               WHERE org = $1 AND id = $2 AND state = 'failed'";
    let again = execute(connection, sql, values![org, &id, blob_key, &now]).await? > 0;
    Ok(back || again)
}

async fn insert_part(
    connection: &mut AnyConnection,
    org: &OrgId,
    parent: &StoredDocument,
    place: u32,
    part: &NewPart,
    now: WallMs,
) -> Result<bool, Failure> {
    let facts: Vec<String> = (13..28).map(|place| format!("${place}")).collect();
    let sql = composed(format!(
        "INSERT INTO document (org, id, store, parent, hash, place, blob_key, file_name, size_bytes, made_by, made_at,
             changed_at, state, reason, skipped, version, {FACTS})
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'needs_review', '', '[]', 0, {})
         ON CONFLICT (org, store, hash, place) DO NOTHING",
        facts.join(", ")
    ));
    let store = store_column(parent.store.as_ref());
    let mut values = values![org, &part.id, store, &parent.id, &parent.hash, &place, &parent.blob_key];
    push_values!(values; &part.file_name, &parent.size_bytes, &parent.made_by, &now, &now);
    bind_facts(&mut values, &part.facts);
    Ok(execute(connection, sql, values).await? > 0)
}
