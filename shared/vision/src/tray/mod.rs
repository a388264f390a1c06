//! Frames to observations: what lies on the tray, told once it lies still.
//!
//! A frame is shrunk to cells; a scene that keeps still is compared with the learnt empty tray; what differs, shadows
//! aside, is grouped into blobs; a blob is one thing or several that touch, whichever looks more like what is known; each
//! thing's crop is embedded once and recognised. See `scene` for the gates, `background` for the comparison, `blobs` for
//! the grouping, `split` and `partition` for things that touch, `crop` for how they are cut out, `memory` for what need
//! not be computed twice.

use domain::frame::{Frame, PixelBox};
use domain::observation::{Observation, ObservedItem, Unsettled, Verdict};
use domain::time::MonotonicMs;
use thiserror::Error;

use crate::decode::Picture;
use crate::embed::{EmbedError, Embedder};
use crate::outlines::{Map, Outlines, OutlinesError};
use crate::preprocess::{centre_crop, to_input};
use crate::recognise::{RecogniseError, Recogniser};

mod background;
mod blobs;
mod crop;
mod memory;
mod partition;
mod scene;
mod shading;
mod sharpness;
mod shift;
mod split;
mod thumb;

use background::Background;
use blobs::Blobs;
use crop::Cutter;
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
    /// The map of what lies on the tray could not be made.
    #[error(transparent)]
    Outlines(#[from] OutlinesError),
}

/// Watches one camera's tray.
#[derive(Debug)]
pub struct TrayWatcher {
    config: TrayConfig,
    scene: Scene,
    memory: Memory,
    outlines: Option<Outlines>,
    /// Since when something still has been too blurred.
    blurred_since: Option<MonotonicMs>,
}

impl TrayWatcher {
    /// A watcher that takes the tray of the first still frames for empty, unless told otherwise.
    pub fn new(config: TrayConfig) -> Self {
        Self {
            config,
            scene: Scene::default(),
            memory: Memory::default(),
            outlines: None,
            blurred_since: None,
        }
    }

    /// The same with a network that sees where things end, so that what overlaps is told apart too; with `None` that is
    /// left to their shapes.
    #[must_use]
    pub fn with_outlines(self, outlines: Option<Outlines>) -> Self {
        Self { outlines, ..self }
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
        let things = match self.scene.show(&self.config, frame) {
            Shown::Unsettled(reason) => return Ok(observation(frame, recogniser, Some(reason), Vec::new())),
            Shown::Blank => Some(Vec::new()),
            Shown::Whole(thumb) => self.make_out_whole(frame, &thumb, embedder)?,
            Shown::Blobs(thumb, heap) => {
                let cutter = Cutter { frame, thumb: &thumb, heap: &heap };
                self.make_out(&cutter, embedder, recogniser)?
            }
        };
        let Some(things) = things else {
            return Ok(observation(frame, recogniser, Some(Unsettled::Blurred), Vec::new()));
        };
        let mut items = Vec::with_capacity(things.len());
        for thing in things {
            let recognition = recogniser.recognise(&thing.embedding)?;
            let verdict = match recognition.verdict {
                Verdict::Accept if thing.blurred || thing.doubtful => Verdict::AskCustomer,
                verdict => verdict,
            };
            let look = Some(thing.embedding);
            items.push(ObservedItem {
                bounds: thing.bounds,
                candidates: recognition.candidates,
                verdict,
                look,
            });
        }
        Ok(observation(frame, recogniser, None, items))
    }

    /// What lies on the tray, without recognition.
    pub fn segment(&mut self, frame: &Frame) -> Segmentation {
        let boxes = match self.scene.show(&self.config, frame) {
            Shown::Unsettled(reason) => return Segmentation { unsettled: Some(reason), boxes: Vec::new() },
            Shown::Blank => Vec::new(),
            Shown::Whole(_) => vec![whole_bounds(frame)],
            Shown::Blobs(thumb, heap) => {
                let size = (frame.width, frame.height);
                heap.blobs.all.iter().map(|blob| blob.bounds(thumb.step, size)).collect()
            }
        };
        Segmentation { unsettled: None, boxes }
    }

    /// The one thing that fills the picture; `None` while it is too blurred to try.
    fn make_out_whole(
        &mut self,
        frame: &Frame,
        thumb: &Thumb,
        embedder: &mut Embedder,
    ) -> Result<Option<Vec<MadeOut>>, EmbedError> {
        let bounds = whole_bounds(frame);
        if let Some(known) = self.memory.recall(thumb, None, bounds) {
            return Ok(Some(known.to_vec()));
        }
        let region = centre_crop(frame.width, frame.height);
        let input = to_input(&frame.rgb, (frame.width, frame.height), region, embedder.input_side());
        let inputs = [input];
        let Some(blurred) = self.blurred(&inputs, frame.captured_at, embedder.input_side()) else {
            return Ok(None);
        };
        let embeddings = embedder.embed(&inputs)?.into_iter();
        let things: Vec<MadeOut> = embeddings
            .map(|embedding| MadeOut { bounds, embedding, blurred: blurred[0], doubtful: false })
            .collect();
        self.memory.remember(thumb, None, bounds, things.clone());
        Ok(Some(things))
    }

