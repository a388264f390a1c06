//! Draws what lies still on the tray: the tray, shadows, things, light.

use std::borrow::Borrow;

use domain::frame::PixelBox;

use super::backdrop::Backdrop;
use super::light::LightMap;
use super::sprite::{Patch, SOLID_ALPHA};
use super::{ItemId, Lighting, SceneConfig};

/// A thing at its place, drawn once.
#[derive(Debug, Clone)]
pub(super) struct Lying {
    pub(super) item: ItemId,
    /// Which product of the shop.
    pub(super) product: usize,
    pub(super) weight_g: u32,
    pub(super) patch: Patch,
    /// Where the patch's left upper corner is; it may lie outside the frame.
    pub(super) corner: (i32, i32),
    pub(super) shadow: Shadow,
}

impl Lying {
    /// The middle of the thing.
    pub(super) fn centre(&self) -> (f32, f32) {
        let (width, height) = (self.patch.width as f32, self.patch.height as f32);
        (self.corner.0 as f32 + width / 2.0, self.corner.1 as f32 + height / 2.0)
    }
}

/// How much a thing darkens what it lies on, at a quarter of the frame's size.
#[derive(Debug, Clone)]
pub(super) struct Shadow {
    width: u32,
    height: u32,
    /// Where its left upper corner is from the patch's, in frame pixels.
    offset: (i32, i32),
    /// 255 is black.
    darkness: Vec<u8>,
}

/// The side of a shadow's pixel, in frame pixels.
const SHADOW_STEP: u32 = 4;

/// What stays the same while things come and go.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) px_per_mm: f32,
    pub(super) backdrop: Backdrop,
    pub(super) light: LightMap,
    lighting: Lighting,
    shadow_strength: f32,
}

impl Scene {
    pub(super) fn new(config: &SceneConfig, seed: u64) -> Self {
        let px_per_mm = config.width as f32 / config.view_width_mm as f32;
        Self {
            width: config.width,
            height: config.height,
            px_per_mm,
            backdrop: Backdrop::new(config.width, config.height, px_per_mm, config.tray, seed),
            light: LightMap::new(config.width, config.height, &config.lighting),
            lighting: config.lighting,
            shadow_strength: config.shadow,
        }
    }

    pub(super) fn relight(&mut self, lighting: Lighting) {
        self.lighting = lighting;
        self.light = LightMap::new(self.width, self.height, &lighting);
    }

    /// The shadow a thing casts: a soft one away from the light, and a dark line where it touches the tray.
    pub(super) fn shadow_of(&self, patch: &Patch) -> Shadow {
        let soft_px = 5.0 * self.px_per_mm / SHADOW_STEP as f32;
        let touch_px = 1.4 * self.px_per_mm / SHADOW_STEP as f32;
        let pad = (soft_px * 3.0).ceil() as u32 + 2;
        let (width, height) =
            (patch.width.div_ceil(SHADOW_STEP) + pad * 2, patch.height.div_ceil(SHADOW_STEP) + pad * 2);
        let coarse = shrink_alpha(patch, width, height, pad);
        let soft = blurred(&coarse, width, soft_px);
        let touch = blurred(&coarse, width, touch_px);
        let (sin, cos) = self.lighting.angle_deg.to_radians().sin_cos();
        // The light map is brighter towards the light, so the shadow falls the other way.
        let away = 3.2 * self.px_per_mm / SHADOW_STEP as f32;
        let shift = (-(cos * away).round() as i32, -(sin * away).round() as i32);
        let shifted = |x: u32, y: u32| {
            let (x, y) = (x as i32 - shift.0, y as i32 - shift.1);
            let inside = (0..width as i32).contains(&x) && (0..height as i32).contains(&y);
            if inside { soft[(y as u32 * width + x as u32) as usize] } else { 0.0 }
        };
        let darkness = (0..width * height).map(|at| {
            let light_left =
                (1.0 - 0.46 * shifted(at % width, at / width)) * (1.0 - 0.34 * touch[at as usize]);
            ((1.0 - light_left) * self.shadow_strength * 255.0).clamp(0.0, 255.0) as u8
        });
        let step = SHADOW_STEP as i32;
        Shadow {
            width,
            height,
            offset: (-(pad as i32) * step, -(pad as i32) * step),
            darkness: darkness.collect(),
        }
    }

