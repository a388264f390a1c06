//! Tills of one store that belong to a cloud, all real processes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use domain::sale::TillRef;
use edge_store::{Durability, Store, StoreOptions};

use crate::cloud::{CloudClient, CloudProcess, claim};
use crate::process::{TillProcess, TillSetup};
use crate::rig::account;
use crate::simulated_shop;

/// Sales of different tills differ: each till has this many numbers of its own.
const NUMBERS_PER_TILL: u64 = 1_000_000;
/// How long the cloud may take to be ready.
const READY_MAX: Duration = Duration::from_secs(60);

/// A till and its folder.
#[derive(Debug)]
pub struct FleetTill {
    /// Which till.
    pub identity: TillRef,
    /// Its data folder.
    pub data: PathBuf,
    setup: TillSetup,
    /// The daemon, while it runs.
    pub process: Option<TillProcess>,
}

impl FleetTill {
    /// Till `number`, with nothing sold and nothing in its catalogue.
    pub fn new(folder: &Path, number: u32, models: &Path, pictures: &Path) -> Self {
        let identity = simulated_shop::till(number);
        let data = folder.join(identity.till.as_str());
        let config = simulated_shop::config_of(&identity, pictures, number.into(), 20);
        let setup = TillSetup {
            data: data.clone(),
            models: models.to_owned(),
            config: format!("{config}[log]\nformat = \"text\"\n"),
            log: Some(folder.join(format!("{}.log", identity.till))),
        };
        Self { identity, data, setup, process: None }
    }

    /// Starts its daemon.
    pub fn start(&mut self) -> anyhow::Result<()> {
        self.process = Some(TillProcess::start(&self.setup, None)?);
        Ok(())
    }

    /// Sells `count` sales while its daemon is down, as fast as it can; gives what they come to in minor units.
    pub fn sell_offline(&self, number: u32, count: u64) -> anyhow::Result<i64> {
        // Nothing cuts the power here, and a month of sales is to be there in seconds.
        let options = StoreOptions { durability: Durability::Normal, ..StoreOptions::default() };
        std::fs::create_dir_all(&self.data)?;
        let (store, _) = Store::open_with(&self.data, Some(&self.identity), &options)?;
        let mut gross_minor = 0;
        for index in 1..=count {
            let mut sale = account::sale(u64::from(number) * NUMBERS_PER_TILL + index);
            sale.till = self.identity.clone();
            gross_minor += sale.totals.gross.minor;
            store.commit_sale(&sale)?;
        }
        Ok(gross_minor)
    }

    /// Makes it a till of the cloud: by a code that the owner makes, typed into the technician's tool.
    pub async fn join(&self, cloud: &CloudProcess) -> anyhow::Result<()> {
        let client = CloudClient::sign_in(cloud.gateway, READY_MAX).await?;
        let code = client.new_till(&self.identity).await?;
        let (data, address) = (self.data.clone(), cloud.tills);
        tokio::task::spawn_blocking(move || claim(&data, address, &code))
            .await?
            .with_context(|| format!("{} could not be claimed", self.identity.till))
    }
}
