//! What the caller wants to be told of, and when not.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_core::notify::{DAY_MINUTES, Habit, Pace};
use cloud_store::{NoticeHabit, Subscription, SubscriptionId};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::addresses::read_id;
use super::{read_event, read_severity, word};
use crate::auth::Who;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::rest::answer::{created, tagged};
use crate::roles::now;

/// What somebody wants to be told of.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionForm {
    /// The id of the address.
    address: String,
    /// Where it happens; everywhere when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    /// What, for example `till_offline`; everything when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    /// At least as bad as `info`, `warning` or `critical`.
    #[schema(example = "warning")]
    least: String,
    /// How soon: `at_once`, `hourly` or `daily`.
    #[schema(example = "at_once")]
    pace: String,
    /// Whether to be told at once too that it is over; of what is `critical` alone when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tell_settled: Option<bool>,
}

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriptionShown {
    id: String,
    #[serde(flatten)]
    wanted: SubscriptionForm,
}

/// What somebody wants to be told of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subscriptions {
    items: Vec<SubscriptionShown>,
}

/// A subscription that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriptionMade {
    id: String,
}

/// When somebody wants to be left alone. Times are minutes from midnight where they are.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HabitForm {
    /// An IANA time zone; nothing for that of the store.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// The first minute of the quiet time.
    #[schema(maximum = 1439)]
    quiet_from_minute: u16,
    /// The first one after it; the same as the first for no quiet time.
    #[schema(maximum = 1439)]
    quiet_until_minute: u16,
    /// Whether what is critical comes in the quiet time too.
    critical_always: bool,
    /// When the daily digest comes.
    #[schema(maximum = 1439)]
    digest_minute: u16,
}

/// Lists what the caller wants to be told of.
#[utoipa::path(get, path = "/api/v1/notice-subscriptions", tag = "notices", responses((status = 200, body = Subscriptions)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = shared.store.subscriptions(&who.org, who.person()?).await?;
    tagged(&headers, &Subscriptions { items: found.into_iter().map(shown).collect() })
}

/// Says what the caller wants to be told of, in place of what they said of the same before.
#[utoipa::path(
    post,
    path = "/api/v1/notice-subscriptions",
    tag = "notices",
    request_body = SubscriptionForm,
    responses((status = 201, body = SubscriptionMade))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<SubscriptionForm>,
) -> Result<Response, Problem> {
    let person = who.person()?;
    let wanted = Subscription {
        id: SubscriptionId(Uuid::now_v7()),
        address: read_id(&form.address)?,
        store: form.store.as_deref().map(|store| who.store(store)).transpose()?,
        event: form.event.as_deref().map(read_event).transpose()?,
        least: read_severity("least", &form.least)?,
        pace: word("pace", &form.pace, Pace::from_word, &["at_once", "hourly", "daily"])?,
        tell_settled: form.tell_settled,
    };
    shared.store.subscribe(&who.org, person, &wanted, now()).await?;
    let kept = shared.store.subscriptions(&who.org, person).await?;
    let same = |one: &&Subscription| {
        (one.address, &one.store, one.event) == (wanted.address, &wanted.store, wanted.event)
    };
    let id = kept.iter().find(same).map_or(wanted.id, |one| one.id).to_string();
    created(&format!("/api/v1/notice-subscriptions/{id}"), SubscriptionMade { id })
}

/// Ends a subscription.
#[utoipa::path(
    delete,
    path = "/api/v1/notice-subscriptions/{subscription}",
    tag = "notices",
    params(("subscription" = String, Path, description = "The subscription's id")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(subscription): Place<String>,
) -> Result<StatusCode, Problem> {
    let missing = |_| Problem::not_found("there is no such subscription");
    let id = SubscriptionId(Uuid::parse_str(&subscription).map_err(missing)?);
    shared.store.unsubscribe(&who.org, who.person()?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// When the caller wants to be left alone.
#[utoipa::path(get, path = "/api/v1/notice-habit", tag = "notices", responses((status = 200, body = HabitForm)))]
pub(crate) async fn habit(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let NoticeHabit { time_zone, habit } = shared.store.notice_habit(&who.org, who.person()?).await?;
    let Habit { quiet_from, quiet_until, critical_always, digest_minute } = habit;
    let shown = HabitForm {
        time_zone,
        quiet_from_minute: quiet_from,
        quiet_until_minute: quiet_until,
        critical_always,
        digest_minute,
    };
    tagged(&headers, &shown)
}

/// Says when the caller wants to be left alone.
#[utoipa::path(
    put,
    path = "/api/v1/notice-habit",
    tag = "notices",
    request_body = HabitForm,
    responses((status = 204))
)]
pub(crate) async fn set_habit(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<HabitForm>,
) -> Result<StatusCode, Problem> {
    let person = who.person()?;
    for (name, minute) in [
        ("quiet_from_minute", form.quiet_from_minute),
        ("quiet_until_minute", form.quiet_until_minute),
        ("digest_minute", form.digest_minute),
    ] {
        if minute >= DAY_MINUTES {
            let detail = format!("`{name}` is {minute}: a day has the minutes 0 to {}", DAY_MINUTES - 1);
            return Err(Problem::unprocessable(detail));
        }
    }
    let zone = form.time_zone.as_str();
    if !zone.is_empty() && (zone.len() > 60 || TimeZone::get(zone).is_err()) {
        let detail =
            "`time_zone` is not known: write one such as `Europe/Berlin`, or nothing for that of the store";
        return Err(Problem::unprocessable(detail));
    }
    let habit = Habit {
        quiet_from: form.quiet_from_minute,
        quiet_until: form.quiet_until_minute,
        critical_always: form.critical_always,
        digest_minute: form.digest_minute,
    };
    shared
        .store
        .set_notice_habit(&who.org, person, &NoticeHabit { time_zone: form.time_zone, habit })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(subscription: Subscription) -> SubscriptionShown {
    SubscriptionShown {
        id: subscription.id.to_string(),
        wanted: SubscriptionForm {
            address: subscription.address.to_string(),
            store: subscription.store.map(|store| store.to_string()),
            event: subscription.event.map(|event| event.as_str().to_owned()),
            least: subscription.least.as_str().to_owned(),
            pace: subscription.pace.as_str().to_owned(),
            tell_settled: subscription.tell_settled,
        },
    }
}
