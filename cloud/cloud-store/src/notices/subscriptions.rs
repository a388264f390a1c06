//! What somebody wants to be told of, where, how soon, and when not; and everybody who may be told, for those who plan it.

use cloud_core::notify::{Habit, Pace};
use domain::ids::{OrgId, StoreId};
use domain::time::WallMs;

use super::addresses::{ADDRESS, NoticeAddress, read_address};
use super::inbox::read_store;
use super::{NoticeEvent, Severity};
use crate::error::{StoreError, What};
use crate::ids::{AddressId, SubscriptionId, UserId};
use crate::people::{Grant, check_store, fetch_grants};
use crate::sql::{Failure, Fields, composed, execute, fetch_each, fetch_value, values};
use crate::store::{Store, on_key};

/// Subscriptions that one person may have.
pub const SUBSCRIPTIONS_MAX: u64 = 200;
/// When the daily digest comes to whoever chose nothing else.
const DIGEST_MINUTE: u16 = 8 * 60;

crate::sql::column!(Pace as String, |pace| pace.as_str().to_owned(), |word| {
    Pace::from_word(&word).ok_or_else(|| format!("`{word}` is no pace"))
});

/// What somebody wants to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Where they are told.
    pub address: AddressId,
    /// Where it happens; `None` is everywhere they may see.
    pub store: Option<StoreId>,
    /// What; `None` is everything.
    pub event: Option<NoticeEvent>,
    /// Nothing less bad than this.
    pub least: Severity,
    /// How soon.
    pub pace: Pace,
    /// Whether they want to be told that it is over; `None` is: of what is critical.
    pub tell_settled: Option<bool>,
}

/// When somebody wants to be left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeHabit {
    /// Where they are, as an IANA time zone; empty for that of the store, or UTC.
    pub time_zone: String,
    /// The hours.
    pub habit: Habit,
}

impl Default for NoticeHabit {
    fn default() -> Self {
        let habit =
            Habit { quiet_from: 0, quiet_until: 0, critical_always: true, digest_minute: DIGEST_MINUTE };
        Self { time_zone: String::new(), habit }
    }
}

/// Somebody who may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Who.
    pub person: UserId,
    /// In which language.
    pub language: String,
    /// What they may do: they are told of nothing that they may not see.
    pub grants: Vec<Grant>,
    /// When.
    pub habit: NoticeHabit,
    /// Where: addresses that are confirmed and not off.
    pub addresses: Vec<NoticeAddress>,
    /// Of what.
    pub subscriptions: Vec<Subscription>,
}

const SUBSCRIPTION: &str =
    "SELECT id, address, store, event, least_severity, pace, tell_settled FROM notice_subscription";

