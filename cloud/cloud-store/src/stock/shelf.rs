//! What there is in a store: of each thing how many are there, kept for somebody and on their way, and whether that is enough.

use std::collections::BTreeMap;

use cloud_core::ledger::StockKey;
use domain::ids::{OrgId, ProductId, StoreId};
use domain::text::LocalizedText;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::{read_key, unit_word};
use crate::bulk::insert_all;
use crate::demand::ProductRange;
use crate::error::{StoreError, What};
use crate::people::check_store;
use crate::products::words;
use crate::sql::{Failure, Fields, composed, execute, fetch_each, push_values, values, word_column};
use crate::store::Store;

/// Whether there is enough of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShelfState {
    /// More was sold than was ever booked in: the ledger is wrong.
    Negative,
    /// Nothing is there.
    Out,
    /// What may be sold is not above the reorder point.
    Low,
    /// There is enough.
    Ok,
    /// More is there than there is room for.
    Over,
}

word_column!(ShelfState:
    Negative = "negative",
    Out = "out",
    Low = "low",
    Ok = "ok",
    Over = "over",
);

/// Which things.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShelfFilter {
    /// Those of which there is so much.
    pub state: Option<ShelfState>,
    /// Those whose product's id, names or numbers have these words.
    pub search: Option<String>,
    /// That of one product.
    pub product: Option<ProductId>,
    /// Also products of which nothing was ever booked.
    pub never_booked: bool,
}

/// What there is of a thing in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockOnShelf {
    /// The thing.
    pub key: StockKey,
    /// The product's names; `None` once it is gone.
    pub name: Option<LocalizedText>,
    /// Pieces or grams; below zero where more was sold than was ever booked in.
    pub on_hand: i64,
    /// Of these kept for somebody.
    pub reserved: u64,
    /// Still to come by orders that went to their suppliers.
    pub on_order: u64,
    /// On their way from other stores.
    pub in_transit: u64,
    /// How many are to be there at least, as somebody said.
    pub minimum: Option<u64>,
    /// How many there is room for, as somebody said.
    pub maximum: Option<u64>,
    /// How many are left when more are ordered: the minimum, else what the newest proposals were made with.
    pub reorder_point: Option<u64>,
    /// When it was counted last.
    pub counted_at: Option<WallMs>,
    /// Whether that is enough.
    pub state: ShelfState,
}

/// How many of a thing are left when more are ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReorderPoint {
    /// The thing.
    pub key: StockKey,
    /// Pieces or grams.
    pub quantity: u64,
}

/// Things of one kind with their numbers, so many of them: `$1` is the organisation, `$2` the store, `$3` the moment, `$4` and `$5` the
/// last thing of the page before, `$6` how many. Each kind is read in the order of a key and ends by itself, however many there are.
const NUMBERED: &str = "
SELECT product, unit, names, quantity, reserved, stock_min, stock_max, reorder_point, counted_at, state FROM (
    SELECT counted.*,
           CASE WHEN quantity < 0 THEN 'negative'
                WHEN quantity = 0 THEN 'out'
                WHEN quantity - reserved <= reorder_point THEN 'low'
                WHEN quantity > stock_max THEN 'over'
                ELSE 'ok' END AS state
    FROM (SELECT thing.product, thing.unit, thing.names, thing.quantity, thing.counted_at, rule.stock_min, rule.stock_max,
                 COALESCE(rule.stock_min, reorder.quantity) AS reorder_point,
                 CAST(COALESCE((SELECT SUM(kept.quantity) FROM stock_reservation AS kept
                                WHERE kept.org = $1 AND kept.store = $2 AND kept.product = thing.product
                                    AND kept.unit = thing.unit AND kept.until > $3 AND kept.released_at IS NULL), 0)
                      AS BIGINT) AS reserved
          FROM ({things}) AS thing
          LEFT JOIN ordering_rule AS rule ON rule.org = $1 AND rule.store = $2 AND rule.product = thing.product
          LEFT JOIN stock_reorder AS reorder ON reorder.org = $1 AND reorder.store = $2
              AND reorder.product = thing.product AND reorder.unit = thing.unit) AS counted
) AS numbered WHERE 1 = 1 {state} ORDER BY product, unit LIMIT $6";

