//! The picture of one product, and what it looks like in a pose.

/// A pixel counts as part of a thing from this alpha on.
pub(super) const SOLID_ALPHA: u8 = 96;

/// Pieces smaller than this share of the largest one are left out: a popping cork is not part of the bottle.
const SMALLEST_PIECE: usize = 10;

/// RGBA pixels with premultiplied alpha.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rgba: Vec<u8>,
}

impl Patch {
    pub(super) fn alpha(&self, x: u32, y: u32) -> u8 {
        self.rgba[(y as usize * self.width as usize + x as usize) * 4 + 3]
    }

    pub(super) fn row(&self, y: u32) -> &[u8] {
        let stride = self.width as usize * 4;
        &self.rgba[y as usize * stride..][..stride]
    }

    /// Half the size; each pixel the mean of four.
    pub(super) fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
        let at = |x: u32, y: u32, channel: usize| {
            let inside = x < self.width && y < self.height;
            let index = (y as usize * self.width as usize + x as usize) * 4 + channel;
            if inside { u32::from(self.rgba[index]) } else { 0 }
        };
        for y in 0..height {
            for x in 0..width {
                for channel in 0..4 {
                    let (left, top) = (x * 2, y * 2);
                    let sum = at(left, top, channel)
                        + at(left + 1, top, channel)
                        + at(left, top + 1, channel)
                        + at(left + 1, top + 1, channel);
                    rgba.push(((sum + 2) / 4) as u8);
                }
            }
        }
        Self { width, height, rgba }
    }
}

/// How a thing lies: seen from above, turned, and a little tilted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pose {
    /// The length of the picture's longer side, in frame pixels.
    pub(super) size: f32,
    /// Turn in the plane, in radians.
    pub(super) angle: f32,
    /// How much one side is shorter than the other: 0.05 is 5 %.
    pub(super) squeeze: f32,
    /// Shear.
    pub(super) shear: f32,
    /// How much nearer the camera the right and the lower edge are, as a share of the distance.
    pub(super) tilt: (f32, f32),
}

/// A product's picture, cut to what is not transparent, at full, half, quarter size and so on.
#[derive(Debug)]
pub(super) struct Sprite {
    levels: Vec<Patch>,
}

impl Sprite {
    /// Takes straight RGBA pixels; `None` when nothing of them is solid.
    pub(super) fn new(width: u32, height: u32, rgba: &[u8]) -> Option<Self> {
        let kept = largest_piece(width, height, rgba)?;
        let mut full = cut(width, rgba, &kept)?;
        let mut levels = Vec::new();
        while full.width.min(full.height) >= 32 {
            let half = full.halved();
            levels.push(std::mem::replace(&mut full, half));
        }
        levels.push(full);
        Some(Self { levels })
    }

    /// Draws it in a pose. The thing's own centre is the centre of the patch.
    pub(super) fn render(&self, pose: &Pose) -> Patch {
        let full = &self.levels[0];
        let scale = pose.size / full.width.max(full.height) as f32;
        // The level whose pixels are the nearest ones not smaller than the frame's.
        let level = ((1.0 / scale).log2() + 0.2).floor().clamp(0.0, (self.levels.len() - 1) as f32) as usize;
        let source = &self.levels[level];
        let per_pixel = scale * (1 << level) as f32;
        let half = (source.width as f32 / 2.0, source.height as f32 / 2.0);
        let forward = forward_matrix(pose, per_pixel, half.0.max(half.1));
        let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
        let reach = corners
            .iter()
            .map(|(x, y)| forward.apply(x * half.0, y * half.1))
            .fold((1.0_f32, 1.0_f32), |reach, (x, y)| (reach.0.max(x.abs()), reach.1.max(y.abs())));
        let (width, height) = (reach.0.ceil() as u32 * 2 + 2, reach.1.ceil() as u32 * 2 + 2);
        let back = forward.inverse();
        let mut rgba = vec![0; width as usize * height as usize * 4];
        for (index, pixel) in rgba.chunks_exact_mut(4).enumerate() {
            let x = (index % width as usize) as f32 + 0.5 - width as f32 / 2.0;
            let y = (index / width as usize) as f32 + 0.5 - height as f32 / 2.0;
            let (u, v) = back.apply(x, y);
            sample(source, u + half.0 - 0.5, v + half.1 - 0.5, pixel);
        }
        Patch { width, height, rgba }
    }
}

