//! The hand that puts things down and takes them away, as a camera with a shutter sees it: blurred where it moves.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::light::GAIN_ONE;
use super::scene::{Scene, Shadow};
use super::sprite::Patch;

/// Whose hand it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    skin: [f32; 3],
    sleeve: [f32; 3],
}

impl Look {
    pub(super) fn random(rng: &mut ChaCha8Rng) -> Self {
        let skins = [[236.0, 196.0, 170.0], [214.0, 164.0, 130.0], [165.0, 112.0, 80.0], [104.0, 70.0, 52.0]];
        let sleeves = [[52.0, 64.0, 92.0], [92.0, 94.0, 98.0], [120.0, 44.0, 48.0], [44.0, 82.0, 70.0]];
        Self {
            skin: skins[rng.random_range(0..skins.len())],
            sleeve: sleeves[rng.random_range(0..sleeves.len())],
        }
    }
}

/// A hand, with or without a thing in it, at half the frame's size.
#[derive(Debug)]
pub(super) struct HandSprite {
    patch: Patch,
    /// Where the middle of the grip is within the patch.
    grip: (f32, f32),
    shadow: Shadow,
    /// For each row, the columns that hold anything.
    spans: Vec<(u32, u32)>,
}

impl HandSprite {
    /// Draws a hand whose arm comes from below, leaning by `lean` radians, gripping something of the radius `grip_px`;
    /// `held` is drawn in the grip.
    pub(super) fn new(scene: &Scene, look: &Look, lean: f32, grip_px: f32, held: Option<&Patch>) -> Self {
        let unit = scene.px_per_mm / 2.0;
        let arm = Arm::new(unit, grip_px / 2.0, scene.height as f32 * 0.75);
        let held = held.map(Patch::halved);
        let held_reach = held.as_ref().map_or(0.0, |patch| patch.width.max(patch.height) as f32 / 2.0);
        let above = (arm.grip + 20.0 * unit).max(held_reach + 2.0);
        let sideways = (arm.length * lean.abs().tan() + 75.0 * unit).max(held_reach + 2.0);
        let (width, height) = ((sideways * 2.0) as u32, (above + arm.length * lean.cos()) as u32);
        let grip = (sideways, above);
        let mut patch = Patch { width, height, rgba: vec![0; width as usize * height as usize * 4] };
        if let Some(held) = &held {
            copy_into(&mut patch, held, grip);
        }
        let (sin, cos) = lean.sin_cos();
        for (index, pixel) in patch.rgba.chunks_exact_mut(4).enumerate() {
            let dx = (index % width as usize) as f32 + 0.5 - grip.0;
            let dy = (index / width as usize) as f32 + 0.5 - grip.1;
            let (x, y) = (dx * cos + dy * sin, dy * cos - dx * sin);
            if x.abs() < arm.reach
                && let Some((colour, alpha)) = arm.at(look, x, y)
            {
                for (value, colour) in pixel.iter_mut().zip(colour) {
                    *value = (colour * alpha + f32::from(*value) * (1.0 - alpha)).clamp(0.0, 255.0) as u8;
                }
                pixel[3] = (255.0 * alpha + f32::from(pixel[3]) * (1.0 - alpha)) as u8;
            }
        }
        let spans = (0..height).map(|y| span(patch.row(y))).collect();
        Self { shadow: scene.shadow_of(&patch), patch, grip, spans }
    }
}

/// Where a grip is, in frame pixels, when the shutter opens and when it closes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    pub(super) from: (f32, f32),
    pub(super) to: (f32, f32),
}

/// Draws moving hands; keeps its working space from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Shutter {
    sums: Vec<u16>,
}

impl Shutter {
    /// Draws a hand that moved while the shutter was open.
    pub(super) fn draw(
        &mut self,
        rgb: &mut [u8],
        scene: &Scene,
        hand: &HandSprite,
        motion: Motion,
        range: (u8, u8),
    ) {
        let Motion { from, to } = motion;
        let (width, height) = (scene.width as usize / 2, scene.height as usize / 2);
        let exposures = (length(to.0 - from.0, to.1 - from.1) / 7.0).ceil().clamp(1.0, 12.0) as u16;
        self.sums.clear();
        self.sums.resize(width * height * 4, 0);
        for exposure in 0..exposures {
            let share = (f32::from(exposure) + 0.5) / f32::from(exposures);
            let at = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            self.expose(hand, at, width, height);
        }
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        self.develop(rgb, scene, hand, middle, exposures, range);
    }

