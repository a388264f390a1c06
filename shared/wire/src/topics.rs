//! The topics of MQTT: `ts/v1/{org}/{store}/{till}/...`, built and read here and nowhere else.
//!
//! A till's certificate names its prefix. It may write what this module knows of beneath that prefix and read all of it, and
//! it may read its store's `catalog/head`; [`may_publish`] and [`may_subscribe`] are that rule, for a broker of our own. What
//! is generated for another broker says the same.

use std::fmt;

use domain::ids::{CommandId, OrgId, StoreId, TillId, Uuid};
use domain::sale::TillRef;
use thiserror::Error;

/// What every topic begins with; the number is the format's.
pub const ROOT: &str = "ts/v1";
/// No till may be called so: its topics would be its store's.
pub const RESERVED_TILL: &str = "catalog";

const HEAD: &str = "catalog/head";
const SALE: &str = "sale";

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Whether a till is there: retained, its birth and its last will.
    State(TillRef),
    /// How a till is doing, now and then.
    Health(TillRef),
    /// A sale was written down at a till. For people to see at once; nothing is ever counted with it.
    Sale(TillRef),
    /// Something a till was told to do, and how far that is: retained until it is done.
    Command(TillRef, Operation, CommandId),
    /// The number of a store's newest generation: retained.
    CatalogueHead(OrgId, StoreId),
}

/// What a till can be told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Say at once how it is doing.
    Report,
    /// Look for a newer catalogue now.
    PullCatalogue,
    /// End the connection over which sales travel and make another.
    Reconnect,
}

/// A topic that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{topic}` is no topic that this version knows")]
pub struct UnknownTopic {
    topic: String,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Report, Self::PullCatalogue, Self::Reconnect];

    /// As topics and people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::PullCatalogue => "pull_catalogue",
            Self::Reconnect => "reconnect",
        }
    }

    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == text)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(till) => write!(f, "{}state", prefix(till)),
            Self::Health(till) => write!(f, "{}health", prefix(till)),
            Self::Sale(till) => write!(f, "{}event/{SALE}", prefix(till)),
            Self::Command(till, operation, id) => write!(f, "{}cmd/{operation}/{id}", prefix(till)),
            Self::CatalogueHead(org, store) => write!(f, "{ROOT}/{org}/{store}/{HEAD}"),
        }
    }
}

impl Topic {
    /// Reads a topic.
    pub fn parse(text: &str) -> Result<Self, UnknownTopic> {
        Self::read(text).ok_or_else(|| UnknownTopic { topic: text.chars().take(200).collect() })
    }

    /// The till that the topic is of; `None` for a store's.
    pub fn till(&self) -> Option<&TillRef> {
        match self {
            Self::State(till) | Self::Health(till) | Self::Sale(till) | Self::Command(till, ..) => Some(till),
            Self::CatalogueHead(..) => None,
        }
    }

    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(ROOT)?.strip_prefix('/')?;
        let parts: Vec<&str> = rest.split('/').collect();
        let [org, store, third, rest @ ..] = parts.as_slice() else { return None };
        let (org, store) = (OrgId::new(org).ok()?, StoreId::new(store).ok()?);
        if *third == RESERVED_TILL {
            return (rest == ["head"]).then_some(Self::CatalogueHead(org, store));
        }
        let till = TillRef { org, store, till: TillId::new(third).ok()? };
        match rest {
            ["state"] => Some(Self::State(till)),
            ["health"] => Some(Self::Health(till)),
            ["event", SALE] => Some(Self::Sale(till)),
            ["cmd", operation, id] => {
                let id = CommandId(Uuid::parse_str(id).ok()?);
                let topic = Self::Command(till, Operation::parse(operation)?, id);
                // One command has one spelling: a UUID can be written in several.
                (topic.to_string() == text).then_some(topic)
            }
            _ => None,
        }
    }
}

/// What a till's own topics begin with.
pub fn prefix(till: &TillRef) -> String {
    format!("{ROOT}/{}/{}/{}/", till.org, till.store, till.till)
}

/// A till's name in three parts, as certificates carry it and as it stands in topics.
pub fn till_path(till: &TillRef) -> String {
    format!("{}/{}/{}", till.org, till.store, till.till)
}

/// What a till calls itself to the broker. Brokers make file names of it, so there is no slash in it.
pub fn client_id(till: &TillRef) -> String {
    format!("{}:{}:{}", till.org, till.store, till.till)
}

/// The filter of everything that a till is told to do.
pub fn commands_of(till: &TillRef) -> String {
    format!("{}cmd/+/+", prefix(till))
}

