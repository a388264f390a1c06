//! How the fleet and what the cloud needs are doing: gauges of every till for whoever watches with Prometheus, the health of the
//! cloud's own parts with its history, and services outside that are asked from time to time.
//!
//! What is known of tills comes from the database, so that every process tells the same and a restart forgets nothing.

pub(crate) mod faults;
mod fleet;
mod own;
pub(crate) mod services;

use cloud_store::{HealthState, Store};
use service::health::{Health, PartState};
use service::tasks::{RestartPolicy, Tasks};

use crate::config::Monitoring;

/// The part of a till that is well while it is heard of.
pub(crate) const CONTACT: &str = "contact";

/// Starts to write down how this process is doing. `role` is what the process is.
pub(crate) fn spawn(tasks: &Tasks, health: &Health, store: &Store, role: &str) {
    own::spawn(tasks, health, store, role);
}

/// Starts to tell of the fleet by gauges.
pub(crate) fn spawn_fleet(tasks: &Tasks, config: &Monitoring, store: &Store) {
    let (config, store) = (config.clone(), store.clone());
    tasks.spawn_restarting("fleet-gauges", RestartPolicy::default(), move |token| {
        let (config, store) = (config.clone(), store.clone());
        async move { fleet::run(&config, &store, &token).await }
    });
}

/// The store's word for a part's state.
fn state_of(state: PartState) -> HealthState {
    match state {
        PartState::Ok => HealthState::Ok,
        PartState::Starting => HealthState::Starting,
        PartState::Degraded => HealthState::Degraded,
        PartState::Down => HealthState::Down,
    }
}
