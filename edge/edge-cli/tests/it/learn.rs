//! Learning from what was sold, without a model: the till's views say what it learnt from.

use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, ViewId};
use domain::observation::{Candidate, Probability, Verdict};
use domain::sighting::{Settled, Sighting};
use domain::time::BusinessDay;
use edge_store::ViewChange;
use serde_json::json;

use crate::support::Bench;

const SHOP: [&str; 3] = ["lime", "lemon", "apple-red"];

/// A look near its product's, turned a little further with each number.
fn look(product: usize, number: usize) -> Embedding {
    let mut values = [0.02_f32; 12];
    values[product] = 1.0;
    values[3 + number % 9] = 0.4 + 0.1 * (number / 9) as f32;
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    let values: Vec<f32> = values.iter().map(|v| v / length).collect();
    Embedding::new(ModelVersion::new("test-1.0123456789ab"), values.into()).unwrap()
}

fn sighting(looks_like: usize, sold_as: usize, number: usize) -> Sighting {
    let product = |at: usize| ProductId::new(SHOP[at]).unwrap();
    let first =
        Candidate { product: product(looks_like), probability: Probability::from_basis_points(9_900) };
    Sighting {
        day: BusinessDay { year: 2026, month: 4, day: 1 + number as u8 },
        look: look(looks_like, 9 + number),
        first: Some(first),
        verdict: Verdict::Accept,
        product: product(sold_as),
        settled: if looks_like == sold_as { Settled::BySight } else { Settled::Corrected },
    }
}

/// A till with three products, two views of each, and things that were sold.
fn till(name: &str, sightings: Vec<Sighting>) -> Bench {
    let till = Bench::new(name);
    till.import_shop();
    let add = (0..6).map(|number| View {
        id: ViewId(uuid::Uuid::from_u128(1 + number as u128)),
        product: ProductId::new(SHOP[number / 2]).unwrap(),
        embedding: look(number / 2, number % 2),
    });
    let model = ModelVersion::new("test-1.0123456789ab");
    let store = till.store();
    store.publish_views(ViewChange { add: add.collect(), ..ViewChange::new(model) }).unwrap();
    if !sightings.is_empty() {
        store.remember(sightings).unwrap();
    }
    till
}

#[test]
fn learns_what_was_sold_and_a_rollback_undoes_it() {
    let mut sold: Vec<Sighting> = (0..24).map(|number| sighting(number % 3, number % 3, number)).collect();
    sold.push(sighting(0, 1, 25));
    let till = till("learn", sold);
    let would = till.json(["learn", "--dry-run"]);
    assert_eq!(
        (&would["published"], &would["dry_run"], &would["sightings"]),
        (&json!(false), &json!(true), &json!(25))
    );
    let doubtful = json!([{"sold_as": "lemon", "looks_like": "lime", "day": "2026-04-26"}]);
    assert_eq!(would["doubtful"], doubtful);
    let unasked = till.run(["learn"]);
    assert!(unasked.code == 2 && unasked.stderr.contains("`--yes`"), "{unasked:?}");
    let learnt = till.json(["learn", "--yes"]);
    assert_eq!((&learnt["published"], &learnt["generation"]), (&json!(true), &json!(3)));
    assert!(learnt["added"].as_u64().unwrap() > 0, "{learnt}");
    let views = |till: &Bench| till.json(["views", "list"])["views"].as_u64().unwrap();
    assert_eq!(views(&till), 6 + learnt["added"].as_u64().unwrap());
    assert_eq!(till.json(["learn", "--yes"])["published"], json!(false), "the same again is nothing new");
    till.must(["catalog", "rollback", "2", "--yes"]);
    assert_eq!(views(&till), 6);
    let again = till.json(["learn", "--yes"]);
    assert_eq!((&again["published"], &again["sightings"]), (&json!(false), &json!(0)), "{again}");
}

#[test]
fn forgets_on_request_and_says_when_there_is_nothing() {
    let till = till("forget", vec![sighting(1, 1, 1), sighting(2, 2, 2)]);
    assert_eq!(till.json(["learn", "--forget", "--dry-run"])["forgotten"], json!(0));
    assert_eq!(till.json(["learn", "--forget", "--yes"])["forgotten"], json!(2));
    let nothing = till.run(["learn", "--yes"]);
    assert!(nothing.code == 0 && nothing.stderr.contains("nothing new to learn"), "{nothing:?}");
    let empty = Bench::new("learn-empty");
    empty.import_shop();
    let refused = empty.run(["learn"]);
    assert!(refused.code == 1 && refused.stderr.contains("nothing is enrolled yet"), "{refused:?}");
}

#[test]
fn the_doctor_tells_when_shoppers_correct_too_much() {
    let check = |corrected: usize| {
        let sold = (0..60).map(|number| {
            sighting(number % 3, if number < corrected { (number + 1) % 3 } else { number % 3 }, number % 20)
        });
        let till = till("learn-doctor", sold.collect());
        till.json(["learn", "--yes"]);
        let more = (0..60).map(|number| {
            sighting(number % 3, if number < corrected { (number + 1) % 3 } else { number % 3 }, number % 20)
        });
        till.store().remember(more.collect()).unwrap();
        let run = till.run(["doctor", "--json"]);
        let checks = crate::support::last_object(&run.stdout)["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["name"] == "recognition").unwrap()
    };
    assert_eq!(check(0)["state"], json!("ok"));
    let told = check(9);
    assert_eq!(told["state"], json!("warning"), "{told}");
    assert!(told["detail"].as_str().unwrap().contains("shoppers corrected 9 of 60"), "{told}");
}
