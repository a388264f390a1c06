use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use domain::ids::Uuid;

use super::*;
use crate::calibrate::evidence::{score, usual_cosine};

const DIM: usize = 16;

fn model() -> ModelVersion {
    ModelVersion::new("test.1")
}

fn product(number: u32) -> ProductId {
    ProductId::new(&format!("p{number}")).unwrap()
}

fn id(number: u128) -> ViewId {
    ViewId(Uuid::from_u128(number))
}

fn embedding(values: &[f32]) -> Embedding {
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    Embedding::new(model(), values.iter().map(|v| v / length).collect()).unwrap()
}

fn random(rng: &mut ChaCha8Rng) -> Embedding {
    embedding(&(0..DIM).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f32>>())
}

fn view(number: u128, of: u32, embedding: Embedding) -> View {
    View { id: id(number), product: product(of), embedding }
}

#[test]
fn finds_the_most_alike_first() {
    let index = ViewIndex::new(model(), 2);
    for (number, values) in [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-1.0, 0.0]].iter().enumerate() {
        index.insert(view(number as u128, number as u32, embedding(values))).unwrap();
    }
    let hits = index.search(&embedding(&[1.0, 0.1]), 3).unwrap();
    assert_eq!(hits.iter().map(|h| h.view).collect::<Vec<_>>(), [id(0), id(1), id(2)]);
    assert!((hits[0].cosine - 0.995).abs() < 0.001, "{hits:?}");
    assert_eq!(index.search(&embedding(&[1.0, 0.1]), 0).unwrap(), []);
}

#[test]
fn refuses_vectors_of_another_model_or_length() {
    let index = ViewIndex::new(model(), 2);
    let other = Embedding::new(ModelVersion::new("test.2"), vec![1.0, 0.0].into()).unwrap();
    assert_eq!(
        index.search(&other, 1).unwrap_err().to_string(),
        "a vector of model `test.2` was given to an index of model `test.1`"
    );
    assert!(index.insert(View { id: id(1), product: product(1), embedding: other }).is_err());
    assert_eq!(
        index.insert(view(1, 1, embedding(&[1.0, 0.0, 0.0]))).unwrap_err().to_string(),
        "a vector of 3 numbers was given to an index of vectors of 2"
    );
    assert!(index.is_empty());
}

#[test]
fn replacing_a_view_leaves_one_and_moves_its_product() {
    let index = ViewIndex::new(model(), 2);
    index.insert(view(1, 1, embedding(&[1.0, 0.0]))).unwrap();
    index.insert(view(1, 2, embedding(&[0.0, 1.0]))).unwrap();
    assert_eq!((index.len(), index.layout().products), (1, 1));
    let hits = index.search(&embedding(&[1.0, 0.0]), 5).unwrap();
    assert_eq!((hits.len(), &hits[0].product), (1, &product(2)));
    assert!(index.remove_view(id(1)) && !index.remove_view(id(1)));
    assert_eq!(index.layout().products, 0);
}

#[test]
fn a_fork_goes_its_own_way() {
    let index = ViewIndex::from_views(model(), 2, vec![view(1, 1, embedding(&[1.0, 0.0]))]).unwrap();
    let fork = index.fork();
    fork.remove_product(&product(1));
    fork.insert(view(2, 2, embedding(&[0.0, 1.0]))).unwrap();
    assert_eq!((index.len(), fork.len()), (1, 1));
    assert_eq!(index.search(&embedding(&[0.0, 1.0]), 1).unwrap()[0].product, product(1));
}

#[test]
fn keeps_prototypes_as_the_mean_of_the_views_there_are() {
    let index = ViewIndex::new(model(), 2);
    index.insert(view(1, 1, embedding(&[1.0, 0.0]))).unwrap();
    index.insert(view(2, 1, embedding(&[0.0, 1.0]))).unwrap();
    index.insert(view(3, 2, embedding(&[0.0, -1.0]))).unwrap();
    let of = |query: &[f32]| {
        let found = index.resemblances(&embedding(query), 10, 10).unwrap();
        found.into_iter().find(|r| r.product == product(1)).unwrap().evidence
    };
    let middle = of(&[1.0, 1.0]);
    let nearest = std::f32::consts::FRAC_1_SQRT_2;
    assert!((middle.score - score(1.0, nearest)).abs() < 1e-3, "{middle:?}");
    // Two views that have nothing in common let expect little of a third.
    assert!((middle.likeness - 1.0 / usual_cosine(2, 2.0_f32.sqrt())).abs() < 1e-3, "{middle:?}");
    index.remove_view(id(2));
    let only = of(&[1.0, 0.0]);
    assert!((only.score - 1.0).abs() < 1e-3 && (only.likeness - 2.0).abs() < 1e-3, "{only:?}");
}

