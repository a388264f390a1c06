//! From what was sold to views and thresholds: a till that learns from its sales.
//!
//! Enrolment photos are of one day; sightings are of every day since, which is just what held-back views only imitate.
//! They serve twice. Some become views: those that show a product as no view of it does yet, chosen farthest-first
//! (Gonzalez, Clustering to minimize the maximum intercluster distance, 1985). And all are asked about as if nothing had
//! been learnt from them, which tells how the thresholds keep their promise.
//!
//! Nobody checks a sale. Whoever pays for steak as for potatoes says that the steak is a potato, so a sighting that looks
//! more like what was enrolled for another product than like its own becomes no view; and enrolled views, which a person
//! answers for, are the measure of it and never those learnt before. What passes must moreover be, among all that pass, most
//! like the others of its own product (Wilson, Asymptotic properties of nearest neighbor rules using edited data, 1972). What is learnt is a function of the enrolled views
//! and the sightings: nothing learnt leads to more, and the same again changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use domain::embedding::{Embedding, View};
use domain::ids::{ProductId, Uuid, ViewId};
use domain::sighting::Sighting;
use domain::time::BusinessDay;

use crate::calibrate::evidence::score;
use crate::calibrate::{
    Calibration, CalibrationError, CalibrationReport, Experience, Labelled, OperatingPoints,
};
use crate::fixed;

/// Views that are learnt of a product at most: what was sold has changed its looks by season and by lamp, not by the
/// hundred, and every view is compared with every thing on every tray.
pub const LEARNT_MAX: usize = 16;
/// Views that are learnt for each enrolled one: enrolled views keep a voice in what the product looks like on the whole.
pub const LEARNT_PER_ENROLLED: usize = 12;
/// What lies no farther than this from a view (1 - cosine) shows nothing that the view does not.
const NEW_LOOK: f32 = 0.03;

/// What is to be learnt.
#[derive(Debug)]
pub struct Lesson {
    /// Views that come.
    pub add: Vec<View>,
    /// Views that were learnt before and leave for them.
    pub remove: Vec<ViewId>,
    /// Thresholds fitted with the sightings.
    pub calibration: Calibration,
    /// Sightings that look more like another product, and which.
    pub doubtful: Vec<Doubtful>,
    /// Views of the next generation that were enrolled, and that were learnt.
    pub enrolled: usize,
    /// See `enrolled`.
    pub learnt: usize,
    /// Sightings that were asked about.
    pub asked: usize,
    /// Sightings left out of the thresholds: they look like another product, and less like their own than a thing that was
    /// never enrolled may.
    pub implausible: usize,
    /// What the till as it is says of them.
    pub before: CalibrationReport,
    /// What the till that has learnt says of them, each without the views that came of its own day.
    pub after: CalibrationReport,
}

/// A sighting that looks more like another product than like the one it was sold as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubtful {
    /// Its place among the sightings given.
    pub sighting: usize,
    /// What it was sold as.
    pub sold_as: ProductId,
    /// What it looks more like.
    pub looks_like: ProductId,
}

/// What a till has learnt and been taught so far.
#[derive(Debug, Clone, Copy)]
pub struct Taught<'a> {
    /// All views of its generation.
    pub views: &'a [View],
    /// The thresholds that it sells by.
    pub calibration: &'a Calibration,
    /// What its model knows of itself.
    pub experience: &'a Experience,
}

