//! Fields that several messages have.

use domain::ids::{ProductId, SequenceNumber, Uuid};
use sync_core::chain::Hash;
use sync_core::entry::Mark;
use thiserror::Error;

use crate::v1;

/// A field that is missing, or does not hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{field}` {problem}")]
pub struct Malformed {
    /// The field's name in its message.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl Malformed {
    pub(crate) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

/// A part that a message must have.
pub(crate) fn required<T>(field: &'static str, part: Option<T>) -> Result<T, Malformed> {
    part.ok_or_else(|| Malformed::new(field, "is missing"))
}

pub(crate) fn hash(field: &'static str, bytes: &[u8]) -> Result<Hash, Malformed> {
    bytes
        .try_into()
        .map_err(|_| Malformed::new(field, format!("has {} bytes, a SHA-256 has 32", bytes.len())))
}

/// Empty for none.
pub(crate) fn optional_hash(field: &'static str, bytes: &[u8]) -> Result<Option<Hash>, Malformed> {
    if bytes.is_empty() { Ok(None) } else { hash(field, bytes).map(Some) }
}

pub(crate) fn uuid(field: &'static str, bytes: &[u8]) -> Result<Uuid, Malformed> {
    let bytes: [u8; 16] = bytes
        .try_into()
        .map_err(|_| Malformed::new(field, format!("has {} bytes, a UUID has 16", bytes.len())))?;
    Ok(Uuid::from_bytes(bytes))
}

pub(crate) fn product(field: &'static str, text: &str) -> Result<ProductId, Malformed> {
    ProductId::new(text).map_err(|error| Malformed::new(field, error.to_string()))
}

pub(crate) fn mark(field: &'static str, mark: Option<v1::Mark>) -> Result<Mark, Malformed> {
    let mark = required(field, mark)?;
    Ok(Mark { sequence: SequenceNumber(mark.sequence), hash: hash(field, &mark.hash)? })
}

pub(crate) fn to_mark(mark: Mark) -> v1::Mark {
    v1::Mark { sequence: mark.sequence.0, hash: mark.hash.to_vec() }
}
