//! How the technician's tool reaches a till's store: through the daemon's Unix socket when it runs, else directly.
//!
//! One JSON object a line, both ways; see `Request` for the operations.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use serde_json::Value;

use crate::catalogue::Change;
use crate::store::Store;

/// An operation of the daemon's own: name and body in, its answer or why not out; `None` when there is no such operation.
pub type Extra = dyn Fn(&str, &Value) -> Option<Result<Value, String>> + Sync;

/// What the daemon adds to the store's own operations.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations)]
pub struct Host<'a> {
    /// Told of every change that came in through the socket.
    pub on_change: &'a (dyn Fn(Change) + Sync),
    /// The daemon's part of the answer to `status`.
    pub status: &'a (dyn Fn() -> Value + Sync),
    /// Operations of the daemon's own, for example `enroll_camera`: name and body in; `None` when there is no such
    /// operation, else its answer, or why not.
    pub extra: &'a Extra,
}

/// Makes `<dir>/control.sock`, for the owner only. A socket left behind by a dead daemon is replaced: call it only while
/// holding the store open.
pub fn listen(_dir: &Path) -> io::Result<UnixListener> {
    unimplemented!()
}

/// Answers the requests of one connection until it ends, breaks the protocol or is silent for too long. Blocks: give each
/// connection a thread, and bound their number.
pub fn serve_connection(_stream: UnixStream, _store: &Store, _host: Host<'_>) -> io::Result<()> {
    unimplemented!()
}
