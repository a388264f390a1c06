//! Where somebody is reached: confirmed with a code that was sent there, switched off when the other side refuses for good.

use domain::ids::OrgId;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::deliveries::{NewDelivery, insert_delivery};
use crate::error::{StoreError, What};
use crate::ids::{AddressId, Hash, UserId};
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, values, word_column,
};
use crate::store::{Store, on_key};

/// Addresses that one person may have.
pub const ADDRESSES_MAX: u64 = 10;
/// How long after a code another one is sent, so that nobody floods somebody else's mailbox.
const CODE_EVERY_MS: i64 = 60_000;
/// How often a code may be guessed at.
pub const CODE_TRIES_MAX: i64 = 5;

/// How somebody is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A chat of Telegram's.
    Telegram,
    /// A mailbox.
    Email,
    /// Software that takes requests.
    Webhook,
}

word_column!(Channel: Telegram = "telegram", Email = "email", Webhook = "webhook");

/// A new address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAddress {
    /// A new id.
    pub id: AddressId,
    /// Whose.
    pub person: UserId,
    /// How.
    pub channel: Channel,
    /// A chat's number, an e-mail address, or the address of a page.
    pub address: String,
    /// What requests to software are signed with; empty otherwise.
    pub secret: String,
}

/// The code that confirms an address, on its way there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// SHA-256 of it, with the address's id.
    pub hash: Hash,
    /// Until when it counts.
    pub expires_at: WallMs,
    /// What takes it there.
    pub delivery: NewDelivery,
}

/// Where somebody is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeAddress {
    /// Its id.
    pub id: AddressId,
    /// Of which organisation.
    pub org: OrgId,
    /// Whose.
    pub person: UserId,
    /// How.
    pub channel: Channel,
    /// The address itself.
    pub address: String,
    /// What requests are signed with.
    pub secret: String,
    /// Since when it is known.
    pub made_at: WallMs,
    /// Since when it is known to be theirs.
    pub confirmed_at: Option<WallMs>,
    /// Since when nothing goes there.
    pub off_at: Option<WallMs>,
    /// Why.
    pub off_reason: Option<String>,
}

pub(super) const ADDRESS: &str =
    "SELECT notice_address.id, notice_address.org, notice_address.person, notice_address.channel,
    notice_address.address, notice_address.secret, notice_address.made_at, confirmed_at, off_at, off_reason";

