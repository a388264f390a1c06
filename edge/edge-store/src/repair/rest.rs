//! Everything but the journal: intents, settings, catalogue, views.

use std::collections::BTreeMap;

use domain::ids::Uuid;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::journal::Found;
use super::rows;
use crate::cloud_generation;
use crate::copy::Record;
use crate::error::Failure;
use crate::report::Repair;
use crate::sightings;
use crate::view_pictures::origin_digest;
use crate::views::view_digest;
use sync_core::catalogue_document;
use sync_core::chain::digest;
use sync_core::sale_document;

/// Restores what can be read, row by row, each checked by itself.
pub(super) fn restore(
    target: &Transaction<'_>,
    source: Option<&Connection>,
    copied: &[Record],
    found: &Found,
    repair: &mut Repair,
) -> Result<(), Failure> {
    restore_intents(target, source, copied, found, repair)?;
    let mut highest_generation = found.generation;
    if let Some(source) = source {
        let salvage = Salvage { source, target };
        repair.settings = salvage.table("setting", "key, value", |_| true)?;
        salvage.table("catalogue", "id, hash, body", is_catalogue)?;
        salvage.table("calibration", "id, hash, body", is_calibration)?;
        salvage.table("model", "id, label, dimension", |_| true)?;
        repair.views = salvage.table("view", "id, uuid, product, model, vector, digest", is_view)?;
        repair.view_pictures = salvage.table("view_picture", "id, hash, body", is_picture)?;
        salvage.table("view_origin", "view, picture, digest", |row| is_origin(target, row))?;
        repair.sightings = salvage.table(
            "sighting",
            "id, day, product, settled, verdict, first, probability, model, vector, digest",
            is_sighting,
        )?;
        // Ids of lost sightings may be given out again: only while some are there does the mark mean what it meant.
        if repair.sightings > 0 {
            salvage.table("learning", "generation, through, undone", |_| true)?;
        }
        salvage.table("cloud_generation", "generation, number", cloud_generation::is_row)?;
        salvage.table("cloud_head", "id, head", |_| true)?;
        salvage.table("cloud_view", "view", |_| true)?;
        salvage.table("view_span", "view, added_in, removed_in", |row| {
            highest_generation = highest_generation.max(number(&row[1]));
            true
        })?;
        repair.generations = salvage.table(
            "generation",
            "number, published_at, kind, catalogue, calibration, model, products, views",
            |row| {
                highest_generation = highest_generation.max(number(&row[0]));
                true
            },
        )?;
        repair.generations += salvage.generations_without_calibration()?;
    }
    recount_views(target, repair)?;
    target.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('generation_floor', ?1)",
        [highest_generation.to_string()],
    )?;
    Ok(())
}

/// The intents of the database, and those that only the copy has; a payment that became a sale is settled.
fn restore_intents(
    target: &Transaction<'_>,
    source: Option<&Connection>,
    copied: &[Record],
    found: &Found,
    repair: &mut Repair,
) -> Result<(), Failure> {
    let mut open: BTreeMap<Uuid, (i64, Vec<u8>)> = BTreeMap::new();
    for record in copied {
        match record {
            Record::Intent { payment, recorded_at_ms, payload } => {
                open.insert(*payment, (*recorded_at_ms, payload.clone()));
            }
            Record::Dropped(payment) => drop(open.remove(payment)),
            Record::OpenIntents(payments) => open.retain(|payment, _| payments.contains(payment)),
            Record::Till(_) | Record::Sale(_) => {}
        }
    }
    if let Some(source) = source {
        rows::each(source, "intent", "payment, recorded_at, payload", |row| {
            let payment: [u8; 16] = row.get(1)?;
            open.insert(Uuid::from_bytes(payment), (row.get(2)?, row.get(3)?));
            Ok(())
        });
    }
    open.retain(|payment, (_, payload)| {
        !found.payments.contains(payment) && sale_document::decode(payload).is_ok()
    });
    let mut open: Vec<_> = open.into_iter().collect();
    open.sort_by_key(|(_, (recorded_at, _))| *recorded_at);
    for (payment, (recorded_at, payload)) in &open {
        target.execute(
            "INSERT INTO intent (payment, recorded_at, payload) VALUES (?1, ?2, ?3)",
            params![payment.as_bytes(), recorded_at, payload],
        )?;
    }
    repair.intents = open.len() as u64;
    Ok(())
}

struct Salvage<'a, 'b> {
    source: &'a Connection,
    target: &'a Transaction<'b>,
}