impl Store {
    /// Says what somebody wants to be told of at one of their addresses, in place of what they said of the same before.
    pub async fn subscribe(
        &self,
        org: &OrgId,
        person: UserId,
        wanted: &Subscription,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, wanted.store.as_ref()).await?;
            let Subscription { id, address, store, event, least, pace, tell_settled } = wanted;
            let sql = "SELECT 1 FROM notice_address WHERE org = $1 AND person = $2 AND id = $3";
            let found: Option<i64> =
                fetch_value(connection, What::NoticeAddress, sql, values![org, &person, address]).await?;
            found.ok_or_else(|| StoreError::not_found(What::NoticeAddress, address))?;
            let sql = "SELECT COUNT(*) FROM notice_subscription WHERE org = $1 AND person = $2";
            let count: Option<u64> = fetch_value(connection, What::Subscription, sql, values![org, &person]).await?;
            if count.unwrap_or(0) >= SUBSCRIPTIONS_MAX {
                let problem = format!("is one too many: a person has at most {SUBSCRIPTIONS_MAX}, remove another first");
                return Err(StoreError::conflict(What::Subscription, id, problem).into());
            }
            let sql = "INSERT INTO notice_subscription (id, org, person, address, store, event, least_severity, pace, made_at, tell_settled)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                       ON CONFLICT (address, store, event) DO UPDATE SET
                           least_severity = excluded.least_severity, pace = excluded.pace,
                           tell_settled = excluded.tell_settled";
            let store = store.as_ref().map_or("", StoreId::as_str);
            let event = event.map_or("", NoticeEvent::as_str);
            let values = values![id, org, &person, address, store, event, least, pace, &now, tell_settled];
            on_key(
                execute(connection, sql, values).await,
                || StoreError::exists(What::Subscription, id),
                || StoreError::not_found(What::User, person),
            )?;
            writing.commit().await
        })
        .await
    }

    /// What somebody wants to be told of.
    pub async fn subscriptions(&self, org: &OrgId, person: UserId) -> Result<Vec<Subscription>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{SUBSCRIPTION} WHERE org = $1 AND person = $2 ORDER BY made_at, id"));
            let values = values![org, &person];
            fetch_each(&mut *self.reading().await?, What::Subscription, sql, values, read_subscription).await
        })
        .await
    }

    /// Ends a subscription.
    pub async fn unsubscribe(
        &self,
        org: &OrgId,
        person: UserId,
        id: SubscriptionId,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM notice_subscription WHERE org = $1 AND person = $2 AND id = $3";
            if execute(writing.connection(), sql, values![org, &person, &id]).await? == 0 {
                return Err(StoreError::not_found(What::Subscription, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// When somebody wants to be left alone; what everybody has who said nothing, where they did not.
    pub async fn notice_habit(&self, org: &OrgId, person: UserId) -> Result<NoticeHabit, StoreError> {
        self.answer(async { fetch_habit(&mut *self.reading().await?, org, person).await }).await
    }

    /// Says when somebody wants to be left alone.
    pub async fn set_notice_habit(
        &self,
        org: &OrgId,
        person: UserId,
        habit: &NoticeHabit,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO notice_habit
                           (org, person, time_zone, quiet_from_minute, quiet_until_minute, critical_always, digest_minute)
                       VALUES ($1, $2, $3, $4, $5, $6, $7)
                       ON CONFLICT (org, person) DO UPDATE SET time_zone = excluded.time_zone,
                           quiet_from_minute = excluded.quiet_from_minute, quiet_until_minute = excluded.quiet_until_minute,
                           critical_always = excluded.critical_always, digest_minute = excluded.digest_minute";
            let Habit { quiet_from, quiet_until, critical_always, digest_minute } = habit.habit;
            let mut values = values![org, &person, &habit.time_zone];
            for minute in [quiet_from, quiet_until] {
                values.push(i64::from(minute));
            }
            values.push(&critical_always);
            values.push(i64::from(digest_minute));
            let written = execute(writing.connection(), sql, values).await;
            let missing = || StoreError::not_found(What::User, person);
            on_key(written, missing, missing)?;
            writing.commit().await
        })
        .await
    }

    /// Everybody of an organisation who has an address that something can go to.
    pub async fn listeners(&self, org: &OrgId) -> Result<Vec<Listener>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let sql = composed(format!(
                "{ADDRESS}, person.language FROM notice_address
                 JOIN person ON person.org = notice_address.org AND person.id = notice_address.person
                 WHERE notice_address.org = $1 AND confirmed_at IS NOT NULL AND off_at IS NULL
                   AND person.disabled_at IS NULL
                 ORDER BY notice_address.person, notice_address.id"
            ));
            let rows = fetch_each(&mut connection, What::NoticeAddress, sql, values![org], |fields| {
                Ok((read_address(fields)?, fields.take::<String>()?))
            });
            let mut listeners: Vec<Listener> = Vec::new();
            for (address, language) in rows.await? {
                let person = address.person;
                if listeners.last().is_none_or(|last| last.person != person) {
                    let grants = fetch_grants(&mut connection, org, person).await?;
                    let habit = fetch_habit(&mut connection, org, person).await?;
                    let sql = composed(format!(
                        "{SUBSCRIPTION} WHERE org = $1 AND person = $2 ORDER BY made_at, id"
                    ));
                    let values = values![org, &person];
                    let subscriptions =
                        fetch_each(&mut connection, What::Subscription, sql, values, read_subscription)
                            .await?;
                    listeners.push(Listener {
                        person,
                        language,
                        grants,
                        habit,
                        addresses: Vec::new(),
                        subscriptions,
                    });
                }
                if let Some(last) = listeners.last_mut() {
                    last.addresses.push(address);
                }
            }
            Ok(listeners)
        })
        .await
    }
}

async fn fetch_habit(
    connection: &mut sqlx::AnyConnection,
    org: &OrgId,
    person: UserId,
) -> Result<NoticeHabit, Failure> {
    let sql = "SELECT time_zone, quiet_from_minute, quiet_until_minute, critical_always, digest_minute
               FROM notice_habit WHERE org = $1 AND person = $2";
    let found = fetch_each(connection, What::User, sql, values![org, &person], |fields| {
        Ok(NoticeHabit {
            time_zone: fields.take()?,
            habit: Habit {
                quiet_from: read_minute(fields)?,
                quiet_until: read_minute(fields)?,
                critical_always: fields.take()?,
                digest_minute: read_minute(fields)?,
            },
        })
    });
    Ok(found.await?.into_iter().next().unwrap_or_default())
}

fn read_minute(fields: &mut Fields<'_>) -> Result<u16, Failure> {
    let minute: u32 = fields.take()?;
    let unreadable = |_| StoreError::Unreadable {
        what: What::User,
        name: String::new(),
        problem: format!("{minute} is no minute of a day"),
    };
    Ok(u16::try_from(minute).map_err(unreadable)?)
}

fn read_subscription(fields: &mut Fields<'_>) -> Result<Subscription, Failure> {
    Ok(Subscription {
        id: fields.take()?,
        address: fields.take()?,
        store: read_store(fields)?,
        event: {
            let word: String = fields.take()?;
            NoticeEvent::from_word(&word)
        },
        least: fields.take()?,
        pace: fields.take()?,
        tell_settled: fields.take_option()?,
    })
}
