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
use crate::sql::{Failure, execute, fetch_each, fetch_value, push_values, values};
use crate::store::Store;

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

    /// Events of all organisations that wait to be sent, in order of id, those behind `after`. A relay that cannot send one
    /// sends no later one of its key.
    pub async fn waiting_events(&self, after: EventId, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.answer(async {
            let sql = "SELECT id, org, topic, event_key, payload, made_at FROM outbox_event
                       WHERE sent_at IS NULL AND id > $1 ORDER BY id LIMIT $2";
            fetch_each(&mut *self.reading().await?, What::Event, sql, values![&after, &limit], |fields| {
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

    /// How many events wait, and since when the oldest does.
    pub async fn events_waiting(&self) -> Result<(u64, Option<WallMs>), StoreError> {
        self.answer(async {
            let sql = "SELECT COUNT(*), MIN(made_at) FROM outbox_event WHERE sent_at IS NULL";
            let mut connection = self.reading().await?;
            let found = fetch_each(&mut connection, What::Event, sql, values![], |fields| {
                Ok((fields.take()?, fields.take_option()?))
            });
            Ok(found.await?.into_iter().next().unwrap_or_default())
        })
        .await
    }

    /// Removes events that were sent before a moment; gives back how many. Without a relay everything counts as sent:
    /// then `unsent` removes those that wait, too.
    pub async fn prune_events(&self, before: WallMs, unsent: bool) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "DELETE FROM outbox_event WHERE sent_at IS NOT NULL AND sent_at < $1";
            let mut removed = execute(connection, sql, values![&before]).await?;
            if unsent {
                let sql = "DELETE FROM outbox_event WHERE sent_at IS NULL AND made_at < $1";
                removed += execute(connection, sql, values![&before]).await?;
            }
            writing.commit().await?;
            Ok(removed)
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
