//! Light over the tray, and the noise of the sensor that sees it.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Lighting;

/// One as the gains have it.
pub(super) const GAIN_ONE: u32 = 1 << 12;

/// How much darker the corners are than the middle: the lens.
const VIGNETTE: f32 = 0.16;

/// The gain of every pixel and of every channel.
#[derive(Debug, Clone)]
pub(super) struct LightMap {
    gains: Vec<u16>,
    width: usize,
    tint: [u32; 3],
}

impl LightMap {
    pub(super) fn new(width: u32, height: u32, lighting: &Lighting) -> Self {
        let (half_width, half_height) = (width as f32 / 2.0, height as f32 / 2.0);
        let (sin, cos) = lighting.angle_deg.to_radians().sin_cos();
        let corner = half_width.hypot(half_height);
        let mut gains = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            let dy = y as f32 - half_height;
            for x in 0..width {
                let dx = x as f32 - half_width;
                let near = (dx * cos + dy * sin) / corner;
                let far_from_middle = (dx * dx + dy * dy) / (corner * corner);
                let gain = lighting.brightness
                    * (1.0 + lighting.gradient * near)
                    * (1.0 - VIGNETTE * far_from_middle);
                gains.push((gain.clamp(0.0, 4.0) * GAIN_ONE as f32) as u16);
            }
        }
        let warmth = lighting.warmth;
        let tint = [1.0 + 0.07 * warmth, 1.0 + 0.01 * warmth, 1.0 - 0.10 * warmth];
        Self { gains, width: width as usize, tint: tint.map(|gain| (gain * GAIN_ONE as f32) as u32) }
    }

    /// Lights unlit pixels in place.
    pub(super) fn apply(&self, rgb: &mut [u8], range: (u8, u8)) {
        for (pixel, &gain) in rgb.chunks_exact_mut(3).zip(&self.gains) {
            for (value, tint) in pixel.iter_mut().zip(self.tint) {
                let lit = ((u32::from(*value) * u32::from(gain)) >> 12) * tint;
                *value = (lit >> 12).clamp(u32::from(range.0), u32::from(range.1)) as u8;
            }
        }
    }

    /// The gains of one pixel's channels.
    pub(super) fn gains_at(&self, x: usize, y: usize) -> [u32; 3] {
        let gain = u32::from(self.gains[y * self.width + x]);
        self.tint.map(|tint| (gain * tint) >> 12)
    }
}

impl Lighting {
    /// A light that some shop might have: the seed chooses.
    pub fn by_seed(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x006c_6967_6874);
        Self {
            brightness: rng.random_range(0.82..1.12),
            warmth: rng.random_range(-0.6..0.8),
            gradient: rng.random_range(0.0..0.25),
            angle_deg: rng.random_range(0.0..360.0),
        }
    }
}

/// Sensor noise: precomputed once, laid over every frame with each row beginning elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Noise {
    /// Whole levels, two's complement: added with wrapping to pixels that keep [`margin`](Self::margin) from both ends.
    levels: Vec<u8>,
    margin: u8,
    seed: u64,
}

impl Noise {
    pub(super) fn new(sigma: f32, seed: u64, row_len: usize) -> Self {
        let margin = (sigma * 4.0).ceil().clamp(0.0, 40.0) as u8;
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x006e_6f69_7365);
        let count = if margin == 0 { 0 } else { row_len + (1 << 18) };
        let limit = f32::from(margin);
        let levels = (0..count)
            .map(|_| (gaussian(&mut rng) * sigma).round().clamp(-limit, limit) as i8 as u8)
            .collect();
        Self { levels, margin, seed }
    }

    /// The darkest and the brightest value that noise can be added to.
    pub(super) fn range(&self) -> (u8, u8) {
        (self.margin, 255 - self.margin)
    }

    /// Writes `still` with the noise of one frame to `frame`.
    pub(super) fn add(&self, still: &[u8], frame: &mut [u8], row_len: usize, number: u64) {
        if self.levels.is_empty() {
            frame.copy_from_slice(still);
            return;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(number));
        let last_start = self.levels.len() - row_len;
        for (out, row) in frame.chunks_exact_mut(row_len).zip(still.chunks_exact(row_len)) {
            let start = rng.next_u32() as usize % (last_start + 1);
            for ((out, &value), &level) in out.iter_mut().zip(row).zip(&self.levels[start..]) {
                *out = value.wrapping_add(level);
            }
        }
    }
}

/// A draw of mean 0 and variance 1, near enough to a normal one: the sum of four uniform draws.
pub(super) fn gaussian(rng: &mut ChaCha8Rng) -> f32 {
    let bits = rng.next_u64();
    let sum: u64 = (0..4).map(|i| (bits >> (16 * i)) & 0xffff).sum();
    // Four uniform draws of 0..65536 have mean 4 * 32768 and variance 4 * 65536^2 / 12.
    (sum as f32 - 131_072.0) / 37_837.2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_strength_asked_for_and_never_wraps() {
        let noise = Noise::new(2.0, 1, 300);
        let (low, high) = noise.range();
        for level in [low, 128, high] {
            let still = vec![level; 300 * 100];
            let mut frame = vec![0; still.len()];
            noise.add(&still, &mut frame, 300, 5);
            let differences = frame.iter().map(|&v| f32::from(v) - f32::from(level));
            let variance = differences.map(|d| d * d).sum::<f32>() / 30_000.0;
            assert!((variance.sqrt() - 2.0).abs() < 0.15, "{}", variance.sqrt());
        }
    }

    #[test]
    fn noise_differs_from_frame_to_frame_and_not_from_run_to_run() {
        let frame = |number| {
            let mut frame = vec![0; 900];
            Noise::new(1.5, 9, 300).add(&[100; 900], &mut frame, 300, number);
            frame
        };
        assert_eq!(frame(1), frame(1));
        assert_ne!(frame(1), frame(2));
    }
}
