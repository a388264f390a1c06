//! Who is asking, and whether they may: people by session cookies, software by service tokens.
//!
//! Every request passes [`admit`] before its handler. It reads the table of [`policy`], finds out who is asking, refuses
//! what the table does not allow, and hands the handler a [`Who`] that holds only the stores where the caller may do this
//! very thing. Handlers look things up by the caller's organisation and check stores through it, so that what belongs to
//! others looks like what does not exist.

pub mod password;
pub mod policy;
pub mod secret;
pub mod sign_in;

use std::collections::BTreeSet;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use cloud_store::{Actor, Grant, Role, StoreError, UserId};
use domain::ids::{OrgId, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::WallMs;

use crate::gateway::{Problem, Shared};
use crate::roles::now;
use policy::Access;
use secret::Secret;

/// The cookie that holds a session's key. The prefix makes browsers insist on TLS, the whole site and no other host.
pub const SESSION_COOKIE: &str = "__Host-session";
/// What a page sends with every change, to show that it is ours.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
/// A session is prolonged once so much of its idle time has gone: not at every request.
const TOUCH_AFTER_MS: i64 = 60_000;
/// The use of a token is noted so often.
const TOKEN_NOTED_EVERY_MS: i64 = 60_000;

/// Who is asking, with what they may do here.
#[derive(Debug, Clone)]
pub struct Who {
    /// Their organisation.
    pub org: OrgId,
    /// Who they are, for the records.
    pub actor: Actor,
    /// The session they came with, if they did not come with a token.
    pub session: Option<Secret>,
    /// Their roles, wherever they have them.
    pub roles: Vec<Role>,
    /// Where they may do what they ask for.
    scope: Scope,
    /// Where they may do anything at all.
    visible: Scope,
    /// Where they look over everybody's shoulder.
    overseen: Scope,
}

/// A part of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scope {
    Everywhere,
    Stores(BTreeSet<StoreId>),
}

/// Somebody who proved who they are, before it is known what they want.
struct Known {
    org: OrgId,
    actor: Actor,
    grants: Vec<Grant>,
    session: Option<Secret>,
    /// What changes must carry.
    csrf: Option<String>,
}

impl Who {
    /// Whether a store is among those where the caller may do this.
    pub fn sees(&self, store: &StoreId) -> bool {
        self.scope.has(store)
    }

    /// The stores where the caller may do this; `None` for everywhere, and what belongs to no store.
    pub fn stores_seen(&self) -> Option<Vec<StoreId>> {
        match &self.scope {
            Scope::Everywhere => None,
            Scope::Stores(stores) => Some(stores.iter().cloned().collect()),
        }
    }

    /// The person who asks; software has neither an inbox nor an address.
    pub fn person(&self) -> Result<UserId, Problem> {
        match self.actor {
            Actor::User(id) => Ok(id),
            _ => Err(Problem::forbidden("this is for people: a service token has no inbox and no address")),
        }
    }

    /// What tells apart callers who may be answered differently: their organisation, and where they may do this.
    pub(crate) fn audience(&self) -> String {
        let stores = match &self.scope {
            Scope::Everywhere => "*".to_owned(),
            Scope::Stores(stores) => stores.iter().map(StoreId::as_str).collect::<Vec<_>>().join(","),
        };
        format!("{}\n{stores}", self.org)
    }

    /// A store by its name in a path. One that the caller may not see does not exist for them.
    pub fn store(&self, name: &str) -> Result<StoreId, Problem> {
        let missing = || Problem::not_found(format!("there is no store `{}`", shortened(name)));
        let store = StoreId::new(name).map_err(|_| missing())?;
        if self.scope.has(&store) {
            Ok(store)
        } else if self.visible.has(&store) {
            Err(Problem::forbidden("your role in this store does not allow this: ask an owner"))
        } else {
            Err(missing())
        }
    }

    /// A till by its names in a path.
    pub fn till(&self, store: &str, till: &str) -> Result<TillRef, Problem> {
        let store = self.store(store)?;
        let missing = |_| Problem::not_found(format!("there is no till `{}`", shortened(till)));
        Ok(TillRef { org: self.org.clone(), store, till: TillId::new(till).map_err(missing)? })
    }

    /// Whether they may see what everybody did in the whole organisation, as those who read the audit log.
    pub fn oversees(&self) -> bool {
        self.overseen == Scope::Everywhere
    }

