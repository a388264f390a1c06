//! Whether a crop is sharp enough to trust. Blur is what hurts recognition most.

/// Boxes of this many pixels are the coarse scale.
const COARSE: usize = 4;
/// Below this share of coarse steps that are also fine ones, the crop is blurred. Measured on held-in photographs:
/// sharp ones lie between 0.10 and 0.45, the same under 17 pixels of motion blur mostly below 0.06.
const SHARP: f32 = 0.055;
/// A crop with less contrast than this has nothing that could be sharp, in levels per coarse step.
const FLAT: f32 = 1.5;

/// True when the crop (`side * side * 3` bytes, the model's input) has no fine detail although it has contrast.
pub(super) fn is_blurred(input: &[u8], side: usize) -> bool {
    let (fine, coarse) = detail(input, side);
    coarse > FLAT && fine / coarse < SHARP
}

/// Mean step between neighbouring pixels beyond what a slope of the coarse scale explains, and between neighbouring boxes.
fn detail(input: &[u8], side: usize) -> (f32, f32) {
    let green = |x: usize, y: usize| i32::from(input[(y * side + x) * 3 + 1]);
    let mut fine: u64 = 0;
    for y in 1..side - 1 {
        for x in 1..side - 1 {
            let across = green(x - 1, y) - 2 * green(x, y) + green(x + 1, y);
            let down = green(x, y - 1) - 2 * green(x, y) + green(x, y + 1);
            // The weaker direction: motion blurs one only, and that is enough to be blurred.
            fine += u64::from(across.unsigned_abs().min(down.unsigned_abs()));
        }
    }
    let boxes = side / COARSE;
    let mut means = vec![0i32; boxes * boxes];
    for (index, mean) in means.iter_mut().enumerate() {
        let (left, top) = (index % boxes * COARSE, index / boxes * COARSE);
        let pixels = (0..COARSE).flat_map(|y| (0..COARSE).map(move |x| green(left + x, top + y)));
        *mean = pixels.sum::<i32>() / (COARSE * COARSE) as i32;
    }
    let mut coarse: u64 = 0;
    for (index, mean) in means.iter().enumerate() {
        let right = if (index + 1) % boxes == 0 { *mean } else { means[index + 1] };
        coarse += u64::from(mean.abs_diff(right));
    }
    (fine as f32 / ((side - 2) * (side - 2)) as f32, coarse as f32 / means.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripes(period: usize, soft: bool) -> Vec<u8> {
        let level = |x: usize, y: usize| {
            let at = (x + y) % period;
            let slope = if at < period / 2 { at } else { period - at } * 510 / period;
            if soft {
                slope
            } else if at < period / 2 {
                0
            } else {
                255
            }
        };
        (0..96 * 96).flat_map(|i| [level(i % 96, i / 96) as u8; 3]).collect()
    }

    #[test]
    fn tells_soft_slopes_from_edges() {
        assert!(!is_blurred(&stripes(16, false), 96));
        assert!(is_blurred(&stripes(48, true), 96));
        assert!(!is_blurred(&[90; 96 * 96 * 3], 96), "nothing to be sharp about");
    }
}
