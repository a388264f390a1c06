//! What is looked at from time to time, to see whether somebody has to be told: every till and what waits for people.

use domain::ids::{Generation, OrgId, SequenceNumber, StoreId};
use domain::sale::TillRef;
use domain::time::WallMs;

use super::NoticeEvent;
use super::inbox::{NOTICE, Notice, read_notice, read_store};
use crate::error::{StoreError, What};
use crate::ids::DocumentId;
use crate::sql::{composed, fetch_each, values};
use crate::store::Store;
use crate::tills::read_till_ref;

/// A till in use, as the cloud knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedTill {
    /// Which one.
    pub till: TillRef,
    /// Its name as people read it.
    pub name: String,
    /// When it was heard of last.
    pub seen_at: WallMs,
    /// Its newest sale, as it said then.
    pub seen_sequence: SequenceNumber,
    /// The newest sale of it that came.
    pub has_sequence: SequenceNumber,
    /// The generation that it sold from.
    pub seen_generation: Generation,
    /// The store's newest.
    pub newest_generation: Generation,
    /// Since when there is one newer than the till's.
    pub newer_since: Option<WallMs>,
}

/// A document that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedDocument {
    /// Of which organisation.
    pub org: OrgId,
    /// Its id.
    pub id: DocumentId,
    /// The store that it is for.
    pub store: Option<StoreId>,
    /// What it is called.
    pub file_name: String,
    /// Who it is from, as far as known.
    pub supplier: Option<String>,
    /// Why it failed; empty where it was read.
    pub reason: String,
    /// Since when it waits.
    pub changed_at: WallMs,
}

impl Store {
    /// Every till of every organisation that is in use and was heard of: for the cloud itself.
    pub async fn watched_tills(&self) -> Result<Vec<WatchedTill>, StoreError> {
        self.answer(async {
            let sql = "SELECT till.org, till.store, till.id, till.name, seen_at, COALESCE(seen_sequence, 0),
                           COALESCE(till_head.sequence, 0), COALESCE(seen_generation, 0), COALESCE(newest.number, 0),
                           (SELECT MIN(made_at) FROM generation WHERE generation.org = till.org
                                AND generation.store = till.store AND generation.number > COALESCE(seen_generation, 0))
                       FROM till
                       LEFT JOIN till_head ON till_head.org = till.org AND till_head.store = till.store
                           AND till_head.till = till.id
                       LEFT JOIN (SELECT org, store, MAX(number) AS number FROM generation GROUP BY org, store) AS newest
                           ON newest.org = till.org AND newest.store = till.store
                       WHERE retired_at IS NULL AND seen_at IS NOT NULL ORDER BY till.org, till.store, till.id";
            fetch_each(&mut *self.reading().await?, What::Till, sql, values![], |fields| {
                Ok(WatchedTill {
                    till: read_till_ref(fields)?,
                    name: fields.take()?,
                    seen_at: fields.take()?,
                    seen_sequence: fields.take()?,
                    has_sequence: fields.take()?,
                    seen_generation: fields.take()?,
                    newest_generation: fields.take()?,
                    newer_since: fields.take_option()?,
                })
            })
            .await
        })
        .await
    }

    /// Documents of every organisation that have waited for somebody since before a moment, or failed: for the cloud itself.
    pub async fn watched_documents(
        &self,
        before: WallMs,
        limit: u32,
    ) -> Result<Vec<WatchedDocument>, StoreError> {
        self.answer(async {
            let sql = "SELECT org, id, store, file_name, supplier_name, reason, changed_at FROM document
                       WHERE state IN ('needs_review', 'failed') AND deleted_at IS NULL AND changed_at < $1
                       ORDER BY changed_at DESC LIMIT $2";
            fetch_each(&mut *self.reading().await?, What::Document, sql, values![&before, &limit], |fields| {
                Ok(WatchedDocument {
                    org: fields.take()?,
                    id: fields.take()?,
                    store: read_store(fields)?,
                    file_name: fields.take()?,
                    supplier: fields.take_option()?,
                    reason: fields.take()?,
                    changed_at: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// What the open notices of a kind are about, in every organisation: for the cloud itself.
    pub async fn open_keys(&self, event: NoticeEvent) -> Result<Vec<(OrgId, String)>, StoreError> {
        self.answer(async {
            let sql =
                "SELECT org, notice_key FROM notice WHERE event = $1 AND settled_at IS NULL ORDER BY id";
            fetch_each(&mut *self.reading().await?, What::Notice, sql, values![&event], |fields| {
                Ok((fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// Open notices of every organisation, the newest first: for the cloud itself.
    pub async fn open_notices(&self, limit: u32) -> Result<Vec<Notice>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{NOTICE} FROM notice WHERE settled_at IS NULL ORDER BY notice.id DESC LIMIT $1"
            ));
            fetch_each(&mut *self.reading().await?, What::Notice, sql, values![&limit], read_notice).await
        })
        .await
    }
}
