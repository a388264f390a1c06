//! The till's side of the cloud: sales go out, catalogue generations come in, the certificate is renewed.
//!
//! Nothing in here is needed to sell. The journal is the queue of what goes out, so whatever ends a connection, a restart or
//! a month without one only delays it; and a generation that comes in is one of the till's like any other before anybody
//! sells from it.
//!
//! Read [`link`] first.

mod channel;
mod link;
mod models;
mod mqtt;
mod pictures;
mod pull;
mod status;

use std::sync::Arc;

use edge_store::Store;
use service::health::Health;
use service::tasks::Tasks;
use tokio::sync::Notify;

use self::link::Switch;
use crate::clock::Clock;
use crate::sight::Models;

pub use status::CloudStatus;

/// What the cloud's tasks work with.
#[derive(Clone)]
pub struct CloudParts {
    /// The journal, and where generations go.
    pub store: Store,
    /// The models that it sees by; `None` for a till that sees nothing.
    pub models: Option<Models>,
    /// Called when a generation of the cloud's is in the store.
    pub on_generation: Arc<dyn Fn() + Send + Sync>,
    /// The time.
    pub clock: Clock,
    /// Notified when a sale is in the journal.
    pub committed: Arc<Notify>,
    /// What people are told.
    pub status: Arc<CloudStatus>,
    /// Whether the till also connects to the cloud's broker, where there is one.
    pub mqtt: bool,
}

/// Starts the tasks. Until the till is claimed they wait for its identity.
pub fn start(tasks: &Tasks, parts: CloudParts, health: &Health) {
    let part = health.part("cloud", false);
    let switch = Arc::new(Switch::new());
    tasks.spawn("cloud", link::run(parts.clone(), part, Arc::clone(&switch), tasks.token()));
    if parts.mqtt {
        tasks.spawn(
            "cloud-mqtt",
            mqtt::run(parts.clone(), health.clone(), Arc::clone(&switch), tasks.token()),
        );
    }
    tasks.spawn("cloud-catalogue", pull::run(parts, switch, tasks.token()));
}
