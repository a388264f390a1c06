//! Looks at tills and documents from time to time: raises notices of what is wrong and settles those of what is right again.
//!
//! What is found is compared with what is open, so that any process goes on where another ended.

use std::collections::{BTreeMap, BTreeSet};

use cloud_store::{NewNotice, NoticeEvent, Severity, Store, WatchedTill};
use domain::ids::{OrgId, SequenceNumber};
use domain::time::WallMs;
use serde_json::{Value, json};

use crate::config::Notify;

const MINUTE_MS: i64 = 60_000;
/// Documents that people are told of at once; what lies behind them is told of when these are done.
const DOCUMENTS_MAX: u32 = 500;
/// What is looked after here: an open notice of these kinds that is not found again is settled.
const EVENTS: [NoticeEvent; 4] = [
    NoticeEvent::TillOffline,
    NoticeEvent::UnsyncedSales,
    NoticeEvent::PriceNotTaken,
    NoticeEvent::DocumentNeedsEyes,
];

/// How long sales have been missing, by organisation and till: a till that has just sold is not behind.
#[derive(Debug, Default)]
pub(super) struct Since(BTreeMap<(OrgId, String), (SequenceNumber, WallMs)>);

/// Looks once.
pub(super) async fn round(
    store: &Store,
    since: &mut Since,
    settings: &Notify,
    now: WallMs,
) -> anyhow::Result<()> {
    let mut found: Vec<(OrgId, NewNotice)> = Vec::new();
    let tills = store.watched_tills().await?;
    since.note(&tills, now);
    for till in &tills {
        found.extend(
            wrong_with(till, since, settings, now).into_iter().map(|one| (till.till.org.clone(), one)),
        );
    }
    found.extend(documents(store, settings, now).await?);
    for (org, notice) in &found {
        store.raise_notice(org, notice, now).await?;
    }
    settle_others(store, &found, now).await
}

impl Since {
    fn note(&mut self, tills: &[WatchedTill], now: WallMs) {
        let mut behind = BTreeMap::new();
        for till in tills.iter().filter(|till| till.seen_sequence > till.has_sequence) {
            let place = (till.till.org.clone(), key_of(till));
            let before = self.0.get(&place).filter(|(has, _)| *has == till.has_sequence);
            let at = before.map_or(now, |(_, at)| *at);
            behind.insert(place, (till.has_sequence, at));
        }
        self.0 = behind;
    }

    /// For how many minutes no sale of a till has come although it has some.
    fn minutes(&self, till: &WatchedTill, now: WallMs) -> Option<i64> {
        let (_, at) = self.0.get(&(till.till.org.clone(), key_of(till)))?;
        Some((now.0 - at.0) / MINUTE_MS)
    }
}

fn wrong_with(till: &WatchedTill, since: &Since, settings: &Notify, now: WallMs) -> Vec<NewNotice> {
    let mut found = Vec::new();
    let mut add = |event, severity, data: Value| {
        let (store, key) = (Some(till.till.store.clone()), key_of(till));
        found.push(NewNotice { store, event, severity, key, data });
    };
    let limit = |minutes: u32| (minutes > 0).then_some(i64::from(minutes));
    let silent = (now.0 - till.seen_at.0) / MINUTE_MS;
    let is_silent = limit(settings.till_offline_minutes).is_some_and(|limit| silent >= limit);
    if is_silent {
        add(NoticeEvent::TillOffline, Severity::Critical, json!({"till": till.name, "minutes": silent}));
    }
    if let (Some(limit), Some(minutes)) = (limit(settings.unsynced_minutes), since.minutes(till, now))
        && minutes >= limit
    {
        let count = till.seen_sequence.0 - till.has_sequence.0;
        let data = json!({"till": till.name, "count": count, "minutes": minutes});
        add(NoticeEvent::UnsyncedSales, Severity::Warning, data);
    }
    // A till that is silent is told of once.
    if let (Some(limit), Some(newer), false) = (limit(settings.price_minutes), till.newer_since, is_silent) {
        let minutes = (now.0 - newer.0) / MINUTE_MS;
        if minutes >= limit {
            let (has, newest) = (till.seen_generation.0, till.newest_generation.0);
            let data = json!({"till": till.name, "minutes": minutes, "has": has, "newest": newest});
            add(NoticeEvent::PriceNotTaken, Severity::Warning, data);
        }
    }
    found
}

