//! Catalogues that come from other systems, and sales that go to them.
//!
//! An import is a row with a plan: what becomes of each row of its file. The plan is written by one job and applied by another, slice by
//! slice; each slice is one transaction that holds the import and its products, so that a crash leaves whole slices behind and the next
//! worker goes on where they end.

mod apply;
mod ends;
mod plan;
mod sales;

use domain::ids::{OrgId, ProductId, Uuid};
use domain::time::WallMs;

pub use apply::{Applied, ImportPrice, ImportPut, ImportWrite};
pub use plan::PlannedImport;
pub use sales::{SALES_BACK_DAYS, SalesBatch};

use crate::bulk::fetch_all_of;
use crate::error::{StoreError, What};
use crate::ids::{Actor, CatalogueImportId, Hash};
use crate::jobs::{NewJob, insert_job};
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, push_values, values,
    word_column,
};
use crate::store::Store;

/// Imports of one organisation that wait or are under way.
pub const IMPORTS_OPEN_MAX: u64 = 20;
/// Longest reason that is kept, in bytes. It may be JSON, whose writer keeps each value short enough for all of it to stay whole.
const PROBLEM_MAX_LEN: usize = 16_000;

/// What a row of a file is compared by with the products that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchBy {
    /// By the first that finds one: id, GTIN, article number.
    Any,
    /// By id alone.
    Id,
    /// By GTIN alone.
    Gtin,
    /// By article number alone.
    Sku,
}

word_column!(MatchBy: Any = "any", Id = "id", Gtin = "gtin", Sku = "sku");

/// What becomes of products that the file lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingProducts {
    /// They stay as they are.
    Leave,
    /// They are archived.
    Retire,
}

word_column!(MissingProducts: Leave = "leave", Retire = "retire");

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportState {
    /// Its file is read and compared.
    Planning,
    /// It says what it would change.
    Planned,
    /// Its changes are made.
    Applying,
    /// They are made.
    Applied,
    /// It cannot be.
    Failed,
}

word_column!(ImportState:
    Planning = "planning",
    Planned = "planned",
    Applying = "applying",
    Applied = "applied",
    Failed = "failed",
);

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImportOutcome {
    /// A product is made.
    New,
    /// A product becomes another.
    Changed,
    /// Nothing can be made of it.
    LeftOut,
    /// A product that the file lacks is archived.
    Retired,
}

word_column!(ImportOutcome: New = "new", Changed = "changed", LeftOut = "left_out", Retired = "retired");

/// An import as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImport {
    /// A new id.
    pub id: CatalogueImportId,
    /// What the file is called.
    pub file_name: String,
    /// SHA-256 of it.
    pub hash: Hash,
    /// Where its bytes are.
    pub blob_key: String,
    /// How long it is.
    pub size_bytes: u64,
    /// What rows are compared by.
    pub match_by: MatchBy,
    /// What becomes of products that it lacks.
    pub missing: MissingProducts,
    /// The language of names that come without one.
    pub language: String,
    /// From when on its prices count; at once where it is not said.
    pub prices_from: Option<WallMs>,
    /// Whether it is applied as soon as it is planned.
    pub at_once: bool,
    /// Who asked.
    pub made_by: Actor,
    /// When it is forgotten.
    pub expires_at: WallMs,
}

/// How many rows come to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows of the file.
    pub rows: u64,
    /// Products that are made.
    pub new: u64,
    /// Products that are changed.
    pub changed: u64,
    /// Rows that say what is so already.
    pub unchanged: u64,
    /// Rows that nothing can be made of.
    pub left_out: u64,
    /// Products that are archived.
    pub retired: u64,
    /// What is odd.
    pub findings: u64,
    /// Rows that were applied so far.
    pub done: u64,
    /// Rows that were refused when they were applied: something had changed since the plan.
    pub refused: u64,
}

/// An import and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredImport {
    /// As it was asked for.
    pub asked: NewImport,
    /// What kind of file it is; empty until it was read.
    pub format: String,
    /// How far it has come.
    pub state: ImportState,
    /// Why it cannot be, as whoever failed it writes reasons.
    pub problem: String,
    /// What to mind, as JSON: a list of texts.
    pub notes: String,
    /// What its rows come to.
    pub counts: ImportCounts,
    /// When it was asked for.
    pub made_at: WallMs,
    /// When it was planned.
    pub planned_at: Option<WallMs>,
    /// When it was applied, or failed.
    pub finished_at: Option<WallMs>,
}

