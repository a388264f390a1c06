//! What a language model was asked, and what that cost: a row a day and purpose, so that a budget holds for all processes.

use domain::ids::OrgId;
use domain::time::BusinessDay;

use crate::error::{StoreError, What};
use crate::sql::{execute, fetch_each, fetch_value, values};
use crate::store::Store;

/// What one or several requests took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LanguageUse {
    /// Requests that were answered or refused.
    pub requests: u64,
    /// Those of them that brought nothing.
    pub failures: u64,
    /// Tokens that were sent.
    pub tokens_in: u64,
    /// Tokens that came back.
    pub tokens_out: u64,
    /// In millionths of the budget's currency.
    pub cost_micros: u64,
}

/// What was asked for a purpose on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseOfDay {
    /// The day (UTC).
    pub day: BusinessDay,
    /// For example `document`.
    pub purpose: String,
    /// What it took.
    pub used: LanguageUse,
}

impl Store {
    /// Adds to what was used on a day.
    pub async fn add_language_use(
        &self,
        org: &OrgId,
        day: BusinessDay,
        purpose: &str,
        used: &LanguageUse,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO language_use
                           (org, day, purpose, requests, failures, tokens_in, tokens_out, cost_micros)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                       ON CONFLICT (org, day, purpose) DO UPDATE SET
                           requests = language_use.requests + excluded.requests,
                           failures = language_use.failures + excluded.failures,
                           tokens_in = language_use.tokens_in + excluded.tokens_in,
                           tokens_out = language_use.tokens_out + excluded.tokens_out,
                           cost_micros = language_use.cost_micros + excluded.cost_micros";
            let LanguageUse { requests, failures, tokens_in, tokens_out, cost_micros } = used;
            let values = values![org, &day, purpose, requests, failures, tokens_in, tokens_out, cost_micros];
            execute(writing.connection(), sql, values).await?;
            writing.commit().await
        })
        .await
    }

    /// What an organisation has spent from a day on, in millionths of the budget's currency.
    pub async fn language_cost_since(&self, org: &OrgId, day: BusinessDay) -> Result<u64, StoreError> {
        self.answer(async {
            let sql = "SELECT CAST(COALESCE(SUM(cost_micros), 0) AS BIGINT) FROM language_use
                       WHERE org = $1 AND day >= $2";
            let mut connection = self.reading().await?;
            Ok(fetch_value(&mut connection, What::LanguageUse, sql, values![org, &day]).await?.unwrap_or(0))
        })
        .await
    }

    /// How often an organisation has asked from a day on.
    pub async fn language_requests_since(&self, org: &OrgId, day: BusinessDay) -> Result<u64, StoreError> {
        self.answer(async {
            let sql = "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM language_use
                       WHERE org = $1 AND day >= $2";
            let mut connection = self.reading().await?;
            Ok(fetch_value(&mut connection, What::LanguageUse, sql, values![org, &day]).await?.unwrap_or(0))
        })
        .await
    }

    /// What an organisation asked, the latest days first.
    pub async fn language_uses(&self, org: &OrgId, limit: u32) -> Result<Vec<UseOfDay>, StoreError> {
        self.answer(async {
            let sql = "SELECT day, purpose, requests, failures, tokens_in, tokens_out, cost_micros
                       FROM language_use WHERE org = $1 ORDER BY day DESC, purpose LIMIT $2";
            let mut connection = self.reading().await?;
            fetch_each(&mut connection, What::LanguageUse, sql, values![org, &limit], |fields| {
                Ok(UseOfDay {
                    day: fields.take()?,
                    purpose: fields.take()?,
                    used: LanguageUse {
                        requests: fields.take()?,
                        failures: fields.take()?,
                        tokens_in: fields.take()?,
                        tokens_out: fields.take()?,
                        cost_micros: fields.take()?,
                    },
                })
            })
            .await
        })
        .await
    }
}
