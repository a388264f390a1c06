//! A client of MQTT 5 that does what it is told, and so can do what no honest client does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long an answer may take.
const SOON: Duration = Duration::from_secs(20);

/// A key and its certificate (PEM).
#[derive(Clone)]
pub(crate) struct Proof {
    pub(crate) key_pem: String,
    pub(crate) certificate_pem: String,
}

/// A connection.
pub(crate) struct Wire {
    stream: TlsStream<TcpStream>,
}

/// How to say hello.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hello {
    pub(crate) client_id: String,
    /// The topic of a last will.
    pub(crate) will: Option<String>,
}

/// A packet: its first byte and what follows its length.
pub(crate) type Packet = (u8, Vec<u8>);

impl Wire {
    /// A TLS connection, or why there is none. With TLS 1.3 a refusal may show with the first read only.
    pub(crate) async fn open(
        address: SocketAddr,
        authority_pem: &str,
        proof: Option<&Proof>,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority_pem.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots);
        let config = match proof {
            None => config.with_no_client_auth(),
            Some(proof) => {
                let chain = CertificateDer::pem_slice_iter(proof.certificate_pem.as_bytes());
                let key = PrivateKeyDer::from_pem_slice(proof.key_pem.as_bytes()).unwrap();
                config.with_client_auth_cert(chain.map(Result::unwrap).collect(), key).unwrap()
            }
        };
        let socket = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await;
        Ok(Self { stream: stream.map_err(|error| error.to_string())? })
    }

    /// Says hello; gives the reason code of the answer, or why there was none.
    pub(crate) async fn greet(&mut self, hello: &Hello) -> Result<u8, String> {
        let mut body = text("MQTT");
        let flags = if hello.will.is_some() { 0b110 } else { 0b10 };
        // Version 5, flags, a minute, no properties.
        body.extend([5, flags, 0, 60, 0]);
        body.extend(text(&hello.client_id));
        if let Some(topic) = &hello.will {
            body.push(0);
            body.extend(text(topic));
            body.extend(text("will"));
        }
        self.send(0x10, &body).await?;
        match self.read().await? {
            (0x20, body) => Ok(body[1]),
            other => Err(format!("no greeting: {other:?}")),
        }
    }

    /// Says that it is there: a broker gives up who is silent.
    pub(crate) async fn ping(&mut self) {
        self.send(0xc0, &[]).await.unwrap();
    }

    /// Publishes at most once: nobody answers.
    pub(crate) async fn publish(&mut self, topic: &str, payload: &[u8]) -> Result<(), String> {
        let mut body = text(topic);
        body.push(0);
        body.extend(payload);
        self.send(0x30, &body).await
    }

    /// Asks for a filter; gives the reason code. Messages that come before are passed over.
    pub(crate) async fn subscribe(&mut self, filter: &str) -> Result<u8, String> {
        let mut body = vec![0, 7, 0];
        body.extend(text(filter));
        body.push(0);
        self.send(0x82, &body).await?;
        loop {
            match self.read().await? {
                (0x90, body) => return Ok(*body.last().unwrap()),
                (first, _) if first >> 4 == 3 => {}
                other => return Err(format!("no answer to a subscription: {other:?}")),
            }
        }
    }

    /// The next message: its topic and payload.
    pub(crate) async fn hear(&mut self) -> Result<(String, Vec<u8>), String> {
        loop {
            let (first, body) = self.read().await?;
            if first >> 4 != 3 {
                continue;
            }
            let length = usize::from(u16::from_be_bytes([body[0], body[1]]));
            let topic = String::from_utf8(body[2..2 + length].to_vec()).unwrap();
            let mut rest = &body[2 + length..];
            if first & 0b110 != 0 {
                rest = &rest[2..];
            }
            let (mut properties, mut shift) = (0, 0);
            loop {
                let byte = rest[0];
                rest = &rest[1..];
                properties |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            return Ok((topic, rest[properties..].to_vec()));
        }
    }

    /// Sends bytes that may be nothing.
    pub(crate) async fn raw(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.stream.write_all(bytes).await.map_err(|error| error.to_string())?;
        self.stream.flush().await.map_err(|error| error.to_string())
    }

    pub(crate) async fn send(&mut self, first: u8, body: &[u8]) -> Result<(), String> {
        let mut packet = vec![first];
        let mut length = body.len();
        loop {
            let byte = u8::try_from(length % 128).unwrap();
            length /= 128;
            packet.push(if length > 0 { byte | 0x80 } else { byte });
            if length == 0 {
                break;
            }
        }
        packet.extend(body);
        self.raw(&packet).await
    }

    /// The next packet; an error when the connection has ended.
    pub(crate) async fn read(&mut self) -> Result<Packet, String> {
        let read = async {
            let first = self.stream.read_u8().await?;
            let (mut length, mut shift) = (0_usize, 0);
            loop {
                let byte = self.stream.read_u8().await?;
                length |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).await?;
            Ok::<_, std::io::Error>((first, body))
        };
        let read = tokio::time::timeout(SOON, read).await.map_err(|_| "nothing came".to_owned())?;
        read.map_err(|error| format!("ended: {error}"))
    }
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}
