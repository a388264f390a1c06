//! Those who were sent a notice are told once that it is over, as an answer to what they were sent.
//!
//! Whoever is told with others, in a digest, is told of what began alone. Like a notice its end is planned in one transaction.

use std::collections::BTreeMap;

use cloud_core::notify::{Happened, Pace, Wish, wanted_of};
use cloud_store::{Channel, Delivery, EndedNotice, Listener, NewDelivery, Notice, Severity, Store};
use domain::ids::OrgId;
use domain::time::WallMs;
use serde_json::{Value, json};

use super::house::render_built_in;
use super::plan::{Audience, may_see, plain, time_text};
use super::words::language_of;
use crate::config::Config;

/// The word for what tells that a notice is over.
pub(super) const SETTLED: &str = "settled";
/// Ends that are planned before it is looked again.
const AT_ONCE: u32 = 100;
const MINUTE_MS: i64 = 60_000;

/// Plans who is told of what is over; whether there may be more.
pub(super) async fn plan(store: &Store, config: &Config, now: WallMs) -> anyhow::Result<bool> {
    let ended = store.ends_to_plan(AT_ONCE).await?;
    let mut audiences: BTreeMap<OrgId, Audience> = BTreeMap::new();
    for EndedNotice { notice, sent } in &ended {
        if !audiences.contains_key(&notice.org) {
            audiences.insert(notice.org.clone(), Audience::load(store, &notice.org).await?);
        }
        let Some(audience) = audiences.get(&notice.org) else { continue };
        let told = sent.iter().filter_map(|delivery| audience.end(notice, delivery, config, now));
        let told: Vec<NewDelivery> = told.collect();
        store.plan_end(&notice.org, notice.id, &told, now).await?;
    }
    Ok(ended.len() == AT_ONCE as usize)
}

impl Audience {
    /// What tells somebody that it is over, where they are still there, may see it and want to know.
    fn end(&self, notice: &Notice, sent: &Delivery, config: &Config, now: WallMs) -> Option<NewDelivery> {
        let listener = self.listeners.iter().find(|one| one.person == sent.asked.person)?;
        let address = listener.addresses.iter().find(|one| one.id == sent.asked.address)?;
        if !may_see(listener, notice) || !wants_end(listener, notice, sent) {
            return None;
        }
        let language = language_of(&listener.language);
        let minutes = (notice.settled_at?.0 - notice.raised_at.0) / MINUTE_MS;
        let was = self.house.render(notice.event, language, &self.data(notice, listener, config)).0.subject;
        let rendered =
            render_built_in(SETTLED, language, &json!({"subject": was, "minutes": minutes.max(0)}));
        let body = match address.channel {
            Channel::Webhook => told(notice, now).to_string(),
            Channel::Telegram | Channel::Email => rendered.body,
        };
        let (_, run_after) = self.when(listener, notice, Pace::AtOnce, now);
        Some(NewDelivery {
            key: format!("end:{}:{}", notice.id, address.id),
            notice: Some(notice.id),
            person: listener.person,
            address: address.id,
            channel: address.channel,
            event: SETTLED.to_owned(),
            subject: rendered.subject,
            body,
            html: rendered.html,
            picture: String::new(),
            run_after,
            reply_to: Some(answered(sent)),
        })
    }
}

/// By the wish that the notice itself was told by; one that says nothing asks for the end of what is critical.
fn wants_end(listener: &Listener, notice: &Notice, sent: &Delivery) -> bool {
    let here: Vec<_> =
        listener.subscriptions.iter().filter(|one| one.address == sent.asked.address).collect();
    let wishes: Vec<_> = here
        .iter()
        .map(|one| Wish { event: one.event, store: one.store.clone(), least: one.least, pace: one.pace })
        .collect();
    let happened = Happened { event: notice.event, store: notice.store.clone(), severity: notice.severity };
    let subscription = wanted_of(&wishes, &happened).and_then(|place| here.get(place));
    subscription.is_some_and(|one| one.tell_settled.unwrap_or(notice.severity == Severity::Critical))
}

/// What the other side knows the message by that is answered: Telegram by a number of its own, mail and requests by ours.
fn answered(sent: &Delivery) -> String {
    match (sent.asked.channel, &sent.remote_id) {
        (Channel::Telegram, Some(remote)) => remote.clone(),
        _ => sent.id.to_string(),
    }
}

/// What software is told.
fn told(notice: &Notice, now: WallMs) -> Value {
    let mut data = plain(notice);
    data["settled_at"] = notice.settled_at.map(time_text).into();
    json!({"type": SETTLED, "timestamp": time_text(now), "data": data})
}