#[test]
fn reads_back_what_it_wrote_and_refuses_anything_else() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("views.index");
    let views: Vec<View> = (0..700).map(|i| view(i, i as u32 / 7, random(&mut rng))).collect();
    let index = ViewIndex::from_views(model(), DIM, views).unwrap();
    index.remove_product(&product(3));
    index.insert(view(9000, 500, random(&mut rng))).unwrap();
    index.save(&path).unwrap();

    let loaded = ViewIndex::load(&path, &model()).unwrap();
    assert_eq!(loaded.layout(), index.layout());
    for _ in 0..50 {
        let query = random(&mut rng);
        assert_eq!(loaded.search(&query, 9).unwrap(), index.search(&query, 9).unwrap());
        assert_eq!(loaded.resemblances(&query, 4, 4).unwrap(), index.resemblances(&query, 4, 4).unwrap());
    }
    let reason = |model: &str| {
        let error = ViewIndex::load(&path, &ModelVersion::new(model)).err().unwrap();
        error.to_string().replace(folder.path().to_str().unwrap(), "")
    };
    assert_eq!(
        reason("test.2"),
        "`/views.index` is not a usable index file (it holds vectors of another model): build a new one from the enrolled views"
    );
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(101) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&path, &damaged).unwrap();
        assert!(ViewIndex::load(&path, &model()).is_err(), "byte {at} changed unnoticed");
        std::fs::write(&path, &whole[..at]).unwrap();
        assert!(ViewIndex::load(&path, &model()).is_err(), "cut at {at} unnoticed");
    }
}

#[derive(Debug, Clone)]
enum Change {
    Insert(u128, u32),
    RemoveView(u128),
    RemoveProduct(u32),
    Replace(u32, Vec<u128>),
    Sync(Vec<(u128, u32)>),
    Reload,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let numbers = || 0u128..40;
    let products = || 0u32..8;
    let one = prop_oneof![
        6 => (numbers(), products()).prop_map(|(n, p)| Change::Insert(n, p)),
        2 => numbers().prop_map(Change::RemoveView),
        1 => products().prop_map(Change::RemoveProduct),
        1 => (products(), prop::collection::vec(numbers(), 0..5)).prop_map(|(p, n)| Change::Replace(p, n)),
        1 => prop::collection::vec((numbers(), products()), 0..20).prop_map(Change::Sync),
        1 => Just(Change::Reload),
    ];
    prop::collection::vec(one, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// Whatever is done to it, the index holds what a plain map would.
    #[test]
    fn holds_just_what_was_put_in_and_not_taken_out(changes in changes(), seed in any::<u64>()) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("views.index");
        let mut index = ViewIndex::new(model(), DIM);
        let mut truth: BTreeMap<ViewId, View> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Insert(n, p) => {
                    let view = view(n, p, random(&mut rng));
                    truth.insert(view.id, view.clone());
                    index.insert(view).unwrap();
                }
                Change::RemoveView(n) => {
                    prop_assert_eq!(index.remove_view(id(n)), truth.remove(&id(n)).is_some());
                }
                Change::RemoveProduct(p) => {
                    let before = truth.len();
                    truth.retain(|_, view| view.product != product(p));
                    prop_assert_eq!(index.remove_product(&product(p)), before - truth.len());
                }
                Change::Replace(p, numbers) => {
                    truth.retain(|_, view| view.product != product(p));
                    let views: Vec<View> = numbers.iter().map(|&n| view(n, p, random(&mut rng))).collect();
                    truth.extend(views.iter().map(|view| (view.id, view.clone())));
                    index.replace_product(&product(p), views).unwrap();
                }
                Change::Sync(pairs) => {
                    let views: Vec<View> = pairs.iter().map(|&(n, p)| view(n, p, random(&mut rng))).collect();
                    truth = views.iter().map(|view| (view.id, view.clone())).collect();
                    index.sync(views).unwrap();
                }
                Change::Reload => {
                    index.save(&path).unwrap();
                    index = ViewIndex::load(&path, &model()).unwrap();
                }
            }
            let products: BTreeSet<_> = truth.values().map(|view| view.product.clone()).collect();
            prop_assert_eq!((index.len(), index.layout().products), (truth.len(), products.len()));
            let hits = index.search(&random(&mut rng), 100).unwrap();
            let found: BTreeMap<_, _> = hits.into_iter().map(|hit| (hit.view, hit.product)).collect();
            let expected: BTreeMap<_, _> = truth.values().map(|v| (v.id, v.product.clone())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

/// Views of `products` products of eight, near each other within one, with numbers from `first` on.
fn clusters(rng: &mut ChaCha8Rng, products: std::ops::Range<u32>, first: u128) -> Vec<View> {
    let mut views = Vec::new();
    for of in products {
        let centre: Vec<f32> = random(rng).values().to_vec();
        for _ in 0..8 {
            let near: Vec<f32> = centre.iter().zip(random(rng).values()).map(|(c, n)| c + 0.4 * n).collect();
            views.push(view(first + views.len() as u128, of, embedding(&near)));
        }
    }
    views
}

/// An index that takes to a graph early, so that tests need not be large.
fn eager() -> ViewIndex {
    ViewIndex::of(model(), 1500, Snapshot::empty(DIM))
}

/// Share of the ten nearest that searches find for new photos of the products of `views`.
fn recall_at_10(index: &ViewIndex, views: &[View], rng: &mut ChaCha8Rng) -> f64 {
    let found = views.iter().step_by(views.len() / 200).map(|view| {
        let near: Vec<f32> =
            view.embedding.values().iter().zip(random(rng).values()).map(|(v, n)| v + 0.4 * n).collect();
        let query = embedding(&near);
        let floor = index.search_exact(&query, 10).unwrap()[9].cosine;
        index.search(&query, 10).unwrap().iter().filter(|hit| hit.cosine >= floor).count() as f64 / 10.0
    });
    let found: Vec<f64> = found.collect();
    found.iter().sum::<f64>() / found.len() as f64
}

#[test]
fn a_graph_finds_what_comparing_with_all_finds() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let index = eager();
    let views = clusters(&mut rng, 0..400, 0);
    index.sync(views.clone()).unwrap();
    index.wait_for_rebuild();
    assert!(index.layout().graph, "{:?}", index.layout());
    let recall = recall_at_10(&index, &views, &mut rng);
    assert!(recall >= 0.99, "{recall}");
    // Half of the products go and others come; the tail and the tombstones stand in until the next rebuild.
    (0..200).for_each(|of| assert_eq!(index.remove_product(&product(of)), 8));
    for view in clusters(&mut rng, 400..600, 10_000) {
        index.insert(view).unwrap();
    }
    let amid = recall_at_10(&index, &views, &mut rng);
    index.wait_for_rebuild();
    let after = recall_at_10(&index, &views, &mut rng);
    assert!(amid >= 0.99 && after >= 0.99, "{amid} {after}");
    assert_eq!(index.len(), 3200);
}

#[test]
fn a_graph_survives_being_written_and_read() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let index = eager();
    index.sync(clusters(&mut rng, 0..250, 0)).unwrap();
    index.wait_for_rebuild();
    index.remove_product(&product(7));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("views.index");
    index.save(&path).unwrap();
    let loaded = ViewIndex::load(&path, &model()).unwrap();
    assert!(loaded.layout().graph);
    for _ in 0..50 {
        let query = random(&mut rng);
        assert_eq!(loaded.search(&query, 10).unwrap(), index.search(&query, 10).unwrap());
    }
    assert!(loaded.search(&random(&mut rng), 2000).unwrap().iter().all(|hit| hit.product != product(7)));
}

