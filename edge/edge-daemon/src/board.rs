//! The kiosk's state as published: sections with the revision at which each changed last.
//!
//! The checkout loop writes, the API reads. A reader that knows revision N is sent the sections that changed after N,
//! whole, however many revisions lie between: a slow page misses steps, never the outcome.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

/// One published state.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// Counts changes, from 1.
    pub revision: u64,
    sections: BTreeMap<&'static str, Section>,
}

#[derive(Debug, Clone)]
struct Section {
    changed_at: u64,
    json: Arc<RawValue>,
}

/// Where the state is published.
#[derive(Debug)]
pub struct Board {
    current: watch::Sender<Arc<Published>>,
}

impl Default for Board {
    fn default() -> Self {
        Self { current: watch::Sender::new(Arc::default()) }
    }
}

impl Board {
    /// Publishes the sections that differ from what is published, as one revision; says whether any did.
    pub fn publish(&self, sections: Vec<(&'static str, Box<RawValue>)>) -> bool {
        let mut next = Published::clone(&self.current.borrow());
        let revision = next.revision + 1;
        let mut changed = false;
        for (name, json) in sections {
            if next.sections.get(name).is_none_or(|section| section.json.get() != json.get()) {
                next.sections.insert(name, Section { changed_at: revision, json: json.into() });
                changed = true;
            }
        }
        if changed {
            next.revision = revision;
            self.current.send_replace(Arc::new(next));
        }
        changed
    }

    /// What is published now.
    pub fn newest(&self) -> Arc<Published> {
        self.current.borrow().clone()
    }

    /// Wakes at each publication.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Published>> {
        self.current.subscribe()
    }
}

impl Published {
    /// The whole state.
    pub fn state(&self) -> Value {
        let mut state = self.changes_after(0);
        state.insert("revision".to_owned(), json!(self.revision));
        Value::Object(state)
    }

    /// The sections that changed after a revision.
    pub fn changes_after(&self, revision: u64) -> Map<String, Value> {
        let changed = self.sections.iter().filter(|(_, section)| section.changed_at > revision);
        let parse = |json: &RawValue| serde_json::from_str(json.get()).expect("a section is JSON");
        changed.map(|(name, section)| ((*name).to_owned(), parse(&section.json))).collect()
    }
}

/// A section of the state as JSON.
pub fn section(name: &'static str, value: &impl Serialize) -> (&'static str, Box<RawValue>) {
    (name, to_raw_value(value).expect("plain data with text keys is always JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_only_what_changed_since_a_revision() {
        let board = Board::default();
        assert!(board.publish(vec![section("phase", &"idle"), section("questions", &Vec::<u8>::new())]));
        assert!(!board.publish(vec![section("phase", &"idle")]), "the same again is no revision");
        assert!(board.publish(vec![section("phase", &"scanning")]));
        assert!(board.publish(vec![section("phase", &"review")]));
        let newest = board.newest();
        assert_eq!(newest.revision, 3);
        assert_eq!(Value::Object(newest.changes_after(1)), json!({"phase": "review"}));
        assert_eq!(newest.state(), json!({"revision": 3, "phase": "review", "questions": []}));
    }
}
