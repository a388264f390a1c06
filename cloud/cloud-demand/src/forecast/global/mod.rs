//! One model over all series of an organisation.

use thiserror::Error;

/// What was learnt from all series: made once, kept, and given to whoever forecasts some of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trained {}

/// Why bytes are no [`Trained`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the model cannot be read at byte {at}: train it again")]
pub struct BadModel {
    /// Where it stops making sense.
    pub at: usize,
}

impl Trained {
    /// What to keep.
    pub fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    /// What was kept.
    ///
    /// # Errors
    /// [`BadModel`] where the bytes are not from [`Trained::to_bytes`] of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadModel> {
        let _ = bytes;
        Ok(Self {})
    }
}
