//! Similarities to probabilities, and probabilities to verdicts, learnt from the enrolled views alone.
//!
//! Views are held back in turn ([`held_back`]), what speaks for products becomes probabilities ([`odds`]), and the thresholds
//! are where the errors among the held-back views stay within the operating points. Nothing here is a number that
//! somebody chose for a cosine.

pub(crate) mod evidence;
mod experience;
mod held_back;
mod odds;
mod open_set;
mod sets;

use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, ViewId};
use domain::observation::{Candidate, Probability, Verdict};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::index::Resemblance;
use evidence::RIVALS;
pub use experience::{Experience, ExperienceError};
use held_back::Trials;
use odds::{Confidence, Odds};
use open_set::{OpenSet, UNKNOWN_SHARE};
pub use sets::Promise;
use sets::Sets;

/// Version of the JSON form.
const FORMAT: u32 = 3;
/// Views it takes to tell how alike views of one product are.
const OWN_SCORES_MIN: usize = 20;
/// How sharply what is whole and what is not are told apart, per standard deviation.
const STEEPNESS: f64 = 2.0;
/// A threshold that no probability reaches.
const NEVER: f64 = 2.0;
/// The first candidate must be likelier than everything else together, whatever the trials say.
const ACCEPT_MIN: f64 = 0.5;

/// The errors a shop accepts; thresholds are set from them on held-back views, never by hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingPoints {
    /// Share that may get the wrong answer: of the accepted items those accepted as another product, and of the
    /// enrolled ones those called unknown. For example 0.01.
    pub target_error: f32,
    /// Share of never-enrolled things that may be accepted as something. For example 0.05.
    pub unknown_error: f32,
}

impl Default for OperatingPoints {
    /// One in a hundred wrong, one stranger in twenty accepted.
    fn default() -> Self {
        Self { target_error: 0.01, unknown_error: 0.05 }
    }
}

/// How similarities become probabilities and verdicts, for one set of enrolled views.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    model: Option<ModelVersion>,
    odds: Odds,
    own: OwnScores,
    sets: Sets,
    accept_at: f64,
    unknown_above: f64,
    report: CalibrationReport,
}

/// How alike views of one product are, by the scores of held-back views against their own product.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct OwnScores {
    mean: f64,
    /// Standard deviation.
    spread: f64,
}

/// A thing of which it is known what it is.
#[derive(Debug, Clone)]
pub struct Labelled<'a> {
    /// What it looks like.
    pub look: &'a Embedding,
    /// Which product it is.
    pub product: &'a ProductId,
    /// Views that it must not be asked of, for they came of the same thing or the same day.
    pub without: Vec<ViewId>,
}

/// What the held-back views say of the thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct CalibrationReport {
    /// Views that were held back in turn.
    pub held_back: usize,
    /// Share of them whose product came first.
    pub first: f32,
    /// Share of them that would have been accepted.
    pub accepted: f32,
    /// Share of the accepted that would have been wrong.
    pub accepted_wrong: f32,
    /// Share of them that would have been called unknown.
    pub called_unknown: f32,
    /// Views whose whole product was held back in turn.
    pub never_enrolled: usize,
    /// Share of those that would have been accepted as another product.
    pub never_enrolled_accepted: f32,
    /// Share of those that would have been called unknown.
    pub never_enrolled_called_unknown: f32,
}

