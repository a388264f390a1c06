//! Grey pixels: levelling paper to white, enlarging, turning, and how high letters are.

use image::{GrayImage, Luma, imageops};

/// Paper is looked at in squares of this many pixels.
const SQUARE: u32 = 32;

/// Below this a pixel is ink, once the paper is white.
pub(super) const INK: u8 = 140;

/// Paper that is at least this light everywhere needs no levelling.
const WHITE_ENOUGH: u8 = 245;

/// Where the darkest paper may be and still be paper: what is darker is a dark field with light letters, or a picture.
const PAPER_DARKEST: u8 = 70;

/// Makes paper white where shadow and yellowing darken it.
pub(super) fn level(picture: GrayImage) -> GrayImage {
    let paper = Paper::of(&picture);
    if paper.squares.iter().all(|light| *light >= WHITE_ENOUGH) {
        return picture;
    }
    let (width, height) = picture.dimensions();
    let mut levelled = picture;
    for y in 0..height {
        let row = paper.row(y, width);
        let start = y as usize * width as usize;
        let pixels = &mut levelled.as_mut()[start..start + width as usize];
        for (pixel, light) in pixels.iter_mut().zip(row) {
            let white = u32::from(*pixel) * 255 / u32::from(light.max(1));
            *pixel = u8::try_from(white).unwrap_or(u8::MAX);
        }
    }
    levelled
}

/// How light the paper is, square by square.
struct Paper {
    squares: Vec<u8>,
    across: usize,
    down: usize,
}

impl Paper {
    fn of(picture: &GrayImage) -> Self {
        let (width, height) = picture.dimensions();
        let (across, down) = (width.div_ceil(SQUARE) as usize, height.div_ceil(SQUARE) as usize);
        let mut squares = Vec::with_capacity(across * down);
        for row in 0..height.div_ceil(SQUARE) {
            for column in 0..width.div_ceil(SQUARE) {
                squares.push(lightness(picture, column * SQUARE, row * SQUARE));
            }
        }
        let mut paper = Self { squares, across, down };
        paper.fill_dark();
        paper
    }

    /// A square without paper takes the lightness of its neighbours; a page of dark squares stays as it is.
    fn fill_dark(&mut self) {
        let seen = self.squares.clone();
        for row in 0..self.down {
            for column in 0..self.across {
                let at = row * self.across + column;
                let around = self.around(&seen, column, row);
                self.squares[at] = if seen[at] >= PAPER_DARKEST { seen[at].max(around / 2) } else { around };
            }
        }
    }

    fn around(&self, seen: &[u8], column: usize, row: usize) -> u8 {
        let rows = row.saturating_sub(2)..(row + 3).min(self.down);
        let columns = column.saturating_sub(2)..(column + 3).min(self.across);
        let all = rows.flat_map(|row| columns.clone().map(move |column| (row, column)));
        let lightest = all.map(|(row, column)| seen[row * self.across + column]).max().unwrap_or(u8::MAX);
        if lightest < PAPER_DARKEST { u8::MAX } else { lightest }
    }

    /// The paper below one row of pixels, with no steps between squares.
    fn row(&self, y: u32, width: u32) -> Vec<u8> {
        let place = |at: u32, most: usize| {
            let middle = (at as f32 - SQUARE as f32 / 2.0).max(0.0) / SQUARE as f32;
            let low = (middle as usize).min(most - 1);
            (low, (low + 1).min(most - 1), middle - low as f32)
        };
        let (above, below, down) = place(y, self.down);
        (0..width)
            .map(|x| {
                let (left, right, over) = place(x, self.across);
                let square = |row: usize, column: usize| f32::from(self.squares[row * self.across + column]);
                let mix =
                    |row| square(row, left) * (1.0 - over.min(1.0)) + square(row, right) * over.min(1.0);
                (mix(above) * (1.0 - down.min(1.0)) + mix(below) * down.min(1.0)) as u8
            })
            .collect()
    }
}

/// How light the lighter part of a square is.
fn lightness(picture: &GrayImage, left: u32, top: u32) -> u8 {
    let mut counts = [0_u32; 256];
    let mut all = 0;
    for y in (top..(top + SQUARE).min(picture.height())).step_by(2) {
        for x in (left..(left + SQUARE).min(picture.width())).step_by(2) {
            counts[usize::from(picture.get_pixel(x, y).0[0])] += 1;
            all += 1;
        }
    }
    let mut lighter = 0;
    for (light, count) in counts.iter().enumerate().rev() {
        lighter += count;
        // The lightest tenth may be a reflection or noise.
        if lighter * 10 >= all {
            return u8::try_from(light).unwrap_or(u8::MAX);
        }
    }
    u8::MAX
}

/// The usual height of small letters and digits, in pixels; nothing where there are too few to tell.
pub(super) fn letter_height(picture: &GrayImage) -> Option<f32> {
    let (width, height) = picture.dimensions();
    let mut heights = Vec::new();
    // Strips of ink from top to bottom in every third column: a letter's strokes are as high as it is often enough.
    for x in (0..width).step_by(3) {
        let mut began = None;
        for y in 0..height {
            let is_ink =
                (x.saturating_sub(1)..(x + 2).min(width)).any(|x| picture.get_pixel(x, y).0[0] < INK);
            match (is_ink, began) {
                (true, None) => began = Some(y),
                (false, Some(top)) => {
                    heights.push(y - top);
                    began = None;
                }
                _ => {}
            }
        }
    }
    heights.retain(|height| (4..120).contains(height));
    if heights.len() < 200 {
        return None;
    }
    heights.sort_unstable();
    // Level strokes are thin, so the upper part tells how high upright ones are.
    Some(heights[heights.len() * 3 / 4] as f32)
}

/// The same picture with more pixels.
pub(super) fn enlarge(picture: &GrayImage, factor: f32) -> GrayImage {
    let size = |side: u32| (side as f32 * factor).round() as u32;
    let (width, height) = picture.dimensions();
    imageops::resize(picture, size(width), size(height), imageops::FilterType::CatmullRom)
}

/// The picture turned clockwise by quarters.
pub(super) fn turned(picture: &GrayImage, quarters: u8) -> GrayImage {
    match quarters % 4 {
        1 => imageops::rotate90(picture),
        2 => imageops::rotate180(picture),
        3 => imageops::rotate270(picture),
        _ => picture.clone(),
    }
}

/// Light where the picture ends.
pub(super) const PAPER: Luma<u8> = Luma([u8::MAX]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_goes_and_ink_stays() {
        // Paper that darkens to the right, with a stroke every 50 pixels.
        let picture = GrayImage::from_fn(400, 200, |x, _| {
            let paper = 250 - (x * 140 / 400) as u8;
            Luma([if x % 50 < 3 { paper / 5 } else { paper }])
        });
        let levelled = level(picture);
        for (x, pixel) in (0..400).map(|x| (x, levelled.get_pixel(x, 100).0[0])) {
            assert_eq!(pixel < INK, x % 50 < 3, "{x}: {pixel}");
            assert!(x % 50 < 3 || pixel > 220, "{x}: {pixel}");
        }
    }

    #[test]
    fn white_paper_is_left_alone() {
        let picture = GrayImage::from_fn(100, 100, |x, y| Luma([if (x + y) % 7 == 0 { 10 } else { 250 }]));
        assert_eq!(level(picture.clone()), picture);
    }
}
