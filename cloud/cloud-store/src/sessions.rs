//! Sessions of people who signed in, and attempts that failed.

use std::fmt::Display;

use domain::ids::OrgId;
use domain::time::WallMs;

use crate::error::{StoreError, What};
use crate::ids::{Hash, UserId};
use crate::people::{Grant, User, end_sessions_of, fetch_grants, read_user};
use crate::sql::{execute, fetch_found, fetch_value, values};
use crate::store::{Store, on_key};

/// Longest key of a failed sign-in, in bytes.
pub const SIGN_IN_KEY_MAX_LEN: usize = 320;

/// A session as it is begun: the token is the browser's and never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// SHA-256 of the token.
    pub token_hash: Hash,
    /// Whose it is.
    pub user: UserId,
    /// What a form must send along (CSRF).
    pub csrf: String,
    /// When it ends, whatever happens.
    pub expires_at: WallMs,
    /// When it ends if it is not used; see [`Store::touch_session`].
    pub idle_expires_at: WallMs,
}

/// A session that is good, with whose it is and what they may do at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub user: User,
    /// What they may do.
    pub grants: Vec<Grant>,
    /// What a form must send along.
    pub csrf: String,
    /// When it was begun.
    pub created_at: WallMs,
    /// When it ends, whatever happens.
    pub expires_at: WallMs,
    /// When it ends if it is not used.
    pub idle_expires_at: WallMs,
}

impl Store {
    /// Begins a session of a person of the organisation.
    pub async fn create_session(
        &self,
        org: &OrgId,
        session: &NewSession,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql =
                "INSERT INTO session (token_hash, org, person, csrf, created_at, expires_at, idle_expires_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let NewSession { token_hash, user, csrf, expires_at, idle_expires_at } = session;
            let values = values![token_hash, org, user, csrf, &now, expires_at, idle_expires_at];
            on_key(
                execute(writing.connection(), sql, values).await,
                || StoreError::exists(What::Session, "of this token"),
                || StoreError::not_found(What::User, user),
            )?;
            writing.commit().await
        })
        .await
    }

    /// The session of a token, where it has not ended and its person is not locked out.
    pub async fn session(&self, token_hash: &Hash, now: WallMs) -> Result<Session, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let sql = "SELECT person.org, person.id, email, name, password_hash, language, person.created_at,
                              disabled_at, csrf, session.created_at, expires_at, idle_expires_at
                       FROM session
                       JOIN person ON person.org = session.org AND person.id = session.person
                       WHERE token_hash = $1 AND expires_at > $2 AND idle_expires_at > $2
                         AND disabled_at IS NULL";
            let name = (What::Session, &"of this token" as &(dyn Display + Sync));
            let values = values![token_hash, &now];
            let mut session = fetch_found(&mut connection, name, sql, values, |fields| {
                Ok(Session {
                    user: read_user(fields)?,
                    grants: Vec::new(),
                    csrf: fields.take()?,
                    created_at: fields.take()?,
                    expires_at: fields.take()?,
                    idle_expires_at: fields.take()?,
                })
            })
            .await?;
            session.grants = fetch_grants(&mut connection, &session.user.org, session.user.id).await?;
            Ok(session)
        })
        .await
    }

    /// Moves the end of an idle session. Callers need not do so at every request.
    pub async fn touch_session(&self, token_hash: &Hash, idle_expires_at: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql =
                "UPDATE session SET idle_expires_at = $2 WHERE token_hash = $1 AND idle_expires_at < $2";
            execute(writing.connection(), sql, values![token_hash, &idle_expires_at]).await?;
            writing.commit().await
        })
        .await
    }

    /// Ends a session; one that has ended already stays so.
    pub async fn end_session(&self, token_hash: &Hash) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            execute(writing.connection(), "DELETE FROM session WHERE token_hash = $1", values![token_hash])
                .await?;
            writing.commit().await
        })
        .await
    }

    /// Ends every session of a person.
    pub async fn end_sessions(&self, org: &OrgId, user: UserId) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            end_sessions_of(writing.connection(), org, user).await?;
            writing.commit().await
        })
        .await
    }

    /// Notes an attempt to sign in that failed, under an e-mail address or a network address.
    pub async fn note_failed_sign_in(&self, key: &str, now: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO failed_sign_in (sign_in_key, at) VALUES ($1, $2)";
            execute(writing.connection(), sql, values![&sign_in_key(key), &now]).await?;
            writing.commit().await
        })
        .await
    }

    /// How many attempts failed under a key since a moment, that moment included.
    pub async fn failed_sign_ins(&self, key: &str, since: WallMs) -> Result<u64, StoreError> {
        self.answer(async {
            let sql = "SELECT COUNT(*) FROM failed_sign_in WHERE sign_in_key = $1 AND at >= $2";
            let values = values![&sign_in_key(key), &since];
            let count = fetch_value(&mut *self.reading().await?, What::Session, sql, values).await?;
            Ok(count.unwrap_or(0))
        })
        .await
    }

    /// Forgets the attempts of a key: somebody signed in.
    pub async fn forget_failed_sign_ins(&self, key: &str) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM failed_sign_in WHERE sign_in_key = $1";
            execute(writing.connection(), sql, values![&sign_in_key(key)]).await?;
            writing.commit().await
        })
        .await
    }

    /// Removes sessions that have ended and attempts from before `attempts_before`; gives back how many rows went.
    pub async fn sweep_sessions(&self, now: WallMs, attempts_before: WallMs) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "DELETE FROM session WHERE expires_at <= $1 OR idle_expires_at <= $1";
            let sessions = execute(connection, sql, values![&now]).await?;
            let sql = "DELETE FROM failed_sign_in WHERE at < $1";
            let attempts = execute(connection, sql, values![&attempts_before]).await?;
            writing.commit().await?;
            Ok(sessions + attempts)
        })
        .await
    }
}

/// Whoever attacks chooses the key: it is cut to a length, on a whole character.
fn sign_in_key(key: &str) -> String {
    let mut key = key.to_lowercase();
    key.truncate(key.floor_char_boundary(SIGN_IN_KEY_MAX_LEN));
    key
}
