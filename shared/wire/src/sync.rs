//! Frames of `SyncService.Exchange`.

use domain::ids::{Generation, SaleId, SequenceNumber};
use domain::time::WallMs;
use sync_core::entry::Entry;
use sync_core::message::{Ack, Batch, Busy, CloudMessage, Hello, Refusal, TillMessage, Welcome};

use crate::catalogue::{SignedHead, from_head, to_head};
use crate::fields::{Malformed, hash, mark, required, to_mark, uuid};
use crate::v1;
use crate::v1::{cloud_frame, refused, till_frame};

/// What a till sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromTill {
    /// To the receiver.
    Sync(TillMessage),
    /// For people to see.
    Report(Report),
}

/// What a till is doing, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The generation of the cloud's catalogue that it sells from; 0 for none.
    pub generation: Generation,
    /// Its software's version.
    pub software: String,
    /// Sales that wait to be sent.
    pub unsent: u64,
    /// Its clock.
    pub clock: WallMs,
    /// The newest generation that it ever took; nobody has checked the signature yet.
    pub newest_taken: Option<SignedHead>,
}

/// What the cloud sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromCloud {
    /// To the sender.
    Sync(CloudMessage),
    /// There is a newer generation of the catalogue.
    Catalogue(Generation),
}

/// The longest name of a software version, in bytes.
const SOFTWARE_MAX_LEN: usize = 100;

/// A till's message as a frame.
pub fn from_till(message: FromTill) -> v1::TillFrame {
    let kind = match message {
        FromTill::Sync(TillMessage::Hello(hello)) => till_frame::Kind::Hello(v1::Hello {
            version: hello.version,
            acked: Some(to_mark(hello.acked)),
            head: Some(to_mark(hello.head)),
        }),
        FromTill::Sync(TillMessage::Batch(batch)) => till_frame::Kind::Batch(v1::Batch {
            number: batch.number,
            entries: batch.entries.into_iter().map(to_entry).collect(),
        }),
        FromTill::Report(report) => till_frame::Kind::Report(v1::TillReport {
            generation: report.generation.0,
            software: report.software,
            unsent: report.unsent,
            clock_ms: report.clock.0,
            newest_taken: report.newest_taken.map(|(head, signature)| from_head(&head, &signature)),
        }),
    };
    v1::TillFrame { kind: Some(kind) }
}

/// Reads a till's frame.
pub fn to_cloud(frame: v1::TillFrame) -> Result<FromTill, Malformed> {
    Ok(match required("kind", frame.kind)? {
        till_frame::Kind::Hello(hello) => FromTill::Sync(TillMessage::Hello(Hello {
            version: hello.version,
            acked: mark("acked", hello.acked)?,
            head: mark("head", hello.head)?,
        })),
        till_frame::Kind::Batch(batch) => {
            let entries: Result<_, _> = batch.entries.into_iter().map(entry).collect();
            FromTill::Sync(TillMessage::Batch(Batch { number: batch.number, entries: entries? }))
        }
        till_frame::Kind::Report(report) => {
            if report.software.len() > SOFTWARE_MAX_LEN {
                return Err(Malformed::new("software", format!("is longer than {SOFTWARE_MAX_LEN} bytes")));
            }
            FromTill::Report(Report {
                generation: Generation(report.generation),
                software: report.software,
                unsent: report.unsent,
                clock: WallMs(report.clock_ms),
                newest_taken: report.newest_taken.as_ref().map(to_head).transpose()?,
            })
        }
    })
}

/// The cloud's message as a frame.
pub fn from_cloud(message: &FromCloud) -> v1::CloudFrame {
    let kind = match message {
        FromCloud::Sync(CloudMessage::Welcome(welcome)) => cloud_frame::Kind::Welcome(v1::Welcome {
            version: welcome.version,
            end_of_life_ms: welcome.end_of_life_ms,
            through: Some(to_mark(welcome.through)),
            max_entries: welcome.max_entries,
            max_bytes: welcome.max_bytes,
        }),
        FromCloud::Sync(CloudMessage::Ack(ack)) => {
            cloud_frame::Kind::Ack(v1::Ack { number: ack.number, through: Some(to_mark(ack.through)) })
        }
        FromCloud::Sync(CloudMessage::Busy(busy)) => {
            cloud_frame::Kind::Busy(v1::Busy { number: busy.number, retry_after_ms: busy.retry_after_ms })
        }
        FromCloud::Sync(CloudMessage::Refused(refusal)) => cloud_frame::Kind::Refused(to_refused(*refusal)),
        FromCloud::Catalogue(generation) => {
            cloud_frame::Kind::Catalogue(v1::CatalogueHint { generation: generation.0 })
        }
    };
    v1::CloudFrame { kind: Some(kind) }
}

