//! Events to a broker that speaks AMQP 0.9.1: persistent messages to a durable topic exchange, each confirmed by the broker.
//!
//! Messages are published one behind another and then waited for, so a batch takes one trip. They are mandatory: what no queue
//! takes comes back and waits until one is bound, and nobody finds out later that nothing was kept.

use std::collections::BTreeSet;
use std::time::Duration;

use cloud_store::{Event, EventId};
use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::tcp::OwnedTLSConfig;
use lapin::types::{AMQPValue, FieldTable};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Error, ErrorKind, ExchangeKind,
};

use super::bus::{BusFailure, Report, key_of};
use crate::config::{Amqp, Events};

/// Written to the disk by a durable queue.
const PERSISTENT: u8 = 2;

/// The way to RabbitMQ.
pub struct AmqpBus {
    config: Amqp,
    prefix: String,
    send_time: Duration,
    open: Option<Open>,
}

struct Open {
    /// Ends with it.
    connection: Connection,
    channel: Channel,
}

/// How far a run of events came.
enum Ended {
    /// Every one was answered.
    Answered,
    /// The broker closed the channel over one of them, which it will never take.
    Refused(String),
    Failed(BusFailure),
}

impl AmqpBus {
    pub(super) fn new(events: &Events, config: &Amqp) -> Self {
        let (prefix, send_time) = (events.prefix.clone(), events.send_time());
        Self { config: config.clone(), prefix, send_time, open: None }
    }

    pub(super) async fn send(&mut self, events: &[&Event], report: &mut Report) {
        let mut blocked = BTreeSet::new();
        let mut runs = vec![events.to_vec()];
        while let Some(mut run) = runs.pop() {
            let sent: BTreeSet<EventId> = report.sent.iter().copied().collect();
            run.retain(|event| {
                let is_held =
                    blocked.contains(&key_of(event)) || report.topics.contains_key(&event.event.topic);
                !is_held && !sent.contains(&event.id)
            });
            if run.is_empty() {
                continue;
            }
            let ended = match self.channel().await {
                Ok(channel) => self.publish(&channel, &run, report).await,
                Err(failure) => Ended::Failed(failure),
            };
            match ended {
                Ended::Answered => {}
                Ended::Refused(problem) => {
                    // Which one it was is found by halving; what was taken before it and not confirmed is sent again.
                    if let [event] = run[..] {
                        blocked.insert(key_of(event));
                        report.refused.push((event.id, problem));
                    } else {
                        let later = run.split_off(run.len() / 2);
                        runs.push(later);
                        runs.push(run);
                    }
                }
                Ended::Failed(failure) => {
                    self.open = None;
                    report.failure = Some(failure);
                    return;
                }
            }
        }
    }

    async fn publish(&self, channel: &Channel, run: &[&Event], report: &mut Report) -> Ended {
        let mut confirms = Vec::with_capacity(run.len());
        let mut broken = None;
        for event in run {
            let key = format!("{}{}", self.prefix, event.event.topic);
            let options = BasicPublishOptions { mandatory: true, ..Default::default() };
            let exchange = self.config.exchange.as_str().into();
            let publishing =
                channel.basic_publish(exchange, key.into(), options, &event.event.payload, properties(event));
            match self.within(publishing).await {
                Ok(Ok(confirm)) => confirms.push(confirm),
                Ok(Err(error)) => {
                    // The channel was closed while more was being published: what is under way is told why.
                    broken = Some(error);
                    break;
                }
                Err(failure) => return Ended::Failed(failure),
            }
        }
        // Nothing of a key counts as sent behind what was not taken: it goes again, behind it.
        let mut held = BTreeSet::new();
        let mut sent = Vec::with_capacity(run.len());
        for (event, confirm) in run.iter().zip(confirms) {
            let problem = match self.within(confirm).await {
                Ok(Ok(confirmation)) => untaken(&confirmation, &event.event.topic),
                Ok(Err(error)) => {
                    report.sent.append(&mut sent);
                    return ended(error);
                }
                Err(failure) => {
                    report.sent.append(&mut sent);
                    return Ended::Failed(failure);
                }
            };
            match problem {
                None if !held.contains(&key_of(event)) => sent.push(event.id),
                None => {}
                Some(problem) => {
                    held.insert(key_of(event));
                    report.topics.insert(event.event.topic.clone(), problem);
                }
            }
        }
        report.sent.append(&mut sent);
        broken.map_or(Ended::Answered, ended)
    }