    /// Everything, lit; values keep within `range`.
    pub(super) fn compose<'a>(&self, items: impl IntoIterator<Item = &'a Lying>, range: (u8, u8)) -> Vec<u8> {
        let mut rgb = self.backdrop.rgb.clone();
        for item in items {
            self.darken(&mut rgb, item);
            self.lay(&mut rgb, item);
        }
        self.light.apply(&mut rgb, range);
        rgb
    }

    /// What the camera sees of each thing, later ones lying over earlier ones.
    pub(super) fn visible_bounds<T: Borrow<Lying>>(&self, items: &[T]) -> Vec<Option<PixelBox>> {
        let mut top_item = vec![u16::MAX; self.width as usize * self.height as usize];
        for (index, item) in items.iter().enumerate() {
            let item: &Lying = item.borrow();
            self.each_row(item.corner, (item.patch.width, item.patch.height), |y, row, columns| {
                for x in columns {
                    if item.patch.alpha(x, row) >= SOLID_ALPHA {
                        top_item[y * self.width as usize + (item.corner.0 + x as i32) as usize] =
                            index as u16;
                    }
                }
            });
        }
        let bounds = items.iter().enumerate();
        bounds.map(|(index, item)| self.bounds_of(item.borrow(), index as u16, &top_item)).collect()
    }

    fn bounds_of(&self, item: &Lying, index: u16, top_item: &[u16]) -> Option<PixelBox> {
        let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, 0, 0);
        self.each_row(item.corner, (item.patch.width, item.patch.height), |y, _, columns| {
            for x in columns.map(|x| (item.corner.0 + x as i32) as u32) {
                if top_item[y * self.width as usize + x as usize] == index {
                    (left, top) = (left.min(x), top.min(y as u32));
                    (right, bottom) = (right.max(x + 1), bottom.max(y as u32 + 1));
                }
            }
        });
        (right > left).then(|| PixelBox { x: left, y: top, width: right - left, height: bottom - top })
    }

    fn darken(&self, rgb: &mut [u8], item: &Lying) {
        let shadow = &item.shadow;
        let corner = (item.corner.0 + shadow.offset.0, item.corner.1 + shadow.offset.1);
        let size = ((shadow.width - 1) * SHADOW_STEP, (shadow.height - 1) * SHADOW_STEP);
        self.each_row(corner, size, |y, row, columns| {
            for x in columns {
                let light = 4080 - shadow.at(x, row);
                let at = (y * self.width as usize + (corner.0 + x as i32) as usize) * 3;
                for value in &mut rgb[at..at + 3] {
                    *value = (u32::from(*value) * light / 4080) as u8;
                }
            }
        });
    }

    fn lay(&self, rgb: &mut [u8], item: &Lying) {
        self.each_row(item.corner, (item.patch.width, item.patch.height), |y, row, columns| {
            let start = (y * self.width as usize + (item.corner.0 + columns.start as i32) as usize) * 3;
            let source = &item.patch.row(row)[columns.start as usize * 4..columns.end as usize * 4];
            for (pixel, over) in rgb[start..].chunks_exact_mut(3).zip(source.chunks_exact(4)) {
                let below = 255 - u32::from(over[3]);
                for (value, &colour) in pixel.iter_mut().zip(over) {
                    *value = (u32::from(colour) + (u32::from(*value) * below + 127) / 255).min(255) as u8;
                }
            }
        });
    }

    /// Calls `row(frame_y, patch_y, patch_columns)` for what of a patch lies inside the frame.
    fn each_row(
        &self,
        corner: (i32, i32),
        size: (u32, u32),
        mut row: impl FnMut(usize, u32, std::ops::Range<u32>),
    ) {
        let clip = |corner: i32, size: u32, limit: u32| {
            let start = (-corner).clamp(0, size as i32) as u32;
            let end = (limit as i32 - corner).clamp(0, size as i32) as u32;
            start..end.max(start)
        };
        let columns = clip(corner.0, size.0, self.width);
        if columns.is_empty() {
            return;
        }
        for y in clip(corner.1, size.1, self.height) {
            row((corner.1 + y as i32) as usize, y, columns.clone());
        }
    }
}

impl Shadow {
    /// The same for a point from the patch's corner, which may lie outside the shadow: nothing is dark there.
    pub(super) fn around(&self, x: f32, y: f32) -> u32 {
        let (x, y) = (x - self.offset.0 as f32, y - self.offset.1 as f32);
        let limit = |size: u32| ((size - 1) * SHADOW_STEP) as f32;
        let inside = x >= 0.0 && y >= 0.0 && x < limit(self.width) && y < limit(self.height);
        if inside { self.at(x as u32, y as u32) } else { 0 }
    }

    /// The darkness, of 4080, at a pixel from the shadow's corner, taken between its own pixels.
    fn at(&self, x: u32, y: u32) -> u32 {
        let (column, row) = (x / SHADOW_STEP, y / SHADOW_STEP);
        let (fx, fy) = (x % SHADOW_STEP, y % SHADOW_STEP);
        let value = |c: u32, r: u32| u32::from(self.darkness[(r * self.width + c) as usize]);
        let mix = |a: u32, b: u32, f: u32| a * (SHADOW_STEP - f) + b * f;
        mix(
            mix(value(column, row), value(column + 1, row), fx),
            mix(value(column, row + 1), value(column + 1, row + 1), fx),
            fy,
        )
    }
}

/// The share of solid pixels in each square of the shadow's grid.
fn shrink_alpha(patch: &Patch, width: u32, height: u32, pad: u32) -> Vec<f32> {
    let mut coarse = vec![0.0; (width * height) as usize];
    for y in 0..patch.height {
        for (x, pixel) in patch.row(y).chunks_exact(4).enumerate() {
            let at = (y / SHADOW_STEP + pad) * width + x as u32 / SHADOW_STEP + pad;
            coarse[at as usize] += f32::from(pixel[3]) / (255 * SHADOW_STEP * SHADOW_STEP) as f32;
        }
    }
    coarse
}

/// Three box blurs, which come close to a Gaussian one of the standard deviation `sigma`.
fn blurred(values: &[f32], width: u32, sigma: f32) -> Vec<f32> {
    let radius = (((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0).round().max(1.0) as usize;
    let (width, height) = (width as usize, values.len() / width as usize);
    let mut values = values.to_vec();
    for _ in 0..3 {
        for row in values.chunks_exact_mut(width) {
            box_blur(row, radius);
        }
        let mut column = vec![0.0; height];
        for x in 0..width {
            (0..height).for_each(|y| column[y] = values[y * width + x]);
            box_blur(&mut column, radius);
            (0..height).for_each(|y| values[y * width + x] = column[y]);
        }
    }
    values
}

fn box_blur(line: &mut [f32], radius: usize) {
    let before = line.to_vec();
    let share = 1.0 / (2 * radius + 1) as f32;
    let mut sum: f32 = before.iter().take(radius).sum();
    for (at, value) in line.iter_mut().enumerate() {
        sum += before.get(at + radius).copied().unwrap_or(0.0);
        *value = sum * share;
        sum -= if at >= radius { before[at - radius] } else { 0.0 };
    }
}
