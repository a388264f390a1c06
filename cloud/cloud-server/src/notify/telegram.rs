//! Telegram's Bot API. <https://core.telegram.org/bots/api>
//!
//! It knows no mark by which it would tell a repeated message from a new one, and no way to ask what a bot has sent. So what a
//! process was sending when it died is sent again, and says that it may have come before; each message ends with a mark of its own.

use std::time::Duration;

use anyhow::Context as _;
use axum::http::Method;
use bytes::Bytes;
use cloud_store::{Delivery, NoticeAddress};
use serde_json::{Value, json};

use super::ends::SETTLED;
use super::render::escaped;
use super::send::Sending;
use crate::blobs::{BlobName, Blobs};
use crate::calls::{CallError, Called, Caller, Content};
use crate::config::{Config, Telegram};

/// Longest text of a message and of a picture's caption, in UTF-16 units after the markup is read.
const TEXT_MAX: usize = 4_096;
const CAPTION_MAX: usize = 1_024;
/// Room for what stands below a text.
const FOOT_MAX: usize = 200;
/// The most that is read of an answer.
const ANSWER_MAX_BYTES: usize = 1 << 20;
/// How long everything rests where the bot itself is refused.
const REFUSED_REST: Duration = Duration::from_secs(60);
/// The longest rest that is believed.
const REST_MAX: Duration = Duration::from_secs(3_600);

/// A bot.
#[derive(Debug, Clone)]
pub(crate) struct Bot {
    caller: Caller,
    base: String,
    has_buttons: bool,
}

/// What Telegram answered.
pub(super) struct Answer {
    status: u16,
    body: Value,
}

/// What came back was no answer.
pub(super) struct Silence {
    pub(super) problem: String,
    is_doubtful: bool,
}

impl From<CallError> for Silence {
    fn from(error: CallError) -> Self {
        Self { problem: chain(&error), is_doubtful: error.may_have_arrived() }
    }
}

impl Bot {
    /// The bot that the configuration names; `None` where it names none.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Option<Self>> {
        let telegram = &config.telegram;
        if !telegram.is_used() {
            return Ok(None);
        }
        let base = format!("{}/bot{}", telegram.url.trim_end_matches('/'), token_of(telegram)?);
        let caller = Caller::new(config.notify.request_time(), ANSWER_MAX_BYTES)?;
        Ok(Some(Self { caller, base, has_buttons: telegram.buttons }))
    }

    /// Calls a method of the interface.
    pub(super) async fn call(&self, method: &str, body: &Value) -> Result<Answer, Silence> {
        let called =
            self.caller.call(Method::POST, &format!("{}/{method}", self.base), &[], Some(body)).await;
        read(&called?)
    }

    /// Sends a delivery.
    pub(crate) async fn send(&self, blobs: &Blobs, delivery: &Delivery, to: &NoticeAddress) -> Sending {
        let buttons = self.buttons(delivery, &to.address);
        let answered = match delivery.asked.picture.as_str() {
            "" => self.send_text(delivery, to, buttons).await,
            picture => match blobs.get(&BlobName::kept(picture)).await {
                Ok(bytes) => self.send_picture(delivery, to, buttons, bytes).await,
                Err(error) => {
                    tracing::warn!(picture, "a notice goes without its picture: {error}");
                    self.send_text(delivery, to, buttons).await
                }
            },
        };
        match answered {
            Ok(answer) => outcome(&answer),
            Err(Silence { problem, is_doubtful }) => Sending::Failed { problem, hold: None, is_doubtful },
        }
    }

    async fn send_text(
        &self,
        delivery: &Delivery,
        to: &NoticeAddress,
        buttons: Option<Value>,
    ) -> Result<Answer, Silence> {
        let mut body = json!({
            "chat_id": to.address,
            "text": written(delivery, TEXT_MAX),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
        });
        if let Some(buttons) = buttons {
            body["reply_markup"] = buttons;
        }
        // What is answered may have been deleted meanwhile.
        if let Some(message) = delivery.asked.reply_to.as_ref().and_then(|id| id.parse::<i64>().ok()) {
            body["reply_parameters"] = json!({"message_id": message, "allow_sending_without_reply": true});
        }
        self.call("sendMessage", &body).await
    }

    async fn send_picture(
        &self,
        delivery: &Delivery,
        to: &NoticeAddress,
        buttons: Option<Value>,
        bytes: Bytes,
    ) -> Result<Answer, Silence> {
        let mut fields = vec![
            ("chat_id", to.address.clone()),
            ("caption", written(delivery, CAPTION_MAX)),
            ("parse_mode", "HTML".to_owned()),
        ];
        fields.extend(buttons.map(|buttons| ("reply_markup", buttons.to_string())));
        let content = form(&fields, &bytes, delivery.id.0);
        let called =
            self.caller.send(Method::POST, &format!("{}/sendPhoto", self.base), &[], Some(content)).await;
        read(&called?)
    }

    /// A button that takes the notice on, in the language of the text.
    fn buttons(&self, delivery: &Delivery, chat: &str) -> Option<Value> {
        // What is over needs nobody any more.
        let is_open = delivery.asked.event != SETTLED;
        let notice = delivery.asked.notice.filter(|_| self.has_buttons && is_open && !chat.is_empty())?;
        let button = json!({"text": "✅", "callback_data": format!("ack:{notice}")});
        Some(json!({"inline_keyboard": [[button]]}))
    }
}

