//! Just enough HTTP to be a till's customer from here, without a client library.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// An emulated till may take its time.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// `GET path`, answered in JSON.
pub(super) fn get(address: SocketAddr, path: &str) -> Result<Value> {
    ask(address, "GET", path, "")
}

/// `POST path` with a JSON body, answered in JSON.
pub(super) fn post(address: SocketAddr, path: &str, body: &Value) -> Result<Value> {
    ask(address, "POST", path, &body.to_string())
}

fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> Result<Value> {
    let what = || format!("failed to {method} http://{address}{path}");
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN).with_context(what)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).with_context(what)?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).with_context(what)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).with_context(what)?;
    parse(&answer).with_context(what)
}

/// The JSON of a response that was sent in one piece.
fn parse(answer: &str) -> Result<Value> {
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no end of its head")?;
    let status = head.split_whitespace().nth(1).unwrap_or_default();
    if !status.starts_with('2') {
        bail!("it answered {status}: {body}");
    }
    if body.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_str(body).context("the answer is not JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_answer() {
        let good = parse("HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"revision\":4}").unwrap();
        assert_eq!(good["revision"], 4);
        assert_eq!(parse("HTTP/1.1 204 No Content\r\n\r\n").unwrap(), Value::Null);
        let refused = parse("HTTP/1.1 409 Conflict\r\n\r\n{\"code\":\"phase\"}").unwrap_err();
        assert_eq!(refused.to_string(), "it answered 409: {\"code\":\"phase\"}");
        assert!(parse("garbage").is_err());
    }
}
