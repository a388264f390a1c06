//! The curves of one entity, in its block's coordinates.

use std::f64::consts::TAU;

use super::drawing::Entity;
use super::geometry::{Map, Piece, Vector, add, cross, length, minus, times};
use super::hatch;
use super::spline::Spline;
use super::tags::Tag;

/// What is measured of an entity.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Shape {
    /// Curves whose length counts.
    pub(super) curves: Vec<Piece>,
    /// Closed curves whose area counts; those of a hatch are holes in one another.
    pub(super) outlines: Vec<Vec<Piece>>,
}

/// The shape of an entity; nothing for a kind that is not measured.
pub(super) fn of(entity: &Entity<'_>) -> Option<Shape> {
    match entity.kind {
        b"LINE" => line(entity),
        b"ARC" => arc(entity),
        b"CIRCLE" => circle(entity),
        b"ELLIPSE" => ellipse(entity),
        b"LWPOLYLINE" => Some(light_polyline(entity)),
        b"POLYLINE" => polyline(entity),
        b"SPLINE" => Some(spline(entity)),
        b"HATCH" => Some(Shape { curves: Vec::new(), outlines: hatch::outlines(entity) }),
        _ => None,
    }
}

fn open(piece: Piece) -> Option<Shape> {
    Some(Shape { curves: vec![piece], outlines: Vec::new() })
}

fn closed(pieces: Vec<Piece>) -> Shape {
    Shape { curves: pieces.clone(), outlines: vec![pieces] }
}

fn line(entity: &Entity<'_>) -> Option<Shape> {
    open(Piece::Straight(entity.point(10)?, entity.point(11)?))
}

/// A part of a circle in the entity's own plane.
fn round(entity: &Entity<'_>, from: f64, to: f64) -> Option<Piece> {
    let radius = entity.real(40)?.abs();
    let piece =
        Piece::Arc { middle: entity.point(10)?, u: [radius, 0.0, 0.0], v: [0.0, radius, 0.0], from, to };
    Some(piece.mapped(&Map::of_extrusion(entity.extrusion())))
}

fn arc(entity: &Entity<'_>) -> Option<Shape> {
    let from = entity.real(50).unwrap_or(0.0).to_radians();
    let to = entity.real(51).unwrap_or(360.0).to_radians();
    open(round(entity, from, from + turn(from, to))?)
}

/// How far it is from one angle to another against the clock: more than nothing, at most a whole turn.
pub(super) fn turn(from: f64, to: f64) -> f64 {
    let turn = (to - from).rem_euclid(TAU);
    if turn < 1e-12 { TAU } else { turn }
}

fn circle(entity: &Entity<'_>) -> Option<Shape> {
    Some(closed(vec![round(entity, 0.0, TAU)?]))
}

fn ellipse(entity: &Entity<'_>) -> Option<Shape> {
    let (middle, u) = (entity.point(10)?, entity.point(11)?);
    let normal = entity.extrusion();
    let normal = times(normal, 1.0 / length(normal).max(f64::MIN_POSITIVE));
    let v = times(cross(normal, u), entity.real(40).unwrap_or(1.0));
    let (from, to) = (entity.real(41).unwrap_or(0.0), entity.real(42).unwrap_or(TAU));
    let turn = turn(from, to);
    let piece = Piece::Arc { middle, u, v, from, to: from + turn };
    if TAU - turn < 1e-9 { Some(closed(vec![piece])) } else { open(piece) }
}

/// Corners with the bulge of the side that follows each: the tangent of a quarter of its angle, above zero against the clock.
pub(super) fn bulged(corners: &[(Vector, f64)], is_closed: bool) -> Vec<Piece> {
    let sides = if is_closed { corners.len() } else { corners.len().saturating_sub(1) };
    let side = |index: usize| {
        let ((a, bulge), (b, _)) = (corners[index], corners[(index + 1) % corners.len()]);
        if bulge.abs() < 1e-12 { Piece::Straight(a, b) } else { bow(a, b, bulge) }
    };
    (0..sides).map(side).collect()
}

fn bow(a: Vector, b: Vector, bulge: f64) -> Piece {
    let chord = minus(b, a);
    let half = length(chord) / 2.0;
    // The middle lies on the chord's upright at this share of half of it.
    let offset = (1.0 - bulge * bulge) / (2.0 * bulge);
    let upright = [-chord[1] / 2.0, chord[0] / 2.0, 0.0];
    let middle = add(add(a, times(chord, 0.5)), times(upright, offset));
    let radius = half * (1.0 + bulge * bulge) / (2.0 * bulge.abs());
    let spoke = minus(a, middle);
    let from = spoke[1].atan2(spoke[0]);
    let to = from + 4.0 * bulge.atan();
    Piece::Arc { middle, u: [radius, 0.0, 0.0], v: [0.0, radius, 0.0], from, to }
}

