//! What a till costs its box: resident memory with a large catalogue, and the time from its start to its first recognition.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::catalogue::Catalogue;
use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, Uuid, ViewId};
use domain::product::Product;
use edge_store::{Store, ViewChange};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::client::TillClient;
use crate::process::{TillProcess, TillSetup};
use crate::simulated_shop::{self, identity};

const PATIENCE: Duration = Duration::from_secs(120);
/// How long the till is left alone before its memory is read: what start-up used is given back by then.
const SETTLE: Duration = Duration::from_secs(3);
/// Products that are added to the store in one go.
const BATCH: usize = 1_000;

/// What it cost.
#[derive(Debug, serde::Serialize)]
pub struct Footprint {
    /// Products in the catalogue.
    pub products: usize,
    /// Enrolled views.
    pub views: usize,
    /// The store's file in megabytes.
    pub store_mb: f64,
    /// A very first start: from starting the process until an item that lies on the tray is recognised, with learning the
    /// empty tray before the item is put down.
    pub first_start_s: f64,
    /// A later start, the item put down as soon as the till answers.
    pub start_to_recognition_s: f64,
    /// Of that, until the till answers.
    pub start_to_answer_s: f64,
    /// Resident memory after that, in megabytes.
    pub resident_mb: f64,
    /// The most it ever was, in megabytes.
    pub peak_mb: f64,
    /// The model.
    pub model: String,
}

/// Grows a till of the simulated shop to `products` with `views` each, starts it twice and measures.
pub fn run(
    products: usize,
    views: usize,
    models: &Path,
    pictures: &Path,
    data: &Path,
) -> anyhow::Result<Footprint> {
    simulated_shop::prepare(data, models, None, pictures)?;
    let (model, products, views) = grow(data, products, views)?;
    let store_mb = megabytes(std::fs::metadata(data.join("till.db")).context("the store's file")?.len());
    let setup = TillSetup {
        data: data.to_owned(),
        models: models.to_owned(),
        config: format!("{}[log]\nformat = \"text\"\n", simulated_shop::config(pictures, 1, 20)),
        log: Some(data.join("tillsightd.log")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let first = runtime.block_on(start_and_recognise(&setup, true))?;
    let second = runtime.block_on(start_and_recognise(&setup, false))?;
    Ok(Footprint {
        products,
        views,
        store_mb,
        first_start_s: first.recognised_s,
        start_to_recognition_s: second.recognised_s,
        start_to_answer_s: second.answers_s,
        resident_mb: second.resident_mb,
        peak_mb: second.peak_mb,
        model: model.as_str().to_owned(),
    })
}

/// Adds made-up products, whose views look like nothing that the simulated shop sells.
fn grow(data: &Path, wanted: usize, views_each: usize) -> anyhow::Result<(ModelVersion, usize, usize)> {
    let (store, _) = Store::open(data, &identity())?;
    let now = store.catalogue()?.context("the simulated shop has a catalogue")?;
    let old = &now.catalogue;
    let pattern = old.products().next().context("the simulated shop sells something")?.clone();
    let made_up: Vec<Product> = (old.products().len()..wanted)
        .map(|number| made_up(&pattern, number))
        .collect::<anyhow::Result<_>>()?;
    let ids: Vec<ProductId> = made_up.iter().map(|product| product.id.clone()).collect();
    let all: Vec<Product> = old.products().cloned().chain(made_up).collect();
    let catalogue = Catalogue::new(old.currency(), old.taxes().clone(), all)
        .map_err(|problems| anyhow::anyhow!("the catalogue cannot be: {problems:?}"))?;
    store.publish_catalogue(&catalogue)?;
    let model = now.model.clone().context("the simulated shop was taught")?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for ids in ids.chunks(BATCH) {
        let mut change = ViewChange::new(model.clone());
        for id in ids {
            let views = (0..views_each).map(|_| random_view(id, &model, &mut rng));
            change.add.extend(views.collect::<anyhow::Result<Vec<_>>>()?);
        }
        store.publish_views(change)?;
    }
    let views = now.views.len() + ids.len() * views_each;
    Ok((model, catalogue.products().len(), views))
}

fn made_up(pattern: &Product, number: usize) -> anyhow::Result<Product> {
    let mut product = pattern.clone();
    product.id = ProductId::new(&format!("product-{number}"))?;
    product.sku = format!("sku-{number}");
    product.gtin = None;
    product.plu = None;
    Ok(product)
}

fn random_view(product: &ProductId, model: &ModelVersion, rng: &mut ChaCha8Rng) -> anyhow::Result<View> {
    let values: Vec<f32> = (0..256).map(|_| rng.random_range(-1.0_f32..1.0)).collect();
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    let values: Vec<f32> = values.iter().map(|value| value / length).collect();
    let embedding = Embedding::new(model.clone(), values.into())?;
    Ok(View { id: ViewId(Uuid::new_v4()), product: product.clone(), embedding })
}

struct Start {
    answers_s: f64,
    recognised_s: f64,
    resident_mb: f64,
    peak_mb: f64,
}

async fn start_and_recognise(setup: &TillSetup, is_first: bool) -> anyhow::Result<Start> {
    let began = Instant::now();
    let till = TillProcess::start(setup, None)?;
    let mut client = TillClient::connect(till.address, PATIENCE).await?;
    let answers_s = began.elapsed().as_secs_f64();
    if is_first {
        client.wait("a settled tray", PATIENCE, |state| state["tray"]["unsettled"].is_null()).await?;
    }
    let put = client.simulate("put", json!({"product": "avocado"})).await?;
    let is_made_out = |state: &Value| {
        let items = state["tray"]["items"].as_array();
        items.is_some_and(|items| items.iter().any(|item| item["status"] != "covered"))
    };
    client.wait("the item on the tray", PATIENCE, is_made_out).await?;
    let recognised_s = began.elapsed().as_secs_f64();
    tokio::time::sleep(SETTLE).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", till.id()))?;
    client.simulate("take", json!({"item": put["item"]})).await?;
    till.stop()?;
    let figure = |key: &str| -> anyhow::Result<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).context("the kernel tells it")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(megabytes(kibibytes * 1024))
    };
    Ok(Start { answers_s, recognised_s, resident_mb: figure("VmRSS:")?, peak_mb: figure("VmHWM:")? })
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
