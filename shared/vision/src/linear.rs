//! Small systems of equations.

/// Equations, each the factors of its unknowns and what they come to.
pub(crate) type Equations<const N: usize> = [([f64; N], f64); N];

/// Solves a symmetric positive definite system by Gauss and Jordan: no pivot is 0.
pub(crate) fn solve<const N: usize>(mut rows: Equations<N>) -> [f64; N] {
    for pivot in 0..N {
        let (own, own_sum) = rows[pivot];
        for (at, (row, sum)) in rows.iter_mut().enumerate() {
            let factor = if at == pivot { 1.0 - 1.0 / own[pivot] } else { row[pivot] / own[pivot] };
            row.iter_mut().zip(own).for_each(|(value, own)| *value -= factor * own);
            *sum -= factor * own_sum;
        }
    }
    rows.map(|(_, sum)| sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_the_equations_say() {
        let factors = [[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 2.0]];
        let truth = [1.5, -2.0, 0.25];
        let sum = |row: [f64; 3]| row.iter().zip(truth).map(|(factor, value)| factor * value).sum();
        let found = solve(factors.map(|row| (row, sum(row))));
        assert!(found.iter().zip(truth).all(|(found, truth)| (found - truth).abs() < 1e-12), "{found:?}");
    }
}
