//! As much of HTTP/1.1 as a stand-in needs: requests of a known length, one thread a connection.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::Duration;

/// The longest body that is read.
const BODY_MAX: usize = 32 << 20;
/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(60);

/// What was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// What is answered; `None` closes the connection without a word.
pub(super) type Answer = Option<(u16, Vec<(&'static str, String)>, String)>;

/// A server that ends when it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    ends: Arc<AtomicBool>,
}

impl Server {
    /// Answers every request on loopback with `answer`.
    pub(super) fn start(
        name: &str,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (ends, answer) = (Arc::new(AtomicBool::new(false)), Arc::new(answer));
        let (ended, connection) = (Arc::clone(&ends), format!("{name}-connection"));
        Builder::new().name(name.to_owned()).spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let answer = Arc::clone(&answer);
                // A machine without another thread fails the test by the request that nobody answers.
                drop(Builder::new().name(connection.clone()).spawn(move || serve(&stream, &*answer)));
            }
        })?;
        Ok(Self { address, ends })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends; one that is gone needs no waking.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(stream: &TcpStream, answer: &dyn Fn(&Asked) -> Answer) -> Option<()> {
    stream.set_read_timeout(Some(IDLE)).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let asked = read(&mut reader)?;
        let (status, headers, body) = answer(&asked)?;
        let mut text = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(&body);
        writer.write_all(text.as_bytes()).ok()?;
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length: usize = headers.get("content-length").map_or(Some(0), |text| text.parse().ok())?;
    let mut body = vec![0; length.min(BODY_MAX)];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { path, headers, body })
}
