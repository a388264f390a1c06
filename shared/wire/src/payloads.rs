//! What is said on MQTT's topics: small JSON documents of a fixed shape.
//!
//! They are for being told at once. What matters (sales, catalogues, certificates) travels elsewhere, and a document that is
//! lost, doubled or old may mislead nobody for longer than the next one takes.

use domain::ids::Generation;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest document, in bytes.
pub const PAYLOAD_MAX_LEN: usize = 4 * 1024;
/// The longest packet that a broker or a client takes: a document with its topic and properties.
pub const PACKET_MAX_LEN: u32 = 8 * 1024;
/// The longest text in a document, in characters.
const TEXT_MAX_CHARS: usize = 200;
/// The longest word of what is wrong with a part, in characters: with all its parts a till's health fits into a document.
const PART_TEXT_MAX_CHARS: usize = 100;
/// Parts that a till tells of.
pub const PARTS_MAX: usize = 12;

/// Why a document cannot be read.
#[derive(Debug, Error)]
pub enum BadPayload {
    /// It is too long to be looked at.
    #[error("the document has {found} bytes, more than the {PAYLOAD_MAX_LEN} allowed")]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// It has another shape.
    #[error("the document has not the shape that its topic asks for")]
    Shape(#[source] serde_json::Error),
    /// A text in it is too long.
    #[error("a text in the document has more than {TEXT_MAX_CHARS} characters")]
    Text,
}

/// Whether a till is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Whether it is.
    pub online: bool,
    /// The version of its software.
    pub software: String,
}

/// How a till is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// The generation of the cloud's that it sells from; 0 for none.
    pub generation: u64,
    /// The number of its newest sale.
    pub sequence: u64,
    /// Sales that the cloud has not acked.
    pub unsent: u64,
    /// The version of its software.
    pub software: String,
    /// Its clock, in milliseconds since 1970.
    pub clock_ms: i64,
    /// How its parts are doing; none where an older till says nothing of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartTold>,
}

/// How a part of a till is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartTold {
    /// Its name, for example `camera`.
    pub part: String,
    /// How it is.
    pub state: PartStanding,
    /// What is wrong, in words; empty while nothing is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// How a part can be doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartStanding {
    /// Does all it should.
    Ok,
    /// Not there yet.
    Starting,
    /// Does its work, but not as it should.
    Degraded,
    /// Does not do its work.
    Down,
}

/// A sale was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaleTold {
    /// Its number.
    pub sequence: u64,
    /// How many lines it has.
    pub lines: u32,
    /// What it comes to, in minor units.
    pub gross_minor: i64,
    /// ISO 4217 code of that.
    pub currency: String,
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The cloud asks for it.
    Init,
    /// The till is at it.
    Executing,
    /// It is done.
    Successful,
    /// It was not done.
    Failed,
}

/// A command, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// How far it is.
    pub progress: Progress,
    /// After this time nobody begins with it, in milliseconds since 1970.
    pub expires_at_ms: i64,
    /// What came of it, in words; empty while nothing did.
    #[serde(default)]
    pub detail: String,
}

/// A store's newest generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CatalogueHead(pub u64);

/// A document of a known shape.
pub trait Payload: Serialize + DeserializeOwned {
    /// The texts in it.
    fn texts(&self) -> Vec<&str>;

    /// As it is sent.
    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("these documents have string keys only")
    }

    /// Reads what was sent.
    fn decode(bytes: &[u8]) -> Result<Self, BadPayload> {
        if bytes.len() > PAYLOAD_MAX_LEN {
            return Err(BadPayload::TooLong { found: bytes.len() });
        }
        let read: Self = serde_json::from_slice(bytes).map_err(BadPayload::Shape)?;
        let long = |text: &&str| text.chars().count() > TEXT_MAX_CHARS;
        if read.texts().iter().any(long) { Err(BadPayload::Text) } else { Ok(read) }
    }
}

impl Payload for State {
    fn texts(&self) -> Vec<&str> {
        vec![&self.software]
    }
}

impl Payload for Health {
    fn texts(&self) -> Vec<&str> {
        let parts = self.parts.iter().flat_map(|part| [part.part.as_str(), part.detail.as_str()]);
        std::iter::once(self.software.as_str()).chain(parts).collect()
    }
}

impl Payload for SaleTold {
    fn texts(&self) -> Vec<&str> {
        vec![&self.currency]
    }
}

