//! Addresses that may be visited: public pages, nobody's inner network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper_util::client::legacy::connect::dns::Name;
use thiserror::Error;
use tower::util::BoxCloneSyncService;
use url::{Host, Url};

/// Longest address, in bytes.
const ADDRESS_MAX_LEN: usize = 2_000;

/// Reads an address of a page; the part behind `#` is left out, so that one page has one address.
pub fn checked(text: &str) -> Result<Url, String> {
    let shown = || text.chars().take(200).collect::<String>();
    if text.len() > ADDRESS_MAX_LEN {
        return Err(format!("the address has {} bytes: at most {ADDRESS_MAX_LEN} are taken", text.len()));
    }
    let mut url = Url::parse(text.trim()).map_err(|error| format!("`{}` is no address: {error}", shown()))?;
    if !["http", "https"].contains(&url.scheme()) || url.host().is_none() {
        return Err(format!(
            "`{}` is no address of a page: it has to begin with http:// or https://",
            shown()
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address has a user or password in it: public pages need none".to_owned());
    }
    url.set_fragment(None);
    Ok(url)
}

/// Whether an address that is written as a number may be visited.
pub fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// What finds the addresses of names for a client of HTTP.
pub(crate) type Resolver = BoxCloneSyncService<Name, std::vec::IntoIter<SocketAddr>, std::io::Error>;

/// A name led into an inner network.
#[derive(Debug, Error)]
#[error("`{0}` is no address of the public internet")]
pub(crate) struct Inner(pub(crate) String);

/// Finds what may be visited of a name.
pub(crate) fn resolver(allow_private: bool) -> Resolver {
    BoxCloneSyncService::new(tower::service_fn(move |name: Name| resolve(name, allow_private)))
}

/// The addresses of a name that may be visited. A name that has others beside them is somebody's trick, and none of it is used.
async fn resolve(name: Name, allow_private: bool) -> std::io::Result<std::vec::IntoIter<SocketAddr>> {
    let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
    if !allow_private && let Some(inner) = found.iter().find(|address| !is_public(address.ip())) {
        return Err(std::io::Error::other(Inner(format!("{} ({name})", inner.ip()))));
    }
    Ok(found.into_iter())
}

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// IANA's special-purpose registry: <https://www.iana.org/assignments/iana-ipv4-special-registry>.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

/// Only what is given out to the public (2000::/3), and of that nothing that leads to IPv4 or is for documents.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let parts = address.segments();
    let global = parts[0] & 0xe000 == 0x2000;
    let tunnel = parts[0] == 0x2002 || (parts[0] == 0x2001 && parts[1] == 0);
    let documents = (parts[0] == 0x2001 && parts[1] == 0x0db8) || parts[0] == 0x3fff;
    global && !tunnel && !documents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_public_pages_alone() {
        assert_eq!(checked(" https://Shop.example/a?b=1#c ").unwrap().as_str(), "https://shop.example/a?b=1");
        for bad in [
            "file:///etc/passwd",
            "ftp://host/",
            "https://u:p@host/",
            "shop.example",
            "http://",
            "data:text/html,x",
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
        // However it is written, it is the same address.
        for loopback in [
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
        ] {
            let address = literal(&checked(loopback).unwrap()).unwrap();
            assert!(!is_public(address), "{loopback} is {address}");
        }
    }

    #[test]
    fn knows_inner_networks() {
        for inner in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.7",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
        ] {
            assert!(!is_public(inner.parse().unwrap()), "{inner}");
        }
        for outer in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "172.32.0.1", "100.128.0.1"] {
            assert!(is_public(outer.parse().unwrap()), "{outer}");
        }
    }
}