impl Answer {
    /// What it gave, where it was no refusal.
    pub(super) fn result(&self) -> Option<&Value> {
        (self.body["ok"] == true).then(|| &self.body["result"])
    }

    pub(super) fn description(&self) -> &str {
        self.body["description"].as_str().unwrap_or("no reason given")
    }
}

/// The mark under a message: what it is called when somebody asks.
pub(crate) fn mark(delivery: &Delivery) -> String {
    format!("#n{}", delivery.id)
}

fn written(delivery: &Delivery, max: usize) -> String {
    let (subject, body) = (delivery.asked.subject.as_str(), delivery.asked.body.as_str());
    let room = max - FOOT_MAX - units(subject).min(FOOT_MAX);
    let mut foot = mark(delivery);
    if delivery.doubtful {
        foot.push_str(" · ⟳ may have come before / возможно, уже приходило");
    }
    format!(
        "<b>{}</b>\n{}\n\n{}",
        escaped(&cut(subject, FOOT_MAX)),
        escaped(&cut(body, room - FOOT_MAX)),
        foot
    )
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The beginning of a text with so many UTF-16 units, which Telegram counts in.
fn cut(text: &str, max: usize) -> String {
    if units(text) <= max {
        return text.to_owned();
    }
    let mut left = max - 1;
    let fits = |letter: &char| {
        let fits = letter.len_utf16() <= left;
        left -= letter.len_utf16().min(left);
        fits
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

/// multipart/form-data (RFC 7578). The boundary stands in no field that we write, and in no picture but by a chance of 2^-60.
fn form(fields: &[(&str, String)], picture: &Bytes, number: u64) -> Content {
    let boundary = format!("tillsight-{number:016x}-part-of-a-form");
    let mut bytes = Vec::with_capacity(picture.len() + 4_096);
    for (name, value) in fields {
        let head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        bytes.extend_from_slice(head.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"photo\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    bytes.extend_from_slice(head.as_bytes());
    bytes.extend_from_slice(picture);
    bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Content { kind: format!("multipart/form-data; boundary={boundary}"), bytes: bytes.into() }
}

fn read(called: &Called) -> Result<Answer, Silence> {
    let status = called.status.as_u16();
    match serde_json::from_slice(&called.body) {
        Ok(body) => Ok(Answer { status, body }),
        Err(_) => {
            let problem = format!("Telegram answered with {status} and no JSON: {}", called.shown());
            Err(Silence { problem, is_doubtful: true })
        }
    }
}

/// What an answer means: <https://core.telegram.org/bots/api#making-requests>.
fn outcome(answer: &Answer) -> Sending {
    if let Some(result) = answer.result() {
        return Sending::Taken(result["message_id"].to_string());
    }
    let said = answer.description();
    let problem = format!("Telegram answered with {}: {said}", answer.status);
    let off = ["chat not found", "user is deactivated", "group chat was upgraded", "PEER_ID_INVALID"];
    match answer.status {
        429 => {
            let seconds = answer.body["parameters"]["retry_after"].as_u64().unwrap_or(1);
            Sending::Rest { problem, rest: Duration::from_secs(seconds).min(REST_MAX) }
        }
        // The bot was blocked, or thrown out of the group.
        403 => Sending::Off(problem),
        400 if off.iter().any(|word| said.contains(word)) => Sending::Off(problem),
        400 => Sending::Hopeless(problem),
        // The token is no bot's, or another one asks for its updates: nothing can be sent until somebody repairs that.
        401 | 404 => Sending::Rest { problem, rest: REFUSED_REST },
        // What stands before Telegram may fail after Telegram has taken it.
        _ => Sending::Failed { problem, hold: None, is_doubtful: true },
    }
}

fn token_of(telegram: &Telegram) -> anyhow::Result<String> {
    if !telegram.token.is_empty() {
        return Ok(telegram.token.clone());
    }
    let file = &telegram.token_file;
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("failed to read `telegram.token_file` `{}`", file.display()))?;
    Ok(text.trim().to_owned())
}

/// An error with its causes, as one line; an address with the token in it is in none of them.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: Value) -> Sending {
        outcome(&Answer { status, body })
    }

    #[test]
    fn knows_what_can_be_tried_again() {
        let no = |description: &str| json!({"ok": false, "description": description});
        let busy = json!({"ok": false, "description": "Too Many Requests", "parameters": {"retry_after": 7}});
        assert!(matches!(answer(429, busy), Sending::Rest { rest, .. } if rest == Duration::from_secs(7)));
        assert!(matches!(answer(403, no("Forbidden: bot was blocked by the user")), Sending::Off(_)));
        assert!(matches!(answer(400, no("Bad Request: chat not found")), Sending::Off(_)));
        assert!(matches!(answer(400, no("Bad Request: message is too long")), Sending::Hopeless(_)));
        assert!(matches!(answer(401, no("Unauthorized")), Sending::Rest { .. }));
        assert!(matches!(answer(502, no("Bad Gateway")), Sending::Failed { .. }));
        let sent = json!({"ok": true, "result": {"message_id": 5}});
        assert!(matches!(answer(200, sent), Sending::Taken(id) if id == "5"));
    }

    #[test]
    fn cuts_by_the_units_that_telegram_counts() {
        assert_eq!(cut("абв", 3), "абв");
        assert_eq!(cut("абвг", 3), "аб…");
        assert_eq!(cut("🍎🍎🍎", 4), "🍎…");
        assert!(units(&cut(&"🍎".repeat(3_000), TEXT_MAX)) <= TEXT_MAX);
    }
}
