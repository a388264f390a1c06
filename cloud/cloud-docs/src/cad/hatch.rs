//! The outlines of a hatch.

use super::drawing::Entity;
use super::geometry::{Map, Piece, Vector, add, cross, dot, length, minus, times};
use super::shape::{bulged, turn};
use super::spline::Spline;
use super::tags::Tag;

/// Outlines of one hatch that are compared with one another.
const OUTLINES: usize = 500;
/// Points of an outline that stand for it when it is asked what lies inside.
const CORNERS: usize = 2_000;
/// Points of a bent piece, likewise.
const STEPS: usize = 64;
/// Sides of outlines that are cut with one another where they overlap.
const SIDES: usize = 3_000;

/// Walks through a hatch's pairs, which mean something by their order alone.
struct Walk<'e, 'a> {
    tags: &'e [Tag<'a>],
    at: usize,
}

impl Walk<'_, '_> {
    /// The next pair when it has this code; pairs in front of it are not passed over.
    fn take(&mut self, code: i32) -> Option<f64> {
        let tag = self.tags.get(self.at).filter(|tag| tag.code == code)?;
        self.at += 1;
        Some(tag.real())
    }

    /// The next pair with this code, wherever it is.
    fn seek(&mut self, code: i32) -> Option<f64> {
        let ahead = self.tags.get(self.at..)?.iter().position(|tag| tag.code == code)?;
        self.at += ahead;
        self.take(code)
    }

    fn count(&mut self, code: i32) -> Option<usize> {
        self.seek(code).map(|count| count.clamp(0.0, 1e7) as usize)
    }

    fn point(&mut self, code: i32) -> Option<Vector> {
        Some([self.take(code)?, self.take(code + 10)?, 0.0])
    }
}

/// The closed curves of a hatch, in its block's coordinates.
pub(super) fn outlines(entity: &Entity<'_>) -> Vec<Vec<Piece>> {
    let mut walk = Walk { tags: &entity.tags, at: 0 };
    let mut outlines = Vec::new();
    let count = walk.count(91).unwrap_or(0);
    for _ in 0..count {
        let Some(outline) = path(&mut walk) else { break };
        outlines.push(outline);
    }
    let map = Map::of_extrusion(entity.extrusion());
    for outline in &mut outlines {
        for piece in outline.iter_mut() {
            *piece = piece.mapped(&map);
        }
    }
    outlines
}

fn path(walk: &mut Walk<'_, '_>) -> Option<Vec<Piece>> {
    const POLYLINE: i64 = 2;
    let flags = walk.seek(92)? as i64;
    let pieces = if flags & POLYLINE != 0 {
        polyline(walk)?
    } else {
        let count = walk.count(93)?;
        let mut pieces: Vec<Piece> = Vec::new();
        for _ in 0..count {
            pieces.extend(edge(walk)?);
        }
        chained(&pieces)
    };
    // The objects that the outline was taken from.
    if let Some(sources) = walk.take(97) {
        for _ in 0..sources.clamp(0.0, 1e7) as usize {
            if walk.take(330).is_none() {
                break;
            }
        }
    }
    Some(pieces)
}

fn polyline(walk: &mut Walk<'_, '_>) -> Option<Vec<Piece>> {
    let count = walk.count(93)?;
    let mut corners = Vec::new();
    for _ in 0..count {
        let Some(point) = walk.point(10) else { break };
        corners.push((point, walk.take(42).unwrap_or(0.0)));
    }
    Some(bulged(&corners, true))
}

fn edge(walk: &mut Walk<'_, '_>) -> Option<Vec<Piece>> {
    match walk.seek(72)? as i64 {
        1 => Some(vec![Piece::Straight(walk.point(10)?, walk.point(11)?)]),
        2 => {
            let (middle, radius) = (walk.point(10)?, walk.take(40)?);
            Some(vec![arc(walk, middle, [radius, 0.0, 0.0], [0.0, radius, 0.0])?])
        }
        3 => {
            let (middle, u, ratio) = (walk.point(10)?, walk.point(11)?, walk.take(40)?);
            let v = times(cross([0.0, 0.0, 1.0], u), ratio);
            Some(vec![arc(walk, middle, u, v)?])
        }
        4 => spline(walk).map(|spline| spline.pieces()),
        _ => None,
    }
}

