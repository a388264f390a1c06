//! Alertmanager is told of what is open, again and again, as Prometheus does: what is not repeated ends by itself.
//! <https://prometheus.io/docs/alerting/latest/alerts_api/>

use axum::http::Method;
use cloud_store::{Notice, NoticeEvent, Store};
use domain::ids::StoreId;
use domain::time::WallMs;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::render_built_in;
use super::telegram::chain;
use crate::calls::Caller;
use crate::config::Config;

/// Notices that it is told of, the newest first.
const ALERTS_MAX: u32 = 500;
/// The most that is read of an answer.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// An alert ends when it was not repeated so many times.
const REPEATS: i64 = 4;

/// Tells an Alertmanager, where there is one.
pub(super) struct Teller {
    to: Option<(Caller, String)>,
    every_ms: i64,
}

impl Teller {
    pub(super) fn open(config: &Config) -> anyhow::Result<Self> {
        let notify = &config.notify;
        let every_ms = i64::try_from(notify.alertmanager_every_ms)?;
        if notify.alertmanager_url.is_empty() {
            return Ok(Self { to: None, every_ms });
        }
        let caller = Caller::new(notify.request_time(), ANSWER_MAX_BYTES)?;
        let url = format!("{}/api/v2/alerts", notify.alertmanager_url.trim_end_matches('/'));
        Ok(Self { to: Some((caller, url)), every_ms })
    }

    /// Tells of everything that is open. One that is away is told the next time.
    pub(super) async fn tell(&self, store: &Store, now: WallMs) -> anyhow::Result<()> {
        let Some((caller, url)) = &self.to else { return Ok(()) };
        let open = store.open_notices(ALERTS_MAX).await?;
        let until = WallMs(now.0 + self.every_ms * REPEATS);
        let alerts: Vec<Value> =
            open.iter().filter(|notice| is_told(notice.event)).map(|one| alert(one, until)).collect();
        if alerts.is_empty() {
            return Ok(());
        }
        let count = alerts.len();
        let outcome = match caller.call(Method::POST, url, &[], Some(&Value::Array(alerts))).await {
            Ok(called) if called.status.is_success() => "told",
            Ok(called) => {
                tracing::warn!(
                    "Alertmanager does not take {count} alerts: {}: {}",
                    called.status,
                    called.shown()
                );
                "refused"
            }
            Err(error) => {
                tracing::warn!("Alertmanager is not told of {count} alerts: {}", chain(&error));
                "unreachable"
            }
        };
        metrics::counter!("tillsight_notify_alertmanager_total", "outcome" => outcome).increment(1);
        Ok(())
    }
}

/// What came from there, and what is no condition that ends, is not told.
fn is_told(event: NoticeEvent) -> bool {
    !matches!(
        event,
        NoticeEvent::Alert | NoticeEvent::Report | NoticeEvent::Broadcast | NoticeEvent::ProposalsReady
    )
}

fn alert(notice: &Notice, until: WallMs) -> Value {
    let words = render_built_in(notice.event.as_str(), "en", &notice.data);
    json!({
        "labels": {
            "alertname": format!("tillsight_{}", notice.event.as_str()),
            "severity": notice.severity.as_str(),
            "organisation": notice.org.as_str(),
            "store": notice.store.as_ref().map_or("", StoreId::as_str),
            "key": notice.key,
        },
        "annotations": {"summary": words.subject, "description": words.body},
        "startsAt": time_text(notice.raised_at),
        "endsAt": time_text(until),
    })
}

fn time_text(at: WallMs) -> String {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
