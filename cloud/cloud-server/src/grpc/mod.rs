//! The face towards tills: gRPC over TLS, where a till's certificate says which till it is and nothing else does.
//!
//! Read [`session`] first: it is where sales come in.

pub(crate) mod accept;
pub(crate) mod caller;
mod catalogue;
mod devices;
mod models;
mod pictures;
mod products;
mod restored;
mod session;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use service::tasks::Tasks;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use wire::MESSAGE_MAX_LEN;
use wire::v1::catalogue_service_server::CatalogueServiceServer;
use wire::v1::device_service_server::DeviceServiceServer;
use wire::v1::product_service_server::ProductServiceServer;
use wire::v1::sync_service_server::SyncServiceServer;

use self::accept::Admitted;
use crate::gateway::Shared;

/// Calls that one connection may have open: a till has one stream and, now and then, a pull.
const STREAMS_MAX: u32 = 16;
/// A connection that carries nothing is asked whether it is alive after this, and closed after [`ALIVE_MAX`] without an
/// answer.
const ASK_ALIVE_AFTER: Duration = Duration::from_secs(30);
const ALIVE_MAX: Duration = Duration::from_secs(15);

/// How often new generations are looked for: a price is to be on an idle till within two seconds.
const HEADS_EVERY: Duration = Duration::from_millis(250);

/// Binds the socket and serves tills on it as tasks of `tasks`. Gives the address: the port that was asked for may have been 0.
pub async fn listen(tasks: &Tasks, shared: &Shared) -> anyhow::Result<SocketAddr> {
    let asked = shared.config.grpc.listen;
    let listener = TcpListener::bind(asked)
        .await
        .with_context(|| format!("failed to listen on {asked} for tills: is another program there?"))?;
    let address = listener.local_addr().context("failed to ask where tills are listened for")?;
    let names = &shared.config.ca.server_names;
    let acceptor = accept::acceptor(shared, Admitted::Everybody, names, b"h2")?;
    let connections_max = shared.config.grpc.connections_max;
    let incoming = accept::incoming(tasks, "till-handshakes", listener, acceptor, connections_max);
    let stopping = tasks.token();
    let sync = SyncServiceServer::new(session::Sessions::new(shared.clone(), stopping.clone()))
        .max_decoding_message_size(MESSAGE_MAX_LEN)
        .max_encoding_message_size(MESSAGE_MAX_LEN);
    let devices = DeviceServiceServer::new(devices::Devices::new(shared.clone()))
        .max_decoding_message_size(devices::REQUEST_MAX_LEN);
    let catalogues = CatalogueServiceServer::new(catalogue::Catalogues::new(shared.clone()))
        .max_decoding_message_size(devices::REQUEST_MAX_LEN)
        .max_encoding_message_size(MESSAGE_MAX_LEN);
    let products = ProductServiceServer::new(products::Products::new(shared.clone()))
        .max_decoding_message_size(products::REQUEST_MAX_LEN)
        .max_encoding_message_size(MESSAGE_MAX_LEN);
    follow_heads(tasks, shared);
    let server = Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_keepalive_interval(Some(ASK_ALIVE_AFTER))
        .http2_keepalive_timeout(Some(ALIVE_MAX))
        .concurrency_limit_per_connection(STREAMS_MAX as usize)
        .add_service(sync)
        .add_service(catalogues)
        .add_service(products)
        .add_service(devices);
    tasks.spawn("tills", async move {
        server
            .serve_with_incoming_shutdown(incoming, stopped(stopping))
            .await
            .context("the gRPC server failed")
    });
    Ok(address)
}

/// Looks for new generations, whichever process made them, and puts them up for the sessions.
fn follow_heads(tasks: &Tasks, shared: &Shared) {
    let (shared, token) = (shared.clone(), tasks.token());
    tasks.spawn("generation-heads", async move {
        loop {
            match shared.store.newest_generations().await {
                Ok(heads) => shared.heads.put_up(heads),
                // The database's health is told elsewhere; what is up stays up.
                Err(error) => tracing::debug!(%error, "failed to look for new generations"),
            }
            if token.run_until_cancelled(tokio::time::sleep(HEADS_EVERY)).await.is_none() {
                return Ok(());
            }
        }
    });
}

async fn stopped(token: CancellationToken) {
    token.cancelled().await;
}