/// The filters of everything that tills say, for the cloud.
pub fn from_tills() -> [String; 4] {
    ["state", "health", "event/+", "cmd/+/+"].map(|rest| format!("{ROOT}/+/+/+/{rest}"))
}

/// Whether a till may write there.
pub fn may_publish(till: &TillRef, topic: &str) -> bool {
    till.till.as_str() != RESERVED_TILL && Topic::parse(topic).is_ok_and(|topic| topic.till() == Some(till))
}

/// Whether a till may ask for what this filter matches.
pub fn may_subscribe(till: &TillRef, filter: &str) -> bool {
    let head = || Topic::CatalogueHead(till.org.clone(), till.store.clone()).to_string();
    till.till.as_str() != RESERVED_TILL && (filter.starts_with(&prefix(till)) || filter == head())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn till(org: &str, store: &str, till: &str) -> TillRef {
        TillRef {
            org: OrgId::new(org).unwrap(),
            store: StoreId::new(store).unwrap(),
            till: TillId::new(till).unwrap(),
        }
    }

    fn topics(of: &TillRef) -> Vec<Topic> {
        let mut topics = vec![
            Topic::State(of.clone()),
            Topic::Health(of.clone()),
            Topic::Sale(of.clone()),
            Topic::CatalogueHead(of.org.clone(), of.store.clone()),
        ];
        let command = |operation| Topic::Command(of.clone(), operation, CommandId(Uuid::from_u128(7)));
        topics.extend(Operation::ALL.map(command));
        topics
    }

    #[test]
    fn reads_what_it_writes() {
        for topic in topics(&till("acme", "berlin-1", "till-1")) {
            assert_eq!(Topic::parse(&topic.to_string()), Ok(topic));
        }
    }

    #[test]
    fn knows_nothing_else() {
        let id = Uuid::from_u128(7);
        for text in [
            String::new(),
            "ts/v1".to_owned(),
            "ts/v1/acme/berlin-1/till-1".to_owned(),
            "ts/v1/acme/berlin-1/till-1/state/".to_owned(),
            "ts/v1/acme/berlin-1/till-1/twin/x".to_owned(),
            "ts/v1/acme/berlin-1/till-1/event/other".to_owned(),
            "ts/v2/acme/berlin-1/till-1/state".to_owned(),
            "ts/v1/acme/berlin-1/Till 1/state".to_owned(),
            "ts/v1/acme/+/till-1/state".to_owned(),
            "ts/v1/acme/berlin-1/catalog/state".to_owned(),
            "ts/v1/acme/berlin-1/catalog/head/x".to_owned(),
            format!("ts/v1/acme/berlin-1/till-1/cmd/format_disk/{id}"),
            format!("ts/v1/acme/berlin-1/till-1/cmd/report/{}", id.simple()),
            "$SYS/broker/version".to_owned(),
        ] {
            assert!(Topic::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_till_has_its_own_prefix_and_no_other() {
        let own = till("acme", "berlin-1", "till-1");
        for topic in topics(&own) {
            let text = topic.to_string();
            assert_eq!(may_publish(&own, &text), topic.till().is_some(), "{text}");
            assert!(may_subscribe(&own, &text), "{text}");
        }
        for other in [
            till("acme", "berlin-1", "till-10"),
            till("acme", "berlin-2", "till-1"),
            till("rival", "berlin-1", "till-1"),
        ] {
            for topic in topics(&other) {
                let text = topic.to_string();
                let own_head = text == "ts/v1/acme/berlin-1/catalog/head";
                assert!(!may_publish(&own, &text), "{text}");
                assert_eq!(may_subscribe(&own, &text), own_head, "{text}");
            }
        }
        for filter in
            ["#", "+/#", "ts/#", "ts/v1/+/+/+/state", "ts/v1/acme/berlin-1/#", "ts/v1/acme/berlin-1/+/state"]
        {
            assert!(!may_subscribe(&own, filter), "{filter}");
        }
        for filter in ["$SYS/#", "$share/x/ts/v1/acme/berlin-1/till-1/#", "ts/v1/acme/berlin-1/till-1", ""] {
            assert!(!may_subscribe(&own, filter), "{filter}");
        }
        assert!(
            may_subscribe(&own, &commands_of(&own)) && may_subscribe(&own, &format!("{}#", prefix(&own)))
        );
    }

    #[test]
    fn no_till_passes_for_its_store() {
        let sly = till("acme", "berlin-1", RESERVED_TILL);
        assert!(!may_publish(&sly, "ts/v1/acme/berlin-1/catalog/head"));
        assert!(!may_publish(&sly, "ts/v1/acme/berlin-1/catalog/state"));
        assert!(!may_subscribe(&sly, "ts/v1/acme/berlin-1/catalog/#"));
    }
}
