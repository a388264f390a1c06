//! Publishing, loading and going back to catalogue generations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, ProductId, ViewId};
use domain::time::WallMs;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::catalogue::{CatalogueGeneration, ChangeKind, GenerationInfo, ViewChange};
use crate::cloud_generation;
use crate::error::{Failure, StoreError};
use crate::sightings;
use crate::view_pictures::GivenPicture;
use crate::views::{self, NewViews, Wanted};
use sync_core::catalogue_document;
use sync_core::chain::digest;

/// When, and how many generations to keep besides the new one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publishing {
    pub(crate) at: WallMs,
    pub(crate) keep: u32,
}

/// A row of the generation table.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) number: Generation,
    pub(crate) catalogue: i64,
    pub(crate) calibration: Option<i64>,
    pub(crate) model: Option<i64>,
    pub(crate) products: u64,
}

/// The number of the newest generation; 0 when there is none.
pub(crate) fn newest_number(connection: &Connection) -> rusqlite::Result<Generation> {
    let number: Option<u64> =
        connection.prepare_cached("SELECT max(number) FROM generation")?.query_row([], |row| row.get(0))?;
    Ok(Generation(number.unwrap_or(0)))
}

/// The number of the next generation. After a repair it lies above every number that is known to have been used, for sales
/// refer to them.
pub(crate) fn next_number(connection: &Connection) -> rusqlite::Result<Generation> {
    let newest = newest_number(connection)?;
    let floor = connection
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'generation_floor'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(Generation(newest.0.max(floor.unwrap_or(0)) + 1))
}

/// Makes a generation with other products, prices or rates.
pub(crate) fn publish_catalogue(
    connection: &mut Connection,
    catalogue: &Catalogue,
    publishing: Publishing,
) -> Result<Generation, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let body = catalogue_document::encode(catalogue);
    let contents = shared_row(&transaction, "catalogue", body.as_bytes(), &body.as_bytes())?;
    let newest = newest(&transaction)?;
    if let Some(newest) = newest.as_ref().filter(|newest| newest.catalogue == contents) {
        return Ok(newest.number);
    }
    let next = Stored {
        number: next_number(&transaction)?,
        catalogue: contents,
        calibration: newest.as_ref().and_then(|newest| newest.calibration),
        model: newest.as_ref().and_then(|newest| newest.model),
        products: catalogue.products().len() as u64,
    };
    for product in enrolled_products(&transaction)? {
        if catalogue.product(&product).is_none() {
            views::remove_product(&transaction, &product, next.number)?;
        }
    }
    finish(transaction, &next, ChangeKind::Catalogue, publishing)
}

/// Makes a generation with other views or another calibration.
pub(crate) fn publish_views(
    connection: &mut Connection,
    change: &ViewChange,
    publishing: Publishing,
) -> Result<(Generation, ChangeKind), Failure> {
    let dimension = views::common_dimension(&change.model, &change.add)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Some(newest) = newest(&transaction)? else {
        let products = named_products(change).into_iter().collect();
        return Err(StoreError::UnknownProducts { products }.into());
    };
    if let Some(expected) = change.expected.filter(|&expected| expected != newest.number) {
        return Err(StoreError::GenerationMoved { expected, newest: newest.number }.into());
    }
    let mut named = named_products(change);
    named.append(&mut views::products_of_waiting(&transaction, &change.brought)?);
    check_products(&transaction, newest.catalogue, named)?;
    let number = next_number(&transaction)?;
    let model = views::model_row(&transaction, &change.model, dimension)?;
    let other_model = newest.model.is_some() && newest.model != model;
    let nothing_new = change.add.is_empty() && change.brought.is_empty();
    if other_model && nothing_new {
        // A calibration or a removal meant for other vectors must not sweep the till empty.
        let problem = format!("the enrolled views are not of model `{}`", change.model);
        return Err(StoreError::MixedModels { problem }.into());
    }
    let mut removed = if other_model { views::remove_all(&transaction, number)? } else { 0 };
    for product in change.replace_products.iter().chain(&change.remove_products) {
        removed += views::remove_product(&transaction, product, number)?;
    }
    for view in &change.remove_views {
        removed += views::remove_view(&transaction, *view, number)?;
    }
    if let Some(model) = model {
        let new = NewViews { views: &change.add, pictures: &change.pictures, model };
        views::add(&transaction, new, number)?;
        views::adopt(&transaction, &change.brought, model, number)?;
    }
    let calibration = match &change.calibration_json {
        Some(text) => Some(shared_row(&transaction, "calibration", text.as_bytes(), text)?),
        None if other_model => None,
        None => newest.calibration,
    };
    let views_changed = removed > 0 || !nothing_new;
    if !views_changed && calibration == newest.calibration {
        return Ok((newest.number, ChangeKind::Calibration));
    }
    if let Some(through) = change.learnt_through {
        sightings::note_learning(&transaction, number, through)?;
    }
    let kind = if views_changed { ChangeKind::Views } else { ChangeKind::Calibration };
    let next = Stored { number, calibration, model: model.or(newest.model), ..newest };
    Ok((finish(transaction, &next, kind, publishing)?, kind))
}

