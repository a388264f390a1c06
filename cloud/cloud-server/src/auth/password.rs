//! Passwords: what is one, and their argon2id hashes (RFC 9106, as PHC strings).

use std::fmt;
use std::sync::LazyLock;

use anyhow::Context as _;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::Semaphore;

use super::secret::Secret;

/// Shortest password, in characters: NIST SP 800-63B-4 asks for 15 where a password stands alone.
pub const PASSWORD_MIN_CHARS: usize = 15;
/// Longest password, in bytes: long sentences are welcome, and hashing megabytes is not.
pub const PASSWORD_MAX_BYTES: usize = 256;
/// Hashes made or compared at once: each takes 19 MiB and a core for its time.
const AT_ONCE: usize = 2;

static SLOTS: Semaphore = Semaphore::const_new(AT_ONCE);

/// What an unknown name is compared with, so that it takes as long as a known one and nobody learns which names there are.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this password").ok());

/// A password as somebody typed it; it is never shown, not even when debugging.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

/// Why a text is no password to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WeakPassword {
    /// Too short.
    #[error(
        "a password has at least {PASSWORD_MIN_CHARS} characters: four random words are easier to keep than eight odd signs"
    )]
    Short,
    /// Too long.
    #[error("a password has at most {PASSWORD_MAX_BYTES} bytes")]
    Long,
    /// One character again and again.
    #[error("a password needs at least five different characters")]
    Monotonous,
}

impl Password {
    /// Takes a typed text as it is, for comparing.
    pub fn typed(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A random one that nobody has to remember for long.
    pub fn generate() -> Result<Self, getrandom::Error> {
        Ok(Self(Secret::random()?.to_text()[..24].to_owned()))
    }

    /// Whether it may be chosen.
    pub fn check_choice(&self) -> Result<(), WeakPassword> {
        let different: std::collections::BTreeSet<char> = self.0.chars().collect();
        match () {
            () if self.0.chars().count() < PASSWORD_MIN_CHARS => Err(WeakPassword::Short),
            () if self.0.len() > PASSWORD_MAX_BYTES => Err(WeakPassword::Long),
            () if different.len() < 5 => Err(WeakPassword::Monotonous),
            () => Ok(()),
        }
    }

    /// The text, for the one time that a generated password is shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Its hash with a fresh salt.
    pub async fn hash(self) -> anyhow::Result<String> {
        work(move || hash_now(&self.0)).await
    }

    /// Whether it is the one that was hashed. Without a hash it is not, after the same time.
    pub async fn matches(self, hash: Option<String>) -> anyhow::Result<bool> {
        if self.0.len() > PASSWORD_MAX_BYTES {
            return Ok(false);
        }
        work(move || {
            let known = hash.is_some();
            let hash = hash.or_else(|| NOBODY.clone()).context("there is no hash to compare with")?;
            let hash = PasswordHash::new(&hash)
                .map_err(|error| anyhow::anyhow!("the kept hash of a password cannot be read: {error}"))?;
            Ok(Argon2::default().verify_password(self.0.as_bytes(), &hash).is_ok() && known)
        })
        .await
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Hashing takes tens of milliseconds of a core, so it leaves the async threads.
async fn work<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let _slot = SLOTS.acquire().await.context("no more passwords are compared")?;
    tokio::task::spawn_blocking(work).await.context("comparing a password was broken off")?
}

fn hash_now(text: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(text.as_bytes());
    Ok(hash.map_err(|error| anyhow::anyhow!("failed to hash a password: {error}"))?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_a_choice() {
        for (text, expected) in [
            ("correct horse battery staple", Ok(())),
            ("очень длинный пароль", Ok(())),
            ("short", Err(WeakPassword::Short)),
            ("fourteen chars", Err(WeakPassword::Short)),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", Err(WeakPassword::Monotonous)),
            (&"long ".repeat(60), Err(WeakPassword::Long)),
        ] {
            assert_eq!(Password::typed(text).check_choice(), expected, "{text}");
        }
        let generated = Password::generate().unwrap();
        assert_eq!(generated.check_choice(), Ok(()));
        assert_ne!(generated, Password::generate().unwrap());
        assert_eq!(format!("{generated:?}"), "Password(..)");
    }

    #[tokio::test]
    async fn knows_the_password_that_was_hashed() {
        let hash = Password::typed("correct horse battery").hash().await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        let matches = async |text: &str, hash: Option<&String>| {
            Password::typed(text).matches(hash.cloned()).await.unwrap()
        };
        assert!(matches("correct horse battery", Some(&hash)).await);
        assert!(!matches("Correct horse battery", Some(&hash)).await);
        assert!(!matches("nobody has this password", None).await, "what stands in for nobody opens nothing");
        assert!(!matches(&"x".repeat(PASSWORD_MAX_BYTES + 1), Some(&hash)).await);
    }
}
