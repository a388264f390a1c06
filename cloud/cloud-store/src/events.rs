//! Events on their way out: written in the transaction that they tell of, sent later, at least once.
//!
//! Events of one key are sent in the order of their ids. What is changed under a key is changed by transactions that wait for
//! each other (a till's newest place, a product's row), so ids follow the order of the changes.

use domain::ids::OrgId;
use domain::time::WallMs;
use sqlx::AnyConnection;

use crate::bulk::update_all_of;
use crate::error::{StoreError, What};
use crate::ids::EventId;
use crate::sql::{
    Failure, Values, composed, execute, fetch_each, fetch_value, push_values, values, without_zeros,
};
use crate::store::Store;

/// Longest problem that is kept of an event that was refused, in bytes.
const PROBLEM_MAX_LEN: usize = 4_000;

/// An event as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What it is about, for example `product_changes`.
    pub topic: String,
    /// What it happened to; events of one key keep their order.
    pub key: String,
    /// What happened, in the form in which it is sent.
    pub payload: Vec<u8>,
}

/// An event that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id: the same each time it is sent.
    pub id: EventId,
    /// The organisation that it is about.
    pub org: OrgId,
    /// What happened.
    pub event: NewEvent,
    /// When.
    pub made_at: WallMs,
}

/// Some of the topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topics {
    /// These.
    Only(Vec<String>),
    /// All others than these.
    AllBut(Vec<String>),
}

/// Which events that wait are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsWanted {
    /// Those behind this one.
    pub after: EventId,
    /// Those of these topics.
    pub topics: Topics,
    /// But not those of these keys, in any topic.
    pub keys_held: Vec<String>,
    /// At most so many.
    pub events_max: u32,
    /// And no more once their payloads come to so many bytes.
    pub bytes_max: u64,
}

/// How many events there are that were not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventCounts {
    /// Wait to be sent.
    pub waiting: u64,
    /// When the oldest of those was made.
    pub oldest: Option<WallMs>,
    /// Were refused too often.
    pub parked: u64,
}

/// An event that the bus refused too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    /// Its id.
    pub id: EventId,
    /// What it is about.
    pub topic: String,
    /// What it happened to.
    pub key: String,
    /// How large it is.
    pub size_bytes: u64,
    /// How often it was refused.
    pub attempts: u32,
    /// Why, the last time.
    pub problem: String,
    /// When it was made.
    pub made_at: WallMs,
    /// When it was parked.
    pub parked_at: WallMs,
}

impl Topics {
    /// All topics.
    pub const ALL: Self = Self::AllBut(Vec::new());

    /// The condition that a row is of these topics; its values come behind those that are there.
    fn condition(&self, values: &mut Values, behind: usize) -> String {
        let (word, names) = match self {
            Self::Only(names) => ("IN", names),
            Self::AllBut(names) => ("NOT IN", names),
        };
        condition("topic", word, names, values, behind)
    }

    fn len(&self) -> usize {
        let (Self::Only(names) | Self::AllBut(names)) = self;
        names.len()
    }
}

/// The condition that a column is, or is not, one of some names.
fn condition(column: &str, word: &str, names: &[String], values: &mut Values, behind: usize) -> String {
    if names.is_empty() {
        // An empty list is no SQL.
        return if word == "IN" { "1 = 0" } else { "1 = 1" }.to_owned();
    }
    let places: Vec<String> = (1..=names.len()).map(|place| format!("${}", behind + place)).collect();
    for name in names {
        values.push(name);
    }
    format!("{column} {word} ({})", places.join(", "))
}

