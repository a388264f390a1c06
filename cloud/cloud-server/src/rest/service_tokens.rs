//! Tokens that software signs in with.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{NewServiceToken, Role, ServiceToken, TokenId};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{ms, tagged};
use super::people::{GrantForm, shown_grants, words_of};
use crate::auth::Who;
use crate::auth::secret::Secret;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::roles::now;

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What it is for, as people read it.
    #[schema(example = "Nightly export to the ERP")]
    name: String,
    /// What it may do; an owner's rights are for people alone.
    grant: GrantForm,
    /// Until when it is good, in milliseconds since 1970; absent until it is revoked.
    expires_at_ms: Option<i64>,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenMade {
    id: String,
    /// The token, shown this once: send it as `Authorization: Bearer`.
    token: String,
}

/// A token, without what it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenShown {
    id: String,
    name: String,
    grant: Vec<GrantForm>,
    made_by: String,
    made_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at_ms: Option<i64>,
}

/// The tokens of an organisation, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    items: Vec<TokenShown>,
}

/// Lists service tokens, those that have ended too.
#[utoipa::path(get, path = "/api/v1/service-tokens", tag = "people", responses((status = 200, body = Tokens)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tokens = shared.store.service_tokens(&who.org).await?;
    tagged(&headers, &Tokens { items: tokens.into_iter().map(shown).collect() })
}

/// Makes a service token.
#[utoipa::path(
    post,
    path = "/api/v1/service-tokens",
    tag = "people",
    request_body = NewToken,
    responses((status = 201, body = TokenMade))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<NewToken>,
) -> Result<(StatusCode, Json<TokenMade>), Problem> {
    who.check_all_stores()?;
    let now = now();
    let grant = form.grant.checked()?;
    if grant.role == Role::Owner {
        return Err(Problem::unprocessable("a service token cannot be an owner: people answer for people"));
    }
    if form.expires_at_ms.is_some_and(|at| at <= now.0) {
        return Err(Problem::unprocessable(
            "`expires_at_ms` lies in the past: the token would never be good",
        ));
    }
    let secret = Secret::random().map_err(Problem::internal)?;
    let token = NewServiceToken {
        id: TokenId(Uuid::now_v7()),
        name: form.name,
        token_hash: secret.hash(),
        grant,
        made_by: who.actor.clone(),
        expires_at: form.expires_at_ms.map(WallMs),
    };
    let object = format!("token:{}", token.id);
    let audited =
        shared.audited(&who, "token.create", &object, &words_of(std::slice::from_ref(&token.grant)))?;
    audited.create_service_token(&who.org, &token, now).await?;
    Ok((StatusCode::CREATED, Json(TokenMade { id: token.id.to_string(), token: secret.to_token() })))
}

/// Revokes a service token.
#[utoipa::path(
    delete,
    path = "/api/v1/service-tokens/{token}",
    tag = "people",
    params(("token" = String, Path, description = "The token's id")),
    responses((status = 204))
)]
pub(crate) async fn revoke(
    State(shared): State<Shared>,
    who: Who,
    Place(token): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let missing = |_| Problem::not_found("there is no such service token");
    let id = Uuid::parse_str(&token).map(TokenId).map_err(missing)?;
    let audited = shared.audited(&who, "token.revoke", &format!("token:{id}"), "")?;
    audited.revoke_service_token(&who.org, id, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(token: ServiceToken) -> TokenShown {
    TokenShown {
        id: token.id.to_string(),
        name: token.name,
        grant: shown_grants(&[token.grant]),
        made_by: token.made_by.to_string(),
        made_at_ms: ms(token.made_at),
        expires_at_ms: token.expires_at.map(ms),
        revoked_at_ms: token.revoked_at.map(ms),
        used_at_ms: token.used_at.map(ms),
    }
}
