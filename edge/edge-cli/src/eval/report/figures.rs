//! The headline figures of some models, how sure they are, and which differences are more than chance.

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::Serialize;

use super::statistics::{DRAWS, Interval, draw_photos, mcnemar, middle, two_sided, wilson};
use crate::eval::disjoint;
use crate::eval::images::Measured;
use crate::eval::metrics::{Outcome, Reaction, auroc, figures};

/// How unlikely chance must be for a difference to be called one, over all figures of a comparison together.
const ERROR: f64 = 0.05;

/// One figure of the list.
pub(super) struct Figure {
    /// Its field in JSON.
    pub(super) key: &'static str,
    /// What people call it.
    pub(super) label: &'static str,
    /// What it says, for who meets it first.
    pub(super) meaning: &'static str,
    kind: Kind,
    better: Better,
}

/// What its interval follows from.
enum Kind {
    /// The share of all photos, or of all that have a group, of which this holds: paired photo by photo.
    Share(fn(&Outcome) -> Option<bool>),
    /// The share of the photos that the model chose itself: there are no pairs.
    ShareOfChosen(fn(&Outcome) -> Option<bool>),
    /// Drawing the photos anew.
    Drawn,
    /// The same, where the draws err to one side: drawn photos fill bins less evenly, which adds to the error. The
    /// interval is turned round the figure for that (the basic bootstrap).
    DrawnOneSided,
}

#[derive(Clone, Copy, PartialEq)]
enum Better {
    High,
    Low,
    /// More of it is neither good nor bad by itself.
    Neither,
}

/// Whether the first `places` candidates hold the right one.
fn within(outcome: &Outcome, places: usize) -> bool {
    outcome.rank.is_some_and(|rank| rank < places)
}

/// A figure by its field, its name, what it says, what its interval follows from and which way is better.
const fn figure(
    key: &'static str,
    label: &'static str,
    meaning: &'static str,
    kind: Kind,
    better: Better,
) -> Figure {
    Figure { key, label, meaning, kind, better }
}

/// How many figures there are.
pub(super) const COUNT: usize = 13;

/// The figures, in the order shown.
#[rustfmt::skip]
pub(super) static FIGURES: [Figure; COUNT] = [
    figure("top1", "Right at first (top-1)", "The likeliest product is the right one.",
        Kind::Share(|o| Some(within(o, 1))), Better::High),
    figure("top3", "Right among three (top-3)", "The right product is among the three likeliest.",
        Kind::Share(|o| Some(within(o, 3))), Better::High),
    figure("top5", "Right among five (top-5)", "The right product is among the five likeliest.",
        Kind::Share(|o| Some(within(o, 5))), Better::High),
    figure("coarse_top1", "Right group at first", "The likeliest product is of the right group of products.",
        Kind::Share(|o| o.coarse_right), Better::High),
    figure("accept_coverage", "Accepted without asking", "The till is sure enough to put the product on the bill.",
        Kind::Share(|o| Some(o.reaction == Reaction::Accepted)), Better::Neither),
    figure("accept_precision", "Right of those", "Of what is accepted without asking, how much is right.",
        Kind::ShareOfChosen(|o| (o.reaction == Reaction::Accepted).then(|| within(o, 1))), Better::High),
    figure("coverage_at_99_precision", "Could be accepted at 99 % right",
        "How much could be accepted without asking if the threshold were set with the answers known.",
        Kind::Drawn, Better::High),
    figure("asked", "Customer asked", "The till shows the likeliest products and lets the customer choose.",
        Kind::Share(|o| Some(o.reaction == Reaction::Asked)), Better::Neither),
    figure("unknown", "Said to be unknown", "The till knows no likely product. All photos here are of enrolled ones.",
        Kind::Share(|o| Some(o.reaction == Reaction::Unknown)), Better::Neither),
    figure("ece", "Calibration error (ECE)", "How far probabilities are from how often they hold, on average.",
        Kind::DrawnOneSided, Better::Low),
    figure("unknown_auroc", "Known told from unknown (AUROC)",
        "How often a photo of an enrolled product scores above one of a product left out. 0.5 is guessing.",
        Kind::Drawn, Better::High),
    figure("disjoint_1shot", "Right with 1 photo, half the classes",
        "Right at first when half of the products are enrolled, with one photo each.",
        Kind::Drawn, Better::High),
    figure("disjoint_5shot", "Right with 5 photos, half the classes", "The same with five photos each.",
        Kind::Drawn, Better::High),
];

