//! How people are told of things, and how fast.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use service::config::Impossible;

use super::search::is_address;

/// How people are told of things.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Notify {
    pub page_url: String,
    pub poll_ms: u64,
    pub lease_ms: u64,
    pub attempts_max: u32,
    pub longest_pause_ms: u64,
    pub keep_days: u32,
    pub code_minutes: u32,
    pub watch_every_ms: u64,
    pub till_offline_minutes: u32,
    pub unsynced_minutes: u32,
    pub price_minutes: u32,
    pub document_minutes: u32,
    pub webhooks: bool,
    pub webhooks_per_second: u32,
    pub webhooks_allow_private: bool,
    pub request_ms: u64,
    pub alertmanager_url: String,
    pub alertmanager_every_ms: u64,
}

/// How Telegram is reached.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Telegram {
    pub token: String,
    pub token_file: PathBuf,
    pub url: String,
    pub per_second: u32,
    pub chat_pause_ms: u64,
    pub buttons: bool,
}

/// How a connection to a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// It begins in the clear and has to change to TLS before anything is said.
    Starttls,
    /// It is TLS from the first byte.
    Tls,
    /// It is not: for a server on the same machine.
    None,
}

/// How mail is sent.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    pub user: String,
    pub password: String,
    pub password_file: PathBuf,
    pub from: String,
    pub per_second: u32,
}

/// It holds a token, which belongs in no log.
impl fmt::Debug for Telegram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Telegram({:?}, ..)", self.url)
    }
}

/// It holds a password, which belongs in no log.
impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({:?}, {}, ..)", self.host, self.port)
    }
}

impl Notify {
    /// What cannot be.
    pub(super) fn impossible(&self, telegram: &Telegram, smtp: &Smtp) -> Vec<Impossible> {
        let mut found = Vec::new();
        let mut add = |key: &str, reason: String| found.push(Impossible { key: key.to_owned(), reason });
        for (key, value, least, most) in [
            ("notify.poll_ms", self.poll_ms, 10, 60_000),
            // What was sent last is a second old at most when another process begins to send.
            ("notify.lease_ms", self.lease_ms, 3_000, 600_000),
            ("notify.attempts_max", self.attempts_max.into(), 1, 100),
            ("notify.longest_pause_ms", self.longest_pause_ms, 1_000, 86_400_000),
            ("notify.keep_days", self.keep_days.into(), 1, 3_650),
            ("notify.code_minutes", self.code_minutes.into(), 1, 1_440),
            ("notify.watch_every_ms", self.watch_every_ms, 100, 3_600_000),
            ("notify.till_offline_minutes", self.till_offline_minutes.into(), 0, 10_080),
            ("notify.unsynced_minutes", self.unsynced_minutes.into(), 0, 10_080),
            ("notify.price_minutes", self.price_minutes.into(), 0, 10_080),
            ("notify.document_minutes", self.document_minutes.into(), 0, 10_080),
            ("notify.webhooks_per_second", self.webhooks_per_second.into(), 1, 1_000),
            ("notify.request_ms", self.request_ms, 100, 120_000),
            ("notify.alertmanager_every_ms", self.alertmanager_every_ms, 100, 240_000),
            ("telegram.per_second", telegram.per_second.into(), 1, 1_000),
            ("telegram.chat_pause_ms", telegram.chat_pause_ms, 0, 60_000),
            ("smtp.per_second", smtp.per_second.into(), 1, 1_000),
        ] {
            if !(least..=most).contains(&value) {
                add(key, format!("is {value}: set it from {least} to {most}"));
            }
        }
        for (key, address) in [
            ("notify.page_url", &self.page_url),
            ("notify.alertmanager_url", &self.alertmanager_url),
            ("telegram.url", &telegram.url),
        ] {
            if !address.is_empty() && !is_address(address) {
                add(key, "has to be an address such as `https://host:443`".to_owned());
            }
        }
        if telegram.is_used() && telegram.url.is_empty() {
            add("telegram.url", "is empty, but `telegram.token` needs it".to_owned());
        }
        if smtp.is_used() && smtp.from.parse::<lettre::message::Mailbox>().is_err() {
            add("smtp.from", "has to be an address such as `Tillsight <till@shop.example>`".to_owned());
        }
        if smtp.user.is_empty() != (smtp.password.is_empty() && smtp.password_file.as_os_str().is_empty()) {
            add("smtp.user", "and `smtp.password` or `smtp.password_file` belong together".to_owned());
        }
        if smtp.is_used() && smtp.security == SmtpSecurity::None && !smtp.user.is_empty() {
            add("smtp.security", "is \"none\", but a password is not sent in the clear".to_owned());
        }
        found
    }

    /// How long one request outside may take.
    pub fn request_time(&self) -> Duration {
        Duration::from_millis(self.request_ms)
    }

    /// How long a process that sends may be silent.
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }
}

impl Telegram {
    /// Whether there is a bot.
    pub fn is_used(&self) -> bool {
        !self.token.is_empty() || !self.token_file.as_os_str().is_empty()
    }
}

impl Smtp {
    /// Whether there is a mail server.
    pub fn is_used(&self) -> bool {
        !self.host.is_empty()
    }
}
