//! A picture as cameras give it and vision reads it.

use std::sync::Arc;

use crate::time::MonotonicMs;

/// One camera frame: 8-bit RGB, rows top to bottom, no padding.
#[derive(Clone)]
pub struct Frame {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: Arc<[u8]>,
    /// Counts up by one per frame of a camera; a gap means frames were skipped.
    pub number: u64,
    /// When the camera delivered it.
    pub captured_at: MonotonicMs,
}

impl Frame {
    /// Wraps pixels.
    ///
    /// # Panics
    /// When `rgb` is not `width * height * 3` bytes: a decoder's fault, never data.
    pub fn new(width: u32, height: u32, rgb: Arc<[u8]>, number: u64, captured_at: MonotonicMs) -> Self {
        assert_eq!(rgb.len(), width as usize * height as usize * 3, "pixels must fill the frame");
        Self { width, height, rgb, number, captured_at }
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}x{} #{} at {} ms)", self.width, self.height, self.number, self.captured_at.0)
    }
}

/// A rectangle in pixels of the frame it was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelBox {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

impl PixelBox {
    /// Area in pixels.
    pub fn area(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Area shared with another box, in pixels.
    pub fn intersection(&self, other: &Self) -> u64 {
        let overlap = |a0: u32, a_len: u32, b0: u32, b_len: u32| {
            (a0 + a_len).min(b0 + b_len).saturating_sub(a0.max(b0))
        };
        let width = overlap(self.x, self.width, other.x, other.width);
        let height = overlap(self.y, self.height, other.y, other.height);
        u64::from(width) * u64::from(height)
    }

    /// Intersection over union, in thousandths: integer, so that the cores stay exact.
    pub fn iou_permille(&self, other: &Self) -> u32 {
        let shared = self.intersection(other);
        let union = self.area() + other.area() - shared;
        let permille = (shared * 1000).checked_div(union).unwrap_or(0);
        u32::try_from(permille).expect("at most 1000")
    }

    /// The centre, in pixels, rounded down.
    pub fn centre(&self) -> (u32, u32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_overlap() {
        let a = PixelBox { x: 0, y: 0, width: 10, height: 10 };
        let b = PixelBox { x: 5, y: 0, width: 10, height: 10 };
        let far = PixelBox { x: 50, y: 50, width: 1, height: 1 };
        assert_eq!((a.iou_permille(&a), a.iou_permille(&b), a.iou_permille(&far)), (1000, 333, 0));
    }
}
