//! Lines that are drawn on a page: they tell where a table's cells are, and spoil the letters that touch them.

use image::GrayImage;

use super::grey::{INK, PAPER};
use crate::page::{Area, Rule};

/// How long a line is at least, in inches: longer than a stroke of a large letter.
const LENGTH_MIN_IN: f32 = 0.4;

/// How thick a line is at most, in inches; what is thicker is a field.
const THICKNESS_MAX_IN: f32 = 0.045;

/// Gaps that a line may have, in inches: scanners leave such.
const GAP_MAX_IN: f32 = 0.012;

/// A drawn line in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    x0: f32,
    y0: f32,
    x1: f32,
    y1: f32,
    is_level: bool,
}

impl Line {
    /// The line in points.
    pub(super) fn rule(&self, scale: f32) -> Rule {
        let area =
            Area { x0: self.x0 * scale, y0: self.y0 * scale, x1: self.x1 * scale, y1: self.y1 * scale };
        Rule { area, is_level: self.is_level }
    }

    /// The line on an enlarged picture.
    pub(super) fn enlarged(self, factor: f32) -> Self {
        let Self { x0, y0, x1, y1, is_level } = self;
        Self { x0: x0 * factor, y0: y0 * factor, x1: x1 * factor, y1: y1 * factor, is_level }
    }

    /// The line on a picture of this size that is turned clockwise by quarters.
    pub(super) fn turned(&self, quarters: u8, width: u32, height: u32) -> Self {
        let (width, height) = (width as f32, height as f32);
        let Self { x0, y0, x1, y1, is_level } = *self;
        match quarters % 4 {
            1 => Self { x0: height - y1, y0: x0, x1: height - y0, y1: x1, is_level: !is_level },
            2 => Self { x0: width - x1, y0: height - y1, x1: width - x0, y1: height - y0, is_level },
            3 => Self { x0: y0, y0: width - x1, x1: y1, y1: width - x0, is_level: !is_level },
            _ => *self,
        }
    }
}

/// A stretch of ink within one row or column of pixels.
#[derive(Debug, Clone, Copy)]
struct Run {
    row: u32,
    from: u32,
    to: u32,
}

/// Finds the lines and takes them off the picture.
pub(super) fn take(picture: &mut GrayImage, dpi: f32) -> Vec<Line> {
    let mut lines = Vec::new();
    // Both are found before either is taken off, for they cross.
    let level = stretches(&runs(picture, dpi, true), dpi);
    let upright = stretches(&runs(picture, dpi, false), dpi);
    for (stretches, is_level) in [(level, true), (upright, false)] {
        for stretch in stretches {
            erase(picture, &stretch, is_level);
            lines.push(line(&stretch, is_level));
        }
    }
    lines
}

/// The long stretches of ink, row by row or column by column.
fn runs(picture: &GrayImage, dpi: f32, is_level: bool) -> Vec<Run> {
    let (width, height) = picture.dimensions();
    let (rows, length) = if is_level { (height, width) } else { (width, height) };
    let (long, gap) = ((dpi * LENGTH_MIN_IN) as u32, (dpi * GAP_MAX_IN).ceil() as u32);
    let raw = picture.as_raw();
    let mut runs = Vec::new();
    for row in 0..rows {
        let (start, step) = if is_level { (row * width, 1) } else { (row, width) };
        let mut open: Option<(u32, u32)> = None;
        for at in 0..length {
            if raw[(start + at * step) as usize] < INK {
                open = match open {
                    Some((from, last)) if at - last <= gap + 1 => Some((from, at)),
                    _ => {
                        push_long(&mut runs, row, open, long);
                        Some((at, at))
                    }
                };
            }
        }
        push_long(&mut runs, row, open, long);
    }
    runs
}

fn push_long(runs: &mut Vec<Run>, row: u32, open: Option<(u32, u32)>, long: u32) {
    if let Some((from, to)) = open.filter(|(from, to)| to - from >= long) {
        runs.push(Run { row, from, to });
    }
}