const BOOKED: &str = "
SELECT balance.product, balance.unit, product.names, balance.quantity, balance.counted_at
FROM stock_balance AS balance
LEFT JOIN product ON product.org = $1 AND product.id = balance.product
WHERE balance.org = $1 AND balance.store = $2 AND balance.product >= $4
    AND (balance.product > $4 OR balance.unit > $5) {wanted}";

/// Products that are sold and of which nothing was ever booked in the unit in which they are.
const NEVER_BOOKED: &str = "
SELECT product.id AS product, CASE product.price_per WHEN 'kg' THEN 'gram' ELSE 'piece' END AS unit, product.names,
       CAST(0 AS BIGINT) AS quantity, CAST(NULL AS BIGINT) AS counted_at
FROM product
WHERE product.org = $1 AND product.archived = 0 AND product.id >= $4
    AND (product.id > $4 OR CASE product.price_per WHEN 'kg' THEN 'gram' ELSE 'piece' END > $5)
    AND NOT EXISTS (SELECT 1 FROM stock_balance AS balance
                    WHERE balance.org = $1 AND balance.store = $2 AND balance.product = product.id
                        AND balance.unit = CASE product.price_per WHEN 'kg' THEN 'gram' ELSE 'piece' END) {wanted}";

/// The statement for things of one kind or of both.
fn shelf_sql(never_booked: bool, wanted: &str, state: &str) -> String {
    let of = |things: &str, id: &str| {
        let things = things.replace("{wanted}", &wanted.replace("{id}", id));
        NUMBERED.replace("{things}", &things).replace("{state}", state)
    };
    let booked = of(BOOKED, "balance.product");
    if !never_booked {
        return booked;
    }
    let never = of(NEVER_BOOKED, "product.id");
    format!(
        "SELECT * FROM (SELECT * FROM ({booked}) AS booked UNION ALL SELECT * FROM ({never}) AS never_booked) AS shelf
         ORDER BY product, unit LIMIT $6"
    )
}

impl Store {
    /// What there is in a store, in order of product and unit, behind `after`.
    pub async fn shelf(
        &self,
        org: &OrgId,
        store: &StoreId,
        filter: &ShelfFilter,
        after: Option<&StockKey>,
        (now, limit): (WallMs, u32),
    ) -> Result<Vec<StockOnShelf>, StoreError> {
        self.answer(async {
            let (product, unit) = after.map_or(("", ""), |key| (key.product.as_str(), unit_word(key.unit)));
            let mut values = values![org, store, &now, product, unit, &limit];
            let (mut place, mut wanted, mut state) = (6, String::new(), String::new());
            let mut next = || {
                place += 1;
                place
            };
            if let Some(product) = &filter.product {
                wanted.push_str(&format!(" AND {{id}} = ${}", next()));
                values.push(product);
            }
            for word in filter.search.iter().flat_map(|text| words(text)) {
                let place = next();
                wanted.push_str(&format!(
                    " AND (product.search_text LIKE ${place} ESCAPE '\\' OR LOWER({{id}}) LIKE ${place} ESCAPE '\\')"
                ));
                values.push(&word);
            }
            if let Some(wanted) = filter.state {
                state = format!(" AND state = ${}", next());
                values.push(&wanted);
            }
            let sql = shelf_sql(filter.never_booked, &wanted, &state);
            let mut connection = self.reading().await?;
            let mut shelf = fetch_each(&mut connection, What::Stock, composed(sql), values, read).await?;
            if let (Some(first), Some(last)) = (shelf.first(), shelf.last()) {
                let range = ProductRange { first: first.key.product.clone(), last: last.key.product.clone() };
                let mut ordered = on_order(&mut connection, (org, store), &range).await?;
                let mut coming = in_transit(&mut connection, (org, store), &range).await?;
                for one in &mut shelf {
                    one.on_order = ordered.remove(&one.key).unwrap_or(0);
                    one.in_transit = coming.remove(&one.key).unwrap_or(0);
                }
            }
            Ok(shelf)
        })
        .await
    }

