//! What recognition would have said of the enrolled views, had they not been enrolled.
//!
//! Enrolment photos of a product come in bursts: one afternoon, one lamp, one apple. Holding back a single view leaves
//! its twins in place and promises far more than the next shopper's apple will keep (on the grocery photos 99 % right
//! instead of 80 %). So a view is judged by those of its product's other views that resemble it least.

use rayon::prelude::*;

use domain::embedding::View;
use domain::ids::ProductId;

use super::Labelled;
use super::evidence::{RIVALS, score};
use super::experience::Experience;
use crate::fixed;

/// Of a product's other views, the third least like the held-back one stays...
const KEPT_SHARE: usize = 3;
/// ...but at least so many, if there are: with fewer it would measure scarcity and not change.
const KEPT_MIN: usize = 3;
/// Views held back at most, evenly spread over all: enough to see one error in a hundred well.
const TRIALS_MAX: usize = 4096;

/// One held-back view's scores.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trial {
    /// Scores of the products most alike, in no order.
    pub(super) scores: Vec<f32>,
    /// Which of them is its own product's; `None` when its product was held back with all its views.
    pub(super) own: Option<usize>,
}

/// The trials of products that stay enrolled, and of products that were never enrolled.
#[derive(Debug, Clone, Default)]
pub(super) struct Trials {
    pub(super) known: Vec<Trial>,
    pub(super) unknown: Vec<Trial>,
}

/// Views laid out by product.
struct Gallery {
    vectors: Vec<Vec<i16>>,
    /// Where each product's views begin, and one past the last.
    starts: Vec<usize>,
    prototypes: Vec<Vec<i16>>,
}

/// Holds back views in turn. Those whose photo the model learnt from are not: as many of the model's own trials, if it
/// has them, stand in their place.
pub(super) fn run(views: &[View], experience: &Experience) -> Trials {
    let mut sorted: Vec<&View> = views.iter().collect();
    sorted.sort_by(|a, b| (&a.product, a.id).cmp(&(&b.product, b.id)));
    let gallery = Gallery::new(&sorted);
    let reference = &experience.reference;
    let says_nothing = |view: &View| !reference.known.is_empty() && experience.has_seen(view);
    let telling: Vec<usize> = (0..sorted.len()).filter(|&at| !says_nothing(sorted[at])).collect();
    let step = telling.len().div_ceil(TRIALS_MAX).max(1);
    let chosen: Vec<usize> = telling.iter().copied().step_by(step).collect();
    let pairs: Vec<(Option<Trial>, Option<Trial>)> =
        chosen.into_par_iter().map(|view| gallery.hold_back(view)).collect();
    let (known, unknown): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let replaced = sorted.len() - telling.len();
    Trials {
        known: known.into_iter().flatten().chain(spread(&reference.known, replaced)).collect(),
        unknown: unknown.into_iter().flatten().chain(spread(&reference.unknown, replaced)).collect(),
    }
}

/// Asks about things of which it is known what they are. One whose product has no views is a thing never enrolled.
pub(super) fn ask(views: &[View], labelled: &[Labelled<'_>]) -> Trials {
    let mut sorted: Vec<&View> = views.iter().collect();
    sorted.sort_by(|a, b| (&a.product, a.id).cmp(&(&b.product, b.id)));
    let gallery = Gallery::new(&sorted);
    let starts = &gallery.starts[..gallery.prototypes.len()];
    let products: Vec<&ProductId> = starts.iter().map(|&start| &sorted[start].product).collect();
    // The newest are asked about: what a shop sells changes its looks.
    let newest = &labelled[labelled.len().saturating_sub(TRIALS_MAX)..];
    let ask = |one: &Labelled<'_>| {
        let query = fixed::quantise(one.look.values());
        let own = products.binary_search(&one.product).ok();
        let own_views = own.map_or(0..0, |own| gallery.starts[own]..gallery.starts[own + 1]);
        let kept: Vec<usize> = own_views.filter(|&view| !one.without.contains(&sorted[view].id)).collect();
        pair(gallery.other_scores(&query, own), gallery.score_by(&query, &kept))
    };
    let (known, unknown): (Vec<_>, Vec<_>) = newest.par_iter().map(ask).unzip();
    Trials { known: known.into_iter().flatten().collect(), unknown: unknown.into_iter().flatten().collect() }
}

