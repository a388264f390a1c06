//! How often one address, and one person or service token, may ask (the generic cell rate algorithm): counted by Redis for
//! all gateways together where `cache.url` names one that answers, else by `governor` for this process.

use std::fmt::Display;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Shared;
use super::problem::Problem;
use crate::cache::Link;
use crate::config;

/// Requests to one hook without a right signature that are written down in a second, and at once after a pause.
const STRANGERS_PER_SECOND: u32 = 1;
const STRANGERS_BURST: u32 = 10;

/// The limits of the gateway.
pub struct Rates {
    addresses: Limit<IpAddr>,
    people: Limit<String>,
    hooks: Limit<String>,
    strangers: Limit<String>,
    clock: DefaultClock,
    link: Option<Link>,
}

/// A limit for each of many callers.
struct Limit<K: Hash + Eq + Clone> {
    /// Whom it is for, as a refusal says it.
    whose: &'static str,
    quota: Quota,
    here: DefaultKeyedRateLimiter<K>,
}

/// Whose address a request counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl Rates {
    /// Empty buckets are full.
    pub(crate) fn new(config: &config::Rate, link: Option<Link>) -> Self {
        Self {
            addresses: Limit::new("address", config.address_per_second, config.address_burst),
            people: Limit::new("account", config.person_per_second, config.person_burst),
            hooks: Limit::new("hook", config.hook_per_second, config.hook_burst),
            strangers: Limit::new("unsigned hook", STRANGERS_PER_SECOND, STRANGERS_BURST),
            clock: DefaultClock::default(),
            link,
        }
    }

    /// Takes one request of an address. A network of IPv6 is one household, so its first 64 bits count.
    pub(crate) async fn take_address(&self, address: IpAddr) -> Result<(), Problem> {
        self.take(&self.addresses, &network(address)).await
    }

    /// Takes one request of somebody who is signed in.
    pub(crate) async fn take_person(&self, key: &str) -> Result<(), Problem> {
        self.take(&self.people, &key.to_owned()).await
    }

    /// Takes one signed request to a hook.
    pub(crate) async fn take_hook(&self, key: &str) -> Result<(), Problem> {
        self.take(&self.hooks, &key.to_owned()).await
    }

    /// Takes one request to a hook that was not signed as it should be: so many are written down.
    pub(crate) async fn take_stranger(&self, key: &str) -> Result<(), Problem> {
        self.take(&self.strangers, &key.to_owned()).await
    }

    /// Forgets whoever has not asked for long enough to have a full bucket again.
    pub(crate) fn forget_idle(&self) {
        self.addresses.here.retain_recent();
        self.addresses.here.shrink_to_fit();
        self.people.here.retain_recent();
        self.people.here.shrink_to_fit();
        for limit in [&self.hooks, &self.strangers] {
            limit.here.retain_recent();
            limit.here.shrink_to_fit();
        }
    }

    async fn take<K>(&self, limit: &Limit<K>, key: &K) -> Result<(), Problem>
    where
        K: Hash + Eq + Clone + Display,
    {
        let wait = match self.take_shared(limit, key).await {
            Some(wait) => wait,
            None => match limit.here.check_key(key) {
                Ok(()) => return Ok(()),
                Err(refusal) => refusal.wait_time_from(self.clock.now()),
            },
        };
        if wait.is_zero() {
            return Ok(());
        }
        Err(Problem::too_many_requests(limit.whose, whole_seconds(wait)))
    }

    /// How long to wait by what all gateways count; `None` where they count alone.
    async fn take_shared<K>(&self, limit: &Limit<K>, key: &K) -> Option<Duration>
    where
        K: Hash + Eq + Clone + Display,
    {
        let bucket = format!("{}:{key}", limit.whose);
        let cost = limit.quota.replenish_interval();
        let owed_max = cost * limit.quota.burst_size().get();
        self.link.as_ref()?.take(&bucket, cost, owed_max).await.ok()
    }
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(whose: &'static str, per_second: u32, burst: u32) -> Self {
        let quota = quota(per_second, burst);
        Self { whose, quota, here: RateLimiter::dashmap(quota) }
    }
}

/// Refuses floods of one address, and remembers the address for those behind.
pub(super) async fn limit_addresses(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    limit(&shared.rates, &shared.config.http.trusted_proxies, request, next).await
}

/// The same with limits of one's own.
pub(super) async fn limit(rates: &Rates, trusted: &[IpAddr], mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    // Only a router that is not behind our listener has no peer; it then counts as one caller.
    let peer = peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    let address = client_address(peer, request.headers(), trusted);
    if let Err(problem) = rates.take_address(address).await {
        return problem.into_response();
    }
    request.extensions_mut().insert(ClientAddress(address));
    next.run(request).await
}

/// The last address that a proxy of ours did not add. Whoever speaks to us directly is who he is, whatever he writes.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    let foreign = hops.iter().rev().map_while(|hop| hop.parse().ok()).find(|hop| !trusted.contains(hop));
    foreign.unwrap_or(peer)
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn quota(per_second: u32, burst: u32) -> Quota {
    let at_least_one = |value| NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(burst))
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn refuses_a_flood_of_one_address_and_not_its_neighbour() {
        let config = config::Rate {
            address_per_second: 1,
            address_burst: 3,
            person_per_second: 1,
            person_burst: 2,
            hook_per_second: 1,
            hook_burst: 1,
        };
        let rates = Rates::new(&config, None);
        let granted = async |address: &str| {
            let mut granted = 0;
            for _ in 0..10 {
                granted += u32::from(rates.take_address(address.parse().unwrap()).await.is_ok());
            }
            granted
        };
        assert_eq!(granted("192.0.2.1").await, 3);
        assert_eq!(granted("192.0.2.2").await, 3);
        assert_eq!(granted("::ffff:192.0.2.2").await, 0, "the same address in other clothes");
        assert_eq!(granted("2001:db8::1").await, 3);
        assert_eq!(granted("2001:db8::2").await, 0, "the same household");
        for taken in [true, true, false] {
            assert_eq!(rates.take_person("anna").await.is_ok(), taken);
        }
    }

    #[test]
    fn believes_only_the_proxies_it_was_told_of() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "203.0.113.9, 198.51.100.7, 10.0.0.2".parse().unwrap());
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        assert_eq!(client_address(ip("10.0.0.1"), &headers, &trusted), ip("198.51.100.7"));
        assert_eq!(client_address(ip("192.0.2.1"), &headers, &trusted), ip("192.0.2.1"), "no proxy of ours");
        assert_eq!(client_address(ip("10.0.0.1"), &HeaderMap::new(), &trusted), ip("10.0.0.1"));
        headers.insert("x-forwarded-for", "198.51.100.7, garbage, 10.0.0.2".parse().unwrap());
        assert_eq!(client_address(ip("10.0.0.1"), &headers, &trusted), ip("10.0.0.1"));
    }
}
