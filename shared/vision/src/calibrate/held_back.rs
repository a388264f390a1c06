//! What recognition would have said of the enrolled views, had they not been enrolled.
//!
//! Enrolment photos of a product come in bursts: one afternoon, one lamp, one apple. Holding back a single view leaves
//! its twins in place and promises far more than the next shopper's apple will keep (on the grocery photos 99 % right
//! instead of 80 %). So a view is judged by those of its product's other views that resemble it least.

use rayon::prelude::*;

use domain::embedding::View;
use domain::ids::ProductId;

use super::Labelled;
use super::evidence::{Evidence, RIVALS, usual_cosine};
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
    /// Scores of the products most alike, in no order; at least one.
    pub(super) scores: Vec<f32>,
    /// Which of them is its own product's; `None` when its product was held back with all its views.
    pub(super) own: Option<usize>,
    /// How much the view looks like what is usual of the product that scores highest, as [`Evidence`] has it.
    pub(super) likeness: f32,
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
    prototypes: Vec<Mean>,
}

/// Views summed up.
struct Mean {
    vector: Vec<i16>,
    /// The cosine that a view usually has with it.
    usual: f32,
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
        let evidence = own.and_then(|own| {
            let views = gallery.starts[own]..gallery.starts[own + 1];
            let kept: Vec<usize> = views.filter(|&view| !one.without.contains(&sorted[view].id)).collect();
            gallery.evidence_by(&query, own, &kept)
        });
        pair(&gallery.others(&query, own), evidence)
    };
    let (known, unknown): (Vec<_>, Vec<_>) = newest.par_iter().map(ask).unzip();
    let (known, unknown) = (known.into_iter().flatten(), unknown.into_iter().flatten());
    Trials { known: known.collect(), unknown: unknown.collect() }
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
        let prototypes = starts.windows(2).map(|w| Mean::of(vectors[w[0]..w[1]].iter())).collect();
        Self { vectors, starts, prototypes }
    }

    /// The trial with the view alone held back (with its twins), and the one with its whole product held back.
    fn hold_back(&self, view: usize) -> (Option<Trial>, Option<Trial>) {
        let query = &self.vectors[view];
        let own_product = self.starts.partition_point(|&start| start <= view) - 1;
        pair(&self.others(query, Some(own_product)), self.own(view, own_product))
    }

    /// What speaks for the likeliest products but one, the likeliest first.
    fn others(&self, query: &[i16], but: Option<usize>) -> Vec<Evidence> {
        let others = (0..self.prototypes.len()).filter(|&product| Some(product) != but);
        let mut others: Vec<Evidence> = others.map(|product| self.evidence(query, product)).collect();
        others.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        others.truncate(RIVALS);
        others
    }

    /// What all views of a product say.
    fn evidence(&self, query: &[i16], product: usize) -> Evidence {
        let views = &self.vectors[self.starts[product]..self.starts[product + 1]];
        let nearest = views.iter().map(|vector| fixed::dot(query, vector)).max();
        let nearest = nearest.expect("a product begins with a view");
        self.prototypes[product].evidence(query, nearest)
    }

    /// What a view's own product's views least like it say; `None` when it is the only one.
    fn own(&self, view: usize, product: usize) -> Option<Evidence> {
        let query = &self.vectors[view];
        let mut others: Vec<(i32, usize)> = (self.starts[product]..self.starts[product + 1])
            .filter(|&other| other != view)
            .map(|other| (fixed::dot(query, &self.vectors[other]), other))
            .collect();
        others.sort_unstable();
        let kept = others.len().div_ceil(KEPT_SHARE).max(KEPT_MIN.min(others.len()));
        others.truncate(kept);
        let kept: Vec<usize> = others.into_iter().map(|(_, other)| other).collect();
        self.evidence_by(query, product, &kept)
    }

    /// What some views of a product say; `None` by none. What is usual is what all of them make it: views that were chosen
    /// for being strange would call any thing usual.
    fn evidence_by(&self, query: &[i16], product: usize, views: &[usize]) -> Option<Evidence> {
        let nearest = views.iter().map(|&view| fixed::dot(query, &self.vectors[view])).max()?;
        let kept = Mean::of(views.iter().map(|&view| &self.vectors[view]));
        Some(Mean { usual: self.prototypes[product].usual, ..kept }.evidence(query, nearest))
    }
}

/// The trial of a thing whose product is enrolled, and of the same thing were it not.
fn pair(others: &[Evidence], own: Option<Evidence>) -> (Option<Trial>, Option<Trial>) {
    let all: Vec<f32> = others.iter().map(|other| other.score).collect();
    let known = own.map(|own| {
        let first = others.first().filter(|other| other.score > own.score).unwrap_or(&own);
        let mut scores = all.clone();
        scores.truncate(RIVALS - 1);
        scores.push(own.score);
        Trial { own: Some(scores.len() - 1), scores, likeness: first.likeness }
    });
    let unknown = others.first().map(|first| Trial { scores: all, own: None, likeness: first.likeness });
    (known, unknown)
}

impl Mean {
    /// Of at least one vector.
    fn of<'a>(vectors: impl Iterator<Item = &'a Vec<i16>>) -> Self {
        let mut sum = Vec::new();
        let mut count = 0;
        for vector in vectors {
            sum.resize(vector.len(), 0.0);
            fixed::add(&mut sum, vector);
            count += 1;
        }
        Self { vector: fixed::quantise(&sum), usual: usual_cosine(count, fixed::length(&sum)) }
    }

    /// `nearest` is the scalar product with the most alike of the views.
    fn evidence(&self, query: &[i16], nearest: i32) -> Evidence {
        let prototype = fixed::cosine(fixed::dot(query, &self.vector));
        Evidence::new(prototype, fixed::cosine(nearest), self.usual)
    }
}