/// Why nothing can be learnt from the views, or nothing read.
#[derive(Debug, Error)]
pub enum CalibrationError {
    /// Views of more than one model, or vectors of more than one length.
    #[error("the views were made by different models (`{0}` and `{1}`): enrol them again with one")]
    MixedModels(ModelVersion, ModelVersion),
    /// An operating point that is no share.
    #[error("an error of `{0}` cannot be aimed at: give a share above 0 and below 1")]
    Points(f32),
    /// The text is not a calibration.
    #[error("the stored calibration cannot be read: run the fit again")]
    Json(#[from] serde_json::Error),
    /// Of a version that this program does not know.
    #[error("the stored calibration is of version {0} and this program reads {FORMAT}: run the fit again")]
    Version(u32),
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    model: Option<String>,
    slope: f64,
    none: f64,
    confidence: Confidence,
    own: OwnScores,
    sets: Sets,
    accept_at: f64,
    unknown_above: f64,
    report: CalibrationReport,
}

/// A verdict with what it rests on.
pub(crate) struct Judged {
    /// Which of the resemblances, and how likely; the likeliest first.
    pub(crate) ranking: Vec<(usize, Probability)>,
    pub(crate) verdict: Verdict,
}

impl Calibration {
    /// Learns from enrolled views, each held back in turn but for those that the model learnt from, for which its
    /// `experience` stands in. With few views or products it leans on what other goods taught, and asks rather than errs.
    pub fn fit(
        views: &[View],
        points: &OperatingPoints,
        experience: &Experience,
    ) -> Result<Self, CalibrationError> {
        Self::fit_with(views, &[], points, experience)
    }

