//! What was learnt from all series of an organisation, as it is kept.

use thiserror::Error;

use super::alike::Examples;
use super::bytes::{Reader, Writer};
use super::calibrate::Pool;
use super::choose::Ranking;
use super::global::Models;

/// What was learnt from all series: made once, kept, and given to whoever forecasts some of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trained {
    /// The common model; `None` where there was too little to learn from, or none was wanted.
    pub(crate) models: Option<Models>,
    /// How good methods were.
    pub(crate) ranking: Ranking,
    /// How far off forecasts were.
    pub(crate) pool: Pool,
    /// What new products may be like.
    pub(crate) examples: Examples,
}

/// What the bytes begin with: what they are, and the version of it.
const MARK: [u8; 4] = *b"TSD\x01";

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
        let mut writer = Writer::default();
        MARK.iter().for_each(|byte| writer.u8(*byte));
        writer.u8(u8::from(self.models.is_some()));
        if let Some(models) = &self.models {
            models.write(&mut writer);
        }
        self.ranking.write(&mut writer);
        self.pool.write(&mut writer);
        self.examples.write(&mut writer);
        writer.bytes
    }

    /// What was kept.
    ///
    /// # Errors
    /// [`BadModel`] where the bytes are not from [`Trained::to_bytes`] of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadModel> {
        let mut reader = Reader::new(bytes);
        for byte in MARK {
            if reader.u8()? != byte {
                return Err(BadModel { at: 0 });
            }
        }
        let models = match reader.u8()? {
            0 => None,
            1 => Some(Models::read(&mut reader)?),
            _ => return Err(reader.bad()),
        };
        let trained = Self {
            models,
            ranking: Ranking::read(&mut reader)?,
            pool: Pool::read(&mut reader)?,
            examples: Examples::read(&mut reader)?,
        };
        reader.end()?;
        Ok(trained)
    }
}
