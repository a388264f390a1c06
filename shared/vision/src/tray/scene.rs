//! What can be said of a frame before anything on it is looked at: whether it is still, what of it is the empty tray.

use domain::frame::Frame;
use domain::observation::Unsettled;
use domain::time::MonotonicMs;

use super::background::{Background, Compared};
use super::blobs::{self, Blobs};
use super::thumb::Thumb;
use super::{TrayConfig, TrayMode};

/// A cell that changes by more than this from one frame to the next moves, in levels.
const MOVE_LEVELS: f32 = 9.0;
/// The scene moves when more than this share of its cells does.
const MOVE_SHARE: f32 = 0.0015;
/// More than this share of the tray covered at once is no shopping: the light, the camera or a coat.
const CHANGED_SHARE: f32 = 0.7;
/// A picture with less contrast than this shows nothing, in levels.
const BLANK_CONTRAST: f32 = 4.0;

/// What a frame shows.
#[derive(Debug)]
pub(super) enum Shown {
    /// Nothing can be told from it.
    Unsettled(Unsettled),
    /// These things, in cells of the thumbnail.
    Blobs(Thumb, Heap),
    /// One thing that fills the picture.
    Whole(Thumb),
    /// Nothing: a blank picture.
    Blank,
}

/// What lies on the tray, and what the tray under it looks like.
#[derive(Debug)]
pub(super) struct Heap {
    /// The things, which may be several that touch.
    pub(super) blobs: Blobs,
    /// Each cell of the empty tray in the present light, in levels.
    pub(super) empty: Vec<[f32; 3]>,
}

/// Follows one camera's scene from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Scene {
    last: Option<Thumb>,
    still: Stillness,
    background: Option<Background>,
}

#[derive(Debug, Default)]
struct Stillness {
    frames: u32,
    since: Option<MonotonicMs>,
}

impl Scene {
    /// Forgets the background and begins a new one with this frame.
    pub(super) fn learn_empty(&mut self, frame: &Frame) {
        self.background = Some(Background::begin(&Thumb::of(frame)));
    }

    /// The learnt background.
    pub(super) fn background(&self) -> Option<&Background> {
        self.background.as_ref().filter(|background| background.is_learnt())
    }

    /// Takes a background learnt before.
    pub(super) fn restore(&mut self, background: Background) {
        self.background = Some(background);
    }

    /// Takes the next frame.
    pub(super) fn show(&mut self, config: &TrayConfig, frame: &Frame) -> Shown {
        let thumb = Thumb::of(frame);
        let moves = self.last.as_ref().is_none_or(|last| {
            !last.same_size(&thumb) || last.share_changed(&thumb, MOVE_LEVELS) > MOVE_SHARE
        });
        self.last = Some(thumb.clone());
        if !self.still.is_settled(moves, frame.captured_at, config) {
            return Shown::Unsettled(Unsettled::Moving);
        }
        match config.mode {
            TrayMode::WholeFrame if thumb.contrast() < BLANK_CONTRAST => Shown::Blank,
            TrayMode::WholeFrame => Shown::Whole(thumb),
            TrayMode::Segment => self.find_things(config, thumb),
        }
    }

    fn find_things(&mut self, config: &TrayConfig, thumb: Thumb) -> Shown {
        if !self.is_ready(&thumb) {
            return Shown::Unsettled(Unsettled::SceneChanged);
        }
        let background = self.background.as_mut().expect("made above where there was none");
        let Some((compared, gain)) = differing(background, &thumb) else {
            return Shown::Unsettled(Unsettled::SceneChanged);
        };
        let min_side = min_side(config, thumb.width);
        let blobs = blobs::find(&compared.things, min_side);
        background.drift(&thumb, &blobs::grown(&compared.touched), gain);
        Shown::Blobs(thumb, Heap { blobs, empty: compared.empty })
    }

    /// Learns from the still frame while there is more to learn; true when the background can be compared with.
    fn is_ready(&mut self, thumb: &Thumb) -> bool {
        match self.background.as_mut().filter(|background| background.fits(thumb)) {
            Some(background) if background.is_learnt() => true,
            Some(background) => {
                background.learn(thumb);
                false
            }
            None => {
                self.background = Some(Background::begin(thumb));
                false
            }
        }
    }
}

impl Stillness {
    /// Counts still frames; true when there were enough for long enough.
    fn is_settled(&mut self, moves: bool, now: MonotonicMs, config: &TrayConfig) -> bool {
        if moves {
            *self = Self { frames: 0, since: Some(now) };
            return false;
        }
        self.frames = self.frames.saturating_add(1);
        let still_ms = now.since_ms(self.since.unwrap_or(now));
        self.frames >= config.still_frames && still_ms >= config.still_ms
    }
}

/// The things on one photo of the tray, by one photo of the same tray empty; `None` when the two cannot be compared.
pub(super) fn compare_photos(photo: &Thumb, empty: &Thumb) -> Option<Blobs> {
    let background = Background::begin(empty);
    if !background.fits(photo) {
        return None;
    }
    let min_side = min_side(&TrayConfig::default(), photo.width);
    differing(&background, photo).map(|(compared, _)| blobs::find(&compared.things, min_side))
}

fn differing(background: &Background, thumb: &Thumb) -> Option<(Compared, [f32; 3])> {
    let gain = background.gain(thumb)?;
    let compared = background.compare(thumb, gain);
    (compared.things.share() <= CHANGED_SHARE).then_some((compared, gain))
}

fn min_side(config: &TrayConfig, cells_wide: usize) -> usize {
    (cells_wide * config.min_item_permille as usize / 1000).max(2)
}