    /// The things that the blobs are; `None` while a new one is too blurred to try. When that lasts it is tried all the
    /// same, and remembered as blurred.
    fn make_out(
        &mut self,
        cutter: &Cutter<'_>,
        embedder: &mut Embedder,
        recogniser: &Recogniser,
    ) -> Result<Option<Vec<MadeOut>>, ObserveError> {
        let (thumb, blobs) = (cutter.thumb, &cutter.heap.blobs);
        let size = (cutter.frame.width, cutter.frame.height);
        let mut things = Vec::with_capacity(blobs.all.len());
        let mut new = Vec::new();
        for (number, blob) in blobs.all.iter().enumerate() {
            let bounds = blob.bounds(thumb.step, size);
            match self.memory.recall(thumb, Some(blob), bounds) {
                Some(known) => things.extend_from_slice(known),
                None => new.push((number, bounds)),
            }
        }
        let side = embedder.input_side();
        let whole = |&(number, bounds): &(usize, PixelBox)| {
            let number = u16::try_from(number).ok();
            cutter.input(bounds, |cell| blobs.owner[cell] == number, side)
        };
        let inputs: Vec<Vec<u8>> = new.iter().map(whole).collect();
        let Some(blurred) = self.blurred(&inputs, cutter.frame.captured_at, side) else { return Ok(None) };
        let map = if new.is_empty() { None } else { self.map(cutter)? };
        for (((number, bounds), embedding), blurred) in
            new.into_iter().zip(embedder.embed(&inputs)?).zip(blurred)
        {
            let whole = MadeOut { bounds, embedding, blurred, doubtful: false };
            let parts = partition::divide(cutter, number, whole, map.as_ref(), embedder, recogniser)?;
            self.memory.remember(thumb, Some(&blobs.all[number]), bounds, parts.clone());
            things.extend(parts);
        }
        Ok(Some(things))
    }

    /// What the network says of the whole tray, where there is one.
    fn map(&mut self, cutter: &Cutter<'_>) -> Result<Option<Map>, OutlinesError> {
        let Some(outlines) = &mut self.outlines else { return Ok(None) };
        Ok(Some(look(outlines, cutter.thumb, &cutter.heap.blobs)?))
    }

    /// Which of the crops are blurred; `None` while it pays to wait for sharper ones.
    fn blurred(&mut self, inputs: &[Vec<u8>], now: MonotonicMs, side: u32) -> Option<Vec<bool>> {
        let blurred: Vec<bool> =
            inputs.iter().map(|input| sharpness::is_blurred(input, side as usize)).collect();
        if blurred.contains(&true) {
            let since = *self.blurred_since.get_or_insert(now);
            if now.since_ms(since) < BLUR_PATIENCE_MS {
                return None;
            }
        }
        if !inputs.is_empty() {
            self.blurred_since = None;
        }
        Some(blurred)
    }
}

fn whole_bounds(frame: &Frame) -> PixelBox {
    let region = centre_crop(frame.width, frame.height);
    PixelBox { x: region.x, y: region.y, width: region.width, height: region.height }
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
    let blobs = scene::compare_photos(&photo_thumb, &empty_thumb)?;
    let largest = blobs.all.into_iter().max_by_key(|blob| blob.cells)?;
    Some(largest.bounds(photo_thumb.step, (photo.width, photo.height)))
}

/// Where things lie on a photo, with nothing known of what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Boxes {
    /// Boxes of what hangs together.
    pub blobs: Vec<PixelBox>,
    /// Boxes of the pieces that these fall into when every neck is cut, those of the shape or those that a network sees. A
    /// till cuts at fewer: only where the pieces look more like things that it knows.
    pub pieces: Vec<PixelBox>,
}

/// Finds the things on a photo of the tray by a photo of the same tray empty, both of one size. Where the two cannot be
/// compared, as when nearly all of the photo differs, there are none.
pub fn find_boxes(
    photo: &Picture,
    empty: &Picture,
    outlines: Option<&mut Outlines>,
) -> Result<Boxes, OutlinesError> {
    let thumb = |picture: &Picture| Thumb::of_pixels(&picture.rgb, picture.width, picture.height);
    let (photo_thumb, empty_thumb) = (thumb(photo), thumb(empty));
    let Some(blobs) = scene::compare_photos(&photo_thumb, &empty_thumb) else { return Ok(Boxes::default()) };
    let map = outlines.map(|outlines| look(outlines, &photo_thumb, &blobs)).transpose()?;
    let (step, size) = (photo_thumb.step, (photo.width, photo.height));
    let mut pieces = Vec::new();
    for number in 0..blobs.all.len() {
        let shape = blobs.shape(number);
        let tree = split::cut(&shape, map.as_ref());
        let single = tree.nodes.iter().filter(|node| node.parts.is_none());
        pieces.extend(single.map(|node| {
            let ([left, top, right, bottom], (x, y)) = (node.bounds, shape.corner);
            blobs::to_pixels([x + left, y + top, x + right, y + bottom], step, size)
        }));
    }
    Ok(Boxes { blobs: blobs.all.iter().map(|blob| blob.bounds(step, size)).collect(), pieces })
}

/// What the network says of a whole tray.
fn look(outlines: &mut Outlines, thumb: &Thumb, blobs: &Blobs) -> Result<Map, OutlinesError> {
    let cells: Vec<([u8; 3], bool)> = thumb.rounded().zip(blobs.set().iter().copied()).collect();
    outlines.look(thumb.width, thumb.height, &cells)
}
