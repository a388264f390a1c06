//! What the till may learn from a sale that is paid.

use domain::observation::Verdict;
use domain::sale::Identification;
use domain::sighting::{Settled, Sighting};
use domain::time::BusinessDay;

use crate::basket::Basket;
use crate::tracks::{Counted, Impression, Track};

/// One sighting for each thing on the bill that vision saw. Pieces that were added by hand, and things that nobody paid
/// for, tell nothing.
pub(crate) fn of(basket: &Basket, day: BusinessDay) -> Vec<Sighting> {
    let seen =
        basket.tracks.values().filter_map(|track| Some((track, track.counted()?, track.first.as_ref()?)));
    seen.map(|(track, counted, first)| Sighting {
        day,
        look: first.look.clone(),
        first: first.candidate.clone(),
        verdict: first.verdict,
        product: counted.product.clone(),
        settled: settled(track, counted, first),
    })
    .collect()
}

/// To look a second time and say the same is no correction.
fn settled(track: &Track, counted: &Counted, first: &Impression) -> Settled {
    let accepted = first.candidate.as_ref().filter(|_| first.verdict == Verdict::Accept);
    let corrected = track.objected && accepted.is_some_and(|candidate| candidate.product != counted.product);
    match counted.how {
        Identification::Vision { .. } => Settled::BySight,
        Identification::Staff => Settled::Staff,
        Identification::Barcode | Identification::Plu => Settled::Code,
        Identification::Candidate { .. } | Identification::Search if corrected => Settled::Corrected,
        Identification::Candidate { .. } => Settled::Chosen,
        Identification::Search => Settled::Found,
    }
}
