//! Made-up views: products as directions, views scattered around them, as models make them.

use std::sync::Arc;

use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, Uuid, ViewId};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::failure::Failure;

/// Views of one product.
pub(super) const VIEWS_PER_PRODUCT: usize = 8;
/// How far a view is from its product's direction, as a share of that: two views of one product have a cosine of about
/// 0.6, as photos of one product have.
const SPREAD: f32 = 0.8;

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
        let directions = (0..products).map(|_| unit(gaussian(&mut random, dim))).collect();
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
        let scatter = unit(gaussian(&mut self.random, self.dim));
        let direction = &self.directions[product];
        let values =
            unit(direction.iter().zip(scatter).map(|(along, aside)| along + SPREAD * aside).collect());
        self.made += 1;
        Ok(View {
            id: ViewId(Uuid::from_u128(self.made)),
            product: ProductId::new(&format!("product-{product}"))?,
            embedding: Embedding::new(self.model.clone(), Arc::from(values))?,
        })
    }
}

fn gaussian(random: &mut ChaCha8Rng, dim: usize) -> Vec<f32> {
    (0..dim)
        .map(|_| {
            // Box and Muller, 1958.
            let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
            radius * (std::f32::consts::TAU * random.random::<f32>()).cos()
        })
        .collect()
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
    fn views_of_one_product_lie_together() {
        let mut maker = Maker::new(&ModelVersion::new("m"), 256, 2, 1);
        let views = maker.views(4).unwrap();
        let cosine = |a: usize, b: usize| -> f32 {
            let values = views[a].embedding.values().iter().zip(views[b].embedding.values());
            values.map(|(a, b)| a * b).sum()
        };
        assert!((0.5..0.75).contains(&cosine(0, 2)), "{}", cosine(0, 2));
        assert!(cosine(0, 1).abs() < 0.3);
        assert_eq!(views[0].product, views[2].product);
    }
}
