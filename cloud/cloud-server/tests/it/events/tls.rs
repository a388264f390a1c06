//! Brokers behind TLS: the one that our authority vouches for is spoken to, and no other.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use cloud_server::ca::Authority;
use cloud_server::roles::{install_crypto, now};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use service::health::PartState;
use service::tasks::Tasks;
use testkit::kafka;
use testkit::rabbitmq::{PASSWORD, RabbitMq, USER};
use testkit::scratch::Scratch;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::kafka::broker;
use super::{Consumer, Outbox, QUICK, check_order};

/// Takes the TLS off connections and passes the rest on.
pub(super) struct Front {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    folder: Scratch,
    tasks: Tasks,
}

impl Front {
    pub(super) async fn new() -> Self {
        install_crypto();
        let folder = Scratch::new("front");
        let authority = Authority::open_or_make(folder.path(), now()).unwrap();
        write_authority(&authority, folder.join("believed.pem"));
        let identity = authority.issue_server(&["127.0.0.1".to_owned()], now()).unwrap();
        let chain = CertificateDer::pem_slice_iter(identity.chain_pem.as_bytes()).map(Result::unwrap);
        let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
        let config = rustls::ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(chain.collect(), key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)), folder, tasks: Tasks::new() }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// The authority to believe, and one to be disappointed by.
    pub(super) fn authorities(&self) -> [PathBuf; 2] {
        let other = Scratch::new("other-authority");
        let authority = Authority::open_or_make(other.path(), now()).unwrap();
        write_authority(&authority, self.folder.join("other.pem"));
        [self.folder.join("believed.pem"), self.folder.join("other.pem")]
    }

    /// Begins to pass on, as long as the tasks that it gives back are not stopped.
    pub(super) fn pass_on(self, to: SocketAddr) -> (Tasks, Scratch) {
        let Self { listener, acceptor, folder, tasks } = self;
        let (passing, token) = (tasks.clone(), tasks.token());
        tasks.spawn("front", async move {
            while let Some(Ok((stream, _))) = token.run_until_cancelled(listener.accept()).await {
                let acceptor = acceptor.clone();
                passing.spawn("passing", async move {
                    let mut broker = TcpStream::connect(to).await?;
                    // Whoever does not believe us hangs up.
                    if let Ok(mut client) = acceptor.accept(stream).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut broker).await;
                    }
                    Ok(())
                });
            }
            Ok(())
        });
        (tasks, folder)
    }
}

fn write_authority(authority: &Authority, path: PathBuf) {
    let base64 = data_encoding::BASE64.encode(authority.certificate_der());
    let text = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    std::fs::write(path, text).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kafka_is_believed_by_its_authority_alone() {
    let front = Front::new().await;
    let ([believed, other], address) = (front.authorities(), front.address());
    let broker = broker!(kafka::start_behind(address));
    let (_passing, _folder) = front.pass_on(broker.address().parse().unwrap());
    let settings = |ca: PathBuf| {
        let kafka = format!("[kafka]\nbrokers = [\"{address}\"]\ntls = true\nca = {ca:?}\n");
        format!("[events]\nbus = \"kafka\"\n{QUICK}{kafka}")
    };
    let stranger = Outbox::new("stranger", &settings(other)).await;
    stranger.add("sales", "a", "0").await;
    stranger.relay();
    let detail = stranger.until_part(PartState::Down).await;
    assert!(detail.contains("events wait"), "{detail}");
    assert_eq!(stranger.waiting().await, 1);
    stranger.stop().await;

    let outbox = Outbox::new("tls", &settings(believed)).await;
    outbox.add_numbers("sales", &["a", "b"], 0, 20).await;
    outbox.relay();
    outbox.until_all_sent().await;
    let seen = Consumer::behind(&broker, outbox.config.kafka.ca.clone()).await.read("sales").await;
    check_order(&seen, &["a", "b"], 20);
    outbox.stop().await;
}

/// Sends one event to RabbitMQ through TLS; the caller has bound a queue to `sales`.
pub(super) async fn send_to_rabbitmq(rabbitmq: &RabbitMq) {
    let front = Front::new().await;
    let ([believed, other], address) = (front.authorities(), front.address());
    let (_passing, _folder) = front.pass_on(rabbitmq.address());
    let url = format!("amqps://{USER}:{}@{address}/%2f", PASSWORD.replace(' ', "%20"));
    for (ca, state) in [(other, PartState::Down), (believed, PartState::Ok)] {
        let settings = format!("[events]\nbus = \"amqp\"\n{QUICK}[amqp]\nurl = \"{url}\"\nca = {ca:?}\n");
        let outbox = Outbox::new("amqps", &settings).await;
        outbox.add("sales", "tls", "0").await;
        outbox.relay();
        outbox.until_part(state).await;
        if state == PartState::Ok {
            outbox.until_all_sent().await;
        }
        outbox.stop().await;
    }
}
