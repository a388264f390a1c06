//! The search for a minimum by values alone (Nelder and Mead, A simplex method for function minimization, The Computer Journal 7, 1965),
//! kept between bounds.

const MOST_STEPS: usize = 400;
/// The values at the corners differ by no more than this part at the end.
const ENOUGH: f64 = 1e-7;

/// The lowest corner that is found from `start`, and the value there. Bounds are of each coordinate.
pub(super) fn lowest<const N: usize>(
    start: [f64; N],
    bounds: &[(f64, f64); N],
    value: impl Fn(&[f64; N]) -> f64,
) -> ([f64; N], f64) {
    let inside = |mut point: [f64; N]| {
        for (at, (low, high)) in point.iter_mut().zip(bounds) {
            *at = at.clamp(*low, *high);
        }
        let value = value(&point);
        // What is no number is as bad as can be.
        (point, if value.is_nan() { f64::INFINITY } else { value })
    };
    let mut corners = vec![inside(start)];
    for moved in 0..N {
        let mut corner = start;
        let (low, high) = bounds[moved];
        let step = 0.1 * (high - low);
        corner[moved] += if corner[moved] + step <= high { step } else { -step };
        corners.push(inside(corner));
    }
    for _ in 0..MOST_STEPS {
        corners.sort_by(|one, other| one.1.total_cmp(&other.1));
        let (best, worst) = (corners[0].1, corners[N].1);
        if worst - best <= ENOUGH * best.abs() {
            break;
        }
        let middle: [f64; N] =
            std::array::from_fn(|at| corners[..N].iter().map(|corner| corner.0[at]).sum::<f64>() / N as f64);
        let away = |factor: f64| {
            inside(std::array::from_fn(|at| middle[at] + factor * (middle[at] - corners[N].0[at])))
        };
        let reflected = away(1.0);
        let next = if reflected.1 < best {
            let expanded = away(2.0);
            if expanded.1 < reflected.1 { expanded } else { reflected }
        } else if reflected.1 < corners[N - 1].1 {
            reflected
        } else {
            away(if reflected.1 < worst { 0.5 } else { -0.5 })
        };
        if next.1 < worst {
            corners[N] = next;
            continue;
        }
        let lowest = corners[0].0;
        for corner in &mut corners[1..] {
            *corner = inside(std::array::from_fn(|at| f64::midpoint(lowest[at], corner.0[at])));
        }
    }
    corners.sort_by(|one, other| one.1.total_cmp(&other.1));
    corners[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curved_valley_is_followed_to_its_lowest_place() {
        let valley = |at: &[f64; 2]| 1.0 + (1.0 - at[0]).powi(2) + 100.0 * (at[1] - at[0] * at[0]).powi(2);
        let (found, value) = lowest([-1.2, 1.0], &[(-2.0, 2.0), (-2.0, 2.0)], valley);
        assert!((found[0] - 1.0).abs() < 0.01 && (value - 1.0).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn a_bound_is_kept() {
        let (found, _) = lowest([3.0], &[(2.0, 5.0)], |at| at[0] * at[0] + 1.0);
        assert!((found[0] - 2.0).abs() < 1e-3, "{found:?}");
    }
}
