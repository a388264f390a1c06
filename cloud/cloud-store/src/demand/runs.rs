//! Runs: asked for, cut into shards, done by many, ended by whoever does the last shard.

use domain::ids::OrgId;
use domain::time::{BusinessDay, WallMs};
use sqlx::AnyConnection;

use super::{
    ForecastRun, ForecastRunState, ForecastShard, NewForecast, NewForecastRun, NewShard, ProductRange,
};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::ids::{Actor, ForecastRunId, Hash};
use crate::jobs::{NewJob, insert_job};
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, push_values, values,
};
use crate::store::{Store, on_key};

/// Most shards of one run: a million series in shards of ten.
const SHARDS_MAX: usize = 100_000;

const RUN: &str = "SELECT id, nightly, first_day, days, state, model, made_by, made_at, finished_at,
                          (SELECT CAST(COALESCE(SUM(series), 0) AS BIGINT) FROM forecast_shard AS shard
                           WHERE shard.org = forecast_run.org AND shard.run = forecast_run.id),
                          (SELECT COUNT(*) FROM forecast_shard AS shard
                           WHERE shard.org = forecast_run.org AND shard.run = forecast_run.id),
                          (SELECT COUNT(*) FROM forecast_shard AS shard
                           WHERE shard.org = forecast_run.org AND shard.run = forecast_run.id AND done_at IS NOT NULL)
                   FROM forecast_run";