/// Learns from sightings, oldest first. `unique` makes ids.
pub fn learn(
    taught: Taught<'_>,
    sightings: &[Sighting],
    points: &OperatingPoints,
    mut unique: impl FnMut() -> Uuid,
) -> Result<Lesson, CalibrationError> {
    let Taught { views, experience, .. } = taught;
    let (learnt, enrolled): (Vec<View>, Vec<View>) =
        views.iter().cloned().partition(|view| view.id.is_learnt());
    let gallery = Gallery::new(&enrolled);
    let told: Vec<Told> =
        sightings.iter().map(|sighting| gallery.tell(&sighting.look, &sighting.product)).collect();
    let chosen = choose(&gallery, &learnt, sightings, &told);
    let kept: BTreeSet<ViewId> = chosen.iter().filter_map(|choice| choice.view).collect();
    let new = chosen.iter().filter(|choice| choice.view.is_none());
    let add: Vec<View> = new
        .map(|choice| View {
            id: ViewId::of_sale(unique()),
            product: choice.product.clone(),
            embedding: choice.look.clone(),
        })
        .collect();
    let stays = |view: &&View| !view.id.is_learnt() || kept.contains(&view.id);
    let next: Vec<View> = views.iter().filter(stays).chain(&add).cloned().collect();
    let unaided = Calibration::fit(&enrolled, points, experience)?;
    let origins = Origins::of(views.iter().chain(&add), sightings);
    let fit = |by: &Calibration| {
        let trials = origins.trials(sightings, &told, by.none_score());
        Ok::<_, CalibrationError>((Calibration::fit_with(&next, &trials, points, experience)?, trials))
    };
    // Enrolment photos of one day promise that everything looks as on that day; once it is known how things look on others,
    // more is plausible.
    let (calibration, _) = fit(&unaided)?;
    let (calibration, trials) = fit(&calibration)?;
    Ok(Lesson {
        before: taught.calibration.report_on(views, &trials),
        after: calibration.report_on(&next, &trials),
        doubtful: doubtful(sightings, told.iter()),
        enrolled: enrolled.len(),
        learnt: chosen.len(),
        asked: trials.len(),
        implausible: sightings.len() - trials.len(),
        remove: learnt.iter().map(|view| view.id).filter(|id| !kept.contains(id)).collect(),
        add,
        calibration,
    })
}

impl Lesson {
    /// Whether views come or leave.
    pub fn changes_views(&self) -> bool {
        !self.add.is_empty() || !self.remove.is_empty()
    }
}

/// The learnt views of each product and day, as far as the sightings tell. A view whose sighting is forgotten is older than
/// all of them.
struct Origins<'a> {
    views: BTreeMap<(&'a ProductId, BusinessDay), Vec<ViewId>>,
}

impl<'a> Origins<'a> {
    fn of(views: impl Iterator<Item = &'a View>, sightings: &'a [Sighting]) -> Self {
        let learnt: Vec<&View> = views.filter(|view| view.id.is_learnt()).collect();
        let mut days: BTreeMap<&ProductId, Vec<&Sighting>> = BTreeMap::new();
        for sighting in sightings {
            days.entry(&sighting.product).or_default().push(sighting);
        }
        let mut origins: BTreeMap<_, Vec<ViewId>> = BTreeMap::new();
        for view in learnt {
            let Some(sold) = days.get(&view.product) else { continue };
            for sighting in sold.iter().filter(|sighting| sighting.look == view.embedding) {
                origins.entry((&sighting.product, sighting.day)).or_default().push(view.id);
            }
        }
        Self { views: origins }
    }

    /// What is to be asked about. Left out is what looks like another product, and less like its own than a thing that was
    /// never enrolled may: so few of the true ones do that a false name is the likelier reason.
    fn trials(&self, sightings: &'a [Sighting], told: &[Told], none: f64) -> Vec<Labelled<'a>> {
        let is_plausible = |told: &Told| told.own.is_none_or(|own| told.is_sure() || f64::from(own) >= none);
        let kept = sightings.iter().zip(told).filter(|(_, told)| is_plausible(told));
        let without = |sighting: &'a Sighting| {
            self.views.get(&(&sighting.product, sighting.day)).cloned().unwrap_or_default()
        };
        kept.map(|(sighting, _)| Labelled {
            look: &sighting.look,
            product: &sighting.product,
            without: without(sighting),
        })
        .collect()
    }
}

