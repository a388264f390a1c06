use domain::embedding::Embedding;
use domain::ids::{Generation, ProductId, Uuid, ViewId};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::recognise::{Recogniser, Recognition};

const DIM: usize = 64;

/// A world of products whose photos differ by day, and within a day by little.
pub(crate) struct World {
    rng: ChaCha8Rng,
    products: Vec<Vec<f32>>,
    next_id: u128,
    day: f32,
    shot: f32,
}

impl World {
    /// `day` and `shot` are how far photos of different days, and of one day, lie from each other.
    pub(crate) fn new(seed: u64, products: usize, spread: f32, day: f32, shot: f32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let common = noise(&mut rng, 1.0);
        let products = (0..products).map(|_| sum(&common, &noise(&mut rng, spread))).collect();
        Self { rng, products, next_id: 0, day, shot }
    }

    /// From now on photos of different days lie so far from each other.
    pub(crate) fn set_day(&mut self, day: f32) {
        self.day = day;
    }

    /// Photos of a product on one new day.
    pub(crate) fn photos(&mut self, product: usize, count: usize) -> Vec<Embedding> {
        let day = sum(&self.products[product], &noise(&mut self.rng, self.day));
        (0..count).map(|_| unit(&sum(&day, &noise(&mut self.rng, self.shot)))).collect()
    }

    pub(crate) fn enrol(&mut self, products: std::ops::Range<usize>, days: usize, shots: usize) -> Vec<View> {
        let mut views = Vec::new();
        for product in products {
            for _ in 0..days {
                for embedding in self.photos(product, shots) {
                    self.next_id += 1;
                    views.push(View {
                        id: ViewId(Uuid::from_u128(self.next_id)),
                        product: name(product),
                        embedding,
                    });
                }
            }
        }
        views
    }
}

pub(crate) fn model() -> ModelVersion {
    ModelVersion::new("test.1")
}

pub(crate) fn name(product: usize) -> ProductId {
    ProductId::new(&format!("p{product}")).unwrap()
}

fn noise(rng: &mut ChaCha8Rng, length: f32) -> Vec<f32> {
    let values: Vec<f32> = (0..DIM).map(|_| (0..4).map(|_| rng.random_range(-1.0f32..1.0)).sum()).collect();
    let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    values.iter().map(|v| v / norm * length).collect()
}

fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn unit(values: &[f32]) -> Embedding {
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    Embedding::new(model(), values.iter().map(|v| v / length).collect()).unwrap()
}

fn fit(views: &[View]) -> Result<Calibration, CalibrationError> {
    Calibration::fit(views, &OperatingPoints::default(), &Experience::default())
}

fn recogniser(views: &[View]) -> Recogniser {
    let calibration = fit(views).unwrap();
    Recogniser::build(Generation(1), model(), views.to_vec(), calibration).unwrap()
}

/// Of photos of a new day each: accepted, accepted wrongly, called unknown.
fn try_out(
    world: &mut World,
    recogniser: &Recogniser,
    products: std::ops::Range<usize>,
    photos: usize,
) -> (usize, usize, usize) {
    let mut counts = (0, 0, 0);
    for product in products {
        for _ in 0..photos {
            let photo = world.photos(product, 1).remove(0);
            let Recognition { candidates, verdict } = recogniser.recognise(&photo).unwrap();
            counts.0 += usize::from(verdict == Verdict::Accept);
            counts.1 += usize::from(verdict == Verdict::Accept && candidates[0].product != name(product));
            counts.2 += usize::from(verdict == Verdict::Unknown);
        }
    }
    counts
}

#[test]
fn accepts_nearly_all_of_what_lies_far_apart() {
    let mut world = World::new(1, 60, 1.5, 0.3, 0.3);
    let views = world.enrol(0..60, 8, 1);
    let recogniser = recogniser(&views);
    let (accepted, wrong, unknown) = try_out(&mut world, &recogniser, 0..60, 10);
    assert!(accepted >= 580 && wrong == 0 && unknown <= 6, "{accepted} {wrong} {unknown}");
}

#[test]
fn bursts_of_one_day_do_not_make_it_overconfident() {
    // Days differ about as much as products do, and all photos of a product but a few come from one day.
    let mut world = World::new(2, 40, 0.8, 0.7, 0.1);
    let mut views = world.enrol(0..40, 1, 12);
    views.extend(world.enrol(0..40, 3, 2));
    let recogniser = recogniser(&views);
    let (accepted, wrong, _) = try_out(&mut world, &recogniser, 0..40, 25);
    let report = recogniser.calibration().report();
    assert!(accepted >= 100, "{accepted} accepted: {report:?}");
    assert!(wrong * 50 <= accepted, "{wrong} of {accepted} accepted wrongly: {report:?}");
}

#[test]
fn what_was_never_enrolled_is_rarely_accepted() {
    let mut world = World::new(3, 80, 1.2, 0.5, 0.3);
    let views = world.enrol(0..40, 6, 1);
    let recogniser = recogniser(&views);
    let (accepted, _, _) = try_out(&mut world, &recogniser, 0..40, 10);
    let (strangers, _, unknown) = try_out(&mut world, &recogniser, 40..80, 10);
    assert!(accepted >= 300, "{accepted} of 400 accepted");
    assert!(strangers <= 40, "{strangers} of 400 strangers accepted");
    assert!(unknown >= 200, "{unknown} of 400 strangers called unknown");
}

