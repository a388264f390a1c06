//! The lines of a count: what is to be counted, and what was.

use cloud_core::ledger::{StockKey, StockUnit};
use domain::ids::{OrgId, ProductId, StoreId};
use domain::money::Currency;
use domain::text::LocalizedText;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::counts::{COUNT_PRODUCTS_MAX, CountEntry, StockCount};
use super::{read_key, unit_of, unit_word};
use crate::error::{StoreError, What};
use crate::ids::{Actor, MovementId, StockCountId};
use crate::products::words;
use crate::sql::{Failure, composed, execute, fetch_each, fetch_value, push_values, values};
use crate::store::Store;

/// What the ledger says of the moment at which a line was counted: what there is now, without what came or went since. `$1` is the
/// organisation, `$3` the store; the line is the row that the statement is about.
pub(super) const EXPECTED: &str = "CAST(
    COALESCE((SELECT balance.quantity FROM stock_balance AS balance
              WHERE balance.org = $1 AND balance.store = $3 AND balance.product = stock_count_line.product
                  AND balance.unit = stock_count_line.unit), 0)
    - COALESCE((SELECT SUM(movement.change) FROM stock_movement AS movement
                WHERE movement.org = $1 AND movement.store = $3 AND movement.product = stock_count_line.product
                    AND movement.unit = stock_count_line.unit AND movement.id > stock_count_line.mark
                    AND movement.at > stock_count_line.counted_at
                    AND movement.reason NOT IN ('correction', 'opening')), 0) AS BIGINT)";

/// The price of a row of `product` in a store: its own, else the organisation's; none in another currency.
const PRICE: &str = "CASE WHEN product.currency = $4 THEN
    COALESCE((SELECT own.price_minor FROM store_price AS own
              WHERE own.org = product.org AND own.store = $3 AND own.product = product.id AND own.effective_from <= $5
              ORDER BY own.effective_from DESC LIMIT 1), product.price_minor) END";

/// The unit of a row of `product`.
const UNIT: &str = "CASE product.price_per WHEN 'kg' THEN 'gram' ELSE 'piece' END";

/// Which lines of a count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CountLineFilter {
    /// Those that were counted, or those that were not.
    pub counted: Option<bool>,
    /// Those of which more or fewer were counted than expected.
    pub different: bool,
    /// Those whose product's id, name or numbers have these words.
    pub search: Option<String>,
}

/// A line of a count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountLine {
    /// Of what.
    pub key: StockKey,
    /// The product's names; `None` once it is gone.
    pub name: Option<LocalizedText>,
    /// What was counted.
    pub quantity: Option<u64>,
    /// What the ledger says of the moment at which it was; what it says now, as long as it was not.
    pub expected: Option<i64>,
    /// The price of a piece or a kilogram when the count began, in minor units of the count's currency.
    pub price_minor: Option<i64>,
    /// Who counted.
    pub counted_by: Option<Actor>,
    /// When.
    pub counted_at: Option<WallMs>,
}

impl CountLine {
    /// How many more were counted than expected; fewer are below zero.
    pub fn difference(&self) -> Option<i64> {
        self.quantity.and_then(|counted| i64::try_from(counted).ok()?.checked_sub(self.expected?))
    }

    /// What the difference is worth at the price.
    pub fn worth_minor(&self) -> Option<i64> {
        super::waste::worth(self.price_minor?, self.key.unit, self.difference()?)
    }
}

impl Store {
    /// Lines of a count in order of product and unit, those behind `after`.
    pub async fn count_lines(
        &self,
        org: &OrgId,
        count: &StockCount,
        filter: &CountLineFilter,
        after: Option<&StockKey>,
        limit: u32,
    ) -> Result<Vec<CountLine>, StoreError> {
        self.answer(async {
            let (product, unit) = after.map_or(("", ""), |key| (key.product.as_str(), unit_word(key.unit)));
            let now = if count.settled_at.is_none() { "COALESCE(balance.quantity, 0)" } else { "NULL" };
            let mut sql = format!(
                "SELECT line.product, line.unit, product.names, line.quantity,
                        CASE WHEN line.quantity IS NULL THEN {now} ELSE line.expected END, line.price_minor,
                        line.counted_by, line.counted_at
                 FROM stock_count_line AS line
                 LEFT JOIN product ON product.org = line.org AND product.id = line.product
                 LEFT JOIN stock_balance AS balance ON balance.org = line.org AND balance.store = $3
                     AND balance.product = line.product AND balance.unit = line.unit
                 WHERE line.org = $1 AND line.stock_count = $2
                     AND line.product >= $4 AND (line.product > $4 OR line.unit > $5)"
            );
            let mut values = values![org, &count.id, &count.store, product, unit, &limit];
            match filter.counted {
                Some(true) => sql.push_str(" AND line.quantity IS NOT NULL"),
                Some(false) => sql.push_str(" AND line.quantity IS NULL"),
                None => {}
            }
            if filter.different {
                sql.push_str(" AND line.quantity <> line.expected");
            }
            for (place, word) in (7..).zip(filter.search.iter().flat_map(|text| words(text))) {
                sql.push_str(&format!(
                    " AND (product.search_text LIKE ${place} ESCAPE '\\' OR LOWER(line.product) LIKE ${place} ESCAPE '\\')"
                ));
                values.push(&word);
            }
            sql.push_str(" ORDER BY line.product, line.unit LIMIT $6");
            fetch_each(&mut *self.reading().await?, What::StockCount, composed(sql), values, |fields| {
                Ok(CountLine {
                    key: read_key(fields)?,
                    name: fields.take_option()?,
                    quantity: fields.take_option()?,
                    expected: fields.take_option()?,
                    price_minor: fields.take_option()?,
                    counted_by: fields.take_option()?,
                    counted_at: fields.take_option()?,
                })
            })
            .await
        })
        .await
    }
}

