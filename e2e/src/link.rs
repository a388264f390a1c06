//! A till without eyes: a real store, and the daemon's own link that brings the cloud what is sold into it.

use std::path::Path;
use std::sync::Arc;

use domain::sale::{Sale, TillRef};
use edge_daemon::clock::Clock;
use edge_daemon::cloud::{self, CloudParts, CloudStatus};
use edge_store::Store;
use service::health::Health;
use service::tasks::Tasks;
use tokio::sync::Notify;

use crate::cloud::{CloudClient, CloudProcess, claim};

/// Its store, and what wakes the link.
#[derive(Debug)]
pub struct LinkedTill {
    /// What it sells into.
    pub store: Store,
    committed: Arc<Notify>,
}

impl LinkedTill {
    /// Makes a till of the cloud's with its store below `folder`, and keeps up its link.
    pub async fn join(
        tasks: &Tasks,
        cloud: &CloudProcess,
        owner: &CloudClient,
        folder: &Path,
        identity: &TillRef,
    ) -> anyhow::Result<Self> {
        let data = folder.join(identity.till.as_str());
        drop(Store::open(&data, identity)?);
        let code = owner.new_till(identity).await?;
        let (place, tills) = (data.clone(), cloud.tills);
        tokio::task::spawn_blocking(move || claim(&place, tills, &code)).await??;
        let (store, _) = Store::open(&data, identity)?;
        Ok(Self::start(tasks, store))
    }

    /// Keeps up the link of a till that the cloud knows.
    pub fn start(tasks: &Tasks, store: Store) -> Self {
        let committed = Arc::new(Notify::new());
        let parts = CloudParts {
            store: store.clone(),
            models: None,
            on_generation: Arc::new(|| {}),
            clock: Clock::start(),
            committed: Arc::clone(&committed),
            status: Arc::new(CloudStatus::default()),
            mqtt: true,
        };
        cloud::start(tasks, parts, &Health::new());
        Self { store, committed }
    }

    /// Sells.
    pub fn commit(&self, sale: &Sale) -> anyhow::Result<edge_store::JournalEntry> {
        let entry = self.store.commit_sale(sale)?;
        self.committed.notify_one();
        Ok(entry)
    }
}
