//! Taking what another system tells: once, and all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use domain::ids::{OrgId, ProductId, StoreId};
use domain::product::Product;
use domain::quantity::Measure;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::{HookArrival, HookChange, HookEvent, PROBLEM_MAX_LEN, SeenProduct};
use crate::bulk::{fetch_all_of, insert_all};
use crate::error::{StoreError, What};
use crate::ids::{Actor, Hash, HookId};
use crate::jobs::{NewJob, insert_job};
use crate::people::check_store;
use crate::products::{check_product, check_registration, put_price, put_store_price};
use crate::sql::{Failure, Fields, composed, execute, fetch_one, fetch_value, push_values, values};
use crate::stock::{Booking, StockReason, book, check_changes};
use crate::store::Store;

/// Most pieces or grams that can be counted: a million tonnes.
const COUNT_MAX: i64 = 1_000_000_000_000;

impl Store {
    /// Which of these events a hook has told of before, each with the hash of what it said.
    pub async fn hook_events_known(
        &self,
        hook: HookId,
        ids: &[&str],
    ) -> Result<BTreeMap<String, Hash>, StoreError> {
        self.answer(async { known(&mut *self.reading().await?, hook, ids).await }).await
    }

    /// Takes events of a request that were not known: all or none, with the request itself and what has to follow where anything
    /// changed. `None` where one of them is known meanwhile, or a product is not as it was seen: think it out anew. Otherwise whether
    /// each event changed anything.
    pub async fn take_hook_events(
        &self,
        org: &OrgId,
        arrival: &HookArrival,
        events: &[HookEvent],
        seen: &[SeenProduct],
        follow: &NewJob,
    ) -> Result<Option<Vec<bool>>, StoreError> {
        let (by, now) = (Actor::Hook(arrival.hook), arrival.at);
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_hook(connection, org, arrival.hook).await?;
            let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
            if !known(connection, arrival.hook, &ids).await?.is_empty()
                || !self.is_as_seen(connection, org, seen).await?
            {
                return Ok(None);
            }
            let mut ledger = Ledger::default();
            let mut changed = Vec::with_capacity(events.len());
            for event in events {
                let applied = self.apply(connection, org, &event.change, &mut ledger, (&by, now)).await;
                changed.push(applied.map_err(|failure| of_event(event, failure))?);
            }
            ledger.write(connection, org, &by, now).await?;
            let insert = "INSERT INTO hook_event (hook, event, hash, taken_at)";
            insert_all(connection, insert, 4, "", events, |event, values| {
                push_values!(values; &arrival.hook, &event.id, &event.hash, &now);
            })
            .await?;
            note(connection, arrival, (200, ""), u32::try_from(events.len()).unwrap_or(u32::MAX)).await?;
            if changed.contains(&true) {
                insert_job(connection, org, follow, now).await?;
            }
            writing.commit().await?;
            Ok(Some(changed))
        })
        .await
    }

    /// Writes down a request that changed nothing, and why.
    pub async fn note_hook_request(
        &self,
        arrival: &HookArrival,
        status: u32,
        problem: &str,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            note(writing.connection(), arrival, (status, problem), 0).await?;
            writing.commit().await
        })
        .await
    }

    /// Holds a hook until the transaction ends, so that its requests are taken one after another.
    async fn lock_hook(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        id: HookId,
    ) -> Result<(), Failure> {
        let sql = composed(format!(
            "SELECT COALESCE(disabled_at, -1) FROM incoming_hook WHERE org = $1 AND id = $2{}",
            self.engine().for_update()
        ));
        let disabled_at: Option<i64> = fetch_value(connection, What::Hook, sql, values![org, &id]).await?;
        match disabled_at {
            None => Err(StoreError::not_found(What::Hook, id).into()),
            Some(at) if at >= 0 => {
                Err(StoreError::conflict(What::Hook, id, "is switched off: ask who runs the shop").into())
            }
            Some(_) => Ok(()),
        }
    }

    /// Holds products in the order of their ids and compares them with what was seen of them.
    async fn is_as_seen(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        seen: &[SeenProduct],
    ) -> Result<bool, Failure> {
        let seen: BTreeMap<_, _> = seen.iter().map(|(id, product)| (id, product.as_ref())).collect();
        for (id, product) in seen {
            let found = match self.lock_product(connection, org, id).await {
                Ok(found) => Some(found),
                Err(Failure::Store(StoreError::NotFound { .. })) => None,
                Err(failure) => return Err(failure),
            };
            if found.as_ref() != product {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What follows from one event; whether that changed anything.
    async fn apply(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        change: &HookChange,
        ledger: &mut Ledger,
        (by, now): (&Actor, WallMs),
    ) -> Result<bool, Failure> {
        match change {
            HookChange::Product(registration) => {
                check_registration(registration)?;
                let done = self.register_within(connection, org, registration, by, now).await?;
                Ok(done.changed)
            }
            HookChange::Price { product, price, from } => {
                let stored = self.lock_product(connection, org, product).await?.product;
                check_product(&Product { price: *price, ..stored })?;
                put_price(connection, org, product, (price, *from), (by, now)).await?;
                Ok(true)
            }
            HookChange::StorePrice { product, price } => {
                let stored = self.lock_product(connection, org, product).await?.product;
                let otherwise = stored.price;
                check_product(&Product { price: price.price.unwrap_or(otherwise), ..stored })?;
                check_store(connection, org, Some(&price.store)).await?;
                put_store_price(connection, org, product, price, &otherwise).await?;
                Ok(true)
            }
            HookChange::Counted { store, product, quantity } => {
                let key = self.stock_key(connection, org, store, product, *quantity).await?;
                ledger.count(connection, org, (store, &key), *quantity).await
            }
            HookChange::Delivered { store, product, quantity } => {
                let key = self.stock_key(connection, org, store, product, *quantity).await?;
                ledger.deliver((store, &key), *quantity);
                Ok(*quantity != 0)
            }
        }
    }

    /// What is counted of a product: pieces or grams, as it is sold.
    async fn stock_key(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        store: &StoreId,
        product: &ProductId,
        quantity: i64,
    ) -> Result<StockKey, Failure> {
        check_store(connection, org, Some(store)).await?;
        if !(0..=COUNT_MAX).contains(&quantity) {
            let problem = format!("{quantity} is no quantity: write 0 to {COUNT_MAX} pieces or grams");
            return Err(StoreError::invalid(What::Stock, product, problem).into());
        }
        let stored = self.lock_product(connection, org, product).await?;
        let unit = match stored.product.price.per {
            Measure::Piece => StockUnit::Piece,
            Measure::Kilogram => StockUnit::Gram,
        };
        Ok(StockKey { product: product.clone(), unit })
    }
}

/// Names the event that something is wrong with.
fn of_event(event: &HookEvent, failure: Failure) -> Failure {
    match failure {
        Failure::Store(
            error @ (StoreError::NotFound { .. } | StoreError::Conflict { .. } | StoreError::Invalid { .. }),
        ) => StoreError::invalid(What::HookEvent, &event.id, error.to_string()).into(),
        failure => failure,
    }
}

/// What is booked by one request, in the order of its events.
#[derive(Default)]
struct Ledger {
    /// What there is of what was counted, with what was booked since.
    balances: BTreeMap<(StoreId, StockKey), i64>,
    deliveries: BTreeMap<StoreId, Vec<Movement>>,
    corrections: BTreeMap<StoreId, Vec<Movement>>,
}

impl Ledger {
    fn deliver(&mut self, (store, key): (&StoreId, &StockKey), quantity: i64) {
        if let Some(balance) = self.balances.get_mut(&(store.clone(), key.clone())) {
            *balance += quantity;
        }
        let movement = Movement { key: key.clone(), change: quantity };
        self.deliveries.entry(store.clone()).or_default().push(movement);
    }

    /// Corrects a balance, which is held from the first count on; whether there was anything to correct.
    async fn count(
        &mut self,
        connection: &mut AnyConnection,
        org: &OrgId,
        (store, key): (&StoreId, &StockKey),
        quantity: i64,
    ) -> Result<bool, Failure> {
        let place = (store.clone(), key.clone());
        if !self.balances.contains_key(&place) {
            let delivered = self.deliveries.get(store).into_iter().flatten().filter(|one| one.key == *key);
            let delivered: i64 = delivered.map(|one| one.change).sum();
            let balance = hold_balance(connection, org, store, key).await? + delivered;
            self.balances.insert(place.clone(), balance);
        }
        let balance = self.balances.entry(place).or_default();
        let change = quantity - *balance;
        *balance = quantity;
        if change != 0 {
            let movement = Movement { key: key.clone(), change };
            self.corrections.entry(store.clone()).or_default().push(movement);
        }
        Ok(change != 0)
    }

    async fn write(
        self,
        connection: &mut AnyConnection,
        org: &OrgId,
        by: &Actor,
        now: WallMs,
    ) -> Result<(), Failure> {
        let stores: BTreeSet<_> = self.deliveries.keys().chain(self.corrections.keys()).cloned().collect();
        for store in stores {
            for (movements, reason) in [
                (self.deliveries.get(&store), StockReason::Delivery),
                (self.corrections.get(&store), StockReason::Correction),
            ] {
                let movements = movements.map_or(&[][..], Vec::as_slice);
                check_changes(movements)?;
                let booking = Booking { reason, origin: None, note: "", by, now };
                book(connection, (org, &store), movements, &booking).await?;
            }
        }
        Ok(())
    }
}

/// What there is; its row is held until the transaction ends.
async fn hold_balance(
    connection: &mut AnyConnection,
    org: &OrgId,
    store: &StoreId,
    key: &StockKey,
) -> Result<i64, Failure> {
    // A change of nothing takes the row's lock in both engines.
    let sql = "INSERT INTO stock_balance (org, store, product, unit, quantity) VALUES ($1, $2, $3, $4, 0)
               ON CONFLICT (org, store, product, unit) DO UPDATE SET quantity = stock_balance.quantity
               RETURNING quantity";
    let values = values![org, store, &key.product, &key.unit];
    let row = fetch_one(connection, sql, values).await?;
    let row = row.ok_or_else(|| StoreError::not_found(What::Stock, &key.product))?;
    Fields::of(&row, What::Stock).take()
}

async fn known(
    connection: &mut AnyConnection,
    hook: HookId,
    ids: &[&str],
) -> Result<BTreeMap<String, Hash>, Failure> {
    let select = "SELECT event, hash FROM hook_event WHERE (hook, event)";
    let rows = fetch_all_of(connection, select, 2, "", ids, |id, values| {
        push_values!(values; &hook, *id);
    });
    let read = |row: &sqlx::any::AnyRow| {
        let mut fields = Fields::of(row, What::HookEvent);
        Ok((fields.take()?, fields.take()?))
    };
    rows.await?.iter().map(read).collect()
}

async fn note(
    connection: &mut AnyConnection,
    arrival: &HookArrival,
    (status, problem): (u32, &str),
    new_events: u32,
) -> Result<(), Failure> {
    let problem = &problem[..problem.floor_char_boundary(PROBLEM_MAX_LEN)];
    let sql = "INSERT INTO hook_request (hook, message, at, size_bytes, events, status, problem, new_events)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let HookArrival { hook, message, at, size_bytes, events } = arrival;
    let values = values![hook, message, at, size_bytes, events, &status, problem, &new_events];
    execute(connection, sql, values).await?;
    Ok(())
}
