//! The empty tray as learnt: what each cell looks like when nothing lies on it, and how much that varies.

use super::thumb::{SCALE, Thumb};
use super::{BackgroundError, shading::Shading, shift};

/// Frames that are averaged into a new background.
const LEARN_FRAMES: u32 = 8;
/// How far a settled frame pulls the background towards itself: slow enough that nobody sees it, quick enough for a
/// cloud before the sun.
const DRIFT: f32 = 0.02;
/// A difference this small is noise on any camera, in levels.
const FLOOR: f32 = 7.0;
/// How many standard deviations of its own noise a cell must differ by.
const SIGMAS: f32 = 6.0;
/// A shadow is darker by no more than this factor; darker than that is a thing.
const SHADOW_DARKEST: f32 = 0.45;
/// A surface brightens by no more than this factor where light is reflected onto it.
const GLOW_BRIGHTEST: f32 = 1.05;
/// How far a shadow's colour may be from the darkened background's, as a share of its brightness.
const SHADOW_TINT: f32 = 0.055;
/// Shadows are soft: a step between neighbouring cells beyond this share of the brightness is an edge of a thing.
const SHADOW_STEP: f32 = 0.09;
/// Above this level a sensor is all but burnt out, and brighter is not seen.
const BURNT: f32 = 246.0;

const MAGIC: &[u8; 8] = b"TSTRAY01";

/// The learnt empty tray.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Background {
    width: usize,
    height: usize,
    step: usize,
    /// In levels.
    mean: Vec<[f32; 3]>,
    /// Variance of the noisiest channel, in squared levels.
    noise: Vec<f32>,
    /// Frames averaged so far.
    learnt: u32,
}

/// Which cells are not the empty tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask {
    /// Cells in a row.
    pub(super) width: usize,
    /// Rows of cells.
    pub(super) height: usize,
    /// True where something lies.
    pub(super) set: Vec<bool>,
}

/// The empty tray in the light of a frame.
#[derive(Debug)]
pub(super) struct Lit {
    shading: Shading,
    /// In levels.
    empty: Vec<[f32; 3]>,
}

/// How a frame differs from the empty tray.
#[derive(Debug)]
pub(super) struct Compared {
    /// Cells that show a thing.
    pub(super) things: Mask,
    /// Cells that show anything else than the bare, unshaded tray.
    pub(super) touched: Mask,
    /// What the empty tray would look like in this light, in levels.
    pub(super) empty: Vec<[f32; 3]>,
}

impl Background {
    /// Begins with one frame of the empty tray.
    pub(super) fn begin(thumb: &Thumb) -> Self {
        let mean = thumb.cells.iter().map(levels).collect();
        let noise = vec![0.0; thumb.cells.len()];
        Self { width: thumb.width, height: thumb.height, step: thumb.step, mean, noise, learnt: 1 }
    }

    /// True when enough frames were averaged.
    pub(super) fn is_learnt(&self) -> bool {
        self.learnt >= LEARN_FRAMES
    }

    /// True when it is of frames of this size.
    pub(super) fn fits(&self, thumb: &Thumb) -> bool {
        (self.width, self.height, self.step) == (thumb.width, thumb.height, thumb.step)
    }

    /// Averages another frame of the empty tray in (Welford's running mean and variance).
    pub(super) fn learn(&mut self, thumb: &Thumb) {
        self.learnt += 1;
        let weight = 1.0 / self.learnt as f32;
        for ((mean, noise), cell) in self.mean.iter_mut().zip(&mut self.noise).zip(&thumb.cells) {
            let now = levels(cell);
            let mut worst: f32 = 0.0;
            for channel in 0..3 {
                let before = now[channel] - mean[channel];
                mean[channel] += before * weight;
                worst = worst.max(before * (now[channel] - mean[channel]));
            }
            *noise += (worst - *noise) * weight;
        }
    }

