//! Frames to observations: what lies on the tray, told once it lies still.
//!
//! A frame is shrunk to cells; a scene that keeps still is compared with the learnt empty tray; what differs, shadows
//! aside, is grouped into things; each thing's crop is embedded once and recognised. See `scene` for the gates,
//! `background` for the comparison, `blobs` for the grouping, `memory` for what need not be computed twice.

use domain::frame::{Frame, PixelBox};
use domain::observation::{Observation, ObservedItem, Unsettled, Verdict};
use domain::time::MonotonicMs;
use thiserror::Error;

use crate::decode::Picture;
use crate::embed::{EmbedError, Embedder};
use crate::preprocess::{Region, centre_crop, item_crop, to_input};
use crate::recognise::{RecogniseError, Recogniser};

mod background;
mod blobs;
mod memory;
mod scene;
mod sharpness;
mod thumb;

use background::Background;
use blobs::Blob;
use memory::{MadeOut, Memory};
use scene::{Scene, Shown};
use thumb::Thumb;

/// How long a blurred but still crop is waited for; after that it is asked about, never accepted.
const BLUR_PATIENCE_MS: u64 = 1_200;

/// How items are found in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrayMode {
    /// Items are what differs from the learnt empty tray.
    #[default]
    Segment,
    /// Each still frame that is not blank is one item: for photos of one product each.
    WholeFrame,
}

/// How a tray is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct TrayConfig {
    /// How items are found.
    pub mode: TrayMode,
    /// How long the scene must have been still, in milliseconds of the frames' own clock.
    pub still_ms: u64,
    /// How many frames in a row must have been still.
    pub still_frames: u32,
    /// Smallest item, in thousandths of the frame's width (its longer side must reach it).
    pub min_item_permille: u32,
}

impl Default for TrayConfig {
    fn default() -> Self {
        Self { mode: TrayMode::Segment, still_ms: 200, still_frames: 3, min_item_permille: 20 }
    }
}

/// Where things lie, or why that cannot be told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segmentation {
    /// `None` when the scene is still.
    pub unsettled: Option<Unsettled>,
    /// One box per item, in pixels of the frame; empty while unsettled.
    pub boxes: Vec<PixelBox>,
}

/// Why a frame has no observation.
#[derive(Debug, Error)]
pub enum ObserveError {
    /// The model failed.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The vectors could not be compared.
    #[error(transparent)]
    Recognise(#[from] RecogniseError),
}

/// Watches one camera's tray.
#[derive(Debug)]
pub struct TrayWatcher {
    config: TrayConfig,
    scene: Scene,
    memory: Memory,
    /// Since when something still has been too blurred.
    blurred_since: Option<MonotonicMs>,
}

/// One thing in the frame, and how it is cut out for the model.
struct Thing {
    blob: Option<Blob>,
    bounds: PixelBox,
    region: Region,
}

impl TrayWatcher {
    /// A watcher that takes the tray of the first still frames for empty, unless told otherwise.
    pub fn new(config: TrayConfig) -> Self {
        Self { config, scene: Scene::default(), memory: Memory::default(), blurred_since: None }
    }

    /// Forgets the background and learns it from this frame of the empty tray and the still ones that follow.
    pub fn learn_empty(&mut self, frame: &Frame) {
        self.scene.learn_empty(frame);
        self.memory.clear();
    }

    /// The learnt background as bytes, to be kept for the next start; `None` while there is none.
    pub fn save_background(&self) -> Option<Vec<u8>> {
        self.scene.background().map(Background::to_bytes)
    }

    /// Takes a background saved before, so that a start with items on the tray does not take them for the tray.
    pub fn restore_background(&mut self, bytes: &[u8]) -> Result<(), BackgroundError> {
        self.scene.restore(Background::from_bytes(bytes)?);
        Ok(())
    }

    /// What lies on the tray and what it is. A still tray costs no embedding: vectors are kept while nothing changes.
    pub fn observe(
        &mut self,
        frame: &Frame,
        embedder: &mut Embedder,
        recogniser: &Recogniser,
    ) -> Result<Observation, ObserveError> {
        let (thumb, things) = match self.scene.show(&self.config, frame) {
            Shown::Unsettled(reason) => return Ok(observation(frame, recogniser, Some(reason), Vec::new())),
            Shown::Blank => return Ok(observation(frame, recogniser, None, Vec::new())),
            Shown::Whole(thumb) => (thumb, vec![Thing::whole(frame)]),
            Shown::Blobs(thumb, blobs) => {
                let things = blobs.into_iter().map(|blob| Thing::on_tray(blob, &thumb, frame)).collect();
                (thumb, things)
            }
        };
        if !self.embed_new(frame, &thumb, &things, embedder)? {
            return Ok(observation(frame, recogniser, Some(Unsettled::Blurred), Vec::new()));
        }
        let mut items = Vec::with_capacity(things.len());
        for thing in &things {
            let Some(known) = self.memory.recall(&thumb, thing.blob.as_ref(), thing.bounds) else { continue };
            let recognition = recogniser.recognise(&known.embedding)?;
            let verdict = match recognition.verdict {
                Verdict::Accept if known.blurred => Verdict::AskCustomer,
                verdict => verdict,
            };
            items.push(ObservedItem { bounds: thing.bounds, candidates: recognition.candidates, verdict });
        }
        Ok(observation(frame, recogniser, None, items))
    }

