//! How a store orders.

use domain::ids::{OrgId, StoreId};
use domain::time::WallMs;

use super::OrderingPolicy;
use crate::error::{StoreError, What};
use crate::people::check_store;
use crate::sql::{execute, fetch_each, values};
use crate::store::Store;

/// The longest pause between two orders.
pub(super) const REVIEW_DAYS_MAX: u32 = 60;
/// Half of all days, and all but one in a thousand: no forecast says more.
const SERVICE: std::ops::RangeInclusive<u32> = 5_000..=9_990;

impl Store {
    /// How a store orders; the default where nobody has said so.
    pub async fn ordering_policy(&self, org: &OrgId, store: &StoreId) -> Result<OrderingPolicy, StoreError> {
        self.answer(async {
            let sql = "SELECT review_days, service_a, service_b, service_c, budget_minor FROM ordering_policy
                       WHERE org = $1 AND store = $2";
            let mut connection = self.reading().await?;
            let found =
                fetch_each(&mut connection, What::OrderingPolicy, sql, values![org, store], |fields| {
                    Ok(OrderingPolicy {
                        review_days: fields.take()?,
                        service: [fields.take()?, fields.take()?, fields.take()?],
                        budget_minor: fields.take_option()?,
                    })
                });
            Ok(found.await?.into_iter().next().unwrap_or_default())
        })
        .await
    }

    /// Says how a store orders.
    pub async fn put_ordering_policy(
        &self,
        org: &OrgId,
        store: &StoreId,
        policy: &OrderingPolicy,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check(store, policy)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, Some(store)).await?;
            let sql = "INSERT INTO ordering_policy (org, store, review_days, service_a, service_b, service_c, budget_minor,
                                                    updated_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                       ON CONFLICT (org, store) DO UPDATE SET
                           review_days = excluded.review_days, service_a = excluded.service_a,
                           service_b = excluded.service_b, service_c = excluded.service_c,
                           budget_minor = excluded.budget_minor, updated_at = excluded.updated_at";
            let OrderingPolicy { review_days, service: [a, b, c], budget_minor } = policy;
            execute(connection, sql, values![org, store, review_days, a, b, c, budget_minor, &now]).await?;
            writing.commit().await
        })
        .await
    }
}

fn check(store: &StoreId, policy: &OrderingPolicy) -> Result<(), StoreError> {
    let invalid = |problem: String| Err(StoreError::invalid(What::OrderingPolicy, store, problem));
    if !(1..=REVIEW_DAYS_MAX).contains(&policy.review_days) {
        return invalid(format!(
            "{} days from order to order: write 1 to {REVIEW_DAYS_MAX}",
            policy.review_days
        ));
    }
    if let Some(service) = policy.service.iter().find(|service| !SERVICE.contains(service)) {
        return invalid(format!("a service of {service} basis points: write 5000 to 9990"));
    }
    if let Some(budget) = policy.budget_minor.filter(|budget| *budget < 0) {
        return invalid(format!("a budget of {budget}: write at least 0, or none for no limit"));
    }
    Ok(())
}
