//! What days and weeks were like: the facts of each report, and where its files are.

use domain::ids::{OrgId, StoreId};
use domain::time::{BusinessDay, WallMs};

use crate::error::{StoreError, What};
use crate::ids::ReportId;
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, fetch_values, values,
    word_column,
};
use crate::store::{Store, on_key};

/// What a report is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportKind {
    /// One day.
    Daily,
    /// Monday to Sunday.
    Weekly,
}

word_column!(ReportKind: Daily = "daily", Weekly = "weekly");

/// A file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// The language that it is written in.
    pub language: String,
    /// `html` or `pdf`.
    pub format: String,
    /// The name of its blob.
    pub blob: String,
    /// How large it is; older ones do not say.
    pub size_bytes: Option<u64>,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// The store that it is of; `None` for the whole organisation.
    pub store: Option<StoreId>,
    /// What it is of.
    pub kind: ReportKind,
    /// Its first day.
    pub first_day: BusinessDay,
    /// Its last day.
    pub last_day: BusinessDay,
    /// What it says, as JSON.
    pub facts: String,
    /// When it was made.
    pub made_at: WallMs,
}

/// What a product brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductSum {
    /// Its id.
    pub product: String,
    /// `piece` or `gram`, as sales keep it.
    pub unit: String,
    /// How much was sold.
    pub quantity: i64,
    /// What that came to, in minor units.
    pub amount_minor: i64,
}

/// How often things were identified in a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifiedSum {
    /// The word that sales keep, for example `vision`.
    pub by: String,
    /// Lines of bills.
    pub lines: u64,
}

const REPORT: &str = "SELECT id, store, kind, first_day, last_day, facts, made_at FROM report";

