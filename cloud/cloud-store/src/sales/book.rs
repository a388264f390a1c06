//! One transaction: batches are judged against what is there and written down, all or nothing.

use std::collections::BTreeMap;

use cloud_core::ledger::{self, StockUnit};
use domain::ids::{OrgId, ProductId, StoreId};
use domain::quantity::Quantity;
use domain::sale::{Identification, LineItem, Tender, TenderKind};
use sqlx::AnyConnection;

use super::Ingested;
use super::journal::{self, Journals};
use super::plan::{Batch, Booking, KnownSales, Plan};
use crate::bulk::{fetch_all_of, insert_all};
use crate::engine::Engine;
use crate::error::What;
use crate::sql::{Failure, Fields, push_values};
use crate::stock::add_to_balances;

/// The topic of booked sales; the key is `store/till` and the payload the sale's document.
pub const SALES_TOPIC: &str = "sales";

/// Books what is new, in the transaction of `connection`. The batches' tills are there.
pub(super) async fn book(
    connection: &mut AnyConnection,
    engine: Engine,
    batches: &[Batch],
) -> Result<Vec<Ingested>, Failure> {
    let mut journals = journal::lock(connection, batches, engine.for_update()).await?;
    let mut known = known_sales(connection, batches).await?;
    let plan = make_plan(batches, &mut journals, &mut known);
    write_arrivals(connection, &plan).await?;
    write_sales(connection, &plan.bookings).await?;
    write_lines(connection, &plan.bookings).await?;
    write_tenders(connection, &plan.bookings).await?;
    write_stock(connection, &plan.bookings).await?;
    write_events(connection, &plan.bookings).await?;
    journal::write(connection, &plan, batches, &journals).await?;
    Ok(plan.answers)
}

fn make_plan<'a>(batches: &'a [Batch], journals: &mut Journals, known: &mut KnownSales) -> Plan<'a> {
    let mut plan = Plan::default();
    for batch in batches {
        let journal = journals.get_mut(&journal::key(&batch.till)).expect("every batch's till was locked");
        plan.take(batch, known, journal);
    }
    plan
}

async fn known_sales(connection: &mut AnyConnection, batches: &[Batch]) -> Result<KnownSales, Failure> {
    let keys: Vec<_> = batches
        .iter()
        .flat_map(|batch| batch.entries.iter().map(|prepared| (&batch.till.org, &prepared.entry.sale)))
        .collect();
    let select = "SELECT org, sale, payload_hash FROM sale_inbox WHERE (org, sale)";
    let rows = fetch_all_of(connection, select, 2, "", &keys, |(org, sale), values| {
        push_values!(values; *org, *sale);
    });
    let mut known = KnownSales::new();
    for row in rows.await? {
        let mut fields = Fields::of(&row, What::Sale);
        known.insert((fields.take()?, fields.take()?), fields.take()?);
    }
    Ok(known)
}

async fn write_arrivals(connection: &mut AnyConnection, plan: &Plan<'_>) -> Result<(), Failure> {
    let insert = "INSERT INTO received (org, store, till, sequence, hash, previous, sale, outcome, aside, received_at)";
    insert_all(connection, insert, 10, "", &plan.arrivals, |arrival, values| {
        let entry = arrival.entry;
        push_values!(values; arrival.till, &entry.sequence, &entry.hash, &entry.previous, &entry.sale);
        push_values!(values; &arrival.outcome, &arrival.is_aside, &arrival.received_at);
    })
    .await?;
    let insert = "INSERT INTO set_aside (org, store, till, sequence, hash, previous, sale, payload, reason,
                                         problem, received_at)";
    insert_all(connection, insert, 11, "", &plan.asides, |aside, values| {
        let entry = aside.entry;
        push_values!(values; aside.till, &entry.sequence, &entry.hash, &entry.previous, &entry.sale);
        push_values!(values; entry.payload.as_slice(), &aside.reason, &aside.problem, &aside.received_at);
    })
    .await?;
    Ok(())
}

async fn write_sales(connection: &mut AnyConnection, bookings: &[Booking<'_>]) -> Result<(), Failure> {
    let insert = "INSERT INTO sale_inbox (org, sale, payload_hash, business_day)";
    insert_all(connection, insert, 4, "", bookings, |booking, values| {
        let sale = booking.sale;
        push_values!(values; &booking.till.org, &sale.id, &booking.prepared.payload_hash, &sale.business_day);
    })
    .await?;
    let insert = "INSERT INTO sale (org, store, till, id, business_day, sequence, started_at, completed_at,
                      generation, currency, net_minor, tax_minor, gross_minor, lines, payload, received_at)";
    insert_all(connection, insert, 16, "", bookings, |booking, values| {
        let (sale, entry) = (booking.sale, &booking.prepared.entry);
        let totals = &sale.totals;
        push_values!(values; booking.till, &sale.id, &sale.business_day, &entry.sequence);
        push_values!(values; &sale.started_at, &sale.completed_at, &sale.generation, &totals.gross.currency);
        push_values!(values; totals.net.minor, totals.tax.minor, totals.gross.minor);
        push_values!(values; &(sale.lines.len() as u64), entry.payload.as_slice(), &booking.received_at);
    })
    .await?;
    Ok(())
}

