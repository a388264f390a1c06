//! How this process's own parts are doing, kept with its history.

use std::time::Duration;

use cloud_store::{HealthSubject, PartNow, Store};
use service::health::Health;
use service::tasks::{RestartPolicy, Tasks};

use super::state_of;
use crate::roles::now;

/// How often it is said again that nothing changed, so that a process that is gone shows.
const SAY_EVERY: Duration = Duration::from_secs(60);
/// Changes are written down one by one, but no faster.
const CHANGE_EVERY: Duration = Duration::from_secs(1);

/// Writes down what becomes of each part.
pub(super) fn spawn(tasks: &Tasks, health: &Health, store: &Store, role: &str) {
    let (health, store) = (health.clone(), store.clone());
    let subject = HealthSubject::Process(format!("{role}@{}", machine()));
    tasks.spawn_restarting("own-health", RestartPolicy::default(), move |token| {
        let (health, store, subject) = (health.clone(), store.clone(), subject.clone());
        async move {
            let mut changes = health.changes();
            loop {
                keep(&health, &store, &subject).await;
                tokio::select! {
                    () = token.cancelled() => return Ok(()),
                    () = tokio::time::sleep(SAY_EVERY) => {}
                    changed = changes.changed() => changed?,
                }
                if token.run_until_cancelled(tokio::time::sleep(CHANGE_EVERY)).await.is_none() {
                    return Ok(());
                }
            }
        }
    });
}

/// A database that is away keeps nothing; what it is told next time is what counts then.
async fn keep(health: &Health, store: &Store, subject: &HealthSubject) {
    let parts: Vec<PartNow> = health
        .parts()
        .into_iter()
        .map(|status| PartNow {
            part: status.part.to_string(),
            state: state_of(status.state),
            detail: status.detail.unwrap_or_default(),
        })
        .collect();
    if let Err(error) = store.note_health(None, subject, &parts, now()).await {
        tracing::debug!(%error, "how this process is was not kept");
    }
}

/// What the machine is called, where the system says so.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "here".to_owned(),
        name => name.to_owned(),
    }
}
