//! Sets a picture straight whose lines of text rise or fall.
//!
//! Rows of pixels across straight text are either full of ink or empty, so the angle is taken at which neighbouring rows differ
//! most (Postl's projection profile).

use image::GrayImage;

use super::grey::{INK, PAPER};

/// How far a page may be turned, in degrees.
const MOST: f32 = 10.0;

/// Angles below this are left: turning blurs, and recognition does not mind them.
const LEAST: f32 = 0.15;

/// How many dark spots are looked at; more do not change the angle.
const SPOTS_MAX: usize = 60_000;

/// The side of the squares whose darkness is looked at, as a part of the picture's width.
const ROWS_PER_WIDTH: u32 = 900;

/// Turns the picture back by the angle that its lines have.
pub(super) fn straighten(picture: GrayImage) -> GrayImage {
    let degrees = angle(&picture);
    if degrees.abs() < LEAST { picture } else { rotate(&picture, degrees) }
}

/// The angle in degrees by which lines fall to the right.
fn angle(picture: &GrayImage) -> f32 {
    let spots = spots(picture);
    if spots.len() < 200 {
        return 0.0;
    }
    let best = |angles: &mut dyn Iterator<Item = f32>| {
        let scored = angles.map(|degrees| (contrast(&spots, degrees), degrees));
        scored.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |(_, degrees)| degrees)
    };
    let steps =
        |middle: f32, step: f32, count: i32| (-count..=count).map(move |index| middle + index as f32 * step);
    let rough = best(&mut steps(0.0, 0.5, (MOST / 0.5) as i32));
    let finer = best(&mut steps(rough, 0.1, 5));
    let angle = best(&mut steps(finer, 0.02, 5));
    // A page whose rows tell nothing keeps the way it lies.
    if contrast(&spots, angle) > contrast(&spots, 0.0) * 1.02 { angle } else { 0.0 }
}

/// Dark spots with their places in units of rows.
fn spots(picture: &GrayImage) -> Vec<(f32, f32)> {
    let (width, height) = picture.dimensions();
    let step = (width / ROWS_PER_WIDTH).max(1);
    let mut spots = Vec::new();
    for y in (0..height).step_by(step as usize) {
        for x in (0..width).step_by(step as usize) {
            if picture.get_pixel(x, y).0[0] < INK {
                spots.push((x as f32 / step as f32, y as f32 / step as f32));
            }
        }
    }
    let every = spots.len() / SPOTS_MAX + 1;
    if every > 1 { spots.into_iter().step_by(every).collect() } else { spots }
}

/// How much rows differ from their neighbours when the picture is turned by the angle.
fn contrast(spots: &[(f32, f32)], degrees: f32) -> f64 {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let down = |spot: &(f32, f32)| spot.1 * cos - spot.0 * sin;
    let (mut least, mut most) = (f32::MAX, f32::MIN);
    for spot in spots {
        let row = down(spot);
        (least, most) = (least.min(row), most.max(row));
    }
    let mut rows = vec![0_i64; (most - least) as usize + 2];
    for spot in spots {
        rows[(down(spot) - least) as usize] += 1;
    }
    rows.windows(2).map(|pair| ((pair[1] - pair[0]) * (pair[1] - pair[0])) as f64).sum()
}

/// The picture turned about its middle, of the same size; what was outside is paper.
fn rotate(picture: &GrayImage, degrees: f32) -> GrayImage {
    let (width, height) = picture.dimensions();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (middle_x, middle_y) = (width as f32 / 2.0, height as f32 / 2.0);
    let mut turned = GrayImage::from_pixel(width, height, PAPER);
    let raw = picture.as_raw();
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (x as f32 - middle_x, y as f32 - middle_y);
            let (from_x, from_y) = (middle_x + dx * cos - dy * sin, middle_y + dx * sin + dy * cos);
            if from_x < 0.0 || from_y < 0.0 || from_x >= (width - 1) as f32 || from_y >= (height - 1) as f32 {
                continue;
            }
            let at = from_y as usize * width as usize + from_x as usize;
            let (over, down) = (from_x.fract(), from_y.fract());
            let across = |at: usize| f32::from(raw[at]) * (1.0 - over) + f32::from(raw[at + 1]) * over;
            let mixed = across(at) * (1.0 - down) + across(at + width as usize) * down;
            turned.put_pixel(x, y, image::Luma([mixed as u8]));
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    /// Lines of strokes, like text.
    fn text() -> GrayImage {
        GrayImage::from_fn(800, 800, |x, y| {
            let is_inside = (100..700).contains(&x) && (100..700).contains(&y);
            Luma([if is_inside && y % 30 < 12 && (x / 4 + y / 30 * 7) % 3 != 0 { 0 } else { 255 }])
        })
    }

    #[test]
    fn lines_become_level() {
        for degrees in [-9.0, -3.3, -0.4, 0.7, 5.0] {
            let crooked = rotate(&text(), -degrees);
            let found = angle(&crooked);
            assert!((found - degrees).abs() < 0.1, "{degrees}: {found}");
            assert!(angle(&straighten(crooked)).abs() < LEAST);
        }
    }

    #[test]
    fn straight_and_empty_pages_are_left_alone() {
        let straight = text();
        assert_eq!(straighten(straight.clone()), straight);
        let empty = GrayImage::from_pixel(300, 300, PAPER);
        assert_eq!(straighten(empty.clone()), empty);
    }
}