impl Salvage<'_, '_> {
    /// Takes over the rows of a table that `accept` finds sound and that refer to rows that are there. Gives their number.
    fn table(
        &self,
        table: &str,
        columns: &str,
        mut accept: impl FnMut(&[Value]) -> bool,
    ) -> rusqlite::Result<u64> {
        let count = columns.split(',').count();
        let marks: Vec<String> = (1..=count).map(|number| format!("?{number}")).collect();
        let mut insert =
            self.target.prepare(&format!("INSERT INTO {table} ({columns}) VALUES ({})", marks.join(", ")))?;
        let (mut taken, mut failure) = (0, None);
        rows::each(self.source, table, columns, |row| {
            let values: Vec<Value> = (1..=count).map(|index| row.get(index)).collect::<Result<_, _>>()?;
            if accept(&values) {
                match insert.execute(rusqlite::params_from_iter(values)) {
                    Ok(_) => taken += 1,
                    Err(error) if is_about_this_row(&error) => {}
                    Err(error) => failure = Some(error),
                }
            }
            Ok(())
        });
        failure.map_or(Ok(taken), Err)
    }

    /// A generation whose calibration was lost can still sell: the next enrolment calibrates anew.
    fn generations_without_calibration(&self) -> rusqlite::Result<u64> {
        let columns = "number, published_at, kind, catalogue, model, products, views";
        let target = self.target;
        self.table("generation", columns, |row| {
            let known = target.query_row("SELECT 1 FROM generation WHERE number = ?1", [&row[0]], |_| Ok(()));
            known.optional().is_ok_and(|known| known.is_none())
        })
    }
}

fn is_about_this_row(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{ConstraintViolation, TypeMismatch};
    matches!(error.sqlite_error_code(), Some(ConstraintViolation | TypeMismatch))
}

/// The newest generation says how many views it had; the difference is lost.
fn recount_views(target: &Transaction<'_>, repair: &mut Repair) -> rusqlite::Result<()> {
    let count = "(SELECT count(*) FROM view_span WHERE added_in <= number AND (removed_in IS NULL OR removed_in > number))";
    let lost = target
        .query_row(
            &format!("SELECT max(0, views - {count}) FROM generation ORDER BY number DESC LIMIT 1"),
            [],
            |row| row.get(0),
        )
        .optional()?;
    repair.views_lost = lost.unwrap_or(0);
    target.execute(&format!("UPDATE generation SET views = {count}"), []).map(|_| ())
}

fn number(value: &Value) -> u64 {
    match value {
        Value::Integer(number) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}

fn is_catalogue(row: &[Value]) -> bool {
    let [_, Value::Blob(hash), Value::Blob(body)] = row else { return false };
    digest(body) == hash[..] && catalogue_document::decode(body).is_ok()
}

fn is_calibration(row: &[Value]) -> bool {
    let [_, Value::Blob(hash), Value::Text(body)] = row else { return false };
    digest(body.as_bytes()) == hash[..]
}

fn is_view(row: &[Value]) -> bool {
    let [_, Value::Blob(uuid), Value::Text(product), _, Value::Blob(vector), Value::Blob(digest)] = row
    else {
        return false;
    };
    uuid.first_chunk().is_some_and(|uuid| view_digest(uuid, product, vector) == digest[..])
}

fn is_picture(row: &[Value]) -> bool {
    let [_, Value::Blob(hash), Value::Blob(body)] = row else { return false };
    digest(body) == hash[..]
}

/// A view whose picture was lost, or who points to another's, does without.
fn is_origin(target: &Connection, row: &[Value]) -> bool {
    let [view, picture, Value::Blob(digest)] = row else { return false };
    let found = target.query_row(
        "SELECT uuid, hash FROM view, view_picture WHERE view.id = ?1 AND view_picture.id = ?2",
        [view, picture],
        |row| Ok((row.get(0)?, row.get(1)?)),
    );
    found.is_ok_and(|(uuid, hash)| origin_digest(&uuid, &hash) == digest[..])
}

fn is_sighting(row: &[Value]) -> bool {
    let [
        _,
        Value::Integer(day),
        Value::Text(product),
        Value::Text(settled),
        Value::Text(verdict),
        first,
        probability,
        _,
        Value::Blob(vector),
        Value::Blob(digest),
    ] = row
    else {
        return false;
    };
    let first = match first {
        Value::Text(first) => Some(first.as_str()),
        _ => None,
    };
    let probability = match probability {
        Value::Integer(points) => u16::try_from(*points).ok(),
        _ => None,
    };
    let day = u32::try_from(*day).unwrap_or_default();
    sightings::digest(day, product, [settled, verdict], (first, probability), vector) == digest[..]
}
