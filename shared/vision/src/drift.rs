//! Whether things sold lately still look and are recognised as the calibration promised.
//!
//! Two tests, both made so that a till that keeps its promise is hardly ever accused:
//! - of what sight accepted, no more was called something else by shoppers than the target error allows (one-sided exact
//!   binomial test; Clopper and Pearson, The use of confidence or fiducial limits, Biometrika 26, 1934);
//! - things do not look less and less like their products (Page, Continuous inspection schemes, Biometrika 41, 1954: a
//!   one-sided cumulative sum, which sees a small lasting change sooner than any test of a fixed number of things).
//!
//! Nothing here stops a till from selling: whoever is told teaches it again.

use domain::embedding::View;
use domain::observation::Verdict;
use domain::sighting::Sighting;

use crate::calibrate::{Calibration, OperatingPoints};
use crate::learn::Gallery;

/// Things that are looked at, the newest: what was long ago is no news.
pub const NEWEST: usize = 500;
/// How unlikely so many corrections must be for a till that keeps its target error.
const UNLIKELY: f64 = 0.001;
/// The change that the sum is tuned to is one standard deviation: half of it is allowed for (Page's k)...
const ALLOWANCE: f64 = 0.5;
/// ...and it speaks at eight: with scores as expected that happens once in some 19,000 things (Siegmund, Sequential
/// Analysis, 1985, eq. 2.57).
const SPEAKS_AT: f64 = 8.0;
/// One thing counts for no more than this many standard deviations: a hand in the picture is no change of the shop.
const COUNTS_MOST: f64 = 3.0;

/// How what was sold lately compares with what was promised.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Drift {
    /// Things that were looked at: the newest [`NEWEST`] at most.
    pub sightings: usize,
    /// Of them, those that sight accepted.
    pub accepted: usize,
    /// Of those, the ones that were sold as something else.
    pub refuted: usize,
    /// The share of refuted that was promised.
    pub promised: f32,
    /// Mean likeness of a thing to its product; 0 where nothing sold is enrolled.
    pub likeness: f32,
    /// What it was when the thresholds were fitted.
    pub expected_likeness: f32,
    /// More was refuted than a till does that keeps its promise.
    pub errs: bool,
    /// Things look less like their products than they did.
    pub fades: bool,
}

/// What somebody should know of it, and do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What was found.
    pub problem: String,
    /// What to do.
    pub remedy: &'static str,
}

impl Drift {
    /// Compares sightings, oldest first, with the thresholds that the till sells by.
    pub fn of(
        views: &[View],
        calibration: &Calibration,
        sightings: &[Sighting],
        points: &OperatingPoints,
    ) -> Self {
        let sightings = &sightings[sightings.len().saturating_sub(NEWEST)..];
        let gallery = Gallery::new(views);
        let (mean, spread) = calibration.own_scores();
        let accepted = sightings.iter().filter(|sighting| sighting.verdict == Verdict::Accept).count();
        let refuted = sightings.iter().filter(|sighting| sighting.refuted()).count();
        let scores: Vec<f64> = sightings
            .iter()
            .filter_map(|sighting| gallery.likeness(&sighting.look, &sighting.product).map(f64::from))
            .collect();
        let sum = |sum: f64, score: &f64| {
            let below = ((mean - score) / spread).clamp(-COUNTS_MOST, COUNTS_MOST);
            (sum + below - ALLOWANCE).max(0.0)
        };
        Self {
            sightings: sightings.len(),
            accepted,
            refuted,
            promised: points.target_error,
            likeness: (scores.iter().sum::<f64>() / scores.len().max(1) as f64) as f32,
            expected_likeness: mean as f32,
            errs: at_least(refuted, accepted, f64::from(points.target_error)) < UNLIKELY,
            fades: scores.iter().fold(0.0, sum) > SPEAKS_AT,
        }
    }

    /// What somebody should know; empty when all is as promised.
    pub fn alarms(&self) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        if self.errs {
            alarms.push(Alarm {
                problem: format!(
                    "shoppers corrected {} of {} accepted things, and {:.1} % were promised",
                    self.refuted,
                    self.accepted,
                    self.promised * 100.0
                ),
                remedy: "`tillsight learn --dry-run` names what looks like something else: enrol it again, then run `tillsight learn`",
            });
        }
        if self.fades {
            alarms.push(Alarm {
                problem: format!(
                    "things look less like their products than they did: {:.2}, and {:.2} when the thresholds were fitted",
                    self.likeness, self.expected_likeness
                ),
                remedy: "clean the camera and look at the light over the tray, then run `tillsight learn`",
            });
        }
        alarms
    }
}

/// How likely `count` or more of `of` are when each has this chance.
fn at_least(count: usize, of: usize, chance: f64) -> f64 {
    let mut exactly = (of as f64 * (1.0 - chance).ln()).exp();
    let mut fewer = 0.0;
    for number in 0..count {
        fewer += exactly;
        exactly *= (of - number) as f64 / (number + 1) as f64 * chance / (1.0 - chance);
    }
    (1.0 - fewer).max(0.0)
}

#[cfg(test)]
mod tests {
    use domain::observation::{Candidate, Probability};
    use domain::sighting::Settled;
    use domain::time::BusinessDay;

    use super::*;
    use crate::calibrate::Experience;
    use crate::calibrate::tests::{World, name};

    #[test]
    fn knows_the_tail_of_a_binomial_distribution() {
        for (count, of, chance, expected) in [
            (0, 0, 0.01, 1.0),
            (0, 10, 0.5, 1.0),
            (1, 1, 0.25, 0.25),
            (8, 10, 0.5, 56.0 / 1024.0),
            (5, 100, 0.01, 0.003_432),
        ] {
            assert!((at_least(count, of, chance) - expected).abs() < 1e-6, "{count} of {of}");
        }
    }

    /// What is sold of 20 products over so many days, of which photos lie so far apart.
    fn drift(day: f32, corrected: usize) -> Drift {
        let mut world = World::new(11, 20, 1.0, 0.5, 0.2);
        let views = world.enrol(0..20, 6, 1);
        let points = OperatingPoints::default();
        let calibration = Calibration::fit(&views, &points, &Experience::default()).unwrap();
        world.set_day(day);
        let sightings: Vec<Sighting> = (0..400)
            .map(|number| {
                let product = number % 20;
                let said = name(if number < corrected { product + 1 } else { product });
                Sighting {
                    day: BusinessDay { year: 2026, month: 3, day: 1 },
                    look: world.photos(product, 1).remove(0),
                    first: Some(Candidate { product: said, probability: Probability::ONE }),
                    verdict: Verdict::Accept,
                    product: name(product),
                    settled: Settled::BySight,
                }
            })
            .collect();
        Drift::of(&views, &calibration, &sightings, &points)
    }

    #[test]
    fn a_till_that_keeps_its_promise_is_not_accused() {
        let drift = drift(0.5, 4);
        assert_eq!((drift.accepted, drift.refuted, drift.alarms()), (400, 4, Vec::new()), "{drift:?}");
    }

    #[test]
    fn corrections_and_changed_looks_are_told() {
        let errs = drift(0.5, 14);
        assert!(errs.errs && !errs.fades, "{errs:?}");
        assert!(
            errs.alarms()[0].problem.starts_with("shoppers corrected 14 of 400 accepted things, and 1.0 %"),
            "{errs:?}"
        );
        let fades = drift(1.1, 4);
        assert!(fades.fades && !fades.errs, "{fades:?}");
    }
}