/// Lines of what a store sells, of one category or of all; with all of them also what the ledger says is there beside it.
pub(super) async fn add_store(
    connection: &mut AnyConnection,
    (org, store, id): (&OrgId, &StoreId, StockCountId),
    category: Option<&str>,
    (currency, now): (Currency, WallMs),
) -> Result<(), Failure> {
    let of_category = if category.is_some() { "AND product.category = $6" } else { "" };
    let sql = composed(format!(
        "INSERT INTO stock_count_line (org, stock_count, product, unit, price_minor, price_per)
         SELECT product.org, $2, product.id, {UNIT}, {PRICE}, product.price_per
         FROM product WHERE product.org = $1 AND product.archived = 0 {of_category}"
    ));
    let mut values = values![org, &id, store, &currency, &now];
    if let Some(category) = category {
        values.push(category);
        let known = fetch_value::<i64>(
            connection,
            What::Category,
            "SELECT 1 FROM category WHERE org = $1 AND name = $2",
            values![org, category],
        );
        known.await?.ok_or_else(|| StoreError::not_found(What::Category, category))?;
    }
    execute(connection, sql, values).await?;
    if category.is_none() {
        let sql = "INSERT INTO stock_count_line (org, stock_count, product, unit, price_per)
                   SELECT org, $2, product, unit, CASE unit WHEN 'gram' THEN 'kg' ELSE 'piece' END
                   FROM stock_balance WHERE org = $1 AND store = $3 AND quantity <> 0
                   ON CONFLICT (org, stock_count, product, unit) DO NOTHING";
        execute(connection, sql, values![org, &id, store]).await?;
    }
    Ok(())
}

/// Lines of products that are named.
pub(super) async fn add_products(
    connection: &mut AnyConnection,
    (org, store, id): (&OrgId, &StoreId, StockCountId),
    products: &[ProductId],
    (currency, now): (Currency, WallMs),
) -> Result<(), Failure> {
    if products.is_empty() || products.len() > COUNT_PRODUCTS_MAX {
        let problem = format!(
            "name 1 to {COUNT_PRODUCTS_MAX} products, not {}: count a category or the whole store otherwise",
            products.len()
        );
        return Err(StoreError::invalid(What::StockCount, id, problem).into());
    }
    for product in products {
        add_product(connection, (org, store, id), product, (currency, now)).await?;
    }
    Ok(())
}

/// A line of a product in the unit in which it is sold, where there is none yet.
async fn add_product(
    connection: &mut AnyConnection,
    (org, store, id): (&OrgId, &StoreId, StockCountId),
    product: &ProductId,
    (currency, now): (Currency, WallMs),
) -> Result<(), Failure> {
    unit_of(connection, org, product).await?;
    let sql = composed(format!(
        "INSERT INTO stock_count_line (org, stock_count, product, unit, price_minor, price_per)
         SELECT product.org, $2, product.id, {UNIT}, {PRICE}, product.price_per
         FROM product WHERE product.org = $1 AND product.id = $6
         ON CONFLICT (org, stock_count, product, unit) DO NOTHING"
    ));
    execute(connection, sql, values![org, &id, store, &currency, &now, product]).await?;
    Ok(())
}

/// What a line says when another number comes for it.
struct Known {
    quantity: Option<i64>,
    counted_at: Option<WallMs>,
}

