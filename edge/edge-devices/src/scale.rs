//! The scale port.

use thiserror::Error;

/// What the scale under the tray says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScaleReading {
    /// What lies on the tray, in grams; an empty tray is about 0, and noise may make it negative.
    pub grams: i32,
    /// True when the reading has settled.
    pub stable: bool,
}

/// Why a scale gives no reading.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScaleError {
    /// It does not answer: unplugged, switched off, or the wrong port.
    #[error("scale `{scale}` does not answer: {reason}")]
    Gone {
        /// The scale's name.
        scale: String,
        /// Why, and what to do.
        reason: String,
    },
}

/// A scale. It lives on a thread of its own, because reading blocks until the next reading, about a tenth of a second.
pub trait Scale: Send {
    /// What it is, for people.
    fn describe(&self) -> String;

    /// Blocks until the next reading.
    fn read(&mut self) -> Result<ScaleReading, ScaleError>;
}