/// At most `count` of the trials, evenly over all.
fn spread(trials: &[Trial], count: usize) -> impl Iterator<Item = Trial> {
    let count = count.min(trials.len());
    (0..count).map(move |at| trials[at * trials.len() / count].clone())
}

impl Gallery {
    /// Of views in order of their products.
    fn new(sorted: &[&View]) -> Self {
        let vectors: Vec<Vec<i16>> =
            sorted.iter().map(|view| fixed::quantise(view.embedding.values())).collect();
        let mut starts: Vec<usize> =
            (0..sorted.len()).filter(|&i| i == 0 || sorted[i].product != sorted[i - 1].product).collect();
        starts.push(sorted.len());
        let prototypes = starts.windows(2).map(|w| mean(vectors[w[0]..w[1]].iter())).collect();
        Self { vectors, starts, prototypes }
    }

    /// The trial with the view alone held back (with its twins), and the one with its whole product held back.
    fn hold_back(&self, view: usize) -> (Option<Trial>, Option<Trial>) {
        let query = &self.vectors[view];
        let own_product = self.starts.partition_point(|&start| start <= view) - 1;
        pair(self.other_scores(query, Some(own_product)), self.own_score(view, own_product))
    }

    /// The highest scores of products but one, the highest first.
    fn other_scores(&self, query: &[i16], but: Option<usize>) -> Vec<f32> {
        let others = (0..self.prototypes.len()).filter(|&product| Some(product) != but);
        let mut scores: Vec<f32> = others.map(|product| self.score(query, product)).collect();
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        scores.truncate(RIVALS);
        scores
    }

    /// Score of a product by all its views.
    fn score(&self, query: &[i16], product: usize) -> f32 {
        let views = &self.vectors[self.starts[product]..self.starts[product + 1]];
        let nearest = views.iter().map(|vector| fixed::dot(query, vector)).max();
        let nearest = nearest.expect("a product begins with a view");
        score(fixed::cosine(fixed::dot(query, &self.prototypes[product])), fixed::cosine(nearest))
    }

    /// Score of a view's own product by the views least like it; `None` when it is the only one.
    fn own_score(&self, view: usize, product: usize) -> Option<f32> {
        let query = &self.vectors[view];
        let mut others: Vec<(i32, usize)> = (self.starts[product]..self.starts[product + 1])
            .filter(|&other| other != view)
            .map(|other| (fixed::dot(query, &self.vectors[other]), other))
            .collect();
        others.sort_unstable();
        let kept = others.len().div_ceil(KEPT_SHARE).max(KEPT_MIN.min(others.len()));
        others.truncate(kept);
        let kept: Vec<usize> = others.into_iter().map(|(_, other)| other).collect();
        self.score_by(query, &kept)
    }

    /// Score of a product by some of its views; `None` by none.
    fn score_by(&self, query: &[i16], views: &[usize]) -> Option<f32> {
        let nearest = views.iter().map(|&view| fixed::dot(query, &self.vectors[view])).max()?;
        let prototype = mean(views.iter().map(|&view| &self.vectors[view]));
        Some(score(fixed::cosine(fixed::dot(query, &prototype)), fixed::cosine(nearest)))
    }
}

/// The trial of a thing whose product is enrolled, and of the same thing were it not.
fn pair(others: Vec<f32>, own: Option<f32>) -> (Option<Trial>, Option<Trial>) {
    let known = own.map(|own| {
        let mut scores = others.clone();
        scores.truncate(RIVALS - 1);
        scores.push(own);
        Trial { own: Some(scores.len() - 1), scores }
    });
    let unknown = (!others.is_empty()).then_some(Trial { scores: others, own: None });
    (known, unknown)
}

fn mean<'a>(vectors: impl Iterator<Item = &'a Vec<i16>>) -> Vec<i16> {
    let mut sum = Vec::new();
    for vector in vectors {
        sum.resize(vector.len(), 0.0);
        fixed::add(&mut sum, vector);
    }
    fixed::quantise(&sum)
}
