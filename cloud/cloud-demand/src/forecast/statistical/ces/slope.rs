//! Numbers that carry their slopes along: how they change with each of the parameters.

use std::ops::{Add, Mul, Sub};

/// What states are made of: numbers for a forecast, numbers with slopes for the search.
pub(super) trait Number: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// A number that no parameter changes.
    fn fixed(value: f64) -> Self;

    /// The same, no farther from zero than `most`.
    fn within(self, most: f64) -> Self;
}

impl Number for f64 {
    fn fixed(value: f64) -> Self {
        value
    }

    fn within(self, most: f64) -> Self {
        self.clamp(-most, most)
    }
}

/// A number and its slope by each of `P` parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sloped<const P: usize> {
    pub(super) value: f64,
    pub(super) slopes: [f64; P],
}

impl<const P: usize> Sloped<P> {
    /// The parameter at a place.
    pub(super) fn parameter(value: f64, place: usize) -> Self {
        Self { value, slopes: std::array::from_fn(|other| f64::from(u8::from(other == place))) }
    }
}

impl<const P: usize> Number for Sloped<P> {
    fn fixed(value: f64) -> Self {
        Self { value, slopes: [0.0; P] }
    }

    fn within(self, most: f64) -> Self {
        Self { value: self.value.clamp(-most, most), ..self }
    }
}

impl<const P: usize> Add for Sloped<P> {
    type Output = Self;

    #[inline(always)]
    fn add(mut self, other: Self) -> Self {
        self.value += other.value;
        self.slopes.iter_mut().zip(other.slopes).for_each(|(slope, other)| *slope += other);
        self
    }
}

impl<const P: usize> Sub for Sloped<P> {
    type Output = Self;

    #[inline(always)]
    fn sub(mut self, other: Self) -> Self {
        self.value -= other.value;
        self.slopes.iter_mut().zip(other.slopes).for_each(|(slope, other)| *slope -= other);
        self
    }
}

impl<const P: usize> Mul for Sloped<P> {
    type Output = Self;

    #[inline(always)]
    fn mul(mut self, other: Self) -> Self {
        for (slope, turned) in self.slopes.iter_mut().zip(other.slopes) {
            *slope = *slope * other.value + self.value * turned;
        }
        self.value *= other.value;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_follow_the_rules() {
        let (x, y) = (Sloped::<2>::parameter(3.0, 0), Sloped::<2>::parameter(5.0, 1));
        let sum = x * x * y - (Sloped::fixed(2.0) * y + x);
        assert!((sum.value - 32.0).abs() < 1e-12);
        assert!((sum.slopes[0] - 29.0).abs() < 1e-12 && (sum.slopes[1] - 7.0).abs() < 1e-12);
    }
}
