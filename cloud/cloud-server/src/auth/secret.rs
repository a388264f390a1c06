//! Random secrets: session keys, service tokens and what guards against forged requests.

use std::fmt;

use cloud_store::Hash;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};

/// Bytes of a secret: nobody guesses 256 bits.
const SECRET_BYTES: usize = 32;
/// What a service token begins with, so that whoever finds one in a log or a commit knows what it is.
pub const TOKEN_PREFIX: &str = "tst_";

/// A random secret. The store keeps its hash alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// A new one.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads one as [`Secret::to_text`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// As text for cookies and headers: 43 characters of the URL-safe base 64.
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// As the text of a service token.
    pub fn to_token(&self) -> String {
        format!("{TOKEN_PREFIX}{}", self.to_text())
    }

    /// Reads a service token.
    pub fn parse_token(text: &str) -> Option<Self> {
        Self::parse(text.strip_prefix(TOKEN_PREFIX)?)
    }

    /// What the store keeps. It needs no salt: there is nothing to guess.
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.0).into()
    }
}

/// Whether two secrets are the same; the time it takes says nothing about where they differ.
pub fn same(one: &str, other: &str) -> bool {
    let digest = |text: &str| Sha256::digest(text.as_bytes());
    digest(one) == digest(other)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd_one(secret: &Secret) -> String {
        secret.to_text().to_lowercase()
    }

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let secret = Secret::random().unwrap();
        assert_eq!(Secret::parse(&secret.to_text()), Some(secret.clone()));
        assert_eq!(Secret::parse_token(&secret.to_token()), Some(secret.clone()));
        for odd in ["", "tst_", &secret.to_text()[1..], &format!("{}A", secret.to_text()), "!"] {
            assert_eq!(Secret::parse(odd), None, "{odd}");
            assert_eq!(Secret::parse_token(odd), None, "{odd}");
        }
        assert_eq!(Secret::parse_token(&secret.to_text()), None, "a session is no token");
        assert_ne!(Secret::random().unwrap(), secret);
        assert!(same(&secret.to_text(), &secret.to_text()) && !same(&secret.to_text(), &odd_one(&secret)));
    }
}
