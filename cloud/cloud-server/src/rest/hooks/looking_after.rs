//! Making hooks, changing their secrets, switching them off, and seeing what came.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{
    Hook, HookId, HookKind, HookRequest, HookRequestId, HookSecret, HookSigning, NewHook, StoreError,
};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::hooks::signature::{is_secret, new_secret};
use crate::rest::answer::{Page, PageParams, created, ms, page, page_size, read_cursor, tagged};
use crate::roles::now;

/// How long the secret before counts when nobody says otherwise, and at most.
const OVERLAP_HOURS: u32 = 24;
const OVERLAP_HOURS_MAX: u32 = 168;
const HOUR_MS: i64 = 3_600_000;

/// A new hook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HookForm {
    /// What it is for, as people read it.
    #[schema(example = "Prices from the ERP")]
    name: String,
    /// `standard` (Standard Webhooks), or `hub` for systems that sign the content alone, in `X-Hub-Signature-256`; `standard` when
    /// left out.
    signing: Option<String>,
    /// What it may tell of: `price.changed`, `stock.counted`, `stock.delivered`, `product.upserted`.
    #[schema(min_items = 1)]
    kinds: Vec<String>,
    /// The secret that the other system has made; one is made when left out.
    secret: Option<String>,
}

/// A secret in place of the one before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretForm {
    /// The secret that the other system has made; one is made when left out.
    secret: Option<String>,
    /// For how many hours the secret before counts too, from 0 to 168; 24 when left out.
    overlap_hours: Option<u32>,
}

/// Whether a hook is switched off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisableForm {
    /// True to take nothing until it is false again.
    disabled: bool,
}

/// A hook with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HookMade {
    id: String,
    /// Where requests go.
    #[schema(example = "/api/v1/hooks/0197a9d2-6b1c-7c3e-9d53-0f1b6d0c2a11")]
    path: String,
    /// What they are signed with, shown this once.
    secret: String,
}

/// A hook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HookShown {
    id: String,
    name: String,
    /// Where requests go.
    path: String,
    /// `standard` or `hub`.
    signing: String,
    /// What it may tell of.
    kinds: Vec<String>,
    made_by: String,
    made_at_ms: i64,
    disabled: bool,
    /// Until when the secret before counts too.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_before_until_ms: Option<i64>,
    /// When something was taken last, as far back as requests are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_at_ms: Option<i64>,
}

/// All hooks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hooks {
    items: Vec<HookShown>,
}

/// A request to a hook, and how it was answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HookRequestShown {
    /// `webhook-id` of the request; empty where it had none.
    message: String,
    at_ms: i64,
    /// The status of the answer.
    status: u32,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// How many events it told of, as far as that could be read.
    events: u32,
    /// How many of those were not known before.
    new_events: u32,
    size_bytes: u64,
}

/// Lists hooks, the oldest first.
#[utoipa::path(get, path = "/api/v1/incoming-hooks", tag = "hooks", responses((status = 200, body = Hooks)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let hooks = shared.store.hooks(&who.org).await?;
    tagged(&headers, &Hooks { items: hooks.into_iter().map(shown).collect() })
}

/// Makes a hook. Its secret is shown in this answer and never again.
#[utoipa::path(
    post,
    path = "/api/v1/incoming-hooks",
    tag = "hooks",
    request_body = HookForm,
    responses((status = 201, body = HookMade))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<HookForm>,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let signing = match &form.signing {
        None => HookSigning::Standard,
        Some(word) => HookSigning::from_word(word)
            .ok_or_else(|| Problem::unprocessable("`signing` is one of `standard`, `hub`"))?,
    };
    let hook = NewHook {
        id: HookId(Uuid::now_v7()),
        name: form.name,
        signing,
        kinds: read_kinds(&form.kinds)?,
        secret: read_secret(signing, form.secret)?,
        made_by: who.actor.clone(),
    };
    let kinds: Vec<&str> = hook.kinds.iter().map(|kind| kind.as_str()).collect();
    let audited = shared.audited(&who, "hook.create", &format!("hook:{}", hook.id), &kinds.join(", "))?;
    audited.create_hook(&who.org, &hook, now()).await?;
    let path = path_of(hook.id);
    let made = HookMade { id: hook.id.to_string(), path: path.clone(), secret: hook.secret.0 };
    created(&path, made)
}

/// Gives a hook another secret, shown in this answer and never again. The one before counts for a while too, so that the other system
/// can be changed in its own time.
#[utoipa::path(
    post,
    path = "/api/v1/incoming-hooks/{hook}/secret",
    tag = "hooks",
    params(("hook" = String, Path, description = "The hook's id")),
    request_body = SecretForm,
    responses((status = 200, body = HookMade))
)]
pub(crate) async fn rotate(
    State(shared): State<Shared>,
    who: Who,
    Place(hook): Place<String>,
    Body(form): Body<SecretForm>,
) -> Result<Json<HookMade>, Problem> {
    who.check_all_stores()?;
    let hook = known(&shared, &who, &hook).await?.hook;
    let hours = form.overlap_hours.unwrap_or(OVERLAP_HOURS);
    if hours > OVERLAP_HOURS_MAX {
        let detail = format!("`overlap_hours` is {hours}: write 0 to {OVERLAP_HOURS_MAX}");
        return Err(Problem::unprocessable(detail));
    }
    let secret = read_secret(hook.signing, form.secret)?;
    let until = WallMs(now().0 + i64::from(hours) * HOUR_MS);
    let detail = format!("the one before counts for {hours} h");
    let audited = shared.audited(&who, "hook.rotate", &format!("hook:{}", hook.id), &detail)?;
    audited.rotate_hook_secret(&who.org, hook.id, &secret, until).await?;
    Ok(Json(HookMade { id: hook.id.to_string(), path: path_of(hook.id), secret: secret.0 }))
}

