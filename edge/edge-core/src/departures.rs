//! Which of the things that are not seen are gone, by sight or by weight.

use domain::ids::TrackId;

use crate::CheckoutConfig;
use crate::tracks::{Presence, Track, Weight};
use crate::weigh::{Moment, Tracks, Weighed};

/// More missing things than this are not matched against the weight: every set of them would have to be tried.
const COMPARED_MAX: usize = 10;

/// Without a scale a thing is gone when it was not seen for long enough.
pub(crate) fn gone_by_sight(tracks: &Tracks, moment: Moment<'_>, weighed: &mut Weighed) {
    let Some(at) = moment.settled_at else { return };
    let is_gone = |track: &&Track| match track.presence {
        Presence::Missing { since } => at.since_ms(since) >= moment.config.missing_ms,
        Presence::Covered => true,
        Presence::Seen | Presence::Gone => false,
    };
    weighed.gone = tracks.values().filter(is_gone).map(|track| track.id).collect();
}

/// Which of the unseen things are gone when the scale dropped by `drop`: those too light to be felt, and of the others the
/// set that explains the drop best without claiming more than it.
pub(crate) fn gone_by_weight(tracks: &Tracks, unseen: &[TrackId], drop: i64, noise: i64) -> Vec<TrackId> {
    let felt = |id: &&TrackId| match tracks[id].weight {
        Weight::Known(grams) => i64::from(grams) > 2 * noise,
        Weight::Shared => true,
        Weight::Pending | Weight::Unknown => false,
    };
    let mut gone: Vec<TrackId> = unseen.iter().filter(|id| !felt(id)).copied().collect();
    let heavy: Vec<(TrackId, i64)> = unseen
        .iter()
        .filter(felt)
        .take(COMPARED_MAX)
        .map(|id| (*id, known_grams(&tracks[id]).unwrap_or(noise + 1)))
        .collect();
    let mut best = (drop.max(0), 0_u32);
    for set in 1_u32..1 << heavy.len() {
        let grams: i64 =
            heavy.iter().enumerate().filter(|(i, _)| set & (1 << i) != 0).map(|(_, h)| h.1).sum();
        let off = (drop - grams).abs();
        if drop > noise && grams <= drop + tolerance(grams, noise) && off < best.0 {
            best = (off, set);
        }
    }
    gone.extend(heavy.iter().enumerate().filter(|(i, _)| best.1 & (1 << i) != 0).map(|(_, h)| h.0));
    gone
}

/// What a thing weighs, if that is known.
pub(crate) fn known_grams(track: &Track) -> Option<i64> {
    match track.weight {
        Weight::Known(grams) => Some(i64::from(grams)),
        Weight::Pending | Weight::Shared | Weight::Unknown => None,
    }
}

/// Differences up to this mean nothing.
pub(crate) fn noise(config: &CheckoutConfig) -> i64 {
    i64::from(config.scale_noise_g)
}

/// How far a drop may be off the weight of what is gone.
pub(crate) fn tolerance(grams: i64, noise: i64) -> i64 {
    noise.max(grams / 10)
}
