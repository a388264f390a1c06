//! Tills: made, seen, taken out of use.

use domain::ids::{Generation, OrgId, SequenceNumber, StoreId};
use domain::sale::TillRef;
use domain::time::WallMs;
use sqlx::AnyConnection;

use crate::certificates::{CertificateSerial, revoke, withdraw_claims};
use crate::error::{StoreError, What};
use crate::organisations::check_label;
use crate::sql::{Bind, Failure, Fields, Values, composed, execute, fetch_each, fetch_one, values};
use crate::store::{Store, on_key};

/// A till of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillInfo {
    /// Which one.
    pub till: TillRef,
    /// Its name as people read it.
    pub name: String,
    /// When it was made.
    pub created_at: WallMs,
    /// When it was taken out of use; then it can neither be claimed nor certified.
    pub retired_at: Option<WallMs>,
    /// What it said last; `None` where it never did.
    pub last_seen: Option<LastSeen>,
}

/// What a till says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSeen {
    /// When, by the cloud's clock.
    pub at: WallMs,
    /// The generation that it sells from.
    pub generation: Generation,
    /// Its newest sale.
    pub sequence: SequenceNumber,
    /// Sales of it that the cloud has not acked.
    pub unsent: u64,
    /// The version of its software.
    pub software: String,
}

const TILL: &str = "SELECT org, store, id, name, created_at, retired_at,
                           seen_at, seen_generation, seen_sequence, COALESCE(seen_unsent, 0), seen_software FROM till";
impl Store {
    /// Makes a till.
    pub async fn create_till(&self, till: &TillRef, name: &str, now: WallMs) -> Result<(), StoreError> {
        check_label(What::Till, till.till.as_str(), name)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO till (org, store, id, name, created_at) VALUES ($1, $2, $3, $4, $5)";
            let values = values![till, name, &now];
            on_key(
                execute(writing.connection(), sql, values).await,
                || StoreError::exists(What::Till, &till.till),
                || StoreError::not_found(What::Store, &till.store),
            )?;
            writing.commit().await
        })
        .await
    }

    /// A till.
    pub async fn till(&self, till: &TillRef) -> Result<TillInfo, StoreError> {
        self.answer(async {
            let sql = composed(format!("{TILL} WHERE org = $1 AND store = $2 AND id = $3"));
            let row = fetch_one(&mut *self.reading().await?, sql, values![till]).await?;
            let row = row.ok_or_else(|| StoreError::not_found(What::Till, &till.till))?;
            read_till(&mut Fields::of(&row, What::Till))
        })
        .await
    }

    /// The tills of an organisation, or of one of its stores, in order of store and id; retired ones too.
    pub async fn tills(&self, org: &OrgId, store: Option<&StoreId>) -> Result<Vec<TillInfo>, StoreError> {
        self.answer(async {
            let sql =
                composed(format!("{TILL} WHERE org = $1 AND ($2 = '' OR store = $2) ORDER BY store, id"));
            let values = values![org, store.map_or("", StoreId::as_str)];
            fetch_each(&mut *self.reading().await?, What::Till, sql, values, read_till).await
        })
        .await
    }

    /// Tills in use of all organisations, in order: for the cloud itself, never for somebody who asks.
    pub async fn tills_in_use(&self, limit: u32) -> Result<Vec<TillInfo>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{TILL} WHERE retired_at IS NULL ORDER BY org, store, id LIMIT $1"));
            fetch_each(&mut *self.reading().await?, What::Till, sql, values![&limit], read_till).await
        })
        .await
    }

    /// Takes a till out of use: its certificates are revoked and its open codes withdrawn. Gives back the serial numbers of
    /// what was revoked, so that its connections can be cut.
    pub async fn retire_till(
        &self,
        till: &TillRef,
        now: WallMs,
    ) -> Result<Vec<CertificateSerial>, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "UPDATE till SET retired_at = COALESCE(retired_at, $4) WHERE org = $1 AND store = $2 AND id = $3";
            if execute(connection, sql, values![till, &now]).await? == 0 {
                return Err(StoreError::not_found(What::Till, &till.till).into());
            }
            withdraw_claims(connection, till, now).await?;
            let revoked = revoke(connection, till, now).await?;
            writing.commit().await?;
            Ok(revoked)
        })
        .await
    }

    /// Notes what a till says about itself. Something older than what is known changes nothing.
    pub async fn note_seen(&self, till: &TillRef, seen: &LastSeen) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE till SET
                           seen_generation = CASE WHEN COALESCE(seen_at, 0) <= $4 THEN $5 ELSE seen_generation END,
                           seen_sequence = CASE WHEN COALESCE(seen_at, 0) <= $4 THEN $6 ELSE seen_sequence END,
                           seen_unsent = CASE WHEN COALESCE(seen_at, 0) <= $4 THEN $7 ELSE seen_unsent END,
                           seen_software = CASE WHEN COALESCE(seen_at, 0) <= $4 THEN $8 ELSE seen_software END,
                           seen_at = CASE WHEN COALESCE(seen_at, 0) <= $4 THEN $4 ELSE seen_at END
                       WHERE org = $1 AND store = $2 AND id = $3";
            let LastSeen { at, generation, sequence, unsent, software } = seen;
            let values = values![till, at, generation, sequence, unsent, software];
            if execute(writing.connection(), sql, values).await? == 0 {
                return Err(StoreError::not_found(What::Till, &till.till).into());
            }
            writing.commit().await
        })
        .await
    }

    /// Holds a till's row until the transaction ends, so that two that certify it go one after the other.
    pub(crate) async fn lock_till_in_use(
        &self,
        connection: &mut AnyConnection,
        till: &TillRef,
    ) -> Result<(), Failure> {
        let sql = composed(format!(
            "{TILL} WHERE org = $1 AND store = $2 AND id = $3{}",
            self.engine().for_update()
        ));
        let row = fetch_one(connection, sql, values![till]).await?;
        let row = row.ok_or_else(|| StoreError::not_found(What::Till, &till.till))?;
        if read_till(&mut Fields::of(&row, What::Till))?.retired_at.is_some() {
            let problem = "is out of use: make another till";
            return Err(StoreError::conflict(What::Till, &till.till, problem).into());
        }
        Ok(())
    }
}

/// A till is three values: its organisation, its store and its own name.
impl Bind for &TillRef {
    fn bind(self, values: &mut Values) {
        values.push(&self.org);
        values.push(&self.store);
        values.push(&self.till);
    }
}

pub(crate) fn read_till_ref(fields: &mut Fields<'_>) -> Result<TillRef, Failure> {
    Ok(TillRef { org: fields.take()?, store: fields.take()?, till: fields.take()? })
}

fn read_till(fields: &mut Fields<'_>) -> Result<TillInfo, Failure> {
    Ok(TillInfo {
        till: read_till_ref(fields)?,
        name: fields.take()?,
        created_at: fields.take()?,
        retired_at: fields.take_option()?,
        last_seen: match fields.take_option()? {
            None => None,
            Some(at) => Some(LastSeen {
                at,
                generation: fields.take()?,
                sequence: fields.take()?,
                unsent: fields.take()?,
                software: fields.take()?,
            }),
        },
    })
}
