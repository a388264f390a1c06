//! Where the tray has gone: a camera that was pushed sees the same tray some cells aside.
//!
//! The tray's own marks, its rim most of all, are looked for around where they were. What lies on the tray hides some of them
//! and moves none.

use super::thumb::{SCALE, Thumb};

/// How far aside the tray is looked for, in cells.
const REACH: isize = 8;
/// A cell is a mark when it differs from one beside, above or below it by this many levels.
const MARK_STEP: f32 = 14.0;
/// So many marks are enough to look for, and so few tell nothing.
const MARKS: std::ops::RangeInclusive<usize> = 60..=1_500;
/// A mark is where it is expected when no channel is off by more than this share of what its neighbours differ by...
const OFF_STEP: f32 = 0.6;
/// ...and this many levels.
const OFF_LEVELS: f32 = 8.0;
/// With this share of its marks in place the tray has not moved.
const IN_PLACE: f32 = 0.9;
/// The tray has moved to where it has this share of its marks...
const FOUND: f32 = 0.5;
/// ...and this much more than where it was.
const GAINED: f32 = 0.15;
/// What a mark that is nowhere near costs, in levels.
const COST_MOST: f32 = 48.0;

/// A mark of the tray.
struct Mark {
    column: isize,
    row: isize,
    /// What it looks like, in levels.
    cell: [f32; 3],
    /// The most by which a channel of its neighbours differs from it.
    step: f32,
}

/// By how many cells, to the right and down, the tray in the frame lies aside of the expected one; `None` where it has not
/// moved, or nobody can tell.
pub(super) fn find(expected: &[[f32; 3]], thumb: &Thumb) -> Option<(isize, isize)> {
    let marks = marks(expected, thumb.width, thumb.height);
    if marks.len() < *MARKS.start() {
        return None;
    }
    let before = share_at(&marks, thumb, (0, 0));
    if before >= IN_PLACE {
        return None;
    }
    let shifts = (-REACH..=REACH).flat_map(|down| (-REACH..=REACH).map(move |right| (right, down)));
    let best = shifts.min_by(|a, b| cost_at(&marks, thumb, *a).total_cmp(&cost_at(&marks, thumb, *b)))?;
    let after = share_at(&marks, thumb, best);
    (best != (0, 0) && after >= FOUND && after >= before + GAINED).then_some(best)
}

fn marks(expected: &[[f32; 3]], width: usize, height: usize) -> Vec<Mark> {
    let step =
        |a: [f32; 3], b: [f32; 3]| (0..3).map(|channel| (a[channel] - b[channel]).abs()).fold(0.0, f32::max);
    let mut all = Vec::new();
    for row in 1..height.saturating_sub(1) {
        for column in 1..width.saturating_sub(1) {
            let (place, cell) = (row * width + column, expected[row * width + column]);
            // Either side of an edge is a mark: a thin rim that moved by its own width would match on one side.
            let around = [place - 1, place + 1, place - width, place + width];
            let step = around.map(|other| step(cell, expected[other])).into_iter().fold(0.0, f32::max);
            if step < MARK_STEP {
                continue;
            }
            all.push(Mark { column: column as isize, row: row as isize, cell, step });
        }
    }
    let every = all.len().div_ceil(*MARKS.end()).max(1);
    all.into_iter().step_by(every).collect()
}

/// How far off a mark is in the frame; `None` where it would be outside.
fn off(mark: &Mark, thumb: &Thumb, (right, down): (isize, isize)) -> Option<f32> {
    let (column, row) = (usize::try_from(mark.column + right).ok()?, usize::try_from(mark.row + down).ok()?);
    if column >= thumb.width || row >= thumb.height {
        return None;
    }
    let now = thumb.cells[row * thumb.width + column];
    Some(
        (0..3)
            .map(|channel| (f32::from(now[channel]) / SCALE - mark.cell[channel]).abs())
            .fold(0.0, f32::max),
    )
}

fn share_at(marks: &[Mark], thumb: &Thumb, shift: (isize, isize)) -> f32 {
    let inside: Vec<bool> = marks
        .iter()
        .filter_map(|mark| off(mark, thumb, shift).map(|off| off <= OFF_LEVELS + OFF_STEP * mark.step))
        .collect();
    inside.iter().filter(|is_there| **is_there).count() as f32 / inside.len().max(1) as f32
}

fn cost_at(marks: &[Mark], thumb: &Thumb, shift: (isize, isize)) -> f32 {
    marks.iter().map(|mark| off(mark, thumb, shift).unwrap_or(COST_MOST).min(COST_MOST)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (120, 90);

    /// A pale tray with a dark rim and a scratch, its corner here.
    fn tray(left: isize, top: isize) -> Vec<[f32; 3]> {
        let cell = |x: isize, y: isize| {
            let (x, y) = (x - left, y - top);
            let inside = (0..90).contains(&x) && (0..60).contains(&y);
            let on_rim = inside && (x < 3 || y < 3 || x >= 87 || y >= 57);
            let scratched = (30..50).contains(&x) && y == x / 2;
            if on_rim || scratched {
                [70.0; 3]
            } else if inside {
                [190.0; 3]
            } else {
                [120.0; 3]
            }
        };
        (0..SIZE.1 as isize).flat_map(|y| (0..SIZE.0 as isize).map(move |x| cell(x, y))).collect()
    }

    fn thumb(cells: &[[f32; 3]]) -> Thumb {
        let cells = cells.iter().map(|cell| cell.map(|level| (level * SCALE) as u16)).collect();
        Thumb { width: SIZE.0, height: SIZE.1, step: 4, cells }
    }

    #[test]
    fn finds_the_tray_where_it_was_pushed_to() {
        let learnt = tray(14, 12);
        assert_eq!(find(&learnt, &thumb(&learnt)), None, "it has not moved");
        for shift in [(3, -2), (-8, 8), (0, 2), (6, 0)] {
            let mut seen = tray(14 + shift.0, 12 + shift.1);
            // Things over a part of it, and of its rim.
            (0..SIZE.0 * SIZE.1)
                .filter(|cell| (20..50).contains(&(cell % SIZE.0)) && cell / SIZE.0 < 40)
                .for_each(|cell| {
                    seen[cell] = [30.0, 160.0, 60.0];
                });
            assert_eq!(find(&learnt, &thumb(&seen)), Some(shift), "pushed by {shift:?}");
        }
    }

    #[test]
    fn another_scene_is_no_shift() {
        let learnt = tray(14, 12);
        let other: Vec<[f32; 3]> = (0..SIZE.0 * SIZE.1).map(|cell| [(cell * 37 % 200) as f32; 3]).collect();
        assert_eq!(find(&learnt, &thumb(&other)), None);
        assert_eq!(find(&vec![[150.0; 3]; SIZE.0 * SIZE.1], &thumb(&learnt)), None, "nothing to go by");
    }
}