impl Store {
    /// Keeps a report with its files; where there is one of this store, kind and day already, nothing is kept and it is false.
    pub async fn add_report(
        &self,
        org: &OrgId,
        report: &Report,
        files: &[ReportFile],
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "INSERT INTO report (org, id, store, kind, first_day, last_day, facts, made_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
            let Report { id, store, kind, first_day, last_day, facts, made_at } = report;
            let values = values![org, id, key(store.as_ref()), kind, first_day, last_day, facts, made_at];
            let inserted = on_key(
                execute(connection, sql, values).await,
                || StoreError::exists(What::Report, id),
                || StoreError::not_found(What::Organisation, org),
            )?;
            if inserted == 0 {
                return Ok(false);
            }
            for ReportFile { language, format, blob, size_bytes } in files {
                let sql = "INSERT INTO report_file (org, report, language, format, blob, size_bytes)
                           VALUES ($1, $2, $3, $4, $5, $6)";
                execute(connection, sql, values![org, id, language, format, blob, size_bytes]).await?;
            }
            writing.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Whether there is a report of this store, kind and day.
    pub async fn has_report(
        &self,
        org: &OrgId,
        store: Option<&StoreId>,
        kind: ReportKind,
        first_day: BusinessDay,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let sql =
                "SELECT COUNT(*) FROM report WHERE org = $1 AND store = $2 AND kind = $3 AND first_day = $4";
            let values = values![org, key(store), &kind, &first_day];
            let found: Option<i64> =
                fetch_value(&mut *self.reading().await?, What::Report, sql, values).await?;
            Ok(found.unwrap_or(0) > 0)
        })
        .await
    }

    /// Reports of an organisation, the newest day first; of these stores alone where they are named, which leaves out those of
    /// the whole organisation.
    pub async fn reports(
        &self,
        org: &OrgId,
        stores: Option<&[StoreId]>,
        limit: u32,
    ) -> Result<Vec<Report>, StoreError> {
        self.answer(async {
            let mut values = values![org, &limit];
            let of_stores = match stores {
                None => String::new(),
                Some([]) => return Ok(Vec::new()),
                Some(stores) => {
                    stores.iter().for_each(|store| values.push(store));
                    let places: Vec<String> =
                        (3..3 + stores.len()).map(|place| format!("${place}")).collect();
                    format!("AND store IN ({})", places.join(", "))
                }
            };
            let sql = composed(format!(
                "{REPORT} WHERE org = $1 {of_stores} ORDER BY last_day DESC, kind, store, id LIMIT $2"
            ));
            fetch_each(&mut *self.reading().await?, What::Report, sql, values, read_report).await
        })
        .await
    }

    /// A report with its files.
    pub async fn report(&self, org: &OrgId, id: ReportId) -> Result<(Report, Vec<ReportFile>), StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let sql = composed(format!("{REPORT} WHERE org = $1 AND id = $2"));
            let report =
                fetch_found(&mut connection, (What::Report, &id), sql, values![org, &id], read_report)
                    .await?;
            let sql = "SELECT language, format, blob, size_bytes FROM report_file
                       WHERE org = $1 AND report = $2 ORDER BY language, format";
            let files = fetch_each(&mut connection, What::Report, sql, values![org, &id], |fields| {
                Ok(ReportFile {
                    language: fields.take()?,
                    format: fields.take()?,
                    blob: fields.take()?,
                    size_bytes: fields.take_option()?,
                })
            });
            Ok((report, files.await?))
        })
        .await
    }

    /// Those of these blobs that reports need, in order.
    pub async fn report_blobs_in_use(&self, blobs: &[String]) -> Result<Vec<String>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let mut used = Vec::new();
            for blob in blobs {
                let sql = "SELECT DISTINCT blob FROM report_file WHERE blob = $1";
                used.append(&mut fetch_values(&mut connection, What::Report, sql, values![blob]).await?);
            }
            used.sort_unstable();
            Ok(used)
        })
        .await
    }

    /// What products brought in these days, those that brought most first; of one store where it is named, in one currency.
    pub async fn product_sums(
        &self,
        org: &OrgId,
        store: Option<&StoreId>,
        (first_day, last_day): (BusinessDay, BusinessDay),
        limit: u32,
    ) -> Result<Vec<ProductSum>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT sale_line.product, sale_line.unit, CAST(SUM(sale_line.quantity) AS BIGINT),
                        CAST(SUM(sale_line.amount_minor) AS BIGINT) AS amount
                 FROM sale_line {OF_DAYS} GROUP BY sale_line.product, sale_line.unit
                 ORDER BY amount DESC, sale_line.product, sale_line.unit LIMIT $5"
            ));
            let values = values![org, key(store), &first_day, &last_day, &limit];
            fetch_each(&mut *self.reading().await?, What::Sale, sql, values, |fields| {
                Ok(ProductSum {
                    product: fields.take()?,
                    unit: fields.take()?,
                    quantity: fields.take()?,
                    amount_minor: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// How things were identified in these days, in order of the word.
    pub async fn identified_sums(
        &self,
        org: &OrgId,
        store: Option<&StoreId>,
        (first_day, last_day): (BusinessDay, BusinessDay),
    ) -> Result<Vec<IdentifiedSum>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT sale_line.identified_by, COUNT(*) FROM sale_line {OF_DAYS}
                 GROUP BY sale_line.identified_by ORDER BY sale_line.identified_by"
            ));
            let values = values![org, key(store), &first_day, &last_day];
            fetch_each(&mut *self.reading().await?, What::Sale, sql, values, |fields| {
                Ok(IdentifiedSum { by: fields.take()?, lines: fields.take()? })
            })
            .await
        })
        .await
    }
}

/// Lines of sales of these days; a line knows its store by its sale.
const OF_DAYS: &str = "JOIN sale ON sale.org = sale_line.org AND sale.business_day = sale_line.business_day
                           AND sale.id = sale_line.sale
                       WHERE sale_line.org = $1 AND ($2 = '' OR sale.store = $2)
                           AND sale_line.business_day BETWEEN $3 AND $4";

fn key(store: Option<&StoreId>) -> &str {
    store.map_or("", StoreId::as_str)
}

fn read_report(fields: &mut Fields<'_>) -> Result<Report, Failure> {
    Ok(Report {
        id: fields.take()?,
        store: {
            let store: String = fields.take()?;
            if store.is_empty() {
                None
            } else {
                let name = store.clone();
                Some(StoreId::new(&store).map_err(|error| StoreError::Unreadable {
                    what: What::Report,
                    name,
                    problem: error.to_string(),
                })?)
            }
        },
        kind: fields.take()?,
        first_day: fields.take()?,
        last_day: fields.take()?,
        facts: fields.take()?,
        made_at: fields.take()?,
    })
}