fn doubtful<'a>(sightings: &[Sighting], told: impl Iterator<Item = &'a Told>) -> Vec<Doubtful> {
    let all = sightings.iter().zip(told).enumerate();
    all.filter_map(|(place, (sighting, told))| {
        let looks_like = told.rival.clone().filter(|_| !told.is_sure())?;
        told.own?;
        Some(Doubtful { sighting: place, sold_as: sighting.product.clone(), looks_like })
    })
    .collect()
}

/// What the enrolled views say of a sighting.
struct Told {
    /// Score of the product it was sold as; `None` when that is not enrolled.
    own: Option<f32>,
    /// Highest score of another product, and which.
    best: f32,
    rival: Option<ProductId>,
}

impl Told {
    /// Whether it looks like what it was sold as, more than like anything else.
    fn is_sure(&self) -> bool {
        self.own.is_some_and(|own| own >= self.best)
    }
}

/// Views by product.
pub(crate) struct Gallery<'a> {
    products: BTreeMap<&'a ProductId, Shelf<'a>>,
}

struct Shelf<'a> {
    looks: Vec<&'a Embedding>,
    vectors: Vec<Vec<i16>>,
    prototype: Vec<i16>,
}

impl<'a> Gallery<'a> {
    pub(crate) fn new(views: &'a [View]) -> Self {
        let mut looks: BTreeMap<&ProductId, Vec<&Embedding>> = BTreeMap::new();
        for view in views {
            looks.entry(&view.product).or_default().push(&view.embedding);
        }
        Self::of(looks)
    }

    fn of(looks: BTreeMap<&'a ProductId, Vec<&'a Embedding>>) -> Self {
        let shelf = |looks: Vec<&'a Embedding>| {
            let vectors = looks.iter().map(|look| fixed::quantise(look.values())).collect();
            Shelf::new(looks, vectors)
        };
        Self { products: looks.into_iter().map(|(product, looks)| (product, shelf(looks))).collect() }
    }

    /// How much a thing looks like a product; `None` when that has no views.
    pub(crate) fn likeness(&self, look: &Embedding, product: &ProductId) -> Option<f32> {
        self.products.get(product).map(|shelf| shelf.score(&fixed::quantise(look.values())))
    }

    /// The same with looks that are to be learnt.
    fn with<'b>(&self, candidates: &BTreeMap<&'b ProductId, Vec<Choice<'b>>>) -> Gallery<'b>
    where
        'a: 'b,
    {
        let mut looks: BTreeMap<&'b ProductId, Vec<&'b Embedding>> = BTreeMap::new();
        for (product, shelf) in &self.products {
            looks.entry(*product).or_default().extend(&shelf.looks);
        }
        for (product, choices) in candidates {
            looks.entry(*product).or_default().extend(choices.iter().map(|choice| choice.look));
        }
        Gallery::of(looks)
    }

    /// Whether a look, itself aside, is most like the product that it is said to be.
    fn confirm(&self, look: &Embedding, product: &ProductId) -> bool {
        let query = fixed::quantise(look.values());
        let own = self.products.get(product).and_then(|shelf| shelf.without(&query));
        let best = |own: f32| {
            self.products.iter().all(|(other, shelf)| *other == product || shelf.score(&query) <= own)
        };
        own.is_some_and(|shelf| best(shelf.score(&query)))
    }

    fn tell(&self, look: &Embedding, product: &ProductId) -> Told {
        let query = fixed::quantise(look.values());
        let mut told = Told { own: None, best: f32::NEG_INFINITY, rival: None };
        for (other, shelf) in &self.products {
            let score = shelf.score(&query);
            if *other == product {
                told.own = Some(score);
            } else if score > told.best {
                told.best = score;
                told.rival = Some((*other).clone());
            }
        }
        told
    }
}

impl<'a> Shelf<'a> {
    /// Of at least one look.
    fn new(looks: Vec<&'a Embedding>, vectors: Vec<Vec<i16>>) -> Self {
        let mut sum = vec![0.0; vectors[0].len()];
        vectors.iter().for_each(|vector| fixed::add(&mut sum, vector));
        Self { looks, vectors, prototype: fixed::quantise(&sum) }
    }

