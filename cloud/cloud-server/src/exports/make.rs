//! Making an export.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use cloud_store::{
    Cell, ExportColumn, ExportFormat, ExportId, ExportKind, ExportQuery, ExportState, LeasedJob, NewExport,
    NewNotice, NoticeEvent, Severity, SheetTarget, StoreError,
};
use domain::ids::OrgId;
use domain::time::{BusinessDay, WallMs};
use jiff::civil::Date;
use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::files;
use super::sheets::Sheets;
use super::values::harmless;
use crate::blobs::{BlobError, BlobName};
use crate::jobs::Worker;
use crate::roles::{now, scratch_folder};

/// Batches of rows that may wait to be written.
const WAITING_MAX: usize = 4;
const DAY_MS: i64 = 86_400_000;

/// Makes an export. What fails for good is written down where people see it, with the reason.
pub(crate) async fn run(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let id = std::str::from_utf8(&job.payload).ok().and_then(|text| Uuid::parse_str(text).ok()).map(ExportId);
    let id = id.ok_or_else(|| anyhow!("the job names no export"))?;
    let export = match worker.store.export(&job.org, id).await {
        // Somebody took it away.
        Err(StoreError::NotFound { .. }) => return Ok(()),
        export => export?,
    };
    if export.state != ExportState::Waiting {
        return Ok(());
    }
    let made = make(worker, &job.org, &export.asked).await;
    if let Err(error) = &made
        && job.attempt >= job.attempts_max
    {
        let problem = format!("{error:#}");
        worker.store.fail_export(&job.org, id, &problem, now()).await?;
        let data = serde_json::json!({ "name": export.asked.dataset.as_str(), "problem": problem });
        let (event, severity, key) = (NoticeEvent::ExportFailed, Severity::Warning, id.0.to_string());
        let notice = NewNotice { store: export.asked.store.clone(), event, severity, key, data };
        worker.store.raise_notice(&job.org, &notice, now()).await?;
    }
    made
}

async fn make(worker: &Worker, org: &OrgId, asked: &NewExport) -> anyhow::Result<()> {
    let name = BlobName::of_export(org, asked.id.0, asked.format.as_str());
    let folder = scratch_folder(&worker.config.data.dir)?;
    let path = folder.path().join("export");
    let (rows, blob) = match &asked.target {
        None => {
            let rows = write_file(worker, org, asked, asked.format, &path).await?;
            worker.blobs.put_file(&name, &path).await?;
            (rows, Some(name.as_str()))
        }
        Some(target) => (send(worker, org, asked, target, &path).await?, None),
    };
    let size_bytes = std::fs::metadata(&path)?.len();
    let kept = worker.store.finish_export(org, asked.id, (rows, size_bytes, blob), now()).await?;
    if !kept && blob.is_some() {
        worker.blobs.delete(&name).await?;
    }
    metrics::counter!("tillsight_export_rows_total").increment(rows);
    Ok(())
}

/// Adds the rows to a sheet. They are kept as they were at the first try: another try sends the rest of the very same.
async fn send(
    worker: &Worker,
    org: &OrgId,
    asked: &NewExport,
    target: &SheetTarget,
    path: &Path,
) -> anyhow::Result<u64> {
    let sheets = Sheets::open(&worker.config.sheets)?;
    let sheets =
        sheets.context("there is no account for sheets: name its key in `sheets.credentials_file`")?;
    let kept = BlobName::of_export(org, asked.id.0, "rows");
    match worker.blobs.get(&kept).await {
        Ok(bytes) => std::fs::write(path, bytes)?,
        Err(BlobError::Missing(_)) => {
            write_file(worker, org, asked, ExportFormat::Csv, path).await?;
            worker.blobs.put_file(&kept, path).await?;
            worker.store.keep_export_rows(org, asked.id, kept.as_str()).await?;
        }
        Err(error) => return Err(error.into()),
    }
    let mut file = csv::Reader::from_path(path)?;
    let titles: Vec<String> = file.headers()?.iter().map(str::to_owned).collect();
    let kinds: Vec<ExportKind> = asked.dataset.columns().iter().map(|column| column.kind).collect();
    let mut rows = 0;
    let cells = file.records().map(|record| {
        rows += 1;
        let record = record?;
        Ok(record.iter().zip(&kinds).map(|(text, kind)| sheet_value(text, *kind)).collect())
    });
    sheets.append(target, &asked.id.to_string(), &titles, cells).await?;
    worker.blobs.delete(&kept).await?;
    Ok(rows)
}

/// A number is a number there; everything else is a text.
fn sheet_value(text: &str, kind: ExportKind) -> Value {
    let number = || serde_json::from_str::<serde_json::Number>(text).ok();
    match kind {
        ExportKind::Integer | ExportKind::Money | ExportKind::Thousandths => {
            number().map_or_else(|| text.into(), Value::Number)
        }
        // What marks a text in a file of values would be a letter of it there.
        ExportKind::Text => match text.strip_prefix('\'') {
            Some(rest) if harmless(rest) != rest => rest.into(),
            _ => text.into(),
        },
        ExportKind::Moment | ExportKind::Day => text.into(),
    }
}

/// Writes the file; gives back how many rows it has.
async fn write_file(
    worker: &Worker,
    org: &OrgId,
    asked: &NewExport,
    format: ExportFormat,
    path: &Path,
) -> anyhow::Result<u64> {
    let query = ExportQuery {
        dataset: asked.dataset,
        store: asked.store.clone(),
        days: (asked.first_day, asked.last_day),
        moments: moments(asked.first_day, asked.last_day)?,
    };
    let columns = asked.dataset.columns();
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let path = path.to_owned();
    let writing = tokio::task::spawn_blocking(move || write_rows(receiver, format, &path, &columns));
    let reading = async {
        let read = worker.store.read_export(org, &query, &sender).await;
        drop(sender);
        read
    };
    let (read, written) = tokio::join!(reading, writing);
    // A writer that fails makes the reader fail, so its reason is asked for first.
    let written = written.context("the export's thread ended")??;
    let read = read.context("failed to read the rows")?;
    anyhow::ensure!(read == written, "{written} of {read} rows were written");
    Ok(written)
}

fn write_rows(
    mut rows: mpsc::Receiver<Vec<Vec<Cell>>>,
    format: ExportFormat,
    path: &Path,
    columns: &[ExportColumn],
) -> anyhow::Result<u64> {
    let mut file = files::begin(format, path, columns)?;
    let mut written = 0;
    while let Some(some) = rows.blocking_recv() {
        for row in some {
            file.row(&row)?;
            written += 1;
        }
    }
    file.finish()?;
    Ok(written)
}

/// From midnight UTC of the first day until midnight after the last one.
fn moments(first: Option<BusinessDay>, last: Option<BusinessDay>) -> anyhow::Result<(WallMs, WallMs)> {
    let midnight = |day: BusinessDay| -> anyhow::Result<i64> {
        let date = Date::new(day.year, i8::try_from(day.month)?, i8::try_from(day.day)?)?;
        Ok(i64::from((date - Date::constant(1970, 1, 1)).get_days()) * DAY_MS)
    };
    let from = first.map(midnight).transpose()?.unwrap_or(i64::MIN);
    let until = last.map(midnight).transpose()?.map_or(i64::MAX, |midnight| midnight + DAY_MS);
    Ok((WallMs(from), WallMs(until)))
}
