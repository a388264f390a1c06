//! The one number that speaks for a product.

/// Products whose prototypes are most alike: those that are looked at closely.
pub(crate) const PROTOTYPES: usize = 32;
/// Most alike views: their products are looked at closely too, should a product's looks be so many that its mean is
/// like none of them.
pub(crate) const NEAREST_VIEWS: usize = 16;
/// Products among which the probability is shared; all beyond them together weigh nothing.
pub(crate) const RIVALS: usize = 32;

/// How much the prototype counts; the most alike view has the rest. The most alike view knows photos of the same hour,
/// the prototype knows the product: over photos of appearances that were held back whole (models/README.md), three to
/// one ranked best, and neither half did as well alone.
const PROTOTYPE_SHARE: f32 = 0.75;

/// Similarity of a thing to a product, about -1 to 1.
pub(crate) fn score(prototype: f32, nearest: f32) -> f32 {
    PROTOTYPE_SHARE * prototype + (1.0 - PROTOTYPE_SHARE) * nearest
}