fn outline(pieces: Vec<Piece>, is_closed: bool) -> Shape {
    if is_closed && pieces.len() > 1 {
        closed(pieces)
    } else {
        Shape { curves: pieces, outlines: Vec::new() }
    }
}

fn light_polyline(entity: &Entity<'_>) -> Shape {
    let elevation = entity.real(38).unwrap_or(0.0);
    let mut corners: Vec<(Vector, f64)> = Vec::new();
    for tag in &entity.tags {
        match (tag.code, corners.last_mut()) {
            (10, _) => corners.push(([tag.real(), 0.0, elevation], 0.0)),
            (20, Some((corner, _))) => corner[1] = tag.real(),
            (42, Some((_, bulge))) => *bulge = tag.real(),
            _ => {}
        }
    }
    let is_closed = entity.whole(70).unwrap_or(0) & 1 != 0;
    let map = Map::of_extrusion(entity.extrusion());
    outline(bulged(&corners, is_closed).iter().map(|piece| piece.mapped(&map)).collect(), is_closed)
}

fn polyline(entity: &Entity<'_>) -> Option<Shape> {
    const MESHES: i64 = 16 | 64;
    const IN_SPACE: i64 = 8;
    /// Of a vertex that only steers a fitted curve.
    const FRAME: i64 = 16;
    let flags = entity.whole(70).unwrap_or(0);
    if flags & MESHES != 0 {
        return None;
    }
    let value = |tags: &[Tag<'_>], code| tags.iter().find(|tag| tag.code == code).map_or(0.0, Tag::real);
    let corner = |tags: &Vec<Tag<'_>>| {
        let flags = value(tags, 70) as i64;
        (flags & FRAME == 0).then(|| ([value(tags, 10), value(tags, 20), value(tags, 30)], value(tags, 42)))
    };
    let mut corners: Vec<(Vector, f64)> = entity.vertices.iter().filter_map(corner).collect();
    let is_closed = flags & 1 != 0;
    if flags & IN_SPACE != 0 {
        for (_, bulge) in &mut corners {
            *bulge = 0.0;
        }
        // It need not lie in a plane, so it has no area.
        return Some(Shape { curves: bulged(&corners, is_closed), outlines: Vec::new() });
    }
    let map = Map::of_extrusion(entity.extrusion());
    Some(outline(bulged(&corners, is_closed).iter().map(|piece| piece.mapped(&map)).collect(), is_closed))
}

fn spline(entity: &Entity<'_>) -> Shape {
    let mut spline = Spline { is_closed: entity.whole(70).unwrap_or(0) & 1 != 0, ..Spline::default() };
    for tag in &entity.tags {
        let list = if matches!(tag.code, 11 | 21 | 31) { &mut spline.fit } else { &mut spline.points };
        match tag.code {
            71 => spline.degree = usize::try_from(tag.whole()).unwrap_or(0),
            40 => spline.knots.push(tag.real()),
            41 => spline.weights.push(tag.real()),
            10 | 11 => list.push([tag.real(), 0.0, 0.0]),
            20 | 21 | 30 | 31 => {
                let axis = if tag.code < 30 { 1 } else { 2 };
                if let Some(point) = list.last_mut() {
                    point[axis] = tag.real();
                }
            }
            _ => {}
        }
    }
    outline(spline.pieces(), spline.is_closed)
}

#[cfg(test)]
mod tests {
    use super::bulged;
    use crate::cad::geometry::{Piece, Vector, length};

    #[test]
    fn two_half_circles_are_a_circle() {
        let pieces = bulged(&[([0.0; 3], 1.0), ([2.0, 0.0, 0.0], 1.0)], true);
        let around: f64 = pieces.iter().map(Piece::length).sum();
        assert!((around - std::f64::consts::TAU).abs() < 1e-9, "{around}");
        let swept = pieces.iter().map(Piece::swept).fold([0.0; 3] as Vector, super::add);
        assert!((length(swept) - std::f64::consts::PI).abs() < 1e-9);
        for piece in &pieces {
            assert!(length(super::minus(piece.at(1.0), [1.0, 0.0, 0.0])) - 1.0 < 1e-9);
        }
    }
}
