//! What is told to all or to some: whom it reaches, the telling, and who got it.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{
    Channel, DeliveryState, NOTICE_PEOPLE_MAX, NewNotice, Notice, NoticeEvent, NoticeId, Reachable, Readers,
    Role, SentTo, Severity, UserId,
};
use domain::ids::StoreId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{read_channel, read_severity, word};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::notify::Speaker;
use crate::notify::words::{LANGUAGES, language_of};
use crate::rest::answer::{Page, PageParams, created, ms, page, page_size, read_cursor, tagged};
use crate::rest::people::RoleWord;
use crate::roles::now;

/// Longest text that is told to all, in letters.
const BROADCAST_MAX: usize = 2_000;
/// Most people who are named of those whom it did not reach.
const MISSED_MAX: usize = 200;

/// Something that is told to all, or to some.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BroadcastForm {
    /// One line.
    #[schema(example = "We close at noon tomorrow")]
    subject: String,
    /// The text, where `texts` has none in somebody's language.
    text: String,
    /// The text by language: `en`, `ru`, `de`.
    #[serde(default)]
    texts: BTreeMap<String, String>,
    /// `info` when not said.
    severity: Option<String>,
    /// To those with one of these roles; to everybody when there are none.
    #[serde(default)]
    roles: Vec<RoleWord>,
    /// To those of this store; to all when neither it nor `stores` is said.
    store: Option<String>,
    /// To those of these stores.
    #[serde(default)]
    stores: Vec<String>,
    /// To these people alone, by their ids, in place of roles and stores.
    #[serde(default)]
    people: Vec<String>,
    /// Beside the inbox over these channels: `telegram`, `email`, `webhook`.
    #[serde(default)]
    channels: Vec<String>,
}

/// What was told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Told {
    id: u64,
}

/// Whom it would reach, and in which words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BroadcastPreview {
    /// How many people find it in their inbox.
    recipients: u64,
    /// How many of them each chosen channel reaches.
    channels: Vec<ChannelReach>,
    /// How many find it in their inbox alone.
    inbox_only: u64,
    /// The words by language, of the languages that they read.
    words: Vec<WordsIn>,
}

/// How many people a channel reaches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelReach {
    /// `telegram`, `email` or `webhook`.
    channel: String,
    people: u64,
}

/// Words in a language.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WordsIn {
    /// `en`, `ru` or `de`.
    language: String,
    /// How many people read it so.
    people: u64,
    subject: String,
    text: String,
}

/// Something that was told, and how far that is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BroadcastShown {
    id: u64,
    subject: String,
    text: String,
    severity: String,
    /// The store whose people it was told; absent for those of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    /// The roles that it was told; none for everybody.
    roles: Vec<String>,
    /// How many people it names; 0 where it went to roles or everybody.
    named: u64,
    /// The channels beside the inbox.
    channels: Vec<String>,
    /// Milliseconds since 1970.
    told_at_ms: i64,
    /// Messages that are on their way.
    waiting: u64,
    /// Messages that were taken.
    sent: u64,
    /// Messages that were given up.
    dead: u64,
}

/// Something that was told, and who did not get it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BroadcastWhole {
    #[serde(flatten)]
    broadcast: BroadcastShown,
    /// How many people find it in their inbox now.
    recipients: u64,
    /// How many of them have read it there.
    read: u64,
    /// How many were reached over none of the channels and have not read it in their inbox.
    missed_count: u64,
    /// Who they are, by name, the first 200 of them.
    missed: Vec<Missed>,
}

