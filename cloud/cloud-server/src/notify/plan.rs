//! What becomes of a notice: for everybody who may see it and wants to be told, a delivery to each of their addresses, at once, after
//! their quiet hours, or together with others.
//!
//! A notice is planned in one transaction, so it is planned once whoever is killed meanwhile.

use std::collections::BTreeMap;

use cloud_core::notify::{Happened, Pace, TimeOfDay, When, Wish, wanted};
use cloud_store::{
    Channel, DueDigest, Listener, NewDelivery, Notice, NoticeAddress, NoticeEvent, Planned, Severity, Store,
    Subscription,
};
use domain::ids::{OrgId, StoreId};
use domain::time::WallMs;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};
use serde_json::{Value, json};

use super::house::{House, local, render_built_in};
use super::render::Rendered;
use super::words::language_of;
use crate::config::Config;

/// Notices that are planned before it is looked again.
const AT_ONCE: u32 = 100;
/// Digests that are put together before it is looked again.
const DIGESTS_AT_ONCE: u32 = 50;
/// The word for what tells of several notices.
const DIGEST: &str = "digest";

/// What is known of an organisation while its notices are planned.
pub(super) struct Audience {
    pub(super) house: House,
    pub(super) listeners: Vec<Listener>,
}

/// Plans what waits to be planned; whether there may be more.
pub(crate) async fn notices(store: &Store, config: &Config, now: WallMs) -> anyhow::Result<bool> {
    let waiting = store.notices_to_plan(AT_ONCE).await?;
    let mut audiences: BTreeMap<OrgId, Audience> = BTreeMap::new();
    for notice in &waiting {
        if !audiences.contains_key(&notice.org) {
            audiences.insert(notice.org.clone(), Audience::load(store, &notice.org).await?);
        }
        let Some(audience) = audiences.get(&notice.org) else { continue };
        let planned = audience.plan(notice, config, now);
        metrics::counter!("tillsight_notices_total", "event" => notice.event.as_str()).increment(1);
        store.plan_notice(&notice.org, notice.id, &planned, now).await?;
    }
    Ok(waiting.len() == AT_ONCE as usize)
}

/// Sends the digests that are due; whether there may be more.
pub(crate) async fn digests(store: &Store, config: &Config, now: WallMs) -> anyhow::Result<bool> {
    let due = store.due_digests(now, DIGESTS_AT_ONCE).await?;
    for digest in &due {
        let audience = Audience::load(store, &digest.address.org).await?;
        let delivery = audience.digest(digest, config, now);
        store.send_digest(digest, delivery.as_ref(), now).await?;
    }
    Ok(due.len() == DIGESTS_AT_ONCE as usize)
}

impl Audience {
    pub(super) async fn load(store: &Store, org: &OrgId) -> anyhow::Result<Self> {
        Ok(Self { house: House::load(store, org).await?, listeners: store.listeners(org).await? })
    }

    /// Who is told of a notice, when.
    fn plan(&self, notice: &Notice, config: &Config, now: WallMs) -> Planned {
        let mut planned = Planned { deliveries: Vec::new(), together: Vec::new() };
        for listener in self.listeners.iter().filter(|listener| may_see(listener, notice)) {
            for address in &listener.addresses {
                let Some(pace) = pace_of(listener, address, notice) else { continue };
                match self.when(listener, notice, pace, now) {
                    (false, at) => {
                        planned.deliveries.push(self.delivery(notice, listener, address, at, config));
                    }
                    (true, at) => planned.together.push((address.id, at)),
                }
            }
        }
        planned
    }

    /// Whether it is told with others, and the moment.
    pub(super) fn when(
        &self,
        listener: &Listener,
        notice: &Notice,
        pace: Pace,
        now: WallMs,
    ) -> (bool, WallMs) {
        let here = local(now, self.house.zone(&listener.habit.time_zone, notice.store.as_ref()));
        let minute = u16::try_from(here.hour()).unwrap_or(0) * 60 + u16::try_from(here.minute()).unwrap_or(0);
        let is_critical = notice.severity == Severity::Critical;
        match listener.habit.habit.when(pace, is_critical, minute) {
            When::Now => (false, now),
            When::At(time) => (false, moment(&here, time, now)),
            When::Together(time) => (true, moment(&here, time, now)),
        }
    }

    fn delivery(
        &self,
        notice: &Notice,
        listener: &Listener,
        address: &NoticeAddress,
        run_after: WallMs,
        config: &Config,
    ) -> NewDelivery {
        let data = self.data(notice, listener, config);
        let language = language_of(&listener.language);
        let rendered = self.house.render_with_place(notice.event, language, &data);
        let body = match address.channel {
            Channel::Webhook => told(notice, &rendered).to_string(),
            Channel::Telegram | Channel::Email => rendered.body,
        };
        NewDelivery {
            key: format!("notice:{}:{}", notice.id, address.id),
            notice: Some(notice.id),
            person: listener.person,
            address: address.id,
            channel: address.channel,
            event: notice.event.as_str().to_owned(),
            subject: rendered.subject,
            body,
            html: rendered.html,
            picture: notice.data["picture"].as_str().unwrap_or_default().to_owned(),
            run_after,
            reply_to: None,
        }
    }

