//! How fast a simple smoothing should follow: each expectation is the last one, moved towards what came by a share of the error.

/// The smoothing that is searched for in orders that come now and then (Boylan and Syntetos 2021: small ones serve best).
pub(super) const SLOW: (f64, f64) = (0.1, 0.3);

/// How many smoothings are tried in one walk.
const TRIED: usize = 8;
/// How often the search looks closer.
const ROUNDS: usize = 3;

/// The smoothing between the bounds with the least squared errors of one step ahead.
pub(super) fn best_alpha(values: &[f64], bounds: (f64, f64)) -> f64 {
    let (mut low, mut high) = bounds;
    let mut best = (f64::INFINITY, f64::midpoint(low, high));
    for _ in 0..ROUNDS {
        let gap = (high - low) / (TRIED - 1) as f64;
        let alphas: [f64; TRIED] = std::array::from_fn(|place| low + gap * place as f64);
        for (alpha, sum) in alphas.iter().zip(squares(values, alphas)) {
            if sum < best.0 {
                best = (sum, *alpha);
            }
        }
        (low, high) = ((best.1 - gap).max(bounds.0), (best.1 + gap).min(bounds.1));
    }
    best.1
}

/// The squared errors of one step ahead, by each of `alphas`.
fn squares(values: &[f64], alphas: [f64; TRIED]) -> [f64; TRIED] {
    let mut sums = [0.0; TRIED];
    let Some((first, rest)) = values.split_first() else { return sums };
    let mut levels = [*first; TRIED];
    for value in rest {
        for one in 0..TRIED {
            let error = value - levels[one];
            sums[one] += error * error;
            levels[one] += alphas[one] * error;
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
        let at = squares(&values, [found; TRIED])[0];
        let all = (1..99).map(|hundredth| squares(&values, [f64::from(hundredth) / 100.0; TRIED])[0]);
        assert!(all.into_iter().all(|other| other >= at - 1e-3));
    }
}
