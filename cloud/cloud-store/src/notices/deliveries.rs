//! What goes to addresses: planned once for each notice, sent by one process for each channel, written down before and after.
//!
//! A row is `waiting`, `sending`, `sent` or `dead`. Whoever sends makes it `sending` before a byte leaves. Where a process dies in
//! between, the next one makes it `waiting` again and `doubtful`: it may have arrived.

use domain::ids::OrgId;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::addresses::{ADDRESS, Channel, NoticeAddress, read_address, switch_off};
use super::inbox::{NOTICE, Notice, read_notice};
use crate::error::{StoreError, What};
use crate::ids::{AddressId, DeliveryId, NoticeId, UserId};
use crate::sql::{Failure, Fields, composed, execute, fetch_each, fetch_value, values, word_column};
use crate::store::Store;

/// Longest problem that is kept, in bytes.
const PROBLEM_MAX_LEN: usize = 1_000;
/// Notices of one digest.
pub const DIGEST_NOTICES_MAX: u32 = 200;

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is to be sent, perhaps again.
    Waiting,
    /// It is being sent.
    Sending,
    /// The other side has taken it.
    Sent,
    /// It is given up.
    Dead,
}

word_column!(DeliveryState: Waiting = "waiting", Sending = "sending", Sent = "sent", Dead = "dead");

/// What goes to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// What it is, once and for all: a second one of the same key is not made.
    pub key: String,
    /// Of what it tells, where it tells of one notice.
    pub notice: Option<NoticeId>,
    /// Whose address it is.
    pub person: UserId,
    /// Where it goes.
    pub address: AddressId,
    /// How.
    pub channel: Channel,
    /// What happened, as a word.
    pub event: String,
    /// One line.
    pub subject: String,
    /// The text, or what software is told as JSON.
    pub body: String,
    /// HTML for mail; empty where there is none.
    pub html: String,
    /// The name of a picture among the blobs; empty where there is none.
    pub picture: String,
    /// Not before.
    pub run_after: WallMs,
    /// What the other side calls the message that this one answers, where it answers one.
    pub reply_to: Option<String>,
}

/// A delivery and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// As it was made.
    pub asked: NewDelivery,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether a try ended without a word, or its process did: it may have arrived before.
    pub doubtful: bool,
    /// What went wrong last.
    pub problem: Option<String>,
    /// What the other side calls it.
    pub remote_id: Option<String>,
    /// When it was made.
    pub made_at: WallMs,
    /// When it was sent or given up.
    pub settled_at: Option<WallMs>,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The other side has taken it, and calls it so.
    Sent(String),
    /// It is tried again at that time.
    Again {
        /// Why.
        problem: String,
        /// When.
        at: WallMs,
        /// Whether it may have arrived all the same.
        is_doubtful: bool,
    },
    /// It is given up.
    Dead(String),
    /// Nothing will ever get there: it is given up with all that waits for the address.
    AddressOff(String),
}

/// Which deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Of one person.
    pub person: Option<UserId>,
    /// Of one notice.
    pub notice: Option<NoticeId>,
    /// Over one channel.
    pub channel: Option<Channel>,
    /// Of one kind: a notice's event, or a word of its own.
    pub event: Option<String>,
    /// That far.
    pub state: Option<DeliveryState>,
}

/// How many deliveries there are of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeliveryCounts {
    /// Wait, or are being sent.
    pub waiting: u64,
    /// Were given up and are still known.
    pub dead: u64,
}

/// A notice of which those who want it are to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What goes out alone.
    pub deliveries: Vec<NewDelivery>,
    /// What waits to be told of with others: where and until when.
    pub together: Vec<(AddressId, WallMs)>,
}

/// What is to be told of together.
#[derive(Debug, Clone, PartialEq)]
pub struct DueDigest {
    /// Where.
    pub address: NoticeAddress,
    /// What, the oldest first.
    pub notices: Vec<Notice>,
}

pub(super) const DELIVERY: &str = "SELECT delivery.id, delivery_key, notice, delivery.person, delivery.address, delivery.channel, event, subject,
    body, html, picture, run_after, reply_to, state, attempts, doubtful, problem, remote_id, delivery.made_at, settled_at";

