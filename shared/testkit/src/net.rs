//! Ports nobody listens on.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;

/// Below the ports that Linux gives to whoever connects or asks for any: those are taken again at once by tests that run beside.
const PORTS: Range<u16> = 12_000..32_000;
/// Tries before the machine is said to have none left.
const TRIES: u64 = 200;

/// An address on loopback that was free a moment ago, drawn by chance. Somebody else may take it before it is used; a program that
/// can bind port 0 itself should.
///
/// # Errors
/// What the last try failed of, when none of many was free.
pub fn free_address() -> std::io::Result<SocketAddr> {
    let chance = RandomState::new();
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrInUse);
    for attempt in 0..TRIES {
        let offset = chance.hash_one(attempt) % u64::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(offset).unwrap_or_default();
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return listener.local_addr(),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_can_be_bound_and_seldom_repeat() {
        let held: Vec<TcpListener> =
            (0..20).map(|_| TcpListener::bind(free_address().unwrap()).unwrap()).collect();
        assert!(held.iter().all(|one| PORTS.contains(&one.local_addr().unwrap().port())));
    }
}