/// Angles of an arc that runs with the clock are those of its mirror image.
fn arc(walk: &mut Walk<'_, '_>, middle: Vector, u: Vector, v: Vector) -> Option<Piece> {
    let (from, to) = (walk.take(50)?.to_radians(), walk.take(51)?.to_radians());
    let against = walk.take(73).unwrap_or(1.0) != 0.0;
    let turn = turn(from, to);
    let (from, to) = if against { (from, from + turn) } else { (-from, -from - turn) };
    Some(Piece::Arc { middle, u, v, from, to })
}

fn spline(walk: &mut Walk<'_, '_>) -> Option<Spline> {
    let degree = walk.count(94)?;
    let is_rational = walk.seek(73)? != 0.0;
    walk.seek(74)?;
    let (knots, points) = (walk.count(95)?, walk.count(96)?);
    let mut spline = Spline { degree, ..Spline::default() };
    for _ in 0..knots {
        spline.knots.push(walk.take(40)?);
    }
    for _ in 0..points {
        spline.points.push(walk.point(10)?);
        let weight = walk.take(42);
        if is_rational {
            spline.weights.push(weight.unwrap_or(1.0));
        }
    }
    // Newer files name the points that it goes through; older ones have the outline's sources here.
    let mark = walk.at;
    if let Some(fit) = walk.take(97) {
        let is_fit = walk.tags.get(walk.at).is_some_and(|tag| tag.code == 11);
        if !is_fit && fit > 0.0 {
            walk.at = mark;
        }
        for _ in 0..if is_fit { fit.clamp(0.0, 1e7) as usize } else { 0 } {
            spline.fit.push(walk.point(11)?);
        }
        for code in [12, 13] {
            if walk.tags.get(walk.at).is_some_and(|tag| tag.code == code) {
                walk.point(code)?;
            }
        }
    }
    Some(spline)
}

/// Turns edges round that run against the ones before them.
fn chained(pieces: &[Piece]) -> Vec<Piece> {
    let mut chained: Vec<Piece> = Vec::with_capacity(pieces.len());
    let gap = |a: Vector, b: Vector| length(minus(a, b));
    for (index, piece) in pieces.iter().enumerate() {
        let turned = match chained.last() {
            Some(last) => gap(last.at(1.0), piece.at(1.0)) < gap(last.at(1.0), piece.at(0.0)),
            None => pieces.get(index + 1).is_some_and(|next| {
                let to = |end: Vector| gap(end, next.at(0.0)).min(gap(end, next.at(1.0)));
                to(piece.at(0.0)) < to(piece.at(1.0))
            }),
        };
        chained.push(if turned { piece.reversed() } else { *piece });
    }
    chained
}

/// The area of outlines that are holes in one another: what an odd number of them holds. `None` where there are too many to compare.
pub(super) fn area(outlines: &[Vec<Piece>]) -> Option<f64> {
    let swept: Vec<Vector> =
        outlines.iter().map(|outline| outline.iter().map(Piece::swept).fold([0.0; 3], add)).collect();
    if outlines.len() <= 1 {
        return Some(swept.first().map_or(0.0, |swept| length(*swept)));
    }
    if outlines.len() > OUTLINES {
        return None;
    }
    let largest = swept.iter().copied().max_by(|a, b| length(*a).total_cmp(&length(*b)))?;
    let flat = Flat::across(largest);
    let corners: Vec<Vec<[f64; 2]>> = outlines.iter().map(|outline| flat.corners(outline)).collect();
    if overlaps(&corners) {
        return even_odd(&corners);
    }
    let mut area = 0.0;
    for (index, own) in corners.iter().enumerate() {
        let Some(first) = own.first() else { continue };
        let around =
            (0..corners.len()).filter(|other| *other != index && holds(&corners[*other], *first)).count();
        area += if around % 2 == 0 { length(swept[index]) } else { -length(swept[index]) };
    }
    Some(area.max(0.0))
}

