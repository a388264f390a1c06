//! What the answers to many photos come to.

use serde::Serialize;

/// Bins of the reliability diagram behind the calibration error.
const BINS: usize = 15;

/// What a till would do with one photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// Takes the first candidate.
    Accepted,
    /// Asks the customer.
    Asked,
    /// Offers the search.
    Unknown,
}

impl Reaction {
    /// The word for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Asked => "asked",
            Self::Unknown => "unknown",
        }
    }
}

/// One photo's answer, set against the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outcome {
    /// Place of the right product among the candidates, from 0; `None` when it is not among them.
    pub(crate) rank: Option<usize>,
    /// Whether the first candidate is of the right group; `None` in data without groups.
    pub(crate) coarse_right: Option<bool>,
    /// The first candidate's probability; 0 without candidates.
    pub(crate) probability: f32,
    /// What the till would do.
    pub(crate) reaction: Reaction,
}

/// The figures over all photos. Shares are from 0 to 1; one of nothing is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Figures {
    /// Share whose first candidate is right.
    pub(crate) top1: f64,
    /// Share with the right one among the first three.
    pub(crate) top3: f64,
    /// Share with the right one among the first five.
    pub(crate) top5: f64,
    /// Share whose first candidate is of the right coarse class.
    pub(crate) coarse_top1: Option<f64>,
    /// Share that is taken without asking.
    pub(crate) accept_coverage: f64,
    /// Share of those that is right.
    pub(crate) accept_precision: Option<f64>,
    /// Share that could be taken if the threshold were set, knowing the truth, to be right in 99 of 100.
    pub(crate) coverage_at_99_precision: f64,
    /// Share the customer is asked about.
    pub(crate) asked: f64,
    /// Share of those with the right one among the first three.
    pub(crate) asked_in_top3: Option<f64>,
    /// Share that is said to be unknown.
    pub(crate) unknown: f64,
    /// Expected calibration error: the mean gap between probability and hit rate over bins of equal width.
    pub(crate) ece: f64,
}

/// The figures over these photos.
///
/// # Panics
/// Without photos: the callers refuse an empty data set before they measure.
pub(crate) fn figures(outcomes: &[Outcome]) -> Figures {
    assert!(!outcomes.is_empty(), "there must be photos to ask about");
    let all = || outcomes.iter();
    let within = |outcome: &Outcome, places: usize| outcome.rank.is_some_and(|rank| rank < places);
    let reacted = |reaction| all().filter(move |outcome| outcome.reaction == reaction);
    let coarse = all().filter_map(|outcome| outcome.coarse_right);
    Figures {
        top1: mean(all().map(|o| within(o, 1))).unwrap_or_default(),
        top3: mean(all().map(|o| within(o, 3))).unwrap_or_default(),
        top5: mean(all().map(|o| within(o, 5))).unwrap_or_default(),
        coarse_top1: mean(coarse),
        accept_coverage: mean(all().map(|o| o.reaction == Reaction::Accepted)).unwrap_or_default(),
        accept_precision: mean(reacted(Reaction::Accepted).map(|o| within(o, 1))),
        coverage_at_99_precision: coverage_at(outcomes, 0.99),
        asked: mean(all().map(|o| o.reaction == Reaction::Asked)).unwrap_or_default(),
        asked_in_top3: mean(reacted(Reaction::Asked).map(|o| within(o, 3))),
        unknown: mean(all().map(|o| o.reaction == Reaction::Unknown)).unwrap_or_default(),
        ece: calibration_error(outcomes),
    }
}

/// The share of true ones; `None` of nothing.
pub(crate) fn mean(hits: impl IntoIterator<Item = bool>) -> Option<f64> {
    let (mut count, mut right) = (0_u32, 0_u32);
    for hit in hits {
        count += 1;
        right += u32::from(hit);
    }
    (count > 0).then(|| f64::from(right) / f64::from(count))
}

/// The largest share of photos, the surest first, that is right in at least `precision` of cases.
pub(crate) fn coverage_at(outcomes: &[Outcome], precision: f64) -> f64 {
    let good = thresholds(outcomes).filter(|cut| f64::from(cut.right) >= precision * f64::from(cut.taken));
    good.last().map_or(0.0, |cut| cut.coverage(outcomes))
}

/// What a threshold on the probability takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Photos at or above it.
    pub(crate) taken: u32,
    /// How many of those are right.
    pub(crate) right: u32,
}

