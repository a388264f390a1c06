//! The broker in this process.
//!
//! Connections are ours: TLS, who is admitted, how many, and when one is cut. What is said over them is `mqtt5`'s, which asks
//! a [`Guard`] of the connection's own before it does anything. What the broker knows is in memory: whoever connects to a new
//! one says again what has to be known.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd as _, OwnedFd};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use mqtt5::broker::client_handler::ClientHandler;
use mqtt5::broker::config::BrokerConfig;
use mqtt5::broker::resource_monitor::{ResourceLimits, ResourceMonitor};
use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::storage::{DynamicStorage, MemoryBackend, QueueLimits, StorageBackend as _};
use mqtt5::broker::sys_topics::BrokerStats;
use mqtt5::broker::tls_acceptor::TlsStreamWrapper;
use mqtt5::broker::transport::BrokerTransport;
use service::mqtt::KEEP_ALIVE;
use service::tasks::Tasks;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::time::MissedTickBehavior;
use tokio_rustls::server::TlsStream;
use tonic::Code;
use wire::payloads::{PACKET_MAX_LEN, PAYLOAD_MAX_LEN};

use super::guard::{Guard, Peer};
use crate::gateway::Shared;
use crate::grpc::accept::{self, Admitted};
use crate::grpc::caller;
use crate::roles::now;

/// The protocol's name, which clients may ask for (ALPN).
const PROTOCOL: &[u8] = b"mqtt";
/// How often it is looked whether somebody may still be connected.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often sessions that have ended are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long a session outlives its connection at most.
const SESSION_MAX: Duration = Duration::from_secs(24 * 3600);
/// What one client may have asked for: a till asks for two things, the cloud for four.
const FILTERS_MAX: usize = 8;
/// Retained messages: a state, a few commands for each till, a number for each store.
const RETAINED_PER_CONNECTION: usize = 8;
/// Messages to one client that are on their way: few to a till, and what all tills say to the cloud.
const ON_THE_WAY_TILL: usize = 64;
const ON_THE_WAY_CLOUD: usize = 16 * 1024;
/// Bytes that wait for one client that is away.
const QUEUED_MAX_BYTES: usize = 256 * 1024;
/// Connections that one client may have at once: the next of its name ends the one before, but not before it has greeted.
const CONNECTIONS_EACH_MAX: usize = 4;
/// Bytes that one till may send in a second.
const BYTES_PER_SECOND: u64 = 64 * 1024;

struct Broker {
    shared: Shared,
    router: Arc<MessageRouter>,
    storage: Arc<DynamicStorage>,
    stats: Arc<BrokerStats>,
    tills: Terms,
    cloud: Terms,
    /// Connections by the name of whose they are.
    open: Mutex<BTreeMap<String, usize>>,
    stop: broadcast::Sender<()>,
}

/// A place among the connections of one client, given back when dropped.
struct Place<'a> {
    broker: &'a Broker,
    name: String,
}

/// Why somebody may not be connected.
struct Refusal {
    reason: String,
    /// It is so for good; otherwise nobody can say now.
    is_final: bool,
}

/// What holds for one kind of client.
struct Terms {
    config: Arc<BrokerConfig>,
    monitor: Arc<ResourceMonitor>,
}

/// Binds the socket and serves it as tasks of `tasks`. Gives the address: the port that was asked for may have been 0.
pub(super) async fn listen(tasks: &Tasks, shared: &Shared) -> anyhow::Result<SocketAddr> {
    let asked = shared.config.mqtt.listen;
    let listener = TcpListener::bind(asked)
        .await
        .with_context(|| format!("failed to listen on {asked} for MQTT: is another program there?"))?;
    let address = listener.local_addr().context("failed to ask where MQTT is listened for")?;
    let mut names = shared.config.ca.server_names.clone();
    names.push(own_end(address).ip().to_string());
    let acceptor = accept::acceptor(shared, Admitted::Certified, &names, PROTOCOL)?;
    let connections_max = shared.config.mqtt.connections_max;
    let incoming = accept::incoming(tasks, "mqtt-handshakes", listener, acceptor, connections_max);
    let broker = Broker::new(shared);
    let token = tasks.token();
    tasks.spawn("mqtt-broker", async move {
        let mut incoming = pin!(incoming);
        let mut sessions = FuturesUnordered::new();
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                Some(stream) = incoming.next(), if sessions.len() < connections_max => {
                    sessions.push(broker.session(stream?));
                }
                Some(()) = sessions.next() => {}
                _ = sweep.tick() => broker.sweep().await,
                () = token.cancelled() => break,
            }
        }
        // Whoever hears of it is told that the broker goes; there is nobody to be told that nobody listens.
        let _ = broker.stop.send(());
        while sessions.next().await.is_some() {}
        Ok(())
    });
    Ok(address)
}

/// Where this process itself reaches what listens there.
pub(super) fn own_end(listening: SocketAddr) -> SocketAddr {
    let mut address = listening;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}

impl Broker {
    fn new(shared: &Shared) -> Self {
        let mqtt = &shared.config.mqtt;
        let queued = QueueLimits { max_messages: mqtt.queued_max, max_bytes: QUEUED_MAX_BYTES };
        let storage = Arc::new(DynamicStorage::Memory(MemoryBackend::with_queue_limits(queued)));
        let retained_max = mqtt.connections_max.saturating_mul(RETAINED_PER_CONNECTION);
        let router = MessageRouter::with_storage(Arc::clone(&storage))
            .with_fallback_queue_limits(queued)
            .with_retained_limits(retained_max, PAYLOAD_MAX_LEN);
        Self {
            tills: Terms::new(
                mqtt.connections_max,
                ON_THE_WAY_TILL,
                mqtt.messages_per_second,
                BYTES_PER_SECOND,
            ),
            cloud: Terms::new(mqtt.connections_max, ON_THE_WAY_CLOUD, 0, 0),
            router: Arc::new(router),
            storage,
            open: Mutex::default(),
            stats: Arc::new(BrokerStats::new()),
            stop: broadcast::Sender::new(1),
            shared: shared.clone(),
        }
    }

