//! Rendered trays, looked at as the till looks at its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::frame::Frame;
use domain::observation::Observation;
use domain::time::MonotonicMs;
use edge_devices::simulated::TrayPhoto;
use vision::embed::Embedder;
use vision::models::ModelFiles;
use vision::recognise::Recogniser;
use vision::tray::{TrayConfig, TrayWatcher};

use crate::failure::Failure;
use crate::models;

/// Frames that a tray is shown for at most before it has to be settled.
const PATIENCE: u64 = 40;
/// Milliseconds between two frames.
const FRAME_MS: u64 = 66;

/// Shows the empty tray until it is learnt, then the full one until it is made out: what was seen in it, and how long
/// that frame took.
pub(crate) fn look(
    photo: &TrayPhoto,
    files: &ModelFiles,
    embedder: &mut Embedder,
    recogniser: &Recogniser,
) -> Result<(Observation, Duration), Failure> {
    let mut tray = TrayWatcher::new(TrayConfig::default()).with_outlines(models::open_outlines(files)?);
    let mut number = 0;
    show(&mut tray, &photo.empty, &mut number, embedder, recogniser)?;
    show(&mut tray, &photo.with_items, &mut number, embedder, recogniser)
}

/// Shows the two photos in turn until one is settled.
fn show(
    tray: &mut TrayWatcher,
    photos: &[Frame; 2],
    number: &mut u64,
    embedder: &mut Embedder,
    recogniser: &Recogniser,
) -> Result<(Observation, Duration), Failure> {
    for _ in 0..PATIENCE {
        *number += 1;
        let photo = &photos[(*number % 2) as usize];
        let at = MonotonicMs(*number * FRAME_MS);
        let frame = Frame::new(photo.width, photo.height, Arc::clone(&photo.rgb), *number, at);
        let begun = Instant::now();
        let seen = tray.observe(&frame, embedder, recogniser).context("failed to look at a tray")?;
        if seen.unsettled.is_none() {
            return Ok((seen, begun.elapsed()));
        }
    }
    Err(Failure::new(format!("a still tray was not settled after {PATIENCE} frames")))
}