/// Which pixels belong to pieces of a size worth keeping.
fn largest_piece(width: u32, height: u32, rgba: &[u8]) -> Option<Vec<bool>> {
    let (width, height) = (width as usize, height as usize);
    let mut piece_of = vec![0_usize; width * height];
    let mut sizes = vec![0_usize];
    let mut to_visit = Vec::new();
    for start in 0..width * height {
        if piece_of[start] != 0 || rgba[start * 4 + 3] < SOLID_ALPHA / 4 {
            continue;
        }
        sizes.push(0);
        let piece = sizes.len() - 1;
        piece_of[start] = piece;
        to_visit.push(start);
        while let Some(at) = to_visit.pop() {
            sizes[piece] += 1;
            let (x, y) = (at % width, at / width);
            let neighbours = [
                (x > 0).then(|| at - 1),
                (x + 1 < width).then(|| at + 1),
                (y > 0).then(|| at - width),
                (y + 1 < height).then(|| at + width),
            ];
            for next in neighbours.into_iter().flatten() {
                if piece_of[next] == 0 && rgba[next * 4 + 3] >= SOLID_ALPHA / 4 {
                    piece_of[next] = piece;
                    to_visit.push(next);
                }
            }
        }
    }
    let largest = *sizes.iter().max().filter(|&&size| size > 0)?;
    Some(piece_of.iter().map(|&piece| sizes[piece] * SMALLEST_PIECE >= largest && piece != 0).collect())
}

/// Cuts to the kept pixels, with a transparent pixel around, and premultiplies.
fn cut(width: u32, rgba: &[u8], kept: &[bool]) -> Option<Patch> {
    let width = width as usize;
    let solid = || kept.iter().enumerate().filter(|(_, kept)| **kept).map(|(at, _)| (at % width, at / width));
    let (left, right) = (solid().map(|p| p.0).min()?, solid().map(|p| p.0).max()?);
    let (top, bottom) = (solid().map(|p| p.1).min()?, solid().map(|p| p.1).max()?);
    let (patch_width, patch_height) = (right - left + 3, bottom - top + 3);
    let mut patch = vec![0; patch_width * patch_height * 4];
    for y in top..=bottom {
        for x in left..=right {
            let from = y * width + x;
            if !kept[from] {
                continue;
            }
            let to = ((y - top + 1) * patch_width + x - left + 1) * 4;
            let alpha = u32::from(rgba[from * 4 + 3]);
            for channel in 0..3 {
                patch[to + channel] = ((u32::from(rgba[from * 4 + channel]) * alpha + 127) / 255) as u8;
            }
            patch[to + 3] = alpha as u8;
        }
    }
    Some(Patch { width: patch_width as u32, height: patch_height as u32, rgba: patch })
}

/// Bilinear; outside is transparent.
fn sample(source: &Patch, x: f32, y: f32, pixel: &mut [u8]) {
    let (x0, y0) = (x.floor(), y.floor());
    let inside = x0 >= 0.0 && y0 >= 0.0 && x0 + 1.0 < source.width as f32 && y0 + 1.0 < source.height as f32;
    if !inside {
        return;
    }
    let (fx, fy) = (((x - x0) * 256.0) as u32, ((y - y0) * 256.0) as u32);
    let stride = source.width as usize * 4;
    let at = y0 as usize * stride + x0 as usize * 4;
    for (channel, value) in pixel.iter_mut().enumerate() {
        let corner = |offset: usize| u32::from(source.rgba[at + offset + channel]);
        let top = corner(0) * (256 - fx) + corner(4) * fx;
        let bottom = corner(stride) * (256 - fx) + corner(stride + 4) * fx;
        *value = ((top * (256 - fy) + bottom * fy + (1 << 15)) >> 16) as u8;
    }
}