/// Whether some outline lies partly in another. Where there are very many corners it is taken that none does.
fn overlaps(outlines: &[Vec<[f64; 2]>]) -> bool {
    let corners: usize = outlines.iter().map(Vec::len).sum();
    let is_cut = |outline: &[[f64; 2]], other: &[[f64; 2]]| {
        let inside = outline.iter().filter(|corner| holds(other, **corner)).count();
        inside > 0 && inside < outline.len()
    };
    let pairs = outlines.iter().enumerate().flat_map(|(index, outline)| {
        outlines
            .iter()
            .enumerate()
            .filter(move |(other, _)| *other != index)
            .map(move |(_, other)| (outline, other))
    });
    corners <= SIDES && pairs.into_iter().any(|(outline, other)| is_cut(outline, other))
}

/// The area of points that an odd number of outlines holds, between each two heights at which a side begins, ends or meets another.
fn even_odd(outlines: &[Vec<[f64; 2]>]) -> Option<f64> {
    let mut sides: Vec<[[f64; 2]; 2]> = Vec::new();
    for outline in outlines {
        let next = outline.iter().cycle().skip(1);
        let around = outline.iter().zip(next).map(|(a, b)| if a[1] < b[1] { [*a, *b] } else { [*b, *a] });
        sides.extend(around.filter(|[a, b]| a[1] < b[1]));
    }
    let mut heights: Vec<f64> = sides.iter().flat_map(|[a, b]| [a[1], b[1]]).collect();
    for (index, first) in sides.iter().enumerate() {
        heights.extend(sides[index + 1..].iter().filter_map(|second| meeting(first, second)));
    }
    heights.sort_by(f64::total_cmp);
    heights.dedup();
    if sides.len() > SIDES || heights.len() > 4 * SIDES {
        return None;
    }
    let mut area = 0.0;
    for between in heights.windows(2) {
        let middle = (between[0] + between[1]) / 2.0;
        let crossed = sides.iter().filter(|[a, b]| a[1] <= middle && middle < b[1]);
        let mut places: Vec<f64> =
            crossed.map(|[a, b]| a[0] + (b[0] - a[0]) * (middle - a[1]) / (b[1] - a[1])).collect();
        places.sort_by(f64::total_cmp);
        area += places.chunks_exact(2).map(|two| two[1] - two[0]).sum::<f64>() * (between[1] - between[0]);
    }
    Some(area)
}

/// The height at which two sides cross.
fn meeting(first: &[[f64; 2]; 2], second: &[[f64; 2]; 2]) -> Option<f64> {
    let ([a, b], [c, d]) = (first, second);
    let (along, across) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
    let turned = along[0] * across[1] - along[1] * across[0];
    let share = ((c[0] - a[0]) * across[1] - (c[1] - a[1]) * across[0]) / turned;
    let other = ((c[0] - a[0]) * along[1] - (c[1] - a[1]) * along[0]) / turned;
    let within = |share: f64| share > 0.0 && share < 1.0;
    (within(share) && within(other)).then(|| a[1] + along[1] * share)
}

/// A plane with two directions in it.
struct Flat {
    x: Vector,
    y: Vector,
}

impl Flat {
    fn across(normal: Vector) -> Self {
        let Map([x, y, _]) = Map::of_extrusion(normal);
        Self { x, y }
    }

    fn corners(&self, outline: &[Piece]) -> Vec<[f64; 2]> {
        let mut corners = Vec::new();
        for piece in outline.iter().take(CORNERS) {
            let steps = if matches!(piece, Piece::Straight(..)) { 1 } else { STEPS };
            corners.extend((0..steps).map(|step| {
                let point = piece.at(step as f64 / steps as f64);
                [dot(point, self.x), dot(point, self.y)]
            }));
        }
        corners
    }
}

/// Whether a ray from the point crosses the outline an odd number of times.
fn holds(corners: &[[f64; 2]], point: [f64; 2]) -> bool {
    let mut inside = false;
    let mut previous = corners.last().copied().unwrap_or(point);
    for &corner in corners {
        let ([ax, ay], [bx, by]) = (previous, corner);
        if (ay > point[1]) != (by > point[1]) && point[0] < (bx - ax) * (point[1] - ay) / (by - ay) + ax {
            inside = !inside;
        }
        previous = corner;
    }
    inside
}
