//! The empty tray on its counter, before light falls on it.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::TrayKind;
use super::hand::length;
use super::light::gaussian;

/// The tray as the camera above sees it; lengths in pixels.
#[derive(Debug, Clone)]
pub(super) struct Backdrop {
    /// `width * height * 3` bytes.
    pub(super) rgb: Vec<u8>,
    /// Where things can lie: left, top, right, bottom.
    pub(super) floor: (u32, u32, u32, u32),
}

/// Lengths of the tray, in millimetres.
const COUNTER_MM: f32 = 9.0;
const RIM_MM: f32 = 13.0;
const CORNER_MM: f32 = 26.0;

impl Backdrop {
    pub(super) fn new(width: u32, height: u32, px_per_mm: f32, kind: TrayKind, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0074_7261_7921);
        let material = Material::of(kind, &mut rng);
        let shape = Shape {
            half: (width as f32 / 2.0 - COUNTER_MM * px_per_mm, height as f32 / 2.0 - COUNTER_MM * px_per_mm),
            corner: CORNER_MM * px_per_mm,
            rim: RIM_MM * px_per_mm,
        };
        let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
        let mut grain = Grain::new(material.brushed, width);
        for y in 0..height {
            let dy = y as f32 + 0.5 - height as f32 / 2.0;
            grain.next_row(&mut rng);
            for x in 0..width {
                let dx = x as f32 + 0.5 - width as f32 / 2.0;
                let depth = shape.distance(dx, dy);
                let grain = grain.at(x as usize, &mut rng);
                let colour = if depth < -shape.rim {
                    material.floor(&shape, (dx, dy), depth, grain, px_per_mm)
                } else {
                    // The outer edge is drawn soft: a camera sees no staircase.
                    let outside = ((depth + 1.2) / 2.4).clamp(0.0, 1.0);
                    let rim = material.rim(&shape, dx, dy, depth.min(0.0), grain);
                    let counter = counter(depth.max(0.0), &shape, grain);
                    std::array::from_fn(|i| rim[i] + (counter[i] - rim[i]) * outside)
                };
                rgb.extend(colour.map(|value| value.clamp(0.0, 255.0) as u8));
            }
        }
        let edge = (COUNTER_MM + RIM_MM + 3.0) * px_per_mm;
        let floor = (edge as u32, edge as u32, width - edge as u32, height - edge as u32);
        Self { rgb, floor }
    }
}

/// What the tray is made of, and how that looks.
struct Material {
    colour: [f32; 3],
    /// How strong the grain is, in levels.
    grain: f32,
    /// Grain drawn out from left to right.
    brushed: bool,
    /// How much its slopes catch the light.
    gloss: f32,
    /// Raised dots, this many millimetres apart.
    dots_mm: Option<f32>,
    /// A broad band of reflected light: where it is (-1 to 1), and how bright.
    band: (f32, f32),
}

impl Material {
    fn of(kind: TrayKind, rng: &mut ChaCha8Rng) -> Self {
        let kinds = [TrayKind::Steel, TrayKind::Plastic, TrayKind::Rubber];
        let chosen = kinds[rng.random_range(0..kinds.len())];
        let shade = rng.random_range(-7.0..7.0_f32);
        let tint = rng.random_range(-2.0..2.0_f32);
        let band = rng.random_range(-0.5..0.5_f32);
        let shaded = |r: f32, g: f32, b: f32| [r + shade + tint, g + shade, b + shade - tint];
        match if kind == TrayKind::BySeed { chosen } else { kind } {
            TrayKind::Steel | TrayKind::BySeed => Self {
                colour: shaded(170.0, 174.0, 178.0),
                grain: 2.6,
                brushed: true,
                gloss: 52.0,
                dots_mm: None,
                band: (band, 16.0),
            },
            TrayKind::Plastic => Self {
                colour: shaded(197.0, 199.0, 198.0),
                grain: 2.0,
                brushed: false,
                gloss: 30.0,
                dots_mm: None,
                band: (band, 4.0),
            },
            TrayKind::Rubber => Self {
                colour: shaded(66.0, 69.0, 74.0),
                grain: 2.2,
                brushed: false,
                gloss: 26.0,
                dots_mm: Some(7.5),
                band: (band, 3.0),
            },
        }
    }