    fn expose(&mut self, hand: &HandSprite, at: (f32, f32), width: usize, height: usize) {
        let left = (at.0 / 2.0 - hand.grip.0).round() as i32;
        let top = (at.1 / 2.0 - hand.grip.1).round() as i32;
        for (row, &(start, end)) in hand.spans.iter().enumerate() {
            let y = top + row as i32;
            if y < 0 || y >= height as i32 {
                continue;
            }
            let start = (start as i32).max(-left);
            let end = (end as i32).min(width as i32 - left);
            if start >= end {
                continue;
            }
            let source = &hand.patch.row(row as u32)[start as usize * 4..end as usize * 4];
            let first = (y as usize * width + (left + start) as usize) * 4;
            for (sum, &value) in self.sums[first..].iter_mut().zip(source) {
                *sum += u16::from(value);
            }
        }
    }

    fn develop(
        &self,
        rgb: &mut [u8],
        scene: &Scene,
        hand: &HandSprite,
        at: (f32, f32),
        exposures: u16,
        range: (u8, u8),
    ) {
        let (width, height) = (scene.width as usize / 2, scene.height as usize / 2);
        let row_len = scene.width as usize * 3;
        let corner = (at.0 / 2.0 - hand.grip.0, at.1 / 2.0 - hand.grip.1);
        let (low, high) = (u32::from(range.0), u32::from(range.1));
        let exposures = u32::from(exposures);
        for y in 0..height {
            for x in 0..width {
                let sums = &self.sums[(y * width + x) * 4..][..4];
                let light = 4080 - hand.shadow.around(x as f32 - corner.0, y as f32 - corner.1);
                if sums[3] == 0 && light == 4080 {
                    continue;
                }
                let gains = scene.light.gains_at(x * 2, y * 2);
                let below = 255 * exposures - u32::from(sums[3]);
                for pixel in [0, 1].map(|dy| (y * 2 + dy) * row_len + x * 6) {
                    for (channel, value) in rgb[pixel..pixel + 6].iter_mut().enumerate() {
                        let channel = channel % 3;
                        let lit = u32::from(sums[channel]) * gains[channel] / GAIN_ONE;
                        let under = u32::from(*value) * light / 4080 * below / 255;
                        *value = ((lit + under) / exposures).clamp(low, high) as u8;
                    }
                }
            }
        }
    }
}

/// A forearm with a hand at its end, pointing up; the middle of the grip is at the origin. Lengths in half pixels.
struct Arm {
    unit: f32,
    grip: f32,
    length: f32,
    /// Nothing of it is farther to either side.
    reach: f32,
    sleeve_from: f32,
    fingers: [Capsule; 5],
    palm: Capsule,
    forearm: Capsule,
    sleeve: Capsule,
}

/// A line with a thickness at each end.
#[derive(Clone, Copy)]
struct Capsule {
    from: (f32, f32),
    to: (f32, f32),
    radius: (f32, f32),
}

impl Capsule {
    /// How far a point lies inside, negative outside; and the thickness there.
    fn depth(&self, x: f32, y: f32) -> (f32, f32) {
        let (ax, ay) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let (px, py) = (x - self.from.0, y - self.from.1);
        let along = ((px * ax + py * ay) / (ax * ax + ay * ay)).clamp(0.0, 1.0);
        let radius = self.radius.0 + (self.radius.1 - self.radius.0) * along;
        (radius - length(px - ax * along, py - ay * along), radius)
    }
}

