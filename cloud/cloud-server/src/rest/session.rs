//! Signing in and out.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cloud_store::{Actor, Grant, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::ms;
use super::people::{GrantForm, shown_grants};
use crate::auth::password::Password;
use crate::auth::{SESSION_COOKIE, Who, sign_in};
use crate::gateway::{Body, ClientAddress, Problem, Shared};
use crate::roles::now;

/// Longest address that is looked up.
const EMAIL_MAX_LEN: usize = 254;

/// Who wants in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The address.
    #[schema(example = "ann@example.org", max_length = 254)]
    email: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Password,
}

/// A new password for oneself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The one so far.
    #[schema(value_type = String, format = Password)]
    current: Password,
    /// The one from now on.
    #[schema(value_type = String, format = Password, min_length = 15)]
    new: Password,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionShown {
    /// The organisation.
    organisation: String,
    /// Who: `user:` or `token:` and an id.
    actor: String,
    /// The person's name; absent for a service token.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The language of their screens; absent for a service token.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// What they may do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<GrantForm>,
    /// What every change sends as `X-CSRF-Token`; absent for a service token, which needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
    /// When the session ends, in milliseconds since 1970; absent for a service token.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
}

/// Signs in: sets the session's cookie. After several wrong passwords each further try has to wait longer.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    tag = "session",
    security(()),
    request_body = SignIn,
    responses((status = 200, body = SessionShown))
)]
pub(crate) async fn sign_in(
    State(shared): State<Shared>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Body(form): Body<SignIn>,
) -> Result<Response, Problem> {
    if form.email.len() > EMAIL_MAX_LEN {
        return Err(Problem::unprocessable(format!("an e-mail address has at most {EMAIL_MAX_LEN} bytes")));
    }
    let begun = sign_in::sign_in(&shared, address, &form.email, form.password, now()).await?;
    let grants = shared.store.grants(&begun.user.org, begun.user.id).await?;
    let cookie =
        format!("{SESSION_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict", begun.secret.to_text());
    let mut cookie = HeaderValue::from_str(&cookie).map_err(Problem::internal)?;
    cookie.set_sensitive(true);
    let shown = shown_person(&begun.user, &grants, begun.csrf, ms(begun.expires_at));
    Ok(([(header::SET_COOKIE, cookie)], Json(shown)).into_response())
}

/// Who is signed in, and what changes have to carry.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", responses((status = 200, body = SessionShown)))]
pub(crate) async fn get(State(shared): State<Shared>, who: Who) -> Result<Json<SessionShown>, Problem> {
    let Some(secret) = &who.session else {
        return Ok(Json(SessionShown {
            organisation: who.org.to_string(),
            actor: who.actor.to_string(),
            name: None,
            language: None,
            grants: Vec::new(),
            csrf_token: None,
            expires_at_ms: None,
        }));
    };
    let session = shared.store.session(&secret.hash(), now()).await?;
    Ok(Json(shown_person(&session.user, &session.grants, session.csrf, ms(session.expires_at))))
}

/// Signs out: the session ends here, whatever the browser keeps.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204)))]
pub(crate) async fn sign_out(State(shared): State<Shared>, who: Who) -> Result<Response, Problem> {
    let Some(secret) = &who.session else { return Err(not_for_tokens()) };
    shared.store.end_session(&secret.hash()).await?;
    let cookie = format!("{SESSION_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    let cookie = HeaderValue::from_str(&cookie).map_err(Problem::internal)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Gives oneself another password. Every session of the person ends, this one too.
#[utoipa::path(
    put,
    path = "/api/v1/session/password",
    tag = "session",
    request_body = PasswordChange,
    responses((status = 204))
)]
pub(crate) async fn change_password(
    State(shared): State<Shared>,
    who: Who,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Body(form): Body<PasswordChange>,
) -> Result<StatusCode, Problem> {
    let Actor::User(id) = who.actor else { return Err(not_for_tokens()) };
    form.new.check_choice().map_err(|error| Problem::unprocessable(error.to_string()))?;
    let user = shared.store.user(&who.org, id).await?;
    // Whoever found an open browser may not guess here either.
    sign_in::confirm(&shared, address, &user, form.current, now()).await?;
    let hash = form.new.hash().await.map_err(Problem::internal)?;
    let audited = shared.audited(&who, "person.password", &format!("person:{id}"), "")?;
    audited.set_password(&who.org, id, &hash).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn not_for_tokens() -> Problem {
    Problem::forbidden("a service token has neither a session nor a password: revoke it instead")
}

fn shown_person(user: &User, grants: &[Grant], csrf: String, expires_at_ms: i64) -> SessionShown {
    SessionShown {
        organisation: user.org.to_string(),
        actor: Actor::User(user.id).to_string(),
        name: Some(user.name.clone()),
        language: Some(user.language.clone()),
        grants: shown_grants(grants),
        csrf_token: Some(csrf),
        expires_at_ms: Some(expires_at_ms),
    }
}
