//! What the gateway does beside answering: it forgets idle callers, ended sessions and old requests of hooks, and looks whether its parts work.

use std::sync::Arc;
use std::time::Duration;

use cloud_store::{Store, StoreError};
use domain::time::WallMs;
use service::health::{Health, Part};
use service::tasks::Tasks;

use crate::gateway::Shared;
use crate::roles::now;

/// How often idle callers are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// How often ended sessions are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// How often the database is asked whether it answers.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Starts the tasks. What they look at is known once this returns.
pub(crate) async fn spawn(tasks: &Tasks, shared: &Shared) {
    watch_database(tasks, &shared.health, &shared.store).await;
    let (forgetting, token) = (Arc::clone(shared), tasks.token());
    tasks.spawn("rate-upkeep", async move {
        while token.run_until_cancelled(tokio::time::sleep(FORGET_EVERY)).await.is_some() {
            forgetting.rates.forget_idle();
        }
        Ok(())
    });
    let (sweeping, token) = (Arc::clone(shared), tasks.token());
    tasks.spawn("session-upkeep", async move {
        while token.run_until_cancelled(tokio::time::sleep(SWEEP_EVERY)).await.is_some() {
            sweep_sessions(&sweeping).await;
            sweep_hooks(&sweeping).await;
        }
        Ok(())
    });
}

/// Looks from time to time whether the database answers; how it is now is known once this returns.
pub(crate) async fn watch_database(tasks: &Tasks, health: &Health, store: &Store) {
    let part = health.part("database", true);
    look(&part, store.ping().await);
    let (store, token) = (store.clone(), tasks.token());
    tasks.spawn("database-health", async move {
        while token.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            look(&part, store.ping().await);
        }
        Ok(())
    });
}

fn look(part: &Part, answer: Result<(), StoreError>) {
    match answer {
        Ok(()) => part.ok(),
        Err(error) => {
            // Everybody may read how the parts are; where the database is belongs in the log.
            tracing::debug!(%error, "the database does not answer");
            part.down("the database does not answer: the log says more");
        }
    }
}

/// A sweep that fails is made up for by the next one; nobody gets in by an ended session meanwhile.
async fn sweep_sessions(shared: &Shared) {
    let now = now();
    let attempts_before = WallMs(now.0 - i64::from(shared.config.identity.lock_longest_s) * 1000);
    match shared.store.sweep_sessions(now, attempts_before).await {
        Ok(0) => {}
        Ok(rows) => tracing::debug!(rows, "removed {rows} ended sessions and old attempts"),
        Err(error) => tracing::warn!(%error, "failed to remove ended sessions; the next sweep tries again"),
    }
}

/// An event that is forgotten could be taken twice only by a request that is too old to be taken.
async fn sweep_hooks(shared: &Shared) {
    let hooks = &shared.config.hooks;
    let before = |days: u32| WallMs(now().0 - i64::from(days) * 86_400_000);
    let pruned =
        shared.store.prune_hooks(before(hooks.events_kept_days), before(hooks.requests_kept_days)).await;
    match pruned {
        Ok(0) => {}
        Ok(rows) => tracing::debug!(rows, "forgot {rows} events and requests of hooks"),
        Err(error) => {
            tracing::warn!(%error, "failed to forget old requests of hooks; the next sweep tries again");
        }
    }
}