impl Payload for Command {
    fn texts(&self) -> Vec<&str> {
        vec![&self.detail]
    }
}

impl Payload for CatalogueHead {
    fn texts(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Progress {
    /// Whether nothing more will come.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Successful | Self::Failed)
    }
}

impl Command {
    /// With words that fit.
    pub fn new(progress: Progress, expires_at_ms: i64, detail: &str) -> Self {
        Self { progress, expires_at_ms, detail: detail.chars().take(TEXT_MAX_CHARS).collect() }
    }
}

impl PartTold {
    /// With words that fit.
    pub fn new(part: &str, state: PartStanding, detail: &str) -> Self {
        let fitting = |text: &str| text.chars().take(PART_TEXT_MAX_CHARS).collect();
        Self { part: fitting(part), state, detail: fitting(detail) }
    }
}

impl From<Generation> for CatalogueHead {
    fn from(generation: Generation) -> Self {
        Self(generation.0)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    fn same<T: Payload + PartialEq + Debug>(payload: &T, json: &str) {
        assert_eq!(String::from_utf8(payload.encode()).unwrap(), json);
        assert_eq!(&T::decode(json.as_bytes()).unwrap(), payload);
    }

    fn health(parts: Vec<PartTold>) -> Health {
        Health { generation: 3, sequence: 70, unsent: 2, software: "1.2.3".to_owned(), clock_ms: 5, parts }
    }

    #[test]
    fn a_till_with_much_to_complain_of_is_heard() {
        let part = PartTold::new(&"я".repeat(500), PartStanding::Degraded, &"я".repeat(500));
        let full = health(vec![part.clone(); PARTS_MAX]);
        let half = health(vec![PartTold { part: "camera".to_owned(), ..part }; PARTS_MAX]);
        assert!(Health::decode(&half.encode()).is_ok(), "{} bytes", half.encode().len());
        assert!(
            matches!(Health::decode(&full.encode()), Err(BadPayload::TooLong { .. })),
            "parts have short names"
        );
    }

    #[test]
    fn has_a_fixed_shape() {
        same(&State { online: true, software: "1.2.3".to_owned() }, r#"{"online":true,"software":"1.2.3"}"#);
        same(
            &health(Vec::new()),
            r#"{"generation":3,"sequence":70,"unsent":2,"software":"1.2.3","clock_ms":5}"#,
        );
        same(
            &health(vec![
                PartTold::new("camera", PartStanding::Ok, ""),
                PartTold::new("scale", PartStanding::Down, "unplugged"),
            ]),
            r#"{"generation":3,"sequence":70,"unsent":2,"software":"1.2.3","clock_ms":5,"parts":[{"part":"camera","state":"ok"},{"part":"scale","state":"down","detail":"unplugged"}]}"#,
        );
        same(
            &SaleTold { sequence: 70, lines: 3, gross_minor: 597, currency: "EUR".to_owned() },
            r#"{"sequence":70,"lines":3,"gross_minor":597,"currency":"EUR"}"#,
        );
        same(
            &Command::new(Progress::Failed, 9, "no"),
            r#"{"progress":"failed","expires_at_ms":9,"detail":"no"}"#,
        );
        same(&CatalogueHead(17), "17");
    }

    #[test]
    fn refuses_what_is_not_of_it() {
        for bad in [
            "",
            "{",
            "null",
            r#"{"online":true}"#,
            r#"{"online":1,"software":""}"#,
            r#"{"online":true,"software":"","admin":true}"#,
        ] {
            assert!(matches!(State::decode(bad.as_bytes()), Err(BadPayload::Shape(_))), "{bad}");
        }
        assert!(matches!(CatalogueHead::decode(b"-1"), Err(BadPayload::Shape(_))));
        assert!(matches!(
            Command::decode(br#"{"progress":"later","expires_at_ms":1}"#),
            Err(BadPayload::Shape(_))
        ));
        let long = "x".repeat(PAYLOAD_MAX_LEN + 1);
        assert!(matches!(State::decode(long.as_bytes()), Err(BadPayload::TooLong { .. })));
        let wordy = State { online: true, software: "x".repeat(TEXT_MAX_CHARS + 1) };
        assert!(matches!(State::decode(&wordy.encode()), Err(BadPayload::Text)));
        assert!(Command::decode(&Command::new(Progress::Failed, 1, &"я".repeat(500)).encode()).is_ok());
        assert!(Progress::Failed.is_final() && !Progress::Executing.is_final());
    }
}
