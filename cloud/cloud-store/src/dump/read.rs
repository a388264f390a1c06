//! Making a dump.

use futures_util::TryStreamExt as _;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use tokio::sync::mpsc;

use super::tables::{self, unreadable};
use super::{Cell, ColumnKind, DumpError, DumpPart, DumpRows, DumpSummary, DumpTable, TableSum, rows};
use crate::engine::Engine;
use crate::error::{StoreError, What};
use crate::sql::{Failure, composed, execute, fetch_value, values};
use crate::store::Store;

/// Rows that go together, in bytes and in number.
const TOGETHER_BYTES: usize = 256 << 10;
const TOGETHER_MAX: u32 = 512;

/// Why a dump that is under way ends.
pub(super) enum Ended {
    Failed(Failure),
    Abandoned,
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<sqlx::Error> for Ended {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Store {
    /// Sends all that the database holds at one moment, part by part, and waits while nobody takes them; gives back what was sent
    /// last, the sums. Others read and write meanwhile.
    pub async fn dump(&self, parts: &mpsc::Sender<DumpPart>) -> Result<DumpSummary, DumpError> {
        match self.try_dump(parts).await {
            Ok(summary) => Ok(summary),
            Err(Ended::Failed(failure)) => Err(self.explain(failure).into()),
            Err(Ended::Abandoned) => Err(DumpError::Abandoned),
        }
    }

    async fn try_dump(&self, parts: &mpsc::Sender<DumpPart>) -> Result<DumpSummary, Ended> {
        let engine = self.engine();
        let mut snapshot = self.snapshot().await?;
        let mut summary = DumpSummary {
            schema_version: schema_version(&mut snapshot).await?,
            numbers: tables::numbers(&mut snapshot, engine).await?,
            ..DumpSummary::default()
        };
        send(parts, DumpPart::Begin { schema_version: summary.schema_version }).await?;
        for table in tables::in_order(&mut snapshot, engine).await? {
            let name = table.name.clone();
            send(parts, DumpPart::Table(table.clone())).await?;
            let sum = read_table(&mut snapshot, &table, Some(parts)).await?;
            summary.tables.insert(name, sum);
        }
        snapshot.rollback().await?;
        send(parts, DumpPart::End(summary.clone())).await?;
        Ok(summary)
    }
}

/// The newest migration of a database.
pub(super) async fn schema_version(connection: &mut AnyConnection) -> Result<i64, Failure> {
    let sql = "SELECT COALESCE(max(version), 0) FROM _sqlx_migrations WHERE success";
    Ok(fetch_value(connection, What::Table, sql, values![]).await?.unwrap_or(0))
}

/// Sums a table's rows, and sends them to whoever wants them.
pub(super) async fn read_table(
    connection: &mut AnyConnection,
    table: &DumpTable,
    parts: Option<&mpsc::Sender<DumpPart>>,
) -> Result<TableSum, Ended> {
    let sql = composed(format!("SELECT {} FROM {}", names(table), quoted(&table.name)));
    let mut found = sqlx::query(sql).fetch(connection);
    let (mut sum, mut together) = (TableSum::default(), DumpRows { count: 0, bytes: Vec::new() });
    while let Some(row) = found.try_next().await? {
        let start = together.bytes.len();
        write_row(&row, table, &mut together.bytes)?;
        sum.add(&together.bytes[start..]);
        together.count += 1;
        if together.count == TOGETHER_MAX || together.bytes.len() >= TOGETHER_BYTES {
            let full = std::mem::replace(&mut together, DumpRows { count: 0, bytes: Vec::new() });
            if let Some(parts) = parts {
                send(parts, DumpPart::Rows(full)).await?;
            }
        }
    }
    if let Some(parts) = parts.filter(|_| together.count > 0) {
        send(parts, DumpPart::Rows(together)).await?;
    }
    Ok(sum)
}

/// A table's columns, as a statement names them.
pub(super) fn names(table: &DumpTable) -> String {
    let names: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    names.join(", ")
}

/// A name of a table or a column, which may be a word of SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn write_row(row: &AnyRow, table: &DumpTable, to: &mut Vec<u8>) -> Result<(), Failure> {
    for (index, column) in table.columns.iter().enumerate() {
        let cell = match column.kind {
            ColumnKind::Integer => row.try_get::<Option<i64>, _>(index)?.map(Cell::Integer),
            ColumnKind::Text => row.try_get::<Option<String>, _>(index)?.map(Cell::Text),
            ColumnKind::Bytes => row.try_get::<Option<Vec<u8>>, _>(index)?.map(Cell::Bytes),
        };
        rows::write(&cell.unwrap_or(Cell::Nothing), to)
            .map_err(|problem| unreadable(&table.name, problem))?;
    }
    Ok(())
}

async fn send(parts: &mpsc::Sender<DumpPart>, part: DumpPart) -> Result<(), Ended> {
    parts.send(part).await.map_err(|_| Ended::Abandoned)
}

impl Store {
    /// A transaction that sees one moment, for as long as it takes.
    pub(crate) async fn snapshot(&self) -> Result<sqlx::Transaction<'static, sqlx::Any>, Failure> {
        let begin = match self.engine() {
            Engine::Sqlite => "BEGIN",
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let mut snapshot = self.begin_snapshot(begin).await?;
        if self.engine() == Engine::Postgres {
            // Whoever takes the parts may be a slow network.
            let sql = "SET LOCAL idle_in_transaction_session_timeout = 0";
            execute(&mut snapshot, sql, values![]).await?;
        }
        Ok(snapshot)
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}