impl Store {
    /// Adds an address, and sends the code that confirms it.
    pub async fn add_notice_address(
        &self,
        org: &OrgId,
        address: &NewAddress,
        code: &NewCode,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "SELECT COUNT(*) FROM notice_address WHERE org = $1 AND person = $2";
            let values = values![org, &address.person];
            let count: Option<u64> = fetch_value(connection, What::NoticeAddress, sql, values).await?;
            if count.unwrap_or(0) >= ADDRESSES_MAX {
                let problem =
                    format!("is one too many: a person has at most {ADDRESSES_MAX}, remove another first");
                return Err(StoreError::conflict(What::NoticeAddress, &address.address, problem).into());
            }
            let sql =
                "INSERT INTO notice_address (id, org, person, channel, address, secret, made_at, code_tries)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, 0)";
            let NewAddress { id, person, channel, address: text, secret } = address;
            on_key(
                execute(connection, sql, values![id, org, person, channel, text, secret, &now]).await,
                || StoreError::exists(What::NoticeAddress, text),
                || StoreError::not_found(What::User, person),
            )?;
            set_code(connection, org, *id, code, now).await?;
            writing.commit().await
        })
        .await
    }

    /// Sends another code to an address of somebody's; what was off is tried again.
    pub async fn renew_address_code(
        &self,
        org: &OrgId,
        person: UserId,
        id: AddressId,
        code: &NewCode,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "SELECT COALESCE(code_expires_at, 0) FROM notice_address WHERE org = $1 AND person = $2 AND id = $3";
            let last: Option<i64> = fetch_value(connection, What::NoticeAddress, sql, values![org, &person, &id]).await?;
            let last = last.ok_or_else(|| StoreError::not_found(What::NoticeAddress, id))?;
            if code.expires_at.0 < last + CODE_EVERY_MS {
                let problem = "was sent a code within the last minute: wait for it, or a little longer for another";
                return Err(StoreError::conflict(What::NoticeAddress, id, problem).into());
            }
            let sql = "UPDATE notice_address SET off_at = NULL, off_reason = NULL, confirmed_at = NULL WHERE id = $1";
            execute(connection, sql, values![&id]).await?;
            set_code(connection, org, id, code, now).await?;
            writing.commit().await
        })
        .await
    }

    /// Confirms an address where the code is the one that was sent there, in time and not guessed at too often.
    pub async fn confirm_address(
        &self,
        org: &OrgId,
        person: UserId,
        id: AddressId,
        code_hash: &Hash,
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "UPDATE notice_address SET code_tries = code_tries + 1 WHERE org = $1 AND person = $2 AND id = $3";
            changed(execute(connection, sql, values![org, &person, &id]).await?, id)?;
            let sql = "UPDATE notice_address SET confirmed_at = $5, code_hash = NULL, code_expires_at = NULL
                       WHERE org = $1 AND person = $2 AND id = $3 AND code_hash = $4 AND code_expires_at > $5
                         AND code_tries <= $6";
            let values = values![org, &person, &id, code_hash, &now, CODE_TRIES_MAX];
            let confirmed = execute(connection, sql, values).await? > 0;
            writing.commit().await?;
            Ok(confirmed)
        })
        .await
    }

    /// The addresses of a person, the oldest first.
    pub async fn notice_addresses(
        &self,
        org: &OrgId,
        person: UserId,
    ) -> Result<Vec<NoticeAddress>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{ADDRESS} FROM notice_address WHERE org = $1 AND person = $2 ORDER BY made_at, id"
            ));
            let values = values![org, &person];
            fetch_each(&mut *self.reading().await?, What::NoticeAddress, sql, values, read_address).await
        })
        .await
    }

    /// An address of a person's.
    pub async fn notice_address(
        &self,
        org: &OrgId,
        person: UserId,
        id: AddressId,
    ) -> Result<NoticeAddress, StoreError> {
        self.answer(async {
            let sql =
                composed(format!("{ADDRESS} FROM notice_address WHERE org = $1 AND person = $2 AND id = $3"));
            let values = values![org, &person, &id];
            let name = (What::NoticeAddress, &id as &(dyn std::fmt::Display + Sync));
            fetch_found(&mut *self.reading().await?, name, sql, values, read_address).await
        })
        .await
    }

    /// Everybody who is reached there and has confirmed it, in any organisation.
    pub async fn confirmed_at_address(
        &self,
        channel: Channel,
        address: &str,
    ) -> Result<Vec<NoticeAddress>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{ADDRESS} FROM notice_address WHERE channel = $1 AND address = $2 AND confirmed_at IS NOT NULL ORDER BY id"
            ));
            let values = values![&channel, address];
            fetch_each(&mut *self.reading().await?, What::NoticeAddress, sql, values, read_address).await
        })
        .await
    }

    /// Removes an address with all that was to go there.
    pub async fn remove_notice_address(
        &self,
        org: &OrgId,
        person: UserId,
        id: AddressId,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM notice_address WHERE org = $1 AND person = $2 AND id = $3";
            changed(execute(writing.connection(), sql, values![org, &person, &id]).await?, id)?;
            writing.commit().await
        })
        .await
    }
}

/// Switches an address off: what waits for it is dead.
pub(super) async fn switch_off(
    connection: &mut AnyConnection,
    id: AddressId,
    reason: &str,
    now: WallMs,
) -> Result<(), Failure> {
    let sql = "UPDATE notice_address SET off_at = $2, off_reason = $3 WHERE id = $1 AND off_at IS NULL";
    execute(connection, sql, values![&id, &now, reason]).await?;
    let sql = "UPDATE delivery SET state = 'dead', problem = $3, settled_at = $2
               WHERE address = $1 AND state = 'waiting'";
    execute(connection, sql, values![&id, &now, reason]).await?;
    Ok(())
}

async fn set_code(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: AddressId,
    code: &NewCode,
    now: WallMs,
) -> Result<(), Failure> {
    let sql = "UPDATE notice_address SET code_hash = $2, code_expires_at = $3, code_tries = 0 WHERE id = $1";
    execute(connection, sql, values![&id, &code.hash, &code.expires_at]).await?;
    insert_delivery(connection, org, &code.delivery, now).await?;
    Ok(())
}

pub(super) fn read_address(fields: &mut Fields<'_>) -> Result<NoticeAddress, Failure> {
    Ok(NoticeAddress {
        id: fields.take()?,
        org: fields.take()?,
        person: fields.take()?,
        channel: fields.take()?,
        address: fields.take()?,
        secret: fields.take()?,
        made_at: fields.take()?,
        confirmed_at: fields.take_option()?,
        off_at: fields.take_option()?,
        off_reason: fields.take_option()?,
    })
}

fn changed(rows: u64, id: AddressId) -> Result<(), Failure> {
    if rows == 0 { Err(StoreError::not_found(What::NoticeAddress, id).into()) } else { Ok(()) }
}
