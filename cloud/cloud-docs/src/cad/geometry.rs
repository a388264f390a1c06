//! Vectors, linear maps and the two curves that stay what they are under them: straight lines and arcs of ellipses.

/// A point or a direction.
pub(super) type Vector = [f64; 3];

pub(super) fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(super) fn minus(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(super) fn times(a: Vector, factor: f64) -> Vector {
    [a[0] * factor, a[1] * factor, a[2] * factor]
}

pub(super) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn length(a: Vector) -> f64 {
    dot(a, a).sqrt()
}

/// A linear map by its columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Map(pub(super) [Vector; 3]);

impl Map {
    pub(super) const SAME: Self = Self([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);

    pub(super) fn apply(&self, v: Vector) -> Vector {
        add(add(times(self.0[0], v[0]), times(self.0[1], v[1])), times(self.0[2], v[2]))
    }

    /// First `inner`, then this.
    pub(super) fn after(&self, inner: &Self) -> Self {
        Self(inner.0.map(|column| self.apply(column)))
    }

    /// From an entity's own coordinates to the world's, by its extrusion (DXF Reference, arbitrary axis algorithm).
    pub(super) fn of_extrusion(normal: Vector) -> Self {
        let size = length(normal);
        if !size.is_normal() || (normal[0].abs() + normal[1].abs() <= 1e-15 && normal[2] > 0.0) {
            return Self::SAME;
        }
        let z = times(normal, 1.0 / size);
        const NEAR: f64 = 1.0 / 64.0;
        let helper = if z[0].abs() < NEAR && z[1].abs() < NEAR { [0.0, 1.0, 0.0] } else { [0.0, 0.0, 1.0] };
        let x = cross(helper, z);
        let x = times(x, 1.0 / length(x));
        Self([x, cross(z, x), z])
    }

    pub(super) fn turned(angle: f64) -> Self {
        let (sine, cosine) = angle.sin_cos();
        Self([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    }

    pub(super) fn scaled(by: Vector) -> Self {
        Self([[by[0], 0.0, 0.0], [0.0, by[1], 0.0], [0.0, 0.0, by[2]]])
    }
}

/// A piece of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Piece {
    Straight(Vector, Vector),
    /// `middle + cos(t) u + sin(t) v` for `t` between the two angles, in their order.
    Arc {
        middle: Vector,
        u: Vector,
        v: Vector,
        from: f64,
        to: f64,
    },
}

/// Places and weights of Gauss and Legendre for eight points, those above zero.
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_27),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

impl Piece {
    pub(super) fn mapped(&self, map: &Map) -> Self {
        match *self {
            Self::Straight(a, b) => Self::Straight(map.apply(a), map.apply(b)),
            Self::Arc { middle, u, v, from, to } => {
                Self::Arc { middle: map.apply(middle), u: map.apply(u), v: map.apply(v), from, to }
            }
        }
    }

    pub(super) fn reversed(&self) -> Self {
        match *self {
            Self::Straight(a, b) => Self::Straight(b, a),
            Self::Arc { middle, u, v, from, to } => Self::Arc { middle, u, v, from: to, to: from },
        }
    }

    pub(super) fn at(&self, share: f64) -> Vector {
        match *self {
            Self::Straight(a, b) => add(a, times(minus(b, a), share)),
            Self::Arc { middle, u, v, from, to } => {
                let (sine, cosine) = (from + (to - from) * share).sin_cos();
                add(middle, add(times(u, cosine), times(v, sine)))
            }
        }
    }

    pub(super) fn length(&self) -> f64 {
        match *self {
            Self::Straight(a, b) => length(minus(b, a)),
            Self::Arc { u, v, from, to, .. } => {
                let (a, b) = (length(u), length(v));
                let is_round = (a - b).abs() <= 1e-12 * a.max(b) && dot(u, v).abs() <= 1e-12 * a * b;
                if is_round { a * (to - from).abs() } else { arc_length(u, v, from, to) }
            }
        }
    }

    /// Half the integral of position times step: summed over a closed curve in a plane its length is the area.
    pub(super) fn swept(&self) -> Vector {
        match *self {
            Self::Straight(a, b) => times(cross(a, b), 0.5),
            Self::Arc { middle, u, v, from, to } => {
                let step = minus(self.at(1.0), self.at(0.0));
                times(add(cross(middle, step), times(cross(u, v), to - from)), 0.5)
            }
        }
    }

    pub(super) fn is_finite(&self) -> bool {
        let all = |vectors: &[Vector]| vectors.iter().flatten().all(|number| number.is_finite());
        match self {
            Self::Straight(a, b) => all(&[*a, *b]),
            Self::Arc { middle, u, v, from, to } => {
                all(&[*middle, *u, *v]) && from.is_finite() && to.is_finite()
            }
        }
    }
}

/// By quadrature over parts of at most an eighth of a turn.
fn arc_length(u: Vector, v: Vector, from: f64, to: f64) -> f64 {
    // Beyond many turns the angle is nonsense; a whole number of parts bounds the work.
    let parts = ((to - from).abs() / std::f64::consts::FRAC_PI_8).ceil().clamp(1.0, 1024.0);
    let half = (to - from) / parts / 2.0;
    let speed = |t: f64| length(minus(times(v, t.cos()), times(u, t.sin())));
    let part = |index: f64| {
        let centre = from + (2.0 * index + 1.0) * half;
        GAUSS
            .iter()
            .map(|(place, weight)| weight * (speed(centre + place * half) + speed(centre - place * half)))
            .sum::<f64>()
    };
    (0..parts as u32).map(|index| part(f64::from(index))).sum::<f64>() * half.abs()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{PI, TAU};

    use super::{Map, Piece, length};

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn lengths_and_areas_of_circles_and_ellipses_are_right() {
        let circle = Piece::Arc {
            middle: [5.0, 7.0, 1.0],
            u: [2.0, 0.0, 0.0],
            v: [0.0, 2.0, 0.0],
            from: 0.0,
            to: TAU,
        };
        assert!(near(circle.length(), 2.0 * TAU));
        assert!(near(length(circle.swept()), 4.0 * PI));
        let ellipse = circle.mapped(&Map::scaled([3.0, 1.0, 1.0]));
        assert!(near(length(ellipse.swept()), 12.0 * PI));
        // Half axes 6 and 2, by the complete elliptic integral.
        assert!(near(ellipse.length(), 26.729_786_441_006), "{}", ellipse.length());
    }

    #[test]
    fn an_extrusion_turns_without_stretching() {
        let map = Map::of_extrusion([0.3, -0.5, 2.0]);
        for column in map.0 {
            assert!(near(length(column), 1.0));
        }
    }
}
