//! Exports: what was asked for, what became of it, and what is made again and again.

mod columns;
mod rows;

use domain::ids::{OrgId, StoreId};
use domain::time::{BusinessDay, WallMs};
use sqlx::AnyConnection;

pub use columns::{ExportColumn, ExportDataset, ExportKind};
pub use rows::ExportQuery;

use crate::error::{StoreError, What};
use crate::ids::{Actor, ExportId, ExportPlanId};
use crate::jobs::{NewJob, insert_job};
use crate::sql::{
    Failure, Fields, execute, fetch_each, fetch_found, fetch_value, fetch_values, values, word_column,
};
use crate::store::Store;

/// Plans of one organisation.
pub const EXPORT_PLANS_MAX: u64 = 100;
/// Exports of one organisation that wait to be made.
pub const EXPORTS_WAITING_MAX: u64 = 50;
/// Longest reason that is kept of an export that failed, in bytes.
const PROBLEM_MAX_LEN: usize = 2_000;

/// As what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// Values with commas between (RFC 4180).
    Csv,
    /// A workbook.
    Xlsx,
    /// An array of objects.
    Json,
    /// Apache Parquet.
    Parquet,
}

word_column!(ExportFormat: Csv = "csv", Xlsx = "xlsx", Json = "json", Parquet = "parquet");

/// What became of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportState {
    /// It is to be made.
    Waiting,
    /// It is there.
    Ready,
    /// It could not be made.
    Failed,
}

word_column!(ExportState: Waiting = "waiting", Ready = "ready", Failed = "failed");

/// Where an export goes that does not become a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetTarget {
    /// The spreadsheet's id.
    pub spreadsheet: String,
    /// The sheet's name in it.
    pub sheet: String,
}

/// An export as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExport {
    /// Its id.
    pub id: ExportId,
    /// What.
    pub dataset: ExportDataset,
    /// As what; of no weight where it goes to a sheet.
    pub format: ExportFormat,
    /// Of one store.
    pub store: Option<StoreId>,
    /// From this trading day on.
    pub first_day: Option<BusinessDay>,
    /// Up to this trading day.
    pub last_day: Option<BusinessDay>,
    /// Into which sheet, if it becomes no file.
    pub target: Option<SheetTarget>,
    /// Who asked.
    pub made_by: Actor,
    /// When it is forgotten.
    pub expires_at: WallMs,
}

/// An export and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExport {
    /// What was asked for.
    pub asked: NewExport,
    /// What became of it.
    pub state: ExportState,
    /// How many rows it has.
    pub rows: u64,
    /// How long its file is.
    pub size_bytes: u64,
    /// Where its file is.
    pub blob_key: Option<String>,
    /// Why there is none.
    pub problem: String,
    /// When it was asked for.
    pub made_at: WallMs,
    /// When it was made, or given up.
    pub finished_at: Option<WallMs>,
}

/// An export that is made again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPlan {
    /// Its id.
    pub id: ExportPlanId,
    /// What.
    pub dataset: ExportDataset,
    /// As what.
    pub format: ExportFormat,
    /// Of one store.
    pub store: Option<StoreId>,
    /// How many days lie between two.
    pub every_days: u32,
    /// How many complete days each has.
    pub days: u32,
    /// Into which sheet, if it becomes no file.
    pub target: Option<SheetTarget>,
    /// When the next one is made.
    pub next_at: WallMs,
    /// Who wants it.
    pub made_by: Actor,
}

const EXPORT: &str =
    "SELECT id, dataset, format, store, first_day, last_day, spreadsheet, sheet, made_by, expires_at,
                          state, row_count, size_bytes, blob_key, problem, made_at, finished_at FROM export";
const PLAN: &str = "SELECT id, dataset, format, store, every_days, days, spreadsheet, sheet, next_at, made_by FROM export_plan";

const FIRST_DAY: BusinessDay = BusinessDay { year: 0, month: 0, day: 0 };
const LAST_DAY: BusinessDay = BusinessDay { year: 9999, month: 12, day: 31 };