impl Store {
    /// Asks for a run, with the job that begins it; false where its nightly run was asked for before.
    pub async fn begin_forecast_run(
        &self,
        org: &OrgId,
        run: &NewForecastRun,
        job: &NewJob,
        by: &Actor,
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "INSERT INTO forecast_run (org, id, nightly, first_day, days, state, made_by, made_at)
                       VALUES ($1, $2, $3, $4, $5, 'planned', $6, $7)
                       ON CONFLICT (org, first_day) WHERE nightly = 1 DO NOTHING";
            let values = values![org, &run.id, &run.nightly, &run.first_day, &run.days, by, &now];
            let inserted = execute(connection, sql, values).await;
            let exists = || StoreError::exists(What::ForecastRun, run.id);
            if on_key(inserted, exists, || StoreError::not_found(What::Organisation, org))? == 0 {
                return Ok(false);
            }
            insert_job(connection, org, job, now).await?;
            writing.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Says what a run's shards are, with their jobs; a run that has its shards keeps them. One without shards is done.
    pub async fn plan_forecast_run(
        &self,
        org: &OrgId,
        id: ForecastRunId,
        model: Option<&Hash>,
        shards: &[NewShard],
        job: &(dyn Fn(u32) -> NewJob + Sync),
        now: WallMs,
    ) -> Result<(), StoreError> {
        if shards.len() > SHARDS_MAX {
            let problem = format!("it has {} shards: make them larger, at most {SHARDS_MAX}", shards.len());
            return Err(StoreError::invalid(What::ForecastRun, id, problem));
        }
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            if self.lock_run(connection, org, id).await? != ForecastRunState::Planned {
                return Ok(());
            }
            let rows: Vec<(u32, &NewShard)> = (1_u32..).zip(shards).collect();
            let insert =
                "INSERT INTO forecast_shard (org, run, number, store, first_product, last_product, series)";
            insert_all(connection, insert, 7, "", &rows, |(number, shard), values| {
                push_values!(values; org, &id, number, &shard.store, &shard.range.first, &shard.range.last);
                push_values!(values; &shard.series);
            })
            .await?;
            for (number, _) in &rows {
                insert_job(connection, org, &job(*number), now).await?;
            }
            let (state, finished) = match rows.is_empty() {
                true => (ForecastRunState::Done, Some(now)),
                false => (ForecastRunState::Running, None),
            };
            let sql =
                "UPDATE forecast_run SET state = $3, model = $4, finished_at = $5 WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id, &state, model, finished.as_ref()]).await?;
            writing.commit().await
        })
        .await
    }

    /// Writes what a shard of a run came to, and marks the shard; whoever marks the last one asks for what `then` says. A forecast of
    /// a later day is not overwritten. True where the run is done with it.
    pub async fn finish_forecast_shard(
        &self,
        org: &OrgId,
        run: &NewForecastRun,
        shard: &ForecastShard,
        forecasts: &[NewForecast],
        then: &[NewJob],
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            super::forecasts::write(connection, org, run, &shard.shard.store, forecasts, now).await?;
            // The run's row comes last: shards that are done at once wait for each other here alone.
            if self.lock_run(connection, org, run.id).await? != ForecastRunState::Running {
                writing.commit().await?;
                return Ok(false);
            }
            let sql = "UPDATE forecast_shard SET done_at = $4 WHERE org = $1 AND run = $2 AND number = $3 AND done_at IS NULL";
            execute(connection, sql, values![org, &run.id, &shard.number, &now]).await?;
            let sql = "SELECT COUNT(*) FROM forecast_shard WHERE org = $1 AND run = $2 AND done_at IS NULL";
            let open: u64 =
                fetch_value(connection, What::ForecastRun, sql, values![org, &run.id]).await?.unwrap_or(0);
            if open == 0 {
                let sql = "UPDATE forecast_run SET state = 'done', finished_at = $3 WHERE org = $1 AND id = $2";
                execute(connection, sql, values![org, &run.id, &now]).await?;
                for job in then {
                    insert_job(connection, org, job, now).await?;
                }
            }
            writing.commit().await?;
            Ok(open == 0)
        })
        .await
    }

    /// A part of a run.
    pub async fn forecast_shard(
        &self,
        org: &OrgId,
        run: ForecastRunId,
        number: u32,
    ) -> Result<ForecastShard, StoreError> {
        self.answer(async {
            let sql = "SELECT number, store, first_product, last_product, series, done_at FROM forecast_shard
                       WHERE org = $1 AND run = $2 AND number = $3";
            let name = format!("{run}, shard {number}");
            let values = values![org, &run, &number];
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::ForecastRun, &name), sql, values, read_shard).await
        })
        .await
    }

    /// A run.
    pub async fn forecast_run(&self, org: &OrgId, id: ForecastRunId) -> Result<ForecastRun, StoreError> {
        self.answer(async {
            let sql = composed(format!("{RUN} WHERE org = $1 AND id = $2"));
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::ForecastRun, &id), sql, values![org, &id], read_run).await
        })
        .await
    }

    /// Runs, the newest first.
    pub async fn forecast_runs(&self, org: &OrgId, limit: u32) -> Result<Vec<ForecastRun>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{RUN} WHERE org = $1 ORDER BY made_at DESC, id LIMIT $2"));
            fetch_each(&mut *self.reading().await?, What::ForecastRun, sql, values![org, &limit], read_run)
                .await
        })
        .await
    }

    /// Whether the run that is made for a day without being asked for was asked for.
    pub async fn has_nightly_run(&self, org: &OrgId, first_day: BusinessDay) -> Result<bool, StoreError> {
        self.answer(async {
            let sql = "SELECT COUNT(*) FROM forecast_run WHERE org = $1 AND first_day = $2 AND nightly = 1";
            let mut connection = self.reading().await?;
            let count: Option<u64> =
                fetch_value(&mut connection, What::ForecastRun, sql, values![org, &first_day]).await?;
            Ok(count.unwrap_or(0) > 0)
        })
        .await
    }

    /// What was learnt for runs that are not done, of all organisations, and for the newest run of each.
    pub async fn forecast_models(&self) -> Result<Vec<(OrgId, Hash)>, StoreError> {
        self.answer(async {
            let sql = "SELECT DISTINCT org, model FROM forecast_run AS run
                       WHERE model IS NOT NULL AND (state <> 'done' OR made_at =
                           (SELECT MAX(made_at) FROM forecast_run AS other WHERE other.org = run.org))";
            fetch_each(&mut *self.reading().await?, What::ForecastRun, sql, values![], |fields| {
                Ok((fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// Forgets runs of all organisations that were done before a moment; what they forecast stays. Gives back how many.
    pub async fn prune_forecast_runs(&self, before: WallMs) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "DELETE FROM forecast_shard WHERE (org, run) IN
                           (SELECT org, id FROM forecast_run WHERE state = 'done' AND finished_at < $1)";
            execute(connection, sql, values![&before]).await?;
            let sql = "DELETE FROM forecast_run WHERE state = 'done' AND finished_at < $1";
            let removed = execute(connection, sql, values![&before]).await?;
            writing.commit().await?;
            Ok(removed)
        })
        .await
    }

    async fn lock_run(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        id: ForecastRunId,
    ) -> Result<ForecastRunState, Failure> {
        let lock = self.engine().for_update();
        let sql = composed(format!("SELECT state FROM forecast_run WHERE org = $1 AND id = $2{lock}"));
        let state = fetch_value(connection, What::ForecastRun, sql, values![org, &id]).await?;
        Ok(state.ok_or_else(|| StoreError::not_found(What::ForecastRun, id))?)
    }
}

fn read_shard(fields: &mut Fields<'_>) -> Result<ForecastShard, Failure> {
    let (number, store) = (fields.take()?, fields.take()?);
    let range = ProductRange { first: fields.take()?, last: fields.take()? };
    let shard = NewShard { store, range, series: fields.take()? };
    Ok(ForecastShard { number, shard, done_at: fields.take_option()? })
}

fn read_run(fields: &mut Fields<'_>) -> Result<ForecastRun, Failure> {
    let run = NewForecastRun {
        id: fields.take()?,
        nightly: fields.take()?,
        first_day: fields.take()?,
        days: fields.take()?,
    };
    Ok(ForecastRun {
        run,
        state: fields.take()?,
        model: fields.take_option()?,
        made_by: fields.take()?,
        made_at: fields.take()?,
        finished_at: fields.take_option()?,
        series: fields.take()?,
        shards: fields.take()?,
        shards_done: fields.take()?,
    })
}
