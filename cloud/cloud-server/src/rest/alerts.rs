//! What Alertmanager tells: alerts that fire become notices, those that are resolved settle them.
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use cloud_store::{NewNotice, NoticeEvent, Severity, StoreError};
use data_encoding::HEXLOWER;
use domain::ids::StoreId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::auth::Who;
use crate::gateway::{Body, Problem, Shared};
use crate::roles::now;

/// The version of what Alertmanager sends.
const VERSION: &str = "4";
/// Alerts of one request; Alertmanager's `max_alerts` bounds them on its side.
const ALERTS_MAX: usize = 500;
/// The longest text that is kept of an alert, in letters, and how much all its labels may have, in bytes.
const TEXT_MAX: usize = 300;
const LABELS_MAX_BYTES: usize = 8 * 1024;

/// What Alertmanager tells. What it says beside this is not looked at.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AlertGroup {
    /// Of this form: `4`.
    #[schema(example = "4")]
    version: String,
    /// What fires or has ended.
    alerts: Vec<Alert>,
}

/// Whether an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AlertStatus {
    /// It does.
    Firing,
    /// It does no more.
    Resolved,
}

/// An alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: AlertStatus,
    /// What tells it apart: `alertname`, `severity`, and `store` where it concerns one.
    labels: BTreeMap<String, String>,
    /// What people read: `summary`, `description`.
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    starts_at: String,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
    /// A hash of the labels; made of them where it is absent.
    #[serde(default)]
    fingerprint: String,
}

/// What was done with the alerts.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct AlertsTaken {
    /// New notices.
    raised: u32,
    /// Notices that ended.
    settled: u32,
    /// What was known.
    unchanged: u32,
}

/// Takes what Alertmanager's webhook tells, for a service token that may look after tills.
#[utoipa::path(
    post,
    path = "/api/v1/alerts/alertmanager",
    tag = "notices",
    request_body = AlertGroup,
    responses((status = 200, body = AlertsTaken))
)]
pub(crate) async fn alertmanager(
    State(shared): State<Shared>,
    who: Who,
    Body(group): Body<AlertGroup>,
) -> Result<Json<AlertsTaken>, Problem> {
    if group.version != VERSION {
        let version: String = group.version.chars().take(20).collect();
        let detail =
            format!("`version` is `{version}`: this takes version {VERSION} of Alertmanager's webhook");
        return Err(Problem::unprocessable(detail));
    }
    if group.alerts.len() > ALERTS_MAX {
        let detail = format!(
            "{} alerts are more than the {ALERTS_MAX} taken at once: set `max_alerts` of the receiver",
            group.alerts.len()
        );
        return Err(Problem::unprocessable(detail));
    }
    let stores = shared.store.stores(&who.org).await?;
    let mut taken = AlertsTaken::default();
    for alert in &group.alerts {
        let named = alert.labels.get("store").and_then(|name| StoreId::new(name).ok());
        let store = named.filter(|name| stores.iter().any(|store| store.id == *name));
        match &store {
            Some(store) if !who.sees(store) => {
                return Err(Problem::forbidden(format!("this token may not speak for the store `{store}`")));
            }
            Some(_) => {}
            None => who.check_all_stores()?,
        }
        take(&shared, &who, alert, store, &mut taken).await?;
    }
    Ok(Json(taken))
}

async fn take(
    shared: &Shared,
    who: &Who,
    alert: &Alert,
    store: Option<StoreId>,
    taken: &mut AlertsTaken,
) -> Result<(), StoreError> {
    let (key, now) = (key_of(alert), now());
    if alert.status == AlertStatus::Resolved {
        let settled = shared.store.settle_notice(&who.org, NoticeEvent::Alert, &key, now).await?;
        *(if settled { &mut taken.settled } else { &mut taken.unchanged }) += 1;
        return Ok(());
    }
    let severity = severity_of(alert.labels.get("severity").map_or("", String::as_str));
    let notice = NewNotice { store, event: NoticeEvent::Alert, severity, key, data: data_of(alert) };
    let raised = shared.store.raise_notice(&who.org, &notice, now).await?.is_some();
    *(if raised { &mut taken.raised } else { &mut taken.unchanged }) += 1;
    Ok(())
}

/// What most rules call how bad it is.
fn severity_of(word: &str) -> Severity {
    match word {
        "critical" | "page" | "error" | "emergency" => Severity::Critical,
        "info" | "none" | "notice" => Severity::Info,
        _ => Severity::Warning,
    }
}

fn key_of(alert: &Alert) -> String {
    let given = &alert.fingerprint;
    if (1..=64).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return given.clone();
    }
    let mut hash = Sha256::new();
    for (name, value) in &alert.labels {
        hash.update(format!("{}:{name}={}:{value};", name.len(), value.len()));
    }
    HEXLOWER.encode(&hash.finalize()[..16])
}

/// The alert as templates see it: flat, with each label as `label_NAME`.
fn data_of(alert: &Alert) -> Value {
    let short = |text: &str| Value::from(text.chars().take(TEXT_MAX).collect::<String>());
    let pick = |from: &BTreeMap<String, String>, name: &str| short(from.get(name).map_or("", String::as_str));
    let mut data = Map::new();
    data.insert("name".to_owned(), pick(&alert.labels, "alertname"));
    for name in ["summary", "description"] {
        data.insert(name.to_owned(), pick(&alert.annotations, name));
    }
    data.insert("started_at".to_owned(), short(&alert.starts_at));
    data.insert("address".to_owned(), short(&alert.generator_url));
    let mut room = LABELS_MAX_BYTES;
    for (name, value) in &alert.labels {
        let value = short(value);
        let Some(left) = room.checked_sub(name.len() + value.to_string().len()) else { continue };
        room = left;
        data.insert(format!("label_{name}"), value);
    }
    Value::Object(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(labels: &[(&str, &str)], fingerprint: &str) -> Alert {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Alert {
            status: AlertStatus::Firing,
            labels: labels.iter().map(text).collect(),
            annotations: BTreeMap::new(),
            starts_at: String::new(),
            generator_url: String::new(),
            fingerprint: fingerprint.to_owned(),
        }
    }

    #[test]
    fn knows_an_alert_again_by_its_labels() {
        assert_eq!(key_of(&alert(&[("a", "b")], "c0ffee")), "c0ffee");
        let made = key_of(&alert(&[("a", "b")], ""));
        assert_eq!(made, key_of(&alert(&[("a", "b")], "../../etc")));
        assert_ne!(made, key_of(&alert(&[("a", "c")], "")));
        assert_ne!(key_of(&alert(&[("a", "b=1")], "")), key_of(&alert(&[("a=b", "1")], "")));
    }

    #[test]
    fn keeps_what_templates_need_within_bounds() {
        let labels: Vec<(String, String)> =
            (0..100).map(|number| (format!("label{number}"), "я".repeat(5_000))).collect();
        let labels: Vec<(&str, &str)> = labels.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let data = data_of(&alert(&labels, ""));
        assert!(
            data.as_object().unwrap().len() > 5 && data.to_string().len() < cloud_store::NOTICE_DATA_MAX_LEN
        );
        assert_eq!(severity_of("page"), Severity::Critical);
        assert_eq!(severity_of("unheard of"), Severity::Warning);
    }
}
