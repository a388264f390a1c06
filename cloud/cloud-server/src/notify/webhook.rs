//! Requests to software, signed as Standard Webhooks has it: <https://www.standardwebhooks.com>.
//!
//! A request that is sent again has the same `webhook-id`, by which the other side knows it; `Idempotency-Key` says the same.

use std::time::Duration;

use axum::http::{HeaderName, Method, StatusCode};
use bytes::Bytes;
use cloud_store::{Delivery, NoticeAddress};

use super::send::Sending;
use super::telegram::chain;
use crate::calls::{CallError, Caller, Content};
use crate::config::Config;
use crate::hooks::signature::sign;
use crate::roles::now;

/// The most that is read of an answer.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// The longest wait that another side can ask for.
const HOLD_MAX: Duration = Duration::from_secs(3_600);

/// Sends requests.
#[derive(Debug, Clone)]
pub(crate) struct Hooks {
    caller: Caller,
}

impl Hooks {
    /// With the limits of the configuration; `None` where it forbids all.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Option<Self>> {
        let notify = &config.notify;
        if !notify.webhooks {
            return Ok(None);
        }
        let caller =
            Caller::to_addresses(notify.request_time(), ANSWER_MAX_BYTES, notify.webhooks_allow_private)?;
        Ok(Some(Self { caller }))
    }

    /// Sends a delivery.
    pub(crate) async fn send(&self, delivery: &Delivery, to: &NoticeAddress) -> Sending {
        let id = format!("msg_{}", delivery.id);
        let seconds = (now().0 / 1_000).to_string();
        let Some(signature) = sign(&to.secret, &id, &seconds, delivery.asked.body.as_bytes()) else {
            return Sending::Hopeless("the secret of this address is none: add the address anew".to_owned());
        };
        let headers = [
            (HeaderName::from_static("webhook-id"), id.as_str()),
            (HeaderName::from_static("webhook-timestamp"), seconds.as_str()),
            (HeaderName::from_static("webhook-signature"), signature.as_str()),
            (HeaderName::from_static("idempotency-key"), id.as_str()),
        ];
        let bytes = Bytes::from(delivery.asked.body.clone());
        let content = Content { kind: "application/json".to_owned(), bytes };
        let called = match self.caller.send(Method::POST, &to.address, &headers, Some(content)).await {
            Ok(called) => called,
            Err(error @ CallError::NotPublic(_)) => {
                let way_out = "name a public address, or set `notify.webhooks_allow_private`";
                return Sending::Off(format!("{error}: {way_out}"));
            }
            Err(error) => {
                let is_doubtful = error.may_have_arrived();
                return Sending::Failed { problem: chain(&error), hold: None, is_doubtful };
            }
        };
        if called.status.is_success() {
            return Sending::Taken(called.status.as_u16().to_string());
        }
        let problem = format!("it answered with {}: {}", called.status, called.shown());
        if called.status == StatusCode::GONE {
            return Sending::Off(problem);
        }
        let hold = called.retry_after().map(|hold| hold.min(HOLD_MAX));
        Sending::Failed { problem, hold, is_doubtful: false }
    }
}
