//! The index at the sizes it is made for.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, Uuid, ViewId};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use vision::index::ViewIndex;

const DIM: usize = 256;

fn model() -> ModelVersion {
    ModelVersion::new("many.1")
}

fn product(number: usize) -> ProductId {
    ProductId::new(&format!("p{number}")).unwrap()
}

/// Vectors as a shop has them: kinds of goods, products of a kind near each other, views of a product nearer.
struct Shop {
    rng: ChaCha8Rng,
    kinds: Vec<Vec<f32>>,
    next_id: u128,
}

impl Shop {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let kinds = (0..60).map(|_| noise(&mut rng, 1.0)).collect();
        Self { rng, kinds, next_id: 0 }
    }

    fn centre(&mut self) -> Vec<f32> {
        let kind = self.rng.random_range(0..self.kinds.len());
        let own = noise(&mut self.rng, 0.7);
        self.kinds[kind].iter().zip(own).map(|(a, b)| a + b).collect()
    }

    fn near(&mut self, centre: &[f32]) -> Embedding {
        let own = noise(&mut self.rng, 0.6);
        let sum: Vec<f32> = centre.iter().zip(own).map(|(a, b)| a + b).collect();
        embedding(&sum)
    }

    fn views(&mut self, of: usize, count: usize) -> Vec<View> {
        let centre = self.centre();
        (0..count)
            .map(|_| {
                self.next_id += 1;
                let embedding = self.near(&centre);
                View { id: ViewId(Uuid::from_u128(self.next_id)), product: product(of), embedding }
            })
            .collect()
    }
}

fn noise(rng: &mut ChaCha8Rng, length: f32) -> Vec<f32> {
    let values: Vec<f32> = (0..DIM).map(|_| (0..4).map(|_| rng.random_range(-1.0f32..1.0)).sum()).collect();
    let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    values.iter().map(|v| v / norm * length).collect()
}

fn embedding(values: &[f32]) -> Embedding {
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    Embedding::new(model(), values.iter().map(|v| v / length).collect()).unwrap()
}

/// Share of the ten truly nearest that a search finds, over `queries`.
fn recall_at_10(index: &ViewIndex, queries: &[Embedding]) -> f64 {
    let mut found = 0;
    for query in queries {
        let exact: HashSet<ViewId> = index.search_exact(query, 10).unwrap().iter().map(|h| h.view).collect();
        found += index.search(query, 10).unwrap().iter().filter(|h| exact.contains(&h.view)).count();
    }
    found as f64 / (queries.len() * 10) as f64
}

#[test]
fn finds_ten_nearest_after_half_of_20000_vectors_were_churned() {
    let mut shop = Shop::new(1);
    let views: Vec<View> = (0..2500).flat_map(|p| shop.views(p, 8)).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let uniform: Vec<Embedding> = (0..200).map(|_| embedding(&noise(&mut rng, 1.0))).collect();
    let index = ViewIndex::from_views(model(), DIM, views).unwrap();
    let started = Instant::now();
    index.wait_for_rebuild();
    assert!(index.layout().graph);
    eprintln!("graph of 20,000 built in {:?}", started.elapsed());

    let mut queries = Vec::new();
    for _ in 0..300 {
        let centre = shop.centre();
        queries.push(shop.near(&centre));
    }
    let fresh = (recall_at_10(&index, &queries), recall_at_10(&index, &uniform));
    // Half of the products go, as many others come, a product at a time, and the graph is never rebuilt meanwhile
    // unless the index itself decides so.
    let started = Instant::now();
    for p in (0..2500).step_by(2) {
        assert_eq!(index.remove_product(&product(p)), 8);
        for view in shop.views(10_000 + p, 8) {
            index.insert(view).unwrap();
        }
    }
    eprintln!("churned in {:?}, then {:?}", started.elapsed(), index.layout());
    let amid = (recall_at_10(&index, &queries), recall_at_10(&index, &uniform));
    index.wait_for_rebuild();
    let after = (recall_at_10(&index, &queries), recall_at_10(&index, &uniform));
    eprintln!(
        "recall@10 (clustered, uniform): fresh {fresh:?}, amid {amid:?}, after {after:?}, {:?}",
        index.layout()
    );
    for (clustered, uniform) in [fresh, amid, after] {
        assert!(clustered >= 0.99, "{clustered}");
        assert!(uniform >= 0.9, "{uniform}");
    }
    assert_eq!(index.layout().views, 20_000);
}