/// Somebody who did not get it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Missed {
    person: String,
    name: String,
    /// `waiting` while a message is on its way, `dead` where all were given up, `unreached` where there is no address to send one to.
    state: String,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Lists what was told to all or to some, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/broadcasts",
    tag = "notices",
    params(PageParams),
    responses((status = 200, body = Page<BroadcastShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let bad = |_| Problem::unprocessable("`after` is not a cursor: pass on `next` of the page before");
    let before = read_cursor(params.after.as_deref())?.map(|key| key.parse().map(NoticeId).map_err(bad));
    let stores = who.stores_seen();
    let found = shared.store.broadcasts(&who.org, stores.as_deref(), before.transpose()?, limit + 1).await?;
    let mut items = Vec::with_capacity(found.len());
    for notice in found {
        let sent = shared.store.sent_to(&who.org, notice.id).await?;
        items.push(shown(&notice, &sent));
    }
    tagged(&headers, &page(items, limit, |one: &BroadcastShown| one.id.to_string()))
}

/// Tells something to all, or to some, in their inbox and over channels.
#[utoipa::path(
    post,
    path = "/api/v1/broadcasts",
    tag = "notices",
    request_body = BroadcastForm,
    responses((status = 201, body = Told))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<BroadcastForm>,
) -> Result<Response, Problem> {
    let (notice, readers, _) = planned(&shared, &who, &form).await?;
    let audited = shared.audited(&who, "notice.broadcast", &object_of(notice.store.as_ref()), "")?;
    let id = audited.raise_notice_for(&who.org, &notice, &readers, now()).await?;
    let id = id.ok_or_else(|| Problem::internal(anyhow::anyhow!("a new key is open already")))?;
    created(&format!("/api/v1/broadcasts/{id}"), Told { id: id.0 })
}

/// Says whom it would reach and in which words, and tells nobody.
#[utoipa::path(
    post,
    path = "/api/v1/broadcasts/preview",
    tag = "notices",
    request_body = BroadcastForm,
    responses((status = 200, body = BroadcastPreview))
)]
pub(crate) async fn preview(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<BroadcastForm>,
) -> Result<Json<BroadcastPreview>, Problem> {
    let (notice, readers, people) = planned(&shared, &who, &form).await?;
    let chosen: Vec<Channel> =
        form.channels.iter().map(|channel| read_channel(channel)).collect::<Result<_, _>>()?;
    let chosen: BTreeSet<Channel> = chosen.into_iter().collect();
    let reach = |channel: &Channel| ChannelReach {
        channel: channel.as_str().to_owned(),
        people: count(&people, |one| one.channels.contains(channel)),
    };
    let example = example_of(&who, notice, readers);
    let mut words = Vec::new();
    for language in LANGUAGES {
        let readers = count(&people, |one| language_of(&one.language) == language);
        if readers > 0 {
            let said = Speaker::load(&shared.store, &who.org, language).await?.say(&example);
            let language = language.to_owned();
            words.push(WordsIn { language, people: readers, subject: said.subject, text: said.body });
        }
    }
    Ok(Json(BroadcastPreview {
        recipients: people.len() as u64,
        channels: chosen.iter().map(reach).collect(),
        inbox_only: count(&people, |one| one.channels.is_disjoint(&chosen)),
        words,
    }))
}

/// Something that was told, how far that is, and who did not get it.
#[utoipa::path(
    get,
    path = "/api/v1/broadcasts/{broadcast}",
    tag = "notices",
    params(("broadcast" = String, Path, description = "The id of what was told")),
    responses((status = 200, body = BroadcastWhole))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(broadcast): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("nothing was told with this id");
    let id = NoticeId(broadcast.parse().map_err(|_| missing())?);
    let notice = shared.store.broadcast(&who.org, id).await?;
    match &notice.store {
        Some(store) if !who.sees(store) => return Err(missing()),
        Some(_) => {}
        None => who.check_all_stores()?,
    }
    let sent = shared.store.sent_to(&who.org, id).await?;
    let read = shared.store.readers_of(&who.org, id).await?;
    let people = recipients(&shared, &who, notice.store.as_ref(), &notice.readers).await?;
    let of = |person: UserId| sent.iter().filter(move |one| one.person == person);
    let is_missed = |one: &&Reachable| {
        !read.contains(&one.person) && !of(one.person).any(|to| to.state == DeliveryState::Sent)
    };
    let missed: Vec<&Reachable> = people.iter().filter(is_missed).collect();
    let whole = BroadcastWhole {
        broadcast: shown(&notice, &sent),
        recipients: people.len() as u64,
        read: count(&people, |one| read.contains(&one.person)),
        missed_count: missed.len() as u64,
        missed: missed.iter().take(MISSED_MAX).map(|one| missed_by(one, of(one.person))).collect(),
    };
    tagged(&headers, &whole)
}