impl Store {
    /// Writes down what was asked for, with the job that makes it.
    pub async fn add_export(
        &self,
        org: &OrgId,
        export: &NewExport,
        job: &NewJob,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "SELECT COUNT(*) FROM export WHERE org = $1 AND state = 'waiting'";
            let waiting: u64 = fetch_value(connection, What::Export, sql, values![org]).await?.unwrap_or(0);
            if waiting >= EXPORTS_WAITING_MAX {
                let problem =
                    format!("cannot be asked for while {waiting} others wait: wait until some are made");
                return Err(StoreError::conflict(What::Export, export.id, problem).into());
            }
            insert_export(connection, org, export, now).await?;
            insert_job(connection, org, job, now).await?;
            writing.commit().await
        })
        .await
    }

    /// Exports of an organisation, the newest first, from before the one that is given.
    pub async fn exports(
        &self,
        org: &OrgId,
        before: Option<ExportId>,
        limit: u32,
    ) -> Result<Vec<StoredExport>, StoreError> {
        let sql = export_where("WHERE org = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
        let before = before.unwrap_or(ExportId(domain::ids::Uuid::max()));
        self.answer(async {
            let values = values![org, &before, &limit];
            fetch_each(&mut *self.reading().await?, What::Export, sql, values, read_export).await
        })
        .await
    }

    /// One export.
    pub async fn export(&self, org: &OrgId, id: ExportId) -> Result<StoredExport, StoreError> {
        let sql = export_where("WHERE org = $1 AND id = $2");
        self.answer(async {
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::Export, &id), sql, values![org, &id], read_export).await
        })
        .await
    }

    /// Says that an export is there. One that somebody took away meanwhile stays away.
    pub async fn finish_export(
        &self,
        org: &OrgId,
        id: ExportId,
        made: (u64, u64, Option<&str>),
        now: WallMs,
    ) -> Result<bool, StoreError> {
        let (rows, size_bytes, blob_key) = made;
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE export SET state = 'ready', row_count = $3, size_bytes = $4, blob_key = $5,
                           problem = '', finished_at = $6 WHERE org = $1 AND id = $2";
            let values = values![org, &id, &rows, &size_bytes, blob_key, &now];
            let changed = execute(writing.connection(), sql, values).await?;
            writing.commit().await?;
            Ok(changed > 0)
        })
        .await
    }

    /// Names the blob with the rows of an export that is still on its way, so that nobody takes it for a leftover.
    pub async fn keep_export_rows(
        &self,
        org: &OrgId,
        id: ExportId,
        blob_key: &str,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE export SET blob_key = $3 WHERE org = $1 AND id = $2 AND state = 'waiting'";
            execute(writing.connection(), sql, values![org, &id, blob_key]).await?;
            writing.commit().await
        })
        .await
    }

    /// Says that an export could not be made, and why.
    pub async fn fail_export(
        &self,
        org: &OrgId,
        id: ExportId,
        problem: &str,
        now: WallMs,
    ) -> Result<(), StoreError> {
        let problem = &problem[..problem.floor_char_boundary(PROBLEM_MAX_LEN)];
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE export SET state = 'failed', problem = $3, finished_at = $4
                       WHERE org = $1 AND id = $2 AND state = 'waiting'";
            execute(writing.connection(), sql, values![org, &id, problem, &now]).await?;
            writing.commit().await
        })
        .await
    }

    /// Forgets an export; its file is whoever's who asks.
    pub async fn remove_export(&self, org: &OrgId, id: ExportId) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM export WHERE org = $1 AND id = $2";
            if execute(writing.connection(), sql, values![org, &id]).await? == 0 {
                return Err(StoreError::not_found(What::Export, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// Exports whose time is over, of all organisations, with their files.
    pub async fn expired_exports(
        &self,
        now: WallMs,
        limit: u32,
    ) -> Result<Vec<(OrgId, ExportId, Option<String>)>, StoreError> {
        let sql = "SELECT org, id, blob_key FROM export WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
        self.answer(async {
            fetch_each(&mut *self.reading().await?, What::Export, sql, values![&now, &limit], |fields| {
                Ok((fields.take()?, fields.take()?, fields.take_option()?))
            })
            .await
        })
        .await
    }

    /// Which of these blobs are exports' files, sorted.
    pub async fn export_blobs_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        self.answer(async {
            let sql = "SELECT blob_key FROM export WHERE (blob_key)";
            let mut connection = self.reading().await?;
            let rows =
                crate::bulk::fetch_all_of(&mut connection, sql, 1, "", keys, |key, values| values.push(key))
                    .await?;
            let read = |row| Fields::of(row, What::Export).take::<String>();
            let mut found = rows.iter().map(read).collect::<Result<Vec<_>, Failure>>()?;
            found.sort();
            Ok(found)
        })
        .await
    }

    /// Makes a plan.
    pub async fn add_export_plan(
        &self,
        org: &OrgId,
        plan: &ExportPlan,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "SELECT COUNT(*) FROM export_plan WHERE org = $1";
            let there: u64 = fetch_value(connection, What::ExportPlan, sql, values![org]).await?.unwrap_or(0);
            if there >= EXPORT_PLANS_MAX {
                let problem = format!("cannot be made: there are {there} already; remove one");
                return Err(StoreError::conflict(What::ExportPlan, plan.id, problem).into());
            }
            let sql = "INSERT INTO export_plan (org, id, dataset, format, store, every_days, days, spreadsheet, sheet,
                           next_at, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
            let store = plan.store.as_ref().map_or("", |store| store.as_str());
            let (spreadsheet, sheet) = target_words(plan.target.as_ref());
            let ExportPlan { id, dataset, format, every_days, days, next_at, made_by, .. } = plan;
            let values = values![
                org, id, dataset, format, store, every_days, days, spreadsheet, sheet, next_at, made_by, &now
            ];
            execute(connection, sql, values).await?;
            writing.commit().await
        })
        .await
    }

    /// Plans of an organisation, in order of their making.
    pub async fn export_plans(&self, org: &OrgId) -> Result<Vec<ExportPlan>, StoreError> {
        let sql = crate::sql::composed(format!("{PLAN} WHERE org = $1 ORDER BY id"));
        self.answer(async {
            fetch_each(&mut *self.reading().await?, What::ExportPlan, sql, values![org], read_plan).await
        })
        .await
    }

    /// Forgets a plan; what it has made stays.
    pub async fn remove_export_plan(&self, org: &OrgId, id: ExportPlanId) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM export_plan WHERE org = $1 AND id = $2";
            if execute(writing.connection(), sql, values![org, &id]).await? == 0 {
                return Err(StoreError::not_found(What::ExportPlan, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// Organisations with plans whose moment has come.
    pub async fn organisations_with_due_exports(
        &self,
        now: WallMs,
        limit: u32,
    ) -> Result<Vec<OrgId>, StoreError> {
        let sql = "SELECT DISTINCT org FROM export_plan WHERE next_at <= $1 ORDER BY org LIMIT $2";
        self.answer(async {
            fetch_values(&mut *self.reading().await?, What::ExportPlan, sql, values![&now, &limit]).await
        })
        .await
    }

    /// Asks for a plan's export, and moves the plan to its next moment; false where somebody else has just done so.
    pub async fn begin_planned_export(
        &self,
        org: &OrgId,
        plan: &ExportPlan,
        next_at: WallMs,
        export: &NewExport,
        job: &NewJob,
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "UPDATE export_plan SET next_at = $4 WHERE org = $1 AND id = $2 AND next_at = $3";
            if execute(connection, sql, values![org, &plan.id, &plan.next_at, &next_at]).await? == 0 {
                return Ok(false);
            }
            insert_export(connection, org, export, now).await?;
            insert_job(connection, org, job, now).await?;
            writing.commit().await?;
            Ok(true)
        })
        .await
    }
}

