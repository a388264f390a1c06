//! Features as bytes: trees only ask whether a value lies above one of a few edges, so a value is kept as the number of its bin.

use super::random::Random;

/// The bin of what is missing.
pub(super) const MISSING: u8 = 0;

/// The most bins of a feature, beside the one for what is missing.
const BINS_MAX: usize = 127;

/// How many rows are looked at to place the edges.
const ROWS_LOOKED_AT: usize = 20_000;

/// A table of features, a column each, as bins.
#[derive(Debug)]
pub(super) struct Bins {
    /// By feature, by row.
    pub(super) columns: Vec<Vec<u8>>,
    /// By feature: what is at most edge `i` and above the one before has bin `i + 1`; the last bin has no edge.
    pub(super) edges: Vec<Vec<f32>>,
}

impl Bins {
    /// Bins `rows`, each of `width` features.
    pub(super) fn new(rows: &[f32], width: usize, random: &mut Random) -> Self {
        let count = rows.len() / width.max(1);
        let sampled: Vec<usize> = if count <= ROWS_LOOKED_AT {
            (0..count).collect()
        } else {
            (0..ROWS_LOOKED_AT).map(|_| random.below(count)).collect()
        };
        let mut bins = Self { columns: Vec::with_capacity(width), edges: Vec::with_capacity(width) };
        for feature in 0..width {
            let seen = sampled.iter().map(|row| rows[row * width + feature]);
            let edges = place_edges(seen.filter(|value| !value.is_nan()).collect());
            let column = (0..count).map(|row| bin(&edges, rows[row * width + feature])).collect();
            bins.columns.push(column);
            bins.edges.push(edges);
        }
        bins
    }

    /// How many bins a feature has, that for what is missing among them.
    pub(super) fn count(&self, feature: usize) -> usize {
        self.edges[feature].len() + 2
    }
}

/// Edges between values, so that about as many of the values lie in each bin; each value has its own bin where there are few.
fn place_edges(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_by(f32::total_cmp);
    let total = values.len();
    let mut edges: Vec<f32> = Vec::new();
    let mut taken = 0;
    for at in 1..total {
        let (below, above) = (values[at - 1], values[at]);
        // A bin is full when its part of the values is in it; where there are few different values that is one of them.
        let full = (at - taken) * BINS_MAX >= total || total <= BINS_MAX;
        if below < above && full && edges.len() + 1 < BINS_MAX {
            edges.push(below + (above - below) / 2.0);
            taken = at;
        }
    }
    edges
}

fn bin(edges: &[f32], value: f32) -> u8 {
    if value.is_nan() {
        return MISSING;
    }
    // At most `BINS_MAX` edges, so it fits.
    (edges.partition_point(|edge| *edge < value) + 1) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_order_and_what_is_missing_stays_apart() {
        let rows: Vec<f32> =
            (0..5_000).map(|row| if row % 10 == 0 { f32::NAN } else { row as f32 }).collect();
        let bins = Bins::new(&rows, 1, &mut Random::new(1));
        assert!(bins.count(0) <= BINS_MAX + 1 && bins.count(0) > 100);
        let known: Vec<u8> = bins.columns[0].iter().copied().filter(|bin| *bin != MISSING).collect();
        assert_eq!(known.len(), 4_500);
        assert!(known.is_sorted());
    }

    #[test]
    fn few_values_have_a_bin_each() {
        let rows = [3.0, 1.0, 2.0, 1.0, 3.0];
        assert_eq!(Bins::new(&rows, 1, &mut Random::new(1)).columns[0], [3, 1, 2, 1, 3]);
    }
}
