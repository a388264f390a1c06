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

/// How many frames a hand rests over the things for: less than a till waits for one.
const HAND_FRAMES: u64 = 20;

/// What was made of a rendered tray.
pub(crate) struct Look {
    /// What was seen on it.
    pub(crate) seen: Observation,
    /// How long that frame took.
    pub(crate) took: Duration,
    /// What was told while a hand rested over it; nothing should be.
    pub(crate) under_hand: Vec<Observation>,
}

/// Shows the empty tray until it is learnt, then a hand over the full one where there is one, then the full one until it is
/// made out.
pub(crate) fn look(
    photo: &TrayPhoto,
    files: &ModelFiles,
    embedder: &mut Embedder,
    recogniser: &Recogniser,
) -> Result<Look, Failure> {
    let mut tray = TrayWatcher::new(TrayConfig::default()).with_outlines(models::open_outlines(files)?);
    let mut number = 0;
    show(&mut tray, &photo.empty, &mut number, embedder, recogniser)?;
    let mut under_hand = Vec::new();
    if let Some(photos) = &photo.under_hand {
        for _ in 0..HAND_FRAMES {
            let (seen, _) = show_once(&mut tray, photos, &mut number, embedder, recogniser)?;
            under_hand.extend(seen.unsettled.is_none().then_some(seen));
        }
    }
    let (seen, took) = show(&mut tray, &photo.with_items, &mut number, embedder, recogniser)?;
    Ok(Look { seen, took, under_hand })
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
        let (seen, took) = show_once(tray, photos, number, embedder, recogniser)?;
        if seen.unsettled.is_none() {
            return Ok((seen, took));
        }
    }
    Err(Failure::new(format!("a still tray was not settled after {PATIENCE} frames")))
}

/// Shows one frame, and says what was seen and how long that took.
fn show_once(
    tray: &mut TrayWatcher,
    photos: &[Frame; 2],
    number: &mut u64,
    embedder: &mut Embedder,
    recogniser: &Recogniser,
) -> Result<(Observation, Duration), Failure> {
    *number += 1;
    let photo = &photos[(*number % 2) as usize];
    let at = MonotonicMs(*number * FRAME_MS);
    let frame = Frame::new(photo.width, photo.height, Arc::clone(&photo.rgb), *number, at);
    let begun = Instant::now();
    let seen = tray.observe(&frame, embedder, recogniser).context("failed to look at a tray")?;
    Ok((seen, begun.elapsed()))
}
