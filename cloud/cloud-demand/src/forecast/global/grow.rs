//! Growing one tree on gradients: the leaf whose split helps most is split next (leaf-wise), splits are sought in histograms of bins, and
//! the larger half's histogram is the whole minus the smaller one's. The ideas are LightGBM's (Ke et al. 2017); the gain is that of
//! Chen and Guestrin 2016.

use super::bins::{Bins, MISSING};
use super::tree::{Node, Tree};

/// How a tree may grow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    /// The most leaves.
    pub(super) leaves: usize,
    /// The fewest rows in a leaf.
    pub(super) rows_min: usize,
    /// What is added to the curvature of a leaf, so that few rows say little.
    pub(super) ridge: f64,
}

/// What is summed of rows.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    slope: f64,
    curve: f64,
    rows: u32,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.slope += other.slope;
        self.curve += other.curve;
        self.rows += other.rows;
    }

    fn without(self, other: Self) -> Self {
        Self {
            slope: self.slope - other.slope,
            curve: self.curve - other.curve,
            rows: self.rows - other.rows,
        }
    }

    /// How much lower the loss is with the best answer for these rows.
    fn worth(self, ridge: f64) -> f64 {
        self.slope * self.slope / (self.curve + ridge)
    }
}

/// A split that could be made.
#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    feature: usize,
    /// The last bin that goes left.
    bin: u8,
    missing_left: bool,
    left: Sums,
}

/// A leaf while the tree grows.
struct Leaf {
    node: usize,
    /// Its rows in the order of [`Grown::rows`].
    from: usize,
    to: usize,
    sums: Sums,
    histogram: Vec<Sums>,
    split: Option<Split>,
}

/// A tree and which of the rows it grew on came to which leaf.
pub(super) struct Grown {
    pub(super) tree: Tree,
    /// The rows, leaf by leaf.
    pub(super) rows: Vec<u32>,
    /// The node of each leaf and where its rows are in `rows`.
    pub(super) leaves: Vec<(usize, std::ops::Range<usize>)>,
}

/// What a tree grows on.
pub(super) struct Ground<'a> {
    pub(super) bins: &'a Bins,
    /// The slope and the curvature of the loss, by row.
    pub(super) gradients: &'a [[f32; 2]],
    /// The features that may be asked about.
    pub(super) features: &'a [usize],
    pub(super) growth: Growth,
}

