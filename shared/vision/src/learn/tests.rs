use domain::ids::Generation;
use domain::observation::Verdict;
use domain::sighting::Settled;
use domain::time::BusinessDay;

use super::*;
use crate::calibrate::tests::{World, model, name};
use crate::recognise::Recogniser;

const PRODUCTS: usize = 40;

/// A till that sells.
struct Shop {
    world: World,
    views: Vec<View>,
    calibration: Calibration,
    sightings: Vec<Sighting>,
    ids: u128,
}

impl Shop {
    /// Photos of one day are enrolled, as a technician takes them.
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed, PRODUCTS, 0.5, 0.7, 0.2);
        let views = world.enrol(0..PRODUCTS, 1, 4);
        let calibration =
            Calibration::fit(&views, &OperatingPoints::default(), &Experience::default()).unwrap();
        Self { world, views, calibration, sightings: Vec::new(), ids: 1 << 64 }
    }

    fn recogniser(&self) -> Recogniser {
        Recogniser::build(Generation(1), model(), self.views.clone(), self.calibration.clone()).unwrap()
    }

    /// Sells so many of each product, each on a day of its own. Every `liar`th is called another product.
    fn sell(&mut self, each: usize, liar: usize) {
        let recogniser = self.recogniser();
        for number in 0..each * PRODUCTS {
            let product = number % PRODUCTS;
            let look = self.world.photos(product, 1).remove(0);
            let said = recogniser.recognise(&look).unwrap();
            let first = said.candidates.into_iter().next();
            let lied = liar > 0 && number % liar == 0;
            let sold_as = if lied {
                name((product + 1 + number / liar % (PRODUCTS - 1)) % PRODUCTS)
            } else {
                name(product)
            };
            let accepted = said.verdict == Verdict::Accept;
            let right = first.as_ref().is_some_and(|first| first.product == sold_as);
            let settled = match (accepted, right) {
                (true, true) => Settled::BySight,
                (true, false) => Settled::Corrected,
                (false, _) => Settled::Chosen,
            };
            let day = BusinessDay { year: 2026, month: 3, day: 1 + (number / PRODUCTS) as u8 };
            self.sightings.push(Sighting {
                day,
                look,
                first,
                verdict: said.verdict,
                product: sold_as,
                settled,
            });
        }
    }

    fn learn(&mut self) -> Lesson {
        let experience = Experience::default();
        let taught = Taught { views: &self.views, calibration: &self.calibration, experience: &experience };
        let ids = &mut self.ids;
        let unique = || {
            *ids += 1;
            Uuid::from_u128(*ids)
        };
        let lesson = learn(taught, &self.sightings, &OperatingPoints::default(), unique).unwrap();
        self.views.retain(|view| !lesson.remove.contains(&view.id));
        self.views.extend(lesson.add.iter().cloned());
        self.calibration = lesson.calibration.clone();
        lesson
    }

    /// Of things of new days: first right, accepted, accepted wrongly, in all.
    fn measure(&mut self) -> Measured {
        let recogniser = self.recogniser();
        let mut measured = Measured::default();
        for product in 0..PRODUCTS {
            for _ in 0..25 {
                let look = self.world.photos(product, 1).remove(0);
                let said = recogniser.recognise(&look).unwrap();
                let right = said.candidates.first().is_some_and(|first| first.product == name(product));
                let accepted = said.verdict == Verdict::Accept;
                measured.all += 1;
                measured.right += usize::from(right);
                measured.accepted += usize::from(accepted);
                measured.wrong += usize::from(accepted && !right);
            }
        }
        measured
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Measured {
    all: usize,
    right: usize,
    accepted: usize,
    wrong: usize,
}

#[test]
fn what_was_sold_on_other_days_teaches_a_till() {
    let mut shop = Shop::new(1);
    let before = shop.measure();
    shop.sell(20, 0);
    shop.learn();
    let after = shop.measure();
    assert!(after.right > before.right + before.all / 50, "{before:?} {after:?}");
    assert!(after.accepted > before.accepted, "{before:?} {after:?}");
    assert!(after.wrong * 50 <= after.accepted, "{before:?} {after:?}");
}

#[test]
fn a_few_false_names_do_no_harm() {
    let (mut honest, mut lied_to) = (Shop::new(2), Shop::new(2));
    honest.sell(20, 0);
    lied_to.sell(20, 20);
    honest.learn();
    lied_to.learn();
    let (honest, lied_to) = (honest.measure(), lied_to.measure());
    assert!(lied_to.right * 100 >= honest.right * 95, "{honest:?} {lied_to:?}");
    assert!(lied_to.wrong * 50 <= lied_to.accepted, "{honest:?} {lied_to:?}");
    assert!(lied_to.accepted * 10 >= honest.accepted * 9, "{honest:?} {lied_to:?}");
}

#[test]
fn the_same_again_changes_nothing_and_learnt_views_are_few() {
    let mut shop = Shop::new(3);
    shop.sell(30, 0);
    let first = shop.learn();
    assert!(first.changes_views());
    let again = shop.learn();
    assert!(!again.changes_views(), "{} come, {} leave", again.add.len(), again.remove.len());
    assert_eq!(again.calibration.to_json(), first.calibration.to_json());
    for product in 0..PRODUCTS {
        let of = |learnt: bool| {
            shop.views
                .iter()
                .filter(|view| view.product == name(product) && view.id.is_learnt() == learnt)
                .count()
        };
        assert_eq!(of(false), 4, "nothing enrolled leaves");
        assert!(of(true) <= LEARNT_MAX);
    }
}

#[test]
fn what_looks_like_another_product_becomes_no_view() {
    let mut shop = Shop::new(4);
    let steak = shop.world.photos(0, 1).remove(0);
    let told = |look: &Embedding, product| Sighting {
        day: BusinessDay { year: 2026, month: 3, day: 1 },
        look: look.clone(),
        first: None,
        verdict: Verdict::Unknown,
        product: name(product),
        settled: Settled::Found,
    };
    shop.sightings = vec![told(&steak, 1), told(&steak, 0), told(&steak, 999)];
    let lesson = shop.learn();
    assert_eq!(
        lesson.doubtful,
        [Doubtful { sighting: 0, sold_as: name(1), looks_like: name(0) }],
        "what is not enrolled is no doubtful one of it"
    );
    assert!(lesson.add.iter().all(|view| view.product == name(0)), "{:?}", lesson.add);
}
