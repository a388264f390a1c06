//! What shops do to photos: things half covered, little light, movement, sensor noise.
//!
//! Distortions act on the model's square input, so that one of a given size means the same whatever camera the photo
//! came from. Lengths are in pixels of a 260 pixel input and scale with the input's side.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The input side that lengths refer to.
const REFERENCE_SIDE: f32 = 260.0;
/// Electrons a pixel holds at full light: what the shot noise of little light is reckoned from.
const FULL_WELL: f32 = 2000.0;
/// Noise of reading a pixel out, in electrons.
const READ_NOISE: f32 = 6.0;
/// Exponent between light and 8-bit levels.
const GAMMA: f32 = 2.2;

/// One way a photo gets worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Distortion {
    /// Nothing is done.
    None,
    /// A rectangle of one colour covers this share of the area, in percent.
    Covered(u32),
    /// Only one part in this many of the light: darker, and noisy as few photons are.
    LowLight(u32),
    /// The camera or the thing moves by this many pixels while the picture is taken.
    MotionBlur(u32),
    /// Gaussian noise with this standard deviation, in levels of 255.
    Noise(u32),
}

impl Distortion {
    /// A name for files and tables.
    pub(crate) fn name(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Covered(percent) => format!("covered-{percent}"),
            Self::LowLight(part) => format!("light-{part}"),
            Self::MotionBlur(pixels) => format!("motion-{pixels}"),
            Self::Noise(sigma) => format!("noise-{sigma}"),
        }
    }

    /// Applies it to a square RGB picture. The same seed gives the same result.
    pub(crate) fn apply(self, rgb: &mut Vec<u8>, side: u32, seed: u64) {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        match self {
            Self::None => {}
            Self::Covered(percent) => cover(rgb, side, percent, random),
            Self::LowLight(part) => darken(rgb, part, random),
            Self::MotionBlur(pixels) => *rgb = smear(rgb, side, pixels, random),
            Self::Noise(sigma) => {
                let sigma = sigma as f32;
                for value in rgb.iter_mut() {
                    *value = level(f32::from(*value) + gauss(random) * sigma);
                }
            }
        }
    }
}

fn level(value: f32) -> u8 {
    // The clamp makes the cast exact.
    value.round().clamp(0.0, 255.0) as u8
}

/// A normally distributed number (Box and Muller, 1958).
fn gauss(random: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
    radius * (std::f32::consts::TAU * random.random::<f32>()).cos()
}

fn cover(rgb: &mut [u8], side: u32, percent: u32, random: &mut ChaCha8Rng) {
    let area = (side * side) as f32 * percent as f32 / 100.0;
    let shape = random.random_range(0.5_f32..2.0).sqrt();
    let width = ((area.sqrt() * shape) as u32).clamp(1, side);
    let height = ((area / width as f32) as u32).clamp(1, side);
    let left = random.random_range(0..=side - width);
    let top = random.random_range(0..=side - height);
    let colour: [u8; 3] = random.random();
    for y in top..top + height {
        let start = ((y * side + left) * 3) as usize;
        for pixel in rgb[start..start + width as usize * 3].chunks_exact_mut(3) {
            pixel.copy_from_slice(&colour);
        }
    }
}

fn darken(rgb: &mut [u8], part: u32, random: &mut ChaCha8Rng) {
    let exposure = 1.0 / part as f32;
    for value in rgb.iter_mut() {
        let electrons = (f32::from(*value) / 255.0).powf(GAMMA) * exposure * FULL_WELL;
        let noise = gauss(random) * (electrons + READ_NOISE * READ_NOISE).sqrt();
        let light = ((electrons + noise) / FULL_WELL).max(0.0);
        *value = level(light.powf(1.0 / GAMMA) * 255.0);
    }
}

/// The mean along a straight line through each pixel, in a direction chosen at random.
fn smear(rgb: &[u8], side: u32, pixels: u32, random: &mut ChaCha8Rng) -> Vec<u8> {
    let length = pixels as f32 * side as f32 / REFERENCE_SIDE;
    let angle = random.random_range(0.0..std::f32::consts::PI);
    let (dy, dx) = angle.sin_cos();
    let samples = (length.ceil() as i32).max(1);
    let last = side as i32 - 1;
    let offsets: Vec<(i32, i32)> = (0..samples)
        .map(|sample| {
            let along = (sample as f32 + 0.5) / samples as f32 * length - length / 2.0;
            ((along * dx).round() as i32, (along * dy).round() as i32)
        })
        .collect();
    let mut out = Vec::with_capacity(rgb.len());
    for y in 0..side as i32 {
        for x in 0..side as i32 {
            let mut sum = [0_u32; 3];
            for &(ox, oy) in &offsets {
                let at = (((y + oy).clamp(0, last) * side as i32 + (x + ox).clamp(0, last)) * 3) as usize;
                for (total, &value) in sum.iter_mut().zip(&rgb[at..at + 3]) {
                    *total += u32::from(value);
                }
            }
            out.extend(sum.map(|total| level(total as f32 / samples as f32)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: u32 = 130;

    fn applied(distortion: Distortion, seed: u64) -> Vec<u8> {
        let mut rgb = vec![120; (SIDE * SIDE * 3) as usize];
        distortion.apply(&mut rgb, SIDE, seed);
        rgb
    }

    fn mean(rgb: &[u8]) -> f64 {
        rgb.iter().map(|&v| f64::from(v)).sum::<f64>() / rgb.len() as f64
    }

    #[test]
    fn is_the_same_for_the_same_seed_only() {
        for distortion in [Distortion::Covered(25), Distortion::LowLight(4), Distortion::Noise(20)] {
            assert_eq!(applied(distortion, 5), applied(distortion, 5));
            assert_ne!(applied(distortion, 5), applied(distortion, 6), "{}", distortion.name());
        }
    }

    #[test]
    fn covers_the_area_it_says() {
        for seed in 0..20 {
            let changed = applied(Distortion::Covered(25), seed).chunks(3).filter(|p| p != &[120; 3]).count();
            let share = changed as f64 / f64::from(SIDE * SIDE);
            assert!((0.22..=0.26).contains(&share), "seed {seed}: {share}");
        }
    }

    #[test]
    fn little_light_is_darker_and_noise_keeps_the_mean() {
        let (half, eighth) = (applied(Distortion::LowLight(2), 1), applied(Distortion::LowLight(8), 1));
        assert!(mean(&eighth) < mean(&half) && mean(&half) < 120.0);
        assert!((mean(&applied(Distortion::Noise(20), 1)) - 120.0).abs() < 1.0);
    }

    #[test]
    fn motion_leaves_flat_areas_alone_and_spreads_points() {
        assert_eq!(applied(Distortion::MotionBlur(9), 1), applied(Distortion::None, 1));
        let mut point = vec![0; (SIDE * SIDE * 3) as usize];
        let centre = ((65 * SIDE + 65) * 3) as usize;
        point[centre..centre + 3].fill(250);
        Distortion::MotionBlur(18).apply(&mut point, SIDE, 1);
        let lit = point.chunks(3).filter(|p| p[0] > 0).count();
        assert!((6..=9).contains(&lit), "18 pixels of 260 are 9 of 130: {lit}");
    }
}