impl Store {
    /// Notices of all organisations of which nobody was told yet, the oldest first.
    pub async fn notices_to_plan(&self, limit: u32) -> Result<Vec<Notice>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{NOTICE} FROM notice WHERE planned_at IS NULL ORDER BY id LIMIT $1"));
            fetch_each(&mut *self.reading().await?, What::Notice, sql, values![&limit], read_notice).await
        })
        .await
    }

    /// Writes down who is told of a notice, all of it or nothing; false where another process did before.
    pub async fn plan_notice(
        &self,
        org: &OrgId,
        id: NoticeId,
        planned: &Planned,
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "UPDATE notice SET planned_at = $3 WHERE org = $1 AND id = $2 AND planned_at IS NULL";
            if execute(connection, sql, values![org, &id, &now]).await? == 0 {
                return Ok(false);
            }
            for delivery in &planned.deliveries {
                insert_delivery(connection, org, delivery, now).await?;
            }
            for (address, due_at) in &planned.together {
                let sql = "INSERT INTO digest_item (address, notice, due_at)
                           SELECT id, $2, $3 FROM notice_address WHERE id = $1
                           ON CONFLICT (address, notice) DO NOTHING";
                execute(connection, sql, values![address, &id, due_at]).await?;
            }
            writing.commit().await?;
            Ok(true)
        })
        .await
    }

    /// What is to be told of together now.
    pub async fn due_digests(&self, now: WallMs, limit: u32) -> Result<Vec<DueDigest>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let sql = composed(format!(
                "{ADDRESS} FROM notice_address WHERE id IN (
                     SELECT address FROM digest_item WHERE due_at <= $1 GROUP BY address ORDER BY MIN(due_at) LIMIT $2)
                 ORDER BY id"
            ));
            let values = values![&now, &limit];
            let addresses = fetch_each(&mut connection, What::NoticeAddress, sql, values, read_address).await?;
            let mut digests = Vec::with_capacity(addresses.len());
            for address in addresses {
                let sql = composed(format!(
                    "{NOTICE} FROM notice JOIN digest_item ON digest_item.notice = notice.id
                     WHERE digest_item.address = $1 AND due_at <= $2 ORDER BY notice.id LIMIT $3"
                ));
                let values = values![&address.id, &now, &DIGEST_NOTICES_MAX];
                let notices = fetch_each(&mut connection, What::Notice, sql, values, read_notice).await?;
                digests.push(DueDigest { address, notices });
            }
            Ok(digests)
        })
        .await
    }

    /// Puts a digest on its way in place of what waited for it; false where another process did before. `None` tells nobody.
    pub async fn send_digest(
        &self,
        digest: &DueDigest,
        delivery: Option<&NewDelivery>,
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            for notice in &digest.notices {
                let sql = "DELETE FROM digest_item WHERE address = $1 AND notice = $2";
                if execute(connection, sql, values![&digest.address.id, &notice.id]).await? == 0 {
                    return Ok(false);
                }
            }
            if let Some(delivery) = delivery {
                insert_delivery(connection, &digest.address.org, delivery, now).await?;
            }
            writing.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Takes over what was being sent when whoever did so went away; gives back how many may have arrived. Only whoever has just
    /// taken on the duty of the channel, and sends nothing yet, may.
    pub async fn take_over_deliveries(&self, channel: Channel) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE delivery SET state = 'waiting', doubtful = 1, sender = NULL
                       WHERE channel = $1 AND state = 'sending'";
            let rows = execute(writing.connection(), sql, values![&channel]).await?;
            writing.commit().await?;
            Ok(rows)
        })
        .await
    }

    /// The next delivery of each address of a channel, the oldest first, with where it goes.
    pub async fn next_deliveries(
        &self,
        channel: Channel,
        now: WallMs,
        limit: u32,
    ) -> Result<Vec<(Delivery, NoticeAddress)>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{DELIVERY}, {} FROM delivery JOIN notice_address ON notice_address.id = delivery.address
                 WHERE delivery.id IN (SELECT MIN(id) FROM delivery
                     WHERE channel = $1 AND state = 'waiting' AND run_after <= $2
                     GROUP BY address ORDER BY 1 LIMIT $3)
                 ORDER BY delivery.id",
                ADDRESS.trim_start_matches("SELECT ")
            ));
            let values = values![&channel, &now, &limit];
            fetch_each(&mut *self.reading().await?, What::Delivery, sql, values, |fields| {
                Ok((read_delivery(fields)?, read_address(fields)?))
            })
            .await
        })
        .await
    }

    /// Notes that a delivery is about to be sent; false where it is no more to be.
    pub async fn begin_delivery(&self, id: DeliveryId, sender: &str) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE delivery SET state = 'sending', sender = $2, attempts = attempts + 1
                       WHERE id = $1 AND state = 'waiting'";
            let rows = execute(writing.connection(), sql, values![&id, sender]).await?;
            writing.commit().await?;
            Ok(rows > 0)
        })
        .await
    }

    /// Notes what became of a delivery that this sender has begun.
    pub async fn settle_delivery(
        &self,
        id: DeliveryId,
        sender: &str,
        outcome: &SendOutcome,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let (state, text, again) = match outcome {
                SendOutcome::Sent(remote) => (DeliveryState::Sent, remote, None),
                SendOutcome::Again { problem, at, is_doubtful } => {
                    (DeliveryState::Waiting, problem, Some((*at, *is_doubtful)))
                }
                SendOutcome::Dead(problem) | SendOutcome::AddressOff(problem) => {
                    (DeliveryState::Dead, problem, None)
                }
            };
            let mut text = text.clone();
            text.truncate(text.floor_char_boundary(PROBLEM_MAX_LEN));
            let is_sent = state == DeliveryState::Sent;
            let (remote, problem) = if is_sent { (Some(&text), None) } else { (None, Some(&text)) };
            let settled_at = again.is_none().then_some(now);
            let run_after = again.map(|(at, _)| at);
            let is_doubtful = again.is_some_and(|(_, is_doubtful)| is_doubtful);
            let sql = "UPDATE delivery SET state = $3, remote_id = $4, problem = $5, settled_at = $6,
                           run_after = COALESCE($7, run_after), sender = NULL,
                           doubtful = CASE WHEN $8 = 1 THEN 1 ELSE doubtful END
                       WHERE id = $1 AND sender = $2 AND state = 'sending'";
            let values = values![&id, sender, &state, remote, problem, &settled_at, &run_after, &is_doubtful];
            let rows = execute(connection, sql, values).await?;
            if rows > 0
                && let SendOutcome::AddressOff(reason) = outcome
            {
                let sql = "SELECT address FROM delivery WHERE id = $1";
                if let Some(address) = fetch_value(connection, What::Delivery, sql, values![&id]).await? {
                    switch_off(connection, address, reason, now).await?;
                }
            }
            writing.commit().await
        })
        .await
    }

    /// Deliveries of an organisation, the newest first, those before `before`.
    pub async fn deliveries(
        &self,
        org: &OrgId,
        filter: &DeliveryFilter,
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.answer(async {
            let mut sql = format!("{DELIVERY} FROM delivery WHERE org = $1");
            let mut values = values![org, &limit];
            let mut place = 2;
            let mut next = || {
                place += 1;
                place
            };
            if let Some(before) = before {
                sql.push_str(&format!(" AND id < ${}", next()));
                values.push(&before);
            }
            if let Some(person) = filter.person {
                sql.push_str(&format!(" AND person = ${}", next()));
                values.push(&person);
            }
            if let Some(notice) = filter.notice {
                sql.push_str(&format!(" AND notice = ${}", next()));
                values.push(&notice);
            }
            if let Some(channel) = filter.channel {
                sql.push_str(&format!(" AND channel = ${}", next()));
                values.push(&channel);
            }
            if let Some(event) = &filter.event {
                sql.push_str(&format!(" AND event = ${}", next()));
                values.push(event);
            }
            if let Some(state) = filter.state {
                sql.push_str(&format!(" AND state = ${}", next()));
                values.push(&state);
            }
            sql.push_str(" ORDER BY id DESC LIMIT $2");
            fetch_each(&mut *self.reading().await?, What::Delivery, composed(sql), values, read_delivery)
                .await
        })
        .await
    }

    /// Lets a delivery that was given up be tried again, as often as at first.
    pub async fn revive_delivery(&self, org: &OrgId, id: DeliveryId, now: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE delivery SET state = 'waiting', attempts = 0, run_after = $3, settled_at = NULL
                       WHERE org = $1 AND id = $2 AND state = 'dead'";
            if execute(writing.connection(), sql, values![org, &id, &now]).await? == 0 {
                return Err(StoreError::not_found(What::Delivery, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// How many deliveries of a channel wait or were given up, of all organisations.
    pub async fn delivery_counts(&self, channel: Channel) -> Result<DeliveryCounts, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let mut count = async |sql: &'static str| -> Result<u64, Failure> {
                Ok(fetch_value(&mut connection, What::Delivery, sql, values![&channel]).await?.unwrap_or(0))
            };
            let sql = "SELECT COUNT(*) FROM delivery WHERE channel = $1 AND state = 'waiting'";
            let waiting = count(sql).await?;
            let sending =
                count("SELECT COUNT(*) FROM delivery WHERE channel = $1 AND state = 'sending'").await?;
            let dead = count("SELECT COUNT(*) FROM delivery WHERE channel = $1 AND state = 'dead'").await?;
            Ok(DeliveryCounts { waiting: waiting + sending, dead })
        })
        .await
    }

    /// Removes deliveries that were sent or given up before a moment, at most so many; gives back how many.
    pub async fn prune_deliveries(&self, before: WallMs, limit: u32) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM delivery WHERE id IN (
                           SELECT id FROM delivery WHERE settled_at IS NOT NULL AND settled_at < $1 LIMIT $2)";
            let removed = execute(writing.connection(), sql, values![&before, &limit]).await?;
            writing.commit().await?;
            Ok(removed)
        })
        .await
    }
}

