//! A connection to the cloud, by the till's certificate.

use std::time::Duration;

use anyhow::Context as _;
use edge_store::cloud_identity::CloudIdentity;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// A line that carries nothing is asked whether it is alive after this, and given up after [`ALIVE_MAX`] without an answer.
const ASK_ALIVE_AFTER: Duration = Duration::from_secs(20);
const ALIVE_MAX: Duration = Duration::from_secs(10);

/// Connects, and proves to the cloud which till this is.
pub(super) async fn connect(identity: &CloudIdentity) -> anyhow::Result<Channel> {
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&identity.authority_pem))
        .identity(Identity::from_pem(&identity.certificate_pem, &identity.key_pem));
    let endpoint = Endpoint::from_shared(identity.address.clone())
        .with_context(|| format!("`{}` is not an address", identity.address))?
        .tls_config(tls)
        .context("the certificate that the till was given cannot be used")?
        .connect_timeout(CONNECT_MAX)
        .http2_keep_alive_interval(ASK_ALIVE_AFTER)
        .keep_alive_timeout(ALIVE_MAX)
        .tcp_nodelay(true);
    endpoint.connect().await.with_context(|| format!("failed to connect to {}", identity.address))
}
