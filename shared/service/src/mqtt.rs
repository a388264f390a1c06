//! One connection to an MQTT 5 broker, from its making to its end.
//!
//! Whoever keeps one makes the next when it ends: nothing is carried over but what the broker kept, so a client that got into
//! a state it does not come out of (rumqttc's issue 1056) costs one connection. A connection over which nothing is heard for
//! three times its keep-alive is such a one.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, LastWill, Packet, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{Outgoing, TlsConfiguration, Transport};
use rustls::ClientConfig;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// How often a silent line is asked whether it is alive. A broker finds a lost client after one and a half times this.
pub const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// A line over which nothing comes for so long is usually given up.
pub const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long connecting may take, in seconds.
const CONNECT_MAX_S: u64 = 10;
/// Messages on their way out; when they are this many the next one waits.
const OUTGOING_MAX: usize = 64;

/// How to connect.
#[derive(Debug, Clone)]
pub struct Line {
    /// The broker's name or address, which its certificate must be for.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What this client is called; stable, so that the broker finds what it kept for it.
    pub client_id: String,
    /// Whom to trust, and the own certificate.
    pub tls: Arc<ClientConfig>,
    /// What the broker says when this client is lost.
    pub will: Option<Message>,
    /// How long the broker keeps what this client has not heard, in seconds; 0 keeps nothing.
    pub session_s: u32,
    /// The longest packet that is taken.
    pub packet_max_bytes: u32,
    /// A line over which nothing comes for so long is given up.
    pub silence_max: Duration,
    /// Messages that were heard and not yet looked at; with more the connection ends, and what is retained comes again.
    pub heard_max: usize,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it goes to or comes from.
    pub topic: String,
    /// What it says; nothing takes a retained message away.
    pub payload: Vec<u8>,
    /// Whether the broker keeps it for whoever asks later; of one that came, whether it was so kept.
    pub retain: bool,
}

/// What speaks over a connection.
#[derive(Debug, Clone)]
pub struct Mouth {
    client: AsyncClient,
}

/// What comes over a connection.
#[derive(Debug)]
pub struct Ears {
    heard: mpsc::Receiver<Message>,
}

impl Mouth {
    /// Sends a message; the broker gets it at least once, unless the connection ends before.
    pub async fn say(&self, message: Message) -> anyhow::Result<()> {
        let Message { topic, payload, retain } = message;
        let sent = self.client.publish(topic, QoS::AtLeastOnce, retain, payload).await;
        sent.context("the connection to the broker ended")
    }

    /// Asks for what these filters match.
    pub async fn listen(&self, filters: impl IntoIterator<Item = String>) -> anyhow::Result<()> {
        let filters = filters.into_iter().map(|filter| Filter::new(filter, QoS::AtLeastOnce));
        self.client.subscribe_many(filters).await.context("the connection to the broker ended")
    }
}

impl Ears {
    /// The next message.
    pub async fn hear(&mut self) -> anyhow::Result<Message> {
        self.heard.recv().await.context("the connection to the broker ended")
    }
}

impl Line {
    /// Connects, and lets `work` speak and hear until it or the connection ends. Gives the reason back.
    pub async fn keep(self, work: impl AsyncFnOnce(Mouth, Ears) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let (host, port) = (self.host.clone(), self.port);
        let (tell, heard) = mpsc::channel(self.heard_max);
        let silence_max = self.silence_max;
        let (client, mut events) = self.client();
        let connected = events.poll().await.with_context(|| format!("failed to connect to {host}:{port}"))?;
        ensure!(matches!(connected, Event::Incoming(Packet::ConnAck(_))), "the broker did not greet");
        tokio::select! {
            ended = pump(&mut events, &tell, silence_max) => ended,
            ended = work(Mouth { client }, Ears { heard }) => ended,
        }
    }

    fn client(self) -> (AsyncClient, EventLoop) {
        let mut options = MqttOptions::new(self.client_id, self.host, self.port);
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(self.tls)));
        options.set_keep_alive(KEEP_ALIVE);
        options.set_connection_timeout(CONNECT_MAX_S);
        options.set_clean_start(self.session_s == 0);
        options.set_session_expiry_interval(Some(self.session_s));
        options.set_max_packet_size(Some(self.packet_max_bytes));
        // Brokers need not remember short names for topics.
        options.set_topic_alias_max(Some(0));
        if let Some(Message { topic, payload, retain }) = self.will {
            options.set_last_will(LastWill::new(topic, payload, QoS::AtLeastOnce, retain, None));
        }
        AsyncClient::new(options, OUTGOING_MAX)
    }
}

/// Carries what goes and comes until the line ends. It waits for nobody who listens, so that it can never stand still
/// because somebody waits for it.
async fn pump(
    events: &mut EventLoop,
    tell: &mpsc::Sender<Message>,
    silence_max: Duration,
) -> anyhow::Result<()> {
    let mut last = Instant::now();
    loop {
        let event = timeout_at(last + silence_max, events.poll()).await;
        let event = event.context("nothing was heard from the broker for too long")?;
        match event.context("the connection to the broker ended")? {
            Event::Incoming(packet) => {
                last = Instant::now();
                take(packet, tell)?;
            }
            Event::Outgoing(Outgoing::Disconnect) => bail!("the connection to the broker was ended"),
            // An event loop that only talks to itself does not hear either.
            Event::Outgoing(_) => ensure!(last.elapsed() < silence_max, "the broker does not answer"),
        }
    }
}

fn take(packet: Packet, tell: &mpsc::Sender<Message>) -> anyhow::Result<()> {
    match packet {
        Packet::Publish(publish) => {
            let topic = String::from_utf8(publish.topic.to_vec()).context("a topic is no text")?;
            let message = Message { topic, payload: publish.payload.to_vec(), retain: publish.retain };
            tell.try_send(message).context("more was heard than could be looked at")
        }
        Packet::SubAck(answer) => {
            let granted = |code: &SubscribeReasonCode| matches!(code, SubscribeReasonCode::Success(_));
            ensure!(answer.return_codes.iter().all(granted), "the broker refuses: {:?}", answer.return_codes);
            Ok(())
        }
        Packet::Disconnect(end) => bail!("the broker ended the connection: {:?}", end.reason_code),
        _ => Ok(()),
    }
}
