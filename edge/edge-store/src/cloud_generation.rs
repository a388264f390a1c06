//! Generations that came from the cloud, and what this till keeps of its own beside them.
//!
//! A generation of the cloud becomes one of the till's like any other: same tables, same switch between baskets, same way
//! back. Views that the till has learnt from its own sales stay, for the cloud does not know them. Which views came from the
//! cloud is on record, so that the next difference can build on exactly what the cloud sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::ids::{Generation, ModelVersion, ViewId};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use sync_core::catalogue_document;
use sync_core::generation::Content;

use crate::catalogue::ChangeKind;
use crate::error::{Failure, StoreError};
use crate::generation::{self, Publishing, Stored};
use crate::store::{Store, wall_now};
use crate::views::{self, NewViews, Wanted};

/// The tables.
pub(crate) const TABLES: &str = "
-- Which generation of the cloud's this till's generations were, from each number on; 0 for none. Numbers of generations that
-- are not kept any more may stay.
CREATE TABLE cloud_generation (
    generation INTEGER PRIMARY KEY CHECK (generation > 0),
    number     INTEGER NOT NULL CHECK (number >= 0)
) STRICT;

-- Views that came from the cloud.
CREATE TABLE cloud_view (
    view INTEGER PRIMARY KEY REFERENCES view (id) ON DELETE CASCADE
) STRICT;
";

/// The table that came after them.
pub(crate) const HEAD_TABLE: &str = "
-- The newest of the cloud's generations that was ever taken, as the cloud signed it: what a cloud that was restored from an
-- old copy is shown.
CREATE TABLE cloud_head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    head BLOB NOT NULL
) STRICT;
";

/// Where a till stands in the cloud's generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CloudStanding {
    /// The one that the newest generation here is or builds on; 0 for none.
    pub sells_from: Generation,
    /// The newest that was ever taken: after going back the till does not take it again by itself.
    pub newest_taken: Generation,
}

/// One of the cloud's generations, checked and whole.
#[derive(Debug, Clone, PartialEq)]
pub struct FromCloud {
    /// Its number there.
    pub number: Generation,
    /// Its head as the cloud signed it; kept as it is, to be shown again.
    pub head: Vec<u8>,
    /// What it consists of.
    pub content: Content,
    /// It is the first of another cloud than the generations before: numbers that were taken from that one do not count.
    pub other_cloud: bool,
}

impl Store {
    /// Where this till stands in the cloud's generations.
    pub fn cloud_standing(&self) -> Result<CloudStanding, StoreError> {
        self.read(|connection| Ok(standing(connection)?))
    }

    /// The newest content that was taken from the cloud and is kept, without what the till added: what a difference builds on.
    pub fn cloud_content(&self) -> Result<Option<(Generation, Content)>, StoreError> {
        self.read(|connection| content(&*connection.unchecked_transaction()?))
    }

    /// The head of the newest generation that was ever taken, as it was given; `None` where none was, or before heads were
    /// kept.
    pub fn cloud_head(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT head FROM cloud_head")?;
            Ok(statement.query_row([], |row| row.get(0)).optional()?)
        })
    }

    /// Makes a generation of one of the cloud's. One transaction; the same number again, or an older one, changes nothing.
    pub fn take_cloud_generation(&self, taken: FromCloud) -> Result<Generation, StoreError> {
        self.write(move |writer| {
            let publishing = Publishing { at: wall_now(), keep: writer.keep_generations };
            take(&mut writer.connection, &taken, publishing)
        })
    }
}

/// Notes, on the way back to generation `to`, which of the cloud's that was.
pub(crate) fn note_rollback(
    transaction: &Transaction<'_>,
    to: Generation,
    next: Generation,
) -> rusqlite::Result<()> {
    let number = number_of(transaction, to)?;
    if standing(transaction)?.newest_taken.0 > 0 {
        transaction
            .prepare_cached("INSERT INTO cloud_generation (generation, number) VALUES (?1, ?2)")?
            .execute([next.0, number.0])?;
    }
    Ok(())
}

/// Forgets generations before `oldest`, but for the last one and the highest number.
pub(crate) fn prune(transaction: &Transaction<'_>, oldest: Generation) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "DELETE FROM cloud_generation
             WHERE generation < (SELECT max(generation) FROM cloud_generation WHERE generation <= ?1)
               AND number < (SELECT max(number) FROM cloud_generation)",
        )?
        .execute([oldest.0])
        .map(|_| ())
}

fn standing(connection: &Connection) -> rusqlite::Result<CloudStanding> {
    let newest_taken: Option<u64> = connection
        .prepare_cached("SELECT max(number) FROM cloud_generation")?
        .query_row([], |row| row.get(0))?;
    let sells_from = number_of(connection, Generation(i64::MAX as u64))?;
    Ok(CloudStanding { sells_from, newest_taken: Generation(newest_taken.unwrap_or(0)) })
}