async fn insert_export(
    connection: &mut AnyConnection,
    org: &OrgId,
    export: &NewExport,
    now: WallMs,
) -> Result<(), Failure> {
    let sql =
        "INSERT INTO export (org, id, dataset, format, store, first_day, last_day, spreadsheet, sheet, state,
                   row_count, size_bytes, problem, made_by, made_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 0, 0, '', $10, $11, $12)";
    let store = export.store.as_ref().map_or("", |store| store.as_str());
    let (first_day, last_day) = (export.first_day.unwrap_or(FIRST_DAY), export.last_day.unwrap_or(LAST_DAY));
    let (spreadsheet, sheet) = target_words(export.target.as_ref());
    let NewExport { id, dataset, format, made_by, expires_at, .. } = export;
    let values = values![
        org,
        id,
        dataset,
        format,
        store,
        &first_day,
        &last_day,
        spreadsheet,
        sheet,
        made_by,
        &now,
        expires_at
    ];
    execute(connection, sql, values).await?;
    Ok(())
}

fn target_words(target: Option<&SheetTarget>) -> (&str, &str) {
    target.map_or(("", ""), |target| (&target.spreadsheet, &target.sheet))
}

fn export_where(rest: &str) -> sqlx::AssertSqlSafe<String> {
    crate::sql::composed(format!("{EXPORT} {rest}"))
}

fn read_export(fields: &mut Fields<'_>) -> Result<StoredExport, Failure> {
    let asked = NewExport {
        id: fields.take()?,
        dataset: fields.take()?,
        format: fields.take()?,
        store: read_store(fields)?,
        first_day: Some(fields.take()?).filter(|day| *day != FIRST_DAY),
        last_day: Some(fields.take()?).filter(|day| *day != LAST_DAY),
        target: read_target(fields)?,
        made_by: fields.take()?,
        expires_at: fields.take()?,
    };
    Ok(StoredExport {
        asked,
        state: fields.take()?,
        rows: fields.take()?,
        size_bytes: fields.take()?,
        blob_key: fields.take_option()?,
        problem: fields.take()?,
        made_at: fields.take()?,
        finished_at: fields.take_option()?,
    })
}

fn read_plan(fields: &mut Fields<'_>) -> Result<ExportPlan, Failure> {
    Ok(ExportPlan {
        id: fields.take()?,
        dataset: fields.take()?,
        format: fields.take()?,
        store: read_store(fields)?,
        every_days: fields.take()?,
        days: fields.take()?,
        target: read_target(fields)?,
        next_at: fields.take()?,
        made_by: fields.take()?,
    })
}

fn read_store(fields: &mut Fields<'_>) -> Result<Option<StoreId>, Failure> {
    let name: String = fields.take()?;
    if name.is_empty() {
        return Ok(None);
    }
    let store = StoreId::new(&name).map_err(|error| StoreError::Unreadable {
        what: What::Export,
        name,
        problem: error.to_string(),
    });
    Ok(Some(store?))
}

fn read_target(fields: &mut Fields<'_>) -> Result<Option<SheetTarget>, Failure> {
    let target = SheetTarget { spreadsheet: fields.take()?, sheet: fields.take()? };
    Ok(Some(target).filter(|target| !target.spreadsheet.is_empty()))
}
