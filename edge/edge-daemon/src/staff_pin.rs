//! The staff's PIN: whoever knows it may say that a shopper is old enough.
//!
//! Only its argon2id hash is kept (RFC 9106, as a PHC string), in the setting [`SETTING`]. It is short enough to be
//! guessed, so few tries are allowed before a pause; the count is the till's, not the caller's, and lives in memory.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use serde::Deserialize;
use thiserror::Error;

/// The setting that holds the hash.
pub const SETTING: &str = "staff.pin";

/// Wrong tries before the pause.
pub const TRIES: u32 = 5;
/// The pause.
pub const LOCK: Duration = Duration::from_secs(60);

/// A PIN as somebody typed it; it is never shown, not even when debugging.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pin(String);

/// What is no PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a PIN is 4 to 12 digits")]
pub struct NoPin;

impl Pin {
    /// 4 to 12 digits.
    pub fn new(text: &str) -> Result<Self, NoPin> {
        let fits = (4..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(NoPin) }
    }

    /// Its argon2id hash with a fresh salt, as a PHC string for [`SETTING`].
    pub fn hash(&self) -> anyhow::Result<String> {
        let hash = Argon2::default().hash_password(self.0.as_bytes());
        Ok(hash.map_err(|error| anyhow::anyhow!("failed to hash the PIN: {error}"))?.to_string())
    }
}

impl TryFrom<String> for Pin {
    type Error = NoPin;

    fn try_from(text: String) -> Result<Self, NoPin> {
        Self::new(&text)
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// Why a PIN does not open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PinRefusal {
    /// The till has none.
    #[error("no staff PIN is set: `tillsight settings set staff.pin \"$(tillsightd --hash-pin)\"` sets one")]
    NotSet,
    /// It is another.
    #[error("that is not the staff PIN; tries left: {tries_left}")]
    Wrong {
        /// Tries before the pause.
        tries_left: u32,
    },
    /// Too many were wrong.
    #[error("too many wrong PINs: try again in {} s", .left.as_secs())]
    Locked {
        /// What is left of the pause, in whole seconds, rounded up.
        left: Duration,
    },
}

/// The till's PIN and the tries at it.
#[derive(Debug, Default)]
pub struct StaffPin {
    hash: ArcSwapOption<String>,
    tries: Mutex<Tries>,
    /// Each comparison takes 19 MiB for its time: there is one at a time.
    comparing: Mutex<()>,
}

impl StaffPin {
    /// Takes the setting's value over: at the start, and whenever it is changed. A value that is no hash is as none.
    pub fn set(&self, value: Option<String>) {
        let usable = value.filter(|value| {
            let fits = PasswordHash::new(value).is_ok_and(|hash| hash.algorithm.as_str() == "argon2id");
            if !fits {
                tracing::error!(
                    "the setting `{SETTING}` is no argon2id hash: make one with `tillsightd --hash-pin`"
                );
            }
            fits
        });
        self.hash.store(usable.map(Arc::new));
        *self.tries() = Tries::default();
    }

    /// Whether there is one.
    pub fn is_set(&self) -> bool {
        self.hash.load().is_some()
    }

    /// Compares, which takes tens of milliseconds on purpose: not for an async thread.
    pub fn check(&self, pin: &Pin) -> Result<(), PinRefusal> {
        let hash = self.hash.load_full().ok_or(PinRefusal::NotSet)?;
        // Counted before it is compared, so that tries at the same time are not one try.
        self.tries().begin(Instant::now())?;
        let parsed = PasswordHash::new(&hash).map_err(|_| PinRefusal::NotSet)?;
        let alone = self.comparing.lock().unwrap_or_else(PoisonError::into_inner);
        let right = Argon2::default().verify_password(pin.0.as_bytes(), &parsed).is_ok();
        drop(alone);
        let mut tries = self.tries();
        if right {
            *tries = Tries::default();
            return Ok(());
        }
        let refusal = tries.refusal(Instant::now());
        drop(tries);
        match refusal {
            PinRefusal::Locked { .. } => tracing::warn!("too many wrong staff PINs: locked for a while"),
            PinRefusal::Wrong { .. } | PinRefusal::NotSet => tracing::info!("a wrong staff PIN"),
        }
        Err(refusal)
    }

