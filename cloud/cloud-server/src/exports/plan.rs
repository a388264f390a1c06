//! Exports that are made again and again.

use std::time::Duration;

use cloud_store::{Actor, ExportDataset, ExportId, ExportPlan, NewExport};
use domain::ids::OrgId;
use domain::time::{BusinessDay, WallMs};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use service::tasks::CancellationToken;
use uuid::Uuid;

use super::job;
use crate::blobs::BlobName;
use crate::jobs::Worker;
use crate::roles::now;

/// How often it is looked whether one is due, or one's time is over.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Organisations, and exports whose time is over, that are read at once.
const PAGE: u32 = 100;
const DAY_MS: i64 = 86_400_000;

/// Asks for what is due and forgets what is over until told to stop.
pub(crate) async fn run(worker: &Worker, token: &CancellationToken) -> anyhow::Result<()> {
    loop {
        let now = now();
        for org in worker.store.organisations_with_due_exports(now, PAGE).await? {
            for plan in worker.store.export_plans(&org).await? {
                if plan.next_at <= now {
                    ask(worker, &org, &plan, now).await?;
                }
            }
        }
        forget_expired(worker, now).await?;
        if token.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
            return Ok(());
        }
    }
}

/// Asks for a plan's export. However long nobody asked, it is one.
async fn ask(worker: &Worker, org: &OrgId, plan: &ExportPlan, now: WallMs) -> anyhow::Result<()> {
    let (first_day, last_day) = days_of(plan, plan.next_at)?;
    let export = NewExport {
        id: ExportId(Uuid::now_v7()),
        dataset: plan.dataset,
        format: plan.format,
        store: plan.store.clone(),
        first_day: Some(first_day),
        last_day: Some(last_day),
        target: plan.target.clone(),
        made_by: Actor::System("exports".to_owned()),
        expires_at: WallMs(now.0 + i64::from(worker.config.exports.kept_days) * DAY_MS),
    };
    let next_at = next_of(plan, now);
    worker.store.begin_planned_export(org, plan, next_at, &export, &job(export.id, now), now).await?;
    Ok(())
}

/// The complete days before a moment (UTC); of what is expected the days from it on.
fn days_of(plan: &ExportPlan, at: WallMs) -> anyhow::Result<(BusinessDay, BusinessDay)> {
    let today = Timestamp::from_millisecond(at.0)?.to_zoned(TimeZone::UTC).date();
    let day = |from_today: i64| -> anyhow::Result<BusinessDay> {
        let date: Date = today.checked_add(jiff::Span::new().try_days(from_today)?)?;
        Ok(BusinessDay {
            year: date.year(),
            month: u8::try_from(date.month())?,
            day: u8::try_from(date.day())?,
        })
    };
    let days = i64::from(plan.days);
    if matches!(plan.dataset, ExportDataset::Forecasts | ExportDataset::ForecastTotals) {
        return Ok((day(0)?, day(days - 1)?));
    }
    Ok((day(-days)?, day(-1)?))
}

/// The first of its moments that is still to come.
fn next_of(plan: &ExportPlan, now: WallMs) -> WallMs {
    let every = i64::from(plan.every_days.max(1)) * DAY_MS;
    let missed = (now.0 - plan.next_at.0).max(0) / every;
    WallMs(plan.next_at.0 + (missed + 1) * every)
}

/// The file goes first: a row without one would be found again, a file without a row by the sweeper alone.
async fn forget_expired(worker: &Worker, now: WallMs) -> anyhow::Result<()> {
    for (org, id, blob) in worker.store.expired_exports(now, PAGE).await? {
        if let Some(blob) = blob {
            worker.blobs.delete(&BlobName::kept(&blob)).await?;
        }
        match worker.store.remove_export(&org, id).await {
            // Somebody else was faster.
            Err(cloud_store::StoreError::NotFound { .. }) => {}
            removed => removed?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_store::{ExportFormat, ExportPlanId};

    fn plan(every_days: u32, days: u32, next_at: i64) -> ExportPlan {
        ExportPlan {
            id: ExportPlanId(Uuid::nil()),
            dataset: ExportDataset::Sales,
            format: ExportFormat::Csv,
            store: None,
            every_days,
            days,
            target: None,
            next_at: WallMs(next_at),
            made_by: Actor::System("test".to_owned()),
        }
    }

    #[test]
    fn takes_the_complete_days_before_and_makes_up_for_nothing() {
        // 2026-03-02 05:00 UTC.
        let at = 1_772_427_600_000;
        let week = plan(7, 7, at);
        let day = |month, day| BusinessDay { year: 2026, month, day };
        assert_eq!(days_of(&week, week.next_at).unwrap(), (day(2, 23), day(3, 1)));
        for dataset in [ExportDataset::Forecasts, ExportDataset::ForecastTotals] {
            let ahead = ExportPlan { dataset, ..plan(7, 7, at) };
            assert_eq!(days_of(&ahead, ahead.next_at).unwrap(), (day(3, 2), day(3, 8)));
        }
        assert_eq!(next_of(&week, WallMs(at)), WallMs(at + 7 * DAY_MS));
        assert_eq!(next_of(&week, WallMs(at + 20 * DAY_MS)), WallMs(at + 21 * DAY_MS));
    }
}