    /// A digest for whoever is still there to get it.
    fn digest(&self, digest: &DueDigest, config: &Config, now: WallMs) -> Option<NewDelivery> {
        let listener = self.listeners.iter().find(|listener| listener.person == digest.address.person)?;
        let address = listener.addresses.iter().find(|address| address.id == digest.address.id)?;
        let language = language_of(&listener.language);
        let (first, last) = (digest.notices.first()?, digest.notices.last()?);
        let line = |notice: &Notice| {
            let data = self.data(notice, listener, config);
            let subject = self.house.render(notice.event, language, &data).0.subject;
            format!("{}: {subject}", data["where"].as_str().unwrap_or_default())
        };
        let lines: Vec<String> = digest.notices.iter().map(line).collect();
        let data = json!({"count": lines.len(), "lines": lines});
        let rendered = render_built_in(DIGEST, language, &data);
        let body = match address.channel {
            Channel::Webhook => {
                let notices: Vec<Value> = digest.notices.iter().map(plain).collect();
                json!({"type": DIGEST, "timestamp": time_text(now), "data": {"notices": notices}}).to_string()
            }
            Channel::Telegram | Channel::Email => rendered.body,
        };
        Some(NewDelivery {
            key: format!("digest:{}:{}-{}", address.id, first.id, last.id),
            notice: None,
            person: listener.person,
            address: address.id,
            channel: address.channel,
            event: DIGEST.to_owned(),
            subject: rendered.subject,
            body,
            html: rendered.html,
            picture: String::new(),
            run_after: now,
            reply_to: None,
        })
    }

    pub(super) fn data(&self, notice: &Notice, listener: &Listener, config: &Config) -> Value {
        let zone = self.house.zone(&listener.habit.time_zone, notice.store.as_ref());
        self.house.data(notice, zone, &config.notify.page_url)
    }
}

/// Whether a notice is for somebody.
pub(super) fn may_see(listener: &Listener, notice: &Notice) -> bool {
    notice.readers.has(notice.event, notice.store.as_ref(), listener.person, &listener.grants)
}

/// How soon somebody is told at an address. What is told to all goes over the channels that whoever wrote it chose.
fn pace_of(listener: &Listener, address: &NoticeAddress, notice: &Notice) -> Option<Pace> {
    if notice.event == NoticeEvent::Broadcast
        && let Some(channels) = notice.data["channels"].as_str()
    {
        return channels
            .split(',')
            .any(|channel| channel == address.channel.as_str())
            .then_some(Pace::AtOnce);
    }
    let wish = |subscription: &Subscription| Wish {
        event: subscription.event,
        store: subscription.store.clone(),
        least: subscription.least,
        pace: subscription.pace,
    };
    let here = listener.subscriptions.iter().filter(|subscription| subscription.address == address.id);
    let wishes: Vec<_> = here.map(wish).collect();
    let happened = Happened { event: notice.event, store: notice.store.clone(), severity: notice.severity };
    wanted(&wishes, &happened)
}

/// What software is told (Standard Webhooks: `type`, `timestamp`, `data`).
fn told(notice: &Notice, rendered: &Rendered) -> Value {
    let mut data = plain(notice);
    data["subject"] = rendered.subject.as_str().into();
    data["text"] = rendered.body.as_str().into();
    json!({"type": notice.event.as_str(), "timestamp": time_text(notice.raised_at), "data": data})
}

pub(super) fn plain(notice: &Notice) -> Value {
    json!({
        "id": notice.id.0,
        "store": notice.store.as_ref().map(StoreId::as_str),
        "event": notice.event.as_str(),
        "severity": notice.severity.as_str(),
        "key": notice.key,
        "fields": notice.data,
    })
}

pub(super) fn time_text(at: WallMs) -> String {
    local(at, TimeZone::UTC).timestamp().to_string()
}

/// The moment of a time of day; one that a clock change leaves out is the first one after it. Never before now.
fn moment(here: &Zoned, time: TimeOfDay, now: WallMs) -> WallMs {
    let at = || {
        let clock =
            Time::new(i8::try_from(time.minute / 60).ok()?, i8::try_from(time.minute % 60).ok()?, 0, 0)
                .ok()?;
        let day = here.date().checked_add(i64::from(time.days).days()).ok()?;
        let zoned = day.to_datetime(clock).to_zoned(here.time_zone().clone()).ok()?;
        Some(WallMs(zoned.timestamp().as_millisecond()))
    };
    at().map_or(now, |at| at.max(now))
}
