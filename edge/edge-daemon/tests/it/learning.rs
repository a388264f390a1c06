//! A shop that sells: what its checkout tells, its store remembers and its learner makes of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::embedding::{Embedding, View};
use domain::frame::PixelBox;
use domain::ids::{
    Generation, ModelVersion, OrgId, PaymentId, ProductId, SaleId, SequenceNumber, StoreId, TaxCode, TillId,
    Uuid, ViewId,
};
use domain::money::{Currency, Money};
use domain::observation::{Observation, ObservedItem};
use domain::product::Product;
use domain::quantity::{Measure, UnitPrice};
use domain::sale::TillRef;
use domain::tax::{TaxRate, TaxTable};
use domain::text::LocalizedText;
use domain::time::{BusinessDay, MonotonicMs, Now, WallMs};
use edge_core::{Action, Checkout, CheckoutConfig, Effect, Input, PaymentOutcome};
use edge_daemon::learner::learn_from_sales;
use edge_store::{Store, ViewChange};
use vision::calibrate::{Calibration, Experience, OperatingPoints};
use vision::recognise::Recogniser;

const PRODUCTS: u32 = 12;
const DIM: u32 = 48;

fn till() -> TillRef {
    TillRef {
        org: OrgId::new("demo").unwrap(),
        store: StoreId::new("corner").unwrap(),
        till: TillId::new("till-1").unwrap(),
    }
}

fn model() -> ModelVersion {
    ModelVersion::new("test-1.0123456789ab")
}

fn name(product: u32) -> ProductId {
    ProductId::new(&format!("product-{product}")).unwrap()
}

fn day(day: u8) -> BusinessDay {
    BusinessDay { year: 2026, month: 5, day }
}

