//! From one generation to another, by difference and as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ModelVersion, OrgId, ProductId, StoreId, Uuid, ViewId};
use domain::time::WallMs;
use rand::RngExt as _;
use sync_core::generation::{Content, Difference, Head, Mismatch};
use testkit::build;
use testkit::seed::SeededRng;

const AT: WallMs = WallMs(1_770_000_000_000);

fn view(rng: &mut SeededRng, product: &str, model: &str) -> View {
    let raw: Vec<f32> = (0..16).map(|_| rng.random_range(-1.0..1.0)).collect();
    let length = raw.iter().map(|value| value * value).sum::<f32>().sqrt();
    let values = raw.iter().map(|value| value / length).collect();
    View {
        id: ViewId(Uuid::from_u128(rng.random())),
        product: ProductId::new(product).expect("a test names products well"),
        embedding: Embedding::new(ModelVersion::new(model), values).expect("it was made of unit length"),
    }
}

/// A content with some of eight products at some prices, and some views.
fn content(rng: &mut SeededRng, before: Option<&Content>) -> Content {
    let products: Vec<_> = (0..8)
        .filter_map(|number| {
            let price_minor = rng.random_range(100..103);
            rng.random_bool(0.8).then(|| build::piece(&format!("product-{number}"), price_minor))
        })
        .collect();
    let model = if rng.random_bool(0.9) { "one" } else { "two" };
    let kept = before.into_iter().flat_map(|before| before.views.values().cloned());
    let mut views: BTreeMap<ViewId, View> = kept
        .filter(|view| view.embedding.model().as_str() == model && rng.random_bool(0.7))
        .map(|view| (view.id, view))
        .collect();
    for product in &products {
        if rng.random_bool(0.5) {
            let new = view(rng, product.id.as_str(), model);
            views.insert(new.id, new);
        }
    }
    Content {
        catalogue: Arc::new(build::catalogue(products)),
        model: Some(ModelVersion::new(model)),
        views,
        calibration_json: rng.random_bool(0.7).then(|| format!("{{\"t\":{}}}", rng.random_range(0..3))),
    }
    .rounded()
}

#[test]
fn a_difference_leads_to_the_same_content_as_the_whole() {
    let mut rng = SeededRng::from_env();
    let mut before = content(&mut rng, None);
    for number in 1..200 {
        let after = content(&mut rng, Some(&before));
        let head = Head::of(Generation(number + 1), AT, &after);
        let whole = after.since(None);
        assert_eq!(whole.apply(None, &head), Ok(after.clone()));
        let difference = after.since(Some((Generation(number), &before)));
        assert_eq!(difference.apply(Some((Generation(number), &before)), &head), Ok(after.clone()));
        before = after;
    }
}

#[test]
fn a_changed_price_travels_alone() {
    let mut rng = SeededRng::new(1);
    let before = content(&mut rng, None);
    let products = before.catalogue.products().cloned().enumerate().map(|(index, mut product)| {
        if index == 0 {
            product.price.amount.minor += 1;
        }
        product
    });
    let after = Content { catalogue: Arc::new(build::catalogue(products)), ..before.clone() };
    let difference = after.since(Some((Generation(1), &before)));
    assert_eq!(difference.catalogue.unwrap().products().len(), 1);
    assert!(difference.added_views.is_empty() && difference.removed_views.is_empty());
    assert_eq!((difference.removed_products.len(), difference.calibration_json), (0, None));
}

#[test]
fn what_is_not_what_was_signed_is_refused() {
    let mut rng = SeededRng::new(2);
    let (before, after) = (content(&mut rng, None), content(&mut rng, None));
    let head = Head::of(Generation(2), AT, &after);
    let difference = after.since(Some((Generation(1), &before)));
    assert_eq!(difference.apply(None, &head), Err(Mismatch::Base));
    assert_eq!(difference.apply(Some((Generation(7), &before)), &head), Err(Mismatch::Base));
    let other = content(&mut rng, None);
    let astray = difference.apply(Some((Generation(1), &other)), &head);
    assert!(matches!(astray, Err(Mismatch::Hash(_) | Mismatch::Catalogue(_))), "{astray:?}");
    let missing_view = Difference { added_views: Vec::new(), ..after.since(None) };
    assert_eq!(missing_view.apply(None, &head), Err(Mismatch::Hash("views")));
}

#[test]
fn the_signed_hash_is_of_one_store_and_one_number() {
    let mut rng = SeededRng::new(3);
    let content = content(&mut rng, None);
    let head = |number| Head::of(Generation(number), AT, &content);
    let hash = |number, org, store| {
        head(number).content_hash(&OrgId::new(org).unwrap(), &StoreId::new(store).unwrap())
    };
    let hashes = [hash(1, "a", "b"), hash(2, "a", "b"), hash(1, "a", "c"), hash(1, "c", "b")];
    assert!((1..hashes.len()).all(|index| !hashes[..index].contains(&hashes[index])));
}