#[test]
fn nothing_removed_comes_back_however_rebuilds_saves_and_loads_fall() {
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("views.index");
    let index = eager();
    let views = clusters(&mut rng, 0..300, 0);
    index.sync(views).unwrap();
    let done = AtomicBool::new(false);
    let removed = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        // Readers and a saver go on all the while; whoever is noted as removed must not be found any more.
        let (index, removed, done, path) = (&index, &removed, &done, &path);
        for seed in 0..2 {
            scope.spawn(move || {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                while !done.load(Ordering::Relaxed) {
                    let gone: BTreeSet<ProductId> = removed.lock().unwrap().clone();
                    let hits = index.search(&random(&mut rng), 50).unwrap();
                    assert!(hits.iter().all(|hit| !gone.contains(&hit.product)));
                    let like = index.resemblances(&random(&mut rng), 20, 20).unwrap();
                    assert!(like.iter().all(|found| !gone.contains(&found.product)));
                }
            });
        }
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let gone: BTreeSet<ProductId> = removed.lock().unwrap().clone();
                index.save(path).unwrap();
                let loaded = ViewIndex::load(path, &model()).unwrap();
                assert!(gone.iter().all(|product| loaded.remove_product(product) == 0));
            }
        });
        for round in 0..300u32 {
            index.remove_product(&product(round));
            removed.lock().unwrap().insert(product(round));
            for view in clusters(&mut rng, 1000 + round..1001 + round, 100_000 + u128::from(round) * 10) {
                index.insert(view).unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    index.wait_for_rebuild();
    assert_eq!(index.len(), 2400);
    assert_eq!(index.layout().failed_rebuilds, 0);
    let hits = index.search_exact(&random(&mut rng), 5000).unwrap();
    assert!(hits.iter().all(|hit| hit.product.as_str().len() == 5), "an old product came back");
}

#[test]
fn evenly_spread_vectors_are_compared_one_by_one() {
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    const WIDE: usize = 128;
    let even = |rng: &mut ChaCha8Rng| {
        let values: Vec<f32> = (0..WIDE).map(|_| rng.random_range(-1.0f32..1.0)).collect();
        embedding(&values)
    };
    let index = ViewIndex::of(model(), 1500, Snapshot::empty(WIDE));
    index.sync((0..2000).map(|n| view(n, n as u32, even(&mut rng))).collect()).unwrap();
    index.wait_for_rebuild();
    assert!(!index.layout().graph && !index.layout().rebuilding);
    let query = even(&mut rng);
    assert_eq!(index.search(&query, 10).unwrap(), index.search_exact(&query, 10).unwrap());
}
