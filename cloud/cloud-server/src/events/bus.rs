//! What every bus does: takes events in order and says of each what became of it.

use std::collections::{BTreeMap, BTreeSet};

use cloud_store::{Event, EventId};
use thiserror::Error;

use super::amqp::AmqpBus;
use super::kafka::KafkaBus;
use crate::config::{BusKind, Config};

/// Where events go.
pub enum Bus {
    /// Brokers that speak Kafka's protocol.
    Kafka(Box<KafkaBus>),
    /// A broker that speaks AMQP 0.9.1.
    Amqp(Box<AmqpBus>),
}

/// What became of some events. Those that it does not name wait.
#[derive(Debug, Default)]
pub struct Report {
    /// The bus has these for good.
    pub sent: Vec<EventId>,
    /// The bus will not have these, and why; nothing later of their keys was sent.
    pub refused: Vec<(EventId, String)>,
    /// Topics of which the bus takes nothing now, and why.
    pub topics: BTreeMap<String, String>,
    /// Why nothing more can be sent now.
    pub failure: Option<BusFailure>,
}

/// Why a bus takes nothing.
#[derive(Debug, Error)]
pub enum BusFailure {
    /// It does not believe who we are.
    #[error("the bus refuses the user or the password of `{section}`")]
    Denied {
        /// The section of the configuration.
        section: &'static str,
        /// Its words.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It cannot be reached, or broke off.
    #[error("the bus cannot be reached or broke off")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It said nothing.
    #[error("the bus did not answer within {0} ms")]
    Silent(u128),
    /// What we were told to speak with cannot be used.
    #[error("failed to prepare to speak with the bus")]
    Unusable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl BusFailure {
    /// What everybody may read: no address.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Denied { section, .. } => {
                format!("events wait: the bus refuses the user or the password of `{section}`")
            }
            Self::Away(_) => "events wait: the bus cannot be reached: the log says more".to_owned(),
            Self::Silent(_) => "events wait: the bus does not answer".to_owned(),
            Self::Unusable(_) => {
                "events wait: what the bus is to be reached with cannot be used: the log says more".to_owned()
            }
        }
    }
}

impl Bus {
    /// The bus that the configuration names, not connected yet.
    pub fn of(config: &Config) -> Option<Self> {
        match config.events.bus {
            BusKind::None => None,
            BusKind::Kafka => Some(Self::Kafka(Box::new(KafkaBus::new(&config.events, &config.kafka)))),
            BusKind::Amqp => Some(Self::Amqp(Box::new(AmqpBus::new(&config.events, &config.amqp)))),
        }
    }

    /// Sends events, which come in order of id; connects first where it is not connected.
    pub async fn send(&mut self, events: &[Event], event_max_bytes: usize) -> Report {
        let mut report = Report::default();
        let fitting = fitting(events, event_max_bytes, &mut report);
        if !fitting.is_empty() {
            match self {
                Self::Kafka(bus) => bus.send(&fitting, &mut report).await,
                Self::Amqp(bus) => bus.send(&fitting, &mut report).await,
            }
        }
        report
    }
}

/// What of an event tells its key from others: the same word may be a key of two organisations, or of two topics.
pub(super) fn key_of(event: &Event) -> (&str, &str, &str) {
    (&event.event.topic, event.org.as_str(), &event.event.key)
}

/// Refuses what is too large, and leaves out what comes behind it under the same key.
fn fitting<'a>(events: &'a [Event], max_bytes: usize, report: &mut Report) -> Vec<&'a Event> {
    let mut blocked = BTreeSet::new();
    let mut fitting = Vec::with_capacity(events.len());
    for event in events {
        if blocked.contains(&key_of(event)) {
            continue;
        }
        let size = event.event.payload.len() + event.event.key.len();
        if size > max_bytes {
            let problem = format!("it has {size} bytes, and `events.event_max_bytes` allows {max_bytes}");
            report.refused.push((event.id, problem));
            blocked.insert(key_of(event));
        } else {
            fitting.push(event);
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use cloud_store::NewEvent;
    use domain::ids::OrgId;
    use domain::time::WallMs;

    use super::*;

    #[test]
    fn what_is_too_large_holds_up_its_own_key_only() {
        let event = |id: u64, key: &str, size: usize| Event {
            id: EventId(id),
            org: OrgId::new("acme").unwrap(),
            event: NewEvent { topic: "sales".to_owned(), key: key.to_owned(), payload: vec![0; size] },
            made_at: WallMs(0),
        };
        let events = [event(1, "a", 5), event(2, "a", 500), event(3, "a", 5), event(4, "b", 5)];
        let mut report = Report::default();
        let fitting: Vec<u64> =
            fitting(&events, 100, &mut report).into_iter().map(|event| event.id.0).collect();
        assert_eq!(fitting, [1, 4]);
        assert_eq!(report.refused.len(), 1);
        assert!(report.refused[0].1.contains("501 bytes"), "{report:?}");
    }
}
