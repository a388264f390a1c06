//! What was told to all or to some: whom it can reach, and whom it did.

use std::collections::BTreeSet;

use domain::ids::{OrgId, StoreId};

use super::addresses::Channel;
use super::deliveries::DeliveryState;
use super::inbox::{NOTICE, Notice, read_notice};
use crate::error::{StoreError, What};
use crate::ids::{NoticeId, UserId};
use crate::people::{Grant, fetch_grants};
use crate::sql::{composed, fetch_each, fetch_values, values};
use crate::store::Store;

/// Somebody who can be told something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    /// Who.
    pub person: UserId,
    /// Their name.
    pub name: String,
    /// In which language.
    pub language: String,
    /// What they may do, and where.
    pub grants: Vec<Grant>,
    /// Over what they are reached beside the inbox: addresses that are confirmed and not off.
    pub channels: BTreeSet<Channel>,
}

/// What became of a notice at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentTo {
    /// Whose.
    pub person: UserId,
    /// How.
    pub channel: Channel,
    /// How far it is.
    pub state: DeliveryState,
    /// What went wrong last.
    pub problem: Option<String>,
}

impl Store {
    /// Everybody of an organisation who may sign in, by name.
    pub async fn reachable(&self, org: &OrgId) -> Result<Vec<Reachable>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let sql = "SELECT id, name, language FROM person WHERE org = $1 AND disabled_at IS NULL ORDER BY name, id";
            let people = fetch_each(&mut connection, What::User, sql, values![org], |fields| {
                Ok((fields.take::<UserId>()?, fields.take::<String>()?, fields.take::<String>()?))
            });
            let sql = "SELECT DISTINCT person, channel FROM notice_address
                       WHERE org = $1 AND confirmed_at IS NOT NULL AND off_at IS NULL";
            let people = people.await?;
            let addresses: Vec<(UserId, Channel)> =
                fetch_each(&mut connection, What::NoticeAddress, sql, values![org], |fields| {
                    Ok((fields.take()?, fields.take()?))
                })
                .await?;
            let mut found = Vec::with_capacity(people.len());
            for (person, name, language) in people {
                let grants = fetch_grants(&mut connection, org, person).await?;
                let own = addresses.iter().filter(|(whose, _)| *whose == person);
                let channels = own.map(|(_, channel)| *channel).collect();
                found.push(Reachable { person, name, language, grants, channels });
            }
            Ok(found)
        })
        .await
    }

    /// What was told to all or to some, the newest first, before `before`; of these stores alone where they are named, which
    /// leaves out what was told in the whole organisation.
    pub async fn broadcasts(
        &self,
        org: &OrgId,
        stores: Option<&[StoreId]>,
        before: Option<NoticeId>,
        limit: u32,
    ) -> Result<Vec<Notice>, StoreError> {
        self.answer(async {
            let before = before.unwrap_or(NoticeId(u64::MAX));
            let mut values = values![org, &before, &limit];
            let of_stores = match stores {
                None => String::new(),
                Some([]) => return Ok(Vec::new()),
                Some(stores) => {
                    stores.iter().for_each(|store| values.push(store));
                    let places: Vec<String> =
                        (4..4 + stores.len()).map(|place| format!("${place}")).collect();
                    format!("AND store IN ({})", places.join(", "))
                }
            };
            let sql = composed(format!(
                "{NOTICE} FROM notice WHERE org = $1 AND event = 'broadcast' AND id < $2 {of_stores}
                 ORDER BY id DESC LIMIT $3"
            ));
            fetch_each(&mut *self.reading().await?, What::Notice, sql, values, read_notice).await
        })
        .await
    }

    /// One of them.
    pub async fn broadcast(&self, org: &OrgId, id: NoticeId) -> Result<Notice, StoreError> {
        self.answer(async {
            let sql =
                composed(format!("{NOTICE} FROM notice WHERE org = $1 AND event = 'broadcast' AND id = $2"));
            let values = values![org, &id];
            let mut connection = self.reading().await?;
            let found = fetch_each(&mut connection, What::Notice, sql, values, read_notice).await?;
            Ok(found.into_iter().next().ok_or_else(|| StoreError::not_found(What::Notice, id))?)
        })
        .await
    }

    /// What became of a notice at each address that it goes to, in the order in which it was planned.
    pub async fn sent_to(&self, org: &OrgId, id: NoticeId) -> Result<Vec<SentTo>, StoreError> {
        self.answer(async {
            let sql = "SELECT person, channel, state, problem FROM delivery
                       WHERE org = $1 AND notice = $2 AND reply_to IS NULL ORDER BY id";
            fetch_each(&mut *self.reading().await?, What::Delivery, sql, values![org, &id], |fields| {
                Ok(SentTo {
                    person: fields.take()?,
                    channel: fields.take()?,
                    state: fields.take()?,
                    problem: fields.take_option()?,
                })
            })
            .await
        })
        .await
    }

    /// Who has read a notice in their inbox.
    pub async fn readers_of(&self, org: &OrgId, id: NoticeId) -> Result<BTreeSet<UserId>, StoreError> {
        self.answer(async {
            let sql = "SELECT person FROM notice_reader WHERE org = $1 AND read_up_to >= $2
                       UNION SELECT person FROM notice_read WHERE notice = $2";
            let found: Vec<UserId> =
                fetch_values(&mut *self.reading().await?, What::User, sql, values![org, &id]).await?;
            Ok(found.into_iter().collect())
        })
        .await
    }
}