/// Numbers that look like chance and are the same each time.
fn noise(seed: u32, length: f32) -> Vec<f32> {
    let number = |at: u32| {
        let mut state = seed.wrapping_mul(0x9e37_79b9) ^ at.wrapping_mul(0x85eb_ca6b);
        for _ in 0..3 {
            state = (state ^ (state >> 15)).wrapping_mul(0x2c1b_3c6d);
        }
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let values: Vec<f32> = (0..DIM).map(number).collect();
    let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    values.iter().map(|v| v / norm * length).collect()
}

/// What a product looks like on a day, a little otherwise in each shot.
fn look(product: u32, day: u32, shot: u32) -> Embedding {
    let parts = [noise(product + 1, 1.0), noise(1000 + product * 50 + day, 0.8), noise(9000 + shot, 0.2)];
    let sum: Vec<f32> = (0..DIM as usize).map(|at| parts.iter().map(|part| part[at]).sum()).collect();
    let norm = sum.iter().map(|v| v * v).sum::<f32>().sqrt();
    Embedding::new(model(), sum.iter().map(|v| v / norm).collect()).unwrap()
}

fn catalogue() -> Catalogue {
    let (euro, tax_code) = (Currency::new("EUR").unwrap(), TaxCode::new("vat7").unwrap());
    let rates = BTreeMap::from([(tax_code.clone(), TaxRate { basis_points: 700 })]);
    let products = (0..PRODUCTS).map(|number| Product {
        id: name(number),
        sku: number.to_string(),
        name: LocalizedText::single("en", &format!("Product {number}")),
        gtin: None,
        plu: None,
        price: UnitPrice { amount: Money::new(100, euro), per: Measure::Piece },
        tax_code: tax_code.clone(),
        age_limit: None,
        archived: false,
        picture: None,
    });
    Catalogue::new(euro, TaxTable { rates, inclusive: true }, products).unwrap()
}

/// A store whose products were enrolled on one day.
fn enrolled(dir: &Path) -> (Store, Generation) {
    let (store, _) = Store::open(dir, &till()).unwrap();
    store.publish_catalogue(&catalogue()).unwrap();
    let add: Vec<View> = (0..PRODUCTS * 3)
        .map(|number| View {
            id: ViewId(Uuid::from_u128(number.into())),
            product: name(number / 3),
            embedding: look(number / 3, 0, number),
        })
        .collect();
    let calibration =
        Calibration::fit(&add, &OperatingPoints::default(), &Experience::default()).unwrap().to_json();
    let change = ViewChange { add, calibration_json: Some(calibration), ..ViewChange::new(model()) };
    let generation = store.publish_views(change).unwrap();
    (store, generation)
}

fn recogniser(store: &Store) -> Recogniser {
    let newest = store.catalogue().unwrap().unwrap();
    let calibration = Calibration::from_json(&newest.calibration_json.unwrap()).unwrap();
    Recogniser::build(newest.generation, model(), newest.views, calibration).unwrap()
}

/// Sells one thing as its shopper would, and has the store do what the checkout asks of it.
fn sell(store: &Store, recogniser: &Recogniser, product: u32, on: u8, number: u32) {
    let mut checkout = Checkout::new(CheckoutConfig::new(till()), Generation(2), Arc::new(catalogue()));
    let mut ms = 1_000;
    let mut give = |checkout: &mut Checkout, input| {
        ms += 100;
        let now = Now { monotonic: MonotonicMs(ms), wall: WallMs(1_780_000_000_000 + ms as i64) };
        checkout.handle(input, now).unwrap();
        now
    };
    let look = look(product, on.into(), 500 + number);
    let said = recogniser.recognise(&look).unwrap();
    let bounds = PixelBox { x: 100, y: 100, width: 200, height: 200 };
    let item = ObservedItem { bounds, candidates: said.candidates, verdict: said.verdict, look: Some(look) };
    let mut now = Now::default();
    for frame in 0..4 {
        let observation = Observation {
            captured_at: MonotonicMs(1_050 + frame * 100),
            frame_number: frame,
            frame_size: (1280, 960),
            unsettled: None,
            items: vec![item.clone()],
            generation: Generation(2),
            model: model(),
        };
        now = give(&mut checkout, Input::Observation(observation));
    }
    if let Some(question) = checkout.view(now).questions.first().map(|question| question.track) {
        give(&mut checkout, Input::Customer(Action::Choose { question, product: name(product) }));
    }
    let (sale, payment) = (SaleId(Uuid::from_u128(number.into())), PaymentId(Uuid::from_u128(number.into())));
    give(&mut checkout, Input::Customer(Action::Review));
    give(&mut checkout, Input::Customer(Action::Pay { sale, payment, business_day: day(on) }));
    while let Some(effect) = checkout.poll_effect() {
        let answer = match effect {
            Effect::RecordIntent { payment, sale } => {
                store.record_intent(payment, &sale).unwrap();
                Input::IntentRecorded { payment }
            }
            Effect::TakePayment { payment, .. } => {
                let outcome = PaymentOutcome::Approved { authorisation: "A1".to_owned() };
                Input::Payment { payment, outcome }
            }
            Effect::Commit { sale } => {
                let entry = store.commit_sale(&sale).unwrap();
                Input::Committed { sale: sale.id, sequence: SequenceNumber(entry.sequence.0) }
            }
            Effect::Remember { sightings } => {
                store.remember(sightings).unwrap();
                continue;
            }
            other => panic!("{other:?}"),
        };
        give(&mut checkout, answer);
    }
}

/// Of things of days that nobody saw, those whose first candidate is right.
fn right(store: &Store) -> usize {
    let recogniser = recogniser(store);
    let asked = (0..PRODUCTS).flat_map(|product| (30..45).map(move |day| (product, day)));
    asked
        .filter(|&(product, day)| {
            let said = recogniser.recognise(&look(product, day, 7_000 + day)).unwrap();
            said.candidates.first().is_some_and(|first| first.product == name(product))
        })
        .count()
}

fn learn(store: &Store, today: u8) -> Option<Generation> {
    learn_from_sales(store, day(today), || Ok(Experience::default())).unwrap()
}

#[test]
fn what_is_sold_is_remembered_and_learnt_and_a_rollback_undoes_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, taught) = enrolled(dir.path());
    let before = right(&store);
    assert_eq!(learn(&store, 2), None, "nothing was sold yet");
    let recogniser = recogniser(&store);
    let sales = (1..=8).flat_map(|day| (0..PRODUCTS).map(move |product| (day, product)));
    for ((day, product), number) in sales.zip(1..) {
        sell(&store, &recogniser, product, day, number);
    }
    let all = store.all_sightings(&model()).unwrap().sightings;
    assert_eq!((all.len() as u32, store.journal_head().unwrap().0), (PRODUCTS * 8, u64::from(PRODUCTS) * 8));
    assert!(all.iter().all(|(_, sighting)| sighting.day <= day(8)));
    assert_eq!(learn(&store, 1), None, "today is not over");
    let learnt = learn(&store, 9).unwrap();
    assert_eq!(learnt.0, taught.0 + 1, "all that was learnt is one generation");
    let views = store.catalogue().unwrap().unwrap().views;
    let of_sales = views.iter().filter(|view| view.id.is_learnt()).count();
    assert!(of_sales > 0 && views.len() - of_sales == PRODUCTS as usize * 3, "{of_sales} of {}", views.len());
    let after = right(&store);
    assert!(after > before, "{before} right before, {after} after");
    assert_eq!(learn(&store, 9), None, "nothing is new");
    store.rollback(taught).unwrap();
    assert_eq!(right(&store), before);
    assert_eq!(learn(&store, 10), None, "what was gone back from teaches nothing");
}