/// Takes a number, once for its id.
pub(super) async fn put_entry(
    connection: &mut AnyConnection,
    org: &OrgId,
    count: &StockCount,
    entry: &CountEntry,
    (by, now): (&Actor, WallMs),
) -> Result<(), Failure> {
    let at = entry.counted_at.unwrap_or(now);
    if at < count.made_at || at > now {
        let problem =
            "was counted before the count began, or will be: set the clock of the device that says so";
        return Err(StoreError::invalid(What::StockCount, &entry.product, problem).into());
    }
    let quantity =
        i64::try_from(entry.quantity).ok().filter(|counted| counted.unsigned_abs() <= super::CHANGE_MAX);
    let quantity = quantity.ok_or_else(|| super::too_much(&entry.product))?;
    let unit = match entry.unit {
        Some(unit) => unit,
        None => unit_of(connection, org, &entry.product).await?,
    };
    let known = line_of(connection, org, count, (&entry.product, unit), now).await?;
    let sql =
        "INSERT INTO stock_count_entry (org, stock_count, id, product, unit, quantity, adds, counted_by, counted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (org, stock_count, id) DO NOTHING";
    let mut values = values![org, &count.id, &entry.id, &entry.product, &unit, quantity, &entry.adds, by];
    values.push(&at);
    if execute(connection, sql, values).await? == 0 {
        return Ok(());
    }
    let (total, first) = match (entry.adds, known.quantity, known.counted_at) {
        (true, Some(before), Some(first)) => {
            let total =
                before.checked_add(quantity).filter(|total| total.unsigned_abs() <= super::CHANGE_MAX);
            (total.ok_or_else(|| super::too_much(&entry.product))?, Some(first))
        }
        // Somebody has counted it since, whatever comes first.
        (false, Some(_), Some(later)) if later > at => return Ok(()),
        _ => (quantity, None),
    };
    let key = (&entry.product, unit);
    match first {
        Some(_) => set_total(connection, org, count, key, (total, by)).await,
        None => set_counted(connection, org, count, key, (total, by, at), entry.counted_at.is_some()).await,
    }
}

/// The line of a thing. A count of the whole store takes up products that came into the catalogue since it began.
async fn line_of(
    connection: &mut AnyConnection,
    org: &OrgId,
    count: &StockCount,
    (product, unit): (&ProductId, StockUnit),
    now: WallMs,
) -> Result<Known, Failure> {
    let sql = "SELECT quantity, counted_at FROM stock_count_line
               WHERE org = $1 AND stock_count = $2 AND product = $3 AND unit = $4";
    for _ in 0..2 {
        let found = fetch_each(
            connection,
            What::StockCount,
            sql,
            values![org, &count.id, product, &unit],
            |fields| Ok(Known { quantity: fields.take_option()?, counted_at: fields.take_option()? }),
        );
        if let Some(known) = found.await?.pop() {
            return Ok(known);
        }
        if count.scope != "store" {
            break;
        }
        add_product(connection, (org, &count.store, count.id), product, (count.currency, now)).await?;
    }
    let problem =
        format!("counts no `{product}` in {}s: leave it out, or begin a count that has it", unit_word(unit));
    Err(StoreError::conflict(What::StockCount, count.id, problem).into())
}

/// What lies in another place is added: the moment stays that of the first one.
async fn set_total(
    connection: &mut AnyConnection,
    org: &OrgId,
    count: &StockCount,
    (product, unit): (&ProductId, StockUnit),
    (total, by): (i64, &Actor),
) -> Result<(), Failure> {
    let sql = "UPDATE stock_count_line SET quantity = $5, counted_by = $6
               WHERE org = $1 AND stock_count = $2 AND product = $3 AND unit = $4";
    execute(connection, sql, values![org, &count.id, product, &unit, total, by]).await?;
    Ok(())
}

async fn set_counted(
    connection: &mut AnyConnection,
    org: &OrgId,
    count: &StockCount,
    (product, unit): (&ProductId, StockUnit),
    (quantity, by, at): (i64, &Actor, WallMs),
    was_before: bool,
) -> Result<(), Failure> {
    let mark = if was_before {
        count.mark
    } else {
        let sql = "SELECT COALESCE(MAX(id), 0) FROM stock_movement
                   WHERE org = $1 AND store = $2 AND product = $3 AND unit = $4";
        let values = values![org, &count.store, product, &unit];
        fetch_value::<MovementId>(connection, What::Stock, sql, values).await?.unwrap_or_default()
    };
    let sql = "UPDATE stock_count_line SET quantity = $5, counted_by = $6, counted_at = $7, mark = $8
               WHERE org = $1 AND stock_count = $2 AND product = $3 AND unit = $4";
    let mut values = values![org, &count.id, product, &unit, quantity, by];
    push_values!(values; &at, &mark);
    execute(connection, sql, values).await?;
    let sql = composed(format!(
        "UPDATE stock_count_line SET expected = {EXPECTED}
         WHERE org = $1 AND stock_count = $2 AND product = $4 AND unit = $5"
    ));
    execute(connection, sql, values![org, &count.id, &count.store, product, &unit]).await?;
    Ok(())
}
