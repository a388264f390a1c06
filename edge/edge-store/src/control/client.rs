//! The tool's side of the socket.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::access::AccessError;
use super::protocol::{REQUEST_MAX_LEN, Request, Response, VERSION};
use super::socket_path;

/// How long the daemon may take to answer: a walk over the journal of years takes a while.
const ANSWER_MAX: Duration = Duration::from_secs(300);

/// A connection to a running daemon.
#[derive(Debug)]
pub struct Client {
    socket: PathBuf,
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects to the daemon that has the store in `dir` open.
    pub(super) fn connect(dir: &Path) -> io::Result<Self> {
        let socket = socket_path(dir);
        let stream = UnixStream::connect(&socket)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        stream.set_write_timeout(Some(ANSWER_MAX))?;
        Ok(Self { socket, stream: BufReader::new(stream) })
    }

    /// One of the store's operations.
    pub(super) fn call<T: DeserializeOwned>(&mut self, request: &Request) -> Result<T, AccessError> {
        let body = serde_json::to_value(request).map_err(|error| self.nonsense(&error))?;
        let answer = self.send(body)?;
        serde_json::from_value(answer).map_err(|error| self.nonsense(&error))
    }

    /// Any operation by its name.
    pub(super) fn call_named(&mut self, operation: &str, body: Value) -> Result<Value, AccessError> {
        let mut request = match body {
            Value::Object(fields) => Value::Object(fields),
            Value::Null => Value::Object(serde_json::Map::new()),
            other => serde_json::json!({ "body": other }),
        };
        request["op"] = operation.into();
        self.send(request)
    }

    fn send(&mut self, mut request: Value) -> Result<Value, AccessError> {
        request["v"] = VERSION.into();
        let mut line = serde_json::to_vec(&request).map_err(|error| self.nonsense(&error))?;
        if line.len() > REQUEST_MAX_LEN {
            return Err(AccessError::TooLarge { bytes: line.len(), allowed: REQUEST_MAX_LEN });
        }
        line.push(b'\n');
        let lost = |source| AccessError::Lost { socket: self.socket.clone(), source };
        self.stream.get_mut().write_all(&line).map_err(lost)?;
        let mut answer = Vec::new();
        self.stream.read_until(b'\n', &mut answer).map_err(lost)?;
        if answer.is_empty() {
            return Err(lost(io::ErrorKind::UnexpectedEof.into()));
        }
        let response: Response = serde_json::from_slice(&answer).map_err(|error| self.nonsense(&error))?;
        match response.error {
            Some(fault) => Err(AccessError::Refused { code: fault.code, message: fault.message }),
            None => Ok(response.ok.unwrap_or(Value::Null)),
        }
    }

    /// The error for an answer that makes no sense.
    pub(super) fn nonsense(&self, problem: &dyn std::fmt::Display) -> AccessError {
        AccessError::Nonsense { socket: self.socket.clone(), problem: problem.to_string() }
    }
}
