//! What tills say and are told at once: that they are there, how they are, what to do, that there is a newer catalogue.
//!
//! Nothing depends on it. A broker that is away, or has forgotten everything, costs seconds: sales, catalogues and
//! certificates travel over gRPC, commands are in the database, and whoever connects says again what has to be known.
//!
//! Read [`guard`] first: it is who may do what.

mod broker;
mod client;
mod guard;
pub mod mosquitto;
mod presence;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use service::mqtt::{Line, SILENCE_MAX};
use service::tasks::Tasks;
use tokio::sync::Notify;
use wire::payloads::PACKET_MAX_LEN;

use crate::config::{BrokerKind, host_and_port};
use crate::gateway::Shared;
use crate::roles::now;
pub use presence::{Presence, Seen};

/// Messages of tills that wait to be looked at.
const HEARD_MAX: usize = 16 * 1024;

/// What the rest of the cloud knows of MQTT.
#[derive(Debug, Default)]
pub struct Switchboard {
    /// Who is there.
    pub presence: Presence,
    /// Notified when there is a new command.
    pub commanded: Notify,
    broker: OnceLock<SocketAddr>,
}

impl Switchboard {
    /// Where the embedded broker listens, where there is one.
    pub fn broker(&self) -> Option<SocketAddr> {
        self.broker.get().copied()
    }
}

/// Where tills find the broker: host and port. An empty host is the one by which they reach the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillsAddress {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Starts what the configuration asks for.
pub async fn start(tasks: &Tasks, shared: &Shared) -> anyhow::Result<()> {
    let mqtt = &shared.config.mqtt;
    let (host, port) = match mqtt.kind {
        BrokerKind::Off => return Ok(()),
        BrokerKind::Embedded => {
            let address = broker::listen(tasks, shared).await?;
            shared.mqtt.broker.set(address).ok().context("the broker was started twice")?;
            if is_hidden(shared, address) && mqtt.tills_address.is_empty() {
                tracing::warn!(%address, "tills of other boxes are not told of the broker: set `mqtt.listen`");
            }
            let own = broker::own_end(address);
            (own.ip().to_string(), own.port())
        }
        BrokerKind::External => {
            let (host, port) = host_and_port(&mqtt.address).context("`mqtt.address` is no address")?;
            (host.to_owned(), port)
        }
    };
    let line = own_line(shared, host, port)?;
    let part = shared.health.part("mqtt", false);
    tasks.spawn("mqtt", client::run(shared.clone(), line, part, tasks.token()));
    Ok(())
}

/// What tills are told of the broker; `None` where there is none.
pub fn tills_address(shared: &Shared) -> Option<TillsAddress> {
    let mqtt = &shared.config.mqtt;
    let written = if mqtt.tills_address.is_empty() { &mqtt.address } else { &mqtt.tills_address };
    match (mqtt.kind, host_and_port(written)) {
        (BrokerKind::Off, _) => None,
        (_, Some((host, port))) => Some(TillsAddress { host: host.to_owned(), port }),
        (_, None) => {
            let reached = shared.mqtt.broker().filter(|broker| !is_hidden(shared, *broker));
            reached.map(|address| TillsAddress { host: String::new(), port: address.port() })
        }
    }
}

/// Whether tills come from other boxes and cannot reach the broker, which listens for this box alone.
fn is_hidden(shared: &Shared, broker: SocketAddr) -> bool {
    broker.ip().is_loopback() && !shared.config.grpc.listen.ip().is_loopback()
}

/// How this process connects.
fn own_line(shared: &Shared, host: String, port: u16) -> anyhow::Result<Line> {
    let mqtt = &shared.config.mqtt;
    let read = |path: &std::path::Path| {
        std::fs::read_to_string(path).with_context(|| format!("failed to read `{}`", path.display()))
    };
    let own = shared.authority.issue_cloud_client(&mqtt.client_name, now())?;
    let (mut chain, mut key) = (own.chain_pem, own.key_pem);
    let mut authority = shared.authority.certificate_pem().to_owned();
    if mqtt.kind == BrokerKind::External {
        if !mqtt.certificate.as_os_str().is_empty() {
            (chain, key) = (read(&mqtt.certificate)?, read(&mqtt.key)?);
        }
        if !mqtt.authority.as_os_str().is_empty() {
            authority = read(&mqtt.authority)?;
        }
    }
    Ok(Line {
        host,
        port,
        client_id: mqtt.client_name.clone(),
        tls: Arc::new(client_tls(&authority, &chain, &key)?),
        will: None,
        // What tills said while this process was away is either retained or over.
        session_s: 0,
        packet_max_bytes: PACKET_MAX_LEN,
        silence_max: SILENCE_MAX,
        heard_max: HEARD_MAX,
    })
}

fn client_tls(authority: &str, chain: &str, key: &str) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
        roots.add(certificate.context("the broker's authority cannot be read")?)?;
    }
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.context("the certificate for the broker cannot be read")?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).context("its key cannot be read")?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key);
    config.context("the certificate for the broker cannot be used")
}