    /// As [`Calibration::fit`], and learns besides from things of which it is known what they are, each asked about without
    /// the views that came of its own day: so they are things of another day than their product's views, which held-back
    /// views only imitate. The newest 4,096 count.
    pub fn fit_with(
        views: &[View],
        labelled: &[Labelled<'_>],
        points: &OperatingPoints,
        experience: &Experience,
    ) -> Result<Self, CalibrationError> {
        for share in [points.target_error, points.unknown_error] {
            if !(share > 0.0 && share < 1.0) {
                return Err(CalibrationError::Points(share));
            }
        }
        let model = views.first().map(|view| view.embedding.model().clone());
        let looks = || views.iter().map(|view| &view.embedding).chain(labelled.iter().map(|one| one.look));
        let kind = |look: &Embedding| (look.model().clone(), look.values().len());
        let first = looks().next().map(kind);
        if let (Some(first), Some(other)) =
            (&first, looks().map(kind).find(|other| Some(other) != first.as_ref()))
        {
            return Err(CalibrationError::MixedModels(first.0.clone(), other.0));
        }
        let mut trials = held_back::run(views, experience);
        if !labelled.is_empty() {
            let asked = held_back::ask(views, labelled);
            trials.known.extend(asked.known);
            trials.unknown.extend(asked.unknown);
        }
        let odds = Odds::fit(&trials);
        let outcomes = Outcomes::of(&trials, &odds);
        let accept_at = outcomes.accept_at(points);
        let unknown_above = outcomes.unknown_above(points);
        let report = outcomes.report(accept_at, unknown_above);
        let sets = Sets::fit(&trials.known, &odds);
        Ok(Self { model, odds, own: OwnScores::of(&trials), sets, accept_at, unknown_above, report })
    }

    /// The model whose vectors it was learnt on; `None` when there were none.
    pub fn model(&self) -> Option<&ModelVersion> {
        self.model.as_ref()
    }

    /// What things of which it is known what they are say of it.
    pub fn report_on(&self, views: &[View], labelled: &[Labelled<'_>]) -> CalibrationReport {
        let trials = held_back::ask(views, labelled);
        Outcomes::of(&trials, &self.odds).report(self.accept_at, self.unknown_above)
    }

    /// Mean and standard deviation of how alike views of one product are.
    pub(crate) fn own_scores(&self) -> (f64, f64) {
        (self.own.mean, self.own.spread)
    }

    /// The score at which an enrolled product is as likely as none.
    pub(crate) fn none_score(&self) -> f64 {
        self.odds.open_set.none
    }

    /// What the held-back views say of it.
    pub fn report(&self) -> &CalibrationReport {
        &self.report
    }

    /// The probability from which the first candidate is accepted; `None` when it never is.
    pub fn accept_at(&self) -> Option<f32> {
        (self.accept_at <= 1.0).then_some(self.accept_at as f32)
    }

    /// How many of a thing's candidates, the likeliest first, make the smallest set that holds the right one as often as
    /// promised, if the thing is one of those enrolled: at least one where there is one.
    pub fn set_len(&self, candidates: &[Candidate], promise: Promise) -> usize {
        let from = self.sets.from(promise);
        let within = candidates.iter().take_while(|candidate| candidate.probability >= from).count();
        within.max(1).min(candidates.len())
    }

    /// As JSON, to be stored with the views.
    pub fn to_json(&self) -> String {
        let stored = Stored {
            version: FORMAT,
            model: self.model.as_ref().map(|model| model.as_str().to_owned()),
            slope: self.odds.open_set.slope,
            none: self.odds.open_set.none,
            confidence: self.odds.confidence,
            own: self.own,
            sets: self.sets,
            accept_at: self.accept_at,
            unknown_above: self.unknown_above,
            report: self.report,
        };
        serde_json::to_string(&stored).expect("finite numbers and text have a JSON form")
    }

    /// From JSON that [`to_json`](Self::to_json) made.
    pub fn from_json(json: &str) -> Result<Self, CalibrationError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(json)?;
        if version != FORMAT {
            return Err(CalibrationError::Version(version));
        }
        let stored: Stored = serde_json::from_str(json)?;
        Ok(Self {
            model: stored.model.as_deref().map(ModelVersion::new),
            odds: Odds {
                open_set: OpenSet { slope: stored.slope, none: stored.none },
                confidence: stored.confidence,
            },
            own: stored.own,
            sets: stored.sets,
            accept_at: stored.accept_at,
            unknown_above: stored.unknown_above,
            report: stored.report,
        })
    }

    /// How much a score looks like that of one whole product, from 0 to 1: one half for what is a standard deviation less
    /// alike than views of one product are.
    pub(crate) fn wholeness(&self, score: f32) -> f32 {
        let OwnScores { mean, spread } = self.own;
        let off = (f64::from(score) - (mean - spread)) / (spread / STEEPNESS);
        (1.0 / (1.0 + (-off).exp())) as f32
    }

    /// Ranks what a thing resembles and decides what to do about it.
    pub(crate) fn judge(&self, resemblances: &[Resemblance]) -> Judged {
        let mut ranking: Vec<(usize, f32)> =
            resemblances.iter().enumerate().map(|(at, found)| (at, found.evidence.score)).collect();
        ranking.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranking.truncate(RIVALS);
        let scores: Vec<f32> = ranking.iter().map(|&(_, score)| score).collect();
        let likeness = ranking.first().map_or(0.0, |&(at, _)| resemblances[at].evidence.likeness);
        let (products, none) = self.odds.probabilities(&scores, likeness);
        let verdict = if none > self.unknown_above || products.is_empty() {
            Verdict::Unknown
        } else if products[0] >= self.accept_at {
            Verdict::Accept
        } else {
            Verdict::AskCustomer
        };
        let ranking = ranking.iter().zip(&products);
        let ranking = ranking.map(|(&(at, _), &p)| (at, Probability::from_f32(p as f32))).collect();
        Judged { ranking, verdict }
    }
}

impl OwnScores {
    /// Before there are views to tell it: what groceries' are like.
    const USUAL: Self = Self { mean: 0.8, spread: 0.1 };