/// Runs that lie on one another, where together they are thin.
fn stretches(runs: &[Run], dpi: f32) -> Vec<Vec<Run>> {
    let thick = (dpi * THICKNESS_MAX_IN).max(3.0);
    let mut open: Vec<Vec<Run>> = Vec::new();
    let mut done = Vec::new();
    for run in runs {
        let (still, ended) = open
            .into_iter()
            .partition::<Vec<_>, _>(|stretch| stretch.last().is_some_and(|last| last.row + 2 >= run.row));
        open = still;
        done.extend(ended);
        let touching = open.iter_mut().find(|stretch| {
            stretch
                .last()
                .is_some_and(|last| last.row < run.row && last.from <= run.to && run.from <= last.to)
        });
        match touching {
            Some(stretch) => stretch.push(*run),
            None => open.push(vec![*run]),
        }
    }
    done.extend(open);
    done.retain(|stretch| {
        let rows = stretch.last().zip(stretch.first()).map_or(0, |(last, first)| last.row - first.row + 1);
        rows as f32 <= thick
    });
    done
}

/// Makes a line paper, but not where a letter's stroke goes through it.
fn erase(picture: &mut GrayImage, stretch: &[Run], is_level: bool) {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return };
    let rows = if is_level { picture.height() } else { picture.width() };
    // The blur of a line's edge is taken with it.
    let (top, bottom) = (first.row.saturating_sub(1), (last.row + 1).min(rows - 1));
    let from = stretch.iter().map(|run| run.from).min().unwrap_or_default();
    let to = stretch.iter().map(|run| run.to).max().unwrap_or_default();
    for at in from..=to {
        let is_dark = |picture: &GrayImage, row: u32| {
            let (x, y) = if is_level { (at, row) } else { (row, at) };
            picture.get_pixel(x, y).0[0] < INK
        };
        let above = top > 0 && is_dark(picture, top - 1);
        let below = bottom + 1 < rows && is_dark(picture, bottom + 1);
        if above && below {
            continue;
        }
        for row in top..=bottom {
            let (x, y) = if is_level { (at, row) } else { (row, at) };
            picture.put_pixel(x, y, PAPER);
        }
    }
}

fn line(stretch: &[Run], is_level: bool) -> Line {
    let along = |pick: fn(&Run) -> u32| stretch.iter().map(pick);
    let from = along(|run| run.from).min().unwrap_or_default() as f32;
    let to = along(|run| run.to).max().unwrap_or_default() as f32 + 1.0;
    let first = along(|run| run.row).min().unwrap_or_default() as f32;
    let last = along(|run| run.row).max().unwrap_or_default() as f32 + 1.0;
    if is_level {
        Line { x0: from, y0: first, x1: to, y1: last, is_level }
    } else {
        Line { x0: first, y0: from, x1: last, y1: to, is_level }
    }
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    fn paper() -> GrayImage {
        GrayImage::from_pixel(400, 300, PAPER)
    }

    fn ink(picture: &mut GrayImage, x: std::ops::Range<u32>, y: std::ops::Range<u32>) {
        for (x, y) in x.flat_map(|x| y.clone().map(move |y| (x, y))) {
            picture.put_pixel(x, y, Luma([0]));
        }
    }

    #[test]
    fn lines_are_found_and_taken_off_and_letters_on_them_stay() {
        let mut picture = paper();
        ink(&mut picture, 20..380, 100..103);
        ink(&mut picture, 200..202, 20..280);
        ink(&mut picture, 50..53, 90..115);
        let lines = take(&mut picture, 200.0);
        let expected = [
            Line { x0: 20.0, y0: 100.0, x1: 380.0, y1: 103.0, is_level: true },
            Line { x0: 200.0, y0: 20.0, x1: 202.0, y1: 280.0, is_level: false },
        ];
        assert_eq!(lines, expected);
        assert!(picture.get_pixel(300, 101).0[0] > INK && picture.get_pixel(200, 50).0[0] > INK);
        assert!((90..115).all(|y| picture.get_pixel(51, y).0[0] < INK), "the stroke through the line");
    }

    #[test]
    fn fields_and_letters_are_no_lines() {
        let mut picture = paper();
        ink(&mut picture, 20..380, 100..130);
        ink(&mut picture, 20..60, 10..13);
        let before = picture.clone();
        assert_eq!(take(&mut picture, 200.0), []);
        assert_eq!(picture, before);
    }

    #[test]
    fn a_line_turns_with_its_page() {
        let line = Line { x0: 10.0, y0: 20.0, x1: 110.0, y1: 22.0, is_level: true };
        let all = (0..4).fold((line, (400, 300)), |(line, (width, height)), _| {
            (line.turned(1, width, height), (height, width))
        });
        assert_eq!(all.0, line);
        assert_eq!(line.turned(2, 400, 300), line.turned(1, 400, 300).turned(1, 300, 400));
        assert_eq!(line.turned(3, 400, 300), line.turned(2, 400, 300).turned(1, 400, 300));
    }
}