/// Switches a hook off, or on again.
#[utoipa::path(
    put,
    path = "/api/v1/incoming-hooks/{hook}/disabled",
    tag = "hooks",
    params(("hook" = String, Path, description = "The hook's id")),
    request_body = DisableForm,
    responses((status = 200, body = HookShown))
)]
pub(crate) async fn disable(
    State(shared): State<Shared>,
    who: Who,
    Place(hook): Place<String>,
    Body(form): Body<DisableForm>,
) -> Result<Json<HookShown>, Problem> {
    who.check_all_stores()?;
    let id = known(&shared, &who, &hook).await?.hook.id;
    let action = if form.disabled { "hook.disable" } else { "hook.enable" };
    let audited = shared.audited(&who, action, &format!("hook:{id}"), "")?;
    audited.disable_hook(&who.org, id, form.disabled, now()).await?;
    Ok(Json(shown(shared.store.hook(id).await?)))
}

/// Removes a hook, with what is known of its requests. What it changed stays.
#[utoipa::path(
    delete,
    path = "/api/v1/incoming-hooks/{hook}",
    tag = "hooks",
    params(("hook" = String, Path, description = "The hook's id")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(hook): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let hook = known(&shared, &who, &hook).await?.hook;
    let audited = shared.audited(&who, "hook.remove", &format!("hook:{}", hook.id), &hook.name)?;
    audited.remove_hook(&who.org, hook.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the requests that a hook got, the newest first, with what became of each.
#[utoipa::path(
    get,
    path = "/api/v1/incoming-hooks/{hook}/requests",
    tag = "hooks",
    params(("hook" = String, Path, description = "The hook's id"), PageParams),
    responses((status = 200, body = Page<HookRequestShown>))
)]
pub(crate) async fn requests(
    State(shared): State<Shared>,
    who: Who,
    Place(hook): Place<String>,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let id = known(&shared, &who, &hook).await?.hook.id;
    let limit = page_size(params.limit)?;
    let before = read_cursor(params.after.as_deref())?.map(|text| text.parse().map(HookRequestId));
    let before =
        before.transpose().map_err(|_| Problem::unprocessable("`after` is no cursor of this list"))?;
    let found = shared.store.hook_requests(&who.org, id, before, limit + 1).await?;
    let all = page(found, limit, |request: &HookRequest| request.id.to_string());
    let items: Vec<HookRequestShown> = all.items.into_iter().map(shown_request).collect();
    tagged(&headers, &Page { items, next: all.next })
}

/// A hook of the caller's organisation by its id in a path.
async fn known(shared: &Shared, who: &Who, text: &str) -> Result<Hook, Problem> {
    let missing = || Problem::not_found("there is no such hook");
    let id = Uuid::parse_str(text).map(HookId).map_err(|_| missing())?;
    match shared.store.hook(id).await {
        Ok(hook) if hook.org == who.org => Ok(hook),
        Ok(_) | Err(StoreError::NotFound { .. }) => Err(missing()),
        Err(error) => Err(error.into()),
    }
}

fn read_kinds(words: &[String]) -> Result<Vec<HookKind>, Problem> {
    let read = words.iter().map(|word| HookKind::from_word(word)).collect::<Option<Vec<_>>>();
    let mut kinds = read.filter(|kinds| !kinds.is_empty()).ok_or_else(|| {
        let all: Vec<String> = HookKind::ALL.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
        Problem::unprocessable(format!("`kinds` has one or more of {}", all.join(", ")))
    })?;
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

fn read_secret(signing: HookSigning, given: Option<String>) -> Result<HookSecret, Problem> {
    let Some(secret) = given else { return new_secret().map(HookSecret).map_err(Problem::internal) };
    if is_secret(signing, &secret) {
        return Ok(HookSecret(secret));
    }
    Err(Problem::unprocessable(match signing {
        HookSigning::Standard => {
            "`secret` is `whsec_` and the base 64 of 16 to 64 bytes; leave it out to have one made"
        }
        HookSigning::Hub => {
            "`secret` has 16 to 255 letters, digits and signs without spaces; leave it out to have one made"
        }
    }))
}

fn path_of(id: HookId) -> String {
    format!("/api/v1/hooks/{id}")
}

fn shown(hook: Hook) -> HookShown {
    let until = hook.secret_before.map(|(_, until)| until).filter(|until| *until > now());
    HookShown {
        id: hook.hook.id.to_string(),
        name: hook.hook.name,
        path: path_of(hook.hook.id),
        signing: hook.hook.signing.as_str().to_owned(),
        kinds: hook.hook.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
        made_by: hook.hook.made_by.to_string(),
        made_at_ms: ms(hook.made_at),
        disabled: hook.disabled_at.is_some(),
        secret_before_until_ms: until.map(ms),
        taken_at_ms: hook.taken_at.map(ms),
    }
}

fn shown_request(request: HookRequest) -> HookRequestShown {
    HookRequestShown {
        message: request.arrival.message,
        at_ms: ms(request.arrival.at),
        status: request.status,
        problem: Some(request.problem).filter(|problem| !problem.is_empty()),
        events: request.arrival.events,
        new_events: request.new_events,
        size_bytes: request.arrival.size_bytes,
    }
}