    /// The same without one look; `None` when nothing else is there.
    fn without(&self, query: &[i16]) -> Option<Self> {
        let kept = self.looks.iter().zip(&self.vectors).filter(|(_, vector)| vector.as_slice() != query);
        let (looks, vectors): (Vec<_>, Vec<_>) = kept.map(|(look, vector)| (*look, vector.clone())).unzip();
        (!vectors.is_empty()).then(|| Self::new(looks, vectors))
    }

    fn score(&self, query: &[i16]) -> f32 {
        let nearest = self.vectors.iter().map(|vector| fixed::dot(query, vector)).max();
        let nearest = nearest.expect("a product begins with a view");
        score(fixed::cosine(fixed::dot(query, &self.prototype)), fixed::cosine(nearest))
    }
}

/// A look that is to be a learnt view.
struct Choice<'a> {
    product: &'a ProductId,
    look: &'a Embedding,
    /// The view that it is already.
    view: Option<ViewId>,
}

/// For each product the looks farthest from its views, one after another, as far as they show anything new.
fn choose<'a>(
    gallery: &Gallery<'_>,
    learnt: &'a [View],
    sightings: &'a [Sighting],
    told: &[Told],
) -> Vec<Choice<'a>> {
    let mut candidates: BTreeMap<&ProductId, Vec<Choice<'a>>> = BTreeMap::new();
    for view in learnt {
        // Learnt before; taught otherwise since, it may be another product's by now.
        if gallery.tell(&view.embedding, &view.product).is_sure() {
            let choice = Choice { product: &view.product, look: &view.embedding, view: Some(view.id) };
            candidates.entry(&view.product).or_default().push(choice);
        }
    }
    for (sighting, _) in sightings.iter().zip(told).filter(|(_, told)| told.is_sure()) {
        let choices = candidates.entry(&sighting.product).or_default();
        // What is a view already is not also another witness for it.
        if choices.iter().all(|choice| *choice.look != sighting.look) {
            choices.push(Choice { product: &sighting.product, look: &sighting.look, view: None });
        }
    }
    let witnesses = gallery.with(&candidates);
    let chosen = candidates.into_iter().filter_map(|(product, mut looks)| {
        let shelf = gallery.products.get(product)?;
        looks.retain(|choice| witnesses.confirm(choice.look, product));
        Some(farthest_first(shelf, looks))
    });
    chosen.flatten().collect()
}

fn farthest_first<'a>(shelf: &Shelf<'_>, mut looks: Vec<Choice<'a>>) -> Vec<Choice<'a>> {
    let limit = LEARNT_MAX.min(shelf.looks.len() * LEARNT_PER_ENROLLED);
    let apart = |a: &Embedding, b: &Embedding| {
        1.0 - a.values().iter().zip(b.values()).map(|(a, b)| a * b).sum::<f32>()
    };
    let nearest =
        |look: &Embedding| shelf.looks.iter().map(|view| apart(look, view)).fold(f32::INFINITY, f32::min);
    let mut distance: Vec<f32> = looks.iter().map(|choice| nearest(choice.look)).collect();
    let mut chosen: Vec<Choice<'a>> = Vec::new();
    while chosen.len() < limit {
        // Of equals the first: what is learnt already stays.
        let farthest = (0..looks.len()).rev().max_by(|&a, &b| distance[a].total_cmp(&distance[b]));
        let Some(farthest) = farthest.filter(|&at| distance[at] > NEW_LOOK) else { break };
        let choice = looks.remove(farthest);
        distance.remove(farthest);
        for (distance, other) in distance.iter_mut().zip(&looks) {
            *distance = distance.min(apart(choice.look, other.look));
        }
        chosen.push(choice);
    }
    chosen
}

#[cfg(test)]
mod tests;
