//! The signature over catalogue generations (Ed25519, RFC 8032): a till takes prices only from its own cloud, however they
//! came to it.

use std::path::{Path, PathBuf};

use domain::ids::{OrgId, StoreId};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sync_core::generation::Head;
use sync_core::model_offer::ModelOffer;
use thiserror::Error;

use crate::key_files::{self, KeyFileError};

/// The key, in the data folder.
pub const KEY_FILE: &str = "signing-key.pem";

/// Signs with the cloud's key.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
}

/// Why there is nothing to sign with.
#[derive(Debug, Error)]
pub enum SigningError {
    /// The key's file cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The file is there, but holds no key.
    #[error("`{path}` holds no Ed25519 key in PKCS #8: restore it from a backup, since tills trust no other")]
    NotKey {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        #[source]
        source: ed25519_dalek::pkcs8::Error,
    },
    /// There is no randomness.
    #[error("the system gives no random numbers")]
    Random(#[from] getrandom::Error),
}

impl Signer {
    /// Opens the key of a data folder, and makes it where there is none.
    pub fn open_or_make(folder: &Path) -> Result<Self, SigningError> {
        if let Some(there) = Self::open(folder)? {
            return Ok(there);
        }
        let path = folder.join(KEY_FILE);
        let unusable = |source| SigningError::NotKey { path: path.clone(), source };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let key = SigningKey::from_bytes(&seed);
        key_files::write_secret(&path, &key.to_pkcs8_pem(LineEnding::LF).map_err(unusable)?)?;
        Ok(Self { key })
    }

    /// Opens the key of a data folder; `None` where there is none.
    pub fn open(folder: &Path) -> Result<Option<Self>, SigningError> {
        let path = folder.join(KEY_FILE);
        let Some(pem) = key_files::read_secret(&path)? else { return Ok(None) };
        let key = SigningKey::from_pkcs8_pem(&pem);
        Ok(Some(Self { key: key.map_err(|source| SigningError::NotKey { path, source })? }))
    }

    /// The public half, which tills learn when they are claimed.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Signs what is offered to tills of an organisation as a model: its [`ModelOffer::content_hash`].
    pub fn sign_offer(&self, org: &OrgId, offer: &ModelOffer) -> [u8; 64] {
        self.key.sign(&offer.content_hash(org)).to_bytes()
    }

    /// Signs a generation of a store: its [`Head::content_hash`], which names the store and the number too.
    pub fn sign(&self, org: &OrgId, store: &StoreId, head: &Head) -> [u8; 64] {
        self.key.sign(&head.content_hash(org, store)).to_bytes()
    }
}

/// Whether a signature is of this key and for this very generation of this very store.
pub fn is_signed(
    public_key: &[u8; 32],
    signature: &[u8; 64],
    org: &OrgId,
    store: &StoreId,
    head: &Head,
) -> bool {
    let key = VerifyingKey::from_bytes(public_key);
    let signature = Signature::from_bytes(signature);
    key.is_ok_and(|key| key.verify_strict(&head.content_hash(org, store), &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use domain::ids::Generation;
    use domain::time::WallMs;
    use sync_core::generation::Content;

    use super::*;

    #[test]
    fn signs_one_generation_of_one_store_with_a_key_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::open_or_make(folder.path()).unwrap();
        let (org, store) = (OrgId::new("acme").unwrap(), StoreId::new("main").unwrap());
        let content = Content {
            catalogue: Arc::new(testkit::build::catalogue([testkit::build::piece("apple", 199)])),
            model: None,
            views: BTreeMap::new(),
            calibration_json: None,
        };
        let head = Head::of(Generation(3), WallMs(7), &content);
        let signature = signer.sign(&org, &store, &head);
        let key = Signer::open_or_make(folder.path()).unwrap().public_key();
        assert!(is_signed(&key, &signature, &org, &store, &head));
        let later = Head { number: Generation(4), ..head.clone() };
        assert!(!is_signed(&key, &signature, &org, &store, &later));
        assert!(!is_signed(&key, &signature, &org, &StoreId::new("other").unwrap(), &head));
        let cheaper = Head { catalogue: [8; 32], ..head.clone() };
        assert!(!is_signed(&key, &signature, &org, &store, &cheaper));
        let other = tempfile::tempdir().unwrap();
        let other = Signer::open_or_make(other.path()).unwrap().public_key();
        assert!(!is_signed(&other, &signature, &org, &store, &head));
    }

    #[test]
    fn refuses_a_file_that_holds_no_key() {
        let folder = tempfile::tempdir().unwrap();
        drop(Signer::open_or_make(folder.path()).unwrap());
        std::fs::write(folder.path().join(KEY_FILE), "no key").unwrap();
        assert!(matches!(Signer::open_or_make(folder.path()), Err(SigningError::NotKey { .. })));
    }
}