    /// The light by that in which the tray was learnt, and the empty tray in it; `None` when it is none that the tray could be
    /// known in.
    pub(super) fn lit(&self, thumb: &Thumb) -> Option<Lit> {
        let shading = Shading::between(&self.mean, thumb)?;
        let empty = shading.on(&self.mean, self.width);
        Some(Lit { shading, empty })
    }

    /// Which cells differ from the empty tray under this light: those that are things, and those that differ at all,
    /// shadows too.
    pub(super) fn compare(&self, thumb: &Thumb, lit: Lit) -> Compared {
        let expected = lit.empty;
        let mut things = Vec::with_capacity(thumb.cells.len());
        let mut touched = Vec::with_capacity(thumb.cells.len());
        for (index, cell) in thumb.cells.iter().enumerate() {
            let now = levels(cell);
            let differs = self.differs(now, &expected, index);
            let is_thing = || !is_shade(now, expected[index]) || self.has_edge(thumb, &expected, index);
            things.push(differs && is_thing());
            touched.push(differs);
        }
        let mask = |set| Mask { width: self.width, height: self.height, set };
        Compared { things: mask(things), touched: mask(touched), empty: expected }
    }

    /// True when a cell is none of the tray's, though the camera may have been pushed by less than a cell: what lies between
    /// the cells around it is the tray too.
    fn differs(&self, now: [f32; 3], expected: &[[f32; 3]], index: usize) -> bool {
        let limit = FLOOR.max(SIGMAS * self.noise[index].sqrt());
        let here = expected[index];
        if !is_beyond(now, (here, here), limit) {
            return false;
        }
        is_beyond(now, self.around(expected, index), limit)
    }

    /// The least and the most of each channel of a cell and those around it.
    fn around(&self, expected: &[[f32; 3]], index: usize) -> ([f32; 3], [f32; 3]) {
        let (column, row) = (index % self.width, index / self.width);
        let (mut least, mut most) = (expected[index], expected[index]);
        for y in row.saturating_sub(1)..(row + 2).min(self.height) {
            for x in column.saturating_sub(1)..(column + 2).min(self.width) {
                let near = expected[y * self.width + x];
                least = std::array::from_fn(|channel| least[channel].min(near[channel]));
                most = std::array::from_fn(|channel| most[channel].max(near[channel]));
            }
        }
        (least, most)
    }

    /// Goes along with a camera that was pushed aside by some cells; true when it was. What has come into the picture counts as
    /// bare.
    pub(super) fn follow(&mut self, thumb: &Thumb, lit: &Lit) -> bool {
        let Some((right, down)) = shift::find(&lit.empty, thumb) else { return false };
        let size = (self.width, self.height);
        let from = |place: usize, by: isize, length: usize| {
            place.checked_add_signed(-by).filter(|place| *place < length)
        };
        let mut mean = Vec::with_capacity(self.mean.len());
        let mut noise = Vec::with_capacity(self.noise.len());
        for row in 0..self.height {
            for column in 0..self.width {
                let was = from(column, right, self.width).zip(from(row, down, self.height));
                if let Some(was) = was.map(|(column, row)| row * self.width + column) {
                    mean.push(self.mean[was]);
                    noise.push(self.noise[was]);
                } else {
                    let (now, gain) = (
                        levels(&thumb.cells[row * self.width + column]),
                        lit.shading.at((column, row), size),
                    );
                    mean.push(std::array::from_fn(|channel| now[channel] / gain[channel]));
                    noise.push(0.0);
                }
            }
        }
        (self.mean, self.noise) = (mean, noise);
        true
    }

    /// True when the cell steps off from its right or lower neighbour in a way the empty tray does not.
    fn has_edge(&self, thumb: &Thumb, expected: &[[f32; 3]], index: usize) -> bool {
        let brightness = |values: [f32; 3]| values.iter().sum::<f32>() / 3.0;
        let here = brightness(levels(&thumb.cells[index]));
        let here_expected = brightness(expected[index]).max(1.0);
        let ratio = here / here_expected;
        let steps = |neighbour: usize| {
            let there =
                brightness(levels(&thumb.cells[neighbour])) / brightness(expected[neighbour]).max(1.0);
            (there - ratio).abs() > SHADOW_STEP
        };
        let column = index % self.width;
        (column + 1 < self.width && steps(index + 1))
            || (index + self.width < self.mean.len() && steps(index + self.width))
    }

