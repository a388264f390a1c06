//! How long tills that were away take to get everything they sold to the cloud, and whether it is all there, once.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::cloud::{CloudClient, CloudFolder, CloudSetup};
use crate::fleet::FleetTill;

/// Longer is a failure in any case.
const PATIENCE: Duration = Duration::from_secs(300);

/// What came of it.
#[derive(Debug, serde::Serialize)]
pub struct Report {
    /// Tills that were away.
    pub tills: u32,
    /// Sales that each had made.
    pub sales_each: u64,
    /// From the cloud being back until each till's last sale was in it, in seconds.
    pub drained_s: Vec<f64>,
    /// The slowest.
    pub last_s: f64,
    /// Number and sum of each till's sales are in the cloud what they are in the till.
    pub exact: bool,
}

/// `tills` tills sell `sales_each` sales without a cloud; then it comes back.
pub fn run(
    tills: u32,
    sales_each: u64,
    database: Option<String>,
    models: &Path,
    pictures: &Path,
    folder: &Path,
) -> anyhow::Result<Report> {
    let setup = CloudSetup {
        data: folder.join("cloud"),
        models: models.to_owned(),
        database,
        port: None,
        broker: None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let prepared = CloudFolder::prepare(&setup)?;
    // What is measured is when the sales are there, not when sums that were kept show them.
    prepared.add_settings("[cache]\nanswers_ms = 0\n")?;
    let mut cloud = prepared.start()?;
    let mut fleet = Vec::new();
    let mut expected = Vec::new();
    for number in 1..=tills {
        let till = FleetTill::new(folder, number, models, pictures);
        expected.push(till.sell_offline(number, sales_each)?);
        runtime.block_on(till.join(&cloud))?;
        fleet.push(till);
    }
    cloud.pause()?;
    for till in &mut fleet {
        till.start()?;
    }
    // Tills try in vain for a while, so that they wait as long between two tries as they ever do.
    std::thread::sleep(Duration::from_secs(20));
    cloud.resume()?;
    let client = runtime.block_on(CloudClient::sign_in(cloud.gateway, PATIENCE))?;
    let began = Instant::now();
    let drained = runtime.block_on(async {
        let waits = fleet.iter().map(|till| async {
            let gross_minor = client.wait_for_sales(&till.identity, sales_each, PATIENCE).await?;
            anyhow::Ok((began.elapsed().as_secs_f64(), gross_minor))
        });
        futures_util::future::join_all(waits).await.into_iter().collect::<anyhow::Result<Vec<_>>>()
    })?;
    let mut exact = true;
    for ((till, (_, gross_minor)), expected) in fleet.iter().zip(&drained).zip(&expected) {
        let (sales, _) = runtime.block_on(client.sums(&till.identity))?;
        exact &= gross_minor == expected && sales == sales_each;
    }
    for till in &mut fleet {
        if let Some(process) = till.process.take() {
            process.stop()?;
        }
    }
    cloud.check_alive()?;
    cloud.stop()?;
    let drained_s: Vec<f64> = drained.iter().map(|(seconds, _)| (seconds * 100.0).round() / 100.0).collect();
    ensure!(!drained_s.is_empty(), "give at least one till");
    let last_s = drained_s.iter().copied().fold(0.0, f64::max);
    Ok(Report { tills, sales_each, drained_s, last_s, exact })
}
