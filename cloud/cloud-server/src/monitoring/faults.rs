//! What tills say of their parts becomes notices: a device that does not work, recognition that drifts.

use cloud_store::{HealthState, NewNotice, NoticeEvent, PartNow, Severity, Store, StoreError};
use domain::sale::TillRef;
use domain::time::WallMs;
use serde_json::json;

/// Without these a till does not sell as it should.
const NEEDED: [&str; 3] = ["camera", "vision", "storage"];
/// Whether a till reaches the cloud is told of otherwise.
const LINK: &str = "cloud";
/// How well a till recognises.
const RECOGNITION: &str = "recognition";

/// Raises what is wrong and settles what became right. A process that ends in between leaves a notice open until its part changes
/// again.
pub(crate) async fn follow(
    store: &Store,
    till: &TillRef,
    (parts, changes): (&[PartNow], &[PartNow]),
    now: WallMs,
) -> Result<(), StoreError> {
    for part in parts {
        if let Some(notice) = wrong_with(till, part) {
            store.raise_notice(&till.org, &notice, now).await?;
        } else if let Some(event) = event_of(part).filter(|_| changes.contains(part)) {
            store.settle_notice(&till.org, event, &key_of(till, part), now).await?;
        }
    }
    Ok(())
}

fn event_of(part: &PartNow) -> Option<NoticeEvent> {
    match part.part.as_str() {
        LINK => None,
        RECOGNITION => Some(NoticeEvent::RecognitionDrift),
        _ => Some(NoticeEvent::DeviceFault),
    }
}

fn wrong_with(till: &TillRef, part: &PartNow) -> Option<NewNotice> {
    let event = event_of(part)?;
    let (name, detail) = (till.till.as_str(), part.detail.as_str());
    let (severity, data) = match (event, part.state) {
        (NoticeEvent::RecognitionDrift, HealthState::Degraded) => {
            (Severity::Warning, json!({ "till": name, "detail": detail }))
        }
        (NoticeEvent::DeviceFault, HealthState::Down) => {
            let is_needed = NEEDED.contains(&part.part.as_str());
            let severity = if is_needed { Severity::Critical } else { Severity::Warning };
            (severity, json!({ "till": name, "device": part.part, "problem": detail }))
        }
        _ => return None,
    };
    Some(NewNotice { store: Some(till.store.clone()), event, severity, key: key_of(till, part), data })
}

fn key_of(till: &TillRef, part: &PartNow) -> String {
    format!("{}/{}:{}", till.store, till.till, part.part)
}

#[cfg(test)]
mod tests {
    use domain::ids::{OrgId, StoreId, TillId};

    use super::*;

    #[test]
    fn tells_of_what_does_not_work_and_of_nothing_else() {
        use HealthState::{Degraded, Down, Ok, Starting};
        let till = TillRef {
            org: OrgId::new("acme").unwrap(),
            store: StoreId::new("main").unwrap(),
            till: TillId::new("till-1").unwrap(),
        };
        for (part, state, told) in [
            ("camera", Down, Some((NoticeEvent::DeviceFault, Severity::Critical))),
            ("scale", Down, Some((NoticeEvent::DeviceFault, Severity::Warning))),
            ("recognition", Degraded, Some((NoticeEvent::RecognitionDrift, Severity::Warning))),
            ("camera", Ok, None),
            ("camera", Starting, None),
            ("light", Degraded, None),
            ("cloud", Down, None),
        ] {
            let now = PartNow { part: part.to_owned(), state, detail: String::new() };
            let found = wrong_with(&till, &now).map(|notice| (notice.event, notice.severity));
            assert_eq!(found, told, "{part} {state:?}");
        }
    }
}
