//! Made-up views that lie as the default model's do on photos of groceries: two views of a product at a cosine of about
//! 0.6, two products of a kind at 0.3, others around 0; the variance along the i-th direction falls as 1/i, which makes
//! some two dozen directions count (participation ratio) out of 256.

use std::sync::Arc;

use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, Uuid, ViewId};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::failure::Failure;

/// Views of one product.
pub(super) const VIEWS_PER_PRODUCT: usize = 8;
/// Products of one kind.
const PRODUCTS_PER_KIND: usize = 40;
/// How far a product's direction is from its kind's, as a share of that.
const KIND_SPREAD: f32 = 1.0;
/// How far a view is from its product's direction, as a share of that.
const VIEW_SPREAD: f32 = 0.8;

/// A seeded source of views that never repeats an id.
pub(super) struct Maker {
    model: ModelVersion,
    dim: usize,
    random: ChaCha8Rng,
    directions: Vec<Vec<f32>>,
    made: u128,
}

impl Maker {
    /// A source of views of `products` products.
    pub(super) fn new(model: &ModelVersion, dim: usize, products: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let kinds: Vec<Vec<f32>> =
            (0..products.div_ceil(PRODUCTS_PER_KIND)).map(|_| direction(&mut random, dim)).collect();
        let directions = (0..products)
            .map(|product| {
                let aside = direction(&mut random, dim);
                beside(&kinds[product / PRODUCTS_PER_KIND], KIND_SPREAD, &aside)
            })
            .collect();
        Self { model: model.clone(), dim, random, directions, made: 0 }
    }

    /// One view of each product in turn, `count` in all.
    pub(super) fn views(&mut self, count: usize) -> Result<Vec<View>, Failure> {
        (0..count).map(|number| self.view(number % self.directions.len())).collect()
    }

    /// Vectors that are asked about: new views of products chosen at random.
    pub(super) fn queries(&mut self, count: usize) -> Result<Vec<Embedding>, Failure> {
        (0..count)
            .map(|_| {
                let product = self.random.random_range(0..self.directions.len());
                Ok(self.view(product)?.embedding)
            })
            .collect()
    }

    fn view(&mut self, product: usize) -> Result<View, Failure> {
        let aside = direction(&mut self.random, self.dim);
        let values = beside(&self.directions[product], VIEW_SPREAD, &aside);
        self.made += 1;
        Ok(View {
            id: ViewId(Uuid::from_u128(self.made)),
            product: ProductId::new(&format!("product-{product}"))?,
            embedding: Embedding::new(self.model.clone(), Arc::from(values))?,
        })
    }
}

/// A direction at random, the variance of its i-th number falling as 1/i.
fn direction(random: &mut ChaCha8Rng, dim: usize) -> Vec<f32> {
    let number = |place: usize| {
        // Box and Muller, 1958.
        let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
        radius * (std::f32::consts::TAU * random.random::<f32>()).cos() / (place as f32 + 1.0).sqrt()
    };
    unit((0..dim).map(number).collect())
}

fn beside(along: &[f32], spread: f32, aside: &[f32]) -> Vec<f32> {
    unit(along.iter().zip(aside).map(|(along, aside)| along + spread * aside).collect())
}

fn unit(mut values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    values.iter_mut().for_each(|v| *v /= length);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_lie_as_a_models_do() {
        let products = 2 * PRODUCTS_PER_KIND;
        let mut maker = Maker::new(&ModelVersion::new("m"), 256, products, 1);
        let views = maker.views(2 * products).unwrap();
        let cosine = |a: &View, b: &View| -> f32 {
            a.embedding.values().iter().zip(b.embedding.values()).map(|(a, b)| a * b).sum()
        };
        let mean = |apart: usize| {
            let pairs = views.iter().zip(&views[apart..]);
            pairs.map(|(a, b)| cosine(a, b)).sum::<f32>() / (views.len() - apart) as f32
        };
        assert_eq!(views[0].product, views[products].product);
        assert!((0.5..0.75).contains(&mean(products)), "of one product: {}", mean(products));
        assert!((0.2..0.45).contains(&mean(1)), "of one kind, nearly always: {}", mean(1));
        assert!(mean(PRODUCTS_PER_KIND).abs() < 0.3, "of two kinds: {}", mean(PRODUCTS_PER_KIND));
    }
}