impl Ground<'_> {
    /// Grows a tree on some of the rows.
    pub(super) fn grow(&self, mut rows: Vec<u32>) -> Grown {
        let mut scratch = vec![0; rows.len()];
        let mut tree = Tree { nodes: vec![Node::Leaf(0.0)] };
        let mut leaves = vec![self.leaf(0, 0..rows.len(), self.histogram(&rows))];
        while leaves.len() < self.growth.leaves {
            let Some((at, split)) = best(&leaves) else { break };
            let (node, from, to) = (leaves[at].node, leaves[at].from, leaves[at].to);
            let middle = from + self.part(&mut rows[from..to], &split, &mut scratch);
            let first = tree.nodes.len();
            tree.nodes.extend([Node::Leaf(0.0); 2]);
            tree.nodes[node] = Node::Split {
                feature: split.feature as u16,
                edge: self.bins.edges[split.feature][usize::from(split.bin) - 1],
                missing_left: split.missing_left,
                left: first as u16,
            };
            let whole = std::mem::take(&mut leaves[at].histogram);
            let (left, right) = self.halves(whole, &rows[from..to], middle - from);
            leaves[at] = self.leaf(first, from..middle, left);
            leaves.push(self.leaf(first + 1, middle..to, right));
        }
        for leaf in &leaves {
            let answer = -leaf.sums.slope / (leaf.sums.curve + self.growth.ridge);
            tree.nodes[leaf.node] = Node::Leaf(answer as f32);
        }
        let leaves = leaves.iter().map(|leaf| (leaf.node, leaf.from..leaf.to)).collect();
        Grown { tree, rows, leaves }
    }

    fn leaf(&self, node: usize, rows: std::ops::Range<usize>, histogram: Vec<Sums>) -> Leaf {
        let mut sums = Sums::default();
        // Every feature's histogram sums to the same.
        let bins = self.features.first().map_or(0, |feature| self.bins.count(*feature));
        histogram[..bins].iter().for_each(|bin| sums.add(*bin));
        let split = self.find(&histogram, sums);
        Leaf { node, from: rows.start, to: rows.end, sums, histogram, split }
    }

    fn histogram(&self, rows: &[u32]) -> Vec<Sums> {
        let total = self.features.iter().map(|feature| self.bins.count(*feature)).sum();
        let mut histogram = vec![Sums::default(); total];
        // Read once in the order of the rows; each column is walked with it.
        let gathered: Vec<[f32; 2]> = rows.iter().map(|row| self.gradients[*row as usize]).collect();
        let mut from = 0;
        for feature in self.features {
            let column = &self.bins.columns[*feature];
            let part = &mut histogram[from..from + self.bins.count(*feature)];
            for (row, [slope, curve]) in rows.iter().zip(&gathered) {
                let bin = &mut part[usize::from(column[*row as usize])];
                bin.slope += f64::from(*slope);
                bin.curve += f64::from(*curve);
                bin.rows += 1;
            }
            from += self.bins.count(*feature);
        }
        histogram
    }

    /// The histograms of the first `middle` rows and of the others.
    fn halves(&self, whole: Vec<Sums>, rows: &[u32], middle: usize) -> (Vec<Sums>, Vec<Sums>) {
        let left_is_smaller = middle * 2 <= rows.len();
        let smaller = self.histogram(if left_is_smaller { &rows[..middle] } else { &rows[middle..] });
        let mut larger = whole;
        for (bin, other) in larger.iter_mut().zip(&smaller) {
            *bin = bin.without(*other);
        }
        if left_is_smaller { (smaller, larger) } else { (larger, smaller) }
    }

    /// The split of a leaf that gains most.
    fn find(&self, histogram: &[Sums], sums: Sums) -> Option<Split> {
        let mut best: Option<Split> = None;
        let mut from = 0;
        for feature in self.features {
            let bins = &histogram[from..from + self.bins.count(*feature)];
            from += bins.len();
            let missing = bins[usize::from(MISSING)];
            for missing_left in [true, false] {
                if !missing_left && missing.rows == 0 {
                    continue;
                }
                let mut left = if missing_left { missing } else { Sums::default() };
                // The last bin has no edge above it.
                for (bin, inside) in bins.iter().enumerate().take(bins.len() - 1).skip(1) {
                    left.add(*inside);
                    if inside.rows == 0 && bin > 1 {
                        continue;
                    }
                    let gain = self.gain(left, sums);
                    if gain > best.map_or(1e-9, |best| best.gain) {
                        let (feature, bin) = (*feature, bin as u8);
                        best = Some(Split { gain, feature, bin, missing_left, left });
                    }
                }
            }
        }
        best
    }

    fn gain(&self, left: Sums, whole: Sums) -> f64 {
        let right = whole.without(left);
        if (left.rows.min(right.rows) as usize) < self.growth.rows_min {
            return 0.0;
        }
        let ridge = self.growth.ridge;
        left.worth(ridge) + right.worth(ridge) - whole.worth(ridge)
    }

    /// Brings the rows that go left before the others, each kept in order; how many go left.
    fn part(&self, rows: &mut [u32], split: &Split, scratch: &mut [u32]) -> usize {
        let column = &self.bins.columns[split.feature];
        let (mut left, mut right) = (0, 0);
        for at in 0..rows.len() {
            let row = rows[at];
            let bin = column[row as usize];
            let goes_left = if bin == MISSING { split.missing_left } else { bin <= split.bin };
            if goes_left {
                rows[left] = row;
                left += 1;
            } else {
                scratch[right] = row;
                right += 1;
            }
        }
        rows[left..].copy_from_slice(&scratch[..right]);
        debug_assert_eq!(left, split.left.rows as usize);
        left
    }
}

fn best(leaves: &[Leaf]) -> Option<(usize, Split)> {
    let splits = leaves.iter().enumerate().filter_map(|(at, leaf)| Some((at, leaf.split?)));
    splits.reduce(|best, other| if other.1.gain > best.1.gain { other } else { best })
}
