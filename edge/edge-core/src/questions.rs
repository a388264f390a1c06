//! From what vision says to what the shop sells: when to be sure, what to offer.

use domain::catalogue::Catalogue;
use domain::ids::ProductId;
use domain::observation::{Candidate, ObservedItem, Verdict};
use domain::product::Product;
use domain::sale::Identification;

use crate::tracks::{Seen, Sight};

/// The most candidates that are offered.
const OFFERED_MAX: usize = 3;

/// The fewest observations in a row by which vision answers a question that it raised itself.
pub(crate) const ANSWERS_ITSELF_AFTER: u32 = 2;

/// A product that is sold now.
pub(crate) fn sold<'a>(catalogue: &'a Catalogue, id: &ProductId) -> Option<&'a Product> {
    catalogue.product(id).filter(|product| !product.archived)
}

/// Reads an observed item by the catalogue. Sure of something that is not sold is not sure: vision may run on another
/// generation than the basket.
pub(crate) fn read_item(catalogue: &Catalogue, item: &ObservedItem) -> Seen {
    let mut candidates: Vec<Candidate> = Vec::new();
    for candidate in &item.candidates {
        let known = candidates.iter().any(|c| c.product == candidate.product);
        if !known && candidates.len() < OFFERED_MAX && sold(catalogue, &candidate.product).is_some() {
            candidates.push(candidate.clone());
        }
    }
    let sight = match (item.verdict, item.candidates.first()) {
        (Verdict::Accept, Some(first)) if sold(catalogue, &first.product).is_some() => {
            Sight::Sure(first.product.clone(), first.probability)
        }
        _ => Sight::Unsure,
    };
    Seen::new(item, candidates, sight)
}

/// How a product was identified that was chosen while these were offered.
pub(crate) fn chosen_from(offered: &[Candidate], product: &ProductId) -> Identification {
    let place = offered.iter().position(|candidate| candidate.product == *product);
    match place {
        Some(at) => Identification::Candidate {
            probability: offered[at].probability,
            rank: u8::try_from(at + 1).expect("at most three are offered"),
        },
        None => Identification::Search,
    }
}

/// The less certain of two. From the most certain: a barcode, a typed code, staff; then vision, the more probable first;
/// then a choice among candidates, the more probable first; last the customer's word alone.
pub(crate) fn less_certain(a: Identification, b: Identification) -> Identification {
    if doubt(&a) >= doubt(&b) { a } else { b }
}

fn doubt(how: &Identification) -> (u8, u16, u8) {
    match how {
        Identification::Barcode => (0, 0, 0),
        Identification::Plu => (1, 0, 0),
        Identification::Staff => (2, 0, 0),
        Identification::Vision { probability } => (3, 10_000 - probability.basis_points(), 0),
        Identification::Candidate { probability, rank } => (4, 10_000 - probability.basis_points(), *rank),
        Identification::Search => (5, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::observation::Probability;

    #[test]
    fn orders_identifications_by_doubt() {
        let vision = |p| Identification::Vision { probability: Probability::from_basis_points(p) };
        let chosen =
            |p, rank| Identification::Candidate { probability: Probability::from_basis_points(p), rank };
        let ordered = [
            Identification::Barcode,
            Identification::Plu,
            Identification::Staff,
            vision(9_900),
            vision(9_000),
            chosen(6_000, 1),
            chosen(2_000, 2),
            Identification::Search,
        ];
        for pair in ordered.windows(2) {
            assert_eq!(less_certain(pair[0], pair[1]), pair[1]);
            assert_eq!(less_certain(pair[1], pair[0]), pair[1]);
        }
    }
}
