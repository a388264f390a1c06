//! Enrolled views: stored once, referred to by generations through spans.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ModelVersion, ProductId, Uuid, ViewId};
use domain::time::WallMs;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::error::{Failure, StoreError};
use crate::view_pictures::{self, GivenPicture};

/// How long views wait for their generation: a day.
const WAITING_MAX_MS: i64 = 24 * 60 * 60 * 1000;

/// The row of a model, made if need be. All vectors of a model have one length.
pub(crate) fn model_row(
    transaction: &Transaction<'_>,
    model: &ModelVersion,
    dimension: Option<usize>,
) -> Result<Option<i64>, Failure> {
    let known: Option<(i64, usize)> = transaction
        .prepare_cached("SELECT id, dimension FROM model WHERE label = ?1")?
        .query_row([model.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match (known, dimension) {
        (Some((_, stored)), Some(given)) if stored != given => {
            let problem = format!("vectors of model `{model}` have {stored} numbers, not {given}");
            Err(StoreError::MixedModels { problem }.into())
        }
        (Some((id, _)), _) => Ok(Some(id)),
        (None, Some(dimension)) => {
            transaction
                .prepare_cached("INSERT INTO model (label, dimension) VALUES (?1, ?2)")?
                .execute(params![model.as_str(), dimension])?;
            Ok(Some(transaction.last_insert_rowid()))
        }
        (None, None) => Ok(None),
    }
}

/// Checks that new views go together: one model, one length. Gives the length; `None` when there are none.
pub(crate) fn common_dimension(model: &ModelVersion, views: &[View]) -> Result<Option<usize>, StoreError> {
    let mut dimension = None;
    for view in views {
        let own = view.embedding.model();
        if own != model {
            let problem = format!("view {} was made by model `{own}`, the change is for `{model}`", view.id);
            return Err(StoreError::MixedModels { problem });
        }
        let length = view.embedding.values().len();
        let common = *dimension.get_or_insert(length);
        if length != common {
            let problem = format!("view {} has {length} numbers, another has {common}", view.id);
            return Err(StoreError::MixedModels { problem });
        }
    }
    Ok(dimension)
}

/// Views that are new to the store.
#[derive(Clone, Copy)]
pub(crate) struct NewViews<'a> {
    pub(crate) views: &'a [View],
    pub(crate) pictures: &'a BTreeMap<ViewId, GivenPicture>,
    /// The row of their model.
    pub(crate) model: i64,
}

/// Adds views that belong to generations from `generation` on.
pub(crate) fn add(
    transaction: &Transaction<'_>,
    new: NewViews<'_>,
    generation: Generation,
) -> Result<(), Failure> {
    let mut insert_span =
        transaction.prepare_cached("INSERT INTO view_span (view, added_in) VALUES (?1, ?2)")?;
    let mut known = transaction.prepare_cached("SELECT 1 FROM view WHERE uuid = ?1")?;
    for view in new.views {
        if known.exists([view.id.0.as_bytes()])? {
            return Err(StoreError::DuplicateView { view: view.id }.into());
        }
        let id = insert(transaction, new, view)?;
        insert_span.execute(params![id, generation.0])?;
    }
    Ok(())
}

/// As [`add`], but views that the store has already, and that are the same, are given to the generation again. Gives the
/// rows of all.
pub(crate) fn add_or_revive(
    transaction: &Transaction<'_>,
    new: NewViews<'_>,
    generation: Generation,
) -> Result<Vec<i64>, Failure> {
    let mut known = transaction.prepare_cached(
        "SELECT id, model, digest, EXISTS (SELECT 1 FROM view_span WHERE view = view.id AND removed_in IS NULL)
         FROM view WHERE uuid = ?1",
    )?;
    let mut insert_span =
        transaction.prepare_cached("INSERT INTO view_span (view, added_in) VALUES (?1, ?2)")?;
    let mut rows = Vec::with_capacity(new.views.len());
    for view in new.views {
        let there: Option<(i64, i64, [u8; 8], bool)> = known
            .query_row([view.id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        let row = match there {
            None => insert(transaction, new, view)?,
            Some((id, model, digest, _)) if model == new.model && digest == digest_of(view) => id,
            Some(_) => return Err(StoreError::DuplicateView { view: view.id }.into()),
        };
        if there.is_none_or(|(.., live)| !live) {
            insert_span.execute(params![row, generation.0])?;
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The views of the newest generation: row, id, product.
pub(crate) fn live(connection: &Connection) -> rusqlite::Result<Vec<(i64, ViewId, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT view.id, uuid, product FROM view_span JOIN view ON view.id = view_span.view WHERE removed_in IS NULL",
    )?;
    let rows = statement.query_map([], |row| {
        let uuid: [u8; 16] = row.get(1)?;
        Ok((row.get(0)?, ViewId(Uuid::from_bytes(uuid)), row.get(2)?))
    })?;
    rows.collect()
}

/// Takes the view of a row out of generations from `generation` on.
pub(crate) fn remove_row(
    transaction: &Transaction<'_>,
    row: i64,
    generation: Generation,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE view_span SET removed_in = ?2 WHERE removed_in IS NULL AND view = ?1")?
        .execute(params![row, generation.0])
        .map(|_| ())
}

/// Adds views that wait for their generation. One that waits already, and is the same, is left as it is.
pub(crate) fn bring(transaction: &Transaction<'_>, new: NewViews<'_>, now: WallMs) -> Result<(), Failure> {
    let mut wait =
        transaction.prepare_cached("INSERT OR REPLACE INTO view_waiting (view, since) VALUES (?1, ?2)")?;
    let mut known = transaction.prepare_cached(
        "SELECT view.id, view.model, view.digest, view_waiting.view IS NOT NULL
         FROM view LEFT JOIN view_waiting ON view_waiting.view = view.id WHERE uuid = ?1",
    )?;
    for view in new.views {
        let there: Option<(i64, i64, [u8; 8], bool)> = known
            .query_row([view.id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        let id = match there {
            None => insert(transaction, new, view)?,
            Some((id, model, digest, true)) if model == new.model && digest == digest_of(view) => id,
            Some(_) => return Err(StoreError::DuplicateView { view: view.id }.into()),
        };
        wait.execute(params![id, now.0])?;
    }
    Ok(())
}

/// Gives views that waited to generations from `generation` on.
pub(crate) fn adopt(
    transaction: &Transaction<'_>,
    views: &[ViewId],
    model: i64,
    generation: Generation,
) -> Result<(), Failure> {
    let mut waiting = transaction.prepare_cached(
        "SELECT view.id FROM view JOIN view_waiting ON view_waiting.view = view.id WHERE uuid = ?1 AND model = ?2",
    )?;
    let mut no_longer = transaction.prepare_cached("DELETE FROM view_waiting WHERE view = ?1")?;
    let mut insert_span =
        transaction.prepare_cached("INSERT INTO view_span (view, added_in) VALUES (?1, ?2)")?;
    for &view in views {
        let row: Option<i64> =
            waiting.query_row(params![view.0.as_bytes(), model], |row| row.get(0)).optional()?;
        let row = row.ok_or(StoreError::NotWaiting { view })?;
        insert_span.execute(params![row, generation.0])?;
        no_longer.execute([row])?;
    }
    Ok(())
}

/// The products of views that wait.
pub(crate) fn products_of_waiting(
    connection: &Connection,
    views: &[ViewId],
) -> Result<BTreeSet<ProductId>, Failure> {
    let mut statement = connection.prepare_cached("SELECT product FROM view WHERE uuid = ?1")?;
    let mut products = BTreeSet::new();
    for &view in views {
        let name: Option<String> = statement.query_row([view.0.as_bytes()], |row| row.get(0)).optional()?;
        let name = name.ok_or(StoreError::NotWaiting { view })?;
        products.insert(ProductId::new(&name).map_err(|error| StoreError::Unreadable {
            what: format!("view {view}"),
            problem: error.to_string(),
        })?);
    }
    Ok(products)
}

/// Inserts the row of a view and what it was made from; gives the row's id.
fn insert(transaction: &Transaction<'_>, new: NewViews<'_>, view: &View) -> Result<i64, Failure> {
    let row = transaction
        .prepare_cached(
            "INSERT INTO view (uuid, product, model, vector, digest) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .insert(params![
            view.id.0.as_bytes(),
            view.product.as_str(),
            new.model,
            to_bytes(view.embedding.values()),
            digest_of(view)
        ])?;
    if let Some(given) = new.pictures.get(&view.id) {
        view_pictures::attach(transaction, view.id, row, given)?;
    }
    Ok(row)
}

/// Takes the views of a product out of generations from `generation` on.
pub(crate) fn remove_product(
    transaction: &Transaction<'_>,
    product: &ProductId,
    generation: Generation,
) -> Result<usize, Failure> {
    let removed = transaction
        .prepare_cached(
            "UPDATE view_span SET removed_in = ?2
             WHERE removed_in IS NULL AND view IN (SELECT id FROM view WHERE product = ?1)",
        )?
        .execute(params![product.as_str(), generation.0])?;
    Ok(removed)
}

/// Takes one view out of generations from `generation` on.
pub(crate) fn remove_view(
    transaction: &Transaction<'_>,
    view: ViewId,
    generation: Generation,
) -> Result<usize, Failure> {
    let removed = transaction
        .prepare_cached(
            "UPDATE view_span SET removed_in = ?2
             WHERE removed_in IS NULL AND view IN (SELECT id FROM view WHERE uuid = ?1)",
        )?
        .execute(params![view.0.as_bytes(), generation.0])?;
    Ok(removed)
}

/// Takes all views out of generations from `generation` on.
pub(crate) fn remove_all(transaction: &Transaction<'_>, generation: Generation) -> Result<usize, Failure> {
    let removed = transaction
        .prepare_cached("UPDATE view_span SET removed_in = ?1 WHERE removed_in IS NULL")?
        .execute([generation.0])?;
    Ok(removed)
}

/// Gives generation `generation` the views that generation `to` had.
pub(crate) fn restore(
    transaction: &Transaction<'_>,
    to: Generation,
    generation: Generation,
) -> Result<(), Failure> {
    let bounds = params![to.0, generation.0];
    transaction
        .prepare_cached(
            "UPDATE view_span SET removed_in = ?2 WHERE removed_in IS NULL
               AND view NOT IN (SELECT view FROM view_span
                                WHERE added_in <= ?1 AND (removed_in IS NULL OR removed_in > ?1))",
        )?
        .execute(bounds)?;
    transaction
        .prepare_cached(
            "INSERT INTO view_span (view, added_in)
             SELECT view, ?2 FROM view_span AS old
             WHERE added_in <= ?1 AND removed_in > ?1
               AND NOT EXISTS (SELECT 1 FROM view_span AS live WHERE live.view = old.view AND live.removed_in IS NULL)",
        )?
        .execute(bounds)?;
    Ok(())
}

/// How many views a generation has.
pub(crate) fn count(connection: &Connection, generation: Generation) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM view_span WHERE added_in <= ?1 AND (removed_in IS NULL OR removed_in > ?1)",
        )?
        .query_row([generation.0], |row| row.get(0))
}

/// Forgets views that no generation from `oldest` on has, and those that waited in vain.
pub(crate) fn prune(transaction: &Transaction<'_>, oldest: Generation, now: WallMs) -> Result<(), Failure> {
    let gone =
        transaction.prepare_cached("DELETE FROM view_span WHERE removed_in <= ?1")?.execute([oldest.0])?;
    let given_up = transaction
        .prepare_cached("DELETE FROM view_waiting WHERE since <= ?1")?
        .execute([now.0.saturating_sub(WAITING_MAX_MS)])?;
    if gone + given_up > 0 {
        view_pictures::prune(transaction)?;
        transaction
            .prepare_cached(
                "DELETE FROM view WHERE NOT EXISTS (SELECT 1 FROM view_span WHERE view = view.id)
                   AND NOT EXISTS (SELECT 1 FROM view_waiting WHERE view = view.id)",
            )?
            .execute([])?;
    }
    Ok(())
}

/// Which views to load.
pub(crate) struct Wanted<'a> {
    pub(crate) generation: Generation,
    pub(crate) model: &'a ModelVersion,
    /// Only views stored after this row; 0 for all.
    pub(crate) after_row: i64,
    pub(crate) limit: u32,
}

/// Loads views in the order they were enrolled, with the row of each.
pub(crate) fn load(
    connection: &Connection,
    wanted: &Wanted<'_>,
    keep: impl Fn(&ProductId) -> bool,
) -> Result<Vec<(i64, View)>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT view.id, uuid, product, vector FROM view_span CROSS JOIN view ON view.id = view_span.view
         WHERE view_span.view > ?2 AND added_in <= ?1 AND (removed_in IS NULL OR removed_in > ?1)
         ORDER BY view_span.view LIMIT ?3",
    )?;
    let mut rows = statement.query(params![wanted.generation.0, wanted.after_row, wanted.limit])?;
    // Products repeat; their names are checked and allocated once.
    let mut products: HashMap<String, Option<ProductId>> = HashMap::new();
    let mut views = Vec::new();
    while let Some(row) = rows.next()? {
        let uuid: [u8; 16] = row.get(1)?;
        let unreadable = |problem: String| StoreError::Unreadable {
            what: format!("view {}", Uuid::from_bytes(uuid)),
            problem,
        };
        let product = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        let known = match products.get(product) {
            Some(known) => known.clone(),
            None => {
                let id = ProductId::new(product).map_err(|error| unreadable(error.to_string()))?;
                let kept = keep(&id).then_some(id);
                products.insert(product.to_owned(), kept.clone());
                kept
            }
        };
        let Some(product) = known else { continue };
        let values = from_bytes(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?);
        let embedding =
            Embedding::new(wanted.model.clone(), values).map_err(|error| unreadable(error.to_string()))?;
        views.push((row.get(0)?, View { id: ViewId(Uuid::from_bytes(uuid)), product, embedding }));
    }
    Ok(views)
}

/// Guards a view's row: damage to a number deep in a vector shows nowhere else.
pub(crate) fn view_digest(uuid: &[u8; 16], product: &str, vector: &[u8]) -> [u8; 8] {
    let mut hasher = Sha256::new();
    hasher.update(uuid);
    hasher.update(product.as_bytes());
    hasher.update(vector);
    *hasher.finalize().first_chunk().expect("SHA-256 has 32 bytes")
}

fn digest_of(view: &View) -> [u8; 8] {
    view_digest(view.id.0.as_bytes(), view.product.as_str(), &to_bytes(view.embedding.values()))
}

/// 32-bit floats, little end first.
pub(crate) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The reverse of [`to_bytes`]; a broken last number is left out, and the unit-length check then finds it missing.
pub(crate) fn from_bytes(bytes: &[u8]) -> Arc<[f32]> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()
}
