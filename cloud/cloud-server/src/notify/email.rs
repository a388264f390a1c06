//! Mail over SMTP, on connections that are used again.
//!
//! A message that is sent again has the same `Message-ID`, by which mailboxes know it (RFC 5322, 3.6.4).

use std::time::Duration;

use anyhow::Context as _;
use cloud_store::{Delivery, NoticeAddress};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::send::Sending;
use super::telegram::chain;
use crate::config::{Config, Smtp, SmtpSecurity};

/// Connections to the server; one message at a time goes over each.
const CONNECTIONS: u32 = 2;
/// How long a connection waits to be used again. Servers close theirs after minutes.
const IDLE: Duration = Duration::from_secs(60);

/// Sends mail.
#[derive(Clone)]
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
}

/// RFC 3834, 5: nobody's holiday notice answers it.
#[derive(Debug, Clone)]
struct AutoSubmitted(String);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(value.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

impl Mailer {
    /// The mail server that the configuration names; `None` where it names none.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Option<Self>> {
        let smtp = &config.smtp;
        if !smtp.is_used() {
            return Ok(None);
        }
        let from: Mailbox = smtp.from.parse().context("failed to read `smtp.from`")?;
        let domain = from.email.domain().to_owned();
        let tls = || TlsParameters::new(smtp.host.clone()).context("failed to prepare TLS for `smtp.host`");
        let security = match smtp.security {
            SmtpSecurity::Starttls => Tls::Required(tls()?),
            SmtpSecurity::Tls => Tls::Wrapper(tls()?),
            SmtpSecurity::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .tls(security)
            .hello_name(ClientId::Domain(domain.clone()))
            .timeout(Some(config.notify.request_time()))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE));
        if let Some(credentials) = credentials_of(smtp)? {
            builder = builder.credentials(credentials);
        }
        Ok(Some(Self { transport: builder.build(), from, domain }))
    }

    /// Sends a delivery.
    pub(crate) async fn send(&self, delivery: &Delivery, to: &NoticeAddress) -> Sending {
        let message = match self.message(delivery, &to.address) {
            Ok(message) => message,
            Err(error) => return Sending::Hopeless(format!("no mail can be made of it: {error:#}")),
        };
        match self.transport.send(message).await {
            Ok(response) => Sending::Taken(response.message().collect::<Vec<_>>().join(" ")),
            Err(error) => refused(&error),
        }
    }

    fn message(&self, delivery: &Delivery, to: &str) -> anyhow::Result<Message> {
        let asked = &delivery.asked;
        let number = |id: &dyn std::fmt::Display| format!("<notice-{id}@{}>", self.domain);
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(to.parse().with_context(|| format!("`{to}` is no e-mail address"))?)
            .subject(asked.subject.clone())
            .message_id(Some(number(&delivery.id)))
            .header(AutoSubmitted("auto-generated".to_owned()));
        // RFC 5322, 3.6.4: by these a mailbox shows both together.
        if let Some(answered) = &asked.reply_to {
            builder = builder.in_reply_to(number(answered)).references(number(answered));
        }
        Ok(builder.multipart(MultiPart::alternative_plain_html(asked.body.clone(), asked.html.clone()))?)
    }
}

/// RFC 5321, 4.2.1: 4yz may be tried again, 5yz not.
fn refused(error: &lettre::transport::smtp::Error) -> Sending {
    let problem = format!("the mail server did not take it: {}", chain(error));
    match error.status().map(u16::from) {
        // The mailbox is not there (RFC 3463, 3.2: X.1.Z is about the address).
        Some(550 | 551 | 553) if problem.contains("5.1.") => Sending::Off(problem),
        Some(500..=599) => Sending::Hopeless(problem),
        // Where the server said no it has not taken it; where it said nothing it may have.
        status => Sending::Failed { problem, hold: None, is_doubtful: status.is_none() },
    }
}

fn credentials_of(smtp: &Smtp) -> anyhow::Result<Option<Credentials>> {
    if smtp.user.is_empty() {
        return Ok(None);
    }
    let password = if smtp.password.is_empty() {
        let file = &smtp.password_file;
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("failed to read `smtp.password_file` `{}`", file.display()))?;
        text.trim().to_owned()
    } else {
        smtp.password.clone()
    };
    Ok(Some(Credentials::new(smtp.user.clone(), password)))
}