impl Cut {
    /// Share of the photos that it takes.
    pub(crate) fn coverage(self, outcomes: &[Outcome]) -> f64 {
        f64::from(self.taken) / outcomes.len() as f64
    }
}

/// Every threshold there can be, the strictest first.
pub(crate) fn thresholds(outcomes: &[Outcome]) -> impl Iterator<Item = Cut> {
    let mut surest: Vec<(f32, bool)> = outcomes.iter().map(|o| (o.probability, o.rank == Some(0))).collect();
    surest.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut cut = Cut { taken: 0, right: 0 };
    (0..surest.len()).filter_map(move |place| {
        let (probability, hit) = surest[place];
        cut.taken += 1;
        cut.right += u32::from(hit);
        // No threshold cuts between equal probabilities.
        surest.get(place + 1).is_none_or(|next| next.0 < probability).then_some(cut)
    })
}

/// The photos whose first candidate has about the same probability.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Bin {
    /// How many.
    pub(crate) photos: u32,
    /// Their mean probability; 0 without photos.
    pub(crate) probability: f64,
    /// Share that is right; 0 without photos.
    pub(crate) right: f64,
}

/// The reliability diagram: bins of equal width, from improbable to sure.
pub(crate) fn reliability(outcomes: &[Outcome]) -> Vec<Bin> {
    let mut bins = [Bin::default(); BINS];
    for outcome in outcomes {
        let bin = &mut bins[((outcome.probability * BINS as f32) as usize).min(BINS - 1)];
        bin.photos += 1;
        bin.probability += f64::from(outcome.probability);
        bin.right += f64::from(u8::from(outcome.rank == Some(0)));
    }
    let mean = |bin: Bin| {
        let photos = f64::from(bin.photos.max(1));
        Bin { probability: bin.probability / photos, right: bin.right / photos, ..bin }
    };
    bins.into_iter().map(mean).collect()
}

/// Expected calibration error of the first candidate's probability (Guo et al., ICML 2017).
fn calibration_error(outcomes: &[Outcome]) -> f64 {
    let gap = |bin: &Bin| f64::from(bin.photos) * (bin.probability - bin.right).abs();
    reliability(outcomes).iter().map(gap).sum::<f64>() / outcomes.len() as f64
}

/// The area under the ROC curve: how often a score of `known` is above one of `unknown`, ties counting half.
pub(crate) fn auroc(known: &[f32], unknown: &[f32]) -> Option<f64> {
    if known.is_empty() || unknown.is_empty() {
        return None;
    }
    let mut sorted = unknown.to_vec();
    sorted.sort_by(f32::total_cmp);
    let below: f64 = known
        .iter()
        .map(|score| {
            let under = sorted.partition_point(|other| other < score);
            let equal = sorted.partition_point(|other| other <= score) - under;
            under as f64 + equal as f64 / 2.0
        })
        .sum();
    Some(below / (known.len() as f64 * unknown.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(rank: Option<usize>, probability: f32, reaction: Reaction) -> Outcome {
        Outcome { rank, coarse_right: None, probability, reaction }
    }

    fn close(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 1e-6
    }

    #[test]
    fn counts_what_a_till_would_do() {
        let found = figures(&[
            outcome(Some(0), 1.0, Reaction::Accepted),
            outcome(Some(1), 0.5, Reaction::Asked),
            outcome(Some(4), 0.5, Reaction::Asked),
            outcome(None, 0.0, Reaction::Unknown),
        ]);
        assert!(close(found.top1, 0.25) && close(found.top3, 0.5) && close(found.top5, 0.75));
        assert_eq!(
            (found.accept_precision, found.asked_in_top3, found.coarse_top1),
            (Some(1.0), Some(0.5), None)
        );
        assert!(close(found.coverage_at_99_precision, 0.25));
        // Only the two halves are off: they are never right.
        assert!(close(found.ece, 0.25), "{}", found.ece);
    }

    #[test]
    fn no_threshold_cuts_between_equal_probabilities() {
        let half_right = [0, 1].map(|rank| outcome(Some(rank), 0.9, Reaction::Accepted));
        assert!(close(figures(&half_right).coverage_at_99_precision, 0.0));
    }

    #[test]
    fn ranks_known_above_unknown() {
        for (known, unknown, expected) in [
            (&[0.9, 0.8][..], &[0.1, 0.2][..], Some(1.0)),
            (&[0.5], &[0.5], Some(0.5)),
            (&[0.1, 0.9], &[0.5], Some(0.5)),
            (&[], &[0.5], None),
        ] {
            assert_eq!(auroc(known, unknown), expected);
        }
    }
}
