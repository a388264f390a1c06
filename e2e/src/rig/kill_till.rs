//! Kills the whole daemon while it sells, again and again, and compares three accounts: what shoppers saw, what the
//! journal holds, what the payment terminal took.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use domain::ids::SequenceNumber;
use edge_devices::terminal::{LedgerState, read_ledger};
use edge_store::Store;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::client::TillClient;
use crate::process::{TillProcess, TillSetup};
use crate::simulated_shop::{self, identity};

/// From the first purchase to the kill, at most: some kills hit the start, some a payment, some a pause.
const LIFE_MS: std::ops::Range<u64> = 0..900;
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of it. All of the last seven must be zero or true.
#[derive(Debug, Default, serde::Serialize)]
pub struct KillReport {
    /// Times the daemon was killed.
    pub kills: u32,
    /// Payments that were begun.
    pub attempted: u64,
    /// Receipts that a shopper saw.
    pub acked: usize,
    /// Sales in the journal at the end.
    pub sales: usize,
    /// Payments that the terminal approved and did not give back.
    pub approved: usize,
    /// Receipts without a sale.
    pub lost: usize,
    /// Sales or payments that stand twice in the journal.
    pub doubled: usize,
    /// Sales whose payment the terminal did not take.
    pub unpaid: usize,
    /// Payments taken without a sale.
    pub unsold: usize,
    /// Payments still open after the last start.
    pub open_intents: usize,
    /// Whether the chain is whole.
    pub journal_ok: bool,
    /// Whether all is as it must be.
    pub ok: bool,
}

/// Kills a till of the simulated shop `kills` times.
pub fn run(kills: u32, seed: u64, models: &Path, pictures: &Path, data: &Path) -> anyhow::Result<KillReport> {
    simulated_shop::prepare(data, models, None, pictures)?;
    let setup = TillSetup {
        data: data.to_owned(),
        models: models.to_owned(),
        // Small and slow frames: nothing is bought by sight here, and starting is what takes the time.
        config: format!("{}[log]\nformat = \"text\"\n", simulated_shop::config(pictures, seed, 20)),
        log: Some(data.join("tillsightd.log")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut report = KillReport::default();
    let mut acked = BTreeSet::new();
    for kill in 1..=kills {
        let till = TillProcess::start(&setup, None)?;
        let life = Duration::from_millis(rng.random_range(LIFE_MS));
        runtime.block_on(sell_until_killed(till, life, &mut acked, &mut report))?;
        report.kills = kill;
        if kill % 25 == 0 {
            eprintln!("{kill} kills, {} receipts", acked.len());
        }
    }
    let till = TillProcess::start(&setup, None)?;
    runtime.block_on(async {
        let mut client = TillClient::connect(till.address, PATIENCE).await?;
        client.wait("end of recovery", PATIENCE, |state| state["phase"] != "recovering").await
    })?;
    till.stop()?;
    settle(&mut report, &acked, data)?;
    Ok(report)
}

async fn sell_until_killed(
    till: TillProcess,
    life: Duration,
    acked: &mut BTreeSet<String>,
    report: &mut KillReport,
) -> anyhow::Result<()> {
    let mut client = TillClient::connect(till.address, PATIENCE).await?;
    tokio::time::timeout(life, async {
        client.wait("end of recovery", PATIENCE, |state| state["phase"] != "recovering").await?;
        loop {
            sell_one(&mut client, acked, report).await?;
        }
        #[allow(unreachable_code, reason = "names the type of the errors above")]
        anyhow::Ok(())
    })
    .await
    .map_or(Ok(()), |ended| ended.context("the selling ended before the kill"))?;
    till.kill()
}

async fn sell_one(
    client: &mut TillClient,
    acked: &mut BTreeSet<String>,
    report: &mut KillReport,
) -> anyhow::Result<()> {
    client.must(json!({"action": "start"})).await?;
    client.must(json!({"action": "add_product", "product": "avocado"})).await?;
    client.must(json!({"action": "review"})).await?;
    report.attempted += 1;
    client.must(json!({"action": "pay"})).await?;
    let state = client.wait("receipt", PATIENCE, |state: &Value| state["phase"] == "receipt").await?;
    acked.insert(state["receipt"]["sale"].as_str().context("a receipt names its sale")?.to_owned());
    client.must(json!({"action": "finish"})).await
}

fn settle(report: &mut KillReport, acked: &BTreeSet<String>, data: &Path) -> anyhow::Result<()> {
    let (store, _) = Store::open(data, &identity())?;
    let mut sales = Vec::new();
    let mut after = SequenceNumber(0);
    loop {
        let page = store.sales(after, 500)?;
        let Some((last, _)) = page.last() else { break };
        after = last.sequence;
        sales.extend(page.into_iter().map(|(_, sale)| sale));
    }
    let ids: BTreeSet<String> = sales.iter().map(|sale| sale.id.to_string()).collect();
    let mut payments = BTreeMap::<_, usize>::new();
    for tender in sales.iter().flat_map(|sale| &sale.tenders) {
        *payments.entry(tender.payment).or_default() += 1;
    }
    let ledger = read_ledger(&data.join("terminal.ledger"))?;
    let approved: BTreeSet<_> = ledger
        .iter()
        .filter(|entry| matches!(entry.state, LedgerState::Approved { .. }))
        .map(|entry| entry.payment)
        .collect();
    report.acked = acked.len();
    report.sales = sales.len();
    report.approved = approved.len();
    report.lost = acked.difference(&ids).count();
    report.doubled = (sales.len() - ids.len()) + payments.values().filter(|count| **count > 1).count();
    report.unpaid = payments.keys().filter(|payment| !approved.contains(payment)).count();
    report.unsold = approved.iter().filter(|payment| !payments.contains_key(payment)).count();
    report.open_intents = store.open_intents()?.len();
    report.journal_ok = store.verify_journal()?.ok;
    let zeros = [report.lost, report.doubled, report.unpaid, report.unsold, report.open_intents];
    report.ok = report.journal_ok && zeros == [0; 5] && !acked.is_empty();
    Ok(())
}
