//! What one thing on the tray costs, from the frame to its product, set against the bare session of one network.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use domain::ids::{Generation, ModelVersion, ProductId};
use edge_devices::simulated::{Layout, Shop, TrayPhoto, Trouble, render_tray};
use rand::SeedableRng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use vision::calibrate::{Calibration, Experience, OperatingPoints};
use vision::embed::Embedder;
use vision::models::ModelFiles;
use vision::recognise::Recogniser;

use super::vectors::{Maker, VIEWS_PER_PRODUCT};
use super::{median, round};
use crate::cli::BenchArgs;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::trays::Look;
use crate::{Context, models, trays};

/// Cores that one inference uses.
const THREADS: usize = 1;
/// Things on a tray.
const THINGS: usize = 4;
/// Products enrolled.
const PRODUCTS: usize = 200;
/// What is measured, by name.
const MODELS: [&str; 2] = ["lite2", "lite0"];
/// Bare runs beside each tray.
const BARE: usize = 4;

/// One model.
#[derive(Serialize)]
pub(super) struct ItemReport {
    pub(super) model: String,
    /// From the frame of a settled tray to what each thing is, a thing: cutting the tray up, embedding, comparing.
    pub(super) ms: f64,
    /// That over the reference's bare session, which is measured in turns with it; `null` without `--reference`.
    pub(super) ratio_to_reference: Option<f64>,
    /// The reference's bare session.
    pub(super) reference_ms: Option<f64>,
    trays: usize,
}

/// Measures both models; empty where there is no simulated shop to lay trays of.
pub(super) fn measure(
    context: &Context,
    args: &BenchArgs,
    interrupt: &Interrupt,
) -> Result<Vec<ItemReport>, Failure> {
    let folder = edge_devices::simulated::default_folder();
    if !folder.is_dir() {
        context.console.warn("no trays are looked at: the simulated shop's pictures are not there");
        context.console.hint("fetch them with `cargo xtask shop`");
        return Ok(Vec::new());
    }
    let shop = Shop::load(&folder).context("failed to open the simulated shop")?;
    let count = if args.quick { 5 } else { 40 };
    let photos = (0..count).map(|seed| compose(&shop, seed)).collect::<Result<Vec<_>, _>>()?;
    let progress = Progress::new(&context.console, (MODELS.len() * photos.len()) as u64, "trays");
    let mut reports = Vec::new();
    for name in MODELS {
        let files = models::find(context, Some(name))?;
        let reference = args.reference.as_deref().map(|path| open_reference(context, path)).transpose()?;
        reports.push(one(&files, reference, &photos, &progress, interrupt)?);
    }
    Ok(reports)
}

fn compose(shop: &Shop, seed: u64) -> Result<TrayPhoto, Failure> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let products: Vec<ProductId> =
        shop.products().sample(&mut random, THINGS).map(|product| product.id.clone()).collect();
    Ok(render_tray(shop, &products, Layout::Apart, Trouble::None, seed).context("failed to fill a tray")?)
}

/// A float32 graph of the small model's network, which `models/make_models.py --float` writes.
fn open_reference(context: &Context, path: &Path) -> Result<Embedder, Failure> {
    let files = models::find(context, Some("lite0"))?;
    let reference = ModelFiles { model: path.to_owned(), version: ModelVersion::new("reference"), ..files };
    Ok(Embedder::open(&reference, THREADS)?)
}

fn one(
    files: &ModelFiles,
    mut reference: Option<Embedder>,
    photos: &[TrayPhoto],
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<ItemReport, Failure> {
    let mut embedder = Embedder::open(files, THREADS)?;
    let views =
        Maker::new(&files.version, files.embedding_dim, PRODUCTS, 1).views(PRODUCTS * VIEWS_PER_PRODUCT)?;
    let calibration = Calibration::fit(&views, &OperatingPoints::default(), &Experience::default())
        .context("failed to calibrate")?;
    let recogniser = Recogniser::build(Generation(1), files.version.clone(), views, calibration)
        .context("failed to build the index")?;
    let (mut ours, mut bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for photo in photos {
        interrupt.check()?;
        let Look { seen, took, .. } = trays::look(photo, files, &mut embedder, &recogniser)?;
        let ms = took.as_secs_f64() * 1000.0 / seen.items.len().max(1) as f64;
        if let Some(reference) = &mut reference {
            let theirs = bare_ms(reference)?;
            ratios.push(ms / theirs);
            bare.push(theirs);
        }
        ours.push(ms);
        progress.step(1);
    }
    let known = |values: Vec<f64>, places| (!values.is_empty()).then(|| round(median(values), places));
    Ok(ItemReport {
        model: files.version.to_string(),
        ms: round(median(ours), 2),
        ratio_to_reference: known(ratios, 3),
        reference_ms: known(bare, 2),
        trays: photos.len(),
    })
}

/// Median milliseconds of a bare run.
fn bare_ms(reference: &mut Embedder) -> Result<f64, Failure> {
    let side = reference.input_side() as usize;
    let input: Vec<u8> = (0..side * side * 3).map(|i| (i * 7 % 251) as u8).collect();
    let mut times = Vec::with_capacity(BARE);
    for _ in 0..BARE {
        let begun = Instant::now();
        reference.run_bare(&input)?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(times))
}
