//! The signature over catalogue generations (Ed25519, RFC 8032): a till takes prices only from its own cloud, however they
//! came to it.

use std::path::{Path, PathBuf};

use domain::ids::{Generation, OrgId, StoreId};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use thiserror::Error;

use crate::key_files::{self, KeyFileError};

/// The key, in the data folder.
pub const KEY_FILE: &str = "signing-key.pem";
/// What every signed text begins with, so that no signature of ours stands for anything else.
const TITLE: &str = "tillsight generation 1";

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
        let path = folder.join(KEY_FILE);
        let unusable = |source| SigningError::NotKey { path: path.clone(), source };
        if let Some(pem) = key_files::read_secret(&path)? {
            return Ok(Self { key: SigningKey::from_pkcs8_pem(&pem).map_err(unusable)? });
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let key = SigningKey::from_bytes(&seed);
        key_files::write_secret(&path, &key.to_pkcs8_pem(LineEnding::LF).map_err(unusable)?)?;
        Ok(Self { key })
    }

    /// The public half, which tills learn when they are claimed.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Signs what a generation of a store holds, by its hash.
    pub fn sign(&self, org: &OrgId, store: &StoreId, generation: Generation, hash: &[u8; 32]) -> [u8; 64] {
        self.key.sign(&signed_bytes(org, store, generation, hash)).to_bytes()
    }
}

/// Whether a signature is of this key and for this very generation of this very store.
pub fn is_signed(
    public_key: &[u8; 32],
    signature: &[u8; 64],
    org: &OrgId,
    store: &StoreId,
    generation: Generation,
    hash: &[u8; 32],
) -> bool {
    let bytes = signed_bytes(org, store, generation, hash);
    let key = VerifyingKey::from_bytes(public_key);
    key.is_ok_and(|key| key.verify_strict(&bytes, &Signature::from_bytes(signature)).is_ok())
}

/// The title, the names, the number and the hash, a line each; names hold neither `/` nor line ends.
fn signed_bytes(org: &OrgId, store: &StoreId, generation: Generation, hash: &[u8; 32]) -> Vec<u8> {
    let hash = data_encoding::HEXLOWER.encode(hash);
    format!("{TITLE}\n{org}/{store}\n{generation}\n{hash}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_one_generation_of_one_store_with_a_key_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::open_or_make(folder.path()).unwrap();
        let (org, store) = (OrgId::new("acme").unwrap(), StoreId::new("main").unwrap());
        let (hash, number) = ([7; 32], Generation(3));
        let signature = signer.sign(&org, &store, number, &hash);
        let key = Signer::open_or_make(folder.path()).unwrap().public_key();
        assert!(is_signed(&key, &signature, &org, &store, number, &hash));
        assert!(!is_signed(&key, &signature, &org, &store, Generation(4), &hash));
        assert!(!is_signed(&key, &signature, &org, &StoreId::new("other").unwrap(), number, &hash));
        assert!(!is_signed(&key, &signature, &org, &store, number, &[8; 32]));
        let other = tempfile::tempdir().unwrap();
        let other = Signer::open_or_make(other.path()).unwrap().public_key();
        assert!(!is_signed(&other, &signature, &org, &store, number, &hash));
    }

    #[test]
    fn refuses_a_file_that_holds_no_key() {
        let folder = tempfile::tempdir().unwrap();
        drop(Signer::open_or_make(folder.path()).unwrap());
        std::fs::write(folder.path().join(KEY_FILE), "no key").unwrap();
        assert!(matches!(Signer::open_or_make(folder.path()), Err(SigningError::NotKey { .. })));
    }
}
