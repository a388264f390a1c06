//! What was made out a moment ago: while a thing lies as it lay, its vector need not be computed again.

use std::collections::VecDeque;

use domain::embedding::Embedding;
use domain::frame::PixelBox;

use super::blobs::Blob;
use super::thumb::Thumb;

/// Things that are remembered at once; a tray holds fewer.
const REMEMBERED: usize = 64;
/// A box that moved by no more than this lies where it lay, in cells.
const SAME_PLACE_CELLS: u32 = 2;
/// Pixels that differ by less than this on average are the same, in sixteenths of a level: the light may flicker, but
/// another thing in the same place differs by far more.
const SAME_LOOK: u64 = 5 * 16;
/// The look is compared on this many points along each side of the box.
const POINTS: usize = 12;

/// Vectors of what lay on the tray lately, the newest last.
#[derive(Debug, Default)]
pub(super) struct Memory {
    known: VecDeque<Known>,
}

#[derive(Debug)]
struct Known {
    bounds: PixelBox,
    look: Vec<[u16; 3]>,
    made_out: Vec<MadeOut>,
}

/// What is remembered of one thing; a blob is one or several.
#[derive(Debug, Clone)]
pub(super) struct MadeOut {
    /// Where it lies.
    pub(super) bounds: PixelBox,
    /// Its vector.
    pub(super) embedding: Embedding,
    /// True when its crop was too blurred to be sure of.
    pub(super) blurred: bool,
    /// True when it might as well be part of a larger thing, or several.
    pub(super) doubtful: bool,
}

impl Memory {
    /// Forgets everything, as when the model changes.
    pub(super) fn clear(&mut self) {
        self.known.clear();
    }

    /// What was made out of what lies in `bounds`, if it lay there before and looks the same.
    pub(super) fn recall(&self, thumb: &Thumb, blob: Option<&Blob>, bounds: PixelBox) -> Option<&[MadeOut]> {
        let look = sample(thumb, blob);
        let reach = SAME_PLACE_CELLS * u32::try_from(thumb.step).expect("a step is a few pixels");
        let same = |known: &&Known| is_near(known.bounds, bounds, reach) && is_alike(&known.look, &look);
        self.known.iter().rev().find(same).map(|known| known.made_out.as_slice())
    }

    /// Remembers what was made out.
    pub(super) fn remember(
        &mut self,
        thumb: &Thumb,
        blob: Option<&Blob>,
        bounds: PixelBox,
        made_out: Vec<MadeOut>,
    ) {
        if self.known.len() == REMEMBERED {
            self.known.pop_front();
        }
        self.known.push_back(Known { bounds, look: sample(thumb, blob), made_out });
    }
}

/// Points of the thumbnail spread evenly over the thing, or over all of it.
fn sample(thumb: &Thumb, blob: Option<&Blob>) -> Vec<[u16; 3]> {
    let whole = (0..thumb.width, 0..thumb.height);
    let (columns, rows) = blob.map_or(whole, Blob::span);
    let point = |range: &std::ops::Range<usize>, index: usize| {
        range.start + (range.len() * (2 * index + 1)) / (2 * POINTS)
    };
    let points = (0..POINTS).flat_map(|y| (0..POINTS).map(move |x| (x, y)));
    points.map(|(x, y)| thumb.cells[point(&rows, y) * thumb.width + point(&columns, x)]).collect()
}

fn is_near(a: PixelBox, b: PixelBox, reach: u32) -> bool {
    let edges = |v: PixelBox| [v.x, v.y, v.x + v.width, v.y + v.height];
    edges(a).iter().zip(edges(b)).all(|(a, b)| a.abs_diff(b) <= reach)
}

fn is_alike(a: &[[u16; 3]], b: &[[u16; 3]]) -> bool {
    let difference =
        |(a, b): (&[u16; 3], &[u16; 3])| (0..3).map(|c| u64::from(a[c].abs_diff(b[c]))).sum::<u64>();
    let total: u64 = a.iter().zip(b).map(difference).sum();
    total < SAME_LOOK * 3 * a.len() as u64
}