/// Reads the cloud's frame. A kind that a later cloud added is `None`: it was not meant for this till.
pub fn to_till(frame: v1::CloudFrame) -> Result<Option<FromCloud>, Malformed> {
    let Some(kind) = frame.kind else { return Ok(None) };
    let message = match kind {
        cloud_frame::Kind::Welcome(welcome) => CloudMessage::Welcome(Welcome {
            version: welcome.version,
            end_of_life_ms: welcome.end_of_life_ms,
            through: mark("through", welcome.through)?,
            max_entries: welcome.max_entries,
            max_bytes: welcome.max_bytes,
        }),
        cloud_frame::Kind::Ack(ack) => {
            CloudMessage::Ack(Ack { number: ack.number, through: mark("through", ack.through)? })
        }
        cloud_frame::Kind::Busy(busy) => {
            CloudMessage::Busy(Busy { number: busy.number, retry_after_ms: busy.retry_after_ms })
        }
        cloud_frame::Kind::Refused(refused) => CloudMessage::Refused(refusal(&refused)),
        cloud_frame::Kind::Catalogue(hint) => {
            return Ok(Some(FromCloud::Catalogue(Generation(hint.generation))));
        }
    };
    Ok(Some(FromCloud::Sync(message)))
}

fn to_entry(entry: Entry) -> v1::Entry {
    v1::Entry {
        sequence: entry.sequence.0,
        sale_id: entry.sale.0.as_bytes().to_vec(),
        previous: entry.previous.to_vec(),
        hash: entry.hash.to_vec(),
        payload: entry.payload,
    }
}

fn entry(entry: v1::Entry) -> Result<Entry, Malformed> {
    Ok(Entry {
        sequence: SequenceNumber(entry.sequence),
        sale: SaleId(uuid("sale_id", &entry.sale_id)?),
        previous: hash("previous", &entry.previous)?,
        hash: hash("hash", &entry.hash)?,
        payload: entry.payload,
    })
}

fn to_refused(refusal: Refusal) -> v1::Refused {
    let (reason, oldest_version, newest_version) = match refusal {
        Refusal::Version { oldest, newest } => (refused::Reason::Version, oldest, newest),
        Refusal::Malformed => (refused::Reason::Malformed, 0, 0),
        Refusal::Revoked => (refused::Reason::Revoked, 0, 0),
    };
    v1::Refused { reason: reason.into(), oldest_version, newest_version }
}

fn refusal(refused: &v1::Refused) -> Refusal {
    match refused.reason() {
        refused::Reason::Version => {
            Refusal::Version { oldest: refused.oldest_version, newest: refused.newest_version }
        }
        refused::Reason::Revoked => Refusal::Revoked,
        // A reason of a later cloud ends the connection as this one does.
        refused::Reason::Malformed | refused::Reason::Unspecified => Refusal::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::Uuid;
    use sync_core::entry::Mark;
    use sync_core::generation::Head;

    use super::*;

    fn a_mark(sequence: u64) -> Mark {
        Mark { sequence: SequenceNumber(sequence), hash: [sequence as u8; 32] }
    }

    #[test]
    fn what_a_till_sends_arrives() {
        let entry = Entry {
            sequence: SequenceNumber(7),
            sale: SaleId(Uuid::from_u128(5)),
            previous: [1; 32],
            hash: [2; 32],
            payload: b"{}".to_vec(),
        };
        let head = Head {
            number: Generation(3),
            made_at: WallMs(4),
            catalogue: [1; 32],
            calibration: None,
            model: None,
            views: [2; 32],
        };
        let report = Report {
            generation: Generation(3),
            software: "0.1.0".to_owned(),
            unsent: 4,
            clock: WallMs(-1),
            newest_taken: Some((head, [3; 64])),
        };
        for message in [
            FromTill::Sync(TillMessage::Hello(Hello { version: 1, acked: a_mark(1), head: a_mark(2) })),
            FromTill::Sync(TillMessage::Batch(Batch { number: 9, entries: vec![entry] })),
            FromTill::Report(report),
        ] {
            assert_eq!(to_cloud(from_till(message.clone())), Ok(message));
        }
    }

    #[test]
    fn what_the_cloud_sends_arrives() {
        let welcome =
            Welcome { version: 1, end_of_life_ms: Some(5), through: a_mark(3), max_entries: 6, max_bytes: 7 };
        for message in [
            FromCloud::Sync(CloudMessage::Welcome(welcome)),
            FromCloud::Sync(CloudMessage::Ack(Ack { number: 2, through: a_mark(4) })),
            FromCloud::Sync(CloudMessage::Busy(Busy { number: 2, retry_after_ms: 100 })),
            FromCloud::Sync(CloudMessage::Refused(Refusal::Version { oldest: 1, newest: 2 })),
            FromCloud::Sync(CloudMessage::Refused(Refusal::Revoked)),
            FromCloud::Catalogue(Generation(12)),
        ] {
            assert_eq!(to_till(from_cloud(&message)), Ok(Some(message)));
        }
        assert_eq!(to_till(v1::CloudFrame { kind: None }), Ok(None), "of a later cloud");
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        let mut frame = from_till(FromTill::Sync(TillMessage::Hello(Hello {
            version: 1,
            acked: a_mark(1),
            head: a_mark(2),
        })));
        let Some(till_frame::Kind::Hello(hello)) = &mut frame.kind else { panic!("it is a hello") };
        hello.head = Some(v1::Mark { sequence: 1, hash: vec![0; 5] });
        assert_eq!(to_cloud(frame.clone()).unwrap_err().to_string(), "`head` has 5 bytes, a SHA-256 has 32");
        let Some(till_frame::Kind::Hello(hello)) = &mut frame.kind else { panic!("it is a hello") };
        hello.head = None;
        assert_eq!(to_cloud(frame).unwrap_err().to_string(), "`head` is missing");
        assert!(to_cloud(v1::TillFrame { kind: None }).is_err());
    }
}
