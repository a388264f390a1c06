//! The pace that a channel allows: so many a second over all, one at a time and a pause for each address, and a rest for all of
//! them when the other side asks for it. Times are milliseconds of a clock that never goes back.

use std::collections::BTreeMap;

/// Says when something may be sent next. What is sent evenly never bursts, however the network bunches it.
#[derive(Debug, Clone)]
pub struct Throttle {
    spacing_ms: u64,
    pause_ms: u64,
    free_at: u64,
    rest_until: u64,
    addresses: BTreeMap<String, u64>,
}

/// Addresses that are remembered before those are forgotten that are free again.
const REMEMBERED_MAX: usize = 10_000;

impl Throttle {
    /// At most `per_second` over all; after each one to an address a pause of `pause_ms`.
    pub fn new(per_second: u32, pause_ms: u64) -> Self {
        let spacing_ms = 1_000_u64.div_ceil(u64::from(per_second.max(1)));
        Self { spacing_ms, pause_ms, free_at: 0, rest_until: 0, addresses: BTreeMap::new() }
    }

    /// When the next one may be sent, to whomever.
    pub fn free_at(&self) -> u64 {
        self.free_at.max(self.rest_until)
    }

    /// When the next one may be sent to an address.
    pub fn free_at_for(&self, address: &str) -> u64 {
        self.addresses.get(address).copied().unwrap_or(0).max(self.free_at())
    }

    /// One begins to be sent.
    pub fn began(&mut self, now_ms: u64) {
        self.free_at = self.free_at.max(now_ms) + self.spacing_ms;
    }

    /// One to an address has ended: from when it certainly had arrived the pause counts. `factor` lengthens it.
    pub fn ended(&mut self, address: &str, now_ms: u64, factor: u64) {
        if self.addresses.len() >= REMEMBERED_MAX {
            self.addresses.retain(|_, until| *until > now_ms);
        }
        self.addresses.insert(address.to_owned(), now_ms + self.pause_ms.saturating_mul(factor));
    }

    /// An address is left alone until then.
    pub fn hold(&mut self, address: &str, until_ms: u64) {
        let until = self.addresses.entry(address.to_owned()).or_default();
        *until = until_ms.max(*until);
    }

    /// The other side asks to be left alone.
    pub fn rest(&mut self, until_ms: u64) {
        self.rest_until = self.rest_until.max(until_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_both_limits_however_much_waits() {
        let mut throttle = Throttle::new(30, 1_000);
        let mut sent: Vec<(u64, usize)> = Vec::new();
        let chats: Vec<String> = (0..50).map(|chat| format!("chat-{chat}")).collect();
        for now in 0..10_000 {
            let ready = chats.iter().position(|chat| throttle.free_at_for(chat) <= now);
            if let Some(chat) = ready {
                throttle.began(now);
                throttle.ended(&chats[chat], now, 1);
                sent.push((now, chat));
            }
        }
        for (at, chat) in &sent {
            let within = |other: &&(u64, usize)| other.0 >= *at && other.0 < at + 1_000;
            assert!(sent.iter().filter(within).count() <= 30, "at {at}");
            let same = sent.iter().filter(within).filter(|other| other.1 == *chat).count();
            assert_eq!(same, 1, "chat {chat} at {at}");
        }
        assert!(sent.len() > 290, "and uses them: {}", sent.len());
    }

    #[test]
    fn rests_when_it_is_asked_to() {
        let mut throttle = Throttle::new(30, 1_000);
        throttle.rest(5_000);
        throttle.rest(3_000);
        assert_eq!(throttle.free_at_for("chat"), 5_000);
    }
}
