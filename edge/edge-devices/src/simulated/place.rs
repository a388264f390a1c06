//! Where on the tray a thing can lie, and how it happens to lie there.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::scene::{Lying, Scene};
use super::sprite::{Patch, Pose, SOLID_ALPHA};

/// The side of a cell of the map of what is taken, in frame pixels.
const CELL: u32 = 4;

/// How many places are tried at random before every place is looked at.
const RANDOM_TRIES: usize = 80;

/// A pose as a shopper's hand would leave it: any turn, a little nearer or farther, a little tilted.
pub(super) fn random_pose(size_px: f32, rng: &mut ChaCha8Rng) -> Pose {
    Pose {
        size: size_px * rng.random_range(0.94..1.06),
        angle: rng.random_range(0.0..std::f32::consts::TAU),
        squeeze: rng.random_range(-0.05..0.05),
        shear: rng.random_range(-0.04..0.04),
        tilt: (rng.random_range(-0.05..0.05), rng.random_range(-0.05..0.05)),
    }
}

/// The left upper corner of a place where the patch touches nothing, or `None` when there is none.
pub(super) fn find_free<'a>(
    scene: &Scene,
    patch: &Patch,
    lying: impl IntoIterator<Item = &'a Lying>,
    gap_px: u32,
    rng: &mut ChaCha8Rng,
) -> Option<(i32, i32)> {
    let taken = Taken::new(scene, lying, gap_px);
    let cells = solid_cells(patch);
    let bounds = |pick: fn(&(i32, i32)) -> i32| {
        let values = || cells.iter().map(pick);
        Some((values().min()?, values().max()?))
    };
    let (columns, rows) = (bounds(|cell| cell.0)?, bounds(|cell| cell.1)?);
    let (left, top, right, bottom) = scene.backdrop.floor;
    let cell = |pixel: u32| (pixel / CELL) as i32;
    let (first_x, last_x) = (cell(left) + 1 - columns.0, cell(right) - 1 - columns.1);
    let (first_y, last_y) = (cell(top) + 1 - rows.0, cell(bottom) - 1 - rows.1);
    if first_x > last_x || first_y > last_y {
        return None;
    }
    let fits = |place: (i32, i32)| cells.iter().all(|cell| !taken.at(place.0 + cell.0, place.1 + cell.1));
    let in_pixels = |place: (i32, i32)| (place.0 * CELL as i32, place.1 * CELL as i32);
    for _ in 0..RANDOM_TRIES {
        let place = (rng.random_range(first_x..=last_x), rng.random_range(first_y..=last_y));
        if fits(place) {
            return Some(in_pixels(place));
        }
    }
    let mut all: Vec<(i32, i32)> =
        (first_y..=last_y).flat_map(|y| (first_x..=last_x).map(move |x| (x, y))).collect();
    all.shuffle(rng);
    all.into_iter().find(|&place| fits(place)).map(in_pixels)
}

/// The cells of a patch that hold something solid, from its left upper corner.
fn solid_cells(patch: &Patch) -> Vec<(i32, i32)> {
    let (columns, rows) = (patch.width.div_ceil(CELL), patch.height.div_ceil(CELL));
    let solid = |cell: (u32, u32)| {
        let span = |start: u32, limit: u32| start * CELL..((start + 1) * CELL).min(limit);
        span(cell.1, patch.height)
            .any(|y| span(cell.0, patch.width).any(|x| patch.alpha(x, y) >= SOLID_ALPHA / 2))
    };
    let all = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y)));
    all.filter(|&cell| solid(cell)).map(|(x, y)| (x as i32, y as i32)).collect()
}

/// Which cells of the frame are taken, the gap around things included.
struct Taken {
    columns: usize,
    cells: Vec<bool>,
}

impl Taken {
    fn new<'a>(scene: &Scene, lying: impl IntoIterator<Item = &'a Lying>, gap_px: u32) -> Self {
        let (columns, rows) = (scene.width.div_ceil(CELL) as usize, scene.height.div_ceil(CELL) as usize);
        let mut cells = vec![false; columns * rows];
        for thing in lying {
            let corner = (thing.corner.0.div_euclid(CELL as i32), thing.corner.1.div_euclid(CELL as i32));
            for cell in solid_cells(&thing.patch) {
                let (x, y) = (corner.0 + cell.0, corner.1 + cell.1);
                if (0..columns as i32).contains(&x) && (0..rows as i32).contains(&y) {
                    cells[y as usize * columns + x as usize] = true;
                }
            }
        }
        // One cell more than the gap: a thing put at a pixel reaches into the next cell.
        let reach = gap_px.div_ceil(CELL) as usize + 1;
        grow(&mut cells, columns, reach, 1, columns);
        grow(&mut cells, rows, reach, columns, columns);
        Self { columns, cells }
    }

    fn at(&self, x: i32, y: i32) -> bool {
        self.cells[y as usize * self.columns + x as usize]
    }
}

/// Marks every cell within `reach` of a marked one along lines of `len` cells that are `step` apart.
fn grow(cells: &mut [bool], len: usize, reach: usize, step: usize, columns: usize) {
    let lines = cells.len() / len;
    for line in 0..lines {
        let start = if step == 1 { line * columns } else { line };
        let before: Vec<bool> = (0..len).map(|i| cells[start + i * step]).collect();
        for i in (0..len).filter(|&i| before[i]) {
            for near in i.saturating_sub(reach)..(i + reach + 1).min(len) {
                cells[start + near * step] = true;
            }
        }
    }
}