#[test]
fn twins_are_asked_about() {
    let mut world = World::new(4, 30, 1.2, 0.3, 0.3);
    world.products[1] = world.products[0].clone();
    let views = world.enrol(0..30, 8, 1);
    let recogniser = recogniser(&views);
    for product in 0..2 {
        for _ in 0..10 {
            let photo = world.photos(product, 1).remove(0);
            let Recognition { candidates, verdict } = recogniser.recognise(&photo).unwrap();
            assert_ne!(verdict, Verdict::Accept, "{candidates:?}");
            let both: Vec<_> = candidates.iter().take(2).map(|c| c.product.clone()).collect();
            assert!(both.contains(&name(0)) && both.contains(&name(1)), "{candidates:?}");
        }
    }
}

#[test]
fn few_views_or_products_ask_rather_than_err() {
    let mut world = World::new(5, 3, 1.2, 0.5, 0.3);
    assert_eq!(recogniser(&[]).recognise(&world.photos(0, 1)[0]).unwrap().verdict, Verdict::Unknown);
    let views = world.enrol(0..1, 1, 1);
    let one = recogniser(&views);
    let stranger = world.photos(1, 1).remove(0);
    assert_ne!(one.recognise(&stranger).unwrap().verdict, Verdict::Accept);
    let views = world.enrol(0..3, 2, 2);
    let few = recogniser(&views);
    let (_, wrong, _) = try_out(&mut world, &few, 0..3, 30);
    assert_eq!(wrong, 0);
}

#[test]
fn survives_json_and_refuses_what_is_none() {
    let mut world = World::new(6, 12, 1.2, 0.5, 0.3);
    let calibration = fit(&world.enrol(0..12, 3, 2)).unwrap();
    let json = calibration.to_json();
    assert_eq!(Calibration::from_json(&json).unwrap(), calibration);
    assert_eq!(
        Calibration::from_json(r#"{"version":9}"#).unwrap_err().to_string(),
        "the stored calibration is of version 9 and this program reads 3: run the fit again"
    );
    assert_eq!(
        Calibration::from_json("{").unwrap_err().to_string(),
        "the stored calibration cannot be read: run the fit again"
    );
}

#[test]
fn refuses_mixed_models_and_impossible_points() {
    let mut world = World::new(7, 2, 1.0, 0.5, 0.3);
    let mut views = world.enrol(0..2, 2, 1);
    let values = views[0].embedding.values().to_vec();
    views[0].embedding = Embedding::new(ModelVersion::new("test.2"), values.into()).unwrap();
    assert_eq!(
        fit(&views).unwrap_err().to_string(),
        "the views were made by different models (`test.2` and `test.1`): enrol them again with one"
    );
    for bad in [0.0, 1.0, f32::NAN] {
        let points = OperatingPoints { target_error: bad, ..OperatingPoints::default() };
        assert!(matches!(
            Calibration::fit(&[], &points, &Experience::default()),
            Err(CalibrationError::Points(_))
        ));
    }
}

#[test]
fn a_calibration_serves_only_its_own_model() {
    let mut world = World::new(8, 4, 1.0, 0.5, 0.3);
    let views = world.enrol(0..4, 3, 1);
    let calibration = fit(&views).unwrap();
    let refused = Recogniser::build(Generation(1), ModelVersion::new("test.2"), Vec::new(), calibration);
    assert_eq!(
        refused.err().unwrap().to_string(),
        "the thresholds were learnt on vectors of model `test.1` and the vectors are of model `test.2`: learn them again"
    );
}

#[test]
fn views_of_photos_the_model_learnt_from_count_for_nothing() {
    let photo = |number: u8| [number; ViewId::PHOTO_BYTES];
    let learnt_from = (0..100).map(|number| [number; 8]);
    // Photos that the model did not learn from are right in four of five.
    let trials = r#"{"known": [[9000, 7000, 5000], [9000, 7000, 5000], [9000, 7000, 5000], [9000, 7000, 5000], [6000, 4500, 5000]],
                     "unknown": [[6000, 5000], [6000, 5000], [6000, 5000], [6000, 5000], [6000, 5000]]}"#;
    let experience = Experience::new(learnt_from, Some(trials)).unwrap();
    let mut world = World::new(9, 10, 1.2, 0.05, 0.05);
    let mut views = world.enrol(0..10, 5, 2);
    for (view, number) in views.iter_mut().zip(0..) {
        view.id = ViewId::of_photo(photo(number), view.id.0);
        assert!(experience.has_seen(view));
    }
    let points = OperatingPoints::default();
    let report = |views: &[View]| *Calibration::fit(views, &points, &experience).unwrap().report();
    assert_eq!((report(&views).held_back, report(&views).first), (5, 0.8));
    // New photos count beside them.
    for view in &mut views[..20] {
        view.id = ViewId::of_photo(photo(200), view.id.0);
    }
    assert_eq!(report(&views).held_back, 25);
    // Without its model's trials nothing better is known than what its own photos promise.
    let silent = Experience::new((0..100).map(|number| [number; 8]), None).unwrap();
    assert_eq!(Calibration::fit(&views, &points, &silent).unwrap().report().held_back, 100);
}

#[test]
fn refuses_trials_that_are_none() {
    for (trials, said) in [
        ("{", "the model's trials cannot be read"),
        (r#"{"known": [[9000]], "unknown": []}"#, "a trial of the model has 1 numbers, expected 2 to 33"),
    ] {
        assert_eq!(Experience::new([], Some(trials)).unwrap_err().to_string(), said);
    }
}