    /// Refuses whoever may do this in some stores only, for what concerns the whole organisation.
    pub fn check_all_stores(&self) -> Result<(), Problem> {
        if self.scope == Scope::Everywhere {
            return Ok(());
        }
        Err(Problem::forbidden("this concerns every store, and your role is in some of them: ask an owner"))
    }
}

impl Scope {
    fn of<'a>(grants: impl Iterator<Item = &'a Grant>) -> Self {
        let mut stores = BTreeSet::new();
        for grant in grants {
            match &grant.store {
                None => return Self::Everywhere,
                Some(store) => stores.insert(store.clone()),
            };
        }
        Self::Stores(stores)
    }

    fn has(&self, store: &StoreId) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Stores(stores) => stores.contains(store),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Stores(stores) if stores.is_empty())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let who = parts.extensions.get::<Self>().cloned();
        who.ok_or_else(|| Problem::internal(anyhow::anyhow!("a handler asks who calls on a public endpoint")))
    }
}

/// Lets a request through to its handler, or does not.
pub async fn admit(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let takes_passwords = takes_passwords(&request);
    match check(&shared, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(problem) => {
            let mut refusal = problem.into_response();
            if takes_passwords && refusal.status() == StatusCode::UNAUTHORIZED {
                let way = HeaderValue::from_static("Basic realm=\"tillsight\", charset=\"UTF-8\"");
                refusal.headers_mut().insert(header::WWW_AUTHENTICATE, way);
            }
            refusal
        }
    }
}

/// Whether a service token may come as a password: programs like 1C know no other way.
fn takes_passwords(request: &Request) -> bool {
    request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str() == policy::EXCHANGE_1C)
}

/// The token that stands as a password in a header of RFC 7617, as a bearer token; whatever the user's name is.
fn as_bearer(headers: &HeaderMap) -> Option<HeaderMap> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, pair) = text.split_once(' ')?;
    let pair = data_encoding::BASE64.decode(pair.trim().as_bytes()).ok()?;
    let (_, token) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    let bearer = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    scheme.eq_ignore_ascii_case("basic").then(|| HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]))
}

async fn check(shared: &Shared, request: &mut Request) -> Result<(), Problem> {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let Some(access) = policy::access(request.method(), path) else {
        tracing::error!(path, method = %request.method(), "the table of endpoints lacks {path}");
        return Err(Problem::forbidden("nobody may use this"));
    };
    if access == Access::Public {
        return Ok(());
    }
    let bearer = if takes_passwords(request) { as_bearer(request.headers()) } else { None };
    let known = recognise(shared, bearer.as_ref().unwrap_or(request.headers())).await?;
    shared.rates.take_person(&known.actor.to_string()).await?;
    check_csrf(request.method(), request.headers(), &known)?;
    let scope = Scope::of(known.grants.iter().filter(|grant| access.admits(grant.role)));
    if scope.is_empty() && access != Access::SignedIn {
        return Err(Problem::forbidden("your role does not allow this: ask an owner"));
    }
    let visible = Scope::of(known.grants.iter());
    let overseen = Scope::of(known.grants.iter().filter(|grant| policy::oversees(grant.role)));
    let roles = known.grants.iter().map(|grant| grant.role).collect();
    let Known { org, actor, session, .. } = known;
    request.extensions_mut().insert(Who { org, actor, session, roles, scope, visible, overseen });
    Ok(())
}

/// The organisation whose products whoever sends this service token may read: any token may, as over REST.
pub(crate) async fn reader_of_products(shared: &Shared, headers: &HeaderMap) -> Result<OrgId, Problem> {
    let known = recognise_token(shared, headers).await?;
    shared.rates.take_person(&known.actor.to_string()).await?;
    Ok(known.org)
}

async fn recognise(shared: &Shared, headers: &HeaderMap) -> Result<Known, Problem> {
    if headers.contains_key(header::AUTHORIZATION) {
        return recognise_token(shared, headers).await;
    }
    let Some(secret) = session_cookie(headers) else {
        return Err(Problem::unauthenticated(
            "sign in first: `POST /api/v1/session`, or send a service token",
        ));
    };
    let now = now();
    let session = shared.store.session(&secret.hash(), now).await.map_err(|error| match error {
        StoreError::NotFound { .. } => Problem::unauthenticated("the session has ended: sign in again"),
        error => error.into(),
    })?;
    let idle_expires_at = shared.config.identity.idle_end(now);
    if session.idle_expires_at.0 + TOUCH_AFTER_MS < idle_expires_at.0 {
        shared.store.touch_session(&secret.hash(), idle_expires_at).await?;
    }
    Ok(Known {
        org: session.user.org,
        actor: Actor::User(session.user.id),
        grants: session.grants,
        session: Some(secret),
        csrf: Some(session.csrf),
    })
}

