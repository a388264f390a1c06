//! Goods that grow old: layers of one last day each, sold from both ends.

use std::collections::BTreeMap;

/// What there is, by the last day on which it can be sold; what does not spoil lasts to the end of days.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers(BTreeMap<i64, f64>);

impl Layers {
    /// Goods came in.
    pub(super) fn add(&mut self, last_day: i64, quantity: f64) {
        if quantity > 0.0 {
            *self.0.entry(last_day).or_default() += quantity;
        }
    }

    /// Takes out what is asked for, a share of it from the freshest and the rest from the oldest. Gives how much there was of it.
    pub(super) fn take(&mut self, quantity: f64, freshest_first: f64) -> f64 {
        let mut fresh = quantity * freshest_first;
        while fresh > 0.0 {
            let Some(mut layer) = self.0.last_entry() else { break };
            fresh = take_from(layer.get_mut(), fresh);
            if *layer.get() <= 0.0 {
                layer.remove();
            }
        }
        let mut old = quantity * (1.0 - freshest_first);
        while old > 0.0 {
            let Some(mut layer) = self.0.first_entry() else { break };
            old = take_from(layer.get_mut(), old);
            if *layer.get() <= 0.0 {
                layer.remove();
            }
        }
        quantity - fresh - old
    }

    /// All there is.
    pub(super) fn sum(&self) -> f64 {
        self.0.values().sum()
    }

    /// Throws away what cannot be sold after `day`, and says how much it was.
    pub(super) fn spoil(&mut self, day: i64) -> f64 {
        let keeps = self.0.split_off(&(day + 1));
        std::mem::replace(&mut self.0, keeps).into_values().sum()
    }
}

/// Takes up to `wanted` out of a layer; gives what is still wanted.
fn take_from(layer: &mut f64, wanted: f64) -> f64 {
    let taken = layer.min(wanted);
    *layer -= taken;
    wanted - taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Layers {
        let mut layers = Layers::default();
        layers.add(10, 5.0);
        layers.add(12, 5.0);
        layers
    }

    #[test]
    fn the_oldest_goes_first_for_those_who_do_not_look() {
        let mut layers = two();
        layers.take(7.0, 0.0);
        assert!(layers.spoil(10).abs() < 1e-12);
        assert!((layers.spoil(12) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn who_looks_leaves_the_old_to_spoil() {
        let mut layers = two();
        layers.take(4.0, 1.0);
        assert!((layers.spoil(10) - 5.0).abs() < 1e-12);
        assert!((layers.spoil(12) - 1.0).abs() < 1e-12);
    }
}