    fn of(trials: &Trials) -> Self {
        let scores: Vec<f64> =
            trials.known.iter().filter_map(|trial| Some(f64::from(trial.scores[trial.own?]))).collect();
        if scores.len() < OWN_SCORES_MIN {
            return Self::USUAL;
        }
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / scores.len() as f64;
        Self { mean, spread: variance.sqrt().max(0.01) }
    }
}

/// What the probabilities would have been, trial by trial.
struct Outcomes {
    known: Vec<Outcome>,
    unknown: Vec<Outcome>,
}

#[derive(Clone, Copy)]
struct Outcome {
    /// Probability of the first candidate.
    first: f64,
    /// Whether it is the right one.
    right: bool,
    /// Probability of none.
    none: f64,
}

impl Outcomes {
    fn of(trials: &Trials, odds: &Odds) -> Self {
        let outcome = |trial: &held_back::Trial| {
            let (products, none) = odds.of(trial);
            let best = (0..products.len()).max_by(|&a, &b| trial.scores[a].total_cmp(&trial.scores[b]));
            Outcome {
                first: best.map_or(0.0, |best| products[best]),
                right: best.is_some() && best == trial.own,
                none,
            }
        };
        let likeliest_first = |mut outcomes: Vec<Outcome>| {
            outcomes.sort_by(|a, b| b.first.total_cmp(&a.first));
            outcomes
        };
        Self {
            known: likeliest_first(trials.known.iter().map(outcome).collect()),
            unknown: likeliest_first(trials.unknown.iter().map(outcome).collect()),
        }
    }

    /// The lowest probability from which accepting stays within both errors.
    fn accept_at(&self, points: &OperatingPoints) -> f64 {
        let target = f64::from(points.target_error);
        let (mut wrong, mut proven, mut seen) = (0, None, None);
        for (accepted, outcome) in (1..).zip(&self.known) {
            wrong += u32::from(!outcome.right);
            // One error more than was seen: what few trials do not show may still be there.
            if f64::from(wrong + 1) <= target * f64::from(accepted + 1) {
                proven = Some(outcome.first);
            }
            if f64::from(wrong) <= target * f64::from(accepted) {
                seen = Some(outcome.first);
            }
        }
        let by_errors = match (proven, seen) {
            (Some(proven), _) => proven,
            // Too few trials to prove it by counting: only what is as sure as the target asks.
            (None, Some(seen)) => seen.max(1.0 - target),
            (None, None) if self.known.is_empty() => 1.0 - target,
            (None, None) => NEVER,
        };
        let allowed = (self.unknown.len() as f64 * f64::from(points.unknown_error)).floor() as usize;
        // Just above the first of them that may no longer be accepted.
        let by_unknown = self.unknown.get(allowed).map_or(0.0, |outcome| outcome.first + f64::EPSILON);
        by_errors.max(by_unknown).max(ACCEPT_MIN)
    }

    /// The probability of none above which an item is called unknown: so few enrolled ones lie above it, and there it
    /// is likelier none than any were both as frequent.
    fn unknown_above(&self, points: &OperatingPoints) -> f64 {
        let mut none: Vec<f64> = self.known.iter().map(|outcome| outcome.none).collect();
        none.sort_by(|a, b| b.total_cmp(a));
        let allowed = (none.len() as f64 * f64::from(points.target_error)).floor() as usize;
        none.get(allowed).copied().unwrap_or(0.5).max(UNKNOWN_SHARE)
    }

    fn report(&self, accept_at: f64, unknown_above: f64) -> CalibrationReport {
        let share = |count: usize, of: usize| if of == 0 { 0.0 } else { count as f32 / of as f32 };
        let accepted = |outcome: &&Outcome| outcome.first >= accept_at && outcome.none <= unknown_above;
        let accepted_known: Vec<&Outcome> = self.known.iter().filter(accepted).collect();
        let called = |outcomes: &[Outcome]| outcomes.iter().filter(|o| o.none > unknown_above).count();
        CalibrationReport {
            held_back: self.known.len(),
            first: share(self.known.iter().filter(|o| o.right).count(), self.known.len()),
            accepted: share(accepted_known.len(), self.known.len()),
            accepted_wrong: share(accepted_known.iter().filter(|o| !o.right).count(), accepted_known.len()),
            called_unknown: share(called(&self.known), self.known.len()),
            never_enrolled: self.unknown.len(),
            never_enrolled_accepted: share(self.unknown.iter().filter(accepted).count(), self.unknown.len()),
            never_enrolled_called_unknown: share(called(&self.unknown), self.unknown.len()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