/// All figures over some photos, in the order of [`FIGURES`].
pub(super) type Values = [Option<f64>; COUNT];

/// The figures of one model with their intervals.
pub(super) struct Sure {
    /// Over the photos as they are.
    pub(super) values: Values,
    /// What the figure might be.
    pub(super) intervals: [Option<Interval>; COUNT],
    /// Over the photos of each draw.
    drawn: Vec<Values>,
}

impl Sure {
    /// Draws photos anew with this seed.
    pub(super) fn of(measured: &Measured, seed: u64) -> Self {
        let photos = measured.answers.len();
        let outcomes = measured.outcomes();
        let over = |photos: &[usize]| values_over(measured, &outcomes, photos);
        let values = over(&(0..photos).collect::<Vec<_>>());
        let drawn: Vec<Values> =
            (0..DRAWS).into_par_iter().map(|draw| over(&draw_photos(photos, seed, draw))).collect();
        let interval = |place: usize| match FIGURES[place].kind {
            Kind::Share(hit) | Kind::ShareOfChosen(hit) => {
                let asked = outcomes.iter().filter_map(hit);
                wilson(asked.clone().filter(|hit| *hit).count(), asked.count())
            }
            Kind::Drawn => middle(column(&drawn, place).collect()),
            Kind::DrawnOneSided => {
                let (value, found) = (values[place]?, middle(column(&drawn, place).collect())?);
                Some(Interval { low: (2.0 * value - found.high).max(0.0), high: 2.0 * value - found.low })
            }
        };
        let intervals = std::array::from_fn(interval);
        Self { values, intervals, drawn }
    }

    /// The intervals by the fields they belong to.
    pub(super) fn named_intervals(&self) -> BTreeMap<&'static str, Option<Interval>> {
        FIGURES.iter().map(|figure| figure.key).zip(self.intervals).collect()
    }
}

fn column(drawn: &[Values], place: usize) -> impl Iterator<Item = f64> {
    drawn.iter().filter_map(move |values| values[place])
}

fn values_over(measured: &Measured, outcomes: &[Outcome], photos: &[usize]) -> Values {
    let drawn: Vec<Outcome> = photos.iter().map(|&photo| outcomes[photo]).collect();
    let found = figures(&drawn);
    let share =
        |tallies: &[disjoint::Tally]| Some(disjoint::share(photos.iter().map(|&photo| tallies[photo])));
    [
        Some(found.top1),
        Some(found.top3),
        Some(found.top5),
        found.coarse_top1,
        Some(found.accept_coverage),
        found.accept_precision,
        Some(found.coverage_at_99_precision),
        Some(found.asked),
        Some(found.unknown),
        Some(found.ece),
        mean_auroc(measured, photos),
        share(&measured.one_shot),
        share(&measured.five_shot),
    ]
}

/// The mean over the draws of classes left out. A draw without known or without unknown photos tells nothing.
fn mean_auroc(measured: &Measured, photos: &[usize]) -> Option<f64> {
    let areas: Vec<f64> = measured
        .strangers
        .iter()
        .map(|run| {
            let scores = |strange: bool| -> Vec<f32> {
                let asked = photos.iter().map(|&photo| run.answers[photo]);
                asked.filter(|(is, _)| *is == strange).map(|(_, outcome)| outcome.probability).collect()
            };
            auroc(&scores(false), &scores(true)).unwrap_or(0.5)
        })
        .collect();
    (!areas.is_empty()).then(|| areas.iter().sum::<f64>() / areas.len() as f64)
}