    /// What lies on the tray, without recognition.
    pub fn segment(&mut self, frame: &Frame) -> Segmentation {
        let boxes = match self.scene.show(&self.config, frame) {
            Shown::Unsettled(reason) => return Segmentation { unsettled: Some(reason), boxes: Vec::new() },
            Shown::Blank => Vec::new(),
            Shown::Whole(_) => vec![Thing::whole(frame).bounds],
            Shown::Blobs(thumb, blobs) => {
                blobs.into_iter().map(|blob| Thing::on_tray(blob, &thumb, frame).bounds).collect()
            }
        };
        Segmentation { unsettled: None, boxes }
    }

    /// Embeds what is not remembered, in one batch. False while something is too blurred to try; when that lasts it is
    /// tried all the same, and remembered as blurred.
    fn embed_new(
        &mut self,
        frame: &Frame,
        thumb: &Thumb,
        things: &[Thing],
        embedder: &mut Embedder,
    ) -> Result<bool, EmbedError> {
        let is_new = |thing: &&Thing| self.memory.recall(thumb, thing.blob.as_ref(), thing.bounds).is_none();
        let new: Vec<&Thing> = things.iter().filter(is_new).collect();
        if new.is_empty() {
            return Ok(true);
        }
        let side = embedder.input_side();
        let size = (frame.width, frame.height);
        let inputs: Vec<Vec<u8>> =
            new.iter().map(|thing| to_input(&frame.rgb, size, thing.region, side)).collect();
        let blurred: Vec<bool> =
            inputs.iter().map(|input| sharpness::is_blurred(input, side as usize)).collect();
        if blurred.contains(&true) {
            let since = *self.blurred_since.get_or_insert(frame.captured_at);
            if frame.captured_at.since_ms(since) < BLUR_PATIENCE_MS {
                return Ok(false);
            }
        }
        self.blurred_since = None;
        for ((thing, embedding), blurred) in new.into_iter().zip(embedder.embed(&inputs)?).zip(blurred) {
            let made_out = MadeOut { embedding, blurred };
            self.memory.remember(thumb, thing.blob.as_ref(), thing.bounds, made_out);
        }
        Ok(true)
    }
}

impl Thing {
    fn whole(frame: &Frame) -> Self {
        let region = centre_crop(frame.width, frame.height);
        let bounds = PixelBox { x: region.x, y: region.y, width: region.width, height: region.height };
        Self { blob: None, bounds, region }
    }

    fn on_tray(blob: Blob, thumb: &Thumb, frame: &Frame) -> Self {
        let size = (frame.width, frame.height);
        let bounds = blob.bounds(thumb.step, size);
        Self { blob: Some(blob), bounds, region: item_crop(bounds, size) }
    }
}

fn observation(
    frame: &Frame,
    recogniser: &Recogniser,
    unsettled: Option<Unsettled>,
    items: Vec<ObservedItem>,
) -> Observation {
    Observation {
        captured_at: frame.captured_at,
        frame_number: frame.number,
        frame_size: (frame.width, frame.height),
        unsettled,
        items,
        generation: recogniser.generation(),
        model: recogniser.model().clone(),
    }
}

/// Why saved bytes are no background.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the saved background of the tray cannot be used ({reason}): clear the tray and learn it again")]
pub struct BackgroundError {
    reason: &'static str,
}

/// Finds the one item on a photo of the tray by a photo of the same tray empty, both of one size; `None` when there is
/// none to be seen. Of several the largest is taken.
pub fn find_single_item(photo: &Picture, empty: &Picture) -> Option<PixelBox> {
    let thumb = |picture: &Picture| Thumb::of_pixels(&picture.rgb, picture.width, picture.height);
    if (photo.width, photo.height) != (empty.width, empty.height) {
        return None;
    }
    let (photo_thumb, empty_thumb) = (thumb(photo), thumb(empty));
    let blobs = scene::compare_photos(&photo_thumb, &empty_thumb);
    let largest = blobs.into_iter().max_by_key(|blob| blob.cells)?;
    Some(largest.bounds(photo_thumb.step, (photo.width, photo.height)))
}
