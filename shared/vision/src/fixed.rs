//! Unit vectors as 16-bit whole numbers.
//!
//! Half the memory of floats, an exact and equal result on every processor, and products that the compiler turns into
//! the widest multiply-and-add the machine has. A cosine is right to about 0.00001, a hundredth of what two photos of
//! the same thing differ by.

/// What 1.0 is stored as.
const ONE: f32 = 32_767.0;

/// Rounds a vector of about unit length to fixed point, making its length exactly one first.
pub(crate) fn quantise(values: &[f32]) -> Vec<i16> {
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    // The clamp keeps -1.0 from becoming a number whose square does not fit; casts of floats saturate besides.
    values.iter().map(|v| (v / length * ONE).round().clamp(-ONE, ONE) as i16).collect()
}

/// Adds a fixed-point vector to a sum, for a mean.
pub(crate) fn add(sum: &mut [f32], vector: &[i16]) {
    for (sum, &value) in sum.iter_mut().zip(vector) {
        *sum += f32::from(value);
    }
}

/// The length of a sum, in lengths of one vector.
pub(crate) fn length(sum: &[f32]) -> f32 {
    sum.iter().map(|value| value * value).sum::<f32>().sqrt() / ONE
}

/// Scalar product of two unit vectors. It cannot overflow: by Cauchy and Schwarz no partial sum of magnitudes exceeds
/// the product of the lengths, some 2^30. The wrapping operations spare debug builds a check at every step, which would
/// make them ten times slower.
#[inline]
pub(crate) fn dot(a: &[i16], b: &[i16]) -> i32 {
    let (a_chunks, a_rest) = a.as_chunks::<32>();
    let (b_chunks, b_rest) = b.as_chunks::<32>();
    let mut sums = [0i32; 32];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..32 {
            let product = i32::from(a[lane]).wrapping_mul(i32::from(b[lane]));
            sums[lane] = sums[lane].wrapping_add(product);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
    sums.iter().fold(rest, |sum, &lane| sum.wrapping_add(lane))
}

/// A scalar product as the cosine it stands for.
pub(crate) fn cosine(dot: i32) -> f32 {
    dot as f32 / (ONE * ONE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(values: &[f32]) -> Vec<f32> {
        let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        values.iter().map(|v| v / length).collect()
    }

    proptest! {
        #[test]
        fn keeps_cosines_to_five_digits(
            pairs in prop::collection::vec((-1f32..1.0, -1f32..1.0), 1..300)
                .prop_filter("no length", |p| p.iter().any(|v| v.0.abs() > 0.1) && p.iter().any(|v| v.1.abs() > 0.1))
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let (a, b) = (unit(&a), unit(&b));
            let exact: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let fixed = f64::from(cosine(dot(&quantise(&a), &quantise(&b))));
            prop_assert!((exact - fixed).abs() < 6e-5, "{exact} became {fixed}");
        }
    }

    #[test]
    fn the_longest_product_fits() {
        let axis = |value: f32| quantise(&[value, 0.0, 0.0]);
        assert_eq!(dot(&axis(-1.0), &axis(-1.0)), 32_767 * 32_767);
        assert_eq!(dot(&axis(-1.0), &axis(1.0)), -32_767 * 32_767);
        let even = quantise(&[1.0 / 16.0; 256]);
        assert!((cosine(dot(&even, &even)) - 1.0).abs() < 1e-4);
    }
}