/// A row of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its place in the plan, from 1.
    pub number: u64,
    /// Its place in the file; none for a product that the file lacks.
    pub file_row: Option<u32>,
    /// What becomes of it.
    pub outcome: ImportOutcome,
    /// Which product it is about.
    pub product: Option<ProductId>,
    /// What people know it by.
    pub label: String,
    /// What it says, as JSON.
    pub said: String,
    /// What it changes, as JSON.
    pub changes: String,
    /// Why it is left out, or was refused, as whoever plans and decides writes reasons; empty where there is none.
    pub problem: String,
    /// Whether it was applied.
    pub done: bool,
}

/// Something odd about the catalogue as a file would have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFinding {
    /// Its place, from 1.
    pub number: u64,
    /// What.
    pub code: String,
    /// How much it matters.
    pub severity: String,
    /// The rest of it, as JSON.
    pub finding: String,
}

const IMPORT: &str = "SELECT id, file_name, hash, blob_key, size_bytes, match_by, missing, language, prices_from, at_once, made_by,
                          expires_at, format, state, problem, notes, row_count, new_count, changed_count, unchanged_count,
                          left_out_count, retired_count, finding_count, done_count, refused_count, made_at, planned_at, finished_at
                      FROM catalogue_import";

impl Store {
    /// Writes an import down, with the job that plans it.
    pub async fn add_import(
        &self,
        org: &OrgId,
        import: &NewImport,
        job: &NewJob,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "SELECT COUNT(*) FROM catalogue_import WHERE org = $1 AND state IN ('planning', 'applying')";
            let open: u64 = fetch_value(connection, What::Import, sql, values![org]).await?.unwrap_or(0);
            if open >= IMPORTS_OPEN_MAX {
                let problem = format!("cannot be begun while {open} others are under way: wait until some are done");
                return Err(StoreError::conflict(What::Import, import.id, problem).into());
            }
            let sql = "INSERT INTO catalogue_import (org, id, file_name, hash, blob_key, size_bytes, match_by, missing, language,
                           prices_from, at_once, made_by, made_at, expires_at, format, state, problem, notes, row_count, new_count,
                           changed_count, unchanged_count, left_out_count, retired_count, finding_count, done_count, refused_count)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', 'planning', '', '[]', 0, 0, 0, 0, 0, 0,
                           0, 0, 0)";
            let NewImport { id, file_name, hash, blob_key, size_bytes, match_by, missing, language, .. } = import;
            let mut values = values![org, id, file_name, hash, blob_key, size_bytes, match_by, missing, language];
            push_values!(values; &import.prices_from, &import.at_once, &import.made_by, &now, &import.expires_at);
            execute(connection, sql, values).await?;
            insert_job(connection, org, job, now).await?;
            writing.commit().await
        })
        .await
    }

    /// One import.
    pub async fn import(&self, org: &OrgId, id: CatalogueImportId) -> Result<StoredImport, StoreError> {
        let sql = composed(format!("{IMPORT} WHERE org = $1 AND id = $2"));
        self.answer(async {
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::Import, &id), sql, values![org, &id], read_import).await
        })
        .await
    }

    /// Imports of an organisation, the newest first, from before the one that is given.
    pub async fn imports(
        &self,
        org: &OrgId,
        before: Option<CatalogueImportId>,
        limit: u32,
    ) -> Result<Vec<StoredImport>, StoreError> {
        let sql = composed(format!("{IMPORT} WHERE org = $1 AND id < $2 ORDER BY id DESC LIMIT $3"));
        let before = before.unwrap_or(CatalogueImportId(Uuid::max()));
        self.answer(async {
            let values = values![org, &before, &limit];
            fetch_each(&mut *self.reading().await?, What::Import, sql, values, read_import).await
        })
        .await
    }

    /// Rows of a plan behind `after`, of one outcome or of all.
    pub async fn import_rows(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
        outcome: Option<ImportOutcome>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ImportRow>, StoreError> {
        let of = if outcome.is_some() { "AND outcome = $5" } else { "" };
        let sql = composed(format!(
            "{} WHERE org = $1 AND import = $2 AND number > $3 {of} ORDER BY number LIMIT $4",
            apply::ROW
        ));
        self.answer(async {
            let mut values = values![org, &id, &after, &limit];
            if let Some(outcome) = &outcome {
                values.push(outcome);
            }
            fetch_each(&mut *self.reading().await?, What::Import, sql, values, apply::read_row).await
        })
        .await
    }

    /// What is odd about the catalogue as an import's file would have it, behind `after`, of one code or of all.
    pub async fn import_findings(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
        code: Option<&str>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ImportFinding>, StoreError> {
        let of = if code.is_some() { "AND code = $5" } else { "" };
        let sql = composed(format!(
            "SELECT number, code, severity, finding FROM catalogue_import_finding
             WHERE org = $1 AND import = $2 AND number > $3 {of} ORDER BY number LIMIT $4"
        ));
        self.answer(async {
            let mut values = values![org, &id, &after, &limit];
            if let Some(code) = code {
                values.push(code);
            }
            fetch_each(&mut *self.reading().await?, What::Import, sql, values, |fields| {
                Ok(ImportFinding {
                    number: fields.take()?,
                    code: fields.take()?,
                    severity: fields.take()?,
                    finding: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// How many findings of each code an import has, in order of code.
    pub async fn import_finding_counts(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT code, COUNT(*) FROM catalogue_import_finding WHERE org = $1 AND import = $2
                   GROUP BY code ORDER BY code";
        self.answer(async {
            fetch_each(&mut *self.reading().await?, What::Import, sql, values![org, &id], |fields| {
                Ok((fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// Which of these blobs are imports' files, sorted.
    pub async fn import_blobs_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        self.answer(async {
            let sql = "SELECT DISTINCT blob_key FROM catalogue_import WHERE (blob_key)";
            let mut connection = self.reading().await?;
            let rows =
                fetch_all_of(&mut connection, sql, 1, "", keys, |key, values| values.push(key)).await?;
            let read = |row| Fields::of(row, What::Import).take::<String>();
            let mut found = rows.iter().map(read).collect::<Result<Vec<_>, Failure>>()?;
            found.sort();
            found.dedup();
            Ok(found)
        })
        .await
    }

    /// What products cost and cost before, the latest first: at most so many prices of all of them together.
    pub async fn past_prices(
        &self,
        org: &OrgId,
        limit: u32,
    ) -> Result<Vec<(ProductId, domain::quantity::UnitPrice)>, StoreError> {
        let sql = "SELECT product, price_minor, currency, price_per FROM price_change
                   WHERE org = $1 AND applied_at IS NOT NULL ORDER BY id DESC LIMIT $2";
        self.answer(async {
            fetch_each(&mut *self.reading().await?, What::Price, sql, values![org, &limit], |fields| {
                Ok((fields.take()?, crate::products::read_price(fields)?))
            })
            .await
        })
        .await
    }

    /// Prices that are to count from exactly this moment on, and do not yet.
    pub async fn prices_to_come(
        &self,
        org: &OrgId,
        from: WallMs,
    ) -> Result<Vec<(ProductId, domain::quantity::UnitPrice)>, StoreError> {
        let sql = "SELECT product, price_minor, currency, price_per FROM price_change
                   WHERE org = $1 AND effective_from = $2 AND applied_at IS NULL";
        self.answer(async {
            fetch_each(&mut *self.reading().await?, What::Price, sql, values![org, &from], |fields| {
                Ok((fields.take()?, crate::products::read_price(fields)?))
            })
            .await
        })
        .await
    }
}

fn read_import(fields: &mut Fields<'_>) -> Result<StoredImport, Failure> {
    let asked = NewImport {
        id: fields.take()?,
        file_name: fields.take()?,
        hash: fields.take()?,
        blob_key: fields.take()?,
        size_bytes: fields.take()?,
        match_by: fields.take()?,
        missing: fields.take()?,
        language: fields.take()?,
        prices_from: fields.take_option()?,
        at_once: fields.take()?,
        made_by: fields.take()?,
        expires_at: fields.take()?,
    };
    Ok(StoredImport {
        asked,
        format: fields.take()?,
        state: fields.take()?,
        problem: fields.take()?,
        notes: fields.take()?,
        counts: ImportCounts {
            rows: fields.take()?,
            new: fields.take()?,
            changed: fields.take()?,
            unchanged: fields.take()?,
            left_out: fields.take()?,
            retired: fields.take()?,
            findings: fields.take()?,
            done: fields.take()?,
            refused: fields.take()?,
        },
        made_at: fields.take()?,
        planned_at: fields.take_option()?,
        finished_at: fields.take_option()?,
    })
}
