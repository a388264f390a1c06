//! Gauges of every till, so that tills behind routers that let nobody in are watched all the same.
//!
//! A till has three names, so its gauges have them as labels; `monitoring.tills_max` bounds how many there are. A till that went
//! out of use keeps no number: its gauges say NaN, which no rule of Prometheus matches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cloud_store::{HealthState, HealthSubject, PartNow, Store, StoreError, TillInfo};
use domain::ids::{Generation, OrgId, StoreId};
use domain::sale::TillRef;
use domain::time::WallMs;
use service::health::PartState;
use service::tasks::CancellationToken;

use super::CONTACT;
use crate::config::Monitoring;
use crate::roles::now;

/// Parts of one till that are told of.
const PARTS_MAX: u32 = 16;

/// How often it is written down again that a till is heard of as before.
const SAY_EVERY: Duration = Duration::from_secs(3600);

/// What was told before, so that what is gone can be taken back.
#[derive(Default)]
struct Told {
    tills: BTreeSet<TillRef>,
    /// Whether each was heard of, and when that was written down.
    contacts: BTreeMap<TillRef, (bool, Instant)>,
    parts: BTreeSet<(TillRef, String)>,
}

/// Tells again and again until told to stop. A database that is away is asked again.
pub(super) async fn run(config: &Monitoring, store: &Store, token: &CancellationToken) -> anyhow::Result<()> {
    let mut told = Told::default();
    let every = Duration::from_millis(config.look_ms);
    loop {
        if let Err(error) = told.tell(config, store, now()).await {
            tracing::debug!(%error, "the fleet was not looked at");
        }
        if token.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
            return Ok(());
        }
    }
}

impl Told {
    async fn tell(&mut self, config: &Monitoring, store: &Store, now: WallMs) -> Result<(), StoreError> {
        // One more says that there are more.
        let mut tills = store.tills_in_use(config.tills_max.saturating_add(1)).await?;
        let beyond = tills.len() > config.tills_max as usize;
        tills.truncate(config.tills_max as usize);
        let newest = store.newest_generations().await?;
        let parts = store.health_of_tills(config.tills_max.saturating_mul(PARTS_MAX)).await?;
        metrics::gauge!("tillsight_fleet_tills").set(tills.len() as f64);
        metrics::gauge!("tillsight_fleet_truncated").set(f64::from(u8::from(beyond)));
        // A till that was made and never spoke is not missed.
        let seen: BTreeMap<TillRef, &TillInfo> = tills
            .iter()
            .filter(|info| info.last_seen.is_some())
            .map(|info| (info.till.clone(), info))
            .collect();
        for info in seen.values() {
            let is_up = tell_till(config, info, &newest, now);
            self.keep_contact(store, info, is_up, now).await?;
        }
        self.contacts.retain(|till, _| seen.contains_key(till));
        for till in self.tills.iter().filter(|till| !seen.contains_key(till)) {
            forget_till(till);
        }
        let is_told = |(till, now): &(TillRef, PartNow)| seen.contains_key(till) && now.part != CONTACT;
        let parts: Vec<_> = parts.into_iter().filter(is_told).collect();
        let known: BTreeSet<_> = parts.iter().map(|(till, now)| (till.clone(), now.part.clone())).collect();
        for (till, now) in &parts {
            tell_part(till, now);
        }
        for (till, part) in self.parts.difference(&known) {
            gauge_of_part(till, part).set(f64::NAN);
        }
        self.tills = seen.into_keys().collect();
        self.parts = known;
        Ok(())
    }

    /// Writes down when a till came and went. Of several processes each does, and the first one changes something.
    async fn keep_contact(
        &mut self,
        store: &Store,
        info: &TillInfo,
        is_up: bool,
        now: WallMs,
    ) -> Result<(), StoreError> {
        let kept = self.contacts.get(&info.till);
        if kept.is_some_and(|(was_up, at)| *was_up == is_up && at.elapsed() < SAY_EVERY) {
            return Ok(());
        }
        let state = if is_up { HealthState::Ok } else { HealthState::Down };
        let part = PartNow { part: CONTACT.to_owned(), state, detail: String::new() };
        let subject = HealthSubject::of_till(&info.till);
        store.note_health(Some(&info.till.org), &subject, &[part], now).await?;
        self.contacts.insert(info.till.clone(), (is_up, Instant::now()));
        Ok(())
    }
}

fn tell_till(
    config: &Monitoring,
    info: &TillInfo,
    newest: &BTreeMap<(OrgId, StoreId), Generation>,
    now: WallMs,
) -> bool {
    let Some(seen) = &info.last_seen else { return false };
    let till = &info.till;
    let silent_ms = now.0.saturating_sub(seen.at.0);
    let is_up = u64::try_from(silent_ms).unwrap_or(0) <= config.till_silent_s * 1000;
    let newest = newest.get(&(till.org.clone(), till.store.clone())).map_or(0, |newest| newest.0);
    gauge("tillsight_till_up", till).set(f64::from(u8::from(is_up)));
    gauge("tillsight_till_seen_timestamp_seconds", till).set(seen.at.0 as f64 / 1000.0);
    gauge("tillsight_till_unsent_sales", till).set(seen.unsent as f64);
    gauge("tillsight_till_generations_behind", till).set(newest.saturating_sub(seen.generation.0) as f64);
    is_up
}

fn forget_till(till: &TillRef) {
    for name in GAUGES {
        gauge(name, till).set(f64::NAN);
    }
}

/// What is told of each till.
const GAUGES: [&str; 4] = [
    "tillsight_till_up",
    "tillsight_till_seen_timestamp_seconds",
    "tillsight_till_unsent_sales",
    "tillsight_till_generations_behind",
];

fn tell_part(till: &TillRef, now: &PartNow) {
    // As `tillsight_part_state` of the till itself.
    let state = match now.state {
        HealthState::Ok => PartState::Ok,
        HealthState::Starting => PartState::Starting,
        HealthState::Degraded => PartState::Degraded,
        HealthState::Down => PartState::Down,
    };
    gauge_of_part(till, &now.part).set(state.number());
}

fn gauge(name: &'static str, till: &TillRef) -> metrics::Gauge {
    metrics::gauge!(
        name,
        "org" => till.org.to_string(), "store" => till.store.to_string(), "till" => till.till.to_string()
    )
}

fn gauge_of_part(till: &TillRef, part: &str) -> metrics::Gauge {
    metrics::gauge!(
        "tillsight_till_part_state",
        "org" => till.org.to_string(), "store" => till.store.to_string(), "till" => till.till.to_string(),
        "part" => part.to_owned()
    )
}
