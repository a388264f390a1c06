//! The index at the sizes it is made for.

use std::collections::HashSet;
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
    products: Vec<Vec<f32>>,
    next_id: u128,
}

impl Shop {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let kinds = (0..60).map(|_| noise(&mut rng, 1.0)).collect();
        Self { rng, kinds, products: Vec::new(), next_id: 0 }
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
        self.products.push(centre.clone());
        (0..count)
            .map(|_| {
                self.next_id += 1;
                let embedding = self.near(&centre);
                View { id: ViewId(Uuid::from_u128(self.next_id)), product: product(of), embedding }
            })
            .collect()
    }

    /// A new photo: of an enrolled product, or every third time of one like them that is not.
    fn photo(&mut self, number: usize) -> Embedding {
        let centre = match number % 3 {
            0 => self.centre(),
            _ => self.products[number * 7 % self.products.len()].clone(),
        };
        self.near(&centre)
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
    let index = ViewIndex::from_views(model(), DIM, views).unwrap();
    let started = Instant::now();
    index.wait_for_rebuild();
    assert!(index.layout().graph);
    eprintln!("a graph of 20,000 views took {:?}", started.elapsed());

    let queries: Vec<Embedding> = (0..300).map(|i| shop.photo(i)).collect();
    let fresh = recall_at_10(&index, &queries);
    // Half of the products go and as many others come, one by one; searches go on whatever the rebuild is at.
    let started = Instant::now();
    for p in (0..2500).step_by(2) {
        assert_eq!(index.remove_product(&product(p)), 8);
        for view in shop.views(10_000 + p, 8) {
            index.insert(view).unwrap();
        }
    }
    eprintln!("10,000 went and 10,000 came in {:?}: {:?}", started.elapsed(), index.layout());
    let amid = recall_at_10(&index, &queries);
    index.wait_for_rebuild();
    let after = recall_at_10(&index, &queries);
    eprintln!("recall@10: fresh {fresh}, amid {amid}, after {after}; {:?}", index.layout());
    for recall in [fresh, amid, after] {
        assert!(recall >= 0.99, "{recall}");
    }
    assert_eq!(index.layout().views, 20_000);
}

#[test]
fn reloads_100000_views_quickly() {
    let mut shop = Shop::new(2);
    let views: Vec<View> = (0..12_500).flat_map(|p| shop.views(p, 8)).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("views.index");
    let index = ViewIndex::from_views(model(), DIM, views).unwrap();
    index.save(&path).unwrap();
    let started = Instant::now();
    let loaded = ViewIndex::load(&path, &model()).unwrap();
    let took = started.elapsed();
    eprintln!("reloaded 100,000 x 256 ({} MB) in {took:?}", std::fs::metadata(&path).unwrap().len() >> 20);
    assert!(took.as_secs() < 3, "{took:?}");
    let query = shop.photo(1);
    assert_eq!(loaded.search(&query, 10).unwrap(), index.search(&query, 10).unwrap());
}
