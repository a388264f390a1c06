//! Signing in: passwords compared, guesses slowed down, sessions begun.

use std::net::IpAddr;

use axum::http::StatusCode;
use cloud_store::{NewSession, StoreError, User};
use domain::time::WallMs;

use super::password::Password;
use super::secret::Secret;
use crate::config::Identity;
use crate::gateway::{Problem, Shared};

/// An address may be an office full of people, so it may fail more often than an account before it has to wait.
const ADDRESS_FREE_TRIES_FACTOR: u64 = 10;

/// A session that was begun.
pub struct Begun {
    /// Its key, for the cookie.
    pub secret: Secret,
    /// What changes must carry.
    pub csrf: String,
    /// Whose it is.
    pub user: User,
    /// When it ends, whatever happens.
    pub expires_at: WallMs,
}

/// Signs somebody in. Unknown addresses, wrong passwords and people who are locked out get one and the same answer.
pub async fn sign_in(
    shared: &Shared,
    address: IpAddr,
    email: &str,
    password: Password,
    now: WallMs,
) -> Result<Begun, Problem> {
    let account = format!("account:{}", email.trim());
    let network = format!("address:{address}");
    let free_tries = u64::from(shared.config.identity.free_tries);
    check_lock(shared, &account, free_tries, now).await?;
    check_lock(shared, &network, free_tries * ADDRESS_FREE_TRIES_FACTOR, now).await?;
    let user = match shared.store.user_by_email(email).await {
        Ok(user) => Some(user).filter(|user| user.disabled_at.is_none()),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let matches = password.matches(hash).await.map_err(Problem::internal)?;
    let Some(user) = user.filter(|_| matches) else {
        shared.store.note_failed_sign_in(&account, now).await?;
        shared.store.note_failed_sign_in(&network, now).await?;
        metrics::counter!("tillsight_sign_ins_total", "outcome" => "refused").increment(1);
        return Err(Problem::unauthenticated("the e-mail address or the password is wrong: check both"));
    };
    shared.store.forget_failed_sign_ins(&account).await?;
    metrics::counter!("tillsight_sign_ins_total", "outcome" => "admitted").increment(1);
    begin(shared, user, now).await
}

/// Compares the password of somebody who is signed in, before something that an open browser alone must not do.
pub async fn confirm(
    shared: &Shared,
    address: IpAddr,
    user: &User,
    password: Password,
    now: WallMs,
) -> Result<(), Problem> {
    let account = format!("account:{}", user.email);
    check_lock(shared, &account, u64::from(shared.config.identity.free_tries), now).await?;
    let hash = Some(user.password_hash.clone());
    if password.matches(hash).await.map_err(Problem::internal)? {
        return Ok(());
    }
    shared.store.note_failed_sign_in(&account, now).await?;
    shared.store.note_failed_sign_in(&format!("address:{address}"), now).await?;
    Err(Problem::forbidden("the current password is wrong"))
}

async fn begin(shared: &Shared, user: User, now: WallMs) -> Result<Begun, Problem> {
    let secret = Secret::random().map_err(Problem::internal)?;
    let csrf = Secret::random().map_err(Problem::internal)?.to_text();
    let identity = &shared.config.identity;
    let expires_at = WallMs(now.0 + i64::from(identity.session_life_hours) * 3_600_000);
    let session = NewSession {
        token_hash: secret.hash(),
        user: user.id,
        csrf: csrf.clone(),
        expires_at,
        idle_expires_at: identity.idle_end(now),
    };
    shared.store.create_session(&user.org, &session, now).await?;
    Ok(Begun { secret, csrf, user, expires_at })
}

/// Refuses whoever has guessed too often too recently. What is refused here is not counted as another guess, so that
/// nobody can keep somebody else out for longer by going on.
async fn check_lock(shared: &Shared, key: &str, free_tries: u64, now: WallMs) -> Result<(), Problem> {
    let identity = &shared.config.identity;
    let longest_ms = i64::from(identity.lock_longest_s) * 1000;
    let failures = shared.store.failed_sign_ins(key, WallMs(now.0 - longest_ms)).await?;
    let pause_ms = pause_ms(identity, failures, free_tries);
    if pause_ms == 0 || shared.store.failed_sign_ins(key, WallMs(now.0 - pause_ms + 1)).await? == 0 {
        return Ok(());
    }
    let seconds = pause_ms.unsigned_abs().div_ceil(1000);
    let detail = format!("too many wrong passwords: try again in {seconds} s");
    Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "locked", detail).retry_after_s(seconds))
}

/// How long after the last wrong password the next try has to wait: it doubles with each.
fn pause_ms(identity: &Identity, failures: u64, free_tries: u64) -> i64 {
    let Some(over) = failures.checked_sub(free_tries) else { return 0 };
    let doubled = u64::from(identity.lock_first_s).saturating_mul(1 << over.min(32));
    let seconds = doubled.min(u64::from(identity.lock_longest_s));
    i64::try_from(seconds * 1000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_password_doubles_the_pause() {
        let identity = Identity {
            session_idle_minutes: 1,
            session_life_hours: 1,
            free_tries: 3,
            lock_first_s: 2,
            lock_longest_s: 30,
        };
        let pauses: Vec<i64> = (0..9).map(|failures| pause_ms(&identity, failures, 3)).collect();
        assert_eq!(pauses, [0, 0, 0, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        assert_eq!(pause_ms(&identity, u64::MAX, 3), 30_000);
    }
}
