//! A shop moves to another model while shoppers buy: nobody waits for it, no basket is lost or wrong, and what is sold
//! afterwards is recognised by the new model.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use edge_store::control::Access;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::client::TillClient;
use crate::process::{TillProcess, TillSetup, sibling};
use crate::score::Score;
use crate::shopper::{Names, TrayShopper, product_names};
use crate::simulated_shop;

/// The model that the shop is enrolled with, and the one it moves to.
const FROM: &str = "lite0";
const TO: &str = "lite2";
/// What is enrolled through the camera before the move.
const ENROLLED_BEFORE: &str = "avocado";
/// Baskets that are bought after the move.
const BASKETS_AFTER: u32 = 5;
/// More baskets than this during one move mean that it does not get on.
const BASKETS_MAX: u32 = 200;
const PATIENCE: Duration = Duration::from_secs(120);

/// How it went.
#[derive(Debug, serde::Serialize)]
pub struct Move {
    /// True when everything was as it must be.
    pub ok: bool,
    /// The model before.
    pub model_before: String,
    /// The model after.
    pub model_after: String,
    /// Views that were moved.
    pub moved: u64,
    /// From starting the tool until its end.
    pub move_s: f64,
    /// Baskets that were bought meanwhile.
    pub baskets_during: u32,
    /// Baskets that were bought afterwards.
    pub baskets_after: u32,
    /// The seconds that the slowest basket took, from its first item to its receipt.
    pub slowest_basket_s: f64,
    /// Lines on all receipts, and how many of them were wrong.
    pub lines: u64,
    /// See `lines`.
    pub lines_wrong: u64,
    /// Sales in the journal, which must be one a basket.
    pub sales: u64,
}

/// Makes a till of the simulated shop, sends shoppers to it and moves it.
pub fn run(seed: u64, models: &Path, pictures: &Path, data: &Path) -> anyhow::Result<Move> {
    simulated_shop::prepare(data, models, Some(FROM), pictures)?;
    let setup = TillSetup {
        data: data.to_owned(),
        models: models.to_owned(),
        config: format!("{}[log]\nformat = \"text\"\n", simulated_shop::config(pictures, seed, 20)),
        log: Some(data.join("tillsightd.log")),
    };
    let till = TillProcess::start(&setup, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(shop_and_move(&till, seed, models, data))?;
    till.stop()?;
    Ok(outcome)
}

async fn shop_and_move(till: &TillProcess, seed: u64, models: &Path, data: &Path) -> anyhow::Result<Move> {
    let client = TillClient::connect(till.address, PATIENCE).await?;
    let names = product_names(&client).await?;
    let mut street = Street {
        client,
        names,
        rng: ChaCha8Rng::seed_from_u64(seed),
        score: Score::default(),
        slowest_s: 0.0,
    };
    street.basket().await?;
    let model_before = served_model(data)?;
    enrol_through_the_camera(&mut street.client, models, data).await?;
    let began = Instant::now();
    let mut tool = Tool::start(models, data)?;
    let mut baskets_during = 0;
    while !tool.has_ended()? {
        if baskets_during == BASKETS_MAX {
            bail!("the move did not end within {BASKETS_MAX} baskets");
        }
        street.basket().await?;
        baskets_during += 1;
    }
    let move_s = began.elapsed().as_secs_f64();
    let answer = tool.answer()?;
    for _ in 0..BASKETS_AFTER {
        street.basket().await?;
    }
    let model_after = served_model(data)?;
    let journal = Access::open(data)?.verify()?;
    let baskets = u64::from(1 + baskets_during + BASKETS_AFTER);
    let (lines, lines_wrong) = (street.score.lines, street.score.lines_wrong);
    let moved = model_before.starts_with(FROM) && model_after.starts_with(TO);
    Ok(Move {
        ok: moved && journal.ok && journal.entries == baskets && lines_wrong == 0 && baskets_during > 0,
        model_before,
        model_after,
        moved: answer["moved"].as_u64().context("the tool says how many it moved")?,
        move_s,
        baskets_during,
        baskets_after: BASKETS_AFTER,
        slowest_basket_s: street.slowest_s,
        lines,
        lines_wrong,
        sales: journal.entries,
    })
}

/// What the till's own camera takes is moved like what was enrolled from photos.
async fn enrol_through_the_camera(client: &mut TillClient, models: &Path, data: &Path) -> anyhow::Result<()> {
    client.simulate("put", json!({"product": ENROLLED_BEFORE})).await?;
    let lies_there = |state: &Value| state["tray"]["items"].as_array().is_some_and(|items| items.len() == 1);
    client.wait("the product on the tray", PATIENCE, lies_there).await?;
    let mut command = Command::new(sibling("tillsight")?);
    command.args(["enroll", "--camera", "--count", "1", "--yes", "--product", ENROLLED_BEFORE]);
    command.arg("--data").arg(data).arg("--models").arg(models).stdin(Stdio::null());
    let status = command.status().context("failed to start `tillsight enroll --camera`")?;
    if !status.success() {
        bail!("`tillsight enroll --camera` ended with {status}");
    }
    client.simulate("clear", json!({})).await?;
    // Nobody buys it. A till that saw it too shortly to begin a basket has nothing to cancel, and says so.
    let _ = client.act(json!({"action": "cancel"})).await?;
    Ok(())
}

/// The shoppers.
struct Street {
    client: TillClient,
    names: Names,
    rng: ChaCha8Rng,
    score: Score,
    slowest_s: f64,
}

impl Street {
    async fn basket(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let Self { client, names, rng, score, .. } = self;
        TrayShopper { till: client, names, rng, score }.shop().await?;
        self.slowest_s = self.slowest_s.max(began.elapsed().as_secs_f64());
        Ok(())
    }
}

/// The model that the daemon recognises by.
fn served_model(data: &Path) -> anyhow::Result<String> {
    let status = Access::open(data)?.status()?;
    Ok(status.daemon["model"].as_str().context("the daemon says by which model it recognises")?.to_owned())
}

/// The technician's tool at work; killed when dropped.
struct Tool {
    child: Child,
    ended: bool,
}

impl Tool {
    fn start(models: &Path, data: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(sibling("tillsight")?);
        command.args(["views", "re-embed", "--yes", "--json", "--model", TO]);
        command.arg("--data").arg(data).arg("--models").arg(models);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let child = command.spawn().context("failed to start `tillsight views re-embed`")?;
        Ok(Self { child, ended: false })
    }

    fn has_ended(&mut self) -> anyhow::Result<bool> {
        if let Some(status) = self.child.try_wait()? {
            if !status.success() {
                bail!("`tillsight views re-embed` ended with {status}");
            }
            self.ended = true;
        }
        Ok(self.ended)
    }

    /// The object on its last line; it is short enough to wait in the pipe.
    fn answer(&mut self) -> anyhow::Result<Value> {
        let stdout = self.child.stdout.take().context("its answer is read once")?;
        let text = std::io::read_to_string(stdout)?;
        Ok(serde_json::from_str(text.lines().last().unwrap_or_default())?)
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        // Already gone is as good as stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