    /// How many pieces or grams of a stretch of products are on their way to a store from others.
    pub async fn in_transit_between(
        &self,
        org: &OrgId,
        store: &StoreId,
        range: &ProductRange,
    ) -> Result<BTreeMap<StockKey, u64>, StoreError> {
        self.answer(async { in_transit(&mut *self.reading().await?, (org, store), range).await }).await
    }

    /// Puts what proposals were made with in place of what earlier ones were: all of a store, in one transaction.
    pub async fn put_reorder_points(
        &self,
        org: &OrgId,
        store: &StoreId,
        points: &[ReorderPoint],
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, Some(store)).await?;
            self.lock_store(connection, org, store).await?;
            let sql = "DELETE FROM stock_reorder WHERE org = $1 AND store = $2";
            execute(connection, sql, values![org, store]).await?;
            let insert = "INSERT INTO stock_reorder (org, store, product, unit, quantity)";
            insert_all(connection, insert, 5, "", points, |point, values| {
                push_values!(values; org, store, &point.key.product, &point.key.unit, &point.quantity);
            })
            .await?;
            writing.commit().await
        })
        .await
    }
}

/// What orders that went to their suppliers still bring.
async fn on_order(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    range: &ProductRange,
) -> Result<BTreeMap<StockKey, u64>, Failure> {
    let sql =
        "SELECT line.product, packs, packs_confirmed, pack_content, pack_unit, accepted, damaged
               FROM purchase_order_line AS line
               JOIN purchase_order ON purchase_order.org = line.org AND purchase_order.id = line.purchase_order
               WHERE line.org = $1 AND store = $2 AND line.product >= $3 AND line.product <= $4
                   AND state IN ('sent', 'confirmed', 'received')";
    let values = values![org, store, &range.first, &range.last];
    let lines = fetch_each(connection, What::PurchaseOrder, sql, values, |fields| {
        let product: ProductId = fields.take()?;
        let ordered = crate::sourcing::read_ordered(fields)?;
        Ok((StockKey { product, unit: ordered.pack.unit }, ordered.outstanding()))
    });
    Ok(summed(lines.await?))
}

async fn in_transit(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    range: &ProductRange,
) -> Result<BTreeMap<StockKey, u64>, Failure> {
    let sql = "SELECT product, unit, quantity FROM stock_transfer AS transfer
               JOIN stock_transfer_line AS line ON line.org = transfer.org AND line.stock_transfer = transfer.id
               WHERE transfer.org = $1 AND to_store = $2 AND product >= $3 AND product <= $4 AND state = 'sent'";
    let values = values![org, store, &range.first, &range.last];
    let lines = fetch_each(connection, What::StockTransfer, sql, values, |fields| {
        Ok((read_key(fields)?, fields.take()?))
    });
    Ok(summed(lines.await?))
}

fn summed(lines: Vec<(StockKey, u64)>) -> BTreeMap<StockKey, u64> {
    let mut sums: BTreeMap<StockKey, u64> = BTreeMap::new();
    for (key, quantity) in lines {
        let sum = sums.entry(key).or_default();
        *sum = sum.saturating_add(quantity);
    }
    sums
}

fn read(fields: &mut Fields<'_>) -> Result<StockOnShelf, Failure> {
    Ok(StockOnShelf {
        key: read_key(fields)?,
        name: fields.take_option()?,
        on_hand: fields.take()?,
        reserved: fields.take()?,
        on_order: 0,
        in_transit: 0,
        minimum: fields.take_option()?,
        maximum: fields.take_option()?,
        reorder_point: fields.take_option()?,
        counted_at: fields.take_option()?,
        state: fields.take()?,
    })
}