impl Arm {
    fn new(unit: f32, grip: f32, length: f32) -> Self {
        let grip = grip.clamp(18.0 * unit, 62.0 * unit);
        let mm = |value: f32| value * unit;
        let knuckles = grip + mm(14.0);
        let finger = |knuckle: f32, tip: (f32, f32), radius: f32| Capsule {
            from: (mm(knuckle), knuckles),
            to: (grip * tip.0, grip * tip.1),
            radius: (mm(radius + 1.0), mm(radius - 0.5)),
        };
        Self {
            unit,
            grip,
            length,
            reach: (grip + mm(16.0)).max(mm(68.0)),
            sleeve_from: grip + mm(150.0),
            fingers: [
                finger(-27.0, (-0.62, -0.18), 8.6),
                finger(-9.0, (-0.22, -0.42), 9.2),
                finger(10.0, (0.2, -0.4), 9.0),
                finger(27.0, (0.58, -0.16), 8.0),
                Capsule {
                    from: (mm(-36.0), grip + mm(48.0)),
                    to: (-grip * 0.92 - mm(4.0), grip * 0.35),
                    radius: (mm(12.5), mm(9.5)),
                },
            ],
            palm: Capsule {
                from: (0.0, knuckles + mm(12.0)),
                to: (mm(2.0), knuckles + mm(52.0)),
                radius: (mm(39.0), mm(33.0)),
            },
            forearm: Capsule {
                from: (mm(2.0), knuckles + mm(70.0)),
                to: (mm(8.0), length * 1.2),
                radius: (mm(29.0), mm(44.0)),
            },
            sleeve: Capsule {
                from: (mm(4.0), grip + mm(196.0)),
                to: (mm(10.0), length * 1.2),
                radius: (mm(45.0), mm(56.0)),
            },
        }
    }

    /// The colour and the alpha at a point, if any of the arm is there.
    fn at(&self, look: &Look, x: f32, y: f32) -> Option<([f32; 3], f32)> {
        let soft = 1.4;
        if y > self.sleeve_from {
            let (depth, radius) = self.sleeve.depth(x, y);
            if depth > -soft {
                let folds =
                    1.0 + 0.05 * (y / (17.0 * self.unit) + (x / (26.0 * self.unit)).sin() * 2.0).sin();
                let shade = rounded(depth, radius) * folds;
                return Some((look.sleeve.map(|value| value * shade), ((depth + soft) / soft).min(1.0)));
            }
        }
        let parts = self.fingers.iter().chain([&self.palm, &self.forearm]);
        let deepest =
            parts.map(|part| part.depth(x, y)).fold((f32::MIN, 0.0_f32, 0.0_f32), |best, (depth, radius)| {
                let shade = if depth > -soft { rounded(depth, radius) } else { 0.0 };
                (best.0.max(depth), best.1.max(radius), best.2.max(shade))
            });
        if deepest.0 <= -soft {
            return None;
        }
        Some((look.skin.map(|value| value * deepest.2), ((deepest.0 + soft) / soft).min(1.0)))
    }
}

/// `f32::hypot` guards against overflow that pixels never come near, and takes many times as long.
pub(super) fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

/// How bright a round thing is, so deep below its outline.
fn rounded(depth: f32, radius: f32) -> f32 {
    let inwards = (depth / radius).clamp(0.0, 1.0);
    0.66 + 0.36 * (inwards * (2.0 - inwards)).sqrt()
}

/// Copies a patch so that its middle comes to lie at `middle`.
fn copy_into(target: &mut Patch, patch: &Patch, middle: (f32, f32)) {
    let left = (middle.0 - patch.width as f32 / 2.0).max(0.0) as u32;
    let top = (middle.1 - patch.height as f32 / 2.0).max(0.0) as u32;
    let columns = patch.width.min(target.width - left) as usize;
    for row in 0..patch.height.min(target.height - top) {
        let start = ((top + row) as usize * target.width as usize + left as usize) * 4;
        target.rgba[start..start + columns * 4].copy_from_slice(&patch.row(row)[..columns * 4]);
    }
}

fn span(row: &[u8]) -> (u32, u32) {
    let solid = |pixel: &[u8]| pixel[3] != 0;
    let first = row.chunks_exact(4).position(solid).unwrap_or(0);
    let last = row.chunks_exact(4).rposition(solid).map_or(0, |last| last + 1);
    (first as u32, last as u32)
}
