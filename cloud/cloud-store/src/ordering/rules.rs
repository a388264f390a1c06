//! What is said of single products.

use domain::ids::{OrgId, ProductId, StoreId};
use domain::time::WallMs;

use super::policy::REVIEW_DAYS_MAX;
use super::{OrderingRule, RuleDetails};
use crate::demand::ProductRange;
use crate::error::{StoreError, What};
use crate::people::check_store;
use crate::sql::{Failure, Fields, composed, execute, fetch_each, push_values, values};
use crate::store::{Store, on_key};

/// The longest way from an order to the goods, and the longest shelf life.
const LEAD_DAYS_MAX: u32 = 365;
const SHELF_LIFE_DAYS_MAX: u32 = 3_650;
/// As much as the ledger takes at once.
const STOCK_MAX: u64 = 1_000_000_000_000;

const RULE: &str = "SELECT product, supplier, lead_days, review_days, service_class, shelf_life_days, stock_min, stock_max, updated_at
                    FROM ordering_rule";

impl Store {
    /// What is said of products of a store, in order of product, those behind `after`.
    pub async fn ordering_rules(
        &self,
        org: &OrgId,
        store: &StoreId,
        after: Option<&ProductId>,
        limit: u32,
    ) -> Result<Vec<OrderingRule>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{RULE} WHERE org = $1 AND store = $2 AND product > $3 ORDER BY product LIMIT $4"
            ));
            let values = values![org, store, after.map_or("", ProductId::as_str), &limit];
            fetch_each(&mut *self.reading().await?, What::OrderingRule, sql, values, read).await
        })
        .await
    }

    /// What is said of a stretch of products of a store, in order of product.
    pub async fn ordering_rules_between(
        &self,
        org: &OrgId,
        store: &StoreId,
        range: &ProductRange,
    ) -> Result<Vec<OrderingRule>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{RULE} WHERE org = $1 AND store = $2 AND product >= $3 AND product <= $4 ORDER BY product"
            ));
            let values = values![org, store, &range.first, &range.last];
            fetch_each(&mut *self.reading().await?, What::OrderingRule, sql, values, read).await
        })
        .await
    }

    /// Says how a product is ordered in a store, in place of what was said before.
    pub async fn put_ordering_rule(
        &self,
        org: &OrgId,
        store: &StoreId,
        product: &ProductId,
        details: &RuleDetails,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check(product, details)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, Some(store)).await?;
            if let Some(supplier) = details.supplier {
                crate::sourcing::read_supplier(connection, org, supplier, "").await?;
            }
            let sql = "INSERT INTO ordering_rule (org, store, product, supplier, lead_days, review_days, service_class,
                                                  shelf_life_days, stock_min, stock_max, updated_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                       ON CONFLICT (org, store, product) DO UPDATE SET
                           supplier = excluded.supplier, lead_days = excluded.lead_days,
                           review_days = excluded.review_days, service_class = excluded.service_class,
                           shelf_life_days = excluded.shelf_life_days, stock_min = excluded.stock_min,
                           stock_max = excluded.stock_max, updated_at = excluded.updated_at";
            let RuleDetails { supplier, lead_days, review_days, class, shelf_life_days, stock_min, stock_max } =
                details;
            let mut values = values![org, store, product, supplier, lead_days, review_days, class];
            push_values!(values; shelf_life_days, stock_min, stock_max, &now);
            let missing = || StoreError::not_found(What::Product, product);
            on_key(execute(connection, sql, values).await, missing, missing)?;
            writing.commit().await
        })
        .await
    }
}

fn check(product: &ProductId, details: &RuleDetails) -> Result<(), StoreError> {
    let numbers = [
        ("lead_days", details.lead_days, 0, LEAD_DAYS_MAX),
        ("review_days", details.review_days, 1, REVIEW_DAYS_MAX),
        ("shelf_life_days", details.shelf_life_days, 1, SHELF_LIFE_DAYS_MAX),
    ];
    for (name, value, least, most) in numbers {
        if let Some(value) = value.filter(|value| !(least..=most).contains(value)) {
            let problem = format!("`{name}` is {value}: write {least} to {most}");
            return Err(StoreError::invalid(What::OrderingRule, product, problem));
        }
    }
    let (least, most) = (details.stock_min.unwrap_or(0), details.stock_max.unwrap_or(STOCK_MAX));
    if least > most || most > STOCK_MAX {
        let problem = format!(
            "a stock from {least} to {most}: the least is at most the most, and that at most {STOCK_MAX}"
        );
        return Err(StoreError::invalid(What::OrderingRule, product, problem));
    }
    Ok(())
}

fn read(fields: &mut Fields<'_>) -> Result<OrderingRule, Failure> {
    Ok(OrderingRule {
        product: fields.take()?,
        details: RuleDetails {
            supplier: fields.take_option()?,
            lead_days: fields.take_option()?,
            review_days: fields.take_option()?,
            class: fields.take_option()?,
            shelf_life_days: fields.take_option()?,
            stock_min: fields.take_option()?,
            stock_max: fields.take_option()?,
        },
        updated_at: fields.take()?,
    })
}
