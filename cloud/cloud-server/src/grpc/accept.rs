//! Connections of tills: how many, how slow, and whose.
//!
//! To gRPC a till without a certificate may connect, to be claimed. One whose certificate has ended may connect too, to renew
//! it: it was away for long. What either may call is decided call by call ([`super::caller`]). To the broker nobody connects
//! but with a certificate that counts.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::Stream;
use futures_util::stream::{FuturesUnordered, StreamExt as _, unfold};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
};
use service::tasks::Tasks;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::ca::read_till_certificate;
use crate::gateway::Shared;
use crate::roles::now;

/// How long a handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Handshakes under way at once; further connections wait in the system's queue.
const HANDSHAKES_MAX: usize = 256;
/// The pause after the system refused a connection: it has no file descriptors left, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who may connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// Also tills without a certificate, and those whose certificate has ended.
    Everybody,
    /// Those with a certificate that counts now.
    Certified,
}

/// TLS with the cloud's own certificate for these names, made anew at each start, and tills told by theirs.
pub(crate) fn acceptor(
    shared: &Shared,
    admitted: Admitted,
    names: &[String],
    protocol: &[u8],
) -> anyhow::Result<TlsAcceptor> {
    let server = shared.authority.issue_server(names, now())?;
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(server.chain_pem.as_bytes()).collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(server.key_pem.as_bytes())?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(shared.authority.certificate_der().to_vec()))?;
    let known = WebPkiClientVerifier::builder(Arc::new(roots));
    let verifier: Arc<dyn ClientCertVerifier> = match admitted {
        Admitted::Everybody => Arc::new(EndedToo { known: known.allow_unauthenticated().build()? }),
        Admitted::Certified => known.build()?,
    };
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .context("the cloud's own certificate cannot be used")?;
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Connections whose handshake is done. Handshakes run beside each other, so that one slow till holds up no other.
pub(crate) fn incoming(
    tasks: &Tasks,
    name: &'static str,
    listener: TcpListener,
    acceptor: TlsAcceptor,
    connections_max: usize,
) -> impl Stream<Item = std::io::Result<TlsStream<TcpStream>>> + Send + 'static {
    let (done, ready) = mpsc::channel(16);
    let token = tasks.token();
    let handshakes_max = HANDSHAKES_MAX.min(connections_max);
    tasks.spawn(name, async move {
        let mut handshakes = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = listener.accept(), if handshakes.len() < handshakes_max => match accepted {
                    Ok((stream, _)) => {
                        // Small answers must not wait for the next one; a socket that refuses is only slower.
                        let _ = stream.set_nodelay(true);
                        handshakes.push(tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream)));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "failed to accept a till's connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(finished) = handshakes.next() => match finished {
                    Ok(Ok(stream)) => {
                        if done.send(Ok(stream)).await.is_err() {
                            return Ok(());
                        }
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "a till's handshake failed"),
                    Err(_) => tracing::debug!("a till's handshake took too long"),
                },
                () = token.cancelled() => return Ok(()),
            }
        }
    });
    unfold(ready, |mut ready| async move { ready.recv().await.map(|stream| (stream, ready)) })
}

/// Knows the authority's certificates, those that have ended included.
#[derive(Debug)]
struct EndedToo {
    known: Arc<dyn ClientCertVerifier>,
}

impl ClientCertVerifier for EndedToo {
    fn client_auth_mandatory(&self) -> bool {
        self.known.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.known.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let ended = |error: &Error| {
            matches!(
                error,
                Error::InvalidCertificate(
                    CertificateError::Expired | CertificateError::ExpiredContext { .. }
                )
            )
        };
        match self.known.verify_client_cert(end_entity, intermediates, now) {
            Err(error) if ended(&error) => {
                let identity = read_till_certificate(end_entity).map_err(|_| error)?;
                let last_s = u64::try_from(identity.not_after.0 / 1000).unwrap_or(0).saturating_sub(1);
                let then = UnixTime::since_unix_epoch(Duration::from_secs(last_s));
                self.known.verify_client_cert(end_entity, intermediates, then)
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.known.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.known.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.known.supported_verify_schemes()
    }
}
