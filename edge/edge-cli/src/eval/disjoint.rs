//! Few photos of products the model was never trained on.
//!
//! A model that was trained on some of the classes (`models/train`, `--classes-split`) says so by the photos it learnt from:
//! the others are enrolled and asked about. For a model that was trained on none or on all, the classes are halved by
//! chance; where it was trained on all, the figure says how hard the halves are and promises nothing.

use std::collections::BTreeSet;

use domain::embedding::{Embedding, View};
use domain::ids::{Uuid, ViewId};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use vision::unlabelled::Sharpened;

use super::cached::Lab;
use super::dataset::{Dataset, Photo};
use super::distort::Distortion;
use super::images::paths;
use super::trial::Trial;
use crate::failure::Failure;
use crate::interrupt::Interrupt;

/// Ways to halve the classes.
const SPLITS: u64 = 3;
/// Draws of the enrolled photos for each.
const DRAWS: u64 = 5;

/// How one photo fared over all splits and draws it was asked in.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tally {
    /// How much it counts: each split and draw counts the same, however many photos it asks about.
    pub(super) weight: f64,
    /// The part of that in which it was right at first.
    pub(super) right: f64,
}

/// Share right at first; 0 of nothing.
pub(super) fn share(tallies: impl Iterator<Item = Tally>) -> f64 {
    let (weight, right) = tallies.fold((0.0, 0.0), |sum, one| (sum.0 + one.weight, sum.1 + one.right));
    if weight > 0.0 { right / weight } else { 0.0 }
}

/// What a till has to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// What is enrolled.
    Enrolled,
    /// Besides, the other photos of `train`, without their names.
    Unlabelled,
}

/// Asks with `photos_a_class` photos enrolled of each asked class, over splits and draws; a tally for each photo.
pub(super) fn few_shot(
    lab: &mut Lab<'_>,
    dataset: &Dataset,
    photos_a_class: usize,
    means: Means,
    interrupt: &Interrupt,
) -> Result<Vec<Tally>, Failure> {
    let halves = match untrained(lab, dataset)? {
        Some(classes) => vec![classes],
        None => (0..SPLITS).map(|split| half(dataset.classes.len(), split)).collect(),
    };
    let mut tallies = vec![Tally::default(); dataset.queries.len()];
    for asked_about in &halves {
        let (places, queries): (Vec<usize>, Vec<&Photo>) = dataset
            .queries
            .iter()
            .enumerate()
            .filter(|(_, photo)| asked_about.contains(&photo.class))
            .unzip();
        let vectors = lab.vectors(&paths(&queries), Distortion::None)?;
        for draw in 0..DRAWS {
            interrupt.check()?;
            let mut chosen = dataset.few_shot(photos_a_class, draw);
            chosen.retain(|photo| asked_about.contains(&photo.class));
            let right = match means {
                Means::Enrolled => by_enrolled(lab, dataset, &chosen, &queries, &vectors)?,
                Means::Unlabelled => {
                    let is_other =
                        |photo: &&Photo| asked_about.contains(&photo.class) && !chosen.contains(photo);
                    let others: Vec<&Photo> = dataset.train.iter().filter(is_other).collect();
                    let unlabelled = lab.vectors(&paths(&others), Distortion::None)?;
                    by_unlabelled(lab, dataset, &chosen, &unlabelled, &queries, &vectors)?
                }
            };
            let weight = 1.0 / queries.len() as f64;
            for (&place, right) in places.iter().zip(right) {
                tallies[place].weight += weight;
                tallies[place].right += if right { weight } else { 0.0 };
            }
        }
    }
    Ok(tallies)
}

/// Which of the photos are right at first, as a till recognises.
fn by_enrolled(
    lab: &mut Lab<'_>,
    dataset: &Dataset,
    chosen: &[&Photo],
    queries: &[&Photo],
    vectors: &[Embedding],
) -> Result<Vec<bool>, Failure> {
    let known = lab.vectors(&paths(chosen), Distortion::None)?;
    let trial = Trial::enrol(&dataset.classes, lab, chosen.iter().copied().zip(known))?;
    Ok(trial.ask(queries, vectors)?.into_iter().map(|outcome| outcome.rank == Some(0)).collect())
}

/// The same by prototypes that unlabelled photos have sharpened.
fn by_unlabelled(
    lab: &mut Lab<'_>,
    dataset: &Dataset,
    chosen: &[&Photo],
    unlabelled: &[Embedding],
    queries: &[&Photo],
    vectors: &[Embedding],
) -> Result<Vec<bool>, Failure> {
    let product = |photo: &Photo| &dataset.classes[photo.class].product;
    let known = lab.vectors(&paths(chosen), Distortion::None)?;
    let view = |((photo, embedding), number): ((&&Photo, Embedding), u128)| View {
        id: ViewId(Uuid::from_u128(number)),
        product: product(photo).clone(),
        embedding,
    };
    let views: Vec<View> = chosen.iter().zip(known).zip(1..).map(view).collect();
    let sharpened = Sharpened::new(&views, unlabelled);
    let is_right = |(photo, look): (&&Photo, &Embedding)| sharpened.nearest(look) == Some(product(photo));
    Ok(queries.iter().zip(vectors).map(is_right).collect())
}

/// The classes of which the model has seen no photo, where it has seen photos of others.
fn untrained(lab: &mut Lab<'_>, dataset: &Dataset) -> Result<Option<Vec<usize>>, Failure> {
    let photos: Vec<&Photo> = dataset.train.iter().collect();
    let Some(seen) = lab.seen(&paths(&photos))? else { return Ok(None) };
    let trained: BTreeSet<usize> =
        photos.iter().zip(seen).filter(|(_, seen)| *seen).map(|(photo, _)| photo.class).collect();
    let all: BTreeSet<usize> = photos.iter().map(|photo| photo.class).collect();
    let others: Vec<usize> = all.difference(&trained).copied().collect();
    Ok((!trained.is_empty() && others.len() > 1).then_some(others))
}

/// The larger half of the classes, chosen by the seed.
fn half(classes: usize, seed: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..classes).collect();
    all.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    all.truncate(classes.div_ceil(2));
    all
}