/// What is to be told, to whom by their roles or names, and who they are now.
async fn planned(
    shared: &Shared,
    who: &Who,
    form: &BroadcastForm,
) -> Result<(NewNotice, Readers, Vec<Reachable>), Problem> {
    let severity =
        form.severity.as_deref().map_or(Ok(Severity::Info), |word| read_severity("severity", word))?;
    let data = broadcast_data(form)?;
    let (store, readers) = readers_of(shared, who, form).await?;
    let people = recipients(shared, who, store.as_ref(), &readers).await?;
    let (event, key) = (NoticeEvent::Broadcast, Uuid::now_v7().to_string());
    Ok((NewNotice { store, event, severity, key, data }, readers, people))
}

/// Where it belongs and whom it is for. Those of several stores are named one by one: a notice belongs to one store or to all.
async fn readers_of(
    shared: &Shared,
    who: &Who,
    form: &BroadcastForm,
) -> Result<(Option<StoreId>, Readers), Problem> {
    let roles: Vec<Role> = form.roles.iter().map(|role| role.role()).collect();
    let mut stores = BTreeSet::new();
    for store in form.store.iter().chain(&form.stores) {
        stores.insert(who.store(store)?);
    }
    if !form.people.is_empty() {
        if !roles.is_empty() || !stores.is_empty() {
            let detail = "`people` is said together with roles or stores: say the one or the others";
            return Err(Problem::unprocessable(detail));
        }
        who.check_all_stores()?;
        return Ok((None, Readers { roles, people: named(shared, who, &form.people).await? }));
    }
    let mut stores: Vec<StoreId> = stores.into_iter().collect();
    if stores.len() < 2 {
        let store = stores.pop();
        if store.is_none() {
            who.check_all_stores()?;
        }
        return Ok((store, Readers { roles, people: Vec::new() }));
    }
    let of_roles = Readers { roles, people: Vec::new() };
    let all = shared.store.reachable(&who.org).await?;
    let is_of = |one: &&Reachable| {
        let here = |store| of_roles.has(NoticeEvent::Broadcast, Some(store), one.person, &one.grants);
        stores.iter().any(here)
    };
    let people: Vec<UserId> = all.iter().filter(is_of).map(|one| one.person).collect();
    if people.is_empty() || people.len() > NOTICE_PEOPLE_MAX {
        let detail = format!(
            "{} people are of these stores and roles: it takes 1 to {NOTICE_PEOPLE_MAX}, so tell one store after another",
            people.len()
        );
        return Err(Problem::unprocessable(detail));
    }
    Ok((None, Readers { roles: Vec::new(), people }))
}

async fn named(shared: &Shared, who: &Who, people: &[String]) -> Result<Vec<UserId>, Problem> {
    if people.len() > NOTICE_PEOPLE_MAX {
        let detail =
            format!("`people` names {}: name at most {NOTICE_PEOPLE_MAX}, or say roles", people.len());
        return Err(Problem::unprocessable(detail));
    }
    let known: BTreeSet<UserId> =
        shared.store.reachable(&who.org).await?.into_iter().map(|one| one.person).collect();
    let read = |text: &String| {
        let id = Uuid::parse_str(text).ok().map(UserId).filter(|id| known.contains(id));
        id.ok_or_else(|| {
            let text: String = text.chars().take(60).collect();
            Problem::unprocessable(format!(
                "`people` names `{text}`: send ids of `GET /api/v1/people` of those who may sign in"
            ))
        })
    };
    let named: BTreeSet<UserId> = people.iter().map(read).collect::<Result<_, _>>()?;
    Ok(named.into_iter().collect())
}