/// Writes a delivery in the transaction that needs it; one of the same key stands for it.
pub(super) async fn insert_delivery(
    connection: &mut AnyConnection,
    org: &OrgId,
    delivery: &NewDelivery,
    now: WallMs,
) -> Result<(), Failure> {
    // An address that was removed meanwhile gets nothing.
    let sql = "INSERT INTO delivery (org, delivery_key, notice, person, address, channel, event, subject, body, html, picture,
                   reply_to, state, run_after, attempts, doubtful, made_at)
               SELECT $1, $2, $3, $4, id, $6, $7, $8, $9, $10, $11, $12, 'waiting', $13, 0, 0, $14
               FROM notice_address WHERE id = $5
               ON CONFLICT (delivery_key) DO NOTHING";
    let NewDelivery { key, notice, person, address, channel, event, .. } = delivery;
    let NewDelivery { subject, body, html, picture, run_after, reply_to, .. } = delivery;
    let values = values![
        org, key, notice, person, address, channel, event, subject, body, html, picture, reply_to, run_after,
        &now
    ];
    execute(connection, sql, values).await?;
    Ok(())
}

pub(super) fn read_delivery(fields: &mut Fields<'_>) -> Result<Delivery, Failure> {
    Ok(Delivery {
        id: fields.take()?,
        asked: NewDelivery {
            key: fields.take()?,
            notice: fields.take_option()?,
            person: fields.take()?,
            address: fields.take()?,
            channel: fields.take()?,
            event: fields.take()?,
            subject: fields.take()?,
            body: fields.take()?,
            html: fields.take()?,
            picture: fields.take()?,
            run_after: fields.take()?,
            reply_to: fields.take_option()?,
        },
        state: fields.take()?,
        attempts: fields.take()?,
        doubtful: fields.take()?,
        problem: fields.take_option()?,
        remote_id: fields.take_option()?,
        made_at: fields.take()?,
        settled_at: fields.take_option()?,
    })
}
