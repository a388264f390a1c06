//! A tree of questions about features, and how it answers.

/// One question, or an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Node {
    /// Whether a feature is at most an edge.
    Split {
        /// Which feature.
        feature: u16,
        /// The edge.
        edge: f32,
        /// Whether a row without that feature goes left.
        missing_left: bool,
        /// Where it goes on when it is; the node after it is where it goes on when it is not.
        left: u16,
    },
    /// The answer.
    Leaf(f32),
}

/// Nodes, the root first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

impl Tree {
    /// What the tree adds for a row of features. Each step leads to a later node, so it ends; see [`Tree::is_sound`].
    pub(super) fn answer(&self, row: &[f32]) -> f32 {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            match *node {
                Node::Leaf(value) => return value,
                Node::Split { feature, edge, missing_left, left } => {
                    let value = row[usize::from(feature)];
                    let goes_left = if value.is_nan() { missing_left } else { value <= edge };
                    at = usize::from(left) + usize::from(!goes_left);
                }
            }
        }
        0.0
    }

    /// Whether every question is about one of `width` features and leads to two nodes behind it.
    pub(super) fn is_sound(&self, width: usize) -> bool {
        !self.nodes.is_empty()
            && self.nodes.iter().enumerate().all(|(at, node)| match *node {
                Node::Leaf(value) => value.is_finite(),
                Node::Split { feature, edge, left, .. } => {
                    usize::from(feature) < width
                        && !edge.is_nan()
                        && usize::from(left) > at
                        && usize::from(left) + 1 < self.nodes.len()
                }
            })
    }
}