/// Who finds it in their inbox.
async fn recipients(
    shared: &Shared,
    who: &Who,
    store: Option<&StoreId>,
    readers: &Readers,
) -> Result<Vec<Reachable>, Problem> {
    let all = shared.store.reachable(&who.org).await?;
    let is_for = |one: &Reachable| readers.has(NoticeEvent::Broadcast, store, one.person, &one.grants);
    Ok(all.into_iter().filter(is_for).collect())
}

fn broadcast_data(form: &BroadcastForm) -> Result<Value, Problem> {
    let mut data = json!({"subject": form.subject, "text": form.text});
    for (language, text) in &form.texts {
        let known = |one: &str| LANGUAGES.into_iter().find(|known| *known == one);
        let language = word("texts", language, known, &LANGUAGES)?;
        data[format!("text_{language}")] = text.as_str().into();
    }
    let texts = [&form.subject, &form.text].into_iter().chain(form.texts.values());
    if form.text.trim().is_empty() || texts.into_iter().any(|text| text.chars().count() > BROADCAST_MAX) {
        let detail = format!("`text` has to say something, and nothing more than {BROADCAST_MAX} letters");
        return Err(Problem::unprocessable(detail));
    }
    for channel in &form.channels {
        word("channels", channel, Channel::from_word, &["telegram", "email", "webhook"])?;
    }
    data["channels"] = form.channels.join(",").into();
    Ok(data)
}

fn object_of(store: Option<&StoreId>) -> String {
    store.map_or_else(|| "organisation".to_owned(), |store| format!("store:{store}"))
}

/// A notice as it would be, for its words.
fn example_of(who: &Who, notice: NewNotice, readers: Readers) -> Notice {
    let NewNotice { store, event, severity, key, data } = notice;
    Notice {
        id: NoticeId(0),
        org: who.org.clone(),
        store,
        event,
        severity,
        key,
        data,
        readers,
        raised_at: now(),
        last_seen_at: now(),
        settled_at: None,
        acknowledged_at: None,
        acknowledged_by: None,
    }
}

fn count(people: &[Reachable], is: impl Fn(&Reachable) -> bool) -> u64 {
    people.iter().filter(|one| is(one)).count() as u64
}

fn shown(notice: &Notice, sent: &[SentTo]) -> BroadcastShown {
    let text = |name: &str| notice.data[name].as_str().unwrap_or_default().to_owned();
    let channels = text("channels");
    let of = |states: &[DeliveryState]| sent.iter().filter(|one| states.contains(&one.state)).count() as u64;
    BroadcastShown {
        id: notice.id.0,
        subject: text("subject"),
        text: text("text"),
        severity: notice.severity.as_str().to_owned(),
        store: notice.store.as_ref().map(StoreId::to_string),
        roles: notice.readers.roles.iter().map(|role| role.as_str().to_owned()).collect(),
        named: notice.readers.people.len() as u64,
        channels: channels.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
        told_at_ms: ms(notice.raised_at),
        waiting: of(&[DeliveryState::Waiting, DeliveryState::Sending]),
        sent: of(&[DeliveryState::Sent]),
        dead: of(&[DeliveryState::Dead]),
    }
}

fn missed_by<'a>(person: &Reachable, sent: impl Iterator<Item = &'a SentTo>) -> Missed {
    let sent: Vec<&SentTo> = sent.collect();
    let is_waiting =
        sent.iter().any(|one| matches!(one.state, DeliveryState::Waiting | DeliveryState::Sending));
    let state = match (sent.is_empty(), is_waiting) {
        (true, _) => "unreached",
        (false, true) => "waiting",
        (false, false) => "dead",
    };
    Missed {
        person: person.person.to_string(),
        name: person.name.clone(),
        state: state.to_owned(),
        problem: sent.iter().rev().find_map(|one| one.problem.clone()),
    }
}
