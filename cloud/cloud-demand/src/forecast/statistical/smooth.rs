//! How fast a simple smoothing should follow: each expectation is the last one, moved towards what came by a share of the error.

/// The smoothing that is searched for in orders that come now and then (Boylan and Syntetos 2021: small ones serve best).
pub(super) const SLOW: (f64, f64) = (0.1, 0.3);

/// How many smoothings are tried in one walk.
const TRIED: usize = 8;
/// The smoothing between the bounds with the least squared errors of one step ahead: the best of some, the best of some around it, and
/// then the lowest place of the parabola through that and its neighbours.
pub(super) fn best_alpha(values: &[f64], (low, high): (f64, f64)) -> f64 {
    let gap = (high - low) / (TRIED - 1) as f64;
    let (_, _, near) = best_of(values, low, gap);
    let first = (near - gap).max(low);
    let gap = ((near + gap).min(high) - first) / (TRIED - 1) as f64;
    let (sums, best, alpha) = best_of(values, first, gap);
    if best == 0 || best + 1 == TRIED {
        return alpha;
    }
    let (before, at, after) = (sums[best - 1], sums[best], sums[best + 1]);
    let bend = before - 2.0 * at + after;
    // Squares of the largest numbers run over, and have no bend then.
    if bend > 0.0 && bend.is_finite() { alpha + gap * 0.5 * (before - after) / bend } else { alpha }
}

/// The squared errors of smoothings `gap` apart from `first` on, and which of them is the best.
fn best_of(values: &[f64], first: f64, gap: f64) -> ([f64; TRIED], usize, f64) {
    let alphas: [f64; TRIED] = std::array::from_fn(|place| first + gap * place as f64);
    let sums = squares(values, &alphas);
    let best = (1..TRIED).fold(0, |best, place| if sums[place] < sums[best] { place } else { best });
    (sums, best, alphas[best])
}

/// The squared errors of one step ahead, by each of `alphas`.
fn squares(values: &[f64], alphas: &[f64; TRIED]) -> [f64; TRIED] {
    let mut sums = [0.0; TRIED];
    let Some((first, rest)) = values.split_first() else { return sums };
    let mut levels = [*first; TRIED];
    let keeps = alphas.map(|alpha| 1.0 - alpha);
    for value in rest {
        for one in 0..TRIED {
            let error = value - levels[one];
            sums[one] += error * error;
            // Not by the error, for which the next day would have to wait longer.
            levels[one] = keeps[one] * levels[one] + alphas[one] * value;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_least_errors() {
        let values = [3.0, 4.0, 2.0, 8.0, 7.0, 9.0, 6.0, 8.0, 7.5];
        let found = best_alpha(&values, (0.01, 0.99));
        let at = squares(&values, &[found; TRIED])[0];
        let all = (1..99).map(|hundredth| squares(&values, &[f64::from(hundredth) / 100.0; TRIED])[0]);
        assert!(all.into_iter().all(|other| other >= at - 1e-3));
    }
}
