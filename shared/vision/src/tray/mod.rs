//! Frames to observations: what lies on the tray, told once it lies still.

use domain::frame::{Frame, PixelBox};
use domain::observation::{Observation, Unsettled};
use thiserror::Error;

use crate::decode::Picture;
use crate::embed::{EmbedError, Embedder};
use crate::recognise::{RecogniseError, Recogniser};

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
    /// `None` when the scene is still and sharp.
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
pub struct TrayWatcher {}

impl TrayWatcher {
    /// A watcher that takes the tray of the first still frames for empty, unless told otherwise.
    pub fn new(_config: TrayConfig) -> Self {
        unimplemented!()
    }

    /// Forgets the background and learns it from this frame of the empty tray and the still ones that follow.
    pub fn learn_empty(&mut self, _frame: &Frame) {
        unimplemented!()
    }

    /// The learnt background as bytes, to be kept for the next start; `None` while there is none.
    pub fn save_background(&self) -> Option<Vec<u8>> {
        unimplemented!()
    }

    /// Takes a background saved before, so that a start with items on the tray does not take them for the tray.
    pub fn restore_background(&mut self, _bytes: &[u8]) -> Result<(), BackgroundError> {
        unimplemented!()
    }

    /// What lies on the tray and what it is. A still tray costs no embedding: vectors are kept while nothing changes.
    pub fn observe(
        &mut self,
        _frame: &Frame,
        _embedder: &mut Embedder,
        _recogniser: &Recogniser,
    ) -> Result<Observation, ObserveError> {
        unimplemented!()
    }

    /// What lies on the tray, without recognition.
    pub fn segment(&mut self, _frame: &Frame) -> Segmentation {
        unimplemented!()
    }
}

/// Why saved bytes are no background.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the saved background of the tray cannot be used ({reason}): clear the tray and learn it again")]
pub struct BackgroundError {
    reason: &'static str,
}

/// Finds the one item on a photo of the tray by a photo of the same tray empty, both of one size; `None` when there is
/// none to be seen.
pub fn find_single_item(_photo: &Picture, _empty: &Picture) -> Option<PixelBox> {
    unimplemented!()
}
