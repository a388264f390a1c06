//! Enrolling a product with the till's own camera: views of the one thing on the tray, told apart by how they look.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use domain::embedding::{Embedding, View};
use domain::ids::{ProductId, Uuid, ViewId};
use edge_store::ViewChange;
use serde::Deserialize;
use serde_json::{Value, json};
use vision::calibrate::{Calibration, OperatingPoints};
use vision::embed::Embedder;
use vision::preprocess::{item_crop, to_input};

use crate::control::ControlParts;

/// How long a technician may take to turn the product between two views.
const TURN_TIME: Duration = Duration::from_secs(30);
/// How often the tray is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A view more alike than this (cosine) to one already taken teaches nothing: the product was not turned.
const ALIKE: f32 = 0.985;
/// Views that one call may take.
const VIEWS_MAX: usize = 50;

/// The body of `enroll_camera`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    product: String,
    count: usize,
    #[serde(default)]
    replace: bool,
}

/// Takes the views, publishes them as a generation and answers with its number. The pictures themselves stay nowhere.
pub fn enroll_camera(parts: &ControlParts, body: &Value) -> anyhow::Result<Value> {
    let request: Request = serde_json::from_value(body.clone()).context("failed to read the request")?;
    ensure!(
        (1..=VIEWS_MAX).contains(&request.count),
        "count is {}: take 1 to {VIEWS_MAX} views",
        request.count
    );
    let product = ProductId::new(&request.product)?;
    let newest = parts.store.catalogue()?.context("there is no catalogue: import one first")?;
    ensure!(newest.catalogue.product(&product).is_some(), "the catalogue has no product `{product}`");
    // Opened for each call: enrolling is rare, and the vision thread keeps its own session to itself.
    let mut embedder = Embedder::open(&parts.models, 1)?;
    let mut taken: Vec<Embedding> = Vec::with_capacity(request.count);
    while taken.len() < request.count {
        let next = wait_for_view(parts, &mut embedder, &taken)?;
        taken.push(next);
    }
    let mut change = ViewChange::new(parts.models.version.clone());
    change.expected = Some(newest.generation);
    if request.replace {
        change.replace_products.push(product.clone());
    }
    let view = |embedding| View { id: ViewId(Uuid::now_v7()), product: product.clone(), embedding };
    change.add = taken.into_iter().map(view).collect();
    let stays = |kept: &View| {
        kept.embedding.model() == &parts.models.version && !(request.replace && kept.product == product)
    };
    let mut all: Vec<View> = newest.views.into_iter().filter(stays).collect();
    all.extend(change.add.iter().cloned());
    change.calibration_json =
        Some(Calibration::fit(&all, &OperatingPoints::default(), &embedder.experience()?)?.to_json());
    let generation = parts.store.publish_views(change)?;
    parts.catalogue.reload();
    Ok(json!({"generation": generation.0, "views": request.count, "product": product.as_str()}))
}

/// Waits until the tray shows one thing from a side that was not taken yet.
fn wait_for_view(
    parts: &ControlParts,
    embedder: &mut Embedder,
    taken: &[Embedding],
) -> anyhow::Result<Embedding> {
    let until = Instant::now() + TURN_TIME;
    let mut trouble = "the camera gives no frames now".to_owned();
    while Instant::now() < until {
        match capture(parts, embedder) {
            Ok(view) if taken.iter().all(|known| cosine(known, &view) < ALIKE) => return Ok(view),
            Ok(_) => trouble = "the product looks as it did: turn it, or lay it elsewhere".to_owned(),
            Err(error) => trouble = format!("{error:#}"),
        }
        std::thread::sleep(LOOK_EVERY);
    }
    bail!(
        "took {} views, then none for {} s: {trouble}; nothing was enrolled",
        taken.len(),
        TURN_TIME.as_secs()
    )
}

fn capture(parts: &ControlParts, embedder: &mut Embedder) -> anyhow::Result<Embedding> {
    let observation = parts.observations.borrow().clone().context("the camera has given no frame yet")?;
    let frame = parts.frames.newest().context("the camera gives no frames now")?;
    ensure!(observation.unsettled.is_none(), "the tray is not still");
    let [item] = observation.items.as_slice() else {
        bail!("{} things lie on the tray: leave only the one to enrol", observation.items.len());
    };
    let size = (frame.width, frame.height);
    let input = to_input(&frame.rgb, size, item_crop(item.bounds, size), embedder.input_side());
    embedder.embed(&[input])?.pop().context("the model gave no vector")
}

fn cosine(a: &Embedding, b: &Embedding) -> f32 {
    a.values().iter().zip(b.values()).map(|(a, b)| a * b).sum()
}