/// Which of the cloud's generations one of the till's is, or builds on; 0 for none.
fn number_of(connection: &Connection, generation: Generation) -> rusqlite::Result<Generation> {
    let number = connection
        .prepare_cached(
            "SELECT number FROM cloud_generation WHERE generation <= ?1 ORDER BY generation DESC LIMIT 1",
        )?
        .query_row([generation.0], |row| row.get(0))
        .optional()?;
    Ok(Generation(number.unwrap_or(0)))
}

fn content(connection: &Connection) -> Result<Option<(Generation, Content)>, Failure> {
    let taken: Option<(u64, u64)> = connection
        .prepare_cached(
            "SELECT cloud_generation.generation, cloud_generation.number FROM cloud_generation
             JOIN generation ON generation.number = cloud_generation.generation
             WHERE cloud_generation.number > 0 ORDER BY cloud_generation.number DESC LIMIT 1",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((local, number)) = taken else { return Ok(None) };
    let Some(stored) = generation::stored(connection, Some(Generation(local)))? else { return Ok(None) };
    let catalogue = generation::load_catalogue(connection, stored.catalogue)?;
    let model = stored.model.map(|model| generation::model_label(connection, model)).transpose()?;
    let views = match &model {
        Some(model) => of_cloud(connection, Generation(local), model)?,
        None => BTreeMap::new(),
    };
    let calibration_json = generation::calibration_text(connection, stored.calibration)?;
    let content = Content { catalogue: Arc::new(catalogue), model, views, calibration_json };
    Ok(Some((Generation(number), content)))
}

fn of_cloud(
    connection: &Connection,
    generation: Generation,
    model: &ModelVersion,
) -> Result<BTreeMap<ViewId, domain::embedding::View>, Failure> {
    let mut statement = connection.prepare_cached("SELECT view FROM cloud_view")?;
    let ours: BTreeSet<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let wanted = Wanted { generation, model, after_row: 0, limit: u32::MAX };
    let all = views::load(connection, &wanted, |_| true)?;
    Ok(all.into_iter().filter(|(row, _)| ours.contains(row)).map(|(_, view)| (view.id, view)).collect())
}

fn take(
    connection: &mut Connection,
    taken: &FromCloud,
    publishing: Publishing,
) -> Result<Generation, Failure> {
    let FromCloud { number, head, content, other_cloud } = taken;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let newest = generation::stored(&transaction, None)?;
    if *other_cloud {
        transaction.execute_batch("DELETE FROM cloud_generation; DELETE FROM cloud_head;")?;
    }
    if number.0 == 0 || standing(&transaction)?.newest_taken >= *number {
        return Ok(newest.map_or(Generation(0), |newest| newest.number));
    }
    let local = generation::next_number(&transaction)?;
    let body = catalogue_document::encode(&content.catalogue);
    let catalogue = generation::shared_row(&transaction, "catalogue", body.as_bytes(), &body.as_bytes())?;
    let calibration = match &content.calibration_json {
        Some(text) => Some(generation::shared_row(&transaction, "calibration", text.as_bytes(), text)?),
        None => None,
    };
    let model = take_views(&transaction, content, newest.and_then(|newest| newest.model), local)?;
    let next = Stored {
        number: local,
        catalogue,
        calibration,
        model,
        products: content.catalogue.products().len() as u64,
    };
    transaction
        .prepare_cached("INSERT INTO cloud_generation (generation, number) VALUES (?1, ?2)")?
        .execute([local.0, number.0])?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO cloud_head (id, head) VALUES (1, ?1)")?
        .execute([head])?;
    generation::finish(transaction, &next, ChangeKind::Cloud, publishing)
}

/// Brings the views of generation `local` to those of the content and the till's own. Gives the row of their model.
fn take_views(
    transaction: &Transaction<'_>,
    content: &Content,
    before: Option<i64>,
    local: Generation,
) -> Result<Option<i64>, Failure> {
    let list: Vec<_> = content.views.values().cloned().collect();
    let Some(label) = &content.model else {
        views::remove_all(transaction, local)?;
        return Ok(None);
    };
    let dimension = views::common_dimension(label, &list)?;
    let model = views::model_row(transaction, label, dimension)?;
    if model != before {
        views::remove_all(transaction, local)?;
    }
    let sold = |view: &ViewId, product: &str| {
        view.is_learnt()
            && content.catalogue.products().any(|known| known.id.as_str() == product && !known.archived)
    };
    for (row, view, product) in views::live(transaction)? {
        if !content.views.contains_key(&view) && !sold(&view, &product) {
            views::remove_row(transaction, row, local)?;
        }
    }
    let Some(model) = model else { return Ok(None) };
    let nothing = BTreeMap::new();
    let rows =
        views::add_or_revive(transaction, NewViews { views: &list, pictures: &nothing, model }, local)?;
    let mut note = transaction.prepare_cached("INSERT OR IGNORE INTO cloud_view (view) VALUES (?1)")?;
    for row in rows {
        note.execute([row])?;
    }
    Ok(Some(model))
}

/// When a file is repaired: the highest number that is told stays, so that the till does not go backwards.
pub(crate) fn is_row(row: &[rusqlite::types::Value]) -> bool {
    matches!(row, [rusqlite::types::Value::Integer(_), rusqlite::types::Value::Integer(number)] if *number >= 0)
}
