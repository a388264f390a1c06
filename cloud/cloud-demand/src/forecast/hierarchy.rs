//! Forecasts of products, categories and stores that sum up.
//!
//! A category is forecast better than the sum of its products where these are rare, so each level is forecast by itself and the differences are
//! spread by how sure each forecast is: MinT with a diagonal covariance (Wickramasuriya, Athanasopoulos and Hyndman 2019), which on a tree is
//! solved exactly by one walk up and one down.

use thiserror::Error;

/// One thing that is forecast: a product, or a sum of others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// The place of what it is a part of; `None` for a whole. Parts stand behind their wholes.
    pub whole: Option<usize>,
    /// What is expected of it by itself; `None` where only its parts are forecast.
    pub forecast: Option<f64>,
    /// How far off that is, squared, on average; above zero.
    pub variance: f64,
}

/// Why nodes are no tree that can be reconciled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoTree {
    /// A whole stands behind its part.
    #[error("node {0} is part of one that does not stand before it: list wholes before their parts")]
    Order(usize),
    /// A product without forecast, or numbers that are none.
    #[error(
        "node {0} has no parts and no forecast, or a forecast or variance that is no number: give it a forecast of at least zero and a variance above zero"
    )]
    Forecast(usize),
}

/// What is expected of each node so that parts sum up to their wholes and none is below zero.
///
/// # Errors
/// [`NoTree`] where the nodes do not make sense.
pub fn reconcile(nodes: &[Node]) -> Result<Vec<f64>, NoTree> {
    let mut parts = vec![Vec::new(); nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        if let Some(whole) = node.whole {
            if whole >= at {
                return Err(NoTree::Order(at));
            }
            parts[whole].push(at);
        }
        let sound = node.forecast.is_none_or(|forecast| forecast.is_finite() && forecast >= 0.0);
        if !sound || !node.variance.is_finite() || node.variance <= 0.0 {
            return Err(NoTree::Forecast(at));
        }
    }
    let mut held: Vec<(f64, f64)> = vec![(0.0, 0.0); nodes.len()];
    for at in (0..nodes.len()).rev() {
        held[at] = gather(&nodes[at], &parts[at], &held).ok_or(NoTree::Forecast(at))?;
    }
    let mut agreed = vec![0.0; nodes.len()];
    for at in 0..nodes.len() {
        if nodes[at].whole.is_none() {
            agreed[at] = held[at].0.max(0.0);
        }
        spread(agreed[at], &parts[at], &held, &mut agreed);
    }
    Ok(agreed)
}

/// What a node's own forecast and those of its parts say together, each weighed by how sure it is; with the variance of that.
fn gather(node: &Node, parts: &[usize], held: &[(f64, f64)]) -> Option<(f64, f64)> {
    if parts.is_empty() {
        return node.forecast.map(|forecast| (forecast, node.variance));
    }
    let (sum, variance) = parts
        .iter()
        .fold((0.0, 0.0), |(sum, variance), part| (sum + held[*part].0, variance + held[*part].1));
    let Some(forecast) = node.forecast else { return Some((sum, variance)) };
    let own = variance / (variance + node.variance);
    Some((sum + own * (forecast - sum), variance * (1.0 - own)))
}

/// Gives the parts what their whole is expected to be: what is missing goes where forecasts are least sure. A part that would fall below zero
/// stays at zero, and the others share what that leaves.
fn spread(whole: f64, parts: &[usize], held: &[(f64, f64)], agreed: &mut [f64]) {
    let mut free: Vec<usize> = parts.to_vec();
    while !free.is_empty() {
        let sum: f64 = free.iter().map(|part| held[*part].0).sum();
        let variance: f64 = free.iter().map(|part| held[*part].1).sum();
        let share = |part: usize| held[part].0 + (whole - sum) * held[part].1 / variance;
        let before = free.len();
        let (kept, fallen): (Vec<usize>, Vec<usize>) = free.iter().partition(|part| share(**part) >= 0.0);
        if kept.len() == before || kept.is_empty() {
            // Only rounding can leave none: the whole is not below zero, so the shares cannot all be.
            kept.iter().chain(&fallen).for_each(|part| agreed[*part] = share(*part).max(0.0));
            return;
        }
        fallen.iter().for_each(|part| agreed[*part] = 0.0);
        free = kept;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(whole: Option<usize>, forecast: f64, variance: f64) -> Node {
        Node { whole, forecast: Some(forecast), variance }
    }

    #[test]
    fn differences_go_where_forecasts_are_least_sure() {
        let nodes = [node(None, 12.0, 1e-9), node(Some(0), 5.0, 1.0), node(Some(0), 5.0, 3.0)];
        let agreed = reconcile(&nodes).unwrap();
        for (agreed, expected) in agreed.iter().zip([12.0, 5.5, 6.5]) {
            assert!((agreed - expected).abs() < 1e-6, "{agreed} is not {expected}");
        }
    }

    #[test]
    fn the_walks_give_what_least_squares_gives() {
        // Two products of one category of one store: minimised by hand over (x, y) of
        // (x-3)^2/1 + (y-4)^2/2 + (x+y-10)^2/4 + (x+y-8)^2/5.
        let nodes = [
            node(None, 8.0, 5.0),
            node(Some(0), 10.0, 4.0),
            node(Some(1), 3.0, 1.0),
            node(Some(1), 4.0, 2.0),
        ];
        let agreed = reconcile(&nodes).unwrap();
        let loss = |x: f64, y: f64| {
            (x - 3.0).powi(2)
                + (y - 4.0).powi(2) / 2.0
                + (x + y - 10.0).powi(2) / 4.0
                + (x + y - 8.0).powi(2) / 5.0
        };
        let least = loss(agreed[2], agreed[3]);
        for (x, y) in [(0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01)] {
            assert!(loss(agreed[2] + x, agreed[3] + y) > least);
        }
    }

    #[test]
    fn a_product_without_forecast_is_refused() {
        let nodes = [node(None, 1.0, 1.0), Node { whole: Some(0), forecast: None, variance: 1.0 }];
        assert_eq!(reconcile(&nodes), Err(NoTree::Forecast(1)));
        assert_eq!(reconcile(&[node(Some(0), 1.0, 1.0)]), Err(NoTree::Order(0)));
    }

    proptest! {
        #[test]
        fn parts_sum_up_and_none_is_below_zero(
            nodes in prop::collection::vec((any::<prop::sample::Index>(), 0.0..100.0_f64, 0.01..50.0_f64), 1..40),
        ) {
            let nodes: Vec<Node> = nodes
                .iter()
                .enumerate()
                .map(|(at, (whole, forecast, variance))| node((at > 0).then(|| whole.index(at)), *forecast, *variance))
                .collect();
            let agreed = reconcile(&nodes).unwrap();
            for at in 0..nodes.len() {
                prop_assert!(agreed[at] >= 0.0);
                let parts: Vec<usize> = (0..nodes.len()).filter(|part| nodes[*part].whole == Some(at)).collect();
                if !parts.is_empty() {
                    let sum: f64 = parts.iter().map(|part| agreed[*part]).sum();
                    prop_assert!((sum - agreed[at]).abs() < 1e-6 * (1.0 + sum));
                }
            }
            // What sums up already stays as it is.
            let again: Vec<Node> = nodes.iter().zip(&agreed).map(|(node, agreed)| Node { forecast: Some(*agreed), ..*node }).collect();
            for (one, other) in reconcile(&again).unwrap().iter().zip(&agreed) {
                prop_assert!((one - other).abs() < 1e-6 * (1.0 + other));
            }
        }
    }
}