    /// Serves one connection to its end.
    async fn session(&self, stream: TlsStream<TcpStream>) {
        let admitted = self.admit(&stream).await;
        let (peer, line, address) = match admitted {
            Ok(admitted) => admitted,
            Err(problem) => {
                metrics::counter!("tillsight_mqtt_refused_total").increment(1);
                return tracing::info!("a connection to the broker was refused: {problem:#}");
            }
        };
        let Some(_place) = self.take_place(&peer) else {
            metrics::counter!("tillsight_mqtt_refused_total").increment(1);
            return tracing::warn!(client = peer.name(), "a client has too many connections to the broker");
        };
        let terms = if matches!(peer, Peer::Cloud(_)) { &self.cloud } else { &self.tills };
        let handler = ClientHandler::new(
            BrokerTransport::tls(TlsStreamWrapper::new(stream)),
            address,
            Arc::clone(&terms.config),
            Arc::clone(&self.router),
            Arc::new(Guard::new(peer.clone())),
            Some(Arc::clone(&self.storage)),
            Arc::clone(&self.stats),
            Arc::clone(&terms.monitor),
            self.stop.subscribe(),
        );
        metrics::gauge!("tillsight_mqtt_connected").increment(1.0);
        let mut served = pin!(handler.run());
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ended = &mut served => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, client = peer.name(), "a connection to the broker ended: {error}");
                    }
                    break;
                }
                _ = look.tick() => if let Err(refusal) = self.check(&peer).await && refusal.is_final {
                    tracing::warn!(client = peer.name(), "cut off from the broker: {}", refusal.reason);
                    // The handler sees the line end, and says the last will. A line that has ended needs no cutting.
                    let _ = rustix::net::shutdown(&line, rustix::net::Shutdown::Both);
                },
            }
        }
        metrics::gauge!("tillsight_mqtt_connected").decrement(1.0);
    }

    /// `None` when a client has all the connections that it may have.
    fn take_place(&self, peer: &Peer) -> Option<Place<'_>> {
        let name = peer.name();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(name.clone()).or_default();
        if *count >= CONNECTIONS_EACH_MAX {
            return None;
        }
        *count += 1;
        Some(Place { broker: self, name })
    }

    /// Who connects; fails for those who may not.
    async fn admit(&self, stream: &TlsStream<TcpStream>) -> anyhow::Result<(Peer, OwnedFd, SocketAddr)> {
        let (socket, tls) = stream.get_ref();
        let certificate =
            tls.peer_certificates().and_then(<[_]>::first).context("there is no certificate")?;
        let peer = Peer::read(certificate)?;
        if let Err(refusal) = self.check(&peer).await {
            anyhow::bail!("`{}` may not connect: {}", peer.name(), refusal.reason);
        }
        let line = socket.as_fd().try_clone_to_owned().context("no file descriptor is left")?;
        Ok((peer, line, socket.peer_addr()?))
    }

    /// Fails for a till whose certificate was revoked or has ended. A database that is away revokes nobody who is connected,
    /// and lets nobody in.
    async fn check(&self, peer: &Peer) -> Result<(), Refusal> {
        let Peer::Till(identity) = peer else { return Ok(()) };
        if now() >= identity.not_after {
            return Err(Refusal { reason: "its certificate has ended".to_owned(), is_final: true });
        }
        caller::check(&self.shared.store, identity).await.map_err(|status| Refusal {
            reason: status.message().to_owned(),
            is_final: matches!(status.code(), Code::PermissionDenied | Code::Unauthenticated),
        })
    }

    /// Forgets what has ended. What cannot be forgotten now is by the next sweep.
    async fn sweep(&self) {
        if let Err(error) = self.storage.cleanup_expired().await {
            tracing::warn!(%error, "the broker failed to forget old sessions");
        }
        self.router.sweep_sessions().await;
        self.tills.monitor.cleanup_expired_windows().await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut open = self.broker.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.name);
            }
        }
    }
}

impl Terms {
    fn new(connections_max: usize, on_the_way: usize, messages: u32, bytes: u64) -> Self {
        let config = BrokerConfig {
            max_clients: connections_max,
            session_expiry_interval: SESSION_MAX,
            max_packet_size: PACKET_MAX_LEN as usize,
            topic_alias_maximum: 0,
            // At least once is what the documents are made for.
            maximum_qos: 1,
            subscription_identifier_available: false,
            shared_subscription_available: false,
            max_subscriptions_per_client: FILTERS_MAX,
            client_channel_capacity: on_the_way,
            server_keep_alive: Some(KEEP_ALIVE),
            server_receive_maximum: Some(64),
            sys_topics_enabled: false,
            ..BrokerConfig::default()
        };
        let limits = ResourceLimits {
            max_connections: connections_max,
            // Tills of a store share an address.
            max_connections_per_ip: connections_max,
            max_message_rate_per_client: messages,
            max_bandwidth_per_client: bytes,
            max_connection_rate: u32::MAX,
            rate_limit_window: Duration::from_secs(1),
        };
        Self { config: Arc::new(config), monitor: Arc::new(ResourceMonitor::new(limits)) }
    }
}
