//! Organisations and their stores.

use std::collections::BTreeMap;

use domain::ids::{OrgId, StoreId, TaxCode};
use domain::money::Currency;
use domain::tax::{TaxRate, TaxTable};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};

use crate::error::{StoreError, What};
use crate::sql::{Failure, Fields, column, execute, fetch_each, fetch_one, values};
use crate::store::{Store, on_key};

/// Longest name that a person gives to a thing, in bytes.
pub const LABEL_MAX_LEN: usize = 200;

/// A company that runs stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its name as people read it.
    pub name: String,
    /// When it was made.
    pub created_at: WallMs,
}

/// What a person says about a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreDetails {
    /// Its name as people read it.
    pub name: String,
    /// Its time zone (IANA), which says when a trading day begins. Whoever calls has checked it.
    pub time_zone: String,
    /// The currency of its prices.
    pub currency: Currency,
    /// Its tax rates, and whether its prices contain them.
    pub taxes: TaxTable,
}

/// A store of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreInfo {
    /// The organisation.
    pub org: OrgId,
    /// Its id.
    pub id: StoreId,
    /// What is known about it.
    pub details: StoreDetails,
    /// When it was made.
    pub created_at: WallMs,
    /// When its details were changed last.
    pub updated_at: WallMs,
}

impl Store {
    /// Makes an organisation.
    pub async fn create_organisation(&self, id: &OrgId, name: &str, now: WallMs) -> Result<(), StoreError> {
        check_label(What::Organisation, id.as_str(), name)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO organisation (id, name, created_at) VALUES ($1, $2, $3)";
            let inserted = execute(writing.connection(), sql, values![id, name, &now]).await;
            let exists = || StoreError::exists(What::Organisation, id);
            on_key(inserted, exists, exists)?;
            writing.commit().await
        })
        .await
    }

    /// An organisation.
    pub async fn organisation(&self, id: &OrgId) -> Result<Organisation, StoreError> {
        self.answer(async {
            let sql = "SELECT id, name, created_at FROM organisation WHERE id = $1";
            let row = fetch_one(&mut *self.reading().await?, sql, values![id]).await?;
            let row = row.ok_or_else(|| StoreError::not_found(What::Organisation, id))?;
            read_organisation(&mut Fields::of(&row, What::Organisation))
        })
        .await
    }

    /// Organisations in order of id, those after `after`.
    pub async fn organisations(
        &self,
        after: Option<&OrgId>,
        limit: u32,
    ) -> Result<Vec<Organisation>, StoreError> {
        self.answer(async {
            let sql = "SELECT id, name, created_at FROM organisation WHERE id > $1 ORDER BY id LIMIT $2";
            let values = values![after.map_or("", OrgId::as_str), &limit];
            fetch_each(&mut *self.reading().await?, What::Organisation, sql, values, read_organisation).await
        })
        .await
    }

    /// Makes a store.
    pub async fn create_store(
        &self,
        org: &OrgId,
        id: &StoreId,
        details: &StoreDetails,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check_label(What::Store, id.as_str(), &details.name)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO store (org, id, name, time_zone, currency, taxes, created_at, updated_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
            let StoreDetails { name, time_zone, currency, taxes } = details;
            let values = values![org, id, name, time_zone, currency, taxes, &now];
            let inserted = execute(writing.connection(), sql, values).await;
            on_key(
                inserted,
                || StoreError::exists(What::Store, id),
                || StoreError::not_found(What::Organisation, org),
            )?;
            writing.commit().await
        })
        .await
    }

    /// Changes what is known about a store.
    pub async fn update_store(
        &self,
        org: &OrgId,
        id: &StoreId,
        details: &StoreDetails,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check_label(What::Store, id.as_str(), &details.name)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE store SET name = $3, time_zone = $4, currency = $5, taxes = $6, updated_at = $7
                       WHERE org = $1 AND id = $2";
            let StoreDetails { name, time_zone, currency, taxes } = details;
            let values = values![org, id, name, time_zone, currency, taxes, &now];
            if execute(writing.connection(), sql, values).await? == 0 {
                return Err(StoreError::not_found(What::Store, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// A store.
    pub async fn store(&self, org: &OrgId, id: &StoreId) -> Result<StoreInfo, StoreError> {
        self.answer(async {
            let sql = "SELECT org, id, name, time_zone, currency, taxes, created_at, updated_at
                       FROM store WHERE org = $1 AND id = $2";
            let row = fetch_one(&mut *self.reading().await?, sql, values![org, id]).await?;
            let row = row.ok_or_else(|| StoreError::not_found(What::Store, id))?;
            read_store(&mut Fields::of(&row, What::Store))
        })
        .await
    }

    /// The stores of an organisation in order of id.
    pub async fn stores(&self, org: &OrgId) -> Result<Vec<StoreInfo>, StoreError> {
        self.answer(async {
            let sql = "SELECT org, id, name, time_zone, currency, taxes, created_at, updated_at
                       FROM store WHERE org = $1 ORDER BY id";
            fetch_each(&mut *self.reading().await?, What::Store, sql, values![org], read_store).await
        })
        .await
    }
}

/// Whether a text can be what something is called: there is something to read, and it is not too long to be shown.
pub(crate) fn is_label(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LABEL_MAX_LEN
}

/// Refuses a name that is none.
pub(crate) fn check_label(what: What, id: &str, label: &str) -> Result<(), StoreError> {
    if !is_label(label) {
        let problem = format!("its name must have 1 to {LABEL_MAX_LEN} bytes, and has {}", label.len());
        return Err(StoreError::invalid(what, id, problem));
    }
    Ok(())
}

fn read_organisation(fields: &mut Fields<'_>) -> Result<Organisation, Failure> {
    Ok(Organisation { id: fields.take()?, name: fields.take()?, created_at: fields.take()? })
}

fn read_store(fields: &mut Fields<'_>) -> Result<StoreInfo, Failure> {
    Ok(StoreInfo {
        org: fields.take()?,
        id: fields.take()?,
        details: StoreDetails {
            name: fields.take()?,
            time_zone: fields.take()?,
            currency: fields.take()?,
            taxes: fields.take()?,
        },
        created_at: fields.take()?,
        updated_at: fields.take()?,
    })
}

#[derive(Serialize, Deserialize)]
struct TaxRecord {
    inclusive: bool,
    basis_points: BTreeMap<String, u32>,
}

column!(
    TaxTable as String,
    |taxes| {
        let rates = taxes.rates.iter().map(|(code, rate)| (code.to_string(), rate.basis_points));
        let record = TaxRecord { inclusive: taxes.inclusive, basis_points: rates.collect() };
        serde_json::to_string(&record).expect("its keys are text")
    },
    |text| {
        let record: TaxRecord = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let rate = |(code, basis_points): (String, u32)| {
            TaxCode::new(&code)
                .map(|code| (code, TaxRate { basis_points }))
                .map_err(|error| error.to_string())
        };
        let rates = record.basis_points.into_iter().map(rate).collect::<Result<_, _>>()?;
        Ok(TaxTable { rates, inclusive: record.inclusive })
    }
);
