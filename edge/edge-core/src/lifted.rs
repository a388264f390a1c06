//! Things that were weighed and then taken off the tray: put back together with others they are known again.

use domain::ids::{ProductId, TrackId};

use crate::departures::{known_grams, tolerance};
use crate::tracks::Track;
use crate::weigh::Tracks;

/// More than this are not remembered: the oldest is forgotten.
const LIFTED_MAX: usize = 32;

/// What was lifted off the tray in this basket.
#[derive(Debug, Default)]
pub(crate) struct Lifted(Vec<(ProductId, i64)>);

impl Lifted {
    /// Remembers a thing that is taken away.
    pub(crate) fn remember(&mut self, track: &Track) {
        if let (Some(counted), Some(grams)) = (track.counted(), known_grams(track)) {
            if self.0.len() >= LIFTED_MAX {
                self.0.remove(0);
            }
            self.0.push((counted.product.clone(), grams));
        }
    }

    /// Forgets all: another shopper's apple is another apple.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What each of these things weighs if they are all what was lifted before and weigh together what that weighed. They
    /// are then lifted no more.
    pub(crate) fn recognise(
        &mut self,
        tracks: &Tracks,
        came: &[TrackId],
        grams: i64,
        noise: i64,
    ) -> Option<Vec<i64>> {
        let mut left = self.0.clone();
        let mut weights = Vec::with_capacity(came.len());
        for id in came {
            let product = &tracks.get(id)?.counted()?.product;
            let at = left.iter().rposition(|(lifted, _)| lifted == product)?;
            weights.push(left.remove(at).1);
        }
        let sum: i64 = weights.iter().sum();
        if (sum - grams).abs() > tolerance(sum, noise) {
            return None;
        }
        self.0 = left;
        Some(weights)
    }
}
