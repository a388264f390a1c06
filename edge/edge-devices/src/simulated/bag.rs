//! Things in clear bags: a film with folds and lights around them.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::scene::Scene;
use super::sprite::Patch;

/// How much wider than the thing the bag is on each side, in millimetres.
const SLACK_MM: std::ops::Range<f32> = 3.0..9.0;
/// How much of what is behind it the film hides.
const MILKY: std::ops::Range<f32> = 0.08..0.28;
/// How bright the film is where the lamp shines on it.
const FILM: f32 = 232.0;

/// The same thing in a bag, and the corner that keeps it where it lay.
pub(super) fn bagged(
    patch: &Patch,
    corner: (i32, i32),
    scene: &Scene,
    rng: &mut ChaCha8Rng,
) -> (Patch, (i32, i32)) {
    let pad = (rng.random_range(SLACK_MM) * scene.px_per_mm).ceil() as u32;
    let (width, height) = (patch.width + 2 * pad, patch.height + 2 * pad);
    let milky = rng.random_range(MILKY);
    let folds = Folds::random(rng);
    let half = (width as f32 / 2.0, height as f32 / 2.0);
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    for y in 0..height {
        for x in 0..width {
            // A pillow: round at its corners.
            let (dx, dy) = ((x as f32 + 0.5 - half.0) / half.0, (y as f32 + 0.5 - half.1) / half.1);
            let inside = dx.powi(4) + dy.powi(4) < 1.0;
            let fold = folds.at(x as f32 / scene.px_per_mm, y as f32 / scene.px_per_mm);
            let share = if inside {
                (milky + 0.12 * fold + (fold - 0.7).max(0.0) * 2.0).clamp(0.0, 0.95)
            } else {
                0.0
            };
            let thing = (x.checked_sub(pad), y.checked_sub(pad));
            let below: [u8; 4] = match thing {
                (Some(x), Some(y)) if x < patch.width && y < patch.height => {
                    let at = (y as usize * patch.width as usize + x as usize) * 4;
                    [patch.rgba[at], patch.rgba[at + 1], patch.rgba[at + 2], patch.rgba[at + 3]]
                }
                _ => [0; 4],
            };
            // Premultiplied: the film lies over the thing.
            let over = |value: u8, film: f32| (f32::from(value) * (1.0 - share) + film * share).round() as u8;
            rgba.extend([0, 1, 2].map(|channel| over(below[channel], FILM)));
            rgba.push(over(below[3], 255.0));
        }
    }
    let moved = (corner.0 - pad as i32, corner.1 - pad as i32);
    (Patch { width, height, rgba }, moved)
}

/// Creases of the film: waves that cross each other, from -1 to 1.
struct Folds([(f32, f32, f32); 4]);

impl Folds {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        Self(std::array::from_fn(|_| {
            let angle = rng.random_range(0.0..std::f32::consts::TAU);
            let per_mm = rng.random_range(0.15..0.7);
            (angle.cos() * per_mm, angle.sin() * per_mm, rng.random_range(0.0..std::f32::consts::TAU))
        }))
    }

    fn at(&self, x_mm: f32, y_mm: f32) -> f32 {
        self.0.iter().map(|(right, down, phase)| (right * x_mm + down * y_mm + phase).sin()).sum::<f32>()
            / 2.0
    }
}
