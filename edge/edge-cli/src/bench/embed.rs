//! Embedding, set against the bare session on a ready tensor and against Python.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use vision::decode::{Limits, Picture, decode_file};
use vision::embed::Embedder;
use vision::models::ModelFiles;
use vision::preprocess::{centre_crop, to_input};

use super::peer::{Peer, figure};
use super::{median, round};
use crate::Context;
use crate::cli::BenchArgs;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::photos::photos_below;
use crate::progress::Progress;

/// Cores that one inference uses, on both sides: with one, what else the machine does disturbs least.
const THREADS: usize = 1;
/// Runs before the first that counts.
const WARM_UP: usize = 5;

/// Milliseconds and ratios; a ratio above 1 means that the other is faster.
#[derive(Serialize)]
pub(super) struct EmbedReport {
    /// From a decoded photo to its vector, over the same session run bare on a ready tensor.
    pub(super) ratio_to_bare_session: f64,
    /// From a decoded photo to its vector, over the same in Python with Pillow and onnxruntime.
    pub(super) ratio_to_python: Option<f64>,
    /// From a decoded photo to its vector.
    pub(super) ms: f64,
    session_ms: f64,
    decode_ms: f64,
    python_ms: Option<f64>,
    photos: usize,
    threads: usize,
    model: String,
}

/// Measures embedding.
pub(super) fn measure(
    context: &Context,
    args: &BenchArgs,
    files: &ModelFiles,
    peer: Option<&Peer>,
    interrupt: &Interrupt,
) -> Result<EmbedReport, Failure> {
    let count = if args.quick { 20 } else { 100 };
    let rounds = if args.quick { 1 } else { 3 };
    let folder = photo_folder(context, args);
    let photos = match &folder {
        Some(folder) => spread(photos_below(folder)?, count),
        None => Vec::new(),
    };
    context.console.say(format_args!("embedding with {} on {THREADS} core", files.version));
    let (pictures, decode_ms) = if photos.is_empty() { (made_up(count), 0.0) } else { decode(&photos)? };
    let mut embedder = Embedder::open(files, THREADS)?;
    let progress = Progress::new(&context.console, (rounds * pictures.len()) as u64, "embedding");
    let mut all = Pairs::default();
    let mut to_python = Vec::new();
    let mut python_ms = Vec::new();
    for _ in 0..rounds {
        let ours = pairs(&mut embedder, &pictures, &progress, interrupt)?;
        let theirs = match (peer, &folder) {
            (Some(peer), Some(folder)) => python(context, peer, files, folder, count, interrupt)?,
            _ => None,
        };
        if let Some(ms) = theirs {
            to_python.push(median(ours.whole.clone()) / ms);
            python_ms.push(ms);
        }
        all.whole.extend(ours.whole);
        all.bare.extend(ours.bare);
    }
    let ratios = all.whole.iter().zip(&all.bare).map(|(whole, bare)| whole / bare).collect();
    let known = |values: Vec<f64>, places| (!values.is_empty()).then(|| round(median(values), places));
    Ok(EmbedReport {
        ratio_to_bare_session: round(median(ratios), 3),
        ratio_to_python: known(to_python, 3),
        ms: round(median(all.whole), 2),
        session_ms: round(median(all.bare), 2),
        decode_ms,
        python_ms: known(python_ms, 2),
        photos: pictures.len(),
        threads: THREADS,
        model: files.version.to_string(),
    })
}

/// The folder that was named, else the simulated shop's pictures where they were fetched.
fn photo_folder(context: &Context, args: &BenchArgs) -> Option<PathBuf> {
    let shop = edge_devices::simulated::default_folder();
    let folder = args.photos.clone().or_else(|| Some(shop).filter(|folder| folder.is_dir()));
    if folder.is_none() {
        context.console.warn("made-up pictures are embedded, and no peer in Python: no photos were named");
        context.console.hint("name some with `--photos DIR`, or fetch the shop's with `cargo xtask shop`");
    }
    folder
}

/// So many of them, evenly spread.
fn spread(photos: Vec<PathBuf>, count: usize) -> Vec<PathBuf> {
    let step = photos.len().div_ceil(count).max(1);
    photos.into_iter().step_by(step).collect()
}

fn decode(photos: &[PathBuf]) -> Result<(Vec<Picture>, f64), Failure> {
    let mut pictures = Vec::with_capacity(photos.len());
    let mut times = Vec::with_capacity(photos.len());
    for photo in photos {
        let begun = Instant::now();
        pictures.push(decode_file(photo, &Limits::default())?);
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok((pictures, round(median(times), 2)))
}

/// Pictures of the size of a photo in a data set; what they show does not change how long they take.
fn made_up(count: usize) -> Vec<Picture> {
    let (width, height) = (348_u32, 348_u32);
    (0..count)
        .map(|number| {
            let value = |i: u32| ((i / 3 % width) ^ (i / 3 / width)).wrapping_add(number as u32 * 7) as u8;
            Picture { width, height, rgb: (0..width * height * 3).map(value).collect() }
        })
        .collect()
}

/// Milliseconds of each photo, ours and the bare session's.
#[derive(Default)]
struct Pairs {
    whole: Vec<f64>,
    bare: Vec<f64>,
}

fn pairs(
    embedder: &mut Embedder,
    pictures: &[Picture],
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Pairs, Failure> {
    let mut pairs = Pairs::default();
    for (number, picture) in pictures.iter().take(WARM_UP).chain(pictures).enumerate() {
        interrupt.check()?;
        let size = (picture.width, picture.height);
        let region = centre_crop(size.0, size.1);
        let input = to_input(&picture.rgb, size, region, embedder.input_side());
        let mut whole = 0.0;
        let mut bare = 0.0;
        // Each goes first every other time, so that neither always finds the caches warm.
        for turn in [number % 2, (number + 1) % 2] {
            let begun = Instant::now();
            if turn == 0 {
                embedder.embed_region(&picture.rgb, size, region)?;
                whole = begun.elapsed().as_secs_f64() * 1000.0;
            } else {
                embedder.run_bare(&input)?;
                bare = begun.elapsed().as_secs_f64() * 1000.0;
            }
        }
        if number >= WARM_UP.min(pictures.len()) {
            pairs.whole.push(whole);
            pairs.bare.push(bare);
            progress.step(1);
        }
    }
    Ok(pairs)
}

/// Median milliseconds a photo in Python, decoding apart.
fn python(
    context: &Context,
    peer: &Peer,
    files: &ModelFiles,
    folder: &Path,
    count: usize,
    interrupt: &Interrupt,
) -> Result<Option<f64>, Failure> {
    let (threads, images) = (THREADS.to_string(), count.to_string());
    let arguments: [&OsStr; 8] = [
        "--model".as_ref(),
        files.model.as_ref(),
        "--photos".as_ref(),
        folder.as_ref(),
        "--threads".as_ref(),
        threads.as_ref(),
        "--images".as_ref(),
        images.as_ref(),
    ];
    let report = peer.run(context, &arguments, interrupt)?;
    Ok(figure(report.as_ref(), "/embed/ms"))
}
