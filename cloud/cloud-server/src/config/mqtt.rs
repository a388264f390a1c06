//! The broker of tills: where it is, and what it holds.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;