/// Puts views into the store that no generation has yet.
pub(crate) fn bring_views(
    connection: &mut Connection,
    model: &ModelVersion,
    new: &[View],
    pictures: &BTreeMap<ViewId, GivenPicture>,
    now: WallMs,
) -> Result<(), Failure> {
    let Some(dimension) = views::common_dimension(model, new)? else { return Ok(()) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(model) = views::model_row(&transaction, model, Some(dimension))? {
        views::bring(&transaction, NewViews { views: new, pictures, model }, now)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Makes a generation with the contents of an earlier one.
pub(crate) fn rollback(
    connection: &mut Connection,
    to: Generation,
    publishing: Publishing,
) -> Result<Generation, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let newest = newest_number(&transaction)?;
    if to == newest && to.0 > 0 {
        return Ok(newest);
    }
    let Some(wanted) = stored(&transaction, Some(to))? else {
        return Err(StoreError::NoSuchGeneration { wanted: to, kept: kept_numbers(&transaction)? }.into());
    };
    let next = Stored { number: next_number(&transaction)?, ..wanted };
    views::restore(&transaction, to, next.number)?;
    sightings::note_rollback(&transaction, to)?;
    cloud_generation::note_rollback(&transaction, to, next.number)?;
    finish(transaction, &next, ChangeKind::Rollback, publishing)
}

/// The newest generation with all its contents.
pub(crate) fn load_newest(connection: &Connection) -> Result<Option<CatalogueGeneration>, Failure> {
    let Some(newest) = newest(connection)? else { return Ok(None) };
    let catalogue = load_catalogue(connection, newest.catalogue)?;
    let model = newest.model.map(|model| model_label(connection, model)).transpose()?;
    let views = match &model {
        Some(model) => {
            let wanted = Wanted { generation: newest.number, model, after_row: 0, limit: u32::MAX };
            let kept = |id: &ProductId| catalogue.product(id).is_some_and(|product| !product.archived);
            views::load(connection, &wanted, kept)?.into_iter().map(|(_, view)| view).collect()
        }
        None => Vec::new(),
    };
    let calibration_json = calibration_text(connection, newest.calibration)?;
    let generation = newest.number;
    Ok(Some(CatalogueGeneration {
        generation,
        catalogue: Arc::new(catalogue),
        model,
        views,
        calibration_json,
    }))
}

/// The newest generation's number and products.
pub(crate) fn load_products(connection: &Connection) -> Result<Option<(Generation, Catalogue)>, Failure> {
    let Some(newest) = newest(connection)? else { return Ok(None) };
    Ok(Some((newest.number, load_catalogue(connection, newest.catalogue)?)))
}

/// A page of views with their rows.
pub(crate) struct Rows {
    pub(crate) generation: Generation,
    pub(crate) model: ModelVersion,
    pub(crate) views: Vec<(i64, View)>,
}

/// The newest generation's number, model and a page of its views with their rows, those of archived products included.
pub(crate) fn load_view_page(
    connection: &Connection,
    after_row: i64,
    limit: u32,
) -> Result<Option<Rows>, Failure> {
    let Some(newest) = newest(connection)? else { return Ok(None) };
    let Some(model) = newest.model else { return Ok(None) };
    let model = model_label(connection, model)?;
    let wanted = Wanted { generation: newest.number, model: &model, after_row, limit };
    let page = views::load(connection, &wanted, |_| true)?;
    Ok(Some(Rows { generation: newest.number, model, views: page }))
}

/// The kept generations, newest first.
pub(crate) fn list(connection: &Connection) -> Result<Vec<GenerationInfo>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT number, published_at, kind, products, views, label FROM generation
         LEFT JOIN model ON model.id = generation.model ORDER BY number DESC",
    )?;
    let rows = statement.query_map([], |row| {
        let model: Option<String> = row.get(5)?;
        Ok(GenerationInfo {
            generation: Generation(row.get(0)?),
            published_at: WallMs(row.get(1)?),
            kind: ChangeKind::from_name(row.get_ref(2)?.as_str()?),
            products: row.get(3)?,
            views: row.get(4)?,
            model: model.map(|label| ModelVersion::new(&label)),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn newest(connection: &Connection) -> rusqlite::Result<Option<Stored>> {
    stored(connection, None)
}

pub(crate) fn stored(
    connection: &Connection,
    number: Option<Generation>,
) -> rusqlite::Result<Option<Stored>> {
    connection
        .prepare_cached(
            "SELECT number, catalogue, calibration, model, products FROM generation
             WHERE ?1 IS NULL OR number = ?1 ORDER BY number DESC LIMIT 1",
        )?
        .query_row([number.map(|number| number.0)], |row| {
            Ok(Stored {
                number: Generation(row.get(0)?),
                catalogue: row.get(1)?,
                calibration: row.get(2)?,
                model: row.get(3)?,
                products: row.get(4)?,
            })
        })
        .optional()
}

/// Writes the generation, forgets what is too old, commits.
pub(crate) fn finish(
    transaction: Transaction<'_>,
    next: &Stored,
    kind: ChangeKind,
    publishing: Publishing,
) -> Result<Generation, Failure> {
    let views = views::count(&transaction, next.number)?;
    transaction
        .prepare_cached(
            "INSERT INTO generation (number, published_at, kind, catalogue, calibration, model, products, views)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            next.number.0,
            publishing.at.0,
            kind.name(),
            next.catalogue,
            next.calibration,
            next.model,
            next.products,
            views
        ])?;
    let oldest = Generation(next.number.0.saturating_sub(publishing.keep.into()));
    transaction.prepare_cached("DELETE FROM generation WHERE number < ?1")?.execute([oldest.0])?;
    for table in ["catalogue", "calibration"] {
        transaction
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM generation WHERE {table} = {table}.id)"
            ))?
            .execute([])?;
    }
    views::prune(&transaction, oldest, publishing.at)?;
    cloud_generation::prune(&transaction, oldest)?;
    transaction.commit()?;
    Ok(next.number)
}

/// The row of a content that generations share, made if need be.
pub(crate) fn shared_row(
    transaction: &Transaction<'_>,
    table: &str,
    bytes: &[u8],
    body: &dyn rusqlite::ToSql,
) -> rusqlite::Result<i64> {
    let hash = digest(bytes);
    let known = transaction
        .prepare_cached(&format!("SELECT id FROM {table} WHERE hash = ?1"))?
        .query_row([hash], |row| row.get(0))
        .optional()?;
    match known {
        Some(id) => Ok(id),
        None => transaction
            .prepare_cached(&format!("INSERT INTO {table} (hash, body) VALUES (?1, ?2)"))?
            .insert(params![hash, body]),
    }
}

pub(crate) fn load_catalogue(connection: &Connection, id: i64) -> Result<Catalogue, Failure> {
    let mut statement = connection.prepare_cached("SELECT body FROM catalogue WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let body = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
    let read = catalogue_document::decode(body);
    Ok(read.map_err(|problem| StoreError::Unreadable { what: format!("catalogue {id}"), problem })?)
}

/// What was fitted, of a generation that has it.
pub(crate) fn calibration_text(connection: &Connection, id: Option<i64>) -> rusqlite::Result<Option<String>> {
    id.map(|id| connection.query_row("SELECT body FROM calibration WHERE id = ?1", [id], |row| row.get(0)))
        .transpose()
}

pub(crate) fn model_label(connection: &Connection, id: i64) -> rusqlite::Result<ModelVersion> {
    let mut statement = connection.prepare_cached("SELECT label FROM model WHERE id = ?1")?;
    statement.query_row([id], |row| Ok(ModelVersion::new(row.get_ref(0)?.as_str()?)))
}

/// Products that have views in the newest generation.
fn enrolled_products(connection: &Connection) -> Result<Vec<ProductId>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT product FROM view_span JOIN view ON view.id = view_span.view WHERE removed_in IS NULL",
    )?;
    let names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let read = |name: &String| {
        ProductId::new(name).map_err(|error| StoreError::Unreadable {
            what: "a view's product".to_owned(),
            problem: error.to_string(),
        })
    };
    Ok(names.iter().map(read).collect::<Result<_, _>>()?)
}

fn named_products(change: &ViewChange) -> BTreeSet<ProductId> {
    let named = change.replace_products.iter().chain(&change.remove_products).cloned();
    named.chain(change.add.iter().map(|view| view.product.clone())).collect()
}

fn check_products(
    connection: &Connection,
    catalogue: i64,
    named: BTreeSet<ProductId>,
) -> Result<(), Failure> {
    if named.is_empty() {
        return Ok(());
    }
    let catalogue = load_catalogue(connection, catalogue)?;
    let unknown: Vec<ProductId> = named.into_iter().filter(|id| catalogue.product(id).is_none()).collect();
    if unknown.is_empty() { Ok(()) } else { Err(StoreError::UnknownProducts { products: unknown }.into()) }
}

fn kept_numbers(connection: &Connection) -> rusqlite::Result<String> {
    let mut statement = connection.prepare("SELECT number FROM generation ORDER BY number")?;
    let numbers = statement.query_map([], |row| row.get::<_, u64>(0))?;
    let texts: Vec<String> = numbers.map(|number| number.map(|n| n.to_string())).collect::<Result<_, _>>()?;
    Ok(if texts.is_empty() { "none".to_owned() } else { texts.join(", ") })
}