impl Store {
    /// Adds an event that tells of nothing in the database.
    pub async fn add_event(&self, org: &OrgId, event: &NewEvent, now: WallMs) -> Result<EventId, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let id = emit(writing.connection(), org, event, now).await?;
            writing.commit().await?;
            Ok(id)
        })
        .await
    }

    /// Events of all organisations that wait to be sent, in order of id. A relay that cannot send one sends no later one of its
    /// key.
    pub async fn events_to_send(&self, wanted: &EventsWanted) -> Result<Vec<Event>, StoreError> {
        self.answer(async {
            let mut values = values![&wanted.after, &wanted.events_max, &wanted.bytes_max];
            let topics = wanted.topics.condition(&mut values, 3);
            let keys =
                condition("event_key", "NOT IN", &wanted.keys_held, &mut values, 3 + wanted.topics.len());
            // One that is larger than all that is wanted is given all the same, alone.
            let sql = composed(format!(
                "SELECT id, org, topic, event_key, payload, made_at FROM (
                     SELECT id, org, topic, event_key, payload, made_at,
                            SUM(LENGTH(payload)) OVER (ORDER BY id) - LENGTH(payload) AS before_it
                     FROM (SELECT * FROM outbox_event WHERE sent_at IS NULL AND parked_at IS NULL AND id > $1
                           AND {topics} AND {keys} ORDER BY id LIMIT $2) AS candidate
                 ) AS sized WHERE before_it < $3 ORDER BY id"
            ));
            fetch_each(&mut *self.reading().await?, What::Event, sql, values, |fields| {
                Ok(Event {
                    id: fields.take()?,
                    org: fields.take()?,
                    event: NewEvent { topic: fields.take()?, key: fields.take()?, payload: fields.take()? },
                    made_at: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// The first `limit` events of any topic and size that wait behind `after`.
    pub async fn waiting_events(&self, after: EventId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let (topics, keys_held) = (Topics::ALL, Vec::new());
        let wanted = EventsWanted { after, topics, keys_held, events_max: limit, bytes_max: i64::MAX as u64 };
        self.events_to_send(&wanted).await
    }

    /// Notes that events were sent.
    pub async fn mark_sent(&self, events: &[EventId], now: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let update = "UPDATE outbox_event SET sent_at = $1 WHERE id";
            update_all_of(writing.connection(), update, &[now.0], 1, events, |id, values| values.push(id))
                .await?;
            writing.commit().await
        })
        .await
    }

    /// Notes that the bus refused an event; the how-manieth time it was, and whether it is parked for that.
    pub async fn refuse_event(
        &self,
        id: EventId,
        problem: &str,
        attempts_max: u32,
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut problem = without_zeros(problem);
            problem.truncate(problem.floor_char_boundary(PROBLEM_MAX_LEN));
            let mut writing = self.writing().await?;
            let sql = "UPDATE outbox_event SET attempts = attempts + 1, problem = $2,
                           parked_at = CASE WHEN attempts + 1 >= $3 THEN $4 ELSE parked_at END
                       WHERE id = $1 AND sent_at IS NULL AND parked_at IS NULL
                       RETURNING CASE WHEN parked_at IS NULL THEN 0 ELSE 1 END";
            let values = values![&id, &problem, i64::from(attempts_max), &now];
            let parked: Option<i64> = fetch_value(writing.connection(), What::Event, sql, values).await?;
            writing.commit().await?;
            Ok(parked == Some(1))
        })
        .await
    }

    /// How many events of these topics wait, since when the oldest does, and how many of any topic are parked.
    pub async fn event_counts(&self, topics: &Topics) -> Result<EventCounts, StoreError> {
        self.answer(async {
            let mut values = values![];
            let topics = topics.condition(&mut values, 0);
            let sql = composed(format!(
                "SELECT COUNT(*), MIN(made_at) FROM outbox_event
                 WHERE sent_at IS NULL AND parked_at IS NULL AND {topics}"
            ));
            let mut connection = self.reading().await?;
            let found = fetch_each(&mut connection, What::Event, sql, values, |fields| {
                Ok((fields.take()?, fields.take_option()?))
            });
            let (waiting, oldest) = found.await?.into_iter().next().unwrap_or_default();
            let sql = "SELECT COUNT(*) FROM outbox_event WHERE parked_at IS NOT NULL";
            let parked = fetch_value(&mut connection, What::Event, sql, values![]).await?.unwrap_or(0);
            Ok(EventCounts { waiting, oldest, parked })
        })
        .await
    }

    /// Events of an organisation that were parked, the latest first.
    pub async fn parked_events(&self, org: &OrgId, limit: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        self.answer(async {
            let sql = "SELECT id, topic, event_key, CAST(LENGTH(payload) AS BIGINT), attempts, COALESCE(problem, ''), made_at,
                              parked_at
                       FROM outbox_event WHERE org = $1 AND parked_at IS NOT NULL ORDER BY id DESC LIMIT $2";
            fetch_each(&mut *self.reading().await?, What::Event, sql, values![org, &limit], |fields| {
                Ok(ParkedEvent {
                    id: fields.take()?,
                    topic: fields.take()?,
                    key: fields.take()?,
                    size_bytes: fields.take()?,
                    attempts: fields.take()?,
                    problem: fields.take()?,
                    made_at: fields.take()?,
                    parked_at: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// Lets an event that was parked be sent again, as often as at first. Later ones of its key may have been sent meanwhile.
    pub async fn release_event(&self, org: &OrgId, id: EventId) -> Result<(), StoreError> {
        let sql = "UPDATE outbox_event SET parked_at = NULL, attempts = 0
                   WHERE org = $1 AND id = $2 AND parked_at IS NOT NULL";
        self.change_parked(org, id, sql).await
    }

    /// Removes an event that was parked: nobody will be told of it.
    pub async fn discard_event(&self, org: &OrgId, id: EventId) -> Result<(), StoreError> {
        let sql = "DELETE FROM outbox_event WHERE org = $1 AND id = $2 AND parked_at IS NOT NULL";
        self.change_parked(org, id, sql).await
    }

    /// Removes events that were sent before a moment, at most so many; gives back how many.
    pub async fn prune_sent_events(&self, before: WallMs, limit: u32) -> Result<u64, StoreError> {
        let sql = "DELETE FROM outbox_event WHERE id IN (
                       SELECT id FROM outbox_event WHERE sent_at IS NOT NULL AND sent_at < $1 LIMIT $2)";
        self.remove_events(sql.to_owned(), values![&before, &limit]).await
    }

    /// Removes events of topics that nobody is told of, made before a moment, at most so many; gives back how many.
    pub async fn prune_unsent_events(
        &self,
        before: WallMs,
        topics: &Topics,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut values = values![&before, &limit];
        let topics = topics.condition(&mut values, 2);
        let sql = format!(
            "DELETE FROM outbox_event WHERE id IN (
                 SELECT id FROM outbox_event WHERE sent_at IS NULL AND parked_at IS NULL AND made_at < $1 AND {topics}
                 ORDER BY id LIMIT $2)"
        );
        self.remove_events(sql, values).await
    }

    /// How far a partition of a topic that is read from the bus was taken in; `None` where nothing was.
    pub async fn bus_place(&self, topic: &str, partition: i32) -> Result<Option<i64>, StoreError> {
        self.answer(async {
            let sql = "SELECT next_offset FROM bus_place WHERE topic = $1 AND bus_partition = $2";
            let values = values![topic, i64::from(partition)];
            fetch_value(&mut *self.reading().await?, What::Event, sql, values).await
        })
        .await
    }

    /// Notes how far a partition was taken in.
    pub async fn note_bus_place(&self, topic: &str, partition: i32, next: i64) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO bus_place (topic, bus_partition, next_offset) VALUES ($1, $2, $3)
                       ON CONFLICT (topic, bus_partition) DO UPDATE SET next_offset = excluded.next_offset";
            execute(writing.connection(), sql, values![topic, i64::from(partition), next]).await?;
            writing.commit().await
        })
        .await
    }

    async fn remove_events(&self, sql: String, values: Values) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let removed = execute(writing.connection(), composed(sql), values).await?;
            writing.commit().await?;
            Ok(removed)
        })
        .await
    }

    async fn change_parked(&self, org: &OrgId, id: EventId, sql: &'static str) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            if execute(writing.connection(), sql, values![org, &id]).await? == 0 {
                return Err(StoreError::not_found(What::Event, id).into());
            }
            writing.commit().await
        })
        .await
    }
}

/// Writes an event in the transaction that it tells of.
pub(crate) async fn emit(
    connection: &mut AnyConnection,
    org: &OrgId,
    event: &NewEvent,
    now: WallMs,
) -> Result<EventId, Failure> {
    let sql = "INSERT INTO outbox_event (org, topic, event_key, payload, made_at)
               VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let NewEvent { topic, key, payload } = event;
    let mut values = values![org, topic, key];
    push_values!(values; payload.as_slice(), &now);
    let id = fetch_value(connection, What::Event, sql, values).await?;
    Ok(id.unwrap_or_default())
}