/// What a difference amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Finding {
    Better,
    Worse,
    /// More of what is neither good nor bad.
    More,
    Less,
    /// Chance gives a difference like this in one of twenty figures, and there are many figures.
    Unclear,
    /// Chance alone does as much.
    None,
}

/// One figure of two models on the same photos.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Difference {
    pub(super) figure: &'static str,
    /// The second less the first.
    pub(super) difference: Option<f64>,
    pub(super) interval: Option<Interval>,
    pub(super) p_value: Option<f64>,
    /// Photos of which it holds with the first model alone; `null` where there are no pairs.
    pub(super) only_first: Option<usize>,
    pub(super) only_second: Option<usize>,
    pub(super) finding: Finding,
}

/// Sets a model against the first, figure by figure, on the same photos.
pub(super) fn compare(first: (&Measured, &Sure), second: (&Measured, &Sure)) -> Vec<Difference> {
    FIGURES.iter().enumerate().map(|(place, figure)| difference(figure, place, first, second)).collect()
}

fn difference(
    figure: &Figure,
    place: usize,
    first: (&Measured, &Sure),
    second: (&Measured, &Sure),
) -> Difference {
    let less = |first: &Values, second: &Values| Some(second[place]? - first[place]?);
    let value = less(&first.1.values, &second.1.values);
    let draws = first.1.drawn.iter().zip(&second.1.drawn);
    let drawn: Vec<f64> = draws.filter_map(|(first, second)| less(first, second)).collect();
    let pairs = match figure.kind {
        Kind::Share(hit) => Some(only_one(hit, first.0, second.0)),
        Kind::ShareOfChosen(_) | Kind::Drawn | Kind::DrawnOneSided => None,
    };
    let p_value = match pairs {
        Some((only_first, only_second)) => value.map(|_| mcnemar(only_first, only_second)),
        None => value.and_then(|_| two_sided(&drawn)),
    };
    Difference {
        figure: figure.key,
        difference: value,
        interval: middle(drawn),
        p_value,
        only_first: pairs.map(|(only_first, _)| only_first),
        only_second: pairs.map(|(_, only_second)| only_second),
        finding: finding(figure.better, value, p_value),
    }
}

/// Photos of which it holds with one model alone.
fn only_one(hit: fn(&Outcome) -> Option<bool>, first: &Measured, second: &Measured) -> (usize, usize) {
    let pairs = first.answers.iter().zip(&second.answers);
    let held: Vec<(bool, bool)> =
        pairs.filter_map(|(a, b)| Some((hit(&a.outcome)?, hit(&b.outcome)?))).collect();
    let only = |wanted: (bool, bool)| held.iter().filter(|pair| **pair == wanted).count();
    (only((true, false)), only((false, true)))
}

/// Of many figures some differ by chance, so each has to be as much less likely (Bonferroni).
fn finding(better: Better, difference: Option<f64>, p_value: Option<f64>) -> Finding {
    let (Some(difference), Some(p_value)) = (difference, p_value) else { return Finding::None };
    if p_value >= ERROR {
        return Finding::None;
    }
    if p_value >= ERROR / COUNT as f64 {
        return Finding::Unclear;
    }
    match (better, difference > 0.0) {
        (Better::High, true) | (Better::Low, false) => Finding::Better,
        (Better::High, false) | (Better::Low, true) => Finding::Worse,
        (Better::Neither, true) => Finding::More,
        (Better::Neither, false) => Finding::Less,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_only_what_chance_does_not_do_a_difference() {
        for (better, difference, p_value, expected) in [
            (Better::High, 0.1, 0.001, Finding::Better),
            (Better::Low, 0.1, 0.001, Finding::Worse),
            (Better::Neither, -0.1, 0.001, Finding::Less),
            (Better::High, 0.1, 0.02, Finding::Unclear),
            (Better::High, 0.1, 0.3, Finding::None),
        ] {
            assert_eq!(finding(better, Some(difference), Some(p_value)), expected, "{p_value}");
        }
        assert_eq!(finding(Better::High, None, None), Finding::None);
    }
}
