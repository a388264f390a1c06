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
/// What covers this many thousandths of the picture's width along one of its sides reaches in from outside: an arm, most
/// often, over things that cannot be told apart under it.
const REACH_PERMILLE: usize = 30;
/// How long that is waited for. What still lies over the side then lies there: a long thing, or a camera hung too low.
const REACH_PATIENCE_MS: u64 = 2_000;
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
    /// Since when something has been reaching in.
    reached_since: Option<MonotonicMs>,
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
            // What moved may be another arm by now.
            self.reached_since = None;
            return Shown::Unsettled(Unsettled::Moving);
        }
        match config.mode {
            TrayMode::WholeFrame if thumb.contrast() < BLANK_CONTRAST => Shown::Blank,
            TrayMode::WholeFrame => Shown::Whole(thumb),
            TrayMode::Segment => self.find_things(config, thumb, frame.captured_at),
        }
    }

    fn find_things(&mut self, config: &TrayConfig, thumb: Thumb, now: MonotonicMs) -> Shown {
        if !self.is_ready(&thumb) {
            return Shown::Unsettled(Unsettled::SceneChanged);
        }
        let background = self.background.as_mut().expect("made above where there was none");
        let Some(compared) = differing(background, &thumb) else {
            return Shown::Unsettled(Unsettled::SceneChanged);
        };
        let min_side = min_side(config, thumb.width);
        let blobs = blobs::find(&compared.things, min_side);
        background.drift(&thumb, &blobs::grown(&compared.touched), &compared.empty);
        if !blobs.reach_in((thumb.width * REACH_PERMILLE / 1000).max(2)) {
            self.reached_since = None;
        } else if now.since_ms(*self.reached_since.get_or_insert(now)) < REACH_PATIENCE_MS {
            return Shown::Unsettled(Unsettled::Moving);
        }
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
    let mut background = Background::begin(empty);
    if !background.fits(photo) {
        return None;
    }
    let min_side = min_side(&TrayConfig::default(), photo.width);
    differing(&mut background, photo).map(|compared| blobs::find(&compared.things, min_side))
}

fn differing(background: &mut Background, thumb: &Thumb) -> Option<Compared> {
    let mut lit = background.lit(thumb)?;
    if background.follow(thumb, &lit) {
        lit = background.lit(thumb)?;
    }
    Some(background.compare(thumb, lit)).filter(|compared| compared.things.share() <= CHANGED_SHARE)
}

fn min_side(config: &TrayConfig, cells_wide: usize) -> usize {
    (cells_wide * config.min_item_permille as usize / 1000).max(2)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const SIZE: (u32, u32) = (320, 240);
    const FRAME_MS: u64 = 100;

    /// A grey tray with a red bar from column 100 to 140, between these rows.
    fn frame(number: u64, rows: std::ops::Range<u32>) -> Frame {
        let mut rgb = Vec::new();
        for y in 0..SIZE.1 {
            for x in 0..SIZE.0 {
                let lies = rows.contains(&y) && (100..140).contains(&x);
                rgb.extend(if lies { [200, 30, 30] } else { [150, 150, 150] });
            }
        }
        Frame::new(SIZE.0, SIZE.1, Arc::from(rgb), number, MonotonicMs(number * FRAME_MS))
    }

    /// What is told of each of the frames from `from` on; how many things, or why nothing.
    fn told(
        scene: &mut Scene,
        from: u64,
        count: u64,
        rows: std::ops::Range<u32>,
    ) -> Vec<Result<usize, Unsettled>> {
        let config = TrayConfig::default();
        let mut told = Vec::new();
        for number in from..from + count {
            told.push(match scene.show(&config, &frame(number, rows.clone())) {
                Shown::Unsettled(why) => Err(why),
                Shown::Blobs(_, heap) => Ok(heap.blobs.all.len()),
                Shown::Whole(_) | Shown::Blank => panic!("a tray is segmented"),
            });
        }
        told
    }

    #[test]
    fn what_reaches_in_is_waited_for_but_not_for_ever() {
        let mut scene = Scene::default();
        let empty = told(&mut scene, 1, 60, 0..0);
        assert_eq!(empty.last(), Some(&Ok(0)), "{empty:?}");

        let inside = told(&mut scene, 61, 10, 60..120);
        assert_eq!(inside.last(), Some(&Ok(1)), "{inside:?}");

        // Over the lower side: nothing is told for two seconds after it lies still, and then it is a thing.
        let arm = told(&mut scene, 71, 40, 60..240);
        let first = arm.iter().position(Result::is_ok).unwrap();
        assert!((20..28).contains(&first), "told after {first} frames: {arm:?}");
        assert!(arm[..first].iter().all(|one| *one == Err(Unsettled::Moving)));
        assert!(arm[first..].iter().all(|one| *one == Ok(1)));

        // Another arm is waited for again, and one that goes makes room at once.
        let away = told(&mut scene, 111, 6, 60..120);
        assert_eq!(away.last(), Some(&Ok(1)), "{away:?}");
        let again = told(&mut scene, 117, 15, 60..240);
        assert!(again.iter().all(|one| *one == Err(Unsettled::Moving)), "{again:?}");
    }
}