async fn recognise_token(shared: &Shared, headers: &HeaderMap) -> Result<Known, Problem> {
    let refused =
        || Problem::unauthenticated("the service token is not known, has ended or was revoked: make another");
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = text
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| Secret::parse_token(token.trim()))
        .ok_or_else(refused)?;
    let now = now();
    let token = shared.store.service_token(&secret.hash(), now).await.map_err(|error| match error {
        StoreError::NotFound { .. } => refused(),
        error => error.into(),
    })?;
    if token.used_at.is_none_or(|used: WallMs| used.0 + TOKEN_NOTED_EVERY_MS < now.0) {
        shared.store.note_token_used(&token.org, token.id, now).await?;
    }
    Ok(Known {
        org: token.org,
        actor: Actor::Token(token.id),
        grants: vec![token.grant],
        session: None,
        csrf: None,
    })
}

/// A browser adds the cookie to whatever any page makes it send; only our own page knows the token.
fn check_csrf(method: &Method, headers: &HeaderMap, known: &Known) -> Result<(), Problem> {
    let Some(expected) = known.csrf.as_deref().filter(|_| !method.is_safe()) else { return Ok(()) };
    let given = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if secret::same(given, expected) {
        return Ok(());
    }
    let detail =
        "a change needs the session's `csrf_token` as `X-CSRF-Token`: `GET /api/v1/session` tells it";
    Err(Problem::new(StatusCode::FORBIDDEN, "csrf", detail))
}

/// The session's key among the cookies.
fn session_cookie(headers: &HeaderMap) -> Option<Secret> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == SESSION_COOKIE).and_then(|(_, value)| Secret::parse(value))
}

/// What a caller wrote, short enough for an answer.
fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::Uuid;

    fn store(name: &str) -> StoreId {
        StoreId::new(name).unwrap()
    }

    fn who(grants: &[Grant], access: Access) -> Who {
        Who {
            org: OrgId::new("acme").unwrap(),
            actor: Actor::User(UserId(Uuid::from_u128(1))),
            session: None,
            roles: Vec::new(),
            scope: Scope::of(grants.iter().filter(|grant| access.admits(grant.role))),
            visible: Scope::of(grants.iter()),
            overseen: Scope::of(grants.iter().filter(|grant| policy::oversees(grant.role))),
        }
    }

    #[test]
    fn a_role_counts_where_it_was_given() {
        let grants = [
            Grant { role: Role::Manager, store: Some(store("a")) },
            Grant { role: Role::Clerk, store: Some(store("b")) },
        ];
        let manages = who(&grants, Access::Roles(&[Role::Owner, Role::Manager]));
        assert_eq!(manages.store("a").unwrap(), store("a"));
        let status = |name: &str| manages.store(name).unwrap_err().status().as_u16();
        assert_eq!((status("b"), status("c"), status("No Store")), (403, 404, 404));
        assert!(manages.check_all_stores().is_err());
        let everywhere = who(&[Grant { role: Role::Owner, store: None }], Access::SignedIn);
        assert_ne!(manages.audience(), everywhere.audience());
        assert!(everywhere.store("c").is_ok() && everywhere.check_all_stores().is_ok());
    }

    #[test]
    fn finds_its_cookie_among_others() {
        let secret = Secret::random().unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(session_cookie(&headers), None);
        headers.append(header::COOKIE, "theme=dark".parse().unwrap());
        let pair = format!("a=b; {SESSION_COOKIE}={}; c=d", secret.to_text());
        headers.append(header::COOKIE, pair.parse().unwrap());
        assert_eq!(session_cookie(&headers), Some(secret));
        headers.clear();
        headers.append(header::COOKIE, format!("{SESSION_COOKIE}=guess").parse().unwrap());
        assert_eq!(session_cookie(&headers), None);
    }
}