    /// The raised edge: a wall up, a rounded lip, and down again.
    fn rim(&self, shape: &Shape, dx: f32, dy: f32, depth: f32, grain: f32) -> [f32; 3] {
        let across = (depth + shape.rim) / shape.rim;
        let (nx, ny) = shape.outwards(dx, dy);
        // Light comes from the upper left; the wall faces inwards, the outer side faces outwards.
        let facing = -(nx * 0.62 + ny * 0.78);
        let slope = (std::f32::consts::PI * (across * 1.08 + 0.02)).cos();
        let lip = (-((across - 0.62) / 0.16).powi(2)).exp();
        let foot = (1.0 - across * 4.0).max(0.0);
        let change = -facing * slope * self.gloss + lip * self.gloss * 0.5 - foot * self.gloss * 0.55;
        self.colour.map(|value| value + change + grain * self.grain * 0.6)
    }

    fn floor(&self, shape: &Shape, at: (f32, f32), depth: f32, grain: f32, px_per_mm: f32) -> [f32; 3] {
        let from_wall = (-depth - shape.rim) / (16.0 * px_per_mm);
        let shade = if from_wall < 1.0 { -0.13 * (1.0 - from_wall).powi(2) } else { 0.0 };
        let along = at.0 / shape.half.0 - self.band.0;
        let band = self.band.1 * (-(along / 0.38).powi(2)).exp();
        let dots = self.dots_mm.map_or(0.0, |apart| dot(at, apart * px_per_mm) * 13.0);
        self.colour.map(|value| value * (1.0 + shade) + band + dots + grain * self.grain)
    }
}

/// A raised dot of a grid, lit from the upper left: from -1 to 1.
fn dot(at: (f32, f32), apart: f32) -> f32 {
    let odd_row = ((at.1 / apart).floor() as i64).rem_euclid(2) as f32;
    let within = |value: f32| value.rem_euclid(apart) / apart - 0.5;
    let (x, y) = (within(at.0 + odd_row * apart / 2.0), within(at.1));
    let radius = length(x, y) / 0.24;
    if radius >= 1.0 {
        return 0.0;
    }
    let steepness = (std::f32::consts::PI * radius).sin();
    -(x * 0.62 + y * 0.78) / (radius * 0.24).max(0.01) * steepness
}

/// The counter around the tray: dark laminate, darker still right beside the tray.
fn counter(depth: f32, shape: &Shape, grain: f32) -> [f32; 3] {
    let beside = (1.0 - depth / (shape.rim * 0.9)).clamp(0.0, 1.0);
    let shade = 1.0 - 0.45 * beside * beside;
    [54.0, 51.0, 49.0].map(|value: f32| (value + grain * 2.4) * shade)
}

/// A rectangle with round corners around the middle of the frame.
struct Shape {
    half: (f32, f32),
    corner: f32,
    rim: f32,
}

impl Shape {
    /// How far a point lies outside; negative inside.
    fn distance(&self, dx: f32, dy: f32) -> f32 {
        let (qx, qy) = (dx.abs() - self.half.0 + self.corner, dy.abs() - self.half.1 + self.corner);
        length(qx.max(0.0), qy.max(0.0)) + qx.max(qy).min(0.0) - self.corner
    }

    /// The direction away from the middle, across the nearest edge.
    fn outwards(&self, dx: f32, dy: f32) -> (f32, f32) {
        let (qx, qy) = (dx.abs() - self.half.0 + self.corner, dy.abs() - self.half.1 + self.corner);
        let (nx, ny) = match (qx > 0.0, qy > 0.0) {
            (true, true) => (qx / length(qx, qy), qy / length(qx, qy)),
            _ if qx > qy => (1.0, 0.0),
            _ => (0.0, 1.0),
        };
        (nx * dx.signum(), ny * dy.signum())
    }
}

/// Fine unevenness of a surface, of mean 0 and about 1 strong.
struct Grain {
    brushed: bool,
    row: f32,
    streak: f32,
    above: Vec<f32>,
}

impl Grain {
    fn new(brushed: bool, width: u32) -> Self {
        Self { brushed, row: 0.0, streak: 0.0, above: vec![0.0; width as usize] }
    }

    fn next_row(&mut self, rng: &mut ChaCha8Rng) {
        self.row = 0.45 * self.row + 0.7 * gaussian(rng);
        self.streak = gaussian(rng);
    }

    fn at(&mut self, x: usize, rng: &mut ChaCha8Rng) -> f32 {
        let fresh = gaussian(rng);
        if self.brushed {
            self.streak = 0.97 * self.streak + 0.24 * fresh;
            self.row * 0.7 + self.streak * 0.8
        } else {
            // Smoothed with its neighbours to the left and above, so that it looks moulded and not like noise.
            self.streak = 0.55 * self.streak + 0.8 * fresh;
            self.above[x] = 0.5 * self.above[x] + 0.6 * self.streak;
            self.above[x]
        }
    }
}
