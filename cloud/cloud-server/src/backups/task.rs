//! Makes backups when they are due, and says how old the newest is.

use std::time::{Duration, Instant};

use cloud_store::{NewNotice, NoticeEvent, Severity, Store};
use domain::time::WallMs;
use service::health::{Health, Part};
use service::tasks::{CancellationToken, RestartPolicy, Tasks};

use super::{Backups, DUTY_MS, MAKE_BACKUP};
use crate::blobs::Blobs;
use crate::config::Config;
use crate::notify::everywhere;
use crate::roles::now;

/// How often it is looked whether one is due, and whether somebody asked for one.
const LOOK_EVERY: Duration = Duration::from_secs(60);
const ASKED_EVERY: Duration = Duration::from_secs(3);
/// Who asked that are answered with one backup.
const ASKED_MAX: u32 = 100;
/// How long it waits after one that failed.
const RETRY_AFTER_MS: i64 = 900_000;
const HOUR_MS: i64 = 3_600_000;
/// What a failed backup is known by: the next one that succeeds settles it.
const NOTICE_KEY: &str = "backup";

/// Starts to make backups, where they are to be made.
pub(crate) fn spawn(
    tasks: &Tasks,
    health: &Health,
    config: &Config,
    store: &Store,
    blobs: &Blobs,
    owner: &str,
) {
    if config.backups.every_hours == 0 {
        return;
    }
    let part = health.part("backups", false);
    let (config, store, blobs, owner) = (config.clone(), store.clone(), blobs.clone(), owner.to_owned());
    tasks.spawn_restarting("backups", RestartPolicy::default(), move |token| {
        let (config, store, blobs, owner) = (config.clone(), store.clone(), blobs.clone(), owner.clone());
        let part = part.clone();
        async move {
            let every_ms = i64::from(config.backups.every_hours) * HOUR_MS;
            let mut task = Task { every_ms, part, store: store.clone(), not_before: WallMs(0) };
            // The key and the place are wanted once the first is due, and not by every process that starts.
            let mut looked_at = Instant::now();
            while token.run_until_cancelled(tokio::time::sleep(ASKED_EVERY)).await.is_some() {
                let is_asked = store.has_open_job(MAKE_BACKUP).await?;
                if !is_asked && looked_at.elapsed() < LOOK_EVERY {
                    continue;
                }
                looked_at = Instant::now();
                let backups = Backups::open(&config, store.clone(), blobs.clone(), owner.clone());
                task.look(backups, &token).await?;
            }
            Ok(())
        }
    });
}

struct Task {
    every_ms: i64,
    part: Part,
    store: Store,
    not_before: WallMs,
}

impl Task {
    async fn look(
        &mut self,
        backups: anyhow::Result<Backups>,
        token: &CancellationToken,
    ) -> anyhow::Result<()> {
        let looked = async { self.make_if_due(&backups?, token).await };
        if let Err(error) = looked.await {
            metrics::counter!("tillsight_backup_failures_total").increment(1);
            tracing::error!(error = format!("{error:#}"), "failed to make a backup: {error:#}");
            self.part.down("the last backup failed: the log says more");
            let now = now();
            self.not_before = WallMs(now.0 + RETRY_AFTER_MS);
            let data = serde_json::json!({ "problem": format!("{error:#}") });
            let (store, event, severity) = (None, NoticeEvent::BackupFailed, Severity::Critical);
            let notice = NewNotice { store, event, severity, key: NOTICE_KEY.to_owned(), data };
            everywhere::raise(&self.store, &notice, now).await?;
        }
        Ok(())
    }

    async fn make_if_due(&self, backups: &Backups, token: &CancellationToken) -> anyhow::Result<()> {
        let newest = backups.place.list().await?.into_iter().find(|info| info.verified_at_ms.is_some());
        let now = now();
        if let Some(info) = &newest {
            let age_s = (now.0 - info.made_at_ms) / 1000;
            metrics::gauge!("tillsight_backup_age_seconds").set(age_s as f64);
        }
        let due = newest.is_none_or(|info| now.0 - info.made_at_ms >= self.every_ms);
        // Before the first organisation there is nothing to lose.
        let is_empty = backups.store.organisations(None, 1).await?.is_empty();
        let due = due && !is_empty && now >= self.not_before;
        let is_asked = self.store.has_open_job(MAKE_BACKUP).await?;
        if !(due || is_asked) || !backups.take_duty().await? {
            return Ok(());
        }
        // What was asked for is taken before anything is written: asked for later, another one is made.
        let until = WallMs(now.0 + DUTY_MS);
        for asked in self.store.lease_jobs(&[MAKE_BACKUP], &backups.owner, ASKED_MAX, now, until).await? {
            self.store.finish_job(asked.id, &backups.owner, now).await?;
        }
        // Told to stop, it lets go: what was written of the archive is no backup.
        let Some(made) = token.run_until_cancelled(backups.make_and_verify()).await else { return Ok(()) };
        let made = made?;
        self.part.ok();
        everywhere::settle(&self.store, NoticeEvent::BackupFailed, NOTICE_KEY, now).await?;
        metrics::gauge!("tillsight_backup_age_seconds").set(0.0);
        let contents = made.contents;
        tracing::info!(
            backup = made.id,
            rows = contents.rows,
            blobs = contents.blobs,
            size_bytes = made.size_bytes,
            "made and verified backup {}",
            made.id
        );
        Ok(())
    }
}