    /// The open channel; connects, and makes the exchange, where there is none.
    async fn channel(&mut self) -> Result<Channel, BusFailure> {
        if let Some(open) = &self.open {
            if open.channel.status().connected() {
                return Ok(open.channel.clone());
            }
            if open.connection.status().connected() {
                let channel = self.within(self.open_channel(&open.connection)).await?.map_err(failure_of)?;
                if let Some(open) = &mut self.open {
                    open.channel = channel.clone();
                }
                return Ok(channel);
            }
        }
        self.open = None;
        let connection = self.within(self.connect()).await??;
        let channel = self.within(self.open_channel(&connection)).await?.map_err(failure_of)?;
        self.open = Some(Open { connection, channel: channel.clone() });
        Ok(channel)
    }

    async fn connect(&self) -> Result<Connection, BusFailure> {
        let mut tls = OwnedTLSConfig::default();
        if !self.config.ca.as_os_str().is_empty() {
            let read = tokio::fs::read_to_string(&self.config.ca).await;
            tls.cert_chain = Some(read.map_err(|error| {
                let what = format!("failed to read `amqp.ca` `{}`: {error}", self.config.ca.display());
                BusFailure::Unusable(what.into())
            })?);
        }
        let properties = ConnectionProperties::default().with_connection_name("tillsight-cloud".into());
        let runtime =
            lapin::runtime::default_runtime().map_err(|error| BusFailure::Unusable(error.into()))?;
        Connection::connect_with_config(&self.config.url, properties, tls, runtime).await.map_err(failure_of)
    }

    async fn open_channel(&self, connection: &Connection) -> Result<Channel, Error> {
        let channel = connection.create_channel().await?;
        let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
        let exchange = self.config.exchange.as_str().into();
        channel.exchange_declare(exchange, ExchangeKind::Topic, options, FieldTable::default()).await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }

    async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, BusFailure> {
        tokio::time::timeout(self.send_time, work)
            .await
            .map_err(|_| BusFailure::Silent(self.send_time.as_millis()))
    }
}

fn properties(event: &Event) -> BasicProperties {
    let mut headers = FieldTable::default();
    let texts = [
        ("event_id", event.id.to_string()),
        ("org", event.org.to_string()),
        ("key", event.event.key.clone()),
        ("made_at_ms", event.made_at.0.to_string()),
    ];
    for (name, text) in texts {
        headers.insert(name.into(), AMQPValue::LongString(text.into()));
    }
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into())
        .with_message_id(event.id.to_string().into())
        .with_timestamp(u64::try_from(event.made_at.0 / 1000).unwrap_or(0))
        .with_app_id("tillsight".into())
        .with_headers(headers)
}

/// Why no queue has a message, if none has.
fn untaken(confirmation: &Confirmation, topic: &str) -> Option<String> {
    let returned = |message: &BasicReturnMessage| {
        format!("no queue takes `{topic}` ({}): bind one to the exchange", message.reply_text.as_str())
    };
    match confirmation {
        Confirmation::Ack(None) => None,
        Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message)) => Some(returned(message)),
        Confirmation::Nack(None) => Some(format!("a queue that takes `{topic}` refuses: is it full?")),
        Confirmation::NotRequested => Some("the broker does not confirm".to_owned()),
    }
}

fn ended(error: Error) -> Ended {
    if let ErrorKind::ProtocolError(said) = error.kind()
        && matches!(said.kind(), AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED))
    {
        return Ended::Refused(format!("the broker says {said}"));
    }
    Ended::Failed(failure_of(error))
}

fn failure_of(error: Error) -> BusFailure {
    let is_denial = match error.kind() {
        ErrorKind::ProtocolError(said) => matches!(
            said.kind(),
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED)
                | AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED)
        ),
        _ => false,
    };
    if is_denial {
        return BusFailure::Denied { section: "amqp", source: error.into() };
    }
    BusFailure::Away(error.into())
}
