//! Enrolling a product with the till's own camera: views of the one thing on the tray, told apart by how they look.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use domain::embedding::{Embedding, View};
use domain::frame::Frame;
use domain::ids::{ProductId, Uuid, ViewId};
use edge_store::{GivenPicture, ViewChange, ViewPicture};
use serde::Deserialize;
use serde_json::{Value, json};
use vision::calibrate::{Calibration, OperatingPoints};
use vision::embed::Embedder;
use vision::kept::{Keeping, keep};
use vision::light::{CardWatch, Light};
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
    /// Keep the pictures, so that another model can look at them again.
    #[serde(default = "yes")]
    pictures: bool,
    /// Begin anew with the preferred model where the till does not have that of its views: they leave.
    #[serde(default)]
    drop_missing_model: bool,
}

fn yes() -> bool {
    true
}

/// One view as it was taken: its vector, and the picture it was made from.
struct Taken {
    embedding: Embedding,
    jpeg: Vec<u8>,
}

/// Takes the views, publishes them as a generation and answers with its number. What shows the product is kept with them
/// unless that is not wanted; the frames themselves stay nowhere.
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
    let of_views = newest.model.as_ref().filter(|_| !newest.views.is_empty());
    let files = match parts.models.of_views(of_views) {
        Ok(files) => files,
        Err(_) if request.drop_missing_model => parts.models.preferred.clone(),
        Err(missing) => bail!(
            "the enrolled views were made by model {}, and new ones cannot stand beside them ({}): run `tillsight views re-embed` first",
            missing.version,
            missing.problem
        ),
    };
    // Opened for each call: enrolling is rare, and the vision thread keeps its own session to itself.
    let mut embedder = Embedder::open(&files, 1)?;
    let mut taken: Vec<Taken> = Vec::with_capacity(request.count);
    while taken.len() < request.count {
        let next = wait_for_view(parts, &mut embedder, &taken)?;
        taken.push(next);
    }
    let mut change = ViewChange::new(files.version.clone());
    change.expected = Some(newest.generation);
    if request.replace {
        change.replace_products.push(product.clone());
    }
    for Taken { embedding, jpeg } in taken {
        let id = ViewId(Uuid::now_v7());
        if request.pictures {
            change.pictures.insert(id, GivenPicture::New(ViewPicture::new(jpeg)?));
        }
        change.add.push(View { id, product: product.clone(), embedding });
    }
    let stays = |kept: &View| {
        kept.embedding.model() == &files.version && !(request.replace && kept.product == product)
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
fn wait_for_view(parts: &ControlParts, embedder: &mut Embedder, taken: &[Taken]) -> anyhow::Result<Taken> {
    let until = Instant::now() + TURN_TIME;
    let mut trouble = "the camera gives no frames now".to_owned();
    while Instant::now() < until {
        match capture(parts, embedder) {
            Ok(view) if taken.iter().all(|known| cosine(&known.embedding, &view.embedding) < ALIKE) => {
                return Ok(view);
            }
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

fn capture(parts: &ControlParts, embedder: &mut Embedder) -> anyhow::Result<Taken> {
    let observation = parts.observations.borrow().clone().context("the camera has given no frame yet")?;
    let frame = in_good_light(parts, parts.frames.newest().context("the camera gives no frames now")?)?;
    ensure!(observation.unsettled.is_none(), "the tray is not still");
    let [item] = observation.items.as_slice() else {
        bail!("{} things lie on the tray: leave only the one to enrol", observation.items.len());
    };
    let size = (frame.width, frame.height);
    let region = item_crop(item.bounds, size);
    let input = to_input(&frame.rgb, size, region, embedder.input_side());
    let embedding = embedder.embed(&[input])?.pop().context("the model gave no vector")?;
    Ok(Taken { embedding, jpeg: keep(&frame.rgb, size, region, Keeping::default())? })
}

/// The frame as recognition sees it: what is enrolled in one light is sold in another.
fn in_good_light(parts: &ControlParts, frame: Frame) -> anyhow::Result<Frame> {
    let Some(card) = parts.card else { return Ok(frame) };
    let mut watch = CardWatch::new(card);
    let light = watch.look(&frame);
    ensure!(light != Light::Hidden, "the card that tells of the light is covered or in a shadow: clear it");
    Ok(watch.correct(&frame))
}

fn cosine(a: &Embedding, b: &Embedding) -> f32 {
    a.values().iter().zip(b.values()).map(|(a, b)| a * b).sum()
}
