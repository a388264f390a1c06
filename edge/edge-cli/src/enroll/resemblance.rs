//! Whether photos look more like another product than like the one they are enrolled for.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::catalogue::Catalogue;
use domain::embedding::View;
use domain::ids::{Generation, ProductId};
use domain::observation::{Probability, Verdict};
use serde::{Serialize, Serializer};
use vision::calibrate::Calibration;
use vision::index::ViewIndex;
use vision::models::ModelFiles;
use vision::recognise::Recogniser;

use super::Plan;
use crate::commands::render::LANGUAGE;
use crate::failure::Failure;

/// The other product that a product's new photos are most like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Resemblance {
    /// Which.
    #[serde(rename = "product", serialize_with = "as_text")]
    pub(super) looks_like: ProductId,
    /// How likely they show that one, on average over the photos.
    #[serde(serialize_with = "as_number")]
    pub(super) probability: Probability,
    /// Whether they look more like it than like their own product: somebody should look.
    pub(super) doubtful: bool,
}

fn as_text<S: Serializer>(product: &ProductId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(product.as_str())
}

fn as_number<S: Serializer>(probability: &Probability, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f32(probability.as_f32())
}

/// Asks the till that would be, without a product's own new photos, what those photos show. For every product that is
/// taken for another at all.
pub(super) fn check(
    plan: &Plan,
    catalogue: &Catalogue,
    files: &ModelFiles,
    calibration: &Calibration,
) -> Result<BTreeMap<ProductId, Resemblance>, Failure> {
    let all = plan.all_views();
    let index = ViewIndex::from_views(files.version.clone(), files.embedding_dim, all.clone())
        .context("failed to compare the photos with the enrolled ones")?;
    let mut found = BTreeMap::new();
    for product in plan.products().into_keys() {
        let (own, known): (Vec<&View>, Vec<&View>) = all
            .iter()
            .partition(|view| view.product == *product && plan.added.iter().any(|new| new.id == view.id));
        if known.is_empty() {
            continue;
        }
        let known = known.into_iter().cloned().collect();
        let till = Recogniser::with_index(index.fork(), Generation(0), known, calibration.clone())
            .context("failed to compare the photos with the enrolled ones")?;
        if let Some(resemblance) = ask(&till, product, &own)? {
            found.insert(product.clone(), resemblance);
        }
    }
    debug_assert!(found.values().all(|r| catalogue.product(&r.looks_like).is_some()));
    Ok(found)
}

fn ask(till: &Recogniser, product: &ProductId, photos: &[&View]) -> Result<Option<Resemblance>, Failure> {
    let mut sums: BTreeMap<ProductId, f32> = BTreeMap::new();
    let mut taken_for_others = 0;
    for photo in photos {
        let said = till.recognise(&photo.embedding)?;
        let first = said.candidates.first();
        if said.verdict == Verdict::Accept && first.is_some_and(|candidate| candidate.product != *product) {
            taken_for_others += 1;
        }
        for candidate in said.candidates {
            *sums.entry(candidate.product).or_default() += candidate.probability.as_f32();
        }
    }
    let own = sums.remove(product);
    let Some((looks_like, sum)) = sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)) else {
        return Ok(None);
    };
    let doubtful = match own {
        // It was enrolled before: the photos must look more like it than like anything else.
        Some(own) => sum > own,
        // It is new, so they must look like something: only sureness about another product is a warning.
        None => taken_for_others * 2 > photos.len(),
    };
    let probability = Probability::from_f32(sum / photos.len() as f32);
    Ok(Some(Resemblance { looks_like, probability, doubtful }))
}

/// A product's name with its id, as messages show it.
pub(super) fn shown(catalogue: &Catalogue, product: &ProductId) -> String {
    match catalogue.product(product) {
        Some(known) => format!("{} (`{product}`)", known.name.get(LANGUAGE)),
        None => format!("`{product}`"),
    }
}