    fn tries(&self) -> std::sync::MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many tries there were since the last right one or the last pause.
#[derive(Debug, Default)]
struct Tries {
    made: u32,
    locked_until: Option<Instant>,
}

impl Tries {
    fn begin(&mut self, now: Instant) -> Result<(), PinRefusal> {
        if self.locked_until.is_some_and(|until| until <= now) {
            *self = Self::default();
        }
        if self.locked_until.is_some() {
            return Err(self.refusal(now));
        }
        self.made += 1;
        if self.made == TRIES {
            self.locked_until = Some(now + LOCK);
        }
        Ok(())
    }

    fn refusal(&self, now: Instant) -> PinRefusal {
        match self.locked_until {
            Some(until) => {
                let left_ms = until.saturating_duration_since(now).as_millis() as u64;
                PinRefusal::Locked { left: Duration::from_secs(left_ms.div_ceil(1000).max(1)) }
            }
            None => PinRefusal::Wrong { tries_left: TRIES.saturating_sub(self.made) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> Pin {
        Pin::new(text).unwrap()
    }

    #[test]
    fn a_pin_is_4_to_12_digits_and_is_never_shown() {
        for bad in ["", "123", "1234567890123", "12a4", "12 4", "١٢٣٤", "-123"] {
            assert_eq!(Pin::new(bad), Err(NoPin), "{bad}");
        }
        assert_eq!(format!("{:?}", pin("2580")), "Pin(..)");
        let error = serde_json::from_str::<Pin>("\"99x99\"").unwrap_err().to_string();
        assert!(!error.contains("99"), "{error}");
    }

    #[test]
    fn only_the_right_pin_opens_and_its_hash_tells_nothing() {
        let hash = pin("2580").hash().unwrap();
        assert!(hash.starts_with("$argon2id$") && !hash.contains("2580"), "{hash}");
        assert_ne!(hash, pin("2580").hash().unwrap(), "each has its own salt");
        let till = StaffPin::default();
        assert_eq!(till.check(&pin("2580")), Err(PinRefusal::NotSet));
        till.set(Some(hash));
        assert_eq!(till.check(&pin("2581")), Err(PinRefusal::Wrong { tries_left: 4 }));
        assert_eq!(till.check(&pin("2580")), Ok(()));
        assert_eq!(till.check(&pin("25800")), Err(PinRefusal::Wrong { tries_left: 4 }), "counted anew");
    }

    #[test]
    fn what_is_no_argon2id_hash_is_no_pin() {
        let till = StaffPin::default();
        for value in ["2580", "", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"] {
            till.set(Some(value.to_owned()));
            assert!(!till.is_set(), "{value}");
        }
    }

    #[test]
    fn the_last_wrong_try_locks_for_a_while() {
        let (mut tries, start) = (Tries::default(), Instant::now());
        for left in (1..TRIES).rev() {
            tries.begin(start).unwrap();
            assert_eq!(tries.refusal(start), PinRefusal::Wrong { tries_left: left });
        }
        tries.begin(start).unwrap();
        assert_eq!(tries.refusal(start), PinRefusal::Locked { left: LOCK });
        let later = start + LOCK - Duration::from_millis(1500);
        assert_eq!(tries.begin(later), Err(PinRefusal::Locked { left: Duration::from_secs(2) }));
        assert_eq!(tries.begin(start + LOCK), Ok(()), "the pause is over");
        assert_eq!(tries.refusal(start + LOCK), PinRefusal::Wrong { tries_left: TRIES - 1 });
    }

    #[test]
    fn a_new_pin_ends_the_pause() {
        let till = StaffPin::default();
        till.set(Some(pin("2580").hash().unwrap()));
        for _ in 0..TRIES {
            till.check(&pin("0000")).unwrap_err();
        }
        assert!(matches!(till.check(&pin("2580")), Err(PinRefusal::Locked { .. })));
        till.set(Some(pin("1357").hash().unwrap()));
        assert_eq!(till.check(&pin("1357")), Ok(()));
    }
}
