//! Every night a run, and an end to proposals that nobody decided on.

use anyhow::Context as _;
use cloud_store::{Actor, ForecastRunId, NewForecastRun, NewJob, Store};
use domain::ids::OrgId;
use domain::time::{BusinessDay, WallMs};
use service::tasks::CancellationToken;
use uuid::Uuid;

use super::days::{day_numbered, local_day, local_hour, number_of, zone_of};
use crate::config::Forecast;
use crate::jobs::{RUN_FORECAST, job};
use crate::roles::now;

/// One process looks at a time.
const DUTY: &str = "forecast.schedule";
/// Organisations that are read at once.
const PAGE: u32 = 500;
const DAY_MS: i64 = 86_400_000;

/// Looks again and again until told to stop.
pub(crate) async fn run(
    store: &Store,
    settings: &Forecast,
    owner: &str,
    token: &CancellationToken,
) -> anyhow::Result<()> {
    let every = settings.look_every();
    loop {
        let now = now();
        let until = WallMs(now.0 + 2 * i64::try_from(every.as_millis())?);
        if store.take_duty(DUTY, owner, now, until).await? {
            look(store, settings, now).await?;
        }
        if token.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
            return store.leave_duty(DUTY, owner).await.context("failed to let another look");
        }
    }
}

async fn look(store: &Store, settings: &Forecast, now: WallMs) -> anyhow::Result<()> {
    let ended = store.expire_proposals(now).await?;
    if ended > 0 {
        tracing::info!(proposals = ended, "{ended} proposals expired");
    }
    store.prune_forecast_runs(WallMs(now.0 - i64::from(settings.runs_kept_days) * DAY_MS)).await?;
    if !settings.nightly {
        return Ok(());
    }
    let mut after = None;
    loop {
        let page = store.organisations(after.as_ref(), PAGE).await?;
        for organisation in &page {
            let Some(day) = due(store, &organisation.id, settings.nightly_hour, now).await? else { continue };
            // From nothing nothing is learnt.
            let begun = store.has_sales(&organisation.id).await?;
            if begun && !store.has_nightly_run(&organisation.id, day).await? {
                let by = Actor::System("forecast".to_owned());
                ask(store, &organisation.id, (day, settings.days), true, &by, now).await?;
            }
        }
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id.clone());
    }
}

/// Asks for a run; `None` where a night's was asked for before.
pub(crate) async fn ask(
    store: &Store,
    org: &OrgId,
    (first_day, days): (BusinessDay, u32),
    nightly: bool,
    by: &Actor,
    now: WallMs,
) -> anyhow::Result<Option<ForecastRunId>> {
    let run = NewForecastRun { id: ForecastRunId(Uuid::now_v7()), nightly, first_day, days };
    let job: NewJob = job(RUN_FORECAST, &run.id.to_string(), now);
    let begun = store.begin_forecast_run(org, &run, &job, by, now).await?;
    Ok(begun.then_some(run.id))
}

/// The day whose run is due: today on the clocks of the store where the day begins last, once the hour has come there.
async fn due(store: &Store, org: &OrgId, hour: u32, now: WallMs) -> anyhow::Result<Option<BusinessDay>> {
    let stores = store.stores(org).await?;
    let days = stores.iter().map(|shop| {
        let zone = zone_of(&shop.details);
        let today = number_of(local_day(now, &zone));
        // Before its hour a store is still in the day before.
        if local_hour(now, &zone) < hour { today - 1 } else { today }
    });
    Ok(days.min().map(day_numbered))
}

/// The first day that a run asked for now forecasts: today where the day begins last.
pub(crate) async fn today(store: &Store, org: &OrgId, now: WallMs) -> anyhow::Result<BusinessDay> {
    Ok(due(store, org, 0, now).await?.unwrap_or_else(|| day_numbered(now.0.div_euclid(DAY_MS))))
}