async fn write_lines(connection: &mut AnyConnection, bookings: &[Booking<'_>]) -> Result<(), Failure> {
    let rows: Vec<(&Booking<'_>, u64, &LineItem)> = bookings
        .iter()
        .flat_map(|booking| (1..).zip(&booking.sale.lines).map(move |(number, line)| (booking, number, line)))
        .collect();
    let insert =
        "INSERT INTO sale_line (org, sale, business_day, number, product, sku, unit_price_minor, price_per,
                      unit, quantity, tare_g, tax_code, tax_basis_points, amount_minor, identified_by,
                      probability_basis_points)";
    insert_all(connection, insert, 16, "", &rows, |(booking, number, line), values| {
        let (unit, quantity) = unit_and_count(line.quantity);
        let (identified_by, probability) = identification(line.identified_by);
        push_values!(values; &booking.till.org, &booking.sale.id, &booking.sale.business_day, number);
        push_values!(values; &line.product, &line.sku, line.unit_price.amount.minor, &line.unit_price.per);
        push_values!(values; unit, quantity, &line.tare_g, &line.tax_code, &line.tax_rate.basis_points);
        push_values!(values; line.amount.minor, identified_by, probability);
    })
    .await?;
    Ok(())
}

async fn write_tenders(connection: &mut AnyConnection, bookings: &[Booking<'_>]) -> Result<(), Failure> {
    let rows: Vec<(&Booking<'_>, u64, &Tender)> = bookings
        .iter()
        .flat_map(|booking| {
            (1..).zip(&booking.sale.tenders).map(move |(number, tender)| (booking, number, tender))
        })
        .collect();
    let insert = "INSERT INTO sale_tender (org, sale, business_day, number, payment, kind, amount_minor,
                      authorisation)";
    insert_all(connection, insert, 8, "", &rows, |(booking, number, tender), values| {
        let kind = match tender.kind {
            TenderKind::Card => "card",
        };
        push_values!(values; &booking.till.org, &booking.sale.id, &booking.sale.business_day, number);
        push_values!(values; tender.payment.0.as_bytes().as_slice(), kind, tender.amount.minor);
        push_values!(values; &tender.authorisation);
    })
    .await?;
    Ok(())
}

async fn write_stock(connection: &mut AnyConnection, bookings: &[Booking<'_>]) -> Result<(), Failure> {
    let rows: Vec<_> = bookings
        .iter()
        .flat_map(|booking| {
            ledger::movements(booking.sale).into_iter().map(move |movement| (booking, movement))
        })
        .collect();
    let insert = "INSERT INTO stock_movement (org, store, product, unit, change, reason, sale, business_day,
                      made_by, at)";
    insert_all(connection, insert, 10, "", &rows, |(booking, movement), values| {
        let (till, sale) = (booking.till, booking.sale);
        push_values!(values; &till.org, &till.store, &movement.key.product, &movement.key.unit);
        push_values!(values; movement.change, "sale", &sale.id, &sale.business_day);
        push_values!(values; format!("till:{}", till.till).as_str(), &sale.completed_at);
    })
    .await?;
    let mut sums: BTreeMap<(&OrgId, &StoreId, &ProductId, StockUnit), i64> = BTreeMap::new();
    for (booking, movement) in &rows {
        let key = (&booking.till.org, &booking.till.store, &movement.key.product, movement.key.unit);
        // Each is less than 2^63 / 2^20, and a group has fewer than 2^20 lines.
        *sums.entry(key).or_default() += movement.change;
    }
    add_to_balances(connection, sums).await
}

async fn write_events(connection: &mut AnyConnection, bookings: &[Booking<'_>]) -> Result<(), Failure> {
    let insert = "INSERT INTO outbox_event (org, topic, event_key, payload, made_at)";
    insert_all(connection, insert, 5, "", bookings, |booking, values| {
        let key = format!("{}/{}", booking.till.store, booking.till.till);
        push_values!(values; &booking.till.org, SALES_TOPIC, key.as_str());
        push_values!(values; booking.prepared.entry.payload.as_slice(), &booking.received_at);
    })
    .await?;
    Ok(())
}

fn unit_and_count(quantity: Quantity) -> (&'static str, i64) {
    match quantity {
        Quantity::Pieces(count) => ("piece", count.into()),
        Quantity::Grams(grams) => ("gram", grams.into()),
    }
}

fn identification(by: Identification) -> (&'static str, Option<i64>) {
    match by {
        Identification::Vision { probability } => ("vision", Some(probability.basis_points().into())),
        Identification::Candidate { probability, .. } => {
            ("candidate", Some(probability.basis_points().into()))
        }
        Identification::Search => ("search", None),
        Identification::Barcode => ("barcode", None),
        Identification::Plu => ("plu", None),
        Identification::Staff => ("staff", None),
    }
}
