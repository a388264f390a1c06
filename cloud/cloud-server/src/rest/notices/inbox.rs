//! The inbox: what was raised, as somebody may see it, in the language of their screens.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{Actor, Notice, NoticeFilter, NoticeId, NoticeReader};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{notice_id, read_event, read_severity};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::notify::Speaker;
use crate::rest::answer::{Page, ms, page, page_size, read_cursor, tagged};
use crate::roles::now;

/// Which notices.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NoticeParams {
    /// True for those alone that have not ended.
    open: Option<bool>,
    /// True for those alone that the caller has not read.
    unread: Option<bool>,
    /// Of this kind alone, for example `till_offline`.
    event: Option<String>,
    /// At least as bad as `info`, `warning` or `critical`.
    least: Option<String>,
    /// In this store alone.
    store: Option<String>,
    /// The language of the words: `en`, `ru` or `de`.
    language: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Something that people are told of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeShown {
    id: u64,
    /// Absent where it is about the whole organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    event: String,
    severity: String,
    /// One line.
    subject: String,
    text: String,
    /// What the words were made of.
    data: Value,
    /// Milliseconds since 1970.
    raised_at_ms: i64,
    last_seen_at_ms: i64,
    /// Absent while it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_at_ms: Option<i64>,
    /// Who took it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_by: Option<String>,
    /// Whether the caller has read it.
    read: bool,
}

/// How much is new.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unread {
    unread: u64,
}

/// What was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadForm {
    /// These.
    #[serde(default)]
    notices: Vec<u64>,
    /// Everything up to this one.
    up_to: Option<u64>,
}

/// Lists notices, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/notices",
    tag = "notices",
    params(NoticeParams),
    responses((status = 200, body = Page<NoticeShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<NoticeParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let bad = |_| Problem::unprocessable("`after` is not a cursor: pass on `next` of the page before");
    let before = read_cursor(params.after.as_deref())?.map(|key| key.parse().map(NoticeId).map_err(bad));
    let filter = NoticeFilter {
        open: params.open.unwrap_or(false),
        unread: params.unread.unwrap_or(false),
        event: params.event.as_deref().map(read_event).transpose()?,
        least: params.least.as_deref().map(|least| read_severity("least", least)).transpose()?,
        store: params.store.as_deref().map(|store| who.store(store)).transpose()?,
    };
    let reader = reader_of(&who);
    let found = shared.store.notices(&who.org, &reader, &filter, before.transpose()?, limit + 1).await?;
    let speaker = Speaker::load(&shared.store, &who.org, params.language.as_deref().unwrap_or("en")).await?;
    let items = found.into_iter().map(|(notice, read)| shown(&speaker, notice, read)).collect();
    tagged(&headers, &page(items, limit, |notice: &NoticeShown| notice.id.to_string()))
}

/// Counts what the caller has not read.
#[utoipa::path(get, path = "/api/v1/notices/unread", tag = "notices", responses((status = 200, body = Unread)))]
pub(crate) async fn unread(State(shared): State<Shared>, who: Who) -> Result<Json<Unread>, Problem> {
    Ok(Json(Unread { unread: shared.store.unread_notices(&who.org, &reader_of(&who)).await? }))
}

/// Notes what the caller has read.
#[utoipa::path(
    put,
    path = "/api/v1/notices/read",
    tag = "notices",
    request_body = ReadForm,
    responses((status = 204))
)]
pub(crate) async fn mark_read(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<ReadForm>,
) -> Result<StatusCode, Problem> {
    let person = who.person()?;
    let notices: Vec<NoticeId> = form.notices.into_iter().map(notice_id).collect::<Result<_, _>>()?;
    shared.store.mark_notices_read(&who.org, person, &notices).await?;
    if let Some(up_to) = form.up_to {
        shared.store.mark_notices_read_up_to(&who.org, person, notice_id(up_to)?).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a notice on, for all to see. Whoever did first stays.
#[utoipa::path(
    post,
    path = "/api/v1/notices/{notice}/acknowledgement",
    tag = "notices",
    params(("notice" = String, Path, description = "The notice's id")),
    responses((status = 204))
)]
pub(crate) async fn acknowledge(
    State(shared): State<Shared>,
    who: Who,
    Place(notice): Place<String>,
) -> Result<StatusCode, Problem> {
    let missing = |_| Problem::not_found("there is no such notice");
    let id = NoticeId(notice.parse().map_err(missing)?);
    shared.store.notice(&who.org, &reader_of(&who), id).await?;
    let audited = shared.audited(&who, "notice.acknowledge", &format!("notice:{id}"), "")?;
    audited.acknowledge_notice(&who.org, id, &who.actor, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whose inbox is looked at.
fn reader_of(who: &Who) -> NoticeReader {
    let person = match who.actor {
        Actor::User(id) => Some(id),
        _ => None,
    };
    NoticeReader { person, roles: who.roles.clone(), stores: who.stores_seen() }
}

fn shown(speaker: &Speaker, notice: Notice, read: bool) -> NoticeShown {
    let words = speaker.say(&notice);
    NoticeShown {
        id: notice.id.0,
        store: notice.store.map(|store| store.to_string()),
        event: notice.event.as_str().to_owned(),
        severity: notice.severity.as_str().to_owned(),
        subject: words.subject,
        text: words.body,
        data: notice.data,
        raised_at_ms: ms(notice.raised_at),
        last_seen_at_ms: ms(notice.last_seen_at),
        settled_at_ms: notice.settled_at.map(ms),
        acknowledged_at_ms: notice.acknowledged_at.map(ms),
        acknowledged_by: notice.acknowledged_by.map(|by| by.to_string()),
        read,
    }
}
