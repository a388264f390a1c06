//! Rational B-splines (DXF's `SPLINE`) as straight pieces: the one curve whose length is approximated.

use super::geometry::{Piece, Vector, add, times};

/// Straight pieces for each span between knots.
const STEPS: usize = 32;
/// The highest degree that programs make; beyond it the work for a point grows without use.
const HIGHEST_DEGREE: usize = 25;
/// Control points of one spline that are looked at.
const POINTS: usize = 20_000;

/// A spline as its file has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Spline {
    pub(super) degree: usize,
    pub(super) knots: Vec<f64>,
    pub(super) points: Vec<Vector>,
    /// One for each point, or none.
    pub(super) weights: Vec<f64>,
    /// Points that it goes through; all there is when a program left the rest to the reader.
    pub(super) fit: Vec<Vector>,
    pub(super) is_closed: bool,
}

impl Spline {
    /// Straight pieces along it.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let points = self.along().unwrap_or_else(|| {
            let mut points = if self.fit.len() > 1 { self.fit.clone() } else { self.points.clone() };
            if self.is_closed {
                points.extend(points.first().copied());
            }
            points
        });
        points.windows(2).map(|two| Piece::Straight(two[0], two[1])).collect()
    }

    /// Points along it; nothing when its knots do not fit its points.
    fn along(&self) -> Option<Vec<Vector>> {
        let (degree, count) = (self.degree, self.points.len());
        let fits = (1..=HIGHEST_DEGREE).contains(&degree)
            && count > degree
            && count <= POINTS
            && self.knots.len() == count + degree + 1
            && self.knots.windows(2).all(|two| two[0] <= two[1])
            && (self.weights.is_empty() || self.weights.len() == count);
        if !fits {
            return None;
        }
        let mut along = Vec::new();
        for span in degree..count {
            let (from, to) = (self.knots[span], self.knots[span + 1]);
            if from < to {
                let first = usize::from(!along.is_empty());
                along.extend(
                    (first..=STEPS)
                        .map(|step| self.point(span, from + (to - from) * step as f64 / STEPS as f64)),
                );
            }
        }
        Some(along)
    }

    /// De Boor's algorithm in homogeneous coordinates.
    fn point(&self, span: usize, t: f64) -> Vector {
        let degree = self.degree;
        let weight =
            |index: usize| self.weights.get(index).copied().filter(|weight| *weight > 0.0).unwrap_or(1.0);
        let mut row: Vec<(Vector, f64)> = (span - degree..=span)
            .map(|index| (times(self.points[index], weight(index)), weight(index)))
            .collect();
        for level in 1..=degree {
            for index in (level..=degree).rev() {
                let left = self.knots[index + span - degree];
                let width = self.knots[index + 1 + span - level] - left;
                let share = if width > 0.0 { (t - left) / width } else { 0.0 };
                let ((before, before_weight), (here, here_weight)) = (row[index - 1], row[index]);
                row[index] = (
                    add(times(before, 1.0 - share), times(here, share)),
                    before_weight * (1.0 - share) + here_weight * share,
                );
            }
        }
        let (point, weight) = row[degree];
        times(point, 1.0 / weight)
    }
}

#[cfg(test)]
mod tests {
    use super::Spline;
    use crate::cad::geometry::Piece;

    #[test]
    fn a_quarter_of_a_circle_as_a_rational_spline_is_as_long_as_one() {
        let spline = Spline {
            degree: 2,
            knots: vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
            points: vec![[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]],
            weights: vec![1.0, 0.5_f64.sqrt(), 1.0],
            ..Spline::default()
        };
        let length: f64 = spline.pieces().iter().map(Piece::length).sum();
        assert!((length - std::f64::consts::FRAC_PI_2).abs() < 2e-4, "{length}");
    }

    #[test]
    fn one_whose_knots_do_not_fit_is_taken_as_its_points() {
        let spline = Spline { degree: 3, points: vec![[0.0; 3], [3.0, 4.0, 0.0]], ..Spline::default() };
        assert_eq!(spline.pieces(), [Piece::Straight([0.0; 3], [3.0, 4.0, 0.0])]);
    }
}
