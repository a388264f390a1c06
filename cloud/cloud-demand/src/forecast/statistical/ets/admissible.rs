//! Whether a model forgets: whether what a day said counts less and less from then on.
//!
//! With a season and a trend the usual bounds (`beta < alpha`, `gamma < 1 - alpha`) do not promise it (Hyndman, Akram and Archibald, The
//! admissible parameter space for exponential smoothing models, Annals of the Institute of Statistical Mathematics 60, 2008): all roots
//! of the characteristic equation must lie inside the unit circle. Without one of the two the usual bounds are enough.

use super::pass::{ALPHA, BETA, GAMMA, PHI};

/// The longest season's equation has so many coefficients.
const MOST: usize = super::LONGEST_SEASON + 2;

/// Whether a model with a trend and a season of `length` days forgets; the smoothing parameters are raw.
pub(super) fn forgets(point: &[f64], length: usize) -> bool {
    let (alpha, beta, gamma, phi) = (point[ALPHA], point[BETA], point[GAMMA], point[PHI]);
    let middle = alpha + beta - alpha * phi;
    let mut coefficients = [middle; MOST];
    coefficients[0] = phi * (1.0 - alpha - gamma);
    coefficients[1] = middle + gamma - 1.0;
    coefficients[length] = alpha + beta - phi;
    coefficients[length + 1] = 1.0;
    inside(coefficients, length + 1)
}

/// Whether all roots lie inside the unit circle (Schur and Cohn's test); the coefficient of the highest power, `degree`, comes last.
fn inside(mut coefficients: [f64; MOST], degree: usize) -> bool {
    for degree in (1..=degree).rev() {
        let ratio = coefficients[0] / coefficients[degree];
        if ratio.is_nan() || ratio.abs() >= 1.0 {
            return false;
        }
        // The polynomial of one degree less whose roots lie inside when these do.
        let before = coefficients;
        for place in 0..degree {
            coefficients[place] = before[place + 1] - ratio * before[degree - 1 - place];
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(alpha: f64, beta: f64, gamma: f64, phi: f64, length: usize) -> bool {
        forgets(&[alpha, beta, gamma, phi], length)
    }

    #[test]
    fn slow_models_forget() {
        assert!(check(0.1, 0.01, 0.1, 1.0, 7));
        assert!(check(0.1, 0.01, 0.1, 0.9, 12));
        assert!(check(0.5, 1e-8, 0.2, 1.0, 24));
    }

    /// The largest roots are 1.038, 1.044 and 1.001: numpy's `roots` of the same equation.
    #[test]
    fn what_the_usual_bounds_let_through_is_refused() {
        assert!(!check(0.43186631766272965, 0.43182313103096337, 0.5680768689690366, 1.0, 7));
        assert!(!check(0.18514453633488306, 0.18512602188124958, 0.8147739781187504, 1.0, 12));
        assert!(!check(0.9442540228331574, 0.9441595974308741, 0.05318509883560023, 0.8162649779273095, 4));
    }
}
