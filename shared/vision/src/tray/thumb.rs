//! A frame in small: each cell is the mean of a square of pixels, so that sensor noise is averaged away and everything
//! about the whole tray costs little.

use domain::frame::Frame;

/// Cells along the frame's width, at most. 320 puts some 1.5 mm of a half-metre tray into a cell.
const CELLS_WIDE: u32 = 320;

/// Levels are kept in sixteenths: the mean of 16 pixels loses nothing.
pub(super) const SCALE: f32 = 16.0;

/// A frame in small.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thumb {
    /// Cells in a row.
    pub(super) width: usize,
    /// Rows of cells.
    pub(super) height: usize,
    /// Pixels along a cell's side.
    pub(super) step: usize,
    /// Red, green, blue in sixteenths of a level, row by row.
    pub(super) cells: Vec<[u16; 3]>,
}

impl Thumb {
    /// Shrinks a frame.
    pub(super) fn of(frame: &Frame) -> Self {
        Self::of_pixels(&frame.rgb, frame.width, frame.height)
    }

    /// Shrinks `width * height * 3` bytes.
    pub(super) fn of_pixels(rgb: &[u8], width: u32, height: u32) -> Self {
        let step = width.div_ceil(CELLS_WIDE).max(1) as usize;
        let (cells_wide, cells_high) = ((width as usize / step).max(1), (height as usize / step).max(1));
        let (step_x, step_y) = (step.min(width as usize), step.min(height as usize));
        let area = (step_x * step_y) as u32;
        let mut cells = Vec::with_capacity(cells_wide * cells_high);
        let mut sums = vec![[0u32; 3]; cells_wide];
        let row_bytes = width as usize * 3;
        for cell_row in 0..cells_high {
            sums.fill([0; 3]);
            for y in 0..step_y {
                let start = (cell_row * step_y + y) * row_bytes;
                let row = &rgb[start..start + cells_wide * step_x * 3];
                for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(step_x * 3)) {
                    for pixel in pixels.chunks_exact(3) {
                        sum[0] += u32::from(pixel[0]);
                        sum[1] += u32::from(pixel[1]);
                        sum[2] += u32::from(pixel[2]);
                    }
                }
            }
            // At most 255 sixteen times over: it fits.
            cells.extend(sums.iter().map(|sum| sum.map(|total| (total * 16 / area) as u16)));
        }
        Self { width: cells_wide, height: cells_high, step, cells }
    }

    /// The cells in whole levels.
    pub(super) fn rounded(&self) -> impl Iterator<Item = [u8; 3]> {
        // At most 255 sixteen times over, rounded: it fits.
        self.cells.iter().map(|cell| cell.map(|value| ((value + 8) / 16).min(255) as u8))
    }

    /// True when both show frames of one size.
    pub(super) fn same_size(&self, other: &Self) -> bool {
        (self.width, self.height, self.step) == (other.width, other.height, other.step)
    }

    /// The share of cells in which some channel differs by more than `levels`.
    pub(super) fn share_changed(&self, other: &Self, levels: f32) -> f32 {
        let limit = (levels * SCALE) as u16;
        let differs = |(a, b): &(&[u16; 3], &[u16; 3])| (0..3).any(|c| a[c].abs_diff(b[c]) > limit);
        let changed = self.cells.iter().zip(&other.cells).filter(differs).count();
        changed as f32 / self.cells.len() as f32
    }

    /// Standard deviation of brightness over all cells, in levels.
    pub(super) fn contrast(&self) -> f32 {
        let brightness = |cell: &[u16; 3]| cell.iter().map(|&v| f32::from(v)).sum::<f32>() / 3.0 / SCALE;
        let count = self.cells.len() as f32;
        let mean = self.cells.iter().map(brightness).sum::<f32>() / count;
        (self.cells.iter().map(|cell| (brightness(cell) - mean).powi(2)).sum::<f32>() / count).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_squares_of_pixels() {
        let rgb: Vec<u8> = (0..640 * 4).flat_map(|i| [if i % 2 == 0 { 10 } else { 11 }, 100, 200]).collect();
        let thumb = Thumb::of_pixels(&rgb, 640, 4);
        assert_eq!((thumb.width, thumb.height, thumb.step), (320, 2, 2));
        assert!(thumb.cells.iter().all(|cell| *cell == [168, 1600, 3200]), "10.5 levels are 168 sixteenths");
        assert_eq!(Thumb::of_pixels(&[1, 2, 3], 1, 1).cells, [[16, 32, 48]]);
    }
}
