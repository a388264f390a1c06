//! How imports end that are not applied: they fail, or are forgotten.

use domain::ids::OrgId;
use domain::time::WallMs;

use super::plan::forget_plan;
use super::{ImportState, PROBLEM_MAX_LEN};
use crate::error::{StoreError, What};
use crate::ids::CatalogueImportId;
use crate::jobs::{NewJob, insert_job};
use crate::sql::{composed, execute, fetch_each, fetch_value, values};
use crate::store::Store;

impl Store {
    /// Says that an import cannot be, and why, unless it has left `state` meanwhile. What was applied of it stays, and `publish` is asked
    /// for then: tills are not to wait for the rest.
    pub async fn fail_import(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
        state: ImportState,
        problem: &str,
        (publish, now): (&NewJob, WallMs),
    ) -> Result<(), StoreError> {
        let problem = &problem[..problem.floor_char_boundary(PROBLEM_MAX_LEN)];
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "UPDATE catalogue_import SET state = 'failed', problem = $3, finished_at = $4
                       WHERE org = $1 AND id = $2 AND state = $5 RETURNING done_count";
            let values = values![org, &id, problem, &now, &state];
            let done: Option<u64> = fetch_value(connection, What::Import, sql, values).await?;
            if done.is_some_and(|done| done > 0) {
                insert_job(connection, org, publish, now).await?;
            }
            writing.commit().await
        })
        .await
    }

    /// Imports that are planned or applied right now, of all organisations, the oldest first.
    pub async fn imports_under_way(
        &self,
        limit: u32,
    ) -> Result<Vec<(OrgId, CatalogueImportId, ImportState)>, StoreError> {
        let sql = "SELECT org, id, state FROM catalogue_import WHERE state IN ('planning', 'applying')
                   ORDER BY made_at LIMIT $1";
        self.answer(async {
            fetch_each(&mut *self.reading().await?, What::Import, sql, values![&limit], |fields| {
                Ok((fields.take()?, fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// Whether an import of an organisation is being applied.
    pub async fn is_importing(&self, org: &OrgId) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM catalogue_import WHERE org = $1 AND state = 'applying'";
        self.answer(async {
            let found: Option<u64> =
                fetch_value(&mut *self.reading().await?, What::Import, sql, values![org]).await?;
            Ok(found.unwrap_or(0) > 0)
        })
        .await
    }

    /// Forgets an import with its plan; what it has changed stays. One that is being applied cannot be forgotten.
    pub async fn remove_import(&self, org: &OrgId, id: CatalogueImportId) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = composed(format!(
                "SELECT state FROM catalogue_import WHERE org = $1 AND id = $2{}",
                self.engine().for_update()
            ));
            let state: Option<ImportState> =
                fetch_value(connection, What::Import, sql, values![org, &id]).await?;
            match state {
                None => return Err(StoreError::not_found(What::Import, id).into()),
                Some(ImportState::Applying) => {
                    let problem = "is being applied: wait until it is done";
                    return Err(StoreError::conflict(What::Import, id, problem).into());
                }
                Some(_) => {}
            }
            forget_plan(connection, org, id).await?;
            let sql = "DELETE FROM catalogue_import WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id]).await?;
            writing.commit().await
        })
        .await
    }

    /// Imports whose time is over, of all organisations; those that are under way are left alone.
    pub async fn expired_imports(
        &self,
        now: WallMs,
        limit: u32,
    ) -> Result<Vec<(OrgId, CatalogueImportId)>, StoreError> {
        let sql = "SELECT org, id FROM catalogue_import WHERE expires_at <= $1 AND state <> 'applying'
                   ORDER BY expires_at LIMIT $2";
        self.answer(async {
            fetch_each(&mut *self.reading().await?, What::Import, sql, values![&now, &limit], |fields| {
                Ok((fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }
}
