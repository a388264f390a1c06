//! What speaks for a product: one number that it is ranked by, and how much a thing looks like what is usual of it.

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

/// What is taken for the cosine of two views of one product before there are any...
const USUAL_COSINE: f32 = 0.5;
/// ...and for how many views that counts.
const USUAL_COUNTS: f32 = 2.0;
/// Views that have nothing in common are no measure of what is usual.
const LEAST_COSINE: f32 = 0.05;

/// What speaks for a product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Evidence {
    /// What it is ranked by.
    pub(crate) score: f32,
    /// Cosine to the prototype, as a share of what a view of the product usually has: about 1 for a usual view.
    pub(crate) likeness: f32,
}

impl Evidence {
    /// Of the cosines to the prototype and to the most alike view, and of the usual cosine to that prototype.
    pub(crate) fn new(prototype: f32, nearest: f32, usual: f32) -> Self {
        Self { score: score(prototype, nearest), likeness: prototype / usual }
    }
}

/// Similarity of a thing to a product, about -1 to 1.
pub(crate) fn score(prototype: f32, nearest: f32) -> f32 {
    PROTOTYPE_SHARE * prototype + (1.0 - PROTOTYPE_SHARE) * nearest
}

/// The cosine that another view of a product has with the mean of `views` of it, at least one, whose sum has this length
/// (each of them has length one): what the views have in common with each other says it. More than 0.
pub(crate) fn usual_cosine(views: usize, length: f32) -> f32 {
    let views = views as f32;
    let pairs = views * (views - 1.0);
    let among = if pairs > 0.0 { (length * length - views) / pairs } else { USUAL_COSINE };
    let seen = views - 1.0;
    let cosine = (seen * among + USUAL_COUNTS * USUAL_COSINE) / (seen + USUAL_COUNTS);
    let cosine = cosine.clamp(LEAST_COSINE, 1.0);
    cosine * views.sqrt() / (1.0 + seen * cosine).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_usual_of_views_that_resemble_each_other() {
        // A hundred views of which any two have a cosine of 0.64: any of them has about 0.8 with their mean.
        let length = (100.0 + 100.0 * 99.0 * 0.64_f32).sqrt();
        assert!((usual_cosine(100, length) - 0.8).abs() < 0.01, "{}", usual_cosine(100, length));
        // One view says nothing of the others.
        assert!((usual_cosine(1, 1.0) - USUAL_COSINE).abs() < 1e-6);
        // Opposites have no mean, and still nothing is divided by nothing.
        assert!(usual_cosine(2, 0.0) > 0.0 && usual_cosine(400, 0.0) > 0.0);
    }
}
