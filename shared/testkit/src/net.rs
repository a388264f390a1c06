//! Ports nobody listens on.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// An address on loopback that was free a moment ago. Somebody else may take it before it is used; a program that
/// can bind port 0 itself should.
pub fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
