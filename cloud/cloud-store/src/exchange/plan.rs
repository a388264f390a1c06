//! The plan of an import: written in slices, whole once the import says so.

use domain::ids::OrgId;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::{ImportCounts, ImportFinding, ImportRow, ImportState};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::ids::CatalogueImportId;
use crate::jobs::{NewJob, insert_job};
use crate::sql::{Failure, composed, execute, fetch_value, push_values, values};
use crate::store::{Store, on_key};

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedImport {
    /// What kind of file it is.
    pub format: String,
    /// What to mind, as JSON: a list of texts.
    pub notes: String,
    /// What its rows come to.
    pub counts: ImportCounts,
}

impl Store {
    /// Begins a plan anew: what an earlier worker wrote of it before it died is forgotten. False where it is planned already.
    pub async fn begin_import_plan(&self, org: &OrgId, id: CatalogueImportId) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            if self.lock_import(connection, org, id).await? != ImportState::Planning {
                return Ok(false);
            }
            forget_plan(connection, org, id).await?;
            writing.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Adds rows to a plan. Those that another worker has written already are passed over.
    pub async fn add_import_rows(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
        rows: &[ImportRow],
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let insert = "INSERT INTO catalogue_import_row (org, import, number, file_row, outcome, product, label, said, changes,
                              problem, done)";
            let rest = "ON CONFLICT (org, import, number) DO NOTHING";
            let written = insert_all(writing.connection(), insert, 11, rest, rows, |row, values| {
                let ImportRow { number, file_row, outcome, product, label, said, changes, problem, done } = row;
                push_values!(values; org, &id, number, file_row, outcome, product, label, said, changes, problem, done);
            });
            removed_meanwhile(written.await, id)?;
            writing.commit().await
        })
        .await
    }

    /// Adds findings to a plan. Those that another worker has written already are passed over.
    pub async fn add_import_findings(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
        findings: &[ImportFinding],
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let insert =
                "INSERT INTO catalogue_import_finding (org, import, number, code, severity, finding)";
            let rest = "ON CONFLICT (org, import, number) DO NOTHING";
            let written = insert_all(writing.connection(), insert, 6, rest, findings, |one, values| {
                let ImportFinding { number, code, severity, finding } = one;
                push_values!(values; org, &id, number, code, severity, finding);
            });
            removed_meanwhile(written.await, id)?;
            writing.commit().await
        })
        .await
    }

    /// Says that a plan is whole. Where the import is to be applied at once, `apply` is asked for in the same transaction.
    pub async fn finish_import_plan(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
        planned: &PlannedImport,
        apply: &NewJob,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            if self.lock_import(connection, org, id).await? != ImportState::Planning {
                return Ok(());
            }
            let sql = "UPDATE catalogue_import SET format = $3, notes = $4, row_count = $5, new_count = $6, changed_count = $7,
                           unchanged_count = $8, left_out_count = $9, retired_count = $10, finding_count = $11, planned_at = $12,
                           state = CASE WHEN at_once = 1 THEN 'applying' ELSE 'planned' END
                       WHERE org = $1 AND id = $2";
            let ImportCounts { rows, new, changed, unchanged, left_out, retired, findings, .. } = &planned.counts;
            let mut values = values![org, &id, &planned.format, &planned.notes, rows, new, changed];
            push_values!(values; unchanged, left_out, retired, findings, &now);
            execute(connection, sql, values).await?;
            let sql = "SELECT at_once FROM catalogue_import WHERE org = $1 AND id = $2";
            let at_once: Option<bool> = fetch_value(connection, What::Import, sql, values![org, &id]).await?;
            if at_once == Some(true) {
                insert_job(connection, org, apply, now).await?;
            }
            writing.commit().await
        })
        .await
    }

    /// Lets the changes of a plan be made; the same again while that is under way, or afterwards, changes nothing.
    pub async fn begin_import(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
        job: &NewJob,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            match self.lock_import(connection, org, id).await? {
                ImportState::Planned => {}
                ImportState::Applying | ImportState::Applied => return Ok(()),
                ImportState::Planning => {
                    let problem = "is not planned yet: look at its plan first";
                    return Err(StoreError::conflict(What::Import, id, problem).into());
                }
                ImportState::Failed => {
                    let problem = "cannot be: its `problem` says why; send the file again";
                    return Err(StoreError::conflict(What::Import, id, problem).into());
                }
            }
            let sql = "UPDATE catalogue_import SET state = 'applying' WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id]).await?;
            insert_job(connection, org, job, now).await?;
            writing.commit().await
        })
        .await
    }

    /// Holds an import's row until the transaction ends.
    pub(super) async fn lock_import(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        id: CatalogueImportId,
    ) -> Result<ImportState, Failure> {
        let sql = composed(format!(
            "SELECT state FROM catalogue_import WHERE org = $1 AND id = $2{}",
            self.engine().for_update()
        ));
        let state = fetch_value(connection, What::Import, sql, values![org, &id]).await?;
        Ok(state.ok_or_else(|| StoreError::not_found(What::Import, id))?)
    }
}

/// Somebody may take an import away while its plan is written.
fn removed_meanwhile(written: Result<u64, sqlx::Error>, id: CatalogueImportId) -> Result<(), Failure> {
    let gone = || StoreError::not_found(What::Import, id);
    on_key(written, gone, gone).map(drop)
}

/// Removes what a plan says.
pub(super) async fn forget_plan(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: CatalogueImportId,
) -> Result<(), Failure> {
    for sql in [
        "DELETE FROM catalogue_import_row WHERE org = $1 AND import = $2",
        "DELETE FROM catalogue_import_finding WHERE org = $1 AND import = $2",
    ] {
        execute(connection, sql, values![org, &id]).await?;
    }
    Ok(())
}