async fn documents(store: &Store, settings: &Notify, now: WallMs) -> anyhow::Result<Vec<(OrgId, NewNotice)>> {
    if settings.document_minutes == 0 {
        return Ok(Vec::new());
    }
    let before = WallMs(now.0 - i64::from(settings.document_minutes) * MINUTE_MS);
    let waiting = store.watched_documents(before, DOCUMENTS_MAX).await?;
    let notice = |document: cloud_store::WatchedDocument| {
        let data = json!({
            "file": shortened(&document.file_name),
            "supplier": document.supplier.as_deref().map(shortened),
            "problem": shortened(&document.reason),
        });
        let (store, key) = (document.store, format!("document:{}", document.id));
        let event = NoticeEvent::DocumentNeedsEyes;
        (document.org, NewNotice { store, event, severity: Severity::Info, key, data })
    };
    Ok(waiting.into_iter().map(notice).collect())
}

/// Settles what is open and was not found.
async fn settle_others(store: &Store, found: &[(OrgId, NewNotice)], now: WallMs) -> anyhow::Result<()> {
    let found: BTreeSet<(&OrgId, NoticeEvent, &str)> =
        found.iter().map(|(org, notice)| (org, notice.event, notice.key.as_str())).collect();
    for event in EVENTS {
        for (org, key) in store.open_keys(event).await? {
            if !found.contains(&(&org, event, key.as_str())) {
                store.settle_notice(&org, event, &key, now).await?;
            }
        }
    }
    Ok(())
}

fn key_of(till: &WatchedTill) -> String {
    format!("{}/{}", till.till.store, till.till.till)
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use domain::ids::{Generation, StoreId, TillId};
    use domain::sale::TillRef;

    use super::*;
    use crate::config::{Config, DEFAULT_TOML};

    fn settings() -> Notify {
        let config: Config = toml::from_str(DEFAULT_TOML).unwrap();
        config.notify
    }

    fn till() -> WatchedTill {
        WatchedTill {
            till: TillRef {
                org: OrgId::new("demo").unwrap(),
                store: StoreId::new("main").unwrap(),
                till: TillId::new("till-1").unwrap(),
            },
            name: "Door".to_owned(),
            seen_at: WallMs(0),
            seen_sequence: SequenceNumber(5),
            has_sequence: SequenceNumber(5),
            seen_generation: Generation(3),
            newest_generation: Generation(3),
            newer_since: None,
        }
    }

    fn events(till: &WatchedTill, since: &Since, minutes: i64) -> Vec<NoticeEvent> {
        wrong_with(till, since, &settings(), WallMs(minutes * MINUTE_MS))
            .into_iter()
            .map(|one| one.event)
            .collect()
    }

    #[test]
    fn tells_what_is_wrong_with_a_till_after_its_time() {
        let none = Since::default();
        assert_eq!(events(&till(), &none, 9), []);
        assert_eq!(events(&till(), &none, 10), [NoticeEvent::TillOffline]);
        let old = |seen| WatchedTill {
            seen_at: WallMs(seen * MINUTE_MS),
            newest_generation: Generation(4),
            newer_since: Some(WallMs(0)),
            ..till()
        };
        assert_eq!(events(&old(14), &none, 14), []);
        assert_eq!(events(&old(15), &none, 15), [NoticeEvent::PriceNotTaken]);
        assert_eq!(events(&old(0), &none, 15), [NoticeEvent::TillOffline], "one thing is wrong, not two");
    }

    #[test]
    fn a_till_is_behind_only_when_nothing_of_it_comes() {
        let mut since = Since::default();
        let behind = |has: u64, minutes: i64| WatchedTill {
            seen_at: WallMs(minutes * MINUTE_MS),
            seen_sequence: SequenceNumber(9),
            has_sequence: SequenceNumber(has),
            ..till()
        };
        for (has, minutes, expected) in [
            (5, 0, vec![]),
            (5, 14, vec![]),
            (5, 15, vec![NoticeEvent::UnsyncedSales]),
            (6, 16, vec![]),
            (6, 31, vec![NoticeEvent::UnsyncedSales]),
            (9, 32, vec![]),
        ] {
            let till = behind(has, minutes);
            since.note(std::slice::from_ref(&till), WallMs(minutes * MINUTE_MS));
            assert_eq!(events(&till, &since, minutes), expected, "{minutes}");
        }
    }
}
