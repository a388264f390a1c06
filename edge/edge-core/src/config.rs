//! What a checkout is told once.

use domain::sale::TillRef;

/// Settings of one till's checkout. Times are in milliseconds of the monotonic clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutConfig {
    /// Which till sells.
    pub till: TillRef,
    /// Whether the tray stands on a scale. Without one, products priced by weight cannot be sold by sight.
    pub has_scale: bool,
    /// What a thing's leaving the camera's view means.
    pub tray: TrayRule,
    /// Settled observations that must agree before a thing becomes a line.
    pub appear_observations: u32,
    /// A thing unseen for this long in settled observations is gone.
    pub missing_ms: u64,
    /// Settled observations in a row that must agree before a line changes its product by itself.
    pub change_observations: u32,
    /// Without a touch or a change on the tray for this long the basket is abandoned.
    pub idle_ms: u64,
    /// The shopper is warned so long before; at least 20,000.
    pub warning_ms: u64,
    /// The receipt is shown for so long, unless the shopper ends it.
    pub receipt_ms: u64,
    /// The first pause before a payment of unknown outcome is asked about again; it doubles up to `query_max_ms`.
    pub query_first_ms: u64,
    /// The longest such pause.
    pub query_max_ms: u64,
    /// How far a scale reading may be off, in grams: differences up to this are noise.
    pub scale_noise_g: u32,
    /// The least weight that is charged, in grams (OIML R 76 forbids trade below a scale's minimum capacity).
    pub min_weight_g: u32,
}

/// What a thing's leaving the camera's view means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrayRule {
    /// The basket is what lies on the tray: taken off is not bought.
    BasketIsTray,
    /// Things are shown one after another and bagged: what was seen stays in the basket.
    OneByOne,
}

impl CheckoutConfig {
    /// The defaults for a till.
    pub fn new(till: TillRef) -> Self {
        Self {
            till,
            has_scale: false,
            tray: TrayRule::BasketIsTray,
            appear_observations: 2,
            missing_ms: 400,
            change_observations: 8,
            idle_ms: 90_000,
            warning_ms: 20_000,
            receipt_ms: 15_000,
            query_first_ms: 1_000,
            query_max_ms: 30_000,
            scale_noise_g: 3,
            min_weight_g: 10,
        }
    }
}