/// From the picture's centred pixels to the frame's: stretch and shear, then turn, then tilt.
fn forward_matrix(pose: &Pose, scale: f32, radius: f32) -> Matrix {
    let (sin, cos) = pose.angle.sin_cos();
    let (sx, sy) = (scale * (1.0 - pose.squeeze.max(0.0)), scale * (1.0 + pose.squeeze.min(0.0)));
    let stretch = [[sx, pose.shear * sy], [0.0, sy]];
    let turn = [[cos, -sin], [sin, cos]];
    let product =
        |row: usize, column: usize| turn[row][0] * stretch[0][column] + turn[row][1] * stretch[1][column];
    Matrix([
        [product(0, 0), product(0, 1), 0.0],
        [product(1, 0), product(1, 1), 0.0],
        [pose.tilt.0 / radius, pose.tilt.1 / radius, 1.0],
    ])
}

/// A projective map of the plane.
#[derive(Debug, Clone, Copy)]
struct Matrix([[f32; 3]; 3]);

impl Matrix {
    fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        let row = |r: [f32; 3]| r[0] * x + r[1] * y + r[2];
        let depth = row(self.0[2]);
        (row(self.0[0]) / depth, row(self.0[1]) / depth)
    }

    /// The inverse up to a factor, which a projective map does not care about: the adjugate.
    fn inverse(&self) -> Self {
        let m = &self.0;
        let minor =
            |r0: usize, c0: usize, r1: usize, c1: usize| m[r0][c0] * m[r1][c1] - m[r0][c1] * m[r1][c0];
        Self([
            [minor(1, 1, 2, 2), -minor(0, 1, 2, 2), minor(0, 1, 1, 2)],
            [-minor(1, 0, 2, 2), minor(0, 0, 2, 2), -minor(0, 0, 1, 2)],
            [minor(1, 0, 2, 1), -minor(0, 0, 2, 1), minor(0, 0, 1, 1)],
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(side: u32) -> Vec<u8> {
        (0..side * side).flat_map(|_| [200, 100, 50, 255]).collect()
    }

    #[test]
    fn draws_at_the_size_and_turn_asked_for() {
        let sprite = Sprite::new(64, 64, &square(64)).unwrap();
        let pose = Pose { size: 40.0, angle: 0.0, squeeze: 0.0, shear: 0.0, tilt: (0.0, 0.0) };
        let solid = |patch: &Patch| patch.rgba.chunks(4).filter(|p| p[3] >= 128).count();
        let straight = solid(&sprite.render(&pose));
        let turned = solid(&sprite.render(&Pose { angle: 0.8, ..pose }));
        for area in [straight, turned] {
            // The transparent margin counts as size, so a little less than 40 x 40 is solid.
            assert!((1380..1600).contains(&area), "{area}");
        }
    }

    #[test]
    fn leaves_out_specks_that_are_not_part_of_the_thing() {
        let mut pixels = vec![0; 64 * 64 * 4];
        for (x, y, side) in [(4, 4, 24), (50, 50, 4)] {
            for at in (0..side * side).map(|i| ((y + i / side) * 64 + x + i % side) * 4) {
                pixels[at + 3] = 255;
            }
        }
        let sprite = Sprite::new(64, 64, &pixels).unwrap();
        assert_eq!((sprite.levels[0].width, sprite.levels[0].height), (26, 26));
        assert!(Sprite::new(64, 64, &vec![0; 64 * 64 * 4]).is_none());
    }

    #[test]
    fn maps_back_to_where_it_came_from() {
        let pose = Pose { size: 1.0, angle: 1.1, squeeze: 0.1, shear: 0.05, tilt: (0.1, -0.07) };
        let forward = forward_matrix(&pose, 1.7, 100.0);
        let (x, y) = forward.apply(40.0, -25.0);
        let (u, v) = forward.inverse().apply(x, y);
        assert!((u - 40.0).abs() < 0.01 && (v + 25.0).abs() < 0.01, "{u} {v}");
    }
}
