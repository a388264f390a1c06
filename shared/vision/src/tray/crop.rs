//! Cuts a thing out of a frame as the model reads it: what lies beside it is painted over with the empty tray.

use domain::frame::{Frame, PixelBox};

use super::scene::Heap;
use super::thumb::Thumb;
use crate::preprocess::{Region, item_crop, to_input};

/// Cuts things out of one frame.
pub(super) struct Cutter<'a> {
    pub(super) frame: &'a Frame,
    pub(super) thumb: &'a Thumb,
    pub(super) heap: &'a Heap,
}

impl Cutter<'_> {
    /// The model's input of `side * side * 3` bytes for the thing in `bounds`, whose cells `is_own` names.
    pub(super) fn input(&self, bounds: PixelBox, is_own: impl Fn(usize) -> bool, side: u32) -> Vec<u8> {
        let size = (self.frame.width, self.frame.height);
        let region = item_crop(bounds, size);
        let foreign = self.foreign(region, is_own);
        if foreign.is_empty() {
            return to_input(&self.frame.rgb, size, region, side);
        }
        let mut rgb = self.copy(region);
        for cell in foreign {
            self.paint(&mut rgb, region, cell);
        }
        let whole = Region { x: 0, y: 0, ..region };
        to_input(&rgb, (region.width, region.height), whole, side)
    }

    /// The cells in the region that show something else than the thing or the tray, and the bare ones beside them, into
    /// which its rim reaches.
    fn foreign(&self, region: Region, is_own: impl Fn(usize) -> bool) -> Vec<usize> {
        let (width, height, step) = (self.thumb.width, self.thumb.height, self.thumb.step);
        let span = |start: u32, length: u32, limit: usize| {
            let first = (start as usize / step).min(limit - 1);
            first..(start as usize + length as usize).div_ceil(step).min(limit).max(first + 1)
        };
        let (columns, rows) = (span(region.x, region.width, width), span(region.y, region.height, height));
        let owner = &self.heap.blobs.owner;
        let is_foreign = |cell: usize| owner[cell].is_some() && !is_own(cell);
        let around = |x: usize, y: usize| {
            let rows = y.saturating_sub(1)..(y + 2).min(height);
            rows.flat_map(move |row| {
                (x.saturating_sub(1)..(x + 2).min(width)).map(move |column| row * width + column)
            })
        };
        let cells = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
        cells
            .filter(|&(x, y)| {
                let cell = y * width + x;
                is_foreign(cell) || (owner[cell].is_none() && around(x, y).any(is_foreign))
            })
            .map(|(x, y)| y * width + x)
            .collect()
    }

    fn copy(&self, region: Region) -> Vec<u8> {
        let row_bytes = self.frame.width as usize * 3;
        let mut rgb = Vec::with_capacity(region.width as usize * region.height as usize * 3);
        for y in region.y..region.y + region.height {
            let start = y as usize * row_bytes + region.x as usize * 3;
            rgb.extend_from_slice(&self.frame.rgb[start..start + region.width as usize * 3]);
        }
        rgb
    }

    /// Paints one cell of the frame in a copy of the region.
    fn paint(&self, rgb: &mut [u8], region: Region, cell: usize) {
        let step = self.thumb.step as u32;
        let (x, y) = ((cell % self.thumb.width) as u32 * step, (cell / self.thumb.width) as u32 * step);
        // Levels are from 0 to 255.
        let colour = self.heap.empty[cell].map(|level| level.round().clamp(0.0, 255.0) as u8);
        let columns = x.max(region.x)..(x + step).min(region.x + region.width);
        for row in y.max(region.y)..(y + step).min(region.y + region.height) {
            for column in columns.clone() {
                let at = ((row - region.y) * region.width + column - region.x) as usize * 3;
                rgb[at..at + 3].copy_from_slice(&colour);
            }
        }
    }
}
