//! A model as the cloud offers it to tills that lack it.
//!
//! A generation names the model of its views by a label; the offer binds that label to the file's hash and shape, signed with
//! the key that signs generations. So a till opens no file that its own cloud did not mean, however it came.

use domain::ids::{ModelVersion, OrgId};
use sha2::{Digest as _, Sha256};

use crate::chain::{Hash, to_hex};

/// The longest model that travels, in bytes: thirty times today's largest, and little beside a till's disk.
pub const MODEL_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// What is known of a model's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelOffer {
    /// What vectors of this model are labelled with.
    pub version: ModelVersion,
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// Its length.
    pub bytes: u64,
    /// Side of its square input, in pixels.
    pub input_side: u32,
    /// Length of its vectors.
    pub embedding_dim: u32,
}

impl ModelOffer {
    /// What is signed: SHA-256 over all of it and the organisation it is for.
    pub fn content_hash(&self, org: &OrgId) -> Hash {
        let Self { version, sha256, bytes, input_side, embedding_dim } = self;
        let mut hasher = Sha256::new();
        hasher.update(b"tillsight model 1\n");
        let sha256 = to_hex(sha256);
        hasher.update(format!("{org}\n{version}\n{sha256}\n{bytes}\n{input_side}\n{embedding_dim}\n"));
        hasher.finalize().into()
    }
}
