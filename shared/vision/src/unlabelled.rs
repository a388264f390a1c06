//! Prototypes sharpened by things of which nobody said what they are.
//!
//! One photo of a product says little of what the product looks like on the whole; the things that resemble it say more.
//! Soft k-means (MacKay, Information Theory, Inference, and Learning Algorithms, 2003, ch. 22) from the enrolled views on:
//! each unlabelled thing is shared among the products by how much it resembles their prototypes, and a prototype is the mean
//! of its enrolled views and of its shares. What is enrolled keeps its voice (the shrinkage of Ren et al., Meta-learning for
//! semi-supervised few-shot classification, ICLR 2018): shares never count for more than a few times the enrolled views.
//!
//! It ranks and nothing else: no threshold is learnt from a guess. A till does not use it yet, for whatever it remembers of
//! its sales was given a name by the sale, and [`learn`](crate::learn) takes that rather than a guess.

use std::collections::BTreeMap;

use domain::embedding::{Embedding, View};
use domain::ids::ProductId;

use crate::fixed;

/// How steeply a difference of cosines becomes a ratio of shares.
const SLOPE: f32 = 25.0;
/// All shares of a product together count for at most so many times its enrolled views.
const SHARES_PER_VIEW: f32 = 8.0;
/// After so many rounds little moves (models/train/README.md).
const ROUNDS: usize = 10;

/// Prototypes by product.
#[derive(Debug)]
pub struct Sharpened {
    products: Vec<ProductId>,
    prototypes: Vec<Vec<i16>>,
}

/// What is enrolled of one product.
struct Enrolled {
    sum: Vec<f32>,
    views: f32,
}

impl Sharpened {
    /// Of enrolled views, and of things that may be any of their products or none; vectors of one model all of them. The
    /// same in the same order gives the same.
    pub fn new(views: &[View], unlabelled: &[Embedding]) -> Self {
        let mut enrolled: BTreeMap<&ProductId, Enrolled> = BTreeMap::new();
        for view in views {
            let vector = fixed::quantise(view.embedding.values());
            let of_product = enrolled
                .entry(&view.product)
                .or_insert_with(|| Enrolled { sum: vec![0.0; vector.len()], views: 0.0 });
            fixed::add(&mut of_product.sum, &vector);
            of_product.views += 1.0;
        }
        let (products, enrolled): (Vec<&ProductId>, Vec<Enrolled>) = enrolled.into_iter().unzip();
        let things: Vec<Vec<i16>> = unlabelled.iter().map(|thing| fixed::quantise(thing.values())).collect();
        let mut prototypes: Vec<Vec<i16>> = enrolled.iter().map(|own| fixed::quantise(&own.sum)).collect();
        for _ in 0..ROUNDS {
            prototypes = sharpen(&prototypes, &enrolled, &things);
        }
        Self { products: products.into_iter().cloned().collect(), prototypes }
    }

    /// The product whose prototype a thing is most like; `None` when nothing is enrolled.
    pub fn nearest(&self, look: &Embedding) -> Option<&ProductId> {
        let query = fixed::quantise(look.values());
        let alike = |at: &usize| fixed::dot(&query, &self.prototypes[*at]);
        (0..self.products.len()).rev().max_by_key(alike).map(|at| &self.products[at])
    }
}

/// One round.
fn sharpen(prototypes: &[Vec<i16>], enrolled: &[Enrolled], things: &[Vec<i16>]) -> Vec<Vec<i16>> {
    let mut sums: Vec<Vec<f32>> = enrolled.iter().map(|own| vec![0.0; own.sum.len()]).collect();
    let mut masses = vec![0.0_f32; enrolled.len()];
    for thing in things {
        let alike: Vec<f32> =
            prototypes.iter().map(|prototype| fixed::cosine(fixed::dot(thing, prototype))).collect();
        let most = alike.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights: Vec<f32> = alike.iter().map(|alike| (SLOPE * (alike - most)).exp()).collect();
        let all: f32 = weights.iter().sum();
        for ((sum, mass), weight) in sums.iter_mut().zip(&mut masses).zip(weights) {
            let share = weight / all;
            // Most products have next to none of a thing.
            if share > 1e-4 {
                *mass += share;
                sum.iter_mut().zip(thing).for_each(|(sum, &value)| *sum += share * f32::from(value));
            }
        }
    }
    let blend = |((mut sum, mass), own): ((Vec<f32>, f32), &Enrolled)| {
        let counts = (SHARES_PER_VIEW * own.views / mass.max(f32::MIN_POSITIVE)).min(1.0);
        sum.iter_mut().zip(&own.sum).for_each(|(sum, enrolled)| *sum = enrolled + counts * *sum);
        fixed::quantise(&sum)
    };
    sums.into_iter().zip(masses).zip(enrolled).map(blend).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::tests::{World, name};

    /// Of new photos of each of 20 products, the share whose product is nearest.
    fn right(world: &mut World, sharpened: &Sharpened) -> f64 {
        let asked: Vec<(usize, Embedding)> = (0..20)
            .flat_map(|product| [(); 10].map(|()| product))
            .map(|p| (p, world.photos(p, 1).remove(0)))
            .collect();
        let hits = asked.iter().filter(|(product, look)| sharpened.nearest(look) == Some(&name(*product)));
        hits.count() as f64 / asked.len() as f64
    }

    #[test]
    fn what_resembles_one_view_tells_what_its_product_looks_like() {
        let mut world = World::new(11, 20, 1.0, 1.6, 0.4);
        let views = world.enrol(0..20, 1, 1);
        let things: Vec<Embedding> =
            (0..20).flat_map(|p| (0..12).map(move |_| p)).map(|p| world.photos(p, 1).remove(0)).collect();
        let (alone, with) = (Sharpened::new(&views, &[]), Sharpened::new(&views, &things));
        let (before, after) = (right(&mut world, &alone), right(&mut world, &with));
        assert!(after > before + 0.1, "{before} became {after}");
    }

    #[test]
    fn a_flood_of_one_thing_cannot_carry_a_product_away() {
        let mut world = World::new(12, 3, 1.2, 0.3, 0.1);
        let views = world.enrol(0..2, 4, 1);
        // A thing that nobody enrolled, a thousand times.
        let flood: Vec<Embedding> = (0..1000).map(|_| world.photos(2, 1).remove(0)).collect();
        let sharpened = Sharpened::new(&views, &flood);
        for product in 0..2 {
            for _ in 0..20 {
                assert_eq!(sharpened.nearest(&world.photos(product, 1)[0]), Some(&name(product)));
            }
        }
    }

    #[test]
    fn nothing_enrolled_is_like_nothing_and_the_same_gives_the_same() {
        let mut world = World::new(13, 5, 1.2, 0.5, 0.3);
        let views = world.enrol(0..5, 1, 2);
        let look = world.photos(0, 1).remove(0);
        let things = [look.clone()];
        assert_eq!(Sharpened::new(&[], &things).nearest(&look), None);
        let again = [Sharpened::new(&views, &things), Sharpened::new(&views, &things)];
        assert_eq!(again[0].prototypes, again[1].prototypes);
    }
}