    /// Follows slow changes of the light where the tray is bare; elsewhere only the light as a whole is followed, as `empty`
    /// has it. A shadow is no bare tray: learnt, it would stay behind as a bright patch when its thing is taken away.
    pub(super) fn drift(&mut self, thumb: &Thumb, covered: &Mask, empty: &[[f32; 3]]) {
        for (index, mean) in self.mean.iter_mut().enumerate() {
            let now = levels(&thumb.cells[index]);
            for channel in 0..3 {
                let target = if covered.set[index] { empty[index][channel] } else { now[channel] };
                mean[channel] += (target - mean[channel]) * DRIFT;
            }
        }
    }

    /// As bytes: magic, three sizes, then mean and noise of each cell, all little-endian.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for size in [self.width, self.height, self.step] {
            bytes.extend((size as u32).to_le_bytes());
        }
        for (mean, noise) in self.mean.iter().zip(&self.noise) {
            for value in mean.iter().chain([noise]) {
                bytes.extend(value.to_le_bytes());
            }
        }
        bytes
    }

    /// From such bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, BackgroundError> {
        let bad = |reason| BackgroundError { reason };
        let body = bytes.strip_prefix(MAGIC).ok_or(bad("it is of another program or version"))?;
        let (sizes, values) = body.split_at_checked(12).ok_or(bad("it is cut short"))?;
        let size = |at: usize| {
            let four = sizes[at..at + 4].try_into().expect("four bytes");
            u32::from_le_bytes(four) as usize
        };
        let (width, height, step) = (size(0), size(4), size(8));
        let cells = width.checked_mul(height).filter(|cells| (1..=1 << 20).contains(cells));
        let cells = cells.filter(|_| step > 0).ok_or(bad("its sizes make no sense"))?;
        if values.len() != cells * 16 {
            return Err(bad("it is cut short"));
        }
        let numbers: Vec<f32> =
            values.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
        if !numbers.iter().all(|value| value.is_finite() && *value >= 0.0) {
            return Err(bad("it holds values that are no levels"));
        }
        let (rows, _) = numbers.as_chunks::<4>();
        let mean = rows.iter().map(|row| [row[0], row[1], row[2]]).collect();
        let noise = rows.iter().map(|row| row[3]).collect();
        Ok(Self { width, height, step, mean, noise, learnt: LEARN_FRAMES })
    }
}

impl Mask {
    /// The share of cells that are set.
    pub(super) fn share(&self) -> f32 {
        self.set.iter().filter(|set| **set).count() as f32 / self.set.len() as f32
    }
}

fn levels(cell: &[u16; 3]) -> [f32; 3] {
    cell.map(|value| f32::from(value) / SCALE)
}

/// True when a channel is below the least or above the most by more than the limit.
fn is_beyond(now: [f32; 3], (least, most): ([f32; 3], [f32; 3]), limit: f32) -> bool {
    (0..3).any(|channel| {
        now[channel] < least[channel].min(BURNT) - limit || now[channel] > most[channel] + limit
    })
}

/// True when a cell is the expected colour, only darker as in a shadow or a little brighter as by a reflection.
fn is_shade(now: [f32; 3], expected: [f32; 3]) -> bool {
    let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let length = dot(expected, expected).max(1.0);
    let ratio = dot(now, expected) / length;
    let off = [now[0] - ratio * expected[0], now[1] - ratio * expected[1], now[2] - ratio * expected[2]];
    let tint = (dot(off, off) / length).sqrt();
    (SHADOW_DARKEST..=GLOW_BRIGHTEST).contains(&ratio) && tint < SHADOW_TINT
}
