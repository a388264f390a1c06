//! The socket: how many connections, how large a head, how slow a caller, with TLS or without.

use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use service::tasks::Tasks;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Http;

/// How long answers under way may take once the cloud is told to stop.
const DRAIN_GRACE: Duration = Duration::from_secs(10);
/// Streams that one HTTP/2 connection may have open.
const STREAMS_MAX: u32 = 100;
/// Header fields that one request may have.
const HEADERS_MAX: usize = 100;

/// A socket that is served.
pub struct Listening {
    /// Where it really listens: the port that was asked for may have been 0.
    pub address: SocketAddr,
    /// Reads certificate files again, where there are any.
    pub tls: Option<RustlsConfig>,
}

/// Binds the socket and serves `router` on it as a task of `tasks`, which drains when the set stops.
pub async fn listen(tasks: &Tasks, http: &Http, router: Router) -> anyhow::Result<Listening> {
    let listener = TcpListener::bind(http.listen)
        .await
        .with_context(|| format!("failed to listen on {}: is another program there?", http.listen))?;
    let address = listener.local_addr().context("failed to ask where the gateway listens")?;
    let handle = Handle::new();
    let slots = Slots { free: Arc::new(Semaphore::new(http.connections_max)) };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum_server::Server::<SocketAddr>::from_listener(listener).handle(handle.clone());
    let tls = if http.has_tls() { Some(read_certificate(http).await?) } else { None };
    let limits = Limits::of(http);
    if let Some(tls) = &tls {
        let acceptor = RustlsAcceptor::new(tls.clone()).handshake_timeout(limits.head_time).acceptor(slots);
        let mut server = server.acceptor(acceptor);
        limits.apply(server.http_builder());
        tasks.spawn("gateway", async move { Ok(server.serve(service).await?) });
    } else {
        let mut server = server.acceptor(slots);
        limits.apply(server.http_builder());
        tasks.spawn("gateway", async move { Ok(server.serve(service).await?) });
    }
    let token = tasks.token();
    tasks.spawn("gateway-drain", async move {
        token.cancelled().await;
        handle.graceful_shutdown(Some(DRAIN_GRACE));
        Ok(())
    });
    Ok(Listening { address, tls })
}

/// Reads the certificate files again, for a certificate that was renewed.
pub async fn reload(tls: &RustlsConfig, http: &Http) -> anyhow::Result<()> {
    let (certificate, key) = (&http.tls_certificate, &http.tls_key);
    tls.reload_from_pem_file(certificate, key).await.with_context(|| {
        format!("failed to read the certificate `{}` with its key `{}`", certificate.display(), key.display())
    })
}

async fn read_certificate(http: &Http) -> anyhow::Result<RustlsConfig> {
    let (certificate, key) = (&http.tls_certificate, &http.tls_key);
    RustlsConfig::from_pem_file(certificate, key).await.with_context(|| {
        format!("failed to read the certificate `{}` with its key `{}`", certificate.display(), key.display())
    })
}

#[derive(Clone, Copy)]
struct Limits {
    head_max_bytes: usize,
    head_time: Duration,
}

impl Limits {
    fn of(http: &Http) -> Self {
        Self { head_max_bytes: http.head_max_bytes, head_time: Duration::from_millis(http.head_time_ms) }
    }

    fn apply(self, builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>) {
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_time)
            .max_headers(HEADERS_MAX)
            .max_buf_size(self.head_max_bytes);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(self.head_time)
            .max_header_list_size(u32::try_from(self.head_max_bytes).unwrap_or(u32::MAX))
            .max_concurrent_streams(STREAMS_MAX);
    }
}

/// Gives each connection a slot for its life, and closes at once those for which there is none: a waiting caller learns
/// nothing, and a flood must not fill the memory.
#[derive(Clone)]
struct Slots {
    free: Arc<Semaphore>,
}

impl<S> Accept<TcpStream, S> for Slots {
    type Stream = Slotted;
    type Service = S;
    type Future = Ready<io::Result<(Slotted, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(slot) = Arc::clone(&self.free).try_acquire_owned() else {
            metrics::counter!("tillsight_gateway_connections_refused_total").increment(1);
            return ready(Err(io::Error::other("every connection slot is taken")));
        };
        // Small answers must not wait for the next one.
        let delayed = stream.set_nodelay(true);
        ready(delayed.map(|()| (Slotted { stream, _slot: slot }, service)))
    }
}

/// A connection and its slot.
struct Slotted {
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
}

impl AsyncRead for Slotted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Slotted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
